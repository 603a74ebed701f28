//! What keys there are: ids and instants, never keys.

use ecom_vault::KeyId;

use super::Keys;
use crate::{db::Db, error::Result, ids::TenantId, tx::fetch_all};

/// A generation of a tenant's key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyGeneration {
    /// Whose it is.
    pub tenant: TenantId,
    /// From 1.
    pub generation: i64,
    /// What values carry that were sealed with it.
    pub id: KeyId,
    /// When it was made.
    pub created_at: i64,
}

/// A generation of the root key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RootGeneration {
    /// From 1.
    pub generation: i64,
    /// When it came into use; unknown of the first.
    pub created_at: Option<i64>,
    /// When it was replaced.
    pub retired_at: Option<i64>,
}

/// Which keys a key store holds, whose root key need not be known: whose, and of which generation.
pub async fn key_generations(db: &Db) -> Result<Vec<(TenantId, i64)>> {
    let mut tx = db.read().await?;
    let rows = fetch_all!(
        (i64, i64),
        &mut tx,
        "select tenant, generation from tenant_generation order by tenant, generation"
    )?;
    Ok(rows.into_iter().map(|(tenant, generation)| (TenantId(tenant), generation)).collect())
}

impl Keys {
    /// All generations of all tenants' keys, oldest first.
    pub async fn generations(&self) -> Result<Vec<KeyGeneration>> {
        let mut tx = self.db.read().await?;
        let rows = fetch_all!(
            (i64, i64, Vec<u8>, i64),
            &mut tx,
            "select tenant, generation, wrapped, created_at from tenant_generation order by tenant, generation"
        )?;
        let view = |(tenant, generation, wrapped, created_at)| {
            let tenant = TenantId(tenant);
            let id = self.unwrapped(tenant, wrapped)?.id();
            Ok(KeyGeneration { tenant, generation, id, created_at })
        };
        rows.into_iter().map(view).collect()
    }

    /// All generations of the root key, oldest first; the last is in use.
    pub async fn roots(&self) -> Result<Vec<RootGeneration>> {
        let mut tx = self.db.read().await?;
        let rows = fetch_all!(
            (i64, Option<i64>, Option<i64>),
            &mut tx,
            "select generation, created_at, retired_at from root_generation order by generation"
        )?;
        let view =
            |(generation, created_at, retired_at)| RootGeneration { generation, created_at, retired_at };
        Ok(rows.into_iter().map(view).collect())
    }

    /// The id of the root key in use.
    pub fn root(&self) -> KeyId {
        self.root.id()
    }
}
