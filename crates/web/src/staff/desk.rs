//! Who of the staff asks: the permission for their pages, and for businesses they are assigned to. Both are looked up at
//! every request, and open only with a second factor and a password under the rules of the staff.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use ecom_ledger::day::Month;
use ecom_store::{Action, Doer, MemberRole, PersonId, Quarter, Signed, StaffRole, Stage, Standing, Tx};

use crate::{
    app::App,
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment,
    network::Network,
    notice::{Notice, Tone},
    seat::{CHANGE_PASSWORD, person, to_code, to_sign_in},
    session::{PasswordPolicy, cookie},
};

/// A role that a page of the staff asks for; greater ones will do.
pub(crate) trait Rank: Send + Sync {
    /// The least of them.
    const LEAST: StaffRole;
}

/// Anybody of the staff.
pub(crate) struct Anyone;
/// Senior operations.
pub(crate) struct Senior;
/// Administrators.
pub(crate) struct Administrator;

impl Rank for Anyone {
    const LEAST: StaffRole = StaffRole::Support;
}
impl Rank for Senior {
    const LEAST: StaffRole = StaffRole::SeniorOperations;
}
impl Rank for Administrator {
    const LEAST: StaffRole = StaffRole::Administrator;
}

/// One of the staff, with at least the role `R`, on the pages of the platform.
pub(crate) struct Desk<R> {
    person: PersonId,
    name: String,
    role: StaffRole,
    review_due: bool,
    network: Network,
    session: [u8; 32],
    rank: PhantomData<R>,
}

impl<R: Rank> Desk<R> {
    pub(crate) fn person(&self) -> PersonId {
        self.person
    }

    /// What they are called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn role(&self) -> StaffRole {
        self.role
    }

    /// Whether they may do what asks for another role.
    pub(crate) fn may(&self, least: StaffRole) -> bool {
        self.role >= least
    }

    /// Names the session: the hash of its token.
    pub(crate) fn session(&self) -> &[u8] {
        &self.session
    }

    /// Who acts, for the record.
    pub(crate) fn doer(&self) -> Doer {
        Doer::staff(self.person, self.role, self.network.to_string())
    }

    /// Puts on the platform's record what they do, in the transaction of the deed.
    pub(crate) async fn audit(&self, app: &App, tx: &mut Tx, action: Action, object: &str) -> Page<()> {
        Ok(tx.platform().audit(&self.doer(), action, object, app.now()).await?)
    }

    /// The frame of a page of the staff.
    pub(crate) fn frame(&self, title: &str, here: Here) -> Frame {
        Frame::desk(title, here, self.name.clone(), self.role).of_staff(Some(self.role), self.review_due)
    }

    /// Says that the review of this quarter is due, to those who do it.
    pub(crate) fn review_notice(&self) -> Option<Notice> {
        let words = "Every role and every assignment is looked at once in a quarter, and kept or ended.";
        let due = Notice::new(Tone::Attention, "The access review of this quarter is due", words);
        self.review_due.then(|| due.link("Begin or go on", "/staff/review"))
    }
}

impl<R: Rank> FromRequestParts<App> for Desk<R> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Some(token) = cookie::token(&parts.headers) else { return Err(to_sign_in(parts)) };
        let session = token.hash();
        let found = staff_of(&session, app).await.map_err(IntoResponse::into_response)?;
        let Some((id, name, standing, mut tx)) = found else {
            return Err(nobody(parts, &session, app).await.unwrap_or_else(IntoResponse::into_response));
        };
        if standing.role < R::LEAST {
            return Err(Fault::Missing.into_response());
        }
        if let Some(lead) = lead(&standing, app.now()) {
            return Err(Redirect::to(lead).into_response());
        }
        let review_due =
            review_is_due(app, &mut tx, Some(standing.role)).await.map_err(IntoResponse::into_response)?;
        drop(tx);
        let Ok(network) = Network::from_request_parts(parts, app).await;
        let (person, role) = (id, standing.role);
        Ok(Self { person, name, role, review_due, network, session, rank: PhantomData })
    }
}

