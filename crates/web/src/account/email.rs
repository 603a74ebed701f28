//! One's address: confirming it, and asking for another one.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, Purpose, Tx, fold_email};
use ecom_work::mail::Letter;

use super::{
    check_email,
    own::Own,
    proof::{Proof, own, password_field, prove},
};
use crate::{
    address,
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::Frame,
    page,
    post::Reader,
    seat::Me,
    session::Quota,
};

#[derive(Template)]
#[template(path = "account/email.html")]
struct EmailPage {
    frame: Frame,
    email: String,
    mail: bool,
    fields: Vec<Field>,
}

/// Sends the link once more by which the address is confirmed.
pub(crate) async fn confirm(State(app): State<App>, me: Me) -> Page {
    let profile = own(&app, &me).await?;
    if profile.verified_at.is_some() || !app.mail.is_on() {
        return Ok(Redirect::to("/account").into_response());
    }
    let mut tx = app.db.write().await?;
    let mut platform = tx.platform();
    if let Some(minutes) = Quota::of_address(me.id(), &profile.email).take(&mut platform, app.now()).await? {
        return Err(too_often(minutes));
    }
    let sent = address::ask(&app, &mut platform, me.id(), (&profile.name, &profile.email)).await?;
    tx.commit().await?;
    app.bell.ring();
    let said = if sent { "sent" } else { "unsendable" };
    Ok(Redirect::to(&format!("/account?said={said}")).into_response())
}

/// Asks for another address.
pub(crate) async fn show(State(app): State<App>, own: Own) -> Page {
    shown(&app, &own, &Entry::default(), StatusCode::OK)
}

/// Sends a link to the old address and one to the new: both are needed. Whether the new one belongs to another account
/// shows only there.
pub(crate) async fn save(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    if !app.mail.is_on() {
        return shown(&app, &own, &entry, StatusCode::CONFLICT);
    }
    let email = check_email(&mut entry);
    if fold_email(&email) == fold_email(&own.me.person.email) {
        entry.refuse("email", "This is your address already.");
    }
    let Some(proof) = prove(&app, &own.me, &mut entry).await? else {
        return shown(&app, &own, &entry, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let mut tx = proof.begin(&app, &own.me).await?;
    if let Some(minutes) = Quota::of_address(own.me.id(), &email).take(&mut tx.platform(), app.now()).await? {
        entry.refuse("email", format!("Asked for too often. Wait {minutes} min, then try again."));
        return shown(&app, &own, &entry, StatusCode::TOO_MANY_REQUESTS);
    }
    if !send(&app, &mut tx, &own.me, &proof, &email).await? {
        entry.refuse("email", "Mail cannot be sent to this address. Take another one.");
        return shown(&app, &own, &entry, StatusCode::UNPROCESSABLE_ENTITY);
    }
    own.me.record(&app, &mut tx, Action::AskEmail, "account").await?;
    proof.commit(tx, &own.me).await?;
    app.bell.ring();
    Ok(Redirect::to("/account?said=asked").into_response())
}

async fn send(app: &App, tx: &mut Tx, me: &Me, proof: &Proof, email: &str) -> Page<bool> {
    let (profile, mut platform) = (proof.profile(), tx.platform());
    let until = app.now().saturating_add(Purpose::NewEmail.lasts());
    let (name, page) = (profile.name.clone(), address::PAGE.to_owned());
    let confirm = Letter::ConfirmAddress { name: name.clone(), page: page.clone(), until };
    let agree = Letter::AddressChanging { name, to: email.to_owned(), page, until };
    let new = Reader { person: Some(me.id()), name: &profile.name, email };
    let old = Reader { email: &profile.email, ..new };
    Ok(address::send(app, &mut platform, (Purpose::NewEmail, email), new, &confirm).await?
        && address::send(app, &mut platform, (Purpose::LeaveEmail, &profile.email), old, &agree).await?)
}

/// Stops a change that is under way.
pub(crate) async fn stop(State(app): State<App>, me: Me) -> Page {
    let mut tx = app.db.write().await?;
    tx.platform().lock_person(me.id()).await?;
    if tx.platform().email_change(me.id(), app.now()).await?.is_some() {
        tx.platform().stop_email_change(me.id()).await?;
        me.record(&app, &mut tx, Action::StopEmail, "account").await?;
        tx.commit().await?;
    }
    Ok(Redirect::to("/account?said=stopped").into_response())
}

fn too_often(minutes: i64) -> Fault {
    Fault::Conflict(format!(
        "Mails were asked for too often. Look into the spam folder; or wait {minutes} min, then ask again."
    ))
}

fn shown(app: &App, own: &Own, entry: &Entry, status: StatusCode) -> Page {
    page::show_as(
        status,
        &EmailPage {
            frame: own.frame("Another address"),
            email: own.me.person.email.clone(),
            mail: app.mail.is_on(),
            fields: vec![
                entry.field("email", "New e-mail address").kind("email").complete("email"),
                password_field(entry),
            ],
        },
    )
}
