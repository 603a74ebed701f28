//! The people of a business: who is in it, in which role; inviting, changing, taking out, leaving.

mod download;
pub(crate) mod invitation;
pub(crate) mod ownership;
pub(crate) mod removal;
pub(crate) mod staff;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, LiveToken, Member, MemberRole, NewToken, PersonId, Purpose};
use ecom_vault::{from_hex, to_hex};
use ecom_work::mail::{Letter, Role};

use crate::{
    account::check_email,
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    period::shown,
    post::{self, Reader},
    seat::{Owner, Role as AnyRole, Seat, Viewer},
    session::{Quota, cookie::Token},
};

/// Invitations of one business that may be open at the same time.
const MOST_OPEN: usize = 100;

#[derive(Template)]
#[template(path = "member/list.html")]
struct PeoplePage {
    frame: Frame,
    downloads: Downloads,
    notices: Vec<Notice>,
    link: Option<(String, String, bool)>,
    business: String,
    members: Vec<MemberRow>,
    invitations: Vec<InvitationRow>,
    form: Option<Vec<Field>>,
    may: bool,
}

struct MemberRow {
    id: PersonId,
    name: String,
    email: String,
    words: &'static str,
    roles: Vec<(&'static str, &'static str, bool)>,
    since: String,
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

/// What a role is called, with what it may.
pub(crate) fn role_words(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "owner",
        MemberRole::Manager => "manager",
        MemberRole::Viewer => "viewer",
    }
}

/// The list.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    if let Some(wanted) = Download::read(&params)? {
        let (members, invitations) = found(&app, &seat).await?;
        let mut tables = vec![download::members(&members), download::invitations(&invitations)];
        tables.truncate(tables_for(&seat).len());
        return wanted.send(&FileName::today(&app, &seat, "people"), tables).await;
    }
    let said = match params.one("said") {
        Some("role") => Some("The role is changed. It holds from the next page they open."),
        Some("ownership") => Some("They are an owner now."),
        Some("removed") => Some("They are out of the business, and see nothing of it any more."),
        Some("revoked") => Some("The invitation is taken back; its link works no more."),
        Some("joined") => Some("You are in."),
        _ => None,
    };
    let notices = said.map(|said| Notice::new(Tone::Good, "Done", said)).into_iter().collect();
    listed(&app, &seat, notices, None, &Entry::with(&[("role", "viewer")]), StatusCode::OK).await
}

