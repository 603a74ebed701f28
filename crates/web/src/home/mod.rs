//! The first page: how today, this month and last month stand, where the sales went, and what needs attention.

mod attention;
mod flow;
pub(crate) mod span;
pub(crate) mod tile;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use ecom_ledger::{Currency, day, statement::Statement};
use ecom_store::{Action, Cover, Coverage, Scoped};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::Page,
    frame::{Frame, Here},
    moment,
    notice::Notice,
    page,
    params::Params,
    period::Period,
    product,
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
    seat::{Seat, Viewer, attention_since},
    session::may_register,
    statement::parts::{self, PartsChart},
};
use attention::Attention;
use flow::Flow;
use span::{ALWAYS, EARLY, OFFERED, Span};
use tile::{Compared, Found, Known, PeriodTile, Shown};

/// Periods one person can add.
const MOST_TILES: usize = 6;
/// What the tiles say, and the table behind the chart.
const TABLES: [&str; 2] = ["Periods", "Where net sales went"];
/// The choice of days of one's own.
const OWN: &str = "own";

#[derive(Template)]
#[template(path = "home/show.html")]
struct HomePage {
    frame: Frame,
    greeting: String,
    bar: ScopeBar,
    downloads: Downloads,
    fresh: String,
    bare: bool,
    sheets: Vec<Sheet>,
    notices: Vec<Notice>,
    adding: Adding,
    /// Where the best and the worst products are: they take longer than this page may, and come after it.
    products: product::Extremes,
}

/// The tiles and the chart of one currency.
struct Sheet {
    currency: Currency,
    tiles: Vec<PeriodTile>,
    chart: Option<PartsChart>,
}

/// The form that adds a period.
struct Adding {
    fields: [Field; 3],
    open: bool,
    full: bool,
}

/// The first page; for those not signed in, signing in or, to begin with, registering.
pub(crate) async fn show(
    State(app): State<App>,
    seat: Result<Seat<Viewer>, Response>,
    params: Params,
) -> Page {
    let answer = match seat {
        Ok(seat) => return render(&app, &seat, &params, StatusCode::OK, &Entry::default()).await,
        Err(answer) => answer,
    };
    let signed_out = answer.headers().get(header::LOCATION).is_some_and(|to| to == "/sign-in");
    let first = signed_out && may_register(&app).await?;
    Ok(if first { Redirect::to("/register").into_response() } else { answer })
}

/// Adds a period to one's own page: anybody may, since nobody else sees it.
pub(crate) async fn add(State(app): State<App>, seat: Seat<Viewer>, mut entry: Entry) -> Page {
    let Some(span) = read_span(&mut entry) else {
        return render(&app, &seat, &Params::default(), StatusCode::UNPROCESSABLE_ENTITY, &entry).await;
    };
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.add_tile(seat.person(), &span.key(), MOST_TILES, app.now()).await?;
    seat.audit(&app, &mut books, Action::AddTile, "").await?;
    tx.commit().await?;
    Ok(Redirect::to("/").into_response())
}

/// Removes a period from one's own page.
pub(crate) async fn remove(State(app): State<App>, seat: Seat<Viewer>, entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.remove_tile(seat.person(), entry.raw("period")).await?;
    seat.audit(&app, &mut books, Action::RemoveTile, "").await?;
    tx.commit().await?;
    Ok(Redirect::to("/").into_response())
}

fn read_span(entry: &mut Entry) -> Option<Span> {
    let key = entry.text("period", 40, "Choose a period.");
    if key != OWN {
        let span = OFFERED.into_iter().find(|span| span.key() == key);
        if span.is_none() {
            entry.refuse("period", "Choose one of the list.");
        }
        return span;
    }
    let missing = "Give the day as 2026-09-30.";
    let first = entry.text("first", 10, missing);
    let last = entry.text("last", 10, missing);
    let (first, last) = (Period::day(&first), Period::day(&last));
    for (name, day) in [("first", first), ("last", last)] {
        if day.is_none() {
            entry.refuse(name, missing);
        }
    }
    if matches!((first, last), (Some(first), Some(last)) if first > last) {
        entry.refuse("last", "It lies before the first day.");
    }
    Span::from_key(&format!("{}..{}", first?, last?)).filter(|_| entry.is_good())
}

