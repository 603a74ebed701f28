//! Sealing single values: tokens, passwords of other systems, anything a column must not show.

use std::fmt;

use crate::aead::{Binding, Keyed, VaultError};
use crate::entropy::Entropy;
use crate::secret::{Key, KeyId, SecretBytes};

/// Where a sealed value stands. It opens only there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aad<'a> {
    /// The tenant's number.
    pub tenant: i64,
    /// Table name.
    pub table: &'a str,
    /// Column name.
    pub column: &'a str,
    /// The row's key as text; parts of a composed key joined by the caller, always in the same way.
    pub row: &'a str,
}

/// A tenant's key for single values; of a ring, those of all its generations: the newest seals, each opens.
pub struct SecretKey(Keyed);

impl SecretKey {
    pub(crate) fn of(keys: Vec<(Key, KeyId)>) -> Self {
        Self(Keyed::new(keys))
    }

    /// Seals a value for one place: format byte, key id (16), nonce (12), ciphertext, tag (16).
    pub fn seal(
        &self,
        entropy: &mut dyn Entropy,
        at: &Aad<'_>,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        self.0.seal(entropy, binding(at), plaintext)
    }

    /// Opens a value at the place it was sealed for.
    pub fn open(&self, at: &Aad<'_>, sealed: &[u8]) -> Result<SecretBytes, VaultError> {
        self.0.open(binding(at), sealed).map(SecretBytes::new)
    }
}

fn binding(at: &Aad<'_>) -> Binding {
    Binding::new("ecom/seal/v1")
        .with(&at.tenant.to_le_bytes())
        .with(at.table.as_bytes())
        .with(at.column.as_bytes())
        .with(at.row.as_bytes())
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, [secret])", self.0.id())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tenant::TenantKey;
    use crate::testing::{NoEntropy, SeededEntropy};

    const HERE: Aad<'static> = Aad { tenant: 7, table: "connection", column: "refresh_token", row: "42" };

    fn key(seed: u64) -> SecretKey {
        TenantKey::generate(&mut SeededEntropy::new(seed)).unwrap().secret()
    }

    #[test]
    fn a_value_opens_where_it_was_sealed() {
        let (key, mut entropy) = (key(1), SeededEntropy::new(2));
        let sealed = key.seal(&mut entropy, &HERE, b"Atzr|token").unwrap();
        assert_eq!(sealed.len(), 10 + 45);
        let opened = key.open(&HERE, &sealed).unwrap();
        assert_eq!(opened.expose(), b"Atzr|token");
        assert_eq!(format!("{opened:?}"), "[secret]");
        assert_ne!(
            key.seal(&mut entropy, &HERE, b"Atzr|token").unwrap(),
            sealed,
            "nonces are never repeated"
        );
    }

    #[test]
    fn another_key_is_named() {
        let (one, two) = (key(1), key(2));
        let sealed = one.seal(&mut SeededEntropy::new(3), &HERE, b"x").unwrap();
        let fault = two.open(&HERE, &sealed).unwrap_err();
        assert_eq!(fault, VaultError::OtherKey { sealed_with: one.0.id(), given: two.0.id() });
    }

    #[test]
    fn nothing_is_sealed_without_randomness() {
        assert!(matches!(key(1).seal(&mut NoEntropy, &HERE, b"x"), Err(VaultError::Entropy(_))));
    }

    #[test]
    fn what_is_no_sealed_value_is_told() {
        assert_eq!(key(1).open(&HERE, b"").unwrap_err(), VaultError::Short(0));
        assert_eq!(key(1).open(&HERE, &[1; 44]).unwrap_err(), VaultError::Short(44));
        assert_eq!(key(1).open(&HERE, &[9; 60]).unwrap_err(), VaultError::Format(9));
    }

    proptest! {
        #[test]
        fn a_value_opens_nowhere_else(
            tenants in (0_i64..2, 0_i64..2),
            tables in ("[ab]{0,2}", "[ab]{0,2}"),
            columns in ("[ab]{0,2}", "[ab]{0,2}"),
            rows in ("[ab]{0,2}", "[ab]{0,2}"),
        ) {
            let here = Aad { tenant: tenants.0, table: &tables.0, column: &columns.0, row: &rows.0 };
            let there = Aad { tenant: tenants.1, table: &tables.1, column: &columns.1, row: &rows.1 };
            let key = key(1);
            let sealed = key.seal(&mut SeededEntropy::new(9), &here, b"value").unwrap();
            prop_assert!(key.open(&here, &sealed).is_ok());
            prop_assert_eq!(key.open(&there, &sealed).is_ok(), here == there);
        }

        #[test]
        fn one_swapped_part_of_the_place_is_enough(part in 0..4, other in "[a-z]{1,9}") {
            let mut there = HERE;
            match part {
                0 => there.tenant += 1,
                1 => there.table = &other,
                2 => there.column = &other,
                _ => there.row = &other,
            }
            prop_assume!(there != HERE);
            let key = key(1);
            let sealed = key.seal(&mut SeededEntropy::new(9), &HERE, b"value").unwrap();
            prop_assert_eq!(key.open(&there, &sealed).unwrap_err(), VaultError::Tampered);
        }

        #[test]
        fn any_changed_bit_is_noticed(text: Vec<u8>, at: usize, bit in 0_u8..8) {
            let key = key(1);
            let mut sealed = key.seal(&mut SeededEntropy::new(9), &HERE, &text).unwrap();
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(key.open(&HERE, &sealed).is_err());
        }

        #[test]
        fn a_cut_value_does_not_open(text: Vec<u8>, keep: usize) {
            let key = key(1);
            let sealed = key.seal(&mut SeededEntropy::new(9), &HERE, &text).unwrap();
            prop_assert!(key.open(&HERE, &sealed[..keep % sealed.len()]).is_err());
        }

        #[test]
        fn values_come_back_unchanged(text: Vec<u8>, seed: u64) {
            let key = key(seed);
            let sealed = key.seal(&mut SeededEntropy::new(seed ^ 1), &HERE, &text).unwrap();
            let opened = key.open(&HERE, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), text);
        }
    }
}
