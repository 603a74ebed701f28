//! Amounts that people type, in the form of the files: for cost sheets and forms.

use crate::money::Currency;

use super::amount::{self, Grouping};

/// An amount as a person types it, such as `1,44,957.78` or `85.5`; none if it is none.
pub fn amount_of_text(text: &str, currency: Currency) -> Option<i64> {
    let text = text.trim().trim_start_matches('₹').trim();
    // Spreadsheets drop a final zero and keep digits that no currency has: 85.5, 12.345000.
    let padded = match text.rsplit_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            let kept = fraction.trim_end_matches('0');
            if kept.len() > 2 {
                return None;
            }
            format!("{whole}.{kept:0<2}")
        }
        _ => text.to_owned(),
    };
    let (amount, form) = amount::parse(padded.as_bytes(), currency.exponent(), Grouping::Lakh).ok()?;
    (form != amount::Form::Comma).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_and_spreadsheets_write() {
        let read = |text| amount_of_text(text, Currency::INR);
        assert_eq!(read("85.5"), Some(8550));
        assert_eq!(read("₹ 1,44,957.78"), Some(14_495_778));
        assert_eq!(read("12.340"), Some(1234));
        assert_eq!(read("12.345"), None);
        assert_eq!(read("12,50"), None);
        assert_eq!(read("ten"), None);
    }
}
