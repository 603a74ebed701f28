//! Chains of settlements: does each follow the one before it, with its reserve, without a gap?
//!
//! On amazon.in electronic payments and cash on delivery are settled in parallel, so an account has several
//! chains. A settlement joins the chain whose end is its start, best the one whose reserve it releases. An overlap
//! with another settlement is no duplicate.

use crate::{
    Error, Minor,
    money::Currency,
    settlement::{Names, Settlement},
};

/// A chain that holds nothing, owes nothing and has been silent for so long has ended, such as cash on delivery
/// that a seller gave up: it leaves no month provisional.
const DORMANT_MICROS: i64 = 45 * 86_400_000_000;

/// What the checks need of a settlement. Instants in microseconds, money in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Amazon's id.
    pub id: String,
    /// Currency.
    pub currency: Currency,
    /// Start of the period.
    pub start: i64,
    /// End of the period.
    pub end: i64,
    /// What is paid.
    pub total: i64,
    /// Reserve released (≥ 0 as a rule).
    pub previous_reserve: i64,
    /// Reserve held back (≤ 0 as a rule).
    pub current_reserve: i64,
    /// Balance carried over from a negative settlement (≤ 0 as a rule).
    pub payable: i64,
}

/// Sums of the rows that chain settlements together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Carried {
    /// `Previous Reserve Amount Balance`.
    pub previous_reserve: i64,
    /// `Current Reserve Amount`.
    pub current_reserve: i64,
    /// `Payable to Amazon`.
    pub payable: i64,
}

impl Link {
    /// Its lines without reserve and carried balances.
    pub fn posted(&self) -> Result<i64, Error> {
        let carried = [self.previous_reserve, self.current_reserve, self.payable];
        carried.iter().try_fold(self.total, |left, part| left.checked_sub(*part)).ok_or(Error::Overflow)
    }
}

impl Carried {
    /// Reads them off a settlement.
    pub fn of(settlement: &Settlement, names: &Names) -> Self {
        let sum = |wanted: &str| {
            let labels = settlement.tally.labels.iter();
            let fits = |label: u32| {
                names
                    .labels
                    .get(label as usize)
                    .is_some_and(|label| label.description.trim().eq_ignore_ascii_case(wanted))
            };
            labels.filter(|(label, _)| fits(**label)).map(|(_, sums)| sums.amount).sum()
        };
        Self {
            previous_reserve: sum("Previous Reserve Amount Balance"),
            current_reserve: sum("Current Reserve Amount"),
            payable: sum("Payable to Amazon"),
        }
    }
}

/// Which check a finding comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// F2: the reserve held back is released by the next settlement.
    Reserve,
    /// F2b: a negative total comes back as `Payable to Amazon`.
    Carried,
    /// F3: the next settlement starts where the last ended.
    Period,
}

/// Something between two settlements that does not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// Settlement before.
    pub before: String,
    /// Settlement after.
    pub after: String,
    /// Currency of the amounts.
    pub currency: Currency,
    /// What does not fit.
    pub mismatch: Mismatch,
}

/// What does not fit between two settlements. Instants in microseconds, money in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mismatch {
    /// The one after starts at another instant than the one before ends.
    Period {
        /// End of the one before.
        ends: i64,
        /// Start of the one after.
        starts: i64,
    },
    /// The one after releases another reserve than the one before holds back.
    Reserve {
        /// Held back, > 0.
        held: i64,
        /// Released, > 0.
        released: i64,
    },
    /// The one after carries over something else than the one before left owing.
    Carried {
        /// Total of the one before.
        total: i64,
        /// Carried over.
        carried: i64,
    },
}

