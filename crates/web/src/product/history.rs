//! A product month by month: where its sales went, what one unit pays in fees, how many come back; as charts and as
//! one table with the exact figures.

use std::collections::BTreeMap;

use ecom_ledger::{
    Currency, Group,
    day::{self, Month},
    statement::Statement,
};
use ecom_store::{ProductColumn, ProductRow, UnitDay};

use super::{
    column::{Cell, cell, explained, title},
    ground::Ground,
};
use crate::{
    chart::{Column, Series, Stack, StackChart},
    fault::Page,
    figure::Figure,
    money,
    period::{Period, shown},
    scope::Scope,
    statement::parts::{Parts, PartsChart, Slot},
};

/// Months in the charts, the last ones.
const MOST_DRAWN: usize = 24;
/// Months in the table, the last ones.
const MOST_ROWS: usize = 60;
/// Columns of a small chart that are labelled.
const LABELS: usize = 6;
/// Weeks drawn, the last ones.
const MOST_WEEKS: i32 = 26;
const WEEK_LABELS: usize = 9;
pub(super) const COLUMNS: [ProductColumn; 10] = [
    ProductColumn::Units,
    ProductColumn::Refunds,
    ProductColumn::RefundShare,
    ProductColumn::Group(Group::NetSales),
    ProductColumn::Fees,
    ProductColumn::FeesPerUnit,
    ProductColumn::Group(Group::Advertising),
    ProductColumn::Group(Group::Cogs),
    ProductColumn::Profit,
    ProductColumn::Margin,
];

/// The months of a product in one currency.
pub(super) struct History {
    /// None if there is but one month.
    pub(super) charts: Option<Charts>,
    pub(super) heads: Vec<&'static str>,
    /// The newest first.
    pub(super) rows: Vec<MonthRow>,
    /// How many months are left out.
    pub(super) older: usize,
}

/// What is drawn.
pub(super) struct Charts {
    pub(super) parts: PartsChart,
    /// Those with a value in some month.
    pub(super) small: Vec<Small>,
}

/// A chart of one share or one amount per unit.
pub(super) struct Small {
    pub(super) title: &'static str,
    pub(super) note: &'static str,
    pub(super) chart: StackChart,
}

/// A month.
pub(super) struct MonthRow {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) here: bool,
    pub(super) cells: Vec<Cell>,
}

impl History {
    /// `months` in their order.
    pub(super) fn of(ground: &Ground, currency: Currency, months: &[&(Month, ProductRow)]) -> Page<Self> {
        let scope = ground.scope.of_currency(currency);
        let drawn = &months[months.len().saturating_sub(MOST_DRAWN)..];
        let kept = &months[months.len().saturating_sub(MOST_ROWS)..];
        let row = |(month, row): &(Month, ProductRow)| {
            let scope = scope.in_period(Period::Month(*month));
            MonthRow {
                title: Period::Month(*month).title(),
                href: scope.link(&format!("/products/{}", row.sku)).text(),
                here: ground.scope.period != Period::All && ground.holds(*month),
                cells: COLUMNS.map(|column| cell(&scope, row, column)).into(),
            }
        };
        let charts = match (drawn.first(), drawn.last()) {
            (Some((first, row)), Some((last, _))) if first < last => {
                let at = |month| drawn.iter().find(|(at, _)| *at == month).map(|(_, row)| row);
                let drawn = (first.0..=last.0).map(Month).map(|month| (month, at(month))).collect::<Vec<_>>();
                Some(Charts::of(
                    &Drawn {
                        scope: &scope,
                        any: row,
                        months: &drawn[drawn.len().saturating_sub(MOST_DRAWN)..],
                    },
                    ground,
                    currency,
                )?)
            }
            _ => None,
        };
        Ok(Self {
            charts,
            heads: COLUMNS.map(title).into(),
            rows: kept.iter().rev().map(|month| row(month)).collect(),
            older: months.len() - kept.len(),
        })
    }
}

/// The months of the charts without a gap: those in which nothing was posted have no row.
struct Drawn<'a> {
    scope: &'a Scope,
    /// A row of the product, for links.
    any: &'a ProductRow,
    months: &'a [(Month, Option<&'a ProductRow>)],
}

