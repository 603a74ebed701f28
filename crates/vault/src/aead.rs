//! The one place that encrypts: format byte, key id, nonce, ciphertext, tag.
//!
//! The additional data is a list of fields, each with its length in front, that begins with a name of the kind
//! of value and with the header; two different lists are never the same bytes.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit, Nonce, Tag};

use crate::entropy::{Entropy, EntropyError};
use crate::secret::{Key, KeyId};

/// The only format so far.
const FORMAT: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEADER: usize = 1 + KeyId::LENGTH;
/// Bytes that sealing adds.
const OVERHEAD: usize = HEADER + NONCE + TAG;

/// Why a value was not sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No randomness; nothing was sealed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Too short to be a sealed value.
    #[error("sealed value is cut off: it has {0} bytes")]
    Short(usize),
    /// Written by another version, or no sealed value at all.
    #[error("sealed value has format {0}, this version reads format 1")]
    Format(u8),
    /// Sealed with another key than the one given.
    #[error("sealed with key {sealed_with}, but key {given} was used to open it")]
    OtherKey {
        /// The key it needs.
        sealed_with: KeyId,
        /// The key that was tried.
        given: KeyId,
    },
    /// Right key, but the value was changed, or it belongs to another place than the one it was read from.
    #[error("sealed value does not open: it was changed, or moved here from another place")]
    Tampered,
    /// Longer than AES-GCM allows (64 GiB).
    #[error("value is too long to seal: {0} bytes")]
    Long(usize),
}

/// Additional data under construction.
pub(crate) struct Binding(Vec<u8>);

impl Binding {
    pub(crate) fn new(kind: &str) -> Self {
        Self(Vec::with_capacity(160)).with(kind.as_bytes())
    }

    pub(crate) fn with(mut self, field: &[u8]) -> Self {
        self.0.extend_from_slice(&(field.len() as u64).to_le_bytes());
        self.0.extend_from_slice(field);
        self
    }
}

/// Keys for one purpose, newest first and at least one: the newest seals, and each opens what carries its id.
pub(crate) struct Keyed(Vec<(Key, KeyId)>);

impl Keyed {
    pub(crate) fn new(keys: Vec<(Key, KeyId)>) -> Self {
        debug_assert!(!keys.is_empty(), "a purpose without a key");
        Self(keys)
    }

    pub(crate) fn id(&self) -> KeyId {
        self.0[0].1
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn seal(
        &self,
        entropy: &mut dyn Entropy,
        binding: Binding,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let (key, id) = &self.0[0];
        seal(entropy, key, *id, binding, plaintext)
    }

    pub(crate) fn open(&self, binding: Binding, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        // The id in front is a hint only: the key it leads to must then open the value.
        let wanted = key_id(sealed)?;
        let (key, id) = self.0.iter().find(|(_, id)| *id == wanted).unwrap_or(&self.0[0]);
        open(key, *id, binding, sealed)
    }
}

pub(crate) fn seal(
    entropy: &mut dyn Entropy,
    key: &Key,
    id: KeyId,
    binding: Binding,
    plaintext: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce)?;
    let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD);
    sealed.push(FORMAT);
    sealed.extend_from_slice(id.as_bytes());
    let binding = binding.with(&sealed);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let tag = encrypt(key, nonce, &binding.0, &mut sealed[HEADER + NONCE..])?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

pub(crate) fn open(key: &Key, id: KeyId, binding: Binding, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let short = || VaultError::Short(sealed.len());
    let (header, rest) = sealed.split_at_checked(HEADER).ok_or_else(short)?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(short)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or_else(short)?;
    if header[0] != FORMAT {
        return Err(VaultError::Format(header[0]));
    }
    if header[1..] != id.0 {
        let sealed_with = key_id(sealed)?;
        return Err(VaultError::OtherKey { sealed_with, given: id });
    }
    let mut bytes = ciphertext.to_vec();
    decrypt(key, *nonce, &binding.with(header).0, &mut bytes, *tag)?;
    Ok(bytes)
}

/// The bytes with which everything begins that is sealed with a key: the format and the key's id.
pub(crate) fn mark(id: KeyId) -> [u8; HEADER] {
    let mut mark = [FORMAT; HEADER];
    mark[1..].copy_from_slice(id.as_bytes());
    mark
}

/// The id in front of a sealed value: a hint which key to fetch, authenticated only when it opens.
pub(crate) fn key_id(sealed: &[u8]) -> Result<KeyId, VaultError> {
    let (format, rest) = sealed.split_first().ok_or(VaultError::Short(0))?;
    if *format != FORMAT {
        return Err(VaultError::Format(*format));
    }
    let id = rest.first_chunk().ok_or(VaultError::Short(sealed.len()))?;
    Ok(KeyId(*id))
}

fn encrypt(key: &Key, nonce: [u8; NONCE], data: &[u8], text: &mut [u8]) -> Result<[u8; TAG], VaultError> {
    let long = VaultError::Long(text.len());
    let cipher = Aes256Gcm::new(key.bytes().into());
    let nonce: Nonce<_> = nonce.into();
    let tag = cipher.encrypt_inout_detached(&nonce, data, InOutBuf::from(text)).map_err(|_| long)?;
    Ok(tag.into())
}

