//! Devices that a person has signed in with before: a random cookie that stays in the browser and opens nothing. A
//! sign-in without it is told to the person by mail.

use axum::http::HeaderMap;
use ecom_store::{PersonId, Tx};
use ecom_work::mail::Letter;
use sha2::{Digest, Sha256};

use super::{Quota, cookie, cookie::Token, device};
use crate::{
    app::App,
    fault::{Fault, Page},
    network::Network,
    post::{self, Reader},
};

/// Notes the device of a sign-in that is complete, and gives the cookie that it keeps. If it is `news`, the person is
/// told of a device they have not used before. Ring the bell after the commit.
pub(crate) async fn note(
    app: &App,
    tx: &mut Tx,
    person: PersonId,
    (headers, network): (&HeaderMap, Network),
    news: bool,
) -> Page<Token> {
    let token = match cookie::device(headers) {
        Some(token) => token,
        None => Token::random()?,
    };
    let known = tx.platform().use_device(person, &named(&token, person), app.now()).await?;
    if news && !known {
        tell(app, tx, person, (headers, network)).await?;
    }
    Ok(token)
}

async fn tell(
    app: &App,
    tx: &mut Tx,
    person: PersonId,
    (headers, network): (&HeaderMap, Network),
) -> Page<()> {
    let (now, mut platform) = (app.now(), tx.platform());
    if Quota::of_device(person).take(&mut platform, now).await?.is_some() {
        return Ok(());
    }
    let profile = platform.profile(person).await?.ok_or(Fault::Missing)?;
    let letter = Letter::NewDevice {
        name: profile.name.clone(),
        device: device::of(headers),
        network: network.to_string(),
        at: now,
        page: "/account".to_owned(),
    };
    let reader = Reader { person: Some(person), name: &profile.name, email: &profile.email };
    let cause = format!("device:{person}:{now}");
    post::write(app, &mut platform, (&cause, None), reader, &letter, None).await.map(drop)
}

/// What the database knows of it: another thing for each person, so that it does not tell who shares a browser.
fn named(token: &Token, person: PersonId) -> [u8; 32] {
    Sha256::new_with_prefix(token.hash()).chain_update(person.0.to_be_bytes()).finalize().into()
}
