//! Destroying keys: a tenant is marked, then its keys are deleted, then the mark says so. Every step may be repeated.

use super::{Keys, PLATFORM};
use crate::{
    error::{Result, StoreError},
    ids::TenantId,
    tx::{exec, fetch_all},
};

impl Keys {
    /// Destroys the keys of a tenant, also in SQLite's free pages and log. From the first step on they are out of
    /// use. Repeat it after an error, or let [`Self::finish_destroying`] do so; keys that are gone already are none.
    pub async fn destroy(&self, tenant: TenantId, now: i64) -> Result<()> {
        if tenant == PLATFORM {
            return Err(StoreError::Conflict("the keys of the platform itself stay".to_owned()));
        }
        let mut tx = self.db.write().await?;
        exec!(
            &mut tx,
            "insert into destroyed_tenant (tenant, marked_at) values ($1, $2) on conflict (tenant) do nothing",
            tenant.0,
            now,
        )?;
        tx.commit().await?;
        self.finish_one(tenant, now).await
    }

    /// Ends what a process that died had begun; gives whose keys that were.
    pub async fn finish_destroying(&self, now: i64) -> Result<Vec<TenantId>> {
        let mut tx = self.db.read().await?;
        let marked = fetch_all!(
            (i64,),
            &mut tx,
            "select tenant from destroyed_tenant where done_at is null order by tenant"
        )?;
        drop(tx);
        let marked: Vec<TenantId> = marked.into_iter().map(|(tenant,)| TenantId(tenant)).collect();
        for tenant in &marked {
            self.finish_one(*tenant, now).await?;
        }
        Ok(marked)
    }

    async fn finish_one(&self, tenant: TenantId, now: i64) -> Result<()> {
        let mut tx = self.db.write().await?;
        exec!(&mut tx, "delete from tenant_generation where tenant = $1", tenant.0)?;
        tx.commit().await?;
        self.scrub().await?;
        let mut tx = self.db.write().await?;
        exec!(
            &mut tx,
            "update destroyed_tenant set done_at = $2 where tenant = $1 and done_at is null",
            tenant.0,
            now,
        )?;
        tx.commit().await
    }

    /// Deletes keys of tenants that never came to exist, if they are older than `before`.
    pub async fn sweep(&self, tenants: &[TenantId], before: i64) -> Result<usize> {
        let mut tx = self.db.write().await?;
        let stored = fetch_all!(
            (i64,),
            &mut tx,
            "select tenant from tenant_generation where tenant <> 0 group by tenant having max(created_at) < $1",
            before
        )?;
        let orphans: Vec<i64> =
            stored.into_iter().map(|(id,)| id).filter(|id| !tenants.contains(&TenantId(*id))).collect();
        for id in &orphans {
            exec!(&mut tx, "delete from tenant_generation where tenant = $1", *id)?;
        }
        tx.commit().await?;
        if !orphans.is_empty() {
            self.scrub().await?;
        }
        Ok(orphans.len())
    }
}
