//! Explain: how a figure is computed, the ledger lines behind it, and each line as Amazon wrote it.

mod download;
mod original;
mod subject;

use askama::Template;
use axum::extract::State;
use ecom_ledger::{Currency, day, settlement::Turnover, statement::Statement};
use ecom_store::{LineCursor, LineFilter, LineView, Scoped, SettlementKey};

use crate::{
    app::App,
    download::{Download, Downloads},
    fault::{Fault, Page},
    frame::{Frame, Here},
    money, page,
    params::{Link, Params},
    period::{Period, shown},
    scope::{Choices, Scope},
    seat::{Seat, Viewer},
    words,
};
use original::Original;
use subject::Subject;

/// Lines on a page.
const PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "line/list.html")]
struct LinesPage {
    frame: Frame,
    title: String,
    period: String,
    sku: Option<String>,
    downloads: Downloads,
    sentences: Vec<Sentence>,
    lines: Vec<Line>,
    /// First page and next page.
    first: Option<String>,
    next: Option<String>,
    back: String,
    rule: Option<&'static str>,
    /// Several accounts are on the page, so each line names its own.
    mixed: bool,
}

/// How a figure is computed, in one currency.
struct Sentence {
    amount: String,
    text: String,
}

/// A line as it is shown.
struct Line {
    id: String,
    day: String,
    what: String,
    label: String,
    code: &'static str,
    order: String,
    sku: String,
    sku_href: String,
    quantity: i64,
    amount: String,
    estimated: bool,
    file: String,
    number: String,
    settlement: String,
    settlement_href: String,
    href: String,
    original: Option<Original>,
}

/// The lines behind a figure.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let scope = Scope::read(&params, Period::All)?;
    Choices::of(&mut books).await?.expect(&scope)?;
    expect_settlement(&mut books, scope.settlement).await?;
    let subject = Subject::read(&params)?;
    let sku = match params.one("sku") {
        Some(name) => Some((name.to_owned(), books.sku(name).await?.ok_or(Fault::Missing)?)),
        None => None,
    };
    let cursor = |text: &str| text.parse::<LineCursor>().ok();
    let after = params.read("after", "a place in this list", cursor)?;
    let open = params.read("open", "a line of this list", cursor)?;
    let filter = LineFilter {
        filter: scope.filter(),
        accounts: subject.accounts.clone(),
        sku: sku.as_ref().map(|(_, id)| *id),
    };
    if let Some(wanted) = Download::read(&params)? {
        return download::send(app, seat, tx, &scope, wanted, filter, &subject).await;
    }
    let mut found =
        if subject.in_files() { books.lines(&filter, after, PER_PAGE + 1).await? } else { Vec::new() };
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    let original = match found.iter().find(|line| Some(line.cursor) == open) {
        Some(line) => Some(Original::open(&app, &seat, &mut books, line).await?),
        None => None,
    };
    let statements = if sku.is_none() { books.statements(&scope.filter()).await? } else { Vec::new() };
    let here = Address {
        scope,
        query: subject.query.clone(),
        sku: sku.as_ref().map(|(name, _)| name.clone()),
        after,
    };
    let next = found.last().filter(|_| more).map(|line| here.page(Some(line.cursor)));
    let page = LinesPage {
        frame: seat.frame(subject.title.clone(), Here::Statement),
        title: subject.title.clone(),
        period: scope.period.title(),
        sentences: statements.iter().map(|statement| sentence(&subject, statement)).collect::<Page<_>>()?,
        mixed: subject.accounts.len() != 1,
        rule: subject.rule(),
        downloads: Downloads::of(&here.link(None), &[download::TABLE]),
        first: after.map(|_| here.page(None)),
        next,
        back: back(&scope),
        sku: sku.map(|(name, _)| name),
        lines: lines(&here, found, open, original),
    };
    page::show(&page)
}

async fn expect_settlement(books: &mut Scoped<'_>, key: Option<SettlementKey>) -> Page<()> {
    match key {
        Some(key) if books.settlement(key).await?.is_none() => Err(Fault::Missing),
        _ => Ok(()),
    }
}

fn back(scope: &Scope) -> String {
    match scope.settlement {
        Some(key) => format!("/settlements/{key}"),
        None => Scope { currency: None, ..*scope }.link("/statement").text(),
    }
}

