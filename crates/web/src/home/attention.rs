//! What needs somebody's attention, each with the one action that mends it.

use std::collections::BTreeMap;

use ecom_ledger::{
    Currency,
    chain::{Check, Finding},
    day::Month,
};
use ecom_store::{
    Coverage, Duties, Filter, MOST_COUNTED, Scoped, SettlementState, SettlementView, UnclassifiedLabel,
    UncostedProduct,
};

use crate::{
    fault::Page,
    money,
    notice::{Notice, Tone},
    settlement,
};

/// Things of one kind that are shown one by one.
const MOST: usize = 3;
/// Where products without a cost get one.
const COSTS: &str = "/costs";

/// What the store knows that needs attention.
pub(crate) struct Attention {
    duties: Duties,
    waiting: Vec<SettlementView>,
    labels: Vec<UnclassifiedLabel>,
    uncosted: Vec<UncostedProduct>,
    units: i64,
    since: Month,
}

impl Attention {
    pub(crate) async fn of(books: &mut Scoped<'_>, duties: Duties, since: Month) -> Page<Self> {
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        Ok(Self {
            waiting: if duties.settlements > 0 { books.waiting_settlements(most).await? } else { Vec::new() },
            labels: if duties.labels > 0 {
                books.unclassified(&Filter::days(i32::MIN, i32::MAX)).await?
            } else {
                Vec::new()
            },
            uncosted: if (1..MOST_COUNTED).contains(&duties.products) {
                books.uncosted_products(since, most).await?
            } else {
                Vec::new()
            },
            units: if duties.products > 0 { books.uncosted_units(since).await? } else { 0 },
            duties,
            since,
        })
    }

    /// The most urgent first: what keeps money out of the figures, then what leaves them incomplete.
    pub(crate) fn notices(&self, coverage: &Coverage) -> Vec<Notice> {
        let mut notices: Vec<Notice> = self.waiting.iter().map(waiting).collect();
        let more = self.duties.settlements - i64::try_from(self.waiting.len()).unwrap_or(i64::MAX);
        if more > 0 {
            let title = money::counted(more, "more settlement waits", "more settlements wait");
            let words = "Versions to choose between, or files that do not balance.";
            notices.push(attention(title, words.to_owned()).link("See them", "/settlements?state=undecided"));
        }
        notices.extend(findings(coverage));
        notices.extend(self.labels());
        notices.extend(self.uncosted());
        notices
    }

    fn labels(&self) -> Option<Notice> {
        let first = self.labels.first()?;
        let sums: BTreeMap<Currency, i64> = self.labels.iter().fold(BTreeMap::new(), |mut sums, label| {
            let sum = sums.entry(label.currency).or_insert(0_i64);
            *sum = sum.saturating_add(label.amount);
            sums
        });
        let amounts: Vec<String> =
            sums.into_iter().map(|(currency, sum)| money::exact(currency, sum)).collect();
        let parts = [&first.label.description, &first.label.amount_type, &first.label.transaction_type];
        let name = parts.into_iter().find(|part| !part.is_empty()).map_or("", String::as_str);
        let others = match self.duties.labels - 1 {
            ..=0 => String::new(),
            more => format!(" and {}", money::counted(more, "other", "others")),
        };
        let title = money::counted(self.duties.labels, "label not understood", "labels not understood");
        let words = format!("{} in “{name}”{others}. In the total, in no profit.", amounts.join(" and "));
        let link = if self.duties.labels == 1 { "Choose its account" } else { "Choose their accounts" };
        Some(attention(title, words).link(link, "/labels"))
    }

    fn uncosted(&self) -> Option<Notice> {
        let count = self.duties.products;
        let units = money::counted(self.units, "unit", "units");
        let since = self.since.first_date().strftime("%b %Y");
        let names: Vec<&str> = self.uncosted.iter().map(|product| product.name.as_str()).collect();
        let names = names.join(", ");
        let (title, words) = match count {
            ..=0 => return None,
            1 => (
                "1 product has no cost".to_owned(),
                format!("{names}: profit of {units} since {since} unknown."),
            ),
            MOST_COUNTED.. => (
                format!("More than {} products have no cost", MOST_COUNTED - 1),
                format!("Profit of {units} since {since} unknown. A cost sheet gives many at once."),
            ),
            _ => (
                format!("{count} products have no cost"),
                format!("Profit of {units} since {since} unknown, most of {names}."),
            ),
        };
        Some(attention(title, words).link("Add cost", COSTS))
    }
}

fn attention(title: String, words: String) -> Notice {
    Notice::new(Tone::Attention, title, words)
}

fn waiting(found: &SettlementView) -> Notice {
    if found.state == SettlementState::Undecided {
        let words =
            "It came in two files, and nothing tells which is newer. Until you choose, the first counts.";
        let title = format!("Settlement {}: which version counts?", found.settlement_id);
        return attention(title, words.to_owned()).link("Choose", format!("/settlements/{}", found.key));
    }
    let off = found.sum.saturating_sub(found.total.unwrap_or(found.sum));
    let words = format!(
        "{}, of {}: its lines are off by {}, so it is in no figure. Download it again from Amazon.",
        found.file_name,
        settlement::days(found),
        money::exact(found.currency, off)
    );
    let title = format!("Settlement {} does not balance", found.settlement_id);
    Notice::new(Tone::Bad, title, words).link("Import it again", "/uploads")
}

/// Places where settlements do not follow each other, the newest first.
fn findings(coverage: &Coverage) -> Vec<Notice> {
    let all: Vec<&Finding> = coverage.findings().collect();
    let mut notices: Vec<Notice> = all.iter().take(MOST).map(|finding| found(finding)).collect();
    if let Some(more) = all.len().checked_sub(MOST).filter(|more| *more > 0) {
        let title = format!("{more} more places where settlements do not follow each other");
        let words = "A settlement that is missing is the usual reason.".to_owned();
        notices.push(attention(title, words).link("See all", "/settlements"));
    }
    notices
}

fn found(finding: &Finding) -> Notice {
    let (title, link) = match finding.check {
        Check::Period => ("A settlement is missing", ("Import it", "/uploads")),
        Check::Reserve => {
            ("A reserve does not come back as it was held", ("See settlements", "/settlements"))
        }
        Check::Carried => ("A negative balance is not carried over", ("See settlements", "/settlements")),
    };
    let words = finding.told(|amount| money::exact(finding.currency, amount));
    attention(title.to_owned(), words).link(link.0, link.1)
}