impl Finding {
    /// What does not fit, for a person; `money` writes an amount of [`Self::currency`] as its reader is used to.
    pub fn told(&self, money: impl Fn(i64) -> String) -> String {
        let (before, after) = (&self.before, &self.after);
        match self.mismatch {
            Mismatch::Period { ends, starts } => format!(
                "Settlement {before} ends on {}, the next one we have, {after}, starts on {}. Import the settlement between them.",
                date(ends),
                date(starts),
            ),
            Mismatch::Reserve { held, released } => format!(
                "Settlement {before} holds back {}, but {after} releases {}. A settlement may be missing, or Amazon moved money to deferred.",
                money(held),
                money(released),
            ),
            Mismatch::Carried { total, carried } => format!(
                "Settlement {before} ends at {}, but {after} carries over {}.",
                money(total),
                money(carried),
            ),
        }
    }

    /// The same with plain decimals, as the command line and JSON print amounts.
    pub fn message(&self) -> String {
        self.told(|amount| Minor(amount).decimal(self.currency))
    }
}

fn date(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map_or_else(|_| String::new(), |at| at.strftime("%d %b %Y").to_string())
}

/// What moves the balance at Amazon besides lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Moved {
    /// A settlement closed with a positive total, which Amazon pays out.
    PaidOut,
    /// The next settlement opens with another balance than the last one left: what lies between is not known.
    Unexplained,
}

/// A movement of the balance at Amazon that is no line. It counts for every instant ≥ `at`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Movement {
    /// Microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// The settlement that closed or opened.
    pub settlement: String,
    /// Why.
    pub what: Moved,
    /// A pay-out is > 0 and lowers the balance; an unexplained amount is added to it, signed.
    pub amount: i64,
}

/// The chains of an account in one currency.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Chains {
    /// Each chain's settlements in order.
    pub chains: Vec<Vec<Link>>,
    /// Settlements without a period or a reserve, as date-range files give them: in no chain, paid at their end.
    pub loose: Vec<Link>,
    /// What does not fit.
    pub findings: Vec<Finding>,
}

impl Chains {
    /// Puts settlements of one account and one currency into chains.
    pub fn of(mut links: Vec<Link>) -> Self {
        links.sort_by(|a, b| (a.start, a.end, &a.id).cmp(&(b.start, b.end, &b.id)));
        let mut all = Self::default();
        for link in links {
            match all.place(&link) {
                Some(at) => all.chains[at].push(link),
                None => all.chains.push(vec![link]),
            }
        }
        for chain in &all.chains {
            for pair in chain.windows(2) {
                all.findings.extend(compare(&pair[0], &pair[1]));
            }
        }
        all
    }

    /// The chain a settlement continues; none if it begins one.
    fn place(&self, link: &Link) -> Option<usize> {
        let open =
            || self.chains.iter().enumerate().filter_map(|(at, chain)| chain.last().map(|last| (at, last)));
        let released = |last: &Link| last.current_reserve == -link.previous_reserve;
        let adjoining = open().filter(|(_, last)| last.end == link.start);
        let earlier = || open().filter(|(_, last)| last.end < link.start);
        adjoining
            .max_by_key(|(_, last)| released(last))
            .or_else(|| {
                earlier()
                    .filter(|(_, last)| last.current_reserve != 0 && released(last))
                    .max_by_key(|(_, last)| last.end)
            })
            .or_else(|| {
                if link.previous_reserve == 0 { None } else { earlier().max_by_key(|(_, last)| last.end) }
            })
            .or_else(|| {
                // Without a reserve to go by: a gap in the only chain, unless chains run in parallel already.
                let mut candidates = earlier();
                candidates.next().filter(|_| self.chains.len() == 1)
            })
            .map(|(at, _)| at)
    }

    /// Up to which instant every chain that goes on covers; none without settlements.
    pub fn covered_until(&self) -> Option<i64> {
        let newest = self.newest();
        self.chains
            .iter()
            .filter_map(|chain| chain.last())
            .filter(|last| goes_on(last, newest))
            .map(|last| last.end)
            .min()
    }

