//! Types that hold secrets cannot be printed, copied or serialised. This file does not compile if one can.
#![allow(clippy::unwrap_used, missing_docs)]

use ecom_vault::{
    ArchiveKey, FingerprintKey, Fingerprinter, KeyRing, RootKey, RootSource, SecretBytes, SecretKey,
    TenantKey, lacks,
};

macro_rules! secret {
    ($($kind:ty),+ $(,)?) => {
        lacks!($($kind),+ => std::fmt::Display);
        lacks!($($kind),+ => serde::Serialize);
        lacks!($($kind),+ => std::fmt::LowerHex);
        lacks!($($kind),+ => Clone);
        lacks!($($kind),+ => AsRef<[u8]>);
        lacks!($($kind),+ => std::ops::Deref);
        lacks!($($kind),+ => Into<Vec<u8>>);
        lacks!($($kind),+ => Into<String>);
        // Comparing secrets with `==` tells by its time how much of them is right.
        lacks!($($kind),+ => PartialEq);
    };
}

secret!(RootKey, TenantKey, KeyRing, ArchiveKey, SecretKey, FingerprintKey, SecretBytes);
lacks!(Fingerprinter, RootSource => serde::Serialize);
lacks!(Fingerprinter => std::fmt::Display);

#[test]
fn only_ids_are_shown() {
    let key = RootKey::from_bytes(b"a key for tests, of 32 bytes....").unwrap();
    assert_eq!(format!("{key:?}"), format!("RootKey({}, [secret])", key.id()));
}
