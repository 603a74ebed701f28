//! The roll-forward: a month never ties to deposits, the balance at Amazon does.

use ecom_ledger::{Currency, roll::Roll};

use crate::{
    figure::{Figure, Row, Weight},
    line::POSTED,
    scope::Scope,
};

/// From what Amazon owed before these days to what it owes after them.
pub(crate) fn rows(scope: &Scope, currency: Currency, roll: &Roll) -> Vec<Row> {
    let scope = scope.of_currency(currency);
    let row = |weight: Weight, label: &str, amount: i64| {
        Row::new(weight, label, Figure::unlinked(currency, amount))
    };
    let linked = |label: &str, amount: i64, href: String| {
        Row::new(Weight::Plain, label, Figure::amount(currency, amount, href))
    };
    let lines = scope.link("/lines").with("class", POSTED).text();
    let settlements = scope.link("/settlements").text();
    let mut rows = vec![
        row(Weight::Sum, "Balance at Amazon before", roll.opening),
        linked("Lines posted", roll.posted, lines).note("without reserve and carried balances"),
        linked("Paid out", roll.paid_out.saturating_neg(), settlements).note("when a settlement closes"),
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
