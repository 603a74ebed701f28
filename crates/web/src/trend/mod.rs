//! Products over time: one figure of each by month or week, as a heat map. A cell's shade says how much it is, its
//! text says it too, and each leads to the lines behind it.

mod download;

use askama::Template;
use axum::extract::State;
use ecom_ledger::day::{self, Month};
use ecom_store::{MOST_PAGE, Page as Rows, ProductColumn, ProductRow, Scoped, TrendRow, WeekRow};
use jiff::ToSpan;

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::Page,
    figure::Figure,
    frame::{Frame, Here},
    money, page,
    params::{Link, Params},
    period::Period,
    product::{
        Head, Pager,
        column::{self, cell, explained, is_count, is_share, page_link, title},
        download::expect_to_fit,
        ground::Ground,
        wanted::Wanted,
    },
    scope::Scope,
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
};

/// Products on a page.
const PER_PAGE: i64 = 40;
/// Months shown unless others are asked for, by month and by week.
const USUAL_MONTHS: i32 = 12;
const USUAL_WEEK_MONTHS: i32 = 3;
/// Most months of a map, by month and by week: longer spans are cut to their last ones, and so is what is told of all
/// of them together.
const MOST_MONTHS: i32 = 60;
const MOST_WEEK_MONTHS: i32 = 24;
/// Shades of a cell.
const SHADES: i128 = 5;
const PATH: &str = "/trends";

#[derive(Template)]
#[template(path = "trend/show.html")]
struct TrendsPage {
    frame: Frame,
    title: String,
    about: String,
    bar: ScopeBar,
    downloads: Downloads,
    table: String,
    all: String,
    keeps: Vec<(String, String)>,
    text: String,
    figures: Vec<Offer>,
    times_offered: [Offer; 2],
    shades: [Offer; 2],
    /// What was asked for and cannot be shown by week.
    instead: Option<&'static str>,
    heads: [Head; 2],
    /// What the products are sorted by.
    order: String,
    times: Vec<String>,
    rows: Vec<Row>,
    pager: Pager,
    weekly: bool,
    narrowed: bool,
    bare: bool,
}

/// A choice: its value, its words, whether it is chosen.
type Offer = (&'static str, &'static str, bool);

/// A product.
struct Row {
    name: String,
    href: String,
    whole: Figure,
    cells: Vec<Heat>,
}

/// A cell of the map.
struct Heat {
    class: String,
    figure: Figure,
}

/// What the map is asked for, beside the list of products.
#[derive(Clone)]
struct Asked {
    list: Wanted,
    column: ProductColumn,
    weekly: bool,
    against_all: bool,
}

impl Asked {
    fn read(params: &Params) -> Page<Self> {
        let figure =
            |text: &str| ProductColumn::from_name(text).filter(|column| *column != ProductColumn::Sku);
        let one = |known: &'static str| move |text: &str| (text == known).then_some(true);
        let by = |text: &str| ["month", "week"].contains(&text).then(|| text == "week");
        Ok(Self {
            list: Wanted::read(params)?,
            column: params
                .read("figure", "the name of a column, such as profit", figure)?
                .unwrap_or(ProductColumn::Profit),
            weekly: params.read("by", "`month` or `week`", by)?.unwrap_or(false),
            against_all: params.read("shade", "`all`", one("all"))?.unwrap_or(false),
        })
    }

    /// By week there are units and refunds only; anything else is shown as units.
    fn shown(&self) -> ProductColumn {
        if self.weekly && !is_weekly(self.column) { ProductColumn::Units } else { self.column }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = self.list.pairs();
        pairs.retain(|(name, _)| *name != "col");
        pairs.push(("figure", self.column.name().to_owned()));
        if self.weekly {
            pairs.push(("by", "week".to_owned()));
        }
        if self.against_all {
            pairs.push(("shade", "all".to_owned()));
        }
        pairs
    }

    fn link(&self, scope: &Scope) -> String {
        self.address(scope).text()
    }

    fn address(&self, scope: &Scope) -> Link {
        self.pairs().iter().fold(scope.link(PATH), |link: Link, (name, value)| link.with(name, value))
    }

    fn with(&self, list: Wanted) -> Self {
        Self { list, ..self.clone() }
    }
}

fn is_weekly(column: ProductColumn) -> bool {
    matches!(column, ProductColumn::Units | ProductColumn::Refunds)
}

