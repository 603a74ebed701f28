//! Settlements: the list, one of them with what became of it, and a person's choice between its versions.

mod detail;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_ledger::day::DayCutter;
use ecom_store::{Scoped, SettlementKey, SettlementState, SettlementView};

pub(crate) use detail::show;

use crate::{
    app::App,
    fault::{Fault, Page},
    frame::{Frame, Here},
    money,
    notice::{Notice, Tone},
    page,
    params::Params,
    period::{Period, shown},
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
    seat::{Manager, Seat, Viewer},
};

/// Settlements in the list; the days narrow it.
const MOST: usize = 300;
/// Findings of the chain checks that are shown.
const MOST_FINDINGS: usize = 5;

#[derive(Template)]
#[template(path = "settlement/list.html")]
struct SettlementsPage {
    frame: Frame,
    bar: ScopeBar,
    title: String,
    notices: Vec<Notice>,
    rows: Vec<SettlementRow>,
    cut: bool,
    bare: bool,
}

/// A settlement in the list.
struct SettlementRow {
    id: String,
    href: String,
    days: String,
    deposit: String,
    total: String,
    lines: String,
    state: (&'static str, &'static str),
    file: String,
    off: bool,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let choices = Choices::of(&mut books).await?;
    let scope = Scope::read(&params, Period::All)?;
    choices.expect(&scope)?;
    let mut found = books.settlements(&scope.filter()).await?;
    let cut = found.len() > MOST;
    found.truncate(MOST);
    let span = books.span().await?;
    let page = SettlementsPage {
        frame: seat.frame("Settlements", Here::Settlements),
        bar: ScopeBar::new("/settlements", &scope, &choices, span),
        title: scope.period.title(),
        notices: findings(&mut books, &choices).await?,
        bare: found.is_empty(),
        rows: found.iter().map(row).collect(),
        cut,
    };
    page::show(&page)
}

/// A person's choice of the version that counts.
pub(crate) async fn choose(State(app): State<App>, seat: Seat<Manager>, Path(key): Path<String>) -> Page {
    let key: SettlementKey = key.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    seat.books(&mut tx).await?.choose(key, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/settlements/{key}")).into_response())
}

fn row(found: &SettlementView) -> SettlementRow {
    SettlementRow {
        id: found.settlement_id.clone(),
        href: format!("/settlements/{}", found.key),
        days: days(found),
        deposit: found.deposit.map(|at| day_of(found, at)).unwrap_or_default(),
        total: money::exact(found.currency, found.total.unwrap_or(found.sum)),
        lines: money::count(found.lines),
        state: state(found.state),
        file: found.file_name.clone(),
        off: found.state != SettlementState::Active,
    }
}

/// How a state is called, and coloured.
fn state(state: SettlementState) -> (&'static str, &'static str) {
    match state {
        SettlementState::Active => ("in the figures", Tone::Good.class()),
        SettlementState::Quarantined => ("does not balance", Tone::Bad.class()),
        SettlementState::Replaced => ("replaced", Tone::Plain.class()),
        SettlementState::Undecided => ("your choice", Tone::Attention.class()),
        SettlementState::Withdrawn => ("withdrawn", Tone::Plain.class()),
    }
}

pub(crate) fn days(found: &SettlementView) -> String {
    match (found.start, found.end) {
        (Some(start), Some(end)) => format!("{} – {}", day_of(found, start), day_of(found, end)),
        _ => "no period in the file".to_owned(),
    }
}

pub(crate) fn day_of(found: &SettlementView, micros: i64) -> String {
    shown(ecom_ledger::day::to_date(DayCutter::for_currency(found.currency).day(micros)))
}

/// What the chains of settlements tell: gaps, reserves that do not come back.
async fn findings(books: &mut Scoped<'_>, choices: &Choices) -> Page<Vec<Notice>> {
    let mut notices = Vec::new();
    for account in &choices.seller_accounts {
        for (currency, chains) in books.chains(account.id).await? {
            let count = chains.findings.len();
            for finding in chains.findings.iter().take(MOST_FINDINGS) {
                notices.push(Notice::new(
                    Tone::Attention,
                    format!("{}, {currency}", account.name),
                    &finding.message,
                ));
            }
            if count > MOST_FINDINGS {
                let rest = money::counted(
                    (count - MOST_FINDINGS).try_into().unwrap_or(i64::MAX),
                    "more place",
                    "more places",
                );
                notices.push(Notice::new(
                    Tone::Attention,
                    format!("{}, {currency}", account.name),
                    format!("{rest} where settlements do not follow each other."),
                ));
            }
        }
    }
    Ok(notices)
}
