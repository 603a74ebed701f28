//! The texts that people agree to, each with its version. A text that was shown is never edited: a new version is
//! added, and whoever agreed to the old one is asked again where the purpose has changed.

use ecom_store::{Channel, MessagePurpose};

/// A text that people agree to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wording {
    /// Its version, as it stands on record.
    pub version: &'static str,
    /// The name of its box in a form: the same for all versions.
    pub choice: &'static str,
    /// For what.
    pub purpose: MessagePurpose,
    /// By which way.
    pub channel: Channel,
    /// What they read.
    pub text: &'static str,
}

/// All that were ever shown, the oldest first.
pub const WORDINGS: &[Wording] = &[Wording {
    version: "digest-email-1",
    choice: "digest-email",
    purpose: MessagePurpose::Digest,
    channel: Channel::Email,
    text: "Send me the figures of this business by e-mail every Monday: profit, sales, fees, and what needs my \
           attention. I can stop this here at any time.",
}];

/// The text that is shown now.
pub fn wording(purpose: MessagePurpose, channel: Channel) -> Option<&'static Wording> {
    WORDINGS.iter().rev().find(|wording| wording.purpose == purpose && wording.channel == channel)
}

/// The text of a version.
pub fn wording_of(version: &str) -> Option<&'static Wording> {
    WORDINGS.iter().find(|wording| wording.version == version)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn whatever_needs_consent_has_a_text_and_versions_are_unique() {
        for purpose in MessagePurpose::ALL {
            let asked = Channel::ALL.into_iter().all(|channel| wording(purpose, channel).is_some());
            assert_eq!(asked, purpose.needs_consent(), "{purpose:?}");
        }
        let versions: BTreeSet<&str> = WORDINGS.iter().map(|wording| wording.version).collect();
        assert_eq!(versions.len(), WORDINGS.len());
        assert_eq!(wording_of("digest-email-1").map(|one| one.purpose), Some(MessagePurpose::Digest));
    }
}
