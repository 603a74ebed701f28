//! The root key: 32 bytes in a file outside the data folder, from which everything else opens.
//!
//! The file is created readable by its owner alone, and refused if others may read it. A check value, stored
//! with the data, tells a wrong root key at start instead of at the first value that does not open.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::aead::{self, Binding, VaultError};
use crate::entropy::{Entropy, EntropyError};
use crate::hex;
use crate::secret::{KEY, Key, KeyId};
use crate::tenant::{TenantKey, WrappedKey};

/// Most bytes read from a key file: 64 digits and some blank lines.
pub(crate) const MOST: u64 = 128;

/// The key that wraps tenants' keys.
pub struct RootKey(Key);

/// A value that follows from a root key and tells nothing about it. 32 bytes, to be stored with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCheck([u8; KEY]);

/// The root key is not the one the data was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the root key that the data was made with; use the key file that was in use before")]
pub struct WrongRootKey;

/// Why there is no root key.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// The file cannot be read or written.
    #[error("root key file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A root key file is never overwritten: what it sealed would be lost.
    #[error("root key file {0} exists already and is not overwritten")]
    Exists(PathBuf),
    /// Others than the owner may read it.
    #[error("root key file {path} has mode {mode:03o}: others may read it; run `chmod 600 {path}`")]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Neither 32 bytes nor 64 hexadecimal digits.
    #[error("a root key is 32 bytes or 64 hexadecimal digits; this is neither")]
    Content,
    /// A command without words.
    #[error("the command for the root key is empty")]
    NoCommand,
    /// The command cannot be started, or its output not be read.
    #[error("the command for the root key cannot be run: {0}")]
    Command(io::Error),
    /// The command ended with an error.
    #[error(
        "the command for the root key failed ({0}); run it by hand, as the same user, to see what it says"
    )]
    Failed(String),
    /// The command did not end in time.
    #[error("the command for the root key did not answer within {0} s and was ended")]
    Slow(u64),
    /// All bytes alike: a placeholder, not a key.
    #[error("the root key is the same byte 32 times over; create a random one")]
    Weak,
    /// No randomness for a new one.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl RootKey {
    /// Creates a new key and its file, readable by the owner alone; on disk when this returns.
    pub fn create_file(entropy: &mut dyn Entropy, path: &Path) -> Result<Self, RootKeyError> {
        let key = Self(Key::random(entropy)?);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => RootKeyError::Exists(path.to_owned()),
            _ => file_error(path, source),
        })?;
        key.write(&file, path).map_err(|source| {
            // A half-written key file would be in the way of the next try.
            match fs::remove_file(path) {
                Ok(()) => file_error(path, source),
                Err(left) => {
                    file_error(path, io::Error::other(format!("{source}; and it stays there: {left}")))
                }
            }
        })?;
        Ok(key)
    }

    fn write(&self, mut file: &File, path: &Path) -> io::Result<()> {
        let mut text = Zeroizing::new(hex::to_hex(self.0.bytes()));
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        sync_folder(path)
    }

    /// Reads a key file, of 32 raw bytes or 64 hexadecimal digits; refuses one that others may read.
    pub fn read_file(path: &Path) -> Result<Self, RootKeyError> {
        let fail = |source| file_error(path, source);
        let file = File::open(path).map_err(fail)?;
        // Asked of the open file, not of the path, which might be another one by then.
        let mode = file.metadata().map_err(fail)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(RootKeyError::Readable { path: path.to_owned(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(256));
        file.take(MOST + 1).read_to_end(&mut bytes).map_err(fail)?;
        Self::from_bytes(&bytes)
    }

    /// Puts a new key file in the place of the one in use, which is kept under another name. On disk when this
    /// returns; a death in between leaves the old file in place, or the new one. May be repeated.
    pub fn replace_file(new: &Path, path: &Path, kept: &Path) -> Result<(), RootKeyError> {
        match fs::hard_link(path, kept) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                return Err(file_error(kept, source));
            }
            _ => {}
        }
        fs::rename(new, path).and_then(|()| sync_folder(path)).map_err(|source| file_error(path, source))
    }

    /// From 32 raw bytes, or 64 hexadecimal digits with blanks around.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RootKeyError> {
        let mut key = Key::zero();
        if bytes.len() == KEY {
            key.bytes_mut().copy_from_slice(bytes);
        } else if !hex::decode(bytes.trim_ascii(), key.bytes_mut()) {
            return Err(RootKeyError::Content);
        }
        if key.bytes().iter().all(|byte| *byte == key.bytes()[0]) {
            return Err(RootKeyError::Weak);
        }
        Ok(Self(key))
    }

    /// The id that wrapped keys carry.
    pub fn id(&self) -> KeyId {
        self.0.id("ecom/root/id/v1")
    }

    /// The check value to store with the data.
    pub fn check(&self) -> KeyCheck {
        KeyCheck(*self.0.derive("ecom/root/check/v1").bytes())
    }

    /// Whether the data was made with this key.
    pub fn verify(&self, stored: &KeyCheck) -> Result<(), WrongRootKey> {
        if bool::from(self.check().0.ct_eq(&stored.0)) { Ok(()) } else { Err(WrongRootKey) }
    }

    /// Wraps a tenant's key for storage; it unwraps for this tenant only.
    pub fn wrap(
        &self,
        entropy: &mut dyn Entropy,
        tenant: i64,
        key: &TenantKey,
    ) -> Result<WrappedKey, VaultError> {
        let bytes = aead::seal(entropy, &self.wrapping(), self.id(), binding(tenant), key.key().bytes())?;
        Ok(WrappedKey::from_bytes(bytes))
    }

    /// Unwraps the key of a tenant. `OtherKey` if it was wrapped by another root key.
    pub fn unwrap_key(&self, tenant: i64, wrapped: &WrappedKey) -> Result<TenantKey, VaultError> {
        let bytes = aead::open(&self.wrapping(), self.id(), binding(tenant), wrapped.as_bytes())?;
        let bytes = Zeroizing::new(bytes);
        let mut key = Key::zero();
        if bytes.len() != KEY {
            return Err(VaultError::Tampered);
        }
        key.bytes_mut().copy_from_slice(&bytes);
        Ok(TenantKey::new(key))
    }

    fn wrapping(&self) -> Key {
        self.0.derive("ecom/root/wrap/v1")
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn file_error(path: &Path, source: io::Error) -> RootKeyError {
    RootKeyError::File { path: path.to_owned(), source }
}

fn binding(tenant: i64) -> Binding {
    Binding::new("ecom/tenant-key/v1").with(&tenant.to_le_bytes())
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({}, [secret])", self.id())
    }
}

