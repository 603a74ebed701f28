//! The audit log: who did what, when, from where. That of a business is for its owners, that of the platform for
//! administrators of the staff.

mod download;
mod words;

use askama::Template;
use axum::extract::State;
use ecom_store::{Action, Actor, AuditEntry, AuditFilter, PersonId, Tx};
use jiff::{ToSpan, civil::Date};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::Page,
    frame::{Frame, Here},
    moment, page,
    params::{Link, Params},
    period::{self, Period},
    seat::{Owner, Seat},
    staff::{Administrator, Desk, role_words},
};

/// Entries on a page.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit/list.html")]
struct AuditPage {
    frame: Frame,
    whose: Whose,
    downloads: Downloads,
    fields: Vec<Field>,
    filtered: bool,
    rows: Vec<AuditRow>,
    first: Option<String>,
    next: Option<String>,
}

struct AuditRow {
    seq: i64,
    day: String,
    time: String,
    who: String,
    what: &'static str,
    /// An action of a newer or older program has no words here: its name stands for them.
    name: String,
    object: String,
    href: String,
    network: String,
}

/// Whose log it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    Business,
    Platform,
}

impl Whose {
    /// Its page.
    fn path(self) -> &'static str {
        match self {
            Self::Business => "/audit",
            Self::Platform => "/staff/audit",
        }
    }

    fn tells_of(self, action: Action) -> bool {
        match self {
            Self::Business => action.is_of_business(),
            Self::Platform => action.is_of_platform(),
        }
    }
}

/// What is asked for.
struct Asked {
    whose: Whose,
    person: Option<PersonId>,
    action: Option<Action>,
    from: Option<Date>,
    to: Option<Date>,
    before: Option<i64>,
}

impl Asked {
    fn read(whose: Whose, params: &Params) -> Page<Self> {
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
        Ok(Self {
            whose,
            person: params.read("person", "a person of this log", number)?.map(PersonId),
            action: params.read("action", "something that this log tells of", Action::from_name)?,
            from: params.read("from", "a day such as 2026-04-01", Period::day)?,
            to: params.read("to", "a day such as 2026-04-01", Period::day)?,
            before: params.read("before", "a place in this log", number)?,
        })
    }

    fn filter(&self) -> AuditFilter {
        AuditFilter {
            person: self.person,
            action: self.action,
            from: self.from.map(moment::midnight),
            until: self.to.map(|day| moment::midnight(day.saturating_add(1.day()))),
            before: self.before,
        }
    }

    fn is_narrow(&self) -> bool {
        self.person.is_some() || self.action.is_some() || self.from.is_some() || self.to.is_some()
    }

    /// The address of a part of the log.
    fn link(&self, before: Option<i64>) -> String {
        self.address(before).text()
    }

    fn address(&self, before: Option<i64>) -> Link {
        let pairs = [
            ("person", self.person.map(|person| person.to_string())),
            ("action", self.action.map(|action| action.name().to_owned())),
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("before", before.map(|seq| seq.to_string())),
        ];
        pairs.into_iter().fold(Link::to(self.whose.path()), |link, (name, value)| match value {
            Some(value) => link.with(name, &value),
            None => link,
        })
    }
}

/// The log of a business, the latest entry first.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Owner>, params: Params) -> Page {
    let asked = Asked::read(Whose::Business, &params)?;
    let tx = app.db.read().await?;
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::today(&app, &seat, download::TABLE);
        return send(&app, wanted, &name, Source::Business(tx, Box::new(seat)), &asked).await;
    }
    let frame = seat.frame("Audit log", Here::People);
    show(frame, Source::Business(tx, Box::new(seat)), &asked).await
}

/// The log of the platform, the latest entry first.
pub(crate) async fn list_of_platform(
    State(app): State<App>,
    desk: Desk<Administrator>,
    params: Params,
) -> Page {
    let asked = Asked::read(Whose::Platform, &params)?;
    let tx = app.db.read().await?;
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::of_platform(&app, "record");
        return send(&app, wanted, &name, Source::Platform(tx), &asked).await;
    }
    show(desk.frame("Record of the platform", Here::StaffRecord), Source::Platform(tx), &asked).await
}

/// Where entries come from, in one snapshot.
enum Source {
    Business(Tx, Box<Seat<Owner>>),
    Platform(Tx),
}

