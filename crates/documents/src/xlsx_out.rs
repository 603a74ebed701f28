//! Workbooks for people: numbers as numbers, titles bold and always in sight, text never a formula.

use std::collections::BTreeMap;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::error::DocumentError;
use crate::value::{SHARE_EXPONENT, Sheet, Value, decimal};

/// A spreadsheet number keeps 15 digits; longer ones are written as text rather than changed.
const EXACT: u64 = 999_999_999_999_999;
/// Rows looked at for the width of columns.
const WIDTH_ROWS: u32 = 200;

/// Formats of one workbook, each made once: a large sheet has millions of cells.
struct Formats {
    bold: Format,
    date: Format,
    numbers: BTreeMap<String, Format>,
}

impl Formats {
    fn new() -> Self {
        let date = Format::new().set_num_format("yyyy-mm-dd");
        Self { bold: Format::new().set_bold(), date, numbers: BTreeMap::new() }
    }

    fn number(&mut self, code: &str) -> &Format {
        self.numbers.entry(code.to_owned()).or_insert_with(|| Format::new().set_num_format(code))
    }
}

/// Writes sheets as an XLSX workbook. Equal sheets give equal bytes.
pub fn write_xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, DocumentError> {
    let name = |index: usize| sheets.get(index).map_or_else(String::new, |sheet| sheet.name.clone());
    let mut book = Workbook::new();
    let mut formats = Formats::new();
    // The time of making is not ours to know (the clock is the caller's), and would make every file differ.
    let made = ExcelDateTime::from_ymd(2000, 1, 1).map_err(|fault| failed(&name(0), &fault))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for sheet in sheets {
        let page = book.add_worksheet();
        write_sheet(page, sheet, &mut formats).map_err(|fault| failed(&sheet.name, &fault))?;
    }
    book.save_to_buffer().map_err(|fault| failed(&name(0), &fault))
}

fn failed(sheet: &str, fault: &XlsxError) -> DocumentError {
    DocumentError::Write { sheet: sheet.to_owned(), reason: fault.to_string() }
}

fn write_sheet(page: &mut Worksheet, sheet: &Sheet, formats: &mut Formats) -> Result<(), XlsxError> {
    page.set_name(&sheet.name)?;
    for (column, title) in sheet.header.iter().enumerate() {
        let column = u16::try_from(column).map_err(|_| XlsxError::RowColumnLimitError)?;
        page.write_string_with_format(0, column, title, &formats.bold)?;
    }
    page.set_freeze_panes(1, 0)?;
    for (index, values) in sheet.rows.iter().enumerate() {
        let row = u32::try_from(index + 1).map_err(|_| XlsxError::RowColumnLimitError)?;
        for (column, value) in values.iter().enumerate() {
            let column = u16::try_from(column).map_err(|_| XlsxError::RowColumnLimitError)?;
            write_cell(page, row, column, value, formats)?;
        }
    }
    page.set_autofit_max_row(WIDTH_ROWS).autofit();
    Ok(())
}

fn write_cell(
    page: &mut Worksheet,
    row: u32,
    column: u16,
    value: &Value,
    formats: &mut Formats,
) -> Result<(), XlsxError> {
    match value {
        Value::Empty => {}
        Value::Text(text) => {
            page.write_string(row, column, text)?;
        }
        Value::Integer(number) => write_number(page, (row, column), (*number, 0), formats.number("0"))?,
        Value::Share(share) => {
            write_number(page, (row, column), (*share, SHARE_EXPONENT), formats.number("0.0%"))?;
        }
        Value::Money { minor, exponent } => {
            let point = if *exponent > 0 { "." } else { "" };
            let code = format!("#,##0{point}{}", "0".repeat(usize::from(*exponent)));
            write_number(page, (row, column), (*minor, *exponent), formats.number(&code))?;
        }
        Value::Date(day) => {
            let day = ExcelDateTime::parse_from_str(&day.to_string())?;
            page.write_datetime_with_format(row, column, day, &formats.date)?;
        }
    }
    Ok(())
}

