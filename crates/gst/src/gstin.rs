//! The GST identification number: State, PAN (or what stands in for it), entity, kind, check character.
//!
//! A `Gstin` exists only if its structure and its check character are right. Forms: CGST Rule 10(1) and the
//! portal's shapes for tax deductors, tax collectors, UN bodies and embassies, non-residents, online services.
//! A sole proprietor's GSTIN holds a personal PAN: `Debug` and `masked` hide its digits.

use std::fmt;
use std::str::FromStr;

use crate::pan::{Pan, PanError, masked, tidy};
use crate::state::State;

/// Length of a GSTIN in characters.
const LENGTH: usize = 15;
const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A checked GSTIN or UIN, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gstin {
    text: [u8; LENGTH],
    state: State,
    kind: GstinKind,
}

/// What a GSTIN was issued for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum GstinKind {
    /// A taxpayer: regular, composition, casual, SEZ, input service distributor. `Z` at place 14.
    Taxpayer,
    /// A government department registered under its tax deduction account number instead of a PAN.
    Government,
    /// Deducts tax at source under CGST section 51 (a public body). `D` at place 14.
    TdsDeductor,
    /// Collects tax at source under CGST section 52: an e-commerce operator such as Amazon. `C` at place 14.
    TcsCollector,
    /// Unique identity number of a UN body, embassy or other notified person (CGST section 25(9)).
    Uin,
    /// Non-resident taxable person.
    NonResident,
    /// Supplier of online information and database access services from abroad (IGST section 14).
    Oidar,
}

