//! What a newer version of a settlement changed: line by line where there are few, else by the sums of their labels.

use crate::{
    error::Result,
    ids::SettlementKey,
    tx::{Scoped, fetch_all, fetch_one},
};

/// What a newer version of a settlement changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Changes {
    /// Line by line.
    Lines(Vec<ChangedLine>),
    /// By label, where there are too many lines to be compared.
    Labels(Vec<ChangedLabel>),
}

/// A label of which two versions of a settlement hold different lines or sums.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedLabel {
    /// How many lines more the newer version has; < 0: fewer.
    pub lines: i64,
    /// transaction-type, amount-type, amount-description.
    pub label: [String; 3],
    /// By how much its sum is larger, in minor units.
    pub amount: i64,
}

/// A line that one version of a settlement has more often than the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedLine {
    /// How often more the newer version has it; < 0: it lost it.
    pub count: i64,
    /// Order id.
    pub order_id: String,
    /// SKU.
    pub sku: String,
    /// transaction-type, amount-type, amount-description.
    pub label: [String; 3],
    /// Amount in minor units.
    pub amount: i64,
}

impl Scoped<'_> {
    /// By what a newer version of a settlement differs from an older one, the largest amounts first. Up to `read` lines
    /// of both together are compared one by one.
    pub async fn changes(
        &mut self,
        older: SettlementKey,
        newer: SettlementKey,
        most: i64,
        read: i64,
    ) -> Result<Changes> {
        let (lines,) = fetch_one!(
            (i64,),
            self.tx,
            "select cast(coalesce(sum(lines), 0) as bigint) from settlement where tenant_id = $1 and id in ($2, $3)",
            self.tenant.0,
            older.0,
            newer.0,
        )?;
        Ok(if lines > read {
            Changes::Labels(self.changed_labels(older, newer, most).await?)
        } else {
            Changes::Lines(self.changed_lines(older, newer, most).await?)
        })
    }

    async fn changed_labels(
        &mut self,
        older: SettlementKey,
        newer: SettlementKey,
        most: i64,
    ) -> Result<Vec<ChangedLabel>> {
        let rows = fetch_all!(
            (i64, String, String, String, i64),
            self.tx,
            "select d.n, b.transaction_type, b.amount_type, b.description, d.amount
             from (select label, cast(sum(case when settlement = $3 then lines else -lines end) as bigint) as n,
                          cast(sum(case when settlement = $3 then amount else -amount end) as bigint) as amount
                   from label_sum where tenant_id = $1 and settlement in ($2, $3) group by label) d
             join label b on b.tenant_id = $1 and b.id = d.label
             where d.n <> 0 or d.amount <> 0 order by abs(d.amount) desc, d.label limit $4",
            self.tenant.0,
            older.0,
            newer.0,
            most,
        )?;
        let label = |(lines, a, b, c, amount): (i64, String, String, String, i64)| ChangedLabel {
            lines,
            label: [a, b, c],
            amount,
        };
        Ok(rows.into_iter().map(label).collect())
    }

    async fn changed_lines(
        &mut self,
        older: SettlementKey,
        newer: SettlementKey,
        most: i64,
    ) -> Result<Vec<ChangedLine>> {
        let rows = fetch_all!(
            (i64, String, Option<String>, String, String, String, i64),
            self.tx,
            "select cast(d.n as bigint), d.order_id, k.name, b.transaction_type, b.amount_type, b.description, d.amount
             from (select order_id, sku, label, amount, sum(case when settlement = $3 then 1 else -1 end) as n
                   from line where tenant_id = $1 and settlement in ($2, $3) and part = 0
                   group by order_id, sku, label, amount) d
             join label b on b.tenant_id = $1 and b.id = d.label
             left join sku k on k.tenant_id = $1 and k.id = d.sku
             where d.n <> 0 order by abs(d.amount) desc, d.order_id, d.label limit $4",
            self.tenant.0,
            older.0,
            newer.0,
            most,
        )?;
        let line = |(count, order_id, sku, a, b, c, amount): (i64, String, Option<String>, _, _, _, i64)| {
            ChangedLine { count, order_id, sku: sku.unwrap_or_default(), label: [a, b, c], amount }
        };
        Ok(rows.into_iter().map(line).collect())
    }
}
