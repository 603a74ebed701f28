//! Dates and times as Amazon prints them, by marketplace.
//!
//! `20.09.2026 05:11:43 UTC`, `2026-09-20 05:11:43 UTC`, `2025-08-14T06:23:59+00:00`, `2026/09/20 05:11:43 UTC`,
//! `30.07.2026 12:00:00 GMT-8`, `29.07.2026 23:59 GMT+5:30`, `07/31/25`, `1 Aug 2026 3:44:19 pm UTC`,
//! `Jun 8, 2025 10:23:05 PM PDT`, `2026/08/01 2:16:27 JST`.

use jiff::civil::Date;

use crate::{day, money::Currency};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// An instant, or a date without a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Posted {
    /// Microseconds since 1970-01-01 UTC; midnight UTC where the file gives no time.
    pub(crate) micros: i64,
    /// The civil day, if the file gives a date only: it is nobody's instant and is not moved to another zone.
    pub(crate) day: Option<i32>,
}

/// Which number of `07/08/25` is the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SlashOrder {
    /// Month first: United States and Canada.
    MonthFirst,
    /// Day first: everywhere else.
    DayFirst,
}

impl SlashOrder {
    pub(crate) fn of(currency: Currency) -> Self {
        match currency.code() {
            "USD" | "CAD" => Self::MonthFirst,
            _ => Self::DayFirst,
        }
    }
}

/// Reads a date with or without time; `None` if it is none, or an impossible one.
pub(crate) fn parse(text: &[u8], slashes: SlashOrder) -> Option<Posted> {
    fast(text).or_else(|| general(std::str::from_utf8(text).ok()?.trim(), slashes))
}

/// `dd.mm.yyyy HH:MM:SS UTC` and `yyyy-mm-dd HH:MM:SS UTC`, which nearly all rows have.
fn fast(text: &[u8]) -> Option<Posted> {
    let text: &[u8; 23] = text.try_into().ok()?;
    if !text.ends_with(b" UTC") || text[13] != b':' || text[16] != b':' || text[10] != b' ' {
        return None;
    }
    let two = |at: usize| -> Option<i32> {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then(|| i32::from(tens) * 10 + i32::from(ones))
    };
    let (year, month, date) = match (text[2], text[4]) {
        (b'.', _) if text[5] == b'.' => (two(6)? * 100 + two(8)?, two(3)?, two(0)?),
        (_, b'-') if text[7] == b'-' => (two(0)? * 100 + two(2)?, two(5)?, two(8)?),
        _ => return None,
    };
    Some(Posted { micros: micros(civil(year, month, date)?, (two(11)?, two(14)?, two(17)?), 0)?, day: None })
}

fn civil(year: i32, month: i32, date: i32) -> Option<i32> {
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(date).ok()?).ok()?;
    (1990..2200).contains(&year).then(|| day::of_date(date))
}

fn micros(day: i32, (hour, minute, second): (i32, i32, i32), offset_minutes: i32) -> Option<i64> {
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    let seconds = i64::from(day) * 86_400 + i64::from(hour * 3600 + minute * 60 + second.min(59));
    Some((seconds - i64::from(offset_minutes) * 60) * MICROS_PER_SECOND)
}

fn general(text: &str, slashes: SlashOrder) -> Option<Posted> {
    let text = split_iso_t(text);
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let (day, rest) = date(&words, slashes)?;
    if rest.is_empty() {
        return Some(Posted { micros: micros(day, (0, 0, 0), 0)?, day: Some(day) });
    }
    let (clock, offset) = clock(rest)?;
    Some(Posted { micros: micros(day, clock, offset)?, day: None })
}

/// A `T` between date and time becomes a space; in names of months and zones it stays.
fn split_iso_t(text: &str) -> String {
    let bytes = text.as_bytes();
    match bytes.get(10) {
        Some(b'T') if bytes[9].is_ascii_digit() => format!("{} {}", &text[..10], &text[11..]),
        _ => text.to_owned(),
    }
}

/// The civil day at the head of the words, and what follows it.
fn date<'a, 'b>(words: &'a [&'b str], slashes: SlashOrder) -> Option<(i32, &'a [&'b str])> {
    let (&first, rest) = words.split_first()?;
    if let Some(day) = numeric_date(first, slashes) {
        return Some((day, rest));
    }
    let [second, third, rest @ ..] = rest else {
        return None;
    };
    let year = third.parse().ok()?;
    let (month, date) = match month(first) {
        Some(month) => (month, *second),
        None => (month(second)?, first),
    };
    Some((civil(year, month, date.trim_end_matches('.').parse().ok()?)?, rest))
}

fn numeric_date(word: &str, slashes: SlashOrder) -> Option<i32> {
    let mark = word.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '.' | '-' | '/'))?;
    let parts: Vec<&str> = word.split(mark).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    if ![a, b, c].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let (year, month, date) = match (a.len(), mark) {
        (4, _) => (*a, *b, *c),
        (_, '/') if slashes == SlashOrder::MonthFirst => (*c, *a, *b),
        _ => (*c, *b, *a),
    };
    let century = match year.len() {
        2 => 2000,
        4 => 0,
        _ => return None,
    };
    civil(century + year.parse::<i32>().ok()?, month.parse().ok()?, date.parse().ok()?)
}

