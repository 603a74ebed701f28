//! People and businesses: the platform's tables.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{PersonId, TenantId},
    password::PasswordRule,
    person_token::Purpose,
    tx::{Platform, Turn, Tx, exec, fetch_one, fetch_optional},
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

    /// Takes a turn with a person's account, until the transaction ends, and tells whether this still is their
    /// password. What was proved by a password holds only then: it may have been replaced since.
    pub async fn hold_person(&mut self, person: PersonId, password_hash: &str) -> Result<bool> {
        self.lock_person(person).await?;
        let row =
            fetch_optional!((String,), self.tx, "select password_hash from person where id = $1", person.0)?;
        Ok(row.is_some_and(|(standing,)| standing == password_hash))
    }

    /// Takes a turn with a person's account, until the transaction ends. SQLite has one writer anyway.
    pub async fn lock_person(&mut self, person: PersonId) -> Result<()> {
        if let Tx::Postgres(tx) = self.tx {
            sqlx::query("select 1 from person where id = $1 for no key update")
                .bind(person.0)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// Replaces a person's password by one chosen under a rule: links that somebody with the old one may have asked for
    /// stop working, and every session ends but `keep`. Gives how many ended.
    pub async fn replace_password(
        &mut self,
        person: PersonId,
        (password_hash, rule): (&str, PasswordRule),
        keep: Option<&[u8]>,
        now: i64,
    ) -> Result<u64> {
        self.set_password_under(person, password_hash, rule, now).await?;
        for purpose in [Purpose::Reset, Purpose::LeaveEmail, Purpose::NewEmail] {
            self.revoke_tokens(person, purpose).await?;
        }
        self.close_sessions(person, keep.unwrap_or_default()).await
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
