//! A tenant's dictionaries: SKUs, marketplaces and labels have one number each in all its files.

use rustc_hash::FxHashMap;

use ecom_ledger::{settlement::Names, taxonomy::Label};

use crate::{
    bulk::{self, Column},
    error::Result,
    ids::MarketplaceId,
    tx::{Scoped, fetch_all},
};

/// From places in a report's names to a tenant's numbers.
pub(crate) struct TenantNames {
    pub(crate) skus: Vec<i64>,
    pub(crate) marketplaces: Vec<i64>,
    pub(crate) labels: Vec<i64>,
}

impl TenantNames {
    pub(crate) fn sku(&self, at: u32) -> i64 {
        self.skus.get(at as usize).copied().unwrap_or(0)
    }

    pub(crate) fn marketplace(&self, at: u32) -> i64 {
        self.marketplaces.get(at as usize).copied().unwrap_or(0)
    }

    pub(crate) fn label(&self, at: u32) -> i64 {
        self.labels.get(at as usize).copied().unwrap_or(0)
    }
}

impl Scoped<'_> {
    /// The numbers of a report's names; new names get new numbers. Only under [`Self::lock`].
    pub(crate) async fn number_names(&mut self, names: &Names) -> Result<TenantNames> {
        Ok(TenantNames {
            skus: self.number_texts("sku", &names.skus).await?,
            marketplaces: self.number_texts("marketplace", &names.marketplaces).await?,
            labels: self.number_labels(&names.labels).await?,
        })
    }

    /// The empty text is 0 and in no table.
    pub(crate) async fn number_texts(&mut self, table: &str, texts: &[String]) -> Result<Vec<i64>> {
        let sql = format!("select id, name from {table} where tenant_id = $1");
        let rows = fetch_all!((i64, String), self.tx, sqlx::AssertSqlSafe(sql.as_str()), self.tenant.0)?;
        let mut next = rows.iter().map(|(id, _)| *id).max().unwrap_or(0) + 1;
        // Files and cost sheets spell marketplaces in either case; a SKU's case is part of it.
        let key = |name: &str| if table == "marketplace" { name.to_lowercase() } else { name.to_owned() };
        let mut known: FxHashMap<String, i64> = rows.into_iter().map(|(id, name)| (key(&name), id)).collect();
        known.insert(String::new(), 0);
        let (mut ids, mut new) = (Vec::with_capacity(texts.len()), Vec::new());
        for text in texts {
            let id = *known.entry(key(text)).or_insert_with(|| {
                new.push((next, text.clone()));
                next += 1;
                next - 1
            });
            ids.push(id);
        }
        let columns = [
            ("tenant_id", Column::Int(vec![self.tenant.0; new.len()])),
            ("id", Column::Int(new.iter().map(|(id, _)| *id).collect())),
            ("name", Column::Text(new.into_iter().map(|(_, name)| name).collect())),
        ];
        bulk::insert(self.tx, table, &columns).await?;
        Ok(ids)
    }

    async fn number_labels(&mut self, labels: &[Label]) -> Result<Vec<i64>> {
        let known = self.labels().await?;
        let mut next = known.iter().map(|(id, _)| *id).max().unwrap_or(0) + 1;
        let mut known: FxHashMap<Label, i64> = known.into_iter().map(|(id, label)| (label, id)).collect();
        let (mut ids, mut new) = (Vec::with_capacity(labels.len()), Vec::new());
        for label in labels {
            let id = *known.entry(label.clone()).or_insert_with(|| {
                new.push((next, label));
                next += 1;
                next - 1
            });
            ids.push(id);
        }
        let each = |part: fn(&Label) -> &String| {
            Column::Text(new.iter().map(|(_, label)| part(label).clone()).collect())
        };
        let columns = [
            ("tenant_id", Column::Int(vec![self.tenant.0; new.len()])),
            ("id", Column::Int(new.iter().map(|(id, _)| *id).collect())),
            ("transaction_type", each(|label| &label.transaction_type)),
            ("amount_type", each(|label| &label.amount_type)),
            ("description", each(|label| &label.description)),
        ];
        bulk::insert(self.tx, "label", &columns).await?;
        Ok(ids)
    }

    pub(crate) async fn labels(&mut self) -> Result<Vec<(i64, Label)>> {
        let rows = fetch_all!(
            (i64, String, String, String),
            self.tx,
            "select id, transaction_type, amount_type, description from label where tenant_id = $1",
            self.tenant.0,
        )?;
        let label = |(id, transaction_type, amount_type, description)| {
            (id, Label { transaction_type, amount_type, description })
        };
        Ok(rows.into_iter().map(label).collect())
    }

    /// Marketplaces of the tenant's files, by name.
    pub async fn marketplaces(&mut self) -> Result<Vec<(MarketplaceId, String)>> {
        let rows = fetch_all!(
            (i64, String),
            self.tx,
            "select id, name from marketplace where tenant_id = $1 order by name",
            self.tenant.0,
        )?;
        Ok(rows.into_iter().map(|(id, name)| (MarketplaceId(id), name)).collect())
    }
}
