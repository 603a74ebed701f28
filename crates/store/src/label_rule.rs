//! A tenant's own rules of the taxonomy: which account a label goes to from a day on, who said so, and undoing it.
//!
//! Files read later use the rules that stand. Lines that are there already follow settlement by settlement, by
//! [`Scoped::repost`], both after a rule was made and after it was undone: by a job, written with the rule.

use std::sync::Arc;

use ecom_ledger::{
    Account,
    taxonomy::{Gst, Label, LabelRule, Taxonomy},
};

use crate::{
    error::{Result, StoreError, expect_one},
    figures::Filter,
    ids::{LabelId, LabelRuleId, PersonId, SettlementKey},
    job::{JobView, NewJob},
    line::LineView,
    search::{LineSearch, LineSort, Search},
    tx::{Scoped, exec, fetch_all, fetch_optional},
};

/// The kind of the job that posts the lines of a rule's label anew; its payload is the rule's id.
pub const REPOST_JOB: &str = "repost";
/// Posting anew that fails this often is given up, until somebody asks for it again.
const MOST_ATTEMPTS: i64 = 5;

/// What a person says about a label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LabelChoice {
    /// Account of amounts ≥ 0.
    pub credit: Account,
    /// Account of amounts < 0.
    pub debit: Account,
    /// Where the GST stands.
    pub gst: Gst,
    /// First posting day for which it holds. `i32::MIN`: always.
    pub from: i32,
}

/// A rule as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelRuleView {
    /// Id.
    pub id: LabelRuleId,
    /// The label's number.
    pub label: LabelId,
    /// What it says.
    pub rule: LabelRule,
    /// When it was made.
    pub made_at: i64,
    /// Who made it.
    pub made_by: PersonId,
    /// Their name.
    pub maker: String,
    /// When and by whom it was undone, if it was.
    pub undone: Option<(i64, PersonId)>,
    /// The name of whoever undid it.
    pub undoer: String,
}

type Row = (
    i64,
    i64,
    String,
    String,
    String,
    i64,
    i64,
    String,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
);