/// The address of this page, to make those of its neighbours.
struct Address {
    scope: Scope,
    query: String,
    sku: Option<String>,
    after: Option<LineCursor>,
}

impl Address {
    fn page(&self, after: Option<LineCursor>) -> String {
        self.link(after).text()
    }

    fn link(&self, after: Option<LineCursor>) -> Link {
        let mut link = self.scope.link("/lines").and(&self.query);
        if let Some(sku) = &self.sku {
            link = link.with("sku", sku);
        }
        if let Some(after) = after {
            link = link.with("after", &after.to_string());
        }
        link
    }

    /// The same page with one line opened, or closed again.
    fn opened(&self, line: LineCursor, is_open: bool) -> String {
        let page = self.page(self.after);
        let joint = if page.contains('?') { '&' } else { '?' };
        if is_open { format!("{page}#l{line}") } else { format!("{page}{joint}open={line}#l{line}") }
    }

    fn with_sku(&self, sku: &str) -> String {
        self.scope.link("/lines").and(&self.query).with("sku", sku).text()
    }
}

fn lines(
    here: &Address,
    found: Vec<LineView>,
    open: Option<LineCursor>,
    original: Option<Original>,
) -> Vec<Line> {
    let mut original = original;
    let shown = |line: LineView| {
        let is_open = Some(line.cursor) == open;
        let original = if is_open { original.take() } else { None };
        view(here, line, original)
    };
    found.into_iter().map(shown).collect()
}

fn view(here: &Address, line: LineView, original: Option<Original>) -> Line {
    let parts = [&line.label.transaction_type, &line.label.amount_type, &line.label.description];
    let named: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    Line {
        id: format!("l{}", line.cursor),
        day: shown(day::to_date(line.day)),
        what: named.last().map_or_else(|| words::account(line.account).to_owned(), |last| (*last).to_owned()),
        label: named.split_last().map(|(_, rest)| rest.join(" · ")).unwrap_or_default(),
        code: line.account.name(),
        order: line.order_id,
        sku_href: here.with_sku(&line.sku),
        sku: line.sku,
        quantity: line.quantity,
        amount: money::exact(line.currency, line.amount),
        estimated: line.estimated,
        file: line.file_name,
        number: money::count(line.line),
        settlement: line.settlement_id,
        settlement_href: format!("/settlements/{}", line.settlement),
        href: here.opened(line.cursor, original.is_some()),
        original,
    }
}

/// Says what the figure is the sum of. The amounts come from the same rollup as the figure itself.
fn sentence(subject: &Subject, statement: &Statement) -> Page<Sentence> {
    let currency = statement.currency;
    let mut all = Turnover::default();
    for (_, turnover) in statement.moved().filter(|(account, _)| subject.holds(*account)) {
        all.merge(turnover)?;
    }
    let unknown = !subject.in_files() && statement.uncosted > 0 && all.net() == 0;
    let amount = if unknown { "unknown".to_owned() } else { money::exact(currency, all.net()) };
    let text = if subject.in_files() { lines_sentence(&all, currency) } else { units_sentence(statement) };
    Ok(Sentence { amount, text })
}

fn lines_sentence(all: &Turnover, currency: Currency) -> String {
    let exact = |amount| money::exact(currency, amount);
    let lines = money::counted(all.lines, "amount", "amounts");
    let mut text = format!(
        "The sum of {lines} in the settlement files: {} credited, {} debited.",
        exact(all.credit),
        exact(all.debit)
    );
    if all.estimated != 0 {
        let words = format!(
            " Of it {} is estimated: the 18\u{2009}% GST inside some amounts, set apart until a tax invoice replaces it.",
            exact(all.estimated)
        );
        text.push_str(&words);
    }
    text
}

fn units_sentence(statement: &Statement) -> String {
    let sold = money::counted(statement.units, "unit", "units");
    let missing = match statement.uncosted {
        0 => "Each has a cost.".to_owned(),
        uncosted => {
            format!("The cost of {} is unknown and not counted.", money::counted(uncosted, "unit", "units"))
        }
    };
    format!("{sold} sold, each at the cost you gave for its product on the day of sale. {missing}")
}
