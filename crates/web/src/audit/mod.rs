//! The audit log: who did what, when, from where. For owners.

mod download;
mod words;

use askama::Template;
use axum::extract::State;
use ecom_store::{Action, Actor, AuditEntry, AuditFilter, PersonId, Scoped};
use jiff::{ToSpan, civil::Date};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::Page,
    frame::{Frame, Here},
    moment, page,
    params::{Link, Params},
    period::{Period, shown},
    seat::{Owner, Seat},
};

/// Entries on a page.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit/list.html")]
struct AuditPage {
    frame: Frame,
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

/// What is asked for.
struct Asked {
    person: Option<PersonId>,
    action: Option<Action>,
    from: Option<Date>,
    to: Option<Date>,
    before: Option<i64>,
}

impl Asked {
    fn read(params: &Params) -> Page<Self> {
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
        Ok(Self {
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
            from: self.from.map(midnight),
            until: self.to.map(|day| midnight(day.saturating_add(1.day()))),
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
        pairs.into_iter().fold(Link::to("/audit"), |link, (name, value)| match value {
            Some(value) => link.with(name, &value),
            None => link,
        })
    }
}

/// The log, the latest entry first.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Owner>, params: Params) -> Page {
    let asked = Asked::read(&params)?;
    let mut tx = app.db.read().await?;
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::today(&app, &seat, download::TABLE);
        let filter = AuditFilter { before: None, ..asked.filter() };
        let entries = download::Entries::of(tx, seat, filter);
        return wanted.send_rows(&app, &name, download::head(), entries).await;
    }
    let mut books = seat.books(&mut tx).await?;
    let most = i64::try_from(PER_PAGE).unwrap_or(i64::MAX);
    let mut entries = books.audit_entries(&asked.filter(), most + 1).await?;
    let more = entries.len() > PER_PAGE;
    entries.truncate(PER_PAGE);
    let next = entries.last().filter(|_| more).map(|entry| asked.link(Some(entry.seq)));
    page::show(&AuditPage {
        frame: seat.frame("Audit log", Here::People),
        downloads: Downloads::of(&asked.address(None), &[download::TABLE]),
        fields: fields(&mut books, &asked).await?,
        filtered: asked.is_narrow(),
        rows: entries.into_iter().map(row).collect(),
        first: asked.before.map(|_| asked.link(None)),
        next,
    })
}

async fn fields(books: &mut Scoped<'_>, asked: &Asked) -> Page<Vec<Field>> {
    let person = asked.person.map(|person| person.to_string()).unwrap_or_default();
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let (from, to) = (day(asked.from), day(asked.to));
    let action = asked.action.map_or("", Action::name);
    let entry = Entry::with(&[("person", &person), ("action", action), ("from", &from), ("to", &to)]);
    let people = books.audited_people().await?;
    let people = people.into_iter().map(|(id, name)| (id.to_string(), named(id, name)));
    let all = |words: &str| std::iter::once((String::new(), words.to_owned()));
    let actions = Action::ALL.iter().map(|action| (action.name().to_owned(), words::of(*action).to_owned()));
    Ok(vec![
        entry.field("person", "Who").choice(all("everybody").chain(people)).optional(),
        entry.field("action", "What").choice(all("everything").chain(actions)).optional(),
        entry.field("from", "From").kind("date").optional(),
        entry.field("to", "To").kind("date").optional(),
    ])
}

/// The first instant of a day in India.
fn midnight(day: Date) -> i64 {
    // Days of addresses lie between 1995 and 2150: each has an instant.
    moment::zone().to_timestamp(day.at(0, 0, 0, 0)).unwrap_or_default().as_microsecond()
}

fn row(entry: AuditEntry) -> AuditRow {
    let at = moment::at(entry.at);
    AuditRow {
        seq: entry.seq,
        day: shown(at.date()),
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
        Some("people") => "/people".to_owned(),
        Some("files") => "/uploads".to_owned(),
        _ => format!("/{object}"),
    }
}

/// Somebody who was erased is a number.
fn named(id: PersonId, name: Option<String>) -> String {
    name.unwrap_or_else(|| format!("person {id}"))
}
