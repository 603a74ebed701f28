//! Accounts at Amazon of a business: each file belongs to one.

use crate::{
    error::{Result, StoreError},
    ids::SellerAccountId,
    tx::{Scoped, exec, fetch_all, fetch_one, fetch_optional},
};

/// An account at Amazon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SellerAccount {
    /// Id.
    pub id: SellerAccountId,
    /// What the business calls it.
    pub name: String,
}

impl Scoped<'_> {
    /// All accounts in the order in which they were added.
    pub async fn seller_accounts(&mut self) -> Result<Vec<SellerAccount>> {
        let rows = fetch_all!(
            (i64, String),
            self.tx,
            "select id, name from seller_account where tenant_id = $1 order by id",
            self.tenant.0,
        )?;
        Ok(rows.into_iter().map(|(id, name)| SellerAccount { id: SellerAccountId(id), name }).collect())
    }

    /// Adds an account. A name that is taken is a `unique_violation`.
    pub async fn add_seller_account(&mut self, name: &str, now: i64) -> Result<SellerAccountId> {
        self.lock().await?;
        let id = self.next_id("seller_account").await?;
        exec!(
            self.tx,
            "insert into seller_account (tenant_id, id, name, created_at) values ($1, $2, $3, $4)",
            self.tenant.0,
            id,
            name.trim(),
            now,
        )?;
        Ok(SellerAccountId(id))
    }

    /// The account of the newest upload.
    pub async fn last_seller_account(&mut self) -> Result<Option<SellerAccountId>> {
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "select seller_account from upload where tenant_id = $1 order by id desc limit 1",
            self.tenant.0,
        )?;
        Ok(row.map(|(id,)| SellerAccountId(id)))
    }

    pub(crate) async fn expect_seller_account(&mut self, id: SellerAccountId) -> Result<()> {
        let (found,) = fetch_one!(
            (i64,),
            self.tx,
            "select count(*) from seller_account where tenant_id = $1 and id = $2",
            self.tenant.0,
            id.0,
        )?;
        if found == 1 { Ok(()) } else { Err(StoreError::Missing("account at Amazon")) }
    }
}
