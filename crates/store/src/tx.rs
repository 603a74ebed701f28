//! Transactions on either engine, and the macros that run one SQL text on both.
//!
//! Platform tables are reached by [`Tx::platform`], tenant tables only by [`Tx::scoped`].

use sqlx::{Postgres, Sqlite};

use crate::{error::Result, ids::TenantId};

/// An open transaction. Dropped without `commit`, it is rolled back.
pub enum Tx {
    /// On SQLite.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Runs a statement on either engine and gives the number of rows it touched.
macro_rules! exec {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::tx::Tx::Sqlite(tx) => sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await
                .map(|done| done.rows_affected()),
            $crate::tx::Tx::Postgres(tx) => sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await
                .map(|done| done.rows_affected()),
        }
        .map_err($crate::error::StoreError::from)
    };
}

/// Fetches all rows as tuples.
macro_rules! fetch_all {
    ($row:ty, $tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::tx::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await,
            $crate::tx::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await,
        }
        .map_err($crate::error::StoreError::from)
    };
}

/// Fetches one row, or none, as a tuple.
macro_rules! fetch_optional {
    ($row:ty, $tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::tx::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await,
            $crate::tx::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await,
        }
        .map_err($crate::error::StoreError::from)
    };
}

/// Fetches exactly one row as a tuple.
macro_rules! fetch_one {
    ($row:ty, $tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::tx::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(&mut **tx).await,
            $crate::tx::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(&mut **tx).await,
        }
        .map_err($crate::error::StoreError::from)
    };
}

pub(crate) use {exec, fetch_all, fetch_one, fetch_optional};

/// The tables that belong to no tenant.
pub struct Platform<'a> {
    pub(crate) tx: &'a mut Tx,
}

/// The tables of one tenant.
pub struct Scoped<'a> {
    pub(crate) tx: &'a mut Tx,
    pub(crate) tenant: TenantId,
}

/// What one transaction at a time may do on PostgreSQL; SQLite has one writer anyway. Each has a number of its own
/// among advisory locks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// Registering: of two first people one is the first.
    Registration,
    /// Sealing with the platform's own keys, or replacing them.
    PlatformKeys,
    /// Changing the books of a business, or its keys.
    Books(TenantId),
    /// Claiming a job of a business.
    Claim(TenantId),
    /// Judging by a counter of attempts, which is named by a hash: no other number is as large by any likelihood.
    Counter(i64),
    /// Changing who is staff, which businesses they may enter, and the platform's own log.
    Staff,
}

impl Turn {
    /// Businesses are numbered from 1.
    fn number(self) -> i64 {
        match self {
            Self::Registration => 0,
            Self::PlatformKeys => -1,
            Self::Books(tenant) => tenant.0,
            Self::Claim(tenant) => -1 - tenant.0,
            Self::Counter(number) => number,
            Self::Staff => i64::MIN,
        }
    }

    /// Waits for the turn, and keeps it until the transaction ends.
    pub(crate) async fn wait(self, tx: &mut Tx) -> Result<()> {
        if let Tx::Postgres(tx) = tx {
            sqlx::query("select pg_advisory_xact_lock($1)").bind(self.number()).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Takes the turn if nobody has it, and keeps it until the transaction ends.
    pub(crate) async fn take(self, tx: &mut Tx) -> Result<bool> {
        match tx {
            Tx::Sqlite(_) => Ok(true),
            Tx::Postgres(tx) => {
                let taken = sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(self.number());
                Ok(taken.fetch_one(&mut **tx).await?)
            }
        }
    }
}

impl Scoped<'_> {
    /// Whose tables these are.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Lets one change of a tenant's books at a time go on, until the transaction ends. SQLite has one writer anyway.
    pub(crate) async fn lock(&mut self) -> Result<()> {
        Turn::Books(self.tenant).wait(self.tx).await
    }

    /// The next id of a tenant's table; only under [`Self::lock`]. `table` is the program's own text.
    pub(crate) async fn next_id(&mut self, table: &str) -> Result<i64> {
        let text = format!("select coalesce(max(id), 0) + 1 from {table} where tenant_id = $1");
        let (id,) = fetch_one!((i64,), self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0)?;
        Ok(id)
    }
}

impl Tx {
    /// The platform's tables.
    pub fn platform(&mut self) -> Platform<'_> {
        Platform { tx: self }
    }

    /// The tables of a tenant: the one door to them. On PostgreSQL row-level security shows no other rows.
    pub async fn scoped(&mut self, tenant: TenantId) -> Result<Scoped<'_>> {
        if let Self::Postgres(tx) = self {
            sqlx::query("select set_config('ecom.tenant', $1, true)")
                .bind(tenant.0.to_string())
                .execute(&mut **tx)
                .await?;
        }
        Ok(Scoped { tx: self, tenant })
    }

    /// Makes the changes last.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes the changes.
    pub async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// The suffix by which a claimed row is locked and others skip it: PostgreSQL only, SQLite has one writer.
    pub(crate) fn skip_locked(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " for update skip locked",
        }
    }
}
