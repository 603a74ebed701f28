//! Which products are on a page, and in which order. Of all products only the columns that decide it are summed; all
//! figures are read for those of the page alone.

use std::fmt::Write as _;

use ecom_ledger::Currency;

use crate::{
    error::{Result, StoreError},
    ids::SkuId,
    stock,
    tx::{Scoped, fetch_all},
};

use super::{
    ProductColumn, ProductFilter, ProductKind, ProductRow,
    sums::{fee_parts, profit_parts, stock_sum},
};

impl ProductFilter {
    /// Names of the sums that order and kind ask for, each once.
    fn deciding(&self) -> Vec<&'static str> {
        let known = ["uncosted", "unvalued"];
        let mut names = match self.sort {
            ProductColumn::Sku => vec![],
            ProductColumn::RefundShare => vec!["refunds", "units"],
            ProductColumn::FeesPerUnit => vec!["fees", "units"],
            ProductColumn::Margin => vec!["profit", "net_sales"],
            ProductColumn::Roi => vec!["profit", "cogs"],
            ProductColumn::BreakEven => vec!["profit", "advertising", "net_sales"],
            other => vec![other.name()],
        };
        if matches!(self.sort, ProductColumn::Margin | ProductColumn::Roi | ProductColumn::BreakEven) {
            names.extend(known);
        }
        match self.kind {
            None => {}
            Some(ProductKind::Loss) => names.push("profit"),
            Some(ProductKind::Uncosted) => names.extend(known),
            Some(ProductKind::Unsold) => names.push("units"),
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Currency and number of the products of a page, and how many there are in all. `$6` is the text, `$7` and `$8`
    /// are the page.
    fn ordered(&self) -> String {
        let names = self.deciding();
        let each = |sum: &dyn Fn(&'static str) -> String| {
            names.iter().fold(String::new(), |text, name| text + ", " + &sum(name))
        };
        let wanted = match self.kind {
            None => "",
            Some(ProductKind::Loss) => " and q.profit < 0",
            Some(ProductKind::Uncosted) => " and (q.uncosted > 0 or q.unvalued > 0)",
            Some(ProductKind::Unsold) => " and q.units = 0",
        };
        let mut text = format!(
            "with d as {} (
               select s.currency, d.sku{} from settlement s
               join product_month d on d.tenant_id = s.tenant_id and d.settlement = s.id
               where s.tenant_id = $1 and s.state = 'active' and s.last_day >= $4 and s.first_day <= $5
                 and d.month between $2 and $3 {}),
             a as (select sku, currency{} from d group by sku, currency",
            added_up_first(&names),
            each(&posted),
            self.narrow("d"),
            each(&summed),
        );
        if self.seller_account.is_none() {
            let _ = write!(
                text,
                " union all select e.sku, e.currency{} from stock_event e
                  where e.tenant_id = $1 and e.month between $2 and $3 {} group by e.sku, e.currency",
                each(&entered),
                stock::narrow(self.currency, self.marketplace)
            );
        }
        let _ = write!(
            text,
            "), q as (select sku, currency{} from a group by sku, currency)
             select q.currency, q.sku, count(*) over ()
             from q left join sku k on k.tenant_id = $1 and k.id = q.sku
             where ($6 = '' or replace(lower(k.name), $6, '') <> lower(k.name)) {wanted}
             order by {} {} nulls last, k.name nulls last, q.currency limit $7 offset $8",
            each(&summed),
            self.sort.order(),
            if self.descending { "desc" } else { "asc" },
        );
        text
    }
}

/// What of a name stands in a rollup row `d`.
fn posted(name: &'static str) -> String {
    let part = |parts: &mut dyn Iterator<Item = &'static str>| {
        let columns: Vec<String> = parts.map(|part| format!("d.{part}")).collect();
        format!("{} as {name}", columns.join(" + "))
    };
    match name {
        "profit" => part(&mut profit_parts()),
        "fees" => part(&mut fee_parts()),
        "inventory_loss" | "returned" | "unvalued" => format!("cast(0 as bigint) as {name}"),
        _ => format!("d.{name}"),
    }
}

/// Grouping carries every column that it sums: what is made of many is better added up row by row before, by a third.
fn added_up_first(names: &[&str]) -> &'static str {
    if names.iter().any(|name| ["profit", "fees"].contains(name)) {
        "materialized"
    } else {
        "not materialized"
    }
}

fn summed(name: &'static str) -> String {
    format!("cast(sum({name}) as bigint) as {name}")
}

/// The sum of a name over stock events `e`.
fn entered(name: &'static str) -> String {
    match name {
        "profit" => format!("cast(sum({}) as bigint) as profit", stock::PROFIT_SUM),
        _ => stock_sum(name),
    }
}

impl Scoped<'_> {
    /// A page of products, and how many there are in all.
    pub(super) async fn product_page(
        &mut self,
        filter: &ProductFilter,
        page: i64,
        size: i64,
    ) -> Result<(Vec<ProductRow>, i64)> {
        let text = filter.ordered();
        // Both engines fold A to Z alone, so the text is folded alike.
        let held = filter.text.trim().to_ascii_lowercase();
        let found = fetch_all!(
            (String, i64, i64),
            self.tx,
            sqlx::AssertSqlSafe(text.as_str()),
            self.tenant.0,
            i64::from(filter.from.0),
            i64::from(filter.to.0),
            i64::from(filter.from.first_day()),
            i64::from(filter.to.last_day()),
            held.as_str(),
            size,
            (page - 1).saturating_mul(size),
        )?;
        let total = found.first().map_or(0, |(.., total)| *total);
        let places = found.into_iter().map(|(currency, sku, _)| (currency, SkuId(sku))).collect::<Vec<_>>();
        Ok((self.product_rows(filter, &places).await?, total))
    }

    /// All figures of some products, in their order.
    pub(super) async fn product_rows(
        &mut self,
        filter: &ProductFilter,
        places: &[(String, SkuId)],
    ) -> Result<Vec<ProductRow>> {
        let skus: Vec<SkuId> = places.iter().map(|(_, sku)| *sku).collect();
        let found = self.product_sums(filter, &skus).await?;
        let row = |(code, sku): &(String, SkuId)| {
            let currency = Currency::parse(code).map_err(|_| StoreError::Corrupt("settlement"))?;
            let is = |row: &&ProductRow| (row.sku, row.currency) == (*sku, currency);
            found.iter().find(is).cloned().ok_or(StoreError::Corrupt("product_month"))
        };
        places.iter().map(row).collect()
    }
}
