//! Replacing keys: the root key at once, a tenant's by a further generation.

use std::sync::Arc;

use ecom_vault::{RootKey, SystemEntropy};

use super::{Keys, RootFit, fit, wrapped};
use crate::{
    error::{Result, StoreError, expect_one},
    ids::TenantId,
    tx::{exec, fetch_all, fetch_one},
};

impl Keys {
    /// Wraps every key anew with another root key, in one transaction, and gives the key store opened with that one
    /// and how many keys it holds. [`Self::clear_log`] then clears SQLite's files of what the old root key wrapped.
    pub async fn rotate_root(&self, new: RootKey, now: i64) -> Result<(Self, usize)> {
        let mut tx = self.write().await?;
        if fit(&mut tx, &new).await? != RootFit::Unknown {
            return Err(StoreError::Conflict(
                "the new root key was in use before; a rotation needs another one".to_owned(),
            ));
        }
        let rows = fetch_all!(
            (i64, i64, Vec<u8>),
            &mut tx,
            "select tenant, generation, wrapped from tenant_generation order by tenant, generation"
        )?;
        let count = rows.len();
        for (tenant, generation, old) in rows {
            let key = self.unwrapped(TenantId(tenant), old)?;
            let changed = exec!(
                &mut tx,
                "update tenant_generation set wrapped = $3 where tenant = $1 and generation = $2",
                tenant,
                generation,
                wrapped(&new, &mut SystemEntropy, TenantId(tenant), &key)?,
            )?;
            expect_one("tenant_generation", changed)?;
        }
        let retired =
            exec!(&mut tx, "update root_generation set retired_at = $1 where retired_at is null", now)?;
        expect_one("root_generation", retired)?;
        exec!(
            &mut tx,
            "insert into root_generation (generation, proof, created_at)
             select max(generation) + 1, $1, $2 from root_generation",
            new.check().as_bytes().to_vec(),
            now,
        )?;
        tx.commit().await?;
        let rotated = Self { db: self.db.clone(), root: Arc::new(new) };
        Ok((rotated, count))
    }

    /// Clears what a rotation of the root key left in SQLite's log. `Busy` while somebody reads it; repeat it then.
    pub async fn clear_log(&self) -> Result<()> {
        self.scrub().await
    }

    /// Adds a generation to the keys of a tenant, which seals from now on; gives its number. The older ones open what
    /// they sealed until [`Self::retire`].
    pub async fn rotate(&self, tenant: TenantId, now: i64) -> Result<i64> {
        let mut tx = self.write().await?;
        let (newest,) = fetch_one!(
            (Option<i64>,),
            &mut tx,
            "select max(generation) from tenant_generation where tenant = $1
             and not exists (select 1 from destroyed_tenant d where d.tenant = $1)",
            tenant.0
        )?;
        let generation = newest.ok_or(StoreError::Missing("key of the business"))? + 1;
        self.insert(&mut tx, tenant, generation, now).await?;
        tx.commit().await?;
        Ok(generation)
    }

    /// Destroys the generations of a tenant's key before one, which must be there. Only when nothing needs them any
    /// more; repeat it after an error.
    pub async fn retire(&self, tenant: TenantId, before: i64) -> Result<()> {
        let mut tx = self.db.write().await?;
        exec!(
            &mut tx,
            "delete from tenant_generation where tenant = $1 and generation < $2
             and exists (select 1 from tenant_generation n where n.tenant = $1 and n.generation >= $2)",
            tenant.0,
            before,
        )?;
        tx.commit().await?;
        self.scrub().await
    }

    /// Tenants whose keys have several generations: rotations that have not ended, with the newest generation.
    pub async fn rotating(&self) -> Result<Vec<(TenantId, i64)>> {
        let mut tx = self.db.read().await?;
        let rows = fetch_all!(
            (i64, i64),
            &mut tx,
            "select tenant, max(generation) from tenant_generation
             group by tenant having count(*) > 1 order by tenant"
        )?;
        Ok(rows.into_iter().map(|(tenant, generation)| (TenantId(tenant), generation)).collect())
    }
}
