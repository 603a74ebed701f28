//! Sessions: who is signed in, from which device, for which business. The database knows a token's hash alone.

use crate::{
    audit::Doer,
    error::{Result, StoreError, expect_one},
    ids::{AssignmentId, PersonId, TenantId},
    password::PasswordRule,
    staff::Standing,
    tx::{Platform, exec, fetch_all, fetch_optional},
};

/// A session without use ends after this many microseconds: 24 h.
pub const SESSION_IDLE_MICROS: i64 = 24 * 3_600_000_000;
/// A session ends after this many microseconds in any case: 30 days.
pub const SESSION_MOST_MICROS: i64 = 30 * 24 * 3_600_000_000;
/// `last_seen` is written at most this often: 5 minutes.
const SEEN_EVERY_MICROS: i64 = 5 * 60_000_000;
/// Sessions of one person that are listed.
const MOST_LISTED: i64 = 200;

/// How far signing in has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The password was right; the second factor is still to come. Nothing opens.
    Code,
    /// Signed in.
    Full,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Full => "full",
        }
    }
}

/// A session to open.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// SHA-256 of the cookie's token.
    pub id_hash: &'a [u8],
    /// Whose it is.
    pub person: PersonId,
    /// What the browser calls itself, in short.
    pub device: &'a str,
    /// The network it was opened from.
    pub network: &'a str,
    /// How far signing in has come.
    pub stage: Stage,
}

/// Who a session belongs to, and the business they act for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The business they act for.
    pub tenant: TenantId,
    /// Its name.
    pub business: String,
    /// Their role in it: as a member, or as one of the staff who is assigned to it.
    pub role: String,
    /// How they stand as one of the platform's staff, if they are.
    pub staff: Option<Standing>,
    /// The assignment by which they are here; none for a member.
    pub visit: Option<Visit>,
    /// The rule that their password was chosen under.
    pub password_rule: PasswordRule,
    /// Whether `last_seen` should be written again.
    pub stale: bool,
}

/// One of the staff in a business that is not theirs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit {
    /// Which assignment lets them in.
    pub assignment: AssignmentId,
    /// Why.
    pub reason: String,
    /// Until when.
    pub ends_at: i64,
    /// When they were here last, to the day.
    pub used_at: Option<i64>,
}

impl Signed {
    /// Who acts, for the log of the business: a member, or one of the staff.
    pub fn doer(&self, network: String) -> Doer {
        match (self.staff, &self.visit) {
            (Some(standing), Some(_)) => Doer::staff(self.person, standing.role, network),
            _ => Doer::person(self.person, network),
        }
    }
}

/// The person of a session, whether or not they act for a business.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionPerson {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// How far signing in has come.
    pub stage: Stage,
    /// The rule that their password was chosen under.
    pub password_rule: PasswordRule,
}

impl SessionPerson {
    /// Whether signing in is complete, by a password of their own: with one that the operator gave nothing is done but
    /// choosing another.
    pub fn is_in(&self) -> bool {
        self.stage == Stage::Full && self.password_rule != PasswordRule::Given
    }

    /// Whether the password that the operator gave is all that is missing.
    pub fn must_choose_password(&self) -> bool {
        self.stage == Stage::Full && self.password_rule == PasswordRule::Given
    }
}

/// A session in the list of its person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionView {
    /// Names it: SHA-256 of its token.
    pub id_hash: Vec<u8>,
    /// What the browser calls itself, in short.
    pub device: String,
    /// The network it was opened from.
    pub network: String,
    /// When it was opened.
    pub created_at: i64,
    /// When it was last used, to 5 minutes.
    pub last_seen: i64,
}

type SignedRow = (
    i64,
    String,
    i64,
    String,
    Option<String>,
    i64,
    Option<String>,
    i64,
    String,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Option<i64>,
);

/// How far a clock may be set back before what it noted earlier counts as wrong: 1 h. Else a clock that ran ahead for a
/// moment would leave sessions and links that live as long as it was ahead.
pub(crate) const CLOCK_SLACK_MICROS: i64 = 3_600_000_000;

