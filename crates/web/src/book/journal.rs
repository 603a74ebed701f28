//! The journal of a period: the files for the accounting program, where turnover comes from, what is posted.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    Currency, Minor,
    journal::{Journal, Kind, Leg, Rules, Sales, Voucher},
};
use ecom_store::{Action, Scoped};

use super::{BookScope, Tab, download};
use crate::{
    app::App,
    download::Downloads,
    entry::{Entry, Field},
    fault::Page,
    figure::Figure,
    frame::{Frame, Here},
    money, page,
    params::{Link, Params},
    period::shown,
    scope_bar::ScopeBar,
    seat::{Manager, Role, Seat, Viewer},
};

/// Vouchers that are shown; the files hold all.
const MOST_VOUCHERS: usize = 24;

#[derive(Template)]
#[template(path = "book/show.html")]
struct BooksPage {
    frame: Frame,
    title: String,
    bar: ScopeBar,
    tabs: Vec<Tab>,
    monies: Vec<Tab>,
    downloads: Downloads,
    said: Option<&'static str>,
    year: String,
    rules: Rules,
    form: Option<RulesForm>,
    /// Journal, masters, vouchers, both: none where there is nothing to post.
    files: Option<Files>,
    ledgers: Vec<LedgerRow>,
    totals: (Figure, Figure),
    vouchers: Vec<VoucherRow>,
    found: String,
    cut: Option<String>,
}

/// Addresses of the files.
struct Files {
    csv: String,
    xlsx: String,
    /// Masters, vouchers, both; none for other currencies.
    tally: Option<[String; 3]>,
}

struct RulesForm {
    action: String,
    fields: [Field; 3],
}

struct LedgerRow {
    name: String,
    group: String,
    debit: Figure,
    credit: Figure,
}

struct VoucherRow {
    date: String,
    form: &'static str,
    about: &'static str,
    /// Number and address of the settlement.
    settlement: Option<(String, String)>,
    narration: String,
    amount: Figure,
}

/// The journal, or one of its files.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let wanted = download::Form::read(&params)?;
    let mut tx = app.db.read().await?;
    let gstin = tx.platform().gstin(seat.tenant()).await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(&app, &mut books, &params).await?;
    if let Some(wanted) = wanted {
        return download::send(&seat, &mut books, &at, gstin, wanted).await;
    }
    let said = params.one("said").filter(|said| *said == "kept").map(|_| "The choice is kept.");
    shown_as(&seat, &mut books, &at, said, None, StatusCode::OK).await
}

/// Keeps where turnover comes from, and what else is posted, for a financial year.
pub(crate) async fn keep(
    State(app): State<App>,
    seat: Seat<Manager>,
    params: Params,
    mut entry: Entry,
) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(&app, &mut books, &params).await?;
    let Some(sales) = Sales::from_name(entry.raw("sales")) else {
        entry.refuse("sales", "Choose one of the two.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return shown_as(&seat, &mut books, &at, None, Some(&entry), status).await;
    };
    let (cost_of_goods, indirect) = (!entry.raw("goods").is_empty(), !entry.raw("indirect").is_empty());
    let rules = Rules { sales, cost_of_goods, indirect, ..Rules::default() };
    books.set_book_rules(at.year, &rules, seat.person(), app.now()).await?;
    seat.audit(&app, &mut books, Action::SetBookRules, "books").await?;
    tx.commit().await?;
    Ok(Redirect::to(&at.link("/books").with("said", "kept").text()).into_response())
}

async fn shown_as<R: Role>(
    seat: &Seat<R>,
    books: &mut Scoped<'_>,
    at: &BookScope,
    said: Option<&'static str>,
    typed: Option<&Entry>,
    status: StatusCode,
) -> Page {
    let rules = books.book_rules(at.year).await?;
    let journal = at.journal(books, &rules).await?;
    let sums = journal.vouchers.iter().map(credits).collect::<Page<Vec<_>>>()?;
    let total = Minor::sum(sums.iter().copied().map(Minor))?.0;
    let total = || Figure::unlinked(at.currency, total);
    let held = entry_of(&rules);
    let page = BooksPage {
        frame: seat.frame(format!("Books, {}", at.title()), Here::Books),
        title: at.title(),
        bar: at.bar("/books"),
        tabs: at.tabs("/books"),
        monies: at.monies("/books"),
        downloads: Downloads::of(&at.link("/books"), &download::TABLES),
        said,
        year: at.year.label(),
        form: seat.may::<Manager>().then(|| RulesForm {
            action: at.link("/books/rules").text(),
            fields: fields(typed.unwrap_or(&held)),
        }),
        rules,
        files: (!journal.vouchers.is_empty()).then(|| Files::of(at)),
        ledgers: ledgers(at, &journal)?,
        totals: (total(), total()),
        found: counted(journal.vouchers.len()),
        cut: (journal.vouchers.len() > MOST_VOUCHERS).then(|| counted(MOST_VOUCHERS)),
        vouchers: journal
            .vouchers
            .iter()
            .zip(&sums)
            .rev()
            .take(MOST_VOUCHERS)
            .map(|(voucher, sum)| row(at, voucher, *sum))
            .collect(),
    };
    page::show_as(status, &page)
}

