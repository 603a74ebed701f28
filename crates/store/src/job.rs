//! Work that must happen is a row: enqueued with its cause, claimed under a lease, retried, done once.
//!
//! A claim carries a lease number; whoever lost the lease (it ran out, another worker has the job) can no longer
//! report progress or finish. Payloads hold ids, never personal data.

mod view;

pub use view::JobView;

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{JobId, TenantId},
    message::{MAIL_JOB, MAIL_ROUND_JOB},
    schedule::SWEEP_JOB,
    tx::{Platform, Turn, exec, fetch_all, fetch_one, fetch_optional},
};

/// How long a claimed job is safe from others: 60 s; workers renew it.
pub const LEASE_MICROS: i64 = 60_000_000;
/// First wait after a failure: 10 s, doubled each time.
const BACKOFF_MICROS: i64 = 10_000_000;
/// Longest wait after a failure: 1 h.
const MOST_BACKOFF_MICROS: i64 = 3_600_000_000;

/// Most jobs of one business that run at the same time in one lane, over all processes.
const MOST_PER_TENANT: i64 = 1;

/// Which jobs wait for each other: a mail never waits behind an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// Long work that uses every core, such as an import.
    Heavy,
    /// Short work that mostly waits for others, such as a mail.
    Light,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 2] = [Self::Heavy, Self::Light];
    /// The kinds of short jobs; all others are heavy.
    const LIGHT_KINDS: &[&str] = &[MAIL_JOB, MAIL_ROUND_JOB, SWEEP_JOB];

    /// The lane of a kind of job.
    pub fn of(kind: &str) -> Self {
        if Self::LIGHT_KINDS.contains(&kind) { Self::Light } else { Self::Heavy }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Heavy => "heavy",
            Self::Light => "light",
        }
    }
}

/// A job to enqueue.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// Whose work it is.
    pub tenant: Option<TenantId>,
    /// Which handler does it.
    pub kind: &'a str,
    /// What the handler needs, as text; ids only.
    pub payload: &'a str,
    /// At most one unfinished job has this key.
    pub dedupe: Option<&'a str>,
    /// Not before this instant.
    pub run_at: i64,
    /// After this many failures it has failed for good.
    pub most_attempts: i64,
}

/// A claimed job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The job.
    pub id: JobId,
    /// Number of this lease.
    pub lease: i64,
    /// Whose work it is.
    pub tenant: Option<TenantId>,
    /// Which handler does it.
    pub kind: String,
    /// What the handler needs.
    pub payload: String,
}

