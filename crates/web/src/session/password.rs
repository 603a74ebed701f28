//! Passwords: Argon2id, off the async threads, a few at a time, and no quicker for an address nobody has.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::fault::{Fault, Page};

/// Shortest password in characters.
pub(crate) const LEAST_PASSWORD: usize = 12;
/// Longest password in characters.
pub(crate) const MOST_PASSWORD: usize = 256;
/// Hashes computed at the same time: each takes 19 MiB and a core for some 30 ms.
const AT_ONCE: usize = 2;
/// How long one waits for a turn.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked when there is no such person, so that the answer takes as long.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let decoy = hash(b"no one has this password").unwrap_or_default();
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), decoy }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: String) -> Page<String> {
        self.take_turn(move || hash(password.as_bytes())).await?
    }

    /// Whether a password fits a hash; without a hash it never does, after as much work.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Page<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let fits = self.take_turn(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(fits.await? && known)
    }

    /// The turn goes with the work: it is kept even if the visitor has gone meanwhile.
    async fn take_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Page<T> {
        let turn = tokio::time::timeout(TURN_WAIT, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| Fault::Busy)?.map_err(Fault::broken)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(Fault::broken)
    }
}

fn hash(password: &[u8]) -> Page<String> {
    hash_password(password).map_err(Fault::broken)
}

/// The PHC string of a password, for commands that make a person. Takes a core for some 30 ms.
pub fn hash_password(password: &[u8]) -> Result<String, String> {
    Argon2::default().hash_password(password).map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_fits() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterz".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("no one has this password".into(), None).await.unwrap());
    }
}
