//! One's own account: name and phone, password, sessions.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, Profile, SessionView};
use ecom_vault::{from_hex, to_hex};

use super::{check_name, check_phone, own::Own};
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment,
    notice::{Notice, Tone},
    page,
    params::Params,
    session::{Attempt, PasswordPolicy, Verdict},
};

#[derive(Template)]
#[template(path = "account/show.html")]
struct AccountPage {
    frame: Frame,
    notices: Vec<Notice>,
    email: String,
    person: Vec<Field>,
    passwords: Vec<Field>,
    codes: bool,
    sessions: Vec<SessionRow>,
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
pub(crate) async fn show(State(app): State<App>, seat: Own, params: Params) -> Page {
    let said = match params.one("said") {
        Some("saved") => Some("Your name and phone number are saved."),
        Some("password") => Some("Your password is changed. Every other session of yours has ended."),
        Some("ended") => Some("The session has ended. That device has to sign in again."),
        Some("others") => Some("Every session but this one has ended."),
        _ => None,
    };
    let done = said.map(|said| Notice::new(Tone::Good, "Done", said));
    let due = seat.staff().and_then(|standing| PasswordPolicy::due(standing.password, app.now()));
    let due = due.map(|why| {
        Notice::new(Tone::Attention, "Change your password", why).link("Do it here", "#change-password")
    });
    let notices = done.into_iter().chain(due).collect();
    shown(&app, &seat, notices, &Entry::default(), StatusCode::OK).await
}

/// Saves name and phone number.
pub(crate) async fn save(State(app): State<App>, seat: Own, mut entry: Entry) -> Page {
    let (name, phone) = (check_name(&mut entry), check_phone(&mut entry));
    if !entry.is_good() {
        return shown(&app, &seat, Vec::new(), &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let mut tx = app.db.write().await?;
    tx.platform().set_profile(seat.person(), &name, &phone).await?;
    seat.audit(&app, &mut tx, Action::ChangeProfile, "account").await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?said=saved").into_response())
}

/// Changes the password; every other session of the person ends.
pub(crate) async fn change_password(State(app): State<App>, seat: Own, mut entry: Entry) -> Page {
    let profile = own(&app, &seat).await?;
    prove(&app, &seat, &profile, &mut entry).await?;
    let new = entry.raw("new").to_owned();
    let about = [&*profile.name, &*profile.email, seat.business()];
    let policy = seat.policy();
    let young =
        policy.too_young(app.db.read().await?.platform().password_state(seat.person()).await?, app.now());
    if let Some(words) = young {
        entry.refuse("new", words);
    } else if let Some(words) = policy.fault_for(&app, seat.person(), &new, &about).await? {
        entry.refuse("new", words);
    }
    if !entry.is_good() {
        return shown(&app, &seat, Vec::new(), &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let hash = app.passwords().hash(new).await?;
    let mut tx = app.db.write().await?;
    tx.platform().set_password_under(seat.person(), &hash, policy.rule(), app.now()).await?;
    tx.platform().close_sessions(seat.person(), seat.session()).await?;
    seat.audit(&app, &mut tx, Action::ChangePassword, "account").await?;
    tx.commit().await?;
    Ok(Redirect::to("/account?said=password").into_response())
}

/// Ends one session, or every other one.
pub(crate) async fn end_session(State(app): State<App>, seat: Own, entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    let said = match entry.raw("id") {
        "others" => {
            tx.platform().close_sessions(seat.person(), seat.session()).await?;
            "others"
        }
        id => {
            let id = from_hex::<32>(id).ok_or(Fault::Missing)?;
            tx.platform().close_session_of(seat.person(), &id).await?;
            "ended"
        }
    };
    seat.audit(&app, &mut tx, Action::EndSession, "account").await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/account?said={said}")).into_response())
}

/// Asks for the password again, counted as a sign-in is: whoever finds an open browser must not guess it here.
pub(crate) async fn prove(app: &App, seat: &Own, profile: &Profile, entry: &mut Entry) -> Page<()> {
    let typed = entry.raw("password").to_owned();
    if typed.is_empty() {
        entry.refuse("password", "Type your password.");
        return Ok(());
    }
    let attempt = Attempt::new(&profile.email, seat.network());
    match attempt.begin(app).await? {
        Verdict::Wait { minutes } => {
            entry.refuse("password", format!("Too many attempts. Wait {minutes} min, then try again."));
            return Ok(());
        }
        Verdict::Go { slowed } => tokio::time::sleep(slowed).await,
    }
    if !app.passwords().verify(typed, Some(profile.password_hash.clone())).await? {
        entry.refuse("password", "This is not your password.");
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    attempt.succeeded(&mut tx.platform()).await?;
    Ok(tx.commit().await?)
}

pub(crate) async fn own(app: &App, seat: &Own) -> Page<Profile> {
    app.db.read().await?.platform().profile(seat.person()).await?.ok_or(Fault::Missing)
}

async fn shown(app: &App, seat: &Own, notices: Vec<Notice>, entry: &Entry, status: StatusCode) -> Page {
    let mut tx = app.db.read().await?;
    let profile = tx.platform().profile(seat.person()).await?.ok_or(Fault::Missing)?;
    let sessions = tx.platform().sessions(seat.person(), app.now()).await?;
    let codes = tx.platform().asks_for_codes(seat.person()).await?;
    let saved = Entry::with(&[("name", &profile.name), ("phone", &profile.phone)]);
    // What was typed into one form does not fill the other.
    let typed = if entry.has("name") { entry } else { &saved };
    page::show_as(
        status,
        &AccountPage {
            frame: seat.frame("Your account", Here::Account),
            notices,
            email: profile.email,
            person: vec![
                typed.field("name", "Your name").complete("name"),
                typed.field("phone", "Phone number").kind("tel").complete("tel"),
            ],
            passwords: password_fields(entry, seat.policy()),
            codes,
            sessions: sessions.into_iter().map(|session| row(session, seat)).collect(),
        },
    )
}

fn password_fields(entry: &Entry, policy: PasswordPolicy) -> Vec<Field> {
    vec![
        entry.field("password", "Your password now").kind("password").complete("current-password"),
        policy.field(entry, "new", "New password"),
    ]
}

fn row(session: SessionView, seat: &Own) -> SessionRow {
    SessionRow {
        here: session.id_hash == seat.session(),
        id: to_hex(&session.id_hash),
        device: if session.device.is_empty() { "unknown device".to_owned() } else { session.device },
        network: session.network,
        since: moment::told(session.created_at),
        seen: moment::told(session.last_seen),
    }
}
