//! Registers of a period: TCS by head, TDS by quarter, GST on fees by month, and what Amazon holds.

use askama::Template;
use axum::extract::State;
use ecom_documents::Sheet;
use ecom_gst::{FinancialYear, Gstin, Quarter};
use ecom_ledger::{
    Account, Minor,
    day::{self, Month},
    journal::{Journal, Registers},
};
use ecom_store::Scoped;
use jiff::civil::Date;

use super::{BookScope, Tab, download, told};
use crate::{
    app::App,
    download::{Download, Downloads},
    fault::{Fault, Page},
    figure::{Figure, Weight},
    frame::{Frame, Here},
    page,
    params::Params,
    period::Period,
    scope::Scope,
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
};

/// Which register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Held,
    Tcs,
    Tds,
    Gst,
}

#[derive(Template)]
#[template(path = "book/register.html")]
struct RegisterPage {
    frame: Frame,
    title: String,
    heading: &'static str,
    about: &'static str,
    compare: &'static str,
    whose: Option<String>,
    bar: ScopeBar,
    tabs: Vec<Tab>,
    monies: Vec<Tab>,
    downloads: Downloads,
    /// The same balance by the days on which settlements close.
    closing: Option<String>,
    columns: &'static [&'static str],
    rows: Vec<RegisterRow>,
}

struct RegisterRow {
    weight: Weight,
    label: String,
    figures: Vec<Figure>,
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::Held => "/books/held",
            Self::Tcs => "/books/tcs",
            Self::Tds => "/books/tds",
            Self::Gst => "/books/gst",
        }
    }

    /// Title, what it is, and what to compare it with.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Held => [
                "Held by Amazon",
                "The debit balance of the ledger Amazon, month by month: what was posted and not paid out yet. After each pay-out it is the reserve that Amazon holds, less a debt not yet carried.",
                "Compare it with the ledger in Tally. If they differ, a settlement is missing there or a pay-out is not what the settlement says.",
            ],
            Self::Tcs => [
                "TCS",
                "Tax collected at source by Amazon (CGST section 52), by the month in which Amazon posted it. A plus is yours to claim; a month of many returns may be a minus.",
                "Compare it with TDS and TCS credit received on the GST portal, which holds Amazon’s GSTR-8. Posting lags the filing month: match over three months.",
            ],
            Self::Tds => [
                "TDS",
                "Tax deducted at source by Amazon from your sales (section 194-O), by quarter; and the tax you deducted on its fees, as far as Amazon paid it back. Quarters are whole, even if you look at a month.",
                "Compare it with Form 26AS and the AIS.",
            ],
            Self::Gst => [
                "GST on fees",
                "GST on Amazon’s fees by the month of posting, as Amazon printed it. What is estimated is the 18/118 inside advertising, coupon and Easy Ship amounts, until their invoice says better.",
                "Credit is taken from the invoice in GSTR-2B, not from here: this is the control figure.",
            ],
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Held => &["Month", "Opening", "Lines", "Paid out", "Card charges", "Came back", "Closing"],
            Self::Tcs => &["Month", "IGST", "CGST", "SGST or UTGST", "Total"],
            Self::Tds => &["Quarter", "Withheld on sales", "On fees, paid back"],
            Self::Gst => &["Month", "IGST", "CGST", "SGST or UTGST", "No head", "Estimated", "No credit due"],
        }
    }
}

/// What Amazon holds.
pub(crate) async fn held(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    show(&app, &seat, Kind::Held, &params).await
}

/// Tax collected at source.
pub(crate) async fn tcs(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    show(&app, &seat, Kind::Tcs, &params).await
}

/// Tax deducted at source.
pub(crate) async fn tds(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    show(&app, &seat, Kind::Tds, &params).await
}

/// GST on fees.
pub(crate) async fn gst(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    show(&app, &seat, Kind::Gst, &params).await
}

