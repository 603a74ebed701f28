//! How far running jobs are, in memory: SQLite's one writer is busy with the import itself, so its row cannot say.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use ecom_store::{JobId, Progress};

/// Progress of the jobs that run in this process.
#[derive(Clone, Default, Debug)]
pub struct Live(Arc<Mutex<HashMap<JobId, (Progress, i64)>>>);

impl Live {
    /// Steps done and in all, if the job runs here. At most as many as there are.
    pub fn of(&self, job: JobId) -> Option<(i64, i64)> {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(&job).map(|(done, total)| {
            (i64::try_from(done.load(Ordering::Relaxed)).unwrap_or(i64::MAX).min(*total), *total)
        })
    }

    pub(crate) fn begin(&self, job: JobId, progress: Progress, total: i64) -> Running<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(job, (progress, total));
        Running { live: self, job }
    }
}

/// Forgets the job when dropped, however it ended.
pub(crate) struct Running<'a> {
    live: &'a Live,
    job: JobId,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.live.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.job);
    }
}
