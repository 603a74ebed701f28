//! Clears what a killed process left behind: uploads that belong to no open job, originals that no file needs.

use std::{collections::HashSet, io::ErrorKind, time::Duration};

use ecom_store::StoreError;
use jiff::Timestamp;

use crate::{
    clock::micros,
    worker::{Failure, Worker},
};

/// A file in the spool folder this young may belong to an upload that is still coming in.
const UPLOAD_MOST: Duration = Duration::from_hours(24);

impl Worker {
    /// Clears up: what has ended, and what killed processes left.
    pub(crate) async fn sweep(&self) -> Result<(), Failure> {
        let now = micros(&*self.clock);
        let mut tx = self.importer.db.write().await?;
        tx.platform().sweep_sessions(now).await?;
        tx.platform().sweep_tokens(now).await?;
        tx.platform().sweep_login_failures(now).await?;
        tx.platform().sweep_devices(now).await?;
        tx.platform().sweep_jobs(now).await?;
        tx.commit().await?;
        self.close_assignments().await?;
        let removed = self.sweep_spool().await? + self.sweep_archive().await?;
        if removed > 0 {
            tracing::info!(removed, "removed uploads and originals that nothing needs any more");
        }
        Ok(())
    }

    /// Removes originals that killed imports left in the archive; gives their number.
    pub async fn sweep_archive(&self) -> Result<usize, StoreError> {
        let before = self.clock.now().saturating_sub(UPLOAD_MOST).unwrap_or(Timestamp::MIN);
        let mut tx = self.importer.db.read().await?;
        let mut removed = 0;
        for tenant in tx.platform().tenants().await? {
            removed += self.importer.archive.sweep(&mut tx.scoped(tenant).await?, before).await?;
        }
        Ok(removed)
    }

    /// Removes files of the spool folder that no open job needs; gives their number.
    pub async fn sweep_spool(&self) -> Result<usize, StoreError> {
        let mut needed = HashSet::new();
        let mut tx = self.importer.db.read().await?;
        for tenant in tx.platform().tenants().await? {
            needed.extend(tx.scoped(tenant).await?.spooled().await?);
        }
        drop(tx);
        let mut entries = match tokio::fs::read_dir(&self.spool).await {
            Ok(entries) => entries,
            // Without the folder there is nothing in it.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut removed = 0;
        while let Some(entry) = entries.next_entry().await? {
            let kept = entry.file_name().to_str().is_some_and(|name| needed.contains(name));
            let age = entry.metadata().await?.modified()?.elapsed().unwrap_or_default();
            if !kept && age > UPLOAD_MOST {
                tokio::fs::remove_file(entry.path()).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
