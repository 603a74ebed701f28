//! What was read: rows of cells, each with its place.
//!
//! Only cells with something in them are kept, so a far-away cell costs no memory.

use std::fmt;

use crate::error::DocumentError;
use crate::limits::{Limit, Limits};

/// A table as read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What the file was.
    pub format: Format,
    /// Rows that are not blank, in order.
    pub rows: Vec<Row>,
}

/// What a file was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with this character between cells.
    Csv {
        /// Comma, semicolon or tab.
        delimiter: char,
    },
    /// A sheet of a workbook.
    Xlsx {
        /// Its name.
        sheet: String,
    },
}

/// A row that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1: the row of the sheet, or the line of the text on which it begins.
    pub number: u32,
    cells: Vec<Cell>,
}

/// A cell that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// From 0.
    pub column: u32,
    /// As it is read by a person; blanks around it are kept.
    pub text: String,
}

/// Where a cell stands; printed as `C7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub row: u32,
    /// From 0.
    pub column: u32,
}

impl Table {
    /// The rows as plain texts, each with its number; blank cells are empty texts.
    pub fn numbered(&self) -> Vec<(u32, Vec<String>)> {
        let width = |row: &Row| row.cells.last().map_or(0, |cell| cell.column + 1);
        let texts = |row: &Row| (0..width(row)).map(|column| row.text(column).to_owned()).collect();
        self.rows.iter().map(|row| (row.number, texts(row))).collect()
    }
}

impl Row {
    /// The text of a column (from 0) without blanks around it; nothing if the cell is blank.
    pub fn text(&self, column: u32) -> &str {
        let found = self.cells.binary_search_by_key(&column, |cell| cell.column);
        found.map_or("", |index| self.cells[index].text.trim())
    }

    /// The cells that are not blank, from left to right.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The place of a column in this row, for messages.
    pub fn place(&self, column: u32) -> Place {
        Place { row: self.number, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", column_name(self.column), self.row)
    }
}

/// `A` for column 0, `Z` for 25, `AA` for 26.
pub fn column_name(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = u64::from(column) + 1;
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// Collects cells in order, under the limits.
pub(crate) struct Builder<'l> {
    limits: &'l Limits,
    rows: Vec<Row>,
    text_bytes: usize,
}

impl<'l> Builder<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self { limits, rows: Vec::new(), text_bytes: 0 }
    }

    /// Adds a cell to the right of or below the last one. The caller keeps the order.
    pub(crate) fn push(&mut self, at: Place, text: &str) -> Result<(), DocumentError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if self.rows.last().is_none_or(|row| row.number != at.row) {
            self.check(Limit::Rows, self.rows.len() + 1, at)?;
            self.rows.push(Row { number: at.row, cells: Vec::new() });
        }
        self.check(Limit::Columns, usize::try_from(at.column).map_or(usize::MAX, |column| column + 1), at)?;
        // Bytes are never fewer than characters: most cells need no counting.
        if self.limits.check(Limit::CellChars, text.len()).is_err() {
            self.check(Limit::CellChars, text.chars().count(), at)?;
        }
        self.text_bytes += text.len();
        self.check(Limit::TextBytes, self.text_bytes, at)?;
        if let Some(row) = self.rows.last_mut() {
            row.cells.push(Cell { column: at.column, text: text.to_owned() });
        }
        Ok(())
    }

    pub(crate) fn finish(self, format: Format) -> Result<Table, DocumentError> {
        if self.rows.is_empty() {
            return Err(DocumentError::Empty);
        }
        Ok(Table { format, rows: self.rows })
    }

    fn check(&self, limit: Limit, found: usize, at: Place) -> Result<(), DocumentError> {
        self.limits.check(limit, found).map_err(|_| DocumentError::Limit {
            limit,
            allowed: self.limits.of(limit),
            at: Some(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_a_spreadsheet() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(column_name(column), name);
        }
        assert_eq!(column_name(u32::MAX), "MWLQKWV");
        assert_eq!(Place { row: 7, column: 2 }.to_string(), "C7");
    }
}
