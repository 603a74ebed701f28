//! Signing in and out. A session is a row; the cookie holds its token, the database only the token's hash.

mod attempt;
pub(crate) mod cookie;
mod device;
mod hash;
pub(crate) mod known;
mod password;
mod policy;
mod quota;
mod renewal;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
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
};
pub(crate) use attempt::{Asking, Attempt, ResetVerdict, Verdict};
use cookie::Token;
pub(crate) use hash::Passwords;
pub use hash::hash_password;
pub(crate) use policy::PasswordPolicy;
pub use policy::random_password;
pub(crate) use quota::Quota;
pub(crate) use renewal::{Renewal, renewal};

/// What is said of a password that the operator gave and that was not changed in time.
const LAPSED: &str = "This password was given to you a week ago or earlier, and opens nothing any more. Ask for another one, or use “Forgot your password?”.";

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

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
    let said = query.iter().find(|(name, _)| name == "said").map(|(_, said)| said.as_str());
    page.done = match said {
        Some("reset") => {
            Some("Your password is changed, and you are signed out everywhere. Sign in with the new one.")
        }
        _ => None,
    };
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
            tracing::info!(why = "too many attempts", "a sign-in was refused");
            let words = format!("Too many attempts. Wait {minutes} min, then try again.");
            let answer = refused(&app, &entry, StatusCode::TOO_MANY_REQUESTS, Some(words)).await?;
            return Ok(page::come_again(answer, minutes));
        }
        Verdict::Go { slowed } => tokio::time::sleep(slowed).await,
    }
    let login = app.db.read().await?.platform().login(&email).await?;
    let hash = login.as_ref().map(|login| login.password_hash.clone());
    let right = attempt.verify(&app, password, hash).await?;
    if let Some(login) = login.filter(|_| right) {
        let state = app.db.read().await?.platform().password_state(login.id).await?;
        if PasswordPolicy::has_lapsed(state, app.now()) {
            tracing::info!(why = "the given password has lapsed", "a sign-in was refused");
            return refused(&app, &entry, StatusCode::UNPROCESSABLE_ENTITY, Some(LAPSED.to_owned())).await;
        }
        let proved =
            Proved { person: login.id, password_hash: &login.password_hash, attempt: Some(&attempt) };
        if let Some(opened) = open(&app, &proved, &headers, network).await? {
            return Ok(opened.answer(local(entry.raw("next")).unwrap_or("/")));
        }
    }
    tracing::info!(why = "address or password", "a sign-in was refused");
    let words = "The e-mail address or the password is wrong.".to_owned();
    refused(&app, &entry, StatusCode::UNPROCESSABLE_ENTITY, Some(words)).await
}

/// Puts on record that a session began or ended, in the business it acts for, if it acts for one, and of staff in the
/// platform's log.
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
    // What the browser still holds of pages that were seen: copies for its back button too.
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// Who opens a session, and by which password.
pub(crate) struct Proved<'a> {
    pub(crate) person: PersonId,
    /// What the password was checked against, or has just become.
    pub(crate) password_hash: &'a str,
    /// The sign-in; none for somebody who has just joined.
    pub(crate) attempt: Option<&'a Attempt>,
}

/// A session that was opened.
pub(crate) struct Opened {
    token: Token,
    stage: Stage,
    /// What the browser keeps to be known again; not before the sign-in is complete.
    device: Option<Token>,
}

impl Opened {
    /// The answer that hands out the cookies.
    fn answer(&self, next: &str) -> Response {
        let mut response = Redirect::to(&after(self.stage, next)).into_response();
        response.headers_mut().insert(header::SET_COOKIE, self.token.cookie());
        if let Some(device) = &self.device {
            keep_device(&mut response, device);
        }
        response
    }
}

/// Hands out the cookie by which the browser is known again.
pub(crate) fn keep_device(response: &mut Response, device: &Token) {
    response.headers_mut().append(header::SET_COOKIE, device.device_cookie());
}

/// Opens a session; one that the browser still had ends. `None` if the password is another one meanwhile.
pub(crate) async fn open(
    app: &App,
    proved: &Proved<'_>,
    headers: &HeaderMap,
    network: Network,
) -> Page<Option<Opened>> {
    let (token, person) = (Token::random()?, proved.person);
    let mut tx = app.db.write().await?;
    let mut platform = tx.platform();
    if !platform.hold_person(person, proved.password_hash).await? {
        return Ok(None);
    }
    if let Some(old) = cookie::token(headers) {
        platform.close_session(&old.hash()).await?;
    }
    if let Some(attempt) = proved.attempt {
        attempt.succeeded(&mut platform).await?;
    }
    let id_hash = token.hash();
    let (words, from) = (device::of(headers), network.to_string());
    let stage = if platform.asks_for_second_factor(person).await? { Stage::Code } else { Stage::Full };
    let session = NewSession { id_hash: &id_hash, person, device: &words, network: &from, stage };
    platform.open_session(&session, app.now()).await?;
    let mut device = None;
    if stage == Stage::Full {
        let news = proved.attempt.is_some();
        device = Some(known::note(app, &mut tx, person, (headers, network), news).await?);
        record(app, &mut tx, &id_hash, &from, Action::SignIn).await?;
    }
    tx.commit().await?;
    app.bell.ring();
    Ok(Some(Opened { token, stage, device }))
}

/// Signs somebody in who has just joined with a password, and goes on to `next`.
pub(crate) async fn welcome(
    app: &App,
    (person, password_hash): (PersonId, &str),
    headers: &HeaderMap,
    network: Network,
    next: &str,
) -> Page {
    let proved = Proved { person, password_hash, attempt: None };
    match open(app, &proved, headers, network).await? {
        Some(opened) => Ok(opened.answer(next)),
        None => Ok(Redirect::to("/sign-in").into_response()),
    }
}

/// Where one goes on after the password.
fn after(stage: Stage, next: &str) -> String {
    match stage {
        Stage::Full => next.to_owned(),
        Stage::Code => Link::to("/sign-in/code").with("next", next).text(),
    }
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
