//! A passkey as the second step of signing in.

use askama::Template;
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Redirect},
};
use ecom_passkey::Error;
use ecom_store::{NewChallenge, StoreError};
use sha2::{Digest, Sha256};

use super::{ANSWER_MICROS, held};
use crate::{
    app::App,
    entry::Entry,
    factor::sign_in::{complete, refused, waiting},
    fault::{Fault, Page},
    frame::Frame,
    network::Network,
    page,
    params::Link,
    session::{Attempt, Verdict, cookie, local},
};

#[derive(Template)]
#[template(path = "passkey/sign_in.html")]
struct PasskeyPage {
    frame: Frame,
    options: String,
    next: String,
    /// The way to type a code instead.
    codes: String,
}

/// Asks the browser for a passkey of whoever has typed the password.
pub(crate) async fn ask(State(app): State<App>, headers: HeaderMap, entry: Entry) -> Page {
    let Some(site) = app.passkeys() else { return Err(Fault::Missing) };
    let (Some(person), Some(token)) = (waiting(&app, &headers).await?, cookie::token(&headers)) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let mut tx = app.db.write().await?;
    let keys = held(&mut tx, person.person).await?;
    if keys.is_empty() {
        return Err(Fault::Missing);
    }
    let challenge = site.ask(&keys)?;
    let new = NewChallenge { state: &challenge.state, name: "", until: app.now() + ANSWER_MICROS };
    match tx.platform().put_challenge(&token.hash(), &new).await {
        Err(StoreError::Missing(_)) => return Ok(Redirect::to("/sign-in").into_response()),
        put => put?,
    }
    tx.commit().await?;
    let next = local(entry.raw("next")).unwrap_or_default().to_owned();
    let codes = Link::to("/sign-in/code").with("next", &next).text();
    let frame = Frame::outside("Use your passkey");
    page::show(&PasskeyPage { frame, options: challenge.options, next, codes })
}

/// Checks the answer: the session is complete. Attempts are counted as those with codes are.
pub(crate) async fn create(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    mut entry: Entry,
) -> Page {
    let Some(site) = app.passkeys() else { return Err(Fault::Missing) };
    let (Some(person), Some(token)) = (waiting(&app, &headers).await?, cookie::token(&headers)) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let person = person.person;
    let attempt = Attempt::of_code(person, network);
    match attempt.begin(&app).await? {
        Verdict::Wait { minutes } => {
            entry.refuse("code", format!("Too many attempts. Wait {minutes} min, then try again."));
            return refused(&app, person, &entry).await;
        }
        Verdict::Go { slowed } => tokio::time::sleep(slowed).await,
    }
    let mut tx = app.db.write().await?;
    tx.platform().lock_person(person).await?;
    let asked = tx.platform().take_challenge(&token.hash(), app.now()).await?;
    let keys = held(&mut tx, person).await?;
    let answered = match asked {
        Some((state, _)) => site.take(&state, entry.raw("answer"), &keys),
        None => Err(Error::Refused),
    };
    let key = match answered {
        Ok(key) => key,
        Err(Error::Refused) => {
            tx.commit().await?;
            entry.refuse(
                "code",
                "Your passkey gave no answer that fits, or too late. Try again, or type a code.",
            );
            return refused(&app, person, &entry).await;
        }
        Err(error) => return Err(error.into()),
    };
    tx.platform().use_passkey(person, &Sha256::digest(&key.id), &key.text, app.now()).await?;
    attempt.succeeded(&mut tx.platform()).await?;
    complete(&app, tx, person, (&headers, network, &token), entry.raw("next")).await
}
