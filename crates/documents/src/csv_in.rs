//! Text with a character between cells (RFC 4180, read leniently): finds encoding and delimiter, then cuts.
//!
//! Cut by hand, because messages need the exact line of every row, and a quotation mark that is never closed
//! must be told instead of swallowing the rest of the file. A `"` inside an unquoted cell is a character.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::table::{Builder, Format, Place, Table};

/// Rarest in ordinary text first: on a tie the earlier one wins.
const DELIMITERS: [u8; 3] = [b'\t', b';', b','];
/// Of a file with a single column.
const USUAL: u8 = b',';
/// Lines looked at to find the delimiter.
const SAMPLE: usize = 20;

pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Table, DocumentError> {
    let text = decode(bytes)?;
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        return Err(DocumentError::Binary { line: u64::try_from(line).unwrap_or(u64::MAX) });
    }
    let (text, delimiter, line) = match named_delimiter(&text) {
        Some((delimiter, rest)) => (rest, delimiter, 2),
        None => (&*text, delimiter(&text), 1),
    };
    let mut builder = Builder::new(limits);
    Cutter { rest: text, delimiter: char::from(delimiter), line }.cut(&mut builder)?;
    builder.finish(Format::Csv { delimiter: char::from(delimiter) })
}

/// A byte order mark decides; without one it is UTF-8 if it can be, else Windows-1252, in which every byte is
/// a character.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DocumentError> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let (text, wrong) = encoding.decode_without_bom_handling(&bytes[length..]);
        if encoding != UTF_8 && wrong {
            return Err(DocumentError::Binary { line: 1 });
        }
        if !wrong {
            return Ok(text);
        }
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => Ok(WINDOWS_1252.decode_without_bom_handling(bytes).0),
    }
}

/// A first line `sep=;`, as spreadsheet programs write and read it.
fn named_delimiter(text: &str) -> Option<(u8, &str)> {
    let (line, rest) = text.split_once('\n')?;
    match line.trim_end_matches('\r').strip_prefix("sep=")?.as_bytes() {
        [delimiter] if DELIMITERS.contains(delimiter) => Some((*delimiter, rest)),
        _ => None,
    }
}

/// The character that cuts most of the first lines into as many cells as the first one.
fn delimiter(text: &str) -> u8 {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE).collect();
    let mut best = (USUAL, (0, 0));
    for delimiter in DELIMITERS {
        let mut counts = lines.iter().map(|line| outside_quotes(line, delimiter));
        let first = counts.next().unwrap_or(0);
        let alike = counts.filter(|count| *count == first).count();
        let score = if first == 0 { (0, 0) } else { (alike + 1, first) };
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

fn outside_quotes(line: &str, delimiter: u8) -> usize {
    let mut quoted = false;
    line.bytes()
        .filter(|byte| {
            quoted ^= *byte == b'"';
            !quoted && *byte == delimiter
        })
        .count()
}

/// What is left of the text, and the line it begins on.
struct Cutter<'t> {
    rest: &'t str,
    delimiter: char,
    line: u32,
}

/// What stands behind a cell.
#[derive(PartialEq)]
enum After {
    Cell,
    Row,
}

impl<'t> Cutter<'t> {
    fn cut(mut self, builder: &mut Builder<'_>) -> Result<(), DocumentError> {
        while !self.rest.is_empty() {
            let row = self.line;
            for column in 0.. {
                let (text, after) = self.cell(row)?;
                builder.push(Place { row, column }, &text)?;
                if after == After::Row {
                    break;
                }
            }
        }
        Ok(())
    }

    /// One cell and what ends it. `row` is the line its row begins on.
    fn cell(&mut self, row: u32) -> Result<(Cow<'t, str>, After), DocumentError> {
        let Some(inside) = self.rest.strip_prefix('"') else {
            let (text, after) = self.plain();
            return Ok((Cow::Borrowed(text), after));
        };
        let mut text = String::new();
        self.rest = inside;
        loop {
            let open = DocumentError::Quote { line: row.into() };
            let (part, behind) = self.rest.split_once('"').ok_or(open)?;
            self.line = self.line.saturating_add(line_ends(part));
            text.push_str(part);
            self.rest = behind;
            match behind.strip_prefix('"') {
                Some(more) => self.rest = more,
                None => break,
            }
            text.push('"');
        }
        // Anything between the closing mark and the delimiter belongs to the cell.
        let (tail, after) = self.plain();
        text.push_str(tail);
        Ok((Cow::Owned(text), after))
    }

    fn plain(&mut self) -> (&'t str, After) {
        let end = self.rest.find([self.delimiter, '\r', '\n']).unwrap_or(self.rest.len());
        let (text, behind) = self.rest.split_at(end);
        if let Some(more) = behind.strip_prefix(self.delimiter) {
            self.rest = more;
            return (text, After::Cell);
        }
        let ends = ["\r\n", "\n", "\r"];
        self.rest = ends.iter().find_map(|end| behind.strip_prefix(end)).unwrap_or(behind);
        self.line = self.line.saturating_add(1);
        (text, After::Row)
    }
}

