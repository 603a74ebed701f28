//! The platform's staff: where they begin, and what holds on all of their pages. Which businesses they may enter, who is
//! staff, reviews and jobs each have a file.

pub(crate) mod assignment;
pub(crate) mod business;
mod desk;
pub(crate) mod invitation;
pub(crate) mod job;
pub(crate) mod navigation;
pub(crate) mod person;
pub(crate) mod review;

use askama::Template;
use axum::extract::State;
use ecom_store::{AssignmentFilter, JobState, MOST_ASSIGNMENTS, StaffRole};

pub(crate) use desk::{Administrator, Anyone, Desk, Senior, admit, review_is_due, without_seat};

use crate::{
    app::App,
    fault::Page,
    frame::{Frame, Here},
    money,
    notice::{Notice, Tone},
    page,
};

#[derive(Template)]
#[template(path = "staff/show.html")]
struct StaffPage {
    frame: Frame,
    notices: Vec<Notice>,
    name: String,
    role: &'static str,
    links: Vec<Door>,
}

/// A page of the staff, with what is to be found there.
struct Door {
    href: &'static str,
    title: &'static str,
    words: String,
}

/// What a role is called.
pub(crate) fn role_words(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Support => "support",
        StaffRole::AccountManager => "account manager",
        StaffRole::SeniorOperations => "senior operations",
        StaffRole::Administrator => "administrator",
    }
}

/// What a role may do, for whoever gives it.
pub(crate) fn role_meaning(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Support => "Support: looks at the books of businesses they are assigned to",
        StaffRole::AccountManager => "Account manager: works in the books of businesses they are assigned to",
        StaffRole::SeniorOperations => "Senior operations: assigns the two above as well, and sees the jobs",
        StaffRole::Administrator => "Administrator: everything, and decides who is staff",
    }
}

/// Where the staff begin.
pub(crate) async fn show(State(app): State<App>, desk: Desk<Anyone>) -> Page {
    let now = app.now();
    let mut tx = app.db.read().await?;
    let mut platform = tx.platform();
    let own =
        AssignmentFilter { person: Some(desk.person()), live_at: Some(now), ..AssignmentFilter::default() };
    let own = platform.assignments(&own, MOST_ASSIGNMENTS).await?.len();
    let mut links = vec![Door {
        href: "/staff/businesses",
        title: "Businesses",
        words: money::counted(
            i64::try_from(own).unwrap_or(i64::MAX),
            "business you may enter",
            "businesses you may enter",
        ),
    }];
    if desk.may(StaffRole::SeniorOperations) {
        let counts = platform.job_states(None, now).await?;
        let failed =
            counts.iter().find(|(state, _)| *state == JobState::Failed).map_or(0, |(_, count)| *count);
        links.push(Door {
            href: "/staff/assignments",
            title: "Assignments",
            words: "Who may enter which business, why and until when".to_owned(),
        });
        links.push(Door {
            href: "/staff/jobs",
            title: "Jobs",
            words: money::counted(failed, "job has failed", "jobs have failed"),
        });
    }
    if desk.may(StaffRole::Administrator) {
        let doors = [
            ("/staff/people", "Who is staff", "Adding, changing and ending roles"),
            ("/staff/review", "Access review", "Each quarter every right is looked at"),
            ("/staff/audit", "Record", "What was done for the platform, by whom"),
        ];
        links.extend(doors.map(|(href, title, words)| Door { href, title, words: words.to_owned() }));
    }
    page::show(&StaffPage {
        frame: desk.frame("Staff", Here::Staff),
        notices: desk.review_notice().into_iter().collect(),
        name: desk.name().to_owned(),
        role: role_words(desk.role()),
        links,
    })
}

/// What a page says after something was done.
fn done(words: Option<&'static str>) -> Vec<Notice> {
    words.map(|words| Notice::new(Tone::Good, "Done", words)).into_iter().collect()
}
