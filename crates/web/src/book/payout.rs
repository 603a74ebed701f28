//! Pay-outs with what the bank says: UTR and date per settlement, entered in the table itself.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_gst::Gstin;
use ecom_ledger::journal::{Bank, Payout};
use ecom_store::{Action, MOST_UTR_CHARS, Scoped, SettlementKey};
use jiff::civil::Date;

use super::{BookScope, Tab, download};
use crate::{
    app::App,
    download::{Download, Downloads},
    entry::Entry,
    fault::Page,
    figure::Figure,
    frame::{Frame, Here},
    money, page,
    params::Params,
    period::{self, shown},
    scope_bar::ScopeBar,
    seat::{Manager, Role, Seat, Viewer},
};

const PATH: &str = "/books/payouts";

#[derive(Template)]
#[template(path = "book/payouts.html")]
struct PayoutsPage {
    frame: Frame,
    title: String,
    bar: ScopeBar,
    tabs: Vec<Tab>,
    monies: Vec<Tab>,
    downloads: Downloads,
    said: Option<&'static str>,
    rows: Vec<PayoutRow>,
    open: String,
    /// Where the forms are sent; none for those who only look.
    action: Option<String>,
    sheet: String,
    wrong: bool,
    /// What is wrong in a sheet that was sent.
    problems: Vec<(String, String)>,
}

struct PayoutRow {
    id: String,
    href: Option<String>,
    days: String,
    deposit: String,
    total: Figure,
    paid: Figure,
    /// What the bank says; fields where the person may fill them in.
    utr: BankField,
    date: BankField,
    fields: bool,
}

/// A field in the table, with what was typed and what is wrong with it.
#[derive(Default)]
struct BankField {
    name: String,
    value: String,
    shown: String,
    error: Option<String>,
}

/// The table.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let gstin = tx.platform().gstin(seat.tenant()).await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(&app, &mut books, &params).await?;
    if let Some(wanted) = Download::read(&params)? {
        let sheet = download::registers(&at, &mut books, gstin).await?.payout_sheet();
        return download::send_one(&seat, &at, sheet, wanted).await;
    }
    let said = match params.one("said") {
        Some("kept") => Some("Kept. The vouchers carry the bank’s dates from now on."),
        Some("sheet") => Some("The sheet is taken over. The vouchers carry the bank’s dates from now on."),
        _ => None,
    };
    let mut typed = Typed::default();
    shown_as(&seat, &mut books, &at, said, &mut typed, StatusCode::OK).await
}

/// Keeps what was typed into the table, all of it or nothing.
pub(crate) async fn save(State(app): State<App>, seat: Seat<Manager>, params: Params, entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(&app, &mut books, &params).await?;
    let mut typed = Typed { entry, ..Typed::default() };
    for payout in payouts(&at, &mut books, None).await? {
        let Some(key) = key_of(&at, &payout) else { continue };
        if let Some(bank) = typed.bank(key, &payout, app.today()).filter(|bank| *bank != payout.bank) {
            books.set_bank(key, &bank, seat.person(), app.now()).await?;
        }
    }
    if !typed.errors.is_empty() {
        drop(tx);
        let mut tx = app.db.read().await?;
        let mut books = seat.books(&mut tx).await?;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return shown_as(&seat, &mut books, &at, None, &mut typed, status).await;
    }
    seat.audit(&app, &mut books, Action::SetPayouts, "books/payouts").await?;
    tx.commit().await?;
    Ok(Redirect::to(&at.link(PATH).with("said", "kept").text()).into_response())
}

/// What was typed, what is wrong with it, and what is wrong with a sheet.
#[derive(Default)]
pub(super) struct Typed {
    entry: Entry,
    errors: Vec<(String, String)>,
    problems: Vec<(String, String)>,
}

impl Typed {
    /// Nothing typed, but a sheet that has problems.
    pub(super) fn sheet(problems: Vec<(String, String)>) -> Self {
        Self { problems, ..Self::default() }
    }

    /// What the form says about a pay-out, if it says anything that makes sense.
    fn bank(&mut self, key: SettlementKey, payout: &Payout, today: Date) -> Option<Bank> {
        let (utr_name, date_name) = names(key);
        if !self.entry.has(&utr_name) && !self.entry.has(&date_name) {
            return None;
        }
        let (utr, date) = (self.entry.raw(&utr_name).to_owned(), self.entry.raw(&date_name).to_owned());
        match read(&utr, &date, payout, today) {
            Ok(bank) => Some(bank),
            Err(Wrong::Utr(words)) => {
                self.errors.push((utr_name, words));
                None
            }
            Err(Wrong::Date(words)) => {
                self.errors.push((date_name, words));
                None
            }
        }
    }

    fn field(&self, name: String, kept: &str, shown: &str) -> BankField {
        let typed = if self.entry.has(&name) { self.entry.raw(&name) } else { kept };
        let error = self.errors.iter().find(|(field, _)| *field == name).map(|(_, words)| words.clone());
        BankField { value: typed.to_owned(), shown: shown.to_owned(), error, name }
    }
}

/// Which of the two is wrong, and how.
#[derive(Debug)]
pub(super) enum Wrong {
    Utr(String),
    Date(String),
}

