//! How names and instants stand in a mail.

use jiff::{Timestamp, tz::TimeZone};

/// Longest name shown, in characters.
const MOST_NAME: usize = 80;
/// Joins letters without being seen, and keeps mail clients from making a link of what is none.
const WORD_JOINER: char = '\u{2060}';

/// A name that somebody chose, as it stands in a mail to somebody else: shortened, on one line, and never a link.
/// An invitation could carry a stranger's advertisement otherwise.
pub(crate) fn name(text: &str) -> String {
    let mut shown = String::new();
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let kept: Vec<char> = plain.trim().chars().take(MOST_NAME).collect();
    for (at, letter) in kept.iter().enumerate() {
        shown.push(*letter);
        let followed = kept.get(at + 1).is_some_and(|next| !next.is_whitespace());
        if matches!(letter, '.' | ':' | '@') && followed {
            shown.push(WORD_JOINER);
        }
    }
    if plain.trim().chars().count() > MOST_NAME {
        shown.push('…');
    }
    shown
}

/// `25 Nov 2026, 15:04 IST`.
pub(crate) fn instant(micros: i64) -> String {
    let zone = TimeZone::get("Asia/Kolkata").unwrap_or(TimeZone::UTC);
    let at = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{} IST", zone.to_datetime(at).strftime("%-d %b %Y, %H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shortened_and_never_a_link() {
        assert_eq!(name("  Asha Rao "), "Asha Rao");
        assert_eq!(name("Dr. Rao"), "Dr. Rao");
        let link = name("Win at https://evil.example/x now");
        assert!(!link.contains("https://") && !link.contains("evil.example"), "{link}");
        assert_eq!(link.replace(WORD_JOINER, ""), "Win at https://evil.example/x now");
        assert_eq!(name("a\r\nb"), "a  b");
        assert_eq!(name(&"क".repeat(200)).chars().count(), MOST_NAME + 1);
    }

    #[test]
    fn instants_are_told_in_the_zone_of_india() {
        assert_eq!(instant(1_774_981_800_000_000), "1 Apr 2026, 00:00 IST");
    }
}