/// Why a text is no GSTIN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GstinError {
    /// Not fifteen characters.
    #[error("a GSTIN has 15 characters, this has {0}")]
    Length(usize),
    /// Something other than a letter of A to Z or a digit (place counted from 1).
    #[error("character {position} is `{found}`; a GSTIN holds only letters and digits")]
    Character {
        /// Place in the GSTIN, from 1.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The first two digits name no State that issues GSTINs.
    #[error("the first two digits, `{0}`, are not the code of a State (for example 27 is Maharashtra)")]
    State(String),
    /// The PAN inside is none.
    #[error("characters 3 to 12 should be the PAN: {0}")]
    Pan(#[from] PanError),
    /// A character that cannot stand at its place (counted from 1).
    #[error("character {position} should be {expected}, not `{found}`")]
    Shape {
        /// Place in the GSTIN, from 1.
        position: usize,
        /// What stands there.
        found: char,
        /// What may stand there.
        expected: &'static str,
    },
    /// The check character is wrong: some character was mistyped.
    #[error("the last character should be `{expected}`, not `{found}`: one of the characters is mistyped")]
    Check {
        /// The check character that belongs to the first fourteen.
        expected: char,
        /// The one given.
        found: char,
    },
}

impl Gstin {
    /// The fifteen characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters and digits are ever stored.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The State of the registration. For non-resident online services it is `99`.
    pub fn state(&self) -> State {
        self.state
    }

    /// What it was issued for.
    pub fn kind(&self) -> GstinKind {
        self.kind
    }

    /// The PAN inside. None for those registered without one (UIN, non-residents, departments with a TAN).
    pub fn pan(&self) -> Option<Pan> {
        self.text[2..12].try_into().ok().and_then(|bytes| Pan::from_bytes(bytes).ok())
    }

    /// `27AAPFUXXXXF1ZV`: enough to recognise one's own, not enough to use.
    pub fn masked(&self) -> String {
        masked(self.as_str(), 7..11)
    }
}

/// The check character of the first fourteen: digits of base 36, weights 1 and 2 in turn from the left, each
/// product's two base-36 digits added up, and what is missing to a multiple of 36.
fn check_character(text: &[u8; LENGTH]) -> u8 {
    let sum: usize = text[..LENGTH - 1]
        .iter()
        .zip([1, 2].into_iter().cycle())
        .map(|(&byte, weight)| {
            let product = value(byte) * weight;
            product / 36 + product % 36
        })
        .sum();
    DIGITS[(36 - sum % 36) % 36]
}

fn value(byte: u8) -> usize {
    DIGITS.iter().position(|&digit| digit == byte).unwrap_or(0)
}

/// Tells the kinds apart by shape. The first two digits are already known to be a State's code.
fn kind(text: &[u8; LENGTH]) -> Result<GstinKind, GstinError> {
    if text[2].is_ascii_digit() {
        return without_pan(text);
    }
    let tan = is_tan(&text[2..12]);
    if !tan {
        Pan::from_bytes(text[2..12].try_into().map_err(|_| GstinError::Length(LENGTH))?)?;
    }
    if text[12] == b'0' {
        return Err(misplaced(text, 12, "the number of the registration, 1 to 9 or A to Z"));
    }
    match text[13] {
        b'Z' if tan => Ok(GstinKind::Government),
        b'Z' => Ok(GstinKind::Taxpayer),
        b'D' => Ok(GstinKind::TdsDeductor),
        b'C' if !tan => Ok(GstinKind::TcsCollector),
        _ => Err(misplaced(text, 13, "`Z` (or `D` or `C` for those who deduct or collect tax)")),
    }
}

/// Tax deduction account number: four letters, five digits, a letter.
fn is_tan(text: &[u8]) -> bool {
    text[..4].iter().all(u8::is_ascii_uppercase)
        && text[4..9].iter().all(u8::is_ascii_digit)
        && text[9].is_ascii_uppercase()
}

/// State, year, three letters of a country or body, serial number, kind: `0717UNO00157UNO`, `9917SGP29001OST`.
fn without_pan(text: &[u8; LENGTH]) -> Result<GstinKind, GstinError> {
    for (index, byte) in text.iter().enumerate().take(12).skip(2) {
        let letter = (4..7).contains(&index);
        if letter && !byte.is_ascii_uppercase() {
            return Err(misplaced(text, index, "a letter"));
        }
        if !letter && !byte.is_ascii_digit() {
            // A third character that is a digit is far more often a slip in an ordinary GSTIN.
            return Err(misplaced(text, 2, "the first letter of the PAN"));
        }
    }
    match (&text[12..14], &text[..2]) {
        (b"UN" | b"ON", _) => Ok(GstinKind::Uin),
        (b"NR", _) => Ok(GstinKind::NonResident),
        (b"OS", b"99") => Ok(GstinKind::Oidar),
        _ => Err(misplaced(text, 12, "the start of `UN`, `ON`, `NR` or (with State 99) `OS`")),
    }
}

fn misplaced(text: &[u8; LENGTH], index: usize, expected: &'static str) -> GstinError {
    GstinError::Shape { position: index + 1, found: char::from(text[index]), expected }
}

impl FromStr for Gstin {
    type Err = GstinError;

    /// Accepts small letters and spaces.
    fn from_str(text: &str) -> Result<Self, GstinError> {
        let text = tidy(text);
        let count = text.chars().count();
        if count != LENGTH {
            return Err(GstinError::Length(count));
        }
        let foreign = |letter: &char| !letter.is_ascii_alphanumeric();
        if let Some((index, found)) = text.chars().enumerate().find(|(_, letter)| foreign(letter)) {
            return Err(GstinError::Character { position: index + 1, found });
        }
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| GstinError::Length(count))?;
        let state = State::from_code(&text[..2])
            .filter(|state| state.issues_gstins())
            .ok_or_else(|| GstinError::State(text[..2].to_owned()))?;
        let kind = kind(&bytes)?;
        let (expected, found) = (check_character(&bytes), bytes[LENGTH - 1]);
        if expected != found {
            return Err(GstinError::Check { expected: char::from(expected), found: char::from(found) });
        }
        Ok(Self { text: bytes, state, kind })
    }
}

