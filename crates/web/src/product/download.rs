//! Products as files: the table with the columns chosen and the rows of all its pages; of one product its months, its
//! weeks and its stock.

use ecom_documents::{Sheet, Value};
use ecom_ledger::{day::Month, stock::StockEvent};
use ecom_store::{MOST_PAGE, Page as Rows, ProductColumn, ProductRow, Scoped, StockEntry};

use super::{
    column::{self, Cell, cell, title},
    ground::Ground,
    history::Weeks,
    stock,
    wanted::Wanted,
};
use crate::{
    download::{date, filled, sheet, too_long},
    fault::Page,
    figure::Figure,
    scope::Scope,
};

/// The one table of the list.
pub(super) const TABLE: &str = "Products";
/// Tables of one product, in the order of its page; the last is none of lines without a product.
pub(super) const TABLES: [&str; 3] = ["Month by month", "Units by week", "Units back or lost"];
/// Products in a file. Each two hundred are looked up anew.
const MOST_ROWS: i64 = 10_000;
/// Entries of stock in a file.
pub(super) const MOST_ENTRIES: i64 = 10_000;

/// Whether a list with so many products fits a file.
pub(crate) fn expect_to_fit<T>(page: &Rows<T>, table: &str) -> Page<()> {
    let words = "Go back and search for a part of the SKU, or choose a kind.";
    if page.total > MOST_ROWS { Err(too_long(table, MOST_ROWS, "a file", words)) } else { Ok(()) }
}

/// Products of all pages, in the order and with the columns of the page.
pub(super) async fn list(books: &mut Scoped<'_>, ground: &Ground, wanted: &Wanted) -> Page<Sheet> {
    let columns = &wanted.columns;
    let mut table = table(ground, TABLE, &[], columns);
    for page in 1.. {
        let found = books.products(&wanted.on_page(page).filter(&ground.filter(), MOST_PAGE)).await?;
        expect_to_fit(&found, TABLE)?;
        table.rows.extend(found.rows.iter().map(|row| product(&ground.figures(), row, columns)));
        if page >= found.pages() {
            break;
        }
    }
    Ok(table)
}

/// Some products with their figures.
pub(super) fn table(ground: &Ground, name: &str, rows: &[ProductRow], columns: &[ProductColumn]) -> Sheet {
    let titles = columns.iter().map(|column| title(*column).to_owned());
    let ends = ["Currency".to_owned(), "Note".to_owned()];
    Sheet {
        name: name.to_owned(),
        header: std::iter::once("SKU".to_owned()).chain(titles).chain(ends).collect(),
        rows: rows.iter().map(|row| product(&ground.figures(), row, columns)).collect(),
    }
}

/// A product, with its figures, its currency and what one should know about them.
fn product(scope: &Scope, row: &ProductRow, columns: &[ProductColumn]) -> Vec<Value> {
    let mut line = vec![column::name(row).into()];
    line.extend(figures(scope, row, columns));
    line
}

fn figures(scope: &Scope, row: &ProductRow, columns: &[ProductColumn]) -> Vec<Value> {
    let cells: Vec<Cell> = columns.iter().map(|column| cell(scope, row, *column)).collect();
    let told = cells.iter().filter(|cell| !cell.note.is_empty());
    let notes: Vec<String> = told.map(|cell| format!("{}: {}", cell.label, cell.note)).collect();
    let values = cells.iter().map(|cell| cell.figure.value());
    values.chain([row.currency.code().into(), filled(&notes.join("; "))]).collect()
}

/// The months of a product, the newest first, those of a currency together.
pub(super) fn months(scope: &Scope, months: &[(Month, ProductRow)], columns: &[ProductColumn]) -> Sheet {
    let titles = columns.iter().map(|column| title(*column));
    let header = std::iter::once("Month").chain(titles).chain(["Currency", "Note"]);
    let mut months: Vec<&(Month, ProductRow)> = months.iter().collect();
    months.sort_by_key(|(month, row)| (row.currency, std::cmp::Reverse(*month)));
    let line = |(month, row): &(Month, ProductRow)| {
        let mut line = vec![date(month.first_day())];
        line.extend(figures(scope, row, columns));
        line
    };
    Sheet {
        name: TABLES[0].to_owned(),
        header: header.map(str::to_owned).collect(),
        rows: months.into_iter().map(line).collect(),
    }
}

/// The weeks that are drawn, the newest first.
pub(super) fn weeks(weeks: Option<&Weeks>) -> Sheet {
    let rows = weeks.into_iter().flat_map(|weeks| &weeks.rows);
    sheet(
        TABLES[1],
        ["Week from", "Units sold", "Refunds"],
        rows.map(|row| row.each_ref().map(Figure::value)),
    )
}

/// What became of units, the latest first.
pub(super) fn entries(entries: &[StockEntry]) -> Page<Sheet> {
    let header = ["What became of them", "Day", "Sold on", "Marketplace", "Units", "In profit", "Currency"];
    if i64::try_from(entries.len()).is_ok_and(|found| found > MOST_ENTRIES) {
        let words = "They are on the page, the latest first.";
        return Err(too_long(TABLES[2], MOST_ENTRIES, "a file", words));
    }
    let rows = entries.iter().map(entry).collect::<Page<Vec<_>>>()?;
    Ok(sheet(TABLES[2], header, rows))
}

fn entry(entry: &StockEntry) -> Page<[Value; 7]> {
    let StockEvent { day, sold, marketplace, units, fate, currency, .. } = &entry.event;
    Ok([
        stock::words(*fate).into(),
        date(*day),
        sold.map_or(Value::Empty, date),
        filled(marketplace),
        (*units).into(),
        stock::worth(entry)?.value(),
        currency.code().into(),
    ])
}
