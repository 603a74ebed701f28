//! One's own account: name and phone, password, sessions.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, EmailChange, SessionView};
use ecom_vault::{from_hex, to_hex};

use super::{check_name, check_phone, own::Own, proof::prove};
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::Frame,
    moment,
    notice::{Notice, Tone},
    page,
    params::Params,
    seat::Me,
    session::PasswordPolicy,
};

#[derive(Template)]
#[template(path = "account/show.html")]
struct AccountPage {
    frame: Frame,
    notices: Vec<Notice>,
    address: AddressState,
    person: Vec<Field>,
    passwords: Vec<Field>,
    codes: bool,
    /// How many; none where there can be none.
    passkeys: Option<usize>,
    sessions: Vec<SessionRow>,
}

/// One's address, and what is under way about it.
struct AddressState {
    email: String,
    confirmed: bool,
    /// Whether a link can be sent.
    mail: bool,
    change: Option<ChangeRow>,
}

struct ChangeRow {
    to: String,
    open: &'static str,
    until: String,
}

struct SessionRow {
    id: String,
    device: String,
    network: String,
    since: String,
    seen: String,
    here: bool,
}

/// The account.
pub(crate) async fn show(State(app): State<App>, own: Own, params: Params) -> Page {
    let said = match params.one("said") {
        Some("saved") => Some("Your name and phone number are saved."),
        Some("password") => Some("Your password is changed. Every other session of yours has ended."),
        Some("ended") => Some("The session has ended. That device has to sign in again."),
        Some("others") => Some("Every session but this one has ended."),
        Some("sent") => {
            Some("A mail with a link is on its way to you. Nothing there? Look into the spam folder too.")
        }
        Some("asked") => Some("Two mails are on their way, one to each address. Both links are needed."),
        Some("stopped") => Some("The change is stopped. Your address stays as it is."),
        _ => None,
    };
    let mut notices: Vec<Notice> =
        said.map(|said| Notice::new(Tone::Good, "Done", said)).into_iter().collect();
    if params.one("said") == Some("unsendable") {
        let words = "Mail servers take no such address. Ask for another one.";
        notices.push(Notice::new(Tone::Bad, "No mail was sent", words));
    }
    if params.one("said") == Some("gone") {
        let words =
            "It had ended, or was renewed a moment ago. Look at the list again, or end every other one.";
        notices.push(Notice::new(Tone::Attention, "That session is not there", words));
    }
    let state = app.db.read().await?.platform().password_state(own.me.id()).await?;
    let due = own.policy().due(state, app.now()).map(|why| {
        Notice::new(Tone::Attention, "Change your password", why).link("Do it here", "#change-password")
    });
    notices.extend(due);
    shown(&app, &own, notices, &Entry::default(), StatusCode::OK).await
}

