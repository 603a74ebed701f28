//! Indian tax facts: GSTIN, PAN, States, financial year, dated rates, rupee formats, amounts in words.
//!
//! Values in, values out: no clock, no files, no floating point. Whatever changes with time (rates, codes) is a
//! table with dates; a caller passes the day it asks about. Each rule names the law it comes from.
//! It is a summary for bookkeeping, not legal advice.

#![deny(clippy::float_arithmetic)]

mod gstin;
mod invoice;
mod pan;
pub mod rates;
mod rupees;
mod state;
mod words;
mod year;

pub use gstin::{Gstin, GstinError, GstinKind};
pub use invoice::{InvoiceNumber, InvoiceNumberError, TaxHeads};
pub use pan::{Holder, Pan, PanError};
pub use rates::{Rate, RateMissing};
pub use rupees::{decimal, lakh_crore, rupees, rupees_short, rupees_whole};
pub use state::{SecondTax, State, StateError};
pub use words::rupees_in_words;
pub use year::{FinancialYear, FinancialYearError, Quarter};
