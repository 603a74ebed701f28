//! One product: its costs over time, and the form that adds or changes one of them.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    Currency,
    cost::{Cost, CostSheet, Draft},
    day,
};
use ecom_store::{Action, Scoped};

use super::{
    download,
    history::{History, MonthUnits},
    product_link, sku_of,
};
use crate::{
    app::App,
    download::{Download, Downloads, FileName},
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    params::{Link, Params},
    scope::Choices,
    seat::{Manager, Role, Seat, Viewer},
};

/// Columns of a cost sheet that the form has as fields, with their labels.
const FIELDS: [(&str, &str); 9] = [
    ("from", "From"),
    ("to", "To"),
    ("marketplace", "Marketplace"),
    ("currency", "Currency"),
    ("goods", "Goods"),
    ("freight", "Freight"),
    ("duty", "Duty"),
    ("packing", "Packing"),
    ("other", "Other"),
];

#[derive(Template)]
#[template(path = "cost/product.html")]
struct ProductPage {
    frame: Frame,
    downloads: Downloads,
    sku: String,
    said: Option<&'static str>,
    histories: Vec<History>,
    form: Option<CostForm>,
    may: bool,
}

/// The form for a cost.
struct CostForm {
    /// Names the cost that is changed, none if one is added.
    was: Vec<(&'static str, String)>,
    wrong: bool,
    fields: Vec<Field>,
    back: String,
}

/// What is known of a product.
struct Known {
    sku: String,
    costs: CostSheet,
    units: BTreeMap<Currency, Vec<MonthUnits>>,
    marketplaces: Vec<String>,
}

impl Known {
    async fn of(books: &mut Scoped<'_>, sku: String) -> Page<Self> {
        let mut units: BTreeMap<Currency, Vec<MonthUnits>> = BTreeMap::new();
        for (currency, month, sold, uncosted) in books.product_units(&sku).await? {
            units.entry(currency).or_default().push((month, sold, uncosted));
        }
        let places = Choices::of(books).await?.marketplaces;
        let marketplaces = places.into_iter().map(|(_, name)| name).collect();
        Ok(Self { costs: books.costs().await?, sku, units, marketplaces })
    }

    fn own(&self) -> impl Iterator<Item = &Cost> {
        self.costs.all().filter(|cost| cost.sku == self.sku)
    }

    fn is_new(&self) -> bool {
        self.units.is_empty() && self.own().next().is_none()
    }

    fn histories(&self, today: i32) -> Page<Vec<History>> {
        let mut currencies: Vec<Currency> = self.own().map(|cost| cost.currency).collect();
        currencies.extend(self.units.keys());
        currencies.sort_unstable();
        currencies.dedup();
        let history = |currency: &Currency| {
            let costs: Vec<&Cost> = self.own().filter(|cost| cost.currency == *currency).collect();
            let units = self.units.get(currency).map_or(&[][..], Vec::as_slice);
            History::of(*currency, &costs, units, today)
        };
        currencies.iter().map(history).collect()
    }

    /// The currency that a new cost most likely has.
    fn currency(&self) -> Currency {
        let sold = self.units.iter().max_by_key(|(_, months)| months.len());
        sold.map_or(Currency::INR, |(currency, _)| *currency)
    }

    /// The first day on which a cost is missing, for a form that adds one.
    fn first_missing(&self) -> Option<i32> {
        let months = self.units.get(&self.currency())?;
        months.iter().find(|(_, _, uncosted)| *uncosted > 0).map(|(month, ..)| month.first_day())
    }
}

/// A product.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Viewer>, params: Params) -> Page {
    let sku = sku_of(&params)?;
    let mut tx = app.db.read().await?;
    let known = Known::of(&mut seat.books(&mut tx).await?, sku).await?;
    if known.is_new() && (params.one("add").is_none() || !seat.may::<Manager>()) {
        return Err(Fault::Missing);
    }
    let today = day::of_date(app.today());
    if let Some(wanted) = Download::read(&params)? {
        let name = FileName::today(&app, &seat, &format!("cost {}", known.sku));
        let histories = known.histories(today)?;
        let rows = histories.iter().flat_map(|history| &history.rows);
        return wanted.send(&name, vec![download::history(rows)]).await;
    }
    let entry = match params.one("edit") {
        Some(_) => filled(named(&known.costs, &known.sku, &params)?),
        None => blank(&known, today),
    };
    let said = match params.one("said") {
        Some("saved") => Some("The cost is saved. Every figure counts with it."),
        Some("removed") => Some("The cost is removed. Every figure counts without it."),
        _ => None,
    };
    shown(&seat, &known, said, &entry, today, StatusCode::OK)
}

