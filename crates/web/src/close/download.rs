//! Month close as files: the months, and what one of them says.

use ecom_documents::{Sheet, Value};
use ecom_ledger::Currency;

use super::{
    MonthRow,
    record::{DifferenceRow, PastRow, ShortRow},
};
use crate::{
    download::{filled, sheet},
    figure::Figure,
};

/// The one table of the list.
pub(super) const TABLE: &str = "Months";

/// Tables of a month, in the order of its page.
pub(super) const TABLES: [&str; 3] = ["Changed since the close", "Statement in short", "Earlier closes"];

pub(super) fn list(rows: &[MonthRow]) -> Sheet {
    let header = ["Month", "From", "State", "Net profit", "Currency", "Gaps and differences"];
    let row = |row: &MonthRow| {
        let (title, first) = (row.title.as_str().into(), row.month.first_date().into());
        let (profit, code) = (row.profit.value(), row.currency.code().into());
        [title, first, row.state.0.into(), profit, code, row.about.as_str().into()]
    };
    sheet(TABLE, header, rows.iter().map(row))
}

pub(super) fn tables(
    currency: Currency,
    differences: &[DifferenceRow],
    rows: &[ShortRow],
    past: &[PastRow],
) -> Vec<Sheet> {
    let [changed, short, earlier] = TABLES;
    let code = || Value::from(currency.code());
    let differs = differences.iter().map(|row| {
        let [was, is, difference] = [&row.was, &row.is, &row.difference].map(Figure::value);
        [row.name.as_str().into(), filled(&row.code), was, is, difference, code()]
    });
    let lines = rows.iter().map(|row| {
        let was = row.was.as_ref().map_or(Value::Empty, Figure::value);
        [row.label.into(), was, row.is.value(), code()]
    });
    let closes = past.iter().map(|row| {
        let text = |text: &String| text.as_str().into();
        let (profit, reopened) = (row.profit.value(), text(&row.reopened));
        [text(&row.closed), profit, code(), text(&row.gaps), reopened, text(&row.reason)]
    });
    vec![
        sheet(changed, ["Account", "Code", "Was", "Is", "Difference", "Currency"], differs),
        sheet(short, ["Line", "At the close", "Now", "Currency"], lines),
        sheet(earlier, ["Closed", "Net profit then", "Currency", "Gaps then", "Opened again", "Why"], closes),
    ]
}
