//! The taxonomy desk: labels that nobody understands yet, each with its lines and the choice of an account; any other
//! label by search; and the rules made so far, which can be undone.

mod choice;
mod detail;
mod download;
mod effect;
mod record;
mod undo;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use ecom_ledger::{
    Account, day,
    taxonomy::{Gst, Label, Taxonomy},
};
use ecom_store::{Filter, LabelId, LabelSums, LineSearch, LineSort, LineView, Scoped, Search};

pub(crate) use choice::{create, preview};
pub(crate) use detail::show;
pub(crate) use undo::{again, ask as ask_undo, create as create_undo};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::Page,
    figure::Figure,
    frame::{Frame, Here},
    money, page,
    params::{Link, Params},
    period::shown,
    search::LineRow,
    seat::{Manager, Seat, Viewer},
};
use detail::{RELOAD_S, Suggestion, span_words, suggestion};
use record::{Record, RuleRow, goes};

/// Unknown labels on a page: each is looked up with its days and its first lines.
const PER_PAGE: usize = 10;
/// Lines shown as examples of each.
const EXAMPLES: usize = 3;
/// Labels that a search shows; a file has all.
const MOST_FOUND: usize = 50;
/// Rules that are shown, the newest.
const MOST_RULES: usize = 100;
/// Longest text to search for, in characters.
const MOST_SEARCH: usize = 300;

/// A label as a title and what stands before it in Amazon's columns.
pub(crate) struct Name {
    pub(crate) what: String,
    pub(crate) rest: String,
}

#[derive(Template)]
#[template(path = "label/list.html")]
struct LabelsPage {
    frame: Frame,
    downloads: Downloads,
    said: Option<&'static str>,
    unknown: Vec<Unknown>,
    /// How many there are in all.
    count: String,
    pager: Option<Pager>,
    lookup: Lookup,
    rules: Vec<RuleRow>,
    /// Lines are still posted anew.
    open: bool,
    may: bool,
    bare: bool,
}

struct Pager {
    words: String,
    before: Option<String>,
    after: Option<String>,
}

/// A search for labels.
struct Lookup {
    text: String,
    found: Vec<Known>,
    /// Whether there are more than are shown.
    cut: bool,
}

/// A label in suspense.
struct Unknown {
    name: Name,
    href: String,
    /// By currency: lines, and their sum as a link to them.
    sums: Vec<(String, Figure)>,
    days: String,
    examples: Vec<LineRow>,
    suggestion: Option<Suggestion>,
}

/// A label that a search found.
struct Known {
    name: Name,
    href: String,
    goes: String,
    lines: Figure,
    open: bool,
}

/// What the desk is asked for.
struct Wanted {
    text: String,
    page: usize,
}

impl Wanted {
    fn read(params: &Params) -> Page<Self> {
        let short = |text: &str| (text.chars().count() <= MOST_SEARCH).then(|| text.trim().to_owned());
        let number = |text: &str| text.parse::<usize>().ok();
        Ok(Self {
            text: params.read("q", "a text of at most 300 characters", short)?.unwrap_or_default(),
            page: params.read("page", "the number of a page", number)?.unwrap_or(1),
        })
    }
}

/// The desk.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let wanted = Wanted::read(&params)?;
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let taxonomy = books.taxonomy(&app.reading.taxonomy).await?;
    let sums = by_label(books.label_sums(None).await?);
    let record = Record::of(&mut books).await?;
    let (open, page) = open(&sums, wanted.page);
    let today = day::of_date(app.today());
    let file = Download::read(&params)?;
    let most = if file.is_some() { usize::MAX } else { MOST_FOUND };
    let lookup = Lookup::of(&mut books, &taxonomy, &sums, wanted.text, today, most).await?;
    if let Some(file) = file {
        let unknown = download::unknown(&mut books, &open).await?;
        let mut tables =
            vec![unknown, download::rules(&app, &record, record.rules()), download::found(&lookup)];
        tables.truncate(lookup.tables().len());
        return file.send(&FileName::today(&app, &seat, "labels"), tables).await;
    }
    page::show(&LabelsPage {
        downloads: lookup.downloads(),
        frame: seat.frame("Labels", Here::Labels).reloading(record.is_open().then_some(RELOAD_S)),
        said: told(&params),
        count: money::counted(i64::try_from(open.len()).unwrap_or(i64::MAX), "label", "labels"),
        pager: pager(page, pages(open.len())),
        unknown: Unknown::page(&mut books, &taxonomy, &open, page).await?,
        lookup,
        rules: record.rules().take(MOST_RULES).map(|rule| record.row(&app, rule)).collect(),
        open: record.is_open(),
        may: seat.may::<Manager>(),
        bare: sums.is_empty(),
    })
}

/// Labels in suspense, the largest sums first, and the nearest page that there is.
fn open(sums: &BTreeMap<LabelId, Vec<LabelSums>>, page: usize) -> (Vec<&Vec<LabelSums>>, usize) {
    let held = |sums: &&Vec<LabelSums>| sums.iter().any(|sum| sum.unclassified > 0);
    let mut open: Vec<&Vec<LabelSums>> = sums.values().filter(held).collect();
    open.sort_by_key(|sums| std::cmp::Reverse(weight(sums)));
    let page = page.clamp(1, pages(open.len()));
    (open, page)
}

fn pages(labels: usize) -> usize {
    labels.div_ceil(PER_PAGE).max(1)
}

