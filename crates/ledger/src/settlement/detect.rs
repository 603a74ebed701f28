//! Which kind of file it is, by its content. Whatever is no settlement file is refused with what it seems to be.

use std::io::{self, Cursor, Read};

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};

use crate::Refusal;

use super::{Format, date_range};

/// A header stands within this many bytes, preamble included.
const HEAD_BYTES: usize = 64 << 10;

const CHOOSE: &str = "Choose a settlement report (flat file V2, V1 or XML) or a date-range transaction report; in \
                      Seller Central they are under Payments, Reports Repository";
const LANGUAGE: &str =
    "Set Seller Central's language to English, German or Japanese and request the report again";

/// The stream from its beginning.
pub(crate) type Whole<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// What the file turned out to be.
pub(crate) struct Detected<R> {
    pub(crate) format: Format,
    /// The first bytes, of which the stream gives a copy.
    pub(crate) head: Vec<u8>,
    pub(crate) reader: Whole<R>,
}

/// Looks at the first bytes of a stream.
pub(crate) fn detect<R: Read>(mut reader: R) -> Result<Detected<R>, Refusal> {
    let mut head = Vec::new();
    reader.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(|error| {
        Refusal::whole(format!("The file could not be read: {error}"), "Check the file and try again")
    })?;
    let format = format_of(&head)?;
    Ok(Detected { format, reader: Cursor::new(head.clone()).chain(reader), head })
}

fn format_of(head: &[u8]) -> Result<Format, Refusal> {
    let body = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if body.trim_ascii().is_empty() {
        return Err(Refusal::whole(
            "The file is empty",
            "Download the report again and upload it as Amazon made it",
        ));
    }
    refuse_binary(head)?;
    if body.trim_ascii_start().starts_with(b"<") {
        return markup(body);
    }
    let text = decode(body).0;
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if let Some(format) = flat(first)? {
        return Ok(format);
    }
    if date_range::header_line(&text).is_some() {
        return Ok(Format::DateRange);
    }
    Err(unknown(&text, first))
}

fn refuse_binary(head: &[u8]) -> Result<(), Refusal> {
    let kinds: [(&[u8], &str, &'static str); 8] = [
        (b"%PDF", "a PDF document", CHOOSE),
        (
            b"PK\x03\x04",
            "a zip or a spreadsheet (XLSX)",
            "Upload the report as Amazon made it, not a spreadsheet",
        ),
        (b"PK\x05\x06", "an empty zip", CHOOSE),
        (b"\x1F\x8B", "compressed with gzip", "Unpack it and upload the file inside"),
        (
            b"\xD0\xCF\x11\xE0",
            "an old Excel sheet (XLS)",
            "Upload the report as Amazon made it, not a spreadsheet",
        ),
        (b"\x89PNG", "a picture", CHOOSE),
        (b"\xFF\xD8\xFF", "a picture", CHOOSE),
        (b"SQLite format 3\0", "a database", CHOOSE),
    ];
    if let Some((_, what, remedy)) = kinds.into_iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(Refusal::whole(format!("The file is {what}, no report"), remedy));
    }
    let sample = &head[..head.len().min(1024)];
    let nulls = memchr::memchr_iter(0, sample).count();
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") || nulls * 4 > sample.len() {
        return Err(Refusal::whole(
            "The file is saved as UTF-16 (\"Unicode text\")",
            "Upload the report as Amazon made it; in a spreadsheet or editor save it as UTF-8",
        ));
    }
    Ok(())
}

fn markup(body: &[u8]) -> Result<Format, Refusal> {
    let text = String::from_utf8_lossy(body).to_lowercase();
    if ["<settlementreport", "<amazonsettlementid", "<messagetype>settlementreport"]
        .iter()
        .any(|tag| text.contains(tag))
    {
        return Ok(Format::Xml);
    }
    let what = if text.contains("<html") || text.contains("<!doctype html") {
        "a web page; perhaps a sign-in page was saved instead of the report"
    } else {
        "XML, but no settlement report"
    };
    Err(Refusal::whole(format!("The file is {what}"), CHOOSE))
}