impl KeyCheck {
    /// As stored.
    pub fn as_bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// From storage.
    pub fn from_bytes(bytes: [u8; KEY]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NoEntropy, SeededEntropy};

    fn root(seed: u64) -> RootKey {
        RootKey(Key::random(&mut SeededEntropy::new(seed)).unwrap())
    }

    #[test]
    fn a_created_file_is_private_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let made = RootKey::create_file(&mut SeededEntropy::new(1), &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(RootKey::read_file(&path).unwrap().id(), made.id());
        let again = RootKey::create_file(&mut SeededEntropy::new(2), &path).unwrap_err();
        assert!(matches!(again, RootKeyError::Exists(_)));
        assert_eq!(RootKey::read_file(&path).unwrap().id(), made.id(), "it is not overwritten");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        RootKey::create_file(&mut SeededEntropy::new(1), &path).unwrap();
        for mode in [0o640, 0o604, 0o622] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let fault = RootKey::read_file(&path).unwrap_err().to_string();
            assert!(fault.contains(&format!("mode {mode:03o}")) && fault.contains("chmod 600"), "{fault}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let fault = RootKey::read_file(Path::new("/nonexistent/root.key")).unwrap_err().to_string();
        assert!(fault.contains("/nonexistent/root.key"), "{fault}");
        let made = RootKey::create_file(&mut SeededEntropy::new(1), Path::new("/nonexistent/root.key"));
        assert!(matches!(made, Err(RootKeyError::File { .. })));
        assert!(matches!(
            RootKey::create_file(&mut NoEntropy, Path::new("/nonexistent/root.key")),
            Err(RootKeyError::Entropy(_))
        ));
    }

    #[test]
    fn a_key_file_is_replaced_and_the_old_one_kept() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let old = RootKey::create_file(&mut SeededEntropy::new(1), &at("key")).unwrap();
        let new = RootKey::create_file(&mut SeededEntropy::new(2), &at("key.next")).unwrap();
        // The second time is that of a process that died after the link was made.
        fs::hard_link(at("key"), at("key.old")).unwrap();
        RootKey::replace_file(&at("key.next"), &at("key"), &at("key.old")).unwrap();
        assert_eq!(RootKey::read_file(&at("key")).unwrap().id(), new.id());
        assert_eq!(RootKey::read_file(&at("key.old")).unwrap().id(), old.id());
        assert!(!at("key.next").exists());
        assert!(RootKey::replace_file(&at("key.next"), &at("key"), &at("key.older")).is_err());
        assert_eq!(RootKey::read_file(&at("key")).unwrap().id(), new.id(), "nothing is lost by trying again");
    }