impl Source {
    async fn entries(&mut self, filter: &AuditFilter, most: i64) -> Page<Vec<AuditEntry>> {
        Ok(match self {
            Self::Business(tx, seat) => seat.books(tx).await?.audit_entries(filter, most).await?,
            Self::Platform(tx) => tx.platform().audit_entries(filter, most).await?,
        })
    }

    async fn people(&mut self) -> Page<Vec<(PersonId, Option<String>)>> {
        Ok(match self {
            Self::Business(tx, seat) => seat.books(tx).await?.audited_people().await?,
            Self::Platform(tx) => tx.platform().audited_people().await?,
        })
    }
}

async fn send(app: &App, wanted: Download, name: &FileName, source: Source, asked: &Asked) -> Page {
    let filter = AuditFilter { before: None, ..asked.filter() };
    wanted.send_rows(app, name, download::head(), download::Entries::of(source, filter)).await
}

async fn show(frame: Frame, mut source: Source, asked: &Asked) -> Page {
    let most = i64::try_from(PER_PAGE).unwrap_or(i64::MAX);
    let mut entries = source.entries(&asked.filter(), most + 1).await?;
    let more = entries.len() > PER_PAGE;
    entries.truncate(PER_PAGE);
    let next = entries.last().filter(|_| more).map(|entry| asked.link(Some(entry.seq)));
    page::show(&AuditPage {
        frame,
        whose: asked.whose,
        downloads: Downloads::of(&asked.address(None), &[download::TABLE]),
        fields: fields(source.people().await?, asked),
        filtered: asked.is_narrow(),
        rows: entries.into_iter().map(row).collect(),
        first: asked.before.map(|_| asked.link(None)),
        next,
    })
}

fn fields(people: Vec<(PersonId, Option<String>)>, asked: &Asked) -> Vec<Field> {
    let person = asked.person.map(|person| person.to_string()).unwrap_or_default();
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let (from, to) = (day(asked.from), day(asked.to));
    let action = asked.action.map_or("", Action::name);
    let entry = Entry::with(&[("person", &person), ("action", action), ("from", &from), ("to", &to)]);
    let people = people.into_iter().map(|(id, name)| (id.to_string(), named(id, name)));
    let all = |words: &str| std::iter::once((String::new(), words.to_owned()));
    let actions = Action::ALL.iter().filter(|action| asked.whose.tells_of(**action));
    let actions = actions.map(|action| (action.name().to_owned(), words::of(*action).to_owned()));
    vec![
        entry.field("person", "Who").choice(all("everybody").chain(people)).optional(),
        entry.field("action", "What").choice(all("everything").chain(actions)).optional(),
        entry.field("from", "From").kind("date").optional(),
        entry.field("to", "To").kind("date").optional(),
    ]
}

fn row(entry: AuditEntry) -> AuditRow {
    let at = moment::at(entry.at);
    AuditRow {
        seq: entry.seq,
        day: period::shown(at.date()),
        time: at.strftime("%H:%M:%S").to_string(),
        who: doer(entry.actor, entry.name),
        what: deed(&entry.action),
        name: entry.action,
        href: href(&entry.object),
        object: entry.object,
        network: entry.network,
    }
}

fn doer(actor: Actor, name: Option<String>) -> String {
    match actor {
        Actor::Person(id) => named(id, name),
        Actor::Staff(id, role) => format!("{} ({} of the platform)", named(id, name), role_words(role)),
        Actor::Command => "the operator, by a command".to_owned(),
        Actor::Work => "the program, by itself".to_owned(),
    }
}

/// An action in words; of one that has none here nothing.
fn deed(action: &str) -> &'static str {
    Action::from_name(action).map_or("", words::of)
}

/// The page of an object; of one that has none of its own, the list it stands in.
fn href(object: &str) -> String {
    match object.split('/').next() {
        Some("people") if object.starts_with("people/staff") => "/people/staff".to_owned(),
        Some("people") => "/people".to_owned(),
        Some("staff") => {
            let list = object.split('/').nth(1).unwrap_or_default();
            if list.is_empty() { "/staff".to_owned() } else { format!("/staff/{list}") }
        }
        Some("files") => "/uploads".to_owned(),
        _ => format!("/{object}"),
    }
}

/// Somebody who was erased is a number.
fn named(id: PersonId, name: Option<String>) -> String {
    name.unwrap_or_else(|| format!("person {id}"))
}
