//! Changing an address: agreed to at the old one and confirmed at the new one, in either order, by links that work once.
//! A used link is the note that its half is done; both halves together change the address.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::PersonId,
    person::fold_email,
    person_token::Purpose,
    tx::{Platform, exec, fetch_all},
};

/// A change of address that is under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmailChange {
    /// The new address.
    pub to: String,
    /// Whether it was agreed to at the old address.
    pub agreed: bool,
    /// Whether the new address was shown to be theirs.
    pub confirmed: bool,
    /// From when on it can no longer be completed.
    pub until: i64,
}

impl Platform<'_> {
    /// The change of a person's address that is under way.
    pub async fn email_change(&mut self, person: PersonId, now: i64) -> Result<Option<EmailChange>> {
        let rows = fetch_all!(
            (String, String, Option<i64>, i64),
            self.tx,
            "select purpose, email, used_at, expires_at from person_token
             where person = $1 and purpose in ('leave_email', 'new_email') and expires_at > $2",
            person.0,
            now,
        )?;
        let of = |purpose: Purpose| rows.iter().find(|row| row.0 == purpose.name());
        let (Some(old), Some(new)) = (of(Purpose::LeaveEmail), of(Purpose::NewEmail)) else {
            return Ok(None);
        };
        Ok(Some(EmailChange {
            to: new.1.clone(),
            agreed: old.2.is_some(),
            confirmed: new.2.is_some(),
            until: old.3.min(new.3),
        }))
    }

    /// Changes the address if both halves are done: gives the new one. One that is taken is a `unique_violation`. Hold
    /// the person before ([`Self::lock_person`]): of two halves that are done at once the later sees the earlier.
    pub async fn complete_email_change(
        &mut self,
        person: PersonId,
        keep: Option<&[u8]>,
        now: i64,
    ) -> Result<Option<String>> {
        match self.email_change(person, now).await? {
            Some(EmailChange { to, agreed: true, confirmed: true, .. }) => {
                self.replace_email(person, &to, Some(now), keep).await?;
                Ok(Some(to))
            }
            _ => Ok(None),
        }
    }

    /// Stops a change that is under way.
    pub async fn stop_email_change(&mut self, person: PersonId) -> Result<()> {
        for purpose in [Purpose::LeaveEmail, Purpose::NewEmail] {
            self.revoke_tokens(person, purpose).await?;
        }
        Ok(())
    }

    /// Replaces a person's address; `verified_at` is when it was shown to be theirs. Links that went to the old one stop
    /// working, and every session ends but `keep`. One that is taken is a `unique_violation`.
    pub async fn replace_email(
        &mut self,
        person: PersonId,
        email: &str,
        verified_at: Option<i64>,
        keep: Option<&[u8]>,
    ) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update person set email = $2, email_folded = $3, email_verified_at = $4 where id = $1",
            person.0,
            email.trim(),
            fold_email(email),
            verified_at,
        )?;
        expect_one("person", changed)?;
        for purpose in [Purpose::Verify, Purpose::Reset, Purpose::LeaveEmail, Purpose::NewEmail] {
            self.revoke_tokens(person, purpose).await?;
        }
        self.close_sessions(person, keep.unwrap_or_default()).await.map(drop)
    }

    /// Notes that a person's address is theirs, if it still is this one; else `Missing`.
    pub async fn verify_email(&mut self, person: PersonId, email: &str, now: i64) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update person set email_verified_at = coalesce(email_verified_at, $3)
             where id = $1 and email_folded = $2",
            person.0,
            fold_email(email),
            now,
        )?;
        if changed == 0 { Err(StoreError::Missing("address")) } else { expect_one("person", changed) }
    }
}
