//! Settlement files: detection, readers, and what they yield.
//!
//! `read` finds out the kind of file, makes one streaming pass and gives a [`Report`]; `replay` reads the same
//! file again and hands every line to a [`Sink`] with the ids of that report. Memory grows with distinct SKUs,
//! labels and days.

mod amount;
mod blocks;
mod columns;
mod crosscheck;
mod date_range;
mod detect;
mod flat;
mod instant;
mod line;
mod marks;
mod merge;
mod names;
mod number;
mod report;
mod rows;
mod scan;
mod tally;
mod v1;
mod v2;
mod xml;

use std::io::Read;

use crate::Refusal;

pub use blocks::MOST_FILE_BYTES;
pub use crosscheck::{remainder, remainder_of};
pub use line::{GstMode, Line, ModeSpan, Posting, Sink, Units};
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
    let detect::Detected { format, head, reader } = detect::detect(reader)?;
    match format {
        Format::V2 => flat::read::<v2::V2, _>(reader, options, progress),
        Format::V1 => flat::read::<v1::V1, _>(reader, options, progress),
        Format::Xml => xml::read(reader, &head, options, progress),
        Format::DateRange => date_range::read(reader, &head, options, progress),
    }
}

/// Reads a file again that gave `report`, handing every line to `sink` in order.
pub fn replay<R: Read, S: Sink>(
    reader: R,
    report: &Report,
    options: &Options,
    sink: S,
) -> Result<S, Refusal> {
    let detect::Detected { format, head, reader } = detect::detect(reader)?;
    match format {
        Format::V2 => flat::replay::<v2::V2, _, _>(reader, report, options, sink),
        Format::V1 => flat::replay::<v1::V1, _, _>(reader, report, options, sink),
        Format::Xml => xml::replay(reader, &head, report, options, sink),
        Format::DateRange => date_range::replay(reader, &head, report, options, sink),
    }
}
