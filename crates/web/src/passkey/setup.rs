//! Adding and removing passkeys: each asks for the password again.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_passkey::Error;
use ecom_store::{Action, MOST_PASSKEYS, NewChallenge, NewPasskey, Passkey};
use ecom_vault::{from_hex, to_hex};
use sha2::{Digest, Sha256};

use super::{ANSWER_MICROS, held};
use crate::{
    account::{
        own::Own,
        proof::{password_field, prove},
    },
    app::App,
    entry::{Entry, Field},
    factor::recovery,
    fault::{Fault, Page},
    frame::Frame,
    moment, page,
    params::Params,
    random,
};

/// Longest name of a passkey in characters.
const MOST_NAME: usize = 60;

#[derive(Template)]
#[template(path = "passkey/list.html")]
struct PasskeysPage {
    frame: Frame,
    said: Option<&'static str>,
    wrong: Option<String>,
    rows: Vec<Row>,
    /// None where browsers give no passkeys to this site.
    form: Option<[Field; 2]>,
    full: bool,
    /// Recovery codes, the one time they are shown.
    codes: Vec<String>,
}

struct Row {
    id: String,
    name: String,
    added: String,
    used: String,
}

#[derive(Template)]
#[template(path = "passkey/new.html")]
struct NewPage {
    frame: Frame,
    name: String,
    options: String,
}

#[derive(Template)]
#[template(path = "passkey/removal.html")]
struct RemovalPage {
    frame: Frame,
    id: String,
    name: String,
    last: bool,
    password: Field,
}

/// What the list says beside its rows.
#[derive(Default)]
struct Saying {
    said: Option<&'static str>,
    wrong: Option<String>,
    codes: Vec<String>,
}

/// The list.
pub(crate) async fn show(State(app): State<App>, own: Own, params: Params) -> Page {
    let said = match params.one("said") {
        Some("added") => Some("The passkey is added. It is asked for at your next sign-in."),
        Some("removed") => Some("The passkey is removed. It opens nothing here any more."),
        _ => None,
    };
    shown(&app, &own, &Entry::default(), Saying { said, ..Saying::default() }, StatusCode::OK).await
}

