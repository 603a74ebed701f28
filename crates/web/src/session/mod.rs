//! Signing in and out. A session is a row; the cookie holds its token, the database only the token's hash.

mod attempt;
pub(crate) mod cookie;
mod device;
mod password;
mod policy;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use ecom_store::{Action, Doer, NewSession, PersonId, Stage, Tx};

use crate::{
    app::{App, Registration},
    entry::{Entry, Field},
    fault::Page,
    frame::Frame,
    network::Network,
    page,
    params::Link,
    seat::Visitor,
    staff,
};
pub(crate) use attempt::{Asking, Attempt, ResetVerdict, Verdict};
use cookie::Token;
pub(crate) use password::Passwords;
pub use password::hash_password;
pub(crate) use policy::PasswordPolicy;
pub use policy::random_password;

#[derive(Template)]
#[template(path = "session/new.html")]
struct SignInPage {
    frame: Frame,
    fields: Vec<Field>,
    notice: Option<String>,
    done: Option<&'static str>,
    next: String,
    may_register: bool,
}

impl SignInPage {
    fn of(entry: &Entry, notice: Option<String>, may_register: bool) -> Self {
        let fields = vec![
            entry.field("email", "E-mail address").kind("email").complete("username"),
            entry.field("password", "Password").kind("password").complete("current-password"),
        ];
        let next = local(entry.raw("next")).unwrap_or_default().to_owned();
        Self { frame: Frame::outside("Sign in"), fields, notice, done: None, next, may_register }
    }
}

/// The form for signing in.
pub(crate) async fn new(
    State(app): State<App>,
    Visitor(signed): Visitor,
    Query(query): Query<Vec<(String, String)>>,
) -> Page {
    let next = query.iter().find(|(name, _)| name == "next").and_then(|(_, path)| local(path));
    if signed.is_some() {
        return Ok(Redirect::to(next.unwrap_or("/")).into_response());
    }
    let entry = Entry::with(&[("next", next.unwrap_or_default())]);
    let mut page = SignInPage::of(&entry, None, may_register(&app).await?);
    if query.iter().any(|(name, said)| name == "said" && said == "reset") {
        page.done =
            Some("Your password is changed, and you are signed out everywhere. Sign in with the new one.");
    }
    page::show(&page)
}

/// Signs in. Attempts are counted before the password is checked, so that many at once are counted too.
pub(crate) async fn create(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    mut entry: Entry,
) -> Page {
    let email = entry.text("email", 254, "Type your e-mail address.");
    let password = entry.raw("password").to_owned();
    if password.is_empty() {
        entry.refuse("password", "Type your password.");
    }
    if !entry.is_good() {
        return refused(&app, &entry, StatusCode::UNPROCESSABLE_ENTITY, None).await;
    }
    let attempt = Attempt::new(&email, network);
    match attempt.begin(&app).await? {
        Verdict::Wait { minutes } => {
            let words = format!("Too many attempts. Wait {minutes} min, then try again.");
            return refused(&app, &entry, StatusCode::TOO_MANY_REQUESTS, Some(words)).await;
        }
        Verdict::Go { slowed } => tokio::time::sleep(slowed).await,
    }
    let login = app.db.read().await?.platform().login(&email).await?;
    let hash = login.as_ref().map(|login| login.password_hash.clone());
    let right = app.passwords().verify(password, hash).await?;
    match login {
        Some(login) if right => {
            let (token, stage) = open(&app, login.id, &headers, network, Some(&attempt)).await?;
            let lead = staff::lead_of(&app, login.id).await?;
            let next = lead.or_else(|| local(entry.raw("next"))).unwrap_or("/");
            Ok(signed_in(&token, &after(stage, next)))
        }
        _ => {
            let words = "The e-mail address or the password is wrong.".to_owned();
            refused(&app, &entry, StatusCode::UNPROCESSABLE_ENTITY, Some(words)).await
        }
    }
}

