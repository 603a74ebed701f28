//! Products: figures of each SKU over whole months, one product's history, and products by month or week.
//!
//! All of it comes from the rollups by product and month, units by day and stock events. Over the same months the
//! profits of all products, the lines without one among them, sum to the profit of the statement before indirect
//! expenses.

mod best;
mod column;
mod order;
mod sums;
mod trend;

use ecom_ledger::{Currency, Group, Minor, day::Month};

use crate::{
    error::{Result, StoreError},
    ids::{MarketplaceId, SellerAccountId, SkuId},
    tx::{Scoped, fetch_all},
};

pub use column::ProductColumn;
pub use trend::{Trend, TrendRow, WeekRow, Weeks};

/// Stands for all products together, in [`ProductRow::whole`].
pub const ALL_SKUS: SkuId = SkuId(-1);
/// Most rows of a page.
pub const MOST_PAGE: i64 = 200;

/// A kind of products that deserves a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProductKind {
    /// The profit is below 0, already before costs that are unknown.
    Loss,
    /// Units were sold, came back or were lost whose cost is unknown.
    Uncosted,
    /// Amounts were posted, and no unit was sold.
    Unsold,
}

/// Which products, of which months, in which order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductFilter {
    /// First month.
    pub from: Month,
    /// Last month.
    pub to: Month,
    /// Only this account at Amazon.
    pub seller_account: Option<SellerAccountId>,
    /// Only this currency; without it a product has a row per currency.
    pub currency: Option<Currency>,
    /// Only this marketplace.
    pub marketplace: Option<MarketplaceId>,
    /// Only SKUs that hold this text, whatever the case of A to Z. Empty: all.
    pub text: String,
    /// Only products of this kind.
    pub kind: Option<ProductKind>,
    /// What the rows are sorted by. Where it is unknown comes last; among equals the SKU decides.
    pub sort: ProductColumn,
    /// The largest first.
    pub descending: bool,
    /// Page, from 1. One beyond the last gives the last.
    pub page: i64,
    /// Rows of a page, up to [`MOST_PAGE`].
    pub size: i64,
}

impl ProductFilter {
    /// All products of some months, the largest net sales first.
    pub fn months(from: Month, to: Month) -> Self {
        Self {
            from,
            to,
            seller_account: None,
            currency: None,
            marketplace: None,
            text: String::new(),
            kind: None,
            sort: ProductColumn::Group(Group::NetSales),
            descending: true,
            page: 1,
            size: 50,
        }
    }
}

/// Some rows of a long list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Which page they are, from 1.
    pub page: i64,
    /// Rows of a full page.
    pub size: i64,
    /// Rows of all pages.
    pub total: i64,
}

impl<T> Page<T> {
    /// Number of pages, at least 1.
    pub fn pages(&self) -> i64 {
        pages(self.total, self.size)
    }
}

/// A product's figures in one currency. Money in minor units, signed as in the statement; shares in basis points.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductRow {
    /// The product; 0 is the lines without one, [`ALL_SKUS`] all together.
    pub sku: SkuId,
    /// Its SKU; empty for the lines without one.
    pub name: String,
    /// Of all amounts.
    pub currency: Currency,
    /// Units sold.
    pub units: i64,
    /// Refunds.
    pub refunds: i64,
    /// Units sold whose cost is unknown.
    pub uncosted: i64,
    /// Units shown to have come back.
    pub returned: i64,
    /// Units come back or lost whose cost is unknown.
    pub unvalued: i64,
    /// The part of the profit that rests on estimates of GST inside fees.
    pub estimated: i64,
    /// Net profit; with units of unknown cost the profit before that cost.
    pub profit: i64,
    /// All fees of Amazon, without advertising and deals.
    pub fees: i64,
    /// Profit over net sales; none without sales or while a cost is unknown.
    pub margin_bp: Option<i64>,
    /// Profit over cost of goods; none without a cost or while one is unknown.
    pub roi_bp: Option<i64>,
    /// The share of net sales that advertising may cost before nothing is left: profit before advertising over net
    /// sales; none without sales or while a cost is unknown.
    pub break_even_bp: Option<i64>,
    /// Fees over units sold, rounded half away from zero; none without units.
    pub fees_per_unit: Option<i64>,
    /// Refunds over units sold; none without units.
    pub refund_share_bp: Option<i64>,
    groups: [i64; Group::ALL.len()],
}

impl ProductRow {
    /// The sum of a line of the statement. Indirect expenses are of no product: always 0.
    pub fn group(&self, group: Group) -> i64 {
        self.groups[group.index()]
    }

    /// Whether the cost of every unit is known.
    pub fn cost_known(&self) -> bool {
        self.uncosted == 0 && self.unvalued == 0
    }
}

