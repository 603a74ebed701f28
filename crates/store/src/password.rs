//! Under which rule a password was chosen, when, and which ones one of the staff had before: what Amazon's Data
//! Protection Policy (1.4) asks of those who see the data of many sellers.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::PersonId,
    tx::{Platform, exec, fetch_all, fetch_optional},
};

/// So many passwords of one of the staff may not be taken again, the one they have among them.
pub const PAST_PASSWORDS: i64 = 10;

/// The rule a password was chosen under.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordRule {
    /// That of customers: long and hard to guess.
    Customer,
    /// That of the staff: besides, of four kinds of characters, and changed once a year.
    Staff,
    /// The operator gave it: to be changed.
    Given,
}

impl PasswordRule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Staff, Self::Given];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Given => "given",
        }
    }

    /// The rule of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// How a password stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PasswordState {
    /// The rule it was chosen under.
    pub rule: PasswordRule,
    /// When, in microseconds UTC.
    pub changed_at: i64,
}

impl Platform<'_> {
    /// Changes a person's password, saying under which rule. Of staff it is kept among those they had.
    pub async fn set_password_under(
        &mut self,
        person: PersonId,
        password_hash: &str,
        rule: PasswordRule,
        now: i64,
    ) -> Result<()> {
        self.set_password(person, password_hash, now).await?;
        let changed =
            exec!(self.tx, "update person set password_rule = $2 where id = $1", person.0, rule.name())?;
        expect_one("person", changed)?;
        match self.staff_member(person).await? {
            Some(_) => self.keep_past_password(person, password_hash, now).await,
            None => Ok(()),
        }
    }

    /// How a person's password stands.
    pub async fn password_state(&mut self, person: PersonId) -> Result<PasswordState> {
        let row = fetch_optional!(
            (String, i64),
            self.tx,
            "select password_rule, password_changed_at from person where id = $1",
            person.0,
        )?;
        let (rule, changed_at) = row.ok_or(StoreError::Missing("person"))?;
        let rule = PasswordRule::from_name(&rule).ok_or(StoreError::Corrupt("person"))?;
        Ok(PasswordState { rule, changed_at })
    }

    /// PHC strings of the passwords that one of the staff may not take again, the newest first.
    pub async fn past_passwords(&mut self, person: PersonId) -> Result<Vec<String>> {
        let rows = fetch_all!(
            (String,),
            self.tx,
            "select password_hash from password_history where person = $1 order by id desc limit $2",
            person.0,
            PAST_PASSWORDS,
        )?;
        Ok(rows.into_iter().map(|(hash,)| hash).collect())
    }

    /// Keeps one, and as many before it as may not be taken again.
    pub(crate) async fn keep_past_password(
        &mut self,
        person: PersonId,
        password_hash: &str,
        now: i64,
    ) -> Result<()> {
        exec!(
            self.tx,
            "insert into password_history (person, password_hash, set_at) values ($1, $2, $3)",
            person.0,
            password_hash,
            now,
        )?;
        exec!(
            self.tx,
            "delete from password_history where person = $1 and id not in (
                 select id from password_history where person = $1 order by id desc limit $2)",
            person.0,
            PAST_PASSWORDS,
        )
        .map(drop)
    }
}
