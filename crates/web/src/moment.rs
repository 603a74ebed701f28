//! Instants as pages tell them: in India, where the people of these books are.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// The zone in which pages tell the time.
pub(crate) fn zone() -> TimeZone {
    TimeZone::get("Asia/Kolkata").unwrap_or(TimeZone::UTC)
}

/// Day and time of microseconds since 1970-01-01 UTC.
pub(crate) fn at(micros: i64) -> DateTime {
    zone().to_datetime(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// The first instant of a day in India.
pub(crate) fn midnight(day: Date) -> i64 {
    // Days of addresses lie between 1995 and 2150: each has an instant.
    zone().to_timestamp(day.at(0, 0, 0, 0)).unwrap_or_default().as_microsecond()
}

/// `25 Nov 2026`.
pub(crate) fn day(micros: i64) -> String {
    at(micros).strftime("%-d %b %Y").to_string()
}

/// `25 Nov 2026, 15:04`.
pub(crate) fn told(micros: i64) -> String {
    at(micros).strftime("%-d %b %Y, %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_in_india() {
        // 2026-03-31 18:30 UTC.
        assert_eq!(told(1_774_981_800_000_000), "1 Apr 2026, 00:00");
        assert_eq!(told(i64::MAX), "1 Jan 1970, 05:30", "no instant");
    }
}
