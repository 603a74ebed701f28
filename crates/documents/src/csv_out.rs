//! CSV for people's spreadsheets: UTF-8 with a byte order mark, and no text that a spreadsheet would run.

use std::borrow::Cow;

use crate::error::DocumentError;
use crate::value::{SHARE_EXPONENT, Sheet, Value, decimal};

/// Without it, spreadsheet programs on Windows take UTF-8 for Windows-1252.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Writes a sheet as CSV with commas. Text that a spreadsheet would take for a formula gets an apostrophe in
/// front (CWE-1236), unless it is a plain number such as `-12.50`; amounts are plain decimals, dates ISO dates.
pub fn write_csv(sheet: &Sheet) -> Result<Vec<u8>, DocumentError> {
    let mut bytes = csv_head(&sheet.name, &sheet.header)?;
    bytes.extend(csv_rows(&sheet.name, &sheet.rows)?);
    Ok(bytes)
}

/// The beginning of a CSV file: byte order mark and titles. What [`csv_rows`] gives, as often as one likes, follows,
/// so that a long table never has to be held as a whole.
pub fn csv_head(name: &str, header: &[String]) -> Result<Vec<u8>, DocumentError> {
    let mut writer = csv::WriterBuilder::new().from_writer(BOM.to_vec());
    let titles = header.iter().map(|title| guarded(title).into_owned().into_bytes());
    writer.write_record(titles).map_err(|fault| failed(name, &fault))?;
    writer.into_inner().map_err(|fault| failed(name, &fault))
}

/// Rows of a CSV file.
pub fn csv_rows(name: &str, rows: &[Vec<Value>]) -> Result<Vec<u8>, DocumentError> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|value| cell(value).into_owned().into_bytes());
        writer.write_record(cells).map_err(|fault| failed(name, &fault))?;
    }
    writer.into_inner().map_err(|fault| failed(name, &fault))
}

fn failed(sheet: &str, fault: &dyn std::fmt::Display) -> DocumentError {
    DocumentError::Write { sheet: sheet.to_owned(), reason: fault.to_string() }
}

fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Empty => Cow::Borrowed(""),
        Value::Text(text) => guarded(text),
        Value::Integer(number) => Cow::Owned(number.to_string()),
        Value::Money { minor, exponent } => Cow::Owned(decimal(*minor, *exponent)),
        Value::Share(basis_points) => Cow::Owned(decimal(*basis_points, SHARE_EXPONENT)),
        Value::Date(day) => Cow::Owned(day.to_string()),
    }
}

/// An apostrophe in front of what begins like a formula. The wide forms count too: spreadsheets narrow them.
fn guarded(text: &str) -> Cow<'_, str> {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if risky && !is_number(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// A sign, digits, at most one point with digits after it.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Limits, read_table};

    fn text(rows: Vec<Vec<Value>>) -> String {
        let sheet = Sheet { name: "s".to_owned(), header: vec!["h".to_owned()], rows };
        let bytes = write_csv(&sheet).unwrap();
        String::from_utf8(bytes.strip_prefix(BOM).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn values_are_written_plainly() {
        let row = vec![
            "Mug, \"blue\"".into(),
            Value::Integer(-3),
            Value::Money { minor: -123_450, exponent: 2 },
            Value::Money { minor: 500, exponent: 0 },
            Value::Share(-1_785),
            Value::Date(jiff::civil::date(2026, 4, 1)),
            Value::Empty,
        ];
        assert_eq!(text(vec![row]), "h\n\"Mug, \"\"blue\"\"\",-3,-1234.50,500,-0.1785,2026-04-01,\n");
    }

    #[test]
    fn formulas_are_disarmed_and_numbers_left_alone() {
        for (given, written) in [
            ("=1+1", "'=1+1"),
            ("+44 20", "'+44 20"),
            ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("＝1+1", "'＝1+1"),
            ("-", "'-"),
            ("-.5", "'-.5"),
            ("-5", "-5"),
            ("+5.25", "+5.25"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(text(vec![vec![given.into()]]), format!("h\n{written}\n"));
        }
        assert_eq!(text(vec![vec!["\r=1".into()]]), "h\n\"'\r=1\"\n");
    }

    #[test]
    fn a_title_is_disarmed_too() {
        let sheet = Sheet { header: vec!["=HYPERLINK(\"x\")".to_owned()], ..Sheet::default() };
        assert!(write_csv(&sheet).unwrap().starts_with(b"\xef\xbb\xbf\"'=HYPERLINK"));
    }

    #[test]
    fn a_table_written_in_pieces_is_the_same_file() {
        let rows: Vec<Vec<Value>> =
            (0..7).map(|number| vec![Value::Integer(number), "=a,\"b\"".into()]).collect();
        let header = vec!["n".to_owned(), "=t".to_owned()];
        let sheet = Sheet { name: "s".to_owned(), header, rows };
        let mut pieces = csv_head("s", &sheet.header).unwrap();
        for piece in sheet.rows.chunks(3) {
            pieces.extend(csv_rows("s", piece).unwrap());
        }
        assert_eq!(pieces, write_csv(&sheet).unwrap());
        assert_eq!(csv_rows("s", &[]).unwrap(), b"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cells in prop::collection::vec("[a-z,;\"'\n =@₹]{0,6}", 1..5)) {
            let values = cells.iter().map(|cell| Value::from(cell.as_str())).collect();
            let header = (0..cells.len()).map(|column| format!("c{column}")).collect();
            let sheet = Sheet { name: String::new(), header, rows: vec![values] };
            let table = read_table(&write_csv(&sheet).unwrap(), &Limits::default()).unwrap();
            for (column, cell) in (0..).zip(&cells) {
                let shown = table.rows.get(1).map_or("", |row| row.text(column));
                let written = guarded(cell);
                prop_assert_eq!(shown, written.trim());
            }
        }

        #[test]
        fn no_text_cell_begins_like_a_formula(cell in "\\PC{0,9}") {
            let written = guarded(&cell);
            let first = written.chars().next();
            prop_assert!(is_number(&written) || !matches!(first, Some('=' | '+' | '-' | '@')));
        }
    }
}
