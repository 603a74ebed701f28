//! The job that sends a message: begin on record, hand over, put on record what became of it.
//!
//! A message that was taken is never handed over again, unless the process dies between the server's yes and the
//! commit that says so: then it goes once more, with the same Message-ID.

use ecom_store::{Claim, MessageId, NewNotice, QueuedMail, StoreError, TenantId, Tx};
use sha2::{Digest, Sha256};

use super::{Address, Letter, Parcel, PostFault};
use crate::{
    clock::micros,
    notice::News,
    worker::{Failure, Worker},
};

/// What stands at a message while there is no mail server.
const NO_SERVER: &str = "no mail server is set up";

impl Worker {
    pub(crate) async fn mail(&self, claim: &Claim) -> Result<(), Failure> {
        let id: MessageId =
            claim.payload.parse().map_err(|_| Failure::Final("a mail without a message".to_owned()))?;
        let Some(post) = self.mail.post.clone() else { return self.without_server(id).await };
        let Some(queued) = self.begin(id, post.domain()).await? else {
            return Ok(self.give_up_late(Some(id)).await?);
        };
        let Some(parcel) = self.parcel(&queued) else {
            return self.refused(claim, id, "its letter cannot be read by this version").await;
        };
        match post.send(&parcel).await {
            Ok(()) => self.sent(id).await,
            Err(PostFault::Never(why)) => self.refused(claim, id, &why).await,
            Err(PostFault::Later(why)) => {
                let mut tx = self.importer.db.write().await?;
                tx.platform().mail_delayed(id, &why).await?;
                tx.commit().await?;
                Err(Failure::Retry(why))
            }
        }
    }

    /// The message waits; the round that runs once there is a server gives it a job again.
    async fn without_server(&self, id: MessageId) -> Result<(), Failure> {
        let mut tx = self.importer.db.write().await?;
        // Nothing to note on one that was given up meanwhile.
        match tx.platform().mail_delayed(id, NO_SERVER).await {
            Ok(()) | Err(StoreError::Rows { .. }) => Ok(tx.commit().await?),
            Err(error) => Err(error.into()),
        }
    }

    async fn begin(&self, id: MessageId, domain: &str) -> Result<Option<QueuedMail>, Failure> {
        let mut tx = self.importer.db.write().await?;
        let mut platform = tx.platform();
        let Some(cause) = platform.mail_cause(id).await? else { return Ok(None) };
        let queued = platform.begin_mail(id, &message_id(&cause, domain), micros(&*self.clock)).await?;
        tx.commit().await?;
        Ok(queued)
    }

    fn parcel(&self, queued: &QueuedMail) -> Option<Parcel> {
        let letter = Letter::from_json(&queued.arguments)?;
        Some(Parcel {
            to: Address::new(&queued.recipient_name, &queued.recipient).ok()?,
            content: self.mail.render(&letter, queued.secret.as_deref()).ok()?,
            message_id: queued.message_id.clone(),
            at: self.clock.now(),
        })
    }

    async fn sent(&self, id: MessageId) -> Result<(), Failure> {
        let mut tx = self.importer.db.write().await?;
        tx.platform().mail_sent(id, micros(&*self.clock)).await?;
        Ok(tx.commit().await?)
    }

    /// Gives up messages, one or all, that are of no use any more.
    pub(crate) async fn give_up_late(&self, only: Option<MessageId>) -> Result<(), StoreError> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        for (id, tenant) in tx.platform().expire_mail(only, now).await? {
            tell(&mut tx, id, tenant, now).await?;
        }
        tx.commit().await
    }

    /// It is given up, and those who run the business are told.
    async fn refused(&self, claim: &Claim, id: MessageId, why: &str) -> Result<(), Failure> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        tx.platform().mail_refused(id, why, now).await?;
        tell(&mut tx, id, claim.tenant, now).await?;
        tx.commit().await?;
        tracing::warn!(message = id.0, %why, "a mail was refused for good");
        Ok(())
    }
}

/// Tells those who run the business that a mail about it was given up.
async fn tell(tx: &mut Tx, id: MessageId, tenant: Option<TenantId>, now: i64) -> Result<(), StoreError> {
    let Some(tenant) = tenant else { return Ok(()) };
    let news = News::MailFailed { message: id.0 };
    let (cause, arguments) = (format!("mail-failed:{id}"), news.to_json()?);
    let notice = NewNotice { cause: &cause, kind: news.name(), arguments: &arguments };
    tx.scoped(tenant).await?.give_managers_notice(&notice, now).await.map(drop)
}

/// The Message-ID of a cause: the same for every attempt, and telling nothing about it.
fn message_id(cause: &str, domain: &str) -> String {
    let digest = Sha256::digest(format!("ecom mail\0{domain}\0{cause}"));
    format!("<{}@{domain}>", ecom_vault::to_hex(&digest[..16]))
}

#[cfg(test)]
mod tests {
    use super::message_id;

    #[test]
    fn a_cause_has_one_message_id_and_no_two_have_the_same() {
        let id = message_id("reset:17:1", "example.in");
        assert_eq!(id, message_id("reset:17:1", "example.in"));
        assert!(id.starts_with('<') && id.ends_with("@example.in>") && id.len() == 32 + 13);
        assert_ne!(id, message_id("reset:17:2", "example.in"));
        assert_ne!(id.split('@').next(), message_id("reset:17:1", "example.org").split('@').next());
    }
}