/// Asks the browser for a new passkey.
pub(crate) async fn create(State(app): State<App>, own: Own, mut entry: Entry) -> Page {
    let Some(site) = app.passkeys() else { return Err(Fault::Missing) };
    let name = entry.text("name", MOST_NAME, "Type a name, such as Phone.");
    let Some(proof) = prove(&app, &own.me, &mut entry).await? else {
        return shown(&app, &own, &entry, Saying::default(), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let mut tx = proof.begin(&app, &own.me).await?;
    let keys = held(&mut tx, own.me.id()).await?;
    let handle = handle(tx.platform().passkey_handle(own.me.id()).await?)?;
    let challenge = site.ask_new(handle, (&proof.profile().email, &proof.profile().name), &keys)?;
    // The handle goes with the name: the answer does not tell it.
    let name_kept = format!("{}{name}", to_hex(&handle));
    let new = NewChallenge { state: &challenge.state, name: &name_kept, until: app.now() + ANSWER_MICROS };
    tx.platform().put_challenge(&proof.session(), &new).await?;
    proof.commit(tx, &own.me).await?;
    page::show(&NewPage { frame: own.frame("Add a passkey"), name, options: challenge.options })
}

/// Adds the passkey that the browser made. The first factor of a person brings recovery codes.
pub(crate) async fn confirm(State(app): State<App>, own: Own, entry: Entry) -> Page {
    let Some(site) = app.passkeys() else { return Err(Fault::Missing) };
    let me = &own.me;
    let mut tx = app.db.write().await?;
    let Some((state, kept)) = tx.platform().take_challenge(&me.session, app.now()).await? else {
        return again(&app, &own, "That took too long, or was sent before. Nothing was added; try again.")
            .await;
    };
    let (handle, name) = kept.split_at_checked(32).ok_or(Fault::Missing)?;
    let handle = from_hex::<16>(handle).ok_or(Fault::Missing)?;
    let key = match site.take_new(&state, entry.raw("answer")) {
        Ok(key) => key,
        Err(Error::Refused) => {
            tx.commit().await?;
            return again(&app, &own, "Your device gave no answer that fits. Nothing was added; try again.")
                .await;
        }
        Err(error) => return Err(error.into()),
    };
    let first = !tx.platform().asks_for_second_factor(me.id()).await?;
    let id_hash = Sha256::digest(&key.id);
    let new = NewPasskey { id_hash: &id_hash, handle: &handle, name, held: &key.text };
    tx.platform().put_passkey(me.id(), &new, app.now()).await?;
    let codes = if first { recovery::renew(&mut tx, me.id()).await? } else { Vec::new() };
    if first {
        // Sessions from before did not know of it.
        tx.platform().close_sessions(me.id(), &me.session).await?;
    }
    me.record(&app, &mut tx, Action::AddPasskey, "account/passkeys").await?;
    tx.commit().await?;
    if codes.is_empty() {
        return Ok(Redirect::to("/account/passkeys?said=added").into_response());
    }
    shown(&app, &own, &Entry::default(), Saying { codes, ..Saying::default() }, StatusCode::OK).await
}

/// Asks whether to remove a passkey.
pub(crate) async fn ask_removal(State(app): State<App>, own: Own, Path(id): Path<String>) -> Page {
    removal(&app, &own, &id, &Entry::default()).await
}

/// Removes it.
pub(crate) async fn remove(
    State(app): State<App>,
    own: Own,
    Path(id): Path<String>,
    mut entry: Entry,
) -> Page {
    let me = &own.me;
    let id_hash = from_hex::<32>(&id).ok_or(Fault::Missing)?;
    let Some(proof) = prove(&app, me, &mut entry).await? else {
        return removal(&app, &own, &id, &entry).await;
    };
    let mut tx = proof.begin(&app, me).await?;
    tx.platform().remove_passkey(me.id(), &id_hash).await?;
    me.record(&app, &mut tx, Action::RemovePasskey, "account/passkeys").await?;
    proof.commit(tx, me).await?;
    Ok(Redirect::to("/account/passkeys?said=removed").into_response())
}

async fn removal(app: &App, own: &Own, id: &str, entry: &Entry) -> Page {
    let id_hash = from_hex::<32>(id).ok_or(Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let passkeys = tx.platform().passkeys(own.me.id()).await?;
    let codes = tx.platform().asks_for_codes(own.me.id()).await?;
    let found = passkeys.iter().find(|key| key.id_hash == id_hash).ok_or(Fault::Missing)?;
    let status = if entry.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page::show_as(
        status,
        &RemovalPage {
            frame: own.frame("Remove a passkey"),
            id: id.to_owned(),
            name: found.name.clone(),
            last: passkeys.len() == 1 && !codes,
            password: password_field(entry),
        },
    )
}

async fn again(app: &App, own: &Own, wrong: &str) -> Page {
    let saying = Saying { wrong: Some(wrong.to_owned()), ..Saying::default() };
    shown(app, own, &Entry::default(), saying, StatusCode::UNPROCESSABLE_ENTITY).await
}

async fn shown(app: &App, own: &Own, entry: &Entry, saying: Saying, status: StatusCode) -> Page {
    let passkeys = app.db.read().await?.platform().passkeys(own.me.id()).await?;
    let full = passkeys.len() >= MOST_PASSKEYS;
    let form = app.passkeys().filter(|_| !full).map(|_| {
        let name =
            entry.field("name", "Name of the passkey").hint("Where it is, such as Phone or Office laptop.");
        [name, password_field(entry)]
    });
    page::show_as(
        status,
        &PasskeysPage {
            frame: own.frame("Passkeys"),
            said: saying.said,
            wrong: saying.wrong,
            rows: passkeys.iter().map(row).collect(),
            form,
            full,
            codes: saying.codes,
        },
    )
}

fn row(passkey: &Passkey) -> Row {
    Row {
        id: to_hex(&passkey.id_hash),
        name: passkey.name.clone(),
        added: moment::told(passkey.created_at),
        used: passkey.last_used_at.map_or_else(|| "never".to_owned(), moment::told),
    }
}

/// The handle of the person's other passkeys, or a new one.
fn handle(known: Option<Vec<u8>>) -> Page<[u8; 16]> {
    match known {
        Some(known) => known.try_into().map_err(|_| Fault::broken("passkey")),
        None => random::bytes(),
    }
}
