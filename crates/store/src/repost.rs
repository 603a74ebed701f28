//! Posting the lines of a label anew, after a rule was made or undone: one settlement at a time, set by set, with
//! its rollups, in the caller's transaction.
//!
//! It brings the lines to what the tenant's taxonomy says now, however often it runs: a job may go through the
//! settlements one transaction each, and begin again after it was cut off.

use ecom_ledger::{
    Account, Currency, Group,
    settlement::{GstMode, Options},
    taxonomy::{Taxonomy, Verdict},
};
use sqlx::AssertSqlSafe;

use crate::{
    error::{Result, StoreError},
    ids::{LabelId, SettlementKey},
    rollup::PRODUCT_GROUPS,
    tx::{Scoped, exec, fetch_one, fetch_optional},
};

/// The lines of a label in a settlement on some days; `$1` to `$5`.
const OF_LABEL: &str = "tenant_id = $1 and settlement = $2 and label = $3 and day between $4 and $5";
/// 18/118 of an amount, rounded half away from zero as [`ecom_ledger::Minor::part`] does; files hold amounts of at
/// most 16 digits, so that it cannot overflow.
pub(crate) const GST_INSIDE: &str = "(amount * 18 + case when amount < 0 then -59 else 59 end) / 118";
/// The month of each day with lines of a settlement (`$1`, `$2`), by the calendar of [`ecom_ledger::day`].
const MONTHS: &str = "
    z as (select distinct day, day + 719468 as z from statement_day where tenant_id = $1 and settlement = $2),
    e as (select day, z / 146097 as era, z % 146097 as doe from z),
    y as (select day, era, doe, (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365 as yoe from e),
    months as (select day, (era * 400 + yoe) * 12 + (5 * (doe - (365 * yoe + yoe / 4 - yoe / 100)) + 2) / 153 + 2
                   as month from y)";

impl Scoped<'_> {
    /// Brings the lines of a label in a settlement, and its rollups, to what the tenant's taxonomy says now.
    /// `options` are those by which files are read, with the taxonomy for everybody. Gives the number of lines that
    /// were moved; a withdrawn settlement has none.
    pub async fn repost(&mut self, key: SettlementKey, label: LabelId, options: &Options) -> Result<u64> {
        self.lock().await?;
        let row = fetch_optional!(
            (String, Option<i64>, Option<i64>),
            self.tx,
            "select currency, first_day, last_day from settlement where tenant_id = $1 and id = $2",
            self.tenant.0,
            key.0,
        )?;
        let (currency, first, last) = row.ok_or(StoreError::Missing("settlement"))?;
        let corrupt = || StoreError::Corrupt("settlement");
        let mode = options.mode(Currency::parse(&currency).map_err(|_| corrupt())?);
        let (Some(first), Some(last)) = (first, last) else { return Ok(0) };
        let day = |day: i64| i32::try_from(day).map_err(|_| corrupt());
        let taxonomy = self.taxonomy(&options.taxonomy).await?;
        let mut moved = 0;
        for verdict in self.verdicts(&taxonomy, label, (day(first)?, day(last)?)).await? {
            moved += self.move_lines(key, label, &verdict, mode).await?;
        }
        if moved > 0 {
            self.resum_label(key, label).await?;
            self.resum_statement(key).await?;
            self.rebuild_products(key).await?;
        }
        Ok(moved)
    }

    /// What the taxonomy says about a label, day span by day span.
    async fn verdicts(
        &mut self,
        taxonomy: &Taxonomy,
        label: LabelId,
        (first, last): (i32, i32),
    ) -> Result<Vec<Verdict>> {
        let label = self.label(label).await?.ok_or(StoreError::Missing("label"))?;
        let (mut verdicts, mut day) = (Vec::new(), first);
        loop {
            let verdict = taxonomy.verdict(&label, day);
            let to = verdict.to.min(last);
            verdicts.push(Verdict { from: day, to, ..verdict });
            if to >= last {
                return Ok(verdicts);
            }
            day = to + 1;
        }
    }

    async fn move_lines(
        &mut self,
        key: SettlementKey,
        label: LabelId,
        verdict: &Verdict,
        mode: GstMode,
    ) -> Result<u64> {
        let text = format!(
            "update line set account = case when amount < 0 then $6 else $7 end
             where {OF_LABEL} and part = 0 and account <> case when amount < 0 then $6 else $7 end"
        );
        let moved = exec!(
            self.tx,
            AssertSqlSafe(text.as_str()),
            self.tenant.0,
            key.0,
            label.0,
            i64::from(verdict.from),
            i64::from(verdict.to),
            mode.placed(verdict.debit).code(),
            mode.placed(verdict.credit).code(),
        )?;
        let wanted = mode.splits(verdict.gst);
        let (whole, parts) = self.count_parts(key, label, verdict).await?;
        let right = if wanted { moved == 0 && parts == whole * 2 } else { parts == 0 };
        if right {
            return Ok(moved);
        }
        self.delete_parts(key, label, verdict).await?;
        if wanted {
            self.derive_parts(key, label, verdict).await?;
        }
        Ok(moved.max(1))
    }

    /// Lines that may hold GST, and derived lines beside them.
    async fn count_parts(&mut self, key: SettlementKey, label: LabelId, of: &Verdict) -> Result<(i64, i64)> {
        let text = format!(
            "select cast(coalesce(sum(case when part = 0 and amount <> 0 then 1 else 0 end), 0) as bigint),
                    cast(coalesce(sum(case when part <> 0 then 1 else 0 end), 0) as bigint)
             from line where {OF_LABEL}"
        );
        fetch_one!(
            (i64, i64),
            self.tx,
            AssertSqlSafe(text.as_str()),
            self.tenant.0,
            key.0,
            label.0,
            i64::from(of.from),
            i64::from(of.to),
        )
    }

    async fn delete_parts(&mut self, key: SettlementKey, label: LabelId, of: &Verdict) -> Result<()> {
        let text = format!("delete from line where {OF_LABEL} and part <> 0");
        self.run(&text, key, label, of).await
    }

    /// The zero-sum pair beside each line that holds its GST inside.
    async fn derive_parts(&mut self, key: SettlementKey, label: LabelId, of: &Verdict) -> Result<()> {
        let input = Account::GstInputUnsplit.code().to_string();
        for (part, account, sign) in [("1", "account", "-"), ("2", input.as_str(), "")] {
            let text = format!(
                "insert into line (tenant_id, settlement, line, col, part, posted_at, day, marketplace, order_id, sku,
                     quantity, label, account, amount)
                 select tenant_id, settlement, line, col, {part}, posted_at, day, marketplace, order_id, sku,
                     quantity, label, {account}, {sign}({GST_INSIDE})
                 from line where {OF_LABEL} and part = 0 and amount <> 0"
            );
            self.run(&text, key, label, of).await?;
        }
        Ok(())
    }

    async fn run(&mut self, text: &str, key: SettlementKey, label: LabelId, of: &Verdict) -> Result<()> {
        exec!(
            self.tx,
            AssertSqlSafe(text),
            self.tenant.0,
            key.0,
            label.0,
            i64::from(of.from),
            i64::from(of.to),
        )
        .map(drop)
    }

    async fn resum_label(&mut self, key: SettlementKey, label: LabelId) -> Result<()> {
        exec!(
            self.tx,
            "update label_sum set (unclassified, unclassified_amount) = (
                 select count(*), cast(coalesce(sum(l.amount), 0) as bigint) from line l
                 where l.tenant_id = $1 and l.settlement = $2 and l.label = $3 and l.account = $4 and l.part = 0)
             where tenant_id = $1 and settlement = $2 and label = $3",
            self.tenant.0,
            key.0,
            label.0,
            Account::Unclassified.code(),
        )
        .map(drop)
    }

    /// Movement of accounts by day from the lines, by month from the days.
    async fn resum_statement(&mut self, key: SettlementKey) -> Result<()> {
        let days =
            "insert into statement_day (tenant_id, settlement, day, account, marketplace, credit, debit,
                 estimated, lines)
             select tenant_id, settlement, day, account, marketplace,
                    sum(case when amount > 0 then amount else 0 end),
                    sum(case when amount < 0 then amount else 0 end),
                    sum(case when part <> 0 then amount else 0 end), sum(case when part = 0 then 1 else 0 end)
             from line where tenant_id = $1 and settlement = $2
             group by tenant_id, settlement, day, account, marketplace
             having sum(case when part = 0 then 1 else 0 end) > 0 or sum(abs(amount)) <> 0";
        let months = format!(
            "insert into statement_month (tenant_id, settlement, month, account, marketplace, credit, debit,
                 estimated, lines)
             with {MONTHS}
             select d.tenant_id, d.settlement, m.month, d.account, d.marketplace, sum(d.credit), sum(d.debit),
                    sum(d.estimated), sum(d.lines)
             from statement_day d join months m on m.day = d.day
             where d.tenant_id = $1 and d.settlement = $2
             group by d.tenant_id, d.settlement, m.month, d.account, d.marketplace"
        );
        self.replace("statement_day", days, key).await?;
        self.replace("statement_month", &months, key).await
    }

    async fn rebuild_products(&mut self, key: SettlementKey) -> Result<()> {
        let names = PRODUCT_GROUPS.map(|(_, name)| name).join(", ");
        let sums = PRODUCT_GROUPS.map(|(group, _)| {
            format!("sum(case when a.account in ({}) then a.net else 0 end)", accounts(group))
        });
        let text = format!(
            "insert into product_month (tenant_id, settlement, sku, month, marketplace, {names}, estimated, units,
                 refunds, uncosted, cogs)
             with {MONTHS},
             a as (select l.tenant_id, l.settlement, l.sku, m.month, l.marketplace, l.account, sum(l.amount) as net,
                          sum(case when l.part <> 0 then l.amount else 0 end) as estimated
                   from line l join months m on m.day = l.day
                   where l.tenant_id = $1 and l.settlement = $2
                   group by l.tenant_id, l.settlement, l.sku, m.month, l.marketplace, l.account)
             select a.tenant_id, a.settlement, a.sku, a.month, a.marketplace, {},
                    sum(case when a.account in ({}) then 0 else a.estimated end), 0, 0, 0, 0
             from a group by a.tenant_id, a.settlement, a.sku, a.month, a.marketplace",
            sums.join(", "),
            accounts(Group::Balance)
        );
        self.replace("product_month", &text, key).await?;
        self.resum_products(key).await
    }

    /// Deletes a settlement's rows of a rollup and makes them anew.
    async fn replace(&mut self, table: &str, insert: &str, key: SettlementKey) -> Result<()> {
        let delete = format!("delete from {table} where tenant_id = $1 and settlement = $2");
        for text in [delete.as_str(), insert] {
            exec!(self.tx, AssertSqlSafe(text), self.tenant.0, key.0)?;
        }
        Ok(())
    }
}

/// The codes of a group's accounts.
fn accounts(group: Group) -> String {
    let of_group = Account::ALL.iter().filter(|account| account.group() == group);
    of_group.map(|account| account.code().to_string()).collect::<Vec<_>>().join(", ")
}
