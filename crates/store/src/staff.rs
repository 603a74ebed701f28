//! Who is of the platform's staff, in which role, since when, and by whom. A role that changes or ends is kept with
//! its times. Once there was an administrator there always is one.

use crate::{
    assignment::Assignment,
    error::{Result, StoreError, expect_one},
    ids::{PersonId, StaffId},
    member::MemberRole,
    password::{PasswordRule, PasswordState},
    person_token::Purpose,
    session::{SESSION_IDLE_MICROS, SESSION_MOST_MICROS, live},
    tx::{Platform, Turn, exec, fetch_all, fetch_one, fetch_optional},
};

/// What one of the staff may do, the smallest role first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StaffRole {
    /// Looks at the books of businesses they are assigned to.
    Support,
    /// Works in the books of businesses they are assigned to.
    AccountManager,
    /// The same, and assigns account managers and support; sees the jobs.
    SeniorOperations,
    /// Decides who is staff, and assigns anybody.
    Administrator,
}

impl StaffRole {
    /// Every role, the smallest first.
    pub const ALL: [Self; 4] =
        [Self::Support, Self::AccountManager, Self::SeniorOperations, Self::Administrator];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::AccountManager => "account_manager",
            Self::SeniorOperations => "senior_operations",
            Self::Administrator => "administrator",
        }
    }

    /// As it was stored; a role that this program does not know opens nothing.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it may in a business it is assigned to. Nobody of the staff has an owner's rights.
    pub fn within_business(self) -> MemberRole {
        match self {
            Self::Support => MemberRole::Viewer,
            Self::AccountManager | Self::SeniorOperations | Self::Administrator => MemberRole::Manager,
        }
    }

    /// Whether it may assign somebody of another role, and end that. Only administrators may assign those of their
    /// own role, themselves among them.
    pub fn may_assign(self, other: Self) -> bool {
        match self {
            Self::Administrator => true,
            Self::SeniorOperations => other < self,
            Self::AccountManager | Self::Support => false,
        }
    }
}

/// One of the staff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffMember {
    /// Their time in this role.
    pub id: StaffId,
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their role.
    pub role: StaffRole,
    /// Since when they have it.
    pub since: i64,
    /// Name of who gave it; none if a command did.
    pub made_by: Option<String>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Whether a second factor is asked of them.
    pub second_factor: bool,
}

/// What a session needs to know of one of the staff.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Their role.
    pub role: StaffRole,
    /// Whether a second factor is asked of them: without one no page of the staff opens.
    pub second_factor: bool,
    /// How their password stands.
    pub password: PasswordState,
}

impl Standing {
    /// From its columns; a role or a rule that this program does not know opens nothing.
    pub(crate) fn read(role: &str, factors: i64, rule: &str, changed_at: i64) -> Result<Self> {
        let role = StaffRole::from_name(role).ok_or(StoreError::Corrupt("staff"))?;
        let rule = PasswordRule::from_name(rule).ok_or(StoreError::Corrupt("person"))?;
        Ok(Self { role, second_factor: factors > 0, password: PasswordState { rule, changed_at } })
    }
}

type Row = (i64, i64, String, String, String, i64, Option<String>, Option<i64>, i64);

const SELECT: &str = "select f.id, f.person, p.name, p.email, f.role, f.since, m.name, f.ended_at,
        (select count(*) from totp t where t.person = p.id and t.confirmed_at is not null)
                  + (select count(*) from passkey k where k.person = p.id)
     from staff f join person p on p.id = f.person left join person m on m.id = f.made_by";

