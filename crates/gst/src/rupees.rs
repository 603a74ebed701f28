//! Amounts in paise as text: lakh and crore grouping, whole rupees, the short form of tiles, plain decimals.
//!
//! Integers only. Pages get a true minus sign (U+2212) before the rupee sign; plain decimals, made for
//! machines and spreadsheets, an ASCII hyphen.

const PAISE: u64 = 100;
const THOUSAND: u64 = 1_000 * PAISE;
const LAKH: u64 = 100_000 * PAISE;
const CRORE: u64 = 100 * LAKH;
const MINUS: &str = "\u{2212}";

/// `₹1,23,45,678.90`, `−₹4,12,600.00`.
///
/// ```
/// assert_eq!(ecom_gst::rupees(1_234_567_890), "₹1,23,45,678.90");
/// assert_eq!(ecom_gst::rupees(-41_260_000), "−₹4,12,600.00");
/// ```
pub fn rupees(paise: i64) -> String {
    let amount = paise.unsigned_abs();
    let text = format!("₹{}.{:02}", grouped(amount / PAISE), amount % PAISE);
    signed(paise < 0, &text)
}

/// To the nearest rupee, half away from zero: `₹1,23,45,679`. What rounds to nothing has no minus sign.
pub fn rupees_whole(paise: i64) -> String {
    let whole = rounded(paise.unsigned_abs(), PAISE);
    signed(paise < 0 && whole > 0, &format!("₹{}", grouped(whole)))
}

/// For tiles: `₹12.3 L`, `₹1.2 Cr`, `₹3,600 Cr`; below a lakh as `₹45,679`, below a thousand with its paise.
///
/// One decimal, half away from zero; from a thousand crore on none. A figure that would round to `100.0 L`
/// is `1.0 Cr`. Show the full value beside it (on hover, to screen readers).
pub fn rupees_short(paise: i64) -> String {
    let amount = paise.unsigned_abs();
    if amount < THOUSAND && !amount.is_multiple_of(PAISE) {
        return rupees(paise);
    }
    match shortened(amount) {
        Some(text) => signed(paise < 0, &format!("₹{text}")),
        None => rupees_whole(paise),
    }
}

/// The short form without the rupee sign, under a heading that carries the unit: `12.3 L`, `−1.2 Cr`, `45,679`.
///
/// ```
/// assert_eq!(ecom_gst::lakh_crore(123_456_700), "12.3 L");
/// assert_eq!(ecom_gst::lakh_crore(-1_234_567_800), "−1.2 Cr");
/// ```
pub fn lakh_crore(paise: i64) -> String {
    rupees_short(paise).replacen('₹', "", 1)
}

