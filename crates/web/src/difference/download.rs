//! What each reason comes to, as a file.

use ecom_documents::{Sheet, Value};
use ecom_ledger::Currency;

use super::reason::Reason;
use crate::{
    download::{filled, sheet},
    figure::{Row, Weight},
};

/// The one table of the page.
pub(super) const TABLE: &str = "Differences";

/// A row for each figure, with its reason; what is a sum of rows above it says so.
pub(super) fn table(currency: Currency, reasons: &[Reason]) -> Sheet {
    let row = |(reason, row): (&Reason, &Row)| {
        let kind: Value = match row.weight {
            Weight::Plain => Value::Empty,
            Weight::Part => "part".into(),
            Weight::Sum => "sum".into(),
            Weight::Total => "total".into(),
        };
        [
            reason.title.into(),
            row.label.as_str().into(),
            row.figure.value(),
            currency.code().into(),
            kind,
            filled(&row.note),
        ]
    };
    let rows = reasons.iter().flat_map(|reason| reason.rows.iter().map(move |one| (reason, one)));
    sheet(TABLE, ["Reason", "What", "Amount", "Currency", "Kind of row", "Note"], rows.map(row))
}
