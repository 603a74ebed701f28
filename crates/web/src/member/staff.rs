//! Who of the platform's staff may look at the books of a business, or could: every member sees it, owners end it.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_store::{Assignment, AssignmentId, Doer, MOST_ASSIGNMENTS, StaffRole};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::{Fault, Page},
    frame::{Frame, Here},
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    seat::{Owner, Seat, Viewer},
    staff::assignment::{AssignmentRow, row, sheet_of},
};

/// The one table of the page.
const TABLE: &str = "Staff of the platform";

#[derive(Template)]
#[template(path = "member/staff.html")]
struct StaffPage {
    frame: Frame,
    downloads: Downloads,
    notices: Vec<Notice>,
    business: String,
    live: Vec<AssignmentRow>,
    past: Vec<AssignmentRow>,
    older: Option<String>,
    may: bool,
}

#[derive(Template)]
#[template(path = "member/staff_end.html")]
struct EndPage {
    frame: Frame,
    id: AssignmentId,
    name: String,
    role: &'static str,
    business: String,
}

/// The list, now and before.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    let before = params.read("before", "a place in this list", number)?.map(AssignmentId);
    let mut tx = app.db.read().await?;
    let found = seat.books(&mut tx).await?.assignments(before, MOST_ASSIGNMENTS).await?;
    drop(tx);
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::today(&app, &seat, TABLE);
        return wanted.send(&name, vec![sheet_of(TABLE, &found)]).await;
    }
    let said = (params.one("said") == Some("ended")).then_some("They see nothing of your books any more.");
    let full = i64::try_from(found.len()).is_ok_and(|count| count == MOST_ASSIGNMENTS);
    let older = found.last().filter(|_| full).map(|last| link().with("before", &last.id.to_string()).text());
    let (live, past): (Vec<Assignment>, Vec<Assignment>) =
        found.into_iter().partition(|one| one.is_live(app.now()));
    let rows = |found: Vec<Assignment>| {
        found.into_iter().map(|one| row(one, app.now(), StaffRole::Support)).collect()
    };
    page::show(&StaffPage {
        frame: seat.frame(TABLE, Here::People),
        downloads: Downloads::of(&link(), &[TABLE]),
        notices: said.map(|said| Notice::new(Tone::Good, "Done", said)).into_iter().collect(),
        business: seat.business().to_owned(),
        live: rows(live),
        past: rows(past),
        older,
        may: seat.may::<Owner>(),
    })
}

fn link() -> Link {
    Link::to("/people/staff")
}

/// Asks whether to end it.
pub(crate) async fn ask_end(State(app): State<App>, seat: Seat<Owner>, Path(id): Path<String>) -> Page {
    let found = live(&app, &seat, &id).await?;
    let shown = row(found, app.now(), StaffRole::Support);
    page::show(&EndPage {
        frame: seat.frame(TABLE, Here::People),
        id: shown.id,
        name: shown.name,
        role: shown.role,
        business: seat.business().to_owned(),
    })
}

/// Ends it at once.
pub(crate) async fn end(State(app): State<App>, seat: Seat<Owner>, Path(id): Path<String>) -> Page {
    let found = live(&app, &seat, &id).await?;
    let doer = Doer::person(seat.person(), seat.network().to_string());
    let mut tx = app.db.write().await?;
    ecom_work::staff::end_assignment(&mut tx, found.id, Some(seat.person()), &doer, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/people/staff?said=ended").into_response())
}

/// One that holds now, to this business.
async fn live(app: &App, seat: &Seat<Owner>, id: &str) -> Page<Assignment> {
    let id: AssignmentId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let found = seat.books(&mut tx).await?.assignment(id).await?;
    found.filter(|found| found.is_live(app.now())).ok_or(Fault::Missing)
}
