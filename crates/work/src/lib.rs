//! Work that must happen: the worker that runs jobs, importing, posting anew, mail, the clock.
//!
//! A job is a row; the worker claims it under a lease, runs its handler, and writes what came of it. A killed process
//! loses nothing: the lease runs out and the job is run again. Handlers are idempotent.

mod bell;
mod clock;
pub mod consent;
mod hourly;
mod import;
mod key;
mod live;
pub mod mail;
mod notice;
mod repost;
pub mod staff;
mod sweep;
mod task;
mod tax_setting;
mod worker;

pub use bell::Bell;
pub use clock::{Clock, SystemClock, micros};
pub use live::Live;
pub use notice::{Ending, News};
pub use task::spawn;
pub use worker::{Stop, Worker};
