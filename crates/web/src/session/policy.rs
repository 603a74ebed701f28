//! The rules of passwords: one for customers, a stricter one for the platform's staff. Whoever sets a password asks
//! here: registering, invitations, the account, a reset, the operator's command.
//!
//! Customers: OWASP ASVS 5.0, 6.2. Staff, who see the data of many sellers: Amazon's Data Protection Policy, 1.4, on
//! top of it.

use ecom_store::{PasswordRule, PasswordState, PersonId};

use super::password;
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::Page,
    random,
};

const DAY: i64 = 24 * 3_600_000_000;
/// The staff change theirs after so many days at the latest.
const MOST_AGE_DAYS: i64 = 365;
/// Whoever chose one keeps it for a day: a row of changes would bring an old one back.
const LEAST_AGE_DAYS: i64 = 1;
/// One that the operator gave is changed within so many days, or opens nothing (ASVS 5.0, 6.4.1).
const MOST_GIVEN_DAYS: i64 = 7;
/// Parts of names and addresses as short as this stand in any password.
const SHORT_NAME: usize = 3;

/// Which rules hold for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PasswordPolicy {
    Customer,
    Staff,
}

impl PasswordPolicy {
    pub(crate) fn of(is_staff: bool) -> Self {
        if is_staff { Self::Staff } else { Self::Customer }
    }

    /// The rule that is kept with a password chosen under it.
    pub(crate) fn rule(self) -> PasswordRule {
        match self {
            Self::Customer => PasswordRule::Customer,
            Self::Staff => PasswordRule::Staff,
        }
    }

    /// What is wrong with a password that somebody chooses; `about` is what an attacker would try first: names,
    /// addresses.
    pub(crate) fn fault(self, password: &str, about: &[&str]) -> Option<String> {
        password::fault(password, about).or_else(|| match self {
            Self::Customer => None,
            Self::Staff => kinds_fault(password).or_else(|| name_fault(password, about)),
        })
    }

    /// The same for somebody who has a password: the staff also take none of their last ones again, and nobody keeps one
    /// that the operator gave.
    pub(crate) async fn fault_for(
        self,
        app: &App,
        person: PersonId,
        password: &str,
        about: &[&str],
    ) -> Page<Option<String>> {
        let fault = self.fault(password, about);
        if fault.is_some() {
            return Ok(fault);
        }
        for hash in self.barred(app, person).await? {
            if app.passwords().verify(password.to_owned(), Some(hash)).await? {
                return Ok(Some(
                    "You had this password before. Take one that you never had here.".to_owned(),
                ));
            }
        }
        Ok(None)
    }

    /// Hashes of the passwords that somebody may not take.
    async fn barred(self, app: &App, person: PersonId) -> Page<Vec<String>> {
        let mut tx = app.db.read().await?;
        let mut platform = tx.platform();
        if self == Self::Staff {
            return Ok(platform.past_passwords(person).await?);
        }
        let given = platform.password_state(person).await?.rule == PasswordRule::Given;
        let profile = if given { platform.profile(person).await? } else { None };
        Ok(profile.map(|profile| profile.password_hash).into_iter().collect())
    }

    /// Whether a password that the operator gave opens nothing any more: it was not changed in time.
    pub(crate) fn has_lapsed(state: PasswordState, now: i64) -> bool {
        state.rule == PasswordRule::Given && state.changed_at <= now - MOST_GIVEN_DAYS * DAY
    }

    /// Why the staff may not change a password yet that they chose themselves.
    pub(crate) fn too_young(self, state: PasswordState, now: i64) -> Option<String> {
        let chosen = self == Self::Staff && state.rule == PasswordRule::Staff;
        let young = state.changed_at > now - LEAST_AGE_DAYS * DAY;
        (chosen && young).then(|| {
            "You changed it within the last day; it can be changed again tomorrow. If somebody knows it, ask for a new one with “Forgot your password?”.".to_owned()
        })
    }

    /// Why a password must be changed before anything else.
    pub(crate) fn due(self, state: PasswordState, now: i64) -> Option<&'static str> {
        match state.rule {
            PasswordRule::Given => {
                Some("The operator gave you this password. Choose one that only you know.")
            }
            _ if self == Self::Customer => None,
            PasswordRule::Customer => Some(
                "You are of the platform’s staff now, and your password was chosen under other rules. Choose a new one.",
            ),
            PasswordRule::Staff if state.changed_at <= now - MOST_AGE_DAYS * DAY => {
                Some("Your password is a year old. Choose a new one.")
            }
            PasswordRule::Staff => None,
        }
    }

    /// The field for choosing one.
    pub(crate) fn field(self, entry: &Entry, name: &'static str, label: &'static str) -> Field {
        let field = password::new_password_field(entry, name, label);
        match self {
            Self::Customer => field,
            Self::Staff => field.hint(
                "At least 12 characters, with a capital and a small letter, a digit and a sign such as - or !; without your name or address, and none of your last ten.",
            ),
        }
    }
}