/// Adds a cost, or changes one.
pub(crate) async fn save(State(app): State<App>, seat: Seat<Manager>, mut entry: Entry) -> Page {
    let sku = entry.text("sku", ecom_ledger::cost::MOST_SKU_CHARS, "Type the SKU.");
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let known = Known::of(&mut books, sku).await?;
    if let Some(cost) = read(&mut entry, &known.marketplaces) {
        let was = changed(&entry, &known)?;
        put(&mut books, &mut entry, &known.costs, was, cost).await?;
    }
    if !entry.is_good() {
        drop(tx);
        let today = day::of_date(app.today());
        return shown(&seat, &known, None, &entry, today, StatusCode::UNPROCESSABLE_ENTITY);
    }
    seat.audit(&app, &mut books, Action::SaveCost, "costs").await?;
    tx.commit().await?;
    Ok(Redirect::to(&product_link(&known.sku).with("said", "saved").text()).into_response())
}

/// Reads the form as the one row of a sheet, so that both are read by the same rules.
fn read(entry: &mut Entry, marketplaces: &[String]) -> Option<Cost> {
    let columns: Vec<&str> = std::iter::once("sku").chain(FIELDS.map(|(name, _)| name)).collect();
    let cell = |name: &&str| entry.raw(name).trim().to_owned();
    let row: Vec<String> = columns.iter().map(cell).collect();
    let header = columns.iter().map(|name| (*name).to_owned()).collect();
    let draft = match Draft::read(&[(1, header), (2, row)]) {
        Ok(draft) => draft.at_marketplaces(marketplaces),
        Err(problems) => Draft { costs: Vec::new(), problems },
    };
    for problem in draft.problems {
        let column = problem.column.unwrap_or_default();
        let field = FIELDS.into_iter().find(|(name, _)| *name == column).map_or("from", |(name, _)| name);
        entry.refuse(field, sentence(&problem.message));
    }
    draft.costs.into_iter().next().map(|(_, cost)| cost)
}

async fn put(
    books: &mut Scoped<'_>,
    entry: &mut Entry,
    standing: &CostSheet,
    was: Option<Cost>,
    cost: Cost,
) -> Page<()> {
    let moved = was.as_ref().is_none_or(|was| !same_place(was, &cost));
    if moved && standing.all().any(|other| same_place(other, &cost)) {
        entry.refuse("from", "There is a cost from this day already. Change that one.");
        return Ok(());
    }
    if let Some(was) = was.filter(|_| moved) {
        books.delete_cost(&was.sku, was.marketplace.as_deref(), was.currency, was.from).await?;
    }
    let sheet = CostSheet::new(vec![cost]).map_err(|_| Fault::broken("one cost overlaps itself"))?;
    if let Err(problems) = books.save_costs(&sheet).await? {
        let message = problems.first().map(|problem| sentence(&problem.message)).unwrap_or_default();
        entry.refuse("from", message);
    }
    Ok(())
}

/// Whether one takes the place of the other.
pub(super) fn same_place(one: &Cost, other: &Cost) -> bool {
    let folded = |cost: &Cost| cost.marketplace.as_deref().unwrap_or_default().to_lowercase();
    (&one.sku, one.from, one.currency) == (&other.sku, other.from, other.currency)
        && folded(one) == folded(other)
}

/// The cost that the form says it changes; it may have gone in the meantime.
fn changed(entry: &Entry, known: &Known) -> Page<Option<Cost>> {
    if entry.raw("was_from").is_empty() {
        return Ok(None);
    }
    let name = |name: &str| (name.to_owned(), entry.raw(&format!("was_{name}")).to_owned());
    let params = Params::new(["from", "marketplace", "currency"].map(name).to_vec());
    named(&known.costs, &known.sku, &params).map(|cost| Some(cost.clone()))
}