/// Sessions that have not ended, neither by use (`$2`) nor by age (`$3`).
pub(crate) fn live() -> String {
    let newest = SESSION_MOST_MICROS + CLOCK_SLACK_MICROS;
    format!("s.last_seen > $2 and s.created_at > $3 and s.created_at <= $3 + {newest}")
}

impl Platform<'_> {
    /// Opens a session, for the first business of the person if they are in one.
    pub async fn open_session(&mut self, new: &NewSession<'_>, now: i64) -> Result<()> {
        let opened = exec!(
            self.tx,
            "insert into session (id_hash, person, tenant, created_at, last_seen, device, network, stage)
             select $1, p.id, (select min(m.tenant) from membership m join business b on b.id = m.tenant
                               where m.person = p.id and b.state = 'active'), $3, $3, $4, $5, $6
             from person p where p.id = $2",
            new.id_hash,
            new.person.0,
            now,
            new.device,
            new.network,
            new.stage.name(),
        )?;
        expect_one("session", opened)
    }

    /// Who a session belongs to and the business they act for, unless it has ended or is not complete. Their role is
    /// that of a member, or what an assignment gives that is live at this moment.
    pub async fn session(&mut self, id_hash: &[u8], now: i64) -> Result<Option<Signed>> {
        let text = format!(
            "select p.id, p.name, b.id, b.name, m.role, s.last_seen, f.role,
                    (select count(*) from totp t where t.person = p.id and t.confirmed_at is not null)
                  + (select count(*) from passkey k where k.person = p.id),
                    p.password_rule, p.password_changed_at, a.id, a.reason, a.ends_at, a.used_at
             from session s
             join person p on p.id = s.person
             join business b on b.id = s.tenant and b.state = 'active'
             left join membership m on m.person = s.person and m.tenant = s.tenant
             left join staff f on f.person = s.person and f.ended_at is null
             left join assignment a on m.person is null and f.id is not null and a.person = s.person
                  and a.tenant = s.tenant and a.ended_at is null and a.begins_at <= $4 and a.ends_at > $4
             where s.id_hash = $1 and {} and s.stage = 'full' and (m.person is not null or a.id is not null)",
            live()
        );
        let row = fetch_optional!(
            SignedRow,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            id_hash,
            now - SESSION_IDLE_MICROS,
            now - SESSION_MOST_MICROS,
            now,
        )?;
        row.map(|row| signed(row, now)).transpose()
    }

    /// The person of a session, however far signing in has come, unless it has ended.
    pub async fn session_person(&mut self, id_hash: &[u8], now: i64) -> Result<Option<SessionPerson>> {
        let text = format!(
            "select p.id, p.name, p.email, s.stage, p.password_rule from session s join person p on p.id = s.person
             where s.id_hash = $1 and {}",
            live()
        );
        let row = fetch_optional!(
            (i64, String, String, String, String),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            id_hash,
            now - SESSION_IDLE_MICROS,
            now - SESSION_MOST_MICROS,
        )?;
        row.map(|(person, name, email, stage, rule)| {
            let stage = match stage.as_str() {
                "full" => Stage::Full,
                "code" => Stage::Code,
                _ => return Err(StoreError::Corrupt("session")),
            };
            let password_rule = PasswordRule::from_name(&rule).ok_or(StoreError::Corrupt("person"))?;
            Ok(SessionPerson { person: PersonId(person), name, email, stage, password_rule })
        })
        .transpose()
    }

    /// Completes a session whose person has given the second factor. One that has ended meanwhile is `Missing`.
    pub async fn complete_session(&mut self, id_hash: &[u8], now: i64) -> Result<()> {
        let completed = exec!(
            self.tx,
            "update session set stage = 'full', last_seen = $2 where id_hash = $1",
            id_hash,
            now,
        )?;
        if completed == 0 { Err(StoreError::Missing("session")) } else { expect_one("session", completed) }
    }

    /// Turns a session to another business of its person. One they are not in is `Missing`.
    pub async fn switch_session(&mut self, id_hash: &[u8], tenant: TenantId) -> Result<()> {
        let switched = exec!(
            self.tx,
            "update session set tenant = $2 where id_hash = $1 and exists (
                 select 1 from membership m join business b on b.id = m.tenant
                 where m.tenant = $2 and m.person = session.person and b.state = 'active')",
            id_hash,
            tenant.0,
        )?;
        if switched == 0 { Err(StoreError::Missing("membership")) } else { expect_one("session", switched) }
    }

    /// Gives a session another token, by which it is known from now on; whether it was still there.
    pub async fn renew_session(&mut self, id_hash: &[u8], renewed: &[u8]) -> Result<bool> {
        let text = "update session set id_hash = $2 where id_hash = $1";
        Ok(exec!(self.tx, text, id_hash, renewed)? == 1)
    }

    /// Notes that a session is in use.
    pub async fn touch_session(&mut self, id_hash: &[u8], now: i64) -> Result<()> {
        exec!(
            self.tx,
            "update session set last_seen = $2 where id_hash = $1 and last_seen < $2",
            id_hash,
            now
        )
        .map(drop)
    }

    /// The sessions of a person that have not ended, the one used last first.
    pub async fn sessions(&mut self, person: PersonId, now: i64) -> Result<Vec<SessionView>> {
        let text = format!(
            "select s.id_hash, s.device, s.network, s.created_at, s.last_seen from session s
             where s.person = $1 and {} and s.stage = 'full' order by s.last_seen desc, s.created_at desc limit $4",
            live()
        );
        let rows = fetch_all!(
            (Vec<u8>, String, String, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            person.0,
            now - SESSION_IDLE_MICROS,
            now - SESSION_MOST_MICROS,
            MOST_LISTED,
        )?;
        let view = |(id_hash, device, network, created_at, last_seen)| SessionView {
            id_hash,
            device,
            network,
            created_at,
            last_seen,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Ends a session; one that has ended already is no error.
    pub async fn close_session(&mut self, id_hash: &[u8]) -> Result<()> {
        exec!(self.tx, "delete from session where id_hash = $1", id_hash).map(drop)
    }

    /// Ends a session of a person, and tells whether it was there; somebody else's stays.
    pub async fn close_session_of(&mut self, person: PersonId, id_hash: &[u8]) -> Result<bool> {
        let text = "delete from session where person = $1 and id_hash = $2";
        Ok(exec!(self.tx, text, person.0, id_hash)? == 1)
    }

    /// Ends every session of a person but one; gives their number.
    pub async fn close_sessions(&mut self, person: PersonId, except: &[u8]) -> Result<u64> {
        exec!(self.tx, "delete from session where person = $1 and id_hash <> $2", person.0, except)
    }

    /// Deletes sessions that have ended.
    pub async fn sweep_sessions(&mut self, now: i64) -> Result<u64> {
        exec!(
            self.tx,
            "delete from session where last_seen <= $1 or created_at <= $2",
            now - SESSION_IDLE_MICROS,
            now - SESSION_MOST_MICROS,
        )
    }
}

fn signed(row: SignedRow, now: i64) -> Result<Signed> {
    let (person, name, tenant, business, member, last_seen, staff, factors, rule, changed_at, ..) = row;
    let staff = staff.map(|role| Standing::read(&role, factors, &rule, changed_at)).transpose()?;
    let visit = match (row.10, row.11, row.12) {
        (Some(id), Some(reason), Some(ends_at)) => {
            Some(Visit { assignment: AssignmentId(id), reason, ends_at, used_at: row.13 })
        }
        _ => None,
    };
    let as_staff = staff.filter(|_| visit.is_some()).map(|standing| standing.role.within_business().name());
    let role = member.or(as_staff.map(ToOwned::to_owned)).ok_or(StoreError::Corrupt("session"))?;
    Ok(Signed {
        person: PersonId(person),
        name,
        tenant: TenantId(tenant),
        business,
        role,
        staff,
        visit,
        password_rule: PasswordRule::from_name(&rule).ok_or(StoreError::Corrupt("person"))?,
        stale: last_seen + SEEN_EVERY_MICROS < now,
    })
}
