//! Settlement files: detection, readers, and what they yield.
//!
//! `read` makes one streaming pass and gives a [`Report`]; `replay` reads the same file again and hands every
//! line to a [`Sink`] with the ids of that report. Memory grows with distinct SKUs, labels and days.

mod amount;
mod blocks;
mod columns;
mod instant;
mod line;
mod merge;
mod names;
mod number;
mod report;
mod scan;
mod tally;
mod v2;

use std::io::Read;

use crate::Refusal;

pub use blocks::MOST_FILE_BYTES;
pub use line::{GstMode, Line, Posting, Sink, Units};
pub use names::Names;
pub use number::amount_of_text;
pub use report::{Format, Memo, Problem, Report, Settlement};
pub use scan::{Head, Options};
pub use tally::{Accounts, DayKey, LabelSum, NO_ACCOUNTS, ProductKey, ProductSums, Tally, Turnover, UnitKey};

/// Reads a settlement file of any supported kind, decompressed. `progress` is told the bytes read so far.
pub fn read<R: Read + Send>(
    reader: R,
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Refusal> {
    v2::read(reader, options, progress)
}

/// Reads a file again that gave `report`, handing every line to `sink` in order.
pub fn replay<R: Read, S: Sink>(
    reader: R,
    report: &Report,
    options: &Options,
    sink: S,
) -> Result<S, Refusal> {
    v2::replay(reader, report, options, sink)
}
