//! Names and groups of ledgers, as the accounting program has them. What is not named keeps the usual name.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_documents::Sheet;
use ecom_ledger::{
    Error,
    journal::{Chart, Ledger, Leg},
};
use ecom_store::{Action, Scoped};

use super::{BookScope, Tab, download};
use crate::{
    app::App,
    download::{Download, Downloads, sheet},
    entry::Entry,
    fault::Page,
    frame::{Frame, Here},
    page,
    params::Params,
    seat::{Manager, Role, Seat, Viewer},
    words,
};

const PATH: &str = "/books/ledgers";
/// Tally's own groups, to pick from. Others may be typed, if they exist there.
const GROUPS: [&str; 28] = [
    "Bank Accounts",
    "Bank OD A/c",
    "Branch / Divisions",
    "Capital Account",
    "Cash-in-Hand",
    "Current Assets",
    "Current Liabilities",
    "Deposits (Asset)",
    "Direct Expenses",
    "Direct Incomes",
    "Duties & Taxes",
    "Fixed Assets",
    "Indirect Expenses",
    "Indirect Incomes",
    "Investments",
    "Loans & Advances (Asset)",
    "Loans (Liability)",
    "Misc. Expenses (ASSET)",
    "Provisions",
    "Purchase Accounts",
    "Reserves & Surplus",
    "Sales Accounts",
    "Secured Loans",
    "Stock-in-Hand",
    "Sundry Creditors",
    "Sundry Debtors",
    "Suspense A/c",
    "Unsecured Loans",
];

#[derive(Template)]
#[template(path = "book/ledgers.html")]
struct LedgersPage {
    frame: Frame,
    tabs: Vec<Tab>,
    downloads: Downloads,
    said: Option<&'static str>,
    /// What is wrong with the ledgers taken together.
    wrong: Option<String>,
    rows: Vec<LedgerRow>,
    groups: [&'static str; 28],
    action: Option<String>,
}

struct LedgerRow {
    what: String,
    code: String,
    name: String,
    group: String,
    existing: bool,
    named: bool,
    error: Option<String>,
}

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Typed {
    entry: Entry,
    errors: Vec<(String, String)>,
    whole: Option<String>,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(&app, &mut books, &params).await?;
    if let Some(wanted) = Download::read(&params)? {
        let chart = books.book_chart().await?;
        let legs = chart.legs(&categories(&mut books).await?);
        return download::send_one(&seat, &at, table(&chart, &legs), wanted).await;
    }
    let said = params.one("said").filter(|said| *said == "kept").map(|_| "The ledgers are kept.");
    shown_as(&seat, &mut books, &at, said, &Typed::default(), StatusCode::OK).await
}

/// Keeps the names, all of them or none.
pub(crate) async fn save(State(app): State<App>, seat: Seat<Manager>, params: Params, entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(&app, &mut books, &params).await?;
    let categories = categories(&mut books).await?;
    let mut typed = Typed { entry, ..Typed::default() };
    let chart = typed.chart(&books.book_chart().await?, &categories);
    if typed.errors.is_empty()
        && let Err(error) = chart.check(&categories)
    {
        typed.whole = Some(told(&error));
    }
    if !typed.errors.is_empty() || typed.whole.is_some() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return shown_as(&seat, &mut books, &at, None, &typed, status).await;
    }
    books.set_book_chart(&chart, seat.person(), app.now()).await?;
    seat.audit(&app, &mut books, Action::SetLedgers, "books/ledgers").await?;
    tx.commit().await?;
    Ok(Redirect::to(&at.link(PATH).with("said", "kept").text()).into_response())
}

fn told(error: &Error) -> String {
    words::sentence(&error.to_string())
}

/// Categories of expenses: each has a ledger of its own.
async fn categories(books: &mut Scoped<'_>) -> Page<BTreeSet<String>> {
    let expenses = books.expenses().await?;
    Ok(expenses.iter().map(|(_, expense)| expense.category().as_str().to_owned()).collect())
}

