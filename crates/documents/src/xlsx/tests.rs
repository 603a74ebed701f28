//! Workbooks built part by part, honest and hostile.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::{DocumentError, Limit, Limits, Table, read_table};

const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns:r="r"><sheets><sheet name="Old" sheetId="1" state="hidden" r:id="rId9"/><sheet name="Costs &amp; more" sheetId="2" r:id="rId1"/></sheets></workbook>"#;
const LINKS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://x/styles" Target="/xl/styles.xml"/><Relationship Id="rId9" Type="http://x/worksheet" Target="worksheets/sheet9.xml"/></Relationships>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\-mm\-yyyy"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>"#;
const TEXTS: &str = r#"<sst count="9" uniqueCount="99999999999999999999"><si><t>SKU</t></si><si><r><t>Co</t></r><r><t xml:space="preserve">st </t></r><rPh sb="0"><t>reading</t></rPh></si><si><t>A&amp;B &#8377; &lt;x&gt;</t></si></sst>"#;

fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in parts {
        writer.start_file(*name, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook with these rows in its sheet.
fn book(rows: &str) -> Vec<u8> {
    let sheet =
        format!("<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>{rows}</sheetData></worksheet>");
    zip(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/styles.xml", STYLES),
        ("xl/SharedStrings.xml", TEXTS),
        ("xl/worksheets/sheet1.xml", &sheet),
        (
            "xl/worksheets/sheet9.xml",
            "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>",
        ),
    ])
}

fn read(rows: &str) -> Result<Table, DocumentError> {
    read_table(&book(rows), &Limits::default())
}

fn texts(rows: &str) -> Vec<(String, String)> {
    let table = read(rows).unwrap();
    let cells = table.rows.iter().flat_map(|row| {
        row.cells().iter().map(|cell| (row.place(cell.column).to_string(), cell.text.clone()))
    });
    cells.collect()
}

fn why(rows: &str) -> String {
    read(rows).unwrap_err().to_string()
}

#[test]
fn every_kind_of_cell_is_read_as_a_person_sees_it() {
    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>
        <row r="3"><c r="A3" t="inlineStr"><is><t>MUG</t></is></c><c r="B3"><f>0.1+0.2</f><v>0.30000000000000004</v></c>
        <c r="C3" s="1"><v>46113</v></c><c r="D3" s="2"><v>0.18</v></c><c r="E3" t="b"><v>1</v></c><c r="F3" t="e"><v>#REF!</v></c>
        <c r="G3" t="str"><f>A3</f><v>MUG</v></c><c r="H3" t="d"><v>2026-04-01T00:00:00</v></c><c r="I3" s="1"/><c r="J3" t="s"/></row>
        <row><c><v>7</v></c><c/><c><v><![CDATA[8]]></v></c></row>"#;
    let expected = [
        ("A1", "SKU"),
        ("B1", "Cost "),
        ("C1", "A&B ₹ <x>"),
        ("A3", "MUG"),
        ("B3", "0.3"),
        ("C3", "2026-04-01"),
        ("D3", "18%"),
        ("E3", "TRUE"),
        ("F3", "#REF!"),
        ("G3", "MUG"),
        ("H3", "2026-04-01"),
        ("A4", "7"),
        ("C4", "8"),
    ];
    let read: Vec<_> = texts(rows);
    let read: Vec<_> = read.iter().map(|(place, text)| (place.as_str(), text.as_str())).collect();
    assert_eq!(read, expected);
}

#[test]
fn the_first_visible_sheet_is_taken() {
    let table = read(r"<row><c><v>5</v></c></row>").unwrap();
    assert_eq!(table.format, crate::Format::Xlsx { sheet: "Costs & more".to_owned() });
    assert_eq!(table.rows[0].text(0), "5");
}

#[test]
fn text_where_a_number_should_be_is_named_by_its_cell() {
    assert_eq!(why(r#"<row r="7"><c r="C7"><v>twelve</v></c></row>"#), "cell C7: `twelve` is no number");
    assert_eq!(why(r#"<row r="7"><c r="C7"><v>NaN</v></c></row>"#), "cell C7: `NaN` is no number");
    assert!(
        why(r#"<row r="7"><c r="C7" t="s"><v>99</v></c></row>"#).starts_with("cell C7: refers to text 99")
    );
    assert!(why(r#"<row r="7"><c r="C7" t="z"><v>9</v></c></row>"#).contains("unknown type `z`"));
}

#[test]
fn cells_out_of_order_are_damage() {
    for rows in [
        r#"<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>"#,
        r#"<row r="1"><c r="A2"><v>1</v></c></row>"#,
        r#"<row r="0"><c><v>1</v></c></row>"#,
        r#"<row r="1048577"><c><v>1</v></c></row>"#,
        r#"<row r="1"><c r="XFE1"><v>1</v></c></row>"#,
        r#"<c r="A1"><v>1</v></c>"#,
    ] {
        assert!(why(rows).contains("out of order"), "{rows}");
    }
}

#[test]
fn far_cells_cost_nothing_and_pass_a_limit() {
    let far = r#"<row r="1048576"><c r="A1048576"><v>1</v></c></row>"#;
    assert_eq!(texts(far), [("A1048576".to_owned(), "1".to_owned())]);
    let wide = r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#;
    assert_eq!(why(wide), "cell XFD1: more than 256 columns; split the file");
}

#[test]
fn too_many_rows_are_refused_while_reading() {
    let limits = Limits { rows: 2, ..Limits::default() };
    let rows = "<row><c><v>1</v></c></row>".repeat(3);
    let fault = read_table(&book(&rows), &limits).unwrap_err();
    assert_eq!(fault.to_string(), "cell A3: more than 2 rows; split the file");
    let blank = "<row/>".repeat(100);
    assert!(read_table(&book(&format!("{blank}<row><c><v>1</v></c></row>")), &limits).is_ok());
}

#[test]
fn one_long_text_in_many_cells_is_bounded() {
    let limits = Limits { text_bytes: 100, ..Limits::default() };
    let rows = format!("<row>{}</row>", r#"<c t="s"><v>2</v></c>"#.repeat(20));
    assert!(matches!(
        read_table(&book(&rows), &limits),
        Err(DocumentError::Limit { limit: Limit::TextBytes, .. })
    ));
}

#[test]
fn a_bomb_is_refused_by_its_claim() {
    let zeros = "0".repeat(3 << 20);
    let bomb = book(&format!("<row><c><v>{zeros}</v></c></row>"));
    assert!(bomb.len() < 20_000, "{}", bomb.len());
    let limits = Limits { inflated_bytes: 1 << 20, ..Limits::default() };
    let fault = read_table(&bomb, &limits).unwrap_err();
    assert_eq!(fault.to_string(), "more than 1048576 bytes in the unpacked file; split the file");
}

/// The claimed size in both headers is forged to be small: only the real bytes count.
#[test]
fn a_bomb_that_lies_about_its_size_is_refused_while_inflating() {
    let size: u32 = 3 << 20;
    let rows = "<row><c><v>1</v></c></row>";
    let filler = " ".repeat(usize::try_from(size).unwrap());
    let sheet = format!("<worksheet><sheetData>{filler}{rows}</sheetData></worksheet>");
    let mut bomb = book(&format!("{filler}{rows}"));
    let whole = format!(
        "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>{filler}{rows}</sheetData></worksheet>"
    );
    assert!(whole.len() > sheet.len());
    let claimed = u32::try_from(whole.len()).unwrap().to_le_bytes();
    let mut forged = 0;
    for at in 0..bomb.len() - 4 {
        if bomb[at..at + 4] == claimed {
            bomb[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
            forged += 1;
        }
    }
    assert!(forged > 0, "no header was found");
    let limits = Limits { inflated_bytes: 1 << 20, ..Limits::default() };
    let fault = read_table(&bomb, &limits).unwrap_err();
    assert!(
        matches!(
            fault,
            DocumentError::Limit { limit: Limit::InflatedBytes, .. } | DocumentError::Damaged { .. }
        ),
        "{fault}"
    );
}

#[test]
fn many_parts_are_refused() {
    let names: Vec<String> = (0..30).map(|number| format!("x{number}")).collect();
    let parts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let limits = Limits { parts: 20, ..Limits::default() };
    let fault = read_table(&zip(&parts), &limits).unwrap_err();
    assert_eq!(fault.to_string(), "more than 20 parts in the XLSX file; split the file");
}

#[test]
fn injected_parts_and_entities_reach_nothing() {
    let sheet = r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY l "lol">]>
        <worksheet><sheetData><row><c t="inlineStr"><is><t>a&e;&l;b</t></is></c></row></sheetData></worksheet>"#;
    let bytes = zip(&[
        ("../../outside.xml", "<x/>"),
        ("/etc/passwd", "x"),
        ("xl/vbaProject.bin", "MZ"),
        ("xl/externalLinks/externalLink1.xml", "<externalLink/>"),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/worksheets/sheet1.xml", sheet),
    ]);
    assert_eq!(read_table(&bytes, &Limits::default()).unwrap().rows[0].text(0), "ab");
}

#[test]
fn what_is_no_workbook_is_told() {
    let why = |bytes: &[u8]| read_table(bytes, &Limits::default()).unwrap_err();
    assert_eq!(why(&zip(&[("settlement.txt", "x")])), DocumentError::NotXlsx);
    assert_eq!(why(&zip(&[])), DocumentError::NotXlsx);
    assert_eq!(why(&zip(&[("_rels/.rels", ROOT)])), DocumentError::NotXlsx);
    let hidden = BOOK.replace("<sheet name=\"Costs", "<sheet state=\"veryHidden\" name=\"Costs");
    let parts = [("_rels/.rels", ROOT), ("xl/workbook.xml", &hidden), ("xl/_rels/workbook.xml.rels", LINKS)];
    assert_eq!(why(&zip(&parts)), DocumentError::NoSheet);
    assert_eq!(why(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"), DocumentError::Compound);
    assert_eq!(why(b"\x1f\x8b\x08"), DocumentError::Gzip);
    assert!(matches!(why(b"PK\x03\x04"), DocumentError::Damaged { .. }));
    assert_eq!(why(&book("")), DocumentError::Empty);
    let limits = Limits { file_bytes: 10, ..Limits::default() };
    let fault = read_table(&book(""), &limits).unwrap_err();
    assert_eq!(fault.to_string(), "more than 10 bytes in the file; split the file");
}

#[test]
fn a_truncated_workbook_is_damaged() {
    let bytes = book("<row><c><v>1</v></c></row>");
    for keep in (4..bytes.len()).step_by(7) {
        assert!(read_table(&bytes[..keep], &Limits::default()).is_err(), "{keep}");
    }
    let cut = zip(&[
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c><v>1</v></c>"),
    ]);
    let fault = read_table(&cut, &Limits::default()).unwrap_err().to_string();
    assert!(fault.contains("damaged in xl/worksheets/sheet1.xml"), "{fault}");
}

proptest! {
    #[test]
    fn no_changed_byte_makes_the_reader_panic(at: usize, byte: u8) {
        let mut bytes = book(r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>46113.5</v></c></row>"#);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read_table(&bytes, &Limits::default());
    }

    #[test]
    fn no_sheet_makes_the_reader_panic(rows in "(<row( r=\"[0-9]{1,8}\")?>|</row>|<c( r=\"[A-Z]{0,4}[0-9]{0,8}\")?( t=\"[snbed]\")?( s=\"[0-9]\")?>|</c>|<v>|</v>|<is>|</is>|<t>|</t>|[0-9.eE-]{0,6}|&[a-z]{1,3};){0,20}") {
        let _ = read(&rows);
    }
}
