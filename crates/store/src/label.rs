//! What the books hold of labels: sums, days, and what posting one anew would change.
//!
//! Sums come from the rollups. Days and effects are read from the lines of a label, by its index, up to a limit:
//! beyond that pages say less instead of waiting.

use std::{collections::BTreeMap, sync::Arc};

use ecom_ledger::{
    Account, Currency,
    day::Month,
    settlement::{GstMode, Options},
    taxonomy::{Effect, Label, Standing, Taxonomy},
};
use sqlx::AssertSqlSafe;

use crate::{
    error::{Result, StoreError},
    ids::{LabelId, LabelRuleId, MarketplaceId},
    label_rule::{LabelChoice, rule, with_rules},
    repost::GST_INSIDE,
    tx::{Scoped, Tx, fetch_all, fetch_one},
};

/// Most lines of a label that are read for what a change would do: about half a second.
pub const MOST_READ: i64 = 100_000;
/// Most lines of a label that are read for its days.
const MOST_DATED: i64 = 10_000;

/// What active settlements hold of a label, in one currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelSums {
    /// The label.
    pub id: LabelId,
    /// As Amazon printed it.
    pub label: Label,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Lines.
    pub lines: i64,
    /// Their sum.
    pub amount: i64,
    /// Lines in suspense.
    pub unclassified: i64,
    /// Their sum.
    pub unclassified_amount: i64,
}

/// On which days a label has lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LabelDays {
    /// First day.
    pub first: i32,
    /// Last day.
    pub last: i32,
    /// Whether they are those of its lines; else those of the settlements that hold them, since there are too many.
    pub exact: bool,
}

/// A change of the rules that somebody thinks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleChange {
    /// A new rule.
    Add(LabelId, LabelChoice),
    /// A rule less.
    Undo(LabelRuleId),
}

/// What a change of the rules would do to the lines of active settlements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LabelEffect {
    /// By currency, exactly.
    Exact(BTreeMap<Currency, Effect>),
    /// More than [`MOST_READ`] lines: those that may change by currency, and the months that their settlements touch.
    Large(BTreeMap<Currency, LargeEffect>),
}

/// Too many lines to be read one by one.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct LargeEffect {
    /// At most so many lines change.
    pub lines: i64,
    /// The sum of these.
    pub amount: i64,
    /// First and last month that may be touched.
    pub months: Option<(Month, Month)>,
}

type SumRow = (i64, String, String, String, String, i64, i64, i64, i64);
type StandingRow = (String, i64, i64, i64, i64, i64, i64, i64, i64);

