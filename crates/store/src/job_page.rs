//! Jobs as whoever looks after the platform sees them: by state and kind, in pages, counted up to a limit. Payloads are
//! not shown; outcomes of jobs that failed are words of this program.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{JobId, TenantId},
    tx::{Platform, exec, fetch_all, fetch_optional},
};

/// Jobs of one state are counted up to here.
pub const MOST_JOBS_COUNTED: i64 = 10_000;
/// Longest page of jobs.
pub const MOST_JOB_PAGE: i64 = 200;

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    /// It waits for its time, or for its turn.
    Queued,
    /// A worker has it.
    Running,
    /// It was given up.
    Failed,
    /// Somebody, or the end of its business, stopped it.
    Cancelled,
    /// It ended well.
    Done,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Failed, Self::Cancelled, Self::Done];

    /// As it is stored, and written in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }

    /// The state of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// By which instant its jobs are in order, and which of two comes first.
    fn order(self) -> (&'static str, &'static str, char) {
        match self {
            Self::Queued | Self::Running => ("run_at", "asc", '>'),
            Self::Failed | Self::Cancelled | Self::Done => ("finished_at", "desc", '<'),
        }
    }
}

/// The place of a job in the list of its state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobCursor {
    /// The instant its list is in order by.
    pub at: i64,
    /// The job.
    pub id: JobId,
}

/// Which jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobFilter<'a> {
    /// In this state.
    pub state: JobState,
    /// Of one kind.
    pub kind: Option<&'a str>,
    /// That ended at this instant or later; counts for those that ended alone.
    pub since: i64,
    /// After this one: the last of the page before.
    pub after: Option<JobCursor>,
}

/// A job in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobRow {
    /// The job.
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// Whose work it is.
    pub tenant: Option<TenantId>,
    /// How far it is.
    pub state: JobState,
    /// How often it was tried.
    pub attempts: i64,
    /// How often it may be tried.
    pub most_attempts: i64,
    /// When it is due, or was.
    pub run_at: i64,
    /// When a worker took it last.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Why it failed.
    pub outcome: Option<String>,
    /// Its place in the list.
    pub cursor: JobCursor,
}

type Row = (i64, String, Option<i64>, i64, i64, i64, Option<i64>, Option<i64>, Option<String>, i64);

impl Platform<'_> {
    /// Jobs of a state: those that wait by their time, those that ended the latest first.
    pub async fn job_page(&mut self, filter: &JobFilter<'_>, most: i64) -> Result<Vec<JobRow>> {
        let text = page_text(filter);
        let after = filter.after.unwrap_or(JobCursor { at: 0, id: JobId(0) });
        let rows = fetch_all!(
            Row,
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            filter.state.name(),
            filter.kind.unwrap_or_default(),
            filter.since,
            after.at,
            after.id.0,
            most.clamp(1, MOST_JOB_PAGE),
        )?;
        Ok(rows.into_iter().map(|row| view(filter.state, row)).collect())
    }

    /// How many jobs there are of each state, up to [`MOST_JOBS_COUNTED`]; of those that are done, since an instant.
    pub async fn job_states(&mut self, kind: Option<&str>, done_since: i64) -> Result<Vec<(JobState, i64)>> {
        let mut counts = Vec::new();
        for state in JobState::ALL {
            let since = if state == JobState::Done { done_since } else { i64::MIN };
            let text = count_text(&JobFilter { state, kind, since, after: None });
            let row = fetch_optional!(
                (i64,),
                self.tx,
                sqlx::AssertSqlSafe(text.as_str()),
                state.name(),
                kind.unwrap_or_default(),
                since,
            )?;
            counts.push((state, row.map_or(0, |(count,)| count)));
        }
        Ok(counts)
    }

    /// Whose a job is: `Missing` if there is none.
    pub async fn job_tenant(&mut self, id: JobId) -> Result<Option<TenantId>> {
        let row = fetch_optional!((Option<i64>,), self.tx, "select tenant from job where id = $1", id.0)?;
        row.map(|(tenant,)| tenant.map(TenantId)).ok_or(StoreError::Missing("job"))
    }

    /// Cancels a job that waits or runs. One that runs loses its lease and stops at its next step; any other is
    /// `Missing`.
    pub async fn cancel_job(&mut self, id: JobId, now: i64) -> Result<()> {
        let cancelled = exec!(
            self.tx,
            "update job set state = 'cancelled', finished_at = $2, leased_until = null
             where id = $1 and state in ('queued', 'running')",
            id.0,
            now,
        )?;
        if cancelled == 0 { Err(StoreError::Missing("job")) } else { expect_one("job", cancelled) }
    }
}

