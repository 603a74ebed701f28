//! What was sent to whom: each message is written with its cause, sent by a job, and kept with what became of it.
//!
//! Recipient and content are personal data and stand here, never in the job. A secret (the token of a link) is kept
//! only until the message was sent or given up.

use crate::{
    consent::MessagePurpose,
    error::{Result, StoreError, expect_one},
    ids::{MessageId, PersonId, TenantId},
    job::NewJob,
    tx::{Platform, Scoped, exec, fetch_all, fetch_one, fetch_optional},
};

/// The kind of the job that sends a message; its payload is the message's id.
pub const MAIL_JOB: &str = "mail";
/// Kind of the job that comes every hour for mail: gives up what is too late, wakes what waits, writes digests.
pub const MAIL_ROUND_JOB: &str = "mail-round";
/// Longest page of messages.
pub const MOST_MESSAGES: i64 = 200;
/// A message ends by its expiry, long before this; the limit is for one that kills its workers.
const MOST_ATTEMPTS: i64 = 200;
/// A message that waits longer than this is worth a look: 1 h.
const LATE_MICROS: i64 = 3_600_000_000;
/// What stands at a message that could not be sent in time.
const TOO_LATE: &str = "it could not be sent in time";

/// A mail to write. It holds a secret, and so does not print.
#[derive(Clone)]
pub struct NewMail<'a> {
    /// What it is sent for, by ids alone: one cause has one mail.
    pub cause: &'a str,
    /// The business it is about, which then sees it in its record.
    pub tenant: Option<TenantId>,
    /// The person it is for, if they have an account.
    pub person: Option<PersonId>,
    /// What kind of mail it is.
    pub purpose: MessagePurpose,
    /// Which template makes its text.
    pub template: &'a str,
    /// Address.
    pub recipient: &'a str,
    /// Name; may be empty.
    pub recipient_name: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// What the template needs, as the sender writes it; no secrets.
    pub arguments: &'a str,
    /// The token of its link: kept until it is sent or given up.
    pub secret: Option<&'a str>,
    /// After this it is of no use and is given up.
    pub expires_at: i64,
}

/// A message that is about to be sent. It holds a secret, and so does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct QueuedMail {
    /// Address.
    pub recipient: String,
    /// Name; may be empty.
    pub recipient_name: String,
    /// Which template makes its text.
    pub template: String,
    /// What the template needs.
    pub arguments: String,
    /// The token of its link.
    pub secret: Option<String>,
    /// The Message-ID of the first attempt, which every other has too.
    pub message_id: String,
    /// How many attempts there were, with this one.
    pub attempts: i64,
}

/// How far a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageState {
    /// Not sent yet.
    Queued,
    /// The mail server took it.
    Sent,
    /// Given up.
    Failed,
}

impl MessageState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Queued, Self::Sent, Self::Failed];

    /// As it is stored, and written in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A message as the record shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageView {
    /// Id.
    pub id: MessageId,
    /// What kind of message it is.
    pub purpose: MessagePurpose,
    /// Which template made its text.
    pub template: String,
    /// What the template needs.
    pub arguments: String,
    /// Address.
    pub recipient: String,
    /// Name; may be empty.
    pub recipient_name: String,
    /// Subject.
    pub subject: String,
    /// How far it is.
    pub state: MessageState,
    /// What went wrong last.
    pub fault: Option<String>,
    /// How often sending was tried.
    pub attempts: i64,
    /// Its Message-ID, once it was tried.
    pub message_id: Option<String>,
    /// When its cause was.
    pub written_at: i64,
    /// When it was sent or given up.
    pub ended_at: Option<i64>,
}

/// How mail goes, for whoever runs the server.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct MailStanding {
    /// Waiting for longer than an hour.
    pub late: i64,
    /// Given up since an instant.
    pub failed: i64,
}

