//! What the site takes, and what it refuses, from a device that is played here (`WebAuthn` level 3, "none" attestation,
//! ES256).
#![allow(clippy::unwrap_used, clippy::panic)]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ecom_passkey::{Challenge, Error, Key, MOST_ANSWER_BYTES, Site};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const URL: &str = "https://books.example.in";
const HANDLE: [u8; 16] = [7; 16];
/// Somebody is there, and has unlocked the device.
const UNLOCKED: u8 = 0x05;
const TOUCHED: u8 = 0x01;

/// A device with one key, and what a browser on it says.
struct Device {
    key: SigningKey,
    id: [u8; 16],
    origin: &'static str,
    host: &'static str,
    flags: u8,
    counter: u32,
}

impl Device {
    fn new(seed: u8) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).unwrap();
        Self { key, id: [seed; 16], origin: URL, host: "books.example.in", flags: UNLOCKED, counter: 1 }
    }

    fn client(&self, kind: &str, challenge: &Challenge) -> Vec<u8> {
        let options: Value = serde_json::from_str(&challenge.options).unwrap();
        let asked = options["publicKey"]["challenge"].as_str().unwrap();
        json!({ "type": kind, "challenge": asked, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn authenticator(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.host).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// Makes its key known.
    fn create(&self, challenge: &Challenge) -> String {
        let client = self.client("webauthn.create", challenge);
        let mut data = self.authenticator(self.flags | 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(self.id);
        let point = self.key.verifying_key().to_sec1_point(false);
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(point.x().unwrap().iter());
        data.extend([0x22, 0x58, 0x20]);
        data.extend(point.y().unwrap().iter());
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).unwrap()]);
        object.extend(&data);
        let response =
            json!({ "clientDataJSON": BASE64.encode(client), "attestationObject": BASE64.encode(object) });
        self.told(&response)
    }

    /// Proves that it holds its key.
    fn sign(&self, challenge: &Challenge) -> String {
        let client = self.client("webauthn.get", challenge);
        let data = self.authenticator(self.flags);
        let mut signed = data.clone();
        signed.extend(Sha256::digest(&client));
        let signature: Signature = self.key.sign(&signed);
        let response = json!({
            "clientDataJSON": BASE64.encode(client),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature.to_der().as_bytes()),
        });
        self.told(&response)
    }

    fn told(&self, response: &Value) -> String {
        let id = BASE64.encode(self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {} })
            .to_string()
    }
}

fn site() -> Site {
    Site::new(URL).unwrap()
}

fn asked_new(held: &[Key]) -> Challenge {
    site().ask_new(HANDLE, ("asha@kurta-house.example", "Asha Rao"), held).unwrap()
}

fn added(device: &Device) -> Key {
    let challenge = asked_new(&[]);
    site().take_new(&challenge.state, &device.create(&challenge)).unwrap()
}

fn is_refused<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Refused))
}

#[test]
fn a_device_is_added_and_answers_later() {
    let mut device = Device::new(1);
    let key = added(&device);
    assert_eq!(key.id, device.id);
    device.counter = 2;
    let challenge = site().ask(std::slice::from_ref(&key)).unwrap();
    let used = site().take(&challenge.state, &device.sign(&challenge), std::slice::from_ref(&key)).unwrap();
    assert_eq!(used.id, key.id);
    assert_ne!(used.text, key.text, "its counter moved on");
}

#[test]
fn a_copy_of_a_device_shows_by_its_counter() {
    let mut device = Device::new(1);
    let key = added(&device);
    device.counter = 9;
    let challenge = site().ask(std::slice::from_ref(&key)).unwrap();
    let used = site().take(&challenge.state, &device.sign(&challenge), &[key]).unwrap();
    device.counter = 5;
    let challenge = site().ask(std::slice::from_ref(&used)).unwrap();
    assert!(is_refused(&site().take(&challenge.state, &device.sign(&challenge), &[used])));
}

#[test]
fn an_answer_fits_its_own_challenge_alone() {
    let device = Device::new(1);
    let (first, second) = (asked_new(&[]), asked_new(&[]));
    assert_ne!(first.options, second.options);
    assert!(is_refused(&site().take_new(&second.state, &device.create(&first))));
    let key = added(&device);
    let keys = [key];
    let (first, second) = (site().ask(&keys).unwrap(), site().ask(&keys).unwrap());
    assert!(is_refused(&site().take(&second.state, &device.sign(&first), &keys)));
}

#[test]
fn a_false_site_gets_nothing_that_works_here() {
    let device = Device::new(1);
    let keys = [added(&device)];
    let challenge = site().ask(&keys).unwrap();
    for (origin, host) in [
        ("https://books.example.in.evil.example", "books.example.in"),
        ("http://books.example.in", "books.example.in"),
        ("https://books.example.in:444", "books.example.in"),
        (URL, "evil.example"),
    ] {
        let near = Device { origin, host, counter: 2, ..Device::new(1) };
        assert!(is_refused(&site().take(&challenge.state, &near.sign(&challenge), &keys)), "{origin} {host}");
        let asked = asked_new(&[]);
        assert!(is_refused(&site().take_new(&asked.state, &near.create(&asked))), "{origin} {host}");
    }
}

#[test]
fn a_device_of_somebody_else_or_one_that_is_locked_is_refused() {
    let device = Device::new(1);
    let keys = [added(&device)];
    let challenge = site().ask(&keys).unwrap();
    let stranger = Device::new(2);
    assert!(is_refused(&site().take(&challenge.state, &stranger.sign(&challenge), &keys)));
    let forger = Device { id: device.id, counter: 2, ..Device::new(2) };
    assert!(is_refused(&site().take(&challenge.state, &forger.sign(&challenge), &keys)));
    let locked = Device { flags: TOUCHED, counter: 2, ..Device::new(1) };
    assert!(is_refused(&site().take(&challenge.state, &locked.sign(&challenge), &keys)));
    let asked = asked_new(&[]);
    assert!(is_refused(
        &site().take_new(&asked.state, &Device { flags: TOUCHED, ..Device::new(3) }.create(&asked))
    ));
}

#[test]
fn rubbish_is_refused() {
    let keys = [added(&Device::new(1))];
    let challenge = site().ask(&keys).unwrap();
    let long = format!("\"{}\"", "a".repeat(MOST_ANSWER_BYTES));
    for rubbish in ["", "{}", "null", "[]", "\u{0}", "{\"id\":\"AAAA\"}", &long] {
        assert!(is_refused(&site().take(&challenge.state, rubbish, &keys)));
        assert!(is_refused(&site().take_new(&asked_new(&[]).state, rubbish)));
    }
    assert!(matches!(site().take("{}", &Device::new(1).sign(&challenge), &keys), Err(Error::Corrupt)));
}

#[test]
fn a_device_that_is_known_is_told_not_to_make_another_key() {
    let key = added(&Device::new(1));
    let options: Value = serde_json::from_str(&asked_new(&[key]).options).unwrap();
    assert_eq!(options["publicKey"]["excludeCredentials"][0]["id"], BASE64.encode([1; 16]));
    assert_eq!(options["publicKey"]["user"]["id"], BASE64.encode(HANDLE), "nothing of the person is in it");
}

#[test]
fn only_an_address_with_a_name_has_passkeys() {
    for url in ["https://books.example.in", "http://localhost:8080"] {
        assert!(Site::new(url).is_ok(), "{url}");
    }
    for url in ["http://127.0.0.1:8080", "https://[::1]", "books", ""] {
        assert!(matches!(Site::new(url), Err(Error::NoName)), "{url}");
    }
}
