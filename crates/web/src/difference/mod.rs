//! Why figures differ from Seller Central: each reason in words, with what it comes to in this business.

mod download;
mod reason;

use askama::Template;
use axum::extract::State;
use ecom_ledger::{
    Currency,
    day::{self, Month},
    statement::Statement,
};
use ecom_store::{Scoped, SettlementState, Shift};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::Page,
    frame::{Frame, Here},
    page,
    params::Params,
    period::Period,
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
};
use reason::{Known, Reason};

#[derive(Template)]
#[template(path = "difference/show.html")]
struct DifferencePage {
    frame: Frame,
    title: String,
    bar: ScopeBar,
    downloads: Downloads,
    reasons: Vec<Reason>,
    /// The same page in other currencies of these days.
    others: Vec<(String, String)>,
    statement: String,
}

/// The page.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let choices = Choices::of(&mut books).await?;
    let span = books.span().await?;
    let latest = Month::of_day(span.map_or_else(|| day::of_date(app.today()), |(_, last)| last));
    let scope = Scope::read(&params, Period::Month(latest))?.with_gst(&params)?;
    choices.expect(&scope)?;
    let statements = books.statements(&scope.filter()).await?;
    let chosen = chosen(&statements, scope.currency);
    let others = statements.iter().map(|one| one.currency).filter(|currency| *currency != chosen.currency);
    let known = known(&mut books, &scope, &chosen, span).await?;
    let reasons = reason::all(&scope.of_currency(chosen.currency), &scope.shown(chosen.clone())?, &known)?;
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::of(&seat, download::TABLE, scope.period);
        return wanted.send(&name, vec![download::table(chosen.currency, &reasons)]).await;
    }
    let page = DifferencePage {
        frame: seat.frame("Why this differs from Seller Central", Here::Statement),
        title: scope.period.title(),
        bar: ScopeBar::new("/difference", &scope, &choices, span).by_posting_day(&scope),
        downloads: Downloads::of(&scope.link("/difference"), &[download::TABLE]),
        reasons,
        others: others
            .map(|currency| (currency.to_string(), scope.of_currency(currency).link("/difference").text()))
            .collect(),
        statement: scope.link("/statement").text(),
    };
    page::show(&page)
}

/// The statement of the currency that is asked for; else of rupees, else of the first.
fn chosen(statements: &[Statement], asked: Option<Currency>) -> Statement {
    let wanted = asked.unwrap_or(Currency::INR);
    let found = statements.iter().find(|one| one.currency == wanted).or_else(|| statements.first());
    found.cloned().unwrap_or_else(|| Statement::new(wanted))
}

/// What else is known of these days.
async fn known(
    books: &mut Scoped<'_>,
    scope: &Scope,
    statement: &Statement,
    span: Option<(i32, i32)>,
) -> Page<Known> {
    let filter = scope.filter();
    let (from, to) = match (scope.period, span) {
        (Period::All, Some(span)) => span,
        _ => scope.period.days(),
    };
    let currency = statement.currency;
    let balances = books.balances(scope.seller_account, from, to).await?;
    let roll = if scope.marketplace.is_none() { balances.rolls()?.remove(&currency) } else { None };
    let shift = match scope.period {
        // All days begin and end together.
        Period::All => Some(Shift::default()),
        _ => books.shifted_sales(&filter).await?.map(|all| all.get(&currency).copied().unwrap_or_default()),
    };
    let settlements = books.settlements(&filter).await?;
    let active = settlements
        .iter()
        .filter(|found| found.state == SettlementState::Active && found.currency == currency);
    let (mut deferred_rows, mut deferred) = (0_i64, 0_i64);
    for found in active {
        deferred_rows = deferred_rows.saturating_add(found.deferred_rows);
        deferred = deferred.saturating_add(found.deferred_amount);
    }
    Ok(Known {
        shift,
        roll,
        deferred_rows,
        deferred,
        cover: span.filter(|(first, _)| to >= *first).map(|_| balances.coverage().of(currency, from, to)),
    })
}
