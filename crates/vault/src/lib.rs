//! Envelope encryption: a root key outside the data wraps a key per tenant; purpose keys follow from that.
//!
//! AES-256-GCM with random nonces, keys derived by HKDF-SHA256. Each sealed value carries its format and the id
//! of its key; what it is bound to (tenant, table, column, row; archive and frame) is authenticated, so a value
//! copied elsewhere does not open. Destroying a tenant's key destroys all that was sealed under it.
//! No SQL, no HTTP; randomness is passed in. Keys never print, and are wiped when dropped:
//!
//! ```compile_fail,E0277
//! let key = ecom_vault::RootKey::from_bytes(b"a key for tests, of 32 bytes....").unwrap();
//! println!("{key}");
//! ```

mod aead;
mod chain;
mod entropy;
mod fingerprint;
mod frame;
mod hex;
mod lacks;
mod ring;
mod root;
mod seal;
mod secret;
mod source;
mod tenant;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use aead::VaultError;
pub use chain::Link;
pub use entropy::{Entropy, EntropyError, SystemEntropy};
pub use fingerprint::{Fingerprint, FingerprintError, FingerprintKey, Fingerprinter};
pub use frame::{ArchiveKey, Frame};
pub use hex::{from_hex, to_hex};
pub use ring::KeyRing;
pub use root::{KeyCheck, RootKey, RootKeyError, WrongRootKey};
pub use seal::{Aad, SecretKey};
pub use secret::{KeyId, SecretBytes};
pub use source::{COMMAND_WAIT, RootSource};
pub use tenant::{TenantKey, WrappedKey};
