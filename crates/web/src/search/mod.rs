//! Search of ledger lines: in all settlements that count, or in one. By order, product, label and account, each whole
//! or by its beginning; page by page, sorted as far as the store sorts.

mod asked;
mod download;
mod row;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::day;
use ecom_store::{
    LineCount, LineOrder, LinePage, LineSearch, LineSort, MOST_SORTED, Scoped, Search, SearchCursor,
    SettlementKey, Tx,
};

pub(crate) use row::LineRow;

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::{Fault, Page},
    frame::{Frame, Here},
    line::download::{TABLE, head},
    money, page,
    params::{Link, Params},
    period::Period,
    scope::{Choices, Scope},
    seat::{Seat, Viewer},
};
use asked::{Asked, Offers, Typed, account_names, called, guess, value};

/// Lines on a page.
const PER_PAGE: usize = 50;
/// Longest text in the one box, in characters.
const MOST_CHARS: usize = 300;

#[derive(Template)]
#[template(path = "search/show.html")]
struct SearchPage {
    frame: Frame,
    title: String,
    /// The settlement that is searched, if it is one.
    crumb: Option<(String, String)>,
    about: String,
    path: String,
    fields: [Field; 4],
    from: String,
    to: String,
    /// Parts of the scope that the form keeps.
    kept: Vec<(&'static str, String)>,
    accounts: Vec<(&'static str, &'static str)>,
    offers: Vec<Offered>,
    /// Said where a text means nothing.
    nothing: Option<String>,
    result: Option<Found>,
    clear: Option<String>,
}

struct Field {
    name: &'static str,
    label: &'static str,
    typed: Typed,
}

/// Things that somebody may have meant, as links.
struct Offered {
    title: String,
    links: Vec<(String, String)>,
    more: bool,
}

struct Found {
    downloads: Downloads,
    count: String,
    note: Option<&'static str>,
    sorts: [Sort; 3],
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

/// The head of a column by which lines are sorted.
struct Sort {
    words: &'static str,
    /// None: there are too many lines.
    href: Option<String>,
    /// For `aria-sort`.
    is: &'static str,
}

struct Row {
    line: LineRow,
    order_href: String,
    sku_href: String,
}

/// Where one searches, and how the page is addressed.
struct Place {
    path: String,
    scope: Scope,
    settlement: Option<SettlementKey>,
}

/// How lines are sorted.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Order {
    sort: LineSort,
    down: bool,
}

/// Lines of all settlements that count.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let scope = Scope::read(&params, Period::All)?;
    let settlement = scope.settlement;
    let place = Place { path: "/search".to_owned(), scope, settlement };
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    Choices::of(&mut books).await?.expect(&scope)?;
    if let Some(text) = one_box(&params)? {
        return match guess(&mut books, &text).await? {
            Ok((name, value)) => Ok(Redirect::to(&place.link().with(name, &value).text()).into_response()),
            Err(offers) => page::show(&SearchPage::offering(&seat, &place, &text, offers)),
        };
    }
    shown(&app, seat, tx, &place, &params).await
}

/// Lines of one settlement.
pub(crate) async fn of_settlement(
    State(app): State<App>,
    seat: Seat<Viewer>,
    Path(key): Path<String>,
    params: Params,
) -> Page {
    let key: SettlementKey = key.parse().map_err(|_| Fault::Missing)?;
    let scope = Scope { settlement: None, ..Scope::read(&params, Period::All)? };
    let place = Place { path: format!("/settlements/{key}/lines"), scope, settlement: Some(key) };
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    Choices::of(&mut books).await?.expect(&scope)?;
    shown(&app, seat, tx, &place, &params).await
}

/// What was typed into the one box of another page.
fn one_box(params: &Params) -> Page<Option<String>> {
    let short = |text: &str| {
        let text = text.trim();
        let plain = text.chars().count() <= MOST_CHARS && !text.chars().any(char::is_control);
        plain.then(|| text.to_owned())
    };
    let text = params.read("q", "a text of one line and at most 300 characters", short)?;
    Ok(text.filter(|text| !text.is_empty()))
}

