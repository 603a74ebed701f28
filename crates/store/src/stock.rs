//! Units that came back, were lost or damaged, as the user enters them, and what they are worth.
//!
//! The cost of one unit is kept with each event and found anew whenever a cost changes, as it is for units sold.
//! Events belong to the business as a whole: figures of one account at Amazon or one settlement hold none.

use std::fmt::Write as _;

use ecom_ledger::{
    Currency,
    day::Month,
    stock::{Fate, StockEvent, StockValue},
};
use rustc_hash::FxHashMap;

use crate::{
    bulk::{self, Column},
    error::{Result, StoreError, expect_one},
    figures::Filter,
    ids::{MarketplaceId, PersonId, SkuId, StockEventId},
    tx::{Scoped, exec, fetch_all, fetch_optional},
};

/// Most events entered at once.
pub const MOST_STOCK_EVENTS: usize = 10_000;
/// Most units of one event.
pub const MOST_UNITS: i64 = 10_000_000;

/// Sums of stock events `e`, as columns: units back, cost of goods given back, inventory loss, units of unknown cost.
pub(crate) const STOCK_SUMS: [(&str, &str); 4] = [
    ("returned", "case when e.fate in ('sellable', 'unsellable') then e.units else 0 end"),
    ("cogs", "case when e.fate in ('sellable', 'unsellable') then coalesce(e.cost, 0) * e.units else 0 end"),
    (
        "inventory_loss",
        "case e.fate when 'sellable' then 0 when 'found' then coalesce(e.cost, 0) * e.units
             else -coalesce(e.cost, 0) * e.units end",
    ),
    ("unvalued", "case when e.cost is null then e.units else 0 end"),
];

/// What a stock event `e` adds to the profit: cost of goods given back and inventory loss together.
pub(crate) const PROFIT_SUM: &str = "case e.fate when 'sellable' then coalesce(e.cost, 0) * e.units
    when 'found' then coalesce(e.cost, 0) * e.units when 'unsellable' then 0
    else -coalesce(e.cost, 0) * e.units end";

/// An event as entered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StockEntry {
    /// Id.
    pub id: StockEventId,
    /// What happened.
    pub event: StockEvent,
    /// What it is worth by the costs known now.
    pub value: StockValue,
    /// When it was entered.
    pub entered_at: i64,
    /// Who entered it.
    pub entered_by: PersonId,
}

const SELECT: &str =
    "select e.id, k.name, m.name, e.currency, e.day, nullif(e.sold_day, e.day), e.units, e.fate, e.cost,
        e.entered_at, e.entered_by
     from stock_event e
     join sku k on k.tenant_id = e.tenant_id and k.id = e.sku
     left join marketplace m on m.tenant_id = e.tenant_id and m.id = e.marketplace
     where e.tenant_id = $1";
const LATEST: &str = "order by e.day desc, e.id desc";

type Row = (i64, String, Option<String>, String, i64, Option<i64>, i64, String, Option<i64>, i64, i64);
type SumRow = (String, i64, i64, i64, i64, i64);

