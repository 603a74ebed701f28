//! Failed sign-ins, counted by address within a network, by network, and by address.
//!
//! The first two are refused for a while; an address tried from many networks is only slowed down. So nobody far away
//! can lock a person out, and a refusal ends by itself: refused attempts are not counted.

use std::time::Duration;

use ecom_store::{PersonId, Platform, fold_email};
use sha2::{Digest, Sha256};

use crate::{app::App, fault::Page, network::Network};

const MINUTE: i64 = 60_000_000;
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
        }
    }

    /// Somebody who knows the password and types a code. Where from makes no difference: there are only a million
    /// codes, and nobody without the password can lock the person out here.
    pub(crate) fn of_code(person: PersonId, network: Network) -> Self {
        let person = person.0.to_be_bytes();
        Self {
            pair: key("code", &[&person]),
            network: key("network", &[network.bytes()]),
            address: key("codes", &[&person]),
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
            tx.commit().await?;
        }
        Ok(verdict)
    }

    /// Forgets the failures of the person; those of the network stay, or one account would free it for all others.
    pub(crate) async fn succeeded(&self, platform: &mut Platform<'_>) -> Page<()> {
        platform.login_succeeded(&self.pair).await?;
        Ok(platform.login_succeeded(&self.address).await?)
    }
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
    let full = |(asked, last): (i64, i64), most: i64| asked >= most && last > now - MEMORY;
    for (counted, most) in [(pair, MOST_ASKED), (network, MOST_NETWORK)] {
        if full(counted, most) {
            return ResetVerdict::Wait { minutes: (counted.1 + MEMORY - now + MINUTE - 1) / MINUTE };
        }
    }
    if full(address, MOST_ASKED) { ResetVerdict::Enough } else { ResetVerdict::Send }
}

/// Each is how often it failed, and when last.
fn judge(pair: (i64, i64), network: (i64, i64), address: (i64, i64), now: i64) -> Verdict {
    let recent = |(failures, last): (i64, i64)| if last > now - MEMORY { failures } else { 0 };
    let until = if recent(pair) >= MOST_PAIR || (recent(network) >= MOST_NETWORK && recent(pair) > 0) {
        pair.1 + MEMORY
    } else {
        now
    };
    if until > now {
        return Verdict::Wait { minutes: (until - now + MINUTE - 1) / MINUTE };
    }
    Verdict::Go { slowed: if recent(address) >= MOST_ADDRESS { SLOWED } else { Duration::ZERO } }
}

fn key(kind: &str, parts: &[&[u8]]) -> [u8; 32] {
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
    fn capitals_do_not_make_another_address() {
        let network = Network::of("203.0.113.7".parse().unwrap());
        assert_eq!(
            Attempt::new("Asha@Example.in ", network).pair,
            Attempt::new("asha@example.in", network).pair
        );
    }
}
