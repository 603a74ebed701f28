//! What can go wrong in the store.

/// An error of the store. Messages name tables, never values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer held the database too long.
    #[error("the database is busy; try again in a moment")]
    Busy,
    /// A change touched another number of rows than it must.
    #[error("{table}: {found} rows changed instead of {expected}")]
    Rows {
        /// The table.
        table: &'static str,
        /// How many should have changed.
        expected: u64,
        /// How many did.
        found: u64,
    },
    /// The object is not there, or is another tenant's.
    #[error("{0} not found")]
    Missing(&'static str),
    /// A rule of the domain forbids it.
    #[error("{0}")]
    Conflict(String),
    /// The database's schema is newer than this program.
    #[error("the database has schema version {found}, this program knows {known}; start the newer program")]
    NewerSchema {
        /// Version in the database.
        found: i64,
        /// Newest version known.
        known: i64,
    },
    /// The database is not set up as it must be.
    #[error("{0}")]
    Setup(String),
    /// A stored value is not what the program wrote.
    #[error("{0} holds a value that this program did not write")]
    Corrupt(&'static str),
    /// Keys: a wrong root key, or a value that does not open.
    #[error(transparent)]
    Vault(#[from] ecom_vault::VaultError),
    /// Reading or writing files.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    /// The archive of files.
    #[error("archive: {0}")]
    Object(#[from] object_store::Error),
    /// A sum that does not fit.
    #[error(transparent)]
    Ledger(#[from] ecom_ledger::Error),
    /// Anything else the driver says.
    #[error("database: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let busy = match &error {
            sqlx::Error::PoolTimedOut => true,
            sqlx::Error::Database(database) => {
                // SQLITE_BUSY and its kin; PostgreSQL's lock_timeout and deadlock.
                matches!(database.code().as_deref(), Some("5" | "261" | "517" | "55P03" | "40P01"))
            }
            _ => false,
        };
        if busy { Self::Busy } else { Self::Database(error) }
    }
}

impl StoreError {
    /// Name of the violated constraint or column list, if a uniqueness was violated.
    pub fn unique_violation(&self) -> Option<String> {
        match self {
            Self::Database(sqlx::Error::Database(database)) if database.is_unique_violation() => {
                Some(database.constraint().map_or_else(|| database.message().to_owned(), ToOwned::to_owned))
            }
            _ => None,
        }
    }
}

/// Result of a store function.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Refuses a change that touched another number of rows than one.
pub(crate) fn expect_one(table: &'static str, found: u64) -> Result<()> {
    if found == 1 { Ok(()) } else { Err(StoreError::Rows { table, expected: 1, found }) }
}
