//! States and Union Territories by their GST code, both ways, with the spellings Amazon's files use.
//!
//! Codes are the GST portal's list (those of the 2011 census, extended). A code once given stays readable, so
//! that old documents can be read; `billing` lists what a person may choose today.

use std::fmt;
use std::str::FromStr;

/// A State, Union Territory or special code of the GST portal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State(u8);

/// The tax beside CGST on a supply within one State.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SecondTax {
    /// State tax (the State's own SGST Act).
    Sgst,
    /// Union territory tax (UTGST Act 2017, for territories without a legislature).
    Utgst,
}

/// A text that names no State.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no State or Union Territory of India, nor its two-digit GST code")]
pub struct StateError(String);

/// How a code may be used.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    /// In force.
    Now,
    /// Still read in old documents; its successor has another code.
    Legacy,
    /// Registrations exist, but nobody lives there.
    Special,
    /// Only a place of supply, never the beginning of a GSTIN.
    PlaceOnly,
}

struct Entry {
    code: u8,
    digits: &'static str,
    name: &'static str,
    second: Option<SecondTax>,
    used: Use,
}

const fn entry(code: u8, digits: &'static str, name: &'static str, second: SecondTax) -> Entry {
    Entry { code, digits, name, second: Some(second), used: Use::Now }
}

const fn odd(
    code: u8,
    digits: &'static str,
    name: &'static str,
    second: Option<SecondTax>,
    used: Use,
) -> Entry {
    Entry { code, digits, name, second, used }
}

use SecondTax::{Sgst, Utgst};

/// In order of code.
const STATES: &[Entry] = &[
    entry(1, "01", "Jammu and Kashmir", Sgst),
    entry(2, "02", "Himachal Pradesh", Sgst),
    entry(3, "03", "Punjab", Sgst),
    entry(4, "04", "Chandigarh", Utgst),
    entry(5, "05", "Uttarakhand", Sgst),
    entry(6, "06", "Haryana", Sgst),
    entry(7, "07", "Delhi", Sgst),
    entry(8, "08", "Rajasthan", Sgst),
    entry(9, "09", "Uttar Pradesh", Sgst),
    entry(10, "10", "Bihar", Sgst),
    entry(11, "11", "Sikkim", Sgst),
    entry(12, "12", "Arunachal Pradesh", Sgst),
    entry(13, "13", "Nagaland", Sgst),
    entry(14, "14", "Manipur", Sgst),
    entry(15, "15", "Mizoram", Sgst),
    entry(16, "16", "Tripura", Sgst),
    entry(17, "17", "Meghalaya", Sgst),
    entry(18, "18", "Assam", Sgst),
    entry(19, "19", "West Bengal", Sgst),
    entry(20, "20", "Jharkhand", Sgst),
    entry(21, "21", "Odisha", Sgst),
    entry(22, "22", "Chhattisgarh", Sgst),
    entry(23, "23", "Madhya Pradesh", Sgst),
    entry(24, "24", "Gujarat", Sgst),
    // Merged into 26 from 26 January 2020; GSTINs issued before exist.
    odd(25, "25", "Daman and Diu", Some(Utgst), Use::Legacy),
    entry(26, "26", "Dadra and Nagar Haveli and Daman and Diu", Utgst),
    entry(27, "27", "Maharashtra", Sgst),
    // Before Telangana was split off in 2014.
    odd(28, "28", "Andhra Pradesh (before division)", Some(Sgst), Use::Legacy),
    entry(29, "29", "Karnataka", Sgst),
    entry(30, "30", "Goa", Sgst),
    entry(31, "31", "Lakshadweep", Utgst),
    entry(32, "32", "Kerala", Sgst),
    entry(33, "33", "Tamil Nadu", Sgst),
    entry(34, "34", "Puducherry", Sgst),
    entry(35, "35", "Andaman and Nicobar Islands", Utgst),
    entry(36, "36", "Telangana", Sgst),
    entry(37, "37", "Andhra Pradesh", Sgst),
    entry(38, "38", "Ladakh", Utgst),
    odd(96, "96", "Other Countries", None, Use::PlaceOnly),
    odd(97, "97", "Other Territory", Some(Utgst), Use::Special),
    odd(99, "99", "Centre Jurisdiction", None, Use::Special),
];

/// Other spellings, folded as `fold` does: old names, Amazon's, common slips.
const ALIASES: &[(&str, &str)] = &[
    ("newdelhi", "07"),
    ("nctofdelhi", "07"),
    ("delhinct", "07"),
    ("orissa", "21"),
    ("orrisa", "21"),
    ("uttaranchal", "05"),
    ("uttrakhand", "05"),
    ("pondicherry", "34"),
    ("pondichery", "34"),
    ("chattisgarh", "22"),
    ("chhatisgarh", "22"),
    ("chattishgarh", "22"),
    ("jammukashmir", "01"),
    ("jandk", "01"),
    ("tamilnad", "33"),
    ("telengana", "36"),
    ("andamannicobar", "35"),
    ("andamannicobarislands", "35"),
    ("damandiu", "26"),
    ("dadranagarhaveli", "26"),
    ("dadranagarhavelidamandiu", "26"),
    ("dadarnagarhaveli", "26"),
    ("dnhdd", "26"),
    ("lakshadweepislands", "31"),
    ("foreigncountry", "96"),
    ("othercountry", "96"),
];

