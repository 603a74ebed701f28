//! Why a document cannot be read or written, said to the person who made it.

use crate::limits::Limit;
use crate::table::Place;

/// Why a document cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Nothing but blanks.
    #[error("the file is empty")]
    Empty,
    /// One of the named limits is passed.
    #[error("{}more than {allowed} {limit}; split the file", place(*at))]
    Limit {
        /// Which.
        limit: Limit,
        /// How many are allowed.
        allowed: u64,
        /// Where, if it is a place in the table.
        at: Option<Place>,
    },
    /// The old XLS, or a password.
    #[error("this is an old XLS file or has a password; save it as XLSX without a password, or as CSV")]
    Compound,
    /// Packed.
    #[error("this is a gz file; unpack it first")]
    Gzip,
    /// A zip that holds no workbook.
    #[error("this is a zip file but no XLSX workbook; unpack it first")]
    NotXlsx,
    /// No sheet that can be seen.
    #[error("the workbook has no visible sheet with cells")]
    NoSheet,
    /// Neither text nor anything known.
    #[error("line {line} holds a NUL byte: this is no CSV file")]
    Binary {
        /// Counted from 1.
        line: u64,
    },
    /// A quotation mark is opened and never closed; all that follows would be one cell.
    #[error("line {line}: a quotation mark opens a cell and is never closed")]
    Quote {
        /// Where the row begins, counted from 1.
        line: u64,
    },
    /// An XLSX file contradicts itself or is cut off.
    #[error(
        "the XLSX file is damaged in {part}: {reason}; open it in a spreadsheet program and save it again"
    )]
    Damaged {
        /// The part inside the file.
        part: String,
        /// What is wrong.
        reason: String,
    },
    /// A cell contradicts itself.
    #[error("cell {at}: {reason}")]
    Cell {
        /// Which.
        at: Place,
        /// What is wrong.
        reason: String,
    },
    /// A sheet cannot be written.
    #[error("sheet `{sheet}` cannot be written: {reason}")]
    Write {
        /// Its name.
        sheet: String,
        /// What is wrong.
        reason: String,
    },
}

fn place(at: Option<Place>) -> String {
    at.map_or_else(String::new, |at| format!("cell {at}: "))
}
