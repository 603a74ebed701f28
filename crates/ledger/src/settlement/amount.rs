//! Amounts as Amazon prints them: `1234.56`, `179,99`, `1,44,957.78`, `1000` or `1000.00` for yen.
//!
//! Which character is the decimal separator is a property of the file. The first amount that shows it fixes
//! it; a later contradiction refuses the file.

/// Most digits an amount may have: fits 64 bits with room for sums.
const MOST_DIGITS: usize = 16;

/// What the spelling of one amount says about the file's decimal separator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// No separator: fits any form.
    Any,
    /// `1234.56`
    Point,
    /// `1234,56`
    Comma,
}

/// Why an amount is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bad {
    /// Empty or not a number.
    NotANumber,
    /// More digits than any real amount has.
    TooLarge,
    /// Decimals that the currency does not have.
    Decimals,
}

impl Bad {
    pub(crate) fn says(self, text: &str) -> String {
        match self {
            Self::NotANumber if text.is_empty() => "the amount is empty".to_owned(),
            Self::NotANumber => format!("`{text}` is no amount"),
            Self::TooLarge => format!("amount `{text}` is too large; at most {MOST_DIGITS} digits are read"),
            Self::Decimals => {
                format!("amount `{text}` does not have the decimal places of the file's currency")
            }
        }
    }
}

/// How digits may be grouped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grouping {
    /// `1.234,56`: groups of three.
    Thousands,
    /// Also `1,44,957.78`: groups of two before the last three.
    Lakh,
}

/// Reads an amount into minor units of a currency with `exponent` decimal places.
pub(crate) fn parse(text: &[u8], exponent: u32, grouping: Grouping) -> Result<(i64, Form), Bad> {
    if exponent == 2
        && let Some(found) = two_decimals(text)
    {
        return Ok(found);
    }
    general(text.trim_ascii(), exponent, grouping)
}

/// The common case, kept short because files hold millions: sign, digits, separator, two digits.
fn two_decimals(text: &[u8]) -> Option<(i64, Form)> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (whole, tail) = digits.split_at_checked(digits.len().checked_sub(3)?)?;
    if whole.is_empty() || whole.len() > MOST_DIGITS - 2 {
        return None;
    }
    let form = match tail[0] {
        b'.' => Form::Point,
        b',' => Form::Comma,
        _ => return None,
    };
    let mut value: i64 = 0;
    for &byte in whole.iter().chain(&tail[1..]) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some((if negative { -value } else { value }, form))
}

