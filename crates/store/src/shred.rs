//! Destroying the keys of a business for good: all that was sealed for it is noise from then on, in old backups too.
//!
//! The business is marked and the job enqueued in one transaction; the job deletes keys, originals and secrets, then
//! says so. Each step may be repeated.

use crate::{
    archive::Archive,
    db::Db,
    error::{Result, StoreError, expect_one},
    ids::TenantId,
    job::{JobView, NewJob},
    keys::Keys,
    tx::{Platform, exec, fetch_optional},
};

/// Kind of the job that destroys; its payload says whose. The job itself is the platform's: those of a business that
/// is not active are cancelled.
pub const SHRED_JOB: &str = "shred";
/// After this many failures somebody must look.
const MOST_ATTEMPTS: i64 = 20;

/// Marks a business and enqueues the destruction of its keys. From the end of this on nobody signs in to it.
pub async fn begin_shredding(db: &Db, tenant: TenantId, now: i64) -> Result<()> {
    let dedupe = job_key(tenant);
    let payload = tenant.to_string();
    let job = NewJob {
        tenant: None,
        kind: SHRED_JOB,
        payload: &payload,
        dedupe: Some(&dedupe),
        run_at: now,
        most_attempts: MOST_ATTEMPTS,
    };
    let mut tx = db.write().await?;
    let marked = exec!(
        &mut tx,
        "update business set state = 'shredding' where id = $1 and state in ('active', 'shredding')",
        tenant.0,
    )?;
    if marked == 0 {
        return Err(StoreError::Missing("business"));
    }
    tx.platform().enqueue(&job, now).await?;
    tx.commit().await
}

fn job_key(tenant: TenantId) -> String {
    format!("{SHRED_JOB}:{tenant}")
}

impl Platform<'_> {
    /// The job that destroys the keys of a business.
    pub async fn shredding(&mut self, tenant: TenantId) -> Result<Option<JobView>> {
        self.job_with_key(&job_key(tenant)).await
    }

    /// The name of a business, so that whoever destroys its keys can be asked for it.
    pub async fn business_name(&mut self, tenant: TenantId) -> Result<String> {
        let row = fetch_optional!((String,), self.tx, "select name from business where id = $1", tenant.0)?;
        row.map(|(name,)| name).ok_or(StoreError::Missing("business"))
    }
}

impl Keys {
    /// Destroys what belongs to the keys of a marked business: keys first, so that nothing opens any more whatever
    /// comes after, then originals and secrets.
    pub async fn shred(&self, db: &Db, archive: &Archive, tenant: TenantId, now: i64) -> Result<()> {
        self.destroy(tenant, now).await?;
        archive.remove_all(tenant).await?;
        let mut tx = db.write().await?;
        tx.scoped(tenant).await?;
        exec!(&mut tx, "delete from secret where tenant_id = $1", tenant.0)?;
        let done = exec!(
            &mut tx,
            "update business set state = 'shredded' where id = $1 and state in ('shredding', 'shredded')",
            tenant.0,
        )?;
        expect_one("business", done)?;
        tx.commit().await
    }
}
