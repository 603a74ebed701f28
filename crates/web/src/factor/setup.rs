//! Turning codes on and off, and making new recovery codes: each asks for the password again.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, Totp};

use super::{check, code, recovery, status};
use crate::{
    account::{
        own::Own,
        proof::{password_field, prove},
    },
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::Frame,
    money, page,
};

#[derive(Template)]
#[template(path = "factor/show.html")]
struct FactorPage {
    frame: Frame,
    state: Setting,
    /// Recovery codes, the one time they are shown.
    codes: Vec<String>,
    /// One of the staff without codes.
    needed: bool,
}

#[derive(Template)]
#[template(path = "factor/removal.html")]
struct RemovalPage {
    frame: Frame,
    password: Field,
}

/// How far it is.
enum Setting {
    Off { password: Field },
    Unconfirmed { size: i32, path: String, letters: String, code: Field },
    On { left: String, password: Field },
}

/// The page.
pub(crate) async fn show(State(app): State<App>, own: Own) -> Page {
    shown(&app, &own, &Entry::default(), Vec::new(), StatusCode::OK).await
}

/// Makes a secret, to be confirmed by a code.
pub(crate) async fn create(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    let Some(proof) = prove(&app, &own.me, &mut entry).await? else {
        return shown(&app, &own, &entry, Vec::new(), status(&entry)).await;
    };
    let ring = app.keys.platform(app.now()).await?;
    let mut tx = proof.begin(&app, &own.me).await?;
    tx.platform().put_totp(&ring, own.me.id(), &code::secret()?, app.now()).await?;
    proof.commit(tx, &own.me).await?;
    Ok(Redirect::to("/account/codes").into_response())
}

/// Turns codes on, once the app has shown that it makes the right ones; shows the recovery codes.
pub(crate) async fn confirm(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    let me = &own.me;
    let Some(mut tx) = check(&app, &mut entry, me.id(), me.network).await? else {
        return shown(&app, &own, &entry, Vec::new(), status(&entry)).await;
    };
    if tx.platform().session_person(&me.session, app.now()).await?.is_none() {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    tx.platform().confirm_totp(me.id(), app.now()).await?;
    let codes = recovery::renew(&mut tx, me.id()).await?;
    // Sessions from before did not know of it.
    tx.platform().close_sessions(me.id(), &me.session).await?;
    me.record(&app, &mut tx, Action::AddFactor, "account/codes").await?;
    tx.commit().await?;
    shown(&app, &own, &entry, codes, StatusCode::OK).await
}

/// Makes new recovery codes; the old ones work no more.
pub(crate) async fn renew(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    let me = &own.me;
    let Some(proof) = prove(&app, me, &mut entry).await? else {
        return shown(&app, &own, &entry, Vec::new(), status(&entry)).await;
    };
    let mut tx = proof.begin(&app, me).await?;
    if !tx.platform().asks_for_codes(me.id()).await? {
        return Err(Fault::Missing);
    }
    let codes = recovery::renew(&mut tx, me.id()).await?;
    me.record(&app, &mut tx, Action::RenewCodes, "account/codes").await?;
    proof.commit(tx, me).await?;
    shown(&app, &own, &entry, codes, StatusCode::OK).await
}

/// Asks whether to turn codes off.
pub(crate) async fn ask_removal(State(app): State<App>, own: Own) -> Page {
    if !app.db.read().await?.platform().asks_for_codes(own.me.id()).await? {
        return Err(Fault::Missing);
    }
    show_removal(&own, &Entry::default())
}

/// Turns codes off.
pub(crate) async fn remove(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    let me = &own.me;
    let Some(proof) = prove(&app, me, &mut entry).await? else {
        return show_removal(&own, &entry);
    };
    let mut tx = proof.begin(&app, me).await?;
    // Somebody who had only begun, or was quicker elsewhere, turns nothing off.
    if tx.platform().remove_totp(me.id()).await? {
        me.record(&app, &mut tx, Action::RemoveFactor, "account/codes").await?;
    }
    proof.commit(tx, me).await?;
    Ok(Redirect::to("/account/codes").into_response())
}

fn show_removal(own: &Own, entry: &Entry) -> Page {
    let frame = own.frame("Codes at sign-in");
    page::show_as(status(entry), &RemovalPage { frame, password: password_field(entry) })
}

async fn shown(app: &App, own: &Own, entry: &Entry, codes: Vec<String>, status: StatusCode) -> Page {
    let me = &own.me;
    let ring = app.keys.platform(app.now()).await?;
    let mut tx = app.db.read().await?;
    let totp = tx.platform().totp(&ring, me.id()).await?;
    let left = tx.platform().recovery_codes_left(me.id()).await?;
    drop(tx);
    let password = password_field(entry);
    let state = match totp {
        None => Setting::Off { password },
        Some(Totp { confirmed: true, .. }) => {
            Setting::On { left: money::counted(left, "recovery code", "recovery codes"), password }
        }
        Some(totp) => {
            let secret = totp.secret.expose();
            let (size, path) = code::picture(&code::address(secret, &me.person.email))?;
            let field = entry
                .field("code", "Code")
                .complete("one-time-code")
                .hint("Six digits, as your app shows them now.");
            Setting::Unconfirmed { size, path, letters: code::letters(secret), code: field }
        }
    };
    let needed = own.staff().is_some_and(|standing| !standing.second_factor);
    page::show_as(status, &FactorPage { frame: own.frame("Codes at sign-in"), state, codes, needed })
}
