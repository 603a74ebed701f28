//! Failed sign-ins, counted by address within a network, by network, and by address.
//!
//! The first two are refused for a while; an address tried from many networks is only slowed down. So nobody far away
//! can lock a person out, and a refusal ends by itself: refused attempts are not counted.

use std::time::Duration;

use ecom_store::{PersonId, Platform, fold_email};
use ecom_work::mail::Letter;
use sha2::{Digest, Sha256};

use super::Quota;
use crate::{
    app::App,
    fault::{Fault, Page},
    network::Network,
    post::{self, Reader},
};

pub(super) const MINUTE: i64 = 60_000_000;
/// How long failures are remembered, and how long a refusal lasts, in microseconds: 15 minutes.
const MEMORY: i64 = 15 * MINUTE;
/// Failures of one address from one network before it is refused.
const MOST_PAIR: i64 = 10;
/// Failures from one network before addresses that failed there already are refused.
const MOST_NETWORK: i64 = 50;
/// Failures of one address from anywhere before its attempts are slowed down.
const MOST_ADDRESS: i64 = 20;
/// By how much.
const SLOWED: Duration = Duration::from_secs(1);

/// Askings for a new password for one address before its mails stop for a while; within one network, before it is refused.
const MOST_ASKED: i64 = 5;

/// Someone trying to sign in.
pub(crate) struct Attempt {
    pair: [u8; 32],
    network: [u8; 32],
    address: [u8; 32],
    who: Who,
    from: Network,
}

/// Who is told of many failures.
enum Who {
    /// Whoever has this address, if anybody: the password is wrong.
    Address(String),
    /// Somebody whose password is known to whoever tries codes.
    Person(PersonId),
}

/// Whether an attempt may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// After this pause.
    Go { slowed: Duration },
    /// Not before so many minutes.
    Wait { minutes: i64 },
}

impl Attempt {
    pub(crate) fn new(email: &str, network: Network) -> Self {
        let email = fold_email(email);
        Self {
            pair: key("pair", &[email.as_bytes(), network.bytes()]),
            network: key("network", &[network.bytes()]),
            address: key("address", &[email.as_bytes()]),
            who: Who::Address(email),
            from: network,
        }
    }

    /// Somebody who knows the password and types a code. Where from makes no difference: there are only a million
    /// codes, and nobody without the password can lock the person out here.
    pub(crate) fn of_code(person: PersonId, network: Network) -> Self {
        let id = person.0.to_be_bytes();
        Self {
            pair: key("code", &[&id]),
            network: key("network", &[network.bytes()]),
            address: key("codes", &[&id]),
            who: Who::Person(person),
            from: network,
        }
    }

    /// Judges, and counts the attempt as failed until it has succeeded.
    pub(crate) async fn begin(&self, app: &App) -> Page<Verdict> {
        let now = app.now();
        let mut tx = app.db.write().await?;
        let mut platform = tx.platform();
        platform.login_turns(&[&self.pair, &self.network, &self.address]).await?;
        let pair = platform.login_failures(&self.pair).await?;
        let network = platform.login_failures(&self.network).await?;
        let address = platform.login_failures(&self.address).await?;
        let verdict = judge(pair, network, address, now);
        if let Verdict::Go { .. } = verdict {
            for key in [&self.pair, &self.network, &self.address] {
                platform.login_failed(key, now, now - MEMORY).await?;
            }
        }
        let refused = match verdict {
            Verdict::Wait { .. } if pair.0 >= MOST_PAIR => {
                Some(Refused { failures: pair.0, from: Some(self.from), until: pair.1 + MEMORY })
            }
            Verdict::Go { slowed } if slowed > Duration::ZERO => {
                Some(Refused { failures: address.0, from: None, until: now + MEMORY })
            }
            _ => None,
        };
        let told = refused.is_some();
        if let Some(refused) = refused {
            self.warn(app, &mut platform, &refused).await?;
        }
        tx.commit().await?;
        // The worker looks for the mail, if there is one.
        if told {
            app.bell.ring();
        }
        Ok(verdict)
    }