/// Which of the four kinds of characters is missing.
fn kinds_fault(password: &str) -> Option<String> {
    let missing = [
        (password.chars().any(char::is_uppercase), "a capital letter"),
        (password.chars().any(char::is_lowercase), "a small letter"),
        (password.chars().any(char::is_numeric), "a digit"),
        (
            password.chars().any(|letter| !letter.is_alphanumeric() && !letter.is_whitespace()),
            "a sign such as - or !",
        ),
    ];
    let missing: Vec<&str> = missing.into_iter().filter(|(there, _)| !there).map(|(_, kind)| kind).collect();
    (!missing.is_empty())
        .then(|| format!("Add {}: the staff’s passwords have all four kinds.", missing.join(" and ")))
}

/// No part of a name or an address stands in it, however it is written.
fn name_fault(password: &str, about: &[&str]) -> Option<String> {
    let password = password.to_lowercase();
    let words = about.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
    let mut named = words.filter(|word| word.chars().count() > SHORT_NAME).map(str::to_lowercase);
    named
        .any(|word| password.contains(&word))
        .then(|| "Leave your name and your address out of it.".to_owned())
}

/// A password that nobody can guess and that any rule lets pass, for a command that gives somebody a new one: some 135
/// bits. Whoever gets it changes it.
pub fn random_password() -> Result<String, String> {
    const MOST_TRIES: usize = 100;
    for _ in 0..MOST_TRIES {
        let letters = random::letters::<28>(4).map_err(|_| "the system gives no randomness".to_owned())?;
        // The first letter that has a capital gets it; digits come by chance.
        let at = letters.find(|letter: char| letter.is_ascii_lowercase()).unwrap_or_default();
        let (before, rest) = letters.split_at(at);
        let (first, rest) = rest.split_at(1.min(rest.len()));
        let password = format!("{before}{}{rest}", first.to_uppercase());
        if PasswordPolicy::Staff.fault(&password, &[]).is_none() {
            return Ok(password);
        }
    }
    Err("the system gives no randomness".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: [&str; 2] = ["Asha Rao", "asha.rao@platform.example"];

    #[test]
    fn the_staff_have_all_kinds_of_characters_and_no_names_in_theirs() {
        let fault = |password: &str| PasswordPolicy::Staff.fault(password, &ABOUT).unwrap_or_default();
        assert!(fault("correct horse battery").contains("a capital letter and a digit and a sign"));
        assert!(fault("MONSOON-TEA-KETTLE-7").contains("a small letter"));
        assert!(fault("Monsoon-tea-kettle").contains("a digit"));
        assert!(fault("Monsoon tea kettle 7").contains("a sign"), "a space is none");
        assert!(fault("Monsoon-ASHA-kettle-7").contains("your name"));
        assert!(fault("Monsoon-platform-tea-7").contains("your address"));
        assert!(fault("Password@123").contains("easy to guess") && fault("Ab-1").contains("At least 12"));
        assert_eq!(fault("Monsoon-tea-kettle-7"), "");
        assert_eq!(PasswordPolicy::Customer.fault("correct horse battery", &ABOUT), None);
    }

    #[test]
    fn the_staff_change_theirs_once_a_year_and_not_twice_a_day() {
        let state = |rule, days: i64| PasswordState { rule, changed_at: -days * DAY };
        let due = |rule, days| PasswordPolicy::Staff.due(state(rule, days), 0).is_some();
        assert!(
            !due(PasswordRule::Staff, 364) && due(PasswordRule::Staff, 365) && due(PasswordRule::Staff, 366)
        );
        assert!(due(PasswordRule::Given, 0) && due(PasswordRule::Customer, 0));
        let customers = |rule| PasswordPolicy::Customer.due(state(rule, 900), 0).is_some();
        assert!(customers(PasswordRule::Given), "whoever it is of");
        let lapsed = |rule, days| PasswordPolicy::has_lapsed(state(rule, days), 0);
        assert!(!lapsed(PasswordRule::Given, 6) && lapsed(PasswordRule::Given, 7));
        assert!(!lapsed(PasswordRule::Customer, 900) && !lapsed(PasswordRule::Staff, 900));
        assert!(!customers(PasswordRule::Customer) && !customers(PasswordRule::Staff));
        let young = |policy: PasswordPolicy, rule, days| policy.too_young(state(rule, days), 0).is_some();
        assert!(young(PasswordPolicy::Staff, PasswordRule::Staff, 0));
        assert!(!young(PasswordPolicy::Staff, PasswordRule::Staff, 1));
        assert!(
            !young(PasswordPolicy::Staff, PasswordRule::Given, 0),
            "one that was given is changed at once"
        );
        assert!(!young(PasswordPolicy::Customer, PasswordRule::Customer, 0));
    }

    #[test]
    fn a_random_password_is_one_that_anybody_may_have_and_never_the_same() {
        let (one, other) = (random_password().unwrap(), random_password().unwrap());
        assert!(one.len() == 34 && PasswordPolicy::Staff.fault(&one, &[]).is_none(), "{one}");
        assert_ne!(one, other);
    }
}
