//! Who is staff: the list, adding by address, changing a role, ending it. For administrators.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Action, LiveToken, NewToken, PersonId, Purpose, StaffMember, StaffRole, StoreError, Tx, fold_email,
};
use ecom_vault::{from_hex, to_hex};
use ecom_work::mail::Letter;

use super::{Administrator, Desk, done, role_meaning, role_words};
use crate::{
    account::is_email,
    app::App,
    download::{Download, Downloads, FileName, filled, instant, sheet},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment,
    notice::Notice,
    page,
    params::{Link, Params},
    post::{self, Reader},
    session::cookie::Token,
};

/// Invitations that may be open at the same time.
const MOST_OPEN: usize = 100;
/// Roles that ended and are shown.
const MOST_PAST: i64 = 100;
/// Tables in the order of the page.
const TABLES: [&str; 2] = ["Staff", "Roles that ended"];

#[derive(Template)]
#[template(path = "staff/people.html")]
struct PeoplePage {
    frame: Frame,
    downloads: Downloads,
    notices: Vec<Notice>,
    /// Address, link, and whether a mail goes.
    link: Option<(String, String, bool)>,
    rows: Vec<StaffRow>,
    invitations: Vec<InvitationRow>,
    form: Vec<Field>,
    past: Vec<PastRow>,
}

struct StaffRow {
    person: PersonId,
    name: String,
    email: String,
    words: &'static str,
    roles: Vec<(&'static str, &'static str, bool)>,
    since: String,
    by: String,
    second_factor: bool,
    here: bool,
}

struct InvitationRow {
    id: String,
    email: String,
    words: &'static str,
    by: String,
    until: String,
}

struct PastRow {
    name: String,
    words: &'static str,
    since: String,
    ended: String,
}

#[derive(Template)]
#[template(path = "staff/end.html")]
struct EndPage {
    frame: Frame,
    person: PersonId,
    name: String,
    words: &'static str,
    here: bool,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, desk: Desk<Administrator>, params: Params) -> Page {
    if let Some(wanted) = Download::read(&params)? {
        let mut tx = app.db.read().await?;
        let (staff, past) = (tx.platform().staff().await?, tx.platform().past_staff(MOST_PAST).await?);
        drop(tx);
        let sheets = vec![table(TABLES[0], &staff), table(TABLES[1], &past)];
        return wanted.send(&FileName::of_platform(&app, "staff"), sheets).await;
    }
    let said = match params.one("said") {
        Some("added") => Some("They are of the staff now. They see it the next time they open a page."),
        Some("role") => Some("The role is changed. It holds from the next page they open."),
        Some("ended") => {
            Some("They are of the staff no more. Their assignments have ended, and the businesses were told.")
        }
        Some("revoked") => Some("The invitation is taken back; its link works no more."),
        _ => None,
    };
    listed(&app, &desk, done(said), None, &Entry::with(&[("role", "support")]), StatusCode::OK).await
}

fn table(name: &str, found: &[StaffMember]) -> ecom_documents::Sheet {
    let row = |one: &StaffMember| {
        let [since, _] = instant(one.since);
        let ended = one.ended_at.map_or(ecom_documents::Value::Empty, |at| {
            let [day, _] = instant(at);
            day
        });
        let factor = if one.second_factor { "yes" } else { "password only" };
        let by = one.made_by.as_deref().unwrap_or("a command");
        [
            filled(&one.name),
            filled(&one.email),
            role_words(one.role).into(),
            since,
            ended,
            by.into(),
            factor.into(),
        ]
    };
    sheet(
        name,
        ["Name", "E-mail", "Role", "Since", "Until", "Made by", "Second factor"],
        found.iter().map(row),
    )
}