async fn render(app: &App, seat: &Seat<Viewer>, params: &Params, status: StatusCode, entry: &Entry) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let choices = Choices::of(&mut books).await?;
    let lines = books.span().await?;
    let last = lines.map_or_else(|| day::of_date(app.today()), |(_, last)| last);
    let usual = Period::Days(day::to_date(last - flow::USUAL_DAYS + 1), day::to_date(last));
    let scope = Scope::read(params, usual)?;
    choices.expect(&scope)?;
    let view = View::of(app, &mut books, seat, &scope, lines).await?;
    if let Some(wanted) = Download::read(params)? {
        let (name, sheets) = (FileName::of(seat, "overview", scope.period), view.sheets(&scope)?);
        let tiles = sheets.iter().flat_map(|sheet| sheet.tiles.iter().map(|tile| (sheet.currency, tile)));
        let charts = sheets.iter().filter_map(|sheet| sheet.chart.as_ref());
        return wanted
            .send(&name, vec![tile::table(TABLES[0], tiles), parts::table(TABLES[1], charts)])
            .await;
    }
    let attention = Attention::of(&mut books, seat.duties(), attention_since(app)).await?;
    let page = HomePage {
        frame: seat.frame("Home", Here::Home),
        greeting: format!("Good {}, {}", part_of_day(app), seat.business()),
        bar: ScopeBar::new("/", &scope, &choices, lines).by_posting_day(&scope),
        downloads: Downloads::of(&scope.link("/"), &TABLES),
        fresh: fresh(&view, books.last_import().await?),
        bare: lines.is_none(),
        sheets: view.sheets(&scope)?,
        notices: attention.notices(&view.coverage),
        adding: adding(entry, view.added),
        products: product::Extremes::of(&scope),
    };
    page::show_as(status, &page)
}

/// What the page is drawn from.
struct View {
    spans: Vec<Span>,
    /// How many of them somebody added.
    added: usize,
    compared: Vec<Option<Compared>>,
    flow: Flow,
    /// Statements of the tiles that have days, three of each; then those of the chart's columns.
    statements: Vec<Vec<Statement>>,
    coverage: Coverage,
    known: Known,
}

impl View {
    async fn of(
        app: &App,
        books: &mut Scoped<'_>,
        seat: &Seat<Viewer>,
        scope: &Scope,
        lines: Option<(i32, i32)>,
    ) -> Page<Self> {
        let added = books.tiles(seat.person()).await?;
        let added: Vec<Span> = added.iter().filter_map(|key| Span::from_key(key)).collect();
        let lines_dates = lines.map(|(first, last)| (day::to_date(first), day::to_date(last)));
        let known = Known { today: app.today(), lines: lines_dates, settled: None };
        let early = known.is_early().then_some(EARLY);
        let spans: Vec<Span> = ALWAYS.into_iter().chain(early).chain(added.iter().copied()).collect();
        let compared: Vec<Option<Compared>> = spans.iter().map(|span| Compared::of(*span, &known)).collect();
        let (from, to) = scope.period.days();
        let flow =
            lines.map_or_else(|| Flow::of(1, 0), |(first, last)| Flow::of(from.max(first), to.min(last)));
        let mut days: Vec<(i32, i32)> = compared.iter().flatten().flat_map(Compared::spans).collect();
        days.extend(&flow.spans);
        let statements = books.statements_of(&scope.filter(), &days).await?;
        let coverage = books.coverage(scope.seller_account).await?;
        Ok(Self { spans, added: added.len(), compared, flow, statements, coverage, known })
    }

