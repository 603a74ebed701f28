//! All figures of some products: the query, and the rows it gives.

use std::fmt::Write as _;

use ecom_ledger::{Currency, Error, Group, Minor, day::Month, statement::Statement};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use crate::{
    error::{Result, StoreError},
    ids::{MarketplaceId, SellerAccountId, SkuId},
    rollup::PRODUCT_GROUPS,
    stock::{self, STOCK_SUMS},
    tx::{Scoped, fetch_all},
};

use super::{ALL_SKUS, ProductFilter, ProductRow, list, share_bp};

/// Columns beside the groups of the statement. `cogs` holds what units sold cost and what units back give back.
const OTHERS: [&str; 8] =
    ["cogs", "inventory_loss", "estimated", "units", "refunds", "uncosted", "returned", "unvalued"];
const SUMS: usize = PRODUCT_GROUPS.len() + OTHERS.len();
/// Groups that are fees of Amazon.
const FEES: [Group; 9] = Group::FEES;

/// The column that holds a group of the statement.
pub(super) fn group_column(group: Group) -> Option<&'static str> {
    match group {
        Group::Cogs => Some("cogs"),
        Group::InventoryLoss => Some("inventory_loss"),
        _ => PRODUCT_GROUPS.iter().find(|(one, _)| *one == group).map(|(_, name)| *name),
    }
}

/// A row of the query: SKU, its name, currency, month or 0, then the sums.
struct Raw {
    sku: i64,
    name: Option<String>,
    currency: String,
    month: i64,
    sums: [i64; SUMS],
}

impl<'r, R> FromRow<'r, R> for Raw
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> std::result::Result<Self, sqlx::Error> {
        let mut sums = [0; SUMS];
        for (at, sum) in sums.iter_mut().enumerate() {
            *sum = row.try_get(at + 4)?;
        }
        Ok(Self {
            sku: row.try_get(0)?,
            name: row.try_get(1)?,
            currency: row.try_get(2)?,
            month: row.try_get(3)?,
            sums,
        })
    }
}

impl ProductFilter {
    /// Conditions on a settlement `s` and a rollup row of it: numbers and a currency code only.
    pub(super) fn narrow(&self, rollup: &str) -> String {
        let mut text = String::new();
        if let Some(SellerAccountId(id)) = self.seller_account {
            let _ = write!(text, " and s.seller_account = {id}");
        }
        if let Some(currency) = self.currency {
            let _ = write!(text, " and s.currency = '{}'", currency.code());
        }
        if let Some(MarketplaceId(id)) = self.marketplace {
            let _ = write!(text, " and {rollup}.marketplace = {id}");
        }
        text
    }

    /// All sums of some products by currency, product and `month` (0 for all months together): of active settlements,
    /// and of stock events, which are of no account.
    fn query(&self, skus: &[SkuId], by_month: bool) -> String {
        let month =
            |table: &str| if by_month { format!("{table}.month") } else { "cast(0 as bigint)".to_owned() };
        let skus = list(skus);
        let mut text = format!(
            "with a as (
               select s.currency, d.sku, {} as month, {} from settlement s
               join product_month d on d.tenant_id = s.tenant_id and d.settlement = s.id
               where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $4 and s.first_day <= $5
                 and d.month between $2 and $3 and d.sku in ({skus}) {} group by s.currency, d.sku, 3",
            month("d"),
            columns(rollup_sum),
            self.narrow("d"),
        );
        if self.seller_account.is_none() {
            let _ = write!(
                text,
                " union all select e.currency, e.sku, {} as month, {} from stock_event e
                  where e.tenant_id = $1 and e.month between $2 and $3 and e.sku in ({skus}) {}
                  group by e.currency, e.sku, 3",
                month("e"),
                columns(stock_sum),
                stock::narrow(self.currency, self.marketplace),
            );
        }
        let _ = write!(
            text,
            "), q as (select currency, sku, month, {} from a group by currency, sku, month)
             select q.sku, k.name, q.currency, q.month, {}
             from q left join sku k on k.tenant_id = $1 and k.id = q.sku
             order by q.month, k.name nulls last, q.currency",
            columns(|name| format!("cast(sum({name}) as bigint) as {name}")),
            columns(|name| format!("q.{name}")),
        );
        text
    }
}

/// Columns of the rollup that sum to the profit before inventory loss, which is none of settlements.
pub(super) fn profit_parts() -> impl Iterator<Item = &'static str> {
    let groups = PRODUCT_GROUPS.iter().filter(|(group, _)| *group != Group::Balance);
    groups.map(|(_, name)| *name).chain(["cogs"])
}

/// Columns of the rollup that sum to the fees.
pub(super) fn fee_parts() -> impl Iterator<Item = &'static str> {
    FEES.iter().filter_map(|group| group_column(*group))
}