/// The map.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let asked = Asked::read(&params)?;
    let ground = Ground::of(&app, &mut books, &params, |newest| usual(newest, asked.weekly)).await?;
    let most = if asked.weekly { MOST_WEEK_MONTHS } else { MOST_MONTHS };
    let (ground, cut) = ground.last_months(most);
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::of(&seat, download::TABLE, ground.scope.period);
        let map = Map::whole(&mut books, &ground, &asked).await?;
        return wanted.send(&name, vec![download::table(&map, &ground.figures(), asked.shown())]).await;
    }
    let map = Map::of(&mut books, &ground, &asked, PER_PAGE).await?;
    let mut page = TrendsPage::of(seat.frame("Trends", Here::Products), &ground, &asked, map);
    if cut {
        page.about =
            format!("{} A map has at most {most} months: these are the last of those you chose.", page.about);
    }
    page::show(&page)
}

/// The months up to the newest one.
fn usual(newest: Month, weekly: bool) -> Period {
    let months = if weekly { USUAL_WEEK_MONTHS } else { USUAL_MONTHS };
    let last = day::to_date(newest.last_day());
    let first = newest.first_date().saturating_sub((months - 1).months());
    Period::Days(first, last)
}

/// The figures, whatever they are cut by.
struct Map {
    times: Vec<Period>,
    rows: Rows<(ProductRow, Vec<Option<Value>>)>,
}

/// A cell before it is drawn.
struct Value {
    /// None: unknown, or without its whole.
    amount: Option<i64>,
    figure: Figure,
}

impl Map {
    /// The rows of all pages.
    async fn whole(books: &mut Scoped<'_>, ground: &Ground, asked: &Asked) -> Page<Self> {
        let on_page = |page| asked.with(asked.list.on_page(page));
        let mut map = Self::of(books, ground, &on_page(1), MOST_PAGE).await?;
        expect_to_fit(&map.rows, download::TABLE)?;
        for page in 2..=map.rows.pages() {
            map.rows.rows.extend(Self::of(books, ground, &on_page(page), MOST_PAGE).await?.rows.rows);
        }
        Ok(map)
    }

    /// One page.
    async fn of(books: &mut Scoped<'_>, ground: &Ground, asked: &Asked, size: i64) -> Page<Self> {
        let filter = asked.list.filter(&ground.filter(), size);
        let (scope, column) = (ground.figures(), asked.shown());
        if asked.weekly {
            let found = books.weeks(&filter).await?;
            let times: Vec<Period> = found.weeks.iter().map(|start| week(*start, ground)).collect();
            let row = |row: WeekRow| {
                let counts = if column == ProductColumn::Refunds { &row.refunds } else { &row.units };
                let cells = times.iter().zip(counts).map(|(period, count)| {
                    let href = explained(&scope.in_period(*period), &row.whole, column);
                    let figure = Figure::count(*count);
                    let figure = if *count == 0 { figure } else { figure.leading_to(href) };
                    Some(Value { amount: Some(*count), figure })
                });
                (row.whole.clone(), cells.collect())
            };
            let rows = each(found.page, row);
            return Ok(Self { times, rows });
        }
        let found = books.trend(&filter).await?;
        let times: Vec<Period> = found.months.into_iter().map(Period::Month).collect();
        let row = |row: TrendRow| {
            let cells = times.iter().zip(row.cells).map(|(period, month)| {
                month.map(|month| Value::of(&scope.in_period(*period), &month, column))
            });
            (row.whole, cells.collect())
        };
        let rows = each(found.page, row);
        Ok(Self { times, rows })
    }
}

fn each<T, U>(page: Rows<T>, each: impl FnMut(T) -> U) -> Rows<U> {
    let Rows { rows, page, size, total } = page;
    Rows { rows: rows.into_iter().map(each).collect(), page, size, total }
}

/// A week, as far as it lies in the chosen months.
fn week(start: i32, ground: &Ground) -> Period {
    let (first, last) = (ground.months.0.first_day(), ground.months.1.last_day());
    Period::Days(day::to_date(start.max(first)), day::to_date((start + 6).min(last)))
}

impl Value {
    fn of(scope: &Scope, row: &ProductRow, column: ProductColumn) -> Self {
        Self { amount: row.value(column), figure: brief(scope, row, column) }
    }
}

/// A figure in short, with the full amount on hover and for screen readers.
fn brief(scope: &Scope, row: &ProductRow, column: ProductColumn) -> Figure {
    let figure = cell(scope, row, column).figure;
    match row.value(column) {
        Some(amount) if !is_share(column) && !is_count(column) => {
            figure.abridged(money::brief(row.currency, amount), money::exact(row.currency, amount))
        }
        _ => figure,
    }
}

