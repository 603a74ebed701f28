//! The quarterly review of what the staff may do: each right is looked at by an administrator and kept or ended; who
//! did it and how it came out stays as evidence.

use ecom_ledger::day::Month;

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{AssignmentId, PersonId, StaffId},
    staff::StaffRole,
    tx::{Platform, Turn, exec, fetch_all, fetch_one, fetch_optional},
};

/// A quarter of a calendar year: quarters since the year 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Quarter(pub i64);

impl Quarter {
    /// The quarter that a month lies in, and its first month.
    pub fn of(month: Month) -> (Self, Month) {
        let quarter = month.0.div_euclid(3);
        (Self(i64::from(quarter)), Month(quarter * 3))
    }
}

/// A right of one of the staff.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Right {
    /// To be staff in a role.
    Staff(StaffId),
    /// To enter a business.
    Assignment(AssignmentId),
}

impl Right {
    fn stored(self) -> (&'static str, i64) {
        match self {
            Self::Staff(id) => ("staff", id.0),
            Self::Assignment(id) => ("assignment", id.0),
        }
    }

    fn read(kind: &str, subject: i64) -> Result<Self> {
        match kind {
            "staff" => Ok(Self::Staff(StaffId(subject))),
            "assignment" => Ok(Self::Assignment(AssignmentId(subject))),
            _ => Err(StoreError::Corrupt("staff_review_answer")),
        }
    }
}

/// How somebody answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Kept, or ended.
    pub kept: bool,
    /// Name of who answered.
    pub by: String,
    /// When.
    pub at: i64,
}

/// A right that is live in a review, or was answered in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewItem {
    /// Which.
    pub right: Right,
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: StaffRole,
    /// The business it opens, if it opens one.
    pub business: Option<String>,
    /// Why, for assignments.
    pub reason: String,
    /// Since when.
    pub since: i64,
    /// Until when, for assignments.
    pub until: Option<i64>,
    /// When it was used last: a business looked at, or anything done for the platform.
    pub used_at: Option<i64>,
    /// Whether it still opens something; a role may have changed since its answer.
    pub live: bool,
    /// The answer in this review.
    pub answer: Option<Answer>,
}

/// A review.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Review {
    /// Of which quarter.
    pub quarter: Quarter,
    /// When the first right was looked at.
    pub begun_at: i64,
    /// Name of who finished it, or began it.
    pub by: String,
    /// When it was finished.
    pub ended_at: Option<i64>,
    /// How many rights were kept.
    pub kept: i64,
    /// How many were ended.
    pub ended: i64,
}

/// An answer of any review, as evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewAnswer {
    /// Of which quarter.
    pub quarter: Quarter,
    /// Which right.
    pub right: Right,
    /// Whose: their name.
    pub name: String,
    /// In which role.
    pub role: String,
    /// The business it opened.
    pub business: Option<String>,
    /// The answer.
    pub answer: Answer,
}

/// What an answer needs to know of the right it is about.
struct Subject {
    person: i64,
    role: String,
    tenant: Option<i64>,
}

type ItemRow = (
    i64,
    i64,
    String,
    String,
    Option<String>,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<i64>,
    i64,
);

/// Roles: used when their person was last seen in the platform's log.
const ROLES: &str = "select f.id, f.person, p.name, f.role, null, '', f.since, cast(null as bigint),
        (select l.at from platform_audit l where l.log = 0 and l.person = f.person order by l.seq desc limit 1),
        r.kept, q.name, r.answered_at, cast(case when f.ended_at is null then 1 else 0 end as bigint)
     from staff f join person p on p.id = f.person
     left join staff_review_answer r on r.quarter = $1 and r.kind = 'staff' and r.subject = f.id
     left join person q on q.id = r.answered_by
     where f.ended_at is null or r.subject is not null order by f.role, p.name, f.id";
