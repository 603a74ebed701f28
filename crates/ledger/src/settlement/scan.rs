//! What a reader of any format works with: names, posting, the sink, and what it noticed on the way.

use std::sync::Arc;

use encoding_rs::Encoding;
use rustc_hash::FxHashMap;

use crate::{
    Error, Refusal,
    day::DayCutter,
    money::Currency,
    tax_setting::TaxSettings,
    taxonomy::{Label, Taxonomy},
};

use super::{
    amount::{self, Bad, Form, Grouping},
    line::{GstMode, Line, ModeSpan, Poster, Sink, Units},
    names::{self, MOST_TEXT, RawNames},
};

/// How files are read.
#[derive(Clone)]
pub struct Options {
    /// Which account a label goes to.
    pub taxonomy: Arc<Taxonomy>,
    /// One treatment of GST on fees for all lines in rupees, whatever the settings say.
    pub gst: Option<GstMode>,
    /// Whether input credit is due, by marketplace and day.
    pub tax: Arc<TaxSettings>,
}

impl Options {
    /// The built-in taxonomy; input credit is due for rupees, and tax on fees is a cost elsewhere.
    pub fn new() -> Result<Self, Error> {
        let taxonomy = Arc::new(Taxonomy::built_in()?);
        Ok(Self { taxonomy, gst: None, tax: Arc::new(TaxSettings::default()) })
    }

    /// The mode for a currency where no setting says otherwise. GST exists in India only: elsewhere tax on fees is
    /// a cost.
    pub fn mode(&self, currency: Currency) -> GstMode {
        match (currency == Currency::INR, self.gst) {
            (true, Some(mode)) => mode,
            (true, None) => GstMode::of_credit(self.tax.usual()),
            (false, _) => GstMode::Cost,
        }
    }

    /// Whether the mode depends on marketplace and day.
    pub fn is_dated(&self, currency: Currency) -> bool {
        currency == Currency::INR && self.gst.is_none() && self.tax.is_dated()
    }

    /// The mode for lines of a marketplace, "" for those that name none, on a day.
    pub fn mode_at(&self, currency: Currency, marketplace: &str, day: i32) -> ModeSpan {
        if !self.is_dated(currency) {
            return ModeSpan { mode: self.mode(currency), from: i32::MIN, to: i32::MAX };
        }
        let credit = self.tax.at(marketplace, day);
        ModeSpan { mode: GstMode::of_credit(credit.due), from: credit.from, to: credit.to }
    }
}

/// Labels and marketplaces by their places, decoded.
pub(crate) struct Text<'n> {
    names: &'n RawNames,
    currency: Currency,
    encoding: Option<&'static Encoding>,
}

impl Text<'_> {
    pub(crate) fn label(&self, at: u32) -> Label {
        let raw = self.names.labels.get(at);
        names::label(self.encoding_of(raw), raw)
    }

    pub(crate) fn marketplace(&self, at: u32) -> String {
        let raw = self.names.marketplaces.get(at);
        names::decode(self.encoding_of(raw), raw)
    }

    fn encoding_of(&self, raw: &[u8]) -> &'static Encoding {
        let utf8 = std::str::from_utf8(raw).is_ok();
        let guess = if utf8 { encoding_rs::UTF_8 } else { names::fallback(Some(self.currency)) };
        self.encoding.unwrap_or(guess)
    }
}

/// What the head of a settlement says. Instants in microseconds since 1970-01-01 UTC.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Head {
    /// Start of the period.
    pub start: Option<i64>,
    /// End of the period.
    pub end: Option<i64>,
    /// When Amazon says it deposits.
    pub deposit: Option<i64>,
    /// What is paid (> 0), or charged or carried (< 0), in minor units.
    pub total: Option<i64>,
}

/// A place in the file: which block, and which line of it from 0. Ordered as in the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    pub(crate) block: u32,
    pub(crate) line: u32,
}

/// A refusal before the line number is known.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) place: Place,
    pub(crate) refusal: Refusal,
}

/// The state of one pass over (a part of) a file.
pub(crate) struct Scan<'t, S> {
    pub(crate) names: RawNames,
    pub(crate) heads: FxHashMap<u32, Head>,
    pub(crate) cutter: DayCutter,
    pub(crate) currency: Currency,
    pub(crate) grouping: Grouping,
    /// First amounts with a decimal point and with a decimal comma.
    pub(crate) point: Option<Place>,
    pub(crate) comma: Option<Place>,
    /// Where the scan is now.
    pub(crate) place: Place,
    pub(crate) sink: S,
    poster: Poster<'t>,
    exponent: u32,
    encoding: Option<&'static Encoding>,
}

impl<'t, S: Sink> Scan<'t, S> {
    pub(crate) fn new(options: &'t Options, currency: Currency, sink: S) -> Self {
        Self {
            names: RawNames::default(),
            heads: FxHashMap::default(),
            cutter: DayCutter::for_currency(currency),
            currency,
            grouping: Grouping::Thousands,
            point: None,
            comma: None,
            place: Place { block: 0, line: 0 },
            sink,
            poster: Poster::new(options, currency),
            exponent: currency.exponent(),
            encoding: None,
        }
    }

    /// Uses this encoding for labels instead of guessing string by string.
    pub(crate) fn with_encoding(mut self, encoding: &'static Encoding) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// Reads an amount and notes what its spelling says about the file's decimal separator.
    pub(crate) fn amount(&mut self, text: &[u8], column: &str) -> Result<i64, Box<Stop>> {
        let (value, form) = match amount::parse(text, self.exponent, self.grouping) {
            Ok(found) => found,
            Err(bad) => return Err(self.bad_amount(text, column, bad)),
        };
        let first = match form {
            Form::Any => return Ok(value),
            Form::Point => &mut self.point,
            Form::Comma => &mut self.comma,
        };
        first.get_or_insert(self.place);
        Ok(value)
    }

    #[cold]
    fn bad_amount(&self, text: &[u8], column: &str, bad: Bad) -> Box<Stop> {
        let remedy = "Upload the file as Amazon made it, not one saved by a spreadsheet";
        self.stop(column, bad.says(&String::from_utf8_lossy(text.trim_ascii())), remedy)
    }

    /// A refusal at the present line.
    #[cold]
    pub(crate) fn stop(&self, column: &str, message: impl Into<String>, remedy: &'static str) -> Box<Stop> {
        Box::new(Stop { place: self.place, refusal: Refusal::at(0, column, message, remedy) })
    }

    /// Posts a line and hands it on.
    pub(crate) fn post(&mut self, line: &Line<'_>) -> Result<(), Box<Stop>> {
        if line.order.len() > MOST_TEXT || self.names.long() {
            let message = format!("a text is longer than {MOST_TEXT} bytes");
            return Err(self.stop("", message, "Upload the file as Amazon made it"));
        }
        let text = Text { names: &self.names, currency: self.currency, encoding: self.encoding };
        self.poster
            .post(line, &text)
            .and_then(|posting| self.sink.line(line, posting))
            .map_err(|error| self.overflow(&error))
    }

    /// Counts units sold.
    pub(crate) fn units(&mut self, units: Units) -> Result<(), Box<Stop>> {
        self.sink.units(units).map_err(|error| self.overflow(&error))
    }

    #[cold]
    fn overflow(&self, error: &Error) -> Box<Stop> {
        self.stop("", error.to_string(), "Check the amounts of this file")
    }
}
