//! Who asks, for which business, in which role: the permission to act, taken from the session cookie.
//!
//! A [`Seat`] is the only way to a tenant's tables. Without a session one is sent to sign in; with too small a role
//! the page is not there.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use ecom_ledger::day::Month;
use ecom_store::{
    Action, Doer, Duties, MemberRole, PasswordRule, PersonId, Scoped, SessionPerson, Signed, Stage, Tx,
};

use crate::{
    app::App,
    fault::{Fault, Page},
    frame::{Frame, Here, VisitBar, Who},
    limit, moment,
    network::Network,
    params::encoded,
    period::shown,
    session::{Renewal, cookie, touch},
    staff, telemetry,
};

/// Where a password that the operator gave is changed, before anything else (ASVS 5.0, 6.4.1).
pub(crate) const CHANGE_PASSWORD: &str = "/account#change-password";

/// A role that a page asks for.
pub(crate) trait Role: Send + Sync {
    /// The least role that will do.
    const LEAST: MemberRole;
}

/// Runs the business.
pub(crate) struct Owner;
/// Works in the books.
pub(crate) struct Manager;
/// Looks at the books.
pub(crate) struct Viewer;

impl Role for Owner {
    const LEAST: MemberRole = MemberRole::Owner;
}
impl Role for Manager {
    const LEAST: MemberRole = MemberRole::Manager;
}
impl Role for Viewer {
    const LEAST: MemberRole = MemberRole::Viewer;
}

/// A stored role that this program does not know opens nothing.
fn holds<R: Role>(role: &str) -> bool {
    MemberRole::from_name(role).is_some_and(|role| role >= R::LEAST)
}

/// Somebody signed in, with at least the role `R` in the business they act for.
pub(crate) struct Seat<R> {
    signed: Signed,
    duties: Duties,
    unread: i64,
    review_due: bool,
    network: Network,
    role: PhantomData<R>,
}

impl<R: Role> Seat<R> {
    /// The tables of the business.
    pub(crate) async fn books<'a>(&self, tx: &'a mut Tx) -> Page<Scoped<'a>> {
        Ok(tx.scoped(self.signed.tenant).await?)
    }

    /// Which business, for its key and for names of its files.
    pub(crate) fn tenant(&self) -> ecom_store::TenantId {
        self.signed.tenant
    }

    /// Who it is, for records and for what only they may see.
    pub(crate) fn person(&self) -> ecom_store::PersonId {
        self.signed.person
    }

    /// Puts on record what this person does, in the transaction of the deed. `object` is its address, without the
    /// first slash.
    pub(crate) async fn audit(
        &self,
        app: &App,
        books: &mut Scoped<'_>,
        action: Action,
        object: &str,
    ) -> Page<()> {
        let doer = self.signed.doer(self.network.to_string());
        Ok(books.audit(&doer, action, object, app.now()).await?)
    }

    /// Looks once more, inside the transaction, whether the person has the role `S`: whoever loses it while they ask for
    /// something must not have it done, least of all change who is in the business.
    pub(crate) async fn hold<S: Role>(&self, tx: &mut Tx) -> Page<()> {
        Ok(tx.platform().hold_role(self.signed.tenant, self.signed.person, S::LEAST).await?)
    }

    /// What waits for somebody.
    pub(crate) fn duties(&self) -> Duties {
        self.duties
    }

    /// Notices this person has not read, up to a limit.
    pub(crate) fn unread(&self) -> i64 {
        self.unread
    }

    /// What the business is called.
    pub(crate) fn business(&self) -> &str {
        &self.signed.business
    }

    /// Whether the person may also do what asks for the role `S`.
    pub(crate) fn may<S: Role>(&self) -> bool {
        holds::<S>(&self.signed.role)
    }

    /// The network the request came from.
    pub(crate) fn network(&self) -> Network {
        self.network
    }

    /// Whether it is one of the platform's staff, in a business that is not theirs.
    pub(crate) fn is_visit(&self) -> bool {
        self.signed.visit.is_some()
    }

    /// The same person, for pages that show more to some.
    pub(crate) fn into_viewer(self) -> Seat<Viewer> {
        let Self { signed, duties, unread, review_due, network, .. } = self;
        Seat { signed, duties, unread, review_due, network, role: PhantomData }
    }

    /// The frame of a page for this person.
    pub(crate) fn frame(&self, title: impl Into<String>, here: Here) -> Frame {
        let who = Who { name: self.signed.name.clone(), business: self.signed.business.clone() };
        let role = self.signed.staff.map(|standing| standing.role);
        let visit = role.zip(self.signed.visit.as_ref()).map(|(role, visit)| VisitBar {
            role: staff::role_words(role),
            reason: visit.reason.clone(),
            until: shown(moment::at(visit.ends_at - 1).date()),
        });
        let frame = Frame::inside(title, here, who, self.duties).unread(self.unread);
        frame.of_staff(role, self.review_due).visiting(visit)
    }
}

