//! Closed months: the statement as it was frozen, who closed it, and who opened it again and why.

use ecom_ledger::{Currency, close::Close, day::Month};

use crate::{
    error::{Result, StoreError},
    ids::PersonId,
    tx::{Scoped, exec, fetch_all, fetch_optional},
};

/// A month that was closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthClose {
    /// The month.
    pub month: Month,
    /// What was frozen.
    pub close: Close,
    /// Name of who closed it.
    pub closed_by: String,
    /// When, by whom and why it was opened again, if it was.
    pub reopened: Option<Reopening>,
}

/// That a closed month was opened again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reopening {
    /// When, in microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// Name of who did.
    pub by: String,
    /// Why.
    pub reason: String,
}

type Row = (i64, Option<String>, String, Option<i64>, Option<String>, Option<String>);

const COLUMNS: &str = "select m.month, p.name, m.statement, m.reopened_at, r.name, m.reason
     from month_close m left join person p on p.id = m.closed_by left join person r on r.id = m.reopened_by
     where m.tenant_id = $1";

impl Scoped<'_> {
    /// Keeps a frozen month. One that is closed already is a conflict.
    pub async fn put_close(&mut self, month: Month, close: &Close, by: PersonId) -> Result<()> {
        self.lock().await?;
        let currency = close.statement.currency;
        if self.close(month, currency).await?.is_some() {
            return Err(StoreError::Conflict(format!("{month} is closed already")));
        }
        let id = self.next_id("month_close").await?;
        exec!(
            self.tx,
            "insert into month_close (tenant_id, id, month, currency, closed_at, closed_by, statement)
             values ($1, $2, $3, $4, $5, $6, $7)",
            self.tenant.0,
            id,
            i64::from(month.0),
            currency.code(),
            close.at.as_microsecond(),
            by.0,
            close.to_json()?,
        )
        .map(drop)
    }

    /// Opens a closed month again; what was frozen stays on record with the reason.
    pub async fn reopen(
        &mut self,
        month: Month,
        currency: Currency,
        by: PersonId,
        reason: &str,
        now: i64,
    ) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update month_close set reopened_at = $4, reopened_by = $5, reason = $6
             where tenant_id = $1 and month = $2 and currency = $3 and reopened_at is null",
            self.tenant.0,
            i64::from(month.0),
            currency.code(),
            now,
            by.0,
            reason,
        )?;
        if changed == 0 { Err(StoreError::Missing("closed month")) } else { Ok(()) }
    }

    /// The close of a month that stands.
    pub async fn close(&mut self, month: Month, currency: Currency) -> Result<Option<MonthClose>> {
        let text = format!("{COLUMNS} and m.month = $2 and m.currency = $3 and m.reopened_at is null");
        let row = fetch_optional!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(month.0),
            currency.code(),
        )?;
        row.map(view).transpose()
    }

    /// Months that are closed, with their currencies.
    pub async fn closed_months(&mut self) -> Result<Vec<(Month, Currency)>> {
        let rows = fetch_all!(
            (i64, String),
            self.tx,
            "select month, currency from month_close where tenant_id = $1 and reopened_at is null
             order by month, currency",
            self.tenant.0,
        )?;
        let corrupt = || StoreError::Corrupt("month_close");
        let closed = |(month, currency): (i64, String)| {
            let month = i32::try_from(month).map_err(|_| corrupt())?;
            Ok((Month(month), Currency::parse(&currency).map_err(|_| corrupt())?))
        };
        rows.into_iter().map(closed).collect()
    }

    /// All closes, those opened again too, the latest month first.
    pub async fn closes(&mut self) -> Result<Vec<MonthClose>> {
        let text = format!("{COLUMNS} order by m.month desc, m.id desc");
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0)?;
        rows.into_iter().map(view).collect()
    }
}

fn view((month, closed_by, statement, reopened_at, reopened_by, reason): Row) -> Result<MonthClose> {
    let month = i32::try_from(month).map_err(|_| StoreError::Corrupt("month_close"))?;
    Ok(MonthClose {
        month: Month(month),
        close: Close::from_json(&statement).map_err(|_| StoreError::Corrupt("month_close"))?,
        closed_by: closed_by.unwrap_or_default(),
        reopened: reopened_at.map(|at| Reopening {
            at,
            by: reopened_by.unwrap_or_default(),
            reason: reason.unwrap_or_default(),
        }),
    })
}
