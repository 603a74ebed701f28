//! Several files together: which of them feeds a settlement, and the figures by day, product, settlement and so on.
//!
//! One source feeds a settlement id: V2 before V1 before XML before date-range, and within a format the newer
//! report. The others are kept and in no figure; so is a settlement whose lines do not sum to its total.

mod check;
mod group;

use std::collections::BTreeMap;

use crate::{
    Error, Minor,
    account::Account,
    chain::{Carried, Chains, Link},
    day::DayCutter,
    money::Currency,
    roll::{AtAmazon, Roll},
    settlement::{Accounts, Format, Names, Report, Settlement},
    statement::Statement,
    taxonomy::Label,
};

pub use check::{CheckState, Rule};
pub use group::{By, OwnFigures};

/// A file by name, and what reading it gave.
pub struct Source<'a> {
    /// File name; digits in it are taken for Amazon's report id.
    pub name: &'a str,
    /// What it holds.
    pub report: &'a Report,
}

/// What becomes of a settlement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is in the figures.
    Active,
    /// Its lines do not sum to its total: in no figure.
    Quarantined,
    /// A better source or a newer report stands for it.
    Replaced,
    /// The same settlement in the same format, and nothing tells which is newer: the first given stands.
    Undecided,
}

/// The report id in a file's name: its longest run of at least four digits.
///
/// ```
/// assert_eq!(ecom_ledger::books::report_id("50012345678020.txt"), Some(50_012_345_678_020));
/// assert_eq!(ecom_ledger::books::report_id("v2_sample.txt"), None);
/// ```
pub fn report_id(name: &str) -> Option<i64> {
    let runs = name.split(|c: char| !c.is_ascii_digit()).filter(|run| (4..=18).contains(&run.len()));
    runs.max_by_key(|run| run.len()).and_then(|run| run.parse().ok())
}

/// Files, with the standing of each settlement.
pub struct Books<'a> {
    sources: Vec<Source<'a>>,
    standings: Vec<Vec<Standing>>,
}

impl<'a> Books<'a> {
    /// Decides which settlements are in the figures.
    pub fn new(sources: Vec<Source<'a>>) -> Self {
        let mut best: BTreeMap<&str, Rank> = BTreeMap::new();
        for (file, source) in sources.iter().enumerate() {
            for settlement in source.report.settlements.iter().filter(|settlement| settlement.balanced()) {
                let rank = Rank::of(file, source);
                let held = best.entry(&settlement.id).or_insert(rank);
                *held = (*held).min(rank);
            }
        }
        let standing = |file: usize, source: &Source<'_>, settlement: &Settlement| {
            let winner = best.get(settlement.id.as_str());
            match (settlement.balanced(), winner) {
                (false, _) | (_, None) => Standing::Quarantined,
                (true, Some(winner)) if winner.file == file => Standing::Active,
                (true, Some(winner)) if winner.ties(&Rank::of(file, source)) => Standing::Undecided,
                _ => Standing::Replaced,
            }
        };
        let of_file = |(file, source): (usize, &Source<'_>)| {
            source.report.settlements.iter().map(|settlement| standing(file, source, settlement)).collect()
        };
        let standings = sources.iter().enumerate().map(of_file).collect();
        Self { sources, standings }
    }

    /// Every settlement with its file and standing, in the order given.
    pub fn settlements(&self) -> impl Iterator<Item = (&Source<'a>, &'a Settlement, Standing)> {
        self.sources.iter().zip(&self.standings).flat_map(|(source, standings)| {
            source
                .report
                .settlements
                .iter()
                .zip(standings)
                .map(move |(settlement, standing)| (source, settlement, *standing))
        })
    }

    fn active(&self) -> impl Iterator<Item = (&'a Report, &'a Settlement)> {
        let all = self.settlements().filter(|(_, _, standing)| *standing == Standing::Active);
        all.map(|(source, settlement, _)| (source.report, settlement))
    }

    /// One statement per currency.
    pub fn statements(&self, own: &OwnFigures) -> Result<BTreeMap<Currency, Statement>, Error> {
        let groups = group::groups(self, None, own)?;
        Ok(groups.into_iter().map(|((currency, _), statement)| (currency, statement)).collect())
    }

    /// Statements by (currency, key). They sum to those of [`Books::statements`].
    pub fn by(&self, by: By, own: &OwnFigures) -> Result<BTreeMap<(Currency, String), Statement>, Error> {
        group::groups(self, Some(by), own)
    }

    /// The chains of each currency.
    pub fn chains(&self) -> BTreeMap<Currency, Chains> {
        let mut links: BTreeMap<Currency, (Vec<Link>, Vec<Link>)> = BTreeMap::new();
        for (report, settlement) in self.active() {
            let (chained, loose) = links.entry(report.currency).or_default();
            match link(report, settlement).filter(|_| report.format != Format::DateRange) {
                Some(link) => chained.push(link),
                None => loose.extend(loose_link(report, settlement)),
            }
        }
        let chains = |(links, loose)| Chains { loose, ..Chains::of(links) };
        links.into_iter().map(|(currency, links)| (currency, chains(links))).collect()
    }

    /// Lines posted by day, without reserve and carried balances: what moves the balance at Amazon.
    pub fn posted(&self, currency: Currency) -> Result<BTreeMap<i32, i64>, Error> {
        let mut days: BTreeMap<i32, i64> = BTreeMap::new();
        for (_, settlement) in self.active().filter(|(report, _)| report.currency == currency) {
            for (key, accounts) in &settlement.tally.days {
                let day = days.entry(key.day).or_default();
                *day = day.checked_add(posted(accounts)?).ok_or(Error::Overflow)?;
            }
        }
        Ok(days)
    }

    /// The roll-forward of the balance at Amazon over all days with lines, by currency.
    pub fn rolls(&self) -> Result<BTreeMap<Currency, Roll>, Error> {
        let mut rolls = BTreeMap::new();
        for (currency, chains) in self.chains() {
            let posted = self.posted(currency)?;
            let mut cutter = DayCutter::for_currency(currency);
            let closed = chains.movements().last().map(|last| cutter.day(last.at - 1));
            let ends = || posted.keys().copied().chain(closed);
            if let (Some(from), Some(to)) = (ends().min(), ends().max()) {
                let at_amazon = AtAmazon { chains: &chains, posted: &posted };
                rolls.insert(currency, at_amazon.roll(from, to, &mut cutter)?);
            }
        }
        Ok(rolls)
    }
}

