//! People and businesses: the platform's tables, and failed sign-ins.

use ecom_gst::Gstin;

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{PersonId, TenantId},
    tx::{Platform, Turn, exec, fetch_all, fetch_one, fetch_optional},
};

/// What registering asks for.
#[derive(Clone)]
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

impl<'a> Registration<'a> {
    fn person(&self) -> NewPerson<'a> {
        NewPerson { name: self.name, email: self.email, phone: self.phone, password_hash: self.password_hash }
    }
}

/// A person who joins.
#[derive(Clone, Copy)]
pub struct NewPerson<'a> {
    /// Name.
    pub name: &'a str,
    /// E-mail address as typed.
    pub email: &'a str,
    /// Phone number as typed.
    pub phone: &'a str,
    /// PHC string of the password's hash.
    pub password_hash: &'a str,
}

/// What a person says about themselves, and when their password was set.
#[derive(Clone)]
pub struct Profile {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Phone number.
    pub phone: String,
    /// PHC string of the password's hash.
    pub password_hash: String,
    /// When the address was shown to be theirs.
    pub verified_at: Option<i64>,
    /// When the password was set; 0 if that was before it was noted.
    pub password_changed_at: i64,
}

/// A person as sign-in needs them.
#[derive(Clone)]
pub struct PersonLogin {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// PHC string of the password's hash.
    pub password_hash: String,
}

/// The form under which an e-mail address is unique.
pub fn fold_email(email: &str) -> String {
    email.trim().to_lowercase()
}

// Hashes of passwords are not to be found in a log.
ecom_vault::lacks!(Registration<'_>, NewPerson<'_>, Profile, PersonLogin => std::fmt::Debug);

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
        let person = self.add_person(&new.person(), now).await?;
        exec!(
            self.tx,
            "insert into membership (person, tenant, role, created_at) values ($1, $2, 'owner', $3)",
            person.0,
            tenant,
            now,
        )?;
        Ok((person, TenantId(tenant)))
    }

    /// Lets one registration at a time go on, until the transaction ends: of two first people one is the first.
    pub async fn lock_registration(&mut self) -> Result<()> {
        Turn::Registration.wait(self.tx).await
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

    /// Forgets failed sign-ins of more than a day ago: nothing looks back further.
    pub async fn sweep_login_failures(&mut self, now: i64) -> Result<u64> {
        const DAY: i64 = 24 * 3_600_000_000;
        exec!(self.tx, "delete from login_failure where last_at <= $1", now - DAY)
    }

    /// All businesses, for work that goes through them one by one.
    pub async fn tenants(&mut self) -> Result<Vec<TenantId>> {
        let rows = fetch_all!((i64,), self.tx, "select id from business order by id")?;
        Ok(rows.into_iter().map(|(id,)| TenantId(id)).collect())
    }

    /// The GSTIN that a business gave, if it gave one.
    pub async fn gstin(&mut self, tenant: TenantId) -> Result<Option<Gstin>> {
        let row = fetch_optional!(
            (Option<String>,),
            self.tx,
            "select gstin from business where id = $1",
            tenant.0
        )?;
        let text = row.and_then(|(gstin,)| gstin).filter(|text| !text.is_empty());
        text.map(|text| text.parse().map_err(|_| StoreError::Corrupt("business"))).transpose()
    }

    /// Adds a person who is in no business yet. An address that is taken is a `unique_violation`.
    pub async fn add_person(&mut self, new: &NewPerson<'_>, now: i64) -> Result<PersonId> {
        let (person,) = fetch_one!(
            (i64,),
            self.tx,
            "insert into person (name, email, email_folded, phone, password_hash, created_at, password_changed_at)
             values ($1, $2, $3, $4, $5, $6, $6) returning id",
            new.name,
            new.email.trim(),
            fold_email(new.email),
            new.phone,
            new.password_hash,
            now,
        )?;
        Ok(PersonId(person))
    }

    /// What a person says about themselves.
    pub async fn profile(&mut self, person: PersonId) -> Result<Option<Profile>> {
        let row = fetch_optional!(
            (String, String, String, String, Option<i64>, i64),
            self.tx,
            "select name, email, phone, password_hash, email_verified_at, password_changed_at from person where id = $1",
            person.0,
        )?;
        Ok(row.map(|(name, email, phone, password_hash, verified_at, password_changed_at)| Profile {
            name,
            email,
            phone,
            password_hash,
            verified_at,
            password_changed_at,
        }))
    }

    /// Changes a person's name and phone number.
    pub async fn set_profile(&mut self, person: PersonId, name: &str, phone: &str) -> Result<()> {
        let changed =
            exec!(self.tx, "update person set name = $2, phone = $3 where id = $1", person.0, name, phone)?;
        expect_one("person", changed)
    }

    /// Changes a person's address, which they have shown to be theirs. One that is taken is a `unique_violation`.
    pub async fn set_email(&mut self, person: PersonId, email: &str, now: i64) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update person set email = $2, email_folded = $3, email_verified_at = $4 where id = $1",
            person.0,
            email.trim(),
            fold_email(email),
            now,
        )?;
        expect_one("person", changed)
    }

    /// Notes that a person's address is theirs.
    pub async fn verify_email(&mut self, person: PersonId, now: i64) -> Result<()> {
        let changed =
            exec!(self.tx, "update person set email_verified_at = $2 where id = $1", person.0, now)?;
        expect_one("person", changed)
    }

    /// Changes a person's password, as customers choose theirs.
    pub async fn set_password(&mut self, person: PersonId, password_hash: &str, now: i64) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update person set password_hash = $2, password_changed_at = $3, password_rule = 'customer' where id = $1",
            person.0,
            password_hash,
            now,
        )?;
        expect_one("person", changed)
    }
}

/// The field of a registration that is taken by somebody else.
pub fn taken_field(error: &StoreError) -> Option<&'static str> {
    error.unique_violation().filter(|name| name.contains("email")).map(|_| "email")
}
