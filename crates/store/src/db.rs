//! Opening a database and beginning transactions.
//!
//! SQLite: WAL, one writer, a pool of readers that never wait. PostgreSQL: one pool; the application's role is
//! neither owner nor superuser, so that row-level security holds for it.

use std::{path::PathBuf, str::FromStr, time::Duration};

use sqlx::{
    Postgres, Sqlite,
    pool::PoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    error::{Result, StoreError},
    tx::Tx,
};

/// How long a writer waits for another before it gets `Busy`.
const WRITER_WAIT: Duration = Duration::from_secs(30);
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
        match url.strip_prefix("sqlite:") {
            Some(path) => Self::open_sqlite(path.trim_start_matches("//")).await,
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Self::open_postgres(url).await
            }
            None => Err(StoreError::Setup("a database URL begins with sqlite: or postgres://".to_owned())),
        }
    }

    /// Opens a database that must be there already.
    pub async fn open_existing(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"))
            && !std::path::Path::new(path).exists()
        {
            return Err(StoreError::Missing("database file"));
        }
        Self::open(url).await
    }

    async fn open_sqlite(path: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(&format!("sqlite://{path}"))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .pragma("secure_delete", "on")
            .pragma("temp_store", "memory")
            .busy_timeout(WRITER_WAIT);
        let writer = options.clone().pragma("cache_size", WRITER_CACHE_KIB);
        let write =
            PoolOptions::new().max_connections(1).acquire_timeout(WRITER_WAIT).connect_with(writer).await?;
        let reader = options.pragma("cache_size", READER_CACHE_KIB);
        let read = PoolOptions::new().max_connections(SQLITE_READERS).connect_with(reader).await?;
        Ok(Self::Sqlite { read, write, path: path.into() })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let pool = PoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(WRITER_WAIT)
            .connect(url)
            .await?;
        Ok(Self::Postgres(pool))
    }

    /// A transaction that only reads.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with("begin read only").await?),
        })
    }

    /// A transaction that writes. On SQLite it waits for the writer before it, up to 30 s.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
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
