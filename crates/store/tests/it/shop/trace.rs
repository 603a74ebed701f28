//! What a settlement left in the database, row by row, to be compared.

use ecom_store::{SettlementKey, Tx};
use sqlx::{AssertSqlSafe, query_scalar};

use super::Shop;

/// What a settlement left in a table, row by row as text, without its own key.
async fn rows(tx: &mut Tx, shop: &Shop, key: SettlementKey, table: &str, columns: &str) -> Vec<String> {
    tx.scoped(shop.tenant).await.unwrap();
    let texts: Vec<String> =
        columns.split(' ').map(|column| format!("coalesce(cast({column} as text), '-')")).collect();
    let sql = format!(
        "select '{table} ' || {} from {table} where tenant_id = {} and settlement = {key}",
        texts.join(" || ' ' || "),
        shop.tenant
    );
    let mut rows: Vec<String> = match tx {
        Tx::Sqlite(tx) => query_scalar(AssertSqlSafe(sql)).fetch_all(&mut **tx).await,
        Tx::Postgres(tx) => query_scalar(AssertSqlSafe(sql)).fetch_all(&mut **tx).await,
    }
    .unwrap();
    rows.sort_unstable();
    rows
}

/// All that a settlement left in the database.
pub async fn everything(shop: &Shop, key: SettlementKey) -> Vec<String> {
    let tables = [
        ("line", "line col part posted_at day marketplace order_id sku quantity label account amount"),
        ("order_run", "order_id first_line last_line"),
        ("statement_day", "day account marketplace credit debit estimated lines"),
        ("statement_month", "month account marketplace credit debit estimated lines"),
        ("unit_day", "sku day marketplace month units refunds cost"),
        ("sales_day", "day marketplace month units refunds uncosted cogs"),
        (
            "product_month",
            "sku month marketplace net_sales reimbursements other_income referral closing fulfilment shipping refund_fee \
             other_fees storage services gst_cost advertising deals adjustments finance balance estimated units refunds \
             uncosted cogs",
        ),
        ("label_sum", "label lines amount unclassified unclassified_amount"),
    ];
    let mut tx = shop.importer.db.read().await.unwrap();
    let mut all = Vec::new();
    for (table, columns) in tables {
        let found = rows(&mut tx, shop, key, table, columns).await;
        assert!(!found.is_empty(), "{table}");
        all.extend(found);
    }
    all
}

/// Tells the first difference instead of two lists in full.
pub fn assert_same(left: &[String], right: &[String], what: &str) {
    let only = |these: &[String], those: &[String]| these.iter().find(|row| !those.contains(row)).cloned();
    assert_eq!((only(left, right), only(right, left)), (None, None), "{what}");
    assert_eq!(left.len(), right.len(), "{what}");
}
