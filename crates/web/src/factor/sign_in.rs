//! The second step of signing in.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, SessionPerson, Stage, StoreError};

use super::{check, status};
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::Page,
    frame::Frame,
    network::Network,
    page,
    params::Params,
    session::{cookie, keep_device, known, local, record},
};

#[derive(Template)]
#[template(path = "factor/sign_in.html")]
struct CodePage {
    frame: Frame,
    field: Field,
    next: String,
}

/// Asks for the code.
pub(crate) async fn new(State(app): State<App>, headers: HeaderMap, params: Params) -> Page {
    let next = params.one("next").and_then(local).unwrap_or_default().to_owned();
    match waiting(&app, &headers).await? {
        Some(_) => shown(&Entry::with(&[("next", &next)]), StatusCode::OK),
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
    let Some(mut tx) = check(&app, &mut entry, person.person, network).await? else {
        return shown(&entry, status(&entry));
    };
    match tx.platform().complete_session(&token.hash(), app.now()).await {
        // It was ended meanwhile, and with it what the password had opened; the code stays unused.
        Err(StoreError::Missing(_)) => return Ok(Redirect::to("/sign-in").into_response()),
        completed => completed?,
    }
    record(&app, &mut tx, &token.hash(), &network.to_string(), Action::SignIn).await?;
    let device = known::note(&app, &mut tx, person.person, (&headers, network), true).await?;
    tx.commit().await?;
    app.bell.ring();
    let mut response = Redirect::to(local(entry.raw("next")).unwrap_or("/")).into_response();
    keep_device(&mut response, &device);
    Ok(response)
}

/// Who has typed the password and not the code.
async fn waiting(app: &App, headers: &HeaderMap) -> Page<Option<SessionPerson>> {
    let Some(token) = cookie::token(headers) else { return Ok(None) };
    let person = app.db.read().await?.platform().session_person(&token.hash(), app.now()).await?;
    Ok(person.filter(|person| person.stage == Stage::Code))
}

fn shown(entry: &Entry, status: StatusCode) -> Page {
    let field = entry
        .field("code", "Code")
        .complete("one-time-code")
        .hint("Six digits from your app. Without your phone, one of your recovery codes.");
    let next = local(entry.raw("next")).unwrap_or_default().to_owned();
    page::show_as(status, &CodePage { frame: Frame::outside("Type the code"), field, next })
}
