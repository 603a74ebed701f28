//! Turning codes on and off, and making new recovery codes: each asks for the password again.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, Totp};
use sha2::{Digest, Sha256};

use super::{check, code, status};
use crate::{
    account::{
        own::Own,
        show::{own, prove},
    },
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
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
pub(crate) async fn show(State(app): State<App>, seat: Own) -> Page {
    shown(&app, &seat, &Entry::default(), Vec::new(), StatusCode::OK).await
}

/// Makes a secret, to be confirmed by a code.
pub(crate) async fn create(State(app): State<App>, seat: Own, mut entry: Entry) -> Page {
    let profile = own(&app, &seat).await?;
    prove(&app, &seat, &profile, &mut entry).await?;
    if !entry.is_good() {
        return shown(&app, &seat, &entry, Vec::new(), status(&entry)).await;
    }
    let ring = app.keys.platform(app.now()).await?;
    let mut tx = app.db.write().await?;
    tx.platform().put_totp(&ring, seat.person(), &code::secret()?, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account/codes").into_response())
}

/// Turns codes on, once the app has shown that it makes the right ones; shows the recovery codes.
pub(crate) async fn confirm(State(app): State<App>, seat: Own, mut entry: Entry) -> Page {
    if !check(&app, &mut entry, seat.person(), seat.network()).await? {
        return shown(&app, &seat, &entry, Vec::new(), status(&entry)).await;
    }
    let codes = code::recovery()?;
    let mut tx = app.db.write().await?;
    tx.platform().confirm_totp(seat.person(), app.now()).await?;
    tx.platform().put_recovery_codes(seat.person(), &hashes(&codes)).await?;
    // Sessions from before did not know of it.
    tx.platform().close_sessions(seat.person(), seat.session()).await?;
    seat.audit(&app, &mut tx, Action::AddFactor, "account/codes").await?;
    tx.commit().await?;
    shown(&app, &seat, &entry, codes, StatusCode::OK).await
}

/// Makes new recovery codes; the old ones work no more.
pub(crate) async fn renew(State(app): State<App>, seat: Own, mut entry: Entry) -> Page {
    let profile = own(&app, &seat).await?;
    prove(&app, &seat, &profile, &mut entry).await?;
    if !entry.is_good() {
        return shown(&app, &seat, &entry, Vec::new(), status(&entry)).await;
    }
    let codes = code::recovery()?;
    let mut tx = app.db.write().await?;
    if !tx.platform().asks_for_codes(seat.person()).await? {
        return Err(Fault::Missing);
    }
    tx.platform().put_recovery_codes(seat.person(), &hashes(&codes)).await?;
    seat.audit(&app, &mut tx, Action::RenewCodes, "account/codes").await?;
    tx.commit().await?;
    shown(&app, &seat, &entry, codes, StatusCode::OK).await
}

/// Asks whether to turn codes off.
pub(crate) async fn ask_removal(State(app): State<App>, seat: Own) -> Page {
    if !app.db.read().await?.platform().asks_for_codes(seat.person()).await? {
        return Err(Fault::Missing);
    }
    show_removal(&seat, &Entry::default())
}

/// Turns codes off.
pub(crate) async fn remove(State(app): State<App>, seat: Own, mut entry: Entry) -> Page {
    let profile = own(&app, &seat).await?;
    prove(&app, &seat, &profile, &mut entry).await?;
    if !entry.is_good() {
        return show_removal(&seat, &entry);
    }
    let mut tx = app.db.write().await?;
    tx.platform().remove_totp(seat.person()).await?;
    seat.audit(&app, &mut tx, Action::RemoveFactor, "account/codes").await?;
    tx.commit().await?;
    Ok(Redirect::to("/account/codes").into_response())
}

fn show_removal(seat: &Own, entry: &Entry) -> Page {
    let frame = seat.frame("Codes at sign-in", Here::Account);
    page::show_as(status(entry), &RemovalPage { frame, password: password(entry) })
}

fn password(entry: &Entry) -> Field {
    entry.field("password", "Your password").kind("password").complete("current-password")
}

fn hashes(codes: &[String]) -> Vec<[u8; 32]> {
    codes.iter().map(|text| Sha256::digest(code::plain(text)).into()).collect()
}

async fn shown(app: &App, seat: &Own, entry: &Entry, codes: Vec<String>, status: StatusCode) -> Page {
    let ring = app.keys.platform(app.now()).await?;
    let mut tx = app.db.read().await?;
    let totp = tx.platform().totp(&ring, seat.person()).await?;
    let left = tx.platform().recovery_codes_left(seat.person()).await?;
    drop(tx);
    let password = password(entry);
    let state = match totp {
        None => Setting::Off { password },
        Some(Totp { confirmed: true, .. }) => {
            Setting::On { left: money::counted(left, "recovery code", "recovery codes"), password }
        }
        Some(totp) => {
            let secret = totp.secret.expose();
            let profile = own(app, seat).await?;
            let (size, path) = code::picture(&code::address(secret, &profile.email))?;
            let field = entry
                .field("code", "Code")
                .complete("one-time-code")
                .hint("Six digits, as your app shows them now.");
            Setting::Unconfirmed { size, path, letters: code::letters(secret), code: field }
        }
    };
    let frame = seat.frame("Codes at sign-in", Here::Account);
    let needed = seat.staff().is_some() && !matches!(state, Setting::On { .. });
    page::show_as(status, &FactorPage { frame, state, codes, needed })
}
