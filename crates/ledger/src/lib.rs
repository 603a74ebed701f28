//! Money, readers of Amazon's files, taxonomy, accounts, profit statement, costs, checks.
//!
//! Values in, values out: no SQL, no HTTP, no clock. The sum of all accounts over the lines of a settlement is
//! the settlement's total, exactly, in integers; what is not understood stands in `suspense:unclassified`.
#![deny(clippy::float_arithmetic)]

pub mod account;
pub mod books;
pub mod chain;
pub mod close;
pub mod cost;
pub mod day;
mod error;
pub mod expense;
pub mod journal;
pub mod money;
pub mod roll;
pub mod settlement;
pub mod standing;
pub mod statement;
pub mod stock;
pub mod tax_setting;
pub mod taxonomy;
pub mod trial;
pub mod unpack;

pub use account::{Account, Class, Group};
pub use error::{Error, Refusal};
pub use money::{Currency, Minor};
