//! How GST on Amazon's fees stands in the books: what holds, changing it from a day on, and the history.
//!
//! A change is looked at first: what it does to the profit of each month. Then a job posts what is there anew.

mod change;
mod download;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_gst::Gstin;
use ecom_ledger::{
    day,
    tax_setting::{TaxSetting, TaxSettings},
};
use ecom_store::{Action, JobView, MarketplaceId, Scoped, TaxChoice, TaxSettingId, TaxSettingView, Tx};

pub(crate) use change::{ask, preview, undo};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    period::shown,
    seat::{Manager, Owner, Role, Seat, Viewer},
};

/// Without script, the page is asked for again after this many seconds while lines are posted anew.
const RELOAD_S: u8 = 2;

#[derive(Template)]
#[template(path = "tax_setting/show.html")]
struct SettingsPage {
    frame: Frame,
    downloads: Downloads,
    notices: Vec<Notice>,
    now: Vec<Now>,
    gstin: String,
    /// Whether the business's own details may be changed.
    owns: bool,
    usual: &'static str,
    going: Option<Going>,
    failed: Vec<Failed>,
    form: Option<ChangeForm>,
    history: Vec<Past>,
    may: bool,
}

/// What holds today for a marketplace.
struct Now {
    marketplace: String,
    state: (&'static str, &'static str),
    since: String,
}

/// How far posting anew is.
struct Going {
    done: i64,
    total: i64,
    words: String,
}

/// A setting whose job was given up.
struct Failed {
    id: TaxSettingId,
    /// What it says.
    words: String,
}

struct ChangeForm {
    fields: Vec<Field>,
    /// Whether there is a marketplace to choose.
    several: bool,
    wrong: bool,
}

/// A setting that was made, and perhaps undone.
struct Past {
    id: TaxSettingId,
    state: (&'static str, &'static str),
    marketplace: String,
    from: String,
    made: String,
    undone: Option<String>,
}

/// The settings.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    if let Some(wanted) = Download::read(&params)? {
        let list = seat.books(&mut tx).await?.tax_setting_list().await?;
        let name = FileName::today(&app, &seat, download::TABLE);
        return wanted.send(&name, vec![download::history(&list)]).await;
    }
    let said = match params.one("said") {
        Some("changed") => {
            Some("The setting is made. What is in the books already follows it in the background.")
        }
        Some("undone") => {
            Some("The setting is undone. What is in the books already follows in the background.")
        }
        _ => None,
    };
    let notices = said.map(|said| Notice::new(Tone::Good, "Done", said)).into_iter().collect();
    shown_as(&app, &seat, &mut tx, notices, Entry::default(), StatusCode::OK).await
}

/// Makes a setting, and has the lines that are there follow it.
pub(crate) async fn create(State(app): State<App>, seat: Seat<Manager>, mut entry: Entry) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let Some((choice, _)) = read(&mut books, &mut entry).await? else {
        return refused(&app, &seat, &mut tx, entry).await;
    };
    books.add_tax_setting(choice, seat.person(), app.now()).await?;
    seat.audit(&app, &mut books, Action::AddTaxSetting, "settings/tax").await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Redirect::to("/settings/tax?said=changed").into_response())
}

/// Has lines follow a setting once more, after the job was given up.
pub(crate) async fn again(State(app): State<App>, seat: Seat<Manager>, Path(id): Path<String>) -> Page {
    let id: TaxSettingId = id.parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    books.follow_tax_setting_again(id, app.now()).await?;
    seat.audit(&app, &mut books, Action::PostAgain, "settings/tax").await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Redirect::to("/settings/tax").into_response())
}

