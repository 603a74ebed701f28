//! One month: closing it with its gaps seen, what has changed since, opening it again with a reason.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_documents::Sheet;
use ecom_ledger::{
    Account, Currency,
    day::{self, Month},
    statement::{Gaps, Statement},
};
use ecom_store::{Action, Filter, MonthClose, Scoped};

use super::{
    Stand, Standing, download, is_provisional, month_path,
    record::{self, DifferenceRow, PastRow, ShortRow},
};
use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    moment, money,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    period::{self, Period, shown},
    scope::Scope,
    seat::{Manager, Role, Seat, Viewer},
};

/// Longest reason for opening a month again, in characters.
const MOST_REASON: usize = 500;

#[derive(Template)]
#[template(path = "close/month.html")]
struct MonthPage {
    frame: Frame,
    downloads: Downloads,
    title: String,
    path: String,
    statement: String,
    state: (&'static str, &'static str),
    closed: Option<String>,
    notices: Vec<Notice>,
    rows: Vec<ShortRow>,
    gaps: Vec<Gap>,
    differences: Vec<DifferenceRow>,
    form: Option<CloseForm>,
    reason: Option<Field>,
    past: Vec<PastRow>,
}

/// Something the statement does not know.
struct Gap {
    title: String,
    words: &'static str,
    link: Option<(&'static str, String)>,
}

struct CloseForm {
    boxes: Vec<Field>,
    seen: String,
    wrong: bool,
}

/// A month and everything that was recorded about it.
struct Whole {
    standing: Standing,
    past: Vec<MonthClose>,
}

impl Whole {
    fn differences(&self) -> Vec<DifferenceRow> {
        let frozen = self.standing.close.as_ref().map(|close| &close.close.statement);
        let found = self.standing.differences();
        frozen.map(|was| record::differences(was, &self.standing.now, &found)).unwrap_or_default()
    }

    fn past(&self) -> Page<Vec<PastRow>> {
        self.past.iter().filter_map(|close| record::past(close).transpose()).collect()
    }
}

fn scope_of(month: Month, currency: Currency) -> Page<Scope> {
    Ok(Scope::read(&Params::default(), Period::Month(month))?.of_currency(currency))
}

/// The tables of the page, for a file.
fn tables(whole: &Whole) -> Page<Vec<Sheet>> {
    let Standing { month, now, close, .. } = &whole.standing;
    let frozen = close.as_ref().map(|close| &close.close.statement);
    let rows = record::short(&scope_of(*month, now.currency)?, now, frozen)?;
    Ok(download::tables(now.currency, &whole.differences(), &rows, &whole.past()?))
}

/// A month.
pub(crate) async fn show(
    State(app): State<App>,
    seat: Seat<Viewer>,
    Path(at): Path<(String, String)>,
    params: Params,
) -> Page {
    let (month, currency) = place(&at)?;
    let mut tx = app.db.read().await?;
    let whole = whole(&app, &mut seat.books(&mut tx).await?, month, currency).await?;
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::of(&seat, "close", Period::Month(month));
        return wanted.send(&name, tables(&whole)?).await;
    }
    let said = match params.one("said") {
        Some("closed") => Some("The month is closed. What changes it from now on is listed here."),
        Some("reopened") => Some("The month is open again. What was frozen stays on record below."),
        _ => None,
    };
    let notices = said.map(|said| Notice::new(Tone::Good, "Done", said)).into_iter().collect();
    shown_as(&seat, &whole, notices, &Entry::default(), StatusCode::OK)
}

