//! What somebody may have meant who typed the beginning of an order id or a SKU, or a part of a label.

use ecom_ledger::taxonomy::Label;

use crate::{
    error::Result,
    ids::LabelId,
    tx::{Scoped, fetch_one},
};

/// Follows every text that begins with the text before it, in the order of bytes.
const LAST: char = '\u{10FFFF}';

impl Scoped<'_> {
    /// Up to `most` order ids that begin with a text, in their order; the text itself first if it is one.
    pub async fn orders_beginning(&mut self, text: &str, most: usize) -> Result<Vec<String>> {
        self.beginning("order_run", "order_id", text, most).await
    }

    /// Up to `most` SKUs that begin with a text, in their order; the text itself first if it is one.
    pub async fn skus_beginning(&mut self, text: &str, most: usize) -> Result<Vec<String>> {
        self.beginning("sku", "name", text, most).await
    }

    /// From one to the next by the index, however many rows each has: a grouping would read all of them.
    async fn beginning(&mut self, table: &str, column: &str, text: &str, most: usize) -> Result<Vec<String>> {
        let sql = |than: &str| {
            format!(
                "select min({column}) from {table}
                 where tenant_id = $1 and {column} {than} $2 and {column} < $3 and {column} <> ''"
            )
        };
        let (first, further) = (sql(">="), sql(">"));
        let end = format!("{text}{LAST}");
        let mut found: Vec<String> = Vec::new();
        while found.len() < most {
            let (sql, after) = match found.last() {
                None => (&first, text),
                Some(last) => (&further, last.as_str()),
            };
            let sql = sqlx::AssertSqlSafe(sql.as_str());
            let (next,) = fetch_one!((Option<String>,), self.tx, sql, self.tenant.0, after, end.as_str())?;
            match next {
                Some(next) => found.push(next),
                None => break,
            }
        }
        Ok(found)
    }

    /// Labels whose text holds a text, in either case; those that are it letter by letter stand alone.
    pub async fn labels_holding(&mut self, text: &str) -> Result<Vec<(LabelId, Label)>> {
        let mut labels = self.labels().await?;
        if labels.iter().any(|(_, label)| label.to_string() == text) {
            labels.retain(|(_, label)| label.to_string() == text);
        } else {
            let needle = text.to_lowercase();
            labels.retain(|(_, label)| label.to_string().to_lowercase().contains(&needle));
        }
        labels.sort_by_cached_key(|(_, label)| label.to_string());
        Ok(labels.into_iter().map(|(id, label)| (LabelId(id), label)).collect())
    }
}
