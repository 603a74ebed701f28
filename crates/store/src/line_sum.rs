//! What the lines of one product sum to, by account: rollups by product hold groups of the statement only.

use ecom_ledger::{Account, settlement::Turnover, statement::Statement, stock::StockValue};

use crate::{
    cut::{Statements, entry},
    error::{Result, StoreError},
    figures::Filter,
    ids::SkuId,
    line::{self, LineFilter},
    stock::{self, STOCK_SUMS},
    tx::{Scoped, fetch_all, fetch_one},
};

/// Most lines of a product that are summed one by one.
pub const MOST_SUMMED: i64 = 20_000;

impl Scoped<'_> {
    /// Statements of the product that the filter names, from its lines, units and stock events: of the filter's
    /// accounts, with the cost of goods, and without indirect expenses, which belong to the business. None where there
    /// are more than [`MOST_SUMMED`] lines.
    pub async fn product_statements(&mut self, lines: &LineFilter) -> Result<Option<Vec<Statement>>> {
        let Some(sku) = lines.sku else { return Ok(None) };
        let mut found = Statements::new();
        if !self.add_product_lines(lines, sku, &mut found).await? {
            return Ok(None);
        }
        self.add_product_units(&lines.filter, sku, &mut found).await?;
        self.add_product_stock(&lines.filter, sku, &mut found).await?;
        Ok(Some(found.into_values().collect()))
    }

    async fn add_product_lines(
        &mut self,
        lines: &LineFilter,
        SkuId(sku): SkuId,
        found: &mut Statements,
    ) -> Result<bool> {
        let days = &lines.filter;
        let list = line::accounts(lines).unwrap_or_default();
        let wanted = format!(
            "settlement s join line d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.last_day >= $2 and s.first_day <= $3 and d.account in ({list})
               and d.sku = {sku} and d.day between $2 and $3 {}",
            days.active()
        );
        let text = format!("select count(*) from (select 1 from {wanted} limit {}) q", MOST_SUMMED + 1);
        let (from, to) = (i64::from(days.from), i64::from(days.to));
        let text = sqlx::AssertSqlSafe(text.as_str());
        let (count,) = fetch_one!((i64,), self.tx, text, self.tenant.0, from, to)?;
        if count > MOST_SUMMED {
            return Ok(false);
        }
        let text = format!(
            "select s.currency, d.account, cast(sum(case when d.amount > 0 then d.amount else 0 end) as bigint),
                    cast(sum(case when d.amount < 0 then d.amount else 0 end) as bigint),
                    cast(sum(case when d.part <> 0 then d.amount else 0 end) as bigint),
                    cast(sum(case when d.part = 0 then 1 else 0 end) as bigint)
             from {wanted} group by s.currency, d.account"
        );
        let text = sqlx::AssertSqlSafe(text.as_str());
        let rows = fetch_all!((String, i64, i64, i64, i64, i64), self.tx, text, self.tenant.0, from, to)?;
        for (currency, account, credit, debit, estimated, lines) in rows {
            let account = Account::from_code(account).ok_or(StoreError::Corrupt("line"))?;
            let turnover = Turnover { credit, debit, estimated, lines };
            entry(found, &currency, 0)?.add(account, &turnover)?;
        }
        Ok(true)
    }

    async fn add_product_units(
        &mut self,
        filter: &Filter,
        SkuId(sku): SkuId,
        found: &mut Statements,
    ) -> Result<()> {
        let text = format!(
            "select s.currency, cast(sum(d.units) as bigint), cast(sum(d.refunds) as bigint),
                    cast(sum(case when d.cost is null then d.units else 0 end) as bigint),
                    cast(sum(-coalesce(d.cost, 0) * d.units) as bigint)
             from settlement s join unit_day d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.last_day >= $2 and s.first_day <= $3 and d.sku = {sku}
               and d.day between $2 and $3 {} group by s.currency",
            filter.active()
        );
        let (from, to) = (i64::from(filter.from), i64::from(filter.to));
        let text = sqlx::AssertSqlSafe(text.as_str());
        let rows = fetch_all!((String, i64, i64, i64, i64), self.tx, text, self.tenant.0, from, to)?;
        for (currency, units, refunds, uncosted, cogs) in rows {
            let statement = entry(found, &currency, 0)?;
            statement.add_units(units, cogs, uncosted)?;
            statement.refunds = Some(refunds);
        }
        Ok(())
    }

    /// Units that came back or were lost belong to the business as a whole, as in the statement.
    async fn add_product_stock(
        &mut self,
        filter: &Filter,
        SkuId(sku): SkuId,
        found: &mut Statements,
    ) -> Result<()> {
        if filter.seller_account.is_some() || filter.settlement.is_some() {
            return Ok(());
        }
        let sums = STOCK_SUMS.map(|(_, sum)| format!("cast(sum({sum}) as bigint)")).join(", ");
        let text = format!(
            "select e.currency, {sums} from stock_event e
             where e.tenant_id = $1 and e.sku = {sku} and e.day between $2 and $3 {} group by e.currency",
            stock::narrow(filter.currency, filter.marketplace)
        );
        let (from, to) = (i64::from(filter.from), i64::from(filter.to));
        let text = sqlx::AssertSqlSafe(text.as_str());
        let rows = fetch_all!((String, i64, i64, i64, i64), self.tx, text, self.tenant.0, from, to)?;
        for (currency, returned, cogs, loss, unvalued) in rows {
            entry(found, &currency, 0)?.add_stock(&StockValue { returned, cogs, loss, unvalued })?;
        }
        Ok(())
    }
}
