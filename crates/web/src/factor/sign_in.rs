//! The second step of signing in.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, PersonId, SessionPerson, Stage, Tx};

use super::{check, status};
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::Page,
    frame::Frame,
    network::Network,
    page,
    params::Params,
    session::{
        cookie::{self, Token},
        keep_device, known, local, record,
    },
};

#[derive(Template)]
#[template(path = "factor/sign_in.html")]
struct CodePage {
    frame: Frame,
    field: Field,
    next: String,
    /// Whether a passkey does as well.
    passkeys: bool,
}

/// Asks for the code.
pub(crate) async fn new(State(app): State<App>, headers: HeaderMap, params: Params) -> Page {
    let next = params.one("next").and_then(local).unwrap_or_default().to_owned();
    match waiting(&app, &headers).await? {
        Some(person) => shown(&app, person.person, &Entry::with(&[("next", &next)]), StatusCode::OK).await,
        None => Ok(Redirect::to("/sign-in").into_response()),
    }
}

/// Checks it: the session is complete.
pub(crate) async fn create(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    mut entry: Entry,
) -> Page {
    let (Some(person), Some(token)) = (waiting(&app, &headers).await?, cookie::token(&headers)) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let Some(tx) = check(&app, &mut entry, person.person, network).await? else {
        return refused(&app, person.person, &entry).await;
    };
    complete(&app, tx, person.person, (&headers, network, &token), entry.raw("next")).await
}

/// Completes the session of whoever has shown a second factor, in the transaction that looked at it. It gets a new token:
/// one taken while it opened nothing must not open everything now.
pub(crate) async fn complete(
    app: &App,
    mut tx: Tx,
    person: PersonId,
    (headers, network, token): (&HeaderMap, Network, &Token),
    next: &str,
) -> Page {
    let renewed = Token::random()?;
    if !tx.platform().renew_session(&token.hash(), &renewed.hash()).await? {
        // It was ended meanwhile, and with it what the password had opened; the code stays unused.
        return Ok(Redirect::to("/sign-in").into_response());
    }
    tx.platform().complete_session(&renewed.hash(), app.now()).await?;
    record(app, &mut tx, &renewed.hash(), &network.to_string(), Action::SignIn).await?;
    let device = known::note(app, &mut tx, person, (headers, network), true).await?;
    tx.commit().await?;
    app.bell.ring();
    let mut response = Redirect::to(local(next).unwrap_or("/")).into_response();
    response.headers_mut().append(header::SET_COOKIE, renewed.cookie());
    keep_device(&mut response, &device);
    Ok(response)
}

/// Who has typed the password and not the code.
pub(crate) async fn waiting(app: &App, headers: &HeaderMap) -> Page<Option<SessionPerson>> {
    let Some(token) = cookie::token(headers) else { return Ok(None) };
    let person = app.db.read().await?.platform().session_person(&token.hash(), app.now()).await?;
    Ok(person.filter(|person| person.stage == Stage::Code))
}

/// Asks again, with what was wrong.
pub(crate) async fn refused(app: &App, person: PersonId, entry: &Entry) -> Page {
    shown(app, person, entry, status(entry)).await
}

async fn shown(app: &App, person: PersonId, entry: &Entry, status: StatusCode) -> Page {
    let mut tx = app.db.read().await?;
    let codes = tx.platform().asks_for_codes(person).await?;
    let passkeys = app.passkeys().is_some() && !tx.platform().passkeys(person).await?.is_empty();
    drop(tx);
    let (label, hint) = if codes {
        ("Code", "Six digits from your app. Without your phone, one of your recovery codes.")
    } else {
        ("Recovery code", "One of those you kept when you added your passkey.")
    };
    let field = entry.field("code", label).complete("one-time-code").hint(hint);
    let title = if passkeys { "One more step" } else { "Type the code" };
    let next = local(entry.raw("next")).unwrap_or_default().to_owned();
    page::show_as(status, &CodePage { frame: Frame::outside(title), field, next, passkeys })
}
