//! XLSX: a zip of XML parts. The first visible sheet is read, part by part, as a stream.
//!
//! Read by our own few lines on `zip` and `quick-xml`: sizes a file claims (`uniqueCount`, `dimension`, zip
//! headers) are never used to reserve memory, and no style is copied per cell format.

mod book;
mod number;
mod part;
mod sheet;

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::table::{Builder, Format, Table};

use part::{Budget, Parts};

pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Table, DocumentError> {
    let budget = Budget::new(limits);
    let mut parts = Parts::open(bytes, limits, &budget)?;
    let book = book::read(&mut parts)?;
    let texts = match &book.shared_strings {
        Some(path) => sheet::shared_strings(&mut parts, path)?,
        None => Vec::new(),
    };
    let kinds = match &book.styles {
        Some(path) => book::number_kinds(&mut parts, path)?,
        None => Vec::new(),
    };
    let mut builder = Builder::new(limits);
    let context = sheet::Context { texts: &texts, kinds: &kinds, since_1904: book.since_1904 };
    sheet::read(&mut parts, &book.sheet, &context, &mut builder)?;
    builder.finish(Format::Xlsx { sheet: book.sheet_name })
}

#[cfg(test)]
mod tests;
