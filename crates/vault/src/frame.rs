//! Sealing archives in frames, so that one line is explained by opening one frame.
//!
//! Each frame is bound to its archive, its number and whether it is the last: frames cannot be swapped,
//! repeated, dropped at the end or taken from another archive without being noticed.

use std::fmt;

use crate::aead::{Binding, Keyed, VaultError};
use crate::entropy::Entropy;
use crate::secret::{Key, KeyId};

/// Which frame of which archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The archive's own name, the same for all its frames: its content address, or its number as bytes.
    pub archive: &'a [u8],
    /// From 0, without gaps.
    pub number: u32,
    /// Whether the archive ends with it. A reader that meets the end without one knows that frames are missing.
    pub last: bool,
}

/// A tenant's key for archives; of a ring, those of all its generations: the newest seals, each opens.
pub struct ArchiveKey(Keyed);

impl ArchiveKey {
    pub(crate) fn of(keys: Vec<(Key, KeyId)>) -> Self {
        Self(Keyed::new(keys))
    }

    /// Whether there are older keys beside the newest: a rotation goes on, or did a moment ago.
    pub fn is_rotating(&self) -> bool {
        self.0.count() > 1
    }

    /// Seals the bytes of one frame; 45 bytes longer than they.
    pub fn seal_frame(
        &self,
        entropy: &mut dyn Entropy,
        frame: &Frame<'_>,
        bytes: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        self.0.seal(entropy, binding(frame), bytes)
    }

    /// Opens one frame, if it is the one meant.
    pub fn open_frame(&self, frame: &Frame<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.open(binding(frame), sealed)
    }
}

fn binding(frame: &Frame<'_>) -> Binding {
    Binding::new("ecom/frame/v1")
        .with(frame.archive)
        .with(&frame.number.to_le_bytes())
        .with(&[u8::from(frame.last)])
}

impl fmt::Debug for ArchiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArchiveKey({}, [secret])", self.0.id())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tenant::TenantKey;
    use crate::testing::SeededEntropy;

    fn key(seed: u64) -> ArchiveKey {
        TenantKey::generate(&mut SeededEntropy::new(seed)).unwrap().archive()
    }

    #[test]
    fn an_archive_comes_back_frame_by_frame() {
        let (key, mut entropy) = (key(1), SeededEntropy::new(2));
        let parts: [&[u8]; 3] = [b"first line\n", b"", b"third\n"];
        let frame = |number: u32| Frame { archive: b"A1", number, last: number == 2 };
        let sealed: Vec<_> = parts
            .iter()
            .zip(0..)
            .map(|(part, number)| key.seal_frame(&mut entropy, &frame(number), part).unwrap())
            .collect();
        for (number, part) in (0..).zip(parts) {
            let index = usize::try_from(number).unwrap();
            assert_eq!(key.open_frame(&frame(number), &sealed[index]).unwrap(), part);
        }
    }

    #[test]
    fn a_shortened_archive_cannot_pass_its_second_last_frame_as_the_last() {
        let key = key(1);
        let middle = Frame { archive: b"A1", number: 1, last: false };
        let sealed = key.seal_frame(&mut SeededEntropy::new(2), &middle, b"x").unwrap();
        let claimed = Frame { last: true, ..middle };
        assert_eq!(key.open_frame(&claimed, &sealed), Err(VaultError::Tampered));
    }

    #[test]
    fn another_tenants_key_does_not_open_it() {
        let frame = Frame { archive: b"A1", number: 0, last: true };
        let sealed = key(1).seal_frame(&mut SeededEntropy::new(2), &frame, b"x").unwrap();
        assert!(matches!(key(2).open_frame(&frame, &sealed), Err(VaultError::OtherKey { .. })));
    }

    proptest! {
        #[test]
        fn a_frame_opens_only_as_itself(
            archives in ("[ab]{0,2}", "[ab]{0,2}"),
            numbers in (0_u32..3, 0_u32..3),
            lasts: (bool, bool),
        ) {
            let here = Frame { archive: archives.0.as_bytes(), number: numbers.0, last: lasts.0 };
            let there = Frame { archive: archives.1.as_bytes(), number: numbers.1, last: lasts.1 };
            let key = key(1);
            let sealed = key.seal_frame(&mut SeededEntropy::new(9), &here, b"bytes").unwrap();
            prop_assert!(key.open_frame(&here, &sealed).is_ok());
            prop_assert_eq!(key.open_frame(&there, &sealed).is_ok(), here == there);
        }

        #[test]
        fn any_changed_bit_is_noticed(text: Vec<u8>, at: usize, bit in 0_u8..8) {
            let (key, frame) = (key(1), Frame { archive: b"A1", number: 0, last: true });
            let mut sealed = key.seal_frame(&mut SeededEntropy::new(9), &frame, &text).unwrap();
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(key.open_frame(&frame, &sealed).is_err());
        }
    }
}