/// A plain decimal of an amount in minor units: `decimal(-123_450, 2)` is `-1234.50`, exponent 0 has no point.
pub fn decimal(minor: i64, exponent: u8) -> String {
    let places = usize::from(exponent);
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if minor < 0 { "-" } else { "" };
    let point = if places > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

fn signed(negative: bool, text: &str) -> String {
    format!("{}{text}", if negative { MINUS } else { "" })
}

/// Half of an amount that is never negative goes up, which is away from zero.
fn rounded(amount: u64, unit: u64) -> u64 {
    amount / unit + u64::from(amount % unit >= unit.div_ceil(2))
}

/// In lakh or crore; none below a lakh.
fn shortened(amount: u64) -> Option<String> {
    let tenths = |amount: u64, unit: u64| rounded(amount, unit / 10);
    let shown = |tenths: u64| format!("{}.{}", tenths / 10, tenths % 10);
    if rounded(amount, PAISE) * PAISE < LAKH {
        return None;
    }
    let lakh = tenths(amount, LAKH);
    if lakh < 1_000 {
        return Some(format!("{} L", shown(lakh)));
    }
    let crore = tenths(amount, CRORE);
    if crore < 10_000 {
        return Some(format!("{} Cr", shown(crore)));
    }
    Some(format!("{} Cr", grouped(rounded(amount, CRORE))))
}

/// Three digits at the end, then pairs: `1,23,45,678`.
fn grouped(whole: u64) -> String {
    let digits = whole.to_string();
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    if head.is_empty() {
        return digits;
    }
    let mut text = String::with_capacity(digits.len() * 3 / 2);
    for (index, digit) in head.chars().enumerate() {
        if index > 0 && (head.len() - index).is_multiple_of(2) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push(',');
    text.push_str(tail);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn full_amounts_are_grouped_in_lakh_and_crore() {
        for (paise, text) in [
            (0, "₹0.00"),
            (5, "₹0.05"),
            (-5, "−₹0.05"),
            (99_999, "₹999.99"),
            (100_000, "₹1,000.00"),
            (10_000_000, "₹1,00,000.00"),
            (1_234_567_890, "₹1,23,45,678.90"),
            (-41_260_000, "−₹4,12,600.00"),
            (i64::MAX, "₹92,23,37,20,36,85,47,758.07"),
            (i64::MIN, "−₹92,23,37,20,36,85,47,758.08"),
        ] {
            assert_eq!(rupees(paise), text);
        }
    }

    #[test]
    fn whole_rupees_round_half_away_from_zero() {
        assert_eq!(rupees_whole(149), "₹1");
        assert_eq!(rupees_whole(150), "₹2");
        assert_eq!(rupees_whole(-150), "−₹2");
        assert_eq!(rupees_whole(-49), "₹0");
        assert_eq!(rupees_whole(-41_260_000), "−₹4,12,600");
    }

    #[test]
    fn the_short_form_knows_lakh_and_crore_and_nothing_else() {
        for (paise, text) in [
            (0, "₹0"),
            (40, "₹0.40"),
            (-40, "−₹0.40"),
            (85_000, "₹850"),
            (85_050, "₹850.50"),
            (100_050, "₹1,001"),
            (4_567_850, "₹45,679"),
            (9_999_949, "₹99,999"),
            (9_999_950, "₹1.0 L"),
            (12_345_000, "₹1.2 L"),
            (12_500_000, "₹1.3 L"),
            (-12_500_000, "−₹1.3 L"),
            (123_456_700, "₹12.3 L"),
            (999_499_999, "₹99.9 L"),
            (999_500_000, "₹1.0 Cr"),
            (1_234_567_800, "₹1.2 Cr"),
            (999_949_999_999, "₹999.9 Cr"),
            (999_950_000_000, "₹1,000 Cr"),
            (3_600_000_000_000, "₹3,600 Cr"),
        ] {
            assert_eq!(rupees_short(paise), text, "{paise}");
        }
        assert_eq!(rupees_short(i64::MIN), "−₹9,22,33,72,037 Cr");
        assert_eq!(lakh_crore(-12_500_000), "−1.3 L");
    }

    #[test]
    fn plain_decimals_follow_the_currency() {
        assert_eq!(decimal(-123_450, 2), "-1234.50");
        assert_eq!(decimal(5, 2), "0.05");
        assert_eq!(decimal(-5, 3), "-0.005");
        assert_eq!(decimal(-500, 0), "-500");
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(i64::MIN, 2), "-92233720368547758.08");
    }

    /// Reads back what a person reads: signs and digits.
    fn paise_of(text: &str) -> i64 {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let amount: i128 = digits.parse().unwrap();
        let negative = text.starts_with(MINUS) || text.starts_with('-');
        i64::try_from(if negative { -amount } else { amount }).unwrap()
    }

    proptest! {
        #[test]
        fn amounts_are_read_back_exactly(paise: i64, exponent in 0_u8..20) {
            prop_assert_eq!(paise_of(&rupees(paise)), paise);
            prop_assert_eq!(paise_of(&decimal(paise, exponent)), paise);
        }

        #[test]
        fn groups_are_pairs_before_a_last_three(paise: i64) {
            let text = rupees(paise);
            let whole = text.trim_start_matches(MINUS).trim_start_matches('₹').split('.').next().unwrap();
            let groups: Vec<&str> = whole.split(',').collect();
            let (last, before) = groups.split_last().unwrap();
            prop_assert!(before.is_empty() || last.len() == 3);
            prop_assert!(before.iter().skip(1).all(|group| group.len() == 2));
            prop_assert!(groups.iter().all(|group| !group.is_empty()));
        }

        #[test]
        fn a_whole_rupee_is_the_nearest(paise in -1_000_000_000_000_i64..1_000_000_000_000) {
            prop_assert!((paise_of(&rupees_whole(paise)) * 100 - paise).abs() <= 50);
        }

        #[test]
        fn the_short_form_is_off_by_at_most_half_its_last_digit(paise in 10_000_000_i64..999_949_999_999) {
            let text = rupees_short(paise);
            let unit = if text.ends_with("Cr") { CRORE } else { LAKH };
            let unit = i64::try_from(unit / 10).unwrap();
            prop_assert!((paise_of(&text) * unit - paise).abs() <= unit / 2, "{} {}", text, paise);
        }
    }
}
