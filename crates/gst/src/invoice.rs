//! What an invoice must obey: its number, and which heads of tax its place of supply asks for.

use std::fmt;
use std::str::FromStr;

use crate::pan::tidy;
use crate::state::{SecondTax, State};

/// Most characters of an invoice number (CGST Rule 46(b)).
const MOST: usize = 16;

/// A number for a tax invoice, credit note or receipt voucher: at most 16 of letters, digits, `-` and `/`.
///
/// Kept in capitals: the invoice registration portal upper-cases numbers since June 2025, so case must never
/// tell two numbers apart. Uniqueness per series and financial year is the register's matter.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct InvoiceNumber(String);

/// Why a text is no invoice number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceNumberError {
    /// Nothing, or more than 16 characters.
    #[error("an invoice number has 1 to 16 characters, this has {0}")]
    Length(usize),
    /// A character the rule does not allow (place counted from 1).
    #[error(
        "character {position} of the invoice number is `{found}`; allowed are letters, digits, `-` and `/`"
    )]
    Character {
        /// Place, from 1.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// Begins with `0`, `-` or `/`, which the invoice registration portal refuses.
    #[error("an invoice number must not begin with `{0}`")]
    Start(char),
}

impl InvoiceNumber {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InvoiceNumber {
    type Err = InvoiceNumberError;

    fn from_str(text: &str) -> Result<Self, InvoiceNumberError> {
        let text = tidy(text);
        let count = text.chars().count();
        if !(1..=MOST).contains(&count) {
            return Err(InvoiceNumberError::Length(count));
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '/';
        if let Some((index, found)) = text.chars().enumerate().find(|(_, letter)| !allowed(*letter)) {
            return Err(InvoiceNumberError::Character { position: index + 1, found });
        }
        match text.chars().next() {
            Some(first @ ('0' | '-' | '/')) => Err(InvoiceNumberError::Start(first)),
            _ => Ok(Self(text)),
        }
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which heads of GST a supply carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TaxHeads {
    /// Within one State: CGST and the State's or Union Territory's tax (IGST section 8).
    Within(SecondTax),
    /// Between States, or abroad: IGST (IGST section 7).
    Between,
}

impl TaxHeads {
    /// By the supplier's State and the place of supply. SEZ supplies are always between States: caller's matter.
    pub fn of(supplier: State, place: State) -> Self {
        match supplier.second_tax() {
            Some(second) if supplier == place => Self::Within(second),
            _ => Self::Between,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invoice_numbers_follow_rule_46() {
        assert_eq!("ab/26-27/000123".parse::<InvoiceNumber>().unwrap().as_str(), "AB/26-27/000123");
        let why = |text: &str| text.parse::<InvoiceNumber>().unwrap_err();
        assert_eq!(why(""), InvoiceNumberError::Length(0));
        assert_eq!(why("ABC/2026-27/00012"), InvoiceNumberError::Length(17));
        assert_eq!(why("AB_1"), InvoiceNumberError::Character { position: 3, found: '_' });
        assert_eq!(why("012"), InvoiceNumberError::Start('0'));
    }

    #[test]
    fn the_same_state_splits_the_tax_another_does_not() {
        let state = |code| State::from_code(code).unwrap();
        assert_eq!(TaxHeads::of(state("27"), state("27")), TaxHeads::Within(SecondTax::Sgst));
        assert_eq!(TaxHeads::of(state("04"), state("04")), TaxHeads::Within(SecondTax::Utgst));
        assert_eq!(TaxHeads::of(state("27"), state("29")), TaxHeads::Between);
        assert_eq!(TaxHeads::of(state("27"), state("96")), TaxHeads::Between);
        assert_eq!(TaxHeads::of(state("96"), state("96")), TaxHeads::Between);
    }
}