    /// Checks the password of this attempt. One that waited in vain to be checked was no attempt: whoever does as told and
    /// tries again must not be shut out by that.
    pub(crate) async fn verify(&self, app: &App, password: String, hash: Option<String>) -> Page<bool> {
        let checked = app.passwords().verify(password, hash).await;
        if matches!(checked, Err(Fault::Crowded(_))) {
            let mut tx = app.db.write().await?;
            for key in [&self.pair, &self.network, &self.address] {
                tx.platform().login_unchecked(key).await?;
            }
            tx.commit().await?;
        }
        checked
    }

    /// Tells the person, once a day at most: an attacker must not fill a mailbox. It is counted whether or not there is
    /// such a person, so that nothing depends on that but the mail.
    async fn warn(&self, app: &App, platform: &mut Platform<'_>, refused: &Refused) -> Page<()> {
        let now = app.now();
        let (person, address) = match &self.who {
            Who::Address(email) => (None, email.clone()),
            Who::Person(person) => (Some(*person), format!("codes of {person}")),
        };
        if Quota::of_lockout(&address).take(platform, now).await?.is_some() {
            return Ok(());
        }
        let person = match person {
            None => platform.login(&address).await?.map(|login| login.id),
            known => known,
        };
        let Some(person) = person else { return Ok(()) };
        let Some(profile) = platform.profile(person).await? else { return Ok(()) };
        let letter = Letter::Lockout {
            name: profile.name.clone(),
            failures: refused.failures,
            network: refused.from.map(|network| network.to_string()),
            until: refused.until,
            codes: matches!(self.who, Who::Person(_)),
            page: "/reset".to_owned(),
        };
        let reader = Reader { person: Some(person), name: &profile.name, email: &profile.email };
        let cause = format!("lockout:{person}:{now}");
        post::write(app, platform, (&cause, None), reader, &letter, None).await.map(drop)
    }

    /// Forgets the failures of the person; those of the network stay, or one account would free it for all others.
    pub(crate) async fn succeeded(&self, platform: &mut Platform<'_>) -> Page<()> {
        platform.login_succeeded(&self.pair).await?;
        Ok(platform.login_succeeded(&self.address).await?)
    }
}

/// What somebody is told who was tried again and again.
struct Refused {
    failures: i64,
    /// None if they came from many networks: then they are only slowed down.
    from: Option<Network>,
    until: i64,
}

/// Someone asking for a new password.
pub(crate) struct Asking {
    pair: [u8; 32],
    network: [u8; 32],
    address: [u8; 32],
}

/// What becomes of asking for a new password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ResetVerdict {
    /// A mail goes, if there is such a person.
    Send,
    /// Enough mails went to this address, whose last link still works. The answer is the same.
    Enough,
    /// Not before so many minutes.
    Wait { minutes: i64 },
}

impl Asking {
    pub(crate) fn new(email: &str, network: Network) -> Self {
        let email = fold_email(email);
        Self {
            pair: key("reset pair", &[email.as_bytes(), network.bytes()]),
            network: key("reset network", &[network.bytes()]),
            address: key("reset address", &[email.as_bytes()]),
        }
    }

    /// Judges and counts, in the transaction that writes the mail. What is refused is not counted, and nothing depends
    /// on whether there is such a person.
    pub(crate) async fn begin(&self, platform: &mut Platform<'_>, now: i64) -> Page<ResetVerdict> {
        platform.login_turns(&[&self.pair, &self.network, &self.address]).await?;
        let pair = platform.login_failures(&self.pair).await?;
        let network = platform.login_failures(&self.network).await?;
        let address = platform.login_failures(&self.address).await?;
        let verdict = judge_asking(pair, network, address, now);
        let counted: &[&[u8; 32]] = match verdict {
            ResetVerdict::Send => &[&self.pair, &self.network, &self.address],
            ResetVerdict::Enough => &[&self.pair, &self.network],
            ResetVerdict::Wait { .. } => &[],
        };
        for key in counted {
            platform.login_failed(*key, now, now - MEMORY).await?;
        }
        Ok(verdict)
    }
}

