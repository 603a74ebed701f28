//! The list of settlements page by page, and what one of them carries over.

use ecom_ledger::chain::Carried;

use crate::{
    error::{Result, StoreError},
    figures::Filter,
    ids::SettlementKey,
    settlement::{Row, SELECT, SettlementState, SettlementView, view},
    tx::{Scoped, fetch_all, fetch_optional},
};

/// Settlements of one page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettlementPage {
    /// The settlements, newest period first.
    pub rows: Vec<SettlementView>,
    /// Which page they are, from 1: the last one if a later was asked for.
    pub page: i64,
    /// How many pages there are, at least 1.
    pub pages: i64,
    /// How many settlements of the filter are in each state; states without any are left out.
    pub states: Vec<(SettlementState, i64)>,
}

impl Scoped<'_> {
    /// A page of settlements whose lines touch the filter's days, of one state or all.
    pub async fn settlement_page(
        &mut self,
        filter: &Filter,
        state: Option<SettlementState>,
        page: i64,
        size: i64,
    ) -> Result<SettlementPage> {
        let size = size.max(1);
        let states = self.settlement_states(filter).await?;
        let wanted = states.iter().filter(|(one, _)| state.is_none_or(|state| state == *one));
        let total: i64 = wanted.map(|(_, count)| count).sum();
        let pages = ((total + size - 1) / size).max(1);
        let page = page.clamp(1, pages);
        let text = format!(
            "{SELECT} where s.tenant_id = $1 and coalesce(s.last_day, $2) >= $2 and coalesce(s.first_day, $3) <= $3
               and ($4 = '' or s.state = $4) {}
             order by s.end_at desc nulls last, s.id desc limit $5 offset $6",
            filter.narrow("s")
        );
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from),
            i64::from(filter.to),
            state.map_or("", SettlementState::name),
            size,
            (page - 1) * size,
        )?;
        let rows = rows.into_iter().map(view).collect::<Result<_>>()?;
        Ok(SettlementPage { rows, page, pages, states })
    }

    async fn settlement_states(&mut self, filter: &Filter) -> Result<Vec<(SettlementState, i64)>> {
        let text = format!(
            "select s.state, count(*) from settlement s
             where s.tenant_id = $1 and coalesce(s.last_day, $2) >= $2 and coalesce(s.first_day, $3) <= $3 {}
             group by s.state order by s.state",
            filter.narrow("s")
        );
        let rows = fetch_all!(
            (String, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from),
            i64::from(filter.to),
        )?;
        let state = |name: &str| SettlementState::from_name(name).ok_or(StoreError::Corrupt("settlement"));
        rows.into_iter().map(|(name, count)| Ok((state(&name)?, count))).collect()
    }

    /// What a settlement releases, holds back and carries over. Missing: `StoreError::Missing`.
    pub async fn carried(&mut self, key: SettlementKey) -> Result<Carried> {
        let row = fetch_optional!(
            (i64, i64, i64),
            self.tx,
            "select previous_reserve, current_reserve, payable from settlement where tenant_id = $1 and id = $2",
            self.tenant.0,
            key.0,
        )?;
        let (previous_reserve, current_reserve, payable) = row.ok_or(StoreError::Missing("settlement"))?;
        Ok(Carried { previous_reserve, current_reserve, payable })
    }
}
