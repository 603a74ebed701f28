//! How a business posts to its accounting program: names of ledgers, and per financial year where turnover comes
//! from and which costs are posted. A year without a choice of its own takes that of the year before.

use ecom_gst::FinancialYear;
use ecom_ledger::journal::{Chart, Ledger, Leg, Rules, Sales};

use crate::{
    error::{Result, StoreError, expect_one},
    ids::PersonId,
    tx::{Scoped, exec, fetch_all, fetch_optional},
};

impl Scoped<'_> {
    /// The rules of a financial year, with the business's own names of ledgers.
    pub async fn book_rules(&mut self, year: FinancialYear) -> Result<Rules> {
        let row = fetch_optional!(
            (String, i64, i64),
            self.tx,
            "select sales, cost_of_goods, indirect from book_year
             where tenant_id = $1 and year <= $2 order by year desc limit 1",
            self.tenant.0,
            i64::from(year.start_year()),
        )?;
        let chart = self.book_chart().await?;
        let Some((sales, cost_of_goods, indirect)) = row else {
            return Ok(Rules { chart, ..Rules::default() });
        };
        let sales = Sales::from_name(&sales).ok_or(StoreError::Corrupt("book_year"))?;
        Ok(Rules { sales, cost_of_goods: cost_of_goods != 0, indirect: indirect != 0, chart })
    }

    /// Keeps the rules of a financial year; names of ledgers are kept apart, see [`Self::set_book_chart`].
    pub async fn set_book_rules(
        &mut self,
        year: FinancialYear,
        rules: &Rules,
        by: PersonId,
        now: i64,
    ) -> Result<()> {
        let changed = exec!(
            self.tx,
            "insert into book_year (tenant_id, year, sales, cost_of_goods, indirect, changed_at, changed_by)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (tenant_id, year) do update set sales = excluded.sales,
                 cost_of_goods = excluded.cost_of_goods, indirect = excluded.indirect,
                 changed_at = excluded.changed_at, changed_by = excluded.changed_by",
            self.tenant.0,
            i64::from(year.start_year()),
            rules.sales.name(),
            i64::from(rules.cost_of_goods),
            i64::from(rules.indirect),
            now,
            by.0,
        )?;
        expect_one("book_year", changed)
    }

    /// The ledgers that the business has named.
    pub async fn book_chart(&mut self) -> Result<Chart> {
        let rows = fetch_all!(
            (String, String, String, i64),
            self.tx,
            "select leg, name, parent, existing from book_ledger where tenant_id = $1 order by leg",
            self.tenant.0,
        )?;
        rows.into_iter().try_fold(Chart::default(), |chart, (leg, name, group, existing)| {
            let leg = Leg::from_key(&leg).ok_or(StoreError::Corrupt("book_ledger"))?;
            Ok(chart.with(leg, &Ledger { name, group, existing: existing != 0 })?)
        })
    }

    /// Keeps the ledgers that the business has named instead of those before.
    pub async fn set_book_chart(&mut self, chart: &Chart, by: PersonId, now: i64) -> Result<()> {
        self.lock().await?;
        exec!(self.tx, "delete from book_ledger where tenant_id = $1", self.tenant.0)?;
        for (leg, ledger) in chart.named() {
            let added = exec!(
                self.tx,
                "insert into book_ledger (tenant_id, leg, name, parent, existing, changed_at, changed_by)
                 values ($1, $2, $3, $4, $5, $6, $7)",
                self.tenant.0,
                leg.key(),
                &ledger.name,
                &ledger.group,
                i64::from(ledger.existing),
                now,
                by.0,
            )?;
            expect_one("book_ledger", added)?;
        }
        Ok(())
    }
}