/// What the form says, if it makes sense.
async fn read(books: &mut Scoped<'_>, entry: &mut Entry) -> Page<Option<(TaxChoice, TaxSetting)>> {
    let credit = match entry.raw("credit") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => {
            entry.refuse("credit", "Choose how GST on fees stands.");
            None
        }
    };
    let from = entry.day("from").map_or(i32::MIN, day::of_date);
    let known = books.gst_marketplaces().await?;
    let marketplace = match entry.raw("marketplace") {
        "" | "0" => Some((MarketplaceId(0), None)),
        text => {
            let id = text.parse().ok();
            known.into_iter().find(|(known, _)| Some(*known) == id).map(|(id, name)| (id, Some(name)))
        }
    };
    if marketplace.is_none() {
        entry.refuse("marketplace", "Choose a marketplace of your files, or all.");
    }
    let (Some(credit), Some((id, marketplace))) = (credit, marketplace) else { return Ok(None) };
    let later = books
        .tax_setting_list()
        .await?
        .into_iter()
        .find(|other| other.undone.is_none() && other.marketplace == id && other.setting.from >= from);
    if let Some(later) = later {
        let day = since(later.setting.from);
        entry
            .refuse("from", format!("A setting {day} stands already. Undo it first, or choose a later day."));
    }
    let choice = TaxChoice { marketplace: id, from, credit };
    Ok(entry.is_good().then_some((choice, TaxSetting { marketplace, from, credit })))
}

/// The page again, with what is wrong beside its field.
async fn refused<R: Role>(app: &App, seat: &Seat<R>, tx: &mut Tx, entry: Entry) -> Page {
    shown_as(app, seat, tx, Vec::new(), entry, StatusCode::UNPROCESSABLE_ENTITY).await
}

async fn shown_as<R: Role>(
    app: &App,
    seat: &Seat<R>,
    tx: &mut Tx,
    notices: Vec<Notice>,
    entry: Entry,
    status: StatusCode,
) -> Page {
    let gstin = tx.platform().gstin(seat.tenant()).await?;
    let mut books = seat.books(tx).await?;
    let jobs = books.tax_setting_jobs().await?;
    let (settings, list) = (books.tax_settings().await?, books.tax_setting_list().await?);
    let marketplaces = books.gst_marketplaces().await?;
    let going = going(app, &jobs);
    let may = seat.may::<Manager>();
    let today = day::of_date(app.today());
    let entry = if entry.is_good() { other_than(settings.at("", today).due) } else { entry };
    let page = SettingsPage {
        frame: seat.frame("Tax settings", Here::Settings).reloading(going.as_ref().map(|_| RELOAD_S)),
        downloads: Downloads::of(&Link::to("/settings/tax"), &[download::TABLE]),
        notices,
        now: now(&settings, &marketplaces, today),
        gstin: told_gstin(gstin),
        owns: seat.may::<Owner>(),
        usual: if settings.usual() { "claimed back" } else { "a cost" },
        failed: failed(&jobs, &list),
        going,
        form: may.then(|| form(&entry, &marketplaces)),
        history: list.into_iter().map(past).collect(),
        may,
    };
    page::show_as(status, &page)
}

/// A change is offered to what does not hold yet.
fn other_than(due: bool) -> Entry {
    Entry::with(&[("credit", if due { "no" } else { "yes" })])
}

fn form(entry: &Entry, marketplaces: &[(MarketplaceId, String)]) -> ChangeForm {
    let words = [("no", "A cost"), ("yes", "Claimed back (input credit)")];
    let options = words.map(|(code, words)| (code.to_owned(), words.to_owned()));
    let mut fields = vec![
        entry.field("credit", "GST on Amazon’s fees is").choice(options),
        entry
            .field("from", "From posting day")
            .kind("date")
            .optional()
            .hint("Empty: for all lines, from the first on."),
    ];
    if !marketplaces.is_empty() {
        let all = ("0".to_owned(), "All marketplaces".to_owned());
        let each = marketplaces.iter().map(|(id, name)| (id.to_string(), format!("Only {name}")));
        let field = entry.field("marketplace", "For").choice([all].into_iter().chain(each));
        fields.push(field);
    }
    ChangeForm { fields, several: !marketplaces.is_empty(), wrong: !entry.is_good() }
}