/// Saves name and phone number.
pub(crate) async fn save(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    let (name, phone) = (check_name(&mut entry), check_phone(&mut entry));
    if !entry.is_good() {
        return shown(&app, &own, Vec::new(), &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let mut tx = app.db.write().await?;
    tx.platform().set_profile(own.me.id(), &name, &phone).await?;
    own.me.record(&app, &mut tx, Action::ChangeProfile, "account").await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?said=saved").into_response())
}

/// Changes the password; every other session of the person ends.
pub(crate) async fn change_password(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    let me = &own.me;
    let businesses = app.db.read().await?.platform().businesses_of(me.id()).await?;
    let names = businesses.iter().map(|business| business.name.as_str());
    let about: Vec<&str> = names.chain([me.person.name.as_str(), &me.person.email]).collect();
    let new = entry.raw("new").to_owned();
    let policy = own.policy();
    let state = app.db.read().await?.platform().password_state(me.id()).await?;
    if let Some(words) = policy.too_young(state, app.now()) {
        entry.refuse("new", words);
    } else if let Some(words) = policy.fault_for(&app, me.id(), &new, &about).await? {
        entry.refuse("new", words);
    }
    let Some(proof) = prove(&app, me, &mut entry).await? else {
        return shown(&app, &own, Vec::new(), &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let hash = app.passwords().hash(new).await?;
    let mut tx = proof.begin(&app, me).await?;
    tx.platform()
        .replace_password(me.id(), (&hash, policy.rule()), Some(&proof.session()), app.now())
        .await?;
    me.record(&app, &mut tx, Action::ChangePassword, "account").await?;
    proof.commit(tx, me).await?;
    Ok(Redirect::to("/account?said=password").into_response())
}

/// Ends one session, or every other one.
pub(crate) async fn end_session(State(app): State<App>, me: Me, entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    // A sign-in that is under way comes before or after it, and is ended in the first case.
    tx.platform().lock_person(me.id()).await?;
    let said = match entry.raw("id") {
        "others" => {
            tx.platform().close_sessions(me.id(), &me.session).await?;
            "others"
        }
        id => {
            let id = from_hex::<32>(id).ok_or(Fault::Missing)?;
            if !tx.platform().close_session_of(me.id(), &id).await? {
                return Ok(Redirect::to("/account?said=gone").into_response());
            }
            "ended"
        }
    };
    me.record(&app, &mut tx, Action::EndSession, "account").await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/account?said={said}")).into_response())
}

async fn shown(app: &App, own: &Own, notices: Vec<Notice>, entry: &Entry, status: StatusCode) -> Page {
    let me = &own.me;
    let mut tx = app.db.read().await?;
    let profile = tx.platform().profile(me.id()).await?.ok_or(Fault::Missing)?;
    let sessions = tx.platform().sessions(me.id(), app.now()).await?;
    let codes = tx.platform().asks_for_codes(me.id()).await?;
    let change = tx.platform().email_change(me.id(), app.now()).await?;
    let passkeys = tx.platform().passkeys(me.id()).await?.len();
    let saved = Entry::with(&[("name", &profile.name), ("phone", &profile.phone)]);
    // What was typed into one form does not fill the other.
    let typed = if entry.has("name") { entry } else { &saved };
    page::show_as(
        status,
        &AccountPage {
            frame: own.frame("Your account"),
            notices,
            address: AddressState {
                email: profile.email,
                confirmed: profile.verified_at.is_some(),
                mail: app.mail.is_on(),
                change: change.map(change_row),
            },
            person: vec![
                typed.field("name", "Your name").complete("name"),
                typed.field("phone", "Phone number").kind("tel").complete("tel"),
            ],
            passwords: password_fields(entry, own.policy()),
            codes,
            passkeys: Some(passkeys).filter(|passkeys| *passkeys > 0 || cfg!(feature = "passkeys")),
            sessions: sessions.into_iter().map(|session| row(session, me)).collect(),
        },
    )
}

fn change_row(change: EmailChange) -> ChangeRow {
    ChangeRow {
        to: change.to,
        open: match (change.agreed, change.confirmed) {
            (true, _) => "The new address is still to be confirmed, by the link in the mail that went there.",
            (false, true) => "You have still to agree, by the link in the mail that went to the old address.",
            (false, false) => "Follow both links: in the mail to the old address, and in the one to the new.",
        },
        until: moment::told(change.until),
    }
}

fn password_fields(entry: &Entry, policy: PasswordPolicy) -> Vec<Field> {
    vec![
        entry.field("password", "Your password now").kind("password").complete("current-password"),
        policy.field(entry, "new", "New password"),
    ]
}

fn row(session: SessionView, me: &Me) -> SessionRow {
    SessionRow {
        here: session.id_hash == me.session,
        id: to_hex(&session.id_hash),
        device: if session.device.is_empty() { "unknown device".to_owned() } else { session.device },
        network: session.network,
        since: moment::told(session.created_at),
        seen: moment::told(session.last_seen),
    }
}