async fn staff_of(session: &[u8; 32], app: &App) -> Page<Option<(PersonId, String, Standing, Tx)>> {
    let mut tx = app.db.read().await?;
    let found = tx.platform().staff_session(session, app.now()).await?;
    Ok(found.map(|(person, name, standing)| (person, name, standing, tx)))
}

/// The pages of the staff are not there for anybody else.
async fn nobody(parts: &Parts, session: &[u8], app: &App) -> Page {
    match person(session, app).await? {
        Some(person) if person.stage == Stage::Full => Err(Fault::Missing),
        Some(_) => Ok(to_code(parts)),
        None => Ok(to_sign_in(parts)),
    }
}

/// Where one of the staff must go before anything else.
fn lead(standing: &Standing, now: i64) -> Option<&'static str> {
    if PasswordPolicy::Staff.due(standing.password, now).is_some() {
        return Some(CHANGE_PASSWORD);
    }
    (!standing.second_factor).then_some("/account/codes")
}

/// Lets one of the staff into a business that is not theirs, and puts it on record once a day. Members pass.
pub(crate) async fn admit(
    app: &App,
    signed: &Signed,
    method: &Method,
    network: Network,
) -> Result<(), Response> {
    let (Some(visit), Some(standing)) = (&signed.visit, signed.staff) else { return Ok(()) };
    let now = app.now();
    if let Some(lead) = lead(&standing, now) {
        return Err(Redirect::to(lead).into_response());
    }
    let looks = standing.role.within_business() == MemberRole::Viewer;
    if looks && !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Fault::Missing.into_response());
    }
    let day_began = moment::midnight(app.today());
    if visit.used_at.is_none_or(|used_at| used_at < day_began) {
        note_use(app, signed, day_began, network).await.map_err(IntoResponse::into_response)?;
    }
    Ok(())
}

/// What cannot be put on record is not shown: a failure here is one of the page.
async fn note_use(app: &App, signed: &Signed, day_began: i64, network: Network) -> Page<()> {
    let Some(visit) = &signed.visit else { return Ok(()) };
    let (now, id) = (app.now(), visit.assignment);
    let mut tx = app.db.write().await?;
    if tx.platform().use_assignment(id, day_began, now).await? {
        let mut books = tx.scoped(signed.tenant).await?;
        let doer = signed.doer(network.to_string());
        books.audit(&doer, Action::UseAssignment, &format!("people/staff/{id}"), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Where somebody goes who is signed in and has no seat. Of a business whose assignment has ended there is nothing left
/// for the staff; the first page leads them to their own.
pub(crate) async fn without_seat(parts: &Parts, person: PersonId, app: &App) -> Page {
    let mut tx = app.db.read().await?;
    if tx.platform().standing(person).await?.is_none() {
        return Ok(Redirect::to("/businesses").into_response());
    }
    let member = !tx.platform().businesses_of(person).await?.is_empty();
    match parts.uri.path() {
        "/" if member => Ok(Redirect::to("/businesses").into_response()),
        "/" => Ok(Redirect::to("/staff").into_response()),
        _ => Err(Fault::Missing),
    }
}

/// The quarter of a day in India, and when it began.
pub(super) fn quarter(app: &App) -> (Quarter, i64) {
    let (quarter, first) = Quarter::of(Month::of(app.today()));
    (quarter, moment::midnight(first.first_date()))
}

/// Whether the review of this quarter waits for somebody in this role.
pub(crate) async fn review_is_due(app: &App, tx: &mut Tx, role: Option<StaffRole>) -> Page<bool> {
    if role != Some(StaffRole::Administrator) {
        return Ok(false);
    }
    let (quarter, began_at) = quarter(app);
    Ok(tx.platform().review_is_due(quarter, began_at).await?)
}
