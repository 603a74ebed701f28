//! Costs of products, and what they make of the units sold.
//!
//! Changing a cost recomputes the cost columns of every settlement that sold the product, set by set, in the same
//! transaction: figures never mix old and new costs.

use ecom_ledger::{
    Currency,
    cost::{Cost, CostProblem, CostSheet},
    day::Month,
};

use crate::{
    bulk::{self, Column},
    error::{Result, StoreError},
    ids::SettlementKey,
    tx::{Scoped, exec, fetch_all},
};

/// The last day of a cost without an end.
const OPEN: i64 = i32::MAX as i64;

type Row = (String, String, String, i64, i64, i64, i64, i64, i64, i64);

/// A product that was sold in a currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SoldProduct {
    /// Stock-keeping unit.
    pub sku: String,
    /// Currency of the sales.
    pub currency: Currency,
    /// Units sold.
    pub units: i64,
    /// Units sold whose cost is unknown.
    pub uncosted: i64,
    /// The first month with such units.
    pub since: Option<Month>,
}

impl Scoped<'_> {
    /// All costs.
    pub async fn costs(&mut self) -> Result<CostSheet> {
        let rows = fetch_all!(
            Row,
            self.tx,
            "select k.name, coalesce(m.name, ''), c.currency, c.from_day, c.to_day, c.goods, c.freight, c.duty, c.packing,
                    c.other
             from cost c
             join sku k on k.tenant_id = c.tenant_id and k.id = c.sku
             left join marketplace m on m.tenant_id = c.tenant_id and m.id = c.marketplace
             where c.tenant_id = $1",
            self.tenant.0,
        )?;
        let costs = rows.into_iter().map(cost).collect::<Result<Vec<Cost>>>()?;
        CostSheet::new(costs).map_err(|_| StoreError::Corrupt("cost"))
    }

    /// Adds costs to those that stand; one with the same product, marketplace, currency and first day is replaced.
    /// Costs that overlap are told and nothing is changed.
    pub async fn save_costs(&mut self, new: &CostSheet) -> Result<std::result::Result<(), Vec<CostProblem>>> {
        self.lock().await?;
        let key = |cost: &Cost| {
            let place = cost.marketplace.as_deref().unwrap_or_default().to_lowercase();
            (cost.sku.clone(), place, cost.currency, cost.from)
        };
        let keys: std::collections::BTreeSet<_> = new.all().map(key).collect();
        let standing = self.costs().await?;
        let kept = standing.all().filter(|cost| !keys.contains(&key(cost)));
        let all = match CostSheet::new(kept.chain(new.all()).cloned().collect()) {
            Ok(all) => all,
            Err(problems) => return Ok(Err(problems)),
        };
        self.put_costs(&all, new).await?;
        Ok(Ok(()))
    }

    /// Removes the cost of a product that begins on a day; one before it without an end then goes on.
    pub async fn delete_cost(
        &mut self,
        sku: &str,
        marketplace: Option<&str>,
        currency: Currency,
        from: i32,
    ) -> Result<()> {
        self.lock().await?;
        let deleted = exec!(
            self.tx,
            "delete from cost where tenant_id = $1 and from_day = $3 and currency = $5
             and sku = (select id from sku where tenant_id = $1 and name = $2)
             and marketplace = case when $4 = '' then 0
                 else (select id from marketplace where tenant_id = $1 and name = $4) end",
            self.tenant.0,
            sku,
            i64::from(from),
            marketplace.unwrap_or_default(),
            currency.code(),
        )?;
        if deleted == 0 {
            return Err(StoreError::Missing("cost"));
        }
        let ids = self.number_texts("sku", &[sku.to_owned()]).await?;
        self.recost_skus(&ids).await
    }

    /// Products that were sold, by SKU and currency, and how many units of each have no known cost.
    pub async fn sold_products(&mut self) -> Result<Vec<SoldProduct>> {
        let rows = fetch_all!(
            (String, String, i64, i64, Option<i64>),
            self.tx,
            // Summed by number first: sorting by name what was not summed yet takes twice as long.
            "select k.name, u.currency, u.units, u.uncosted, u.since
             from (select d.sku, s.currency, cast(sum(d.units) as bigint) as units,
                     cast(sum(d.uncosted) as bigint) as uncosted, min(case when d.uncosted > 0 then d.month end) as since
                   from settlement s cross join product_month d
                   where s.tenant_id = $1 and s.state = 'active' and d.tenant_id = s.tenant_id and d.settlement = s.id
                     and d.sku <> 0 and d.units <> 0
                   group by d.sku, s.currency) u
             join sku k on k.tenant_id = $1 and k.id = u.sku
             order by k.name, u.currency",
            self.tenant.0,
        )?;
        let sold = |(sku, currency, units, uncosted, since): (String, String, i64, i64, Option<i64>)| {
            let currency = Currency::parse(&currency).map_err(|_| StoreError::Corrupt("settlement"))?;
            Ok(SoldProduct { sku, currency, units, uncosted, since: since.map(month).transpose()? })
        };
        rows.into_iter().map(sold).collect()
    }

    /// Units of a product by currency and month, and how many of them have no known cost.
    pub async fn product_units(&mut self, sku: &str) -> Result<Vec<(Currency, Month, i64, i64)>> {
        let rows = fetch_all!(
            (String, i64, i64, i64),
            self.tx,
            "select s.currency, d.month, cast(sum(d.units) as bigint), cast(sum(d.uncosted) as bigint)
             from sku k
             join product_month d on d.tenant_id = k.tenant_id and d.sku = k.id
             join settlement s on s.tenant_id = d.tenant_id and s.id = d.settlement
             where k.tenant_id = $1 and k.name = $2 and s.state = 'active' and d.units <> 0
             group by s.currency, d.month order by s.currency, d.month",
            self.tenant.0,
            sku,
        )?;
        let row = |(currency, at, units, uncosted): (String, i64, i64, i64)| {
            let currency = Currency::parse(&currency).map_err(|_| StoreError::Corrupt("settlement"))?;
            Ok((currency, month(at)?, units, uncosted))
        };
        rows.into_iter().map(row).collect()
    }

    /// Writes the costs of the products that `new` names, as they stand in `all`.
    async fn put_costs(&mut self, all: &CostSheet, new: &CostSheet) -> Result<()> {
        let named: std::collections::BTreeSet<&str> = new.all().map(|cost| cost.sku.as_str()).collect();
        let costs: Vec<&Cost> = all.all().filter(|cost| named.contains(cost.sku.as_str())).collect();
        let skus: Vec<String> = costs.iter().map(|cost| cost.sku.clone()).collect();
        let skus = self.number_texts("sku", &skus).await?;
        let places = self.marketplace_numbers(&costs).await?;
        let mut distinct = skus.clone();
        distinct.sort_unstable();
        distinct.dedup();
        for sku in &distinct {
            exec!(self.tx, "delete from cost where tenant_id = $1 and sku = $2", self.tenant.0, *sku)?;
        }
        let part = |at: usize| Column::Int(costs.iter().map(|cost| cost.parts[at]).collect());
        let columns = [
            ("tenant_id", Column::Int(vec![self.tenant.0; costs.len()])),
            ("sku", Column::Int(skus)),
            ("marketplace", Column::Int(places)),
            ("currency", Column::Text(costs.iter().map(|cost| cost.currency.to_string()).collect())),
            ("from_day", Column::Int(costs.iter().map(|cost| i64::from(cost.from)).collect())),
            ("to_day", Column::Int(costs.iter().map(|cost| cost.to.map_or(OPEN, i64::from)).collect())),
            ("goods", part(0)),
            ("freight", part(1)),
            ("duty", part(2)),
            ("packing", part(3)),
            ("other", part(4)),
        ];
        bulk::insert(self.tx, "cost", &columns).await?;
        self.recost_skus(&distinct).await
    }

    /// Numbers of the marketplaces that costs name, whatever their case; 0 for costs that hold everywhere.
    async fn marketplace_numbers(&mut self, costs: &[&Cost]) -> Result<Vec<i64>> {
        let known = self.marketplaces().await?;
        let spelled = |cost: &&Cost| {
            let name = cost.marketplace.as_deref().unwrap_or_default();
            let known = known.iter().find(|(_, known)| known.to_lowercase() == name.to_lowercase());
            known.map_or(name, |(_, known)| known).to_owned()
        };
        let names: Vec<String> = costs.iter().map(spelled).collect();
        self.number_texts("marketplace", &names).await
    }

    async fn recost_skus(&mut self, skus: &[i64]) -> Result<()> {
        let mut settlements = Vec::new();
        for sku in skus {
            let rows = fetch_all!(
                (i64,),
                self.tx,
                "select distinct settlement from unit_day where tenant_id = $1 and sku = $2",
                self.tenant.0,
                *sku,
            )?;
            settlements.extend(rows.into_iter().map(|(key,)| SettlementKey(key)));
        }
        settlements.sort_unstable();
        settlements.dedup();
        self.recost(&settlements).await?;
        self.recost_stock(skus).await
    }

    /// Recomputes cost of goods of settlements from the costs as they stand.
    pub(crate) async fn recost(&mut self, settlements: &[SettlementKey]) -> Result<()> {
        for key in settlements {
            self.recost_units(*key).await?;
            self.resum_days(*key).await?;
            self.resum_products(*key).await?;
        }
        Ok(())
    }

    /// The cost of the marketplace before the general one; of each the latest that has begun, unless it has ended.
    async fn recost_units(&mut self, key: SettlementKey) -> Result<()> {
        exec!(
            self.tx,
            "update unit_day set cost = coalesce(
                 (select case when c.to_day >= unit_day.day then c.goods + c.freight + c.duty + c.packing + c.other end
                  from cost c
                  where c.tenant_id = unit_day.tenant_id and c.sku = unit_day.sku and c.marketplace = unit_day.marketplace
                    and c.currency = (select currency from settlement where tenant_id = $1 and id = $2)
                    and c.from_day <= unit_day.day
                  order by c.from_day desc limit 1),
                 (select case when c.to_day >= unit_day.day then c.goods + c.freight + c.duty + c.packing + c.other end
                  from cost c
                  where c.tenant_id = unit_day.tenant_id and c.sku = unit_day.sku and c.marketplace = 0
                    and c.currency = (select currency from settlement where tenant_id = $1 and id = $2)
                    and c.from_day <= unit_day.day
                  order by c.from_day desc limit 1))
             where tenant_id = $1 and settlement = $2",
            self.tenant.0,
            key.0,
        )
        .map(drop)
    }

    async fn resum_days(&mut self, key: SettlementKey) -> Result<()> {
        exec!(
            self.tx,
            "delete from sales_day where tenant_id = $1 and settlement = $2",
            self.tenant.0,
            key.0
        )?;
        exec!(
            self.tx,
            "insert into sales_day (tenant_id, settlement, day, marketplace, month, units, refunds, uncosted, cogs)
             select tenant_id, settlement, day, marketplace, month, sum(units), sum(refunds),
                    sum(case when cost is null then units else 0 end), sum(-coalesce(cost, 0) * units)
             from unit_day where tenant_id = $1 and settlement = $2
             group by tenant_id, settlement, day, marketplace, month",
            self.tenant.0,
            key.0,
        )
        .map(drop)
    }

    pub(crate) async fn resum_products(&mut self, key: SettlementKey) -> Result<()> {
        exec!(
            self.tx,
            "update product_month set (units, refunds, uncosted, cogs) = (
                 select cast(coalesce(sum(u.units), 0) as bigint), cast(coalesce(sum(u.refunds), 0) as bigint),
                        cast(coalesce(sum(case when u.cost is null then u.units else 0 end), 0) as bigint),
                        cast(coalesce(sum(-coalesce(u.cost, 0) * u.units), 0) as bigint)
                 from unit_day u
                 where u.tenant_id = product_month.tenant_id and u.settlement = product_month.settlement
                   and u.sku = product_month.sku and u.month = product_month.month
                   and u.marketplace = product_month.marketplace)
             where tenant_id = $1 and settlement = $2",
            self.tenant.0,
            key.0,
        )
        .map(drop)
    }
}

fn month(value: i64) -> Result<Month> {
    i32::try_from(value).map(Month).map_err(|_| StoreError::Corrupt("product_month"))
}

fn cost(row: Row) -> Result<Cost> {
    let (sku, marketplace, currency, from, to, goods, freight, duty, packing, other) = row;
    let day = |value: i64| i32::try_from(value).map_err(|_| StoreError::Corrupt("cost"));
    Ok(Cost {
        sku,
        marketplace: Some(marketplace).filter(|name| !name.is_empty()),
        currency: Currency::parse(&currency).map_err(|_| StoreError::Corrupt("cost"))?,
        from: day(from)?,
        to: (to != OPEN).then(|| day(to)).transpose()?,
        parts: [goods, freight, duty, packing, other],
    })
}
