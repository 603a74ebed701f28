//! The second factor: codes by time from an app, and recovery codes for when the phone is lost.

mod code;
pub(crate) mod recovery;
pub(crate) mod setup;
pub(crate) mod sign_in;

use axum::http::StatusCode;
use ecom_store::{PersonId, Tx};

use crate::{
    app::App,
    entry::Entry,
    fault::Page,
    network::Network,
    session::{Attempt, Verdict},
};

/// Checks a typed code, of the app or a recovery code, and uses it up in the transaction that it gives: what the code
/// allows goes on there. What is wrong with it is noted in the form.
///
/// Attempts are counted before the code is looked at, so that many at once are counted too.
async fn check(app: &App, entry: &mut Entry, person: PersonId, network: Network) -> Page<Option<Tx>> {
    let typed = entry.text("code", 60, "Type the code.");
    if typed.is_empty() {
        return Ok(None);
    }
    let attempt = Attempt::of_code(person, network);
    match attempt.begin(app).await? {
        Verdict::Wait { minutes } => {
            tracing::info!(why = "too many attempts", "a code was refused");
            entry.refuse("code", format!("Too many attempts. Wait {minutes} min, then try again."));
            return Ok(None);
        }
        Verdict::Go { slowed } => tokio::time::sleep(slowed).await,
    }
    let ring = app.keys.platform(app.now()).await?;
    let mut tx = app.db.write().await?;
    tx.platform().lock_person(person).await?;
    // Whoever has passkeys alone types a recovery code when the device is lost.
    let step = match tx.platform().totp(&ring, person).await? {
        Some(totp) => code::step(totp.secret.expose(), &typed, app.now())?,
        None => None,
    };
    let right = match step {
        Some(step) => tx.platform().use_step(person, step).await?,
        None => recovery::spend(&mut tx, person, &typed, app.now()).await?,
    };
    if !right {
        tracing::info!(why = "code", "a code was refused");
        entry.refuse("code", "This code is wrong, or was used already. Wait for the next one.");
        return Ok(None);
    }
    attempt.succeeded(&mut tx.platform()).await?;
    Ok(Some(tx))
}

fn status(entry: &Entry) -> StatusCode {
    if entry.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}