impl Scoped<'_> {
    /// Enters events, all or none. The product and the marketplace must be known from files or costs.
    pub async fn add_stock_events(&mut self, events: &[StockEvent], by: PersonId, now: i64) -> Result<()> {
        self.lock().await?;
        if events.len() > MOST_STOCK_EVENTS {
            return Err(StoreError::Conflict(format!(
                "more than {MOST_STOCK_EVENTS} stock events; split them"
            )));
        }
        events.iter().try_for_each(check)?;
        let skus = self.known_skus(events).await?;
        let places = self.known_marketplaces(events).await?;
        let first = self.next_id("stock_event").await?;
        let ids = (first..).take(events.len()).collect();
        let int = |value: fn(&StockEvent) -> i64| Column::Int(events.iter().map(value).collect());
        let text = |value: fn(&StockEvent) -> String| Column::Text(events.iter().map(value).collect());
        let columns = [
            ("tenant_id", Column::Int(vec![self.tenant.0; events.len()])),
            ("id", Column::Int(ids)),
            ("sku", Column::Int(skus.clone())),
            ("marketplace", Column::Int(places)),
            ("currency", text(|event| event.currency.to_string())),
            ("day", int(|event| i64::from(event.day))),
            ("month", int(|event| i64::from(Month::of_day(event.day).0))),
            // The day itself where none is told: what a cost is asked for is the same.
            ("sold_day", int(|event| i64::from(event.sold.unwrap_or(event.day)))),
            ("units", int(|event| event.units)),
            ("fate", text(|event| event.fate.name().to_owned())),
            ("entered_at", Column::Int(vec![now; events.len()])),
            ("entered_by", Column::Int(vec![by.0; events.len()])),
        ];
        bulk::insert(self.tx, "stock_event", &columns).await?;
        self.recost_stock(&skus).await
    }

    /// Removes an event.
    pub async fn delete_stock_event(&mut self, id: StockEventId) -> Result<()> {
        let deleted =
            exec!(self.tx, "delete from stock_event where tenant_id = $1 and id = $2", self.tenant.0, id.0)?;
        if deleted == 0 {
            Err(StoreError::Missing("stock event"))
        } else {
            expect_one("stock_event", deleted)
        }
    }

    /// Events of some days with their values, the latest first.
    pub async fn stock_events(&mut self, from: i32, to: i32, most: i64) -> Result<Vec<StockEntry>> {
        let text = format!("{SELECT} and e.day between $2 and $3 {LATEST} limit $4");
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(from),
            i64::from(to),
            most,
        )?;
        rows.into_iter().map(entry).collect()
    }

    /// Events of one product, the latest first.
    pub async fn product_stock_events(&mut self, sku: SkuId, most: i64) -> Result<Vec<StockEntry>> {
        let text = format!("{SELECT} and e.sku = $2 {LATEST} limit $3");
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, sku.0, most)?;
        rows.into_iter().map(entry).collect()
    }

    /// One event.
    pub async fn stock_event(&mut self, id: StockEventId) -> Result<Option<StockEntry>> {
        let text = format!("{SELECT} and e.id = $2");
        let row = fetch_optional!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, id.0)?;
        row.map(entry).transpose()
    }

    async fn known_skus(&mut self, events: &[StockEvent]) -> Result<Vec<i64>> {
        let rows = fetch_all!(
            (i64, String),
            self.tx,
            "select id, name from sku where tenant_id = $1",
            self.tenant.0,
        )?;
        let known: FxHashMap<String, i64> = rows.into_iter().map(|(id, name)| (name, id)).collect();
        let id = |event: &StockEvent| known.get(event.sku.trim()).copied();
        events.iter().map(|event| id(event).ok_or(StoreError::Missing("product"))).collect()
    }

    async fn known_marketplaces(&mut self, events: &[StockEvent]) -> Result<Vec<i64>> {
        let known = self.marketplaces().await?;
        let id = |event: &StockEvent| match event.marketplace.trim() {
            "" => Ok(0),
            name => known
                .iter()
                .find(|(_, known)| known.eq_ignore_ascii_case(name))
                .map(|(MarketplaceId(id), _)| *id)
                .ok_or(StoreError::Missing("marketplace")),
        };
        events.iter().map(id).collect()
    }

    /// Finds the cost of a unit anew for the events of some products, as [`Self::recost`] does for units sold.
    pub(crate) async fn recost_stock(&mut self, skus: &[i64]) -> Result<()> {
        let mut distinct = skus.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        for sku in distinct {
            exec!(
                self.tx,
                "update stock_event set cost = coalesce(
                     (select case when c.to_day >= stock_event.sold_day
                             then c.goods + c.freight + c.duty + c.packing + c.other end
                      from cost c
                      where c.tenant_id = stock_event.tenant_id and c.sku = stock_event.sku
                        and c.marketplace = stock_event.marketplace and c.currency = stock_event.currency
                        and c.from_day <= stock_event.sold_day
                      order by c.from_day desc limit 1),
                     (select case when c.to_day >= stock_event.sold_day
                             then c.goods + c.freight + c.duty + c.packing + c.other end
                      from cost c
                      where c.tenant_id = stock_event.tenant_id and c.sku = stock_event.sku
                        and c.marketplace = 0 and c.currency = stock_event.currency
                        and c.from_day <= stock_event.sold_day
                      order by c.from_day desc limit 1))
                 where tenant_id = $1 and sku = $2",
                self.tenant.0,
                sku,
            )?;
        }
        Ok(())
    }

    /// What events are worth by currency and `group`, a column of the table or `0`; `column` is `day` or `month`.
    pub(crate) async fn stock_sums(
        &mut self,
        filter: &Filter,
        (column, from, to): (&str, i64, i64),
        group: &str,
    ) -> Result<Vec<(String, i64, StockValue)>> {
        if filter.seller_account.is_some() || filter.settlement.is_some() {
            return Ok(Vec::new());
        }
        let sums = STOCK_SUMS.map(|(_, sum)| format!("cast(sum({sum}) as bigint)")).join(", ");
        let group = group.replace("d.", "e.");
        let wanted = narrow(filter.currency, filter.marketplace);
        let text = format!(
            "select e.currency, cast({group} as bigint) as k, {sums} from stock_event e
             where e.tenant_id = $1 and e.{column} between $2 and $3 {wanted} group by e.currency, k"
        );
        let rows = fetch_all!(SumRow, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, from, to)?;
        let value = |(currency, key, returned, cogs, loss, unvalued): SumRow| {
            (currency, key, StockValue { returned, cogs, loss, unvalued })
        };
        Ok(rows.into_iter().map(value).collect())
    }
}

/// Conditions on stock events `e`: numbers and a currency code only.
pub(crate) fn narrow(currency: Option<Currency>, marketplace: Option<MarketplaceId>) -> String {
    let mut text = String::new();
    if let Some(currency) = currency {
        let _ = write!(text, " and e.currency = '{}'", currency.code());
    }
    if let Some(MarketplaceId(id)) = marketplace {
        let _ = write!(text, " and e.marketplace = {id}");
    }
    text
}

fn check(event: &StockEvent) -> Result<()> {
    if !(1..=MOST_UNITS).contains(&event.units) {
        return Err(StoreError::Conflict(format!("give a count of units from 1 to {MOST_UNITS}")));
    }
    if event.sold.is_some_and(|sold| sold > event.day) {
        return Err(StoreError::Conflict("the day of the sale is after the day of the event".to_owned()));
    }
    Ok(())
}

fn entry(row: Row) -> Result<StockEntry> {
    let (id, sku, marketplace, currency, day, sold, units, fate, cost, entered_at, entered_by) = row;
    let corrupt = || StoreError::Corrupt("stock_event");
    let date = |day: i64| i32::try_from(day).map_err(|_| corrupt());
    let event = StockEvent {
        day: date(day)?,
        sold: sold.map(date).transpose()?,
        sku,
        marketplace: marketplace.unwrap_or_default(),
        currency: Currency::parse(&currency).map_err(|_| corrupt())?,
        units,
        fate: Fate::from_name(&fate).ok_or_else(corrupt)?,
    };
    let value = event.worth(cost)?;
    Ok(StockEntry { id: StockEventId(id), event, value, entered_at, entered_by: PersonId(entered_by) })
}
