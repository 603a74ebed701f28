//! The key store: tenant keys, wrapped by the root key, in a database of their own.
//!
//! Creating: key first, then the tenant's row; keys without a tenant are swept. A check value tells a wrong root
//! key at start. Destroying a tenant's key destroys its archives and secrets in every old backup too.

use std::sync::Arc;

use ecom_vault::{Entropy, KeyCheck, RootKey, SystemEntropy, TenantKey, WrappedKey};

use crate::{
    db::Db,
    error::{Result, StoreError},
    ids::TenantId,
    tx::{Tx, exec, fetch_all, fetch_optional},
};

/// The key store.
#[derive(Clone)]
pub struct Keys {
    db: Db,
    root: Arc<RootKey>,
}

impl Keys {
    /// Opens the key store and refuses a root key that is not the one it was made with.
    pub async fn open(db: Db, root: RootKey) -> Result<Self> {
        let mut tx = db.write().await?;
        // Several processes may start together on an empty key store; the first one's value stays.
        let check = root.check().as_bytes().to_vec();
        exec!(
            &mut tx,
            "insert into root_check (id, value) values (1, $1) on conflict (id) do nothing",
            check
        )?;
        verified(&mut tx, &root).await?;
        tx.commit().await?;
        Ok(Self { db, root: Arc::new(root) })
    }

    /// Whether no root key was ever used with this key store.
    pub async fn is_new(db: &Db) -> Result<bool> {
        let mut tx = db.read().await?;
        let stored = fetch_optional!((i64,), &mut tx, "select id from root_check where id = 1")?;
        Ok(stored.is_none())
    }

    /// Refuses a root key that is not the one of this key store.
    pub async fn check(db: &Db, root: &RootKey) -> Result<()> {
        let known = verified(&mut db.read().await?, root).await?;
        if known { Ok(()) } else { Err(StoreError::Missing("check value of the root key")) }
    }

    /// Closes the key database.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Makes and stores the key of a tenant that is about to exist.
    pub async fn create(&self, tenant: TenantId, now: i64) -> Result<()> {
        let mut entropy = SystemEntropy;
        let key = TenantKey::generate(&mut entropy).map_err(|error| StoreError::Setup(error.to_string()))?;
        let wrapped = self.wrap(&mut entropy, tenant, &key)?;
        let mut tx = self.db.write().await?;
        exec!(
            &mut tx,
            "insert into tenant_key (tenant, wrapped, created_at) values ($1, $2, $3) on conflict (tenant) do nothing",
            tenant.0,
            wrapped.as_bytes().to_vec(),
            now,
        )?;
        tx.commit().await
    }

    fn wrap(&self, entropy: &mut dyn Entropy, tenant: TenantId, key: &TenantKey) -> Result<WrappedKey> {
        Ok(self.root.wrap(entropy, tenant.0, key)?)
    }

    /// The key of a tenant. `Missing` if it was destroyed.
    pub async fn tenant(&self, tenant: TenantId) -> Result<TenantKey> {
        let mut tx = self.db.read().await?;
        let row = fetch_optional!(
            (Vec<u8>,),
            &mut tx,
            "select wrapped from tenant_key where tenant = $1",
            tenant.0
        )?;
        let (wrapped,) = row.ok_or(StoreError::Missing("key of the business"))?;
        Ok(self.root.unwrap_key(tenant.0, &WrappedKey::from_bytes(wrapped))?)
    }

    /// Destroys the key of a tenant, also in SQLite's free pages and log. Repeat it after an error; a key that is gone
    /// already is none. On PostgreSQL the old row stays in the files until they are vacuumed.
    pub async fn destroy(&self, tenant: TenantId) -> Result<()> {
        let mut tx = self.db.write().await?;
        exec!(&mut tx, "delete from tenant_key where tenant = $1", tenant.0)?;
        tx.commit().await?;
        if let Db::Sqlite { write, .. } = &self.db {
            let (held_up, _, _): (i64, i64, i64) =
                sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(write).await?;
            if held_up != 0 {
                return Err(StoreError::Busy);
            }
        }
        Ok(())
    }

    /// Deletes keys of tenants that never came to exist, if they are older than `before`.
    pub async fn sweep(&self, tenants: &[TenantId], before: i64) -> Result<usize> {
        let mut tx = self.db.write().await?;
        let stored =
            fetch_all!((i64,), &mut tx, "select tenant from tenant_key where created_at < $1", before)?;
        let orphans: Vec<i64> =
            stored.into_iter().map(|(id,)| id).filter(|id| !tenants.contains(&TenantId(*id))).collect();
        for id in &orphans {
            exec!(&mut tx, "delete from tenant_key where tenant = $1", *id)?;
        }
        tx.commit().await?;
        Ok(orphans.len())
    }
}

/// Whether a check value is stored; an error if it is another root key's.
async fn verified(tx: &mut Tx, root: &RootKey) -> Result<bool> {
    let stored = fetch_optional!((Vec<u8>,), tx, "select value from root_check where id = 1")?;
    let Some((bytes,)) = stored else { return Ok(false) };
    let check: [u8; 32] = bytes.try_into().map_err(|_| StoreError::Corrupt("root_check"))?;
    root.verify(&KeyCheck::from_bytes(check)).map_err(|error| StoreError::Setup(error.to_string()))?;
    Ok(true)
}
