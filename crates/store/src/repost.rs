//! Posting lines anew, after a rule of a label or a tax setting was made or undone: one settlement at a time, set by
//! set, with its rollups, in the caller's transaction.
//!
//! It brings the lines to what the tenant's taxonomy and tax settings say now, however often it runs: a job may go
//! through the settlements one transaction each, and begin again after it was cut off.

use std::sync::Arc;

use ecom_ledger::{
    Account, Class, Currency, Group,
    settlement::{GstMode, Options},
    taxonomy::{Gst, Label, Verdict},
};
use sqlx::AssertSqlSafe;

use crate::{
    error::{Result, StoreError},
    figures::account_codes,
    ids::{LabelId, SettlementKey},
    rollup::PRODUCT_GROUPS,
    tx::{Scoped, exec, fetch_all, fetch_one, fetch_optional},
};

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

/// A settlement that is posted anew.
struct Subject {
    key: SettlementKey,
    /// First and last day with lines.
    days: (i32, i32),
    /// How this tenant's files are read.
    options: Options,
    /// All its lines, by how GST on them is treated.
    lots: Vec<Lot>,
}

/// Lines that are treated alike: of one marketplace or all, of some days.
struct Lot {
    marketplace: Option<i64>,
    from: i32,
    to: i32,
    mode: GstMode,
}

/// Lines of a label among them.
struct Set {
    key: SettlementKey,
    label: LabelId,
    from: i32,
    to: i32,
    marketplace: Option<i64>,
}

impl Set {
    /// The condition on its lines; `$1` to `$5` are bound by [`Scoped::run`].
    fn lines(&self) -> String {
        let all = "tenant_id = $1 and settlement = $2 and label = $3 and day between $4 and $5";
        match self.marketplace {
            Some(id) => format!("{all} and marketplace = {id}"),
            None => all.to_owned(),
        }
    }
}