/// The cost that an address names by first day, marketplace and currency.
pub(super) fn named<'c>(costs: &'c CostSheet, sku: &str, params: &Params) -> Page<&'c Cost> {
    let from = params.read("from", "a day such as 2026-04-01", |text| day::of_text(text, false).ok())?;
    let currency = params.read("currency", "a currency such as INR", |text| Currency::parse(text).ok())?;
    let place = params.one("marketplace");
    let fits = |cost: &&Cost| {
        cost.sku == sku
            && Some(cost.from) == from
            && cost.currency == currency.unwrap_or(Currency::INR)
            && cost.marketplace.as_deref() == place
    };
    costs.all().find(fits).ok_or(Fault::Missing)
}

/// The address of a page about one cost.
pub(super) fn cost_link(path: &str, cost: &Cost) -> Link {
    let link = Link::to(path).with("sku", &cost.sku).with("from", &day::to_date(cost.from).to_string());
    let link = link.with("currency", cost.currency.code());
    match &cost.marketplace {
        Some(place) => link.with("marketplace", place),
        None => link,
    }
}

fn blank(known: &Known, today: i32) -> Entry {
    let from = day::to_date(known.first_missing().unwrap_or(today)).to_string();
    Entry::with(&[("from", &from), ("currency", known.currency().code())])
}

fn filled(cost: &Cost) -> Entry {
    let date = |day: i32| day::to_date(day).to_string();
    let (from, to) = (date(cost.from), cost.to.map(date).unwrap_or_default());
    let place = cost.marketplace.clone().unwrap_or_default();
    let amount = |part: i64| match part {
        0 => String::new(),
        part => ecom_ledger::Minor(part).decimal(cost.currency),
    };
    let goods = ecom_ledger::Minor(cost.parts[0]).decimal(cost.currency);
    let rest: Vec<String> = cost.parts[1..].iter().map(|part| amount(*part)).collect();
    let code = cost.currency.code();
    let mut values = vec![("from", from.as_str()), ("to", &to), ("marketplace", &place), ("currency", code)];
    values.extend([("was_from", from.as_str()), ("was_marketplace", &place), ("was_currency", code)]);
    values.push(("goods", &goods));
    values.extend(Cost::PARTS.into_iter().skip(1).zip(rest.iter().map(String::as_str)));
    Entry::with(&values)
}

fn shown<R: Role>(
    seat: &Seat<R>,
    known: &Known,
    said: Option<&'static str>,
    entry: &Entry,
    today: i32,
    status: StatusCode,
) -> Page {
    let may = seat.may::<Manager>();
    let page = ProductPage {
        frame: seat.frame(format!("Cost of {}", known.sku), Here::Costs),
        downloads: Downloads::of(&product_link(&known.sku), &[download::HISTORY]),
        sku: known.sku.clone(),
        said,
        histories: known.histories(today)?,
        form: may.then(|| form(known, entry)),
        may,
    };
    page::show_as(status, &page)
}

fn form(known: &Known, entry: &Entry) -> CostForm {
    let changes = !entry.raw("was_from").is_empty();
    let was = ["was_from", "was_marketplace", "was_currency"].map(|name| (name, entry.raw(name).to_owned()));
    let field = |(name, label): (&'static str, &'static str)| {
        let field = entry.field(name, label);
        match name {
            "from" => field.kind("date").hint("The first day it holds."),
            "to" => field.kind("date").optional().hint("Else until the next cost."),
            "marketplace" => {
                let all = (String::new(), "All marketplaces".to_owned());
                let each = known.marketplaces.iter().map(|name| (name.clone(), name.clone()));
                field.choice(std::iter::once(all).chain(each)).optional()
            }
            "currency" => field,
            "goods" => field.kind("amount").hint("Of one unit, without GST."),
            _ => field.kind("amount").optional(),
        }
    };
    CostForm {
        was: if changes { was.to_vec() } else { Vec::new() },
        wrong: !entry.is_good(),
        fields: FIELDS.into_iter().map(field).collect(),
        back: product_link(&known.sku).text(),
    }
}

/// A message as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".")
        .unwrap_or_default()
}
