//! Passkeys as a second factor: challenges for browsers, and whether what comes back is right (`WebAuthn` level 3).
//!
//! A leaf around `webauthn-rs`, which is heavy: texts go in and out, so that nothing else is built with it. What a
//! challenge leaves behind ([`Challenge::state`]) is kept on the server; who holds it could answer for themselves.

use std::fmt;

use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Webauthn, WebauthnBuilder, WebauthnError,
};

/// Longest answer of a browser in bytes; those of today are below 4 KiB.
pub const MOST_ANSWER_BYTES: usize = 32 * 1024;

/// Why something went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The public address has no name: browsers give passkeys to names alone.
    #[error(
        "passkeys need a public address with a name, such as https://books.example.in or http://localhost:8080"
    )]
    NoName,
    /// The answer is none to this challenge, or of another key.
    #[error("the answer does not fit the challenge")]
    Refused,
    /// What was kept cannot be read.
    #[error("a passkey or challenge that was kept cannot be read")]
    Corrupt,
    /// No challenge could be made.
    #[error("no challenge could be made")]
    Broken,
}

/// A key that a person holds: what the server keeps of it. The public half alone; it is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Names it: what the browser calls it by.
    pub id: Vec<u8>,
    /// Public key, counter and flags, as text.
    pub text: String,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What a browser is asked.
pub struct Challenge {
    /// The options for `navigator.credentials`, as JSON.
    pub options: String,
    /// What is needed to check the answer. It stays on the server, and works once.
    pub state: String,
}

/// This site, as passkeys know it.
#[derive(Clone)]
pub struct Site(Webauthn);

impl Site {
    /// The site at a public address. Passkeys hold for its host name, on every port of it that the address names.
    pub fn new(public_url: &str) -> Result<Self, Error> {
        let url = Url::parse(public_url).map_err(|_| Error::NoName)?;
        let name = url.domain().ok_or(Error::NoName)?;
        let builder = WebauthnBuilder::new(name, &url).map_err(|_| Error::NoName)?;
        builder.rp_name("Ecom Assistance").build().map(Self).map_err(|_| Error::NoName)
    }

    /// Asks for a new key of a person. `handle` is the same for all their keys, and says nothing of them.
    pub fn ask_new(
        &self,
        handle: [u8; 16],
        (email, name): (&str, &str),
        held: &[Key],
    ) -> Result<Challenge, Error> {
        let held = keys(held)?.iter().map(|key| key.cred_id().clone()).collect();
        let (options, state) = self
            .0
            .start_passkey_registration(Uuid::from_bytes(handle), email, name, Some(held))
            .map_err(|_| Error::Broken)?;
        Ok(Challenge { options: text(&options)?, state: text(&state)? })
    }

    /// The new key, if the answer is right.
    pub fn take_new(&self, state: &str, answer: &str) -> Result<Key, Error> {
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(|_| Error::Corrupt)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let passkey = self.0.finish_passkey_registration(&answer, &state).map_err(refused)?;
        key(&passkey)
    }

    /// Asks for one of the keys that a person holds.
    pub fn ask(&self, held: &[Key]) -> Result<Challenge, Error> {
        let (options, state) =
            self.0.start_passkey_authentication(&keys(held)?).map_err(|_| Error::Broken)?;
        Ok(Challenge { options: text(&options)?, state: text(&state)? })
    }

    /// The key that answered, with its counter moved on, if the answer is right. A counter that went back is refused:
    /// there may be a copy of the key (`WebAuthn` level 3, 7.2 step 22).
    pub fn take(&self, state: &str, answer: &str, held: &[Key]) -> Result<Key, Error> {
        let state: PasskeyAuthentication = serde_json::from_str(state).map_err(|_| Error::Corrupt)?;
        let answer: PublicKeyCredential = read(answer)?;
        let result = self.0.finish_passkey_authentication(&answer, &state).map_err(refused)?;
        for mut passkey in keys(held)? {
            if passkey.update_credential(&result).is_some() {
                return key(&passkey);
            }
        }
        Err(Error::Refused)
    }
}

fn keys(held: &[Key]) -> Result<Vec<Passkey>, Error> {
    held.iter().map(|key| serde_json::from_str(&key.text).map_err(|_| Error::Corrupt)).collect()
}

fn key(passkey: &Passkey) -> Result<Key, Error> {
    Ok(Key { id: passkey.cred_id().as_slice().to_vec(), text: text(passkey)? })
}

fn text<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Broken)
}

fn read<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T, Error> {
    if answer.len() > MOST_ANSWER_BYTES {
        return Err(Error::Refused);
    }
    serde_json::from_str(answer).map_err(|_| Error::Refused)
}

fn refused(_: WebauthnError) -> Error {
    Error::Refused
}
