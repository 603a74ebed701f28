//! Dictionaries of a file's distinct strings: decoding and classifying happen once per string, not per line.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};
use rustc_hash::FxHashMap;

use crate::{money::Currency, taxonomy::Label};

/// Longest text of a field in bytes. Amazon's longest are some 200; a database's index takes no more than 2,700.
pub(crate) const MOST_TEXT: usize = 1000;

/// Strings as bytes, numbered from 0 in the order of their first appearance.
#[derive(Default)]
pub(crate) struct Interner {
    ids: FxHashMap<Box<[u8]>, u32>,
    list: Vec<Box<[u8]>>,
    /// Whether some string is longer than any of Amazon's.
    long: bool,
}

impl Interner {
    /// The number of a string; a new one if it is new.
    pub(crate) fn id(&mut self, text: &[u8]) -> u32 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.long |= text.len() > MOST_TEXT;
        self.list.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    pub(crate) fn get(&self, id: u32) -> &[u8] {
        self.list.get(id as usize).map_or(&[], |text| text)
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(AsRef::as_ref)
    }
}

/// The raw dictionaries of one scan. Id 0 of `skus` and `marketplaces` is the empty string.
pub(crate) struct RawNames {
    pub(crate) settlements: Interner,
    /// `transaction-type \t amount-type \t amount-description`
    pub(crate) labels: Interner,
    pub(crate) skus: Interner,
    pub(crate) marketplaces: Interner,
}

impl Default for RawNames {
    fn default() -> Self {
        let mut names = Self {
            settlements: Interner::default(),
            labels: Interner::default(),
            skus: Interner::default(),
            marketplaces: Interner::default(),
        };
        names.skus.id(b"");
        names.marketplaces.id(b"");
        names
    }
}

impl RawNames {
    /// Whether some string is longer than [`MOST_TEXT`].
    pub(crate) fn long(&self) -> bool {
        self.settlements.long || self.labels.long || self.skus.long || self.marketplaces.long
    }

    /// Strict UTF-8 if every string is; else what Amazon uses in that marketplace.
    pub(crate) fn encoding(&self, currency: Option<Currency>) -> &'static Encoding {
        let all = [&self.labels, &self.skus, &self.marketplaces, &self.settlements];
        if all.iter().all(|names| names.iter().all(|text| std::str::from_utf8(text).is_ok())) {
            return UTF_8;
        }
        fallback(currency)
    }

    pub(crate) fn decode(&self, encoding: &'static Encoding) -> Names {
        let texts = |names: &Interner| names.iter().map(|text| decode(encoding, text)).collect();
        let labels = self.labels.iter().map(|text| label(encoding, text)).collect();
        Names { labels, skus: texts(&self.skus), marketplaces: texts(&self.marketplaces) }
    }
}

/// The encoding of a file that is not UTF-8: `Shift_JIS` for Japan, else Windows-1252.
pub(crate) fn fallback(currency: Option<Currency>) -> &'static Encoding {
    match currency {
        Some(currency) if currency.code() == "JPY" => SHIFT_JIS,
        _ => WINDOWS_1252,
    }
}

pub(crate) fn decode(encoding: &'static Encoding, text: &[u8]) -> String {
    encoding.decode_without_bom_handling(text).0.trim().to_owned()
}

/// The label behind its three tab-separated parts.
pub(crate) fn label(encoding: &'static Encoding, text: &[u8]) -> Label {
    let mut parts = text.splitn(3, |&byte| byte == b'\t').map(|part| decode(encoding, part));
    let mut next = || parts.next().unwrap_or_default();
    Label { transaction_type: next(), amount_type: next(), description: next() }
}

/// The decoded dictionaries of a file; ids in lines and tallies are places in these lists.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Names {
    /// Labels.
    pub labels: Vec<Label>,
    /// SKUs; 0 is "no SKU".
    pub skus: Vec<String>,
    /// Marketplaces, such as `Amazon.in`; 0 is "none given".
    pub marketplaces: Vec<String>,
}
