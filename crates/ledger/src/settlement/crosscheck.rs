//! Check F6 between two files of one settlement: a date-range file against the flat file that feeds the ledger.

use crate::{Error, chain::Carried};

use super::{Names, Settlement};

/// What the rows of a date-range file sum to beyond the same settlement in a flat file or XML: `sum − (total −
/// reserve rows − carried balance)`. Zero if the two agree. Date-range files leave reserve and carried rows out.
///
/// # Errors
/// Only if a sum is too large.
pub fn remainder(date_range: &Settlement, settlement: &Settlement, names: &Names) -> Result<i64, Error> {
    let carried = Carried::of(settlement, names);
    let beside = [carried.previous_reserve, carried.current_reserve, carried.payable];
    let mut expected = settlement.head.total.unwrap_or(settlement.tally.sum);
    for amount in beside {
        expected = expected.checked_sub(amount).ok_or(Error::Overflow)?;
    }
    date_range.tally.sum.checked_sub(expected).ok_or(Error::Overflow)
}
