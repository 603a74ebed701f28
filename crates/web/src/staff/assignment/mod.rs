//! Who of the staff may enter which business: the list, assigning, ending. For senior operations and administrators;
//! everybody may end their own.

mod form;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Assignment, AssignmentFilter, AssignmentId, NewAssignment, PersonId, StaffMember, StaffRole, TenantId,
};
use jiff::ToSpan;

use super::{Anyone, Desk, Senior, done, role_words};
use crate::{
    app::App,
    download::{Download, Downloads, FileName, filled, instant, sheet},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
};

/// Assignments of a page.
const PAGE: i64 = 50;
/// Assignments of a file.
const MOST_FILE: usize = 10_000;
/// How long an assignment lasts if nobody says otherwise.
const USUAL_DAYS: i64 = 30;
/// Businesses offered while typing; any other is found by its number.
const MOST_OFFERED: i64 = 500;
/// The one table of the page.
const TABLE: &str = "Assignments";

#[derive(Template)]
#[template(path = "staff/assignments.html")]
struct AssignmentsPage {
    frame: Frame,
    downloads: Downloads,
    notices: Vec<Notice>,
    filters: Vec<Field>,
    narrow: bool,
    rows: Vec<AssignmentRow>,
    newest: Option<String>,
    older: Option<String>,
    form: Vec<Field>,
}

pub(crate) struct AssignmentRow {
    pub(crate) id: AssignmentId,
    pub(crate) person: PersonId,
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) business: String,
    pub(crate) reason: String,
    pub(crate) by: String,
    pub(crate) since: String,
    pub(crate) until: String,
    /// How it stands, in words and colour.
    pub(crate) state: (&'static str, &'static str),
    pub(crate) ended_by: Option<String>,
    pub(crate) used: String,
    pub(crate) live: bool,
    /// Whether whoever looks may end and renew it.
    pub(crate) may: bool,
}

#[derive(Template)]
#[template(path = "staff/assignment_end.html")]
struct EndPage {
    frame: Frame,
    id: AssignmentId,
    name: String,
    business: String,
    own: bool,
    back: &'static str,
}

/// What is asked for.
#[derive(Default)]
struct Asked {
    person: Option<PersonId>,
    tenant: Option<TenantId>,
    all: bool,
    before: Option<AssignmentId>,
}

impl Asked {
    fn read(params: &Params) -> Page<Self> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0);
        let all = params
            .read("which", "live or all", |text| matches!(text, "live" | "all").then(|| text == "all"))?;
        let tenant = params.read("business", "a business, by its number", form::numbered)?;
        Ok(Self {
            person: params.read("person", "one of the staff", number)?.map(PersonId),
            tenant,
            all: all.unwrap_or(false),
            before: params.read("before", "an assignment", number)?.map(AssignmentId),
        })
    }

    fn filter(&self, now: i64) -> AssignmentFilter {
        let live_at = (!self.all).then_some(now);
        AssignmentFilter { person: self.person, tenant: self.tenant, live_at, before: self.before }
    }

    fn link(&self, before: Option<AssignmentId>) -> Link {
        let pairs = [
            ("person", self.person.map(|person| person.to_string())),
            ("business", self.tenant.map(|tenant| tenant.to_string())),
            ("which", self.all.then(|| "all".to_owned())),
            ("before", before.map(|before| before.to_string())),
        ];
        pairs.into_iter().fold(Link::to("/staff/assignments"), |link, (name, value)| match value {
            Some(value) => link.with(name, &value),
            None => link,
        })
    }
}

/// The list, and the form for one more.
pub(crate) async fn list(State(app): State<App>, desk: Desk<Senior>, params: Params) -> Page {
    let asked = Asked::read(&params)?;
    if let Some(wanted) = Download::read(&params)? {
        return wanted.send(&FileName::of_platform(&app, TABLE), vec![table(&app, &asked).await?]).await;
    }
    let said = match params.one("said") {
        Some("assigned") => Some("They may enter the business from now on. Its owners were told."),
        Some("ended") => {
            Some("The assignment has ended; it opens nothing any more. The owners of the business were told.")
        }
        _ => None,
    };
    let entry = begun(&app, &asked).await?;
    listed(&app, &desk, done(said), &asked, &entry, StatusCode::OK).await
}

