//! The state of the checks over several files: what was compared, and what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Error, Minor,
    chain::{Carried, Check, Finding},
    settlement::{Format, LabelSum, Report, Settlement},
    taxonomy::Label,
};

use super::{Books, Source};
use crate::standing::Standing;

/// The checks, in the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// F1: the lines sum to the total.
    Sum,
    /// F2: the reserve held back is released by the next settlement.
    Reserve,
    /// F2b: a negative total is carried over by the next settlement.
    Carried,
    /// F3: the next settlement starts where the last one ended.
    Period,
    /// F4: a settlement that came again says the same.
    Again,
    /// F5: every line is understood.
    Understood,
    /// F6: a date-range file releases what the settlement of the same id holds, less reserve and carried balances.
    Released,
}

impl Rule {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Sum,
        Self::Reserve,
        Self::Carried,
        Self::Period,
        Self::Again,
        Self::Understood,
        Self::Released,
    ];

    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Reserve => "reserve",
            Self::Carried => "carried",
            Self::Period => "period",
            Self::Again => "again",
            Self::Understood => "understood",
            Self::Released => "released",
        }
    }
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckState {
    /// Which.
    pub rule: Rule,
    /// How many comparisons fitted.
    pub passed: usize,
    /// What does not fit, for a person. F6 is information where the files cut the settlement differently.
    pub findings: Vec<String>,
}

impl Books<'_> {
    /// The state of every check, in the order of [`Rule::ALL`].
    pub fn checks(&self) -> Result<Vec<CheckState>, Error> {
        let mut states: Vec<CheckState> = vec![self.sums()];
        states.extend(self.chain_states()?);
        states.push(self.again());
        states.push(self.understood());
        states.push(self.released());
        Ok(states)
    }

    fn sums(&self) -> CheckState {
        let with_total = self.settlements().filter(|(_, settlement, _)| settlement.head.total.is_some());
        let (fit, not): (Vec<_>, Vec<_>) = with_total.partition(|(_, settlement, _)| settlement.balanced());
        let told = |(source, settlement, _): &(&Source<'_>, &Settlement, Standing)| {
            let currency = source.report.currency;
            format!(
                "settlement {} does not balance: its lines sum to {}, its total is {}; it is in no figure",
                settlement.id,
                Minor(settlement.tally.sum).decimal(currency),
                Minor(settlement.head.total.unwrap_or_default()).decimal(currency),
            )
        };
        CheckState { rule: Rule::Sum, passed: fit.len(), findings: not.iter().map(told).collect() }
    }

    fn chain_states(&self) -> Result<[CheckState; 3], Error> {
        let chains = self.chains()?;
        let pairs: usize = chains
            .values()
            .flat_map(|chains| &chains.chains)
            .map(|chain| chain.len().saturating_sub(1))
            .sum();
        let gaps = chains
            .values()
            .flat_map(|chains| &chains.findings)
            .filter(|one| one.check == Check::Period)
            .count();
        let of = |rule, check| {
            let found = chains.values().flat_map(|chains| &chains.findings).filter(|one| one.check == check);
            let findings: Vec<String> = found.map(Finding::message).collect();
            // Reserve and carried balance are compared only where the periods adjoin.
            let compared = if check == Check::Period { pairs } else { pairs - gaps };
            CheckState { rule, passed: compared - findings.len(), findings }
        };
        Ok([
            of(Rule::Reserve, Check::Reserve),
            of(Rule::Carried, Check::Carried),
            of(Rule::Period, Check::Period),
        ])
    }

    /// The settlement that is in the figures, by id.
    fn standing_for(&self) -> BTreeMap<&str, (&Report, &Settlement)> {
        self.active().map(|(report, settlement)| (settlement.id.as_str(), (report, settlement))).collect()
    }

    fn again(&self) -> CheckState {
        let active = self.standing_for();
        let mut state = CheckState { rule: Rule::Again, passed: 0, findings: Vec::new() };
        for (source, settlement, standing) in self.settlements() {
            let Some((report, now)) = active.get(settlement.id.as_str()) else { continue };
            let again = matches!(standing, Standing::Replaced | Standing::Undecided);
            if !again || source.report.format != report.format {
                continue;
            }
            let changed = changed_labels((source.report, settlement), (report, now));
            if changed.is_empty() {
                state.passed += 1;
            } else {
                let id = &settlement.id;
                state
                    .findings
                    .push(format!("settlement {id} came again with changes: {}", changed.join("; ")));
            }
        }
        state
    }

    fn understood(&self) -> CheckState {
        let mut state = CheckState { rule: Rule::Understood, passed: 0, findings: Vec::new() };
        for (_, settlement) in self.active() {
            let unclassified: i64 = settlement.tally.labels.values().map(|sums| sums.unclassified).sum();
            if unclassified == 0 {
                state.passed += 1;
            } else {
                state
                    .findings
                    .push(format!("settlement {}: {unclassified} lines are not understood", settlement.id));
            }
        }
        state
    }

    fn released(&self) -> CheckState {
        let active = self.standing_for();
        let mut state = CheckState { rule: Rule::Released, passed: 0, findings: Vec::new() };
        for (source, settlement, _) in self.settlements() {
            let held =
                active.get(settlement.id.as_str()).filter(|(report, _)| report.format != Format::DateRange);
            let Some((report, full)) = held.filter(|_| source.report.format == Format::DateRange) else {
                continue;
            };
            let carried = Carried::of(full, &report.names);
            let due = full.tally.sum - carried.previous_reserve - carried.current_reserve - carried.payable;
            let found = settlement.tally.sum;
            if due == found {
                state.passed += 1;
            } else {
                let decimal = |amount| Minor(amount).decimal(report.currency);
                state.findings.push(format!(
                    "settlement {}: the date-range file releases {}, the settlement {} without reserve and carried balances; rows may lie in other files of the period",
                    settlement.id,
                    decimal(found),
                    decimal(due),
                ));
            }
        }
        state
    }
}

fn changed_labels(was: (&Report, &Settlement), is: (&Report, &Settlement)) -> Vec<String> {
    let (before, after) = (by_label(was), by_label(is));
    let labels: BTreeSet<&Label> = before.keys().chain(after.keys()).copied().collect();
    let told = |label: &Label| {
        let sums = |of: &BTreeMap<&Label, LabelSum>| of.get(label).copied().unwrap_or_default();
        let (was, now) = (sums(&before), sums(&after));
        let decimal = |amount| Minor(amount).decimal(is.0.currency);
        ((was.lines, was.amount) != (now.lines, now.amount)).then(|| {
            format!(
                "{} | {} | {}: {} lines {} before, {} lines {} now",
                label.transaction_type,
                label.amount_type,
                label.description,
                was.lines,
                decimal(was.amount),
                now.lines,
                decimal(now.amount)
            )
        })
    };
    labels.into_iter().filter_map(told).collect()
}

fn by_label<'a>((report, settlement): (&'a Report, &Settlement)) -> BTreeMap<&'a Label, LabelSum> {
    let labels = settlement.tally.labels.iter();
    labels.filter_map(|(label, sums)| Some((report.names.labels.get(*label as usize)?, *sums))).collect()
}
