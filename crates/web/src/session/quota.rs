//! Mail that people cause: so much of it within a while, by who asks and by where it goes. Nobody's mailbox is flooded,
//! by an attacker or by a button that is pressed again and again.

use ecom_store::{PersonId, Platform, TenantId, fold_email};

use super::attempt::{MINUTE, key};
use crate::fault::Page;

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Invitations of one business within an hour.
const MOST_INVITED: i64 = 50;
/// Mails to one address within an hour, whoever causes them, and of one person about their own address.
const MOST_MAILS: i64 = 5;
/// Mails to one person about new devices within a day. Whoever has the password could cause any number of them.
const MOST_DEVICES: i64 = 5;

/// Counters, each with how much it allows, and how long it remembers.
pub(crate) struct Quota {
    counters: Vec<([u8; 32], i64)>,
    window: i64,
}

impl Quota {
    /// Inviting somebody.
    pub(crate) fn of_invitation(tenant: TenantId, email: &str) -> Self {
        let business = key("invitations", &[&tenant.0.to_be_bytes()]);
        Self { counters: vec![(business, MOST_INVITED), to(email)], window: HOUR }
    }

    /// Sending a link to one's own address, or to one that is to become it.
    pub(crate) fn of_address(person: PersonId, email: &str) -> Self {
        let person = key("address mails", &[&person.0.to_be_bytes()]);
        Self { counters: vec![(person, MOST_MAILS), to(email)], window: HOUR }
    }

    /// Telling somebody of a new device.
    pub(crate) fn of_device(person: PersonId) -> Self {
        Self { counters: vec![(key("device mails", &[&person.0.to_be_bytes()]), MOST_DEVICES)], window: DAY }
    }

    /// Telling somebody of many failures at an address.
    pub(super) fn of_lockout(email: &str) -> Self {
        Self { counters: vec![(key("lockout mails", &[fold_email(email).as_bytes()]), 1)], window: DAY }
    }

    /// Counts it, in the transaction that causes the mail; or gives how many minutes to wait, and counts nothing.
    pub(crate) async fn take(&self, platform: &mut Platform<'_>, now: i64) -> Page<Option<i64>> {
        let keys: Vec<&[u8; 32]> = self.counters.iter().map(|(key, _)| key).collect();
        platform.login_turns(&keys).await?;
        for (key, most) in &self.counters {
            let counted = platform.login_failures(key).await?;
            if let Some(wait) = wait(counted, *most, self.window, now) {
                return Ok(Some(wait));
            }
        }
        for key in keys {
            platform.login_failed(key, now, now - self.window).await?;
        }
        Ok(None)
    }
}

fn to(email: &str) -> ([u8; 32], i64) {
    (key("mails to", &[fold_email(email).as_bytes()]), MOST_MAILS)
}

/// How many minutes to wait after so many, the last at an instant. A last one that is still to come was noted by a clock
/// that was wrong, and is none.
fn wait((count, last): (i64, i64), most: i64, window: i64, now: i64) -> Option<i64> {
    let recent = last > now - window && last <= now + MINUTE;
    (recent && count >= most).then(|| (last + window - now + MINUTE - 1) / MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_waits_until_the_last_one_is_over() {
        let now = 1_000 * HOUR;
        assert_eq!(wait((0, 0), 5, HOUR, now), None);
        assert_eq!(wait((4, now), 5, HOUR, now), None);
        assert_eq!(wait((5, now - MINUTE), 5, HOUR, now), Some(59));
        assert_eq!(wait((500, now - HOUR), 5, HOUR, now), None);
        assert_eq!(wait((500, now + DAY), 5, HOUR, now), None, "the clock was wrong then");
    }
}