fn columns(each: impl Fn(&'static str) -> String) -> String {
    let names = PRODUCT_GROUPS.iter().map(|(_, name)| *name).chain(OTHERS);
    names.map(each).collect::<Vec<_>>().join(", ")
}

/// The sum of a column over rollup rows `d`.
fn rollup_sum(name: &'static str) -> String {
    match name {
        "inventory_loss" | "returned" | "unvalued" => format!("cast(0 as bigint) as {name}"),
        _ => format!("cast(sum(d.{name}) as bigint) as {name}"),
    }
}

/// The sum of a column over stock events `e`.
pub(super) fn stock_sum(name: &'static str) -> String {
    let sum = STOCK_SUMS.iter().find(|(one, _)| *one == name).map_or("0", |(_, sum)| *sum);
    format!("cast(sum({sum}) as bigint) as {name}")
}

impl Scoped<'_> {
    /// Figures of some products over all months of the filter, in the order of their names. The filter's text and
    /// kind don't count.
    pub(super) async fn product_sums(
        &mut self,
        filter: &ProductFilter,
        skus: &[SkuId],
    ) -> Result<Vec<ProductRow>> {
        let rows = self.raw_products(filter, skus, false).await?;
        rows.into_iter().map(row).collect()
    }

    /// The same by month, in the order of the months.
    pub(super) async fn product_cells(
        &mut self,
        filter: &ProductFilter,
        skus: &[SkuId],
    ) -> Result<Vec<(Month, ProductRow)>> {
        let rows = self.raw_products(filter, skus, true).await?;
        let month = |raw: &Raw| i32::try_from(raw.month).map_err(|_| StoreError::Corrupt("product_month"));
        rows.into_iter().map(|raw| Ok((Month(month(&raw)?), row(raw)?))).collect()
    }

    async fn raw_products(
        &mut self,
        filter: &ProductFilter,
        skus: &[SkuId],
        by_month: bool,
    ) -> Result<Vec<Raw>> {
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        let text = filter.query(skus, by_month);
        fetch_all!(
            Raw,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from.0),
            i64::from(filter.to.0),
            i64::from(filter.from.first_day()),
            i64::from(filter.to.last_day()),
        )
    }
}

fn row(raw: Raw) -> Result<ProductRow> {
    let currency = Currency::parse(&raw.currency).map_err(|_| StoreError::Corrupt("settlement"))?;
    let (by_group, others) = raw.sums.split_at(PRODUCT_GROUPS.len());
    let &[cogs, inventory_loss, estimated, units, refunds, uncosted, returned, unvalued] = others else {
        return Err(StoreError::Corrupt("product_month"));
    };
    let mut groups = [0; Group::ALL.len()];
    for ((group, _), sum) in PRODUCT_GROUPS.iter().zip(by_group) {
        groups[group.index()] = *sum;
    }
    groups[Group::Cogs.index()] = cogs;
    groups[Group::InventoryLoss.index()] = inventory_loss;
    let counts = Counts { units, refunds, uncosted, returned, unvalued };
    figured(SkuId(raw.sku), raw.name.unwrap_or_default(), currency, groups, estimated, &counts)
}

/// What is counted of a product.
struct Counts {
    units: i64,
    refunds: i64,
    uncosted: i64,
    returned: i64,
    unvalued: i64,
}

impl ProductRow {
    /// All products together, from the statement of the same months: what the rows of all of them sum to. Indirect
    /// expenses are of no product, and in none of it.
    pub fn whole(statement: &Statement) -> Result<Self> {
        let mut groups = [0; Group::ALL.len()];
        for group in Group::ALL.into_iter().filter(|group| *group != Group::Indirect) {
            groups[group.index()] = statement.group(group)?;
        }
        let in_profit = statement.moved().filter(|(account, _)| account.group() != Group::Balance);
        let estimated = Minor::sum(in_profit.map(|(_, turnover)| Minor(turnover.estimated)))?.0;
        let counts = Counts {
            units: statement.units,
            refunds: statement.refunds.unwrap_or(0),
            uncosted: statement.uncosted,
            returned: statement.returned,
            unvalued: statement.unvalued,
        };
        figured(ALL_SKUS, String::new(), statement.currency, groups, estimated, &counts)
    }
}

/// A row with what follows from its groups and counts.
fn figured(
    sku: SkuId,
    name: String,
    currency: Currency,
    groups: [i64; Group::ALL.len()],
    estimated: i64,
    counts: &Counts,
) -> Result<ProductRow> {
    let &Counts { units, refunds, uncosted, returned, unvalued } = counts;
    let sum = |wanted: &dyn Fn(Group) -> bool| {
        let chosen = Group::ALL.into_iter().filter(|group| wanted(*group));
        Minor::sum(chosen.map(|group| Minor(groups[group.index()]))).map(|sum| sum.0)
    };
    let profit = sum(&|group| group != Group::Balance)?;
    let fees = sum(&|group| FEES.contains(&group))?;
    let sales = groups[Group::NetSales.index()];
    let known = uncosted == 0 && unvalued == 0;
    let if_known = |share: Option<i64>| share.filter(|_| known);
    let before_ads = profit.checked_sub(groups[Group::Advertising.index()]).ok_or(Error::Overflow)?;
    let cogs = groups[Group::Cogs.index()];
    Ok(ProductRow {
        sku,
        name,
        currency,
        units,
        refunds,
        uncosted,
        returned,
        unvalued,
        estimated,
        profit,
        fees,
        margin_bp: if_known(share_bp(profit, sales)?),
        roi_bp: if_known(share_bp(profit, cogs.checked_neg().ok_or(Error::Overflow)?)?),
        break_even_bp: if_known(share_bp(before_ads, sales)?),
        fees_per_unit: if units > 0 { Some(Minor(fees).part(1, units)?.0) } else { None },
        refund_share_bp: share_bp(refunds, units)?,
        groups,
    })
}
