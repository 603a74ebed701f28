//! The roll-forward: a month never ties to deposits, the balance at Amazon does.

use ecom_ledger::{Currency, roll::Roll};

use crate::figure::{Figure, Row, Weight};

/// From what Amazon owed before these days to what it owes after them.
pub(crate) fn rows(currency: Currency, roll: &Roll) -> Vec<Row> {
    let row = |weight: Weight, label: &str, amount: i64| {
        Row::new(weight, label, Figure::unlinked(currency, amount))
    };
    let mut rows = vec![
        row(Weight::Sum, "Balance at Amazon before", roll.opening),
        row(Weight::Plain, "Lines posted", roll.posted).note("without reserve and carried balances"),
        row(Weight::Plain, "Paid out", roll.paid_out.saturating_neg()).note("when a settlement closes"),
    ];
    if roll.unexplained != 0 {
        let note = "a settlement is missing: import it";
        rows.push(row(Weight::Plain, "Unexplained", roll.unexplained).note(note));
    }
    rows.push(row(Weight::Total, "Balance at Amazon after", roll.closing));
    rows.push(row(Weight::Plain, "Of this, held in reserve", roll.reserve_held));
    rows.push(row(Weight::Plain, "Of this, not settled yet", roll.unsettled));
    rows
}
