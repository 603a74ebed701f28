//! The products that earn the most and those that earn the least. One pass over two columns of the rollup finds
//! them; only for the few that are found all figures are read.

use std::fmt::Write as _;

use crate::{
    error::Result,
    ids::SkuId,
    stock,
    tx::{Scoped, fetch_all},
};

use super::{MOST_PAGE, ProductFilter, ProductRow, sums::profit_parts};

impl ProductFilter {
    /// Currency and number of the `$6` products with the largest profits, then of those with the smallest; the
    /// third column tells the two apart. Named products only.
    fn extremes(&self) -> String {
        let profit = profit_parts().map(|name| format!("d.{name}")).collect::<Vec<_>>().join(" + ");
        let mut text = format!(
            // Grouping carries every column that it sums, so the profit is added up row by row before.
            "with d as materialized (
               select s.currency, d.sku, {profit} as profit
               from settlement s join product_month d on d.tenant_id = s.tenant_id and d.settlement = s.id
               where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $4 and s.first_day <= $5
                 and d.month between $2 and $3 and d.sku <> 0 {}),
             a as (select sku, currency, cast(sum(profit) as bigint) as profit from d group by sku, currency",
            self.narrow("d"),
        );
        if self.seller_account.is_none() {
            let _ = write!(
                text,
                " union all
                 select e.sku, e.currency, cast(sum({}) as bigint) as profit from stock_event e
                 where e.tenant_id = $1 and e.month between $2 and $3 {} group by e.sku, e.currency",
                stock::PROFIT_SUM,
                stock::narrow(self.currency, self.marketplace)
            );
        }
        text.push_str(
            "), q as (select sku, currency, cast(sum(profit) as bigint) as profit from a group by sku, currency)
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
        let best = found.iter().filter(|(.., side)| *side == 0).count();
        let places: Vec<(String, SkuId)> =
            found.into_iter().map(|(currency, sku, _)| (currency, SkuId(sku))).collect();
        let mut best_rows = self.product_rows(filter, &places).await?;
        let mut worst = best_rows.split_off(best);
        worst.retain(|row| !best_rows.contains(row));
        best_rows.sort_by_key(|row| (std::cmp::Reverse(row.profit), row.sku));
        worst.sort_by_key(|row| (row.profit, row.sku));
        Ok((best_rows, worst))
    }
}
