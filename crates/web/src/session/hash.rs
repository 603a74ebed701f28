//! Hashes of passwords: Argon2id, off the async threads, a few at a time, and no quicker for an address nobody has.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error, generate_salt,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use tokio::sync::Semaphore;

use crate::fault::{Fault, Page};

/// Hashes computed at the same time: each takes 19 MiB and a core for some 30 ms.
const AT_ONCE: usize = 2;
/// Most memory that a stored hash may ask for, in blocks of 1 KiB: 64 MiB.
const MOST_BLOCKS: usize = 65_536;
/// How long one waits for a turn.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// What is said to those who waited in vain.
const CROWD: &str = "More passwords wait to be checked than this server can check at once.";

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Rooms that nobody computes in; no more than turns.
    rooms: Arc<Mutex<Vec<Room>>>,
    /// Checked when there is no such person, so that the answer takes as long.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let decoy = hash_password(b"no one has this password").unwrap_or_default();
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), rooms: Arc::default(), decoy }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: String) -> Page<String> {
        let hash = self.take_turn(move |room| room.hash(password.as_bytes()));
        hash.await?.map_err(Fault::broken)
    }

    /// Whether a password fits a hash; without a hash it never does, after as much work.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Page<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let fits = self.take_turn(move |room| room.fits(password.as_bytes(), &hash));
        Ok(fits.await?.unwrap_or(false) && known)
    }

    /// The turn goes with the work: it is kept even if the visitor has gone meanwhile.
    async fn take_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Room) -> T + Send + 'static,
    ) -> Page<T> {
        let turn = tokio::time::timeout(TURN_WAIT, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| Fault::Crowded(CROWD))?.map_err(Fault::broken)?;
        let rooms = Arc::clone(&self.rooms);
        let done = tokio::task::spawn_blocking(move || {
            let free = rooms.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut room = free.unwrap_or_default();
            let done = work(&mut room);
            rooms.lock().unwrap_or_else(PoisonError::into_inner).push(room);
            drop(turn);
            done
        });
        done.await.map_err(Fault::broken)
    }
}

/// The PHC string of a password, for commands that make a person. Takes a core for some 30 ms.
pub fn hash_password(password: &[u8]) -> Result<String, String> {
    Room::default().hash(password).map_err(|error| error.to_string())
}

/// The 19 MiB that a hash is computed in, kept for the next one. Taken anew each time, by ever other threads, every
/// arena of the allocator keeps its share of it: some 300 MiB after a minute of two hundred people.
#[derive(Default)]
struct Room(Vec<Block>);

impl Room {
    fn hash(&mut self, password: &[u8]) -> Result<String, Error> {
        let (argon, salt) = (Argon2::default(), generate_salt());
        let hash = PasswordHash {
            algorithm: Algorithm::default().ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(argon.params())?,
            salt: Some(Salt::new(&salt)?),
            hash: Some(self.output(&argon, password, &salt, Params::DEFAULT_OUTPUT_LEN)?),
        };
        Ok(hash.to_string())
    }

    /// With the algorithm, version and costs that the hash names; compared in constant time.
    fn fits(&mut self, password: &[u8], hash: &str) -> Option<bool> {
        let hash = PasswordHash::new(hash).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = Version::try_from(hash.version?).ok()?;
        let argon = Argon2::new(algorithm, version, Params::try_from(&hash).ok()?);
        let (salt, known) = (hash.salt?, hash.hash?);
        Some(self.output(&argon, password, &salt, known.len()).ok()? == known)
    }

    fn output(
        &mut self,
        argon: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Result<Output, Error> {
        let blocks = argon.params().block_count();
        if blocks > MOST_BLOCKS {
            return Err(Error::OutOfMemory);
        }
        self.0.resize(blocks, Block::new());
        let mut out = [0; Output::MAX_LENGTH];
        let out = out.get_mut(..length).ok_or(Error::OutputSize)?;
        argon.hash_password_into_with_memory(password, salt, out, &mut self.0)?;
        Ok(Output::new(out)?)
    }
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[tokio::test]
    async fn hashes_and_the_librarys_own_open_each_other_whatever_they_cost() {
        let passwords = Passwords::new();
        let ours = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(Argon2::default().verify_password(b"correct horse battery", ours.as_str()).is_ok());
        assert_ne!(
            passwords.hash("correct horse battery".into()).await.unwrap(),
            ours,
            "each has its own salt"
        );
        for (memory, rounds) in [(64, 3), (65_536, 1), (19_456, 2)] {
            let argon = Argon2::from(Params::new(memory, rounds, 1, None).unwrap());
            let theirs = argon.hash_password(b"correct horse battery").unwrap().to_string();
            assert!(passwords.verify("correct horse battery".into(), Some(theirs.clone())).await.unwrap());
            assert!(!passwords.verify("correct horse batterz".into(), Some(theirs)).await.unwrap());
        }
        for broken in [
            "",
            "$argon2id$",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ",
            "$argon2id$v=19$m=4000000,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(!passwords.verify("correct horse battery".into(), Some(broken.into())).await.unwrap());
        }
    }

    #[tokio::test]
    async fn no_more_rooms_are_kept_than_passwords_are_checked_at_once() {
        let passwords = Arc::new(Passwords::new());
        let mut crowd = tokio::task::JoinSet::new();
        for _ in 0..4 * AT_ONCE {
            let passwords = Arc::clone(&passwords);
            crowd.spawn(async move { passwords.verify("correct horse battery".into(), None).await.unwrap() });
        }
        assert!(crowd.join_all().await.iter().all(|fits| !fits));
        let rooms = passwords.rooms.lock().unwrap();
        assert!((1..=AT_ONCE).contains(&rooms.len()), "{}", rooms.len());
        assert!(rooms.iter().all(|room| room.0.len() == Params::default().block_count()));
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_fits() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterz".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("no one has this password".into(), None).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_for_a_turn_is_told_to_come_again() {
        let passwords = Passwords::new();
        let all = u32::try_from(AT_ONCE).unwrap();
        let held = Arc::clone(&passwords.turns).acquire_many_owned(all).await.unwrap();
        let fault = passwords.verify("monsoonteakettle".into(), None).await.unwrap_err();
        assert!(matches!(fault, Fault::Crowded(_)), "{fault:?}");
        let answer = axum::response::IntoResponse::into_response(fault);
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (503, &"10".parse().unwrap())
        );
        drop(held);
        assert!(!passwords.verify("monsoonteakettle".into(), None).await.unwrap());
    }
}
