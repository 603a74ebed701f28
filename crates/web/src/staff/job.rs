//! The work of the program: what waits, runs, has failed or is done, and having it done again. For senior operations and
//! administrators. No payload is shown.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use ecom_store::{
    Action, JOB_KINDS, JobCursor, JobFilter, JobId, JobRow, JobState, MOST_JOBS_COUNTED, StoreError, Tx,
};

use super::{Desk, Senior, done};
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment, money,
    notice::Notice,
    page,
    params::{Link, Params},
};

/// Jobs of a page.
const PAGE: i64 = 50;
/// Those that are done are shown for a day.
const DONE_MICROS: i64 = 24 * 3_600_000_000;

#[derive(Template)]
#[template(path = "staff/jobs.html")]
struct JobsPage {
    frame: Frame,
    notices: Vec<Notice>,
    tabs: Vec<Tab>,
    filters: Vec<Field>,
    narrow: bool,
    state: JobState,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
    empty: &'static str,
}

struct Tab {
    label: &'static str,
    href: String,
    count: String,
    here: bool,
}

struct Row {
    id: JobId,
    kind: &'static str,
    name: String,
    business: String,
    attempts: String,
    run_at: String,
    lasted: String,
    why: String,
    retry: bool,
    cancel: bool,
}

/// What is asked for.
struct Asked {
    state: JobState,
    kind: Option<&'static str>,
    after: Option<JobCursor>,
}

impl Asked {
    fn read(params: &Params) -> Page<Self> {
        let kind = |text: &str| JOB_KINDS.into_iter().find(|kind| *kind == text);
        Ok(Self {
            state: params
                .read("state", "a state such as failed", JobState::from_name)?
                .unwrap_or(JobState::Failed),
            kind: params.read("kind", "a kind of job", kind)?,
            after: params.read("after", "a place in this list", cursor)?,
        })
    }

    fn link(&self, state: JobState, after: Option<JobCursor>) -> String {
        let link = Link::to("/staff/jobs").with("state", state.name());
        let link = self.kind.map_or(link.clone(), |kind| link.with("kind", kind));
        match after {
            Some(after) => link.with("after", &format!("{}_{}", after.at, after.id)),
            None => link,
        }
        .text()
    }
}

fn cursor(text: &str) -> Option<JobCursor> {
    let (at, id) = text.split_once('_')?;
    Some(JobCursor { at: at.parse().ok()?, id: id.parse().ok()? })
}

/// The list of one state.
pub(crate) async fn list(State(app): State<App>, desk: Desk<Senior>, params: Params) -> Page {
    let asked = Asked::read(&params)?;
    let now = app.now();
    let since = if asked.state == JobState::Done { now - DONE_MICROS } else { i64::MIN };
    let filter = JobFilter { state: asked.state, kind: asked.kind, since, after: asked.after };
    let mut tx = app.db.read().await?;
    let mut found = tx.platform().job_page(&filter, PAGE + 1).await?;
    let counts = tx.platform().job_states(asked.kind, now - DONE_MICROS).await?;
    drop(tx);
    let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let said = match params.one("said") {
        Some("queued") => Some("The job is queued again. It is done as soon as its turn comes."),
        Some("cancelled") => Some("The job is cancelled. It can be done again from the list of those."),
        _ => None,
    };
    page::show(&JobsPage {
        frame: desk.frame("Jobs", Here::Jobs),
        notices: done(said),
        tabs: counts.into_iter().map(|(state, count)| tab(&asked, state, count)).collect(),
        filters: filters(&asked),
        narrow: asked.kind.is_some(),
        state: asked.state,
        newest: asked.after.map(|_| asked.link(asked.state, None)),
        older: found.last().filter(|_| more).map(|last| asked.link(asked.state, Some(last.cursor))),
        rows: found.into_iter().map(row).collect(),
        empty: empty(asked.state),
    })
}

/// Has a job done again.
pub(crate) async fn retry(State(app): State<App>, desk: Desk<Senior>, Path(id): Path<String>) -> Page {
    let id: JobId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    tx.platform().retry_job(id, app.now()).await.map_err(moved_on)?;
    record(&app, &desk, &mut tx, Action::RetryJob, id).await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Redirect::to("/staff/jobs?state=queued&said=queued").into_response())
}

/// Cancels a job.
pub(crate) async fn cancel(State(app): State<App>, desk: Desk<Senior>, Path(id): Path<String>) -> Page {
    let id: JobId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    tx.platform().cancel_job(id, app.now()).await.map_err(moved_on)?;
    record(&app, &desk, &mut tx, Action::CancelJob, id).await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff/jobs?state=cancelled&said=cancelled").into_response())
}

