//! The map as a file: a row for each product, a column for each month or week.

use ecom_documents::{Sheet, Value as Cell};
use ecom_store::{ProductColumn, ProductRow};

use super::{Map, Value, brief};
use crate::{
    period::Period,
    product::column::{self, title},
    scope::Scope,
};

/// The one table of the page.
pub(super) const TABLE: &str = "Trends";

/// All rows. A month in which nothing was posted is an empty cell.
pub(super) fn table(map: &Map, scope: &Scope, column: ProductColumn) -> Sheet {
    let whole = format!("{}, overall", title(column));
    let times = map.times.iter().map(|period| head(*period));
    let header = ["SKU".to_owned(), "Currency".to_owned(), whole].into_iter().chain(times).collect();
    let row = |(whole, cells): &(ProductRow, Vec<Option<Value>>)| {
        let code: Cell = whole.currency.code().into();
        let mut line = vec![column::name(whole).into(), code, brief(scope, whole, column).value()];
        line.extend(cells.iter().map(|cell| cell.as_ref().map(|value| value.figure.value()).into()));
        line
    };
    Sheet { name: TABLE.to_owned(), header, rows: map.rows.rows.iter().map(row).collect() }
}

/// A month, or the first day of a week: `2026-09`, `2026-09-07`.
fn head(period: Period) -> String {
    match period {
        Period::Days(from, _) => from.to_string(),
        other => other.stem(),
    }
}
