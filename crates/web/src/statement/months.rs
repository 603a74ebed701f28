//! Month by month: where the sales went, each column a link to its month.

use ecom_ledger::{Currency, day::Month, statement::Statement};

use super::parts::{Parts, PartsChart, Slot};
use crate::{fault::Page, period::Period, scope::Scope};

/// Months in the chart.
const SHOWN: i32 = 13;

/// The days of the chart: up to the chosen period's month, or the newest if it lies later.
pub(crate) fn window(scope: &Scope, span: Option<(i32, i32)>) -> Option<(i32, i32)> {
    let (first, last) = span?;
    let newest = Month::of_day(last);
    let chosen = scope.period.last_month().unwrap_or(newest);
    // A month in the middle of the chart shows what came after it, too.
    let end = Month((chosen.0 + SHOWN / 2).min(newest.0).max(Month::of_day(first).0));
    Some((Month(end.0 - SHOWN + 1).first_day(), end.last_day()))
}

/// The chart; none if there is but one month.
pub(crate) fn chart(
    scope: &Scope,
    currency: Currency,
    by_month: &[(Month, Statement)],
) -> Page<Option<PartsChart>> {
    let months = by_month.iter().filter(|(_, statement)| statement.currency == currency);
    let slot = |(month, statement): &(Month, Statement)| -> Page<Slot> {
        let period = Period::Month(*month);
        Ok(Slot {
            title: period.title(),
            first: month.first_date(),
            label: month.first_date().strftime("%b %y").to_string(),
            href: scope.in_period(period).link("/statement").text(),
            here: scope.period == period,
            parts: Parts::of(&scope.shown(statement.clone())?)?,
        })
    };
    let slots = months.map(slot).collect::<Page<Vec<Slot>>>()?;
    Ok((slots.len() > 1).then(|| PartsChart::new("Month", currency, slots)))
}
