//! The businesses that one of the staff may enter; entering one, and leaving it.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Assignment, AssignmentFilter, AssignmentId, MOST_ASSIGNMENTS};

use super::{Anyone, Desk, done};
use crate::{
    app::App,
    entry::Entry,
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment,
    notice::Notice,
    page,
    params::Params,
};

#[derive(Template)]
#[template(path = "staff/businesses.html")]
struct BusinessesPage {
    frame: Frame,
    notices: Vec<Notice>,
    rows: Vec<BusinessRow>,
}

struct BusinessRow {
    id: AssignmentId,
    name: String,
    reason: String,
    by: String,
    until: String,
    used: Option<String>,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, desk: Desk<Anyone>, params: Params) -> Page {
    let said = match params.one("said") {
        Some("left") => Some("You have left the business."),
        Some("ended") => Some("The assignment has ended. The owners of the business were told."),
        _ => None,
    };
    let live = AssignmentFilter {
        person: Some(desk.person()),
        live_at: Some(app.now()),
        ..AssignmentFilter::default()
    };
    let found = app.db.read().await?.platform().assignments(&live, MOST_ASSIGNMENTS).await?;
    page::show(&BusinessesPage {
        frame: desk.frame("Businesses", Here::StaffBusinesses),
        notices: done(said),
        rows: found.into_iter().map(row).collect(),
    })
}

fn row(found: Assignment) -> BusinessRow {
    BusinessRow {
        id: found.id,
        name: found.business,
        reason: found.reason,
        by: found.made_by,
        until: moment::day(found.ends_at - 1),
        used: found.used_at.map(moment::day),
    }
}

/// Enters a business: from now on this session's pages are those of its books.
pub(crate) async fn enter(State(app): State<App>, desk: Desk<Anyone>, entry: Entry) -> Page {
    let id: AssignmentId = entry.raw("assignment").parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    tx.platform().enter_business(desk.session(), id, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/").into_response())
}

/// Leaves it.
pub(crate) async fn leave(State(app): State<App>, desk: Desk<Anyone>) -> Page {
    let mut tx = app.db.write().await?;
    tx.platform().leave_business(desk.session()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/businesses?said=left").into_response())
}
