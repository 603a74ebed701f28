//! Following an invitation: joining with the account one has, or making one.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Action, Doer, LiveToken, MemberRole, NewPerson, PersonId, Purpose, SessionPerson, StoreError, TenantId,
    Tx, fold_email, taken_field,
};

use super::role_words;
use crate::{
    account::{check_name, check_phone},
    address,
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::Frame,
    network::Network,
    page,
    session::{self, PasswordPolicy, cookie, cookie::Token},
};

#[derive(Template)]
#[template(path = "member/invitation.html")]
struct InvitationPage {
    frame: Frame,
    path: String,
    business: String,
    by: Option<String>,
    role: &'static str,
    email: String,
    who: Guest,
}

/// Who follows an invitation.
pub(crate) enum Guest {
    /// Signed in with the address it was made for.
    Invited,
    /// Signed in with another address.
    Other(String),
    /// Not signed in, and the address has an account.
    Known,
    /// Nobody has this address yet.
    New { fields: Vec<Field>, wrong: bool },
}

impl Guest {
    /// Whoever follows an invitation for an address, which may be of a `known` account.
    pub(crate) fn of(
        me: Option<SessionPerson>,
        (email, known): (&str, bool),
        policy: PasswordPolicy,
        entry: &Entry,
    ) -> Self {
        match me {
            Some(me) if fold_email(&me.email) == fold_email(email) => Self::Invited,
            Some(me) => Self::Other(me.email),
            None if known => Self::Known,
            None => {
                let fields = vec![
                    entry.field("name", "Your name").complete("name"),
                    entry.field("phone", "Phone number").kind("tel").complete("tel"),
                    policy.field(entry, "password", "Password"),
                ];
                Self::New { fields, wrong: !entry.is_good() }
            }
        }
    }
}

/// An invitation that still works, and what it opens.
struct Open {
    token: LiveToken,
    tenant: TenantId,
    role: MemberRole,
    /// It came by mail: whoever follows it reads that mailbox.
    by_mail: bool,
}

/// Shows an invitation.
pub(crate) async fn show(State(app): State<App>, headers: HeaderMap, Path(token): Path<String>) -> Page {
    let mut tx = app.db.read().await?;
    let open = open(&app, &mut tx, &token).await?;
    let me = signed_in(&app, &mut tx, &headers).await?;
    shown(&mut tx, &token, open, me, &Entry::default(), StatusCode::OK).await
}

