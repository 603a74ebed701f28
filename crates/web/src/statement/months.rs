//! Month by month: where the sales went, each column a link to its month.

use ecom_ledger::{Currency, Group, Minor, day::Month, statement::Statement};

use crate::{
    chart::{Column, Series, Stack, StackChart},
    fault::Page,
    money,
    period::Period,
    scope::Scope,
    words::FEES,
};

/// Months in the chart.
const SHOWN: i32 = 13;

/// The chart and the table behind it.
pub(crate) struct Months {
    pub(crate) chart: StackChart,
    pub(crate) rows: Vec<MonthRow>,
    pub(crate) loss: bool,
}

/// A month of the table.
pub(crate) struct MonthRow {
    pub(crate) title: String,
    pub(crate) href: String,
    pub(crate) here: bool,
    pub(crate) sales: String,
    pub(crate) fees: String,
    pub(crate) ads: String,
    pub(crate) goods: String,
    pub(crate) goods_unknown: bool,
    pub(crate) profit: String,
}

/// The days of the chart: up to the chosen period's month, or the newest if it lies later.
pub(crate) fn window(scope: &Scope, span: Option<(i32, i32)>) -> Option<(i32, i32)> {
    let (first, last) = span?;
    let newest = Month::of_day(last);
    let chosen = scope.period.last_month().unwrap_or(newest);
    // A month in the middle of the chart shows what came after it, too.
    let end = Month((chosen.0 + SHOWN / 2).min(newest.0).max(Month::of_day(first).0));
    Some((Month(end.0 - SHOWN + 1).first_day(), end.last_day()))
}

impl Months {
    /// None if there is but one month.
    pub(crate) fn of(
        scope: &Scope,
        currency: Currency,
        by_month: &[(Month, Statement)],
    ) -> Page<Option<Self>> {
        let months: Vec<_> =
            by_month.iter().filter(|(_, statement)| statement.currency == currency).collect();
        if months.len() < 2 {
            return Ok(None);
        }
        let (mut columns, mut rows, mut loss) = (Vec::new(), Vec::new(), false);
        for (month, statement) in months {
            let parts = Parts::of(statement)?;
            let period = Period::Month(*month);
            let href = scope.in_period(period).link("/statement").text();
            let here = scope.period == period;
            loss |= parts.profit < 0;
            rows.push(parts.row(currency, period.title(), href.clone(), here, statement));
            columns.push(parts.column(currency, *month, href, here));
        }
        let chart = StackChart::new("Net sales and where they went, by month", columns, |tick| {
            money::short(currency, tick)
        });
        Ok(Some(Self { chart, rows, loss }))
    }
}

struct Parts {
    sales: i64,
    fees: i64,
    ads: i64,
    goods: i64,
    profit: i64,
    other: i64,
}

impl Parts {
    fn of(statement: &Statement) -> Page<Self> {
        let sum = |groups: &[Group]| -> Page<i64> {
            let moved = statement.moved().filter(|(account, _)| groups.contains(&account.group()));
            Ok(Minor::sum(moved.map(|(_, turnover)| Minor(turnover.net())))?.0)
        };
        Ok(Self {
            sales: sum(&[Group::NetSales])?,
            fees: sum(&FEES)?,
            ads: sum(&[Group::Advertising, Group::Deals])?,
            goods: sum(&[Group::Cogs, Group::InventoryLoss])?,
            profit: statement.profit()?,
            other: sum(&[Group::Adjustments, Group::Finance, Group::Indirect])?,
        })
    }

    fn column(&self, currency: Currency, month: Month, href: String, here: bool) -> Column {
        let spent = |series, amount: i64| Stack { series, amount: amount.saturating_neg() };
        let profit = if self.profit < 0 { Series::Loss } else { Series::Profit };
        let words = format!(
            "{}: net sales {}, profit {}",
            Period::Month(month).title(),
            money::exact(currency, self.sales),
            money::exact(currency, self.profit)
        );
        Column {
            label: month.first_date().strftime("%b %y").to_string(),
            words,
            href,
            here,
            parts: vec![
                spent(Series::Goods, self.goods),
                spent(Series::Fees, self.fees.saturating_add(self.other)),
                spent(Series::Ads, self.ads),
                Stack { series: profit, amount: self.profit },
            ],
        }
    }

    fn row(
        &self,
        currency: Currency,
        title: String,
        href: String,
        here: bool,
        statement: &Statement,
    ) -> MonthRow {
        let exact = |amount| money::exact(currency, amount);
        MonthRow {
            title,
            href,
            here,
            sales: exact(self.sales),
            fees: exact(self.fees),
            ads: exact(self.ads),
            goods: if self.goods == 0 && statement.uncosted > 0 {
                "unknown".to_owned()
            } else {
                exact(self.goods)
            },
            goods_unknown: statement.uncosted > 0,
            profit: exact(self.profit),
        }
    }
}