/// Each is how often somebody asked, and when last.
fn judge_asking(pair: (i64, i64), network: (i64, i64), address: (i64, i64), now: i64) -> ResetVerdict {
    let full = |counted: (i64, i64), most: i64| recent(counted, now) >= most;
    for (counted, most) in [(pair, MOST_ASKED), (network, MOST_NETWORK)] {
        if full(counted, most) {
            return ResetVerdict::Wait { minutes: (counted.1 + MEMORY - now + MINUTE - 1) / MINUTE };
        }
    }
    if full(address, MOST_ASKED) { ResetVerdict::Enough } else { ResetVerdict::Send }
}

/// Each is how often it failed, and when last.
fn judge(pair: (i64, i64), network: (i64, i64), address: (i64, i64), now: i64) -> Verdict {
    let recent = |counted| recent(counted, now);
    if recent(pair) >= MOST_PAIR || (recent(network) >= MOST_NETWORK && recent(pair) > 0) {
        return Verdict::Wait { minutes: (pair.1 + MEMORY - now + MINUTE - 1) / MINUTE };
    }
    Verdict::Go { slowed: if recent(address) >= MOST_ADDRESS { SLOWED } else { Duration::ZERO } }
}

/// How many are remembered. The last one being still to come, a clock was wrong: that locks nobody out.
fn recent((count, last): (i64, i64), now: i64) -> i64 {
    if last > now - MEMORY && last <= now + MINUTE { count } else { 0 }
}

pub(super) fn key(kind: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(kind);
    for part in parts {
        hash.update([0]);
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000 * MINUTE;
    const NONE: (i64, i64) = (0, 0);
    const GO: Verdict = Verdict::Go { slowed: Duration::ZERO };

    #[test]
    fn ten_failures_from_one_network_are_enough_for_a_quarter_of_an_hour() {
        assert_eq!(judge((9, NOW), NONE, NONE, NOW), GO);
        assert_eq!(judge((10, NOW - MINUTE), NONE, NONE, NOW), Verdict::Wait { minutes: 14 });
        assert_eq!(judge((10, NOW - MEMORY), NONE, NONE, NOW), GO);
    }

    #[test]
    fn a_noisy_network_still_lets_everybody_try_once() {
        assert_eq!(judge(NONE, (500, NOW), NONE, NOW), GO);
        assert_eq!(judge((1, NOW), (500, NOW), NONE, NOW), Verdict::Wait { minutes: 15 });
    }

    #[test]
    fn an_address_under_attack_from_afar_is_slowed_down_but_never_locked_out() {
        assert_eq!(judge(NONE, NONE, (1_000_000, NOW), NOW), Verdict::Go { slowed: SLOWED });
    }

    #[test]
    fn asking_again_and_again_is_refused_where_it_comes_from_and_elsewhere_sends_no_more() {
        assert_eq!(judge_asking((4, NOW), (49, NOW), (4, NOW), NOW), ResetVerdict::Send);
        assert_eq!(judge_asking((5, NOW - MINUTE), NONE, NONE, NOW), ResetVerdict::Wait { minutes: 14 });
        assert_eq!(judge_asking(NONE, (50, NOW), NONE, NOW), ResetVerdict::Wait { minutes: 15 });
        assert_eq!(judge_asking(NONE, NONE, (5, NOW), NOW), ResetVerdict::Enough);
        let over = (1_000, NOW - MEMORY);
        assert_eq!(judge_asking(over, over, over, NOW), ResetVerdict::Send);
    }

    #[test]
    fn failures_that_a_wrong_clock_noted_for_later_lock_nobody_out() {
        let later = (1_000, NOW + 1_000 * MEMORY);
        assert_eq!(judge(later, later, later, NOW), GO);
        assert_eq!(judge_asking(later, later, later, NOW), ResetVerdict::Send);
    }

    #[test]
    fn capitals_do_not_make_another_address() {
        let network = Network::of("203.0.113.7".parse().unwrap());
        assert_eq!(
            Attempt::new("Asha@Example.in ", network).pair,
            Attempt::new("asha@example.in", network).pair
        );
    }
}
