//! The taxonomy desk as files: labels in suspense, the rules made so far, the labels that a search found.

use ecom_documents::{Sheet, Value};
use ecom_ledger::taxonomy::Label;
use ecom_store::{LabelDays, LabelRuleView, LabelSums, Scoped};

use super::{
    Lookup,
    detail::Span,
    gst,
    record::{Record, RuleRow, goes},
};
use crate::{
    app::App,
    download::{amount, date, filled, instant, sheet, too_long},
    fault::Page,
};

/// Tables in the order of the page; the last is there for a search only.
pub(super) const TABLES: [&str; 3] = ["Not understood yet", "Rules of yours", "Labels found"];
/// Labels in suspense in a file: the days of each are looked up.
const MOST_UNKNOWN: i64 = 1_000;

/// All labels in suspense, the largest sums first, a row for each currency.
pub(super) async fn unknown(books: &mut Scoped<'_>, open: &[&Vec<LabelSums>]) -> Page<Sheet> {
    if i64::try_from(open.len()).is_ok_and(|count| count > MOST_UNKNOWN) {
        let words = "Go back and choose the accounts of the largest first.";
        return Err(too_long(TABLES[0], MOST_UNKNOWN, "a file", words));
    }
    let header = [
        "Transaction type",
        "Amount type",
        "Description",
        "Lines",
        "Amount",
        "Currency",
        "First day",
        "Last day",
        "Note",
    ];
    let mut table = sheet(TABLES[0], header, []);
    for sums in open {
        let Some(first) = sums.first() else { continue };
        let days = books.label_days(first.id, true).await?;
        let held = sums.iter().filter(|sum| sum.unclassified > 0);
        table.rows.extend(held.map(|sum| suspended(sum, days).to_vec()));
    }
    Ok(table)
}

fn suspended(sum: &LabelSums, days: Option<LabelDays>) -> [Value; 9] {
    let [transaction, kind, description] = parts(&sum.label);
    let (first, last) = days.map_or_else(Default::default, |days| (date(days.first), date(days.last)));
    let about = days.is_some_and(|days| !days.exact);
    [
        transaction,
        kind,
        description,
        sum.unclassified.into(),
        amount(sum.currency, sum.unclassified_amount),
        sum.currency.code().into(),
        first,
        last,
        filled(if about { "days of its settlements" } else { "" }),
    ]
}

fn parts(label: &Label) -> [Value; 3] {
    [&label.transaction_type, &label.amount_type, &label.description].map(|part| filled(part))
}

/// Some rules, the newest first.
pub(super) fn rules<'r>(app: &App, record: &Record, rules: impl Iterator<Item = &'r LabelRuleView>) -> Sheet {
    let header = [
        "Transaction type",
        "Amount type",
        "Description",
        "Goes to",
        "Its GST",
        "From",
        "Made on",
        "Made by",
        "Undone on",
        "Undone by",
        "State",
    ];
    sheet(TABLES[1], header, rules.map(|view| rule(view, record.row(app, view))))
}

fn rule(view: &LabelRuleView, row: RuleRow) -> [Value; 11] {
    let [transaction, kind, description] = parts(&view.rule.label);
    let [made, _] = instant(view.made_at);
    let undone = view.undone.map(|(at, _)| {
        let [day, _] = instant(at);
        day
    });
    [
        transaction,
        kind,
        description,
        goes(view.rule.credit, view.rule.debit).into(),
        gst(view.rule.gst).into(),
        if view.rule.from == i32::MIN { Value::Empty } else { date(view.rule.from) },
        made,
        filled(&view.maker),
        undone.into(),
        filled(&view.undoer),
        row.state.0.into(),
    ]
}

/// Tables of one label, in the order of its page.
pub(super) const ONE: [&str; 3] = ["What it holds", "Where it goes", TABLES[1]];

/// What a label holds in each currency.
pub(super) fn sums(sums: &[LabelSums]) -> Sheet {
    let header = ["Currency", "Lines", "Sum", "Not understood"];
    let row = |sum: &LabelSums| {
        let open = (sum.unclassified > 0).then(|| amount(sum.currency, sum.unclassified_amount));
        [
            sum.currency.code().into(),
            sum.lines.into(),
            amount(sum.currency, sum.amount),
            open.unwrap_or(Value::Empty),
        ]
    };
    sheet(ONE[0], header, sums.iter().map(row))
}

/// Where a label goes on which days.
pub(super) fn spans(spans: &[Span]) -> Sheet {
    let row =
        |span: &Span| [span.days.as_str().into(), span.goes.as_str().into(), span.gst.into(), span.by.into()];
    sheet(ONE[1], ["Posting days", "Goes to", "Its GST", "By"], spans.iter().map(row))
}

/// The labels that a search found.
pub(super) fn found(lookup: &Lookup) -> Sheet {
    let row = |known: &super::Known| {
        [
            known.name.what.as_str().into(),
            filled(&known.name.rest),
            known.goes.as_str().into(),
            known.lines.value(),
        ]
    };
    sheet(TABLES[2], ["Label", "Under", "Goes to", "Lines"], lookup.found.iter().map(row))
}
