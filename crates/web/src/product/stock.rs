//! Units of a product that came back, were lost, damaged or disposed: entered here, since settlements do not say.
//!
//! They belong to the business as a whole. A manager enters and removes them; every figure follows at once.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    Currency, Minor, day,
    stock::{Fate, StockEvent},
};
use ecom_store::{Action, MOST_UNITS, Scoped, SkuId, StockEntry, StockEventId};

use super::show::Found;
use crate::{
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    figure::Figure,
    frame::{Frame, Here},
    money, page,
    params::Params,
    period::shown,
    seat::{Manager, Role, Seat},
};

/// The stock of a product.
pub(super) struct Stock {
    pub(super) rows: Vec<Row>,
    /// Whether older entries are left out.
    pub(super) more: bool,
    /// None for those who only look.
    pub(super) form: Option<Form>,
    pub(super) action: String,
    /// Whether the page is about one account at Amazon, whose figures hold none of it.
    pub(super) apart: bool,
}

/// An entry.
pub(super) struct Row {
    pub(super) day: String,
    pub(super) fate: &'static str,
    pub(super) units: String,
    pub(super) sold: String,
    pub(super) place: String,
    pub(super) worth: Figure,
    pub(super) removal: String,
}

/// The form that enters units.
pub(super) struct Form {
    pub(super) fields: Vec<Field>,
    pub(super) wrong: bool,
}

/// What became of units, in words.
pub(super) fn words(fate: Fate) -> &'static str {
    match fate {
        Fate::Sellable => "Came back, can be sold again",
        Fate::Unsellable => "Came back, cannot be sold",
        Fate::Lost => "Lost",
        Fate::Found => "Found again after a loss",
        Fate::Damaged => "Damaged",
        Fate::Disposed => "Disposed",
        Fate::Replacement => "Sent free as a replacement",
    }
}

/// What it does to the profit.
fn effect(fate: Fate) -> &'static str {
    match fate {
        Fate::Sellable => "gives back the cost",
        Fate::Unsellable => "moves the cost to inventory loss",
        Fate::Found => "takes back an inventory loss",
        Fate::Lost | Fate::Damaged | Fate::Disposed | Fate::Replacement => "is an inventory loss",
    }
}

impl Stock {
    /// Entries shown, the latest ones.
    pub(super) const MOST: i64 = 100;

    pub(super) fn of<R: Role>(app: &App, seat: &Seat<R>, found: &Found, entry: &Entry) -> Page<Self> {
        let action = format!("/products/{}/stock", found.sku);
        let most = usize::try_from(Self::MOST).unwrap_or(usize::MAX);
        let rows = found.events.iter().take(most).map(|event| row(event, &action));
        Ok(Self {
            rows: rows.collect::<Page<_>>()?,
            more: found.events.len() > most,
            form: seat.may::<Manager>().then(|| form(app, found, entry)),
            action,
            apart: found.ground.scope.seller_account.is_some(),
        })
    }
}

fn row(entry: &StockEntry, action: &str) -> Page<Row> {
    let event = &entry.event;
    let on = |number: i32| shown(day::to_date(number));
    Ok(Row {
        day: on(event.day),
        fate: words(event.fate),
        units: money::count(event.units),
        sold: event.sold.map(on).unwrap_or_default(),
        place: event.marketplace.clone(),
        worth: worth(entry)?,
        removal: format!("{action}/{}/removal", entry.id),
    })
}

/// What an entry does to the profit.
pub(super) fn worth(entry: &StockEntry) -> Page<Figure> {
    let amount = Minor(entry.value.cogs).plus(Minor(entry.value.loss))?.0;
    Ok(match entry.value.unvalued {
        1.. => Figure::unknown("cost unknown"),
        _ => Figure::unlinked(entry.event.currency, amount),
    })
}

impl Found {
    /// The form before anything is typed.
    pub(super) fn blank(&self, app: &App) -> Entry {
        let places = &self.ground.choices.marketplaces;
        let place = if let [(_, only)] = places.as_slice() { only.as_str() } else { "" };
        let today = app.today().to_string();
        Entry::with(&[
            ("fate", Fate::Sellable.name()),
            ("day", &today),
            ("place", place),
            ("of", self.currency().code()),
        ])
    }
}

fn form(app: &App, found: &Found, entry: &Entry) -> Form {
    let fates = Fate::ALL.map(|fate| (fate.name().to_owned(), format!("{}: {}", words(fate), effect(fate))));
    let places = &found.ground.choices.marketplaces;
    let mut fields = vec![
        entry.field("fate", "What became of them").choice(fates),
        entry.field("units", "Units").hint("How many, such as 3."),
        entry
            .field("day", "Day")
            .kind("date")
            .hint(format!("In whose month it counts, up to {}.", shown(app.today()))),
        entry
            .field("sold", "Sold on")
            .kind("date")
            .optional()
            .hint("Whose cost counts; else that of the day."),
    ];
    if !places.is_empty() {
        let none = (String::new(), "Not known".to_owned());
        let each = places.iter().map(|(_, name)| (name.clone(), name.clone()));
        fields.push(entry.field("place", "Marketplace").choice(std::iter::once(none).chain(each)).optional());
    }
    let currencies = offered(found);
    if currencies.len() > 1 {
        let each = currencies.iter().map(|currency| (currency.to_string(), currency.to_string()));
        fields.push(entry.field("of", "Currency of the cost").choice(each));
    }
    Form { fields, wrong: !entry.is_good() }
}

