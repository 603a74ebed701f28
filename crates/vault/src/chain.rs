//! A hash chain: each link is the SHA-256 of the link before it and of what it stands for.
//!
//! Whoever changes, removes or reorders an entry must make every later link anew, and the last one is known elsewhere.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::hex;

/// What every hash begins with, so that no hash of another kind is taken for a link.
const DOMAIN: &[u8] = b"ecom chain 1";

/// One link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link([u8; 32]);

impl Link {
    /// What stands before the first entry.
    pub const START: Self = Self([0; 32]);

    /// The link of an entry that follows this one. Each part is hashed with its length: parts cannot flow into
    /// each other.
    #[must_use]
    pub fn after(&self, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(self.0);
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// As it is stored.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it was stored; `None` if it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::to_hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_flow_into_each_other() {
        let link = |parts: &[&[u8]]| Link::START.after(parts);
        assert_ne!(link(&[b"ab", b"c"]), link(&[b"a", b"bc"]));
        assert_ne!(link(&[b"ab"]), link(&[b"ab", b""]));
        assert_ne!(link(&[b"a", b"b"]), link(&[b"b", b"a"]));
    }

    #[test]
    fn a_link_depends_on_the_one_before_it() {
        let first = Link::START.after(&[b"a"]);
        assert_ne!(first.after(&[b"b"]), Link::START.after(&[b"b"]));
        assert_eq!(Link::from_bytes(first.bytes()), Some(first));
        assert_eq!(Link::from_bytes(&[1; 31]), None);
    }

    /// Made with Python: `sha256(b"ecom chain 1" + bytes(32) + (1).to_bytes(8, "big") + b"a")`.
    #[test]
    fn the_form_stays_as_it_is() {
        let first = Link::START.after(&[b"a"]).to_string();
        assert_eq!(first, "63471ec73493e3a0d20a2b1378fe2e28459c97c774e54c2413ea28eec8282538");
    }
}
