//! The hourly round: gives up what is too late, wakes what waits for a mail server, writes the week's digests, and
//! the word to administrators that a review is due.
//!
//! It is scheduled: src/hourly.rs.

use ecom_ledger::day::Month;
use ecom_store::{
    Channel, Consenting, MessagePurpose, NewNotice, PersonId, Quarter, StaffMember, StaffRole, StoreError,
    TenantId,
};
use jiff::{Timestamp, civil::Weekday, tz::TimeZone};

use super::{Address, Digest, Draft, Letter};
use crate::{
    clock::micros,
    notice::News,
    worker::{Failure, Worker},
};

/// Digests go out on Monday from this hour on, in India.
const DIGEST_HOUR: i8 = 8;
/// A digest that could not be written until then is no news any more: Tuesday night.
const DIGEST_LAST: Weekday = Weekday::Tuesday;
/// Readers that are looked up at once.
const PAGE: i64 = 100;

impl Worker {
    pub(crate) async fn mail_round(&self) -> Result<(), Failure> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        let mut platform = tx.platform();
        if self.mail.is_on() {
            platform.wake_mail(now).await?;
        }
        tx.commit().await?;
        self.give_up_late(None).await?;
        self.digests().await?;
        self.review_due().await?;
        self.bell.ring();
        Ok(())
    }

    /// Tells each administrator once in a quarter that the rights of the staff are to be reviewed, while they are.
    async fn review_due(&self) -> Result<(), StoreError> {
        let at = self.clock.now();
        let zone = india();
        let (quarter, first) = Quarter::of(Month::of(zone.to_datetime(at).date()));
        let began = zone.to_timestamp(first.first_date().at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut tx = self.importer.db.read().await?;
        if !tx.platform().review_is_due(quarter, began.as_microsecond()).await? {
            return Ok(());
        }
        let staff = tx.platform().staff().await?;
        drop(tx);
        for one in staff.iter().filter(|one| one.role == StaffRole::Administrator) {
            self.tell_of_review(one, quarter, at.as_microsecond()).await?;
        }
        Ok(())
    }

    /// Writes it, unless it was written already.
    async fn tell_of_review(&self, one: &StaffMember, quarter: Quarter, now: i64) -> Result<(), StoreError> {
        let cause = format!("review:{}:{}", quarter.0, one.person);
        if self.importer.db.read().await?.platform().mail_written(&cause).await? {
            return Ok(());
        }
        let Ok(to) = Address::new(&one.name, &one.email) else {
            tracing::warn!(person = one.person.0, "an administrator has no address that mail can be sent to");
            return Ok(());
        };
        let letter = Letter::ReviewDue { name: one.name.clone(), page: "/staff/review".to_owned() };
        let person = Some(one.person);
        let draft = Draft { cause: &cause, tenant: None, person, to: &to, letter: &letter, token: None };
        let mut tx = self.importer.db.write().await?;
        draft.write(&mut tx.platform(), now).await?;
        tx.commit().await
    }

    /// Writes the week's digests to all who agreed to get them.
    async fn digests(&self) -> Result<(), StoreError> {
        let at = self.clock.now();
        let now = india().to_datetime(at);
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
        let cause = Digest::cause(reader, today);
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

fn india() -> TimeZone {
    TimeZone::get("Asia/Kolkata").unwrap_or(TimeZone::UTC)
}
