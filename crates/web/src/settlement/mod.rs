//! Settlements: the list, one of them with what became of it, and a person's choice between its versions.

mod bridge;
mod check;
mod detail;
mod download;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_ledger::day::DayCutter;
use ecom_store::{Action, Scoped, SettlementKey, SettlementPage, SettlementState, SettlementView};

pub(crate) use detail::show;

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::{Fault, Page},
    frame::{Frame, Here},
    money,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    period::{Period, shown},
    scope::{Choices, Scope},
    scope_bar::ScopeBar,
    seat::{Manager, Seat, Viewer},
};

/// Settlements of a page.
const PAGE: i64 = 50;
/// Settlements of a file.
const MOST_DOWNLOADED: i64 = 100_000;
/// Findings of the chain checks that are shown.
const MOST_FINDINGS: usize = 5;

#[derive(Template)]
#[template(path = "settlement/list.html")]
struct SettlementsPage {
    frame: Frame,
    bar: ScopeBar,
    downloads: Downloads,
    title: String,
    notices: Vec<Notice>,
    states: Vec<StateTab>,
    rows: Vec<SettlementRow>,
    /// Whether the name of the account is of use.
    accounts: bool,
    pager: Option<Pager>,
    bare: bool,
}

/// Settlements of one state.
struct StateTab {
    label: &'static str,
    href: String,
    count: String,
    here: bool,
}

/// The pages of a list.
struct Pager {
    words: String,
    newer: Option<String>,
    older: Option<String>,
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
    account: String,
    off: bool,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let choices = Choices::of(&mut books).await?;
    let scope = Scope::read(&params, Period::All)?;
    choices.expect(&scope)?;
    let state = params.read("state", "a state such as undecided", SettlementState::from_name)?;
    let page = params.read("page", "the number of a page", page_number)?.unwrap_or(1);
    if let Some(wanted) = Download::read(&params)? {
        let all = books.settlement_page(&scope.filter(), state, 1, MOST_DOWNLOADED).await?;
        let name = FileName::of(&seat, download::TABLE, scope.period);
        return wanted.send(&name, vec![download::list(&all.rows, &choices)]).await;
    }
    let found = books.settlement_page(&scope.filter(), state, page, PAGE).await?;
    let link = |state: Option<SettlementState>| {
        let link = scope.link("/settlements");
        state.map_or(link.clone(), |state| link.with("state", state.name()))
    };
    let span = books.span().await?;
    let page = SettlementsPage {
        frame: seat.frame("Settlements", Here::Settlements),
        bar: ScopeBar::new("/settlements", &scope, &choices, span)
            .keeping("state", state.map(SettlementState::name)),
        downloads: Downloads::of(&link(state), &[download::TABLE]),
        title: scope.period.title(),
        notices: findings(&mut books, &choices).await?,
        states: tabs(&found, state, link),
        accounts: choices.seller_accounts.len() > 1,
        rows: found.rows.iter().map(|one| row(one, &choices)).collect(),
        pager: pager(&found, &link(state)),
        bare: found.states.is_empty(),
    };
    page::show(&page)
}

fn page_number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|page| *page > 0)
}

fn tabs(
    found: &SettlementPage,
    chosen: Option<SettlementState>,
    link: impl Fn(Option<SettlementState>) -> Link,
) -> Vec<StateTab> {
    let count = |state| found.states.iter().find(|(one, _)| *one == state).map_or(0, |(_, count)| *count);
    let all = found.states.iter().map(|(_, count)| count).sum();
    let tab = |label, state: Option<SettlementState>, count: i64| StateTab {
        label,
        href: link(state).text(),
        count: money::count(count),
        here: chosen == state,
    };
    let one = |known: SettlementState| tab(state(known).0, Some(known), count(known));
    let known = SettlementState::ALL.into_iter().filter(|state| count(*state) > 0 || chosen == Some(*state));
    std::iter::once(tab("all", None, all)).chain(known.map(one)).collect()
}

fn pager(found: &SettlementPage, link: &Link) -> Option<Pager> {
    let to = |page: i64| link.clone().with("page", &page.to_string()).text();
    (found.pages > 1).then(|| Pager {
        words: format!("Page {} of {}", money::count(found.page), money::count(found.pages)),
        newer: (found.page > 1).then(|| to(found.page - 1)),
        older: (found.page < found.pages).then(|| to(found.page + 1)),
    })
}

/// A person's choice of the version that counts.
pub(crate) async fn choose(State(app): State<App>, seat: Seat<Manager>, Path(key): Path<String>) -> Page {
    let key: SettlementKey = key.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.choose(key, app.now()).await?;
    seat.audit(&app, &mut books, Action::ChooseSettlement, &format!("settlements/{key}")).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/settlements/{key}")).into_response())
}

fn row(found: &SettlementView, choices: &Choices) -> SettlementRow {
    let account = choices.seller_accounts.iter().find(|known| known.id == found.seller_account);
    SettlementRow {
        account: account.map(|known| known.name.clone()).unwrap_or_default(),
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
pub(crate) fn state(state: SettlementState) -> (&'static str, &'static str) {
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
                    finding.told(|amount| money::exact(currency, amount)),
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