fn pager(page: usize, pages: usize) -> Option<Pager> {
    let to = |page: usize| Link::to("/labels").with("page", &page.to_string()).text();
    (pages > 1).then(|| Pager {
        words: format!("page {page} of {pages}"),
        before: (page > 1).then(|| to(page - 1)),
        after: (page < pages).then(|| to(page + 1)),
    })
}

/// What was done just now.
fn told(params: &Params) -> Option<&'static str> {
    match params.one("said") {
        Some("made") => {
            Some("The rule is made. Lines that are there are posted anew; files read from now on follow it.")
        }
        Some("undone") => Some("The rule is undone. Its lines go back to where they stood without it."),
        Some("again") => Some("Posting anew begins again."),
        _ => None,
    }
}

fn by_label(sums: Vec<LabelSums>) -> BTreeMap<LabelId, Vec<LabelSums>> {
    sums.into_iter().fold(BTreeMap::new(), |mut by, sum| {
        by.entry(sum.id).or_insert_with(Vec::new).push(sum);
        by
    })
}

/// The first lines of a label that stand in suspense: others of it may have an account by the rule of a day.
async fn in_suspense(books: &mut Scoped<'_>, id: LabelId) -> Page<Vec<LineView>> {
    let accounts = vec![Account::Unclassified];
    let all = LineSearch::of(Filter::days(i32::MIN, i32::MAX));
    let search = LineSearch { label: Some(id), accounts, ..all };
    Ok(match books.search_lines(&search, LineSort::Line, false, None, EXAMPLES).await? {
        Search::Found(page) => page.lines,
        Search::Narrow => Vec::new(),
    })
}

/// What is most worth a decision: the size of what stands in suspense.
fn weight(sums: &[LabelSums]) -> u64 {
    sums.iter().map(|sum| sum.unclassified_amount.unsigned_abs()).fold(0, u64::saturating_add)
}

impl Unknown {
    async fn page(
        books: &mut Scoped<'_>,
        taxonomy: &Taxonomy,
        open: &[&Vec<LabelSums>],
        page: usize,
    ) -> Page<Vec<Self>> {
        let mut unknown = Vec::new();
        for sums in open.chunks(PER_PAGE).nth(page - 1).unwrap_or_default() {
            unknown.extend(Self::of(books, taxonomy, sums).await?);
        }
        Ok(unknown)
    }

    async fn of(books: &mut Scoped<'_>, taxonomy: &Taxonomy, sums: &[LabelSums]) -> Page<Option<Self>> {
        let Some(LabelSums { id, label, .. }) = sums.first() else { return Ok(None) };
        let days = books.label_days(*id, true).await?;
        let examples = in_suspense(books, *id).await?;
        let held = sums.iter().filter(|sum| sum.unclassified > 0);
        let sum = |sum: &LabelSums| {
            let link = Link::to("/search").with("label_id", &id.to_string());
            let link = link.with("account", "suspense:unclassified").with("currency", sum.currency.code());
            let amount = Figure::amount(sum.currency, sum.unclassified_amount, link.text());
            (money::counted(sum.unclassified, "line", "lines"), amount)
        };
        Ok(Some(Self {
            name: Name::of(label),
            href: format!("/labels/{id}"),
            sums: held.map(sum).collect(),
            days: days.map(span_words).unwrap_or_default(),
            examples: examples.into_iter().map(LineRow::of).collect(),
            suggestion: suggestion(taxonomy, *id, label, days),
        }))
    }
}

impl Lookup {
    /// The names of the tables that the page hands out.
    fn tables(&self) -> &'static [&'static str] {
        if self.text.is_empty() { &download::TABLES[..2] } else { &download::TABLES }
    }

    fn downloads(&self) -> Downloads {
        let page = Link::to("/labels");
        let page = if self.text.is_empty() { page } else { page.with("q", &self.text) };
        Downloads::of(&page, self.tables())
    }

    /// Labels that hold a text, up to `most`, and where they go on a day.
    async fn of(
        books: &mut Scoped<'_>,
        taxonomy: &Taxonomy,
        sums: &BTreeMap<LabelId, Vec<LabelSums>>,
        text: String,
        today: i32,
        most: usize,
    ) -> Page<Self> {
        let found = if text.is_empty() { Vec::new() } else { books.labels_holding(&text).await? };
        let one = |(id, label): (LabelId, Label)| {
            let verdict = taxonomy.verdict(&label, today);
            let lines = sums.get(&id).into_iter().flatten().map(|sum| sum.lines).fold(0, i64::saturating_add);
            Known {
                name: Name::of(&label),
                href: format!("/labels/{id}"),
                goes: goes(verdict.credit, verdict.debit),
                lines: Figure::count(lines),
                open: verdict.debit == Account::Unclassified,
            }
        };
        let cut = found.len() > most;
        Ok(Self { text, found: found.into_iter().take(most).map(one).collect(), cut })
    }
}

/// Where the GST stands, in words.
fn gst(gst: Gst) -> &'static str {
    match gst {
        Gst::Separate => "In a row of its own",
        Gst::Included => "Inside the amount",
        Gst::None => "There is none",
        Gst::Unknown => "Not known",
    }
}

/// The days of a rule, from its first.
fn kept_days(from: i32) -> String {
    if from == i32::MIN {
        "for all days".to_owned()
    } else {
        format!("from {} on", shown(day::to_date(from)))
    }
}