/// Lines that end inside a text, however they end.
fn line_ends(text: &str) -> u32 {
    let ends = text.matches('\n').count() + text.matches('\r').count() - text.matches("\r\n").count();
    u32::try_from(ends).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let table = read(bytes, &Limits::default()).unwrap();
        let cells = |row: &crate::Row| row.cells().iter().map(|cell| cell.text.clone()).collect();
        table.rows.iter().map(|row| (row.number, cells(row))).collect()
    }

    fn delimiter_of(text: &str) -> char {
        match read(text.as_bytes(), &Limits::default()).unwrap().format {
            Format::Csv { delimiter } => delimiter,
            Format::Xlsx { .. } => unreachable!(),
        }
    }

    #[test]
    fn delimiters_are_found() {
        assert_eq!(delimiter_of("sku,cost\na,1.5\n"), ',');
        assert_eq!(delimiter_of("sku;cost\na;1,5\nb;2,5\n"), ';');
        assert_eq!(delimiter_of("sku\tcost, rupees\na\t1,5\n"), '\t');
        assert_eq!(delimiter_of("sku;\"a, b\";note\nx;y;z\n"), ';');
        assert_eq!(delimiter_of("only one column\nx\n"), ',');
        assert_eq!(delimiter_of("sep=;\na,b;c\n"), ';');
    }

    #[test]
    fn rows_carry_the_line_they_begin_on() {
        let text = b"sku,cost\r\n\r\n\"a\r\nb\",1\r\nc,2\r\n";
        let expected = [
            (1, vec!["sku".to_owned(), "cost".to_owned()]),
            (3, vec!["a\r\nb".to_owned(), "1".to_owned()]),
            (5, vec!["c".to_owned(), "2".to_owned()]),
        ];
        assert_eq!(rows(text), expected);
        assert_eq!(rows(b"sep=;\na;b\n")[0].0, 2);
        let numbers = |bytes| rows(bytes).iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(numbers(b"a\n\n\nb\r\n\r\nc\rd"), [1, 4, 6, 7]);
        assert_eq!(numbers(b"\"a\n\r\n\rb\"\nc"), [1, 5]);
    }

    #[test]
    fn encodings_are_told_apart() {
        let utf16: Vec<u8> = "\u{feff}नाम\t₹".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rows(&utf16)[0].1, ["नाम", "₹"]);
        assert_eq!(rows("\u{feff}नाम,₹".as_bytes())[0].1, ["नाम", "₹"]);
        assert_eq!(rows(b"Caf\xe9,5 \x80")[0].1, ["Café", "5 €"]);
        assert_eq!(rows(b"\xef\xbb\xbfCaf\xe9,x")[0].1, ["Café", "x"]);
    }

    #[test]
    fn a_quotation_mark_inside_a_cell_is_a_character() {
        assert_eq!(rows(b"sku,name\nB,Bolt 5\" long\n")[1].1, ["B", "Bolt 5\" long"]);
        assert_eq!(rows(b"\"say \"\"hi\"\"\",\"x\"y,\"\"\"\"")[0].1, ["say \"hi\"", "xy", "\""]);
    }

    #[test]
    fn an_open_quotation_mark_is_refused_with_its_line() {
        for text in ["a,b\nc,\"d\ne,f\n", "a,b\nc,\"", "a,b\nc,\"d\ne,f"] {
            let fault = read(text.as_bytes(), &Limits::default()).unwrap_err();
            assert_eq!(fault, DocumentError::Quote { line: 2 }, "{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let fault = read(b"a,b\nc,\0", &Limits::default()).unwrap_err();
        assert_eq!(fault.to_string(), "line 2 holds a NUL byte: this is no CSV file");
        for nothing in [&b""[..], b"\n\n", b" , \n", b"\xef\xbb\xbf"] {
            assert_eq!(read(nothing, &Limits::default()), Err(DocumentError::Empty));
        }
    }

    #[test]
    fn limits_are_named_with_their_place() {
        let limits = Limits { rows: 2, columns: 2, cell_chars: 3, ..Limits::default() };
        let why = |text: &str| read(text.as_bytes(), &limits).unwrap_err().to_string();
        assert_eq!(why("a\nb\nc\n"), "cell A3: more than 2 rows; split the file");
        assert_eq!(why("a,b,c\n"), "cell C1: more than 2 columns; split the file");
        assert_eq!(why("a\nabcd\n"), "cell A2: more than 3 characters in one cell; split the file");
        assert!(read("a\n₹₹₹\n".as_bytes(), &limits).is_ok());
        let limits = Limits { text_bytes: 4, ..Limits::default() };
        let fault = read(b"ab,cd,e", &limits).unwrap_err().to_string();
        assert_eq!(fault, "cell C1: more than 4 bytes of text in all cells; split the file");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = read(&bytes, &Limits::default());
        }

        #[test]
        fn the_csv_crate_reads_the_same_cells(text in "[ab\",;\r\n]{0,40}") {
            let Ok(table) = read(text.as_bytes(), &Limits::default()) else { return Ok(()) };
            let Format::Csv { delimiter } = table.format else { unreachable!() };
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true)
                .delimiter(u8::try_from(delimiter).unwrap()).from_reader(text.as_bytes());
            let rows = reader.records().map(|record| record.unwrap()).map(|record| {
                let cells = (0..).zip(record.iter()).filter(|(_, cell)| !cell.trim().is_empty());
                cells.map(|(column, cell)| (column, cell.to_owned())).collect::<Vec<(u32, String)>>()
            });
            let theirs: Vec<_> = rows.filter(|row| !row.is_empty()).collect();
            let ours = table.rows.iter().map(|row| row.cells().iter().map(|cell| (cell.column, cell.text.clone())).collect::<Vec<_>>());
            prop_assert_eq!(ours.collect::<Vec<_>>(), theirs);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[a\",;\t\r\n\u{1}=]{0,40}") {
            let _ = read(text.as_bytes(), &Limits::default());
        }
    }
}
