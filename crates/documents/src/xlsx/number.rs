//! Numbers of a sheet as a person sees them: plain decimals, percentages, dates and times.
//!
//! A spreadsheet keeps binary fractions but shows at most 15 digits, so 15 digits are what a person typed or
//! saw. Everything after that is done on decimal digits.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// What a number means, by its cell's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Percent,
    Date,
    DateTime,
    Time,
}

/// Seconds of a day.
const DAY_S: u64 = 86_400;
/// Digits kept of a day's fraction; 1e-10 of a day is 9 microseconds.
const FRACTION: usize = 10;

impl Kind {
    /// Formats that every spreadsheet program knows by number (ECMA-376 part 1, 18.8.30).
    pub(crate) fn of_builtin(id: &str) -> Self {
        match id.parse::<u32>() {
            Ok(9 | 10) => Self::Percent,
            Ok(14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58) => Self::Date,
            Ok(18..=21 | 32..=35 | 45..=47 | 55 | 56) => Self::Time,
            Ok(22) => Self::DateTime,
            _ => Self::Plain,
        }
    }

    /// By the letters of a format code, outside quotes, brackets and escapes, before the first `;`.
    pub(crate) fn of_code(code: &str) -> Self {
        let (mut day, mut month, mut time, mut percent) = (false, false, false, false);
        let mut letters = code.chars();
        while let Some(letter) = letters.next() {
            match letter.to_ascii_lowercase() {
                ';' => break,
                '"' => drop(letters.by_ref().find(|letter| *letter == '"')),
                '[' => {
                    let inside: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                    let elapsed = inside.to_ascii_lowercase();
                    time |= !elapsed.is_empty() && elapsed.chars().all(|letter| "hms".contains(letter));
                }
                '\\' | '_' | '*' => drop(letters.next()),
                'y' | 'd' => day = true,
                'm' => month = true,
                'h' | 's' => time = true,
                '%' => percent = true,
                _ => {}
            }
        }
        match (day || (month && !time), time) {
            (true, true) => Self::DateTime,
            (true, false) => Self::Date,
            (false, true) => Self::Time,
            (false, false) if percent => Self::Percent,
            (false, false) => Self::Plain,
        }
    }

    /// The number as text. None if it is not one.
    pub(crate) fn show(self, raw: &str, since_1904: bool) -> Option<String> {
        let value: f64 = raw.trim().parse().ok()?;
        let dated = match self {
            Self::Plain => None,
            Self::Percent => return Some(decimal(value, 2)? + "%"),
            Self::Date | Self::DateTime | Self::Time => self.show_date(value, since_1904),
        };
        dated.map_or_else(|| decimal(value, 0), Some)
    }

    /// None for numbers that are no day of a spreadsheet's calendar: they are shown as numbers.
    fn show_date(self, value: f64, since_1904: bool) -> Option<String> {
        if !(0.0..2_958_466.0).contains(&value) {
            return None;
        }
        let text = format!("{value:.FRACTION$}");
        let (days, fraction) = text.split_once('.')?;
        let (mut days, fraction): (i64, u64) = (days.parse().ok()?, fraction.parse().ok()?);
        let one_day = 10_u64.pow(u32::try_from(FRACTION).ok()?);
        let mut seconds = (fraction * DAY_S + one_day / 2) / one_day;
        if seconds == DAY_S && self != Self::Date {
            (days, seconds) = (days + 1, 0);
        }
        let clock = |hours: u64| format!("{hours:02}:{:02}:{:02}", seconds / 60 % 60, seconds % 60);
        let hours = seconds / 3600;
        match self {
            Self::Time => Some(clock(u64::try_from(days).ok()? * 24 + hours)),
            Self::DateTime if seconds > 0 => {
                Some(format!("{}T{}", calendar(days, since_1904)?, clock(hours)))
            }
            _ => calendar(days, since_1904),
        }
    }
}

/// The date of a day's number. Day 60 of the usual count is 29 February 1900, which never was: spreadsheets
/// keep it, and days before it count one less.
fn calendar(days: i64, since_1904: bool) -> Option<String> {
    let first: Date = match (since_1904, days) {
        (true, _) => date(1904, 1, 1),
        (false, 60) => return Some("1900-02-29".to_owned()),
        (false, ..60) => date(1899, 12, 31),
        (false, _) => date(1899, 12, 30),
    };
    first.checked_add(days.days()).ok().map(|day| day.to_string())
}

