//! The key store: tenants' keys, wrapped by the root key, in a database of their own.
//!
//! Creating: key first, then the tenant's row; keys without a tenant are swept. A check value tells a wrong root
//! key at start. Whatever wraps a key first takes the root key's row, so that no key is ever left wrapped by a root
//! key that was replaced meanwhile. Destroying a tenant's keys destroys its archives and secrets in every old backup
//! too.

mod destroy;
mod list;
mod rotate;

use std::sync::Arc;

use ecom_vault::{
    Entropy, KeyCheck, KeyRing, RootKey, SystemEntropy, TenantKey, VaultError, WrappedKey, WrongRootKey,
};

pub use list::{KeyGeneration, RootGeneration, key_generations};

use crate::{
    db::Db,
    error::{Result, StoreError},
    ids::TenantId,
    tx::{Tx, exec, fetch_all, fetch_optional},
};

/// Whose keys seal what belongs to no business, such as second factors of people.
pub const PLATFORM: TenantId = TenantId(0);

/// The key store.
#[derive(Clone)]
pub struct Keys {
    db: Db,
    root: Arc<RootKey>,
}

/// What a root key is to a key store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RootFit {
    /// No root key was ever used with it.
    New,
    /// It is the one in use.
    Current,
    /// It was replaced by another one.
    Replaced,
    /// It was never used with it.
    Unknown,
}

impl Keys {
    /// Opens the key store and refuses a root key that is not the one it was made with.
    pub async fn open(db: Db, root: RootKey) -> Result<Self> {
        let mut tx = db.write().await?;
        // Several processes may start together on an empty key store; the first one's value stays.
        exec!(
            &mut tx,
            "insert into root_generation (generation, proof) values (1, $1) on conflict (generation) do nothing",
            root.check().as_bytes().to_vec(),
        )?;
        fit(&mut tx, &root).await?.accept()?;
        tx.commit().await?;
        Ok(Self { db, root: Arc::new(root) })
    }

    /// Whether no root key was ever used with this key store.
    pub async fn is_new(db: &Db) -> Result<bool> {
        let mut tx = db.read().await?;
        Ok(fetch_optional!((i64,), &mut tx, "select generation from root_generation limit 1")?.is_none())
    }

    /// What a root key is to this key store.
    pub async fn fit(db: &Db, root: &RootKey) -> Result<RootFit> {
        fit(&mut db.read().await?, root).await
    }

    /// Refuses a root key that is not the one of this key store.
    pub async fn check(db: &Db, root: &RootKey) -> Result<()> {
        Self::fit(db, root).await?.accept()
    }

    /// Closes the key database.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Makes and stores the key of a tenant that is about to exist. One that has a key keeps it; one whose keys were
    /// destroyed gets none again.
    pub async fn create(&self, tenant: TenantId, now: i64) -> Result<()> {
        let mut tx = self.write().await?;
        let destroyed = fetch_optional!(
            (i64,),
            &mut tx,
            "select tenant from destroyed_tenant where tenant = $1",
            tenant.0
        )?;
        if destroyed.is_some() {
            return Err(StoreError::Conflict("the keys of this business were destroyed".to_owned()));
        }
        let found = fetch_optional!(
            (i64,),
            &mut tx,
            "select generation from tenant_generation where tenant = $1 limit 1",
            tenant.0
        )?;
        if found.is_none() {
            self.insert(&mut tx, tenant, 1, now).await?;
        }
        tx.commit().await
    }

    /// The keys of a tenant. `Missing` if they were destroyed.
    pub async fn tenant(&self, tenant: TenantId) -> Result<KeyRing> {
        let mut tx = self.db.read().await?;
        let rows = fetch_all!(
            (i64, Vec<u8>),
            &mut tx,
            "select generation, wrapped from tenant_generation where tenant = $1
             and not exists (select 1 from destroyed_tenant d where d.tenant = $1)",
            tenant.0
        )?;
        let keys = rows
            .into_iter()
            .map(|(generation, wrapped)| self.unwrapped(tenant, wrapped).map(|key| (generation, key)));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        KeyRing::new(tenant.0, keys).ok_or(StoreError::Missing("key of the business"))
    }