    /// Places of the chains that do not cover the time from one instant to another: they end before its end, or
    /// have a gap in it.
    pub fn uncovered(&self, from: i64, to: i64) -> Vec<usize> {
        let newest = self.newest();
        let ends_early =
            |chain: &[Link]| chain.last().is_some_and(|last| last.end < to && goes_on(last, newest));
        let open = |chain: &[Link]| ends_early(chain) || gap_in(chain, from, to);
        (0..self.chains.len()).filter(|&at| open(&self.chains[at])).collect()
    }

    /// Whether a settlement is missing between one instant and another: some chain has a gap there.
    pub fn has_gap(&self, from: i64, to: i64) -> bool {
        self.chains.iter().any(|chain| gap_in(chain, from, to))
    }

    /// Whether the time from one instant to another is not final yet: some chain does not cover it.
    pub fn provisional(&self, from: i64, to: i64) -> bool {
        self.chains.is_empty() || !self.uncovered(from, to).is_empty()
    }

    fn newest(&self) -> i64 {
        self.chains.iter().filter_map(|chain| chain.last()).map(|last| last.end).max().unwrap_or(i64::MIN)
    }

    /// The balance at Amazon before the first settlement of every chain: what those release and carry over.
    pub fn opening(&self) -> Result<i64, Error> {
        let firsts = self.chains.iter().filter_map(|chain| chain.first());
        sum(firsts.flat_map(|first| [first.previous_reserve, first.payable]))
    }

    /// What Amazon holds in reserve at an instant.
    pub fn reserve_held(&self, at: i64) -> Result<i64, Error> {
        sum(self.chains.iter().map(|chain| match chain.iter().rev().find(|link| link.start <= at) {
            Some(link) if link.end <= at => -link.current_reserve,
            Some(link) => link.previous_reserve,
            None => chain.first().map_or(0, |first| first.previous_reserve),
        }))
    }

    /// Pay-outs and unexplained steps, in order of time.
    pub fn movements(&self) -> Vec<Movement> {
        let of = |link: &Link, at, what, amount| Movement { at, settlement: link.id.clone(), what, amount };
        let mut all: Vec<Movement> = Vec::new();
        for link in self.chains.iter().flatten().chain(&self.loose).filter(|link| link.total > 0) {
            all.push(of(link, link.end, Moved::PaidOut, link.total));
        }
        for pair in self.chains.iter().flat_map(|chain| chain.windows(2)) {
            let left = pair[0].total.min(0) - pair[0].current_reserve;
            let found = pair[1].previous_reserve + pair[1].payable;
            if found != left {
                all.push(of(&pair[1], pair[1].start, Moved::Unexplained, found - left));
            }
        }
        all.sort();
        all
    }
}

fn gap_in(chain: &[Link], from: i64, to: i64) -> bool {
    chain.windows(2).any(|pair| pair[0].end != pair[1].start && pair[0].end < to && pair[1].start > from)
}

/// Whether a chain with this last settlement goes on: see [`DORMANT_MICROS`].
fn goes_on(last: &Link, newest: i64) -> bool {
    let settled = last.current_reserve == 0 && last.total >= 0;
    !settled || newest.saturating_sub(last.end) <= DORMANT_MICROS
}

fn sum(amounts: impl Iterator<Item = i64>) -> Result<i64, Error> {
    Minor::sum(amounts.map(Minor)).map(|sum| sum.0)
}

