//! One label: what it holds, where it goes on which days, its first lines, and the choice of another account.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use ecom_ledger::{
    day,
    taxonomy::{Label, Taxonomy, similar},
};
use ecom_store::{LabelDays, LabelId, LabelSums, Scoped};

use super::{
    Name,
    choice::{self, ChoiceForm},
    download, gst,
    record::{Record, RuleRow, goes},
    told,
};
use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::Entry,
    fault::{Fault, Page},
    figure::Figure,
    frame::{Frame, Here},
    money, page,
    params::{Link, Params},
    period::shown,
    search::LineRow,
    seat::{Manager, Role, Seat, Viewer},
};

/// Lines shown as examples.
const EXAMPLES: usize = 5;
/// Without script, the page is asked for again after this many seconds while lines are posted anew.
pub(super) const RELOAD_S: u8 = 2;

#[derive(Template)]
#[template(path = "label/show.html")]
struct LabelPage {
    frame: Frame,
    downloads: Downloads,
    said: Option<&'static str>,
    name: Name,
    sums: Vec<SumRow>,
    days: String,
    spans: Vec<Span>,
    examples: Vec<LineRow>,
    /// Where all its lines are.
    lines: String,
    suggestion: Option<Suggestion>,
    form: Option<ChoiceForm>,
    preview: String,
    rules: Vec<RuleRow>,
    open: bool,
    may: bool,
}

/// What it holds in one currency.
struct SumRow {
    currency: String,
    lines: String,
    amount: String,
    suspense: Option<Figure>,
}

/// Days on which it goes somewhere.
pub(super) struct Span {
    pub(super) days: String,
    pub(super) goes: String,
    pub(super) gst: &'static str,
    pub(super) by: &'static str,
    open: bool,
}

/// A label like it whose account is known.
pub(super) struct Suggestion {
    pub(super) like: String,
    pub(super) goes: String,
    pub(super) href: String,
}

/// One label.
pub(crate) async fn show(
    State(app): State<App>,
    seat: Seat<Viewer>,
    Path(id): Path<String>,
    params: Params,
) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let (id, label) = label_of(&mut books, &id).await?;
    let taxonomy = books.taxonomy(&app.reading.taxonomy).await?;
    if let Some(wanted) = Download::read(&params)? {
        let record = Record::of(&mut books).await?;
        let own = record.rules().filter(|rule| rule.label == id);
        let sums = books.label_sums(Some(id)).await?;
        let tables = vec![
            download::sums(&sums),
            download::spans(&spans(&taxonomy, &label, &record, id)),
            download::rules(&app, &record, own),
        ];
        let name = format!("label {}", Name::of(&label).what);
        return wanted.send(&FileName::today(&app, &seat, &name), tables).await;
    }
    let verdict = taxonomy.verdict(&label, day::of_date(app.today()));
    let entry = choice::from_address(&params)
        .unwrap_or_else(|| choice::prefilled(verdict.credit, verdict.debit, verdict.gst));
    show_as(&app, &seat, &mut books, id, told(&params), &entry, StatusCode::OK).await
}

/// The page with a form as it was typed.
pub(super) async fn show_as<R: Role>(
    app: &App,
    seat: &Seat<R>,
    books: &mut Scoped<'_>,
    id: LabelId,
    said: Option<&'static str>,
    entry: &Entry,
    status: StatusCode,
) -> Page {
    let label = books.label(id).await?.ok_or(Fault::Missing)?;
    let taxonomy = books.taxonomy(&app.reading.taxonomy).await?;
    let record = Record::of(books).await?;
    let sums = books.label_sums(Some(id)).await?;
    let days = books.label_days(id, false).await?;
    let rules: Vec<RuleRow> =
        record.rules().filter(|rule| rule.label == id).map(|rule| record.row(app, rule)).collect();
    let open = rules.iter().any(|rule| rule.progress.is_some());
    let name = Name::of(&label);
    let may = seat.may::<Manager>();
    let first = days.filter(|days| days.exact).map(|days| day::to_date(days.first));
    let frame = seat.frame(name.what.clone(), Here::Labels).reloading(open.then_some(RELOAD_S));
    let page = LabelPage {
        frame,
        downloads: Downloads::of(&Link::to(&format!("/labels/{id}")), &download::ONE),
        said,
        name,
        days: days.map(span_words).unwrap_or_default(),
        spans: spans(&taxonomy, &label, &record, id),
        examples: books.label_examples(id, EXAMPLES).await?.into_iter().map(LineRow::of).collect(),
        lines: Link::to("/search").with("label_id", &id.to_string()).text(),
        suggestion: suggestion(&taxonomy, id, &label, days),
        form: may.then(|| ChoiceForm::of(entry, first, app.today())),
        preview: format!("/labels/{id}/rule"),
        sums: sums.iter().map(|sum| sum_row(id, sum)).collect(),
        rules,
        open,
        may,
    };
    page::show_as(status, &page)
}

