//! An amount in words, in the Indian system, as it stands on an invoice.
//!
//! Above 99 crore the count of crores is itself said in lakh and crore ("One Lakh Crore").

const SMALL: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];
const TENS: [&str; 10] =
    ["", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"];
const UNITS: [(u64, &str); 4] =
    [(10_000_000, "Crore"), (100_000, "Lakh"), (1_000, "Thousand"), (100, "Hundred")];

/// `Rupees One Crore Twenty Three Lakh Forty Five Thousand Six Hundred Seventy Eight and Paise Ninety Only`.
/// Negative amounts begin with `Minus`; below a rupee only the paise are said.
///
/// ```
/// assert_eq!(ecom_gst::rupees_in_words(1_000_000_090), "Rupees One Crore and Paise Ninety Only");
/// ```
pub fn rupees_in_words(paise: i64) -> String {
    let amount = paise.unsigned_abs();
    let (whole, rest) = (amount / 100, amount % 100);
    let text = match (whole, rest) {
        (_, 0) => format!("Rupees {}", words(whole)),
        (0, _) => format!("Paise {}", words(rest)),
        _ => format!("Rupees {} and Paise {}", words(whole), words(rest)),
    };
    format!("{}{text} Only", if paise < 0 { "Minus " } else { "" })
}

fn words(number: u64) -> String {
    let mut said = Vec::new();
    say(number, &mut said);
    said.join(" ")
}

/// Says the largest unit with its count, then what is left; the count of crores may itself exceed a crore.
fn say(number: u64, said: &mut Vec<&'static str>) {
    for (unit, name) in UNITS {
        if number >= unit {
            say(number / unit, said);
            said.push(name);
            return say_rest(number % unit, said);
        }
    }
    match usize::try_from(number) {
        Ok(small) if small < SMALL.len() => said.push(SMALL[small]),
        Ok(below_hundred) => {
            said.push(TENS[below_hundred / 10]);
            say_rest(number % 10, said);
        }
        // A number below a hundred fits.
        Err(_) => {}
    }
}

fn say_rest(rest: u64, said: &mut Vec<&'static str>) {
    if rest > 0 {
        say(rest, said);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_said_as_on_an_invoice() {
        for (paise, text) in [
            (0, "Rupees Zero Only"),
            (100, "Rupees One Only"),
            (90, "Paise Ninety Only"),
            (1_900, "Rupees Nineteen Only"),
            (10_001, "Rupees One Hundred and Paise One Only"),
            (11_800, "Rupees One Hundred Eighteen Only"),
            (10_000_000, "Rupees One Lakh Only"),
            (
                1_234_567_890,
                "Rupees One Crore Twenty Three Lakh Forty Five Thousand Six Hundred Seventy Eight and Paise Ninety Only",
            ),
            (-41_260_000, "Minus Rupees Four Lakh Twelve Thousand Six Hundred Only"),
            (100_000_000_000_000, "Rupees One Lakh Crore Only"),
        ] {
            assert_eq!(rupees_in_words(paise), text);
        }
    }

    #[test]
    fn the_largest_amounts_are_said_in_full() {
        let said = "Rupees Nine Hundred Twenty Two Crore Thirty Three Lakh Seventy Two Thousand Thirty Six Crore \
                    Eighty Five Lakh Forty Seven Thousand Seven Hundred Fifty Eight and Paise";
        assert_eq!(rupees_in_words(i64::MAX), format!("{said} Seven Only"));
        assert_eq!(rupees_in_words(i64::MIN), format!("Minus {said} Eight Only"));
    }

    /// Reads the words from the left with a stack of its own: nothing of the speaking side is used.
    fn number_of(words: &str) -> u128 {
        let small = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
                     sixteen seventeen eighteen nineteen";
        let tens = "x x twenty thirty forty fifty sixty seventy eighty ninety";
        let place = |list: &str, word: &str| list.split_whitespace().position(|known| known == word);
        let (mut total, mut since, mut count) = (0_u128, 0_u128, 0_u128);
        for word in words.to_lowercase().split_whitespace() {
            match word {
                "hundred" => count *= 100,
                "thousand" | "lakh" => {
                    since += count * if word == "lakh" { 100_000 } else { 1_000 };
                    count = 0;
                }
                "crore" => {
                    total = (total + since + count) * 10_000_000;
                    (since, count) = (0, 0);
                }
                other => {
                    let value = place(small, other).or_else(|| place(tens, other).map(|ten| ten * 10));
                    count += u128::try_from(value.unwrap()).unwrap();
                }
            }
        }
        total + since + count
    }

    fn paise_of(text: &str) -> i128 {
        let (sign, text) = text.strip_prefix("Minus ").map_or((1, text), |rest| (-1, rest));
        let text = text.strip_suffix(" Only").unwrap();
        let (whole, rest) = match text.split_once("Paise ") {
            Some((whole, rest)) => (whole.trim_end_matches(" and "), number_of(rest)),
            None => (text, 0),
        };
        let whole = number_of(whole.trim_start_matches("Rupees "));
        assert!(rest < 100);
        sign * i128::try_from(whole * 100 + rest).unwrap()
    }

    proptest! {
        #[test]
        fn words_say_exactly_the_amount(paise: i64, digits in 0_u32..19) {
            for paise in [paise, paise / 10_i64.pow(digits)] {
                prop_assert_eq!(paise_of(&rupees_in_words(paise)), i128::from(paise));
            }
        }
    }
}
