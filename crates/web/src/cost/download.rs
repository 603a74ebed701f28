//! Costs as files: the list as it is searched, and the history of one product.

use ecom_documents::{Sheet, Value};
use ecom_ledger::{Currency, cost::Cost};

use super::{catalogue::Product, history::HistoryRow};
use crate::{
    download::{amount, date, filled, sheet},
    fault::Page,
};

/// The one table of the list.
pub(super) const TABLE: &str = "Costs";
/// The one table of a product.
pub(super) const HISTORY: &str = "Cost history";

/// Goods, freight, duty, packing, other.
type Parts = [Value; 5];

/// Products with their present cost.
pub(super) fn list(products: &[&Product]) -> Page<Sheet> {
    let header = [
        "SKU",
        "Cost of a unit",
        "Currency",
        "Since",
        "Marketplace",
        "Goods",
        "Freight",
        "Duty",
        "Packing",
        "Other",
        "Sold without a cost",
        "Without a cost since",
        "Units sold",
    ];
    let rows = products.iter().map(|product| row(product)).collect::<Page<Vec<_>>>()?;
    Ok(sheet(TABLE, header, rows))
}

fn row(product: &Product) -> Page<[Value; 13]> {
    let cost = product.present.as_ref();
    let unit = cost.map(Cost::unit).transpose()?;
    let [goods, freight, duty, packing, other] = parts(cost);
    Ok([
        product.sku.as_str().into(),
        unit.map_or("unknown".into(), |unit| amount(product.currency, unit)),
        product.currency.code().into(),
        cost.map_or(Value::Empty, |cost| date(cost.from)),
        cost.and_then(|cost| cost.marketplace.as_deref()).into(),
        goods,
        freight,
        duty,
        packing,
        other,
        product.uncosted.into(),
        product.since.map(ecom_ledger::day::Month::first_date).into(),
        product.units.into(),
    ])
}

fn parts(cost: Option<&Cost>) -> Parts {
    cost.map(|cost| cost.parts.map(|part| amount(cost.currency, part))).unwrap_or_default()
}

/// What a row of the history holds, from its days and its cost.
pub(super) fn cells(
    currency: Currency,
    place: &str,
    (from, to): (i32, Option<i32>),
    cost: Option<&Cost>,
) -> Page<[Value; 10]> {
    let unit = cost.map(Cost::unit).transpose()?;
    let [goods, freight, duty, packing, other] = parts(cost);
    Ok([
        date(from),
        to.map_or(Value::Empty, date),
        filled(place),
        unit.map_or("unknown".into(), |unit| amount(currency, unit)),
        currency.code().into(),
        goods,
        freight,
        duty,
        packing,
        other,
    ])
}

/// The costs of a product over time.
pub(super) fn history<'r>(rows: impl IntoIterator<Item = &'r HistoryRow>) -> Sheet {
    let header = [
        "From",
        "To",
        "Marketplace",
        "Cost of a unit",
        "Currency",
        "Goods",
        "Freight",
        "Duty",
        "Packing",
        "Other",
    ];
    sheet(HISTORY, header, rows.into_iter().map(|row| row.cells.clone()))
}
