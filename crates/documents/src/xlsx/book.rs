//! What a workbook holds: where its first visible sheet, its texts and its number formats are.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::number::Kind;
use super::part::{Parts, attribute};
use crate::error::DocumentError;

/// Sheets looked at; further ones cannot be the first visible one of an honest workbook.
const MOST_SHEETS: usize = 1_000;
/// Cell formats kept; spreadsheet programs allow 65,490.
const MOST_FORMATS: usize = 65_536;

/// Where things are in the zip.
pub(crate) struct Book {
    pub(crate) sheet: String,
    pub(crate) sheet_name: String,
    pub(crate) shared_strings: Option<String>,
    pub(crate) styles: Option<String>,
    pub(crate) since_1904: bool,
}

struct Relation {
    kind: String,
    target: String,
}

pub(crate) fn read(parts: &mut Parts<'_>) -> Result<Book, DocumentError> {
    let relations = match parts.find("_rels/.rels") {
        Some(_) => relations(parts, "_rels/.rels", "")?,
        None => return Err(DocumentError::NotXlsx),
    };
    let is = |kind: &'static str| move |relation: &&Relation| relation.kind.ends_with(kind);
    let book = relations.values().find(is("/officeDocument")).map(|relation| relation.target.clone());
    let book = book.filter(|path| parts.find(path).is_some()).ok_or(DocumentError::NotXlsx)?;
    let (folder, file) = book.rsplit_once('/').unwrap_or(("", &book));
    let relations = self::relations(parts, &join(folder, &format!("_rels/{file}.rels")), folder)?;
    let (sheets, since_1904) = parts.with(&book, sheets)?;
    let sheet = sheets.iter().find_map(|(name, id)| {
        let relation = relations.get(id).filter(|relation| relation.kind.ends_with("/worksheet"))?;
        Some((name.clone(), relation.target.clone()))
    });
    let (sheet_name, sheet) = sheet.ok_or(DocumentError::NoSheet)?;
    let part = |kind| {
        let found = relations.values().find(is(kind)).map(|relation| relation.target.clone());
        found.filter(|path| parts.find(path).is_some())
    };
    Ok(Book {
        sheet,
        sheet_name,
        shared_strings: part("/sharedStrings"),
        styles: part("/styles"),
        since_1904,
    })
}

/// Relations by id, targets as paths from the root of the zip.
fn relations(
    parts: &mut Parts<'_>,
    path: &str,
    folder: &str,
) -> Result<HashMap<String, Relation>, DocumentError> {
    parts.with(path, |xml| {
        let mut found = HashMap::new();
        loop {
            match xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "Relationship" => {
                    let id = attribute(&element, "Id").unwrap_or_default();
                    let kind = attribute(&element, "Type").unwrap_or_default();
                    let target = join(folder, &attribute(&element, "Target").unwrap_or_default());
                    found.insert(id, Relation { kind, target });
                }
                Event::Eof => return Ok(found),
                _ => {}
            }
        }
    })
}

/// A path from a folder; one that begins with `/` is from the root.
fn join(folder: &str, path: &str) -> String {
    let mut steps: Vec<&str> = if path.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.retain(|step| !step.is_empty());
    steps.join("/")
}

/// Name and relation of each visible sheet, in order, and whether days count from 1904.
fn sheets(xml: &mut super::part::Xml<'_>) -> Result<(Vec<(String, String)>, bool), DocumentError> {
    let (mut sheets, mut since_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "workbookPr" => {
                    since_1904 |= matches!(attribute(&element, "date1904").as_deref(), Some("1" | "true"));
                }
                "sheet" if sheets.len() < MOST_SHEETS => {
                    let hidden = attribute(&element, "state").is_some_and(|state| state != "visible");
                    if !hidden {
                        let name = attribute(&element, "name").unwrap_or_default();
                        sheets.push((name, attribute(&element, "id").unwrap_or_default()));
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok((sheets, since_1904)),
            _ => {}
        }
    }
}

/// What the numbers of each cell format mean, by the format's place in the list.
pub(crate) fn number_kinds(parts: &mut Parts<'_>, path: &str) -> Result<Vec<Kind>, DocumentError> {
    parts.with(path, |xml| {
        let (mut own, mut kinds, mut in_list) = (HashMap::new(), Vec::new(), false);
        loop {
            match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "numFmt" => {
                        let code = attribute(&element, "formatCode").unwrap_or_default();
                        own.insert(attribute(&element, "numFmtId").unwrap_or_default(), Kind::of_code(&code));
                    }
                    "cellXfs" => in_list = true,
                    "xf" if in_list && kinds.len() < MOST_FORMATS => {
                        let id = attribute(&element, "numFmtId").unwrap_or_default();
                        kinds.push(own.get(&id).copied().unwrap_or_else(|| Kind::of_builtin(&id)));
                    }
                    _ => {}
                },
                Event::End(element) if element.local_name().as_ref() == "cellXfs" => in_list = false,
                Event::Eof => return Ok(kinds),
                _ => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn paths_are_joined_as_in_a_package() {
        assert_eq!(join("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(join("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(join("xl", "../a/./b.xml"), "a/b.xml");
        assert_eq!(join("", "../../etc/passwd"), "etc/passwd");
    }
}
