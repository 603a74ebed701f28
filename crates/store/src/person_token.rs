//! Links that work once: to join a business, to set a password anew, to show that an address is one's own.
//!
//! The link carries a random token, the database its hash. A token is used in the transaction of what it allows.

use crate::{
    error::{Result, StoreError},
    ids::{PersonId, TenantId},
    person::fold_email,
    tx::{Platform, exec, fetch_all, fetch_optional},
};

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Showing that an address is one's own.
    Verify,
    /// Setting a new password.
    Reset,
    /// Joining a business.
    Invite,
    /// Becoming one of the platform's staff.
    Staff,
    /// Agreeing, at the old address, that it is left.
    LeaveEmail,
    /// Showing, at the new address, that it is one's own.
    NewEmail,
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::Invite => "invite",
            Self::Staff => "staff",
            Self::LeaveEmail => "leave_email",
            Self::NewEmail => "new_email",
        }
    }

    /// How long it works, in microseconds.
    pub fn lasts(self) -> i64 {
        const HOUR: i64 = 3_600_000_000;
        match self {
            Self::Reset => HOUR,
            Self::Verify | Self::LeaveEmail | Self::NewEmail => 24 * HOUR,
            Self::Invite | Self::Staff => 7 * 24 * HOUR,
        }
    }
}

/// A link to make.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// SHA-256 of the token.
    pub hash: &'a [u8],
    /// What it is for.
    pub purpose: Purpose,
    /// Who may use it, if they have an account.
    pub person: Option<PersonId>,
    /// Which business it opens.
    pub tenant: Option<TenantId>,
    /// The address it goes to, or that it is about.
    pub email: &'a str,
    /// The role that it gives.
    pub role: &'a str,
    /// Who made it.
    pub made_by: Option<PersonId>,
}

/// A link that still works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveToken {
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// Who may use it.
    pub person: Option<PersonId>,
    /// Which business it opens.
    pub tenant: Option<TenantId>,
    /// Name of that business.
    pub business: Option<String>,
    /// The address it goes to, or that it is about.
    pub email: String,
    /// The role that it gives.
    pub role: String,
    /// Name of who made it.
    pub made_by: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// From when on it works no more.
    pub expires_at: i64,
}

type Row = (Vec<u8>, Option<i64>, Option<i64>, Option<String>, String, String, Option<String>, i64, i64);

/// Links that still work; an invitation only for as long as whoever made it may invite. One from a time that has not
/// come, by more than [`CLOCK_SLACK_MICROS`](crate::session::CLOCK_SLACK_MICROS), was made by a clock that was wrong.
const SELECT: &str =
    "select t.token_hash, t.person, t.tenant, b.name, t.email, t.role, p.name, t.created_at, t.expires_at
     from person_token t left join business b on b.id = t.tenant left join person p on p.id = t.made_by
     where t.purpose = $1 and t.used_at is null and t.expires_at > $2 and t.created_at <= $2 + 3600000000
       and (t.purpose <> 'invite' or t.made_by is null or exists (
           select 1 from membership m where m.person = t.made_by and m.tenant = t.tenant and m.role = 'owner'))";