    #[test]
    fn raw_bytes_and_digits_are_the_same_key() {
        let raw: Vec<u8> = (0..32).collect();
        let digits = format!("  {}\r\n", hex::to_hex(&raw).to_uppercase());
        let one = RootKey::from_bytes(&raw).unwrap();
        assert_eq!(RootKey::from_bytes(digits.as_bytes()).unwrap().id(), one.id());
        assert!(matches!(RootKey::from_bytes(b"secret"), Err(RootKeyError::Content)));
        assert!(matches!(RootKey::from_bytes(&[0; 32]), Err(RootKeyError::Weak)));
        assert!(matches!(RootKey::from_bytes(&[7; 500]), Err(RootKeyError::Content)));
    }

    #[test]
    fn a_wrong_root_key_is_told_apart() {
        let stored = KeyCheck::from_bytes(*root(1).check().as_bytes());
        assert_eq!(root(1).verify(&stored), Ok(()));
        assert_eq!(root(2).verify(&stored), Err(WrongRootKey));
    }

    #[test]
    fn a_tenants_key_is_unwrapped_by_its_root_key_for_its_tenant() {
        let (root_key, other) = (root(1), root(2));
        let key = TenantKey::generate(&mut SeededEntropy::new(3)).unwrap();
        let wrapped = root_key.wrap(&mut SeededEntropy::new(4), 7, &key).unwrap();
        assert_eq!(wrapped.root(), Ok(root_key.id()));
        let stored = WrappedKey::from_bytes(wrapped.as_bytes().to_vec());
        assert_eq!(root_key.unwrap_key(7, &stored).unwrap().id(), key.id());
        assert_eq!(root_key.unwrap_key(8, &stored).unwrap_err(), VaultError::Tampered);
        assert_eq!(
            other.unwrap_key(7, &stored).unwrap_err(),
            VaultError::OtherKey { sealed_with: root_key.id(), given: other.id() }
        );
    }

    #[test]
    fn a_damaged_wrapped_key_does_not_unwrap() {
        let root = root(1);
        let key = TenantKey::generate(&mut SeededEntropy::new(3)).unwrap();
        let wrapped = root.wrap(&mut SeededEntropy::new(4), 7, &key).unwrap();
        for at in 0..wrapped.as_bytes().len() {
            let mut bytes = wrapped.as_bytes().to_vec();
            bytes[at] ^= 0x80;
            assert!(root.unwrap_key(7, &WrappedKey::from_bytes(bytes)).is_err(), "byte {at}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let root = root(1);
        assert!(!format!("{root:?}").contains(&hex::to_hex(root.0.bytes())[..8]));
    }
}
