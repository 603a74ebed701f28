//! Codes by time (RFC 6238: six digits, thirty seconds, SHA-1, as every app makes them) and recovery codes.

use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::{Builder, Secret, Totp};

use crate::{
    fault::{Fault, Page},
    params::encoded,
    random,
};

/// Bytes of a secret: as many as SHA-1 gives (RFC 4226 R6).
const SECRET: usize = 20;
/// Recovery codes of a set.
const RECOVERY: usize = 10;
/// Letters of a recovery code: 140 bits, so that nobody guesses it and a plain hash is enough (ASVS 5.0 6.5.2, 11.5.1).
const RECOVERY_LETTERS: usize = 28;
/// Whose codes these are, as apps show it.
const ISSUER: &str = "Ecom Assistance";

/// A new secret from the system's randomness.
pub(super) fn secret() -> Page<Vec<u8>> {
    Ok(random::bytes::<SECRET>()?.to_vec())
}

/// The time step of a code that is right now, or was or will be within 30 s.
pub(super) fn step(secret: &[u8], typed: &str, now: i64) -> Page<Option<i64>> {
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now / 1_000_000).unwrap_or_default();
    let step = totp(secret)?.check(&digits, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn totp(secret: &[u8]) -> Page<Totp> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(1)
        .build()
        .map_err(|error| Fault::broken(error.to_string()))
}

/// What an app reads: the address inside the picture.
pub(super) fn address(secret: &[u8], email: &str) -> String {
    let (issuer, email) = (encoded(ISSUER), encoded(email).replace(':', "%3A"));
    format!("otpauth://totp/{issuer}:{email}?secret={}&issuer={issuer}", letters(secret))
}

/// The secret as people type it.
pub(super) fn letters(secret: &[u8]) -> String {
    Secret::from(secret.to_vec()).to_base32()
}

/// The picture of an address: its width in modules with a margin, and the path of the dark ones.
pub(super) fn picture(address: &str) -> Page<(i32, String)> {
    const MARGIN: i32 = 4;
    let code =
        QrCode::encode_text(address, QrCodeEcc::Medium).map_err(|error| Fault::broken(error.to_string()))?;
    let size = code.size();
    let dark =
        (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    let path =
        dark.fold(String::new(), |path, (x, y)| path + &format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN));
    Ok((size + 2 * MARGIN, path))
}

/// A new set of recovery codes, as they are written down.
pub(super) fn recovery() -> Page<Vec<String>> {
    (0..RECOVERY).map(|_| random::letters::<RECOVERY_LETTERS>(7)).collect()
}

/// A recovery code however it was typed.
pub(super) fn plain(typed: &str) -> String {
    typed.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, Appendix B, SHA-1, the last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(step(secret, code, seconds * 1_000_000).unwrap(), Some(seconds / 30), "{seconds}");
        }
        assert_eq!(step(secret, "287 082", 59_000_000).unwrap(), Some(1));
    }

    #[test]
    fn a_code_is_right_for_half_a_minute_before_and_after() {
        let secret = b"12345678901234567890";
        for (seconds, right) in
            [(0, true), (30, true), (60, true), (89, true), (90, false), (1_111_111_109, false)]
        {
            assert_eq!(step(secret, "287082", seconds * 1_000_000).unwrap().is_some(), right, "{seconds}");
        }
        for rubbish in ["", "28708", "2870822", "28708a", "२८७०८२", "-87082"] {
            assert_eq!(step(secret, rubbish, 59_000_000).unwrap(), None, "{rubbish}");
        }
    }

    #[test]
    fn an_app_can_read_the_address() {
        let address = address(b"12345678901234567890", "a+b@example.in");
        assert_eq!(
            address,
            "otpauth://totp/Ecom%20Assistance:a%2Bb%40example.in?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ecom%20Assistance"
        );
        let (size, path) = picture(&address).unwrap();
        assert!(size > 30 && path.starts_with("M4 4h1v1h-1z"));
    }

    #[test]
    fn recovery_codes_are_typed_in_any_way() {
        let codes = recovery().unwrap();
        assert_eq!(codes.len(), RECOVERY);
        assert!(codes.iter().all(|code| plain(code).len() == RECOVERY_LETTERS && code.len() == 31));
        assert_eq!(plain(" ABC-def 23"), "abcdef23");
        assert_ne!(codes[0], codes[1]);
    }
}
