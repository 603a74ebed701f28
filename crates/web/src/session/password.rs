//! Passwords: Argon2id, off the async threads, a few at a time, and no quicker for an address nobody has.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;
use zxcvbn::zxcvbn;

use crate::{
    entry::{Entry, Field},
    fault::{Fault, Page},
};

/// Shortest password in characters.
const LEAST_PASSWORD: usize = 12;
/// Longest password in characters.
pub(crate) const MOST_PASSWORD: usize = 256;
/// What people here would think of first, besides names: what the product is called and what it is about.
const NEAR_AT_HAND: [&str; 4] = ["Ecom Assistance", "Amazon Seller", "Seller Central", "Settlement Profit"];
/// How many guesses a password must withstand, as a power of ten: what a server that slows guessing down calls safe.
const LEAST_GUESSES: f64 = 8.0;
/// Hashes computed at the same time: each takes 19 MiB and a core for some 30 ms.
const AT_ONCE: usize = 2;
/// How long one waits for a turn.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// What is said to those who waited in vain.
const CROWD: &str = "More passwords wait to be checked than this server can check at once.";

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked when there is no such person, so that the answer takes as long.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let decoy = hash(b"no one has this password").unwrap_or_default();
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), decoy }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: String) -> Page<String> {
        self.take_turn(move || hash(password.as_bytes())).await?
    }

    /// Whether a password fits a hash; without a hash it never does, after as much work.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Page<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let fits = self.take_turn(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(fits.await? && known)
    }

    /// The turn goes with the work: it is kept even if the visitor has gone meanwhile.
    async fn take_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Page<T> {
        let turn = tokio::time::timeout(TURN_WAIT, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| Fault::Crowded(CROWD))?.map_err(Fault::broken)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(Fault::broken)
    }
}

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

fn hash(password: &[u8]) -> Page<String> {
    hash_password(password).map_err(Fault::broken)
}

/// The PHC string of a password, for commands that make a person. Takes a core for some 30 ms.
pub fn hash_password(password: &[u8]) -> Result<String, String> {
    Argon2::default().hash_password(password).map(|hash| hash.to_string()).map_err(|error| error.to_string())
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

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_fits() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterz".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("no one has this password".into(), None).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_for_a_turn_is_told_to_come_again() {
        let passwords = Passwords::new();
        let all = u32::try_from(AT_ONCE).unwrap();
        let held = Arc::clone(&passwords.turns).acquire_many_owned(all).await.unwrap();
        let fault = passwords.verify("monsoonteakettle".into(), None).await.unwrap_err();
        assert!(matches!(fault, Fault::Crowded(_)), "{fault:?}");
        let answer = axum::response::IntoResponse::into_response(fault);
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (503, &"10".parse().unwrap())
        );
        drop(held);
        assert!(!passwords.verify("monsoonteakettle".into(), None).await.unwrap());
    }
}