/// Closes it: the statement is frozen with its gaps, if they are those that the person has seen.
pub(crate) async fn create(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path(at): Path<(String, String)>,
    mut entry: Entry,
) -> Page {
    let (month, currency) = place(&at)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let whole = whole(&app, &mut books, month, currency).await?;
    if !matches!(whole.standing.state(), Stand::Open | Stand::Provisional) {
        return Err(Fault::Conflict("A month is closed once, and only when it is over.".to_owned()));
    }
    confirm(&mut entry, &whole.standing.now.gaps());
    if !entry.is_good() {
        return shown_as(&seat, &whole, Vec::new(), &entry, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let Some(close) = seen(entry.raw("seen"))
        .and_then(|seen| whole.standing.now.clone().freeze(&seen, app.clock.now()).ok())
    else {
        return shown_as(&seat, &whole, vec![changed()], &Entry::default(), StatusCode::CONFLICT);
    };
    books.put_close(month, &close, seat.person()).await?;
    seat.audit(&app, &mut books, Action::CloseMonth, &object(month, currency)).await?;
    tx.commit().await?;
    Ok(to(month, currency, "closed"))
}

/// Opens it again.
pub(crate) async fn reopen(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path(at): Path<(String, String)>,
    mut entry: Entry,
) -> Page {
    let (month, currency) = place(&at)?;
    let reason = entry.text("reason", MOST_REASON, "Say why, for whoever looks later.");
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    if !entry.is_good() {
        let whole = whole(&app, &mut books, month, currency).await?;
        return shown_as(&seat, &whole, Vec::new(), &entry, StatusCode::UNPROCESSABLE_ENTITY);
    }
    books.reopen(month, currency, seat.person(), &reason, app.now()).await?;
    seat.audit(&app, &mut books, Action::ReopenMonth, &object(month, currency)).await?;
    tx.commit().await?;
    Ok(to(month, currency, "reopened"))
}

/// Its address in the record.
fn object(month: Month, currency: Currency) -> String {
    format!("close/{month}/{currency}")
}

fn to(month: Month, currency: Currency, said: &str) -> axum::response::Response {
    Redirect::to(&Link::to(&month_path(month, currency)).with("said", said).text()).into_response()
}

fn place((month, currency): &(String, String)) -> Page<(Month, Currency)> {
    let month = period::month(month).ok_or(Fault::Missing)?;
    let code = Currency::parse(currency).map_err(|_| Fault::Missing)?;
    // One address for one month: `inr` is none.
    if code.code() == currency { Ok((month, code)) } else { Err(Fault::Missing) }
}

/// A month with neither lines nor expenses nor a close is not there.
async fn whole(app: &App, books: &mut Scoped<'_>, month: Month, currency: Currency) -> Page<Whole> {
    let of_month = |close: &MonthClose| close.month == month && close.close.statement.currency == currency;
    let closes: Vec<MonthClose> = books.closes().await?.into_iter().filter(of_month).collect();
    let filter = Filter { currency: Some(currency), ..Filter::days(month.first_day(), month.last_day()) };
    let mut found = books.statements(&filter).await?;
    if found.is_empty() && closes.is_empty() {
        return Err(Fault::Missing);
    }
    let mut now = found.pop().unwrap_or_else(|| Statement::new(currency));
    now.provisional = is_provisional(&books.coverage(None).await?, month, currency);
    let (past, standing): (Vec<_>, Vec<_>) = closes.into_iter().partition(|close| close.reopened.is_some());
    let over = month < Month::of_day(day::of_date(app.today()));
    Ok(Whole { standing: Standing { month, now, close: standing.into_iter().next(), over }, past })
}

fn changed() -> Notice {
    let words = "The gaps are no longer those you looked at. Nothing was closed; look again.";
    Notice::new(Tone::Attention, "The month has changed", words)
}

/// Every gap is confirmed by a box of its own.
fn confirm(entry: &mut Entry, gaps: &Gaps) {
    for (name, _) in boxes(gaps) {
        if entry.raw(name).is_empty() {
            entry.refuse(name, "Tick this if you close with it, or mend it first.");
        }
    }
}

fn boxes(gaps: &Gaps) -> Vec<(&'static str, &'static str)> {
    let all = [
        (gaps.unclassified_lines > 0, "unclassified", "Close with lines that are not understood"),
        (gaps.units_without_cost > 0, "uncosted", "Close with units whose cost is unknown"),
        (gaps.provisional, "provisional", "Close although settlements may follow"),
    ];
    all.into_iter().filter(|(there, ..)| *there).map(|(_, name, label)| (name, label)).collect()
}

/// The gaps as the form carries them, and back.
fn carried(gaps: &Gaps) -> String {
    let Gaps { unclassified_lines, unclassified_amount, units_without_cost, provisional } = gaps;
    format!("{unclassified_lines}/{unclassified_amount}/{units_without_cost}/{}", u8::from(*provisional))
}

fn seen(text: &str) -> Option<Gaps> {
    let numbers: Vec<i64> = text.split('/').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [unclassified_lines, unclassified_amount, units_without_cost, provisional] =
        numbers.try_into().ok()?;
    Some(Gaps { unclassified_lines, unclassified_amount, units_without_cost, provisional: provisional == 1 })
}

fn shown_as<R: Role>(
    seat: &Seat<R>,
    whole: &Whole,
    mut notices: Vec<Notice>,
    entry: &Entry,
    status: StatusCode,
) -> Page {
    let Standing { month, now, close, over } = &whole.standing;
    let frozen = close.as_ref().map(|close| &close.close);
    let (stand, may) = (whole.standing.state(), seat.may::<Manager>());
    let scope = scope_of(*month, now.currency)?;
    if !over {
        let words = format!("It can be closed from {} on.", shown(day::to_date(month.last_day() + 1)));
        notices.push(Notice::new(Tone::Plain, "This month is not over", words));
    }
    let title = Period::Month(*month).title();
    let gaps = frozen.map_or_else(|| now.gaps(), |close| close.gaps);
    let closed = close.as_ref().map(|close| {
        format!("Closed on {} by {}.", moment::told(close.close.at.as_microsecond()), close.closed_by)
    });
    let page = MonthPage {
        frame: seat.frame(format!("Close of {title}"), Here::Close),
        downloads: Downloads::of(&Link::to(&month_path(*month, now.currency)), &download::TABLES),
        path: month_path(*month, now.currency),
        statement: scope.link("/statement").text(),
        title: if now.currency == Currency::INR { title } else { format!("{title}, {}", now.currency) },
        state: stand.shown(),
        closed,
        notices,
        rows: record::short(&scope, now, frozen.map(|close| &close.statement))?,
        gaps: gap_list(&scope, now.currency, &gaps),
        differences: whole.differences(),
        form: (may && matches!(stand, Stand::Open | Stand::Provisional)).then(|| form(entry, &gaps)),
        reason: (may && close.is_some()).then(|| {
            entry.field("reason", "Why it is opened again").hint("It stays on record with what was frozen.")
        }),
        past: whole.past()?,
    };
    page::show_as(status, &page)
}

fn form(entry: &Entry, gaps: &Gaps) -> CloseForm {
    let field = |(name, label)| entry.field(name, label).kind("check");
    CloseForm {
        boxes: boxes(gaps).into_iter().map(field).collect(),
        seen: carried(gaps),
        wrong: !entry.is_good(),
    }
}

fn gap_list(scope: &Scope, currency: Currency, gaps: &Gaps) -> Vec<Gap> {
    let mut list = Vec::new();
    if gaps.unclassified_lines > 0 {
        let lines = money::counted(gaps.unclassified_lines, "line is", "lines are");
        let link = scope.link("/lines").with("account", Account::Unclassified.name()).text();
        list.push(Gap {
            title: format!("{lines} not understood: {}", money::exact(currency, gaps.unclassified_amount)),
            words: "In the total, but in no profit.",
            link: Some(("See the lines", link)),
        });
    }
    if gaps.units_without_cost > 0 {
        let units = money::counted(gaps.units_without_cost, "unit has", "units have");
        list.push(Gap {
            title: format!("{units} no known cost"),
            words: "Profit is shown before this cost, so too high.",
            link: Some(("Add costs", "/costs?show=missing".to_owned())),
        });
    }
    if gaps.provisional {
        list.push(Gap {
            title: "Settlements may still follow".to_owned(),
            words: "Amazon has not settled every day of the month yet, or a settlement is missing.",
            link: Some(("See the settlements", scope.link("/settlements").text())),
        });
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_go_through_the_form_and_back() {
        let gaps = Gaps {
            unclassified_lines: 2,
            unclassified_amount: -500,
            units_without_cost: 7,
            provisional: true,
        };
        assert_eq!(seen(&carried(&gaps)), Some(gaps));
        assert_eq!(boxes(&gaps).len(), 3);
        for text in ["", "1/2/3", "1/2/3/4/5", "a/b/c/d", "99999999999999999999/0/0/0"] {
            assert_eq!(seen(text), None, "{text}");
        }
    }
}