fn month(word: &str) -> Option<i32> {
    let word = word.trim_end_matches('.').to_lowercase();
    let names: [&[&str]; 12] = [
        &["jan", "january", "januar"],
        &["feb", "february", "februar"],
        &["mar", "march", "mär", "märz"],
        &["apr", "april"],
        &["may", "mai"],
        &["jun", "june", "juni"],
        &["jul", "july", "juli"],
        &["aug", "august"],
        &["sep", "sept", "september"],
        &["oct", "october", "okt", "oktober"],
        &["nov", "november"],
        &["dec", "december", "dez", "dezember"],
    ];
    let at = names.iter().position(|spellings| spellings.contains(&word.as_str()))?;
    i32::try_from(at + 1).ok()
}

type Clock = (i32, i32, i32);

/// `05:11:43 UTC`, `3:44:19 pm UTC`, `06:23:59+00:00`, `23:59 GMT+5:30`: the clock and the offset in minutes.
fn clock(words: &[&str]) -> Option<(Clock, i32)> {
    let (&time, mut rest) = words.split_first()?;
    let cut = time.find(['+', '-', 'Z', 'z']).unwrap_or(time.len());
    let (time, attached) = time.split_at(cut);
    let mut parts =
        time.split('.').next()?.split(':').map(|part| part.parse::<i32>().ok().filter(|n| *n >= 0));
    let (mut hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().map_or(Some(0), |second| second)?;
    if let [half, after @ ..] = rest
        && let half @ ("am" | "pm" | "a.m." | "p.m.") = half.to_lowercase().as_str()
    {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if half.starts_with('p') { 12 } else { 0 };
        rest = after;
    }
    let zone = if attached.is_empty() { rest.concat() } else { attached.to_owned() };
    Some(((hour, minute, second), offset(&zone)?))
}

/// The offset from UTC in minutes of `UTC`, `GMT+5:30`, `+00:00`, `PDT`. Other names are not known.
fn offset(zone: &str) -> Option<i32> {
    let upper = zone.to_uppercase();
    let named = match upper.as_str() {
        "" | "UTC" | "GMT" | "Z" | "WET" => Some(0),
        "PST" => Some(-480),
        "PDT" | "MST" => Some(-420),
        "MDT" | "CST" => Some(-360),
        "CDT" | "EST" => Some(-300),
        "EDT" => Some(-240),
        "BST" | "CET" | "MEZ" | "WEST" => Some(60),
        "CEST" | "MESZ" | "EET" => Some(120),
        "GST" => Some(240),
        "IST" => Some(330),
        "SGT" => Some(480),
        "JST" => Some(540),
        "AEST" => Some(600),
        "AEDT" => Some(660),
        _ => None,
    };
    if named.is_some() {
        return named;
    }
    let digits = upper.trim_start_matches("GMT").trim_start_matches("UTC");
    let (sign, digits) = match digits.as_bytes().first()? {
        b'+' => (1, &digits[1..]),
        b'-' => (-1, &digits[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(pair) => pair,
        None if digits.len() == 4 => digits.split_at(2),
        None => (digits, "0"),
    };
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes)).then(|| sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        let posted = parse(text.as_bytes(), SlashOrder::DayFirst)?;
        Some(Timestamp::from_microsecond(posted.micros).ok()?.to_string())
    }

    #[test]
    fn every_spelling_seen() {
        for (text, instant) in [
            ("20.09.2026 05:11:43 UTC", "2026-09-20T05:11:43Z"),
            ("2026-09-20 05:11:43 UTC", "2026-09-20T05:11:43Z"),
            ("2025-08-14T06:23:59+00:00", "2025-08-14T06:23:59Z"),
            ("2026/09/20 05:11:43 UTC", "2026-09-20T05:11:43Z"),
            ("30.07.2026 12:00:00 GMT-8", "2026-07-30T20:00:00Z"),
            ("29.07.2026 23:59 GMT+5:30", "2026-07-29T18:29:00Z"),
            ("1 Aug 2026 3:44:19 pm UTC", "2026-08-01T15:44:19Z"),
            ("1 Aug 2026 12:00:19 am UTC", "2026-08-01T00:00:19Z"),
            ("Jun 8, 2025 10:23:05 PM PDT", "2025-06-09T05:23:05Z"),
            ("2026/08/01 2:16:27 JST", "2026-07-31T17:16:27Z"),
            ("1. Okt. 2026 07:21:15 MESZ", "2026-10-01T05:21:15Z"),
            ("8 Sept 2026 5:00:00 am UTC", "2026-09-08T05:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(instant), "{text}");
        }
    }

    #[test]
    fn a_date_without_time_keeps_its_day() {
        let date =
            |text: &str, order| parse(text.as_bytes(), order).and_then(|posted| posted.day).map(day::to_date);
        assert_eq!(date("07/31/25", SlashOrder::MonthFirst), Date::new(2025, 7, 31).ok());
        assert_eq!(date("31/07/2025", SlashOrder::DayFirst), Date::new(2025, 7, 31).ok());
        assert_eq!(date("31.07.2025", SlashOrder::DayFirst), Date::new(2025, 7, 31).ok());
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in [
            "31.02.2026 05:11:43 UTC",
            "20.13.2026",
            "2026-09-20 25:00:00 UTC",
            "",
            "soon",
            "1/2",
            "20.09.2026 05:11:43 XYZ",
            "20.09.2026 05:11:43 GMT+2147483647",
            "20.09.2026 05:11:43 GMT-99999:99999",
        ] {
            assert_eq!(parse(text.as_bytes(), SlashOrder::DayFirst), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn rubbish_never_panics(text in "\\PC{0,30}") {
            let _ = parse(text.as_bytes(), SlashOrder::DayFirst);
        }
    }
}
