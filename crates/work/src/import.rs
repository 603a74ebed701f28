//! The import job: every file inside an upload, one after the other, each in its own transaction with its result.
//!
//! A file that has a result is not imported again, so a job that died goes on where it was.

use std::{path::Path, sync::Arc};

use ecom_ledger::{Refusal, unpack::Package};
use ecom_store::{
    Claim, ImportResult, Incoming, Opener, Outcome, Progress, StoreError, TenantId, UploadId, UploadView,
};

use crate::worker::{Failure, Worker};

/// A file is read three times: to check it, to archive it, to store its lines.
const PASSES: i64 = 3;

impl Worker {
    pub(crate) async fn import(&self, claim: &Claim) -> Result<(), Failure> {
        let tenant = claim.tenant.ok_or_else(|| Failure::Final("an import without a business".to_owned()))?;
        let id: UploadId =
            claim.payload.parse().map_err(|_| Failure::Final("an import without an upload".to_owned()))?;
        let upload = self.upload(tenant, id).await?;
        let path = self.spool.join(&upload.spool);
        match tokio::fs::File::open(&path).await {
            // The job died just before it was finished: the file goes after its last result was written.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !upload.results.is_empty() => {
                return Ok(());
            }
            // A disk that is not there yet is no fault of the file.
            Err(error) => return Err(StoreError::Io(error).into()),
            Ok(_) => {}
        }
        match open(&path, &upload.name).await? {
            Ok(package) => self.members(claim, tenant, &upload, Arc::new(package)).await?,
            Err(refusal) if upload.results.is_empty() => self.refuse(tenant, &upload, &refusal).await?,
            Err(_) => {}
        }
        match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::Io(error).into()),
            _ => Ok(()),
        }
    }

    async fn upload(&self, tenant: TenantId, id: UploadId) -> Result<UploadView, Failure> {
        let mut tx = self.importer.db.read().await?;
        let upload = tx.scoped(tenant).await?.upload(id).await?;
        upload.ok_or_else(|| Failure::Final("the upload is gone".to_owned()))
    }

    async fn members(
        &self,
        claim: &Claim,
        tenant: TenantId,
        upload: &UploadView,
        package: Arc<Package>,
    ) -> Result<(), Failure> {
        let key = self.keys.tenant(tenant).await?;
        let progress = Progress::default();
        let known = package.members().iter().map(|member| member.bytes.unwrap_or(0)).sum::<u64>();
        let bytes = i64::try_from(known).unwrap_or(i64::MAX).max(upload.bytes);
        let _running = self.live.begin(claim.id, Arc::clone(&progress), bytes.saturating_mul(PASSES));
        for (index, member) in package.members().iter().enumerate().skip(upload.results.len()) {
            let package = Arc::clone(&package);
            let open: Opener = Arc::new(move || package.read(index));
            let file = Incoming {
                tenant,
                seller_account: upload.seller_account,
                upload: Some((upload.id, index)),
                name: member.name.clone(),
                open,
                at: upload.uploaded_at,
            };
            self.importer.import(&key, &file, &progress).await?;
        }
        Ok(())
    }

    async fn refuse(&self, tenant: TenantId, upload: &UploadView, refusal: &Refusal) -> Result<(), Failure> {
        let outcome = Outcome::Refused { message: refusal.to_string() };
        let result = ImportResult { name: upload.name.clone(), outcome, notes: Vec::new() };
        let mut tx = self.importer.db.write().await?;
        tx.scoped(tenant).await?.add_result(upload.id, 0, &result).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn open(path: &Path, name: &str) -> Result<Result<Package, Refusal>, Failure> {
    let (path, name) = (path.to_owned(), name.to_owned());
    let opening = tokio::task::spawn_blocking(move || Ok(Package::open(&path)?.named(&name)));
    opening.await.map_err(|_| Failure::Retry("opening the upload stopped unexpectedly".to_owned()))
}
