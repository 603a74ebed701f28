//! Sales that fall on other days in UTC, as Amazon's files print their instants, than in the seller's zone.
//!
//! Rollups are by day, so the lines around the first and the last day are read; only where there are few.

use std::collections::BTreeMap;

use ecom_ledger::{Currency, Group};

use crate::{
    error::{Result, StoreError},
    figures::{Filter, account_codes},
    tx::{Scoped, fetch_all, fetch_one},
};

/// Most lines that are read for it.
const MOST_READ: i64 = 50_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Net sales that change sides where days are cut in UTC. Minor units.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Shift {
    /// Of lines that UTC puts into the days and the seller's zone does not.
    pub gained: i64,
    /// Of lines that the seller's zone puts into the days and UTC does not.
    pub lost: i64,
}

impl Scoped<'_> {
    /// What net sales of some days gain and lose where days are cut in UTC, by currency; none where too many lines
    /// would have to be read.
    pub async fn shifted_sales(&mut self, filter: &Filter) -> Result<Option<BTreeMap<Currency, Shift>>> {
        let (from, to) = (i64::from(filter.from), i64::from(filter.to));
        let around = format!("{}, {from}, {to}, {}", from.saturating_sub(1), to.saturating_add(1));
        let touched = format!(
            "s.tenant_id = $1 {} and (s.first_day <= {from} and s.last_day >= {from} - 1
                 or s.first_day <= {to} + 1 and s.last_day >= {to})",
            filter.active()
        );
        let accounts = account_codes(Group::NetSales);
        let text = format!(
            "select cast(coalesce(sum(d.lines), 0) as bigint) from settlement s
             join statement_month d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where {touched} and d.account in ({accounts})"
        );
        let (lines,) = fetch_one!((i64,), self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0)?;
        if lines > MOST_READ {
            return Ok(None);
        }
        let (start, end) = (from.saturating_mul(MICROS_PER_DAY), (to + 1).saturating_mul(MICROS_PER_DAY));
        let ours = format!("d.day between {from} and {to}");
        let printed = format!("d.posted_at >= {start} and d.posted_at < {end}");
        let text = format!(
            "select s.currency,
                    cast(sum(case when {printed} and not ({ours}) then d.amount else 0 end) as bigint),
                    cast(sum(case when {ours} and not ({printed}) then d.amount else 0 end) as bigint)
             from settlement s join line d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where {touched} and d.account in ({accounts}) and d.day in ({around}) group by s.currency"
        );
        let rows =
            fetch_all!((String, i64, i64), self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0)?;
        let shift = |(currency, gained, lost): (String, i64, i64)| {
            let currency = Currency::parse(&currency).map_err(|_| StoreError::Corrupt("settlement"))?;
            Ok((currency, Shift { gained, lost }))
        };
        rows.into_iter().map(shift).collect::<Result<_>>().map(Some)
    }
}
