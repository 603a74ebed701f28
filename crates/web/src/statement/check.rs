//! The state of the checks: what they found in the settlements of some days, and where it is mended.

use ecom_ledger::{Account, statement::Statement};
use ecom_store::{Coverage, SettlementState, SettlementView};

use crate::{money, scope::Scope};

/// What the checks found in the settlements of these days, and where it is mended.
pub(super) fn found(
    scope: &Scope,
    statements: &[Statement],
    settlements: &[SettlementView],
    coverage: &Coverage,
) -> Vec<(String, String)> {
    let link = scope.link("/settlements");
    let of = |state: SettlementState| {
        let count = settlements.iter().filter(|one| one.state == state).count();
        (i64::try_from(count).unwrap_or(i64::MAX), link.clone().with("state", state.name()).text())
    };
    let (off, off_link) = of(SettlementState::Quarantined);
    let (open, open_link) = of(SettlementState::Undecided);
    let here = |id: &String| settlements.iter().any(|one| one.settlement_id == *id);
    let breaks = coverage.findings().filter(|one| here(&one.before) || here(&one.after)).count();
    let lines = statements.iter().map(|one| one.turnover(Account::Unclassified).lines);
    let suspense = scope.link("/lines").with("account", Account::Unclassified.name()).text();
    let found = [
        (off, "settlement does not balance", "settlements do not balance", off_link),
        (open, "settlement came in two versions", "settlements came in two versions", open_link),
        (
            i64::try_from(breaks).unwrap_or(i64::MAX),
            "settlement does not follow the one before",
            "settlements do not follow the one before",
            link.text(),
        ),
        (lines.fold(0, i64::saturating_add), "line is not understood", "lines are not understood", suspense),
    ];
    let told = |(count, one, many, href): (i64, &str, &str, String)| (money::counted(count, one, many), href);
    found.into_iter().filter(|(count, ..)| *count > 0).map(told).collect()
}