impl<R: Role> FromRequestParts<App> for Seat<R> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Some(token) = cookie::token(&parts.headers) else { return Err(to_sign_in(parts)) };
        let session = token.hash();
        match Self::find(session, parts, app).await.map_err(IntoResponse::into_response)? {
            Some(seat) => {
                limit::account(&parts.extensions, app, seat.person()).map_err(IntoResponse::into_response)?;
                if seat.signed.password_rule == PasswordRule::Given {
                    return Err(Redirect::to(CHANGE_PASSWORD).into_response());
                }
                staff::admit(app, &seat.signed, &parts.method, seat.network).await?;
                Ok(seat)
            }
            None => Err(elsewhere(parts, &session, app).await.unwrap_or_else(IntoResponse::into_response)),
        }
    }
}

impl<R: Role> Seat<R> {
    /// The seat of a session; none if it has ended, is not complete, or acts for no business. Staff who visit are still
    /// to be admitted.
    pub(crate) async fn find(session: [u8; 32], parts: &mut Parts, app: &App) -> Page<Option<Self>> {
        let Some((signed, mut tx)) = signed(&session, app).await? else { return Ok(None) };
        telemetry::tenant(signed.tenant);
        if !holds::<R>(&signed.role) {
            tracing::info!(role = signed.role, "a page was refused: the role is too small");
            return Err(Fault::Missing);
        }
        let (duties, unread) = duties(app, &signed, &mut tx).await?;
        let role = signed.staff.map(|standing| standing.role);
        let review_due = staff::review_is_due(app, &mut tx, role).await?;
        drop(tx);
        let Ok(network) = Network::from_request_parts(parts, app).await;
        Ok(Some(Self { signed, duties, unread, review_due, network, role: PhantomData }))
    }
}

/// The first month of products whose missing cost needs attention: a year of them.
pub(crate) fn attention_since(app: &App) -> Month {
    Month(Month::of(app.today()).0 - 11)
}

/// What the navigation counts.
async fn duties(app: &App, signed: &Signed, tx: &mut Tx) -> Page<(Duties, i64)> {
    let mut books = tx.scoped(signed.tenant).await?;
    Ok((books.duties(attention_since(app)).await?, books.unread_notices(signed.person).await?))
}

/// Whoever asks, signed in or not.
pub(crate) struct Visitor(pub(crate) Option<Signed>);

impl FromRequestParts<App> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        Ok(Self(match cookie::token(&parts.headers) {
            Some(token) => signed(&token.hash(), app).await?.map(|(signed, _)| signed),
            None => None,
        }))
    }
}

/// A person who is signed in, whether or not they are in a business.
pub(crate) struct Me {
    pub(crate) person: SessionPerson,
    pub(crate) session: [u8; 32],
    pub(crate) renewal: Renewal,
    pub(crate) network: Network,
}

impl Me {
    /// Who it is.
    pub(crate) fn id(&self) -> PersonId {
        self.person.person
    }

    /// Puts on record, in each of their businesses, what this person does with their own account.
    pub(crate) async fn record(&self, app: &App, tx: &mut Tx, action: Action, object: &str) -> Page<()> {
        record_own(app, tx, (self.id(), self.network), action, object).await
    }
}

