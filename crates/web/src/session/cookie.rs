//! The cookie of a session, `__Host-ecom`: a random token for this host alone, out of reach of scripts, gone with the
//! browser. Another one stays, tells a browser from those not seen before, and opens nothing: `known.rs`.

use axum::http::{HeaderMap, HeaderValue, header};
use ecom_vault::{from_hex, to_hex};
use sha2::{Digest, Sha256};

use crate::{fault::Page, random};

const NAME: &str = "__Host-ecom";
const DEVICE: &str = "__Host-ecom-device";
/// How long browsers keep a cookie at most: 400 days, in seconds.
const DEVICE_S: u32 = 400 * 24 * 3600;
const BYTES: usize = 32;

/// A random token: of a session, or of a link that works once.
pub(crate) struct Token([u8; BYTES]);

impl Token {
    /// A new one from the system's randomness.
    pub(crate) fn random() -> Page<Self> {
        random::bytes().map(Self)
    }

    /// What the database knows of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// As it stands in a cookie or a link.
    pub(crate) fn text(&self) -> String {
        to_hex(&self.0)
    }

    /// The header that hands it out, for a session.
    pub(crate) fn cookie(&self) -> HeaderValue {
        header_value(&format!("{NAME}={}; Path=/; Secure; HttpOnly; SameSite=Lax", self.text()))
    }

    /// The header that hands it out, for a device. Each sign-in does so anew, since it is kept for so long only.
    pub(super) fn device_cookie(&self) -> HeaderValue {
        let text = self.text();
        header_value(&format!("{DEVICE}={text}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={DEVICE_S}"))
    }

    /// A token that follows from this one, and that this one does not follow from: for a link that may be shown to
    /// others than whom this one was sent to.
    pub(crate) fn shown(&self) -> Self {
        Self(Sha256::new_with_prefix("shown").chain_update(self.0).finalize().into())
    }

    /// As it was handed out.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

/// The header that takes the cookie away.
pub(crate) fn cleared() -> HeaderValue {
    HeaderValue::from_static("__Host-ecom=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Only ASCII letters, digits and signs are in it.
fn header_value(cookie: &str) -> HeaderValue {
    HeaderValue::from_str(cookie).unwrap_or(HeaderValue::from_static(""))
}

/// The token of the session that a request carries.
pub(crate) fn token(headers: &HeaderMap) -> Option<Token> {
    named(headers, NAME)
}

/// The token of the device that a request carries.
pub(super) fn device(headers: &HeaderMap) -> Option<Token> {
    named(headers, DEVICE)
}

fn named(headers: &HeaderMap, wanted: &str) -> Option<Token> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).and_then(|(_, value)| Token::parse(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    ecom_vault::lacks!(Token => std::fmt::Debug);
    ecom_vault::lacks!(Token => std::fmt::Display);
    ecom_vault::lacks!(Token => serde::Serialize);
    ecom_vault::lacks!(Token => Clone);

    #[test]
    fn a_token_comes_back_as_it_went_out() {
        let token = Token::random().unwrap();
        let handed = token.cookie();
        let pair = handed.to_str().unwrap().split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("theme=x; {pair}").parse().unwrap());
        assert_eq!(super::token(&headers).unwrap().0, token.0);
    }

    #[test]
    fn anything_else_is_no_token() {
        for text in ["", "zz", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }
}