/// A plain decimal of 15 digits, its point moved to the right by `shift`.
fn decimal(value: f64, shift: i32) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:.14e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    // The number is 0.digits × 10^point.
    let point = exponent.parse::<i32>().ok()? + 1 + shift;
    let Ok(whole) = usize::try_from(point) else {
        let zeros = usize::try_from(point.unsigned_abs()).ok()?;
        return Some(format!("{sign}0.{}{digits}", "0".repeat(zeros)));
    };
    if whole == 0 {
        return Some(format!("{sign}0.{digits}"));
    }
    Some(match digits.split_at_checked(whole) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}", "0".repeat(whole - digits.len())),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_what_a_person_typed() {
        for (raw, shown) in [
            ("12.5", "12.5"),
            ("0.30000000000000004", "0.3"),
            ("1234.5600000000001", "1234.56"),
            ("4.0000000000000002E-2", "0.04"),
            ("1E-7", "0.0000001"),
            ("1.5e+20", "150000000000000000000"),
            ("100", "100"),
            ("-0", "0"),
            ("-99.99", "-99.99"),
            ("8901234567890", "8901234567890"),
            ("1", "1"),
        ] {
            assert_eq!(Kind::Plain.show(raw, false).as_deref(), Some(shown), "{raw}");
        }
        for nothing in ["", "abc", "NaN", "inf", "1,5"] {
            assert_eq!(Kind::Plain.show(nothing, false), None, "{nothing}");
        }
    }

    #[test]
    fn percentages_keep_their_sign() {
        assert_eq!(Kind::Percent.show("0.18", false).unwrap(), "18%");
        assert_eq!(Kind::Percent.show("0.125", false).unwrap(), "12.5%");
        assert_eq!(Kind::Percent.show("0.0025", false).unwrap(), "0.25%");
        assert_eq!(Kind::Percent.show("1", false).unwrap(), "100%");
        assert_eq!(Kind::Percent.show("0.07", false).unwrap(), "7%");
    }

    #[test]
    fn dates_are_iso_dates() {
        let date = |raw| Kind::Date.show(raw, false).unwrap();
        assert_eq!(date("46113"), "2026-04-01");
        assert_eq!(date("1"), "1900-01-01");
        assert_eq!(date("59"), "1900-02-28");
        assert_eq!(date("60"), "1900-02-29");
        assert_eq!(date("61"), "1900-03-01");
        assert_eq!(date("46113.75"), "2026-04-01");
        assert_eq!(date("2958465"), "9999-12-31");
        assert_eq!(date("2958466"), "2958466");
        assert_eq!(date("-1"), "-1");
        assert_eq!(Kind::Date.show("44651", true).unwrap(), "2026-04-01");
        assert_eq!(Kind::DateTime.show("46113.75", false).unwrap(), "2026-04-01T18:00:00");
        assert_eq!(Kind::DateTime.show("46112.9999999999", false).unwrap(), "2026-04-01");
        assert_eq!(Kind::Time.show("0.5", false).unwrap(), "12:00:00");
        assert_eq!(Kind::Time.show("1.5", false).unwrap(), "36:00:00");
    }

    #[test]
    fn format_codes_are_understood() {
        for (code, kind) in [
            ("General", Kind::Plain),
            ("0.00", Kind::Plain),
            ("#,##0.00;[Red]-#,##0.00", Kind::Plain),
            ("\"Rs. \"#,##0", Kind::Plain),
            ("[$₹-4009] #,##0.00", Kind::Plain),
            ("0.00%", Kind::Percent),
            ("dd-mm-yyyy", Kind::Date),
            ("mmm\\-yy", Kind::Date),
            ("[$-4009]dd/mm/yyyy;@", Kind::Date),
            ("dd/mm/yyyy hh:mm", Kind::DateTime),
            ("[h]:mm:ss", Kind::Time),
            ("mm:ss", Kind::Time),
            ("[]0", Kind::Plain),
            ("\"open", Kind::Plain),
        ] {
            assert_eq!(Kind::of_code(code), kind, "{code}");
        }
        assert_eq!(Kind::of_builtin("14"), Kind::Date);
        assert_eq!(Kind::of_builtin("0"), Kind::Plain);
        assert_eq!(Kind::of_builtin("x"), Kind::Plain);
    }

    proptest! {
        #[test]
        fn fifteen_digits_come_back_as_typed(units in -999_999_999_999_999_i64..=999_999_999_999_999, places in 0_usize..12) {
            let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
            let (whole, fraction) = digits.split_at(digits.len() - places);
            let typed = format!("{}{whole}.{fraction}", if units < 0 { "-" } else { "" });
            let typed = typed.trim_end_matches('0').trim_end_matches('.');
            let stored: f64 = typed.parse().unwrap();
            let shown = Kind::Plain.show(&format!("{stored:.17e}"), false).unwrap();
            prop_assert_eq!(shown, if units == 0 { "0" } else { typed });
        }

        #[test]
        fn no_number_makes_it_panic(raw: f64, since_1904: bool) {
            for kind in [Kind::Plain, Kind::Percent, Kind::Date, Kind::DateTime, Kind::Time] {
                prop_assert_eq!(kind.show(&raw.to_string(), since_1904).is_some(), raw.is_finite());
            }
        }
    }
}
