//! A figure on a page: a link to what it is made of. Estimated and unknown ones say so. Each knows its value, for
//! downloads.

use askama::Template;

use ecom_documents::Value;
use ecom_ledger::Currency;

use crate::{download, money};

/// A figure.
#[derive(Template, Clone, Debug)]
#[template(
    source = "{% if unknown %}{% if href.is_empty() %}<span class=\"unknown\">{{ text }}</span>{% else %}<a class=\"unknown\" href=\"{{ href }}\">{{ text }}</a>{% endif %}{% else if href.is_empty() %}{{ text }}{% else %}<a class=\"figure\" href=\"{{ href }}\">{% if estimated %}<span title=\"partly estimated\">≈</span>\u{2009}{% endif %}{% if exact.is_empty() %}{{ text }}{% else %}<span title=\"{{ exact }}\" aria-hidden=\"true\">{{ text }}</span><span class=\"unseen\">{{ exact }}</span>{% endif %}</a>{% endif %}",
    ext = "html"
)]
pub(crate) struct Figure {
    text: String,
    /// The full amount, where the text is a short form of it.
    exact: String,
    href: String,
    estimated: bool,
    unknown: bool,
    /// As it is downloaded.
    value: Value,
}

impl askama::filters::HtmlSafe for Figure {}

impl Figure {
    /// An amount and where it is explained.
    pub(crate) fn amount(currency: Currency, minor: i64, href: String) -> Self {
        let value = download::amount(currency, minor);
        Self { href, value, ..Self::plain(money::exact(currency, minor)) }
    }

    /// An amount that is no sum of lines.
    pub(crate) fn unlinked(currency: Currency, minor: i64) -> Self {
        Self::amount(currency, minor, String::new())
    }

    /// The same in whole rupees, for a tile; the full amount is there on hover and for screen readers.
    pub(crate) fn tile(currency: Currency, minor: i64, href: String) -> Self {
        let exact = money::exact(currency, minor);
        Self { text: money::tile(currency, minor), exact, ..Self::amount(currency, minor, href) }
    }

    /// A count that leads nowhere.
    pub(crate) fn count(number: i64) -> Self {
        Self { value: Value::Integer(number), ..Self::plain(money::count(number)) }
    }

    /// A rise is told by its sign, not only by the lack of another.
    pub(crate) fn signed(self) -> Self {
        let rises = match self.value {
            Value::Integer(number) => number > 0,
            Value::Money { minor, .. } => minor > 0,
            _ => false,
        };
        if rises { Self { text: format!("+{}", self.text), ..self } } else { self }
    }

    /// A share in basis points.
    pub(crate) fn share(basis_points: i64) -> Self {
        Self { value: Value::Share(basis_points), ..Self::plain(money::percent(basis_points)) }
    }

    /// Nothing: an empty cell.
    pub(crate) fn nothing() -> Self {
        Self { value: Value::Empty, ..Self::plain("") }
    }

    /// A figure in words.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        let value = Value::Text(text.clone());
        Self { text, exact: String::new(), href: String::new(), estimated: false, unknown: false, value }
    }

    /// The same without its currency, for a table that names it once.
    pub(crate) fn bare(self, currency: Currency) -> Self {
        Self { text: money::bare(currency, &self.text), ..self }
    }

    /// A count of lines or units, and where they are.
    pub(crate) fn linked(text: impl Into<String>, href: String) -> Self {
        Self { href, ..Self::plain(text) }
    }

    /// A figure nobody can know yet: a word, never zero.
    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self { unknown: true, ..Self::plain(text) }
    }

    /// As it is shown.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// As it is downloaded: a number where it is one, the word where it is unknown.
    pub(crate) fn value(&self) -> Value {
        self.value.clone()
    }

    /// The same with another value for downloads, where its text is no number.
    pub(crate) fn worth(self, value: impl Into<Value>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// Where one mends what is unknown, or sees what it is made of.
    pub(crate) fn leading_to(self, href: String) -> Self {
        Self { href, ..self }
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether nobody can know it yet.
    pub(crate) fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// The same in short, with the full amount on hover and for screen readers; an unknown one stays a word.
    pub(crate) fn shortened(self, currency: Currency, minor: i64) -> Self {
        if self.unknown {
            self
        } else {
            Self { estimated: self.estimated, ..Self::tile(currency, minor, self.href) }
        }
    }

    /// The same by a shorter text, with the full one on hover and for screen readers; an unknown one stays a word.
    pub(crate) fn abridged(self, text: String, exact: String) -> Self {
        if self.unknown || text == exact { self } else { Self { text, exact, ..self } }
    }

    /// Marks it as partly estimated.
    pub(crate) fn estimated(mut self, estimated: bool) -> Self {
        self.estimated = estimated;
        self
    }
}

/// How a table row is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    /// An entry.
    Plain,
    /// A part of the entry above.
    Part,
    /// A sum.
    Sum,
    /// What the table ends with.
    Total,
}

impl Weight {
    /// The class of the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Part => "part",
            Self::Sum => "sum",
            Self::Total => "total",
        }
    }
}

/// A row of a table of figures.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) weight: Weight,
    pub(crate) label: String,
    pub(crate) note: String,
    /// The note in a narrow column.
    pub(crate) brief: String,
    pub(crate) figure: Figure,
    /// A second column, such as the share of net sales.
    pub(crate) share: Figure,
    /// What was debited and credited to come to it.
    pub(crate) turnover: [Figure; 2],
}

impl Row {
    pub(crate) fn new(weight: Weight, label: impl Into<String>, figure: Figure) -> Self {
        let (note, brief) = Default::default();
        let (share, turnover) = (Figure::nothing(), [Figure::nothing(), Figure::nothing()]);
        Self { weight, label: label.into(), note, brief, figure, share, turnover }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    pub(crate) fn brief(mut self, brief: impl Into<String>) -> Self {
        self.brief = brief.into();
        self
    }

    pub(crate) fn turnover(mut self, turnover: [Figure; 2]) -> Self {
        self.turnover = turnover;
        self
    }

    pub(crate) fn share(mut self, share: Figure) -> Self {
        self.share = share;
        self
    }
}

/// A tile: one figure that matters.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    pub(crate) label: &'static str,
    pub(crate) figure: Figure,
    pub(crate) note: String,
    pub(crate) first: bool,
}