/// Only what is asked for stands in the text, so that its index is used.
fn page_text(filter: &JobFilter<'_>) -> String {
    let (key, direction, beyond) = filter.state.order();
    let after = match filter.after {
        Some(_) => format!(" and ({key}, id) {beyond} ($4, $5)"),
        None => " and $4 = 0 and $5 = 0".to_owned(),
    };
    format!(
        "select id, kind, tenant, attempts, most_attempts, run_at, started_at, finished_at,
                case when state = 'failed' then outcome end, {key}
         from job where {}{after} order by {key} {direction}, id {direction} limit $6",
        condition(filter)
    )
}

fn count_text(filter: &JobFilter<'_>) -> String {
    let condition = condition(filter);
    format!("select count(*) from (select 1 from job where {condition} limit {MOST_JOBS_COUNTED}) j")
}

fn condition(filter: &JobFilter<'_>) -> String {
    let kind = if filter.kind.is_some() { "kind = $2" } else { "$2 = ''" };
    let since = match filter.state {
        JobState::Queued | JobState::Running => "$3 = $3",
        JobState::Failed | JobState::Cancelled | JobState::Done => "finished_at >= $3",
    };
    format!("state = $1 and {kind} and {since}")
}

fn view(state: JobState, row: Row) -> JobRow {
    let (id, kind, tenant, attempts, most_attempts, run_at, started_at, finished_at, outcome, at) = row;
    JobRow {
        id: JobId(id),
        kind,
        tenant: tenant.map(TenantId),
        state,
        attempts,
        most_attempts,
        run_at,
        started_at,
        finished_at,
        outcome,
        cursor: JobCursor { at, id: JobId(id) },
    }
}

/// Every kind of job that this program knows, for filters.
pub const JOB_KINDS: [&str; 8] = [
    crate::upload::IMPORT_JOB,
    crate::message::MAIL_JOB,
    crate::message::MAIL_ROUND_JOB,
    crate::label_rule::REPOST_JOB,
    crate::reseal::RESEAL_JOB,
    crate::shred::SHRED_JOB,
    crate::schedule::SWEEP_JOB,
    crate::tax_setting::TAX_SETTING_JOB,
];

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection, SqliteConnection, query, query_scalar, raw_sql};

    use super::*;
    use crate::migrate::MIGRATIONS;

    /// The plan of every list and count on a table of many jobs: an index finds its rows in their order.
    #[tokio::test]
    async fn no_list_of_jobs_reads_or_sorts_them_all() {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for migration in MIGRATIONS {
            raw_sql(AssertSqlSafe(*migration)).execute(&mut db).await.unwrap();
        }
        let many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
            insert into job (kind, payload, state, run_at, attempts, most_attempts, lease, progress_done,
                             progress_total, created_at, finished_at)
            select 'mail', '', case i % 4 when 0 then 'queued' when 1 then 'failed' else 'done' end, i, 0, 3, 0, 0, 0,
                   i, i from n";
        query(many).execute(&mut db).await.unwrap();
        query("analyze").execute(&mut db).await.unwrap();
        for state in JobState::ALL {
            for kind in [None, Some("mail")] {
                for after in [None, Some(JobCursor { at: 7, id: JobId(7) })] {
                    let filter = JobFilter { state, kind, since: 1, after };
                    for text in [page_text(&filter), count_text(&filter)] {
                        let explain = format!("explain query plan {text}");
                        let plan: Vec<String> =
                            sqlx::query_as::<_, (i64, i64, i64, String)>(AssertSqlSafe(explain))
                                .bind(state.name())
                                .bind(kind.unwrap_or_default())
                                .bind(1)
                                .bind(7)
                                .bind(7)
                                .bind(50)
                                .fetch_all(&mut db)
                                .await
                                .unwrap()
                                .into_iter()
                                .map(|(_, _, _, step)| step)
                                .collect();
                        let plan = plan.join("; ");
                        assert!(
                            plan.contains("USING") && plan.contains("INDEX"),
                            "{state:?} {kind:?}: {plan}"
                        );
                        assert!(!plan.contains("TEMP B-TREE"), "{state:?} {kind:?}: {plan}");
                    }
                }
            }
        }
        let jobs: i64 = query_scalar("select count(*) from job").fetch_one(&mut db).await.unwrap();
        assert_eq!(jobs, 5000);
    }
}
