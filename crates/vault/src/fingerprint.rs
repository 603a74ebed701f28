//! Content addresses: HMAC-SHA256 under a tenant's key, fed piece by piece.
//!
//! Keyed, so that an address says nothing about a file to whoever lacks the key, and the same file of two
//! tenants has two addresses.

use std::fmt;
use std::io;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;
use crate::secret::{KEY, Key};

/// A tenant's key for content addresses.
pub struct FingerprintKey(Key);

impl FingerprintKey {
    pub(crate) fn new(key: Key) -> Self {
        Self(key)
    }

    /// Begins a fingerprint.
    pub fn hasher(&self) -> Fingerprinter {
        // A key shorter than SHA-256's block is padded with zeros by the definition of HMAC (RFC 2104).
        let mut block = [0; 64];
        block[..KEY].copy_from_slice(self.0.bytes());
        let mac = Hmac::new(&block.into());
        zeroize::Zeroize::zeroize(&mut block);
        Fingerprinter(mac)
    }

    /// The fingerprint of bytes at hand.
    pub fn fingerprint(&self, bytes: &[u8]) -> Fingerprint {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey([secret])")
    }
}

/// A fingerprint in the making. Also an `io::Write`, so that a stream can be copied into it.
#[derive(Clone)]
pub struct Fingerprinter(Hmac<Sha256>);

impl Fingerprinter {
    /// Adds bytes; how they are cut into pieces makes no difference.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The fingerprint of all bytes added.
    pub fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into_bytes().into())
    }
}

impl io::Write for Fingerprinter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprinter([secret])")
    }
}

/// A content address; printed as 64 hexadecimal digits. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

/// A text that is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 64 hexadecimal digits")]
pub struct FingerprintError;

impl Fingerprint {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From stored bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let mut bytes = [0; 32];
        if hex::decode(text.as_bytes(), &mut bytes) { Ok(Self(bytes)) } else { Err(FingerprintError) }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::to_hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tenant::TenantKey;
    use crate::testing::SeededEntropy;

    #[test]
    fn an_independent_implementation_agrees() {
        // Computed with Python's `hmac` module: the key is 32 times the byte 0xaa.
        let mut key = Key::zero();
        key.bytes_mut().fill(0xaa);
        let made =
            FingerprintKey::new(key).fingerprint(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(made.to_string(), "e0c56032d9053afe4787b467b28418c8207a241652c851d9f590fc486e42fc80");
    }

    #[test]
    fn the_vectors_of_wycheproof_hold() {
        let (mut valid, mut invalid) = (0, 0);
        for [number, result, secret, message, tag, _flags] in
            hex::vectors(include_str!("../fixtures/wycheproof_hmac_sha256.txt"))
        {
            let mut key = Key::zero();
            key.bytes_mut().copy_from_slice(&hex::bytes(secret));
            let made = FingerprintKey::new(key).fingerprint(&hex::bytes(message));
            assert_eq!(made.as_bytes().as_slice() == hex::bytes(tag), result == "valid", "vector {number}");
            if result == "valid" { valid += 1 } else { invalid += 1 }
        }
        assert_eq!((valid, invalid), (27, 54));
    }

    #[test]
    fn tenants_do_not_share_addresses() {
        let of = |seed| TenantKey::generate(&mut SeededEntropy::new(seed)).unwrap().fingerprint();
        assert_ne!(of(1).fingerprint(b"file"), of(2).fingerprint(b"file"));
        assert_eq!(of(1).fingerprint(b"file"), of(1).fingerprint(b"file"));
    }

    #[test]
    fn addresses_are_read_back() {
        let made = FingerprintKey::new(Key::zero()).fingerprint(b"x");
        assert_eq!(made.to_string().parse(), Ok(made));
        assert_eq!("12".parse::<Fingerprint>(), Err(FingerprintError));
        assert_eq!("g".repeat(64).parse::<Fingerprint>(), Err(FingerprintError));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(bytes: Vec<u8>, size in 1_usize..9) {
            let key = FingerprintKey::new(Key::zero());
            let mut hasher = key.hasher();
            for piece in bytes.chunks(size) {
                io::Write::write_all(&mut hasher, piece).unwrap();
            }
            prop_assert_eq!(hasher.finish(), key.fingerprint(&bytes));
        }
    }
}