/// One register, as a page or a file.
async fn show(app: &App, seat: &Seat<Viewer>, kind: Kind, params: &Params) -> Page {
    let mut tx = app.db.read().await?;
    let gstin = tx.platform().gstin(seat.tenant()).await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(app, &mut books, params).await?;
    let (sheet, rows) = match kind {
        Kind::Held => balances(&at, &mut books).await?,
        _ => taxes(kind, &at, &download::registers(&at, &mut books, gstin).await?)?,
    };
    if let Some(wanted) = Download::read(params)? {
        return download::send_one(seat, &at, sheet, wanted).await;
    }
    let [heading, about, compare] = kind.words();
    page::show(&RegisterPage {
        frame: seat.frame(format!("{heading}, {}", at.title()), Here::Books),
        title: at.title(),
        heading,
        about,
        compare,
        whose: gstin.filter(|_| kind == Kind::Tcs).map(whose),
        bar: at.bar(kind.path()),
        tabs: at.tabs(kind.path()),
        monies: at.monies(kind.path()),
        downloads: Downloads::of(&at.link(kind.path()), &[heading]),
        closing: (kind == Kind::Held).then(|| at.link("/statement").with("view", "balance").text()),
        columns: kind.columns(),
        rows,
    })
}

fn whose(gstin: Gstin) -> String {
    format!("GSTIN {}, {}", gstin.as_str(), gstin.state().name())
}

/// The days of whole quarters around a period.
pub(super) fn quarters(from: Date, to: Date) -> (i32, i32) {
    let quarter = |day: Date| FinancialYear::of(day).quarter(Quarter::of(day));
    (day::of_date(*quarter(from).start()), day::of_date(*quarter(to).end()))
}

/// What Amazon held before the period: what the first settlement of each chain brings along, and what was posted
/// since.
pub(super) async fn opening(at: &BookScope, books: &mut Scoped<'_>, all: &Journal) -> Page<i64> {
    let mut parts = Vec::new();
    for account in &at.choices.seller_accounts {
        if at.scope.seller_account.is_some_and(|chosen| chosen != account.id) {
            continue;
        }
        let chains = books.chains(account.id).await?;
        let firsts = chains.get(&at.currency).into_iter().flat_map(|found| &found.chains);
        parts.extend(
            firsts
                .filter_map(|chain| chain.first())
                .flat_map(|first| [Minor(first.previous_reserve), Minor(first.payable)]),
        );
    }
    let before = at.days().0.yesterday().map_err(Fault::broken)?;
    Ok(Minor::sum(parts)?.plus(Minor(all.party_balance(before)?))?.0)
}

async fn balances(at: &BookScope, books: &mut Scoped<'_>) -> Page<(Sheet, Vec<RegisterRow>)> {
    let rules = books.book_rules(at.year).await?;
    let (from, to) = at.days();
    let all = at.book(books, (i32::MIN, day::of_date(to))).await?.journal(&rules).map_err(told)?;
    let opening = opening(at, books, &all).await?;
    let journal = all.between(from, to);
    let rows = journal.roll_forward(opening)?.into_iter().map(|roll| {
        let amounts =
            [roll.opening, roll.lines, roll.paid.saturating_neg(), roll.charged, roll.returned, roll.closing];
        let figures = amounts.map(|amount| Figure::unlinked(at.currency, amount)).to_vec();
        RegisterRow { weight: Weight::Plain, label: Period::Month(roll.month).title(), figures }
    });
    Ok((journal.roll_sheet(opening)?, rows.collect()))
}

/// An amount, and the lines it is the sum of.
#[derive(Clone, Copy)]
struct Cell {
    amount: i64,
    /// Empty: lines of files do not tell.
    accounts: &'static [Account],
    /// Without the GST that is set apart by estimate.
    printed: bool,
}

impl Cell {
    const fn of(amount: i64, accounts: &'static [Account]) -> Self {
        Self { amount, accounts, printed: false }
    }
}

