//! What somebody must act on: settlements to decide about, labels nobody understands, products without a cost.

use ecom_ledger::day::Month;

use crate::{
    error::Result,
    ids::SkuId,
    settlement::{Row, SELECT, SettlementView, view},
    tx::{Scoped, fetch_all, fetch_one},
};

/// A settlement `s` that waits for a person: a version must be chosen, or the only file of it does not balance.
const WAITS: &str = "s.tenant_id = $1 and s.state in ('undecided', 'quarantined')
      and (s.state = 'undecided' or not exists (
        select 1 from settlement a where a.tenant_id = s.tenant_id and a.seller_account = s.seller_account
          and a.settlement_id = s.settlement_id and a.state = 'active'))";

/// Products without a cost are counted up to here: where nobody gave costs, counting all takes too long.
pub const MOST_COUNTED: i64 = 100;

/// How many things wait for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Duties {
    /// Settlements that do not balance or of which a version must be chosen.
    pub settlements: i64,
    /// Labels in suspense.
    pub labels: i64,
    /// Products that sold units of unknown cost, up to [`MOST_COUNTED`].
    pub products: i64,
}

/// A product that sold units of unknown cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UncostedProduct {
    /// Its number; 0 is none.
    pub sku: SkuId,
    /// Its SKU; empty for units of lines without one.
    pub name: String,
    /// Units of unknown cost.
    pub units: i64,
}

impl Scoped<'_> {
    /// How many things wait for somebody; products count from a month on.
    pub async fn duties(&mut self, from: Month) -> Result<Duties> {
        // The order of a cross join is kept by SQLite, so that the indexes of what is open serve alone.
        let text = format!(
            "select (select count(*) from settlement s where {WAITS}),
                    (select count(distinct d.label) from settlement s cross join label_sum d
                     where s.tenant_id = $1 and s.state = 'active'
                       and d.tenant_id = s.tenant_id and d.settlement = s.id and d.unclassified > 0),
                    (select count(*) from (
                       select distinct d.sku from settlement s cross join product_month d
                       where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $2
                         and d.tenant_id = s.tenant_id and d.settlement = s.id and d.uncosted > 0 and d.month >= $3
                       limit {MOST_COUNTED}) u)"
        );
        let (settlements, labels, products) = fetch_one!(
            (i64, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(from.first_day()),
            i64::from(from.0),
        )?;
        Ok(Duties { settlements, labels, products })
    }

    /// Settlements that wait for a person, the newest first, up to `most`.
    pub async fn waiting_settlements(&mut self, most: i64) -> Result<Vec<SettlementView>> {
        let text = format!("{SELECT} where {WAITS} order by s.end_at desc nulls last, s.id desc limit $2");
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, most)?;
        rows.into_iter().map(view).collect()
    }

    /// Units of unknown cost sold from a month on.
    pub async fn uncosted_units(&mut self, from: Month) -> Result<i64> {
        let (units,) = fetch_one!(
            (Option<i64>,),
            self.tx,
            "select cast(sum(d.uncosted) as bigint) from settlement s cross join sales_day d
             where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $2
               and d.tenant_id = s.tenant_id and d.settlement = s.id and d.month >= $3",
            self.tenant.0,
            i64::from(from.first_day()),
            i64::from(from.0),
        )?;
        Ok(units.unwrap_or(0))
    }

    /// Products that sold units of unknown cost from a month on, those with the most units first, up to `most`. Slow
    /// where nobody gave costs: ask [`Self::duties`] first.
    pub async fn uncosted_products(&mut self, from: Month, most: i64) -> Result<Vec<UncostedProduct>> {
        let rows = fetch_all!(
            (i64, Option<String>, i64),
            self.tx,
            "select u.sku, k.name, u.units
             from (select d.sku, cast(sum(d.uncosted) as bigint) as units
                   from settlement s cross join product_month d
                   where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $2
                     and d.tenant_id = s.tenant_id and d.settlement = s.id and d.uncosted > 0 and d.month >= $3
                   group by d.sku order by 2 desc, d.sku limit $4) u
             left join sku k on k.tenant_id = $1 and k.id = u.sku order by u.units desc, u.sku",
            self.tenant.0,
            i64::from(from.first_day()),
            i64::from(from.0),
            most,
        )?;
        let product = |(sku, name, units): (i64, Option<String>, i64)| UncostedProduct {
            sku: SkuId(sku),
            name: name.unwrap_or_default(),
            units,
        };
        Ok(rows.into_iter().map(product).collect())
    }

    /// When the newest file came that is in the books, microseconds UTC.
    pub async fn last_import(&mut self) -> Result<Option<i64>> {
        let (last,) = fetch_one!(
            (Option<i64>,),
            self.tx,
            "select max(uploaded_at) from file where tenant_id = $1 and state = 'imported'",
            self.tenant.0,
        )?;
        Ok(last)
    }
}
