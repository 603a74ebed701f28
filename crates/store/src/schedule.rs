//! Work that comes again and again: a schedule enqueues a job at each of its times.
//!
//! Times that passed while no process ran are made up for by one job, not by many.

use crate::{
    error::Result,
    ids::TenantId,
    job::NewJob,
    tx::{Platform, exec, fetch_all},
};

/// Kind of the job that clears up what has ended.
pub const SWEEP_JOB: &str = "sweep";
/// Most schedules looked at in one go; the rest is due a moment later.
const MOST_DUE: i64 = 100;

/// Something that comes again and again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule<'a> {
    /// Its name, one per thing that recurs; also the key by which at most one of its jobs is unfinished.
    pub name: &'a str,
    /// Whose work it is.
    pub tenant: Option<TenantId>,
    /// Kind of its jobs.
    pub kind: &'a str,
    /// What their handler needs, as text; ids only.
    pub payload: &'a str,
    /// Microseconds from one time to the next, more than 0.
    pub every: i64,
    /// The first time.
    pub first_at: i64,
}

type Due = (String, Option<i64>, String, String, i64, i64);

impl Platform<'_> {
    /// Makes a schedule, or changes one; one that recurs at the same pace keeps its next time.
    pub async fn set_schedule(&mut self, schedule: &Schedule<'_>) -> Result<()> {
        exec!(
            self.tx,
            "insert into schedule (name, tenant, kind, payload, every, next_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (name) do update set tenant = excluded.tenant, kind = excluded.kind,
                 payload = excluded.payload, every = excluded.every,
                 next_at = case when schedule.every = excluded.every then schedule.next_at else excluded.next_at end",
            schedule.name,
            schedule.tenant.map(|tenant| tenant.0),
            schedule.kind,
            schedule.payload,
            schedule.every.max(1),
            schedule.first_at,
        )
        .map(drop)
    }

    /// Enqueues the jobs that are due, each in its turn; gives their number.
    pub async fn enqueue_due(&mut self, now: i64) -> Result<u64> {
        let text = format!(
            "select name, tenant, kind, payload, every, next_at from schedule where next_at <= $1
             order by next_at, name limit $2{}",
            self.tx.skip_locked()
        );
        let due = fetch_all!(Due, self.tx, sqlx::AssertSqlSafe(text.as_str()), now, MOST_DUE)?;
        let mut enqueued = 0;
        for (name, tenant, kind, payload, every, at) in due {
            let tenant = tenant.map(TenantId);
            let job = NewJob {
                tenant,
                kind: &kind,
                payload: &payload,
                dedupe: Some(&name),
                run_at: at,
                most_attempts: MOST_ATTEMPTS,
            };
            enqueued += u64::from(self.enqueue(&job, now).await?.is_some());
            let next = at + (now.saturating_sub(at) / every + 1) * every;
            exec!(self.tx, "update schedule set next_at = $2 where name = $1", name, next)?;
        }
        Ok(enqueued)
    }
}

/// How often a scheduled job is tried.
const MOST_ATTEMPTS: i64 = 5;
