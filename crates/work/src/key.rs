//! Jobs of keys: sealing anew after a rotation, and destroying the keys of a business. Both may run twice, and go on
//! where a process died.

use std::sync::{Arc, atomic::Ordering};

use ecom_store::{
    Claim, Importer, PLATFORM, Progress, Replaced, Resealed, StoreError, TenantId, reseal_column,
    resume_rotations, sealed_columns,
};
use ecom_vault::KeyRing;

use crate::{
    clock::micros,
    worker::{Failure, Worker},
};

/// A key this young may belong to a business that is just being registered: 24 h.
const ORPHAN_MICROS: i64 = 24 * 3_600_000_000;

impl Worker {
    /// Takes up what a process that died left undone: rotations without a job, keys half destroyed, keys of businesses
    /// that never came to be.
    pub async fn resume_keys(&self) -> Result<(), StoreError> {
        let now = micros(&*self.clock);
        let begun = resume_rotations(&self.importer.db, &self.keys, now).await?;
        let destroyed = self.keys.finish_destroying(now).await?.len();
        let swept = self.sweep_keys(now).await?;
        if begun + destroyed + swept > 0 {
            tracing::info!(begun, destroyed, swept, "took up rotations and destructions of keys");
        }
        Ok(())
    }

    /// A key store may stand beside an older copy of the database, or an empty one, while somebody restores a backup:
    /// then nothing is swept, nor is any key that originals need.
    async fn sweep_keys(&self, now: i64) -> Result<usize, StoreError> {
        let mut needed = self.importer.db.read().await?.platform().tenants().await?;
        if needed.is_empty() {
            return Ok(0);
        }
        needed.extend(self.importer.archive.owners().await?);
        self.keys.sweep(&needed, now - ORPHAN_MICROS).await
    }

    /// Seals anew whatever an older generation of a key has sealed, then destroys the older generations.
    pub(crate) async fn reseal(&self, claim: &Claim) -> Result<(), Failure> {
        let number = claim.payload.parse().map_err(|_| Failure::Final("a rotation of no keys".to_owned()))?;
        let tenant = TenantId(number);
        let ring = match self.keys.tenant(tenant).await {
            // Destroyed meanwhile: there is nothing left to seal.
            Err(StoreError::Missing(_)) => return Ok(()),
            found => found?,
        };
        if ring.generations().count() == 1 {
            return Ok(());
        }
        let progress = Progress::default();
        let files = if tenant == PLATFORM { Vec::new() } else { self.stale(&ring).await? };
        let total = files.iter().fold(0_i64, |sum, file| sum.saturating_add(file.bytes));
        let _running = self.live.begin(claim.id, Arc::clone(&progress), total);
        let mut failures = Vec::new();
        for column in sealed_columns(tenant) {
            if let Err(error) = reseal_column(&self.importer.db, &ring, column).await {
                failures.push(error.to_string());
            }
        }
        let mut old = None;
        for stale in files {
            let done = self.importer.archive.reseal(&self.importer.db, &ring, stale.file, &progress).await;
            match done {
                Ok(Resealed::Replaced(replaced)) => {
                    // One file later: a page that is just reading the old object gets to its end.
                    forget(&self.importer, old.replace(replaced)).await?;
                }
                Ok(Resealed::Fresh) => {}
                Err(error) => failures.push(format!("file {}: {error}", stale.file)),
            }
        }
        forget(&self.importer, old).await?;
        if !failures.is_empty() {
            return Err(Failure::Retry(told(&failures)));
        }
        self.keys.retire_all(&self.importer.db, &ring).await?;
        tracing::info!(%tenant, generation = ring.generation(), bytes = progress.load(Ordering::Relaxed), "keys replaced");
        Ok(())
    }

    async fn stale(&self, ring: &KeyRing) -> Result<Vec<ecom_store::StaleFile>, StoreError> {
        let mut tx = self.importer.db.read().await?;
        tx.scoped(TenantId(ring.tenant())).await?.stale_files(ring.generation()).await
    }

    /// Destroys the keys of a business that was marked for it.
    pub(crate) async fn shred(&self, claim: &Claim) -> Result<(), Failure> {
        let number = claim.payload.parse();
        let tenant = number
            .map(TenantId)
            .map_err(|_| Failure::Final("a destruction of the keys of no business".to_owned()))?;
        let now = micros(&*self.clock);
        self.keys.shred(&self.importer.db, &self.importer.archive, tenant, now).await?;
        tracing::info!(%tenant, "keys destroyed");
        Ok(())
    }
}

async fn forget(importer: &Importer, replaced: Option<Replaced>) -> Result<(), StoreError> {
    match replaced {
        Some(replaced) => importer.archive.forget(replaced).await,
        None => Ok(()),
    }
}

/// The first few of many failures: the reason is mostly one.
fn told(failures: &[String]) -> String {
    const SHOWN: usize = 3;
    let words = failures.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    match failures.len().saturating_sub(SHOWN) {
        0 => words,
        more => format!("{words}; and {more} more"),
    }
}
