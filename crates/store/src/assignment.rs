//! Which business one of the staff may enter, why, and until when. At every request it is looked up anew: one that has
//! ended, by a person or by time, opens nothing. None is ever deleted: the business sees those that were.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{AssignmentId, PersonId, TenantId},
    staff::StaffRole,
    tx::{Platform, Scoped, Turn, exec, fetch_all, fetch_one, fetch_optional},
};

/// Longest reason, in characters.
pub const MOST_REASON: usize = 200;
/// Longest time of an assignment, in days: within each quarter's review every one was begun or renewed.
pub const MOST_ASSIGNED_DAYS: i64 = 90;
/// Longest page of assignments.
pub const MOST_ASSIGNMENTS: i64 = 200;
const DAY: i64 = 24 * 3_600_000_000;

/// An assignment to make.
#[derive(Clone, Copy, Debug)]
pub struct NewAssignment<'a> {
    /// One of the staff.
    pub person: PersonId,
    /// The business they may enter.
    pub tenant: TenantId,
    /// Why, in words that the business reads.
    pub reason: &'a str,
    /// Who assigns them.
    pub made_by: PersonId,
    /// Until when, in microseconds UTC.
    pub ends_at: i64,
}

/// An assignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// Id.
    pub id: AssignmentId,
    /// Who may enter.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their role now, if they are still of the staff.
    pub role: Option<StaffRole>,
    /// The business.
    pub tenant: TenantId,
    /// Its name.
    pub business: String,
    /// Why.
    pub reason: String,
    /// Name of who assigned them.
    pub made_by: String,
    /// Since when.
    pub begins_at: i64,
    /// Until when, unless it ended before.
    pub ends_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Name of who ended it; none if its time was over, or a command did.
    pub ended_by: Option<String>,
    /// When it was used last, to the day: the first use of that day.
    pub used_at: Option<i64>,
}

impl Assignment {
    /// Whether it opens the business at an instant.
    pub fn is_live(&self, now: i64) -> bool {
        self.ended_at.is_none() && self.begins_at <= now && now < self.ends_at && self.role.is_some()
    }
}

/// Which assignments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AssignmentFilter {
    /// Of one of the staff.
    pub person: Option<PersonId>,
    /// To one business.
    pub tenant: Option<TenantId>,
    /// Only those that open something at this instant.
    pub live_at: Option<i64>,
    /// Before this one: the last of the page before.
    pub before: Option<AssignmentId>,
}

type Row = (
    i64,
    i64,
    String,
    Option<String>,
    i64,
    String,
    String,
    String,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
);

const SELECT: &str =
    "select a.id, a.person, p.name, f.role, a.tenant, b.name, a.reason, m.name, a.begins_at, a.ends_at,
        a.ended_at, e.name, a.used_at
     from assignment a join person p on p.id = a.person join business b on b.id = a.tenant
     join person m on m.id = a.made_by left join person e on e.id = a.ended_by
     left join staff f on f.person = a.person and f.ended_at is null";

