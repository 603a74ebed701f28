//! What the expenses come to in each of the last months.

use std::collections::BTreeMap;

use ecom_ledger::{Currency, day::Month, expense::Expense};
use ecom_store::ExpenseId;
use jiff::civil::Date;

use crate::{
    chart::{Column, Series, Stack, StackChart},
    fault::{Fault, Page},
    figure::Figure,
    money,
    params::Link,
    period::Period,
};

/// Months shown, the present one last.
const MONTHS: i32 = 12;

/// The months as a chart and a table.
pub(crate) struct Months {
    /// Only where there is one currency: others are never added.
    pub(crate) chart: Option<StackChart>,
    pub(crate) rows: Vec<MonthRow>,
}

pub(crate) struct MonthRow {
    pub(crate) title: String,
    pub(crate) first: Date,
    pub(crate) currency: Currency,
    pub(crate) href: String,
    pub(crate) payments: Figure,
    pub(crate) amount: Figure,
    pub(crate) gst: Figure,
}

#[derive(Default)]
struct Sum {
    payments: i64,
    amount: i64,
    gst: i64,
}

impl Months {
    /// None if nothing was paid in these months.
    pub(crate) fn of(expenses: &[(ExpenseId, Expense)], today: i32) -> Page<Option<Self>> {
        let last = Month::of_day(today);
        let first = Month(last.0 - MONTHS + 1);
        let sums = sums(expenses, first, last)?;
        let currencies: std::collections::BTreeSet<Currency> =
            sums.keys().map(|(_, currency)| *currency).collect();
        let Some(currency) = currencies.first().copied() else { return Ok(None) };
        let chart = (currencies.len() == 1).then(|| chart(currency, first, last, &sums));
        let rows = sums.iter().rev().map(|((month, currency), sum)| MonthRow {
            title: Period::Month(*month).title(),
            first: month.first_date(),
            currency: *currency,
            href: link(*month),
            payments: Figure::count(sum.payments),
            amount: Figure::unlinked(*currency, sum.amount),
            gst: Figure::unlinked(*currency, sum.gst),
        });
        Ok(Some(Self { chart, rows: rows.collect() }))
    }
}

fn link(month: Month) -> String {
    Link::to("/statement").and(&Period::Month(month).query()).text()
}

fn sums(
    expenses: &[(ExpenseId, Expense)],
    first: Month,
    last: Month,
) -> Page<BTreeMap<(Month, Currency), Sum>> {
    let mut sums: BTreeMap<(Month, Currency), Sum> = BTreeMap::new();
    let overflow = || Fault::from(ecom_ledger::Error::Overflow);
    for (_, expense) in expenses {
        for charge in expense.charges(first.first_day(), last.last_day())? {
            let sum = sums.entry((Month::of_day(charge.day), charge.currency)).or_default();
            sum.payments += 1;
            sum.amount = sum.amount.checked_sub(charge.amount).ok_or_else(overflow)?;
            sum.gst = sum.gst.checked_add(charge.gst).ok_or_else(overflow)?;
        }
    }
    Ok(sums)
}

fn chart(
    currency: Currency,
    first: Month,
    last: Month,
    sums: &BTreeMap<(Month, Currency), Sum>,
) -> StackChart {
    let columns = (first.0..=last.0).map(Month).map(|month| {
        let amount = sums.get(&(month, currency)).map_or(0, |sum| sum.amount);
        let label = month.first_date().strftime("%b %y").to_string();
        Column {
            words: format!("{label}: {}", money::exact(currency, amount)),
            label,
            href: link(month),
            here: month == last,
            parts: vec![Stack { series: Series::Fees, amount }],
        }
    });
    StackChart::new("Expenses by month", columns.collect(), |amount| money::short(currency, amount))
}

#[cfg(test)]
mod tests {
    use ecom_ledger::{day, expense::Repeat};

    use super::*;

    #[test]
    fn months_are_summed_by_currency() {
        let expense = |code: &str, amount, from: &str, repeat| {
            let currency = Currency::parse(code).unwrap();
            let once =
                Expense::once("rent".parse().unwrap(), currency, amount, from.parse().unwrap()).unwrap();
            (ExpenseId(1), once.with_gst(18).unwrap().repeated(repeat, None).unwrap())
        };
        let today = day::of_date("2026-11-25".parse().unwrap());
        let all = [
            expense("INR", 100, "2026-10-31", Repeat::Monthly),
            expense("INR", 50, "2026-11-01", Repeat::Once),
            expense("USD", 7, "2026-11-01", Repeat::Weekly),
        ];
        let months = Months::of(&all, today).unwrap().unwrap();
        assert!(months.chart.is_none());
        let told: Vec<(&str, &str, &str, &str)> = months
            .rows
            .iter()
            .map(|row| (row.title.as_str(), row.payments.text(), row.amount.text(), row.gst.text()))
            .collect();
        assert_eq!(
            told,
            [
                ("November 2026", "5", "USD\u{a0}0.35", "USD\u{a0}0.90"),
                ("November 2026", "2", "₹1.50", "₹0.36"),
                ("October 2026", "1", "₹1.00", "₹0.18"),
            ]
        );
        assert!(Months::of(&all[..2], today).unwrap().unwrap().chart.is_some());
        assert!(Months::of(&[], today).unwrap().is_none());
    }
}