fn counted(number: usize) -> String {
    money::counted(i64::try_from(number).unwrap_or(i64::MAX), "voucher", "vouchers")
}

fn entry_of(rules: &Rules) -> Entry {
    let check = |on: bool| if on { "yes" } else { "" };
    Entry::with(&[
        ("sales", rules.sales.name()),
        ("goods", check(rules.cost_of_goods)),
        ("indirect", check(rules.indirect)),
    ])
}

fn fields(entry: &Entry) -> [Field; 3] {
    let modes = [
        (Sales::FromSettlement, "Post it from the settlements"),
        (Sales::FromTaxReports, "Leave it to the tax reports (MTR)"),
    ];
    let modes = modes.map(|(sales, words)| (sales.name().to_owned(), words.to_owned()));
    let check = |name, label| entry.field(name, label).kind("check").optional();
    [
        entry.field("sales", "Turnover and GST collected").choice(modes),
        check("goods", "Post the cost of goods too"),
        check("indirect", "Post indirect expenses too"),
    ]
}

impl Files {
    fn of(at: &BookScope) -> Self {
        let link = |format: &str| at.link("/books").with("format", format);
        Self {
            csv: link("csv").with("table", "journal").text(),
            xlsx: link("xlsx").text(),
            tally: (at.currency == Currency::INR)
                .then(|| ["masters", "vouchers", "tally"].map(|part| link(part).text())),
        }
    }
}

/// Sum of the credits of a voucher, which is that of its debits.
fn credits(voucher: &Voucher) -> Page<i64> {
    let amounts = voucher.entries.iter().map(|entry| Minor(entry.amount.max(0)));
    Ok(Minor::sum(amounts)?.0)
}

/// Debits and credits of each ledger; they lead to the lines where all of them are lines.
fn ledgers(at: &BookScope, journal: &Journal) -> Page<Vec<LedgerRow>> {
    let mut rows = Vec::new();
    for ledger in journal.ledgers() {
        let entries = journal.vouchers.iter().flat_map(|voucher| &voucher.entries);
        let own: Vec<_> = entries.filter(|entry| entry.ledger.is_same(&ledger)).collect();
        let href = lines_of(at, &own.iter().map(|entry| &entry.leg).collect());
        let sum = |side: fn(i64) -> i64| -> Page<Figure> {
            let sum = Minor::sum(own.iter().map(|entry| Minor(side(entry.amount))))?;
            Ok(Figure::amount(at.currency, sum.0, href.clone()))
        };
        let (debit, credit) = (sum(|amount| amount.min(0).saturating_neg())?, sum(|amount| amount.max(0))?);
        rows.push(LedgerRow { name: ledger.name.clone(), group: ledger.group.clone(), debit, credit });
    }
    Ok(rows)
}

fn lines_of(at: &BookScope, legs: &BTreeSet<&Leg>) -> String {
    let account = |leg: &&Leg| match leg {
        Leg::Account(account) => Some(account.name()),
        _ => None,
    };
    let Some(names) = legs.iter().map(account).collect::<Option<Vec<_>>>() else { return String::new() };
    let link = |link: Link, name: &str| link.with("account", name);
    names.into_iter().fold(at.lines(None).link("/lines"), link).text()
}

fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::Journal => "Lines of settlement",
        Kind::Payout => "Pay-out of settlement",
        Kind::Card => "Card charged for settlement",
        Kind::Failed => "Transfer came back, settlement",
        Kind::Micro => "Test of the bank account, settlement",
        Kind::Goods => "Cost of goods",
        Kind::Expenses => "Indirect expenses",
    }
}

/// Without the settlement, which stands before it.
fn narration(words: &str) -> String {
    let rest = words.split_once("), ").map_or(words, |(_, rest)| rest);
    rest.to_owned()
}

fn row(at: &BookScope, voucher: &Voucher, sum: i64) -> VoucherRow {
    let settlement = voucher.settlement.as_ref().and_then(|id| at.settlement(id));
    VoucherRow {
        date: shown(voucher.date),
        form: voucher.form.name(),
        about: about(voucher.kind),
        settlement: settlement
            .map(|found| (found.settlement_id.clone(), format!("/settlements/{}", found.key))),
        narration: narration(&voucher.narration),
        amount: Figure::unlinked(at.currency, sum),
    }
}
