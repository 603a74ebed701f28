//! Costs of products: the list, a product's history, one cost at a time, and whole sheets.
//!
//! A product that sold without a known cost comes first. A missing cost is the word, never zero.

mod catalogue;
mod download;
mod history;
mod keep;
mod product;
mod removal;
mod sheet;
mod template;

use askama::Template;
use axum::extract::State;
use ecom_ledger::day;

pub(crate) use product::{save, show};
pub(crate) use removal::{ask, remove};
pub(crate) use sheet::{MOST_FORM_BYTES, accept, discard, new as new_sheet, preview, receive};
pub(crate) use template::{csv, xlsx};

use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    fault::{Fault, Page},
    figure::Figure,
    frame::{Frame, Here},
    money,
    notice::{Notice, Tone},
    page,
    params::{Link, Params},
    period::{Period, shown},
    seat::{Manager, Seat, Viewer},
};
use catalogue::{Catalogue, Product};

/// Products on a page.
const MOST_ROWS: usize = 100;
/// Longest text to search for, in characters.
const MOST_SEARCH: usize = 100;

#[derive(Template)]
#[template(path = "cost/list.html")]
struct CostsPage {
    frame: Frame,
    downloads: Downloads,
    said: Option<&'static str>,
    notices: Vec<Notice>,
    search: String,
    missing: bool,
    chips: [(String, String, bool); 2],
    rows: Vec<ProductRow>,
    found: String,
    before: Option<String>,
    after: Option<String>,
    pages: (usize, usize),
    may: bool,
    bare: bool,
}

struct ProductRow {
    sku: String,
    href: String,
    cost: Figure,
    about: String,
    units: String,
    uncosted: String,
    since: String,
}

/// What the list is asked for.
struct Wanted {
    search: String,
    missing: bool,
    page: usize,
}

impl Wanted {
    fn read(params: &Params) -> Page<Self> {
        let short = |text: &str| (text.chars().count() <= MOST_SEARCH).then(|| text.trim().to_owned());
        let number = |text: &str| text.parse::<usize>().ok();
        let missing = |text: &str| (text == "missing").then_some(true);
        Ok(Self {
            search: params.read("q", "a text of at most 100 characters", short)?.unwrap_or_default(),
            missing: params.read("show", "`missing`", missing)?.unwrap_or(false),
            page: params.read("page", "the number of a page", number)?.unwrap_or(1),
        })
    }

    /// The products that fit.
    fn found<'c>(&self, catalogue: &'c Catalogue) -> Vec<&'c Product> {
        let needle = self.search.to_lowercase();
        let fits = |product: &&Product| {
            (!self.missing || product.is_missing()) && product.sku.to_lowercase().contains(&needle)
        };
        catalogue.products.iter().filter(fits).collect()
    }

    fn link(&self, missing: bool, page: usize) -> Link {
        let mut link = Link::to("/costs");
        if missing {
            link = link.with("show", "missing");
        }
        if !self.search.is_empty() {
            link = link.with("q", &self.search);
        }
        if page > 1 {
            link = link.with("page", &page.to_string());
        }
        link
    }
}

/// The list.
pub(crate) async fn list(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let wanted = Wanted::read(&params)?;
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let catalogue = Catalogue::of(&mut books, day::of_date(app.today())).await?;
    if let Some(file) = Download::read(&params)? {
        let name = FileName::today(&app, &seat, download::TABLE);
        return file.send(&name, vec![download::list(&wanted.found(&catalogue))?]).await;
    }
    let said = match params.one("said") {
        Some("imported") => Some("The costs of the sheet are saved. Every figure counts with them."),
        Some("discarded") => Some("The sheet was thrown away. Nothing was changed."),
        _ => None,
    };
    let frame = seat.frame("Costs", Here::Costs);
    page::show(&CostsPage::of(frame, said, &catalogue, &wanted, seat.may::<Manager>())?)
}

impl CostsPage {
    fn of(
        frame: Frame,
        said: Option<&'static str>,
        catalogue: &Catalogue,
        wanted: &Wanted,
        may: bool,
    ) -> Page<Self> {
        let found = wanted.found(catalogue);
        let pages = found.len().div_ceil(MOST_ROWS).max(1);
        // A page beyond the last is the last.
        let page = wanted.page.clamp(1, pages);
        let here = found.iter().skip((page - 1) * MOST_ROWS).take(MOST_ROWS);
        let missing = catalogue.missing();
        Ok(Self {
            frame,
            downloads: Downloads::of(&wanted.link(wanted.missing, 1), &[download::TABLE]),
            said,
            notices: notice(catalogue).into_iter().collect(),
            search: wanted.search.clone(),
            missing: wanted.missing,
            chips: [
                ("/costs".to_owned(), format!("All {}", count(catalogue.products.len())), !wanted.missing),
                (
                    "/costs?show=missing".to_owned(),
                    format!("Sold without a cost {}", count(missing)),
                    wanted.missing,
                ),
            ],
            rows: here.map(|product| row(product)).collect::<Page<_>>()?,
            found: money::counted(i64::try_from(found.len()).unwrap_or(i64::MAX), "product", "products"),
            before: (page > 1).then(|| wanted.link(wanted.missing, page - 1).text()),
            after: (page < pages).then(|| wanted.link(wanted.missing, page + 1).text()),
            pages: (page, pages),
            may,
            bare: catalogue.products.is_empty(),
        })
    }
}

fn count(number: usize) -> String {
    money::count(i64::try_from(number).unwrap_or(i64::MAX))
}

fn notice(catalogue: &Catalogue) -> Option<Notice> {
    let products = i64::try_from(catalogue.missing()).unwrap_or(i64::MAX);
    let units = catalogue.products.iter().map(|product| product.uncosted).fold(0, i64::saturating_add);
    (products > 0).then(|| {
        let title =
            format!("{} sold without a known cost", money::counted(products, "product has", "products have"));
        let words = format!(
            "Profit is shown before the cost of {}. Fill in the template, or open a product below.",
            money::counted(units, "unit", "units")
        );
        Notice::new(Tone::Attention, title, words).link("Download the template", "/costs/template.xlsx")
    })
}

fn row(product: &Product) -> Page<ProductRow> {
    let (cost, about) = match &product.present {
        None => (Figure::unknown("unknown"), String::new()),
        Some(present) => {
            let place = present.marketplace.as_deref().map(|name| format!(", {name} only"));
            let since = shown(day::to_date(present.from));
            let unit = present.unit()?;
            let about = since + &place.unwrap_or_default();
            (Figure::unlinked(product.currency, unit), about)
        }
    };
    Ok(ProductRow {
        href: product_link(&product.sku).text(),
        sku: product.sku.clone(),
        cost,
        about,
        units: money::count(product.units),
        uncosted: if product.uncosted > 0 { money::count(product.uncosted) } else { String::new() },
        since: product.since.map(|month| Period::Month(month).title()).unwrap_or_default(),
    })
}

/// Where a product's costs are.
fn product_link(sku: &str) -> Link {
    Link::to("/costs/product").with("sku", sku)
}

/// The SKU that an address names.
fn sku_of(params: &Params) -> Page<String> {
    let fits = |text: &str| {
        let text = text.trim();
        let plain = !text.is_empty() && !text.chars().any(char::is_control);
        (plain && text.chars().count() <= ecom_ledger::cost::MOST_SKU_CHARS).then(|| text.to_owned())
    };
    params.read("sku", "a SKU of at most 100 characters", fits)?.ok_or(Fault::Missing)
}
