//! What people agreed to get: versioned per person, business, purpose and channel. Rows are only ever added, so that
//! the history proves what stood when.

use crate::{
    error::{Result, StoreError},
    ids::{PersonId, TenantId},
    tx::{Platform, Scoped, exec, fetch_all, fetch_optional},
};

/// What stands at a message that its reader does not want any more.
const WITHDRAWN: &str = "its reader withdrew the consent";

/// What a message is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessagePurpose {
    /// Keeps an account safe: sign-ins, passwords, addresses. Sent without asking.
    Security,
    /// Somebody has something to do with the service itself: invitations. Sent without asking.
    Account,
    /// The week's figures. Sent to those who agreed.
    Digest,
}

impl MessagePurpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Security, Self::Account, Self::Digest];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Account => "account",
            Self::Digest => "digest",
        }
    }

    /// The purpose of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }

    /// Whether a person must have agreed: what keeps them safe, or is part of what they asked for, needs no consent.
    pub fn needs_consent(self) -> bool {
        self == Self::Digest
    }
}

/// The way a message takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// E-mail.
    Email,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Email];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
        }
    }

    /// The channel of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// What a person decided.
#[derive(Clone, Copy, Debug)]
pub struct NewConsent<'a> {
    /// Who.
    pub person: PersonId,
    /// What for.
    pub purpose: MessagePurpose,
    /// By which way.
    pub channel: Channel,
    /// Given, or withdrawn.
    pub given: bool,
    /// Version of the text they saw.
    pub wording: &'a str,
    /// How they said it, such as `settings`.
    pub way: &'a str,
}

/// A decision on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsentView {
    /// What for.
    pub purpose: MessagePurpose,
    /// By which way.
    pub channel: Channel,
    /// Given, or withdrawn.
    pub given: bool,
    /// Version of the text they saw.
    pub wording: String,
    /// How they said it.
    pub way: String,
    /// When, microseconds UTC.
    pub at: i64,
}

/// Somebody who agreed, with what writing to them needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consenting {
    /// The business it is about.
    pub tenant: TenantId,
    /// Its name.
    pub business: String,
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

type Row = (String, String, i64, String, String, i64);
const SELECT: &str =
    "select purpose, channel, given, wording, way, at from consent where tenant = $1 and person = $2";

impl Scoped<'_> {
    /// Puts a member's decision on record; false if it stood already. Who is no member is `Missing`. What waits to be
    /// sent is given up if it is what they do not want any more.
    pub async fn put_consent(&mut self, new: &NewConsent<'_>, now: i64) -> Result<bool> {
        self.lock().await?;
        let standing = self.consent(new.person, new.purpose, new.channel).await?;
        let stands = match standing {
            // A box that was never ticked and still is not says nothing.
            None => !new.given,
            Some(standing) => standing.given == new.given && (!new.given || standing.wording == new.wording),
        };
        if stands {
            return Ok(false);
        }
        let added = exec!(
            self.tx,
            "insert into consent (person, tenant, purpose, channel, given, wording, way, at)
             select person, tenant, $3, $4, $5, $6, $7, $8 from membership where tenant = $1 and person = $2",
            self.tenant.0,
            new.person.0,
            new.purpose.name(),
            new.channel.name(),
            i64::from(new.given),
            new.wording,
            new.way,
            now,
        )?;
        if added == 0 {
            return Err(StoreError::Missing("member"));
        }
        if !new.given {
            self.stop_messages(new, now).await?;
        }
        Ok(true)
    }

    async fn stop_messages(&mut self, new: &NewConsent<'_>, now: i64) -> Result<()> {
        exec!(
            self.tx,
            "update message set state = 'failed', fault = $5, ended_at = $6, secret = null
             where tenant = $1 and person = $2 and purpose = $3 and channel = $4 and state = 'queued'",
            self.tenant.0,
            new.person.0,
            new.purpose.name(),
            new.channel.name(),
            WITHDRAWN,
            now,
        )
        .map(drop)
    }

    /// The decision of a person that stands.
    pub async fn consent(
        &mut self,
        person: PersonId,
        purpose: MessagePurpose,
        channel: Channel,
    ) -> Result<Option<ConsentView>> {
        let text = format!("{SELECT} and purpose = $3 and channel = $4 order by id desc limit 1");
        let row = fetch_optional!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            person.0,
            purpose.name(),
            channel.name(),
        )?;
        row.map(view).transpose()
    }

    /// All decisions of a person, the newest first, up to `most`.
    pub async fn consents(&mut self, person: PersonId, most: i64) -> Result<Vec<ConsentView>> {
        let text = format!("{SELECT} order by id desc limit $3");
        let rows =
            fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, person.0, most)?;
        rows.into_iter().map(view).collect()
    }
}

impl Platform<'_> {
    /// Members of active businesses who agree to a purpose on a channel now and whose address was shown to be theirs,
    /// for a slip in it would tell a stranger, after one that was seen already, in the
    /// order of business and person, up to `most`.
    pub async fn consenting(
        &mut self,
        purpose: MessagePurpose,
        channel: Channel,
        after: (TenantId, PersonId),
        most: i64,
    ) -> Result<Vec<Consenting>> {
        let rows = fetch_all!(
            (i64, String, i64, String, String),
            self.tx,
            "select b.id, b.name, p.id, p.name, p.email
             from consent c
             join membership m on m.person = c.person and m.tenant = c.tenant
             join business b on b.id = c.tenant and b.state = 'active'
             join person p on p.id = c.person and p.email_verified_at is not null
             where c.purpose = $1 and c.channel = $2 and c.given = 1
               and (c.tenant > $3 or (c.tenant = $3 and c.person > $4))
               and not exists (select 1 from consent n where n.person = c.person and n.tenant = c.tenant
                                 and n.purpose = c.purpose and n.channel = c.channel and n.id > c.id)
             order by c.tenant, c.person limit $5",
            purpose.name(),
            channel.name(),
            after.0.0,
            after.1.0,
            most,
        )?;
        let consenting = |(tenant, business, person, name, email)| Consenting {
            tenant: TenantId(tenant),
            business,
            person: PersonId(person),
            name,
            email,
        };
        Ok(rows.into_iter().map(consenting).collect())
    }
}

fn view((purpose, channel, given, wording, way, at): Row) -> Result<ConsentView> {
    let corrupt = || StoreError::Corrupt("consent");
    Ok(ConsentView {
        purpose: MessagePurpose::from_name(&purpose).ok_or_else(corrupt)?,
        channel: Channel::from_name(&channel).ok_or_else(corrupt)?,
        given: given == 1,
        wording,
        way,
        at,
    })
}