impl Scoped<'_> {
    /// Adds a rule, and enqueues the job that posts the lines that are there anew. A rule of the label that begins on
    /// the same day or later must be undone first: a new one never hides behind it.
    pub async fn add_label_rule(
        &mut self,
        label: LabelId,
        choice: LabelChoice,
        by: PersonId,
        now: i64,
    ) -> Result<LabelRuleId> {
        self.lock().await?;
        let named = self.label(label).await?.ok_or(StoreError::Missing("label"))?;
        rule(named, choice).check().map_err(|error| StoreError::Conflict(error.to_string()))?;
        let standing = self.standing_rules().await?;
        if standing.iter().any(|other| other.label == label && other.rule.from >= choice.from) {
            return Err(StoreError::Conflict(
                "a rule of this label begins on that day or later; undo it first".to_owned(),
            ));
        }
        let id = self.next_id("label_rule").await?;
        exec!(
            self.tx,
            "insert into label_rule (tenant_id, id, label, credit, debit, gst, from_day, made_at, made_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.tenant.0,
            id,
            label.0,
            choice.credit.code(),
            choice.debit.code(),
            choice.gst.name(),
            i64::from(choice.from),
            now,
            by.0,
        )?;
        self.follow_rule(LabelRuleId(id), now).await?;
        Ok(LabelRuleId(id))
    }

    /// Undoes a rule, and enqueues the job that posts its lines anew: from now on the label goes where it would go
    /// without it. The record stays.
    pub async fn undo_label_rule(&mut self, id: LabelRuleId, by: PersonId, now: i64) -> Result<()> {
        self.lock().await?;
        let undone = exec!(
            self.tx,
            "update label_rule set undone_at = $3, undone_by = $4
             where tenant_id = $1 and id = $2 and undone_at is null",
            self.tenant.0,
            id.0,
            now,
            by.0,
        )?;
        if undone == 0 {
            return Err(StoreError::Missing("rule"));
        }
        expect_one("label_rule", undone)?;
        self.follow_rule(id, now).await
    }

    /// Enqueues a job that brings the lines of a rule's label to what the taxonomy says now. Each change has a job of
    /// its own: one that runs already may be past a settlement that a later change concerns.
    async fn follow_rule(&mut self, id: LabelRuleId, now: i64) -> Result<()> {
        let payload = id.to_string();
        let job = NewJob {
            tenant: Some(self.tenant),
            kind: REPOST_JOB,
            payload: &payload,
            dedupe: None,
            run_at: now,
            most_attempts: MOST_ATTEMPTS,
        };
        self.tx.platform().enqueue(&job, now).await?.map(drop).ok_or(StoreError::Missing("job"))
    }

    /// Enqueues the job of a rule once more, after it was given up.
    pub async fn follow_rule_again(&mut self, id: LabelRuleId, now: i64) -> Result<()> {
        self.lock().await?;
        self.label_rule(id).await?.ok_or(StoreError::Missing("rule"))?;
        let jobs = self.rule_jobs().await?;
        match jobs.into_iter().find(|(rule, _)| *rule == id) {
            Some((_, job)) if job.state == "failed" => self.follow_rule(id, now).await,
            _ => Err(StoreError::Conflict("posting anew was not given up".to_owned())),
        }
    }

    /// The newest job of each rule that has one: how far its lines are.
    pub async fn rule_jobs(&mut self) -> Result<Vec<(LabelRuleId, JobView)>> {
        let jobs = self.tx.platform().newest_jobs(self.tenant, REPOST_JOB).await?;
        Ok(jobs.into_iter().filter_map(|job| Some((job.payload.parse().ok()?, job))).collect())
    }

    /// One rule, undone or not.
    pub async fn label_rule(&mut self, id: LabelRuleId) -> Result<Option<LabelRuleView>> {
        Ok(self.label_rules().await?.into_iter().find(|rule| rule.id == id))
    }

    /// All rules, those undone too, the newest first.
    pub async fn label_rules(&mut self) -> Result<Vec<LabelRuleView>> {
        let rows = fetch_all!(
            Row,
            self.tx,
            "select r.id, r.label, b.transaction_type, b.amount_type, b.description, r.credit, r.debit, r.gst,
                    r.from_day, r.made_at, r.made_by, r.undone_at, r.undone_by, m.name, u.name
             from label_rule r join label b on b.tenant_id = r.tenant_id and b.id = r.label
             left join person m on m.id = r.made_by left join person u on u.id = r.undone_by
             where r.tenant_id = $1 order by r.id desc",
            self.tenant.0,
        )?;
        rows.into_iter().map(view).collect()
    }

    /// The rules that stand, the oldest first.
    pub(crate) async fn standing_rules(&mut self) -> Result<Vec<LabelRuleView>> {
        let mut rules = self.label_rules().await?;
        rules.retain(|rule| rule.undone.is_none());
        rules.reverse();
        Ok(rules)
    }

    /// The taxonomy by which this tenant's files are read.
    pub async fn taxonomy(&mut self, built_in: &Arc<Taxonomy>) -> Result<Arc<Taxonomy>> {
        Ok(with_rules(built_in, &self.standing_rules().await?))
    }

    /// A label by its number.
    pub async fn label(&mut self, id: LabelId) -> Result<Option<Label>> {
        let row = fetch_optional!(
            (String, String, String),
            self.tx,
            "select transaction_type, amount_type, description from label where tenant_id = $1 and id = $2",
            self.tenant.0,
            id.0,
        )?;
        Ok(row.map(|(transaction_type, amount_type, description)| Label {
            transaction_type,
            amount_type,
            description,
        }))
    }

    /// The number of a label, letter by letter.
    pub async fn label_id(&mut self, label: &Label) -> Result<Option<LabelId>> {
        let row = fetch_optional!(
            (i64,),
            self.tx,
            "select id from label
             where tenant_id = $1 and transaction_type = $2 and amount_type = $3 and description = $4",
            self.tenant.0,
            label.transaction_type.as_str(),
            label.amount_type.as_str(),
            label.description.as_str(),
        )?;
        Ok(row.map(|(id,)| LabelId(id)))
    }

    /// Settlements that have lines of a label on or after a day, in the order of their keys: those to
    /// [`Self::repost`] once a rule with that first day was made or undone.
    pub async fn label_settlements(&mut self, label: LabelId, from: i32) -> Result<Vec<SettlementKey>> {
        let rows = fetch_all!(
            (i64,),
            self.tx,
            "select s.id from settlement s
             join label_sum d on d.tenant_id = s.tenant_id and d.settlement = s.id and d.label = $2
             where s.tenant_id = $1 and s.state <> 'withdrawn' and s.last_day >= $3 order by s.id",
            self.tenant.0,
            label.0,
            i64::from(from),
        )?;
        Ok(rows.into_iter().map(|(key,)| SettlementKey(key)).collect())
    }

    /// The first lines of a label in active settlements, as examples of what it stands for.
    pub async fn label_examples(&mut self, label: LabelId, most: usize) -> Result<Vec<LineView>> {
        let search = LineSearch { label: Some(label), ..LineSearch::of(Filter::days(i32::MIN, i32::MAX)) };
        match self.search_lines(&search, LineSort::Line, false, None, most).await? {
            Search::Found(page) => Ok(page.lines),
            Search::Narrow => Ok(Vec::new()),
        }
    }
}