impl Platform<'_> {
    /// Assigns one of the staff to a business. An assignment that is open for both is replaced. Whoever is not of the
    /// staff, and a business that has ended, is `Missing`.
    pub async fn assign(&mut self, new: &NewAssignment<'_>, now: i64) -> Result<AssignmentId> {
        Turn::Staff.wait(self.tx).await?;
        check(new, now)?;
        exec!(
            self.tx,
            "update assignment set ended_at = case when ends_at < $4 then ends_at else $4 end, ended_by = $3
             where person = $1 and tenant = $2 and ended_at is null",
            new.person.0,
            new.tenant.0,
            new.made_by.0,
            now,
        )?;
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "insert into assignment (person, tenant, reason, made_by, begins_at, ends_at)
             select f.person, b.id, $3, $4, $5, $6 from staff f, business b
             where f.person = $1 and f.ended_at is null and b.id = $2 and b.state = 'active' returning id",
            new.person.0,
            new.tenant.0,
            new.reason,
            new.made_by.0,
            now,
            new.ends_at,
        )?;
        row.map(|(id,)| AssignmentId(id)).ok_or(StoreError::Missing("staff or business"))
    }

    /// Ends an assignment, and with it the sessions of its person in that business. One that is over is `Missing`.
    pub async fn end_assignment(
        &mut self,
        id: AssignmentId,
        by: Option<PersonId>,
        now: i64,
    ) -> Result<Assignment> {
        Turn::Staff.wait(self.tx).await?;
        let ended = exec!(
            self.tx,
            "update assignment set ended_at = case when ends_at < $3 then ends_at else $3 end, ended_by = $2
             where id = $1 and ended_at is null",
            id.0,
            by.map(|by| by.0),
            now,
        )?;
        if ended == 0 {
            return Err(StoreError::Missing("assignment"));
        }
        expect_one("assignment", ended)?;
        exec!(
            self.tx,
            "update session set tenant = null where exists (
                 select 1 from assignment a where a.id = $1 and a.person = session.person and a.tenant = session.tenant)
               and not exists (
                 select 1 from membership m where m.person = session.person and m.tenant = session.tenant)",
            id.0,
        )?;
        self.assignment(id).await?.ok_or(StoreError::Missing("assignment"))
    }

    /// One assignment.
    pub async fn assignment(&mut self, id: AssignmentId) -> Result<Option<Assignment>> {
        let text = format!("{SELECT} where a.id = $1");
        let row = fetch_optional!(Row, self.tx, sqlx::AssertSqlSafe(text.as_str()), id.0)?;
        row.map(view).transpose()
    }

    /// Assignments, the latest first.
    pub async fn assignments(&mut self, filter: &AssignmentFilter, most: i64) -> Result<Vec<Assignment>> {
        let mut text = format!("{SELECT} where a.id < $1");
        // Only what is asked for stands in the text, so that its index is used.
        text.push_str(if filter.person.is_some() { " and a.person = $2" } else { " and $2 = 0" });
        text.push_str(if filter.tenant.is_some() { " and a.tenant = $3" } else { " and $3 = 0" });
        text.push_str(if filter.live_at.is_some() {
            " and a.ended_at is null and a.begins_at <= $4 and a.ends_at > $4 and f.id is not null"
        } else {
            " and $4 = 0"
        });
        text.push_str(" order by a.id desc limit $5");
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            filter.before.map_or(i64::MAX, |id| id.0),
            filter.person.map_or(0, |person| person.0),
            filter.tenant.map_or(0, |tenant| tenant.0),
            filter.live_at.unwrap_or(0),
            most.clamp(1, MOST_ASSIGNMENTS),
        )?;
        rows.into_iter().map(view).collect()
    }

    /// Assignments whose time is over and that nobody has closed yet, the oldest first.
    pub async fn overdue_assignments(&mut self, now: i64) -> Result<Vec<AssignmentId>> {
        let rows = fetch_all!(
            (i64,),
            self.tx,
            "select id from assignment where ended_at is null and ends_at <= $1 order by ends_at, id limit $2",
            now,
            MOST_ASSIGNMENTS,
        )?;
        Ok(rows.into_iter().map(|(id,)| AssignmentId(id)).collect())
    }

    /// Notes that an assignment is used; false if it was already since `day_began`.
    pub async fn use_assignment(&mut self, id: AssignmentId, day_began: i64, now: i64) -> Result<bool> {
        let used = exec!(
            self.tx,
            "update assignment set used_at = $3
             where id = $1 and ended_at is null and ends_at > $3 and (used_at is null or used_at < $2)",
            id.0,
            day_began,
            now,
        )?;
        Ok(used == 1)
    }

    /// Turns a session to the business of an assignment of its person that is live; any other is `Missing`.
    pub async fn enter_business(&mut self, id_hash: &[u8], id: AssignmentId, now: i64) -> Result<()> {
        let entered = exec!(
            self.tx,
            "update session set tenant = (select a.tenant from assignment a where a.id = $2)
             where id_hash = $1 and exists (
                 select 1 from assignment a join business b on b.id = a.tenant and b.state = 'active'
                 join staff f on f.person = a.person and f.ended_at is null
                 where a.id = $2 and a.person = session.person and a.ended_at is null and a.begins_at <= $3
                   and a.ends_at > $3)",
            id_hash,
            id.0,
            now,
        )?;
        if entered == 0 { Err(StoreError::Missing("assignment")) } else { expect_one("session", entered) }
    }

    /// Turns a session back to the first business its person is a member of, or to none.
    pub async fn leave_business(&mut self, id_hash: &[u8]) -> Result<()> {
        exec!(
            self.tx,
            "update session set tenant = (
                 select min(m.tenant) from membership m join business b on b.id = m.tenant and b.state = 'active'
                 where m.person = session.person)
             where id_hash = $1",
            id_hash,
        )
        .map(drop)
    }

    /// Businesses that have not ended, by name: id and name.
    pub async fn active_businesses(&mut self, most: i64) -> Result<Vec<(TenantId, String)>> {
        let rows = fetch_all!(
            (i64, String),
            self.tx,
            "select id, name from business where state = 'active' order by name, id limit $1",
            most,
        )?;
        Ok(rows.into_iter().map(|(id, name)| (TenantId(id), name)).collect())
    }

    /// The name of a business that has not ended.
    pub async fn active_business(&mut self, tenant: TenantId) -> Result<Option<String>> {
        let row = fetch_optional!(
            (String,),
            self.tx,
            "select name from business where id = $1 and state = 'active'",
            tenant.0,
        )?;
        Ok(row.map(|(name,)| name))
    }

    /// Whether there is a business: before there is one, the first person may register.
    pub async fn has_business(&mut self) -> Result<bool> {
        let (any,) = fetch_one!((i64,), self.tx, "select count(*) from (select 1 from business limit 1) b")?;
        Ok(any > 0)
    }

    /// All that nobody has ended yet, live or not.
    pub(crate) async fn open_assignments_of(&mut self, person: PersonId) -> Result<Vec<AssignmentId>> {
        let rows = fetch_all!(
            (i64,),
            self.tx,
            "select id from assignment where person = $1 and ended_at is null order by id",
            person.0,
        )?;
        Ok(rows.into_iter().map(|(id,)| AssignmentId(id)).collect())
    }
}