    /// The keys for what belongs to no business, made when they are first asked for.
    pub async fn platform(&self, now: i64) -> Result<KeyRing> {
        match self.tenant(PLATFORM).await {
            Err(StoreError::Missing(_)) => {
                self.create(PLATFORM, now).await?;
                self.tenant(PLATFORM).await
            }
            found => found,
        }
    }

    /// A transaction for wrapping keys: whoever replaces the root key waits for its end, or this for theirs.
    async fn write(&self) -> Result<Tx> {
        let mut tx = self.db.write().await?;
        let held = exec!(
            &mut tx,
            "update root_generation set proof = $1 where proof = $1 and retired_at is null",
            self.root.check().as_bytes().to_vec(),
        )?;
        if held == 1 { Ok(tx) } else { Err(replaced()) }
    }

    async fn insert(&self, tx: &mut Tx, tenant: TenantId, generation: i64, now: i64) -> Result<()> {
        let mut entropy = SystemEntropy;
        let key = TenantKey::generate(&mut entropy).map_err(|error| StoreError::Setup(error.to_string()))?;
        let wrapped = wrapped(&self.root, &mut entropy, tenant, &key)?;
        exec!(
            tx,
            "insert into tenant_generation (tenant, generation, wrapped, created_at) values ($1, $2, $3, $4)",
            tenant.0,
            generation,
            wrapped,
            now,
        )
        .map(drop)
    }

    fn unwrapped(&self, tenant: TenantId, wrapped: Vec<u8>) -> Result<TenantKey> {
        match self.root.unwrap_key(tenant.0, &WrappedKey::from_bytes(wrapped)) {
            Err(VaultError::OtherKey { .. }) => Err(replaced()),
            unwrapped => Ok(unwrapped?),
        }
    }

    /// Clears SQLite's log, where deleted rows would stay. On PostgreSQL they stay in the files until they are
    /// vacuumed. `Busy` while somebody reads what was deleted.
    async fn scrub(&self) -> Result<()> {
        let Db::Sqlite { write, .. } = &self.db else { return Ok(()) };
        let (held_up, _, _): (i64, i64, i64) =
            sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(write).await?;
        if held_up == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }
}

impl RootFit {
    /// Refuses every root key but the one in use.
    fn accept(self) -> Result<()> {
        match self {
            Self::Current => Ok(()),
            Self::New => Err(StoreError::Missing("check value of the root key")),
            Self::Unknown => Err(StoreError::Setup(WrongRootKey.to_string())),
            Self::Replaced => Err(StoreError::Setup(
                "this root key was replaced by a newer one; use that, this one opens older backups of the keys only"
                    .to_owned(),
            )),
        }
    }
}

fn wrapped(root: &RootKey, entropy: &mut dyn Entropy, tenant: TenantId, key: &TenantKey) -> Result<Vec<u8>> {
    Ok(root.wrap(entropy, tenant.0, key)?.as_bytes().to_vec())
}

fn replaced() -> StoreError {
    StoreError::Setup("the root key was replaced while this program ran; start it again".to_owned())
}

async fn fit(tx: &mut Tx, root: &RootKey) -> Result<RootFit> {
    let rows = fetch_all!((Vec<u8>, Option<i64>), tx, "select proof, retired_at from root_generation")?;
    let mut fit = if rows.is_empty() { RootFit::New } else { RootFit::Unknown };
    for (bytes, retired) in rows {
        let proof: [u8; 32] = bytes.try_into().map_err(|_| StoreError::Corrupt("root_generation"))?;
        if root.verify(&KeyCheck::from_bytes(proof)).is_ok() {
            fit = if retired.is_none() { RootFit::Current } else { RootFit::Replaced };
        }
    }
    Ok(fit)
}
