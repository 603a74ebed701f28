//! The sheet to fill in: a row for every product that sold without a cost, from the first month of that.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use ecom_documents::{Sheet, Value, write_csv, write_xlsx};
use ecom_ledger::day;

use super::catalogue::{Catalogue, Product};
use crate::{
    app::App,
    fault::{Fault, Page},
    seat::{Seat, Viewer},
};

/// Columns, as a sheet is read.
const COLUMNS: [&str; 10] =
    ["sku", "from", "to", "marketplace", "currency", "goods", "freight", "duty", "packing", "other"];

/// As CSV.
pub(crate) async fn csv(State(app): State<App>, seat: Seat<Viewer>) -> Page {
    let bytes = write_csv(&sheet(&app, &seat).await?).map_err(Fault::broken)?;
    Ok(download("costs.csv", "text/csv; charset=utf-8", bytes))
}

/// As XLSX.
pub(crate) async fn xlsx(State(app): State<App>, seat: Seat<Viewer>) -> Page {
    let bytes = write_xlsx(&[sheet(&app, &seat).await?]).map_err(Fault::broken)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(download("costs.xlsx", kind, bytes))
}

async fn sheet(app: &App, seat: &Seat<Viewer>) -> Page<Sheet> {
    let mut tx = app.db.read().await?;
    let mut books = seat.books(&mut tx).await?;
    let catalogue = Catalogue::of(&mut books, day::of_date(app.today())).await?;
    let rows = catalogue.products.iter().filter(|product| product.is_missing()).map(row);
    Ok(Sheet { name: "Costs".to_owned(), header: COLUMNS.map(str::to_owned).to_vec(), rows: rows.collect() })
}

fn row(product: &Product) -> Vec<Value> {
    let from = product.since.map_or(Value::Empty, |month| Value::Date(month.first_date()));
    vec![product.sku.as_str().into(), from, Value::Empty, Value::Empty, product.currency.code().into()]
}

fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let attached = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, attached)], bytes)
        .into_response()
}