/// Invites somebody: makes a link that works once.
pub(crate) async fn invite(State(app): State<App>, seat: Seat<Owner>, mut entry: Entry) -> Page {
    let seat = seat.into_viewer();
    let email = check_email(&mut entry);
    let role = MemberRole::from_name(entry.raw("role"));
    if role.is_none() {
        entry.refuse("role", "Choose a role.");
    }
    let mut tx = app.db.write().await?;
    seat.hold::<Owner>(&mut tx).await?;
    check_invitation(&mut entry, &mut tx, &seat, &email, app.now()).await?;
    if entry.is_good() {
        limit(&mut entry, &mut tx, &seat, &email, app.now()).await?;
    }
    let Some(role) = role.filter(|_| entry.is_good()) else {
        drop(tx);
        return listed(&app, &seat, Vec::new(), None, &entry, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    // What is shown here follows from what goes by mail, and not the other way: who has the latter reads that mailbox.
    let token = Token::random()?;
    let shown = token.shown();
    let invitation = NewToken {
        hash: &shown.hash(),
        purpose: Purpose::Invite,
        person: None,
        tenant: Some(seat.tenant()),
        email: &email,
        role: role.name(),
        made_by: Some(seat.person()),
    };
    tx.platform().issue_token(&invitation, app.now()).await?;
    let sent = send(&app, &mut tx, &seat, (&email, role), &token).await?;
    seat.audit(&app, &mut seat.books(&mut tx).await?, Action::Invite, "people").await?;
    tx.commit().await?;
    app.bell.ring();
    let link = format!("{}/invitations/{}", app.settings.public_url(), shown.text());
    let fresh = Entry::with(&[("role", "viewer")]);
    listed(&app, &seat, Vec::new(), Some((email, link, sent)), &fresh, StatusCode::OK).await
}

/// Sends the link by mail, if this server sends any; the business sees it in its record.
async fn send(
    app: &App,
    tx: &mut ecom_store::Tx,
    seat: &Seat<Viewer>,
    (email, role): (&str, MemberRole),
    token: &Token,
) -> Page<bool> {
    let mut platform = tx.platform();
    let inviter = platform.profile(seat.person()).await?.map(|own| own.name).unwrap_or_default();
    let letter = Letter::Invitation {
        business: seat.business().to_owned(),
        inviter,
        role: match role {
            MemberRole::Owner => Role::Owner,
            MemberRole::Manager => Role::Manager,
            MemberRole::Viewer => Role::Viewer,
        },
        page: "/invitations/".to_owned(),
        until: app.now().saturating_add(Purpose::Invite.lasts()),
    };
    let cause = format!("invitation:{}:{}", seat.tenant(), to_hex(&token.hash()));
    let reader = Reader { person: None, name: "", email };
    post::write(app, &mut platform, (&cause, Some(seat.tenant())), reader, &letter, Some(token)).await
}

async fn check_invitation(
    entry: &mut Entry,
    tx: &mut ecom_store::Tx,
    seat: &Seat<Viewer>,
    email: &str,
    now: i64,
) -> Page<()> {
    let folded = ecom_store::fold_email(email);
    let members = tx.platform().members(seat.tenant()).await?;
    if members.iter().any(|member| ecom_store::fold_email(&member.email) == folded) {
        entry.refuse("email", "They are in this business already. Change their role below.");
    }
    let open = tx.platform().invitations(seat.tenant(), now).await?;
    if open.len() >= MOST_OPEN {
        entry.refuse("email", format!("{MOST_OPEN} invitations are open. Take some back first."));
    }
    Ok(())
}

/// Invitations are mail to addresses that anybody may type.
async fn limit(
    entry: &mut Entry,
    tx: &mut ecom_store::Tx,
    seat: &Seat<Viewer>,
    email: &str,
    now: i64,
) -> Page<()> {
    if let Some(minutes) = Quota::of_invitation(seat.tenant(), email).take(&mut tx.platform(), now).await? {
        let words = format!(
            "Many invitations went out, to this address or from this business. Wait {minutes} min, then try again."
        );
        entry.refuse("email", words);
    }
    Ok(())
}

/// Takes an invitation back.
pub(crate) async fn revoke(State(app): State<App>, seat: Seat<Owner>, entry: Entry) -> Page {
    let token = from_hex::<32>(entry.raw("id")).ok_or(Fault::Missing)?;
    let mut tx = app.db.write().await?;
    seat.hold::<Owner>(&mut tx).await?;
    tx.platform().revoke_invitation(seat.tenant(), &token).await?;
    seat.audit(&app, &mut seat.books(&mut tx).await?, Action::RevokeInvitation, "people").await?;
    tx.commit().await?;
    Ok(Redirect::to("/people?said=revoked").into_response())
}

/// Gives a member another role.
pub(crate) async fn change_role(
    State(app): State<App>,
    seat: Seat<Owner>,
    Path(id): Path<String>,
    entry: Entry,
) -> Page {
    let person: PersonId = id.parse().map_err(|_| Fault::Missing)?;
    let role = MemberRole::from_name(entry.raw("role"))
        .ok_or_else(|| Fault::invalid("role", "Choose owner, manager or viewer."))?;
    if role == MemberRole::Owner && person != seat.person() {
        let person = found_member(&app, &seat, person).await?.person;
        return Ok(Redirect::to(&format!("/people/{person}/ownership")).into_response());
    }
    let mut tx = app.db.write().await?;
    seat.hold::<Owner>(&mut tx).await?;
    tx.platform().set_member_role(seat.tenant(), person, role).await.map_err(last_owner)?;
    let object = format!("people/{person}");
    seat.audit(&app, &mut seat.books(&mut tx).await?, Action::ChangeRole, &object).await?;
    tx.commit().await?;
    Ok(Redirect::to("/people?said=role").into_response())
}

async fn found_member<R: AnyRole>(app: &App, seat: &Seat<R>, person: PersonId) -> Page<Member> {
    let members = app.db.read().await?.platform().members(seat.tenant()).await?;
    members.into_iter().find(|member| member.person == person).ok_or(Fault::Missing)
}

fn last_owner(error: ecom_store::StoreError) -> Fault {
    match error {
        ecom_store::StoreError::Conflict(_) => Fault::Conflict(
            "A business keeps an owner. Make somebody else an owner first, then change or leave.".to_owned(),
        ),
        other => other.into(),
    }
}

/// The tables that somebody sees: invitations are for owners.
fn tables_for(seat: &Seat<Viewer>) -> &'static [&'static str] {
    if seat.may::<Owner>() { &download::TABLES } else { &download::TABLES[..1] }
}

/// Members, and for owners the open invitations.
async fn found(app: &App, seat: &Seat<Viewer>) -> Page<(Vec<Member>, Vec<LiveToken>)> {
    let mut tx = app.db.read().await?;
    let members = tx.platform().members(seat.tenant()).await?;
    let may = seat.may::<Owner>();
    let open = if may { tx.platform().invitations(seat.tenant(), app.now()).await? } else { Vec::new() };
    Ok((members, open))
}

async fn listed(
    app: &App,
    seat: &Seat<Viewer>,
    notices: Vec<Notice>,
    link: Option<(String, String, bool)>,
    entry: &Entry,
    status: StatusCode,
) -> Page {
    let may = seat.may::<Owner>();
    let (members, invitations) = found(app, seat).await?;
    page::show_as(
        status,
        &PeoplePage {
            frame: seat.frame("People", Here::People),
            downloads: Downloads::of(&Link::to("/people"), tables_for(seat)),
            notices,
            link,
            business: seat.business().to_owned(),
            members: members.into_iter().map(|member| member_row(member, seat)).collect(),
            invitations: invitations.into_iter().map(invitation_row).collect(),
            form: may.then(|| fields(entry)),
            may,
        },
    )
}

fn fields(entry: &Entry) -> Vec<Field> {
    let roles = [
        ("viewer", "Viewer: looks at everything, changes nothing"),
        ("manager", "Manager: works in the books, but not with people"),
        ("owner", "Owner: everything"),
    ];
    let roles = roles.map(|(name, words)| (name.to_owned(), words.to_owned()));
    vec![
        entry.field("email", "Their e-mail address").kind("email"),
        entry.field("role", "What they may do").choice(roles),
    ]
}

fn member_row(member: Member, seat: &Seat<Viewer>) -> MemberRow {
    MemberRow {
        here: member.person == seat.person(),
        id: member.person,
        name: member.name,
        email: member.email,
        words: role_words(member.role),
        roles: MemberRole::ALL.map(|role| (role.name(), role_words(role), role == member.role)).into(),
        since: day(member.since),
        second_factor: member.second_factor,
    }
}

fn invited_as(invitation: &LiveToken) -> &'static str {
    MemberRole::from_name(&invitation.role).map_or("", role_words)
}

fn invitation_row(invitation: LiveToken) -> InvitationRow {
    InvitationRow {
        id: to_hex(&invitation.hash),
        words: invited_as(&invitation),
        email: invitation.email,
        by: invitation.made_by.unwrap_or_default(),
        until: day(invitation.expires_at),
    }
}

fn day(micros: i64) -> String {
    shown(moment::at(micros).date())
}
