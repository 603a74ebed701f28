//! The Permanent Account Number of the Income Tax Department: five letters, four digits, a letter.
//!
//! The fourth letter says what its holder is. The last letter is a check whose rule is not published, so it is
//! not verified. A sole proprietor's PAN is personal data: `Debug` and `masked` hide its digits.

use std::fmt;
use std::str::FromStr;

/// Length of a PAN in characters.
const LENGTH: usize = 10;

/// A PAN of correct structure, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pan([u8; LENGTH]);

/// Who holds a PAN, by its fourth letter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Holder {
    /// `P`: a person, so also a sole proprietorship.
    Individual,
    /// `C`: company.
    Company,
    /// `F`: firm or limited liability partnership.
    Firm,
    /// `E`: limited liability partnership, a letter seen rarely.
    LimitedLiabilityPartnership,
    /// `H`: Hindu undivided family.
    UndividedFamily,
    /// `A`: association of persons.
    Association,
    /// `B`: body of individuals.
    BodyOfIndividuals,
    /// `G`: government.
    Government,
    /// `J`: artificial juridical person.
    JuridicalPerson,
    /// `L`: local authority.
    LocalAuthority,
    /// `T` (formerly also `K`): trust.
    Trust,
}

/// Why a text is no PAN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PanError {
    /// Not ten characters.
    #[error("a PAN has 10 characters, this has {0}")]
    Length(usize),
    /// A character that cannot stand at its place (counted from 1).
    #[error("character {position} of the PAN should be {expected}, not `{found}`")]
    Shape {
        /// Place in the PAN, from 1.
        position: usize,
        /// What stands there.
        found: char,
        /// What may stand there.
        expected: &'static str,
    },
    /// The fourth letter names no kind of holder.
    #[error(
        "the fourth letter of the PAN, `{0}`, names no kind of holder (such as P for a person, C for a company)"
    )]
    Holder(char),
    /// The number is 0000, which is never issued.
    #[error("the four digits of the PAN are 0000, which is never issued")]
    Serial,
}

impl Pan {
    /// The ten characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters and digits are ever stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What the holder is.
    pub fn holder(&self) -> Holder {
        // A letter without a holder is refused when read; a trust stands in for it here.
        holder(self.0[3]).unwrap_or(Holder::Trust)
    }

    /// `AAPPVXXXXK`: enough to recognise one's own, not enough to use.
    pub fn masked(&self) -> String {
        masked(self.as_str(), 5..9)
    }

    pub(crate) fn from_bytes(bytes: [u8; LENGTH]) -> Result<Self, PanError> {
        for (index, &byte) in bytes.iter().enumerate() {
            let (fits, expected) = match index {
                5..=8 => (byte.is_ascii_digit(), "a digit"),
                _ => (byte.is_ascii_uppercase(), "a letter"),
            };
            if !fits {
                let (position, found) = (index + 1, char::from(byte));
                return Err(PanError::Shape { position, found, expected });
            }
        }
        if holder(bytes[3]).is_none() {
            return Err(PanError::Holder(char::from(bytes[3])));
        }
        if &bytes[5..9] == b"0000" {
            return Err(PanError::Serial);
        }
        Ok(Self(bytes))
    }
}

fn holder(letter: u8) -> Option<Holder> {
    Some(match letter {
        b'P' => Holder::Individual,
        b'C' => Holder::Company,
        b'F' => Holder::Firm,
        b'E' => Holder::LimitedLiabilityPartnership,
        b'H' => Holder::UndividedFamily,
        b'A' => Holder::Association,
        b'B' => Holder::BodyOfIndividuals,
        b'G' => Holder::Government,
        b'J' => Holder::JuridicalPerson,
        b'L' => Holder::LocalAuthority,
        b'T' | b'K' => Holder::Trust,
        _ => return None,
    })
}

/// The text with the characters of a range replaced by `X`.
pub(crate) fn masked(text: &str, hidden: std::ops::Range<usize>) -> String {
    let mask = |(index, letter)| if hidden.contains(&index) { 'X' } else { letter };
    text.chars().enumerate().map(mask).collect()
}

/// What people type or paste: spaces dropped, letters made capitals.
pub(crate) fn tidy(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_uppercase()).collect()
}

impl FromStr for Pan {
    type Err = PanError;

    /// Accepts small letters and spaces.
    fn from_str(text: &str) -> Result<Self, PanError> {
        let text = tidy(text);
        let count = text.chars().count();
        if count != LENGTH {
            return Err(PanError::Length(count));
        }
        if let Some((index, found)) = text.chars().enumerate().find(|(_, letter)| !letter.is_ascii()) {
            return Err(PanError::Shape { position: index + 1, found, expected: "a letter or a digit" });
        }
        let bytes = text.as_bytes().try_into().map_err(|_| PanError::Length(count))?;
        Self::from_bytes(bytes)
    }
}

impl fmt::Display for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pan({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_shapes_are_accepted_with_their_holder() {
        for (text, holder) in [
            ("AAPPV8261K", Holder::Individual),
            ("ACUPA7085R", Holder::Individual),
            ("AAKFD7113K", Holder::Firm),
            ("AFZPK7190K", Holder::Individual),
            ("aagcg 4576j", Holder::Company),
        ] {
            assert_eq!(text.parse::<Pan>().unwrap().holder(), holder, "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_own_message() {
        let why = |text: &str| text.parse::<Pan>().unwrap_err().to_string();
        assert_eq!(why("ACUPA7085RR"), "a PAN has 10 characters, this has 11");
        assert_eq!(why("ABMPA32111"), "character 10 of the PAN should be a letter, not `1`");
        assert_eq!(why("ABMPAO2111"), "character 6 of the PAN should be a digit, not `O`");
        assert!(why("ABMXA3211G").starts_with("the fourth letter of the PAN, `X`"));
        assert_eq!(why("ACUPA0000R"), "the four digits of the PAN are 0000, which is never issued");
        assert!(why("ACUPA70₹5R").starts_with("character 8"));
    }

    #[test]
    fn debug_hides_the_digits() {
        let pan: Pan = "AAPPV8261K".parse().unwrap();
        assert_eq!(format!("{pan:?}"), "Pan(AAPPVXXXXK)");
        assert_eq!(pan.to_string(), "AAPPV8261K");
    }
}
