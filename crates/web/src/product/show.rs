//! One product: how it stands in the chosen months, its history by month, what is unknown, and its stock.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use ecom_documents::Sheet as Table;
use ecom_ledger::{Currency, Group, day::Month};
use ecom_store::{ProductColumn, ProductFilter, ProductRow, Scoped, SkuId, StockEntry, UnitDay};

use super::{
    column::{self, NAMELESS, cell, explained},
    download,
    ground::{Ground, months},
    history::{COLUMNS, History, Weeks},
    stock::Stock,
};
use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::Entry,
    fault::{Fault, Page},
    figure::{Figure, Tile},
    frame::{Frame, Here},
    money,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    period::Period,
    scope::Scope,
    scope_bar::ScopeBar,
    seat::{Role, Seat, Viewer},
};

#[derive(Template)]
#[template(path = "product/show.html")]
struct ProductPage {
    frame: Frame,
    name: String,
    about: String,
    bar: ScopeBar,
    downloads: Downloads,
    said: Option<&'static str>,
    back: String,
    lines: String,
    /// Where its costs are; none for lines without a product.
    costs: Option<String>,
    notices: Vec<Notice>,
    sheets: Vec<Sheet>,
    weeks: Option<Weeks>,
    /// None for lines without a product.
    stock: Option<Stock>,
}

/// The figures of one currency.
struct Sheet {
    currency: Currency,
    /// Empty where nothing was posted in the chosen months.
    tiles: Vec<Tile>,
    history: History,
}

/// A product.
pub(crate) async fn show(
    State(app): State<App>,
    seat: Seat<Viewer>,
    Path(sku): Path<String>,
    params: Params,
) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let found = Found::of(&app, &mut books, &sku, &params).await?;
    if let Some(file) = Download::read(&params)? {
        let name = FileName::of(&seat, &format!("product {}", found.title()), found.ground.scope.period);
        return file.send(&name, found.tables(&mut books).await?).await;
    }
    let said = match params.one("said") {
        Some("added") => Some("The units are entered. Every figure counts with them."),
        Some("removed") => Some("The entry is removed. Every figure counts without it."),
        _ => None,
    };
    let entry = found.blank(&app);
    found.answer(&app, &seat, said, &entry, StatusCode::OK)
}

/// What the page is drawn from.
pub(super) struct Found {
    pub(super) sku: SkuId,
    pub(super) name: String,
    pub(super) ground: Ground,
    /// Of the chosen months, by currency.
    totals: Vec<ProductRow>,
    /// All months there are, by currency.
    months: Vec<(Month, ProductRow)>,
    days: Vec<UnitDay>,
    pub(super) events: Vec<StockEntry>,
}

impl Found {
    pub(super) async fn of(app: &App, books: &mut Scoped<'_>, sku: &str, params: &Params) -> Page<Self> {
        let sku: SkuId = sku.parse().map_err(|_| Fault::Missing)?;
        let ground = Ground::of(app, books, params, |_| Period::All).await?;
        let filter = ProductFilter { currency: ground.scope.currency, ..ground.filter() };
        let (from, to) = months(Period::All);
        let always = ProductFilter { from, to, ..filter.clone() };
        let history = books.product(sku, &always).await?.ok_or(Fault::Missing)?;
        if sku == SkuId(0) && history.months.is_empty() && ground.span.is_none() {
            return Err(Fault::Missing);
        }
        Ok(Self {
            sku,
            name: history.name,
            totals: books.product_total(sku, &filter).await?,
            months: history.months,
            days: history.days,
            events: books.product_stock_events(sku, Stock::MOST + 1).await?,
            ground,
        })
    }

    pub(super) fn is_nameless(&self) -> bool {
        self.sku == SkuId(0)
    }

    fn title(&self) -> &str {
        if self.is_nameless() { NAMELESS } else { &self.name }
    }

    fn weeks(&self) -> Option<Weeks> {
        self.row().and_then(|row| Weeks::of(&self.ground.scope, row, &self.days))
    }