/// The label that an address names.
pub(super) async fn label_of(books: &mut Scoped<'_>, id: &str) -> Page<(LabelId, Label)> {
    let id: LabelId = id.parse().map_err(|_| Fault::Missing)?;
    Ok((id, books.label(id).await?.ok_or(Fault::Missing)?))
}

/// Days as people read them; of very many lines, those of their settlements.
pub(super) fn span_words(days: LabelDays) -> String {
    let (first, last) = (day::to_date(days.first), day::to_date(days.last));
    match (days.exact, first == last) {
        (true, true) => shown(first),
        (true, false) => format!("{} – {}", shown(first), shown(last)),
        (false, _) => format!("in settlements of {} – {}", shown(first), shown(last)),
    }
}

fn sum_row(id: LabelId, sum: &LabelSums) -> SumRow {
    let href = Link::to("/search")
        .with("currency", sum.currency.code())
        .with("label_id", &id.to_string())
        .with("account", "suspense:unclassified")
        .text();
    let suspense = Figure::amount(sum.currency, sum.unclassified_amount, href);
    SumRow {
        currency: sum.currency.code().to_owned(),
        lines: money::count(sum.lines),
        amount: money::exact(sum.currency, sum.amount),
        suspense: (sum.unclassified > 0).then_some(suspense),
    }
}

/// The days of the taxonomy's verdicts, the first first.
fn spans(taxonomy: &Taxonomy, label: &Label, record: &Record, id: LabelId) -> Vec<Span> {
    let (mut spans, mut at) = (Vec::new(), i32::MIN);
    loop {
        let verdict = taxonomy.verdict(label, at);
        let own = record
            .rules()
            .any(|rule| rule.label == id && rule.undone.is_none() && rule.rule.from == verdict.from);
        let open = verdict.debit == ecom_ledger::Account::Unclassified;
        let date = |day| shown(day::to_date(day));
        spans.push(Span {
            days: match (verdict.from.max(at), verdict.to) {
                (i32::MIN, i32::MAX) => "all days".to_owned(),
                (i32::MIN, to) => format!("until {}", date(to)),
                (from, i32::MAX) => format!("from {} on", date(from)),
                (from, to) => format!("{} – {}", date(from), date(to)),
            },
            goes: goes(verdict.credit, verdict.debit),
            gst: gst(verdict.gst),
            by: match (own, open) {
                (true, _) => "your rule",
                (false, true) => "no rule",
                (false, false) => "built in",
            },
            open,
        });
        match verdict.to.checked_add(1) {
            Some(next) => at = next,
            None => return spans,
        }
    }
}

/// Suggested only for a label that stands in suspense.
pub(super) fn suggestion(
    taxonomy: &Taxonomy,
    id: LabelId,
    label: &Label,
    days: Option<LabelDays>,
) -> Option<Suggestion> {
    let LabelDays { last, .. } = days?;
    let verdict = taxonomy.verdict(label, last);
    let open = verdict.debit == ecom_ledger::Account::Unclassified;
    let found = similar(taxonomy, label, last).filter(|_| open)?;
    Some(Suggestion {
        goes: goes(found.credit, found.debit),
        href: choice::suggested(id, found.credit, found.debit, found.gst),
        like: found.name,
    })
}