/// V2 or V1 by the names of the columns. Two of them are enough to take a line for a header: what is missing
/// is then named.
fn flat(first: &str) -> Result<Option<Format>, Refusal> {
    let names: Vec<String> =
        first.split('\t').map(|name| name.trim().trim_matches('"').to_lowercase()).collect();
    let has = |wanted: &[&str]| wanted.iter().filter(|name| names.iter().any(|found| found == *name)).count();
    let shared =
        has(&["settlement-id", "settlement-start-date", "total-amount", "transaction-type", "deposit-date"]);
    if shared >= 2 {
        let v1 = has(&[
            "price-type",
            "price-amount",
            "item-related-fee-type",
            "other-amount",
            "shipment-fee-type",
        ]);
        let v2 = has(&["amount-type", "amount-description", "amount"]);
        return Ok(Some(if v1 > v2 { Format::V1 } else { Format::V2 }));
    }
    let lower = first.to_lowercase();
    if lower.contains("settlement-id") && lower.contains("total-amount") {
        let message =
            "the columns of this settlement report are not separated by tabs: a spreadsheet saved it";
        return Err(Refusal::at(1, "", message, "Upload the report as Amazon made it"));
    }
    Ok(None)
}

/// Text by its byte order mark, else strict UTF-8, else `Shift_JIS` if that shows a Japanese header, else
/// Windows-1252.
pub(crate) fn decode(head: &[u8]) -> (String, &'static Encoding) {
    let body = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let utf8 = match std::str::from_utf8(body) {
        Ok(_) => true,
        // The head may end in the middle of a character.
        Err(error) => error.error_len().is_none(),
    };
    let read =
        |encoding: &'static Encoding| (encoding.decode_without_bom_handling(body).0.into_owned(), encoding);
    if utf8 {
        return read(UTF_8);
    }
    let (text, encoding) = read(SHIFT_JIS);
    if date_range::header_line(&text).is_some_and(|(_, line)| line.contains("合計")) {
        return (text, encoding);
    }
    read(WINDOWS_1252)
}

/// First header cells of date-range files in languages that are not read.
const OTHER_LANGUAGES: [(&str, &str); 10] = [
    ("date/heure", "French"),
    ("fecha/hora", "Spanish"),
    ("fecha y hora", "Spanish"),
    ("data/ora:", "Italian"),
    ("data/ora", "Italian"),
    ("datum/tijd", "Dutch"),
    ("datum/tid", "Swedish"),
    ("data/godzina", "Polish"),
    ("data/hora", "Portuguese"),
    ("tarih/saat", "Turkish"),
];

/// Column names that give other reports of Amazon's away.
const OTHER_REPORTS: [(&str, &str); 15] = [
    ("reimbursement-id", "a report of FBA reimbursements"),
    ("return-date", "a report of returns"),
    ("return request date", "a report of returns"),
    ("item-name", "a report of listings"),
    ("listing-id", "a report of listings"),
    ("seller-sku", "a report of listings"),
    ("amazon-order-id", "a report of orders"),
    ("purchase-date", "a report of orders"),
    ("order-item-id", "a report of orders"),
    ("seller gstin", "a merchant tax report (MTR)"),
    ("invoice number", "a merchant tax report (MTR)"),
    ("fnsku", "a report of FBA stock"),
    ("reference id", "a ledger of FBA stock"),
    ("disposition", "a ledger of FBA stock"),
    ("(parent) asin", "a report of sales and traffic"),
];

fn unknown(text: &str, first: &str) -> Refusal {
    if first.trim_start().starts_with(['{', '[']) {
        return Refusal::whole("The file is JSON, no settlement or date-range report", CHOOSE);
    }
    for (number, line) in (1..).zip(text.lines().take(date_range::MOST_PREAMBLE_LINES)) {
        let names: Vec<String> = line
            .split(['\t', ',', ';'])
            .map(|name| name.trim().trim_matches('"').trim().to_lowercase())
            .collect();
        let names = |wanted: &str| names.iter().any(|name| name == wanted);
        if let Some((_, language)) = OTHER_LANGUAGES.into_iter().find(|(name, _)| names(name)) {
            let message = format!("the header of this date-range report is in {language}, which is not read");
            return Refusal::at(number, "", message, LANGUAGE);
        }
        if let Some((name, what)) = OTHER_REPORTS.into_iter().find(|(name, _)| names(name)) {
            let message = format!("a column is named `{name}`: this is {what}, no settlement report");
            return Refusal::at(number, name, message, CHOOSE);
        }
    }
    let start: String = first.trim().chars().take(40).collect();
    let message =
        format!("no header of a settlement or date-range report was found; the file begins with `{start}`");
    Refusal::at(1, "", message, CHOOSE)
}
