//! Civil days in the seller's time zone, as days since 1970-01-01, and calendar months.
//!
//! Amazon's files are in UTC; a seller in India lives 5½ hours ahead, so a sale at 20:00 UTC is tomorrow's.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rustc_hash::FxHashMap;

use crate::money::Currency;

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
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        format!("{text}-01")
            .parse::<Date>()
            .map(Self::of)
            .map_err(|_| crate::Error::Value(format!("`{text}` is no month in the form yyyy-mm")))
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