/// Puts on record what a person does with their own account: in each of their businesses, and in the platform's log for
/// staff and for those in none. The platform's log comes first, as everywhere: two that wait for each other would never
/// end.
pub(crate) async fn record_own(
    app: &App,
    tx: &mut Tx,
    (person, network): (PersonId, Network),
    action: Action,
    object: &str,
) -> Page<()> {
    let doer = Doer::person(person, network.to_string());
    let businesses = tx.platform().businesses_of(person).await?;
    let standing = tx.platform().standing(person).await?;
    let apart = match standing {
        Some(standing) => Some(Doer::staff(person, standing.role, network.to_string())),
        None => businesses.is_empty().then(|| doer.clone()),
    };
    if let Some(apart) = apart {
        tx.platform().audit(&apart, action, object, app.now()).await?;
    }
    for own in businesses {
        tx.scoped(own.tenant).await?.audit(&doer, action, object, app.now()).await?;
    }
    Ok(())
}

impl FromRequestParts<App> for Me {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Some(token) = cookie::token(&parts.headers) else { return Err(to_sign_in(parts)) };
        let session = token.hash();
        let person = person(&session, app).await.map_err(IntoResponse::into_response)?;
        match person {
            Some(person) if person.is_in() || (person.must_choose_password() && chooses_password(parts)) => {
                limit::account(&parts.extensions, app, person.person).map_err(IntoResponse::into_response)?;
                let Ok(network) = Network::from_request_parts(parts, app).await;
                let renewal = parts.extensions.get().cloned();
                let renewal = renewal.ok_or_else(|| Fault::broken("no renewal").into_response())?;
                Ok(Self { person, session, renewal, network })
            }
            Some(person) if person.must_choose_password() => {
                Err(Redirect::to(CHANGE_PASSWORD).into_response())
            }
            Some(_) => Err(to_code(parts)),
            None => Err(to_sign_in(parts)),
        }
    }
}

/// The account, where the form stands, and sending it.
fn chooses_password(parts: &Parts) -> bool {
    matches!(
        (&parts.method, parts.uri.path()),
        (&Method::GET, "/account") | (&Method::POST, "/account/password")
    )
}

pub(crate) async fn person(session: &[u8], app: &App) -> Page<Option<SessionPerson>> {
    Ok(app.db.read().await?.platform().session_person(session, app.now()).await?)
}

/// Where somebody goes who has no seat: to type a code, to choose a business, or to sign in.
async fn elsewhere(parts: &Parts, session: &[u8], app: &App) -> Page {
    Ok(match person(session, app).await? {
        Some(person) if person.must_choose_password() => Redirect::to(CHANGE_PASSWORD).into_response(),
        Some(person) if person.stage == Stage::Full => staff::without_seat(parts, person.person, app).await?,
        Some(_) => to_code(parts),
        None => to_sign_in(parts),
    })
}

/// Who it is, and the transaction that looked, to look on.
async fn signed(session: &[u8; 32], app: &App) -> Page<Option<(Signed, Tx)>> {
    let now = app.now();
    let mut tx = app.db.read().await?;
    let signed = tx.platform().session(session, now).await?;
    if signed.as_ref().is_some_and(|signed| signed.stale) {
        touch(app, *session, now);
    }
    Ok(signed.map(|signed| (signed, tx)))
}

pub(crate) fn to_sign_in(parts: &Parts) -> Response {
    back_from("/sign-in", parts)
}

pub(crate) fn to_code(parts: &Parts) -> Response {
    back_from("/sign-in/code", parts)
}

/// Comes back to the page that was asked for, if it was one that can be asked for again.
fn back_from(page: &str, parts: &Parts) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if parts.method != Method::GET || path == "/" {
        return Redirect::to(page).into_response();
    }
    let next = encoded(path);
    Redirect::to(&format!("{page}?next={next}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_smaller_ones_may_and_an_unknown_one_nothing() {
        assert!(holds::<Manager>("owner") && holds::<Viewer>("manager") && holds::<Owner>("owner"));
        assert!(!holds::<Manager>("viewer") && !holds::<Owner>("manager"));
        assert!(!holds::<Viewer>("Owner") && !holds::<Viewer>(""));
    }
}
