//! The products that earn the most and those that earn the least. One pass over two columns of the rollup finds
//! them; only for the few that are found all figures are read.

use std::fmt::Write as _;

use ecom_ledger::Currency;

use crate::{
    error::{Result, StoreError},
    ids::SkuId,
    stock::{self, STOCK_SUMS},
    tx::{Scoped, fetch_all},
};

use super::{
    MOST_PAGE, ProductFilter, ProductRow,
    sums::{Scope, profit_parts},
};

impl ProductFilter {
    /// Currency and number of the `$6` products with the largest profits, then of those with the smallest; the
    /// third column tells the two apart. Named products only.
    fn extremes(&self) -> String {
        let profit = profit_parts().map(|name| format!("d.{name}")).collect::<Vec<_>>().join(" + ");
        let mut text = format!(
            "with a as (
               select s.currency, d.sku, cast(sum({profit}) as bigint) as profit
               from settlement s join product_month d on d.tenant_id = s.tenant_id and d.settlement = s.id
               where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $4 and s.first_day <= $5
                 and d.month between $2 and $3 and d.sku <> 0 {}
               group by s.currency, d.sku",
            self.narrow("d"),
        );
        if self.seller_account.is_none() {
            let sums = STOCK_SUMS.iter().filter(|(name, _)| ["cogs", "inventory_loss"].contains(name));
            let sum = sums.map(|(_, sum)| format!("({sum})")).collect::<Vec<_>>().join(" + ");
            let _ = write!(
                text,
                " union all
                 select e.currency, e.sku, cast(sum({sum}) as bigint) as profit from stock_event e
                 where e.tenant_id = $1 and e.month between $2 and $3 {} group by e.currency, e.sku",
                stock::narrow(self.currency, self.marketplace)
            );
        }
        text.push_str(
            "), q as (select currency, sku, cast(sum(profit) as bigint) as profit from a group by currency, sku)
             select currency, sku, cast(0 as bigint)
             from (select currency, sku from q order by profit desc, sku, currency limit $6) best
             union all
             select currency, sku, cast(1 as bigint)
             from (select currency, sku from q order by profit, sku, currency limit $6) worst",
        );
        text
    }
}

impl Scoped<'_> {
    /// The products with the largest and with the smallest profit, up to `most` of each and none in both lists. The
    /// filter's text, kind, order and page don't count.
    pub async fn best_and_worst(
        &mut self,
        filter: &ProductFilter,
        most: i64,
    ) -> Result<(Vec<ProductRow>, Vec<ProductRow>)> {
        let most = most.clamp(1, MOST_PAGE / 2);
        let text = filter.extremes();
        let found = fetch_all!(
            (String, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from.0),
            i64::from(filter.to.0),
            i64::from(filter.from.first_day()),
            i64::from(filter.to.last_day()),
            most,
        )?;
        let skus: Vec<SkuId> = found.iter().map(|(_, sku, _)| SkuId(*sku)).collect();
        if skus.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let plain = ProductFilter { text: String::new(), kind: None, ..filter.clone() };
        let (rows, _) = self.product_page(&plain, Scope::Only(&skus), 1, i64::MAX).await?;
        let mut lists = (Vec::new(), Vec::new());
        for (currency, sku, side) in found {
            let currency = Currency::parse(&currency).map_err(|_| StoreError::Corrupt("settlement"))?;
            let is = |row: &&ProductRow| (row.sku, row.currency) == (SkuId(sku), currency);
            let row = rows.iter().find(is).ok_or(StoreError::Corrupt("product_month"))?;
            if side == 0 {
                lists.0.push(row.clone());
            } else if !lists.0.contains(row) {
                lists.1.push(row.clone());
            }
        }
        lists.0.sort_by_key(|row| (std::cmp::Reverse(row.profit), row.sku));
        lists.1.sort_by_key(|row| (row.profit, row.sku));
        Ok(lists)
    }
}