impl State {
    /// From a two-digit code. One digit is accepted where it cannot be mistaken (`7` for `07`).
    pub fn from_code(code: &str) -> Option<Self> {
        if code.is_empty() || code.len() > 2 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let code: u8 = code.parse().ok()?;
        STATES.iter().any(|entry| entry.code == code).then_some(Self(code))
    }

    /// From a name in any usual spelling; case, spaces, points and `&` or `and` make no difference.
    ///
    /// `Andhra Pradesh` is 37; `Daman and Diu` is today's 26: the legacy codes have no names of their own.
    pub fn from_name(name: &str) -> Option<Self> {
        let folded = fold(name);
        let by_name = STATES
            .iter()
            .filter(|entry| entry.used != Use::Legacy)
            .find(|entry| fold(entry.name) == folded)
            .map(|entry| Self(entry.code));
        by_name.or_else(|| {
            let (_, code) = ALIASES.iter().find(|(alias, _)| *alias == folded)?;
            Self::from_code(code)
        })
    }

    /// Two digits, as GSTINs begin.
    pub fn code(self) -> &'static str {
        self.entry().digits
    }

    /// The name in English, as it stands on an invoice.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What stands beside CGST within this State; none for other countries and the Centre's jurisdiction.
    pub fn second_tax(self) -> Option<SecondTax> {
        self.entry().second
    }

    /// Whether a GSTIN may begin with this code.
    pub fn issues_gstins(self) -> bool {
        self.entry().used != Use::PlaceOnly
    }

    /// The 28 States and 8 Union Territories a person may choose for billing, by name.
    pub fn billing() -> impl Iterator<Item = Self> {
        let mut current: Vec<&Entry> = STATES.iter().filter(|entry| entry.used == Use::Now).collect();
        current.sort_by_key(|entry| entry.name);
        current.into_iter().map(|entry| Self(entry.code))
    }

    /// Every known code, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        STATES.iter().map(|entry| Self(entry.code))
    }

    fn entry(self) -> &'static Entry {
        // A State is only ever made from a code in the table; the first row is never reached by default.
        STATES.iter().find(|entry| entry.code == self.0).unwrap_or(&STATES[0])
    }
}

/// Letters only, in small, without the word "and" between words.
fn fold(name: &str) -> String {
    name.to_lowercase()
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|word| !word.is_empty() && *word != "and")
        .collect()
}

impl FromStr for State {
    type Err = StateError;

    /// A code or a name.
    fn from_str(text: &str) -> Result<Self, StateError> {
        let text = text.trim();
        Self::from_code(text).or_else(|| Self::from_name(text)).ok_or_else(|| StateError(text.to_owned()))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({} {})", self.code(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The portal's list, kept apart from the table as a second witness.
    const LIST: &str = include_str!("../tests/fixtures/state_codes.csv");

    #[test]
    fn every_code_of_the_portal_has_its_name_and_second_tax() {
        let lines: Vec<&str> = LIST.lines().skip(1).collect();
        assert_eq!(lines.len(), State::all().count());
        for line in lines {
            let (code, rest) = line.split_once(',').unwrap();
            let (name, second) = rest.rsplit_once(',').unwrap();
            let state = State::from_code(code).unwrap();
            assert_eq!(state.code(), code);
            let listed = name.trim_matches('"').to_lowercase();
            let short = state.name().to_lowercase();
            let short = short.split(" (").next().unwrap();
            assert!(listed.starts_with(short), "{code} {listed} {short}");
            let tax = state.second_tax().map_or("", |tax| match tax {
                SecondTax::Sgst => "SGST",
                SecondTax::Utgst => "UTGST",
            });
            assert_eq!(tax, second, "{code}");
        }
    }

    #[test]
    fn names_and_codes_lead_back_to_each_other() {
        for state in State::billing() {
            assert_eq!(State::from_name(state.name()), Some(state));
            assert_eq!(state.code().parse(), Ok(state));
        }
    }

    #[test]
    fn a_person_chooses_among_thirty_six() {
        let names: Vec<_> = State::billing().map(State::name).collect();
        assert_eq!(names.len(), 36);
        assert_eq!(names[0], "Andaman and Nicobar Islands");
        assert!(names.is_sorted());
        for code in ["25", "28", "96", "97", "99"] {
            assert!(!State::billing().any(|state| state.code() == code));
        }
    }

    #[test]
    fn spellings_of_files_are_understood() {
        for (name, code) in [
            ("NEW DELHI", "07"),
            ("ORISSA", "21"),
            ("Andaman & Nicobar", "35"),
            ("JAMMU & KASHMIR", "01"),
            ("Daman and Diu", "26"),
            ("DADRA & NAGAR HAVELI", "26"),
            ("andhra pradesh", "37"),
            ("  Tamilnadu ", "33"),
            ("Pondicherry", "34"),
            ("7", "07"),
        ] {
            assert_eq!(name.parse::<State>().unwrap().code(), code, "{name}");
        }
        for nothing in ["", "Bayern", "39", "00", "+7", "007", "and"] {
            assert!(nothing.parse::<State>().is_err(), "{nothing}");
        }
    }

    #[test]
    fn every_alias_names_a_code_and_shadows_no_name() {
        for (alias, code) in ALIASES {
            assert_eq!(State::from_name(alias).unwrap().code(), *code, "{alias}");
            assert_eq!(fold(alias), **alias);
        }
    }
}
