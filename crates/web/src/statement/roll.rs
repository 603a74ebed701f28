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
    let row = |weight: Weight, label: &str, amount: i64, href: &str| {
        Row::new(weight, label, Figure::amount(currency, amount, href.to_owned()))
    };
    let lines = scope.link("/lines").with("class", POSTED).text();
    let settlements = scope.link("/settlements").text();
    // Entry by entry, each with its lines or its settlement.
    let ledger = scope.link("/statement").with("view", "balance").text() + "#ledger";
    let paid_out = roll.paid_out.saturating_neg();
    let mut rows = vec![
        row(Weight::Sum, "Balance at Amazon before", roll.opening, &ledger),
        row(Weight::Plain, "Lines posted", roll.posted, &lines).note("without reserve and carried balances"),
        row(Weight::Plain, "Paid out", paid_out, &settlements).note("when a settlement closes"),
    ];
    if roll.unexplained != 0 {
        let note = "a settlement is missing: import it";
        rows.push(row(Weight::Plain, "Unexplained", roll.unexplained, &settlements).note(note));
    }
    rows.push(row(Weight::Total, "Balance at Amazon after", roll.closing, &ledger));
    rows.push(
        row(Weight::Plain, "Of this, held in reserve", roll.reserve_held, &settlements)
            .note("by the last settlement of each chain"),
    );
    rows.push(
        row(Weight::Plain, "Of this, not settled yet", roll.unsettled, &ledger)
            .note("in settlements that have not closed, and balances carried over"),
    );
    rows
}
