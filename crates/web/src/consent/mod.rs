//! What one gets and by which way, what one agreed to, and the history of that.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use ecom_store::{Action, Channel, ConsentView, MessagePurpose, NewConsent, Scoped};
use ecom_work::consent::{Wording, wording, wording_of};

use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    message::no_mail,
    moment,
    notice::{Notice, Tone},
    page,
    params::Params,
    seat::{Seat, Viewer},
};

/// Decisions that are shown.
const MOST_HISTORY: i64 = 50;
/// How a decision on this page is on record.
const WAY: &str = "settings";

#[derive(Template)]
#[template(path = "consent/show.html")]
struct ConsentPage {
    frame: Frame,
    said: Option<&'static str>,
    notices: Vec<Notice>,
    kinds: Vec<Kind>,
    fields: Vec<Field>,
    history: Vec<Decision>,
    business: String,
}

/// A kind of notice, and the ways it takes.
struct Kind {
    what: &'static str,
    why: &'static str,
    pages: &'static str,
    mail: (&'static str, &'static str),
}

/// A decision of the past.
struct Decision {
    at: String,
    what: &'static str,
    given: bool,
    way: String,
    text: &'static str,
}

/// What one gets.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    only_members(&seat)?;
    let said = (params.one("said") == Some("saved")).then_some("Your choice is saved.");
    let mut tx = app.db.read().await?;
    let confirmed = tx.platform().profile(seat.person()).await?.is_some_and(|own| own.verified_at.is_some());
    let mut notices = no_mail(&app, "What you choose here holds from the moment there is one.");
    if !confirmed && app.mail.is_on() {
        let words = "The week's figures go out once you have followed the link in the mail that went there.";
        let notice = Notice::new(Tone::Attention, "Your address is not confirmed yet", words);
        notices.push(notice.link("Look at your address", "/account"));
    }
    let mut books = seat.books(&mut tx).await?;
    let given = standing(&mut books, &seat).await?;
    let page = ConsentPage {
        frame: seat.frame("What you get", Here::Notices),
        said,
        notices,
        kinds: kinds(&given),
        fields: fields(&given),
        history: books.consents(seat.person(), MOST_HISTORY).await?.iter().map(decision).collect(),
        business: seat.business().to_owned(),
    };
    page::show(&page)
}

/// Staff in a business that is not theirs get nothing from it.
fn only_members(seat: &Seat<Viewer>) -> Page<()> {
    if seat.is_visit() { Err(Fault::Missing) } else { Ok(()) }
}

/// Puts on record what changed.
pub(crate) async fn save(State(app): State<App>, seat: Seat<Viewer>, entry: Entry) -> Page {
    only_members(&seat)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    for (purpose, channel) in asked() {
        let text = wording(purpose, channel).ok_or(Fault::Missing)?;
        let given = entry.raw(text.choice) == "yes";
        let person = seat.person();
        let new = NewConsent { person, purpose, channel, given, wording: text.version, way: WAY };
        books.put_consent(&new, app.now()).await?;
    }
    seat.audit(&app, &mut books, Action::SetNotices, "settings/notices").await?;
    tx.commit().await?;
    Ok(Redirect::to("/settings/notices?said=saved").into_response())
}

/// What needs consent, by each way.
fn asked() -> impl Iterator<Item = (MessagePurpose, Channel)> {
    let purposes = MessagePurpose::ALL.into_iter().filter(|purpose| purpose.needs_consent());
    purposes.flat_map(|purpose| Channel::ALL.into_iter().map(move |channel| (purpose, channel)))
}

/// What is agreed to now.
async fn standing(books: &mut Scoped<'_>, seat: &Seat<Viewer>) -> Page<Vec<(MessagePurpose, Channel)>> {
    let mut given = Vec::new();
    for (purpose, channel) in asked() {
        let stands = books.consent(seat.person(), purpose, channel).await?;
        given.extend(stands.filter(|one| one.given).map(|_| (purpose, channel)));
    }
    Ok(given)
}

fn kinds(given: &[(MessagePurpose, Channel)]) -> Vec<Kind> {
    let digest = given.contains(&(MessagePurpose::Digest, Channel::Email));
    vec![
        Kind {
            what: "Safety of your account",
            why: "sign-ins from new devices, passwords, your address",
            pages: "",
            mail: ("always", "good"),
        },
        Kind {
            what: "What you ask for",
            why: "invitations and what belongs to them",
            pages: "",
            mail: ("always", "good"),
        },
        Kind {
            what: title(MessagePurpose::Digest),
            why: "profit, sales, fees, and what needs attention",
            pages: if digest { "with the mail" } else { "" },
            mail: if digest { ("every Monday", "good") } else { ("off", "") },
        },
        Kind {
            what: "Mail that could not be sent",
            why: "for owners and managers",
            pages: "always",
            mail: ("", ""),
        },
    ]
}

fn title(purpose: MessagePurpose) -> &'static str {
    match purpose {
        MessagePurpose::Security => "Safety of your account",
        MessagePurpose::Account => "What you ask for",
        MessagePurpose::Digest => "The week's figures",
    }
}

fn fields(given: &[(MessagePurpose, Channel)]) -> Vec<Field> {
    let texts = asked().filter_map(|(purpose, channel)| wording(purpose, channel));
    let field = |text: &'static Wording| {
        let value = if given.contains(&(text.purpose, text.channel)) { "yes" } else { "" };
        Entry::with(&[(text.choice, value)]).field(text.choice, text.text).kind("check").optional()
    };
    texts.map(field).collect()
}

fn decision(found: &ConsentView) -> Decision {
    let text = wording_of(&found.wording);
    Decision {
        at: moment::told(found.at),
        what: title(found.purpose),
        given: found.given,
        way: match found.way.as_str() {
            WAY => "on this page".to_owned(),
            other => other.to_owned(),
        },
        text: text.map_or("", |text| text.text),
    }
}