/// Units of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnitDay {
    /// Posting day.
    pub day: i32,
    /// Sold.
    pub units: i64,
    /// Refunds.
    pub refunds: i64,
}

/// One product over time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductHistory {
    /// Its SKU; empty for the lines without one.
    pub name: String,
    /// Its figures by month and currency.
    pub months: Vec<(Month, ProductRow)>,
    /// Units by day.
    pub days: Vec<UnitDay>,
}

impl Scoped<'_> {
    /// A page of products, one of them the lines without a product. Months count by posting day, settlements only
    /// while they are active.
    pub async fn products(&mut self, filter: &ProductFilter) -> Result<Page<ProductRow>> {
        let size = filter.size.clamp(1, MOST_PAGE);
        let mut page = filter.page.max(1);
        let (mut rows, mut total) = self.product_page(filter, page, size).await?;
        if rows.is_empty() && page > 1 {
            (rows, total) = self.product_page(filter, 1, size).await?;
            page = pages(total, size);
            if page > 1 {
                (rows, total) = self.product_page(filter, page, size).await?;
            }
        }
        Ok(Page { rows, page, size, total })
    }

    /// A product's figures over the months of the filter, a row per currency. The filter's text and kind don't count.
    pub async fn product_total(&mut self, sku: SkuId, filter: &ProductFilter) -> Result<Vec<ProductRow>> {
        self.product_sums(filter, &[sku]).await
    }

    /// A product's figures by month and its units by day; none if there is no such product.
    pub async fn product(&mut self, sku: SkuId, filter: &ProductFilter) -> Result<Option<ProductHistory>> {
        let name = match sku {
            SkuId(0) => String::new(),
            _ => match self.sku_name(sku).await? {
                Some(name) => name,
                None => return Ok(None),
            },
        };
        let months = self.product_cells(filter, &[sku]).await?;
        let days = self.unit_rows(filter, &[sku], "u.day").await?;
        let day = |(_, _, day, units, refunds)| Ok(UnitDay { day: small(day)?, units, refunds });
        Ok(Some(ProductHistory {
            name,
            months,
            days: by_day(days).into_iter().map(day).collect::<Result<_>>()?,
        }))
    }

    /// Units by currency, product and `group`, in the order of the last.
    async fn unit_rows(
        &mut self,
        filter: &ProductFilter,
        skus: &[SkuId],
        group: &str,
    ) -> Result<Vec<(Currency, i64, i64, i64, i64)>> {
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!(
            "select s.currency, u.sku, {group} as k, cast(sum(u.units) as bigint), cast(sum(u.refunds) as bigint)
             from settlement s join unit_day u on u.tenant_id = s.tenant_id and u.settlement = s.id
             where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $2 and s.first_day <= $3
               and u.day between $2 and $3 and u.sku in ({}) {}
             group by s.currency, u.sku, k order by k",
            list(skus),
            filter.narrow("u")
        );
        let rows = fetch_all!(
            (String, i64, i64, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from.first_day()),
            i64::from(filter.to.last_day()),
        )?;
        let currency = |code: &str| Currency::parse(code).map_err(|_| StoreError::Corrupt("settlement"));
        rows.into_iter()
            .map(|(code, sku, key, units, refunds)| Ok((currency(&code)?, sku, key, units, refunds)))
            .collect()
    }
}

/// Days of all currencies together: units are no money.
fn by_day(rows: Vec<(Currency, i64, i64, i64, i64)>) -> Vec<(Currency, i64, i64, i64, i64)> {
    let mut days: Vec<(Currency, i64, i64, i64, i64)> = Vec::new();
    for row in rows {
        match days.last_mut() {
            Some(last) if last.2 == row.2 => (last.3, last.4) = (last.3 + row.3, last.4 + row.4),
            _ => days.push(row),
        }
    }
    days
}

fn pages(total: i64, size: i64) -> i64 {
    ((total + size - 1) / size).max(1)
}

fn small(day: i64) -> Result<i32> {
    i32::try_from(day).map_err(|_| StoreError::Corrupt("unit_day"))
}

fn skus(rows: &[ProductRow]) -> Vec<SkuId> {
    rows.iter().map(|row| row.sku).collect()
}

fn list(skus: &[SkuId]) -> String {
    skus.iter().map(SkuId::to_string).collect::<Vec<_>>().join(", ")
}

/// `part / whole` in basis points, rounded half away from zero; none unless the whole is above 0.
fn share_bp(part: i64, whole: i64) -> Result<Option<i64>> {
    if whole <= 0 { Ok(None) } else { Ok(Some(Minor(part).part(10_000, whole)?.0)) }
}