fn general(text: &[u8], exponent: u32, grouping: Grouping) -> Result<(i64, Form), Bad> {
    let (negative, body) = match text {
        // A hyphen, or U+2212, a true minus sign.
        [b'-', rest @ ..] | [0xE2, 0x88, 0x92, rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (whole, fraction, form) = split(body, grouping)?;
    let mut value = 0_i64;
    let mut digits = 0;
    for &byte in whole.iter().filter(|byte| byte.is_ascii_digit()) {
        digits += usize::from(value != 0 || byte != b'0');
        if digits > MOST_DIGITS {
            return Err(Bad::TooLarge);
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    let value = scale(value, fraction, exponent)?;
    Ok((if negative { -value } else { value }, form))
}

/// Whole part, two decimal digits or none, and what the separators say.
fn split(body: &[u8], grouping: Grouping) -> Result<(&[u8], &[u8], Form), Bad> {
    let separator = |byte: &u8| matches!(byte, b'.' | b',');
    if !body.iter().any(u8::is_ascii_digit)
        || body.iter().any(|byte| !byte.is_ascii_digit() && !separator(byte))
    {
        return Err(Bad::NotANumber);
    }
    let Some(last) = body.iter().rposition(separator) else {
        return Ok((body, &[], Form::Any));
    };
    let (whole, fraction) = (&body[..last], &body[last + 1..]);
    let form_of = |mark: u8| if mark == b'.' { Form::Point } else { Form::Comma };
    if fraction.len() == 2 {
        let group_mark = if body[last] == b'.' { b',' } else { b'.' };
        return if grouped(whole, group_mark, grouping) {
            Ok((whole, fraction, form_of(body[last])))
        } else {
            Err(Bad::NotANumber)
        };
    }
    // No two final digits: the separators can only be grouping, and then the other one is the decimal mark.
    let mark = body[last];
    let decimal = if mark == b'.' { b',' } else { b'.' };
    if grouped(body, mark, grouping) { Ok((body, &[], form_of(decimal))) } else { Err(Bad::NotANumber) }
}

fn grouped(whole: &[u8], mark: u8, grouping: Grouping) -> bool {
    let mut groups: Vec<&[u8]> = whole.split(|&byte| byte == mark).collect();
    if groups.iter().any(|group| group.iter().any(|byte| !byte.is_ascii_digit())) {
        return false;
    }
    let (Some(last), true) = (groups.pop(), !whole.is_empty()) else {
        return false;
    };
    if groups.is_empty() {
        return !last.is_empty();
    }
    let first = groups.remove(0);
    let western = groups.iter().all(|group| group.len() == 3) && (1..=3).contains(&first.len());
    let indian = groups.iter().all(|group| group.len() == 2) && (1..=2).contains(&first.len());
    last.len() == 3 && (western || (grouping == Grouping::Lakh && indian))
}

fn scale(whole: i64, fraction: &[u8], exponent: u32) -> Result<i64, Bad> {
    let hundredths = fraction.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
    let times = |value: i64, factor: i64| {
        value.checked_mul(factor).filter(|v| v.abs() < 10_i64.pow(17)).ok_or(Bad::TooLarge)
    };
    match exponent {
        0 if hundredths == 0 => Ok(whole),
        0 => Err(Bad::Decimals),
        3 => Ok(times(whole, 1000)? + hundredths * 10),
        _ => Ok(times(whole, 100)? + hundredths),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<(i64, Form), Bad> {
        parse(text.as_bytes(), 2, Grouping::Thousands)
    }

    #[test]
    fn plain_forms() {
        assert_eq!(read("1234.56"), Ok((123_456, Form::Point)));
        assert_eq!(read("-179,99"), Ok((-17_999, Form::Comma)));
        assert_eq!(read("-0.00"), Ok((0, Form::Point)));
        assert_eq!(read("12"), Ok((1200, Form::Any)));
        assert_eq!(read(" 32.09  "), Ok((3209, Form::Point)));
        assert_eq!(read("\u{2212}5.00"), Ok((-500, Form::Point)));
    }

    #[test]
    fn grouping() {
        assert_eq!(read("1.234,56"), Ok((123_456, Form::Comma)));
        assert_eq!(read("1,234"), Ok((123_400, Form::Point)));
        assert_eq!(read("1,44,957.78"), Err(Bad::NotANumber));
        assert_eq!(parse(b"1,44,957.78", 2, Grouping::Lakh), Ok((14_495_778, Form::Point)));
        assert_eq!(parse(b"-1,09,999.99", 2, Grouping::Lakh), Ok((-10_999_999, Form::Point)));
        assert_eq!(parse(b"1,50,000", 2, Grouping::Lakh), Ok((15_000_000, Form::Point)));
        assert_eq!(read("12,34.56"), Err(Bad::NotANumber));
        assert_eq!(read(",234.56"), Err(Bad::NotANumber));
    }

    #[test]
    fn yen_and_dinar() {
        assert_eq!(parse(b"1000.00", 0, Grouping::Thousands), Ok((1000, Form::Point)));
        assert_eq!(parse(b"-1,000", 0, Grouping::Thousands), Ok((-1000, Form::Point)));
        assert_eq!(parse(b"10.50", 0, Grouping::Thousands), Err(Bad::Decimals));
        assert_eq!(parse(b"10.50", 3, Grouping::Thousands), Ok((10_500, Form::Point)));
    }

    #[test]
    fn rubbish() {
        for text in ["", "-", ".", "1.2", "1e5", "NaN", "12.345.6", "1 000.00", "--1.00", "1.-0"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("99999999999999999999.00"), Err(Bad::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(minor in -10_i64.pow(15)..10_i64.pow(15)) {
            let text = crate::money::Minor(minor).decimal(crate::money::Currency::INR);
            prop_assert_eq!(read(&text), Ok((minor, Form::Point)));
            prop_assert_eq!(read(&text.replace('.', ",")), Ok((minor, Form::Comma)));
        }

        #[test]
        fn rubbish_never_panics(text in proptest::collection::vec(any::<u8>(), 0..24)) {
            let _ = parse(&text, 2, Grouping::Lakh);
            let _ = parse(&text, 0, Grouping::Thousands);
        }
    }
}
