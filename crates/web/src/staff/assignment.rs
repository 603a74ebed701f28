//! Who of the staff may enter which business: the list, assigning, ending. For senior operations and administrators;
//! everybody may end their own.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Assignment, AssignmentFilter, AssignmentId, MOST_ASSIGNED_DAYS, MOST_REASON, NewAssignment, PersonId,
    StaffMember, StaffRole, TenantId, Tx,
};
use jiff::{ToSpan, civil::Date};

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
/// Shortest reason in characters: one word explains nothing.
const LEAST_REASON: usize = 10;
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
        let tenant = params.read("business", "a business, by its number", numbered)?;
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

/// `Kurta House (no. 12)`: the number alone will do.
fn numbered(text: &str) -> Option<TenantId> {
    let text = text.trim().trim_end_matches(')');
    let digits =
        text.rsplit(|letter: char| !letter.is_ascii_digit()).next().filter(|digits| !digits.is_empty())?;
    digits.parse().ok().filter(|number| *number > 0).map(TenantId)
}

fn with_number(tenant: TenantId, name: &str) -> String {
    format!("{name} (no. {tenant})")
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
            .map(|name| with_number(tenant, &name)),
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
    let Some((person, tenant, reason, last)) = check(&app, &desk, &mut entry, &mut tx).await? else {
        drop(tx);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return listed(&app, &desk, Vec::new(), &Asked::default(), &entry, status).await;
    };
    let ends_at = moment::midnight(last.saturating_add(1.day()));
    let new = NewAssignment { person, tenant, reason: &reason, made_by: desk.person(), ends_at };
    ecom_work::staff::assign(&mut tx, &new, &desk.doer(), app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/assignments?said=assigned").into_response())
}

async fn check(
    app: &App,
    desk: &Desk<Senior>,
    entry: &mut Entry,
    tx: &mut Tx,
) -> Page<Option<(PersonId, TenantId, String, Date)>> {
    let person = entry.raw("who").parse().ok().map(PersonId);
    let member = match person {
        Some(person) => tx.platform().staff_member(person).await?,
        None => None,
    };
    match &member {
        None => entry.refuse("who", "Choose one of the staff."),
        Some(member) if !desk.role().may_assign(member.role) => {
            entry.refuse("who", "Only an administrator assigns senior operations and administrators.");
        }
        Some(_) => {}
    }
    let tenant = numbered(entry.raw("where"));
    let known = match tenant {
        Some(tenant) => tx.platform().active_business(tenant).await?.is_some(),
        None => false,
    };
    if !known {
        entry.refuse("where", "Choose a business from the list, or type its number.");
    }
    let reason = check_reason(entry);
    let last = check_last(entry, app.today());
    let good = entry.is_good();
    Ok(member
        .zip(tenant)
        .zip(last)
        .filter(|_| good)
        .map(|((member, tenant), last)| (member.person, tenant, reason, last)))
}

fn check_reason(entry: &mut Entry) -> String {
    let reason = entry.text("reason", MOST_REASON, "Type why: the business reads it.");
    if !reason.is_empty() && reason.chars().count() < LEAST_REASON {
        entry.refuse("reason", "Say a little more: the business reads it.");
    }
    if reason.split_whitespace().any(looks_secret) {
        entry.refuse(
            "reason",
            "This looks like a password, key or address. Leave it out: everybody in the business reads it.",
        );
    }
    reason
}

/// A long word of letters and digits is a key, a token or a password; a word with `@` an address.
fn looks_secret(word: &str) -> bool {
    const LONG: usize = 20;
    let (letters, digits) =
        (word.chars().any(char::is_alphabetic), word.chars().any(|letter| letter.is_ascii_digit()));
    let known = ["Atzr|", "Atza|", "amzn1.", "-----BEGIN"].iter().any(|start| word.starts_with(start));
    known || word.contains('@') || (word.chars().count() >= LONG && letters && digits)
}

fn check_last(entry: &mut Entry, today: Date) -> Option<Date> {
    let last = entry.day("last");
    let latest = today.saturating_add(MOST_ASSIGNED_DAYS.days());
    match last {
        None => entry.refuse("last", "Type the last day."),
        Some(last) if last < today => entry.refuse("last", "This day is over."),
        Some(last) if last > latest => {
            entry.refuse(
                "last",
                format!("At most {MOST_ASSIGNED_DAYS} days: until {latest}. It can be renewed then."),
            );
        }
        Some(_) => {}
    }
    last
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
            form: fields(entry, &staff, &businesses, desk.role()),
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

fn fields(
    entry: &Entry,
    staff: &[StaffMember],
    businesses: &[(TenantId, String)],
    own: StaffRole,
) -> Vec<Field> {
    let choose = std::iter::once((String::new(), "Choose one of the staff".to_owned()));
    let may = staff.iter().filter(|one| own.may_assign(one.role));
    let may = may.map(|one| (one.person.to_string(), format!("{}, {}", one.name, role_words(one.role))));
    let offered = businesses.iter().map(|(tenant, name)| with_number(*tenant, name));
    vec![
        entry.field("who", "Who may enter").choice(choose.chain(may)),
        entry
            .field("where", "Which business")
            .hint("Its name from the list, or its number.")
            .suggesting(offered),
        entry.field("reason", "Why").hint(
            "The business reads it: what they are to do there. No passwords, keys or names of customers.",
        ),
        entry
            .field("last", "Last day")
            .kind("date")
            .hint(format!("At most {MOST_ASSIGNED_DAYS} days from today.")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_is_found_by_its_number_however_it_is_written() {
        for text in ["12", " 12 ", "Kurta House (no. 12)", "Shop 24 (no. 12)", "no. 12"] {
            assert_eq!(numbered(text), Some(TenantId(12)), "{text}");
        }
        for text in ["", "Kurta House", "0", "(no. )", "12x", "99999999999999999999"] {
            assert_eq!(numbered(text), None, "{text}");
        }
    }

    #[test]
    fn what_looks_secret_is_no_reason() {
        for reason in
            ["key Atzr|IwEBIF", "see asha@example.in", "sk9f8a7s6d5f4g3h2j1kXX now", "amzn1.application.x y"]
        {
            let mut entry = Entry::with(&[("reason", reason)]);
            check_reason(&mut entry);
            assert!(entry.error("reason").is_some_and(|words| words.contains("looks like")), "{reason}");
        }
        for reason in ["Ticket SUP-2026-1234: settlement of May", "Sets up costs for Q3, as agreed by phone"]
        {
            let mut entry = Entry::with(&[("reason", reason)]);
            assert_eq!(check_reason(&mut entry), reason);
            assert!(entry.is_good(), "{reason}");
        }
        for short in ["", "help", &"x".repeat(201)] {
            let mut entry = Entry::with(&[("reason", short)]);
            check_reason(&mut entry);
            assert!(!entry.is_good(), "{short}");
        }
    }

    #[test]
    fn an_assignment_ends_within_ninety_days() {
        let today: Date = "2026-10-08".parse().unwrap();
        let fault = |last: &str| {
            let mut entry = Entry::with(&[("last", last)]);
            check_last(&mut entry, today);
            entry.error("last").map(ToOwned::to_owned)
        };
        assert_eq!((fault("2026-10-08"), fault("2027-01-06")), (None, None));
        assert!(fault("2027-01-07").is_some_and(|words| words.contains("At most 90 days")));
        assert!(fault("2026-10-07").is_some_and(|words| words.contains("over")));
        assert!(fault("").is_some() && fault("soon").is_some());
    }
}
