//! Products: the table of all, the best and the worst, and one product with its history and its stock.
//!
//! Figures come from the rollup by product and month. An unknown cost is the word, and every figure leads to its lines.

mod best;
pub(crate) mod column;
pub(crate) mod download;
pub(crate) mod ground;
mod history;
mod show;
mod stock;
pub(crate) mod wanted;

use askama::Template;
use axum::extract::State;
use ecom_store::{Page as Rows, ProductColumn, ProductRow, Scoped};

pub(crate) use best::{Extremes, best};
pub(crate) use show::show;
pub(crate) use stock::{add as add_stock, ask as ask_stock, remove as remove_stock};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::Page,
    frame::{Frame, Here},
    money, page,
    params::Params,
    period::Period,
    scope::Scope,
    scope_bar::ScopeBar,
    seat::{Seat, Viewer},
};
use column::{Cell, cell, meaning, page_link, title};
use ground::Ground;
use wanted::{KINDS, Wanted};

/// Products on a page.
const PER_PAGE: i64 = 50;
const PATH: &str = "/products";

#[derive(Template)]
#[template(path = "product/list.html")]
struct ProductsPage {
    frame: Frame,
    title: String,
    bar: ScopeBar,
    downloads: Downloads,
    about: String,
    trends: String,
    kinds: Vec<(String, &'static str, bool)>,
    text: String,
    /// What the search keeps, and what the choice of columns keeps.
    search_keeps: Vec<(String, String)>,
    choice_keeps: Vec<(String, String)>,
    choices: Vec<(&'static str, Vec<Choice>)>,
    orders: Vec<(String, String, bool)>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// All rows together, where the list is not narrowed.
    whole: Option<Row>,
    pager: Pager,
    help: Vec<(&'static str, &'static str)>,
    all: String,
    /// Whether the list is narrowed by text or kind.
    narrowed: bool,
    bare: bool,
}

/// A column that can be chosen.
struct Choice {
    name: &'static str,
    title: &'static str,
    chosen: bool,
}

/// A heading that sorts.
pub(crate) struct Head {
    pub(crate) title: &'static str,
    pub(crate) href: String,
    /// `ascending` or `descending` where the table is sorted by it.
    pub(crate) sorted: Option<&'static str>,
}

/// A product.
struct Row {
    name: String,
    href: String,
    cells: Vec<Cell>,
}

/// Where one is in a long list.
pub(crate) struct Pager {
    pub(crate) found: String,
    pub(crate) page: i64,
    pub(crate) pages: i64,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// The table of products.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let wanted = Wanted::read(&params)?;
    let ground = Ground::of(&app, &mut books, &params, Period::Month).await?;
    if let Some(file) = Download::read(&params)? {
        let name = FileName::of(&seat, download::TABLE, ground.scope.period);
        return file.send(&name, vec![download::list(&mut books, &ground, &wanted).await?]).await;
    }
    let found = books.products(&wanted.filter(&ground.filter(), PER_PAGE)).await?;
    let whole = if wanted.is_narrow() { None } else { whole(&mut books, &ground).await? };
    let frame = seat.frame(format!("Products, {}", ground.scope.period.title()), Here::Products);
    page::show(&ProductsPage {
        whole: whole.map(|row| Row::of(&ground.figures(), &row, &wanted.columns)),
        ..ProductsPage::of(frame, &ground, &wanted, &found)
    })
}

/// All products together.
async fn whole(books: &mut Scoped<'_>, ground: &Ground) -> Page<Option<ProductRow>> {
    let statements = books.statements(&ground.statement_filter()).await?;
    Ok(statements.first().map(ProductRow::whole).transpose()?)
}

impl ProductsPage {
    fn of(frame: Frame, ground: &Ground, wanted: &Wanted, found: &Rows<ProductRow>) -> Self {
        let (scope, figures) = (&ground.scope, ground.figures());
        let mut bar = ground.bar(PATH);
        for (name, value) in wanted.on_page(1).pairs() {
            bar = bar.keeping(name, Some(&value));
        }
        let kind = |kind| wanted.of_kind(kind).link(scope, PATH).text();
        let kinds = KINDS.map(|(each, _, words)| (kind(Some(each)), words, wanted.kind == Some(each)));
        Self {
            title: frame.title.clone(),
            frame,
            bar,
            downloads: Downloads::of(&wanted.on_page(1).link(scope, PATH), &[download::TABLE]),
            about: format!(
                "{} {}",
                ground.days_note(),
                "What Amazon charged for no product has a row of its own."
            ),
            trends: scope.link("/trends").text(),
            kinds: std::iter::once((kind(None), "All", wanted.kind.is_none())).chain(kinds).collect(),
            text: wanted.text.clone(),
            search_keeps: keeps(ground, wanted, &["q", "page"]),
            choice_keeps: keeps(ground, wanted, &["col", "sort", "page"]),
            choices: choices(wanted),
            orders: orders(wanted),
            heads: heads(scope, wanted),
            pager: Pager::of(found, |page| wanted.on_page(page).link(scope, PATH).text()),
            rows: found.rows.iter().map(|row| Row::of(&figures, row, &wanted.columns)).collect(),
            whole: None,
            help: wanted.columns.iter().map(|column| (column::title(*column), meaning(*column))).collect(),
            all: scope.link(PATH).text(),
            narrowed: wanted.is_narrow(),
            bare: ground.span.is_none(),
        }
    }
}

impl Row {
    fn of(scope: &Scope, row: &ProductRow, columns: &[ProductColumn]) -> Self {
        Self {
            name: column::name(row).to_owned(),
            href: page_link(scope, row.sku).text(),
            cells: columns.iter().map(|column| cell(scope, row, *column)).collect(),
        }
    }
}

impl Pager {
    pub(crate) fn of<T>(found: &Rows<T>, link: impl Fn(i64) -> String) -> Self {
        let (page, pages) = (found.page, found.pages());
        Self {
            found: money::counted(found.total, "row", "rows"),
            page,
            pages,
            before: (page > 1).then(|| link(page - 1)),
            after: (page < pages).then(|| link(page + 1)),
        }
    }
}

/// Everything of the address but what a form sets itself.
fn keeps(ground: &Ground, wanted: &Wanted, without: &[&str]) -> Vec<(String, String)> {
    let pairs = wanted.pairs().into_iter().filter(|(name, _)| !without.contains(name));
    ground.kept().into_iter().chain(pairs.map(|(name, value)| (name.to_owned(), value))).collect()
}

/// The columns to choose from, in three groups.
fn choices(wanted: &Wanted) -> Vec<(&'static str, Vec<Choice>)> {
    let choice = |column: ProductColumn| Choice {
        name: column.name(),
        title: title(column),
        chosen: wanted.columns.contains(&column),
    };
    let of = |part: fn(ProductColumn) -> bool| {
        ProductColumn::all()
            .filter(|column| part(*column) && *column != ProductColumn::Sku)
            .map(choice)
            .collect()
    };
    vec![
        ("Units and shares", of(|column| !matches!(column, ProductColumn::Group(_)))),
        ("Lines of the statement", of(|column| matches!(column, ProductColumn::Group(_)))),
    ]
}

/// The orders to choose from: by every column shown, either way, and by the present one.
fn orders(wanted: &Wanted) -> Vec<(String, String, bool)> {
    let mut columns = vec![ProductColumn::Sku];
    columns.extend(&wanted.columns);
    if !columns.contains(&wanted.sort) {
        columns.push(wanted.sort);
    }
    let both = columns.into_iter().flat_map(|column| [(column, true), (column, false)]);
    let order = |(column, descending): (ProductColumn, bool)| {
        let order = Wanted::in_order(column, descending);
        let here = (wanted.sort, wanted.descending) == (column, descending);
        (order.order(), order.told(), here)
    };
    both.map(order).collect()
}

fn heads(scope: &Scope, wanted: &Wanted) -> Vec<Head> {
    let columns = std::iter::once(&ProductColumn::Sku).chain(&wanted.columns);
    columns.map(|column| head(scope, wanted, *column, PATH)).collect()
}

/// A heading of a list at `path`.
fn head(scope: &Scope, wanted: &Wanted, column: ProductColumn, path: &str) -> Head {
    let way = if wanted.descending { "descending" } else { "ascending" };
    Head {
        title: title(column),
        href: wanted.sorted_by(column).link(scope, path).text(),
        sorted: (wanted.sort == column).then_some(way),
    }
}