impl Charts {
    fn of(drawn: &Drawn<'_>, ground: &Ground, currency: Currency) -> Page<Self> {
        let slot = |(month, row): &(Month, Option<&ProductRow>)| -> Page<Slot> {
            let period = Period::Month(*month);
            let parts = row.map_or_else(|| Parts::of(&Statement::new(currency)), Parts::of_product)?;
            Ok(Slot {
                first: month.first_date(),
                title: period.title(),
                label: label(*month),
                href: drawn.scope.in_period(period).link(&format!("/products/{}", drawn.any.sku)).text(),
                here: ground.scope.period == period,
                parts,
            })
        };
        let slots = drawn.months.iter().map(slot).collect::<Page<Vec<_>>>()?;
        let fees = drawn.columns(ProductColumn::FeesPerUnit, Series::Fees, |row| {
            let fee = row.fees_per_unit?;
            Some((fee.saturating_neg(), money::exact(currency, fee)))
        });
        let refunds = drawn.columns(ProductColumn::RefundShare, Series::Balance, |row| {
            let share = row.refund_share_bp?;
            Some((share, money::percent(share)))
        });
        let mut small = Vec::new();
        if drawn.has(|row| row.fees_per_unit.is_some()) {
            let chart = StackChart::new("Fees per unit by month", fees, |tick| money::short(currency, tick));
            small.push(Small { title: "Fees per unit", note: "Amazon fees over units sold", chart });
        }
        if drawn.has(|row| row.refunds > 0) {
            let chart = StackChart::new("Refund share by month", refunds, share);
            small.push(Small { title: "Refund share", note: "refunds over units sold", chart });
        }
        Ok(Self { parts: PartsChart::new("Month", currency, slots), small })
    }
}

impl Drawn<'_> {
    fn has(&self, holds: impl Fn(&ProductRow) -> bool) -> bool {
        self.months.iter().any(|(_, row)| row.is_some_and(&holds))
    }

    /// A column for each month; `value` gives its height and its words.
    fn columns(
        &self,
        column: ProductColumn,
        series: Series,
        value: impl Fn(&ProductRow) -> Option<(i64, String)>,
    ) -> Vec<Column> {
        let every = self.months.len().div_ceil(LABELS).max(1);
        let one = |(at, (month, row)): (usize, &(Month, Option<&ProductRow>))| {
            let period = Period::Month(*month);
            let found = row.and_then(&value);
            let told = found.as_ref().map_or("no units sold", |(_, words)| words.as_str());
            Column {
                words: format!("{}: {told}", period.title()),
                label: if at % every == 0 { label(*month) } else { String::new() },
                href: explained(&self.scope.in_period(period), self.any, column),
                here: false,
                parts: found.map(|(amount, _)| Stack { series, amount }).into_iter().collect(),
            }
        };
        self.months.iter().enumerate().map(one).collect()
    }
}

/// `Sep 26`
fn label(month: Month) -> String {
    month.first_date().strftime("%b %y").to_string()
}

/// A share at the edge of a chart, where it is round.
fn share(basis_points: i64) -> String {
    if basis_points % 100 == 0 {
        format!("{}\u{2009}%", basis_points / 100)
    } else {
        money::percent(basis_points)
    }
}

/// Units by week, the last half year of a product.
pub(super) struct Weeks {
    pub(super) chart: StackChart,
    /// What each column says.
    pub(super) rows: Vec<[Figure; 3]>,
}

impl Weeks {
    /// None without two weeks. Weeks begin on Monday; units of all currencies together, since units are no money.
    pub(super) fn of(scope: &Scope, row: &ProductRow, days: &[UnitDay]) -> Option<Self> {
        // Day 0 is a Thursday.
        let monday = |day: i32| day - (day + 3).rem_euclid(7);
        let last = monday(days.last()?.day);
        let first = monday(days.first()?.day).max(last - 7 * (MOST_WEEKS - 1));
        let mut sums: BTreeMap<i32, (i64, i64)> =
            (0..=(last - first) / 7).map(|at| (first + 7 * at, (0, 0))).collect();
        for day in days.iter().filter(|day| day.day >= first) {
            if let Some(sum) = sums.get_mut(&monday(day.day)) {
                *sum = (sum.0.saturating_add(day.units), sum.1.saturating_add(day.refunds));
            }
        }
        let every = sums.len().div_ceil(WEEK_LABELS).max(1);
        let column = |(at, (start, (units, refunds))): (usize, (&i32, &(i64, i64)))| {
            let period = Period::Days(day::to_date(*start), day::to_date(start + 6));
            let sold = money::counted(*units, "unit sold", "units sold");
            let back = money::counted(*refunds, "refund", "refunds");
            Column {
                words: format!("{}: {sold}, {back}", period.title()),
                label: if at % every == 0 {
                    day::to_date(*start).strftime("%-d %b").to_string()
                } else {
                    String::new()
                },
                href: explained(&scope.in_period(period), row, ProductColumn::Units),
                here: false,
                parts: vec![Stack { series: Series::Balance, amount: *units }],
            }
        };
        let columns: Vec<Column> = sums.iter().enumerate().map(column).collect();
        let told = |(start, (units, refunds)): (&i32, &(i64, i64))| {
            let start = day::to_date(*start);
            [Figure::plain(shown(start)).worth(start), Figure::count(*units), Figure::count(*refunds)]
        };
        (columns.len() > 1).then(|| Self {
            chart: StackChart::new("Units sold by week", columns, money::count),
            rows: sums.iter().rev().map(told).collect(),
        })
    }
}
