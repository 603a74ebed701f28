//! Passkeys beside the password: adding and removing them, and asking for one at sign-in.
//!
//! The page carries the challenge, the script asks the browser, and a plain form brings the answer. Browsers offer
//! passkeys to scripts alone; whoever has none keeps to codes.

pub(crate) mod setup;
pub(crate) mod sign_in;

use ecom_passkey::Error;
pub(crate) use ecom_passkey::{Key, Site};
use ecom_store::{Passkey, PersonId, Tx};

use crate::fault::{Fault, Page};

/// An answer comes within this many microseconds: 5 minutes, as long as browsers wait.
const ANSWER_MICROS: i64 = 5 * 60_000_000;

/// The site at a public address, if browsers give passkeys to it.
pub(crate) fn site(public_url: &str) -> Option<Site> {
    Site::new(public_url).ok()
}

/// The passkeys of a person, as browsers are asked for them.
async fn held(tx: &mut Tx, person: PersonId) -> Page<Vec<Key>> {
    let passkeys = tx.platform().passkeys(person).await?;
    Ok(passkeys.into_iter().map(|Passkey { id_hash, held, .. }| Key { id: id_hash, text: held }).collect())
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::broken(error.to_string())
    }
}