/// On the record of the platform, and of the business whose work it is.
async fn record(app: &App, desk: &Desk<Senior>, tx: &mut Tx, action: Action, id: JobId) -> Page<()> {
    desk.audit(app, tx, action, &format!("staff/jobs/{id}")).await?;
    if let Some(tenant) = tx.platform().job_tenant(id).await? {
        let mut books = tx.scoped(tenant).await?;
        books.audit(&desk.doer(), action, &format!("jobs/{id}"), app.now()).await?;
    }
    Ok(())
}

/// Between the page and the button a worker may have come.
fn moved_on(error: StoreError) -> Fault {
    match error {
        StoreError::Missing(_) => Fault::Conflict(
            "This job is no longer in that state, or another one like it waits already. Look at the list again.".to_owned(),
        ),
        other => other.into(),
    }
}

fn tab(asked: &Asked, state: JobState, count: i64) -> Tab {
    let counted = if count < MOST_JOBS_COUNTED {
        money::count(count)
    } else {
        money::count(MOST_JOBS_COUNTED - 1) + "+"
    };
    let label = match state {
        JobState::Queued => "queued",
        JobState::Running => "running",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
        JobState::Done => "done within a day",
    };
    Tab { label, href: asked.link(state, None), count: counted, here: state == asked.state }
}

fn filters(asked: &Asked) -> Vec<Field> {
    let entry = Entry::with(&[("kind", asked.kind.unwrap_or_default())]);
    let all = std::iter::once((String::new(), "every kind".to_owned()));
    let kinds = JOB_KINDS.into_iter().map(|kind| (kind.to_owned(), kind_words(kind).to_owned()));
    vec![entry.field("kind", "Kind").choice(all.chain(kinds)).optional()]
}

/// What a kind of job does.
fn kind_words(kind: &str) -> &'static str {
    match kind {
        ecom_store::IMPORT_JOB => "reading a file",
        ecom_store::MAIL_JOB => "sending a mail",
        ecom_store::MAIL_ROUND_JOB => "the hourly round for mail",
        ecom_store::REPOST_JOB => "posting lines anew",
        ecom_store::RESEAL_JOB => "sealing with new keys",
        ecom_store::SHRED_JOB => "destroying keys",
        ecom_store::SWEEP_JOB => "clearing up",
        ecom_store::TAX_SETTING_JOB => "following a tax setting",
        _ => "",
    }
}

fn empty(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "No job waits: everything that is due is done.",
        JobState::Running => "No job runs at this moment.",
        JobState::Failed => "No job has failed. One that does stands here until it is done again.",
        JobState::Cancelled => "No job was cancelled.",
        JobState::Done => "No job was done within the last day.",
    }
}

fn row(job: JobRow) -> Row {
    let lasted = job.started_at.zip(job.finished_at).map(|(from, to)| lasted(to - from));
    Row {
        id: job.id,
        kind: kind_words(&job.kind),
        business: job.tenant.map_or_else(|| "the platform".to_owned(), |tenant| format!("no. {tenant}")),
        attempts: format!("{} of {}", money::count(job.attempts), money::count(job.most_attempts)),
        run_at: moment::told(job.run_at),
        lasted: lasted.unwrap_or_default(),
        why: job.outcome.unwrap_or_default(),
        retry: matches!(job.state, JobState::Failed | JobState::Cancelled),
        cancel: matches!(job.state, JobState::Queued | JobState::Running),
        name: job.kind,
    }
}

/// `0.4 s`, `12 s`, `3 min`.
fn lasted(micros: i64) -> String {
    let tenths = micros.max(0) / 100_000;
    match tenths {
        0..100 => format!("{}.{} s", tenths / 10, tenths % 10),
        100..1200 => format!("{} s", tenths / 10),
        _ => format!("{} min", tenths / 600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words() {
        assert!(JOB_KINDS.iter().all(|kind| !kind_words(kind).is_empty()));
    }

    #[test]
    fn times_are_told_as_people_do() {
        let told = [0, 420_000, 12_500_000, 119_900_000, 185_000_000].map(lasted);
        assert_eq!(told, ["0.0 s", "0.4 s", "12 s", "119 s", "3 min"]);
    }

    #[test]
    fn a_place_in_the_list_is_read_back() {
        assert_eq!(cursor("12_7"), Some(JobCursor { at: 12, id: JobId(7) }));
        for text in ["", "12", "_", "12_x", "x_7"] {
            assert_eq!(cursor(text), None, "{text}");
        }
    }
}
