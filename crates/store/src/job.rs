//! Work that must happen is a row: enqueued with its cause, claimed under a lease, retried, done once.
//!
//! A claim carries a lease number; whoever lost the lease (it ran out, another worker has the job) can no longer
//! report progress or finish. Payloads hold ids, never personal data.

use crate::{
    error::{Result, expect_one},
    ids::{JobId, TenantId},
    tx::{Platform, exec, fetch_all, fetch_one, fetch_optional},
};

/// How long a claimed job is safe from others: 60 s; workers renew it.
pub const LEASE_MICROS: i64 = 60_000_000;
/// First wait after a failure: 10 s, doubled each time.
const BACKOFF_MICROS: i64 = 10_000_000;
/// Longest wait after a failure: 1 h.
const MOST_BACKOFF_MICROS: i64 = 3_600_000_000;

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

/// A job as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobView {
    /// The job.
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// What the handler needs.
    pub payload: String,
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// How much is done, of `total`.
    pub done: i64,
    /// 0 if unknown.
    pub total: i64,
    /// What came out, as the handler wrote it.
    pub outcome: Option<String>,
    /// When it was enqueued.
    pub created_at: i64,
}

impl Platform<'_> {
    /// Enqueues a job in the caller's transaction; `None` if an unfinished one has the same key.
    pub async fn enqueue(&mut self, job: &NewJob<'_>, now: i64) -> Result<Option<JobId>> {
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "insert into job (tenant, kind, payload, dedupe, state, run_at, attempts, most_attempts, lease,
                              progress_done, progress_total, created_at)
             values ($1, $2, $3, $4, 'queued', $5, 0, $6, 0, 0, 0, $7)
             on conflict (dedupe) where state in ('queued', 'running') do nothing returning id",
            job.tenant.map(|tenant| tenant.0),
            job.kind,
            job.payload,
            job.dedupe,
            job.run_at,
            job.most_attempts,
            now,
        )?;
        Ok(row.map(|(id,)| JobId(id)))
    }

    /// Claims the job that is due longest, or whose lease ran out.
    pub async fn claim(&mut self, now: i64) -> Result<Option<Claim>> {
        self.claim_of(None, now).await
    }

    /// As [`Self::claim`], of one kind if one is given.
    pub async fn claim_of(&mut self, kind: Option<&str>, now: i64) -> Result<Option<Claim>> {
        self.give_up(now).await?;
        let pick = format!(
            "select id from job
             where ((state = 'queued' and run_at <= $1) or (state = 'running' and leased_until <= $1))
               and ($2 is null or kind = $2)
             order by run_at, id limit 1{}",
            self.tx.skip_locked()
        );
        let picked = fetch_optional!((i64,), self.tx, sqlx::AssertSqlSafe(pick.as_str()), now, kind)?;
        let Some((id,)) = picked else { return Ok(None) };
        let row = fetch_optional!(
            (i64, Option<i64>, String, String),
            self.tx,
            "update job set state = 'running', leased_until = $2, lease = lease + 1, attempts = attempts + 1,
                 outcome = null
             where id = $1 returning lease, tenant, kind, payload",
            id,
            now + LEASE_MICROS,
        )?;
        Ok(row.map(|(lease, tenant, kind, payload)| Claim {
            id: JobId(id),
            lease,
            tenant: tenant.map(TenantId),
            kind,
            payload,
        }))
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

    /// Forgets jobs of a kind that were done before an instant; those that were given up stay.
    pub async fn sweep_jobs(&mut self, kind: &str, before: i64) -> Result<u64> {
        exec!(
            self.tx,
            "delete from job where kind = $1 and state = 'done' and finished_at < $2",
            kind,
            before
        )
    }

    /// Jobs that were given up.
    pub async fn failed_jobs(&mut self) -> Result<i64> {
        Ok(fetch_one!((i64,), self.tx, "select count(*) from job where state = 'failed'")?.0)
    }

    /// When the next job may be claimed: a queued one is due, or the lease of a running one ends.
    pub async fn next_due(&mut self) -> Result<Option<i64>> {
        let (at,) = fetch_one!(
            (Option<i64>,),
            self.tx,
            "select min(case when state = 'queued' then run_at else leased_until end) from job
             where state in ('queued', 'running')",
        )?;
        Ok(at)
    }

    /// The newest jobs of a tenant and kind, newest first.
    pub async fn jobs(&mut self, tenant: TenantId, kind: &str, most: i64) -> Result<Vec<JobView>> {
        let rows = fetch_all!(
            (i64, String, String, String, i64, i64, Option<String>, i64),
            self.tx,
            "select id, kind, payload, state, progress_done, progress_total, outcome, created_at from job
             where tenant = $1 and kind = $2 order by id desc limit $3",
            tenant.0,
            kind,
            most,
        )?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// One job of a tenant.
    pub async fn job(&mut self, tenant: TenantId, id: JobId) -> Result<Option<JobView>> {
        let row = fetch_optional!(
            (i64, String, String, String, i64, i64, Option<String>, i64),
            self.tx,
            "select id, kind, payload, state, progress_done, progress_total, outcome, created_at from job
             where tenant = $1 and id = $2",
            tenant.0,
            id.0,
        )?;
        Ok(row.map(view))
    }
}

type Row = (i64, String, String, String, i64, i64, Option<String>, i64);

fn view((id, kind, payload, state, done, total, outcome, created_at): Row) -> JobView {
    JobView { id: JobId(id), kind, payload, state, done, total, outcome, created_at }
}