/// The only place where an amount becomes a binary fraction: from its decimal text, and only if 15 digits do.
fn write_number(
    page: &mut Worksheet,
    (row, column): (u32, u16),
    (minor, exponent): (i64, u8),
    format: &Format,
) -> Result<(), XlsxError> {
    let text = decimal(minor, exponent);
    match text.parse::<f64>() {
        Ok(number) if minor.unsigned_abs() <= EXACT => {
            page.write_number_with_format(row, column, number, format)?;
        }
        _ => {
            page.write_string(row, column, text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::{Limits, read_table};

    fn sheet(rows: Vec<Vec<Value>>) -> Sheet {
        Sheet { name: "Costs".to_owned(), header: vec!["SKU".to_owned(), "Cost".to_owned()], rows }
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_workbook_is_read_back_as_it_was_meant() {
        let rows = vec![
            vec!["MUG-1".into(), Value::Money { minor: 1_234_550, exponent: 2 }],
            vec!["=1+1".into(), Value::Money { minor: -5, exponent: 2 }],
            vec!["-5".into(), Value::Integer(42)],
            vec![Value::Empty, Value::Date(date(2026, 4, 1))],
            vec!["big".into(), Value::Money { minor: i64::MAX, exponent: 2 }],
            vec!["share".into(), Value::Share(1_785)],
        ];
        let table = read_table(&write_xlsx(&[sheet(rows)]).unwrap(), &Limits::default()).unwrap();
        assert_eq!(table.format, crate::Format::Xlsx { sheet: "Costs".to_owned() });
        let cells: Vec<_> = table.rows.iter().map(|row| (row.number, row.text(0), row.text(1))).collect();
        assert_eq!(
            cells,
            [
                (1, "SKU", "Cost"),
                (2, "MUG-1", "12345.5"),
                (3, "=1+1", "-0.05"),
                (4, "-5", "42"),
                (5, "", "2026-04-01"),
                (6, "big", "92233720368547758.07"),
                (7, "share", "17.85%"),
            ]
        );
    }

    #[test]
    fn titles_stay_in_sight_and_nothing_is_a_formula() {
        let bytes = write_xlsx(&[sheet(vec![vec![
            "=cmd|'/C calc'!A0".into(),
            Value::Money { minor: 5, exponent: 2 },
        ]])]);
        let bytes = bytes.unwrap();
        let xml = part(&bytes, "xl/worksheets/sheet1.xml");
        assert!(xml.contains("state=\"frozen\""), "{xml}");
        assert!(!xml.contains("<f>"), "{xml}");
        let styles = part(&bytes, "xl/styles.xml");
        assert!(styles.contains("<b/>"), "{styles}");
        assert!(styles.contains("formatCode=\"#,##0.00\""), "{styles}");
    }

    #[test]
    fn equal_sheets_give_equal_bytes() {
        let make = || write_xlsx(&[sheet(vec![vec!["a".into()]])]).unwrap();
        assert_eq!(make(), make());
        assert!(part(&make(), "docProps/core.xml").contains("2000-01-01"));
    }

    #[test]
    fn a_wrong_sheet_name_is_told() {
        let wrong = Sheet { name: "a/b".to_owned(), ..Sheet::default() };
        let fault = write_xlsx(&[wrong]).unwrap_err().to_string();
        assert!(fault.starts_with("sheet `a/b` cannot be written"), "{fault}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn amounts_survive_to_the_paisa(minors in prop::collection::vec(-999_999_999_999_999_i64..=999_999_999_999_999, 1..20)) {
            let rows = minors.iter().map(|minor| vec!["x".into(), Value::Money { minor: *minor, exponent: 2 }]);
            let table = read_table(&write_xlsx(&[sheet(rows.collect())]).unwrap(), &Limits::default()).unwrap();
            for (row, minor) in table.rows[1..].iter().zip(minors) {
                let exact = decimal(minor, 2);
                prop_assert_eq!(row.text(1), exact.trim_end_matches('0').trim_end_matches('.'));
            }
        }
    }
}
