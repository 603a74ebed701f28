//! Pay-outs filled in on a sheet: the downloaded register with UTR and bank date, taken over whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    extract::{Multipart, State, multipart::MultipartRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_documents::{Limits, read_table};
use ecom_ledger::journal::{Bank, Payout};
use ecom_store::{Action, SettlementKey};
use jiff::civil::Date;

use super::{
    BookScope,
    payout::{self, Typed, Wrong},
};
use crate::{
    app::App,
    fault::{Fault, Page},
    params::Params,
    seat::{Manager, Seat},
    words,
};

/// Largest sheet in bytes.
const MOST_SHEET_BYTES: usize = 1 << 20;
/// Longest body of the form that sends it.
pub(crate) const MOST_FORM_BYTES: usize = MOST_SHEET_BYTES + (64 << 10);
/// Rows of a sheet.
const MOST_SHEET_ROWS: u64 = 5_000;
/// Problems that are told at once.
const MOST_PROBLEMS: usize = 20;
/// Columns that are read, as the register has them; others may stand there too.
const COLUMNS: [&str; 3] = ["settlement_id", "utr", "bank_date"];

/// Numbered rows of cells.
type Rows = Vec<(u32, Vec<String>)>;
/// Where and what.
type Problem = (String, String);

/// Takes a sheet over. With any problem nothing is kept, and all of them are told.
pub(crate) async fn receive(
    State(app): State<App>,
    seat: Seat<Manager>,
    params: Params,
    sent: Result<Multipart, MultipartRejection>,
) -> Page {
    let sent = sent.map_err(|rejection| Fault::invalid("sheet", rejection.body_text()))?;
    let rows = match file_of(sent).await? {
        Some(bytes) => tokio::task::spawn_blocking(move || cells(&bytes)).await.map_err(Fault::broken)?,
        None => Err("Choose a CSV or XLSX file.".to_owned()),
    };
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let at = BookScope::read(&app, &mut books, &params).await?;
    let known = payout::payouts(&at, &mut books, None).await?;
    let read = rows.map_err(|words| vec![("The sheet".to_owned(), words)]);
    match read.and_then(|rows| banks(&at, &rows, &known, app.today())) {
        Ok(banks) => {
            for (key, bank) in banks {
                books.set_bank(key, &bank, seat.person(), app.now()).await?;
            }
            seat.audit(&app, &mut books, Action::SetPayouts, "books/payouts").await?;
            tx.commit().await?;
            Ok(Redirect::to(&at.link("/books/payouts").with("said", "sheet").text()).into_response())
        }
        Err(problems) => {
            let mut typed = Typed::sheet(problems);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            payout::shown_as(&seat, &mut books, &at, None, &mut typed, status).await
        }
    }
}

fn cells(bytes: &[u8]) -> Result<Rows, String> {
    let limits = Limits {
        file_bytes: MOST_SHEET_BYTES as u64,
        inflated_bytes: 16 << 20,
        text_bytes: 16 << 20,
        rows: MOST_SHEET_ROWS,
        ..Limits::default()
    };
    read_table(bytes, &limits)
        .map(|table| table.numbered())
        .map_err(|error| words::sentence(&error.to_string()))
}

/// What the rows say; rows that say nothing of the bank are passed over.
fn banks(
    at: &BookScope,
    rows: &Rows,
    known: &[Payout],
    today: Date,
) -> Result<Vec<(SettlementKey, Bank)>, Vec<Problem>> {
    let mut rows = rows.iter();
    let header = rows.next().map(|(_, cells)| cells.as_slice()).unwrap_or_default();
    let places = COLUMNS.map(|name| header.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name)));
    let [Some(id), Some(utr), Some(date)] = places else {
        let words = format!("Its first row names the columns: {}.", COLUMNS.join(", "));
        return Err(vec![("The sheet".to_owned(), words)]);
    };
    let known: BTreeMap<&str, &Payout> =
        known.iter().map(|payout| (payout.settlement.as_str(), payout)).collect();
    let (mut found, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (number, cells) in rows {
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        if cell(utr).is_empty() && cell(date).is_empty() {
            continue;
        }
        let read = match known.get(cell(id)) {
            _ if !seen.insert(cell(id)) => Err(format!("Settlement {} stands there twice.", cell(id))),
            Some(payout) => bank(at, payout, cell(utr), cell(date), today),
            None => Err(format!("`{}` is no settlement with a pay-out in these days.", cell(id))),
        };
        match read {
            Ok(one) => found.push(one),
            Err(words) => problems.push((format!("Row {number}"), words)),
        }
    }
    problems.truncate(MOST_PROBLEMS);
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn bank(
    at: &BookScope,
    payout: &Payout,
    utr: &str,
    date: &str,
    today: Date,
) -> Result<(SettlementKey, Bank), String> {
    let key = payout::key_of(at, payout).ok_or("This settlement paid nothing out.")?;
    match payout::read(utr, date, payout, today) {
        Ok(bank) => Ok((key, bank)),
        Err(Wrong::Utr(words)) => Err(format!("utr: {words}")),
        Err(Wrong::Date(words)) => Err(format!("bank_date: {words}")),
    }
}

/// The file of the form, if one was chosen.
async fn file_of(mut form: Multipart) -> Page<Option<Vec<u8>>> {
    let cut_off = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Fault::TooLarge(
                "A sheet of pay-outs may have 1 MiB. Leave out other columns.".to_owned(),
            );
        }
        Fault::invalid("sheet", "The file did not arrive whole. Send it again.")
    };
    while let Some(field) = form.next_field().await.map_err(cut_off)? {
        // A form without a chosen file still sends one, without a name.
        if field.name() == Some("sheet") && field.file_name().is_some_and(|name| !name.is_empty()) {
            return Ok(Some(field.bytes().await.map_err(cut_off)?.to_vec()));
        }
    }
    Ok(None)
}
