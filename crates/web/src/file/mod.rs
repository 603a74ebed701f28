//! Withdrawing the import of a file: asked once, in words that say what will happen.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, FileId, Filter, SettlementState, SettlementView};

use crate::{
    app::App,
    fault::{Fault, Page},
    frame::{Frame, Here},
    money, page,
    seat::{Manager, Seat},
};

#[derive(Template)]
#[template(path = "file/withdrawal.html")]
struct WithdrawalPage {
    frame: Frame,
    file: FileId,
    name: String,
    settlements: Vec<(String, String)>,
    lines: String,
}

/// The question.
pub(crate) async fn ask(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let file: FileId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let all = books.settlements(&Filter::days(i32::MIN, i32::MAX)).await?;
    let of_file = |found: &&SettlementView| found.file == file && found.state != SettlementState::Withdrawn;
    let found: Vec<&SettlementView> = all.iter().filter(of_file).collect();
    let first = found.first().ok_or(Fault::Missing)?;
    let page = WithdrawalPage {
        frame: seat.frame("Withdraw an import", Here::Files),
        file,
        name: first.file_name.clone(),
        lines: money::counted(found.iter().map(|found| found.lines).sum(), "line", "lines"),
        settlements: found
            .iter()
            .map(|found| {
                let total = money::exact(found.currency, found.total.unwrap_or(found.sum));
                (format!("{} ({total})", found.settlement_id), format!("/settlements/{}", found.key))
            })
            .collect(),
    };
    page::show(&page)
}

/// The answer.
pub(crate) async fn withdraw(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let file: FileId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.withdraw(file).await?;
    seat.audit(&app, &mut books, Action::WithdrawFile, &format!("files/{file}")).await?;
    tx.commit().await?;
    Ok(Redirect::to("/uploads?said=withdrawn").into_response())
}
