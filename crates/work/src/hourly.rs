//! What comes every hour: clearing up, and the round for mail.

use ecom_store::{MAIL_ROUND_JOB, NewJob, SWEEP_JOB, Schedule, StoreError};

use crate::{clock::micros, worker::Worker};

const HOUR_MICROS: i64 = 3_600_000_000;
/// One that fails so often waits for its next hour.
const MOST_ATTEMPTS: i64 = 3;

impl Worker {
    /// Begins what comes every hour: now, then on each hour. Several processes share one.
    pub async fn begin_hours(&self) -> Result<(), StoreError> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        let mut platform = tx.platform();
        for kind in [SWEEP_JOB, MAIL_ROUND_JOB] {
            let first_at = (now.div_euclid(HOUR_MICROS) + 1) * HOUR_MICROS;
            let (tenant, payload, every) = (None, "", HOUR_MICROS);
            platform.set_schedule(&Schedule { name: kind, tenant, kind, payload, every, first_at }).await?;
            let (run_at, most_attempts) = (now, MOST_ATTEMPTS);
            let at_once = NewJob { tenant, kind, payload, dedupe: Some(kind), run_at, most_attempts };
            platform.enqueue(&at_once, now).await?;
        }
        tx.commit().await
    }
}
