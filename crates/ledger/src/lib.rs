//! Money, readers of Amazon's files, taxonomy, accounts, profit statement, costs, checks.
//!
//! Values in, values out: no SQL, no HTTP, no clock. The sum of all accounts over the lines of a settlement is
//! the settlement's total, exactly, in integers; what is not understood stands in `suspense:unclassified`.
#![deny(clippy::float_arithmetic)]

pub mod account;
pub mod books;
pub mod chain;
pub mod cost;
pub mod day;
mod error;
pub mod journal;
pub mod money;
pub mod settlement;
pub mod statement;
pub mod taxonomy;

pub use account::{Account, Class, Group};
pub use error::{Error, Refusal};
pub use money::{Currency, Minor};
