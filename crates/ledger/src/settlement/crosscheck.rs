//! Check F6 between two files of one settlement: a date-range file against the flat file that feeds the ledger.

use crate::{Error, chain::Carried};

use super::{Names, Settlement};

/// What the rows of a date-range file sum to beyond the same settlement in a flat file or XML: `sum − (total −
/// reserve rows − carried balance)`. Zero if the two agree. Date-range files leave reserve and carried rows out.
///
/// # Errors
/// Only if a sum is too large.
pub fn remainder(date_range: &Settlement, settlement: &Settlement, names: &Names) -> Result<i64, Error> {
    let total = settlement.head.total.unwrap_or(settlement.tally.sum);
    remainder_of(date_range.tally.sum, total, &Carried::of(settlement, names))
}

/// The same from sums alone: `reported` is what date-range files hold, the rest is the settlement's.
///
/// # Errors
/// Only if a sum is too large.
pub fn remainder_of(reported: i64, total: i64, carried: &Carried) -> Result<i64, Error> {
    let beside = [carried.previous_reserve, carried.current_reserve, carried.payable];
    let due = beside.iter().try_fold(total, |due, amount| due.checked_sub(*amount));
    due.and_then(|due| reported.checked_sub(due)).ok_or(Error::Overflow)
}