/// Currencies that an entry may have.
fn offered(found: &Found) -> Vec<Currency> {
    let mut currencies = found.ground.currencies.clone();
    if !currencies.contains(&found.currency()) {
        currencies.push(found.currency());
    }
    currencies
}

/// Enters units.
pub(crate) async fn add(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path(sku): Path<String>,
    mut entry: Entry,
) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let found = Found::of(&app, &mut books, &sku, &Params::default()).await?;
    if found.is_nameless() {
        return Err(Fault::Missing);
    }
    let Some(event) = read(&app, &found, &mut entry) else {
        drop(tx);
        return found.answer(&app, &seat, None, &entry, StatusCode::UNPROCESSABLE_ENTITY);
    };
    books.add_stock_events(&[event], seat.person(), app.now()).await?;
    seat.audit(&app, &mut books, Action::AddStock, &format!("products/{}", found.sku)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/products/{sku}?said=added#stock")).into_response())
}

fn read(app: &App, found: &Found, entry: &mut Entry) -> Option<StockEvent> {
    let fate = Fate::from_name(entry.raw("fate"));
    if fate.is_none() {
        entry.refuse("fate", "Choose one of the list.");
    }
    let typed = entry.text("units", 20, "Type how many.");
    let units = typed.replace(',', "").parse().ok().filter(|units| (1..=MOST_UNITS).contains(units));
    if units.is_none() {
        entry.refuse("units", format!("Give a whole number from 1 to {}.", money::count(MOST_UNITS)));
    }
    let day = entry.day("day");
    let sold = entry.day("sold");
    match day {
        None => entry.refuse("day", "Choose the day on which it happened."),
        Some(day) if day > app.today() => entry.refuse("day", "This day has not come yet."),
        Some(day) if sold.is_some_and(|sold| sold > day) => {
            entry.refuse("sold", "This is after the day on which it happened.");
        }
        Some(_) => {}
    }
    let place = entry.raw("place").to_owned();
    if !place.is_empty() && !found.ground.choices.marketplaces.iter().any(|(_, name)| *name == place) {
        entry.refuse("place", "Choose one of the list.");
    }
    let code = entry.raw("of");
    let currency = if code.is_empty() { Some(found.currency()) } else { Currency::parse(code).ok() };
    let currency = currency.filter(|currency| offered(found).contains(currency));
    if currency.is_none() {
        entry.refuse("of", "Choose one of the list.");
    }
    entry.is_good().then_some(())?;
    Some(StockEvent {
        day: day::of_date(day?),
        sold: sold.map(day::of_date),
        sku: found.name.clone(),
        marketplace: place,
        currency: currency?,
        units: units?,
        fate: fate?,
    })
}

#[derive(Template)]
#[template(path = "product/removal.html")]
struct RemovalPage {
    frame: Frame,
    name: String,
    what: String,
    effect: &'static str,
    action: String,
    back: String,
}

/// Asks whether to remove an entry.
pub(crate) async fn ask(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path((sku, id)): Path<(String, String)>,
) -> Page {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let (sku, entry) = entry_of(&mut books, &sku, &id).await?;
    let event = &entry.event;
    let units = money::counted(event.units, "unit", "units");
    let day = shown(day::to_date(event.day));
    page::show(&RemovalPage {
        frame: seat.frame(format!("Remove an entry of {}", event.sku), Here::Products),
        name: event.sku.clone(),
        what: format!("{units} on {day}: {}", words(event.fate).to_lowercase()),
        effect: effect(event.fate),
        action: format!("/products/{sku}/stock/{id}/removal"),
        back: format!("/products/{sku}#stock"),
    })
}

/// Removes an entry.
pub(crate) async fn remove(
    State(app): State<App>,
    seat: Seat<Manager>,
    Path((sku, id)): Path<(String, String)>,
) -> Page {
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let (sku, entry) = entry_of(&mut books, &sku, &id).await?;
    books.delete_stock_event(entry.id).await?;
    seat.audit(&app, &mut books, Action::RemoveStock, &format!("products/{sku}")).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/products/{sku}?said=removed#stock")).into_response())
}

/// An entry, if it is of this product.
async fn entry_of(books: &mut Scoped<'_>, sku: &str, id: &str) -> Page<(SkuId, StockEntry)> {
    let sku: SkuId = sku.parse().map_err(|_| Fault::Missing)?;
    let id: StockEventId = id.parse().map_err(|_| Fault::Missing)?;
    let entry = books.stock_event(id).await?.ok_or(Fault::Missing)?;
    let name = books.sku_name(sku).await?;
    if name.as_deref() == Some(entry.event.sku.as_str()) { Ok((sku, entry)) } else { Err(Fault::Missing) }
}
