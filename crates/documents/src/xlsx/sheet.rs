//! The cells of a sheet, streamed in order, and the texts they share.

use quick_xml::events::{BytesStart, Event};

use super::number::Kind;
use super::part::{Parts, Xml, attribute};
use crate::error::DocumentError;
use crate::table::{Builder, Place};

/// Rows a spreadsheet can have.
const LAST_ROW: u32 = 1_048_576;
/// Columns a spreadsheet can have.
const COLUMNS: u32 = 16_384;

/// What cells refer to.
pub(crate) struct Context<'c> {
    pub(crate) texts: &'c [String],
    pub(crate) kinds: &'c [Kind],
    pub(crate) since_1904: bool,
}

/// The attributes of a cell.
struct Head {
    at: Place,
    kind: String,
    style: Option<usize>,
}

/// The texts that cells share, in order.
pub(crate) fn shared_strings(parts: &mut Parts<'_>, path: &str) -> Result<Vec<String>, DocumentError> {
    parts.with(path, |xml| {
        let (mut texts, mut text) = (Vec::new(), String::new());
        loop {
            let begins = match xml.next()? {
                Event::Start(element) => element.local_name().as_ref() == "si",
                Event::Eof => return Ok(texts),
                _ => false,
            };
            if begins {
                xml.text(true, &mut text)?;
                texts.push(unescape(&text));
            }
        }
    })
}

pub(crate) fn read(
    parts: &mut Parts<'_>,
    path: &str,
    context: &Context<'_>,
    builder: &mut Builder<'_>,
) -> Result<(), DocumentError> {
    parts.with(path, |xml| {
        let mut last = Place { row: 0, column: 0 };
        let mut next_column = 0;
        let mut text = String::new();
        loop {
            let head = match xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "row" => {
                    let number = attribute(&element, "r");
                    let row = row_number(number.as_deref(), last.row);
                    last =
                        Place { row: row.ok_or_else(|| xml.wrong("its rows are out of order"))?, column: 0 };
                    next_column = 0;
                    continue;
                }
                Event::Start(element) if element.local_name().as_ref() == "c" => {
                    let head = head(&element, last.row, next_column);
                    head.ok_or_else(|| xml.wrong(&format!("row {}: cells are out of order", last.row)))?
                }
                Event::End(element) if element.local_name().as_ref() == "sheetData" => return Ok(()),
                Event::Eof => return Err(xml.cut_off()),
                _ => continue,
            };
            value(xml, &head, context, &mut text)?;
            builder.push(head.at, &text)?;
            next_column = head.at.column + 1;
        }
    })
}

/// The number given, if it is after the last row; without one the next row.
fn row_number(given: Option<&str>, last: u32) -> Option<u32> {
    let row = match given {
        Some(text) => text.parse().ok()?,
        None => last + 1,
    };
    (row > last && row <= LAST_ROW).then_some(row)
}

/// None if the cell stands in another row, or not to the right of the cell before it.
fn head(element: &BytesStart<'_>, row: u32, next_column: u32) -> Option<Head> {
    let at = match attribute(element, "r") {
        Some(name) => place(&name)?,
        None => Place { row, column: next_column },
    };
    let kind = attribute(element, "t").unwrap_or_default();
    let style = attribute(element, "s").and_then(|index| index.parse().ok());
    let fits = at.row == row && row > 0 && at.column >= next_column && at.column < COLUMNS;
    fits.then_some(Head { at, kind, style })
}

/// `C7`, with or without `$`.
fn place(name: &str) -> Option<Place> {
    let name = name.replace('$', "");
    let (letters, digits) = name.split_at(name.find(|letter: char| letter.is_ascii_digit())?);
    if letters.is_empty() || letters.len() > 3 || digits.len() > 7 {
        return None;
    }
    let mut column = 0;
    for letter in letters.bytes() {
        let value = letter.to_ascii_uppercase().checked_sub(b'A').filter(|value| *value < 26)?;
        column = column * 26 + u32::from(value) + 1;
    }
    Some(Place { row: digits.parse().ok()?, column: column - 1 })
}

/// Reads a cell to its end and puts what it shows into `text`.
fn value(
    xml: &mut Xml<'_>,
    head: &Head,
    context: &Context<'_>,
    text: &mut String,
) -> Result<(), DocumentError> {
    let mut raw = String::new();
    let mut shown = String::new();
    loop {
        let (is_value, is_inline) = match xml.next()? {
            Event::Start(element) => {
                (element.local_name().as_ref() == "v", element.local_name().as_ref() == "is")
            }
            Event::End(element) if element.local_name().as_ref() == "c" => break,
            Event::Eof => return Err(xml.cut_off()),
            _ => continue,
        };
        if is_inline {
            xml.text(true, &mut raw)?;
            shown = unescape(&raw);
        } else if is_value {
            xml.text(false, &mut raw)?;
            shown = show(&raw, head, context)?;
        } else {
            // Formulas (`f`), extensions.
            xml.skip()?;
        }
    }
    *text = shown;
    Ok(())
}

fn show(raw: &str, head: &Head, context: &Context<'_>) -> Result<String, DocumentError> {
    let wrong = |reason: String| DocumentError::Cell { at: head.at, reason };
    if raw.trim().is_empty() {
        return Ok(String::new());
    }
    match head.kind.as_str() {
        "s" => {
            let text = raw.trim().parse::<usize>().ok().and_then(|index| context.texts.get(index));
            text.cloned().ok_or_else(|| wrong(format!("refers to text {raw}, which the file does not hold")))
        }
        "str" | "inlineStr" => Ok(unescape(raw)),
        "b" => Ok(if raw.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned()),
        "e" => Ok(raw.to_owned()),
        "d" => Ok(raw.trim().trim_end_matches("T00:00:00").to_owned()),
        "" | "n" => {
            let kind = head.style.and_then(|index| context.kinds.get(index)).copied().unwrap_or(Kind::Plain);
            kind.show(raw, context.since_1904).ok_or_else(|| wrong(format!("`{raw}` is no number")))
        }
        other => Err(wrong(format!("has the unknown type `{other}`"))),
    }
}

/// `_x000D_` stands for a character that XML cannot hold (ECMA-376 part 1, 22.9.2.19).
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, code) = rest.split_at(at);
        plain.push_str(before);
        let letter = code
            .get(2..7)
            .and_then(|code| code.strip_suffix('_'))
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        match letter {
            Some(letter) => {
                plain.push(letter);
                rest = &code[7..];
            }
            None => {
                plain.push_str("_x");
                rest = &code[2..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cells_are_read() {
        assert_eq!(place("C7"), Some(Place { row: 7, column: 2 }));
        assert_eq!(place("$XFD$1048576"), Some(Place { row: 1_048_576, column: 16_383 }));
        for wrong in ["", "7", "C", "7C", "ABCD1", "A99999999", "A-1", "é1", "A1B"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn escaped_characters_are_read() {
        assert_eq!(unescape("a_x000D_b_x0009_"), "a\rb\t");
        assert_eq!(unescape("_x005F_x000D_"), "_x000D_");
        assert_eq!(unescape("sku_xl _x00 _x00é0_ _xD800_"), "sku_xl _x00 _x00é0_ _xD800_");
    }
}