impl Platform<'_> {
    /// Writes a mail and its job in the caller's transaction: it is sent if and only if the cause lasts. `None` if the
    /// cause has its mail already.
    pub async fn write_mail(&mut self, mail: &NewMail<'_>, now: i64) -> Result<Option<MessageId>> {
        // They end up in the head of a mail, where a line break would begin a line of somebody else's.
        for text in [mail.recipient, mail.recipient_name, mail.subject] {
            if text.chars().any(char::is_control) {
                return Err(StoreError::Conflict("a mail's head holds no control characters".to_owned()));
            }
        }
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "insert into message (tenant, person, cause, purpose, channel, template, recipient, recipient_name, subject,
                                  arguments, secret, state, attempts, written_at, expires_at)
             values ($1, $2, $3, $4, 'email', $5, $6, $7, $8, $9, $10, 'queued', 0, $11, $12)
             on conflict (cause) do nothing returning id",
            mail.tenant.map(|tenant| tenant.0),
            mail.person.map(|person| person.0),
            mail.cause,
            mail.purpose.name(),
            mail.template,
            mail.recipient,
            mail.recipient_name,
            mail.subject,
            mail.arguments,
            mail.secret,
            now,
            mail.expires_at,
        )?;
        let Some((id,)) = row else { return Ok(None) };
        let job = NewJob {
            tenant: mail.tenant,
            kind: MAIL_JOB,
            payload: &id.to_string(),
            dedupe: Some(&format!("mail:{id}")),
            run_at: now,
            most_attempts: MOST_ATTEMPTS,
        };
        self.enqueue(&job, now).await?;
        Ok(Some(MessageId(id)))
    }

    /// Begins an attempt to send a message: counts it, and gives it its Message-ID if it has none yet. `None` if it is
    /// not to be sent (any more), or too late: see [`Self::expire_mail`].
    pub async fn begin_mail(
        &mut self,
        id: MessageId,
        message_id: &str,
        now: i64,
    ) -> Result<Option<QueuedMail>> {
        let row = fetch_optional!(
            (String, String, String, String, Option<String>, String, i64),
            self.tx,
            "update message set attempts = attempts + 1, tried_at = $3, message_id = coalesce(message_id, $2)
             where id = $1 and state = 'queued' and expires_at > $3
             returning recipient, recipient_name, template, arguments, secret, message_id, attempts",
            id.0,
            message_id,
            now,
        )?;
        Ok(row.map(|(recipient, recipient_name, template, arguments, secret, message_id, attempts)| {
            QueuedMail { recipient, recipient_name, template, arguments, secret, message_id, attempts }
        }))
    }

    /// What a message is sent for, from which its Message-ID follows.
    pub async fn mail_cause(&mut self, id: MessageId) -> Result<Option<String>> {
        let row = fetch_optional!((String,), self.tx, "select cause from message where id = $1", id.0)?;
        Ok(row.map(|(cause,)| cause))
    }

    /// Whether a cause has its mail already.
    pub async fn mail_written(&mut self, cause: &str) -> Result<bool> {
        let row = fetch_optional!((i64,), self.tx, "select id from message where cause = $1", cause)?;
        Ok(row.is_some())
    }

    /// The mail server took it.
    pub async fn mail_sent(&mut self, id: MessageId, now: i64) -> Result<()> {
        self.end_mail(id, "sent", None, now).await
    }

    /// It is given up: the mail server said that it will never take it.
    pub async fn mail_refused(&mut self, id: MessageId, fault: &str, now: i64) -> Result<()> {
        self.end_mail(id, "failed", Some(fault), now).await
    }

    async fn end_mail(&mut self, id: MessageId, state: &str, fault: Option<&str>, now: i64) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update message set state = $2, fault = $3, ended_at = $4, secret = null where id = $1 and state = 'queued'",
            id.0,
            state,
            fault,
            now,
        )?;
        expect_one("message", changed)
    }

    /// It could not be sent now; `fault` says why, without personal data.
    pub async fn mail_delayed(&mut self, id: MessageId, fault: &str) -> Result<()> {
        let changed =
            exec!(self.tx, "update message set fault = $2 where id = $1 and state = 'queued'", id.0, fault,)?;
        expect_one("message", changed)
    }

    /// Gives up queued messages, one or all, that are of no use any more; tells which, and whose business each was about.
    pub async fn expire_mail(
        &mut self,
        only: Option<MessageId>,
        now: i64,
    ) -> Result<Vec<(MessageId, Option<TenantId>)>> {
        let rows = fetch_all!(
            (i64, Option<i64>),
            self.tx,
            "update message set state = 'failed', ended_at = $2, secret = null,
                 fault = case when fault is null then $3 else $3 || ': ' || fault end
             where state = 'queued' and expires_at <= $2 and ($1 is null or id = $1) returning id, tenant",
            only.map(|id| id.0),
            now,
            TOO_LATE,
        )?;
        Ok(rows.into_iter().map(|(id, tenant)| (MessageId(id), tenant.map(TenantId))).collect())
    }

    /// Gives every queued message a job that has none: those written while there was no mail server, and those whose
    /// job was given up.
    pub async fn wake_mail(&mut self, now: i64) -> Result<u64> {
        exec!(
            self.tx,
            "insert into job (tenant, kind, payload, dedupe, state, run_at, attempts, most_attempts, lease,
                              progress_done, progress_total, created_at, lane)
             select tenant, $1, cast(id as text), 'mail:' || cast(id as text), 'queued', $2, 0, $3, 0, 0, 0, $2, 'light'
             from message where state = 'queued' and expires_at > $2
             on conflict (dedupe) where state in ('queued', 'running') do nothing",
            MAIL_JOB,
            now,
            MOST_ATTEMPTS,
        )
    }

    /// How mail goes; failures count from an instant on.
    pub async fn mail_standing(&mut self, since: i64, now: i64) -> Result<MailStanding> {
        let (late, failed) = fetch_one!(
            (i64, i64),
            self.tx,
            "select (select count(*) from message where state = 'queued' and written_at < $1),
                    (select count(*) from message where state = 'failed' and ended_at >= $2)",
            now - LATE_MICROS,
            since,
        )?;
        Ok(MailStanding { late, failed })
    }
}

