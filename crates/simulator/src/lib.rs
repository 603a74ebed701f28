//! A made-up seller at Amazon, whose orders, fees and taxes agree with each other, and a mail server that keeps its mail.
//!
//! The wire formats are its own, so that reader and writer cannot share one mistake. The same seed gives the
//! same bytes. All names, orders and amounts are invented.

mod catalogue;
mod chance;
mod demo;
mod settlement;
mod smtp;

pub use catalogue::{Catalogue, Product};
pub use chance::Chance;
pub use demo::{Demo, DemoFile, demo};
pub use settlement::{Extra, Plan, write_v2};
#[cfg(feature = "tls")]
pub use smtp::Certificate;
pub use smtp::{SmtpFault, SmtpSink, SmtpStage, TakenMail};