impl Scoped<'_> {
    /// What active settlements hold of every label, or of one; in the order of labels and currencies.
    pub async fn label_sums(&mut self, one: Option<LabelId>) -> Result<Vec<LabelSums>> {
        let only = one.map(|LabelId(id)| format!(" and d.label = {id}")).unwrap_or_default();
        let text = format!(
            "select b.id, b.transaction_type, b.amount_type, b.description, s.currency,
                    cast(sum(d.lines) as bigint), cast(sum(d.amount) as bigint),
                    cast(sum(d.unclassified) as bigint), cast(sum(d.unclassified_amount) as bigint)
             from settlement s
             join label_sum d on d.tenant_id = s.tenant_id and d.settlement = s.id
             join label b on b.tenant_id = d.tenant_id and b.id = d.label
             where s.tenant_id = $1 and s.state = 'active'{only}
             group by b.id, b.transaction_type, b.amount_type, b.description, s.currency
             order by b.id, s.currency"
        );
        let rows = fetch_all!(SumRow, self.tx, AssertSqlSafe(text.as_str()), self.tenant.0)?;
        rows.into_iter().map(sums).collect()
    }

    /// First and last day of a label's lines in active settlements, all or those in suspense.
    pub async fn label_days(&mut self, label: LabelId, in_suspense: bool) -> Result<Option<LabelDays>> {
        let held = if in_suspense { "unclassified" } else { "lines" };
        let (lines, mut first, mut last) = self.label_reach(label, i32::MIN, held).await?;
        let exact = lines <= MOST_DATED;
        if exact && lines > 0 {
            let account = if in_suspense {
                format!(" and l.account = {}", Account::Unclassified.code())
            } else {
                String::new()
            };
            let text = format!(
                "select min(a.day), max(a.day) from settlement s cross join label_sum d cross join {}
                   and s.tenant_id = $1 and s.state = 'active'
                   and d.tenant_id = s.tenant_id and d.settlement = s.id and d.label = $2 and d.{held} > 0{account}",
                self.lines_of_label()
            );
            (first, last) = fetch_one!(
                (Option<i64>, Option<i64>),
                self.tx,
                AssertSqlSafe(text.as_str()),
                self.tenant.0,
                label.0,
            )?;
        }
        let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
        Ok(Some(LabelDays { first: day(first)?, last: day(last)?, exact }))
    }

    /// The lines `a` of a label (`$2`) in a settlement `s`, beside their entries `l` in its index. SQLite is led
    /// through the index by reading entries first, or it would read all lines of the settlement; PostgreSQL reads
    /// rows anyway, and without statistics could make a scan of the way back.
    fn lines_of_label(&self) -> &'static str {
        match self.tx {
            Tx::Sqlite(_) => {
                "line l cross join line a
                 where l.tenant_id = s.tenant_id and l.settlement = s.id and l.label = $2
                   and a.tenant_id = l.tenant_id and a.settlement = l.settlement and a.line = l.line
                   and a.col = l.col and a.part = l.part"
            }
            Tx::Postgres(_) => {
                "line l cross join lateral (select l.marketplace, l.day, l.account, l.amount, l.part) a
                 where l.tenant_id = s.tenant_id and l.settlement = s.id and l.label = $2"
            }
        }
    }

    /// Lines of a label in active settlements that go on after a day, with the first and last day of these.
    async fn label_reach(
        &mut self,
        label: LabelId,
        from: i32,
        held: &str,
    ) -> Result<(i64, Option<i64>, Option<i64>)> {
        let text = format!(
            "select cast(coalesce(sum(d.{held}), 0) as bigint), min(s.first_day), max(s.last_day)
             from settlement s join label_sum d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.state = 'active' and d.label = $2 and d.{held} > 0 and s.last_day >= $3"
        );
        fetch_one!(
            (i64, Option<i64>, Option<i64>),
            self.tx,
            AssertSqlSafe(text.as_str()),
            self.tenant.0,
            label.0,
            i64::from(from),
        )
    }

    /// What a change of the rules would do, by the same rules and the same rounding as [`Self::repost`]. `options` are
    /// those by which files are read.
    pub async fn label_effect(&mut self, change: RuleChange, options: &Options) -> Result<LabelEffect> {
        let (label, from, taxonomy) = self.changed_taxonomy(change, &options.taxonomy).await?;
        let (lines, ..) = self.label_reach(label, from, "lines").await?;
        if lines > MOST_READ {
            return Ok(LabelEffect::Large(self.large_effect(label, from).await?));
        }
        let named = self.label(label).await?.ok_or(StoreError::Missing("label"))?;
        let own = self.own_options(options).await?;
        let places: BTreeMap<MarketplaceId, String> = self.marketplaces().await?.into_iter().collect();
        let mut effects: BTreeMap<Currency, Effect> = BTreeMap::new();
        let mut at = from;
        loop {
            let verdict = taxonomy.verdict(&named, at);
            for ((currency, place), lines) in self.standing_lines(label, at, verdict.to).await? {
                let place = places.get(&place).map_or("", String::as_str);
                for (mode, lines) in by_mode(&own, currency, place, lines) {
                    effects.entry(currency).or_default().add(&lines, &verdict, mode)?;
                }
            }
            match verdict.to.checked_add(1) {
                Some(next) => at = next,
                None => return Ok(LabelEffect::Exact(effects)),
            }
        }
    }

    /// The label that a change is about, its first day, and the taxonomy as it would be.
    async fn changed_taxonomy(
        &mut self,
        change: RuleChange,
        built_in: &Arc<Taxonomy>,
    ) -> Result<(LabelId, i32, Arc<Taxonomy>)> {
        let mut standing = self.standing_rules().await?;
        match change {
            RuleChange::Add(label, choice) => {
                let named = self.label(label).await?.ok_or(StoreError::Missing("label"))?;
                let ours = with_rules(built_in, &standing);
                Ok((label, choice.from, Arc::new(ours.with_rules([rule(named, choice)]))))
            }
            RuleChange::Undo(id) => {
                let at = standing.iter().position(|rule| rule.id == id).ok_or(StoreError::Missing("rule"))?;
                let undone = standing.remove(at);
                Ok((undone.label, undone.rule.from, with_rules(built_in, &standing)))
            }
        }
    }

    /// The lines of a label on some days in active settlements, alike ones together, by currency and marketplace.
    async fn standing_lines(
        &mut self,
        label: LabelId,
        from: i32,
        to: i32,
    ) -> Result<BTreeMap<(Currency, MarketplaceId), Vec<Standing>>> {
        let text = format!(
            "select n.currency, n.marketplace, n.day, n.account, n.derived, n.debit, count(*), cast(sum(n.amount) as bigint),
                    cast(sum({GST_INSIDE}) as bigint)
             from (select s.currency, a.marketplace, a.day, a.account, a.amount,
                          cast(case when a.part = 0 then 0 else 1 end as bigint) as derived,
                          cast(case when a.amount < 0 then 1 else 0 end as bigint) as debit
                   from settlement s cross join label_sum d cross join {}
                     and s.tenant_id = $1 and s.state = 'active' and s.last_day >= $3 and s.first_day <= $4
                     and d.tenant_id = s.tenant_id and d.settlement = s.id and d.label = $2
                     and a.day between $3 and $4) n
             group by n.currency, n.marketplace, n.day, n.account, n.derived, n.debit",
            self.lines_of_label()
        );
        let rows = fetch_all!(
            StandingRow,
            self.tx,
            AssertSqlSafe(text.as_str()),
            self.tenant.0,
            label.0,
            i64::from(from),
            i64::from(to),
        )?;
        let mut standing: BTreeMap<(Currency, MarketplaceId), Vec<Standing>> = BTreeMap::new();
        for (code, marketplace, at, account, derived, debit, lines, amount, gst_inside) in rows {
            let account = Account::from_code(account).ok_or(StoreError::Corrupt("line"))?;
            let (derived, debit) = (derived != 0, debit != 0);
            let alike = Standing { day: day(at)?, account, derived, debit, lines, amount, gst_inside };
            standing.entry((currency(&code)?, MarketplaceId(marketplace))).or_default().push(alike);
        }
        Ok(standing)
    }

    async fn large_effect(&mut self, label: LabelId, from: i32) -> Result<BTreeMap<Currency, LargeEffect>> {
        let rows = fetch_all!(
            (String, i64, i64, Option<i64>, Option<i64>),
            self.tx,
            "select s.currency, cast(sum(d.lines) as bigint), cast(sum(d.amount) as bigint),
                    min(s.first_day), max(s.last_day)
             from settlement s join label_sum d on d.tenant_id = s.tenant_id and d.settlement = s.id
             where s.tenant_id = $1 and s.state = 'active' and d.label = $2 and s.last_day >= $3
             group by s.currency",
            self.tenant.0,
            label.0,
            i64::from(from),
        )?;
        let mut effects = BTreeMap::new();
        for (code, lines, amount, first, last) in rows {
            let months = match (first, last) {
                (Some(first), Some(last)) => {
                    Some((Month::of_day(day(first)?.max(from)), Month::of_day(day(last)?)))
                }
                _ => None,
            };
            effects.insert(currency(&code)?, LargeEffect { lines, amount, months });
        }
        Ok(effects)
    }
}

