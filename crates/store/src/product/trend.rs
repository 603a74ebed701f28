//! Products by month or week, for a heat map: the rows of a page, cut up by time.

use std::collections::BTreeMap;

use ecom_ledger::{Currency, day::Month};

use crate::{error::Result, ids::SkuId, tx::Scoped};

use super::{Page, ProductFilter, ProductRow, skus, small};

/// Most months of a trend; of longer spans the last ones count.
const MOST_MONTHS: i32 = 60;
/// Most weeks of a trend.
const MOST_WEEKS: i64 = 106;

/// Some products by month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trend {
    /// The months, without a gap.
    pub months: Vec<Month>,
    /// The products that [`Scoped::products`] gives.
    pub page: Page<TrendRow>,
}

/// A product in a [`Trend`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrendRow {
    /// The product over all months of the filter.
    pub whole: ProductRow,
    /// Its figures of each month; none where nothing was posted.
    pub cells: Vec<Option<ProductRow>>,
}

/// Units of some products by week.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weeks {
    /// The Mondays, without a gap.
    pub weeks: Vec<i32>,
    /// The products that [`Scoped::products`] gives.
    pub page: Page<WeekRow>,
}

/// A product in [`Weeks`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WeekRow {
    /// The product over all months of the filter.
    pub whole: ProductRow,
    /// Units sold in each week.
    pub units: Vec<i64>,
    /// Refunds in each week.
    pub refunds: Vec<i64>,
}

impl<T> Page<T> {
    fn of_none(size: i64) -> Self {
        Self { rows: Vec::new(), page: 1, size, total: 0 }
    }

    fn each<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        let Self { rows, page, size, total } = self;
        Page { rows: rows.into_iter().map(each).collect(), page, size, total }
    }
}

impl Scoped<'_> {
    /// Figures by month of the products that [`Self::products`] gives for the filter.
    pub async fn trend(&mut self, filter: &ProductFilter) -> Result<Trend> {
        let Some(filter) = self.within_books(filter).await? else {
            return Ok(Trend { months: Vec::new(), page: Page::of_none(filter.size) });
        };
        let page = self.products(&filter).await?;
        let months: Vec<Month> = (filter.from.0..=filter.to.0).map(Month).collect();
        let mut cells: BTreeMap<(SkuId, Currency, Month), ProductRow> = BTreeMap::new();
        for (month, row) in self.product_cells(&filter, &skus(&page.rows)).await? {
            cells.insert((row.sku, row.currency, month), row);
        }
        let page = page.each(|whole| {
            let cell = |month: &Month| cells.remove(&(whole.sku, whole.currency, *month));
            TrendRow { cells: months.iter().map(cell).collect(), whole }
        });
        Ok(Trend { months, page })
    }

    /// Units by week of the products that [`Self::products`] gives for the filter. Weeks begin on Monday.
    pub async fn weeks(&mut self, filter: &ProductFilter) -> Result<Weeks> {
        let Some(filter) = self.within_books(filter).await? else {
            return Ok(Weeks { weeks: Vec::new(), page: Page::of_none(filter.size) });
        };
        let page = self.products(&filter).await?;
        let (first, last) = (week(filter.from.first_day()), week(filter.to.last_day()));
        let first = first.max(last - MOST_WEEKS + 1);
        let mut cells: BTreeMap<(SkuId, Currency, i64), (i64, i64)> = BTreeMap::new();
        // Day 0 is a Thursday.
        for (currency, sku, week, units, refunds) in
            self.unit_rows(&filter, &skus(&page.rows), "(u.day + 3) / 7").await?
        {
            cells.insert((SkuId(sku), currency, week), (units, refunds));
        }
        let page = page.each(|whole| {
            let cell = |week| cells.get(&(whole.sku, whole.currency, week)).copied().unwrap_or_default();
            let (units, refunds) = (first..=last).map(cell).unzip();
            WeekRow { whole, units, refunds }
        });
        let weeks = (first..=last).map(|week| small(week * 7 - 3)).collect::<Result<_>>()?;
        Ok(Weeks { weeks, page })
    }

    /// The filter with its months cut to those with books, and to the last [`MOST_MONTHS`]; none without any.
    async fn within_books(&mut self, filter: &ProductFilter) -> Result<Option<ProductFilter>> {
        let Some((first, last)) = self.span().await? else { return Ok(None) };
        let to = filter.to.min(Month::of_day(last));
        let from = filter.from.max(Month::of_day(first)).max(Month(to.0.saturating_sub(MOST_MONTHS - 1)));
        Ok((from <= to).then(|| ProductFilter { from, to, ..filter.clone() }))
    }
}

fn week(day: i32) -> i64 {
    (i64::from(day) + 3).div_euclid(7)
}