impl Platform<'_> {
    /// Enqueues a job in the caller's transaction; `None` if an unfinished one has the same key.
    pub async fn enqueue(&mut self, job: &NewJob<'_>, now: i64) -> Result<Option<JobId>> {
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "insert into job (tenant, kind, payload, dedupe, state, run_at, attempts, most_attempts, lease,
                              progress_done, progress_total, created_at, lane)
             values ($1, $2, $3, $4, 'queued', $5, 0, $6, 0, 0, 0, $7, $8)
             on conflict (dedupe) where state in ('queued', 'running') do nothing returning id",
            job.tenant.map(|tenant| tenant.0),
            job.kind,
            job.payload,
            job.dedupe,
            job.run_at,
            job.most_attempts,
            now,
            Lane::of(job.kind).name(),
        )?;
        Ok(row.map(|(id,)| JobId(id)))
    }

    /// Claims the job of any lane that is due longest, or whose lease ran out.
    pub async fn claim(&mut self, now: i64) -> Result<Option<Claim>> {
        self.claim_of(None, now).await
    }

    /// Claims the job of a lane that is due longest, or whose lease ran out.
    pub async fn claim_in(&mut self, lane: Lane, now: i64) -> Result<Option<Claim>> {
        self.claim_of(Some(lane), now).await
    }

    async fn claim_of(&mut self, lane: Option<Lane>, now: i64) -> Result<Option<Claim>> {
        self.give_up(now).await?;
        self.cancel_of_ended(now).await?;
        let Some((mut id, tenant)) = self.pick(lane, None, now).await? else { return Ok(None) };
        if let Some(tenant) = tenant {
            if !Turn::Claim(TenantId(tenant)).take(self.tx).await? {
                return Ok(None);
            }
            // While we have the turn nobody else claims a job of this business. Chosen again: whoever had the turn before may have claimed one meanwhile, which the count above missed.
            let Some((picked, _)) = self.pick(lane, Some(tenant), now).await? else { return Ok(None) };
            id = picked;
        }
        let row = fetch_optional!(
            (i64, Option<i64>, String, String),
            self.tx,
            "update job set state = 'running', leased_until = $2, lease = lease + 1, attempts = attempts + 1,
                 started_at = $3, outcome = null
             where id = $1 returning lease, tenant, kind, payload",
            id,
            now + LEASE_MICROS,
            now,
        )?;
        Ok(row.map(|(lease, tenant, kind, payload)| Claim {
            id: JobId(id),
            lease,
            tenant: tenant.map(TenantId),
            kind,
            payload,
        }))
    }

    /// The job that is next, of one business or of all, of which none has as many running in a lane as it may.
    async fn pick(
        &mut self,
        lane: Option<Lane>,
        only: Option<i64>,
        now: i64,
    ) -> Result<Option<(i64, Option<i64>)>> {
        let text = format!(
            "select j.id, j.tenant from job j
             where ((j.state = 'queued' and j.run_at <= $1) or (j.state = 'running' and j.leased_until <= $1))
               and ($2 = '' or j.lane = $2) and ($3 = 0 or j.tenant = $3)
               and (j.tenant is null or
                    (select count(*) from job r where r.tenant = j.tenant and r.lane = j.lane
                       and r.state = 'running' and r.leased_until > $1) < {MOST_PER_TENANT})
             order by j.run_at, j.id limit 1{}",
            self.tx.skip_locked()
        );
        let lane = lane.map_or("", Lane::name);
        fetch_optional!(
            (i64, Option<i64>),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            now,
            lane,
            only.unwrap_or_default(),
        )
    }

    /// Nothing is done any more for a business that has ended.
    async fn cancel_of_ended(&mut self, now: i64) -> Result<()> {
        exec!(
            self.tx,
            "update job set state = 'cancelled', finished_at = $1
             where ((state = 'queued' and run_at <= $1) or (state = 'running' and leased_until <= $1))
               and tenant in (select id from business where state <> 'active')",
            now,
        )
        .map(drop)
    }

    /// Cancels every job of a business that has not ended. One that runs loses its lease and stops at its next step.
    pub async fn cancel_jobs(&mut self, tenant: TenantId, now: i64) -> Result<u64> {
        exec!(
            self.tx,
            "update job set state = 'cancelled', finished_at = $2, leased_until = null
             where tenant = $1 and state in ('queued', 'running')",
            tenant.0,
            now,
        )
    }

    /// Queues a job again that failed for good or was cancelled; it may be tried as often as a new one.
    pub async fn retry_job(&mut self, id: JobId, now: i64) -> Result<()> {
        let queued = exec!(
            self.tx,
            "update job set state = 'queued', attempts = 0, run_at = $2, finished_at = null
             where id = $1 and state in ('failed', 'cancelled') and not exists (
                 select 1 from job o where o.dedupe = job.dedupe and o.state in ('queued', 'running'))",
            id.0,
            now,
        )?;
        if queued == 0 { Err(StoreError::Missing("job")) } else { expect_one("job", queued) }
    }

    /// A job whose workers died as often as it may be tried has failed: it may be what kills them.
    async fn give_up(&mut self, now: i64) -> Result<()> {
        exec!(
            self.tx,
            "update job set state = 'failed', finished_at = $1, leased_until = null
             where state = 'running' and leased_until <= $1 and attempts >= most_attempts",
            now,
        )
        .map(drop)
    }

    /// Keeps a claimed job and tells how far it is. An error means the lease is lost: stop working on it.
    pub async fn progress(&mut self, claim: &Claim, done: i64, total: i64, now: i64) -> Result<()> {
        let kept = exec!(
            self.tx,
            "update job set leased_until = $3, progress_done = $4, progress_total = $5
             where id = $1 and lease = $2 and state = 'running'",
            claim.id.0,
            claim.lease,
            now + LEASE_MICROS,
            done,
            total,
        )?;
        expect_one("job", kept)
    }

    /// Finishes a claimed job with what came out of it.
    pub async fn finish(&mut self, claim: &Claim, outcome: &str, now: i64) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update job set state = 'done', outcome = $3, finished_at = $4, leased_until = null
             where id = $1 and lease = $2 and state = 'running'",
            claim.id.0,
            claim.lease,
            outcome,
            now,
        )?;
        expect_one("job", changed)
    }

    /// Gives a claimed job back after a failure: to be tried again later, or failed for good.
    pub async fn fail(&mut self, claim: &Claim, outcome: &str, retry: bool, now: i64) -> Result<()> {
        let (attempts, most) = fetch_optional!(
            (i64, i64),
            self.tx,
            "select attempts, most_attempts from job where id = $1 and lease = $2 and state = 'running'",
            claim.id.0,
            claim.lease,
        )?
        .unwrap_or((0, 0));
        let again = retry && attempts < most;
        let wait = BACKOFF_MICROS.saturating_mul(1 << attempts.clamp(1, 20) >> 1).min(MOST_BACKOFF_MICROS);
        let changed = exec!(
            self.tx,
            "update job set state = $3, outcome = $4, run_at = $5, finished_at = $6, leased_until = null
             where id = $1 and lease = $2 and state = 'running'",
            claim.id.0,
            claim.lease,
            if again { "queued" } else { "failed" },
            outcome,
            now + wait,
            (!again).then_some(now),
        )?;
        expect_one("job", changed)
    }

    /// Gives a claimed job back unharmed, to be run again at once. A lease that is lost already is no error.
    pub async fn give_back(&mut self, claim: &Claim) -> Result<()> {
        exec!(
            self.tx,
            "update job set state = 'queued', leased_until = null, attempts = attempts - 1
             where id = $1 and lease = $2 and state = 'running'",
            claim.id.0,
            claim.lease,
        )
        .map(drop)
    }

    /// Gives back every running job: for a process that knows that no other works on this database. One that was
    /// tried as often as it may be has failed: it may be what ended the process each time.
    pub async fn release_all(&mut self, now: i64) -> Result<u64> {
        exec!(
            self.tx,
            "update job set leased_until = null,
                 state = case when attempts < most_attempts then 'queued' else 'failed' end,
                 finished_at = case when attempts < most_attempts then null else $1 end
             where state = 'running'",
            now,
        )
    }

    /// How many jobs of each kind are in each state that is not `done`.
    pub async fn job_counts(&mut self) -> Result<Vec<(String, String, i64)>> {
        fetch_all!(
            (String, String, i64),
            self.tx,
            "select kind, state, count(*) from job where state <> 'done' group by kind, state order by kind, state",
        )
    }

    /// Jobs that were given up.
    pub async fn failed_jobs(&mut self) -> Result<i64> {
        Ok(fetch_one!((i64,), self.tx, "select count(*) from job where state = 'failed'")?.0)
    }

    /// When there is something to do next: a queued job is due, the lease of a running one ends, or a schedule has its
    /// time.
    pub async fn next_due(&mut self) -> Result<Option<i64>> {
        let (at,) = fetch_one!(
            (Option<i64>,),
            self.tx,
            "select min(at) from (
                 select case when state = 'queued' then run_at else leased_until end as at from job
                 where state in ('queued', 'running')
                 union all select next_at from schedule) due",
        )?;
        Ok(at)
    }

    /// Deletes short jobs that ended well, or were cancelled, a month ago: there is one for each mail.
    pub async fn sweep_jobs(&mut self, now: i64) -> Result<u64> {
        const MONTH: i64 = 30 * 24 * 3_600_000_000;
        exec!(
            self.tx,
            "delete from job where lane = 'light' and state in ('done', 'cancelled') and finished_at <= $1",
            now - MONTH,
        )
    }
}