/// Reads what somebody copied from the bank's statement.
pub(super) fn read(utr: &str, date: &str, payout: &Payout, today: Date) -> Result<Bank, Wrong> {
    let (utr, text) = (utr.trim(), date.trim());
    if utr.len() > MOST_UTR_CHARS || !utr.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Wrong::Utr(format!("Letters and digits only, at most {MOST_UTR_CHARS}.")));
    }
    let date = period::civil(text);
    if date.is_none() && !text.is_empty() {
        return Err(Wrong::Date("Write the day as 2026-04-09.".to_owned()));
    }
    if let Some((end, _)) = payout.end.zip(date).filter(|(end, date)| date < end) {
        return Err(Wrong::Date(format!("The settlement ended on {}, after this day.", shown(end))));
    }
    if date.is_some_and(|date| date > today) {
        return Err(Wrong::Date("This day is still to come.".to_owned()));
    }
    let utr = (!utr.is_empty()).then(|| utr.to_owned());
    Ok(Bank { utr, date })
}

fn names(key: SettlementKey) -> (String, String) {
    (format!("utr-{key}"), format!("date-{key}"))
}

/// The pay-outs of the period.
pub(super) async fn payouts(
    at: &BookScope,
    books: &mut Scoped<'_>,
    gstin: Option<Gstin>,
) -> Page<Vec<Payout>> {
    Ok(download::registers(at, books, gstin).await?.payouts)
}

/// A settlement that pays something out, by its number.
pub(super) fn key_of(at: &BookScope, payout: &Payout) -> Option<SettlementKey> {
    at.settlement(&payout.settlement).filter(|_| payout.paid > 0).map(|found| found.key)
}

pub(super) async fn shown_as<R: Role>(
    seat: &Seat<R>,
    books: &mut Scoped<'_>,
    at: &BookScope,
    said: Option<&'static str>,
    typed: &mut Typed,
    status: StatusCode,
) -> Page {
    let payouts = payouts(at, books, None).await?;
    let open = payouts.iter().filter(|payout| payout.paid > 0 && payout.bank.date.is_none()).count();
    let open = money::counted(i64::try_from(open).unwrap_or(i64::MAX), "pay-out has", "pay-outs have");
    let may = seat.may::<Manager>();
    let page = PayoutsPage {
        frame: seat.frame(format!("Pay-outs, {}", at.title()), Here::Books),
        title: at.title(),
        bar: at.bar(PATH),
        tabs: at.tabs(PATH),
        monies: at.monies(PATH),
        downloads: Downloads::of(&at.link(PATH), &["Pay-outs"]),
        said,
        rows: payouts.iter().map(|payout| row(at, payout, typed, may)).collect(),
        open,
        action: may.then(|| at.link(PATH).text()),
        sheet: at.link("/books/payouts/sheet").text(),
        wrong: !typed.errors.is_empty(),
        problems: std::mem::take(&mut typed.problems),
    };
    page::show_as(status, &page)
}

fn row(at: &BookScope, payout: &Payout, typed: &Typed, may: bool) -> PayoutRow {
    let key = key_of(at, payout);
    let day = |day: Option<Date>| day.map(shown).unwrap_or_default();
    let date = payout.bank.date.map(|date| date.to_string()).unwrap_or_default();
    let utr = payout.bank.utr.clone().unwrap_or_default();
    let (utr_name, date_name) = key.map(names).unwrap_or_default();
    PayoutRow {
        id: payout.settlement.clone(),
        href: at.settlement(&payout.settlement).map(|found| format!("/settlements/{}", found.key)),
        days: match (payout.start, payout.end) {
            (Some(start), Some(end)) => format!("{} – {}", shown(start), shown(end)),
            _ => "no period in the file".to_owned(),
        },
        deposit: day(payout.deposit),
        total: payout
            .total
            .map_or_else(|| Figure::plain("open"), |total| Figure::unlinked(at.currency, total)),
        paid: Figure::unlinked(at.currency, payout.paid),
        utr: typed.field(utr_name, &utr, &utr),
        date: typed.field(date_name, &date, &day(payout.bank.date)),
        fields: may && key.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_the_bank_says_is_read_and_told_apart_from_slips() {
        let payout = Payout {
            settlement: "1".into(),
            start: Some(date(2026, 3, 16)),
            end: Some(date(2026, 3, 30)),
            deposit: None,
            total: Some(5),
            paid: 5,
            bank: Bank::default(),
        };
        let read = |utr: &str, day: &str| read(utr, day, &payout, date(2026, 4, 10));
        let bank = Bank { utr: Some("AXISCN0123".into()), date: Some(date(2026, 4, 1)) };
        assert_eq!(read(" AXISCN0123 ", "2026-04-01").unwrap(), bank);
        assert_eq!(read("", "").unwrap(), Bank::default());
        assert!(matches!(read("AXIS CN", ""), Err(Wrong::Utr(_))));
        assert!(matches!(read(&"9".repeat(41), ""), Err(Wrong::Utr(_))));
        for day in ["01/04/2026", "2026-02-30", "2026-03-29", "2026-04-11", "2025-04-01"] {
            assert!(matches!(read("", day), Err(Wrong::Date(_))), "{day}");
        }
    }
}
