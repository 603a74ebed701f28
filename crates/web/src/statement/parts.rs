//! Where net sales went: goods, fees, ads, what is left. As a column of a chart and as a row of the table behind it.

use askama::Template;
use ecom_documents::Value;
use ecom_ledger::{Currency, Group, Minor, statement::Statement};
use ecom_store::ProductRow;
use jiff::civil::Date;

use crate::{
    chart::{Column, Series, Stack, StackChart},
    download::sheet,
    fault::Page,
    figure::Figure,
    money,
    words::FEES,
};

/// The parts of some days.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    sales: i64,
    fees: i64,
    ads: i64,
    goods: i64,
    other: i64,
    profit: i64,
    uncosted: i64,
    /// Whether own expenses are left out.
    before_own: bool,
}

/// The chart with its legend, and the table behind it.
#[derive(Template)]
#[template(path = "chart/parts.html")]
pub(crate) struct PartsChart {
    /// What a column is: `Day`, `Week`, `Month`.
    unit: &'static str,
    currency: Currency,
    chart: StackChart,
    rows: Vec<PartsRow>,
    loss: bool,
    /// Whether own expenses are left out.
    before_own: bool,
}

impl askama::filters::HtmlSafe for PartsChart {}

/// What a column of the chart is about.
pub(crate) struct Slot {
    /// In full.
    pub(crate) title: String,
    /// Its first day.
    pub(crate) first: Date,
    /// Below the column; empty where there is no room.
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) here: bool,
    pub(crate) parts: Parts,
}

impl PartsChart {
    /// Columns in order of time.
    pub(crate) fn new(unit: &'static str, currency: Currency, slots: Vec<Slot>) -> Self {
        let loss = slots.iter().any(|slot| slot.parts.profit < 0);
        let before_own = slots.iter().any(|slot| slot.parts.before_own);
        let rows = slots.iter().map(|slot| slot.row(currency)).collect();
        let columns = slots.into_iter().map(|slot| slot.column(currency)).collect();
        let title = format!("Net sales and where they went, by {}", unit.to_lowercase());
        let chart = StackChart::new(title, columns, |tick| money::short(currency, tick));
        Self { unit, currency, chart, rows, loss, before_own }
    }
}

/// The tables behind charts of several currencies as one.
pub(crate) fn table<'c>(
    name: &str,
    charts: impl IntoIterator<Item = &'c PartsChart>,
) -> ecom_documents::Sheet {
    let header = [
        "Days",
        "From",
        "Currency",
        "Net sales",
        "Amazon fees",
        "Ads and deals",
        "Goods",
        "Net profit",
        "Note",
    ];
    sheet(name, header, charts.into_iter().flat_map(PartsChart::values))
}

impl PartsChart {
    fn values(&self) -> impl Iterator<Item = [Value; 9]> {
        let own = if self.before_own { "before own expenses" } else { "" };
        self.rows.iter().map(move |row| {
            let unknown = if row.goods_unknown { "some costs unknown" } else { "" };
            let notes: Vec<&str> = [unknown, own].into_iter().filter(|note| !note.is_empty()).collect();
            let [sales, fees, ads, goods, profit] =
                [&row.sales, &row.fees, &row.ads, &row.goods, &row.profit].map(Figure::value);
            let title = row.title.as_str().into();
            let (first, code) = (row.first.into(), self.currency.code().into());
            [title, first, code, sales, fees, ads, goods, profit, notes.join(", ").into()]
        })
    }
}

impl Slot {
    fn row(&self, currency: Currency) -> PartsRow {
        let figure = |amount| Figure::unlinked(currency, amount);
        let parts = &self.parts;
        let goods = if parts.goods == 0 && parts.uncosted > 0 {
            Figure::unknown("unknown")
        } else {
            figure(parts.goods)
        };
        PartsRow {
            title: self.title.clone(),
            first: self.first,
            href: self.href.clone(),
            here: self.here,
            sales: figure(parts.sales),
            fees: figure(parts.fees),
            ads: figure(parts.ads),
            goods,
            goods_unknown: parts.uncosted > 0,
            profit: figure(parts.profit),
        }
    }

