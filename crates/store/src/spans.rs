//! Statements of several spans of days at once, for pages that compare periods: a few queries however many spans.
//!
//! Whole months come from the rollup by month, the days around them from the rollup by day.

use std::fmt::Write as _;

use ecom_ledger::{day::Month, statement::Statement};

use crate::{
    cut::{Cut, Statements, entry},
    error::{Result, StoreError},
    figures::Filter,
    tx::Scoped,
};

/// Most spans of one call.
pub const MOST_SPANS: usize = 128;

/// A part of a span: its number, first and last day.
pub(crate) type Piece = (i64, i32, i32);

impl Scoped<'_> {
    /// Statements of each span (first and last day) in its order, one per currency. The filter's own days and
    /// settlement don't count.
    pub async fn statements_of(
        &mut self,
        filter: &Filter,
        spans: &[(i32, i32)],
    ) -> Result<Vec<Vec<Statement>>> {
        if spans.len() > MOST_SPANS {
            return Err(StoreError::Conflict(format!("at most {MOST_SPANS} periods at once")));
        }
        let filter = Filter { settlement: None, ..*filter };
        let mut found = Statements::new();
        let (mut months, mut days) = (Vec::new(), Vec::new());
        let whole: Vec<Piece> = (0..)
            .zip(spans)
            .filter(|(_, (from, to))| from <= to)
            .map(|(at, (from, to))| (at, *from, *to))
            .collect();
        for (number, from, to) in &whole {
            split(*number, *from, *to, &mut months, &mut days);
        }
        if !months.is_empty() {
            self.add_movements(&filter, &cut(&months, "statement_month"), &mut found).await?;
        }
        if !days.is_empty() {
            self.add_movements(&filter, &cut(&days, "statement_day"), &mut found).await?;
        }
        if !whole.is_empty() {
            self.add_sales(&filter, &cut(&whole, "sales_day"), &mut found).await?;
        }
        self.add_spans_stock(&filter, spans, &mut found).await?;
        self.add_spans_charges(&filter, spans, &mut found).await?;
        let mut all = vec![Vec::new(); spans.len()];
        for ((number, _), statement) in found {
            let at = usize::try_from(number).map_err(|_| StoreError::Corrupt("settlement"))?;
            all[at].push(statement);
        }
        Ok(all)
    }

    /// Units that came back or were lost, by day: there are few.
    async fn add_spans_stock(
        &mut self,
        filter: &Filter,
        spans: &[(i32, i32)],
        found: &mut Statements,
    ) -> Result<()> {
        let (Some(from), Some(to)) =
            (spans.iter().map(|span| span.0).min(), spans.iter().map(|span| span.1).max())
        else {
            return Ok(());
        };
        let days = ("day", i64::from(from), i64::from(to));
        for (currency, day, value) in self.stock_sums(filter, days, "d.day").await? {
            for (number, (from, to)) in (0_i64..).zip(spans) {
                if (i64::from(*from)..=i64::from(*to)).contains(&day) {
                    entry(found, &currency, number)?.add_stock(&value)?;
                }
            }
        }
        Ok(())
    }

    /// Indirect expenses belong to the business as a whole: parts of it have none.
    async fn add_spans_charges(
        &mut self,
        filter: &Filter,
        spans: &[(i32, i32)],
        found: &mut Statements,
    ) -> Result<()> {
        if filter.seller_account.is_some() || filter.marketplace.is_some() {
            return Ok(());
        }
        for (_, expense) in self.expenses().await? {
            if filter.currency.is_some_and(|currency| currency != expense.currency()) {
                continue;
            }
            for (number, (from, to)) in (0..).zip(spans) {
                for charge in expense.charges(*from, *to)? {
                    let statement = found
                        .entry((number, charge.currency))
                        .or_insert_with(|| Statement::new(charge.currency));
                    statement.add_indirect(charge.category.as_str(), charge.amount)?;
                }
            }
        }
        Ok(())
    }
}

/// Cuts a span into its whole months and the days before and after them.
pub(crate) fn split(number: i64, from: i32, to: i32, months: &mut Vec<Piece>, days: &mut Vec<Piece>) {
    let (mut first, mut last) = (Month::of_day(from), Month::of_day(to));
    if first.first_day() != from {
        first = Month(first.0 + 1);
    }
    if last.last_day() != to {
        last = Month(last.0 - 1);
    }
    if first > last {
        days.push((number, from, to));
        return;
    }
    months.push((number, first.first_day(), last.last_day()));
    for (from, to) in [(from, first.first_day() - 1), (last.last_day() + 1, to)] {
        if from <= to {
            days.push((number, from, to));
        }
    }
}

/// The rows of a rollup that lie in some pieces, by the number of their span.
fn cut(pieces: &[Piece], table: &'static str) -> Cut {
    let mut values = String::new();
    for (number, from, to) in pieces {
        let (first, last) = (Month::of_day(*from).0, Month::of_day(*to).0);
        let comma = if values.is_empty() { "" } else { ", " };
        let _ = write!(values, "{comma}({number}, {from}, {to}, {first}, {last})");
    }
    let rows = match table {
        "statement_month" => "d.month between p.a_month and p.b_month",
        _ => "d.day between p.a and p.b",
    };
    Cut {
        spans: format!("with p (k, a, b, a_month, b_month) as (values {values})"),
        key: "p.k",
        table,
        within: format!("s.last_day >= p.a and s.first_day <= p.b and {rows}"),
    }
}

#[cfg(test)]
mod tests {
    use ecom_ledger::day;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_every_day_of_a_span_once(from in 18_000_i32..22_000, length in 0_i32..900) {
            let to = from + length;
            let (mut months, mut days) = (Vec::new(), Vec::new());
            split(3, from, to, &mut months, &mut days);
            let mut pieces: Vec<Piece> = months.iter().chain(&days).copied().collect();
            pieces.sort_by_key(|piece| piece.1);
            prop_assert!(pieces[0].1 == from && pieces[pieces.len() - 1].2 == to);
            prop_assert!(pieces.windows(2).all(|pair| pair[0].2 + 1 == pair[1].1));
            prop_assert!(days.iter().all(|(_, from, to)| to - from < 62));
            prop_assert!(months.iter().all(|(_, from, _)| day::to_date(*from).day() == 1));
        }
    }
}
