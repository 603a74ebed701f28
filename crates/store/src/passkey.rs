//! Passkeys of people, and the challenge that a session's browser is asked. Public halves of keys: no secret is kept.
//!
//! A challenge is of one session, has an end, and works once: it is taken away when an answer comes.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::PersonId,
    tx::{Platform, exec, fetch_all, fetch_one, fetch_optional},
};

/// Most passkeys of a person.
pub const MOST_PASSKEYS: usize = 20;

/// A passkey.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Passkey {
    /// SHA-256 of the name that browsers know it by.
    pub id_hash: Vec<u8>,
    /// What the person calls it.
    pub name: String,
    /// Public key, counter and flags, as text.
    pub held: String,
    /// When it was added.
    pub created_at: i64,
    /// When it was last used to sign in.
    pub last_used_at: Option<i64>,
}

/// A passkey to add.
#[derive(Clone, Copy, Debug)]
pub struct NewPasskey<'a> {
    /// SHA-256 of the name that browsers know it by.
    pub id_hash: &'a [u8],
    /// What all passkeys of the person have in common; it says nothing of them.
    pub handle: &'a [u8],
    /// What the person calls it.
    pub name: &'a str,
    /// Public key, counter and flags, as text.
    pub held: &'a str,
}

/// What a session's browser was asked.
#[derive(Clone, Copy, Debug)]
pub struct NewChallenge<'a> {
    /// What is needed to check the answer.
    pub state: &'a str,
    /// What a new passkey is to be called; empty for one that is asked for.
    pub name: &'a str,
    /// When it works no more.
    pub until: i64,
}

impl Platform<'_> {
    /// The passkeys of a person, the oldest first.
    pub async fn passkeys(&mut self, person: PersonId) -> Result<Vec<Passkey>> {
        let rows = fetch_all!(
            (Vec<u8>, String, String, i64, Option<i64>),
            self.tx,
            "select id_hash, name, held, created_at, last_used_at from passkey where person = $1
             order by created_at, id_hash",
            person.0,
        )?;
        let key = |(id_hash, name, held, created_at, last_used_at)| Passkey {
            id_hash,
            name,
            held,
            created_at,
            last_used_at,
        };
        Ok(rows.into_iter().map(key).collect())
    }

    /// What all passkeys of a person have in common, if they have any.
    pub async fn passkey_handle(&mut self, person: PersonId) -> Result<Option<Vec<u8>>> {
        let row = fetch_optional!(
            (Vec<u8>,),
            self.tx,
            "select handle from passkey where person = $1 limit 1",
            person.0
        )?;
        Ok(row.map(|(handle,)| handle))
    }

    /// Adds a passkey. One that somebody has already, or too many, is a `Conflict`.
    pub async fn put_passkey(&mut self, person: PersonId, new: &NewPasskey<'_>, now: i64) -> Result<()> {
        self.lock_person(person).await?;
        let (held,) =
            fetch_one!((i64,), self.tx, "select count(*) from passkey where person = $1", person.0)?;
        if usize::try_from(held).is_ok_and(|held| held >= MOST_PASSKEYS) {
            return Err(StoreError::Conflict("no more passkeys can be added".to_owned()));
        }
        let put = exec!(
            self.tx,
            "insert into passkey (person, id_hash, handle, name, held, created_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (id_hash) do nothing",
            person.0,
            new.id_hash,
            new.handle,
            new.name,
            new.held,
            now,
        )?;
        if put == 0 {
            return Err(StoreError::Conflict("this passkey is added already".to_owned()));
        }
        Ok(())
    }

    /// Notes that a passkey was used, and what its counter is now.
    pub async fn use_passkey(
        &mut self,
        person: PersonId,
        id_hash: &[u8],
        held: &str,
        now: i64,
    ) -> Result<()> {
        let used = exec!(
            self.tx,
            "update passkey set held = $3, last_used_at = $4 where person = $1 and id_hash = $2",
            person.0,
            id_hash,
            held,
            now,
        )?;
        expect_one("passkey", used)
    }

    /// Removes a passkey. With the last factor of a person their recovery codes go too.
    pub async fn remove_passkey(&mut self, person: PersonId, id_hash: &[u8]) -> Result<()> {
        let removed =
            exec!(self.tx, "delete from passkey where person = $1 and id_hash = $2", person.0, id_hash)?;
        if removed == 0 {
            return Err(StoreError::Missing("passkey"));
        }
        self.drop_idle_recovery_codes(person).await
    }

    /// Recovery codes stand in for a factor; without one they stand for nothing.
    pub(crate) async fn drop_idle_recovery_codes(&mut self, person: PersonId) -> Result<()> {
        if !self.asks_for_second_factor(person).await? {
            exec!(self.tx, "delete from recovery_code where person = $1", person.0)?;
        }
        Ok(())
    }

    /// Whether something is asked of a person beside their password.
    pub async fn asks_for_second_factor(&mut self, person: PersonId) -> Result<bool> {
        let (factors,) = fetch_one!(
            (i64,),
            self.tx,
            "select (select count(*) from totp where person = $1 and confirmed_at is not null)
                  + (select count(*) from passkey where person = $1)",
            person.0,
        )?;
        Ok(factors > 0)
    }

    /// Asks the browser of a session; what it was asked before is forgotten.
    pub async fn put_challenge(&mut self, session: &[u8], new: &NewChallenge<'_>) -> Result<()> {
        let put = exec!(
            self.tx,
            "update session set challenge = $2, challenge_name = $3, challenge_until = $4 where id_hash = $1",
            session,
            new.state,
            new.name,
            new.until,
        )?;
        if put == 0 { Err(StoreError::Missing("session")) } else { Ok(()) }
    }

    /// What the browser of a session was asked and what a new passkey is to be called, once: it is forgotten. `None` if
    /// nothing was asked, or too long ago.
    pub async fn take_challenge(&mut self, session: &[u8], now: i64) -> Result<Option<(String, String)>> {
        let row = fetch_optional!(
            (String, String, i64),
            self.tx,
            "select challenge, challenge_name, challenge_until from session where id_hash = $1 and challenge <> ''",
            session,
        )?;
        let Some((state, name, until)) = row else { return Ok(None) };
        // Of two answers at once one finds it gone.
        let taken = exec!(
            self.tx,
            "update session set challenge = '', challenge_name = '', challenge_until = 0
             where id_hash = $1 and challenge = $2",
            session,
            state.as_str(),
        )?;
        Ok((taken == 1 && until > now).then_some((state, name)))
    }
}
