//! The tables of the statement as files.

use ecom_documents::Sheet as Table;
use ecom_store::SettlementView;

use super::{Found, Sheet, parts};
use crate::{
    download::{self, Download, FileName, amount_of, day_of, figures, sheet},
    fault::Page,
    scope::Scope,
    seat::{Seat, Viewer},
};

/// In the order of the page.
pub(super) const TABLES: [&str; 6] = [
    "Profit statement",
    "From profit to the total",
    "Balance at Amazon",
    "Settlements",
    "Turnover by account",
    "Where net sales went",
];

pub(super) async fn send(seat: &Seat<Viewer>, scope: &Scope, found: &Found, wanted: Download) -> Page {
    let name = FileName::of(seat, "profit", scope.period);
    wanted.send(&name, tables(&found.sheets(scope)?, &found.settlements)).await
}

fn tables(sheets: &[Sheet], settlements: &[SettlementView]) -> Vec<Table> {
    let [profit, bridge, roll, paid, turned, months] = TABLES;
    vec![
        figures(profit, sheets.iter().map(|sheet| (sheet.currency, sheet.profit.as_slice()))),
        figures(bridge, sheets.iter().map(|sheet| (sheet.currency, sheet.bridge.as_slice()))),
        figures(roll, sheets.iter().map(|sheet| (sheet.currency, sheet.roll.as_slice()))),
        settled(paid, settlements),
        turnover(turned, sheets),
        parts::table(months, sheets.iter().filter_map(|sheet| sheet.months.as_ref())),
    ]
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

fn turnover(name: &str, sheets: &[Sheet]) -> Table {
    let header = ["Account", "Code", "Lines", "Credit", "Debit", "Net", "Currency", "Note"];
    let rows = sheets.iter().flat_map(|sheet| {
        sheet.turnover.iter().map(|row| {
            let [lines, credit, debit, net] =
                [&row.lines, &row.credit, &row.debit, &row.net].map(crate::figure::Figure::value);
            let code = sheet.currency.code().into();
            [row.name.into(), row.code.into(), lines, credit, debit, net, code, download::filled(row.note)]
        })
    });
    sheet(name, header, rows)
}
