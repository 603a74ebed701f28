//! Rules for a password that somebody chooses, and its field. How it is kept: [`super::hash`].

use zxcvbn::zxcvbn;

use crate::entry::{Entry, Field};

/// Shortest password in characters.
const LEAST_PASSWORD: usize = 12;
/// Longest password in characters.
pub(crate) const MOST_PASSWORD: usize = 256;
/// What people here would think of first, besides names: what the product is called and what it is about.
const NEAR_AT_HAND: [&str; 4] = ["Ecom Assistance", "Amazon Seller", "Seller Central", "Settlement Profit"];
/// How many guesses a password must withstand, as a power of ten: what a server that slows guessing down calls safe.
const LEAST_GUESSES: f64 = 8.0;

/// What is wrong with a password that somebody chooses; `about` is what an attacker would try first: names, addresses.
///
/// ASVS 5.0 6.2: a least length and a look at what others commonly choose, no rule about kinds of characters.
pub(crate) fn fault(password: &str, about: &[&str]) -> Option<String> {
    let length = password.chars().count();
    match length {
        0 => Some(format!("Choose a password of at least {LEAST_PASSWORD} characters.")),
        _ if length < LEAST_PASSWORD => {
            Some(format!("At least {LEAST_PASSWORD} characters; this has {length}."))
        }
        _ if length > MOST_PASSWORD => Some(format!("At most {MOST_PASSWORD} characters.")),
        _ if guesses(password, about) < LEAST_GUESSES => {
            Some("This is easy to guess. Take a few words that do not belong together.".to_owned())
        }
        _ => None,
    }
}

/// Names are tried word by word and written together.
fn guesses(password: &str, about: &[&str]) -> f64 {
    let words = |text: &&str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() > 2);
        words.map(ToOwned::to_owned).chain([text.split_whitespace().collect()]).collect()
    };
    let words: Vec<String> = about.iter().chain(&NEAR_AT_HAND).flat_map(words).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    zxcvbn(password, &words).guesses_log10()
}

/// The field for choosing a password.
pub(crate) fn new_password_field(entry: &Entry, name: &'static str, label: &'static str) -> Field {
    let hint = format!(
        "At least {LEAST_PASSWORD} characters. A few words in a row are easy to keep and hard to guess."
    );
    entry.field(name, label).kind("password").complete("new-password").hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_commonly_choose_is_refused_and_kinds_of_characters_are_not_asked_for() {
        let about = ["Asha Rao", "asha@kurta-house.example", "Kurta House"];
        for weak in [
            "password1234",
            "qwertyuiop123",
            "aaaaaaaaaaaaaaaa",
            "123456789012",
            "iloveyou2026",
            "asharao12345",
            "kurtahouse1!",
            "Password@123",
            "ecomassistance1",
            "amazonseller24",
        ] {
            assert!(fault(weak, &about).is_some_and(|words| words.contains("easy to guess")), "{weak}");
        }
        for good in ["correct horse battery", "monsoonteakettle", "मेरा पासवर्ड लंबा है", "kx7!mq92-vwz3"]
        {
            assert_eq!(fault(good, &about), None, "{good}");
        }
        assert!(fault("short", &about).is_some_and(|words| words.contains("this has 5")));
        assert!(fault(&"long words ".repeat(30), &about).is_some_and(|words| words.contains("At most")));
    }
}