/// Joins. Whoever has no account makes one, and is signed in.
pub(crate) async fn accept(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    Path(token): Path<String>,
    mut entry: Entry,
) -> Page {
    let mut tx = app.db.read().await?;
    let open = open(&app, &mut tx, &token).await?;
    let me = signed_in(&app, &mut tx, &headers).await?;
    if let Some(me) = me {
        if fold_email(&me.email) != fold_email(&open.token.email) {
            return shown(&mut tx, &token, open, Some(me), &entry, StatusCode::CONFLICT).await;
        }
        drop(tx);
        let mut tx = app.db.write().await?;
        join(&app, &mut tx, &open, me.person, network).await?;
        let id_hash = cookie::token(&headers).map(|token| token.hash()).ok_or(Fault::Missing)?;
        tx.platform().switch_session(&id_hash, open.tenant).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/people?said=joined").into_response());
    }
    let known = tx.platform().login(&open.token.email).await?.is_some();
    let checked = if known { None } else { check(&mut entry, &open) };
    let Some((name, phone, password)) = checked else {
        return shown(&mut tx, &token, open, None, &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    drop(tx);
    let hash = app.passwords().hash(password).await?;
    let mut tx = app.db.write().await?;
    let new = NewPerson { name: &name, email: &open.token.email, phone: &phone, password_hash: &hash };
    let person = match tx.platform().add_person(&new, app.now()).await {
        Ok(person) => person,
        // Somebody made an account with this address meanwhile: they sign in to join.
        Err(error) if taken_field(&error) == Some("email") => {
            drop(tx);
            let mut tx = app.db.read().await?;
            return shown(&mut tx, &token, open, None, &entry, StatusCode::CONFLICT).await;
        }
        Err(error) => return Err(error.into()),
    };
    join(&app, &mut tx, &open, person, network).await?;
    if !open.by_mail {
        address::ask(&app, &mut tx.platform(), person, (&name, &open.token.email)).await?;
    }
    tx.commit().await?;
    session::welcome(&app, (person, &hash), &headers, network, "/").await
}

async fn join(app: &App, tx: &mut Tx, open: &Open, person: PersonId, network: Network) -> Page<()> {
    let now = app.now();
    tx.platform().lock_person(person).await?;
    // In this order, as whoever changes members takes back invitations: two at once wait, and do not stop each other.
    tx.platform().add_member(open.tenant, person, open.role, now).await?;
    tx.platform().use_token(&open.token.hash, Purpose::Invite, now).await.map_err(over)?;
    if open.by_mail {
        tx.platform().verify_email(person, &open.token.email, now).await?;
    }
    let doer = Doer::person(person, network.to_string());
    let mut books = tx.scoped(open.tenant).await?;
    Ok(books.audit(&doer, Action::Join, &format!("people/{person}"), now).await?)
}

fn check(entry: &mut Entry, open: &Open) -> Option<(String, String, String)> {
    let (name, phone) = (check_name(entry), check_phone(entry));
    let password = entry.raw("password").to_owned();
    let business = open.token.business.as_deref().unwrap_or_default();
    if let Some(words) = PasswordPolicy::Customer.fault(&password, &[&name, &open.token.email, business]) {
        entry.refuse("password", words);
    }
    entry.is_good().then_some((name, phone, password))
}

/// What is said of an invitation that is there no more, or never was.
pub(crate) fn gone() -> Fault {
    Fault::Conflict("This invitation was used or taken back, or is over. Ask for a new one.".to_owned())
}

/// An invitation that is gone by now, or another error.
pub(crate) fn over(error: StoreError) -> Fault {
    if matches!(error, StoreError::Missing(_)) { gone() } else { error.into() }
}

async fn open(app: &App, tx: &mut Tx, token: &str) -> Page<Open> {
    let token = Token::parse(token).ok_or(Fault::Missing)?;
    let mut platform = tx.platform();
    let by_mail = platform.token(&token.shown().hash(), Purpose::Invite, app.now()).await?;
    let (live, by_mail) = match by_mail {
        Some(live) => (Some(live), true),
        None => (platform.token(&token.hash(), Purpose::Invite, app.now()).await?, false),
    };
    let token = live.ok_or_else(gone)?;
    let tenant = token.tenant.ok_or(Fault::Missing)?;
    let role = MemberRole::from_name(&token.role).ok_or(Fault::Missing)?;
    Ok(Open { token, tenant, role, by_mail })
}

async fn signed_in(app: &App, tx: &mut Tx, headers: &HeaderMap) -> Page<Option<SessionPerson>> {
    let Some(token) = cookie::token(headers) else { return Ok(None) };
    let person = tx.platform().session_person(&token.hash(), app.now()).await?;
    Ok(person.filter(SessionPerson::is_in))
}

async fn shown(
    tx: &mut Tx,
    token: &str,
    open: Open,
    me: Option<SessionPerson>,
    entry: &Entry,
    status: StatusCode,
) -> Page {
    let known = tx.platform().login(&open.token.email).await?.is_some();
    let who = Guest::of(me, (&open.token.email, known), PasswordPolicy::Customer, entry);
    page::show_as(
        status,
        &InvitationPage {
            frame: Frame::outside("Invitation"),
            path: format!("/invitations/{token}"),
            business: open.token.business.unwrap_or_default(),
            by: open.token.made_by,
            role: role_words(open.role),
            email: open.token.email,
            who,
        },
    )
}
