//! What is asked of a person beside their password: codes by time (TOTP, RFC 6238), and codes for when the phone is lost.
//!
//! A code works once: the time step of the last one is kept, and no earlier or equal one is taken (ASVS 6.5.1).

use ecom_vault::{KeyRing, SecretBytes};

use crate::{
    error::{Result, StoreError, expect_one},
    ids::PersonId,
    session::CLOCK_SLACK_MICROS,
    tx::{Platform, exec, fetch_one, fetch_optional},
};

/// Kind of the sealed secret from which a person's codes are made.
const TOTP: &str = "totp";
/// How many steps of 30 s a clock may be set back.
const CLOCK_SLACK_STEPS: i64 = CLOCK_SLACK_MICROS / 30_000_000;

/// The source of a person's codes.
#[derive(Debug)]
pub struct Totp {
    /// Its secret.
    pub secret: SecretBytes,
    /// Whether the person has shown that their device makes the right codes: only then is it asked for.
    pub confirmed: bool,
}

/// What was taken from a person who has lost their second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RemovedFactors {
    /// Whether codes were asked for.
    pub codes: bool,
    /// How many passkeys there were.
    pub passkeys: u64,
    /// How many sessions have ended.
    pub sessions: u64,
}

impl Platform<'_> {
    /// Keeps a secret that is still to be confirmed, in place of one that is not confirmed either. A confirmed one
    /// is a `Conflict`: it is removed first.
    pub async fn put_totp(
        &mut self,
        ring: &KeyRing,
        person: PersonId,
        secret: &[u8],
        now: i64,
    ) -> Result<()> {
        let put = exec!(
            self.tx,
            "insert into totp (person, made_at, last_step) values ($1, $2, 0)
             on conflict (person) do update set made_at = excluded.made_at where totp.confirmed_at is null",
            person.0,
            now,
        )?;
        if put == 0 {
            return Err(StoreError::Conflict("codes are asked for already".to_owned()));
        }
        self.put_person_secret(ring, person, TOTP, secret, now).await
    }

    /// Whether codes are asked of a person at sign-in.
    pub async fn asks_for_codes(&mut self, person: PersonId) -> Result<bool> {
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "select person from totp where person = $1 and confirmed_at is not null",
            person.0,
        )?;
        Ok(row.is_some())
    }

    /// The source of a person's codes.
    pub async fn totp(&mut self, ring: &KeyRing, person: PersonId) -> Result<Option<Totp>> {
        let row = fetch_optional!(
            (Option<i64>,),
            self.tx,
            "select confirmed_at from totp where person = $1",
            person.0
        )?;
        let Some((confirmed_at,)) = row else { return Ok(None) };
        let secret = self.person_secret(ring, person, TOTP).await?.ok_or(StoreError::Corrupt("totp"))?;
        Ok(Some(Totp { secret, confirmed: confirmed_at.is_some() }))
    }

    /// Notes that the person's device makes the right codes. Once it is noted, again is a `Conflict`.
    pub async fn confirm_totp(&mut self, person: PersonId, now: i64) -> Result<()> {
        let confirmed = exec!(
            self.tx,
            "update totp set confirmed_at = $2 where person = $1 and confirmed_at is null",
            person.0,
            now
        )?;
        if confirmed == 0 {
            return Err(StoreError::Conflict("codes are on already".to_owned()));
        }
        expect_one("totp", confirmed)
    }

    /// Uses up the code of a time step; false if it, or a later one, was used before. One that lies further ahead than
    /// a clock may be set back was used while the clock was wrong, and shuts nobody out.
    pub async fn use_step(&mut self, person: PersonId, step: i64) -> Result<bool> {
        let used = exec!(
            self.tx,
            "update totp set last_step = $2 where person = $1 and (last_step < $2 or last_step > $3)",
            person.0,
            step,
            step.saturating_add(CLOCK_SLACK_STEPS),
        )?;
        Ok(used == 1)
    }

    /// Asks for codes no more; gives whether they were asked for until now.
    pub async fn remove_totp(&mut self, person: PersonId) -> Result<bool> {
        let asked = self.asks_for_codes(person).await?;
        exec!(self.tx, "delete from totp where person = $1", person.0)?;
        self.forget_person_secret(person, TOTP).await?;
        self.drop_idle_recovery_codes(person).await?;
        Ok(asked)
    }

    /// Takes every second factor from a person who has lost theirs: codes, passkeys and recovery codes, and their
    /// sessions with them.
    pub async fn remove_factors(&mut self, person: PersonId) -> Result<RemovedFactors> {
        self.lock_person(person).await?;
        let codes = self.remove_totp(person).await?;
        let passkeys = exec!(self.tx, "delete from passkey where person = $1", person.0)?;
        self.drop_idle_recovery_codes(person).await?;
        let sessions = self.close_sessions(person, &[]).await?;
        Ok(RemovedFactors { codes, passkeys, sessions })
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
