//! Notices: what people are told on the pages of a business, each for one person, until they have read it.

use crate::{
    error::{Result, StoreError},
    ids::{NoticeId, PersonId},
    tx::{Scoped, exec, fetch_all, fetch_one},
};

/// Unread notices are counted up to here.
pub const MOST_UNREAD: i64 = 100;
/// Longest page of notices.
pub const MOST_NOTICES: i64 = 200;

/// A notice to give.
#[derive(Clone, Copy, Debug)]
pub struct NewNotice<'a> {
    /// What it is for, by ids alone: one cause has one notice per person.
    pub cause: &'a str,
    /// Which words it has.
    pub kind: &'a str,
    /// What the words need, as the giver writes it.
    pub arguments: &'a str,
}

/// A notice as its reader sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeView {
    /// Id.
    pub id: NoticeId,
    /// Which words it has.
    pub kind: String,
    /// What the words need.
    pub arguments: String,
    /// When it was given, microseconds UTC.
    pub created_at: i64,
    /// When it was read.
    pub read_at: Option<i64>,
}

impl Scoped<'_> {
    /// Gives a member a notice; false if they have it already, or are no member.
    pub async fn give_notice(&mut self, person: PersonId, new: &NewNotice<'_>, now: i64) -> Result<bool> {
        self.lock().await?;
        let id = self.next_id("notice").await?;
        let given = exec!(
            self.tx,
            "insert into notice (tenant_id, id, person, cause, kind, arguments, created_at)
             select tenant, $3, person, $4, $5, $6, $7 from membership where tenant = $1 and person = $2
             on conflict (tenant_id, person, cause) do nothing",
            self.tenant.0,
            person.0,
            id,
            new.cause,
            new.kind,
            new.arguments,
            now,
        )?;
        Ok(given == 1)
    }

    /// Gives everybody who may change the business a notice; says how many got it.
    pub async fn give_managers_notice(&mut self, new: &NewNotice<'_>, now: i64) -> Result<usize> {
        self.give_notice_to(&["owner", "manager"], new, now).await
    }

    /// Gives the owners of the business a notice; says how many got it.
    pub async fn give_owners_notice(&mut self, new: &NewNotice<'_>, now: i64) -> Result<usize> {
        self.give_notice_to(&["owner"], new, now).await
    }

    async fn give_notice_to(&mut self, roles: &[&str], new: &NewNotice<'_>, now: i64) -> Result<usize> {
        let members = fetch_all!(
            (i64, String),
            self.tx,
            "select person, role from membership where tenant = $1 order by person",
            self.tenant.0,
        )?;
        let mut given = 0;
        for (person, _) in members.into_iter().filter(|(_, role)| roles.contains(&role.as_str())) {
            given += usize::from(self.give_notice(PersonId(person), new, now).await?);
        }
        Ok(given)
    }

    /// How many notices a person has not read, up to [`MOST_UNREAD`].
    pub async fn unread_notices(&mut self, person: PersonId) -> Result<i64> {
        let text = format!(
            "select count(*) from (select 1 from notice
               where tenant_id = $1 and person = $2 and read_at is null limit {MOST_UNREAD}) n"
        );
        let (count,) =
            fetch_one!((i64,), self.tx, sqlx::AssertSqlSafe(text.as_str()), self.tenant.0, person.0)?;
        Ok(count)
    }

    /// A person's notices, the newest first; those before one that was shown already.
    pub async fn notices(
        &mut self,
        person: PersonId,
        before: Option<NoticeId>,
        most: i64,
    ) -> Result<Vec<NoticeView>> {
        let rows = fetch_all!(
            (i64, String, String, i64, Option<i64>),
            self.tx,
            "select id, kind, arguments, created_at, read_at from notice
             where tenant_id = $1 and person = $2 and ($3 is null or id < $3) order by id desc limit $4",
            self.tenant.0,
            person.0,
            before.map(|id| id.0),
            most.min(MOST_NOTICES),
        )?;
        let view = |(id, kind, arguments, created_at, read_at)| NoticeView {
            id: NoticeId(id),
            kind,
            arguments,
            created_at,
            read_at,
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Marks a person's notices up to one as read; says how many were not. One that came since stays unread.
    pub async fn read_notices(&mut self, person: PersonId, up_to: NoticeId, now: i64) -> Result<u64> {
        exec!(
            self.tx,
            "update notice set read_at = $4 where tenant_id = $1 and person = $2 and id <= $3 and read_at is null",
            self.tenant.0,
            person.0,
            up_to.0,
            now,
        )
    }

    /// Marks one of a person's notices as read; one that is read already keeps its instant. `Missing` if there is none.
    pub async fn read_notice(&mut self, person: PersonId, id: NoticeId, now: i64) -> Result<()> {
        let found = exec!(
            self.tx,
            "update notice set read_at = coalesce(read_at, $4) where tenant_id = $1 and person = $2 and id = $3",
            self.tenant.0,
            person.0,
            id.0,
            now,
        )?;
        if found == 1 { Ok(()) } else { Err(StoreError::Missing("notice")) }
    }
}
