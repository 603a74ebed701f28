//! The roll-forward of the balance at Amazon, per account at Amazon and currency, and its party ledger.
//!
//! `opening + lines posted (without reserve and carried) − paid out + unexplained = closing = reserve held +
//! unsettled`. A calendar month never ties to deposits; this does. Unexplained is 0 unless a settlement is missing.

use std::collections::BTreeMap;

use crate::{
    Error, Minor,
    chain::{Chains, Moved, Movement},
    day::DayCutter,
};

/// The balance at Amazon over a span of days. Money in minor units; > 0 is owed to the seller.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Roll {
    /// Balance before the first day.
    pub opening: i64,
    /// Lines posted, without reserve and carried balances.
    pub posted: i64,
    /// What settlements that closed in these days pay out (≥ 0).
    pub paid_out: i64,
    /// Steps between settlements whose explanation is not here, since a settlement is missing.
    pub unexplained: i64,
    /// Balance after the last day.
    pub closing: i64,
    /// The part of the closing balance that Amazon holds in reserve.
    pub reserve_held: i64,
    /// The rest: lines of settlements that have not closed, and negative balances carried over.
    pub unsettled: i64,
}

/// What feeds roll-forward and party ledger: chains, and lines posted by day (without reserve and carried).
#[derive(Clone, Copy, Debug)]
pub struct AtAmazon<'a> {
    /// Settlements of the account at Amazon in one currency.
    pub chains: &'a Chains,
    /// Lines posted by day, as [`crate::statement::Statement::posted`] sums them.
    pub posted: &'a BTreeMap<i32, i64>,
}

/// One entry of the party ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Day in the seller's zone.
    pub day: i32,
    /// What it is.
    pub kind: EntryKind,
    /// The settlement, where the entry is of one.
    pub settlement: Option<String>,
    /// Signed: a pay-out is < 0 here.
    pub amount: i64,
    /// Balance after it.
    pub balance: i64,
}

/// What an entry of the party ledger is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntryKind {
    /// Lines posted.
    Lines,
    /// A pay-out.
    PaidOut,
    /// A step that a missing settlement would explain.
    Unexplained,
}

/// The account "Amazon" as a party: opening, lines, pay-outs, closing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartyLedger {
    /// Balance before the first entry.
    pub opening: i64,
    /// In order of days; on one day lines stand before pay-outs.
    pub entries: Vec<Entry>,
    /// Balance after the last entry.
    pub closing: i64,
}

impl AtAmazon<'_> {
    /// The roll-forward from the start of day `from` to the end of day `to`.
    pub fn roll(&self, from: i32, to: i32, cutter: &mut DayCutter) -> Result<Roll, Error> {
        let (start, end) = (cutter.start_of(from), cutter.start_of(to.saturating_add(1)));
        let movements = self.chains.movements();
        let moved = |what: Moved, after: i64, until: i64| {
            let fits = |one: &&Movement| one.what == what && after < one.at && one.at <= until;
            total(movements.iter().filter(fits).map(|one| one.amount))
        };
        let opening = total(
            [
                self.chains.opening()?,
                total(self.posted.range(..from).map(|(_, amount)| *amount))?,
                negated(moved(Moved::PaidOut, i64::MIN, start)?)?,
                moved(Moved::Unexplained, i64::MIN, start)?,
            ]
            .into_iter(),
        )?;
        let posted = total(self.posted.range(from..=to).map(|(_, amount)| *amount))?;
        let paid_out = moved(Moved::PaidOut, start, end)?;
        let unexplained = moved(Moved::Unexplained, start, end)?;
        let closing = total([opening, posted, negated(paid_out)?, unexplained].into_iter())?;
        let reserve_held = self.chains.reserve_held(end)?;
        let unsettled = Minor(closing).minus(Minor(reserve_held))?.0;
        Ok(Roll { opening, posted, paid_out, unexplained, closing, reserve_held, unsettled })
    }

    /// The party ledger of those days: lines summed by day, pay-outs one by one.
    pub fn party(&self, from: i32, to: i32, cutter: &mut DayCutter) -> Result<PartyLedger, Error> {
        let roll = self.roll(from, to, cutter)?;
        let mut entries: Vec<Entry> = self
            .posted
            .range(from..=to)
            .map(|(day, amount)| entry(*day, EntryKind::Lines, None, *amount))
            .collect();
        for one in self.chains.movements() {
            // A movement at midnight is the last of the day before, as in the roll-forward.
            let day = cutter.day(one.at - 1);
            if (from..=to).contains(&day) {
                entries.push(moved_entry(day, one)?);
            }
        }
        PartyLedger::running(roll.opening, entries)
    }

    /// The party ledger with the lines of each settlement as one entry on the day on which it closes, over all
    /// settlements.
    pub fn party_by_settlement(&self, cutter: &mut DayCutter) -> Result<PartyLedger, Error> {
        let mut entries = Vec::new();
        for link in self.chains.chains.iter().flatten().chain(&self.chains.loose) {
            let day = cutter.day(link.end - 1);
            entries.push(entry(day, EntryKind::Lines, Some(link.id.clone()), link.posted()?));
        }
        for one in self.chains.movements() {
            entries.push(moved_entry(cutter.day(one.at - 1), one)?);
        }
        PartyLedger::running(self.chains.opening()?, entries)
    }
}

impl PartyLedger {
    fn running(opening: i64, mut entries: Vec<Entry>) -> Result<Self, Error> {
        entries.sort_by(|a, b| (a.day, a.kind, &a.settlement).cmp(&(b.day, b.kind, &b.settlement)));
        let mut balance = opening;
        for entry in &mut entries {
            balance = Minor(balance).plus(Minor(entry.amount))?.0;
            entry.balance = balance;
        }
        Ok(Self { opening, entries, closing: balance })
    }
}

fn moved_entry(day: i32, one: Movement) -> Result<Entry, Error> {
    let (kind, amount) = match one.what {
        Moved::PaidOut => (EntryKind::PaidOut, negated(one.amount)?),
        Moved::Unexplained => (EntryKind::Unexplained, one.amount),
    };
    Ok(entry(day, kind, Some(one.settlement), amount))
}

fn entry(day: i32, kind: EntryKind, settlement: Option<String>, amount: i64) -> Entry {
    Entry { day, kind, settlement, amount, balance: 0 }
}

fn negated(amount: i64) -> Result<i64, Error> {
    amount.checked_neg().ok_or(Error::Overflow)
}

fn total(amounts: impl Iterator<Item = i64>) -> Result<i64, Error> {
    Minor::sum(amounts.map(Minor)).map(|sum| sum.0)
}
