//! Taking somebody out of a business, and leaving it.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, Member, PersonId};

use super::{found_member, last_owner};
use crate::{
    account::proof::{password_field, prove},
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    seat::{Me, Owner, Seat, Viewer},
};

#[derive(Template)]
#[template(path = "member/removal.html")]
struct RemovalPage {
    frame: Frame,
    id: PersonId,
    name: String,
    business: String,
    password: Option<Field>,
    here: bool,
}

/// Asks whether to take somebody out, or whether to leave.
pub(crate) async fn ask(State(app): State<App>, seat: Seat<Viewer>, Path(id): Path<String>) -> Page {
    let person = may_remove(&seat, &id)?;
    let member = found_member(&app, &seat, person).await?;
    shown(&seat, member, &Entry::default())
}

/// Takes somebody out, or leaves, which asks for the password again.
pub(crate) async fn remove(
    State(app): State<App>,
    seat: Seat<Viewer>,
    me: Me,
    Path(id): Path<String>,
    mut entry: Entry,
) -> Page {
    let person = may_remove(&seat, &id)?;
    let leaves = person == seat.person();
    let proof = if leaves { prove(&app, &me, &mut entry).await? } else { None };
    if leaves && proof.is_none() {
        let member = found_member(&app, &seat, person).await?;
        return shown(&seat, member, &entry);
    }
    let mut tx = match &proof {
        Some(proof) => proof.begin(&app, &me).await?,
        None => app.db.write().await?,
    };
    if !leaves {
        seat.hold::<Owner>(&mut tx).await?;
    }
    tx.platform().remove_member(seat.tenant(), person).await.map_err(last_owner)?;
    let action = if leaves { Action::Leave } else { Action::RemoveMember };
    seat.audit(&app, &mut seat.books(&mut tx).await?, action, &format!("people/{person}")).await?;
    match proof {
        Some(proof) => proof.commit(tx, &me).await?,
        None => tx.commit().await?,
    }
    Ok(Redirect::to(if leaves { "/businesses" } else { "/people?said=removed" }).into_response())
}

fn shown(seat: &Seat<Viewer>, member: Member, entry: &Entry) -> Page {
    let here = member.person == seat.person();
    let status = if entry.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page::show_as(
        status,
        &RemovalPage {
            frame: seat.frame("People", Here::People),
            id: member.person,
            name: member.name,
            business: seat.business().to_owned(),
            password: here.then(|| password_field(entry)),
            here,
        },
    )
}

/// Owners take anybody out; everybody may leave.
fn may_remove(seat: &Seat<Viewer>, id: &str) -> Page<PersonId> {
    let person: PersonId = id.parse().map_err(|_| Fault::Missing)?;
    if person == seat.person() || seat.may::<Owner>() { Ok(person) } else { Err(Fault::Missing) }
}