const SELECT: &str = "select id, purpose, template, arguments, recipient, recipient_name, subject,
    state, fault, attempts, message_id, written_at, ended_at from message where tenant = $1";

impl Scoped<'_> {
    /// Messages about the business, the newest first; those before one that was shown already.
    pub async fn messages(
        &mut self,
        state: Option<MessageState>,
        before: Option<MessageId>,
        most: i64,
    ) -> Result<Vec<MessageView>> {
        let text = format!(
            "{SELECT} and ($2 is null or state = $2) and ($3 is null or id < $3) order by id desc limit $4"
        );
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            state.map(MessageState::name),
            before.map(|id| id.0),
            most.min(MOST_MESSAGES),
        )?;
        rows.into_iter().map(view).collect()
    }

    /// One message about the business.
    pub async fn message(&mut self, id: MessageId) -> Result<Option<MessageView>> {
        let text = format!("{SELECT} and id = $2");
        let row = fetch_optional!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, id.0)?;
        row.map(view).transpose()
    }

    /// How many messages about the business are in each state.
    pub async fn message_states(&mut self) -> Result<Vec<(MessageState, i64)>> {
        let rows = fetch_all!(
            (String, i64),
            self.tx,
            "select state, count(*) from message where tenant = $1 group by state",
            self.tenant.0,
        )?;
        let known = |(name, count): (String, i64)| {
            Ok((MessageState::from_name(&name).ok_or(StoreError::Corrupt("message"))?, count))
        };
        rows.into_iter().map(known).collect()
    }
}

type Row = (
    i64,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
    Option<String>,
    i64,
    Option<i64>,
);

fn view(row: Row) -> Result<MessageView> {
    let (
        id,
        purpose,
        template,
        arguments,
        recipient,
        recipient_name,
        subject,
        state,
        fault,
        attempts,
        message_id,
        at,
        end,
    ) = row;
    let corrupt = || StoreError::Corrupt("message");
    Ok(MessageView {
        id: MessageId(id),
        purpose: MessagePurpose::from_name(&purpose).ok_or_else(corrupt)?,
        template,
        arguments,
        recipient,
        recipient_name,
        subject,
        state: MessageState::from_name(&state).ok_or_else(corrupt)?,
        fault,
        attempts,
        message_id,
        written_at: at,
        ended_at: end,
    })
}
