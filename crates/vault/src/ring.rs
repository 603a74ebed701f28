//! A tenant's keys of all generations: the newest seals, every one opens.
//!
//! Rotating adds a generation. The older ones stay until nothing is left that was sealed with them, then they are
//! destroyed; a value says by the key id in front of it which generation it needs.

use std::fmt;

use crate::fingerprint::{FingerprintKey, Fingerprinter};
use crate::frame::ArchiveKey;
use crate::seal::SecretKey;
use crate::secret::{Key, KeyId};
use crate::tenant::TenantKey;

/// The keys of one tenant; at least one.
pub struct KeyRing {
    tenant: i64,
    /// Newest first.
    keys: Vec<(i64, TenantKey)>,
}

impl KeyRing {
    /// From generations in any order; `None` if there is none.
    pub fn new(tenant: i64, mut keys: Vec<(i64, TenantKey)>) -> Option<Self> {
        keys.sort_by_key(|(generation, _)| std::cmp::Reverse(*generation));
        (!keys.is_empty()).then_some(Self { tenant, keys })
    }

    /// Whose keys these are.
    pub fn tenant(&self) -> i64 {
        self.tenant
    }

    /// The generation that seals.
    pub fn generation(&self) -> i64 {
        self.keys[0].0
    }

    /// The id that newly sealed values carry.
    pub fn id(&self) -> KeyId {
        self.keys[0].1.id()
    }

    /// Generations and their ids, newest first.
    pub fn generations(&self) -> impl Iterator<Item = (i64, KeyId)> + '_ {
        self.keys.iter().map(|(generation, key)| (*generation, key.id()))
    }

    /// The keys for archives.
    pub fn archive(&self) -> ArchiveKey {
        ArchiveKey::of(self.each(TenantKey::archive_key))
    }

    /// The keys for single values.
    pub fn secret(&self) -> SecretKey {
        SecretKey::of(self.each(TenantKey::secret_key))
    }

    /// The newest key for content addresses.
    pub fn fingerprint(&self) -> FingerprintKey {
        self.keys[0].1.fingerprint()
    }

    /// A fingerprint to be made under each generation, newest first: while a rotation goes on, the address of a file
    /// is one of these.
    pub fn hashers(&self) -> Vec<(i64, Fingerprinter)> {
        self.keys.iter().map(|(generation, key)| (*generation, key.fingerprint().hasher())).collect()
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn tenant_keys(&self) -> impl Iterator<Item = &TenantKey> {
        self.keys.iter().map(|(_, key)| key)
    }

    fn each(&self, purpose: fn(&TenantKey) -> (Key, KeyId)) -> Vec<(Key, KeyId)> {
        self.keys.iter().map(|(_, key)| purpose(key)).collect()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.generations().map(|(at, id)| format!("{at}: {id}")).collect();
        write!(f, "KeyRing({}, {}, [secret])", self.tenant, ids.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;
    use crate::{Aad, Frame, VaultError};

    const AT: Aad<'static> = Aad { tenant: 7, table: "secret", column: "value", row: "1" };
    const FRAME: Frame<'static> = Frame { archive: b"A1", number: 0, last: true };

    fn key(seed: u64) -> TenantKey {
        TenantKey::generate(&mut SeededEntropy::new(seed)).unwrap()
    }

    fn ring(generations: &[i64]) -> KeyRing {
        let keys = generations.iter().map(|at| (*at, key(at.unsigned_abs()))).collect();
        KeyRing::new(7, keys).unwrap()
    }

    #[test]
    fn the_newest_seals_and_all_open() {
        let (old, both) = (ring(&[1]), ring(&[1, 2]));
        assert_eq!((both.generation(), both.id()), (2, key(2).id()));
        let mut entropy = SeededEntropy::new(9);
        let before = old.secret().seal(&mut entropy, &AT, b"token").unwrap();
        let after = both.secret().seal(&mut entropy, &AT, b"token").unwrap();
        assert_eq!(both.secret().open(&AT, &before).unwrap().expose(), b"token");
        assert_eq!(key(2).secret().open(&AT, &after).unwrap().expose(), b"token");
        assert!(matches!(old.secret().open(&AT, &after), Err(VaultError::OtherKey { .. })));
        let frame = old.archive().seal_frame(&mut entropy, &FRAME, b"line\n").unwrap();
        assert_eq!(both.archive().open_frame(&FRAME, &frame).unwrap(), b"line\n");
        assert!(matches!(ring(&[2]).archive().open_frame(&FRAME, &frame), Err(VaultError::OtherKey { .. })));
    }

    #[test]
    fn a_file_has_an_address_under_every_generation() {
        let prints: Vec<_> = ring(&[1, 3, 2])
            .hashers()
            .into_iter()
            .map(|(generation, mut hasher)| {
                hasher.update(b"file");
                (generation, hasher.finish())
            })
            .collect();
        let of = |seed| key(seed).fingerprint().fingerprint(b"file");
        assert_eq!(prints, [(3, of(3)), (2, of(2)), (1, of(1))]);
        assert_eq!(ring(&[1, 3, 2]).fingerprint().fingerprint(b"file"), of(3));
    }

    #[test]
    fn there_is_no_ring_without_a_key_and_none_prints() {
        assert!(KeyRing::new(7, Vec::new()).is_none());
        let shown = format!("{:?}", ring(&[1, 2]));
        let ids = format!("2: {}, 1: {}", key(2).id(), key(1).id());
        assert_eq!(shown, format!("KeyRing(7, {ids}, [secret])"));
    }
}