/// Makes somebody staff who has an account, or invites whoever has this address.
pub(crate) async fn add(State(app): State<App>, desk: Desk<Administrator>, mut entry: Entry) -> Page {
    let email = entry.text("email", 254, "Type their e-mail address.");
    if !email.is_empty() && !is_email(&email) {
        entry.refuse("email", "An e-mail address looks like asha@example.in.");
    }
    let role = StaffRole::from_name(entry.raw("role"));
    if role.is_none() {
        entry.refuse("role", "Choose a role.");
    }
    let mut tx = app.db.write().await?;
    check(&app, &mut entry, &mut tx, &email).await?;
    let Some(role) = role.filter(|_| entry.is_good()) else {
        drop(tx);
        return listed(&app, &desk, Vec::new(), None, &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    if let Some(login) = tx.platform().login(&email).await? {
        tx.platform().add_staff(login.id, role, Some(desk.person()), app.now()).await?;
        desk.audit(&app, &mut tx, Action::AddStaff, &format!("staff/people/{}", login.id)).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/staff/people?said=added").into_response());
    }
    let (link, sent) = invite(&app, &desk, &mut tx, &email, role).await?;
    tx.commit().await?;
    app.bell.ring();
    let fresh = Entry::with(&[("role", "support")]);
    listed(&app, &desk, Vec::new(), Some((email, link, sent)), &fresh, StatusCode::OK).await
}

async fn check(app: &App, entry: &mut Entry, tx: &mut Tx, email: &str) -> Page<()> {
    let folded = fold_email(email);
    if tx.platform().staff().await?.iter().any(|one| fold_email(&one.email) == folded) {
        entry.refuse("email", "They are of the staff already. Change their role below.");
    }
    if tx.platform().staff_invitations(app.now()).await?.len() >= MOST_OPEN {
        entry.refuse("email", format!("{MOST_OPEN} invitations are open. Take some back first."));
    }
    Ok(())
}

async fn invite(
    app: &App,
    desk: &Desk<Administrator>,
    tx: &mut Tx,
    email: &str,
    role: StaffRole,
) -> Page<(String, bool)> {
    let token = Token::random()?;
    let hash = token.hash();
    let invitation = NewToken {
        hash: &hash,
        purpose: Purpose::Staff,
        person: None,
        tenant: None,
        email,
        role: role.name(),
        made_by: Some(desk.person()),
    };
    tx.platform().issue_token(&invitation, app.now()).await?;
    let letter = Letter::StaffInvitation {
        inviter: desk.name().to_owned(),
        role: role_words(role).to_owned(),
        page: "/staff/invitations/".to_owned(),
        until: app.now().saturating_add(Purpose::Staff.lasts()),
    };
    let cause = format!("staff-invitation:{}", to_hex(&hash));
    let reader = Reader { person: None, name: "", email };
    let sent = post::write(app, &mut tx.platform(), (&cause, None), reader, &letter, Some(&token)).await?;
    desk.audit(app, tx, Action::InviteStaff, "staff/people").await?;
    Ok((format!("{}/staff/invitations/{}", app.settings.public_url(), token.text()), sent))
}

/// Takes an invitation back.
pub(crate) async fn revoke(State(app): State<App>, desk: Desk<Administrator>, entry: Entry) -> Page {
    let hash = from_hex::<32>(entry.raw("id")).ok_or(Fault::Missing)?;
    let mut tx = app.db.write().await?;
    tx.platform().revoke_staff_invitation(&hash).await?;
    desk.audit(&app, &mut tx, Action::RevokeStaffInvitation, "staff/people").await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/people?said=revoked").into_response())
}

/// Gives one of the staff another role.
pub(crate) async fn change_role(
    State(app): State<App>,
    desk: Desk<Administrator>,
    Path(id): Path<String>,
    entry: Entry,
) -> Page {
    let person: PersonId = id.parse().map_err(|_| Fault::Missing)?;
    let role = StaffRole::from_name(entry.raw("role")).ok_or_else(|| {
        Fault::invalid("role", "Choose support, account manager, senior operations or administrator.")
    })?;
    let mut tx = app.db.write().await?;
    tx.platform().set_staff_role(person, role, Some(desk.person()), app.now()).await.map_err(last_one)?;
    desk.audit(&app, &mut tx, Action::ChangeStaffRole, &format!("staff/people/{person}")).await?;
    tx.commit().await?;
    // Whoever gave up their own role may not see this page any more.
    let next = if person == desk.person() { "/staff" } else { "/staff/people?said=role" };
    Ok(Redirect::to(next).into_response())
}

/// Asks whether to end that somebody is staff.
pub(crate) async fn ask_end(
    State(app): State<App>,
    desk: Desk<Administrator>,
    Path(id): Path<String>,
) -> Page {
    let person: PersonId = id.parse().map_err(|_| Fault::Missing)?;
    let found = app.db.read().await?.platform().staff_member(person).await?.ok_or(Fault::Missing)?;
    page::show(&EndPage {
        frame: desk.frame("Who is staff", Here::StaffPeople),
        person,
        name: found.name,
        words: role_words(found.role),
        here: person == desk.person(),
    })
}

/// Ends it, with every assignment of theirs.
pub(crate) async fn end(State(app): State<App>, desk: Desk<Administrator>, Path(id): Path<String>) -> Page {
    let person: PersonId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    ecom_work::staff::end_staff(&mut tx, person, Some(desk.person()), &desk.doer(), app.now())
        .await
        .map_err(last_one)?;
    tx.commit().await?;
    let next = if person == desk.person() { "/businesses" } else { "/staff/people?said=ended" };
    Ok(Redirect::to(next).into_response())
}

pub(super) fn last_one(error: StoreError) -> Fault {
    match error {
        StoreError::Conflict(words) if words.contains("keeps an administrator") => Fault::Conflict(
            "The platform keeps an administrator. Make somebody else one first, then change or end this."
                .to_owned(),
        ),
        other => other.into(),
    }
}

async fn listed(
    app: &App,
    desk: &Desk<Administrator>,
    notices: Vec<Notice>,
    link: Option<(String, String, bool)>,
    entry: &Entry,
    status: StatusCode,
) -> Page {
    let mut tx = app.db.read().await?;
    let staff = tx.platform().staff().await?;
    let invitations = tx.platform().staff_invitations(app.now()).await?;
    let past = tx.platform().past_staff(MOST_PAST).await?;
    drop(tx);
    page::show_as(
        status,
        &PeoplePage {
            frame: desk.frame("Who is staff", Here::StaffPeople),
            downloads: Downloads::of(&Link::to("/staff/people"), &TABLES),
            notices,
            link,
            rows: staff.into_iter().map(|one| row(one, desk.person())).collect(),
            invitations: invitations.into_iter().map(invitation_row).collect(),
            form: fields(entry),
            past: past.into_iter().map(past_row).collect(),
        },
    )
}

fn fields(entry: &Entry) -> Vec<Field> {
    let roles = StaffRole::ALL.map(|role| (role.name().to_owned(), role_meaning(role).to_owned()));
    vec![
        entry
            .field("email", "Their e-mail address")
            .kind("email")
            .hint("Whoever has an account is added at once; anybody else is invited."),
        entry.field("role", "What they may do").choice(roles),
    ]
}

fn row(one: StaffMember, own: PersonId) -> StaffRow {
    StaffRow {
        here: one.person == own,
        person: one.person,
        name: one.name,
        email: one.email,
        words: role_words(one.role),
        roles: StaffRole::ALL.map(|role| (role.name(), role_words(role), role == one.role)).into(),
        since: moment::day(one.since),
        by: one.made_by.unwrap_or_else(|| "a command".to_owned()),
        second_factor: one.second_factor,
    }
}

fn invitation_row(one: LiveToken) -> InvitationRow {
    InvitationRow {
        id: to_hex(&one.hash),
        words: StaffRole::from_name(&one.role).map_or("", role_words),
        email: one.email,
        by: one.made_by.unwrap_or_default(),
        until: moment::day(one.expires_at),
    }
}

fn past_row(one: StaffMember) -> PastRow {
    PastRow {
        name: one.name,
        words: role_words(one.role),
        since: moment::day(one.since),
        ended: one.ended_at.map(moment::day).unwrap_or_default(),
    }
}