    /// The last day that every chain covers, in all currencies, and whether a settlement is missing before.
    fn settled(&self) -> Option<(jiff::civil::Date, bool)> {
        let (first, _) = self.known.lines?;
        let days: Option<Vec<i32>> = self.coverage.currencies().map(|one| self.coverage.until(one)).collect();
        let last = days?.into_iter().min()?;
        let mut covers =
            self.coverage.currencies().map(|one| self.coverage.of(one, day::of_date(first), last));
        Some((day::to_date(last), covers.any(|cover| cover == Cover::Gap)))
    }

    /// One per currency in any of the figures.
    fn sheets(&self, scope: &Scope) -> Page<Vec<Sheet>> {
        let held: BTreeSet<Currency> =
            self.statements.iter().flatten().map(|statement| statement.currency).collect();
        held.into_iter().map(|currency| self.sheet(scope, currency)).collect()
    }

    fn sheet(&self, scope: &Scope, currency: Currency) -> Page<Sheet> {
        let settled = self.coverage.until(currency).map(day::to_date);
        let known = Known { settled, ..self.known };
        let mut tiles = Vec::new();
        let mut rest = self.statements.as_slice();
        for (span, compared) in self.spans.iter().zip(&self.compared) {
            let (own, after) = rest.split_at(if compared.is_some() { 3 } else { 0 });
            rest = after;
            let one =
                |at: usize| own.get(at)?.iter().find(|statement: &&Statement| statement.currency == currency);
            let found = Found { own: one(0), before: one(1), year: one(2) };
            let cover = |(from, to)| self.coverage.of(currency, day::of_date(from), day::of_date(to));
            let shown = Shown::of(*span, &known, cover);
            tiles.push(PeriodTile::of(&shown, scope, currency, &known, &found)?);
        }
        mark_first(&mut tiles);
        Ok(Sheet { currency, tiles, chart: self.flow.chart(scope, currency, rest)? })
    }
}

/// What matters most: this month, or the one before while this one has no figures.
fn mark_first(tiles: &mut [PeriodTile]) {
    let months = tiles.iter_mut().filter(|tile| [Span::MonthToDate, Span::LastMonth].contains(&tile.span));
    if let Some(first) = months.into_iter().find(|tile| tile.figures.is_some()) {
        first.first = true;
    }
}

fn adding(entry: &Entry, added: usize) -> Adding {
    let choices = OFFERED.into_iter().map(|span| (span.key(), span.title()));
    let own = (OWN.to_owned(), "Days of your own".to_owned());
    let first = entry.field("first", "First day").kind("date").optional();
    Adding {
        fields: [
            entry.field("period", "Period").choice(choices.chain([own])),
            first,
            entry.field("last", "Last day").kind("date").optional(),
        ],
        open: !entry.is_good(),
        full: added >= MOST_TILES,
    }
}

/// How fresh the figures are.
fn fresh(view: &View, imported: Option<i64>) -> String {
    let Some((first, last)) = view.known.lines else {
        return "No settlement has been imported yet.".to_owned();
    };
    let today = view.known.today;
    let told = |date| span::told((date, date), today);
    let mut parts = Vec::new();
    if let Some((settled, gap)) = view.settled() {
        let missing = if gap { ", but a settlement is missing before" } else { "" };
        parts.push(format!("Settled up to {}{missing}", told(settled)));
    }
    parts.push(format!("lines from {} to {}, by posting day", told(first), told(last)));
    if let Some(at) = imported.map(moment::at) {
        parts.push(format!("last import {}, {}", told(at.date()), at.strftime("%H:%M")));
    }
    parts.join(" · ")
}

fn part_of_day(app: &App) -> &'static str {
    match moment::zone().to_datetime(app.clock.now()).hour() {
        4..12 => "morning",
        12..17 => "afternoon",
        _ => "evening",
    }
}