fn taxes(kind: Kind, at: &BookScope, found: &Registers) -> Page<(Sheet, Vec<RegisterRow>)> {
    let month = |month: Month| (Period::Month(month).title(), at.lines(Some(month)));
    let (sheet, rows): (Sheet, Vec<(_, Vec<Cell>)>) = match kind {
        Kind::Held => return Err(Fault::Missing),
        Kind::Tcs => (
            found.tcs_sheet(),
            found.tcs.iter().map(|row| (month(row.month), tcs_cells(row).into())).collect(),
        ),
        Kind::Gst => (
            found.fee_gst_sheet(),
            found.fee_gst.iter().map(|row| (month(row.month), gst_cells(row).into())).collect(),
        ),
        Kind::Tds => {
            let quarter = |row: &ecom_ledger::journal::Tds| {
                let period = Period::Quarter(row.year, row.quarter);
                (period.title(), at.lines(None).in_period(period))
            };
            let cells = |row: &ecom_ledger::journal::Tds| -> Vec<Cell> {
                vec![
                    Cell::of(row.on_sales, &[Account::Tds]),
                    Cell::of(row.on_fees_paid_back, &[Account::TdsOnFees]),
                ]
            };
            (found.tds_sheet(), found.tds.iter().map(|row| (quarter(row), cells(row))).collect())
        }
    };
    let total = total(at, &rows, kind)?;
    let row = |((label, scope), cells): &((String, Scope), Vec<Cell>)| RegisterRow {
        weight: Weight::Plain,
        label: label.clone(),
        figures: cells.iter().map(|cell| figure(at, scope, cell)).collect(),
    };
    Ok((sheet, rows.iter().map(row).chain(total).collect()))
}

fn tcs_cells(row: &ecom_ledger::journal::Tcs) -> [Cell; 4] {
    const ALL: &[Account] = &[Account::TcsIgst, Account::TcsCgst, Account::TcsSgst];
    let (central, state) = (Cell::of(row.cgst, &ALL[1..2]), Cell::of(row.sgst, &ALL[2..]));
    [Cell::of(row.igst, &ALL[..1]), central, state, Cell::of(row.total, ALL)]
}

fn gst_cells(row: &ecom_ledger::journal::FeeGst) -> [Cell; 6] {
    const HEADS: &[Account] =
        &[Account::GstInputIgst, Account::GstInputCgst, Account::GstInputSgst, Account::GstInputUnsplit];
    let printed = |amount, accounts| Cell { amount, accounts, printed: true };
    [
        printed(row.igst, &HEADS[..1]),
        printed(row.cgst, &HEADS[1..2]),
        printed(row.sgst, &HEADS[2..3]),
        printed(row.unsplit, &HEADS[3..]),
        // A part of lines, which no list of lines sums to.
        Cell::of(row.estimated, &[]),
        Cell::of(row.cost, &[Account::FeeGst]),
    ]
}

fn figure(at: &BookScope, scope: &Scope, cell: &Cell) -> Figure {
    if cell.accounts.is_empty() {
        return Figure::unlinked(at.currency, cell.amount);
    }
    let link = Scope { printed: cell.printed, ..*scope }.link("/lines");
    let href = cell.accounts.iter().fold(link, |link, account| link.with("account", account.name())).text();
    Figure::amount(at.currency, cell.amount, href)
}

/// The sum of each column; none of a single row.
fn total(at: &BookScope, rows: &[((String, Scope), Vec<Cell>)], kind: Kind) -> Page<Option<RegisterRow>> {
    if rows.len() < 2 {
        return Ok(None);
    }
    let sum = |column: usize| -> Page<Figure> {
        let cells = rows.iter().filter_map(|(_, cells)| cells.get(column));
        Ok(Figure::unlinked(at.currency, Minor::sum(cells.map(|cell| Minor(cell.amount)))?.0))
    };
    let figures = (0..kind.columns().len() - 1).map(sum).collect::<Page<Vec<_>>>()?;
    Ok(Some(RegisterRow { weight: Weight::Total, label: "Together".to_owned(), figures }))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn quarters_around_a_month_are_whole() {
        let days = |from, to| (day::of_date(from), day::of_date(to));
        assert_eq!(quarters(date(2026, 2, 1), date(2026, 2, 28)), days(date(2026, 1, 1), date(2026, 3, 31)));
        assert_eq!(quarters(date(2026, 4, 1), date(2027, 3, 31)), days(date(2026, 4, 1), date(2027, 3, 31)));
    }
}
