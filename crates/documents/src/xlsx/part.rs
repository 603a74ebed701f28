//! Parts of the zip as XML streams, all charged to one budget of inflated bytes.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::DocumentError;
use crate::limits::{Limit, Limits};

/// What may still be inflated. Counts real bytes, whatever the zip's headers say.
pub(crate) struct Budget {
    left: Cell<u64>,
    passed: Cell<bool>,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { left: Cell::new(limits.inflated_bytes), passed: Cell::new(false) }
    }
}

/// The zip and its budget.
pub(crate) struct Parts<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    budget: &'a Budget,
    limits: &'a Limits,
}

impl<'a> Parts<'a> {
    pub(crate) fn open(
        bytes: &'a [u8],
        limits: &'a Limits,
        budget: &'a Budget,
    ) -> Result<Self, DocumentError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|fault| damaged("its directory", &fault))?;
        limits.check(Limit::Parts, zip.len())?;
        let mut claimed = 0_u64;
        let directory = zip.metadata();
        for index in 0..zip.len() {
            let entry = directory.entry(index).map_err(|fault| damaged("its directory", &fault))?;
            claimed = claimed.saturating_add(entry.size());
        }
        if claimed > limits.inflated_bytes {
            return Err(limits.passed(Limit::InflatedBytes));
        }
        Ok(Self { zip, budget, limits })
    }

    /// The name under which a part is stored: case and direction of slashes may differ.
    pub(crate) fn find(&self, path: &str) -> Option<String> {
        let plain = |name: &str| name.replace('\\', "/").to_lowercase();
        let wanted = plain(path);
        if self.zip.index_for_name(path).is_some() {
            return Some(path.to_owned());
        }
        let names = self.zip.file_names().filter_map(Result::ok);
        names.map(std::borrow::Cow::into_owned).find(|name| plain(name) == wanted)
    }

    /// Streams a part to a function as XML.
    pub(crate) fn with<T>(
        &mut self,
        path: &str,
        read: impl FnOnce(&mut Xml<'_>) -> Result<T, DocumentError>,
    ) -> Result<T, DocumentError> {
        let name = self.find(path).ok_or_else(|| damaged(path, &"it is missing"))?;
        let file = self.zip.by_name(&name).map_err(|fault| match fault {
            ZipError::FileNotFound => damaged(path, &"it is missing"),
            other => damaged(path, &other),
        })?;
        let counted: Box<dyn BufRead + '_> =
            Box::new(BufReader::new(Counted { inner: file, budget: self.budget }));
        let mut reader = quick_xml::Reader::from_reader(counted);
        reader.config_mut().expand_empty_elements = true;
        let mut xml = Xml { reader, buffer: Vec::new(), part: path };
        let done = read(&mut xml);
        if self.budget.passed.get() {
            return Err(self.limits.passed(Limit::InflatedBytes));
        }
        done
    }
}

struct Counted<'b, R> {
    inner: R,
    budget: &'b Budget,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        let left = u64::try_from(count).ok().and_then(|count| self.budget.left.get().checked_sub(count));
        match left {
            Some(left) => self.budget.left.set(left),
            None => {
                self.budget.passed.set(true);
                return Err(io::Error::other("more bytes than allowed"));
            }
        }
        Ok(count)
    }
}

/// An XML stream that knows which part it is.
pub(crate) struct Xml<'r> {
    reader: quick_xml::Reader<Box<dyn BufRead + 'r>>,
    buffer: Vec<u8>,
    part: &'r str,
}

impl Xml<'_> {
    /// The next event. The end of the part is an `Event::Eof`.
    pub(crate) fn next(&mut self) -> Result<Event<'_>, DocumentError> {
        self.buffer.clear();
        self.reader.read_event_into(&mut self.buffer).map_err(|fault| damaged(self.part, &fault))
    }

    /// Skips to the end of the element just begun.
    pub(crate) fn skip(&mut self) -> Result<(), DocumentError> {
        let mut depth = 1_u64;
        while depth > 0 {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The text of the element just begun, up to its end: its own, or that of the `t` elements in it, without
    /// the readings (`rPh`) that stand beside Japanese text.
    pub(crate) fn text(&mut self, only_t: bool, into: &mut String) -> Result<(), DocumentError> {
        into.clear();
        let (mut depth, mut in_t, mut readings) = (1_u64, 0_u64, 0_u64);
        while depth > 0 {
            let taken = readings == 0 && if only_t { in_t > 0 } else { depth == 1 };
            match self.next()? {
                Event::Start(element) => {
                    depth += 1;
                    let name = element.local_name();
                    in_t += u64::from(in_t > 0 || name.as_ref() == "t");
                    readings += u64::from(readings > 0 || name.as_ref() == "rPh");
                }
                Event::End(_) => {
                    depth -= 1;
                    in_t = in_t.saturating_sub(1);
                    readings = readings.saturating_sub(1);
                }
                Event::Text(text) if taken => into.push_str(&text.xml10_content()),
                Event::CData(text) if taken => into.push_str(&text.xml10_content()),
                Event::GeneralRef(name) if taken => match name.resolve_char_ref() {
                    Ok(Some(letter)) => into.push(letter),
                    _ => into.push_str(resolve_predefined_entity(&name).unwrap_or_default()),
                },
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn cut_off(&self) -> DocumentError {
        damaged(self.part, &"it is cut off")
    }

    pub(crate) fn wrong(&self, reason: &str) -> DocumentError {
        damaged(self.part, &reason)
    }
}

/// An attribute by its local name. Duplicates are not looked for: that would take quadratic time.
pub(crate) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .and_then(|attribute| attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(Into::into))
}

pub(crate) fn damaged(part: &str, reason: &dyn std::fmt::Display) -> DocumentError {
    DocumentError::Damaged { part: part.to_owned(), reason: reason.to_string() }
}