fn compare(before: &Link, after: &Link) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |check, mismatch| {
        let (before, after, currency) = (before.id.clone(), after.id.clone(), after.currency);
        findings.push(Finding { check, before, after, currency, mismatch });
    };
    if before.end != after.start {
        find(Check::Period, Mismatch::Period { ends: before.end, starts: after.start });
        return findings;
    }
    if before.current_reserve != -after.previous_reserve {
        let (held, released) = (-before.current_reserve, after.previous_reserve);
        find(Check::Reserve, Mismatch::Reserve { held, released });
    }
    if before.total.min(0) != after.payable {
        find(Check::Carried, Mismatch::Carried { total: before.total, carried: after.payable });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(id: &str, start: i64, end: i64, previous: i64, current: i64) -> Link {
        Link {
            id: id.into(),
            currency: Currency::INR,
            start,
            end,
            total: 100,
            previous_reserve: previous,
            current_reserve: -current,
            payable: 0,
        }
    }

    #[test]
    fn two_chains_run_in_parallel_without_findings() {
        let chains = Chains::of(vec![
            link("e1", 0, 7, 0, 50),
            link("c1", 2, 9, 0, 30),
            link("e2", 7, 14, 50, 60),
            link("c2", 9, 16, 30, 20),
            link("e3", 14, 21, 60, 0),
        ]);
        assert_eq!(chains.findings, []);
        assert_eq!(chains.chains.len(), 2);
        assert_eq!(chains.covered_until(), Some(16));
        assert!(chains.provisional(10, 17) && !chains.provisional(10, 16));
    }

    #[test]
    fn chains_with_the_same_boundaries_are_told_apart_by_their_reserve() {
        let chains = Chains::of(vec![
            link("e1", 0, 7, 0, 50),
            link("c1", 0, 7, 0, 30),
            link("c2", 7, 14, 30, 0),
            link("e2", 7, 14, 50, 0),
        ]);
        assert_eq!(chains.findings, []);
        assert_eq!(chains.chains.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn a_missing_settlement_is_a_gap_and_makes_what_follows_provisional() {
        let chains = Chains::of(vec![link("a", 0, 7, 0, 50), link("c", 14, 21, 60, 0)]);
        assert_eq!(chains.findings.len(), 1);
        assert_eq!(chains.findings[0].check, Check::Period);
        assert!(chains.provisional(5, 9) && chains.provisional(9, 12));
        assert!(chains.has_gap(5, 9) && !chains.has_gap(0, 7) && !chains.has_gap(14, 22));
        assert!(!chains.provisional(0, 7) && !chains.provisional(14, 21) && chains.provisional(14, 22));
        let mut steps = chains.movements();
        steps.retain(|one| one.what == Moved::Unexplained);
        assert_eq!(steps.iter().map(|step| (step.at, step.amount)).collect::<Vec<_>>(), [(14, 10)]);
    }

    #[test]
    fn a_chain_that_was_given_up_leaves_nothing_provisional() {
        let day = 86_400_000_000;
        let weeks = (0..12).map(|week| link(&format!("e{week}"), week * 7 * day, (week + 1) * 7 * day, 0, 0));
        let mut links: Vec<Link> = weeks.collect();
        links.push(link("c", 2 * day, 9 * day, 0, 0));
        assert!(!Chains::of(links.clone()).provisional(60 * day, 84 * day));
        links.last_mut().unwrap().current_reserve = -1;
        assert!(Chains::of(links).provisional(60 * day, 84 * day));
    }

    #[test]
    fn a_reserve_that_is_not_released_is_found() {
        let chains = Chains::of(vec![link("a", 0, 7, 0, 50), link("b", 7, 14, 49, 0)]);
        assert_eq!(chains.findings[0].check, Check::Reserve);
        let message = chains.findings[0].message();
        assert!(message.contains("holds back 0.50, but b releases 0.49"), "{message}");
        let told = chains.findings[0].told(|amount| format!("<{amount}>"));
        assert!(told.contains("holds back <50>, but b releases <49>"), "{told}");
    }

    #[test]
    fn a_negative_total_comes_back_as_payable() {
        let mut first = link("a", 0, 7, 0, 0);
        first.total = -32_169;
        let mut second = link("b", 7, 14, 0, 0);
        second.payable = -32_169;
        assert_eq!(Chains::of(vec![first.clone(), second.clone()]).findings, []);
        second.payable = 0;
        assert_eq!(Chains::of(vec![first, second]).findings[0].check, Check::Carried);
    }
}
