//! Links about an address that come by mail: that it is one's own, that it becomes the account's, that it is left.
//!
//! Opening a link only asks; a form does what it is for, so that programs that look at mails change nothing.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Action, LiveToken, NewToken, PersonId, Platform, Profile, Purpose, StoreError, Tx, fold_email,
    taken_field,
};
use ecom_work::mail::Letter;

use crate::{
    app::App,
    entry::Entry,
    fault::{Fault, Page},
    frame::Frame,
    network::Network,
    page,
    params::Params,
    post::{self, Reader},
    seat::record_own,
    session::{cookie, cookie::Token},
};

/// Where all these links lead.
pub(crate) const PAGE: &str = "/address/";

#[derive(Template)]
#[template(path = "address/show.html")]
struct AddressPage {
    frame: Frame,
    path: String,
    what: What,
}

#[derive(Template)]
#[template(path = "address/told.html")]
struct ToldPage {
    frame: Frame,
    words: &'static str,
    password: bool,
}

/// What a link is about.
enum What {
    Own { email: String },
    Becomes { email: String },
    Leaves { email: String, to: String },
}

/// A link that still works, and whose it is.
struct Open {
    token: LiveToken,
    purpose: Purpose,
    person: PersonId,
    profile: Profile,
}

/// Asks whether to do what the link is for.
pub(crate) async fn show(State(app): State<App>, Path(token): Path<String>) -> Page {
    let mut tx = app.db.read().await?;
    let open = open(&app, &mut tx, &token).await?;
    let what = match open.purpose {
        Purpose::NewEmail => What::Becomes { email: open.token.email },
        Purpose::LeaveEmail => {
            let change = tx.platform().email_change(open.person, app.now()).await?.ok_or_else(gone)?;
            What::Leaves { email: open.profile.email, to: change.to }
        }
        _ => What::Own { email: open.profile.email },
    };
    page::show(&AddressPage { frame: Frame::outside("Your address"), path: format!("{PAGE}{token}"), what })
}

/// Does it; the link is used up.
pub(crate) async fn save(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    Path(token): Path<String>,
    entry: Entry,
) -> Page {
    let mut tx = app.db.write().await?;
    let open = open(&app, &mut tx, &token).await?;
    let stop = match entry.raw("answer") {
        "yes" => false,
        "stop" if open.purpose == Purpose::LeaveEmail => true,
        _ => return Err(Fault::invalid("answer", "Open the link again, and choose one of its buttons.")),
    };
    // Of two halves of a change that are done at once, the later must see the earlier.
    tx.platform().lock_person(open.person).await?;
    let who = (open.person, network);
    let said = if stop {
        tx.platform().use_token(&open.token.hash, Purpose::LeaveEmail, app.now()).await.map_err(over)?;
        tx.platform().stop_email_change(open.person).await?;
        record_own(&app, &mut tx, who, Action::StopEmail, "account").await?;
        "stopped"
    } else if open.purpose == Purpose::Verify {
        tx.platform().use_token(&open.token.hash, Purpose::Verify, app.now()).await.map_err(over)?;
        tx.platform().verify_email(open.person, &open.token.email, app.now()).await.map_err(over)?;
        record_own(&app, &mut tx, who, Action::VerifyEmail, "account").await?;
        "confirmed"
    } else {
        half(&app, &mut tx, &open, network, &headers).await?
    };
    tx.commit().await?;
    Ok(Redirect::to(&format!("/address?said={said}")).into_response())
}

