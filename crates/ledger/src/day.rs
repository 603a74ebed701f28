//! Civil days in the seller's time zone, as days since 1970-01-01, and calendar months.
//!
//! Amazon's files are in UTC; a seller in India lives 5½ hours ahead, so a sale at 20:00 UTC is tomorrow's.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rustc_hash::FxHashMap;

use crate::{Error, money::Currency};

const MICROS_PER_HOUR: i64 = 3_600_000_000;
const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// Days since 1970-01-01 of a civil date.
pub fn of_date(date: Date) -> i32 {
    let (year, month, day) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
    // Howard Hinnant's days_from_civil: years begin in March, so that a leap day ends its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The civil date of a day number. Days beyond what a calendar holds give the nearest end.
pub fn to_date(day: i32) -> Date {
    let shifted = i64::from(day) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |value: i64| i8::try_from(value).unwrap_or(1);
    let year = i16::try_from(year).unwrap_or(if year < 0 { -9999 } else { 9999 });
    Date::new(year, small(month), small(day_of_month)).unwrap_or(Date::MAX)
}

/// A day as people write it: `2026-04-01`, or as in India `13-04-2026`, `13/04/2026`, `13.04.2026`.
///
/// Day and month are never guessed: with the year last, a day up to the 12th could be meant either way and is
/// refused, unless `day_first` says that the sheet has shown its order, see [`shows_day_first`].
///
/// ```
/// use ecom_ledger::day::{of_text, to_date};
/// assert_eq!(to_date(of_text("31/12/2026", false).unwrap()).to_string(), "2026-12-31");
/// assert!(of_text("03/04/2026", false).unwrap_err().to_string().contains("2026-04-03"));
/// ```
pub fn of_text(text: &str, day_first: bool) -> Result<i32, Error> {
    let text = text.trim();
    let bad = || Error::Value(format!("`{text}` is no date; write it as 2026-04-01"));
    let Some((year_first, [first, middle, last])) = date_parts(text) else { return Err(bad()) };
    if !year_first && !day_first && first != middle && first <= 12 && middle <= 12 {
        let (either, or) =
            (format!("{last:04}-{middle:02}-{first:02}"), format!("{last:04}-{first:02}-{middle:02}"));
        return Err(Error::Value(format!("`{text}` may be {either} or {or}; write it with the year first")));
    }
    let (year, day) = if year_first { (first, last) } else { (last, first) };
    let small = |part: i16| i8::try_from(part).unwrap_or(0);
    Date::new(year, small(middle), small(day)).map(of_date).map_err(|_| bad())
}

/// Whether a date with its year last can only have its day first: `13/04/2026`.
pub fn shows_day_first(text: &str) -> bool {
    date_parts(text).is_some_and(|(year_first, [day, month, _])| !year_first && day > 12 && month <= 12)
}

/// The three numbers of a date in the order written, and whether the year stands first.
fn date_parts(text: &str) -> Option<(bool, [i16; 3])> {
    let text = text.trim();
    // A spreadsheet may add the midnight of the day.
    let date = text.strip_suffix("00:00:00").map_or(text, |date| date.trim_end_matches(['T', ' ']));
    let separator = date.chars().find(|c| !c.is_ascii_digit()).filter(|c| "-/.".contains(*c))?;
    let parts: Vec<&str> = date.split(separator).collect();
    let widths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let year_first = match widths.as_slice() {
        [4, 1..=2, 1..=2] => true,
        [1..=2, 1..=2, 4] => false,
        _ => return None,
    };
    let number =
        |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    let numbers: Option<Vec<i16>> = parts.iter().map(number).collect();
    Some((year_first, numbers?.try_into().ok()?))
}

/// A calendar month: `year × 12 + month − 1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(pub i32);

impl Month {
    /// The month of a date.
    pub fn of(date: Date) -> Self {
        Self(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// The month of a day number.
    pub fn of_day(day: i32) -> Self {
        Self::of(to_date(day))
    }

    /// First day, as a day number.
    pub fn first_day(self) -> i32 {
        of_date(self.first_date())
    }

    /// Last day, as a day number.
    pub fn last_day(self) -> i32 {
        Self(self.0 + 1).first_day() - 1
    }

    /// First date.
    pub fn first_date(self) -> Date {
        let year = i16::try_from(self.0.div_euclid(12)).unwrap_or(9999);
        let month = i8::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1);
        Date::new(year, month, 1).unwrap_or(Date::MAX)
    }
}

impl std::fmt::Display for Month {
    /// `2026-09`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl std::str::FromStr for Month {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        format!("{text}-01")
            .parse::<Date>()
            .map(Self::of)
            .map_err(|_| Error::Value(format!("`{text}` is no month in the form yyyy-mm")))
    }
}

/// Turns instants into days of one time zone; remembers offsets, since files hold millions of instants.
#[derive(Clone)]
pub struct DayCutter {
    zone: TimeZone,
    fixed: Option<i64>,
    offsets: FxHashMap<i64, i64>,
}

impl DayCutter {
    /// The zone in which sellers paid in this currency live: Asia/Kolkata for rupees, UTC if unknown.
    pub fn for_currency(currency: Currency) -> Self {
        let name = match currency.code() {
            "INR" => "Asia/Kolkata",
            "JPY" => "Asia/Tokyo",
            "EUR" => "Europe/Berlin",
            "GBP" => "Europe/London",
            "USD" | "CAD" => "America/Los_Angeles",
            "MXN" => "America/Mexico_City",
            "BRL" => "America/Sao_Paulo",
            "AUD" => "Australia/Sydney",
            "SGD" => "Asia/Singapore",
            "AED" => "Asia/Dubai",
            "SAR" => "Asia/Riyadh",
            "TRY" => "Europe/Istanbul",
            "SEK" => "Europe/Stockholm",
            "PLN" => "Europe/Warsaw",
            "EGP" => "Africa/Cairo",
            "ZAR" => "Africa/Johannesburg",
            _ => "UTC",
        };
        Self::new(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// Days of any zone.
    pub fn new(zone: TimeZone) -> Self {
        let fixed = zone.to_fixed_offset().ok().map(|offset| i64::from(offset.seconds()) * 1_000_000);
        // Kolkata and Tokyo have kept one offset since long before Amazon; jiff still calls them variable.
        let known = match zone.iana_name() {
            Some("Asia/Kolkata") => Some(19_800_000_000),
            Some("Asia/Tokyo") => Some(32_400_000_000),
            _ => None,
        };
        Self { zone, fixed: fixed.or(known), offsets: FxHashMap::default() }
    }

    /// The zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day of an instant in microseconds since 1970-01-01 UTC.
    pub fn day(&mut self, micros: i64) -> i32 {
        let offset = match self.fixed {
            Some(offset) => offset,
            None => self.offset(micros),
        };
        i32::try_from(micros.saturating_add(offset).div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
    }

    /// The instant at which a day begins, in microseconds since 1970-01-01 UTC.
    pub fn start_of(&mut self, day: i32) -> i64 {
        let midnight = i64::from(day) * MICROS_PER_DAY;
        match self.fixed {
            Some(offset) => midnight - offset,
            None => to_date(day)
                .to_zoned_datetime(self.zone.clone())
                .map_or(midnight, |start| start.timestamp().as_microsecond()),
        }
    }

    fn offset(&mut self, micros: i64) -> i64 {
        let hour = micros.div_euclid(MICROS_PER_HOUR);
        let zone = &self.zone;
        *self.offsets.entry(hour).or_insert_with(|| {
            Timestamp::from_microsecond(hour.saturating_mul(MICROS_PER_HOUR))
                .map_or(0, |instant| i64::from(zone.to_offset(instant).seconds()) * 1_000_000)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_evening_sale_in_utc_is_the_next_day_in_india() {
        let mut india = DayCutter::for_currency(Currency::INR);
        let instant: Timestamp = "2026-09-20T18:30:00Z".parse().unwrap();
        assert_eq!(to_date(india.day(instant.as_microsecond())).to_string(), "2026-09-21");
        assert_eq!(to_date(india.day(instant.as_microsecond() - 1)).to_string(), "2026-09-20");
    }

    #[test]
    fn days_follow_summer_time() {
        let mut us = DayCutter::for_currency(Currency::parse("USD").unwrap());
        let summer: Timestamp = "2026-07-01T06:59:59Z".parse().unwrap();
        let winter: Timestamp = "2026-12-01T07:59:59Z".parse().unwrap();
        assert_eq!(to_date(us.day(summer.as_microsecond())).to_string(), "2026-06-30");
        assert_eq!(to_date(us.day(winter.as_microsecond())).to_string(), "2026-11-30");
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_zone() {
        for code in ["INR", "USD", "AUD"] {
            let mut cutter = DayCutter::for_currency(Currency::parse(code).unwrap());
            let day = of_date(Date::new(2026, 10, 4).unwrap());
            let start = cutter.start_of(day);
            assert_eq!((cutter.day(start), cutter.day(start - 1)), (day, day - 1), "{code}");
        }
    }

    #[test]
    fn months_have_their_ends() {
        let month: Month = "2028-02".parse().unwrap();
        assert_eq!(to_date(month.last_day()).to_string(), "2028-02-29");
        assert_eq!(month.to_string(), "2028-02");
        assert!("2028-13".parse::<Month>().is_err());
    }

    #[test]
    fn days_as_people_write_them() {
        let read = |text, day_first| of_text(text, day_first).map(|day| to_date(day).to_string());
        for text in
            ["2026-04-13", "13-04-2026", "13/04/2026", "13.4.2026", "2026/04/13", "2026-04-13 00:00:00"]
        {
            assert_eq!(read(text, false).unwrap(), "2026-04-13", "{text}");
        }
        assert_eq!(read("04/04/2026", false).unwrap(), "2026-04-04");
        assert_eq!(read("03-04-2026", true).unwrap(), "2026-04-03");
        let says = |text| read(text, false).unwrap_err().to_string();
        assert_eq!(
            says("03/04/2026"),
            "`03/04/2026` may be 2026-04-03 or 2026-03-04; write it with the year first"
        );
        for text in
            ["", "4/13/2026", "13-04-26", "2026-02-30", "1 April 2026", "2026-04", "13-04/2026", "-1-4-2026"]
        {
            assert!(says(text).contains("is no date; write it as 2026-04-01"), "{text}");
        }
        assert!(
            shows_day_first("13/04/2026") && !shows_day_first("12/04/2026") && !shows_day_first("2026-04-13")
        );
    }

    proptest! {
        #[test]
        fn day_numbers_agree_with_the_calendar(year in 1900_i16..2200, month in 1_i8..=12, day in 1_i8..=28) {
            let date = Date::new(year, month, day).unwrap();
            let epoch = Date::new(1970, 1, 1).unwrap();
            let expected = epoch.until(date).unwrap().get_days();
            prop_assert_eq!(of_date(date), expected);
            prop_assert_eq!(to_date(expected), date);
        }
    }
}