    fn column(self, currency: Currency) -> Column {
        let parts = self.parts;
        let spent = |series, amount: i64| Stack { series, amount: amount.saturating_neg() };
        let profit = if parts.profit < 0 { Series::Loss } else { Series::Profit };
        Column {
            words: parts.words(currency, &self.title),
            label: self.label,
            href: self.href,
            here: self.here,
            parts: vec![
                spent(Series::Goods, parts.goods),
                spent(Series::Fees, parts.fees.saturating_add(parts.other)),
                spent(Series::Ads, parts.ads),
                Stack { series: profit, amount: parts.profit },
            ],
        }
    }
}

/// A row of the table behind the chart.
struct PartsRow {
    title: String,
    first: Date,
    href: String,
    here: bool,
    sales: Figure,
    fees: Figure,
    ads: Figure,
    goods: Figure,
    goods_unknown: bool,
    profit: Figure,
}

impl Parts {
    /// Of a statement.
    pub(crate) fn of(statement: &Statement) -> Page<Self> {
        let sum = |groups: &[Group]| -> Page<i64> {
            let moved = statement.moved().filter(|(account, _)| groups.contains(&account.group()));
            Ok(Minor::sum(moved.map(|(_, turnover)| Minor(turnover.net())))?.0)
        };
        Ok(Self {
            sales: sum(&[Group::NetSales])?,
            fees: sum(&FEES)?,
            ads: sum(&[Group::Advertising, Group::Deals])?,
            goods: sum(&[Group::Cogs, Group::InventoryLoss])?,
            other: sum(&[Group::Adjustments, Group::Finance, Group::Indirect])?,
            profit: statement.profit()?,
            uncosted: statement.units_without_cost(),
            before_own: false,
        })
    }

    /// Of a day or a week: without own expenses, which are charged by the month and would fall on one day of it.
    pub(crate) fn before_own(statement: &Statement) -> Page<Self> {
        let own = Minor(statement.group(Group::Indirect)?);
        let parts = Self::of(statement)?;
        Ok(Self {
            other: Minor(parts.other).minus(own)?.0,
            profit: Minor(parts.profit).minus(own)?.0,
            before_own: own != Minor::ZERO,
            ..parts
        })
    }

    /// Of a product. Own expenses are of no product.
    pub(crate) fn of_product(row: &ProductRow) -> Page<Self> {
        let sum = |groups: &[Group]| -> Page<i64> {
            Ok(Minor::sum(groups.iter().map(|group| Minor(row.group(*group))))?.0)
        };
        Ok(Self {
            sales: sum(&[Group::NetSales])?,
            fees: row.fees,
            ads: sum(&[Group::Advertising, Group::Deals])?,
            goods: sum(&[Group::Cogs, Group::InventoryLoss])?,
            other: sum(&[Group::Adjustments, Group::Finance])?,
            profit: row.profit,
            uncosted: row.uncosted.saturating_add(row.unvalued),
            before_own: false,
        })
    }

    fn words(&self, currency: Currency, title: &str) -> String {
        let exact = |amount| money::exact(currency, amount);
        format!(
            "{title}: net sales {}, goods {}, Amazon fees {}, ads and deals {}, profit {}{}",
            exact(self.sales),
            self.goods(currency),
            exact(self.fees),
            exact(self.ads),
            exact(self.profit),
            match (self.uncosted > 0, self.before_own) {
                (true, true) => ", before unknown costs and own expenses",
                (true, false) => ", before unknown costs",
                (false, true) => ", before own expenses",
                (false, false) => "",
            }
        )
    }

    fn goods(&self, currency: Currency) -> String {
        if self.goods == 0 && self.uncosted > 0 {
            "unknown".to_owned()
        } else {
            money::exact(currency, self.goods)
        }
    }
}
