//! A whole sheet of costs: sent in, looked at, and only then taken over.
//!
//! The preview shows every bad row and every change. It works without script: the sheet is kept on the server until
//! it is accepted or thrown away.

mod preview;

use askama::Template;
use axum::{
    extract::{Multipart, Path, State, multipart::MultipartRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_documents::{Limits, read_table};
use ecom_ledger::cost::Draft;

use super::{
    keep::{Kept, Shelf},
    product::sentence,
};
use ecom_store::Action;

use crate::{
    app::App,
    entry::Entry,
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    seat::{Manager, Seat},
};
use preview::Preview;

/// Largest sheet in bytes.
const MOST_SHEET_BYTES: usize = 8 << 20;
/// Longest body of the form that sends it.
pub(crate) const MOST_FORM_BYTES: usize = MOST_SHEET_BYTES + (64 << 10);
/// Rows of a sheet.
const MOST_SHEET_ROWS: u64 = 20_000;
/// Bytes of a sheet once it is unpacked, and of its text.
const MOST_UNPACKED_BYTES: u64 = 64 << 20;

/// Numbered rows of cells.
type Rows = Vec<(u32, Vec<String>)>;

#[derive(Template)]
#[template(path = "cost/sheet.html")]
struct SheetPage {
    frame: Frame,
    error: Option<String>,
}

/// The form.
pub(crate) async fn new(seat: Seat<Manager>) -> Page {
    form(&seat, None)
}

fn form(seat: &Seat<Manager>, error: Option<String>) -> Page {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page::show_as(status, &SheetPage { frame: seat.frame("Upload costs", Here::Costs), error })
}

/// Takes a sheet in, and leads to its preview. What is no sheet at all is told at once.
pub(crate) async fn receive(
    State(app): State<App>,
    seat: Seat<Manager>,
    sent: Result<Multipart, MultipartRejection>,
) -> Page {
    let sent = sent.map_err(|rejection| Fault::invalid("sheet", rejection.body_text()))?;
    let Some(kept) = sheet_of(sent).await? else {
        return form(&seat, Some("Choose a CSV or XLSX file.".to_owned()));
    };
    let (kept, rows) = read(kept).await?;
    let read = rows.and_then(|rows| Draft::read(&rows).map_err(|problems| first(&problems)));
    if let Err(message) = read {
        return form(&seat, Some(message));
    }
    let id = Shelf::of(&app.spool, &seat).put(&kept).await?;
    Ok(Redirect::to(&format!("/costs/sheet/{id}")).into_response())
}

/// What taking it over would do.
pub(crate) async fn preview(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let (kept, rows) = kept_rows(&app, &seat, &id).await?;
    let mut tx = app.db.read().await?;
    let look = Preview::of(&mut seat.books(&mut tx).await?, &rows).await?;
    page::show(&look.page(&seat, &id, &kept.name, false)?)
}

/// Takes it over, if it still does what the preview said.
pub(crate) async fn accept(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path(id): Path<String>,
    entry: Entry,
) -> Page {
    let (kept, rows) = kept_rows(&app, &seat, &id).await?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let look = Preview::of(&mut books, &rows).await?;
    if look.seen() != entry.raw("seen") || look.draft.costs.is_empty() {
        return page::show_as(StatusCode::CONFLICT, &look.page(&seat, &id, &kept.name, true)?);
    }
    let saved = books.save_costs(&look.draft.sheet()).await?;
    saved.map_err(|problems| Fault::Conflict(first(&problems)))?;
    seat.audit(&app, &mut books, Action::AcceptCosts, "costs").await?;
    tx.commit().await?;
    Shelf::of(&app.spool, &seat).remove(&id).await?;
    Ok(Redirect::to("/costs?said=imported").into_response())
}

/// Throws it away.
pub(crate) async fn discard(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    Shelf::of(&app.spool, &seat).discard(&id).await?;
    Ok(Redirect::to("/costs?said=discarded").into_response())
}

async fn kept_rows(app: &App, seat: &Seat<Manager>, id: &str) -> Page<(Kept, Rows)> {
    let kept = Shelf::of(&app.spool, seat).get(id).await?;
    let (kept, rows) = read(kept).await?;
    Ok((kept, rows.map_err(Fault::Conflict)?))
}

/// Reads the cells where it holds up no other page.
async fn read(kept: Kept) -> Page<(Kept, Result<Rows, String>)> {
    let read = tokio::task::spawn_blocking(move || {
        let rows = cells(&kept.bytes);
        (kept, rows)
    });
    read.await.map_err(Fault::broken)
}

fn cells(bytes: &[u8]) -> Result<Rows, String> {
    let limits = Limits {
        file_bytes: MOST_SHEET_BYTES as u64,
        inflated_bytes: MOST_UNPACKED_BYTES,
        text_bytes: MOST_UNPACKED_BYTES,
        rows: MOST_SHEET_ROWS,
        ..Limits::default()
    };
    let table = read_table(bytes, &limits).map_err(|error| sentence(&error.to_string()))?;
    let mut rows = table.numbered();
    rows.iter_mut().flat_map(|(_, cells)| cells).for_each(unguard);
    Ok(rows)
}

/// Takes away the apostrophe that our own template puts before text which a spreadsheet would run.
fn unguard(cell: &mut String) {
    let guarded = cell.strip_prefix('\'').is_some_and(|rest| rest.starts_with(['=', '+', '-', '@']));
    if guarded {
        cell.remove(0);
    }
}

fn first(problems: &[ecom_ledger::cost::CostProblem]) -> String {
    problems.first().map(|problem| sentence(&problem.message)).unwrap_or_default()
}

/// The file of the form, if one was chosen.
async fn sheet_of(mut form: Multipart) -> Page<Option<Kept>> {
    let cut_off = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let most = MOST_SHEET_BYTES >> 20;
            return Fault::TooLarge(format!("A cost sheet may have {most} MiB. Split it."));
        }
        Fault::invalid("sheet", "The file did not arrive whole. Send it again.")
    };
    while let Some(field) = form.next_field().await.map_err(cut_off)? {
        if field.name() == Some("sheet") {
            let name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(cut_off)?;
            // A form without a chosen file still sends one, without a name.
            return Ok((!name.is_empty()).then(|| Kept::named(&name, bytes.to_vec())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_sku_comes_back_as_it_was() {
        let rows = cells(b"sku,from,goods\n'-A1,2026-04-01,5\n'A,2026-04-01,5\n").unwrap();
        assert_eq!((rows[1].1[0].as_str(), rows[2].1[0].as_str()), ("-A1", "'A"));
    }

    #[test]
    fn what_is_no_sheet_says_what_to_do() {
        assert_eq!(cells(b" ").unwrap_err(), "The file is empty.");
        assert!(cells(b"\x1f\x8b\x08").unwrap_err().contains("unpack it first"));
        let long = "A,2026-04-01,5\n".repeat(20_001);
        assert!(cells(long.as_bytes()).unwrap_err().contains("more than 20000 rows; split the file"));
    }
}
