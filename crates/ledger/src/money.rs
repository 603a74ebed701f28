//! Money as whole minor units (paise, cents, yen) of one currency.
//!
//! No floats, no silent overflow: every sum is checked, and amounts of two currencies are never added.

use std::fmt;

use crate::Error;

/// An ISO 4217 currency code, such as `INR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Indian rupee.
    pub const INR: Self = Self(*b"INR");

    /// Reads a three-letter code in any case. Anything else is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim().as_bytes();
        match <[u8; 3]>::try_from(trimmed) {
            Ok(code) if code.iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self(code.map(|letter| letter.to_ascii_uppercase())))
            }
            _ => {
                Err(Error::Value(format!("`{}` is no currency code; expected one such as INR", text.trim())))
            }
        }
    }

    /// The code, such as `INR`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal places of the minor unit by ISO 4217: 2 for rupees, 0 for yen, 3 for Gulf dinars.
    pub fn exponent(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" => 0,
            b"BHD" | b"KWD" | b"OMR" | b"JOD" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in minor units. Positive is a credit to the account it stands in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Minor(pub i64);

impl Minor {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, or `Error::Overflow` beyond about 92 quadrillion minor units.
    pub fn plus(self, other: Self) -> Result<Self, Error> {
        self.0.checked_add(other.0).map(Self).ok_or(Error::Overflow)
    }

    /// The difference, or `Error::Overflow`.
    pub fn minus(self, other: Self) -> Result<Self, Error> {
        self.0.checked_sub(other.0).map(Self).ok_or(Error::Overflow)
    }

    /// The sum of many, checked.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, Error> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// The amount times a count, checked.
    pub fn times(self, count: i64) -> Result<Self, Error> {
        self.0.checked_mul(count).map(Self).ok_or(Error::Overflow)
    }

    /// The part `numerator / denominator`, rounded half away from zero.
    ///
    /// `part(18, 118)` is the GST at 18 % inside a GST-inclusive amount.
    pub fn part(self, numerator: i64, denominator: i64) -> Result<Self, Error> {
        let product = i128::from(self.0) * i128::from(numerator);
        let divisor = i128::from(denominator);
        let half = divisor.abs() / 2;
        let rounded = if product < 0 { (product - half) / divisor } else { (product + half) / divisor };
        i64::try_from(rounded).map(Self).map_err(|_| Error::Overflow)
    }

    /// A plain decimal such as `-1234.50`, with as many places as the currency has.
    pub fn decimal(self, currency: Currency) -> String {
        let places = currency.exponent() as usize;
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.0.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gst_inside_an_amount_is_rounded_half_away_from_zero() {
        assert_eq!(Minor(-246_972).part(18, 118), Ok(Minor(-37_674)));
        assert_eq!(Minor(59).part(18, 118), Ok(Minor(9)));
        assert_eq!(Minor(-5).part(1, 2), Ok(Minor(-3)));
        assert_eq!(Minor(5).part(1, 2), Ok(Minor(3)));
    }

    #[test]
    fn decimals_follow_the_currency() {
        let yen = Currency::parse("jpy").unwrap();
        assert_eq!(Minor(-5).decimal(Currency::INR), "-0.05");
        assert_eq!(Minor(i64::MIN).decimal(Currency::INR), "-92233720368547758.08");
        assert_eq!(Minor(1000).decimal(yen), "1000");
    }

    #[test]
    fn overflow_is_an_error_and_never_wraps() {
        assert_eq!(Minor(i64::MAX).plus(Minor(1)), Err(Error::Overflow));
        assert_eq!(Minor(i64::MIN).minus(Minor(1)), Err(Error::Overflow));
        assert_eq!(Minor(i64::MAX).times(2), Err(Error::Overflow));
    }

    proptest! {
        #[test]
        fn a_part_is_never_off_by_more_than_half_a_unit(amount in -1_000_000_000_000_i64..1_000_000_000_000) {
            let part = Minor(amount).part(18, 118).unwrap();
            let twice_error = 2 * (i128::from(part.0) * 118 - i128::from(amount) * 18).abs();
            prop_assert!(twice_error <= 118);
        }
    }
}
