//! People, businesses, memberships and sessions: the platform's tables.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{PersonId, TenantId},
    tx::{Platform, Tx, exec, fetch_all, fetch_one, fetch_optional},
};

/// A session without use ends after this many microseconds: 24 h.
pub const SESSION_IDLE_MICROS: i64 = 24 * 3_600_000_000;
/// A session ends after this many microseconds in any case: 30 days.
pub const SESSION_MOST_MICROS: i64 = 30 * 24 * 3_600_000_000;
/// `last_seen` is written at most this often: 5 minutes.
const SEEN_EVERY_MICROS: i64 = 5 * 60_000_000;

/// What registering asks for.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// Name of the person.
    pub name: &'a str,
    /// E-mail address as typed.
    pub email: &'a str,
    /// Phone number as typed.
    pub phone: &'a str,
    /// PHC string of the password's hash.
    pub password_hash: &'a str,
    /// Name of the business.
    pub business: &'a str,
    /// Code of the billing State.
    pub billing_state: &'a str,
    /// GSTIN, already checked. With one, GST on fees is claimed back unless a tax setting says otherwise.
    pub gstin: Option<&'a str>,
}

/// A person as sign-in needs them.
#[derive(Clone, Debug)]
pub struct PersonLogin {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// PHC string of the password's hash.
    pub password_hash: String,
}

/// Who a session belongs to.
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
    /// Their role in it.
    pub role: String,
    /// Whether `last_seen` should be written again.
    pub stale: bool,
}

/// The form under which an e-mail address is unique.
pub fn fold_email(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Platform<'_> {
    /// Adds a business and its owner. An address that is taken is a `unique_violation`.
    pub async fn register(&mut self, new: &Registration<'_>, now: i64) -> Result<(PersonId, TenantId)> {
        let (tenant,) = fetch_one!(
            (i64,),
            self.tx,
            "insert into business (name, billing_state, gstin, created_at, state, input_credit)
             values ($1, $2, $3, $4, 'active', $5) returning id",
            new.business,
            new.billing_state,
            new.gstin,
            now,
            i64::from(new.gstin.is_some()),
        )?;
        let (person,) = fetch_one!(
            (i64,),
            self.tx,
            "insert into person (name, email, email_folded, phone, password_hash, created_at)
             values ($1, $2, $3, $4, $5, $6) returning id",
            new.name,
            new.email.trim(),
            fold_email(new.email),
            new.phone,
            new.password_hash,
            now,
        )?;
        exec!(
            self.tx,
            "insert into membership (person, tenant, role, created_at) values ($1, $2, 'owner', $3)",
            person,
            tenant,
            now,
        )?;
        Ok((PersonId(person), TenantId(tenant)))
    }

    /// Lets one registration at a time go on, until the transaction ends: of two first people one is the first.
    pub async fn lock_registration(&mut self) -> Result<()> {
        if let Tx::Postgres(tx) = self.tx {
            // Businesses lock their own number, from 1.
            sqlx::query("select pg_advisory_xact_lock(0)").execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// How many people there are: with none, the first may register.
    pub async fn people(&mut self) -> Result<i64> {
        Ok(fetch_one!((i64,), self.tx, "select count(*) from person")?.0)
    }

    /// The person with an e-mail address.
    pub async fn login(&mut self, email: &str) -> Result<Option<PersonLogin>> {
        let row = fetch_optional!(
            (i64, String, String),
            self.tx,
            "select id, name, password_hash from person where email_folded = $1",
            fold_email(email),
        )?;
        Ok(row.map(|(id, name, password_hash)| PersonLogin { id: PersonId(id), name, password_hash }))
    }

    /// Opens a session for the first business of a person. `id_hash` is the SHA-256 of the cookie's token.
    pub async fn open_session(&mut self, id_hash: &[u8], person: PersonId, now: i64) -> Result<()> {
        let opened = exec!(
            self.tx,
            "insert into session (id_hash, person, tenant, created_at, last_seen)
             select $1, person, min(tenant), $3, $3 from membership where person = $2 group by person",
            id_hash,
            person.0,
            now,
        )?;
        expect_one("session", opened)
    }

    /// Who a session belongs to, unless it has ended.
    pub async fn session(&mut self, id_hash: &[u8], now: i64) -> Result<Option<Signed>> {
        let row = fetch_optional!(
            (i64, String, i64, String, String, i64),
            self.tx,
            "select p.id, p.name, b.id, b.name, m.role, s.last_seen
             from session s
             join person p on p.id = s.person
             join business b on b.id = s.tenant and b.state = 'active'
             join membership m on m.person = s.person and m.tenant = s.tenant
             where s.id_hash = $1 and s.last_seen > $2 and s.created_at > $3",
            id_hash,
            now - SESSION_IDLE_MICROS,
            now - SESSION_MOST_MICROS,
        )?;
        Ok(row.map(|(person, name, tenant, business, role, last_seen)| Signed {
            person: PersonId(person),
            name,
            tenant: TenantId(tenant),
            business,
            role,
            stale: last_seen + SEEN_EVERY_MICROS < now,
        }))
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

    /// Ends a session; one that has ended already is no error.
    pub async fn close_session(&mut self, id_hash: &[u8]) -> Result<()> {
        exec!(self.tx, "delete from session where id_hash = $1", id_hash).map(drop)
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

    /// Failed sign-ins under a key (a hash of address or network), and when the last one was.
    pub async fn login_failures(&mut self, key_hash: &[u8]) -> Result<(i64, i64)> {
        let row = fetch_optional!(
            (i64, i64),
            self.tx,
            "select failures, last_at from login_failure where key_hash = $1",
            key_hash,
        )?;
        Ok(row.unwrap_or((0, 0)))
    }

    /// Counts a failed sign-in; counts from before `forget_before` are forgotten.
    pub async fn login_failed(&mut self, key_hash: &[u8], now: i64, forget_before: i64) -> Result<()> {
        exec!(
            self.tx,
            "insert into login_failure (key_hash, failures, last_at) values ($1, 1, $2)
             on conflict (key_hash) do update set
                 failures = case when login_failure.last_at < $3 then 1 else login_failure.failures + 1 end,
                 last_at = excluded.last_at",
            key_hash,
            now,
            forget_before,
        )
        .map(drop)
    }

    /// Forgets failed sign-ins after a good one.
    pub async fn login_succeeded(&mut self, key_hash: &[u8]) -> Result<()> {
        exec!(self.tx, "delete from login_failure where key_hash = $1", key_hash).map(drop)
    }

    /// All businesses, for work that goes through them one by one.
    pub async fn tenants(&mut self) -> Result<Vec<TenantId>> {
        let rows = fetch_all!((i64,), self.tx, "select id from business order by id")?;
        Ok(rows.into_iter().map(|(id,)| TenantId(id)).collect())
    }

    /// Changes a person's password.
    pub async fn set_password(&mut self, person: PersonId, password_hash: &str) -> Result<()> {
        let changed =
            exec!(self.tx, "update person set password_hash = $2 where id = $1", person.0, password_hash)?;
        expect_one("person", changed)
    }
}

/// The field of a registration that is taken by somebody else.
pub fn taken_field(error: &StoreError) -> Option<&'static str> {
    error.unique_violation().filter(|name| name.contains("email")).map(|_| "email")
}
