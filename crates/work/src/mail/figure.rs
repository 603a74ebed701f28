//! Amounts in mails: whole rupees as on the tiles of pages, other currencies in full.

use ecom_gst as gst;
use ecom_ledger::{Currency, Minor};

const MINUS: char = '\u{2212}';

/// `−₹4,12,600`, `USD 1,234.50`.
pub(crate) fn amount(currency: Currency, minor: i64) -> String {
    if currency == Currency::INR {
        return gst::rupees_whole(minor);
    }
    let plain = Minor(minor).decimal(currency);
    let digits = plain.trim_start_matches('-');
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if minor < 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{}\u{a0}{grouped}{fraction}", currency.code())
}

/// `12,34,567`.
pub(crate) fn count(number: i64) -> String {
    gst::rupees_whole(number.saturating_mul(100)).replacen('₹', "", 1)
}

/// `17.9 %` of basis points.
pub(crate) fn percent(basis_points: i64) -> String {
    let tenths = (basis_points.unsigned_abs() + 5) / 10;
    let sign = if basis_points < 0 && tenths > 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{}.{}\u{2009}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_on_the_pages() {
        let dollars = Currency::parse("USD").unwrap();
        assert_eq!(amount(Currency::INR, 100_000_000_000), "₹1,00,00,00,000");
        assert_eq!(amount(Currency::INR, -41_260_000), "−₹4,12,600");
        assert_eq!(amount(dollars, -123_456_789), "−USD\u{a0}1,234,567.89");
        assert_eq!((count(1_234_567).as_str(), percent(-1_785).as_str()), ("12,34,567", "−17.9\u{2009}%"));
    }
}
