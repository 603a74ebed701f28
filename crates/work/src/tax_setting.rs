//! The job that follows a tax setting: every settlement that it concerns is posted anew, each in its own transaction.
//!
//! A settlement that is right already is left as it is, so a job that died begins again and soon is where it was.

use std::sync::{Arc, atomic::Ordering};

use ecom_store::{Claim, Progress, StoreError, TaxSettingId};

use crate::{
    clock::micros,
    worker::{Failure, Worker},
};

impl Worker {
    pub(crate) async fn follow_tax_setting(&self, claim: &Claim) -> Result<(), Failure> {
        let tenant =
            claim.tenant.ok_or_else(|| Failure::Final("a tax setting without a business".to_owned()))?;
        let id: TaxSettingId =
            claim.payload.parse().map_err(|_| Failure::Final("a job without a tax setting".to_owned()))?;
        let mut tx = self.importer.db.read().await?;
        let settlements = match tx.scoped(tenant).await?.gst_settlements(id).await {
            Err(StoreError::Missing(_)) => return Err(Failure::Final("the tax setting is gone".to_owned())),
            found => found?,
        };
        drop(tx);
        let progress = Progress::default();
        let total = settlements.iter().fold(0_i64, |all, (_, lines)| all.saturating_add(*lines));
        let _running = self.live.begin(claim.id, Arc::clone(&progress), total);
        let mut done = 0_i64;
        for (key, lines) in settlements {
            let mut tx = self.importer.db.write().await?;
            tx.scoped(tenant).await?.repost_gst(key, &self.importer.options).await?;
            done = done.saturating_add(lines);
            // Whoever lost the lease stops here, and what it did last is rolled back.
            tx.platform().progress(claim, done, total, micros(&*self.clock)).await?;
            tx.commit().await?;
            progress.fetch_add(u64::try_from(lines).unwrap_or(0), Ordering::Relaxed);
        }
        Ok(())
    }
}
