//! All SQL: migrations, transactions, tenant handles, rollups, archive, jobs.
//!
//! One SQL text runs on SQLite and PostgreSQL. A tenant's rows are reached only through [`Scoped`].

mod db;
mod error;
mod ids;
mod job;
mod keys;
mod migrate;
mod person;
mod tx;

pub use db::{Db, WRITER_WAIT};
pub use error::{Result, StoreError};
pub use ids::{FileId, JobId, PersonId, SellerAccountId, SettlementKey, TenantId};
pub use job::{Claim, JobView, LEASE_MICROS, NewJob};
pub use keys::Keys;
pub use migrate::{
    KEY_MIGRATIONS, MIGRATIONS, PLATFORM_TABLES, check_role, check_version, migrate, migrate_keys,
};
pub use person::{
    PersonLogin, Registration, SESSION_IDLE_MICROS, SESSION_MOST_MICROS, Signed, fold_email, taken_field,
};
pub use tx::{Platform, Scoped, Tx};
