//! The quarterly review of what the staff may do: each right is kept or ended by an administrator; earlier reviews are
//! evidence. Amazon's Data Protection Policy, 1.2, asks for it.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use ecom_documents::{Sheet, Value};
use ecom_store::{
    Action, AssignmentId, PersonId, Quarter, Review, ReviewAnswer, ReviewItem, Right, StaffId, StaffRole,
    StoreError, Tx,
};

use super::{Administrator, Desk, desk::quarter, done, person::last_one, role_words};
use crate::{
    app::App,
    download::{Download, Downloads, FileName, filled, instant, sheet},
    entry::Entry,
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment, money,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
};

/// Tables in the order of the file.
const TABLES: [&str; 2] = ["Reviews", "Answers"];
/// Months of the quarters.
const QUARTERS: [&str; 4] = ["January to March", "April to June", "July to September", "October to December"];

#[derive(Template)]
#[template(path = "staff/review.html")]
struct ReviewPage {
    frame: Frame,
    downloads: Downloads,
    notices: Vec<Notice>,
    quarter: String,
    roles: Vec<ItemRow>,
    assignments: Vec<ItemRow>,
    /// What is still to be looked at, in words; none if nothing is.
    open: Option<String>,
    ended: Option<String>,
    reviews: Vec<PastRow>,
}

