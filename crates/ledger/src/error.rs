//! Errors of the ledger, written for the person who can act.

use std::fmt;

/// A value that cannot be used, or arithmetic that would overflow.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// A sum beyond 64 bits.
    #[error("a sum is too large: it does not fit 64 bits of minor units")]
    Overflow,
    /// A value that is not what it should be.
    #[error("{0}")]
    Value(String),
}

/// Why a file is refused as a whole, where, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Line of the file, from 1, if one line is at fault.
    pub line: Option<u64>,
    /// Name of the column, if one is at fault.
    pub column: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What the person can do.
    pub remedy: &'static str,
}

impl Refusal {
    /// A refusal of the file as a whole.
    pub fn whole(message: impl Into<String>, remedy: &'static str) -> Self {
        Self { line: None, column: None, message: message.into(), remedy }
    }

    /// A refusal because of one line.
    pub fn at(line: u64, column: &str, message: impl Into<String>, remedy: &'static str) -> Self {
        let column = (!column.is_empty()).then(|| column.to_owned());
        Self { line: Some(line), column, message: message.into(), remedy }
    }

    /// What is wrong and what to do, without the line, for where that stands beside it.
    pub fn unplaced(&self) -> String {
        let column = self.column.as_ref().map(|column| format!("column {column}: ")).unwrap_or_default();
        format!("{column}{}. {}", self.message, self.remedy)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}{}", if self.column.is_some() { ", " } else { ": " })?;
        }
        f.write_str(&self.unplaced())
    }
}

impl std::error::Error for Refusal {}
