//! Closing months: the list with the state of each, and one month.
//!
//! A closed month is frozen with its gaps; whatever changes it later is listed as a difference, never absorbed.

mod download;
mod month;
mod record;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use ecom_ledger::{
    Currency,
    day::{self, Month},
    statement::{Gaps, Statement},
};
use ecom_store::{Cover, Coverage, Filter, MonthClose, Scoped};

pub(crate) use month::{create, reopen, show};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::Page,
    figure::Figure,
    frame::{Frame, Here},
    money,
    notice::Tone,
    page,
    params::{Link, Params},
    period::Period,
    seat::{Seat, Viewer},
};

#[derive(Template)]
#[template(path = "close/list.html")]
struct ClosesPage {
    frame: Frame,
    downloads: Downloads,
    rows: Vec<MonthRow>,
}

struct MonthRow {
    month: Month,
    currency: Currency,
    title: String,
    href: String,
    state: (&'static str, &'static str),
    about: String,
    profit: Figure,
}

/// How a month stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stand {
    Running,
    Provisional,
    Open,
    Closed,
    Differs,
}

impl Stand {
    fn shown(self) -> (&'static str, &'static str) {
        match self {
            Self::Running => ("not over", Tone::Plain.class()),
            Self::Provisional => ("provisional", Tone::Attention.class()),
            Self::Open => ("open", Tone::Plain.class()),
            Self::Closed => ("closed", Tone::Good.class()),
            Self::Differs => ("closed, with differences", Tone::Attention.class()),
        }
    }
}

/// A month in a currency: the statement as it is now, and the close that stands.
struct Standing {
    month: Month,
    now: Statement,
    close: Option<MonthClose>,
    over: bool,
}

impl Standing {
    fn differences(&self) -> Vec<ecom_ledger::close::Difference> {
        self.close.as_ref().map(|close| close.close.differences(&self.now)).unwrap_or_default()
    }

    fn state(&self) -> Stand {
        match &self.close {
            Some(_) if self.differences().is_empty() => Stand::Closed,
            Some(_) => Stand::Differs,
            None if !self.over => Stand::Running,
            None if self.now.provisional => Stand::Provisional,
            None => Stand::Open,
        }
    }
}

/// The list.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let all = standings(&mut books, day::of_date(app.today())).await?;
    let rows = all.iter().map(row).collect::<Page<Vec<_>>>()?;
    if let Some(wanted) = Download::read(&params)? {
        return wanted.send(&FileName::today(&app, &seat, "months"), vec![download::list(&rows)]).await;
    }
    let downloads = Downloads::of(&Link::to("/close"), &[download::TABLE]);
    page::show(&ClosesPage { frame: seat.frame("Month close", Here::Close), downloads, rows })
}

/// Every month with lines, expenses or a close, the latest first.
async fn standings(books: &mut Scoped<'_>, today: i32) -> Page<Vec<Standing>> {
    let closes = books.closes().await?;
    let this = Month::of_day(today);
    let closed = closes.iter().map(|close| close.month.first_day()).min();
    let first = books.span().await?.map(|(first, _)| first).into_iter().chain(closed).min();
    let Some(first) = first else { return Ok(Vec::new()) };
    let mut statements: BTreeMap<(Month, Currency), Statement> = BTreeMap::new();
    for (month, statement) in books.statements_by_month(&Filter::days(first, this.last_day())).await? {
        statements.insert((month, statement.currency), statement);
    }
    for close in &closes {
        let currency = close.close.statement.currency;
        statements.entry((close.month, currency)).or_insert_with(|| Statement::new(currency));
    }
    let coverage = books.coverage(None).await?;
    let standing = |((month, currency), mut now): ((Month, Currency), Statement)| {
        now.provisional = is_provisional(&coverage, month, currency);
        let stands = |close: &&MonthClose| {
            close.month == month && close.close.statement.currency == currency && close.reopened.is_none()
        };
        Standing { month, now, close: closes.iter().find(stands).cloned(), over: month < this }
    };
    Ok(statements.into_iter().rev().map(standing).collect())
}

fn is_provisional(coverage: &Coverage, month: Month, currency: Currency) -> bool {
    coverage.of(currency, month.first_day(), month.last_day()) != Cover::Whole
}

fn row(standing: &Standing) -> Page<MonthRow> {
    let currency = standing.now.currency;
    let frozen = standing.close.as_ref().map(|close| &close.close);
    let statement = frozen.map_or(&standing.now, |close| &close.statement);
    let differences = i64::try_from(standing.differences().len()).unwrap_or(i64::MAX);
    let about = match differences {
        0 => gaps(currency, &frozen.map_or_else(|| standing.now.gaps(), |close| close.gaps)),
        _ => money::counted(differences, "difference", "differences"),
    };
    let code = if currency == Currency::INR { String::new() } else { format!(", {currency}") };
    Ok(MonthRow {
        month: standing.month,
        currency,
        title: Period::Month(standing.month).title() + &code,
        href: month_path(standing.month, currency),
        state: standing.state().shown(),
        about,
        profit: Figure::unlinked(currency, statement.profit()?),
    })
}

fn month_path(month: Month, currency: Currency) -> String {
    Link::to(&format!("/close/{month}/{currency}")).text()
}

/// What is not known, in short.
fn gaps(currency: Currency, gaps: &Gaps) -> String {
    let mut texts = Vec::new();
    if gaps.unclassified_lines > 0 {
        let amount = money::exact(currency, gaps.unclassified_amount);
        texts.push(format!(
            "{} not understood ({amount})",
            money::counted(gaps.unclassified_lines, "line", "lines")
        ));
    }
    if gaps.units_without_cost > 0 {
        texts.push(format!("{} without a cost", money::counted(gaps.units_without_cost, "unit", "units")));
    }
    if gaps.provisional {
        texts.push("settlements may follow".to_owned());
    }
    if texts.is_empty() { "no gaps".to_owned() } else { texts.join(", ") }
}
