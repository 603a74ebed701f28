//! The tables of the statement as files.

use ecom_documents::Sheet as Table;
use ecom_store::SettlementView;

use super::{
    Ground,
    sheet::{Found, Sheet},
};
use crate::{
    download::{Download, FileName, amount_of, day_of, figures, sheet},
    fault::Page,
    seat::{Seat, Viewer},
    statement::parts,
};

/// Tables of a single column, in the order of the page.
pub(super) const SINGLE: [&str; 5] =
    [PROFIT, "From profit to the total", "Balance at Amazon", "Settlements", "Where net sales went"];
/// The table of several columns.
pub(super) const SEVERAL: [&str; 1] = [PROFIT];
const PROFIT: &str = "Profit statement";

/// Tables of one part of the statement as a file.
pub(super) async fn send(
    seat: &Seat<Viewer>,
    ground: &Ground,
    wanted: Download,
    what: &str,
    tables: Vec<Table>,
) -> Page {
    wanted.send(&FileName::of(seat, what, ground.asked.scope.period), tables).await
}

/// What the profit page shows.
pub(super) fn profit(found: &Found, sheets: &[Sheet]) -> Vec<Table> {
    if found.is_several() {
        return sheets.iter().enumerate().map(|(at, one)| columns(at, one)).collect();
    }
    let [profit, bridge, roll, paid, months] = SINGLE;
    let header = sheets.first().map(|one| one.grid.single_titles());
    let header = header.unwrap_or_else(|| ["Line", "Part", "Amount"].map(str::to_owned).to_vec());
    let rows = sheets.iter().flat_map(|one| one.grid.single_rows(one.currency)).collect();
    let statement = Table { name: profit.to_owned(), header, rows };
    let beside = || sheets.iter().filter_map(|one| Some((one.currency, one.beside.as_ref()?)));
    vec![
        statement,
        figures(bridge, beside().map(|(currency, beside)| (currency, beside.bridge.as_slice()))),
        figures(roll, beside().map(|(currency, beside)| (currency, beside.roll.as_slice()))),
        settled(paid, &found.settlements),
        parts::table(months, beside().filter_map(|(_, beside)| beside.months.as_ref())),
    ]
}

/// Currencies have columns of their own: each is a table.
fn columns(at: usize, one: &Sheet) -> Table {
    let name = if at == 0 { PROFIT.to_owned() } else { format!("{PROFIT}, {}", one.currency) };
    Table { name, header: one.grid.titles(), rows: one.grid.column_rows(one.currency) }
}

fn settled(name: &str, settlements: &[SettlementView]) -> Table {
    let header = ["Settlement", "From", "To", "Deposit", "Total", "Currency"];
    let row = |found: &SettlementView| {
        let day = |micros| day_of(found.currency, micros);
        [
            found.settlement_id.as_str().into(),
            day(found.start),
            day(found.end),
            day(found.deposit),
            amount_of(found.currency, found.total.or(Some(found.sum))),
            found.currency.code().into(),
        ]
    };
    sheet(name, header, settlements.iter().map(row))
}