impl Scoped<'_> {
    /// Brings the lines of a label in a settlement, and its rollups, to what taxonomy and tax settings say now.
    /// `options` are those by which files are read, with the taxonomy for everybody. Gives the number of lines that
    /// were moved; a withdrawn settlement has none.
    pub async fn repost(&mut self, key: SettlementKey, label: LabelId, options: &Options) -> Result<u64> {
        self.lock().await?;
        let Some(subject) = self.subject(key, options).await? else { return Ok(0) };
        let named = self.label(label).await?.ok_or(StoreError::Missing("label"))?;
        let verdicts = subject.verdicts(&named);
        let moved = self.move_label(&subject, label, &verdicts).await?;
        if moved > 0 {
            self.resum(key, &[label]).await?;
        }
        Ok(moved)
    }

    /// The same for all lines on which GST stands or which hold it: a tax setting was made or undone.
    pub async fn repost_gst(&mut self, key: SettlementKey, options: &Options) -> Result<u64> {
        self.lock().await?;
        let Some(subject) = self.subject(key, options).await? else { return Ok(0) };
        let (mut all, mut labels) = (0, Vec::new());
        for (label, named) in self.labels_of(key).await? {
            let verdicts = subject.verdicts(&named);
            if !verdicts.iter().any(concerns_gst) {
                continue;
            }
            let moved = self.move_label(&subject, label, &verdicts).await?;
            if moved > 0 {
                labels.push(label);
            }
            all += moved;
        }
        if all > 0 {
            self.resum(key, &labels).await?;
        }
        Ok(all)
    }

    /// None if it has no lines.
    async fn subject(&mut self, key: SettlementKey, options: &Options) -> Result<Option<Subject>> {
        let row = fetch_optional!(
            (String, Option<i64>, Option<i64>),
            self.tx,
            "select currency, first_day, last_day from settlement where tenant_id = $1 and id = $2",
            self.tenant.0,
            key.0,
        )?;
        let (currency, first, last) = row.ok_or(StoreError::Missing("settlement"))?;
        let corrupt = || StoreError::Corrupt("settlement");
        let currency = Currency::parse(&currency).map_err(|_| corrupt())?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
        let day = |day: i64| i32::try_from(day).map_err(|_| corrupt());
        let days = (day(first)?, day(last)?);
        let options = self.own_options(options).await?;
        let lots = self.lots(key, days, currency, &options).await?;
        Ok(Some(Subject { key, days, options, lots }))
    }

    /// How this tenant's files are read: its own rules before the taxonomy, its own tax settings.
    pub(crate) async fn own_options(&mut self, options: &Options) -> Result<Options> {
        let taxonomy = self.taxonomy(&options.taxonomy).await?;
        Ok(Options { taxonomy, gst: options.gst, tax: Arc::new(self.tax_settings().await?) })
    }

    async fn lots(
        &mut self,
        key: SettlementKey,
        (first, last): (i32, i32),
        currency: Currency,
        options: &Options,
    ) -> Result<Vec<Lot>> {
        let whole = |mode| vec![Lot { marketplace: None, from: first, to: last, mode }];
        if !options.is_dated(currency) {
            return Ok(whole(options.mode(currency)));
        }
        let marketplaces = fetch_all!(
            (i64, Option<String>),
            self.tx,
            "select distinct d.marketplace, m.name from statement_month d
             left join marketplace m on m.tenant_id = d.tenant_id and m.id = d.marketplace
             where d.tenant_id = $1 and d.settlement = $2",
            self.tenant.0,
            key.0,
        )?;
        let mut lots = Vec::new();
        for (id, name) in marketplaces {
            let mut from = first;
            while from <= last {
                let span = options.mode_at(currency, name.as_deref().unwrap_or_default(), from);
                let to = span.to.min(last);
                lots.push(Lot { marketplace: Some(id), from, to, mode: span.mode });
                from = to + 1;
            }
        }
        let alike = lots.first().map(|lot| lot.mode).filter(|mode| lots.iter().all(|lot| lot.mode == *mode));
        Ok(alike.map_or(lots, whole))
    }

    async fn labels_of(&mut self, key: SettlementKey) -> Result<Vec<(LabelId, Label)>> {
        let rows = fetch_all!(
            (i64, String, String, String),
            self.tx,
            "select b.id, b.transaction_type, b.amount_type, b.description
             from label_sum d join label b on b.tenant_id = d.tenant_id and b.id = d.label
             where d.tenant_id = $1 and d.settlement = $2 order by b.id",
            self.tenant.0,
            key.0,
        )?;
        let label = |(id, transaction_type, amount_type, description)| {
            (LabelId(id), Label { transaction_type, amount_type, description })
        };
        Ok(rows.into_iter().map(label).collect())
    }

    async fn move_label(&mut self, subject: &Subject, label: LabelId, verdicts: &[Verdict]) -> Result<u64> {
        let mut moved = 0;
        for verdict in verdicts {
            for lot in &subject.lots {
                let (from, to) = (verdict.from.max(lot.from), verdict.to.min(lot.to));
                if from <= to {
                    let set = Set { key: subject.key, label, from, to, marketplace: lot.marketplace };
                    moved += self.move_lines(&set, verdict, lot.mode).await?;
                }
            }
        }
        Ok(moved)
    }

    async fn move_lines(&mut self, set: &Set, verdict: &Verdict, mode: GstMode) -> Result<u64> {
        let (debit, credit) = (mode.placed(verdict.debit).code(), mode.placed(verdict.credit).code());
        let account = format!("case when amount < 0 then {debit} else {credit} end");
        let lines = set.lines();
        let text = format!(
            "update line set account = {account} where {lines} and part = 0 and account <> {account}"
        );
        let moved = self.run(&text, set).await?;
        let wanted = mode.splits(verdict.gst);
        let (whole, parts) = self.count_parts(set).await?;
        let right = if wanted { moved == 0 && parts == whole * 2 } else { parts == 0 };
        if right {
            return Ok(moved);
        }
        self.run(&format!("delete from line where {lines} and part <> 0"), set).await?;
        if wanted {
            self.derive_parts(set).await?;
        }
        Ok(moved.max(1))
    }

    /// Lines that may hold GST, and derived lines beside them.
    async fn count_parts(&mut self, set: &Set) -> Result<(i64, i64)> {
        let text = format!(
            "select cast(coalesce(sum(case when part = 0 and amount <> 0 then 1 else 0 end), 0) as bigint),
                    cast(coalesce(sum(case when part <> 0 then 1 else 0 end), 0) as bigint)
             from line where {}",
            set.lines()
        );
        fetch_one!(
            (i64, i64),
            self.tx,
            AssertSqlSafe(text.as_str()),
            self.tenant.0,
            set.key.0,
            set.label.0,
            i64::from(set.from),
            i64::from(set.to),
        )
    }

    /// The zero-sum pair beside each line that holds its GST inside.
    async fn derive_parts(&mut self, set: &Set) -> Result<()> {
        let input = Account::GstInputUnsplit.code().to_string();
        for (part, account, sign) in [("1", "account", "-"), ("2", input.as_str(), "")] {
            let text = format!(
                "insert into line (tenant_id, settlement, line, col, part, posted_at, day, marketplace, order_id, sku,
                     quantity, label, account, amount)
                 select tenant_id, settlement, line, col, {part}, posted_at, day, marketplace, order_id, sku,
                     quantity, label, {account}, {sign}({GST_INSIDE})
                 from line where {} and part = 0 and amount <> 0",
                set.lines()
            );
            self.run(&text, set).await?;
        }
        Ok(())
    }

    async fn run(&mut self, text: &str, set: &Set) -> Result<u64> {
        exec!(
            self.tx,
            AssertSqlSafe(text),
            self.tenant.0,
            set.key.0,
            set.label.0,
            i64::from(set.from),
            i64::from(set.to),
        )
    }

    /// Rollups of a settlement in which lines of some labels were moved.
    async fn resum(&mut self, key: SettlementKey, labels: &[LabelId]) -> Result<()> {
        for label in labels {
            self.resum_label(key, *label).await?;
        }
        self.resum_statement(key).await?;
        self.rebuild_products(key).await
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
            format!("sum(case when a.account in ({}) then a.net else 0 end)", account_codes(group))
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
            account_codes(Group::Balance)
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

impl Subject {
    /// What the taxonomy says about a label, day span by day span.
    fn verdicts(&self, label: &Label) -> Vec<Verdict> {
        let (first, last) = self.days;
        let (mut verdicts, mut day) = (Vec::new(), first);
        loop {
            let verdict = self.options.taxonomy.verdict(label, day);
            let to = verdict.to.min(last);
            verdicts.push(Verdict { from: day, to, ..verdict });
            if to >= last {
                return verdicts;
            }
            day = to + 1;
        }
    }
}

/// Whether a tax setting moves lines under a verdict.
fn concerns_gst(verdict: &Verdict) -> bool {
    let input = |account: Account| account.class() == Class::GstInput;
    verdict.gst == Gst::Included || input(verdict.debit) || input(verdict.credit)
}
