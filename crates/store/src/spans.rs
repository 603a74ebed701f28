//! Statements of several spans of days at once, for pages that compare periods: a few queries however many spans.
//!
//! Whole months come from the rollup by month, the days around them from the rollup by day.

use std::{collections::BTreeMap, fmt::Write as _};

use ecom_ledger::{Account, Currency, Error, day::Month, settlement::Turnover, statement::Statement};

use crate::{
    error::{Result, StoreError},
    figures::Filter,
    tx::{Scoped, fetch_all},
};

/// Most spans of one call.
pub const MOST_SPANS: usize = 128;

/// A part of a span: its number, first and last day.
pub(crate) type Piece = (usize, i32, i32);

type Statements = BTreeMap<(usize, Currency), Statement>;

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
        for (number, (from, to)) in spans.iter().enumerate().filter(|(_, (from, to))| from <= to) {
            split(number, *from, *to, &mut months, &mut days);
        }
        self.add_pieces(&filter, "statement_month", "month", &months, &mut found).await?;
        self.add_pieces(&filter, "statement_day", "day", &days, &mut found).await?;
        self.add_sales(&filter, spans, &mut found).await?;
        self.add_spans_stock(&filter, spans, &mut found).await?;
        self.add_spans_charges(&filter, spans, &mut found).await?;
        let mut all = vec![Vec::new(); spans.len()];
        for ((number, _), statement) in found {
            all[number].push(statement);
        }
        Ok(all)
    }

    async fn add_pieces(
        &mut self,
        filter: &Filter,
        table: &'static str,
        column: &str,
        pieces: &[Piece],
        found: &mut Statements,
    ) -> Result<()> {
        if pieces.is_empty() {
            return Ok(());
        }
        let bound = |day: &str| if column == "month" { format!("p.{day}_month") } else { format!("p.{day}") };
        // The order of a cross join is kept by SQLite: spans, then settlements, then their rows.
        let text = format!(
            "with p (k, a, b, a_month, b_month) as (values {})
             select cast(p.k as bigint), s.currency, d.account, cast(sum(d.credit) as bigint),
                    cast(sum(d.debit) as bigint), cast(sum(d.estimated) as bigint), cast(sum(d.lines) as bigint)
             from p cross join settlement s cross join {table} d
             where s.tenant_id = $1 and s.last_day >= p.a and s.first_day <= p.b
               and d.tenant_id = s.tenant_id and d.settlement = s.id and d.{column} between {} and {} {}
             group by p.k, s.currency, d.account",
            values(pieces),
            bound("a"),
            bound("b"),
            filter.active()
        );
        let rows = fetch_all!(
            (i64, String, i64, i64, i64, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
        )?;
        for (number, currency, account, credit, debit, estimated, lines) in rows {
            let account = Account::from_code(account).ok_or(StoreError::Corrupt(table))?;
            entry(found, number, &currency)?.add(account, &Turnover { credit, debit, estimated, lines })?;
        }
        Ok(())
    }

    async fn add_sales(
        &mut self,
        filter: &Filter,
        spans: &[(i32, i32)],
        found: &mut Statements,
    ) -> Result<()> {
        let pieces: Vec<Piece> = spans.iter().enumerate().map(|(at, (from, to))| (at, *from, *to)).collect();
        if pieces.is_empty() {
            return Ok(());
        }
        let text = format!(
            "with p (k, a, b, a_month, b_month) as (values {})
             select cast(p.k as bigint), s.currency, cast(sum(d.units) as bigint), cast(sum(d.refunds) as bigint),
                    cast(sum(d.uncosted) as bigint), cast(sum(d.cogs) as bigint)
             from p cross join settlement s cross join sales_day d
             where s.tenant_id = $1 and s.last_day >= p.a and s.first_day <= p.b
               and d.tenant_id = s.tenant_id and d.settlement = s.id and d.day between p.a and p.b {}
             group by p.k, s.currency",
            values(&pieces),
            filter.active()
        );
        let rows = fetch_all!(
            (i64, String, i64, i64, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
        )?;
        for (number, currency, units, refunds, uncosted, cogs) in rows {
            let statement = entry(found, number, &currency)?;
            statement.add_units(units, cogs, uncosted)?;
            let known = statement.refunds.unwrap_or(0);
            statement.refunds = Some(known.checked_add(refunds).ok_or(Error::Overflow)?);
        }
        Ok(())
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
                    entry(found, number, &currency)?.add_stock(&value)?;
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
            for (number, (from, to)) in spans.iter().enumerate() {
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
pub(crate) fn split(number: usize, from: i32, to: i32, months: &mut Vec<Piece>, days: &mut Vec<Piece>) {
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

/// The rows of a table of spans: numbers only.
fn values(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for (number, from, to) in pieces {
        let (first, last) = (Month::of_day(*from).0, Month::of_day(*to).0);
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}({number}, {from}, {to}, {first}, {last})");
    }
    text
}

fn entry<'s>(found: &'s mut Statements, number: i64, currency: &str) -> Result<&'s mut Statement> {
    let corrupt = || StoreError::Corrupt("settlement");
    let currency = Currency::parse(currency).map_err(|_| corrupt())?;
    let number = usize::try_from(number).map_err(|_| corrupt())?;
    Ok(found.entry((number, currency)).or_insert_with(|| Statement::new(currency)))
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
