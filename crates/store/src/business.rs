//! What a business says about itself: its name, the State that invoices to it are for, its GSTIN.

use ecom_gst::Gstin;

use crate::{
    error::{Result, StoreError, expect_one},
    ids::TenantId,
    tx::{Platform, exec, fetch_all, fetch_optional},
};

/// What a business says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BusinessProfile {
    /// Name.
    pub name: String,
    /// Code of the billing State.
    pub billing_state: String,
    /// GSTIN, checked when it was entered.
    pub gstin: Option<String>,
}

impl Platform<'_> {
    /// All businesses, for work that goes through them one by one.
    pub async fn tenants(&mut self) -> Result<Vec<TenantId>> {
        let rows = fetch_all!((i64,), self.tx, "select id from business order by id")?;
        Ok(rows.into_iter().map(|(id,)| TenantId(id)).collect())
    }

    /// What a business says about itself.
    pub async fn business_profile(&mut self, tenant: TenantId) -> Result<Option<BusinessProfile>> {
        let row = fetch_optional!(
            (String, String, Option<String>),
            self.tx,
            "select name, billing_state, gstin from business where id = $1",
            tenant.0,
        )?;
        Ok(row.map(|(name, billing_state, gstin)| BusinessProfile {
            name,
            billing_state,
            gstin: gstin.filter(|text| !text.is_empty()),
        }))
    }

    /// Changes what a business says about itself. Whether GST on fees is claimed back stays as it is: a tax setting
    /// says so, or what was given at registration.
    pub async fn set_business_profile(&mut self, tenant: TenantId, new: &BusinessProfile) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update business set name = $2, billing_state = $3, gstin = $4 where id = $1",
            tenant.0,
            new.name.as_str(),
            new.billing_state.as_str(),
            new.gstin.as_deref(),
        )?;
        expect_one("business", changed)
    }

    /// The GSTIN that a business gave, if it gave one.
    pub async fn gstin(&mut self, tenant: TenantId) -> Result<Option<Gstin>> {
        let text = self.business_profile(tenant).await?.and_then(|profile| profile.gstin);
        text.map(|text| text.parse().map_err(|_| StoreError::Corrupt("business"))).transpose()
    }
}
