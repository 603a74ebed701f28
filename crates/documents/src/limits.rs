//! Named limits for files from outside.

use std::fmt;

use crate::error::DocumentError;

/// How much of a file is read. The defaults suit cost and expense sheets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as uploaded: 25 MiB.
    pub file_bytes: u64,
    /// Bytes of all parts of an XLSX file together once inflated: 256 MiB.
    pub inflated_bytes: u64,
    /// Parts in an XLSX file: 2,000.
    pub parts: u64,
    /// Rows that are not blank: 200,000.
    pub rows: u64,
    /// Columns, counted to the last one that is not blank: 256.
    pub columns: u64,
    /// Characters of one cell: 32,767, as many as a spreadsheet holds.
    pub cell_chars: u64,
    /// Bytes of all cells together: 256 MiB. An XLSX file may use one long text in many cells.
    pub text_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 25 << 20,
            inflated_bytes: 256 << 20,
            parts: 2_000,
            rows: 200_000,
            columns: 256,
            cell_chars: 32_767,
            text_bytes: 256 << 20,
        }
    }
}

/// Which limit a file passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// `Limits::file_bytes`
    FileBytes,
    /// `Limits::inflated_bytes`
    InflatedBytes,
    /// `Limits::parts`
    Parts,
    /// `Limits::rows`
    Rows,
    /// `Limits::columns`
    Columns,
    /// `Limits::cell_chars`
    CellChars,
    /// `Limits::text_bytes`
    TextBytes,
}

impl Limits {
    /// The value of a limit.
    pub fn of(&self, limit: Limit) -> u64 {
        match limit {
            Limit::FileBytes => self.file_bytes,
            Limit::InflatedBytes => self.inflated_bytes,
            Limit::Parts => self.parts,
            Limit::Rows => self.rows,
            Limit::Columns => self.columns,
            Limit::CellChars => self.cell_chars,
            Limit::TextBytes => self.text_bytes,
        }
    }

    pub(crate) fn check(&self, limit: Limit, found: usize) -> Result<(), DocumentError> {
        if u64::try_from(found).is_ok_and(|found| found <= self.of(limit)) {
            return Ok(());
        }
        Err(self.passed(limit))
    }

    pub(crate) fn passed(&self, limit: Limit) -> DocumentError {
        DocumentError::Limit { limit, allowed: self.of(limit), at: None }
    }
}

impl fmt::Display for Limit {
    /// What there is too much of, to follow "more than 25".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FileBytes => "bytes in the file",
            Self::InflatedBytes => "bytes in the unpacked file",
            Self::Parts => "parts in the XLSX file",
            Self::Rows => "rows",
            Self::Columns => "columns",
            Self::CellChars => "characters in one cell",
            Self::TextBytes => "bytes of text in all cells",
        })
    }
}
