//! Files of the wrong kind, and what the person is told.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use crate::common;

use common::{fixture, refusal};

fn says(bytes: &[u8], expected: &str) {
    let refusal = refusal(bytes);
    let text = refusal.to_string();
    assert!(text.contains(expected), "`{text}` should say `{expected}`");
    assert!(!refusal.remedy.is_empty());
}

#[test]
fn an_empty_file() {
    says(b"", "The file is empty");
    says(b"\xEF\xBB\xBF \r\n\r\n", "The file is empty");
    says(b"settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\tsku\tquantity-purchased\n", "a header and no rows");
}

#[test]
fn files_that_are_no_text() {
    says(b"%PDF-1.7 \n", "a PDF document");
    says(b"PK\x03\x04\x14\0\0\0", "a zip or a spreadsheet (XLSX)");
    says(b"\xD0\xCF\x11\xE0\xA1\xB1", "an old Excel sheet");
    says(b"\x1F\x8B\x08\0\0\0", "compressed with gzip");
    says(b"\x89PNG\r\n", "a picture");
}

#[test]
fn text_saved_as_utf_16() {
    let text = String::from_utf8(fixture("v2_of_v1.txt")).unwrap();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    says(&[b"\xFF\xFE", little.as_slice()].concat(), "UTF-16");
    says(&little, "UTF-16");
}

#[test]
fn web_pages_and_other_markup() {
    says(b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page");
    says(b"<?xml version=\"1.0\"?><Orders/>", "XML, but no settlement report");
    says(b"{\"payload\":{}}", "JSON");
}

#[test]
fn other_reports_of_amazon() {
    says(b"amazon-order-id\tmerchant-order-id\tpurchase-date\n1\t2\t3\n", "a report of orders");
    says(b"item-name\titem-description\tlisting-id\tseller-sku\n", "a report of listings");
    says(b"return-date\torder-id\tsku\n", "a report of returns");
    says(b"approval-date\treimbursement-id\tcase-id\n", "a report of FBA reimbursements");
    says(b"\"Seller Gstin\",\"Invoice Number\",\"Invoice Date\"\n", "a merchant tax report (MTR)");
    says(b"Date\tFNSKU\tASIN\tMSKU\n", "a report of FBA stock");
}

#[test]
fn a_settlement_report_that_a_spreadsheet_saved() {
    let text = String::from_utf8(fixture("v2_of_v1.txt")).unwrap();
    says(text.replace('\t', ",").as_bytes(), "not separated by tabs: a spreadsheet saved it");
    let semicolons =
        "\"date/time\";\"settlement id\";\"type\";\"description\";\"product sales\";\"other\";\"total\"\n";
    says(semicolons.as_bytes(), "separated by semicolons");
}

#[test]
fn a_header_in_a_language_that_is_not_read() {
    let french = "\"Tous les montants en EUR\"\n\"date/heure\",\"numéro de versement\",\"type\",\"numéro de la commande\",\"total\"\n";
    says(french.as_bytes(), "line 2: the header of this date-range report is in French");
    says("\"fecha/hora\",\"Id. de liquidación\",\"tipo\"\n".as_bytes(), "in Spanish");
    let latin1: Vec<u8> = encoding_rs::WINDOWS_1252.encode(french).0.into_owned();
    says(&latin1, "in French");
}

#[test]
fn text_that_is_nothing_we_know() {
    says(b"Dear seller,\nhere is your report.\n", "the file begins with `Dear seller,`");
    let text = String::from_utf8(fixture("v2_of_v1.txt")).unwrap();
    let (_, without_header) = text.split_once('\n').unwrap();
    says(without_header.as_bytes(), "no header of a settlement or date-range report was found");
}

#[test]
fn a_missing_column_is_named_whichever_it_is() {
    for name in
        ["settlement-id", "total-amount", "transaction-type", "amount-type", "amount-description", "sku"]
    {
        let text = String::from_utf8(fixture("v2_of_v1.txt")).unwrap();
        says(
            text.replacen(name, "renamed", 1).as_bytes(),
            &format!("line 1, column {name}: the header has no column `{name}`"),
        );
    }
}

#[test]
fn a_text_that_no_index_would_take() {
    let text = String::from_utf8(fixture("v2_of_v1.txt")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split('\t').collect();
    for name in ["settlement-id", "sku", "order-id", "amount-description", "marketplace-name"] {
        let at = header.iter().position(|column| *column == name).unwrap();
        let long = "x".repeat(1001);
        let row = |line: &str| {
            let mut cells: Vec<&str> = line.split('\t').collect();
            cells[at] = &long;
            cells.join("\t")
        };
        let last = text.lines().count() - 1;
        let lines =
            text.lines().enumerate().map(|(at, line)| if at == last { row(line) } else { line.to_owned() });
        let bytes = lines.collect::<Vec<_>>().join("\n").into_bytes();
        let refusal = refusal(&bytes);
        assert_eq!(refusal.line, Some(last as u64 + 1), "{name}: {refusal}");
        assert!(refusal.message.contains("longer than 1000 bytes"), "{refusal}");
    }
}