/// Lines of a marketplace by how GST on them is treated, which may change from a day on.
fn by_mode(
    own: &Options,
    currency: Currency,
    place: &str,
    lines: Vec<Standing>,
) -> impl Iterator<Item = (GstMode, Vec<Standing>)> {
    let mut spans: BTreeMap<i32, (GstMode, Vec<Standing>)> = BTreeMap::new();
    for line in lines {
        let span = own.mode_at(currency, place, line.day);
        spans.entry(span.from).or_insert_with(|| (span.mode, Vec::new())).1.push(line);
    }
    spans.into_values()
}

fn sums(row: SumRow) -> Result<LabelSums> {
    let (
        id,
        transaction_type,
        amount_type,
        description,
        code,
        lines,
        amount,
        unclassified,
        unclassified_amount,
    ) = row;
    Ok(LabelSums {
        id: LabelId(id),
        label: Label { transaction_type, amount_type, description },
        currency: currency(&code)?,
        lines,
        amount,
        unclassified,
        unclassified_amount,
    })
}

fn currency(code: &str) -> Result<Currency> {
    Currency::parse(code).map_err(|_| StoreError::Corrupt("settlement"))
}

fn day(day: i64) -> Result<i32> {
    i32::try_from(day).map_err(|_| StoreError::Corrupt("line"))
}
