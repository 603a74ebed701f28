//! A made-up seller at Amazon: settlement files whose orders, fees and taxes agree with each other.
//!
//! The wire formats are its own, so that reader and writer cannot share one mistake. The same seed gives the
//! same bytes. All names, orders and amounts are invented.

mod catalogue;
mod chance;
mod demo;
mod settlement;

pub use catalogue::{Catalogue, Product};
pub use demo::{Demo, DemoFile, demo};
pub use settlement::{Extra, Plan, write_v2};
