//! The job that follows a rule of a label: lines that are there are posted anew, one settlement a transaction.
//!
//! Each settlement is brought to what the taxonomy says when its turn comes, so a job that died begins again and finds
//! what it did already done; and a rule undone meanwhile is not applied, since its own job comes after.

use std::sync::{Arc, atomic::Ordering};

use ecom_store::{Claim, LabelRuleId, Progress};

use crate::{
    clock::micros,
    worker::{Failure, Worker},
};

impl Worker {
    pub(crate) async fn repost(&self, claim: &Claim) -> Result<(), Failure> {
        let tenant =
            claim.tenant.ok_or_else(|| Failure::Final("posting anew without a business".to_owned()))?;
        let id: LabelRuleId =
            claim.payload.parse().map_err(|_| Failure::Final("posting anew without a rule".to_owned()))?;
        let mut tx = self.importer.db.read().await?;
        let mut books = tx.scoped(tenant).await?;
        let rule =
            books.label_rule(id).await?.ok_or_else(|| Failure::Final("the rule is gone".to_owned()))?;
        let settlements = books.label_settlements(rule.label, rule.rule.from).await?;
        drop(tx);
        let total = i64::try_from(settlements.len()).unwrap_or(i64::MAX);
        let progress = Progress::default();
        let _running = self.live.begin(claim.id, Arc::clone(&progress), total);
        for (done, key) in (1..).zip(settlements) {
            let mut tx = self.importer.db.write().await?;
            tx.scoped(tenant).await?.repost(key, rule.label, &self.importer.options).await?;
            // Whoever lost the lease stops here, and what it did last is rolled back.
            tx.platform().progress(claim, done, total, micros(&*self.clock)).await?;
            tx.commit().await?;
            progress.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
