//! Repeatable randomness for tests. Anything sealed with it is open to anyone who knows the seed.

use crate::entropy::{Entropy, EntropyError};

/// A stream fixed by its seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct SeededEntropy(u64);

impl SeededEntropy {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// A source that always fails, to show that nothing is sealed without randomness.
#[derive(Clone, Copy, Debug)]
pub struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&mut self, _bytes: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError("switched off for a test".to_owned()))
    }
}

/// The bare bytes of all keys of a ring, to look for them where they must not be.
pub fn reveal(ring: &crate::KeyRing) -> Vec<[u8; 32]> {
    ring.tenant_keys().map(|key| *key.key().bytes()).collect()
}