fn decrypt(
    key: &Key,
    nonce: [u8; NONCE],
    data: &[u8],
    text: &mut [u8],
    tag: [u8; TAG],
) -> Result<(), VaultError> {
    let cipher = Aes256Gcm::new(key.bytes().into());
    let (nonce, tag): (Nonce<_>, Tag) = (nonce.into(), tag.into());
    cipher.decrypt_inout_detached(&nonce, data, InOutBuf::from(text), &tag).map_err(|_| VaultError::Tampered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    /// Key, nonce, plaintext, additional data, ciphertext, tag; of NIST's CAVP file `gcmEncryptExtIV256.rsp`.
    const NIST: &[[&str; 6]] = &[
        [
            "5fe0861cdc2690ce69b3658c7f26f8458eec1c9243c5ba0845305d897e96ca0f",
            "770ac1a5a3d476d5d96944a1",
            "",
            "",
            "",
            "196d691e1047093ca4b3d2ef4baba216",
        ],
        [
            "6937a57d35fe6dc3fc420b123bccdce874bd4c18f2e7c01ce2faf33d3944fd9d",
            "a87247797b758467b96310f3",
            "",
            "ead961939a33dd578f8e93db8b28a1c85362905f",
            "",
            "599de3ecf22cb867f03f7f6d9fd7428a",
        ],
        [
            "460fc864972261c2560e1eb88761ff1c992b982497bd2ac36c04071cbb8e5d99",
            "8a4a16b9e210eb68bcb6f58d",
            "99e4e926ffe927f691893fb79a96b067",
            "",
            "133fc15751621b5f325c7ff71ce08324",
            "ec4e87e0cf74a13618d0b68636ba9fa7",
        ],
        [
            "97431e565e8370a4879de962746a2fd67eca868b1c8e51eece2c1f94f74af407",
            "17fb63066e2726d282ecc610",
            "e21629cc973fbe40176e621d9d",
            "78e7374da7c77be5938de8dd76cf0308618306a9",
            "80dbd469de480389ba6c2fca52",
            "4e284abb8b4f9f13c7497ae56df05fa5",
        ],
        [
            "fb43f5ab4a1738a30c1e053d484a94254125d55dccee1ad67c368bc1a985d235",
            "9fbb5f8252db0bca21f1c230",
            "34b797bb82250e23c5e796db2c37e488b3b99d1b981cea5e5b0c61a0b39adb6bd6ef1f50722e2e4f81115cfcf53f842e2a6c08",
            "98f8ae1735c39f732e2cbee1156dabeb854ec7a2",
            "871cd53d95a8b806bd4821e6c4456204d27fd704ba3d07ce25872dc604ea5c5ea13322186b7489db4fa060c1fd4159692612c8",
            "07b48e4a32fac47e115d7ac7445d8330",
        ],
    ];

    fn key(text: &str) -> Key {
        let mut key = Key::zero();
        key.bytes_mut().copy_from_slice(&hex::bytes(text));
        key
    }

    #[test]
    fn the_vectors_of_nist_hold_in_both_directions() {
        for [secret, nonce, plain, data, cipher, tag] in NIST {
            let key = key(secret);
            let nonce: [u8; NONCE] = hex::bytes(nonce).try_into().unwrap();
            let data = hex::bytes(data);
            let mut text = hex::bytes(plain);
            let made = encrypt(&key, nonce, &data, &mut text).unwrap();
            assert_eq!((hex::to_hex(&text).as_str(), hex::to_hex(&made).as_str()), (*cipher, *tag));
            decrypt(&key, nonce, &data, &mut text, made).unwrap();
            assert_eq!(hex::to_hex(&text), *plain);
            let mut wrong = made;
            wrong[15] ^= 1;
            assert_eq!(decrypt(&key, nonce, &data, &mut text, wrong), Err(VaultError::Tampered));
        }
    }

    /// Edge cases of counters and tags, and 27 ways to change a tag, none of which may pass.
    #[test]
    fn the_vectors_of_wycheproof_hold() {
        let (mut valid, mut invalid) = (0, 0);
        for [number, result, secret, nonce, data, plain, cipher, tag, _flags] in
            hex::vectors(include_str!("../fixtures/wycheproof_aes_256_gcm.txt"))
        {
            let (key, nonce) = (key(secret), hex::bytes(nonce).try_into().unwrap());
            let (data, tag) = (hex::bytes(data), hex::bytes(tag).try_into().unwrap());
            let mut text = hex::bytes(cipher);
            let opened = decrypt(&key, nonce, &data, &mut text, tag);
            if result == "invalid" {
                assert_eq!(opened, Err(VaultError::Tampered), "vector {number}");
                invalid += 1;
                continue;
            }
            assert_eq!((opened, &text), (Ok(()), &hex::bytes(plain)), "vector {number}");
            assert_eq!(encrypt(&key, nonce, &data, &mut text), Ok(tag), "vector {number}");
            assert_eq!(text, hex::bytes(cipher), "vector {number}");
            valid += 1;
        }
        assert_eq!((valid, invalid), (39, 27));
    }

    #[test]
    fn fields_that_share_their_bytes_differ() {
        let one = Binding::new("k").with(b"ab").with(b"c");
        let two = Binding::new("k").with(b"a").with(b"bc");
        assert_ne!(one.0, two.0);
    }
}
