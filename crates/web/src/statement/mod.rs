//! The profit statement of a period: profit and its bridge to what Amazon paid, in one column or by month, quarter or
//! year; the balance at Amazon entry by entry; the trial balance; the files all of it rests on. Every figure leads to
//! its lines.

mod asked;
mod balance;
pub(crate) mod bridge;
mod check;
mod download;
mod files;
mod grid;
mod months;
pub(crate) mod parts;
mod profit;
pub(crate) mod roll;
mod sheet;
mod trial;

use axum::extract::State;
use ecom_ledger::day::{self, Month};
use ecom_store::Scoped;

use crate::{
    app::App,
    download::{Download, Downloads},
    fault::Page,
    params::Params,
    period::{Period, shown},
    scope::Choices,
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
};
use asked::{Asked, Tab, View};

/// The statement.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let ground = Ground::of(&app, &mut books, &params).await?;
    match ground.asked.view {
        View::Profit => sheet::show(&seat, &mut books, &ground).await,
        View::Balance => balance::show(&seat, &mut books, &ground).await,
        View::Trial => trial::show(&seat, &mut books, &ground).await,
        View::Files => files::show(&seat, &mut books, &ground).await,
    }
}

/// What every part of the statement stands on.
struct Ground {
    asked: Asked,
    choices: Choices,
    /// First and last day with lines.
    span: Option<(i32, i32)>,
    /// The newest month with lines, else this month.
    latest: Month,
    /// A file is asked for instead of the page.
    wanted: Option<Download>,
}

impl Ground {
    async fn of(app: &App, books: &mut Scoped<'_>, params: &Params) -> Page<Self> {
        let choices = Choices::of(books).await?;
        let span = books.span().await?;
        let latest = Month::of_day(span.map_or_else(|| day::of_date(app.today()), |(_, last)| last));
        let asked = Asked::read(params, Period::Month(latest))?;
        choices.expect(&asked.scope)?;
        Ok(Self { asked, choices, span, latest, wanted: Download::read(params)? })
    }

    /// First and last day of the period; of all days those with lines.
    fn days(&self) -> (i32, i32) {
        match (self.asked.scope.period, self.span) {
            (Period::All, Some(span)) => span,
            (Period::All, None) => (0, 0),
            (period, _) => period.days(),
        }
    }

    /// The head of a page, with the tables it hands out. `complete` is said where every chain of settlements covers the days.
    fn top(&self, what: &str, complete: bool, tables: &[&str]) -> Top {
        let scope = &self.asked.scope;
        let printed = if scope.printed { ", as printed by Amazon" } else { "" };
        let bar = ScopeBar::new("/statement", scope, &self.choices, self.span)
            .by_posting_day(scope)
            .keeping("by", self.asked.by.slug())
            .keeping("view", self.asked.view.slug())
            .keeping("turnover", self.asked.turnover.then_some(asked::SHOWN));
        let choices = self.asked.view != View::Balance && self.asked.view != View::Files;
        Top {
            title: format!("{what}, {}{printed}", scope.period.title()),
            fresh: fresh(self.span, complete),
            bar,
            downloads: Downloads::of(&self.asked.address(), tables),
            views: self.asked.views(),
            columns: if self.asked.view == View::Profit { self.asked.columns() } else { Vec::new() },
            gst: if choices { self.asked.gst() } else { Vec::new() },
            turnover: self.asked.turnovers(),
            checks: None,
            difference: scope.link("/difference").text(),
            bare: self.span.is_none(),
        }
    }

    /// Days that do have lines, for a period that has none.
    fn elsewhere(&self) -> Option<(String, String)> {
        self.span?;
        let month = Period::Month(self.latest);
        Some((month.title(), self.asked.scope.in_period(month).link("/statement").text()))
    }
}

/// The head of a page, with what can be chosen.
struct Top {
    title: String,
    fresh: String,
    bar: ScopeBar,
    downloads: Downloads,
    views: Vec<Tab>,
    columns: Vec<Tab>,
    gst: Vec<Tab>,
    turnover: Vec<Tab>,
    /// What the checks found, and where; none where they are not told.
    checks: Option<Vec<(String, String)>>,
    difference: String,
    /// No file was ever imported.
    bare: bool,
}

fn fresh(span: Option<(i32, i32)>, settled: bool) -> String {
    match span {
        Some((first, last)) => format!(
            "{}Settlement lines from {} to {}, by posting day in the seller’s time zone.",
            if settled { "Complete: every chain of settlements covers these days. " } else { "" },
            shown(day::to_date(first)),
            shown(day::to_date(last))
        ),
        None => "No settlement has been imported yet.".to_owned(),
    }
}
