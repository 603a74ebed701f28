//! Amounts, shares and counts as a person reads them: a true minus sign, lakh and crore for rupees, a thin space
//! before the per cent sign.

use ecom_gst as gst;
use ecom_ledger::{Currency, Minor};

const MINUS: char = '\u{2212}';

/// To the last minor unit: `−₹4,12,600.00`, `−USD 1,234.50`.
pub(crate) fn exact(currency: Currency, minor: i64) -> String {
    if currency == Currency::INR { gst::rupees(minor) } else { foreign(currency, minor) }
}

/// An amount without its currency, for tables that name it once: `−4,12,600.00`.
pub(crate) fn bare(currency: Currency, text: &str) -> String {
    if currency == Currency::INR {
        text.replacen('₹', "", 1)
    } else {
        text.replacen(&unit(currency), "", 1)
    }
}

/// For tiles: whole rupees, from a crore on in short, so that the figure stays on one line.
pub(crate) fn tile(currency: Currency, minor: i64) -> String {
    const CRORE: u64 = 1_000_000_000;
    match currency {
        Currency::INR if minor.unsigned_abs() < CRORE => gst::rupees_whole(minor),
        _ => short(currency, minor),
    }
}

/// For charts: `₹12.3 L`; other currencies in full.
pub(crate) fn short(currency: Currency, minor: i64) -> String {
    if currency == Currency::INR { gst::rupees_short(minor) } else { foreign(currency, minor) }
}

/// A share in basis points with one decimal: `17.9 %`.
pub(crate) fn percent(basis_points: i64) -> String {
    let tenths = (basis_points.unsigned_abs() + 5) / 10;
    let sign = if basis_points < 0 && tenths > 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{}.{}\u{2009}%", tenths / 10, tenths % 10)
}

/// A count with Indian grouping: `12,34,567`.
pub(crate) fn count(number: i64) -> String {
    gst::rupees_whole(number.saturating_mul(100)).replacen('₹', "", 1)
}

/// `1 line`, `2 lines`.
pub(crate) fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn foreign(currency: Currency, minor: i64) -> String {
    let plain = Minor(minor).decimal(currency);
    let digits = plain.trim_start_matches('-');
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if minor < 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{}{grouped}{fraction}", unit(currency))
}

fn unit(currency: Currency) -> String {
    format!("{}\u{a0}", currency.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let currency = |code| Currency::parse(code).unwrap();
        assert_eq!(exact(Currency::INR, -41_260_000), "−₹4,12,600.00");
        assert_eq!(exact(currency("USD"), -123_456_789), "−USD\u{a0}1,234,567.89");
        assert_eq!(exact(currency("JPY"), 1_234), "JPY\u{a0}1,234");
        assert_eq!(bare(Currency::INR, "−₹4,12,600.00"), "−4,12,600.00");
        assert_eq!(bare(currency("USD"), &exact(currency("USD"), -123_456_789)), "−1,234,567.89");
        assert_eq!(tile(Currency::INR, -41_260_050), "−₹4,12,601");
        assert_eq!(tile(Currency::INR, 1_234_567_800), "₹1.2 Cr");
        assert_eq!(percent(1_785), "17.9\u{2009}%");
        assert_eq!(percent(-4), "0.0\u{2009}%");
        assert_eq!(percent(-12_345), "−123.5\u{2009}%");
        assert_eq!(counted(1, "line", "lines"), "1 line");
        assert_eq!(counted(1_234_567, "line", "lines"), "12,34,567 lines");
    }
}
