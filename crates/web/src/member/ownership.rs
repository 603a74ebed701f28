//! Giving ownership to a member, in one step: whoever gives it stays an owner, or becomes a manager.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, Member, MemberRole, PersonId};

use super::{found_member, last_owner};
use crate::{
    account::proof::{password_field, prove},
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    seat::{Me, Owner, Seat},
};

#[derive(Template)]
#[template(path = "member/ownership.html")]
struct OwnershipPage {
    frame: Frame,
    id: PersonId,
    name: String,
    business: String,
    fields: Vec<Field>,
}

/// Asks whether to give it.
pub(crate) async fn ask(State(app): State<App>, seat: Seat<Owner>, Path(id): Path<String>) -> Page {
    let member = other(&app, &seat, &id).await?;
    shown(&seat, member, &Entry::with(&[("then", "owner")]), StatusCode::OK)
}

/// Gives it.
pub(crate) async fn give(
    State(app): State<App>,
    seat: Seat<Owner>,
    me: Me,
    Path(id): Path<String>,
    mut entry: Entry,
) -> Page {
    let member = other(&app, &seat, &id).await?;
    let person = member.person;
    let then = MemberRole::from_name(entry.raw("then")).filter(|role| *role != MemberRole::Viewer);
    if then.is_none() {
        entry.refuse("then", "Choose what you are afterwards.");
    }
    let (Some(proof), Some(then)) = (prove(&app, &me, &mut entry).await?, then) else {
        return shown(&seat, member, &entry, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let mut tx = proof.begin(&app, &me).await?;
    seat.hold::<Owner>(&mut tx).await?;
    let mut platform = tx.platform();
    platform.set_member_role(seat.tenant(), person, MemberRole::Owner).await?;
    if then != MemberRole::Owner {
        platform.set_member_role(seat.tenant(), me.id(), then).await.map_err(last_owner)?;
    }
    let mut books = seat.books(&mut tx).await?;
    seat.audit(&app, &mut books, Action::GiveOwnership, &format!("people/{person}")).await?;
    if then != MemberRole::Owner {
        seat.audit(&app, &mut books, Action::ChangeRole, &format!("people/{}", me.id())).await?;
    }
    proof.commit(tx, &me).await?;
    Ok(Redirect::to("/people?said=ownership").into_response())
}

/// Somebody else of the business who is no owner yet.
async fn other(app: &App, seat: &Seat<Owner>, id: &str) -> Page<Member> {
    let person: PersonId = id.parse().map_err(|_| Fault::Missing)?;
    let member = found_member(app, seat, person).await?;
    if member.role == MemberRole::Owner {
        return Err(Fault::Conflict("They are an owner already.".to_owned()));
    }
    Ok(member)
}

fn shown(seat: &Seat<Owner>, member: Member, entry: &Entry, status: StatusCode) -> Page {
    let choices = [
        ("owner", "Stay an owner: both of you decide everything"),
        ("manager", "Become a manager: work in the books, but not with people"),
    ];
    let choices = choices.map(|(name, words)| (name.to_owned(), words.to_owned()));
    page::show_as(
        status,
        &OwnershipPage {
            frame: seat.frame("Give ownership", Here::People),
            id: member.person,
            name: member.name,
            business: seat.business().to_owned(),
            fields: vec![entry.field("then", "And you?").choice(choices), password_field(entry)],
        },
    )
}
