//! Opening a database and beginning transactions.
//!
//! SQLite: WAL, one writer, a pool of readers that never wait. PostgreSQL: one pool; the application's role is
//! neither owner nor superuser, so that row-level security holds for it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Postgres, Sqlite,
    pool::PoolOptions,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    error::{Result, StoreError},
    tx::Tx,
};

/// How long a writer waits for another before it gets `Busy`, unless told otherwise.
pub const WRITER_WAIT: Duration = Duration::from_secs(30);
/// Readers of one SQLite database at the same time.
const SQLITE_READERS: u32 = 8;
/// Connections to PostgreSQL of one process.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Page cache of the writer in KiB (negative by SQLite's convention): holds an import's index pages.
const WRITER_CACHE_KIB: &str = "-131072";
/// Page cache of each reader in KiB.
const READER_CACHE_KIB: &str = "-16384";

/// A database of either engine.
#[derive(Clone)]
pub enum Db {
    /// SQLite.
    Sqlite {
        /// Readers.
        read: sqlx::Pool<Sqlite>,
        /// The one writer.
        write: sqlx::Pool<Sqlite>,
        /// Where the database file is.
        path: PathBuf,
    },
    /// PostgreSQL.
    Postgres(sqlx::Pool<Postgres>),
}

impl Db {
    /// Opens `sqlite:PATH` (made if missing) or `postgres://…`. Migrations are a step of their own.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_waiting(url, WRITER_WAIT).await
    }

    /// Opens a database whose writers wait for each other as long as `wait`, then get `Busy`.
    pub async fn open_waiting(url: &str, wait: Duration) -> Result<Self> {
        match sqlite_path(url) {
            Some(path) => Self::open_sqlite(path, wait).await,
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Self::open_postgres(url, wait).await
            }
            None => Err(StoreError::Setup("a database URL begins with sqlite: or postgres://".to_owned())),
        }
    }

    /// Opens a database that must be there already.
    pub async fn open_existing(url: &str) -> Result<Self> {
        match sqlite_path(url) {
            Some(path) if !path.exists() => Err(StoreError::Missing("database file")),
            _ => Self::open(url).await,
        }
    }

    async fn open_sqlite(path: &Path, wait: Duration) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "on")
            .pragma("temp_store", "memory")
            .busy_timeout(wait);
        let writer = options.clone().pragma("cache_size", WRITER_CACHE_KIB);
        let write = PoolOptions::new().max_connections(1).acquire_timeout(wait).connect_with(writer).await?;
        let reader = options.pragma("cache_size", READER_CACHE_KIB).pragma("query_only", "on");
        // A file does not hang up, so readers need not ask each time whether it still answers.
        let read = PoolOptions::new()
            .test_before_acquire(false)
            .max_connections(SQLITE_READERS)
            .acquire_timeout(wait)
            .connect_with(reader)
            .await?;
        Ok(Self::Sqlite { read, write, path: path.to_owned() })
    }

    async fn open_postgres(url: &str, wait: Duration) -> Result<Self> {
        // Without it a writer would wait for another's row for ever.
        let lock_timeout = format!("{}ms", wait.as_millis());
        let options = url.parse::<PgConnectOptions>()?.options([("lock_timeout", lock_timeout)]);
        let pool = PoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(wait)
            .connect_with(options)
            .await?;
        Ok(Self::Postgres(pool))
    }

    /// A transaction that only reads: what it sees is one moment, from its first statement on.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(begun(pool, "begin isolation level repeatable read, read only").await?)
            }
        })
    }

    /// A transaction that writes. On SQLite it waits for the writer before it.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Tx::Postgres(begun(pool, "begin").await?),
        })
    }

    /// Writes a copy of a SQLite database as it is at one moment; writers of other processes go on meanwhile.
    /// The file must not exist.
    pub async fn copy_to(&self, file: &Path) -> Result<()> {
        let Self::Sqlite { write, .. } = self else {
            return Err(StoreError::Setup("PostgreSQL is copied with its own pg_dump".to_owned()));
        };
        let name = file.to_str().ok_or_else(|| StoreError::Setup("a path must be UTF-8".to_owned()))?;
        sqlx::query("vacuum into $1").bind(name).execute(write).await?;
        Ok(())
    }

    /// What SQLite finds wrong with its own file and with links between rows; nothing if all is well.
    pub async fn faults(&self) -> Result<Vec<String>> {
        let Self::Sqlite { read, .. } = self else { return Ok(Vec::new()) };
        let found: Vec<String> =
            sqlx::query_scalar("select integrity_check from pragma_integrity_check limit 20")
                .fetch_all(read)
                .await?;
        let links: Vec<String> =
            sqlx::query_scalar("select distinct \"table\" from pragma_foreign_key_check limit 20")
                .fetch_all(read)
                .await?;
        let links = links.into_iter().map(|table| format!("{table}: a row points to one that is not there"));
        Ok(found.into_iter().filter(|words| words != "ok").chain(links).collect())
    }

    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Begins on PostgreSQL in a task of its own, so that it is begun to its end whoever waits for it. sqlx rolls back only
/// what it knows to have begun: a caller that is gone in between, a visitor who closed the page say, would leave the
/// connection inside of a transaction, and the next writer on it in one that only reads.
#[allow(clippy::disallowed_methods, reason = "it is waited for, and panics are handed on as an error")]
async fn begun(
    pool: &sqlx::Pool<Postgres>,
    statement: &'static str,
) -> Result<sqlx::Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    Ok(begun.await.map_err(std::io::Error::other)??)
}

/// The file of an SQLite URL: `sqlite:PATH` or `sqlite://PATH`, taken as it stands, whatever characters it has.
fn sqlite_path(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
}