impl Platform<'_> {
    /// The staff, administrators first.
    pub async fn staff(&mut self) -> Result<Vec<StaffMember>> {
        let text = format!(
            "{SELECT} where f.ended_at is null
             order by case f.role when 'administrator' then 0 when 'senior_operations' then 1
                      when 'account_manager' then 2 else 3 end, p.name, p.id"
        );
        fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()))?.into_iter().map(member).collect()
    }

    /// Roles that ended, the latest first.
    pub async fn past_staff(&mut self, most: i64) -> Result<Vec<StaffMember>> {
        let text =
            format!("{SELECT} where f.ended_at is not null order by f.ended_at desc, f.id desc limit $1");
        let rows = fetch_all!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), most)?;
        rows.into_iter().map(member).collect()
    }

    /// One of the staff, by the person.
    pub async fn staff_member(&mut self, person: PersonId) -> Result<Option<StaffMember>> {
        let text = format!("{SELECT} where f.ended_at is null and f.person = $1");
        let row = fetch_optional!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), person.0)?;
        row.map(member).transpose()
    }

    /// How a person stands as one of the staff.
    pub async fn standing(&mut self, person: PersonId) -> Result<Option<Standing>> {
        let row = fetch_optional!(
            (String, i64, String, i64),
            self.tx,
            "select f.role, (select count(*) from totp t where t.person = p.id and t.confirmed_at is not null)
                  + (select count(*) from passkey k where k.person = p.id),
                    p.password_rule, p.password_changed_at
             from staff f join person p on p.id = f.person where f.person = $1 and f.ended_at is null",
            person.0,
        )?;
        row.map(|(role, factors, rule, changed_at)| Standing::read(&role, factors, &rule, changed_at))
            .transpose()
    }

    /// Whether somebody acts for a session who is staff, and how they stand; nobody if it has ended or is not complete.
    pub async fn staff_session(
        &mut self,
        id_hash: &[u8],
        now: i64,
    ) -> Result<Option<(PersonId, String, Standing)>> {
        let text = format!(
            "select p.id, p.name, f.role,
                    (select count(*) from totp t where t.person = p.id and t.confirmed_at is not null)
                  + (select count(*) from passkey k where k.person = p.id),
                    p.password_rule, p.password_changed_at
             from session s join person p on p.id = s.person
             join staff f on f.person = s.person and f.ended_at is null
             where s.id_hash = $1 and {} and s.stage = 'full'",
            live()
        );
        let row = fetch_optional!(
            (i64, String, String, i64, String, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            id_hash,
            now - SESSION_IDLE_MICROS,
            now - SESSION_MOST_MICROS,
        )?;
        row.map(|(person, name, role, factors, rule, changed_at)| {
            Ok((PersonId(person), name, Standing::read(&role, factors, &rule, changed_at)?))
        })
        .transpose()
    }

    /// Makes a person one of the staff. Somebody who is it already is a `Conflict`, nobody a `Missing`.
    pub async fn add_staff(
        &mut self,
        person: PersonId,
        role: StaffRole,
        by: Option<PersonId>,
        now: i64,
    ) -> Result<()> {
        Turn::Staff.wait(self.tx).await?;
        if self.staff_member(person).await?.is_some() {
            return Err(StoreError::Conflict("they are of the staff already".to_owned()));
        }
        let profile = self.profile(person).await?.ok_or(StoreError::Missing("person"))?;
        self.insert_staff(person, role, by, now).await?;
        // It counts among those that may not be taken again.
        self.keep_past_password(person, &profile.password_hash, now).await
    }

    /// Gives one of the staff another role. The last administrator stays one: `Conflict`.
    pub async fn set_staff_role(
        &mut self,
        person: PersonId,
        role: StaffRole,
        by: Option<PersonId>,
        now: i64,
    ) -> Result<()> {
        Turn::Staff.wait(self.tx).await?;
        let known = self.staff_member(person).await?.ok_or(StoreError::Missing("staff"))?;
        if known.role == role {
            return Ok(());
        }
        self.keep_an_administrator(person).await?;
        self.close_staff(person, by, now).await?;
        self.insert_staff(person, role, by, now).await
    }

    /// Ends that a person is staff: their assignments end, and with them their sessions in those businesses; gives
    /// those assignments. The last administrator stays: `Conflict`.
    pub async fn end_staff(
        &mut self,
        person: PersonId,
        by: Option<PersonId>,
        now: i64,
    ) -> Result<Vec<Assignment>> {
        Turn::Staff.wait(self.tx).await?;
        self.keep_an_administrator(person).await?;
        self.close_staff(person, by, now).await?;
        let mut left = Vec::new();
        for assignment in self.open_assignments_of(person).await? {
            left.push(self.end_assignment(assignment, by, now).await?);
        }
        exec!(self.tx, "delete from password_history where person = $1", person.0)?;
        Ok(left)
    }

    async fn insert_staff(
        &mut self,
        person: PersonId,
        role: StaffRole,
        by: Option<PersonId>,
        now: i64,
    ) -> Result<()> {
        exec!(
            self.tx,
            "insert into staff (person, role, since, made_by) values ($1, $2, $3, $4)",
            person.0,
            role.name(),
            now,
            by.map(|by| by.0),
        )
        .map(drop)
    }

    async fn close_staff(&mut self, person: PersonId, by: Option<PersonId>, now: i64) -> Result<()> {
        let ended = exec!(
            self.tx,
            "update staff set ended_at = $2, ended_by = $3 where person = $1 and ended_at is null",
            person.0,
            now,
            by.map(|by| by.0),
        )?;
        if ended == 0 {
            return Err(StoreError::Missing("staff"));
        }
        expect_one("staff", ended)?;
        // Nobody comes back by an invitation they made while they might.
        exec!(
            self.tx,
            "delete from person_token where made_by = $1 and purpose = $2 and used_at is null",
            person.0,
            Purpose::Staff.name(),
        )
        .map(drop)
    }

    /// Only under its turn: two administrators who leave at the same time would leave none.
    async fn keep_an_administrator(&mut self, leaving: PersonId) -> Result<()> {
        let (others, own) = fetch_one!(
            (i64, i64),
            self.tx,
            "select coalesce(cast(sum(case when person <> $1 then 1 else 0 end) as bigint), 0),
                    coalesce(cast(sum(case when person = $1 then 1 else 0 end) as bigint), 0)
             from staff where ended_at is null and role = 'administrator'",
            leaving.0,
        )?;
        if own > 0 && others == 0 {
            return Err(StoreError::Conflict("the platform keeps an administrator".to_owned()));
        }
        Ok(())
    }
}

fn member(row: Row) -> Result<StaffMember> {
    let (id, person, name, email, role, since, made_by, ended_at, factors) = row;
    Ok(StaffMember {
        id: StaffId(id),
        person: PersonId(person),
        name,
        email,
        role: StaffRole::from_name(&role).ok_or(StoreError::Corrupt("staff"))?,
        since,
        made_by,
        ended_at,
        second_factor: factors > 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senior_operations_assign_those_below_them_and_never_themselves() {
        use StaffRole::{AccountManager, Administrator, SeniorOperations, Support};
        let may = |by: StaffRole| {
            StaffRole::ALL.into_iter().filter(|other| by.may_assign(*other)).collect::<Vec<_>>()
        };
        assert_eq!(may(Administrator), StaffRole::ALL);
        assert_eq!(may(SeniorOperations), [Support, AccountManager]);
        assert_eq!((may(AccountManager).len(), may(Support).len()), (0, 0));
    }

    #[test]
    fn nobody_of_the_staff_has_an_owners_rights() {
        assert!(StaffRole::ALL.iter().all(|role| role.within_business() < MemberRole::Owner));
        assert_eq!(StaffRole::Support.within_business(), MemberRole::Viewer);
        assert!(StaffRole::ALL.iter().all(|role| StaffRole::from_name(role.name()) == Some(*role)));
    }
}
