//! Types that hold secrets cannot be printed, copied or serialised. This file does not compile if one can.
#![allow(clippy::unwrap_used, missing_docs)]

use ecom_vault::{
    ArchiveKey, FingerprintKey, Fingerprinter, KeyRing, RootKey, RootSource, SecretBytes, SecretKey,
    TenantKey,
};

/// Fails to compile if a type has a trait: then two implementations of `Either` fit, and the compiler cannot choose.
macro_rules! lacks {
    ($($kind:ty),+ => $wanted:path) => {
        $(const _: fn() = || {
            trait Either<Choice> {
                fn choose() {}
            }
            struct Has;
            impl<T: ?Sized> Either<()> for T {}
            impl<T: ?Sized + $wanted> Either<Has> for T {}
            let _ = <$kind as Either<_>>::choose;
        };)+
    };
}

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

/// What the above would say of a type that has the trait; so that the macro itself is known to work, the one thing
/// that must hold is asserted the other way round.
#[test]
fn what_is_public_may_be_printed() {
    fn shown<T: std::fmt::Display>(it: &T) -> String {
        it.to_string()
    }
    let key = RootKey::from_bytes(b"a key for tests, of 32 bytes....").unwrap();
    assert_eq!(shown(&key.id()).len(), 32);
    assert_eq!(format!("{key:?}"), format!("RootKey({}, [secret])", key.id()));
}
