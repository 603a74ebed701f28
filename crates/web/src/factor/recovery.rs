//! Recovery codes: each stands in once for a second factor whose device is lost.

use ecom_store::{PersonId, Tx};
use sha2::{Digest, Sha256};

use super::code;
use crate::fault::Page;

/// Gives a person new codes, to be shown once; the old ones work no more.
pub(crate) async fn renew(tx: &mut Tx, person: PersonId) -> Page<Vec<String>> {
    let codes = code::recovery()?;
    let hashes: Vec<[u8; 32]> = codes.iter().map(|text| hash(text)).collect();
    tx.platform().put_recovery_codes(person, &hashes).await?;
    Ok(codes)
}

/// Uses up a code, however it was typed; false if there is none such, or it was used before.
pub(super) async fn spend(tx: &mut Tx, person: PersonId, typed: &str, now: i64) -> Page<bool> {
    Ok(tx.platform().use_recovery_code(person, &hash(typed), now).await?)
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(code::plain(text)).into()
}