async fn shown(app: &App, seat: Seat<Viewer>, mut tx: Tx, place: &Place, params: &Params) -> Page {
    let books = &mut seat.books(&mut tx).await?;
    let settlement = match place.settlement {
        Some(key) => Some(books.settlement(key).await?.ok_or(Fault::Missing)?.settlement_id),
        None => None,
    };
    let asked = Asked::read(books, params).await?;
    let order = Order::read(params)?;
    let cursor = |text: &str| text.parse::<SearchCursor>().ok();
    let after = params.read("after", "a place in this list", cursor)?;
    if let Some(wanted) = Download::read(params)?
        && asked.is_clear()
    {
        let search = place.search(books, &asked).await?;
        let about =
            settlement.map_or_else(|| "lines found".to_owned(), |id| format!("lines settlement {id}"));
        let name = FileName::of(&seat, &about, place.scope.period);
        return wanted.send_rows(app, &name, head(), download::Lines::of(tx, seat, search, order)).await;
    }
    let result = if asked.is_clear() { Some(found(books, place, &asked, order, after).await?) } else { None };
    let status = if asked.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page::show_as(status, &SearchPage::of(&seat, place, asked, settlement, result))
}

async fn found(
    books: &mut Scoped<'_>,
    place: &Place,
    asked: &Asked,
    order: Order,
    after: Option<SearchCursor>,
) -> Page<Found> {
    let search = place.search(books, asked).await?;
    let sorted = books.search_lines(&search, order.sort, order.down, after, PER_PAGE).await?;
    let (order, page) = match sorted {
        Search::Found(page) => (order, page),
        // Too many to be sorted so: they are shown line by line, and the page says to narrow.
        Search::Narrow => match books.search_lines(&search, LineSort::Line, false, None, PER_PAGE).await? {
            Search::Found(page) => (Order::FIRST, page),
            Search::Narrow => return Err(Fault::broken("lines cannot be listed by line")),
        },
    };
    Ok(Found::of(place, asked, order, page, after.is_some()))
}

impl Order {
    const FIRST: Self = Self { sort: LineSort::Line, down: false };

    fn read(params: &Params) -> Page<Self> {
        let sort = |text: &str| match text {
            "line" => Some(LineSort::Line),
            "day" => Some(LineSort::Day),
            "amount" => Some(LineSort::Amount),
            _ => None,
        };
        let down = |text: &str| match text {
            "down" => Some(true),
            "up" => Some(false),
            _ => None,
        };
        Ok(Self {
            sort: params.read("sort", "`line`, `day` or `amount`", sort)?.unwrap_or(LineSort::Line),
            down: params.read("dir", "`up` or `down`", down)?.unwrap_or(false),
        })
    }

    fn link(self, link: Link) -> Link {
        if self == Self::FIRST {
            return link;
        }
        let name = match self.sort {
            LineSort::Line => "line",
            LineSort::Day => "day",
            LineSort::Amount => "amount",
        };
        link.with("sort", name).with("dir", if self.down { "down" } else { "up" })
    }

    /// The head of a column: a first click sorts upwards, the next one the other way.
    fn head(self, sort: LineSort, words: &'static str, page: &LinePage, link: Link) -> Sort {
        let here = self.sort == sort && page.order == LineOrder::AsAsked;
        let is = match (here, self.down) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        let wanted = Self { sort, down: here && !self.down };
        let sortable = page.count != LineCount::More;
        Sort { words, href: sortable.then(|| wanted.link(link).text()), is }
    }
}

impl Place {
    fn link(&self) -> Link {
        self.scope.link(&self.path)
    }

    /// As the store is asked.
    async fn search(&self, books: &mut Scoped<'_>, asked: &Asked) -> Page<LineSearch> {
        let filter = ecom_store::Filter { settlement: self.settlement, ..self.scope.filter() };
        asked.narrow(books, LineSearch::of(filter)).await
    }
}

impl Found {
    fn of(place: &Place, asked: &Asked, order: Order, page: LinePage, further: bool) -> Self {
        let link = || asked.link(place.link(), "");
        let head = |sort, words| order.head(sort, words, &page, link());
        let sorts = [
            head(LineSort::Day, "Posted"),
            head(LineSort::Amount, "Amount"),
            head(LineSort::Line, "Where it stands"),
        ];
        let (count, note) = counted(&page);
        let row = |line| {
            let line = LineRow::of(line);
            let other = |name: &str, value: &str| asked.link(place.link(), name).with(name, value).text();
            Row { order_href: other("order", &line.order), sku_href: other("sku", &line.sku), line }
        };
        Self {
            downloads: Downloads::of(&order.link(link()), &[TABLE]),
            count,
            note,
            sorts,
            first: further.then(|| order.link(link()).text()),
            next: page.next.map(|next| order.link(link()).with("after", &next.to_string()).text()),
            rows: page.lines.into_iter().map(row).collect(),
        }
    }
}