/// Refunds of a settlement: one per line of refunded principal.
pub fn refunds(settlement: &Settlement, names: &Names) -> i64 {
    let refund = |label: &Label| {
        let parts = [&label.transaction_type, &label.amount_type, &label.description];
        parts
            .iter()
            .zip(["Refund", "ItemPrice", "Principal"])
            .all(|(part, name)| part.eq_ignore_ascii_case(name))
    };
    let labels = settlement.tally.labels.iter();
    let refunds = labels.filter(|(label, _)| names.labels.get(**label as usize).is_some_and(refund));
    refunds.map(|(_, sums)| sums.lines).sum()
}

fn posted(accounts: &Accounts) -> Result<i64, Error> {
    let carried = [Account::Reserve, Account::TransferCarried];
    let counted = Account::ALL.iter().filter(|account| !carried.contains(account));
    Minor::sum(counted.map(|account| Minor(accounts[account.slot()].net()))).map(|sum| sum.0)
}

/// A settlement without a period is taken to be paid at the end of its last day, if it says what was paid.
fn loose_link(report: &Report, settlement: &Settlement) -> Option<Link> {
    settlement.head.total?;
    let mut cutter = DayCutter::for_currency(report.currency);
    let days = || settlement.tally.days.keys().map(|key| key.day);
    let total =
        settlement.tally.days.values().map(|accounts| posted(accounts)).sum::<Result<i64, _>>().ok()?;
    Some(Link {
        id: settlement.id.clone(),
        currency: report.currency,
        start: cutter.start_of(days().min()?),
        end: cutter.start_of(days().max()? + 1),
        total,
        previous_reserve: 0,
        current_reserve: 0,
        payable: 0,
    })
}

/// What the chain checks need of a settlement; none if it has no period.
pub fn link(report: &Report, settlement: &Settlement) -> Option<Link> {
    let carried = Carried::of(settlement, &report.names);
    Some(Link {
        id: settlement.id.clone(),
        currency: report.currency,
        start: settlement.head.start?,
        end: settlement.head.end?,
        total: settlement.tally.sum,
        previous_reserve: carried.previous_reserve,
        current_reserve: carried.current_reserve,
        payable: carried.payable,
    })
}

/// Smaller is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    format: Format,
    older: i64,
    file: usize,
}

impl Rank {
    fn of(file: usize, source: &Source<'_>) -> Self {
        Self { format: source.report.format, older: -report_id(source.name).unwrap_or(0), file }
    }

    fn ties(&self, other: &Self) -> bool {
        self.format == other.format && self.older == other.older
    }
}
