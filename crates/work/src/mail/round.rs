//! The hourly round: gives up what is too late, wakes what waits for a mail server, writes the week's digests.
//!
//! A round enqueues the next one before it does anything, so that one that fails does not end them all.

use ecom_store::{
    Channel, Claim, Consenting, MessagePurpose, NewJob, NewNotice, PersonId, Platform, StoreError, TenantId,
};
use jiff::{Timestamp, civil::Weekday, tz::TimeZone};

use super::{Address, Digest, Draft, Letter, week_of};
use crate::{
    clock::micros,
    notice::News,
    worker::{Failure, Worker},
};

/// The kind of the job; its payload is the number of the hour since 1970.
pub const MAIL_ROUND_JOB: &str = "mail-round";
const HOUR_MICROS: i64 = 3_600_000_000;
const MOST_ATTEMPTS: i64 = 3;
/// Digests go out on Monday from this hour on, in India.
const DIGEST_HOUR: i8 = 8;
/// A digest that could not be written until then is no news any more: Tuesday night.
const DIGEST_LAST: Weekday = Weekday::Tuesday;
/// Readers that are looked up at once.
const PAGE: i64 = 100;

impl Worker {
    /// Begins the rounds: now, then every hour. Several processes share one.
    pub async fn begin_rounds(&self) -> Result<(), StoreError> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        enqueue(&mut tx.platform(), now.div_euclid(HOUR_MICROS), now).await?;
        tx.commit().await
    }

    pub(crate) async fn mail_round(&self, claim: &Claim) -> Result<(), Failure> {
        let hour: i64 =
            claim.payload.parse().map_err(|_| Failure::Final("a round without its hour".to_owned()))?;
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        let mut platform = tx.platform();
        // A round that was late is followed by the present one, not by all that were missed.
        enqueue(&mut platform, hour.max(now.div_euclid(HOUR_MICROS)) + 1, now).await?;
        if self.mail.is_on() {
            platform.wake_mail(now).await?;
        }
        tx.commit().await?;
        self.give_up_late(None).await?;
        self.digests().await?;
        self.bell.ring();
        Ok(())
    }

    /// Writes the week's digests to all who agreed to get them.
    async fn digests(&self) -> Result<(), StoreError> {
        let zone = TimeZone::get("Asia/Kolkata").unwrap_or(TimeZone::UTC);
        let at = self.clock.now();
        let now = zone.to_datetime(at);
        let due = match now.weekday() {
            Weekday::Monday => now.hour() >= DIGEST_HOUR,
            DIGEST_LAST => true,
            _ => false,
        };
        if !due {
            return Ok(());
        }
        let mut after = (TenantId(0), PersonId(0));
        loop {
            let mut tx = self.importer.db.read().await?;
            let readers =
                tx.platform().consenting(MessagePurpose::Digest, Channel::Email, after, PAGE).await?;
            drop(tx);
            let Some(last) = readers.last() else { return Ok(()) };
            after = (last.tenant, last.person);
            for reader in &readers {
                self.digest(reader, now.date(), at).await?;
            }
        }
    }

    /// Writes one digest, unless its reader has it already.
    async fn digest(
        &self,
        reader: &Consenting,
        today: jiff::civil::Date,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (monday, _) = week_of(today);
        let cause = format!("digest:{}:{}:{monday}", reader.tenant, reader.person);
        let mut tx = self.importer.db.read().await?;
        if tx.platform().mail_written(&cause).await? {
            return Ok(());
        }
        let digest = Digest::of(&mut tx.scoped(reader.tenant).await?, reader, today).await?;
        drop(tx);
        let Ok(to) = Address::new(&reader.name, &reader.email) else {
            tracing::warn!(person = reader.person.0, "a digest has no address that mail can be sent to");
            return Ok(());
        };
        let now = at.as_microsecond();
        let news = News::digest(&digest);
        let letter = Letter::Digest(digest);
        let (tenant, person) = (Some(reader.tenant), Some(reader.person));
        let draft = Draft { cause: &cause, tenant, person, to: &to, letter: &letter, token: None };
        let mut tx = self.importer.db.write().await?;
        draft.write(&mut tx.platform(), now).await?;
        let arguments = news.to_json()?;
        let notice = NewNotice { cause: &cause, kind: news.name(), arguments: &arguments };
        tx.scoped(reader.tenant).await?.give_notice(reader.person, &notice, now).await?;
        tx.commit().await
    }
}

async fn enqueue(platform: &mut Platform<'_>, hour: i64, now: i64) -> Result<(), StoreError> {
    let job = NewJob {
        tenant: None,
        kind: MAIL_ROUND_JOB,
        payload: &hour.to_string(),
        dedupe: Some(&format!("{MAIL_ROUND_JOB}:{hour}")),
        run_at: hour * HOUR_MICROS,
        most_attempts: MOST_ATTEMPTS,
    };
    platform.enqueue(&job, now).await.map(drop)
}