fn counted(page: &LinePage) -> (String, Option<&'static str>) {
    match page.count {
        LineCount::Exact(count) => {
            (money::counted(i64::try_from(count).unwrap_or(i64::MAX), "line", "lines"), None)
        }
        LineCount::More => {
            let count = money::count(i64::try_from(MOST_SORTED).unwrap_or(i64::MAX));
            let note = match page.order {
                LineOrder::AsAsked => "Line by line. Narrow the search to sort by date or amount.",
                LineOrder::ByAccount => {
                    "Account by account. Narrow the search to sort by line, date or amount."
                }
            };
            (format!("{count}+ lines"), Some(note))
        }
    }
}

impl SearchPage {
    fn of(
        seat: &Seat<Viewer>,
        place: &Place,
        asked: Asked,
        settlement: Option<String>,
        result: Option<Found>,
    ) -> Self {
        let title = settlement
            .as_ref()
            .map_or_else(|| "Search lines".to_owned(), |id| format!("Lines of settlement {id}"));
        let here = if settlement.is_some() { Here::Settlements } else { Here::Search };
        let offers = asked.offers.iter().map(|offers| offered(place, &asked, offers)).collect();
        let (from, to) = days(&place.scope);
        let narrowed = !asked.is_empty() || place.scope.period != Period::All;
        Self {
            frame: seat.frame(title.clone(), here),
            crumb: place
                .settlement
                .zip(settlement)
                .map(|(key, id)| (format!("/settlements/{key}"), format!("Settlement {id}"))),
            title,
            about: about(place),
            path: place.path.clone(),
            offers,
            nothing: None,
            result,
            clear: narrowed.then(|| place.path.clone()),
            fields: [
                Field { name: "order", label: "Order", typed: asked.order },
                Field { name: "sku", label: "SKU", typed: asked.sku },
                Field { name: "label", label: "Label", typed: asked.label },
                Field { name: "account", label: "Account", typed: asked.account },
            ],
            from,
            to,
            kept: kept(&place.scope),
            accounts: account_names(),
        }
    }

    /// What a text may mean; nothing is searched yet.
    fn offering(seat: &Seat<Viewer>, place: &Place, text: &str, offers: Vec<Offers>) -> Self {
        let nothing = offers.is_empty().then(|| text.to_owned());
        Self { nothing, ..Self::of(seat, place, Asked::offering(offers), None, None) }
    }
}

fn about(place: &Place) -> String {
    if place.settlement.is_some() {
        return "Every amount of the file is a line. Open one to see it as Amazon wrote it.".to_owned();
    }
    "In all settlements that count. A field takes a whole name or its beginning; a label, any part of it."
        .to_owned()
}

fn offered(place: &Place, asked: &Asked, offers: &Offers) -> Offered {
    let but = if offers.name == "label_id" { "label" } else { offers.name };
    let link = |text: &String| {
        let href = asked.link(place.link(), but).with(offers.name, value(offers.name, text)).text();
        (href, called(offers.name, text).to_owned())
    };
    Offered { title: offers.title.clone(), links: offers.texts.iter().map(link).collect(), more: offers.more }
}

/// First and last day as a form holds them.
fn days(scope: &Scope) -> (String, String) {
    if scope.period == Period::All {
        return (String::new(), String::new());
    }
    let (from, to) = scope.period.days();
    (day::to_date(from).to_string(), day::to_date(to).to_string())
}

fn kept(scope: &Scope) -> Vec<(&'static str, String)> {
    let parts = [
        ("seller", scope.seller_account.map(|id| id.to_string())),
        ("marketplace", scope.marketplace.map(|id| id.to_string())),
        ("currency", scope.currency.map(|currency| currency.code().to_owned())),
        ("settlement", scope.settlement.map(|key| key.to_string())),
    ];
    parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
