//! Explain: how a figure is computed, the ledger lines behind it, and each line as Amazon wrote it.

pub(crate) mod download;
mod measure;
mod original;
mod sentence;
mod subject;

use askama::Template;
use axum::extract::State;
use ecom_ledger::day;
use ecom_store::{LineCursor, LineFilter, LineView, MOST_SUMMED, Scoped, SettlementKey, SkuId};

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
pub(crate) use measure::Measure;
use original::Original;
use sentence::{Sentence, Telling, of_product};
use subject::Subject;
pub(crate) use subject::{BEFORE_OWN, POSTED};

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
    /// Why there is no sum.
    unsummed: Option<String>,
    /// The same figure with GST inside amounts shown the other way, where that makes a difference.
    other_gst: Option<(&'static str, String)>,
    difference: String,
    lines: Vec<Line>,
    /// First page and next page.
    first: Option<String>,
    next: Option<String>,
    back: String,
    rule: Option<&'static str>,
    /// Several accounts are on the page, so each line names its own.
    mixed: bool,
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
    let scope = Scope::read(&params, Period::All)?.with_gst(&params)?;
    Choices::of(&mut books).await?.expect(&scope)?;
    expect_settlement(&mut books, scope.settlement).await?;
    let subject = Subject::read(&params)?;
    let sku = product(&mut books, &params).await?;
    let cursor = |text: &str| text.parse::<LineCursor>().ok();
    let after = params.read("after", "a place in this list", cursor)?;
    let open = params.read("open", "a line of this list", cursor)?;
    let filter = LineFilter {
        filter: scope.filter(),
        accounts: subject.accounts.clone(),
        sku: sku.as_ref().map(|(_, id)| *id),
        printed: scope.printed,
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
    let telling =
        Telling { subject: &subject, scope: &scope, product: sku.as_ref().map(|(name, _)| name.as_str()) };
    let told = Told::of(&mut books, &filter, &telling).await?;
    let here = Address {
        scope,
        query: subject.query.clone(),
        sku: sku.as_ref().map(|(name, _)| name.clone()),
        after,
    };
    let next = found.last().filter(|_| more).map(|line| here.page(Some(line.cursor)));
    let page = LinesPage {
        frame: seat.frame(subject.title.clone(), Here::Statement),
        title: subject.title.clone() + if scope.printed { ", as printed by Amazon" } else { "" },
        period: scope.period.title(),
        sentences: told.sentences,
        unsummed: told.unsummed,
        other_gst: (told.estimated || scope.printed).then(|| here.other_gst()),
        difference: Scope { settlement: None, ..scope }.link("/difference").text(),
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

/// The product that an address names; `product=none` means the lines without one, whose name is empty.
async fn product(books: &mut Scoped<'_>, params: &Params) -> Page<Option<(String, SkuId)>> {
    let none = params.read("product", "`none`", |text| (text == "none").then_some(SkuId(0)))?;
    match params.one("sku") {
        Some(name) if name.chars().any(char::is_control) => Err(Fault::Missing),
        Some(name) => Ok(Some((name.to_owned(), books.sku(name).await?.ok_or(Fault::Missing)?))),
        None => Ok(none.map(|none| (String::new(), none))),
    }
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
        // All currencies: the figures one came from may have stood beside others.
        None => Scope { currency: None, ..*scope }.link("/statement").text(),
    }
}

/// How the figure is computed.
struct Told {
    sentences: Vec<Sentence>,
    unsummed: Option<String>,
    /// Whether GST is set apart in it.
    estimated: bool,
}

impl Told {
    async fn of(books: &mut Scoped<'_>, lines: &LineFilter, telling: &Telling<'_>) -> Page<Self> {
        let statements = match lines.sku {
            Some(_) => books.product_statements(lines).await?,
            None => Some(books.statements(&lines.filter).await?),
        };
        let Some(statements) = statements else {
            let most = money::count(MOST_SUMMED);
            let words =
                format!("More than {most} lines name this product. Choose fewer days to see their sum.");
            return Ok(Self { sentences: Vec::new(), unsummed: Some(words), estimated: true });
        };
        let estimated = |account| statements.iter().any(|one| one.turnover(account).estimated != 0);
        Ok(Self {
            estimated: ecom_ledger::Account::ALL
                .iter()
                .any(|account| telling.subject.holds(*account) && estimated(*account)),
            sentences: statements.iter().map(|statement| telling.of(statement)).collect::<Page<_>>()?,
            unsummed: None,
        })
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
        let link = self.scope.link("/lines").and(&self.query);
        let mut link = of_product(link, self.sku.as_deref());
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

    /// The first page with GST inside amounts shown the other way.
    fn other_gst(&self) -> (&'static str, String) {
        let printed = !self.scope.printed;
        let words = if printed { "Show as printed by Amazon" } else { "Show with GST set apart" };
        let scope = Scope { printed, ..self.scope };
        let other = Self { scope, query: self.query.clone(), sku: self.sku.clone(), after: None };
        (words, other.page(None))
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