/// One half of a change of address; with the other one done, the address changes.
async fn half(
    app: &App,
    tx: &mut Tx,
    open: &Open,
    network: Network,
    headers: &HeaderMap,
) -> Page<&'static str> {
    let mut platform = tx.platform();
    // Told at once to whoever reads the mail of that address, so that whoever asked for it never learns it.
    if open.purpose == Purpose::NewEmail && platform.login(&open.token.email).await?.is_some() {
        return Err(taken());
    }
    platform.use_token(&open.token.hash, open.purpose, app.now()).await.map_err(over)?;
    let keep = cookie::token(headers).map(|token| token.hash());
    let changed =
        platform.complete_email_change(open.person, keep.as_ref().map(<[u8; 32]>::as_slice), app.now());
    match changed.await {
        Ok(None) if open.purpose == Purpose::NewEmail => Ok("half-new"),
        Ok(None) => Ok("half-old"),
        Ok(Some(_)) => {
            record_own(app, tx, (open.person, network), Action::ChangeEmail, "account").await?;
            Ok("changed")
        }
        // Somebody registered with it since it was confirmed.
        Err(error) if taken_field(&error) == Some("email") => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// What a link did, told to whoever has just followed one.
pub(crate) async fn told(params: Params) -> Page {
    let (title, words) = match params.one("said") {
        Some("confirmed") => ("Confirmed", "Your address is confirmed. There is nothing else to do."),
        Some("half-new") => (
            "One half is done",
            "The new address is confirmed. Your account moves to it once you agree in the mail that went to your old address.",
        ),
        Some("half-old") => (
            "One half is done",
            "You have agreed. Your account moves once the new address is confirmed by the mail that went there.",
        ),
        Some("changed") => (
            "Your address is changed",
            "From now on you sign in with the new one. Every other session of yours has ended.",
        ),
        Some("stopped") => (
            "The change is stopped",
            "Your address stays as it is, and both links work no more. If you did not ask for the change, somebody knows your password: choose a new one now.",
        ),
        _ => return Err(Fault::Missing),
    };
    let password = params.one("said") == Some("stopped");
    page::show(&ToldPage { frame: Frame::outside(title), words, password })
}

/// Sends the link by which a person shows that their address is theirs. Gives whether a mail will go. Ring the bell
/// after the commit.
pub(crate) async fn ask(
    app: &App,
    platform: &mut Platform<'_>,
    person: PersonId,
    (name, email): (&str, &str),
) -> Page<bool> {
    let letter = Letter::VerifyAddress {
        name: name.to_owned(),
        page: PAGE.to_owned(),
        until: app.now().saturating_add(Purpose::Verify.lasts()),
    };
    let reader = Reader { person: Some(person), name, email };
    send(app, platform, (Purpose::Verify, email), reader, &letter).await
}

/// Sends a link about an address of a person.
pub(crate) async fn send(
    app: &App,
    platform: &mut Platform<'_>,
    (purpose, email): (Purpose, &str),
    reader: Reader<'_>,
    letter: &Letter,
) -> Page<bool> {
    let (now, token) = (app.now(), Token::random()?);
    let Some(person) = reader.person else { return Ok(false) };
    let cause = format!("{}:{person}:{now}", letter.name());
    if !post::write(app, platform, (&cause, None), reader, letter, Some(&token)).await? {
        return Ok(false);
    }
    let link = NewToken {
        hash: &token.hash(),
        purpose,
        person: reader.person,
        tenant: None,
        email,
        role: "",
        made_by: None,
    };
    platform.issue_token(&link, now).await?;
    Ok(true)
}

fn taken() -> Fault {
    Fault::Conflict(
        "The new address cannot be taken: it belongs to an account already. Nothing was changed.".to_owned(),
    )
}

/// Used, over, replaced by a later one, or about an address that is the account's no more.
fn gone() -> Fault {
    Fault::Conflict(
        "This link was used, or is over. Ask for a new one on the page of your account.".to_owned(),
    )
}

fn over(error: StoreError) -> Fault {
    if matches!(error, StoreError::Missing(_)) { gone() } else { error.into() }
}

async fn open(app: &App, tx: &mut Tx, token: &str) -> Page<Open> {
    let hash = Token::parse(token).ok_or(Fault::Missing)?.hash();
    let mut platform = tx.platform();
    for purpose in [Purpose::Verify, Purpose::NewEmail, Purpose::LeaveEmail] {
        let Some(token) = platform.token(&hash, purpose, app.now()).await? else { continue };
        let person = token.person.ok_or_else(gone)?;
        let profile = platform.profile(person).await?.ok_or_else(gone)?;
        let about_old = purpose != Purpose::NewEmail;
        if about_old && fold_email(&profile.email) != fold_email(&token.email) {
            return Err(gone());
        }
        return Ok(Open { token, purpose, person, profile });
    }
    Err(gone())
}