    /// The names of its tables. Lines without a product have no stock.
    fn table_names(&self) -> &'static [&'static str] {
        if self.is_nameless() { &download::TABLES[..2] } else { &download::TABLES }
    }

    /// Its tables: all months and all entries, where the page shows the newest.
    async fn tables(&self, books: &mut Scoped<'_>) -> Page<Vec<Table>> {
        let mut tables = vec![
            download::months(&self.ground.scope, &self.months, &COLUMNS),
            download::weeks(self.weeks().as_ref()),
        ];
        if !self.is_nameless() {
            let entries = books.product_stock_events(self.sku, download::MOST_ENTRIES + 1).await?;
            tables.push(download::entries(&entries)?);
        }
        Ok(tables)
    }

    /// Any of its rows, for links.
    fn row(&self) -> Option<&ProductRow> {
        self.totals.first().or(self.months.first().map(|(_, row)| row))
    }

    /// The currency that something new most likely has.
    pub(super) fn currency(&self) -> Currency {
        let sold = self.months.last().map(|(_, row)| row.currency);
        sold.unwrap_or(self.ground.currency)
    }

    pub(super) fn answer<R: Role>(
        &self,
        app: &App,
        seat: &Seat<R>,
        said: Option<&'static str>,
        entry: &Entry,
        status: StatusCode,
    ) -> Page {
        let (name, path) = (self.title(), format!("/products/{}", self.sku));
        let scope = &self.ground.scope;
        let lines = self.row().map(|row| explained(scope, row, ProductColumn::Sku));
        let page = ProductPage {
            frame: seat.frame(name, Here::Products),
            name: name.to_owned(),
            about: self.about(),
            bar: self.ground.bar(&path),
            downloads: Downloads::of(&scope.link(&path), self.table_names()),
            said,
            back: Scope { period: scope.period, ..*scope }.link(super::PATH).text(),
            lines: lines.unwrap_or_default(),
            costs: (!self.is_nameless()).then(|| costs(&self.name)),
            notices: self.notices(),
            sheets: self.sheets()?,
            weeks: self.weeks(),
            stock: if self.is_nameless() { None } else { Some(Stock::of(app, seat, self, entry)?) },
        };
        page::show_as(status, &page)
    }

    fn about(&self) -> String {
        let what = if self.is_nameless() {
            "What Amazon posted without naming a product: subscription, most ads, storage, transfers. "
        } else {
            ""
        };
        format!("{}. {what}{}", self.ground.scope.period.title(), self.ground.days_note())
    }

    fn sheets(&self) -> Page<Vec<Sheet>> {
        let rows = self.totals.iter().chain(self.months.iter().map(|(_, row)| row));
        let mut currencies: Vec<Currency> = rows.map(|row| row.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let sheet = |currency: Currency| -> Page<Sheet> {
            let total = self.totals.iter().find(|row| row.currency == currency);
            let months = self.months.iter().filter(|(_, row)| row.currency == currency);
            let months: Vec<&(Month, ProductRow)> = months.collect();
            Ok(Sheet {
                currency,
                tiles: total
                    .map(|row| tiles(&self.ground.scope.of_currency(currency), row))
                    .unwrap_or_default(),
                history: History::of(&self.ground, currency, &months)?,
            })
        };
        currencies.into_iter().map(sheet).collect()
    }

    fn notices(&self) -> Vec<Notice> {
        self.totals.iter().flat_map(|row| notices(row, &costs(&self.name))).collect()
    }
}

fn costs(name: &str) -> String {
    Link::to("/costs/product").with("sku", name).text()
}

/// What is unknown, each with what to do.
fn notices(row: &ProductRow, costs: &str) -> Vec<Notice> {
    let units = |count| money::counted(count, "unit", "units");
    let mut notices = Vec::new();
    if row.uncosted > 0 {
        let title = format!("Cost unknown for {} of {}", money::count(row.uncosted), units(row.units));
        let words = "Profit is shown before their cost.";
        notices.push(Notice::new(Tone::Attention, title, words).link("Add the cost", costs));
    }
    if row.unvalued > 0 {
        let title = format!("{} back or lost without a known cost", units(row.unvalued));
        let words = "What they are worth is not counted until there is a cost for their day.";
        notices.push(Notice::new(Tone::Attention, title, words).link("Add the cost", costs));
    }
    let open = row.refunds.saturating_sub(row.returned);
    if row.sku != SkuId(0) && open > 0 && row.group(Group::Cogs) != 0 {
        let title = format!("{} of unknown condition", money::counted(open, "refund", "refunds"));
        let words = "Amazon does not say whether the goods can be sold again, so their cost still counts.";
        notices.push(Notice::new(Tone::Plain, title, words).link("Enter what came back", "#stock"));
    }
    notices
}

fn tiles(scope: &Scope, row: &ProductRow) -> Vec<Tile> {
    let share = |share: Option<i64>, words: &str, none: &str| {
        share.map_or_else(|| none.to_owned(), |share| format!("{} {words}", money::percent(share)))
    };
    let margin = match row.margin_bp {
        None if !row.cost_known() => "margin unknown".to_owned(),
        margin => share(margin, "of net sales", "no sales"),
    };
    let ads = match row.break_even_bp {
        None if !row.cost_known() => "break-even unknown".to_owned(),
        share_bp => share(share_bp, "of net sales is the break-even", "no sales"),
    };
    let per_unit = row.fees_per_unit.map(|fee| format!("{} per unit", money::exact(row.currency, fee)));
    let profit = if row.cost_known() { "Profit" } else { "Profit before unknown costs" };
    let of = |column| explained(scope, row, column);
    let amount = |column: ProductColumn, minor| Figure::tile(row.currency, minor, of(column));
    let group = |group| {
        let column = ProductColumn::Group(group);
        cell(scope, row, column).figure.shortened(row.currency, row.group(group))
    };
    let tile = |label, figure, note: String| Tile { label, figure, note, first: false };
    vec![
        Tile {
            first: true,
            ..tile(profit, amount(ProductColumn::Profit, row.profit).estimated(row.estimated != 0), margin)
        },
        tile("Units sold", cell(scope, row, ProductColumn::Units).figure, returns(row)),
        tile("Net sales", group(Group::NetSales), "without GST, less refunds".to_owned()),
        tile(
            "Amazon fees",
            amount(ProductColumn::Fees, row.fees),
            per_unit.unwrap_or_else(|| "no units".to_owned()),
        ),
        tile("Advertising", group(Group::Advertising), ads),
        tile("Cost of goods", group(Group::Cogs), column::goods(row)),
    ]
}

/// `12 refunds (1.0 %), 3 back`
fn returns(row: &ProductRow) -> String {
    let share = row.refund_share_bp.map(|share| format!(" ({})", money::percent(share))).unwrap_or_default();
    let back =
        if row.returned > 0 { format!(", {} back", money::count(row.returned)) } else { String::new() };
    format!("{}{share}{back}", money::counted(row.refunds, "refund", "refunds"))
}