impl Scoped<'_> {
    /// Who of the staff may enter this business, or might, the latest first.
    pub async fn assignments(&mut self, before: Option<AssignmentId>, most: i64) -> Result<Vec<Assignment>> {
        let filter = AssignmentFilter { tenant: Some(self.tenant), before, ..AssignmentFilter::default() };
        Platform { tx: self.tx }.assignments(&filter, most).await
    }

    /// One assignment to this business.
    pub async fn assignment(&mut self, id: AssignmentId) -> Result<Option<Assignment>> {
        let found = Platform { tx: self.tx }.assignment(id).await?;
        Ok(found.filter(|found| found.tenant == self.tenant))
    }
}

/// What no page lets through; whoever calls otherwise is mistaken.
fn check(new: &NewAssignment<'_>, now: i64) -> Result<()> {
    let reason = new.reason.trim();
    let lasts = new.ends_at.saturating_sub(now);
    let fits = !reason.is_empty() && reason.chars().count() <= MOST_REASON;
    if fits && (1..=(MOST_ASSIGNED_DAYS + 1) * DAY).contains(&lasts) {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "an assignment has a reason, and lasts {MOST_ASSIGNED_DAYS} days at most"
    )))
}

fn view(row: Row) -> Result<Assignment> {
    let (
        id,
        person,
        name,
        role,
        tenant,
        business,
        reason,
        made_by,
        begins_at,
        ends_at,
        ended_at,
        ended_by,
        used_at,
    ) = row;
    let role =
        role.map(|role| StaffRole::from_name(&role).ok_or(StoreError::Corrupt("staff"))).transpose()?;
    Ok(Assignment {
        id: AssignmentId(id),
        person: PersonId(person),
        name,
        role,
        tenant: TenantId(tenant),
        business,
        reason,
        made_by,
        begins_at,
        ends_at,
        ended_at,
        ended_by,
        used_at,
    })
}
