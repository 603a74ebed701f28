//! What is asked of a person beside their password: codes by time (TOTP, RFC 6238), and codes for when the phone is lost.
//!
//! A code works once: the time step of the last one is kept, and no earlier or equal one is taken (ASVS 6.5.1).

use crate::{
    error::{Result, expect_one},
    ids::PersonId,
    tx::{Platform, exec, fetch_one, fetch_optional},
};

/// The source of a person's codes.
#[derive(Clone, Debug)]
pub struct Totp {
    /// Its secret, sealed.
    pub sealed: Vec<u8>,
    /// Whether the person has shown that their device makes the right codes: only then is it asked for.
    pub confirmed: bool,
}

impl Platform<'_> {
    /// Keeps a secret that is still to be confirmed. A confirmed one stays until it is removed.
    pub async fn put_totp(&mut self, person: PersonId, sealed: &[u8], now: i64) -> Result<()> {
        exec!(
            self.tx,
            "insert into totp (person, secret, made_at, last_step) values ($1, $2, $3, 0)
             on conflict (person) do update set secret = excluded.secret, made_at = excluded.made_at
             where totp.confirmed_at is null",
            person.0,
            sealed,
            now,
        )
        .map(drop)
    }

    /// The source of a person's codes.
    pub async fn totp(&mut self, person: PersonId) -> Result<Option<Totp>> {
        let row = fetch_optional!(
            (Vec<u8>, Option<i64>),
            self.tx,
            "select secret, confirmed_at from totp where person = $1",
            person.0,
        )?;
        Ok(row.map(|(sealed, confirmed_at)| Totp { sealed, confirmed: confirmed_at.is_some() }))
    }

    /// Notes that the person's device makes the right codes.
    pub async fn confirm_totp(&mut self, person: PersonId, now: i64) -> Result<()> {
        let confirmed = exec!(
            self.tx,
            "update totp set confirmed_at = $2 where person = $1 and confirmed_at is null",
            person.0,
            now
        )?;
        expect_one("totp", confirmed)
    }

    /// Uses up the code of a time step; false if it, or a later one, was used before.
    pub async fn use_step(&mut self, person: PersonId, step: i64) -> Result<bool> {
        let used = exec!(
            self.tx,
            "update totp set last_step = $2 where person = $1 and last_step < $2",
            person.0,
            step
        )?;
        Ok(used == 1)
    }

    /// Asks for codes no more.
    pub async fn remove_totp(&mut self, person: PersonId) -> Result<()> {
        exec!(self.tx, "delete from recovery_code where person = $1", person.0)?;
        exec!(self.tx, "delete from totp where person = $1", person.0).map(drop)
    }

    /// Gives a person new codes for when the phone is lost; the old ones work no more.
    pub async fn put_recovery_codes(&mut self, person: PersonId, hashes: &[[u8; 32]]) -> Result<()> {
        exec!(self.tx, "delete from recovery_code where person = $1", person.0)?;
        for hash in hashes {
            exec!(
                self.tx,
                "insert into recovery_code (person, code_hash) values ($1, $2)",
                person.0,
                hash.as_slice()
            )?;
        }
        Ok(())
    }

    /// Uses up a recovery code; false if there is no such code, or it was used before.
    pub async fn use_recovery_code(&mut self, person: PersonId, hash: &[u8], now: i64) -> Result<bool> {
        let used = exec!(
            self.tx,
            "update recovery_code set used_at = $3 where person = $1 and code_hash = $2 and used_at is null",
            person.0,
            hash,
            now,
        )?;
        Ok(used == 1)
    }

    /// Recovery codes that still work.
    pub async fn recovery_codes_left(&mut self, person: PersonId) -> Result<i64> {
        let (left,) = fetch_one!(
            (i64,),
            self.tx,
            "select count(*) from recovery_code where person = $1 and used_at is null",
            person.0,
        )?;
        Ok(left)
    }
}
