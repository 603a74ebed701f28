//! What posting lines of a label anew would do, told before it is done: which lines move where, and by how much the
//! profit of each month changes. Nothing is estimated: the same amounts are rounded in the same way as by posting.

use std::collections::BTreeMap;

use crate::{
    Error, Minor,
    account::{Account, Class},
    day::Month,
    settlement::GstMode,
};

use super::Verdict;

/// Lines of one label, one day and one currency that stand in one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Posting day.
    pub day: i32,
    /// Where they stand.
    pub account: Account,
    /// Whether they are derived beside others: GST inside an amount.
    pub derived: bool,
    /// Whether their amounts are below 0.
    pub debit: bool,
    /// How many.
    pub lines: i64,
    /// Their sum.
    pub amount: i64,
    /// The sum of what each holds as GST if it is inside, rounded line by line.
    pub gst_inside: i64,
}

/// Lines and their sum.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Moved {
    /// How many lines.
    pub lines: i64,
    /// Their sum as printed.
    pub amount: i64,
}

/// What changes in a month.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct MonthEffect {
    /// Lines that move, or whose GST is treated otherwise.
    pub moved: Moved,
    /// By how much the profit changes.
    pub profit: i64,
}

/// What changes in one currency.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Effect {
    /// By month, of those with lines that change.
    pub months: BTreeMap<Month, MonthEffect>,
    /// From which account to which.
    pub ways: BTreeMap<(Account, Account), Moved>,
    /// GST inside amounts that will be set apart as credit by estimate.
    pub gst_inside: i64,
}

impl Effect {
    /// Adds what a verdict makes of lines, all of those of a label that its days hold.
    pub fn add(&mut self, lines: &[Standing], verdict: &Verdict, mode: GstMode) -> Result<(), Error> {
        let split_before = lines.iter().any(|line| line.derived);
        let split = mode.splits(verdict.gst);
        for line in lines {
            let profit = |account: Account, amount: i64| {
                Minor(if account.class() == Class::Profit { amount } else { 0 })
            };
            let before = profit(line.account, line.amount);
            let month = self.months.entry(Month::of_day(line.day)).or_default();
            if line.derived {
                month.profit = Minor(month.profit).minus(before)?.0;
                continue;
            }
            let to = mode.placed(if line.debit { verdict.debit } else { verdict.credit });
            let inside = if split { line.gst_inside } else { 0 };
            let after = profit(to, line.amount).minus(Minor(inside))?;
            month.profit = Minor(month.profit).plus(after.minus(before)?)?.0;
            self.gst_inside = Minor(self.gst_inside).plus(Minor(inside))?.0;
            if to != line.account || (split != split_before && line.amount != 0) {
                month.moved.add(line)?;
                self.ways.entry((line.account, to)).or_default().add(line)?;
            }
        }
        self.months.retain(|_, month| month.moved.lines != 0 || month.profit != 0);
        Ok(())
    }

    /// Lines that change, of all months.
    pub fn moved(&self) -> Result<Moved, Error> {
        let mut all = Moved::default();
        for month in self.months.values() {
            all.lines = all.lines.checked_add(month.moved.lines).ok_or(Error::Overflow)?;
            all.amount = Minor(all.amount).plus(Minor(month.moved.amount))?.0;
        }
        Ok(all)
    }

    /// By how much the profit of all months changes.
    pub fn profit(&self) -> Result<i64, Error> {
        Ok(Minor::sum(self.months.values().map(|month| Minor(month.profit)))?.0)
    }
}

impl Moved {
    fn add(&mut self, line: &Standing) -> Result<(), Error> {
        self.lines = self.lines.checked_add(line.lines).ok_or(Error::Overflow)?;
        self.amount = Minor(self.amount).plus(Minor(line.amount))?.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::Gst;

    const OCTOBER: i32 = 20_727;

    fn lines(account: Account, amount: i64, derived: bool) -> Standing {
        let gst_inside = Minor(amount).part(18, 118).unwrap().0;
        Standing { day: OCTOBER, account, derived, debit: amount < 0, lines: 1, amount, gst_inside }
    }

    fn verdict(account: Account, gst: Gst) -> Verdict {
        Verdict { credit: account, debit: account, gst, from: i32::MIN, to: i32::MAX }
    }

    fn effect(standing: &[Standing], account: Account, gst: Gst) -> Effect {
        let mut effect = Effect::default();
        effect.add(standing, &verdict(account, gst), GstMode::Credit).unwrap();
        effect
    }

    #[test]
    fn a_fee_that_leaves_suspense_lowers_the_profit_by_what_is_no_gst() {
        let standing = [lines(Account::Unclassified, -11_800, false)];
        let whole = effect(&standing, Account::FeeService, Gst::Unknown);
        assert_eq!((whole.profit(), whole.gst_inside), (Ok(-11_800), 0));
        let split = effect(&standing, Account::FeeService, Gst::Included);
        assert_eq!((split.profit(), split.gst_inside), (Ok(-10_000), -1_800));
        assert_eq!(split.moved(), Ok(Moved { lines: 1, amount: -11_800 }));
        let ways: Vec<_> = split.ways.keys().copied().collect();
        assert_eq!(ways, [(Account::Unclassified, Account::FeeService)]);
        assert_eq!(split.months.keys().copied().collect::<Vec<_>>(), [Month::of_day(OCTOBER)]);
    }

    #[test]
    fn what_moves_within_the_balance_changes_no_profit() {
        let standing = [lines(Account::Unclassified, 500, false)];
        let moved = effect(&standing, Account::Loan, Gst::None);
        assert_eq!((moved.profit(), moved.moved()), (Ok(0), Ok(Moved { lines: 1, amount: 500 })));
    }

    #[test]
    fn gst_that_stood_apart_goes_back_into_the_fee() {
        let standing = [
            lines(Account::FeeService, -11_800, false),
            lines(Account::FeeService, 1_800, true),
            lines(Account::GstInputUnsplit, -1_800, true),
        ];
        let back = effect(&standing, Account::FeeService, Gst::None);
        assert_eq!((back.profit(), back.moved()), (Ok(-1_800), Ok(Moved { lines: 1, amount: -11_800 })));
        let same = effect(&standing, Account::FeeService, Gst::Included);
        assert_eq!((same.profit(), same.moved()), (Ok(0), Ok(Moved::default())));
        assert!(same.months.is_empty() && same.ways.is_empty());
    }

    #[test]
    fn credits_and_debits_go_their_own_ways_and_no_credit_is_due_where_there_is_none() {
        let standing = [lines(Account::Unclassified, 300, false), lines(Account::Unclassified, -100, false)];
        let apart = Verdict { credit: Account::OtherIncome, ..verdict(Account::GstInputIgst, Gst::None) };
        let mut effect = Effect::default();
        effect.add(&standing, &apart, GstMode::Cost).unwrap();
        let ways: Vec<_> = effect.ways.keys().map(|(_, to)| *to).collect();
        assert_eq!(ways, [Account::OtherIncome, Account::FeeGst]);
        assert_eq!(effect.profit(), Ok(200));
    }
}
