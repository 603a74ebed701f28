//! The worker: claims a job that is due, runs it while renewing its lease, writes what came of it.

use std::{
    panic::AssertUnwindSafe,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use ecom_store::{
    Claim, IMPORT_JOB, Importer, Keys, Lane, MAIL_JOB, MAIL_ROUND_JOB, REPOST_JOB, RESEAL_JOB, SHRED_JOB,
    SWEEP_JOB, StoreError, TAX_SETTING_JOB, Trouble,
};
use futures_util::{FutureExt, future::join_all};
use tokio::sync::watch;

use crate::{Bell, Clock, Live, bell::LISTENERS, clock::micros, mail::Mail};

/// How often the worker looks for jobs that another process enqueued, or whose lease ran out.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often a running job's lease is renewed; a third of the lease.
const RENEW_EVERY: Duration = Duration::from_secs(20);

/// The loops of a worker: one for long jobs, since an import uses every core already, two for short ones.
const LANES: [Lane; LISTENERS] = [Lane::Heavy, Lane::Light, Lane::Light];

/// Runs jobs of all tenants.
#[derive(Clone)]
pub struct Worker {
    /// Imports files; holds the database.
    pub importer: Importer,
    /// Tenants' keys.
    pub keys: Keys,
    /// Folder of uploads.
    pub spool: PathBuf,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Rung when a job was enqueued.
    pub bell: Bell,
    /// How far running jobs are.
    pub live: Live,
    /// How mail leaves.
    pub mail: Mail,
}

/// Ends the worker when it turns true.
pub type Stop = watch::Receiver<bool>;

/// Why a job did not end, as [`Trouble::outcome`] writes it.
pub(crate) enum Failure {
    /// Try again later.
    Retry(String),
    /// There is no use in trying again.
    Final(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Retry(Trouble::of(&error).outcome(&error.to_string()))
    }
}

impl Worker {
    /// Works until told to stop. A job that runs then is given back at once and run again at the next start.
    pub async fn run(&self, stop: Stop) {
        let loops = LANES.iter().enumerate();
        join_all(loops.map(|(listener, lane)| self.run_lane(listener, *lane, stop.clone()))).await;
    }

    async fn run_lane(&self, listener: usize, lane: Lane, mut stop: Stop) {
        while !*stop.borrow() {
            match self.work(lane, &mut stop).await {
                Ok(true) => {}
                Ok(false) => self.wait(listener, &mut stop, LOOK_EVERY).await,
                Err(error) => {
                    tracing::warn!(%error, "the worker could not look for jobs");
                    self.wait(listener, &mut stop, LOOK_EVERY).await;
                }
            }
        }
    }

    async fn wait(&self, listener: usize, stop: &mut Stop, most: Duration) {
        tokio::select! {
            () = self.bell.heard(listener) => {}
            _ = stop.changed() => {}
            () = tokio::time::sleep(most) => {}
        }
    }

    /// Runs all jobs that are due: for commands that wait for their end, and for tests.
    pub async fn run_due(&self, stop: &Stop) -> Result<(), StoreError> {
        let mut stop = stop.clone();
        loop {
            let mut worked = false;
            for lane in Lane::ALL {
                worked |= self.work(lane, &mut stop).await?;
            }
            if !worked {
                return Ok(());
            }
        }
    }

    /// Runs all long jobs that are due: for commands, which have no mail server and leave mail to the server's worker.
    pub async fn run_due_heavy(&self, stop: &Stop) -> Result<(), StoreError> {
        let mut stop = stop.clone();
        while self.work(Lane::Heavy, &mut stop).await? {}
        Ok(())
    }

    /// Runs one job; false if none is due.
    async fn work(&self, lane: Lane, stop: &mut Stop) -> Result<bool, StoreError> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        let mut platform = tx.platform();
        if platform.enqueue_due(now).await? > 0 {
            // What was enqueued may belong to another lane.
            self.bell.ring();
        }
        let claim = platform.claim_in(lane, now).await?;
        tx.commit().await?;
        let Some(claim) = claim else { return Ok(false) };
        // A mail that is on its way is seen to its end, for a minute at most: given back, it would go twice.
        let may_stop = claim.kind != MAIL_JOB;
        tokio::select! {
            // On the heap: an import's state is large, and every caller's future would hold it.
            done = caught(Box::pin(self.timed(&claim))) => self.finish(&claim, done).await?,
            () = self.renew(&claim) => tracing::warn!(job = claim.id.0, "the lease of a job was lost"),
            _ = stop.changed(), if may_stop => self.give_back(&claim).await?,
        }
        Ok(true)
    }

    async fn timed(&self, claim: &Claim) -> Result<(), Failure> {
        let began = Instant::now();
        let done = self.handle(claim).await;
        let seconds = began.elapsed().as_secs_f64();
        metrics::histogram!("ecom_job_seconds", "kind" => claim.kind.clone()).record(seconds);
        done
    }

    async fn handle(&self, claim: &Claim) -> Result<(), Failure> {
        match claim.kind.as_str() {
            IMPORT_JOB => self.import(claim).await,
            SWEEP_JOB => self.sweep().await,
            RESEAL_JOB => self.reseal(claim).await,
            SHRED_JOB => self.shred(claim).await,
            REPOST_JOB => self.repost(claim).await,
            TAX_SETTING_JOB => self.follow_tax_setting(claim).await,
            MAIL_JOB => self.mail(claim).await,
            MAIL_ROUND_JOB => self.mail_round().await,
            kind => Err(Failure::Final(format!("no handler for jobs of kind {kind}"))),
        }
    }

    async fn finish(&self, claim: &Claim, done: Result<(), Failure>) -> Result<(), StoreError> {
        let now = micros(&*self.clock);
        let outcome = match &done {
            Ok(()) => "done",
            Err(Failure::Retry(_)) => "retry",
            Err(Failure::Final(_)) => "failed",
        };
        metrics::counter!("ecom_jobs_total", "kind" => claim.kind.clone(), "outcome" => outcome).increment(1);
        let mut tx = self.importer.db.write().await?;
        match done {
            Ok(()) => tx.platform().finish(claim, "", now).await?,
            Err(Failure::Retry(why)) => {
                tracing::warn!(job = claim.id.0, kind = claim.kind, %why, "a job failed and will be tried again");
                tx.platform().fail(claim, &why, true, now).await?;
            }
            Err(Failure::Final(why)) => {
                tracing::error!(job = claim.id.0, kind = claim.kind, %why, "a job failed for good");
                tx.platform().fail(claim, &why, false, now).await?;
            }
        }
        tx.commit().await
    }

    async fn give_back(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut tx = self.importer.db.write().await?;
        tx.platform().give_back(claim).await?;
        tx.commit().await
    }

    /// Renews the lease for as long as it holds. While the import itself holds SQLite's writer this waits with it.
    async fn renew(&self, claim: &Claim) {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            match self.renew_once(claim).await {
                Ok(()) | Err(StoreError::Busy) => {}
                Err(StoreError::Rows { .. }) => return,
                Err(error) => tracing::warn!(%error, job = claim.id.0, "a lease could not be renewed"),
            }
        }
    }

    async fn renew_once(&self, claim: &Claim) -> Result<(), StoreError> {
        let (done, total) = self.live.of(claim.id).unwrap_or((0, 0));
        let mut tx = self.importer.db.write().await?;
        tx.platform().progress(claim, done, total, micros(&*self.clock)).await?;
        tx.commit().await
    }
}

/// A panic in a handler is a failure of its job, not the end of all work. What it held is dropped with it: its
/// transaction is rolled back.
async fn caught(handler: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let handled = AssertUnwindSafe(handler).catch_unwind().await;
    handled.unwrap_or_else(|_| Err(Failure::Retry(Trouble::Broken.outcome("its handler panicked"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_failure_of_its_job() {
        let panics = async { std::hint::black_box(None::<Result<(), Failure>>).unwrap() };
        assert!(matches!(caught(panics).await, Err(Failure::Retry(why)) if why.contains("panicked")));
        assert!(caught(async { Ok(()) }).await.is_ok());
    }
}
