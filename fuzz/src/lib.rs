//! What the targets hold of any file that a reader accepts: replay hands out what read counted, and the accounts
//! of each settlement sum to its lines.

use std::sync::OnceLock;

use ecom_ledger::{
    Error,
    settlement::{self, Line, Options, Posting, Sink, Turnover, Units},
};

#[derive(Default)]
struct Sums {
    lines: i64,
    sum: i128,
    units: i128,
}

impl Sink for Sums {
    fn line(&mut self, line: &Line<'_>, _: Posting) -> Result<(), Error> {
        self.lines += 1;
        self.sum += i128::from(line.amount);
        Ok(())
    }

    fn units(&mut self, units: Units) -> Result<(), Error> {
        self.units += i128::from(units.count);
        Ok(())
    }
}

/// Reads a file and proves the sums if it is accepted.
pub fn prove(bytes: &[u8]) {
    static OPTIONS: OnceLock<Options> = OnceLock::new();
    let options = OPTIONS.get_or_init(|| Options::new().unwrap());
    let Ok(report) = settlement::read(bytes, options, &|_| ()) else { return };
    let sums = settlement::replay(bytes, &report, options, Sums::default()).unwrap();
    let (mut lines, mut sum, mut units) = (0, 0_i128, 0_i128);
    for settlement in &report.settlements {
        lines += settlement.tally.lines;
        sum += i128::from(settlement.tally.sum);
        units += settlement.tally.units.values().map(|&count| i128::from(count)).sum::<i128>();
        let accounts = settlement.tally.accounts().unwrap();
        let nets: i128 = accounts.iter().map(|account| i128::from(Turnover::net(account))).sum();
        assert_eq!(nets, i128::from(settlement.tally.sum));
    }
    assert_eq!((sums.lines, sums.sum, sums.units), (lines, sum, units));
}
