//! What is written: a sheet of typed values.

use jiff::civil::Date;

/// A sheet to be written: a header and rows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Name of the sheet in XLSX: at most 31 characters, none of `[ ] : * ? / \`.
    pub name: String,
    /// Column titles.
    pub header: Vec<String>,
    /// Rows; they may differ in length.
    pub rows: Vec<Vec<Value>>,
}

/// A value of a cell to be written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Empty,
    /// Text; never run as a formula.
    Text(String),
    /// A count.
    Integer(i64),
    /// An amount in minor units of a currency with so many decimals (paise: 2).
    Money {
        /// In minor units.
        minor: i64,
        /// Decimals.
        exponent: u8,
    },
    /// A share in basis points: 1785 is 17.85 %, and 0.1785 in CSV.
    Share(i64),
    /// A day.
    Date(Date),
}

impl From<i64> for Value {
    fn from(count: i64) -> Self {
        Self::Integer(count)
    }
}

impl From<Date> for Value {
    fn from(day: Date) -> Self {
        Self::Date(day)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Decimals of a share given in basis points.
pub(crate) const SHARE_EXPONENT: u8 = 4;

/// A plain decimal of an amount: `-1234.50`.
pub(crate) fn decimal(minor: i64, exponent: u8) -> String {
    let places = usize::from(exponent);
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let (sign, point) = (if minor < 0 { "-" } else { "" }, if places > 0 { "." } else { "" });
    format!("{sign}{whole}{point}{fraction}")
}
