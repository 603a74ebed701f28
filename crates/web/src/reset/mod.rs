//! A forgotten password: asking for a link by mail, and choosing a new password by it.
//!
//! Whether there is an account shows nowhere: not in the answer, not in the limits, not in the time it takes.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, NewToken, PersonId, Platform, Profile, Purpose, StoreError, Tx, fold_email};
use ecom_work::mail::Letter;
use tokio::time::Instant;

use crate::{
    account::is_email,
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::Frame,
    network::Network,
    page,
    params::Params,
    post::{self, Reader},
    seat::record_own,
    session::{Asking, Attempt, PasswordPolicy, ResetVerdict, cookie::Token},
};

/// An answer comes after this long, whether or not a mail was written.
const ANSWER_AFTER: Duration = Duration::from_millis(300);

#[derive(Template)]
#[template(path = "reset/new.html")]
struct AskPage {
    frame: Frame,
    field: Field,
    mail: bool,
    said: bool,
}

#[derive(Template)]
#[template(path = "reset/show.html")]
struct ResetPage {
    frame: Frame,
    path: String,
    email: String,
    field: Field,
}

/// A link that still works, and whose it is.
struct Open {
    person: PersonId,
    profile: Profile,
    hash: Vec<u8>,
    policy: PasswordPolicy,
}

/// Asks for the address; without a mail server, says what to do instead.
pub(crate) async fn new(State(app): State<App>, params: Params) -> Page {
    let said = params.one("said") == Some("sent");
    asked(&app, &Entry::default(), said, StatusCode::OK)
}

/// Sends the link, if there is somebody to send it to; the answer is always the same.
pub(crate) async fn create(State(app): State<App>, network: Network, mut entry: Entry) -> Page {
    if !app.mail.is_on() {
        return asked(&app, &entry, false, StatusCode::CONFLICT);
    }
    let begun = Instant::now();
    let email = entry.text("email", 254, "Type your e-mail address.");
    if !email.is_empty() && !is_email(&email) {
        entry.refuse("email", "An e-mail address looks like asha@example.in.");
    }
    if !entry.is_good() {
        return asked(&app, &entry, false, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut tx = app.db.write().await?;
    let mut platform = tx.platform();
    match Asking::new(&email, network).begin(&mut platform, app.now()).await? {
        ResetVerdict::Wait { minutes } => {
            entry.refuse("email", format!("Asked for too often. Wait {minutes} min, then try again."));
            let answer = asked(&app, &entry, false, StatusCode::TOO_MANY_REQUESTS)?;
            return Ok(page::come_again(answer, minutes));
        }
        ResetVerdict::Enough => {}
        ResetVerdict::Send => send(&app, &mut platform, &email).await?,
    }
    tx.commit().await?;
    app.bell.ring();
    tokio::time::sleep_until(begun + ANSWER_AFTER).await;
    Ok(Redirect::to("/reset?said=sent").into_response())
}

/// The mail goes to the address as it stands in the account, not as it was typed.
async fn send(app: &App, platform: &mut Platform<'_>, email: &str) -> Page<()> {
    let Some(login) = platform.login(email).await? else { return Ok(()) };
    let Some(profile) = platform.profile(login.id).await? else { return Ok(()) };
    let (now, token) = (app.now(), Token::random()?);
    let cause = format!("reset:{}:{now}", login.id);
    let letter = Letter::ResetPassword {
        name: profile.name.clone(),
        page: "/reset/".to_owned(),
        until: now.saturating_add(Purpose::Reset.lasts()),
    };
    let reader = Reader { person: Some(login.id), name: &profile.name, email: &profile.email };
    if post::write(app, platform, (&cause, None), reader, &letter, Some(&token)).await? {
        let link = NewToken {
            hash: &token.hash(),
            purpose: Purpose::Reset,
            person: Some(login.id),
            tenant: None,
            email: &profile.email,
            role: "",
            made_by: None,
        };
        platform.issue_token(&link, now).await?;
    }
    Ok(())
}

/// Asks for the new password.
pub(crate) async fn show(State(app): State<App>, Path(token): Path<String>) -> Page {
    let open = open(&app, &mut app.db.read().await?, &token).await?;
    shown(&token, &open, &Entry::default(), StatusCode::OK)
}

/// Changes the password: the link is used up, and every session of the person ends.
pub(crate) async fn save(
    State(app): State<App>,
    network: Network,
    Path(token): Path<String>,
    mut entry: Entry,
) -> Page {
    let mut tx = app.db.read().await?;
    let open = open(&app, &mut tx, &token).await?;
    let businesses = tx.platform().businesses_of(open.person).await?;
    drop(tx);
    let new = entry.raw("password").to_owned();
    let own = [open.profile.name.as_str(), open.profile.email.as_str()];
    let about: Vec<&str> = own.into_iter().chain(businesses.iter().map(|own| own.name.as_str())).collect();
    if let Some(words) = open.policy.fault_for(&app, open.person, &new, &about).await? {
        entry.refuse("password", words);
        return shown(&token, &open, &entry, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let hash = app.passwords().hash(new).await?;
    let mut tx = app.db.write().await?;
    replace(&app, &mut tx.platform(), &open, &hash).await?;
    Attempt::new(&open.profile.email, network).succeeded(&mut tx.platform()).await?;
    record_own(&app, &mut tx, (open.person, network), Action::ResetPassword, "account").await?;
    tx.commit().await?;
    Ok(Redirect::to("/sign-in?said=reset").into_response())
}

async fn replace(app: &App, platform: &mut Platform<'_>, open: &Open, hash: &str) -> Page<()> {
    let now = app.now();
    platform.lock_person(open.person).await?;
    platform.use_token(&open.hash, Purpose::Reset, now).await.map_err(over)?;
    platform.replace_password(open.person, (hash, open.policy.rule()), None, now).await?;
    // The link came by mail: the address is theirs.
    platform.verify_email(open.person, &open.profile.email, now).await.map_err(over)
}

/// Used, over, replaced by a later one, or for an address that is the account's no more.
fn gone() -> Fault {
    Fault::Conflict(
        "This link was used, or is over. Ask for a new one with “Forgot your password?”.".to_owned(),
    )
}

fn over(error: StoreError) -> Fault {
    if matches!(error, StoreError::Missing(_)) { gone() } else { error.into() }
}

async fn open(app: &App, tx: &mut Tx, token: &str) -> Page<Open> {
    let hash = Token::parse(token).ok_or(Fault::Missing)?.hash();
    let live = tx.platform().token(&hash, Purpose::Reset, app.now()).await?.ok_or_else(gone)?;
    let person = live.person.ok_or_else(gone)?;
    let profile = tx.platform().profile(person).await?.ok_or_else(gone)?;
    if fold_email(&profile.email) != fold_email(&live.email) {
        return Err(gone());
    }
    let policy = PasswordPolicy::of(tx.platform().standing(person).await?.is_some());
    Ok(Open { person, profile, hash: live.hash, policy })
}

fn asked(app: &App, entry: &Entry, said: bool, status: StatusCode) -> Page {
    let field = entry.field("email", "E-mail address").kind("email").complete("username");
    let frame = Frame::outside("Forgot your password?");
    page::show_as(status, &AskPage { frame, field, mail: app.mail.is_on(), said })
}

fn shown(token: &str, open: &Open, entry: &Entry, status: StatusCode) -> Page {
    page::show_as(
        status,
        &ResetPage {
            frame: Frame::outside("Choose a new password"),
            path: format!("/reset/{token}"),
            email: open.profile.email.clone(),
            field: open.policy.field(entry, "password", "New password"),
        },
    )
}
