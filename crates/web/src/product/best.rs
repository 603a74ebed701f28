//! The products that earn the most and the least. It takes longer than the first page may, so that page fetches it
//! afterwards; it is a page of its own too.

use askama::Template;
use axum::extract::State;
use ecom_store::{ProductColumn, ProductRow};

use super::{
    column::{Cell, cell, name, page_link},
    download,
    ground::{Ground, whole},
    wanted::Wanted,
};
use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::Page,
    frame::{Frame, Here},
    page,
    params::Params,
    period::Period,
    scope::Scope,
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
};

/// Products in each of the two lists.
const MOST: i64 = 5;
const PATH: &str = "/best-products";
const TITLES: [&str; 2] = ["Highest profit", "Lowest profit"];
const COLUMNS: [ProductColumn; 3] = [ProductColumn::Units, ProductColumn::Profit, ProductColumn::Margin];

#[derive(Template)]
#[template(path = "product/best.html")]
struct BestPage {
    frame: Frame,
    bar: ScopeBar,
    downloads: Downloads,
    period: String,
    note: &'static str,
    lists: Vec<List>,
    bare: bool,
}

/// One of the two lists.
struct List {
    title: &'static str,
    more: &'static str,
    href: String,
    rows: Vec<(String, String, Vec<Cell>)>,
}

impl List {
    fn of(ground: &Ground, best: bool, rows: &[ProductRow]) -> Self {
        let [highest, lowest] = TITLES;
        let (title, more) = if best { (highest, "All, best first") } else { (lowest, "All, worst first") };
        let figures = ground.figures();
        let row = |row: &ProductRow| {
            let cells = COLUMNS.map(|column| cell(&figures, row, column)).into();
            (name(row).to_owned(), page_link(&ground.scope, row.sku).text(), cells)
        };
        Self { title, more, href: ordered(&ground.scope, best), rows: rows.iter().map(row).collect() }
    }
}

/// All products by profit, the best or the worst first.
fn ordered(scope: &Scope, best: bool) -> String {
    Wanted::in_order(ProductColumn::Profit, best).link(scope, super::PATH).text()
}

/// Where the first page finds the best and the worst products of its months.
pub(crate) struct Extremes {
    /// The page whose lists are fetched.
    pub(crate) lists: String,
    /// All products, the best and the worst first.
    pub(crate) best: String,
    pub(crate) worst: String,
}

impl Extremes {
    pub(crate) fn of(scope: &Scope) -> Self {
        let scope = Scope { settlement: None, ..scope.in_period(whole(scope.period)) };
        Self { lists: scope.link(PATH).text(), best: ordered(&scope, true), worst: ordered(&scope, false) }
    }
}

/// The two lists.
pub(crate) async fn best(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let ground = Ground::of(&app, &mut books, &params, Period::Month).await?;
    let (best, worst) = books.best_and_worst(&ground.filter(), MOST).await?;
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::of(&seat, "best and worst products", ground.scope.period);
        let table = |(title, rows): (&str, &[ProductRow])| download::table(&ground, title, rows, &COLUMNS);
        let tables = TITLES.into_iter().zip([best.as_slice(), worst.as_slice()]).map(table).collect();
        return wanted.send(&name, tables).await;
    }
    let lists = [(true, best), (false, worst)].map(|(is_best, rows)| List::of(&ground, is_best, &rows));
    page::show(&BestPage {
        frame: seat.frame("Best and worst", Here::Products),
        bar: ground.bar(PATH),
        downloads: Downloads::of(&ground.scope.link(PATH), &TITLES),
        period: ground.scope.period.title(),
        note: ground.days_note(),
        lists: lists.into_iter().filter(|list| !list.rows.is_empty()).collect(),
        bare: ground.span.is_none(),
    })
}