struct ItemRow {
    kind: &'static str,
    id: i64,
    name: String,
    role: &'static str,
    business: String,
    reason: String,
    since: String,
    until: String,
    used: String,
    /// In words, with its colour.
    answer: Option<(String, &'static str)>,
    /// Another administrator looks at it.
    own: bool,
    /// Whether it still can be answered.
    asks: bool,
}

struct PastRow {
    quarter: String,
    by: String,
    ended: String,
    kept: String,
    withdrawn: String,
}

#[derive(Template)]
#[template(path = "staff/review_end.html")]
struct EndPage {
    frame: Frame,
    kind: &'static str,
    id: i64,
    name: String,
    role: &'static str,
    business: Option<String>,
}

/// The review of this quarter, and those before it.
pub(crate) async fn show(State(app): State<App>, desk: Desk<Administrator>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    if let Some(wanted) = Download::read(&params)? {
        let sheets = evidence(&tx.platform().reviews().await?, &tx.platform().review_answers().await?);
        return wanted.send(&FileName::of_platform(&app, "access review"), sheets).await;
    }
    let (quarter, _) = quarter(&app);
    let items = tx.platform().review_items(quarter, app.now()).await?;
    let reviews = tx.platform().reviews().await?;
    drop(tx);
    let said = match params.one("said") {
        Some("kept") => Some("Kept."),
        Some("ended") => Some("Ended: it opens nothing any more."),
        Some("finished") => Some("The review of this quarter is finished, and kept as evidence."),
        _ => None,
    };
    let ended = reviews.iter().find(|review| review.quarter == quarter).and_then(|review| review.ended_at);
    let administrators = items.iter().filter(|item| is_administrator(item)).count();
    let (roles, assignments): (Vec<_>, Vec<_>) =
        items.iter().partition(|item| matches!(item.right, Right::Staff(_)));
    let rows = |items: Vec<&ReviewItem>| {
        items.into_iter().map(|item| row(item, desk.person(), administrators > 1, ended.is_some())).collect()
    };
    let open = items.iter().filter(|item| item.answer.is_none()).count();
    let open = i64::try_from(open).unwrap_or(i64::MAX);
    page::show(&ReviewPage {
        frame: desk.frame("Access review", Here::Review),
        downloads: Downloads::of(&Link::to("/staff/review"), &TABLES),
        notices: done(said),
        quarter: title(quarter),
        open: (open > 0).then(|| {
            money::counted(open, "right is still to be looked at", "rights are still to be looked at")
        }),
        ended: ended.map(moment::told),
        roles: rows(roles),
        assignments: rows(assignments),
        reviews: reviews.iter().filter(|review| review.ended_at.is_some()).map(past).collect(),
    })
}

fn is_administrator(item: &ReviewItem) -> bool {
    matches!(item.right, Right::Staff(_)) && item.role == StaffRole::Administrator && item.live
}

/// Asks whether to end a right.
pub(crate) async fn ask_end(State(app): State<App>, desk: Desk<Administrator>, params: Params) -> Page {
    let right = read(params.one("kind").unwrap_or_default(), params.one("id").unwrap_or_default())?;
    let (quarter, _) = quarter(&app);
    let items = app.db.read().await?.platform().review_items(quarter, app.now()).await?;
    let item = items.into_iter().find(|item| item.right == right && item.live).ok_or(Fault::Missing)?;
    let (kind, id) = written(right);
    page::show(&EndPage {
        frame: desk.frame("Access review", Here::Review),
        kind,
        id,
        name: item.name,
        role: role_words(item.role),
        business: item.business,
    })
}

/// Keeps or ends one right.
pub(crate) async fn answer(State(app): State<App>, desk: Desk<Administrator>, entry: Entry) -> Page {
    let right = read(entry.raw("kind"), entry.raw("id"))?;
    let keep = match entry.raw("answer") {
        "keep" => true,
        "end" => false,
        _ => return Err(Fault::invalid("answer", "Keep it or end it.")),
    };
    let (quarter, _) = quarter(&app);
    let mut tx = app.db.write().await?;
    tx.platform().answer_review(quarter, right, keep, desk.person(), app.now()).await.map_err(told)?;
    let action = if keep { Action::KeepRight } else { Action::EndRight };
    let object = match right {
        Right::Staff(id) => format!("staff/review/staff/{id}"),
        Right::Assignment(id) => format!("staff/review/assignment/{id}"),
    };
    desk.audit(&app, &mut tx, action, &object).await?;
    if !keep {
        end(&app, &desk, &mut tx, right).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(if keep { "/staff/review?said=kept" } else { "/staff/review?said=ended" })
        .into_response())
}

async fn end(app: &App, desk: &Desk<Administrator>, tx: &mut Tx, right: Right) -> Page<()> {
    let (by, doer, now) = (Some(desk.person()), desk.doer(), app.now());
    match right {
        Right::Assignment(id) => ecom_work::staff::end_assignment(tx, id, by, &doer, now).await?,
        Right::Staff(id) => {
            let staff = tx.platform().staff().await?;
            let person = staff.into_iter().find(|one| one.id == id).ok_or(Fault::Missing)?.person;
            ecom_work::staff::end_staff(tx, person, by, &doer, now).await.map_err(last_one)?;
        }
    }
    Ok(())
}

/// Finishes the review: every right has an answer.
pub(crate) async fn finish(State(app): State<App>, desk: Desk<Administrator>) -> Page {
    let (quarter, _) = quarter(&app);
    let mut tx = app.db.write().await?;
    tx.platform().finish_review(quarter, desk.person(), app.now()).await.map_err(told)?;
    desk.audit(&app, &mut tx, Action::FinishReview, "staff/review").await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/review?said=finished").into_response())
}

fn told(error: StoreError) -> Fault {
    match error {
        StoreError::Conflict(words) => Fault::Conflict(crate::words::sentence(&words)),
        other => other.into(),
    }
}

fn read(kind: &str, id: &str) -> Page<Right> {
    let id: i64 = id.parse().map_err(|_| Fault::Missing)?;
    match kind {
        "staff" => Ok(Right::Staff(StaffId(id))),
        "assignment" => Ok(Right::Assignment(AssignmentId(id))),
        _ => Err(Fault::Missing),
    }
}

/// As it stands in forms and addresses.
fn written(right: Right) -> (&'static str, i64) {
    match right {
        Right::Staff(id) => ("staff", id.0),
        Right::Assignment(id) => ("assignment", id.0),
    }
}

fn row(item: &ReviewItem, own: PersonId, others: bool, ended: bool) -> ItemRow {
    let (kind, id) = written(item.right);
    let own = item.person == own && others;
    let answer = item.answer.as_ref().map(|answer| {
        let (words, tone) = if answer.kept { ("kept", Tone::Good) } else { ("ended", Tone::Bad) };
        (format!("{words} by {}", answer.by), tone.class())
    });
    ItemRow {
        kind,
        id,
        name: item.name.clone(),
        role: role_words(item.role),
        business: item.business.clone().unwrap_or_default(),
        reason: item.reason.clone(),
        since: moment::day(item.since),
        until: item.until.map(|until| moment::day(until - 1)).unwrap_or_default(),
        used: item.used_at.map_or_else(|| "never".to_owned(), moment::day),
        answer,
        own,
        asks: item.live && !own && !ended,
    }
}

fn past(review: &Review) -> PastRow {
    PastRow {
        quarter: title(review.quarter),
        by: review.by.clone(),
        ended: review.ended_at.map(moment::told).unwrap_or_default(),
        kept: money::count(review.kept),
        withdrawn: money::count(review.ended),
    }
}

/// `October to December 2026`.
fn title(quarter: Quarter) -> String {
    let months = usize::try_from(quarter.0.rem_euclid(4)).ok().and_then(|at| QUARTERS.get(at)).unwrap_or(&"");
    format!("{months} {}", quarter.0.div_euclid(4))
}

fn evidence(reviews: &[Review], answers: &[ReviewAnswer]) -> Vec<Sheet> {
    let at = |micros: Option<i64>| micros.map_or(Value::Empty, |micros| moment::told(micros).into());
    let review = |one: &Review| {
        [
            title(one.quarter).into(),
            at(Some(one.begun_at)),
            at(one.ended_at),
            filled(&one.by),
            one.kept.into(),
            one.ended.into(),
        ]
    };
    let answer = |one: &ReviewAnswer| {
        let kind = match one.right {
            Right::Staff(_) => "role",
            Right::Assignment(_) => "assignment",
        };
        let role = StaffRole::from_name(&one.role).map_or("", role_words);
        let [day, time] = instant(one.answer.at);
        [
            title(one.quarter).into(),
            kind.into(),
            filled(&one.name),
            role.into(),
            filled(one.business.as_deref().unwrap_or_default()),
            if one.answer.kept { "kept" } else { "ended" }.into(),
            filled(&one.answer.by),
            day,
            time,
        ]
    };
    vec![
        sheet(
            TABLES[0],
            ["Quarter", "Begun", "Finished", "Reviewed by", "Kept", "Ended"],
            reviews.iter().map(review),
        ),
        sheet(
            TABLES[1],
            ["Quarter", "Right", "Who", "Role", "Business", "Answer", "Answered by", "Day", "Time in India"],
            answers.iter().map(answer),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_called_by_its_months() {
        assert_eq!(title(Quarter(2026 * 4)), "January to March 2026");
        assert_eq!(title(Quarter(2026 * 4 + 3)), "October to December 2026");
    }
}
