//! CSV and XLSX, in and out, and Tally's import XML, out. No SQL, no HTTP, no clock.
//!
//! In: `read_table` takes bytes of unknown origin, tells the formats apart, and gives every cell as text with its
//! place. Nothing a file says about its own size is believed: each limit is named and checked while reading.
//! Out: `write_csv` and `write_xlsx` write the same `Sheet`; no text of a sheet is ever run as a formula.
//! `write_tally` writes ledgers and vouchers as Tally imports them.

mod csv_in;
mod csv_out;
mod error;
mod limits;
mod table;
mod tally;
mod value;
mod xlsx;
mod xlsx_out;

pub use csv_out::{csv_head, csv_rows, write_csv};
pub use error::DocumentError;
pub use limits::{Limit, Limits};
pub use table::{Cell, Format, Place, Row, Table, column_name};
pub use tally::{
    TallyBank, TallyBook, TallyEntry, TallyLedger, TallyPart, TallyType, TallyVoucher, write_tally,
};
pub use value::{Sheet, Value};
pub use xlsx_out::write_xlsx;

/// Zip files, and so XLSX, begin with it.
const ZIP: &[u8] = b"PK\x03\x04";
/// An empty zip begins with the end of its directory.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06";
/// Compound files: the old XLS, and XLSX with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const GZIP: &[u8] = b"\x1f\x8b";

/// Reads a table from XLSX (its first visible sheet) or CSV (comma, semicolon or tab), whichever the bytes are.
///
/// Cells that are empty or blank are left out, and so are rows without cells. Numbers of XLSX come as plain
/// decimals with the 15 digits that a spreadsheet shows (`0.1+0.2` is `0.3`), percentages with their sign, dates
/// as `yyyy-mm-dd`, formulas as their last result. CSV cells come as they are.
///
/// ```
/// use ecom_documents::{Limits, read_table};
/// let table = read_table(b"SKU;Cost\nMUG-1;12,50\n", &Limits::default())?;
/// assert_eq!(table.rows[1].text(1), "12,50");
/// # Ok::<(), ecom_documents::DocumentError>(())
/// ```
pub fn read_table(bytes: &[u8], limits: &Limits) -> Result<Table, DocumentError> {
    limits.check(Limit::FileBytes, bytes.len())?;
    if bytes.starts_with(ZIP) || bytes.starts_with(EMPTY_ZIP) {
        return xlsx::read(bytes, limits);
    }
    if bytes.starts_with(COMPOUND) {
        return Err(DocumentError::Compound);
    }
    if bytes.starts_with(GZIP) {
        return Err(DocumentError::Gzip);
    }
    csv_in::read(bytes, limits)
}