/// A taxonomy with rules before it, the oldest first.
pub(crate) fn with_rules(built_in: &Arc<Taxonomy>, rules: &[LabelRuleView]) -> Arc<Taxonomy> {
    if rules.is_empty() {
        return Arc::clone(built_in);
    }
    Arc::new(built_in.with_rules(rules.iter().map(|rule| rule.rule.clone())))
}

/// Labels about which two lists of standing rules say different things.
pub(crate) fn changed_labels(before: &[LabelRuleView], after: &[LabelRuleView]) -> Vec<LabelId> {
    let only = |these: &[LabelRuleView], those: &[LabelRuleView]| {
        let new = these.iter().filter(|rule| !those.iter().any(|other| other.id == rule.id));
        new.map(|rule| rule.label).collect::<Vec<_>>()
    };
    let mut labels = only(before, after);
    labels.extend(only(after, before));
    labels.sort_unstable();
    labels.dedup();
    labels
}

pub(crate) fn rule(label: Label, choice: LabelChoice) -> LabelRule {
    LabelRule { label, credit: choice.credit, debit: choice.debit, gst: choice.gst, from: choice.from }
}

fn view(row: Row) -> Result<LabelRuleView> {
    let (
        id,
        label,
        transaction_type,
        amount_type,
        description,
        credit,
        debit,
        gst,
        from,
        at,
        by,
        undone_at,
        undone_by,
        maker,
        undoer,
    ) = row;
    let corrupt = || StoreError::Corrupt("label_rule");
    let account = |code: i64| Account::from_code(code).ok_or_else(corrupt);
    let choice = LabelChoice {
        credit: account(credit)?,
        debit: account(debit)?,
        gst: Gst::from_name(&gst).ok_or_else(corrupt)?,
        from: i32::try_from(from).map_err(|_| corrupt())?,
    };
    Ok(LabelRuleView {
        id: LabelRuleId(id),
        label: LabelId(label),
        rule: rule(Label { transaction_type, amount_type, description }, choice),
        made_at: at,
        made_by: PersonId(by),
        maker: maker.unwrap_or_default(),
        undone: undone_at.zip(undone_by).map(|(at, by)| (at, PersonId(by))),
        undoer: undoer.unwrap_or_default(),
    })
}