impl TrendsPage {
    fn of(frame: Frame, ground: &Ground, asked: &Asked, map: Map) -> Self {
        let (scope, column) = (&ground.scope, asked.shown());
        let mut bar = ground.bar(PATH);
        for (name, value) in asked.with(asked.list.on_page(1)).pairs() {
            bar = bar.keeping(name, Some(&value));
        }
        let most = largest(map.rows.rows.iter().flat_map(|(_, cells)| cells));
        let row = |(whole, cells): (ProductRow, Vec<Option<Value>>)| {
            let most = if asked.against_all { most } else { largest(cells.iter()) };
            Row {
                name: column::name(&whole).to_owned(),
                href: page_link(scope, whole.sku).text(),
                whole: brief(&ground.figures(), &whole, column),
                cells: cells.into_iter().map(|value| heat(value, most)).collect(),
            }
        };
        Self {
            frame,
            title: format!("{} by {}", title(column), if asked.weekly { "week" } else { "month" }),
            about: format!("{}. {}", scope.period.title(), ground.days_note()),
            bar,
            downloads: {
                let page = asked.with(asked.list.on_page(1)).address(scope);
                Downloads::of(&page, &[download::TABLE])
            },
            table: scope.link("/products").text(),
            all: asked.with(Wanted::default()).link(scope),
            keeps: keeps(ground, asked),
            text: asked.list.text.clone(),
            figures: ProductColumn::all()
                .filter(|column| *column != ProductColumn::Sku)
                .map(|each| (each.name(), title(each), each == column))
                .collect(),
            times_offered: [("month", "Month", !asked.weekly), ("week", "Week", asked.weekly)],
            shades: [("", "Each product", !asked.against_all), ("all", "All products", asked.against_all)],
            instead: (column != asked.column).then(|| title(asked.column)),
            heads: heads(scope, asked, column),
            order: asked.list.told(),
            times: map.times.iter().map(|period| short(*period)).collect(),
            pager: Pager::of(&map.rows, |page| asked.with(asked.list.on_page(page)).link(scope)),
            rows: map.rows.rows.into_iter().map(row).collect(),
            weekly: asked.weekly,
            narrowed: asked.list.is_narrow(),
            bare: ground.span.is_none(),
        }
    }
}

/// Everything of the address but what the form sets itself.
fn keeps(ground: &Ground, asked: &Asked) -> Vec<(String, String)> {
    let own = ["figure", "by", "shade", "q", "page"];
    let pairs = asked.pairs().into_iter().filter(|(name, _)| !own.contains(name));
    ground.kept().into_iter().chain(pairs.map(|(name, value)| (name.to_owned(), value))).collect()
}

/// Product and whole: the two headings that sort.
fn heads(scope: &Scope, asked: &Asked, column: ProductColumn) -> [Head; 2] {
    let way = if asked.list.descending { "descending" } else { "ascending" };
    [(ProductColumn::Sku, "Product"), (column, "Overall")].map(|(column, title)| Head {
        title,
        href: asked.with(asked.list.sorted_by(column)).link(scope),
        sorted: (asked.list.sort == column).then_some(way),
    })
}

/// `Sep 26`, `7 Sep`
fn short(period: Period) -> String {
    match period {
        Period::Days(from, _) => from.strftime("%-d %b").to_string(),
        Period::Month(month) => month.first_date().strftime("%b %y").to_string(),
        other => other.title(),
    }
}

/// The largest amount of some cells, whatever its sign.
fn largest<'a>(cells: impl Iterator<Item = &'a Option<Value>>) -> u64 {
    cells.flatten().filter_map(|value| value.amount).map(i64::unsigned_abs).max().unwrap_or(0)
}

fn heat(value: Option<Value>, most: u64) -> Heat {
    match value {
        None => Heat { class: String::new(), figure: Figure::plain("·") },
        Some(value) => {
            let class = value.amount.map(|amount| shade(amount, most)).unwrap_or_default();
            Heat { class, figure: value.figure }
        }
    }
}

/// A shade from 1 to 5 by how large an amount is beside the largest; none for 0. Those below 0 have another colour.
fn shade(amount: i64, most: u64) -> String {
    if amount == 0 || most == 0 {
        return String::new();
    }
    let step = (i128::from(amount.unsigned_abs()) * SHADES + i128::from(most) - 1) / i128::from(most);
    format!("{}-{step}", if amount < 0 { "cold" } else { "heat" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_from_one_to_five_and_tell_the_sign() {
        assert_eq!(shade(0, 100), "");
        assert_eq!(shade(1, 100), "heat-1");
        assert_eq!(shade(20, 100), "heat-1");
        assert_eq!(shade(21, 100), "heat-2");
        assert_eq!(shade(-100, 100), "cold-5");
        assert_eq!(shade(i64::MIN, i64::MIN.unsigned_abs()), "cold-5");
    }

    #[test]
    fn usual_months_end_with_the_newest() {
        let newest: Month = "2026-11".parse().unwrap();
        assert_eq!(usual(newest, false).query(), "from=2025-12-01&to=2026-11-30");
        assert_eq!(usual(newest, true).query(), "from=2026-09-01&to=2026-11-30");
    }
}
