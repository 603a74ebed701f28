//! The record of what was sent: to whom, when, what, and what became of it; for those who run the business.

use askama::Template;
use axum::extract::{Path, State};
use ecom_store::{MessageId, MessagePurpose, MessageState, MessageView};
use ecom_work::mail::Letter;

use crate::{
    app::App,
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment, money,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    seat::{Manager, Seat},
};

/// Messages of a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "message/list.html")]
struct MessagesPage {
    frame: Frame,
    notices: Vec<Notice>,
    tabs: Vec<Tab>,
    rows: Vec<MessageRow>,
    newer: Option<String>,
    older: Option<String>,
    bare: bool,
}

struct Tab {
    label: &'static str,
    href: String,
    count: String,
    here: bool,
}

struct MessageRow {
    href: String,
    at: String,
    name: String,
    address: String,
    subject: String,
    state: (&'static str, &'static str),
    detail: String,
}

#[derive(Template)]
#[template(path = "message/show.html")]
struct MessagePage {
    frame: Frame,
    subject: String,
    state: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    text: Option<String>,
}

/// The record, the newest first.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Manager>, params: Params) -> Page {
    let state = params.read("state", "a state such as failed", MessageState::from_name)?;
    let before = params.read("before", "a message", |text| text.parse().ok())?;
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let counts = books.message_states().await?;
    let found = books.messages(state, before, PAGE + 1).await?;
    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let last = found.get(shown - 1).filter(|_| found.len() > shown);
    let page = MessagesPage {
        frame: seat.frame("Messages", Here::Notices),
        notices: no_mail(
            &app,
            "Messages wait here and go out as soon as there is one, unless they are of no use by then.",
        ),
        tabs: tabs(&counts, state),
        newer: before.is_some().then(|| link(state).text()),
        older: last.map(|last| link(state).with("before", &last.id.to_string()).text()),
        rows: found.iter().take(shown).map(row).collect(),
        bare: counts.is_empty(),
    };
    page::show(&page)
}

/// One message, as far as it is kept.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let id: MessageId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.read().await?;
    let found = seat.books(&mut tx).await?.message(id).await?.ok_or(Fault::Missing)?;
    let letter = Letter::from_json(&found.arguments);
    let text = letter.map(|letter| app.mail.render(&letter, None)).transpose()?.map(|rendered| rendered.text);
    let page = MessagePage {
        frame: seat.frame(&found.subject, Here::Notices),
        subject: found.subject.clone(),
        state: state(&found),
        facts: facts(&found),
        text,
    };
    page::show(&page)
}

fn link(state: Option<MessageState>) -> Link {
    let link = Link::to("/messages");
    state.map_or(link.clone(), |state| link.with("state", state.name()))
}

fn tabs(counts: &[(MessageState, i64)], chosen: Option<MessageState>) -> Vec<Tab> {
    let count = |state| counts.iter().find(|(one, _)| *one == state).map_or(0, |(_, count)| *count);
    let tab = |label, state: Option<MessageState>, count: i64| Tab {
        label,
        href: link(state).text(),
        count: money::count(count),
        here: chosen == state,
    };
    let all = counts.iter().map(|(_, count)| count).sum();
    let label = |state| match state {
        MessageState::Queued => "waiting",
        MessageState::Sent => "sent",
        MessageState::Failed => "not sent",
    };
    let known = MessageState::ALL.into_iter().filter(|state| count(*state) > 0 || chosen == Some(*state));
    std::iter::once(tab("all", None, all))
        .chain(known.map(|one| tab(label(one), Some(one), count(one))))
        .collect()
}

fn row(found: &MessageView) -> MessageRow {
    MessageRow {
        href: format!("/messages/{}", found.id),
        at: moment::told(found.written_at),
        name: found.recipient_name.clone(),
        address: found.recipient.clone(),
        subject: found.subject.clone(),
        state: state(found),
        detail: found.fault.clone().unwrap_or_default(),
    }
}

/// How a state is called, and coloured.
fn state(found: &MessageView) -> (&'static str, &'static str) {
    match found.state {
        MessageState::Queued if found.fault.is_some() => ("waiting", Tone::Attention.class()),
        MessageState::Queued => ("waiting", Tone::Plain.class()),
        MessageState::Sent => ("sent", Tone::Good.class()),
        MessageState::Failed => ("not sent", Tone::Bad.class()),
    }
}

fn facts(found: &MessageView) -> Vec<(&'static str, String)> {
    let to = match found.recipient_name.as_str() {
        "" => found.recipient.clone(),
        name => format!("{name}, {}", found.recipient),
    };
    let kind = match found.purpose {
        MessagePurpose::Security => "safety of an account",
        MessagePurpose::Account => "asked for",
        MessagePurpose::Digest => "the week's figures, by consent",
    };
    let ended = found.ended_at.map(moment::told);
    let end = match found.state {
        MessageState::Queued => None,
        MessageState::Sent => ended.map(|at| ("Taken by the mail server", at)),
        MessageState::Failed => ended.map(|at| ("Given up", at)),
    };
    [
        Some(("To", to)),
        Some(("By", "e-mail".to_owned())),
        Some(("Kind", kind.to_owned())),
        Some(("Written", moment::told(found.written_at))),
        end,
        found.fault.clone().map(|fault| ("What went wrong", fault)),
        (found.attempts > 0).then(|| ("Attempts", money::count(found.attempts))),
        found.message_id.clone().map(|id| ("Message\u{2011}ID", id)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Says that there is no mail server, if so, and what that means here.
pub(crate) fn no_mail(app: &App, meaning: &str) -> Vec<Notice> {
    let words = format!("{meaning} Whoever runs this server finds how in docs/mail.md.");
    let notice = Notice::new(Tone::Attention, "No mail server is set up", words);
    if app.mail.is_on() { Vec::new() } else { vec![notice] }
}
