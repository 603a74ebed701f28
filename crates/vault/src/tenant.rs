//! A tenant's key, wrapped by the root key where it is stored, and the keys that follow from it.

use std::fmt;

use crate::aead::{self, VaultError};
use crate::entropy::{Entropy, EntropyError};
use crate::fingerprint::FingerprintKey;
use crate::frame::ArchiveKey;
use crate::seal::SecretKey;
use crate::secret::{Key, KeyId};

/// 32 random bytes from which a tenant's other keys are derived. Never stored unwrapped.
pub struct TenantKey(Key);

/// A tenant's key as it is stored: sealed by the root key, for one tenant.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl TenantKey {
    /// A new key.
    pub fn generate(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        Key::random(entropy).map(Self)
    }

    pub(crate) fn new(key: Key) -> Self {
        Self(key)
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0
    }

    /// The id that values sealed under this key carry.
    pub fn id(&self) -> KeyId {
        self.0.id("ecom/tenant/id/v1")
    }

    /// The key for archives.
    pub fn archive(&self) -> ArchiveKey {
        ArchiveKey::of(vec![self.archive_key()])
    }

    /// The key for content addresses.
    pub fn fingerprint(&self) -> FingerprintKey {
        FingerprintKey::new(self.0.derive("ecom/tenant/fingerprint/v1"))
    }

    /// The key for single values.
    pub fn secret(&self) -> SecretKey {
        SecretKey::of(vec![self.secret_key()])
    }

    pub(crate) fn archive_key(&self) -> (Key, KeyId) {
        (self.0.derive("ecom/tenant/archive/v1"), self.id())
    }

    pub(crate) fn secret_key(&self) -> (Key, KeyId) {
        (self.0.derive("ecom/tenant/secret/v1"), self.id())
    }
}

impl fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantKey({}, [secret])", self.id())
    }
}

impl WrappedKey {
    /// As read from the key store; checked when it is unwrapped.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As written to the key store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The root key it was wrapped with, to tell after a rotation which ones are left.
    pub fn root(&self) -> Result<KeyId, VaultError> {
        aead::key_id(&self.0)
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Aad;
    use crate::testing::{NoEntropy, SeededEntropy};

    #[test]
    fn keys_print_their_id_and_nothing_else() {
        let key = TenantKey::generate(&mut SeededEntropy::new(1)).unwrap();
        let secret = crate::hex::to_hex(key.0.bytes());
        let shown =
            format!("{key:?} {:?} {:?} {:?} {:?}", key.archive(), key.secret(), key.fingerprint(), key.0);
        assert!(shown.contains(&key.id().to_string()));
        assert!(!shown.contains(&secret[..8]), "{shown}");
        assert_eq!(shown.matches("[secret]").count(), 5);
    }

    #[test]
    fn a_key_needs_randomness() {
        assert!(TenantKey::generate(&mut NoEntropy).is_err());
    }

    /// Made by an independent implementation (Python's `cryptography`): the stored form must never change,
    /// or old backups would not open.
    #[test]
    fn values_of_an_independent_implementation_open() {
        let mut key = Key::zero();
        for (byte, value) in key.bytes_mut().iter_mut().zip(0..) {
            *byte = value;
        }
        let tenant = TenantKey::new(key);
        assert_eq!(tenant.id().to_string(), "df17ba68891ca8612cbae7e022a0a712");
        let at = Aad { tenant: 7, table: "connection", column: "refresh_token", row: "42" };
        let sealed = crate::hex::bytes(
            "01df17ba68891ca8612cbae7e022a0a7126465666768696a6b6c6d6e6f8542375bb7a234bec26a9d345a83e113bed103b503",
        );
        assert_eq!(tenant.secret().open(&at, &sealed).unwrap().expose(), b"token");
        let sealed = crate::hex::bytes(
            "01df17ba68891ca8612cbae7e022a0a7126465666768696a6b6c6d6e6f4d0c7f802343218bb9b1213ce93acfd5207a527010",
        );
        let frame = crate::Frame { archive: b"A1", number: 3, last: true };
        assert_eq!(tenant.archive().open_frame(&frame, &sealed).unwrap(), b"line\n");
        let print = tenant.fingerprint().fingerprint(b"file");
        assert_eq!(print.to_string(), "243a0be25d3f7e3806741d58f16b548e28e6e43a3cf5f1a02e3f101a2f9e58cb");
    }
}