/// One row for all if they agree; else one for each, and one for lines that name none.
fn now(settings: &TaxSettings, marketplaces: &[(MarketplaceId, String)], today: i32) -> Vec<Now> {
    let general = settings.at("", today);
    let row = |name: &str, label: &str| {
        let credit = settings.at(name, today);
        Now { marketplace: label.to_owned(), state: told(credit.due), since: since(credit.from) }
    };
    if marketplaces.iter().all(|(_, name)| settings.at(name, today) == general) {
        return vec![row("", "All marketplaces")];
    }
    let each = marketplaces.iter().map(|(_, name)| row(name, name));
    each.chain([row("", "Lines without a marketplace")]).collect()
}

fn told(credit: bool) -> (&'static str, &'static str) {
    if credit { ("claimed back", Tone::Good.class()) } else { ("a cost", Tone::Plain.class()) }
}

fn since(from: i32) -> String {
    if from == i32::MIN {
        "from the first line on".to_owned()
    } else {
        format!("from {} on", shown(day::to_date(from)))
    }
}

fn told_gstin(gstin: Option<Gstin>) -> String {
    match gstin {
        Some(gstin) => format!("{} ({})", gstin.as_str(), gstin.state().name()),
        None => "none was given".to_owned(),
    }
}

fn past(view: TaxSettingView) -> Past {
    Past {
        id: view.id,
        state: told(view.setting.credit),
        marketplace: view.setting.marketplace.unwrap_or_else(|| "All marketplaces".to_owned()),
        from: since(view.setting.from),
        made: by(view.made_at, &view.made_by),
        undone: view.undone.map(|(at, name)| by(at, &name)),
    }
}

/// `24 Nov 2026, 14:05, by Asha Rao`, in Indian time.
fn by(at: i64, name: &str) -> String {
    format!("{}, by {name}", moment::told(at))
}

fn going(app: &App, jobs: &[(TaxSettingId, JobView)]) -> Option<Going> {
    let each = jobs.iter().map(|(_, job)| job);
    let open: Vec<&JobView> = each.filter(|job| matches!(job.state.as_str(), "queued" | "running")).collect();
    let running = open.iter().find(|job| job.state == "running");
    let (done, total) = match running {
        Some(job) => app.live.of(job.id).unwrap_or((job.done, job.total)),
        None if open.is_empty() => return None,
        None => (0, 0),
    };
    let words = if total > 0 {
        format!("{}\u{2009}% of the lines are posted anew.", done.saturating_mul(100) / total)
    } else {
        "Waiting for its turn.".to_owned()
    };
    Some(Going { done, total, words })
}

/// The settings whose last job was given up.
fn failed(jobs: &[(TaxSettingId, JobView)], list: &[TaxSettingView]) -> Vec<Failed> {
    let given_up = jobs.iter().filter(|(_, job)| job.state == "failed");
    let words = |id: TaxSettingId| {
        let view = list.iter().find(|view| view.id == id)?;
        let undone = if view.undone.is_some() { ", undone" } else { "" };
        Some(format!("{} {}{undone}", told(view.setting.credit).0, since(view.setting.from)))
    };
    given_up.filter_map(|(id, _)| Some(Failed { id: *id, words: words(*id)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marketplaces_that_agree_are_one_row() {
        let markets = [(MarketplaceId(1), "Amazon.in".to_owned())];
        let none = TaxSettings::default();
        assert_eq!(now(&none, &markets, 7).len(), 1);
        let own = none.with(TaxSetting { marketplace: Some("amazon.in".into()), from: 5, credit: false });
        let rows = now(&own, &markets, 7);
        let told: Vec<_> = rows.iter().map(|row| (row.marketplace.as_str(), row.state.0)).collect();
        assert_eq!(told, [("Amazon.in", "a cost"), ("Lines without a marketplace", "claimed back")]);
        assert_eq!(now(&own, &markets, 4)[0].since, "from the first line on");
    }

    #[test]
    fn a_gstin_names_its_state() {
        let known = "29AAPFU0939F1ZR".parse().unwrap();
        assert_eq!(told_gstin(Some(known)), "29AAPFU0939F1ZR (Karnataka)");
        assert!(told_gstin(None).starts_with("none"));
    }
}