impl Typed {
    /// The ledgers as typed. One that is left as it was shown stays as it was, named or not; an empty one gets its
    /// usual name back.
    fn chart(&mut self, old: &Chart, categories: &BTreeSet<String>) -> Chart {
        let mut chart = Chart::default();
        for leg in old.legs(categories) {
            let key = leg.key();
            let shown = old.ledger(&leg);
            let ledger =
                if self.entry.has(&format!("name-{key}")) { self.ledger(&key) } else { shown.clone() };
            let kept = old.named().any(|(known, _)| *known == leg);
            let usual = Chart::default().ledger(&leg);
            if ledger.name.trim().is_empty()
                || (ledger == shown && !kept)
                || (ledger == usual && !leg_is_bank(&leg))
            {
                continue;
            }
            match chart.clone().with(leg, &ledger) {
                Ok(named) => chart = named,
                Err(error) => self.errors.push((key, told(&error))),
            }
        }
        chart
    }

    fn ledger(&self, key: &str) -> Ledger {
        let raw = |field: &str| self.entry.raw(&format!("{field}-{key}")).to_owned();
        Ledger { name: raw("name"), group: raw("group"), existing: !raw("existing").is_empty() }
    }
}

/// Transfers follow the bank's ledger unless they have one of their own, so theirs may well bear the usual name.
fn leg_is_bank(leg: &Leg) -> bool {
    leg.is_bank() && *leg != Leg::Bank
}

async fn shown_as<R: Role>(
    seat: &Seat<R>,
    books: &mut Scoped<'_>,
    at: &BookScope,
    said: Option<&'static str>,
    typed: &Typed,
    status: StatusCode,
) -> Page {
    let chart = books.book_chart().await?;
    let legs = chart.legs(&categories(books).await?);
    let page = LedgersPage {
        frame: seat.frame("Ledgers", Here::Books),
        tabs: at.tabs(PATH),
        downloads: Downloads::of(&at.link(PATH), &["Ledgers"]),
        said,
        wrong: typed.whole.clone(),
        rows: legs.iter().map(|leg| row(&chart, leg, typed)).collect(),
        groups: GROUPS,
        action: seat.may::<Manager>().then(|| at.link(PATH).text()),
    };
    page::show_as(status, &page)
}

fn row(chart: &Chart, leg: &Leg, typed: &Typed) -> LedgerRow {
    let code = leg.key();
    let ledger =
        if typed.entry.has(&format!("name-{code}")) { typed.ledger(&code) } else { chart.ledger(leg) };
    LedgerRow {
        what: what(leg),
        name: ledger.name,
        group: ledger.group,
        existing: ledger.existing,
        named: chart.named().any(|(known, _)| known == leg),
        error: typed.errors.iter().find(|(key, _)| *key == code).map(|(_, words)| words.clone()),
        code,
    }
}

fn what(leg: &Leg) -> String {
    match leg {
        Leg::Party => "Amazon, who holds the money".to_owned(),
        Leg::Bank => "Bank account that is paid into".to_owned(),
        Leg::Clearing => "Sales left to the tax reports".to_owned(),
        Leg::Account(account) => words::account(*account).to_owned(),
        Leg::Indirect(category) => format!("Expense: {}", category.replace('_', " ")),
        Leg::Goods => "Other side of the cost of goods".to_owned(),
        Leg::Expenses => "Other side of expenses".to_owned(),
    }
}

fn table(chart: &Chart, legs: &[Leg]) -> Sheet {
    let row = |leg: &Leg| {
        let ledger = chart.ledger(leg);
        let existing = if ledger.existing { "yes" } else { "no" };
        [what(leg).into(), leg.key().into(), ledger.name.into(), ledger.group.into(), existing.into()]
    };
    sheet("Ledgers", ["What", "Code", "Ledger", "Group", "In Tally already"], legs.iter().map(row))
}
