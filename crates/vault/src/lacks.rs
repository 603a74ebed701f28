//! A check at compile time that a type lacks a trait: that a secret cannot be printed, copied or serialised.

/// Fails to compile if one of the types has the trait.
///
/// ```
/// ecom_vault::lacks!(ecom_vault::RootKey, ecom_vault::SecretBytes => std::fmt::Display);
/// ```
///
/// ```compile_fail,E0283
/// ecom_vault::lacks!(ecom_vault::KeyId => std::fmt::Display);
/// ```
#[macro_export]
macro_rules! lacks {
    ($($kind:ty),+ => $wanted:path) => {
        $(const _: fn() = || {
            // If the type has the trait, two implementations fit, and the compiler cannot choose.
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
