//! The one way from rollups to statements: movements of accounts and units sold, summed by a key such as the month or
//! the number of a span.

use std::collections::BTreeMap;

use ecom_ledger::{Account, Currency, Error, settlement::Turnover, statement::Statement};

use crate::{
    error::{Result, StoreError},
    figures::Filter,
    tx::{Scoped, fetch_all},
};

/// Statements by key and currency.
pub(crate) type Statements = BTreeMap<(i64, Currency), Statement>;

/// Which rows of a rollup `d` of settlements `s` count, and what they are summed by. Numbers only.
pub(crate) struct Cut {
    /// `with p (…) as (…)`, where rows are cut into spans; else empty.
    pub(crate) spans: String,
    /// An expression on `d` and `p`.
    pub(crate) key: &'static str,
    /// The rollup.
    pub(crate) table: &'static str,
    /// Conditions on `s`, `d` and `p`.
    pub(crate) within: String,
}

type AccountRow = (String, i64, i64, i64, i64, i64, i64);
type SalesRow = (String, i64, i64, i64, i64, i64);

impl Cut {
    fn query(&self, filter: &Filter, sums: &str, also_by: &str) -> String {
        let Self { spans, key, table, within } = self;
        // The order of a cross join is kept by SQLite: spans, then settlements, then their rows.
        let p = if spans.is_empty() { "" } else { "p cross join" };
        format!(
            "{spans} select s.currency, cast({key} as bigint) as k, {sums}
             from {p} settlement s cross join {table} d
             where s.tenant_id = $1 and d.tenant_id = s.tenant_id and d.settlement = s.id and {within} {}
             group by s.currency, k{also_by}",
            filter.active()
        )
    }
}

impl Scoped<'_> {
    /// Adds the movements of accounts.
    pub(crate) async fn add_movements(
        &mut self,
        filter: &Filter,
        cut: &Cut,
        found: &mut Statements,
    ) -> Result<()> {
        let sums = "d.account, cast(sum(d.credit) as bigint), cast(sum(d.debit) as bigint),
                    cast(sum(d.estimated) as bigint), cast(sum(d.lines) as bigint)";
        let text = cut.query(filter, sums, ", d.account");
        let rows = fetch_all!(AccountRow, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0)?;
        for (currency, key, account, credit, debit, estimated, lines) in rows {
            let account = Account::from_code(account).ok_or(StoreError::Corrupt(cut.table))?;
            entry(found, &currency, key)?.add(account, &Turnover { credit, debit, estimated, lines })?;
        }
        Ok(())
    }

    /// Adds units sold, their cost, and refunds.
    pub(crate) async fn add_sales(
        &mut self,
        filter: &Filter,
        cut: &Cut,
        found: &mut Statements,
    ) -> Result<()> {
        let sums =
            "cast(sum(d.units) as bigint), cast(sum(d.refunds) as bigint), cast(sum(d.uncosted) as bigint),
                    cast(sum(d.cogs) as bigint)";
        let text = cut.query(filter, sums, "");
        let rows = fetch_all!(SalesRow, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0)?;
        for (currency, key, units, refunds, uncosted, cogs) in rows {
            let statement = entry(found, &currency, key)?;
            statement.add_units(units, cogs, uncosted)?;
            let known = statement.refunds.unwrap_or(0);
            statement.refunds = Some(known.checked_add(refunds).ok_or(Error::Overflow)?);
        }
        Ok(())
    }
}

/// The statement of a key and currency, begun where there is none.
pub(crate) fn entry<'s>(found: &'s mut Statements, currency: &str, key: i64) -> Result<&'s mut Statement> {
    let currency = Currency::parse(currency).map_err(|_| StoreError::Corrupt("settlement"))?;
    Ok(found.entry((key, currency)).or_insert_with(|| Statement::new(currency)))
}