impl fmt::Display for Gstin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Gstin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gstin({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VECTORS: &str = include_str!("../tests/fixtures/gstin_vectors.csv");

    fn vectors() -> impl Iterator<Item = (&'static str, bool, &'static str)> {
        VECTORS.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0], cells[1] == "true", cells[2])
        })
    }

    /// The reasons a vector may be refused for, or the kind it has.
    fn told(text: &str) -> &'static str {
        match text.parse::<Gstin>().map(|gstin| gstin.kind()) {
            Ok(GstinKind::Taxpayer) => "ok",
            Ok(GstinKind::TdsDeductor) => "tds_deductor",
            Ok(GstinKind::TcsCollector) => "tcs_collector",
            Ok(GstinKind::Uin) => "uin",
            Ok(GstinKind::Oidar) => "oidar",
            Ok(_) => "other",
            Err(GstinError::Length(_)) => "length",
            Err(GstinError::Character { .. }) => "charset",
            Err(GstinError::State(_)) => "state_code",
            Err(GstinError::Shape { position: 13, .. }) => "entity_code_zero+checksum",
            Err(GstinError::Shape { position: 14, .. }) => "position14_not_Z",
            Err(GstinError::Shape { .. }) => "shape",
            // `ABCDE1234F` is no PAN; vectors with it also have a wrong check character.
            Err(GstinError::Pan(_) | GstinError::Check { .. }) => "checksum",
        }
    }

    #[test]
    fn every_vector_gets_its_verdict_and_reason() {
        assert!(vectors().count() >= 89);
        for (text, valid, reason) in vectors() {
            assert_eq!(text.parse::<Gstin>().is_ok(), valid, "{text} {reason}");
            let reason = match reason {
                "tcs_or_tds_registration" => "tcs_collector",
                other => other,
            };
            assert_eq!(told(text), reason, "{text}");
        }
    }

    #[test]
    fn a_gstin_yields_its_state_and_pan() {
        let gstin: Gstin = " 27 aapfu0939f 1zv ".parse().unwrap();
        assert_eq!(gstin.to_string(), "27AAPFU0939F1ZV");
        assert_eq!(gstin.state().name(), "Maharashtra");
        assert_eq!(gstin.pan().unwrap().to_string(), "AAPFU0939F");
        assert_eq!(format!("{gstin:?}"), "Gstin(27AAPFUXXXXF1ZV)");
        let ladakh: Gstin = "38AAALS7119L1ZH".parse().unwrap();
        assert_eq!(ladakh.state().name(), "Ladakh");
    }

    #[test]
    fn those_without_a_pan_have_none() {
        for text in ["0717UNO00157UNO", "9917SGP29001OST", "06DELI09652G1DA"] {
            assert_eq!(text.parse::<Gstin>().unwrap().pan(), None, "{text}");
        }
    }

    #[test]
    fn messages_say_what_to_put_right() {
        let why = |text: &str| text.parse::<Gstin>().unwrap_err().to_string();
        assert!(why("27AAPFU0939F1ZO").starts_with("the last character should be `V`, not `O`"));
        assert_eq!(why("27AAPFU0939F1Z"), "a GSTIN has 15 characters, this has 14");
        assert!(why("96AAPFU0939F1ZV").contains("`96`"));
        assert!(why("27AAPFUO939F1ZV").contains("character 6 of the PAN should be a digit, not `O`"));
        assert!(why("274APFU0939F1ZV").contains("character 3 should be the first letter of the PAN"));
        assert!(why("27AAPFU0939F१ZV").contains("character 13 is `१`"));
    }

    proptest! {
        #[test]
        fn one_mistyped_character_is_always_noticed(pick in 0_usize..40, at in 0_usize..15, other in 0_usize..36) {
            let valid: Vec<_> = vectors().filter(|vector| vector.1).map(|vector| vector.0).collect();
            let mut text = valid[pick % valid.len()].as_bytes().to_vec();
            prop_assume!(text[at] != DIGITS[other]);
            text[at] = DIGITS[other];
            prop_assert!(std::str::from_utf8(&text).unwrap().parse::<Gstin>().is_err());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,20}") {
            let _ = text.parse::<Gstin>();
        }

        #[test]
        fn no_text_of_the_right_length_makes_the_reader_panic(text in "[0-9A-Za-z]{15}") {
            let _ = text.parse::<Gstin>();
        }
    }
}
