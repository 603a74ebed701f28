//! Following an invitation to the staff: with the account one has, or with a new one.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Action, Doer, LiveToken, NewPerson, PersonId, Purpose, SessionPerson, StaffRole, StoreError, Tx,
    fold_email,
};

use super::role_words;
use crate::{
    account::{check_name, check_phone},
    app::App,
    entry::Entry,
    fault::{Fault, Page},
    frame::Frame,
    member::invitation::{Guest, gone, over},
    network::Network,
    page,
    seat::person,
    session::{self, PasswordPolicy, cookie, cookie::Token},
};

#[derive(Template)]
#[template(path = "staff/invitation.html")]
struct InvitationPage {
    frame: Frame,
    path: String,
    by: Option<String>,
    role: &'static str,
    email: String,
    who: Guest,
}

/// An invitation that still works.
struct Open {
    token: LiveToken,
    role: StaffRole,
}

/// Shows it.
pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Path(token): Path<String>) -> Page {
    let open = open(&app, &token).await?;
    let me = signed_in(&app, &headers).await?;
    shown(&app, &token, open, me, &Entry::default(), StatusCode::OK).await
}

/// Becomes one of the staff. Whoever has no account makes one, and is signed in.
pub(crate) async fn accept(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    Path(token): Path<String>,
    mut entry: Entry,
) -> Page {
    let open = open(&app, &token).await?;
    if let Some(me) = signed_in(&app, &headers).await? {
        if fold_email(&me.email) != fold_email(&open.token.email) {
            return shown(&app, &token, open, Some(me), &entry, StatusCode::CONFLICT).await;
        }
        let mut tx = app.db.write().await?;
        join(&app, &mut tx, &open, me.person, network).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/staff").into_response());
    }
    let known = app.db.read().await?.platform().login(&open.token.email).await?.is_some();
    let checked = if known { None } else { check(&mut entry, &open) };
    let Some((name, phone, password)) = checked else {
        return shown(&app, &token, open, None, &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let hash = app.passwords().hash(password).await?;
    let mut tx = app.db.write().await?;
    let new = NewPerson { name: &name, email: &open.token.email, phone: &phone, password_hash: &hash };
    let person = tx.platform().add_person(&new, app.now()).await.map_err(taken)?;
    tx.platform().set_password_under(person, &hash, PasswordPolicy::Staff.rule(), app.now()).await?;
    join(&app, &mut tx, &open, person, network).await?;
    tx.commit().await?;
    session::welcome(&app, (person, &hash), &headers, network, "/staff").await
}

/// Somebody else made an account with this address a moment ago.
fn taken(error: StoreError) -> Fault {
    match ecom_store::taken_field(&error) {
        Some(_) => Fault::Conflict(
            "There is an account with this address now. Sign in, then open the link again.".to_owned(),
        ),
        None => error.into(),
    }
}

async fn join(app: &App, tx: &mut Tx, open: &Open, person: PersonId, network: Network) -> Page<()> {
    let now = app.now();
    tx.platform().use_token(&open.token.hash, Purpose::Staff, now).await.map_err(over)?;
    tx.platform().add_staff(person, open.role, None, now).await?;
    let doer = Doer::person(person, network.to_string());
    Ok(tx.platform().audit(&doer, Action::AddStaff, &format!("staff/people/{person}"), now).await?)
}

fn check(entry: &mut Entry, open: &Open) -> Option<(String, String, String)> {
    let (name, phone) = (check_name(entry), check_phone(entry));
    let password = entry.raw("password").to_owned();
    if let Some(words) = PasswordPolicy::Staff.fault(&password, &[&name, &open.token.email]) {
        entry.refuse("password", words);
    }
    entry.is_good().then_some((name, phone, password))
}

async fn open(app: &App, token: &str) -> Page<Open> {
    let hash = Token::parse(token).ok_or(Fault::Missing)?.hash();
    let live = app.db.read().await?.platform().token(&hash, Purpose::Staff, app.now()).await?;
    let token = live.ok_or_else(gone)?;
    let role = StaffRole::from_name(&token.role).ok_or(Fault::Missing)?;
    Ok(Open { token, role })
}

async fn signed_in(app: &App, headers: &HeaderMap) -> Page<Option<SessionPerson>> {
    let Some(token) = cookie::token(headers) else { return Ok(None) };
    Ok(person(&token.hash(), app).await?.filter(SessionPerson::is_in))
}

async fn shown(
    app: &App,
    token: &str,
    open: Open,
    me: Option<SessionPerson>,
    entry: &Entry,
    status: StatusCode,
) -> Page {
    let known = app.db.read().await?.platform().login(&open.token.email).await?.is_some();
    let who = Guest::of(me, (&open.token.email, known), PasswordPolicy::Staff, entry);
    page::show_as(
        status,
        &InvitationPage {
            frame: Frame::outside("Invitation"),
            path: format!("/staff/invitations/{token}"),
            by: open.token.made_by,
            role: role_words(open.role),
            email: open.token.email,
            who,
        },
    )
}