/// The form as it begins: for a renewal with whom and where.
async fn begun(app: &App, asked: &Asked) -> Page<Entry> {
    let business = match asked.tenant {
        Some(tenant) => app
            .db
            .read()
            .await?
            .platform()
            .active_business(tenant)
            .await?
            .map(|name| form::with_number(tenant, &name)),
        None => None,
    };
    let person = asked.person.map(|person| person.to_string()).unwrap_or_default();
    let last = app.today().saturating_add(USUAL_DAYS.days());
    Ok(Entry::with(&[
        ("who", &person),
        ("where", business.as_deref().unwrap_or_default()),
        ("last", &last.to_string()),
    ]))
}

/// Assigns one of the staff to a business.
pub(crate) async fn create(State(app): State<App>, desk: Desk<Senior>, mut entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    let Some(checked) = form::check(&app, &desk, &mut entry, &mut tx).await? else {
        drop(tx);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return listed(&app, &desk, Vec::new(), &Asked::default(), &entry, status).await;
    };
    let new = NewAssignment {
        person: checked.person,
        tenant: checked.tenant,
        reason: &checked.reason,
        made_by: desk.person(),
        ends_at: moment::midnight(checked.last.saturating_add(1.day())),
    };
    ecom_work::staff::assign(&mut tx, &new, &desk.doer(), app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/assignments?said=assigned").into_response())
}

/// Asks whether to end an assignment.
pub(crate) async fn ask_end(State(app): State<App>, desk: Desk<Anyone>, Path(id): Path<String>) -> Page {
    let found = may_end(&app, &desk, &id).await?;
    let own = found.person == desk.person();
    page::show(&EndPage {
        frame: desk.frame("Assignments", if own { Here::StaffBusinesses } else { Here::Assignments }),
        id: found.id,
        name: found.name,
        business: found.business,
        own,
        back: if own { "/staff/businesses" } else { "/staff/assignments" },
    })
}

/// Ends it; the owners of the business are told.
pub(crate) async fn end(State(app): State<App>, desk: Desk<Anyone>, Path(id): Path<String>) -> Page {
    let found = may_end(&app, &desk, &id).await?;
    let mut tx = app.db.write().await?;
    let by = Some(desk.person());
    ecom_work::staff::end_assignment(&mut tx, found.id, by, &desk.doer(), app.now()).await?;
    tx.commit().await?;
    let own = found.person == desk.person();
    let next = if own { "/staff/businesses?said=ended" } else { "/staff/assignments?said=ended" };
    Ok(Redirect::to(next).into_response())
}

/// One that is live: one's own, or of somebody whom one may assign.
async fn may_end(app: &App, desk: &Desk<Anyone>, id: &str) -> Page<Assignment> {
    let id: AssignmentId = id.parse().map_err(|_| Fault::Missing)?;
    let found = app.db.read().await?.platform().assignment(id).await?.ok_or(Fault::Missing)?;
    let may = found.person == desk.person() || found.role.is_some_and(|role| desk.role().may_assign(role));
    if may && found.is_live(app.now()) { Ok(found) } else { Err(Fault::Missing) }
}

async fn listed(
    app: &App,
    desk: &Desk<Senior>,
    notices: Vec<Notice>,
    asked: &Asked,
    entry: &Entry,
    status: StatusCode,
) -> Page {
    let now = app.now();
    let mut tx = app.db.read().await?;
    let mut found = tx.platform().assignments(&asked.filter(now), PAGE + 1).await?;
    let staff = tx.platform().staff().await?;
    let businesses = tx.platform().active_businesses(MOST_OFFERED).await?;
    drop(tx);
    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let older = found.last().filter(|_| more).map(|last| asked.link(Some(last.id)).text());
    page::show_as(
        status,
        &AssignmentsPage {
            frame: desk.frame("Assignments", Here::Assignments),
            downloads: Downloads::of(&asked.link(None), &[TABLE]),
            notices,
            filters: filters(asked, &staff),
            narrow: asked.person.is_some() || asked.tenant.is_some() || asked.all,
            rows: found.into_iter().map(|one| row(one, now, desk.role())).collect(),
            newest: asked.before.map(|_| asked.link(None).text()),
            older,
            form: form::fields(entry, &staff, &businesses, desk.role()),
        },
    )
}

fn filters(asked: &Asked, staff: &[StaffMember]) -> Vec<Field> {
    let text = |id: Option<String>| id.unwrap_or_default();
    let (person, business) = (
        text(asked.person.map(|person| person.to_string())),
        text(asked.tenant.map(|tenant| tenant.to_string())),
    );
    let entry = Entry::with(&[
        ("person", &person),
        ("business", &business),
        ("which", if asked.all { "all" } else { "live" }),
    ]);
    let everybody = std::iter::once((String::new(), "everybody".to_owned()));
    let staff = staff.iter().map(|one| (one.person.to_string(), one.name.clone()));
    let which = [("live", "those that hold now"), ("all", "past ones too")];
    vec![
        entry.field("person", "Who").choice(everybody.chain(staff)).optional(),
        entry.field("business", "Number of the business").optional(),
        entry.field("which", "Which").choice(which.map(|(name, words)| (name.to_owned(), words.to_owned()))),
    ]
}

/// How an assignment stands.
pub(crate) fn row(found: Assignment, now: i64, own: StaffRole) -> AssignmentRow {
    let live = found.is_live(now);
    let by_person = found.ended_at.is_some_and(|ended| ended < found.ends_at);
    let state = match (live, by_person) {
        (true, _) => ("holds", Tone::Good.class()),
        (false, true) => ("ended", Tone::Plain.class()),
        (false, false) => ("over", Tone::Plain.class()),
    };
    AssignmentRow {
        id: found.id,
        person: found.person,
        tenant: found.tenant,
        name: found.name,
        role: found.role.map_or("staff no more", role_words),
        business: found.business,
        reason: found.reason,
        by: found.made_by,
        since: moment::day(found.begins_at),
        until: moment::day(found.ended_at.unwrap_or(found.ends_at - 1)),
        state,
        ended_by: found.ended_by.filter(|_| by_person),
        used: found.used_at.map_or_else(|| "never".to_owned(), moment::day),
        live,
        may: found.role.is_some_and(|role| own.may_assign(role)),
    }
}

async fn table(app: &App, asked: &Asked) -> Page<ecom_documents::Sheet> {
    let mut filter = AssignmentFilter { before: None, ..asked.filter(app.now()) };
    let mut tx = app.db.read().await?;
    let mut all = Vec::new();
    loop {
        let found = tx.platform().assignments(&filter, ecom_store::MOST_ASSIGNMENTS).await?;
        let Some(last) = found.last() else { break };
        filter.before = Some(last.id);
        all.extend(found);
        if all.len() > MOST_FILE {
            let most = i64::try_from(MOST_FILE).unwrap_or(i64::MAX);
            return Err(crate::download::too_long(TABLE, most, "a file", "Choose a person or a business."));
        }
    }
    Ok(sheet_of(TABLE, &all))
}

/// Assignments as a table.
pub(crate) fn sheet_of(name: &str, found: &[Assignment]) -> ecom_documents::Sheet {
    let row = |one: &Assignment| {
        let day = |at: Option<i64>| at.map_or(ecom_documents::Value::Empty, |at| instant(at)[0].clone());
        [
            filled(&one.name),
            one.role.map_or("staff no more", role_words).into(),
            filled(&one.business),
            filled(&one.reason),
            filled(&one.made_by),
            day(Some(one.begins_at)),
            day(Some(one.ends_at - 1)),
            day(one.ended_at),
            filled(one.ended_by.as_deref().unwrap_or_default()),
            day(one.used_at),
        ]
    };
    let titles = [
        "Who",
        "Role",
        "Business",
        "Why",
        "Assigned by",
        "From",
        "Until",
        "Ended",
        "Ended by",
        "Last looked",
    ];
    sheet(name, titles, found.iter().map(row))
}