const ASSIGNMENTS: &str =
    "select a.id, a.person, p.name, coalesce(f.role, r.role), b.name, a.reason, a.begins_at, a.ends_at,
        a.used_at, r.kept, q.name, r.answered_at,
        cast(case when a.ended_at is null and a.ends_at > $2 and f.id is not null then 1 else 0 end as bigint)
     from assignment a join person p on p.id = a.person join business b on b.id = a.tenant
     left join staff f on f.person = a.person and f.ended_at is null
     left join staff_review_answer r on r.quarter = $1 and r.kind = 'assignment' and r.subject = a.id
     left join person q on q.id = r.answered_by
     where (a.ended_at is null and a.ends_at > $2 and f.id is not null) or r.subject is not null
     order by p.name, b.name, a.id";

impl Platform<'_> {
    /// Every right that a review looks at: those that are live, and those answered already.
    pub async fn review_items(&mut self, quarter: Quarter, now: i64) -> Result<Vec<ReviewItem>> {
        let roles = fetch_all!(ItemRow, self.tx, ROLES, quarter.0)?;
        let assignments = fetch_all!(ItemRow, self.tx, ASSIGNMENTS, quarter.0, now)?;
        let roles = roles.into_iter().map(|row| item(Right::Staff(StaffId(row.0)), row));
        let assignments =
            assignments.into_iter().map(|row| item(Right::Assignment(AssignmentId(row.0)), row));
        roles.chain(assignments).collect()
    }

    /// Notes an answer; ending the right is up to the caller, in the same transaction. One who is not the only
    /// administrator leaves their own rights to another: `Conflict`. A right that is over is `Missing`.
    pub async fn answer_review(
        &mut self,
        quarter: Quarter,
        right: Right,
        kept: bool,
        by: PersonId,
        now: i64,
    ) -> Result<()> {
        Turn::Staff.wait(self.tx).await?;
        if self.review(quarter).await?.is_some_and(|review| review.ended_at.is_some()) {
            return Err(StoreError::Conflict("the review of this quarter is finished".to_owned()));
        }
        let subject = self.reviewed(right, now).await?.ok_or(StoreError::Missing("right"))?;
        if subject.person == by.0 && self.other_administrators(by).await? > 0 {
            return Err(StoreError::Conflict("another administrator looks at your own rights".to_owned()));
        }
        exec!(
            self.tx,
            "insert into staff_review (quarter, begun_at, reviewed_by, kept, ended) values ($1, $2, $3, 0, 0)
             on conflict (quarter) do nothing",
            quarter.0,
            now,
            by.0,
        )?;
        let (kind, id) = right.stored();
        exec!(
            self.tx,
            "insert into staff_review_answer
                 (quarter, kind, subject, person, role, tenant, kept, answered_by, answered_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (quarter, kind, subject) do update set kept = excluded.kept,
                 answered_by = excluded.answered_by, answered_at = excluded.answered_at",
            quarter.0,
            kind,
            id,
            subject.person,
            subject.role,
            subject.tenant,
            i64::from(kept),
            by.0,
            now,
        )
        .map(drop)
    }

    /// Finishes a review in which every live right has an answer, else `Conflict`; gives how many were kept and ended.
    pub async fn finish_review(&mut self, quarter: Quarter, by: PersonId, now: i64) -> Result<(i64, i64)> {
        Turn::Staff.wait(self.tx).await?;
        let items = self.review_items(quarter, now).await?;
        let open = items.iter().filter(|item| item.answer.is_none()).count();
        if open > 0 {
            return Err(StoreError::Conflict("some rights are not looked at yet".to_owned()));
        }
        let (kept, ended) = fetch_one!(
            (i64, i64),
            self.tx,
            "select coalesce(cast(sum(kept) as bigint), 0), coalesce(cast(sum(1 - kept) as bigint), 0)
             from staff_review_answer where quarter = $1",
            quarter.0,
        )?;
        let finished = exec!(
            self.tx,
            "update staff_review set reviewed_by = $2, ended_at = $3, kept = $4, ended = $5
             where quarter = $1 and ended_at is null",
            quarter.0,
            by.0,
            now,
            kept,
            ended,
        )?;
        if finished == 0 {
            return Err(StoreError::Missing("review"));
        }
        expect_one("staff_review", finished)?;
        Ok((kept, ended))
    }

    /// The review of a quarter, once it has begun.
    pub async fn review(&mut self, quarter: Quarter) -> Result<Option<Review>> {
        Ok(self.reviews().await?.into_iter().find(|review| review.quarter == quarter))
    }

    /// All reviews, the latest first. There are four a year.
    pub async fn reviews(&mut self) -> Result<Vec<Review>> {
        let rows = fetch_all!(
            (i64, i64, String, Option<i64>, i64, i64),
            self.tx,
            "select r.quarter, r.begun_at, p.name, r.ended_at, r.kept, r.ended
             from staff_review r join person p on p.id = r.reviewed_by order by r.quarter desc",
        )?;
        let review = |(quarter, begun_at, by, ended_at, kept, ended)| Review {
            quarter: Quarter(quarter),
            begun_at,
            by,
            ended_at,
            kept,
            ended,
        };
        Ok(rows.into_iter().map(review).collect())
    }

    /// Whether the review of a quarter is due: there was staff before it began, and nobody has finished it.
    pub async fn review_is_due(&mut self, quarter: Quarter, began_at: i64) -> Result<bool> {
        let (staff, finished) = fetch_one!(
            (i64, i64),
            self.tx,
            "select (select count(*) from (select 1 from staff where since < $2 limit 1) s),
                    (select count(*) from staff_review where quarter = $1 and ended_at is not null)",
            quarter.0,
            began_at,
        )?;
        Ok(staff > 0 && finished == 0)
    }

    /// Every answer of every review, the latest review first.
    pub async fn review_answers(&mut self) -> Result<Vec<ReviewAnswer>> {
        let rows = fetch_all!(
            (i64, String, i64, String, String, Option<String>, i64, String, i64),
            self.tx,
            "select r.quarter, r.kind, r.subject, p.name, r.role, b.name, r.kept, q.name, r.answered_at
             from staff_review_answer r join person p on p.id = r.person join person q on q.id = r.answered_by
             left join business b on b.id = r.tenant
             order by r.quarter desc, r.kind desc, p.name, b.name nulls first, r.subject",
        )?;
        let answer = |(quarter, kind, subject, name, role, business, kept, by, at): (
            _,
            String,
            _,
            _,
            _,
            _,
            i64,
            _,
            _,
        )| {
            Ok(ReviewAnswer {
                quarter: Quarter(quarter),
                right: Right::read(&kind, subject)?,
                name,
                role,
                business,
                answer: Answer { kept: kept > 0, by, at },
            })
        };
        rows.into_iter().map(answer).collect()
    }

    /// Whose a live right is.
    async fn reviewed(&mut self, right: Right, now: i64) -> Result<Option<Subject>> {
        let text = match right {
            Right::Staff(_) => {
                "select person, role, cast(null as bigint) from staff where id = $1 and ended_at is null and $2 > 0"
            }
            Right::Assignment(_) => {
                "select a.person, f.role, a.tenant from assignment a
                 join staff f on f.person = a.person and f.ended_at is null
                 where a.id = $1 and a.ended_at is null and a.ends_at > $2"
            }
        };
        let (_, id) = right.stored();
        let row = fetch_optional!((i64, String, Option<i64>), self.tx, text, id, now)?;
        Ok(row.map(|(person, role, tenant)| Subject { person, role, tenant }))
    }

    async fn other_administrators(&mut self, than: PersonId) -> Result<i64> {
        let (others,) = fetch_one!(
            (i64,),
            self.tx,
            "select count(*) from staff where ended_at is null and role = 'administrator' and person <> $1",
            than.0,
        )?;
        Ok(others)
    }
}

fn item(right: Right, row: ItemRow) -> Result<ReviewItem> {
    let (_, person, name, role, business, reason, since, until, used_at, kept, by, at, live) = row;
    let answer = match (kept, by, at) {
        (Some(kept), Some(by), Some(at)) => Some(Answer { kept: kept > 0, by, at }),
        _ => None,
    };
    Ok(ReviewItem {
        right,
        person: PersonId(person),
        name,
        role: StaffRole::from_name(&role).ok_or(StoreError::Corrupt("staff"))?,
        business,
        reason,
        since,
        until,
        used_at,
        live: live > 0,
        answer,
    })
}