/// Puts on record that a session began or ended, in the business it acts for, and of staff in the platform's log. One
/// that waits for a code has none.
pub(crate) async fn record(
    app: &App,
    tx: &mut Tx,
    id_hash: &[u8],
    network: &str,
    action: Action,
) -> Page<()> {
    if let Some((person, _, standing)) = tx.platform().staff_session(id_hash, app.now()).await? {
        let doer = Doer::staff(person, standing.role, network.to_owned());
        tx.platform().audit(&doer, action, "", app.now()).await?;
    }
    let Some(signed) = tx.platform().session(id_hash, app.now()).await? else { return Ok(()) };
    let doer = signed.doer(network.to_owned());
    Ok(tx.scoped(signed.tenant).await?.audit(&doer, action, "", app.now()).await?)
}

/// Signs out.
pub(crate) async fn delete(State(app): State<App>, network: Network, headers: HeaderMap) -> Page {
    if let Some(token) = cookie::token(&headers) {
        let mut tx = app.db.write().await?;
        record(&app, &mut tx, &token.hash(), &network.to_string(), Action::SignOut).await?;
        tx.platform().close_session(&token.hash()).await?;
        tx.commit().await?;
    }
    let mut response = Redirect::to("/sign-in").into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie::cleared());
    Ok(response)
}

/// Opens a session; one that the browser still had ends.
pub(crate) async fn open(
    app: &App,
    person: PersonId,
    headers: &HeaderMap,
    network: Network,
    attempt: Option<&Attempt>,
) -> Page<(Token, Stage)> {
    let token = Token::random()?;
    let mut tx = app.db.write().await?;
    let mut platform = tx.platform();
    if let Some(old) = cookie::token(headers) {
        platform.close_session(&old.hash()).await?;
    }
    if let Some(attempt) = attempt {
        attempt.succeeded(&mut platform).await?;
    }
    let id_hash = token.hash();
    let (device, network) = (device::of(headers), network.to_string());
    let stage = if platform.asks_for_codes(person).await? { Stage::Code } else { Stage::Full };
    let session = NewSession { id_hash: &id_hash, person, device: &device, network: &network, stage };
    platform.open_session(&session, app.now()).await?;
    record(app, &mut tx, &id_hash, &network, Action::SignIn).await?;
    tx.commit().await?;
    Ok((token, stage))
}

/// Where one goes on after the password.
fn after(stage: Stage, next: &str) -> String {
    match stage {
        Stage::Full => next.to_owned(),
        Stage::Code => Link::to("/sign-in/code").with("next", next).text(),
    }
}

/// The answer that hands out the cookie.
pub(crate) fn signed_in(token: &Token, next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    response.headers_mut().insert(header::SET_COOKIE, token.cookie());
    response
}

/// Notes in the background that a session is in use: a reader must not wait for the writer. While as many notes wait
/// as may, none is added; the next request makes up for it.
pub(crate) fn touch(app: &App, id_hash: [u8; 32], now: i64) {
    let Ok(turn) = app.touches().try_acquire_owned() else { return };
    let db = app.db.clone();
    ecom_work::spawn("session", async move {
        let touched = async {
            let mut tx = db.write().await?;
            tx.platform().touch_session(&id_hash, now).await?;
            tx.commit().await
        };
        if let Err(error) = touched.await {
            tracing::warn!(error = %error, "could not note that a session is in use");
        }
        drop(turn);
    });
}

/// Whether a new person may register now.
pub(crate) async fn may_register(app: &App) -> Page<bool> {
    Ok(match app.settings.registration() {
        Registration::Open => true,
        Registration::Closed => false,
        Registration::First => !app.db.read().await?.platform().has_business().await?,
    })
}

async fn refused(app: &App, entry: &Entry, status: StatusCode, notice: Option<String>) -> Page {
    page::show_as(status, &SignInPage::of(entry, notice, may_register(app).await?))
}

/// A path of this site to go on to; anything that could lead elsewhere is none.
pub(crate) fn local(path: &str) -> Option<&str> {
    let inside = path.starts_with('/') && !path.starts_with("//");
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (inside && plain && path.len() <= 2048).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_only_to_a_page_of_this_site() {
        assert_eq!(local("/statement?month=2026-09"), Some("/statement?month=2026-09"));
        for path in
            ["", "statement", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ä"]
        {
            assert_eq!(local(path), None, "{path}");
        }
    }
}
