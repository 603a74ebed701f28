//! Bytes that never print and are wiped when dropped, ids of keys, and derivation of one key from another.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroize;

use crate::entropy::{Entropy, EntropyError};
use crate::hex;

/// Length of every key.
pub(crate) const KEY: usize = 32;

/// A key.
pub(crate) struct Key([u8; KEY]);

impl Key {
    pub(crate) fn random(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut key = Self([0; KEY]);
        entropy.fill(&mut key.0)?;
        Ok(key)
    }

    pub(crate) fn zero() -> Self {
        Self([0; KEY])
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; KEY] {
        &mut self.0
    }

    /// The key for another use, by HKDF-Expand with the use's name.
    pub(crate) fn derive(&self, name: &str) -> Self {
        let mut key = Self::zero();
        self.expand(name, &mut key.0);
        key
    }

    /// An id that tells keys apart and tells nothing about them. It commits to the key: AES-GCM alone does not.
    pub(crate) fn id(&self, name: &str) -> KeyId {
        let mut id = [0; KeyId::LENGTH];
        self.expand(name, &mut id);
        KeyId(id)
    }

    /// `N` is at most 32, so neither the key is too short nor the output too long for HKDF-SHA256.
    fn expand<const N: usize>(&self, name: &str, out: &mut [u8; N]) {
        const { assert!(N <= KEY) };
        let done = Hkdf::<Sha256>::from_prk(&self.0).map(|hkdf| hkdf.expand(name.as_bytes(), out));
        let Ok(Ok(())) = done else {
            unreachable!("a key of 32 bytes and an output of at most 32 are within the limits of HKDF")
        };
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Tells keys apart; public. Printed as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub(crate) [u8; Self::LENGTH]);

impl KeyId {
    /// Length in bytes.
    pub const LENGTH: usize = 16;

    /// The bytes, as they stand in front of sealed values.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// From stored bytes.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The 17 bytes with which everything begins that is sealed with this key, to look for it.
    pub fn mark(&self) -> [u8; 1 + Self::LENGTH] {
        crate::aead::mark(*self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::to_hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// An opened secret. Prints as `[secret]`, is wiped when dropped, cannot be serialised.
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
