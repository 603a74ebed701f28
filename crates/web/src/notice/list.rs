//! What one is told: the notices of a business for one of its members, and marking them as read.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_store::{NoticeId, NoticeView, StaffRole};
use ecom_work::{Ending, News};

use super::{Notice, Tone};
use crate::{
    app::App,
    entry::Entry,
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment, money, page,
    params::{Link, Params},
    seat::{Manager, Seat, Viewer},
    staff,
};

/// Notices of a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "notice/list.html")]
struct NoticesPage {
    frame: Frame,
    rows: Vec<NoticeRow>,
    /// The newest that is shown, if any of them all is unread.
    newest: Option<NoticeId>,
    newer: bool,
    older: Option<String>,
    /// Whether there is a record of mail for this person.
    record: bool,
    /// Whether they choose what they get.
    chooses: bool,
}

struct NoticeRow {
    id: NoticeId,
    notice: Notice,
    at: String,
    unread: bool,
}

/// The list, the newest first.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let before = params.read("before", "a notice", |text| text.parse().ok())?;
    let mut tx = app.db.read().await?;
    let found = seat.books(&mut tx).await?.notices(seat.person(), before, PAGE + 1).await?;
    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let record = seat.may::<Manager>();
    let rows: Vec<NoticeRow> = found.iter().take(shown).map(|one| row(one, record)).collect();
    let older = rows.last().filter(|_| found.len() > shown);
    let page = NoticesPage {
        frame: seat.frame("Notices", Here::Notices),
        newest: rows.first().map(|row| row.id).filter(|_| seat.unread() > 0),
        newer: before.is_some(),
        older: older.map(|row| Link::to("/notices").with("before", &row.id.to_string()).text()),
        record,
        chooses: !seat.is_visit(),
        rows,
    };
    page::show(&page)
}

/// Marks all up to the one that was the newest on the page: what came since stays unread.
pub(crate) async fn read_all(State(app): State<App>, seat: Seat<Viewer>, entry: Entry) -> Page {
    let up_to: NoticeId = entry
        .raw("up_to")
        .parse()
        .map_err(|_| Fault::invalid("up_to", "This is no notice. Open the page of notices and try again."))?;
    let mut tx = app.db.write().await?;
    seat.books(&mut tx).await?.read_notices(seat.person(), up_to, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/notices").into_response())
}

/// Marks one. One that is read already stays so; another person's is not there.
pub(crate) async fn read(State(app): State<App>, seat: Seat<Viewer>, Path(id): Path<String>) -> Page {
    let id: NoticeId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    seat.books(&mut tx).await?.read_notice(seat.person(), id, app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/notices").into_response())
}

fn row(found: &NoticeView, record: bool) -> NoticeRow {
    NoticeRow {
        id: found.id,
        notice: told(News::from_json(&found.arguments), record),
        at: moment::told(found.created_at),
        unread: found.read_at.is_none(),
    }
}

/// The words of a notice. Whoever may not see the record of mail is not sent there.
fn told(news: Option<News>, record: bool) -> Notice {
    match news {
        Some(News::Digest { days, span, profits, tasks }) => {
            let mut words: Vec<String> = profits
                .into_iter()
                .map(|(title, profit, change)| format!("{title} {profit}, {change}."))
                .collect();
            if words.is_empty() {
                words.push("There were no settlement lines of the last weeks.".to_owned());
            }
            if tasks > 0 {
                let tasks = i64::try_from(tasks).unwrap_or(i64::MAX);
                words
                    .push(format!("{} your attention.", money::counted(tasks, "thing needs", "things need")));
            }
            let href = span.map_or_else(
                || "/".to_owned(),
                |(from, to)| Link::to("/statement").with("from", &from).with("to", &to).text(),
            );
            Notice::new(Tone::Plain, format!("The week of {days}"), words.join(" "))
                .link("See the statement", href)
        }
        Some(News::MailFailed { message }) => {
            let words = "The mail server would not take it, or there was none in time.";
            let notice = Notice::new(Tone::Attention, "A mail could not be sent", words);
            if record { notice.link("See which and why", format!("/messages/{message}")) } else { notice }
        }
        Some(News::StaffMayEnter { assignment: _, name, role, reason, until }) => {
            let words = format!(
                "{} may look at your books until {}, for this reason: {reason}. Each thing they do stands on your record.",
                of_staff(&name, &role),
                moment::day(until - 1)
            );
            Notice::new(Tone::Attention, "Staff of the platform may look at your books", words)
                .link("See who and why, or end it", "/people/staff")
        }
        Some(News::StaffLeft { assignment: _, name, role, ending, by }) => {
            let why = match ending {
                Ending::Time => "Their time is over".to_owned(),
                Ending::Person if by.is_empty() => "It was ended".to_owned(),
                Ending::Person => format!("{by} ended it"),
            };
            let words = format!("{} may look at your books no more. {why}.", of_staff(&name, &role));
            Notice::new(Tone::Plain, "Staff of the platform have left", words)
                .link("See who looked at your books", "/people/staff")
        }
        None => Notice::new(
            Tone::Plain,
            "A notice from another version",
            "This version of the program does not know its words.",
        ),
    }
}

fn of_staff(name: &str, role: &str) -> String {
    let role = StaffRole::from_name(role).map_or("staff", staff::role_words);
    format!("{name} ({role} of the platform)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_and_a_page() {
        let digest = News::Digest {
            days: "16–22 Nov 2026".to_owned(),
            span: Some(("2026-11-16".to_owned(), "2026-11-22".to_owned())),
            profits: vec![(
                "Net profit".to_owned(),
                "₹84,210".to_owned(),
                "▲ ₹6,480 more than 9–15 Nov 2026".to_owned(),
            )],
            tasks: 1,
        };
        let notice = told(Some(digest), true);
        assert_eq!(notice.title, "The week of 16–22 Nov 2026");
        assert_eq!(
            notice.words,
            "Net profit ₹84,210, ▲ ₹6,480 more than 9–15 Nov 2026. 1 thing needs your attention."
        );
        assert_eq!(notice.link.unwrap().1, "/statement?from=2026-11-16&to=2026-11-22");
        let failed = News::MailFailed { message: 7 };
        assert_eq!(told(Some(failed.clone()), true).link.unwrap().1, "/messages/7");
        assert!(told(Some(failed), false).link.is_none());
        assert!(told(None, true).link.is_none());
        let enters = News::StaffMayEnter {
            assignment: 1,
            name: "Dev".to_owned(),
            role: "support".to_owned(),
            reason: "Ticket 7".to_owned(),
            until: 1_774_981_800_000_000,
        };
        let notice = told(Some(enters), false);
        assert!(
            notice
                .words
                .starts_with("Dev (support of the platform) may look at your books until 31 Mar 2026")
        );
        let left = |ending, by: &str| {
            let (name, by) = ("Dev".to_owned(), by.to_owned());
            told(Some(News::StaffLeft { assignment: 1, name, role: String::new(), ending, by }), false).words
        };
        assert!(left(Ending::Time, "").ends_with("Their time is over."));
        assert!(left(Ending::Person, "Asha").ends_with("Asha ended it."));
        assert!(left(Ending::Person, "").ends_with("It was ended."));
    }
}
