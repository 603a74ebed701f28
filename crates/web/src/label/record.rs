//! The rules somebody made: what each says, who made it and when, how far its lines are, whether it was undone.

use ecom_store::{JobView, LabelRuleId, LabelRuleView, Scoped};

use super::{Name, gst, kept_days};
use crate::{app::App, fault::Page, moment, money, notice::Tone, words};

/// A rule as a list shows it.
pub(super) struct RuleRow {
    pub(super) id: LabelRuleId,
    pub(super) name: Name,
    pub(super) href: String,
    pub(super) goes: String,
    pub(super) gst: &'static str,
    pub(super) days: String,
    pub(super) made: String,
    pub(super) undone: Option<String>,
    pub(super) state: (String, &'static str),
    pub(super) progress: Option<Progress>,
    /// Posting anew was given up: somebody may ask for it again.
    pub(super) stopped: bool,
}

/// How many settlements are done, of how many; 0 until that is known.
pub(super) struct Progress {
    pub(super) done: i64,
    pub(super) total: i64,
}

/// All rules and their jobs.
pub(super) struct Record {
    rules: Vec<LabelRuleView>,
    jobs: Vec<(LabelRuleId, JobView)>,
}

impl Record {
    pub(super) async fn of(books: &mut Scoped<'_>) -> Page<Self> {
        Ok(Self { rules: books.label_rules().await?, jobs: books.rule_jobs().await? })
    }

    /// The rules, the newest first.
    pub(super) fn rules(&self) -> impl Iterator<Item = &LabelRuleView> {
        self.rules.iter()
    }

    /// Whether lines of any rule are still posted anew.
    pub(super) fn is_open(&self) -> bool {
        self.jobs.iter().any(|(_, job)| is_open(job))
    }

    pub(super) fn row(&self, app: &App, rule: &LabelRuleView) -> RuleRow {
        let job = self.jobs.iter().find(|(id, _)| *id == rule.id).map(|(_, job)| job);
        let progress =
            job.filter(|job| is_open(job)).map(|job| app.live.of(job.id).unwrap_or((job.done, job.total)));
        let stopped = job.is_some_and(|job| job.state == "failed");
        let undone = rule.undone.map(|(at, _)| format!("{} by {}", moment::told(at), by(&rule.undoer)));
        let state = match progress {
            _ if stopped => ("stopped".to_owned(), Tone::Bad.class()),
            Some((_, 0)) => ("posting anew".to_owned(), Tone::Attention.class()),
            Some((done, total)) => {
                let words = format!("posting anew: {} of {}", money::count(done), settlements(total));
                (words, Tone::Attention.class())
            }
            None if undone.is_some() => ("undone".to_owned(), Tone::Plain.class()),
            None => ("stands".to_owned(), Tone::Good.class()),
        };
        RuleRow {
            id: rule.id,
            name: Name::of(&rule.rule.label),
            href: format!("/labels/{}", rule.label),
            goes: goes(rule.rule.credit, rule.rule.debit),
            gst: gst(rule.rule.gst),
            days: kept_days(rule.rule.from),
            made: format!("{} by {}", moment::told(rule.made_at), by(&rule.maker)),
            undone,
            state,
            progress: progress.map(|(done, total)| Progress { done, total }),
            stopped,
        }
    }
}

fn is_open(job: &JobView) -> bool {
    matches!(job.state.as_str(), "queued" | "running")
}

fn settlements(count: i64) -> String {
    money::counted(count, "settlement", "settlements")
}

/// Where amounts go: one account, or two by sign.
pub(super) fn goes(credit: ecom_ledger::Account, debit: ecom_ledger::Account) -> String {
    if credit == debit {
        words::account(credit).to_owned()
    } else {
        format!("{} for credits, {} for charges", words::account(credit), words::account(debit))
    }
}

/// A person that is no longer known still did it.
fn by(name: &str) -> &str {
    if name.is_empty() { "somebody" } else { name }
}