impl Platform<'_> {
    /// Makes a link. Earlier ones for the same purpose, person or address and business stop working.
    pub async fn issue_token(&mut self, new: &NewToken<'_>, now: i64) -> Result<()> {
        let folded = fold_email(new.email);
        exec!(
            self.tx,
            "delete from person_token where purpose = $1 and (person = $2 or (person is null and $2 is null))
               and (tenant = $3 or (tenant is null and $3 is null)) and (email_folded = $4 or person = $2)",
            new.purpose.name(),
            new.person.map(|person| person.0),
            new.tenant.map(|tenant| tenant.0),
            folded.as_str(),
        )?;
        exec!(
            self.tx,
            "insert into person_token (token_hash, purpose, person, tenant, email, email_folded, role, made_by,
                                       created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            new.hash,
            new.purpose.name(),
            new.person.map(|person| person.0),
            new.tenant.map(|tenant| tenant.0),
            new.email.trim(),
            folded.as_str(),
            new.role,
            new.made_by.map(|person| person.0),
            now,
            now.saturating_add(new.purpose.lasts()),
        )
        .map(drop)
    }

    /// A link that still works.
    pub async fn token(&mut self, hash: &[u8], purpose: Purpose, now: i64) -> Result<Option<LiveToken>> {
        let text = format!("{SELECT} and t.token_hash = $3");
        let row =
            fetch_optional!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), purpose.name(), now, hash)?;
        Ok(row.map(view))
    }

    /// Uses a link up. Of two at once one gets it; the other finds it `Missing`, as one that is used or over.
    pub async fn use_token(&mut self, hash: &[u8], purpose: Purpose, now: i64) -> Result<LiveToken> {
        let live = self.token(hash, purpose, now).await?.ok_or(StoreError::Missing("person_token"))?;
        let used = exec!(
            self.tx,
            "update person_token set used_at = $2 where token_hash = $1 and used_at is null",
            hash,
            now
        )?;
        if used == 1 { Ok(live) } else { Err(StoreError::Missing("person_token")) }
    }

    /// Makes the links of a person for some purpose stop working.
    pub async fn revoke_tokens(&mut self, person: PersonId, purpose: Purpose) -> Result<()> {
        exec!(
            self.tx,
            "delete from person_token where person = $1 and purpose = $2",
            person.0,
            purpose.name()
        )
        .map(drop)
    }

    /// Invitations to a business that nobody has followed yet, the newest first.
    pub async fn invitations(&mut self, tenant: TenantId, now: i64) -> Result<Vec<LiveToken>> {
        let text = format!("{SELECT} and t.tenant = $3 order by t.created_at desc, t.email_folded");
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            Purpose::Invite.name(),
            now,
            tenant.0,
        )?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// Takes an invitation back. One of another business stays.
    pub async fn revoke_invitation(&mut self, tenant: TenantId, hash: &[u8]) -> Result<()> {
        let revoked = exec!(
            self.tx,
            "delete from person_token where tenant = $1 and token_hash = $2 and purpose = $3 and used_at is null",
            tenant.0,
            hash,
            Purpose::Invite.name(),
        )?;
        if revoked == 0 { Err(StoreError::Missing("invitation")) } else { Ok(()) }
    }

    /// Takes back the invitations to a business that somebody made.
    pub(crate) async fn revoke_invitations_by(&mut self, tenant: TenantId, made_by: PersonId) -> Result<()> {
        exec!(
            self.tx,
            "delete from person_token where tenant = $1 and made_by = $2 and purpose = $3 and used_at is null",
            tenant.0,
            made_by.0,
            Purpose::Invite.name(),
        )
        .map(drop)
    }

    /// Invitations to be one of the staff that nobody has followed yet, the newest first.
    pub async fn staff_invitations(&mut self, now: i64) -> Result<Vec<LiveToken>> {
        let text = format!("{SELECT} order by t.created_at desc, t.email_folded");
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), Purpose::Staff.name(), now)?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// Takes an invitation to be one of the staff back.
    pub async fn revoke_staff_invitation(&mut self, hash: &[u8]) -> Result<()> {
        let revoked = exec!(
            self.tx,
            "delete from person_token where token_hash = $1 and purpose = $2 and used_at is null",
            hash,
            Purpose::Staff.name(),
        )?;
        if revoked == 0 { Err(StoreError::Missing("invitation")) } else { Ok(()) }
    }

    /// Deletes links that work no more.
    pub async fn sweep_tokens(&mut self, now: i64) -> Result<u64> {
        exec!(self.tx, "delete from person_token where expires_at <= $1", now)
    }
}

fn view(row: Row) -> LiveToken {
    let (hash, person, tenant, business, email, role, made_by, created_at, expires_at) = row;
    LiveToken {
        hash,
        person: person.map(PersonId),
        tenant: tenant.map(TenantId),
        business,
        email,
        role,
        made_by,
        created_at,
        expires_at,
    }
}
