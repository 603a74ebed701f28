//! Several files together: which of them feeds a settlement, and the figures by day, product, settlement and so on.
//!
//! One source feeds a settlement id: V2 before V1 before XML before date-range, and within a format the newer
//! report; only date-range files of different days feed one together. The others are kept and in no figure; so is a
//! settlement whose lines do not sum to its total.

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
    standing::{self, Candidate, Standing},
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

/// The report id in a file's name: its longest run of at least four digits that is no year and no date.
///
/// ```
/// use ecom_ledger::books::report_id;
/// assert_eq!(report_id("50012345678020.txt"), Some(50_012_345_678_020));
/// assert_eq!(report_id("v2_sample.txt"), None);
/// assert_eq!(report_id("settlement 2026-09-14 (20260914).txt"), None);
/// ```
pub fn report_id(name: &str) -> Option<i64> {
    let date = |run: &&str| match run.len() {
        4 => run.starts_with("19") || run.starts_with("20"),
        8 => run.starts_with("20") || run[4..].starts_with("20"),
        _ => false,
    };
    let runs = name.split(|c: char| !c.is_ascii_digit()).filter(|run| (4..=18).contains(&run.len()));
    runs.filter(|run| !date(run)).max_by_key(|run| run.len()).and_then(|run| run.parse().ok())
}

/// Files, with the standing of each settlement.
pub struct Books<'a> {
    sources: Vec<Source<'a>>,
    standings: Vec<Vec<Standing>>,
}

impl<'a> Books<'a> {
    /// Decides which settlements are in the figures.
    pub fn new(sources: Vec<Source<'a>>) -> Self {
        let mut standings: Vec<Vec<Standing>> =
            sources.iter().map(|source| vec![Standing::Replaced; source.report.settlements.len()]).collect();
        for places in same_ids(&sources).into_values() {
            let candidates: Vec<Candidate> =
                places.iter().map(|&(file, at)| candidate(&sources[file], at)).collect();
            for ((file, at), standing) in places.into_iter().zip(standing::decide(&candidates)) {
                standings[file][at] = standing;
            }
        }
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
    pub fn chains(&self) -> Result<BTreeMap<Currency, Chains>, Error> {
        let mut links: BTreeMap<Currency, (Vec<Link>, Vec<Link>)> = BTreeMap::new();
        for (report, settlement) in self.active() {
            let (chained, loose) = links.entry(report.currency).or_default();
            match link(report, settlement).filter(|_| report.format != Format::DateRange) {
                Some(link) => chained.push(link),
                None => loose.extend(loose_link(report, settlement)?),
            }
        }
        let chains = |(links, loose)| Chains { loose, ..Chains::of(links) };
        Ok(links.into_iter().map(|(currency, links)| (currency, chains(links))).collect())
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
        for (currency, chains) in self.chains()? {
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

/// Whether lines of a label count refunds: refunded principal, as units sold are counted on its Order twin.
pub fn is_refund(label: &Label) -> bool {
    let parts = [&label.transaction_type, &label.amount_type, &label.description];
    let names = ["Refund", "ItemPrice", "Principal"];
    parts.iter().zip(names).all(|(part, name)| part.eq_ignore_ascii_case(name))
}

/// Refunds of a settlement: one per line of refunded principal.
pub fn refunds(settlement: &Settlement, names: &Names) -> i64 {
    let labels = settlement.tally.labels.iter();
    let refunds = labels.filter(|(label, _)| names.labels.get(**label as usize).is_some_and(is_refund));
    refunds.map(|(_, sums)| sums.lines).sum()
}

fn posted(accounts: &Accounts) -> Result<i64, Error> {
    let carried = [Account::Reserve, Account::TransferCarried];
    let counted = Account::ALL.iter().filter(|account| !carried.contains(account));
    Minor::sum(counted.map(|account| Minor(accounts[account.slot()].net()))).map(|sum| sum.0)
}

/// A settlement without a period: paid on the day of its deposit, or at the end of its last day; none without a
/// total. What is not paid out stays at Amazon.
fn loose_link(report: &Report, settlement: &Settlement) -> Result<Option<Link>, Error> {
    let (Some(total), Some((first, last))) = (settlement.head.total, days(settlement)) else {
        return Ok(None);
    };
    let mut cutter = DayCutter::for_currency(report.currency);
    let mut lines = settlement.tally.days.values().map(|accounts| posted(accounts).map(Minor));
    let lines = lines.try_fold(Minor::ZERO, |sum, line| sum.plus(line?))?;
    Ok(Some(Link {
        id: settlement.id.clone(),
        currency: report.currency,
        start: cutter.start_of(first),
        end: settlement.head.deposit.unwrap_or_else(|| cutter.start_of(last + 1)),
        total,
        previous_reserve: 0,
        current_reserve: Minor(total).minus(lines)?.0,
        payable: 0,
    }))
}

/// Where each settlement id stands: file and place in it, in the order given.
fn same_ids<'a>(sources: &[Source<'a>]) -> BTreeMap<&'a str, Vec<(usize, usize)>> {
    let mut places: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (file, source) in sources.iter().enumerate() {
        for (at, settlement) in source.report.settlements.iter().enumerate() {
            places.entry(&settlement.id).or_default().push((file, at));
        }
    }
    places
}

fn candidate(source: &Source<'_>, at: usize) -> Candidate {
    let settlement = &source.report.settlements[at];
    Candidate {
        format: source.report.format,
        balanced: settlement.balanced(),
        report_id: report_id(source.name),
        chosen_at: None,
        days: days(settlement),
    }
}

/// First and last day with lines.
fn days(settlement: &Settlement) -> Option<(i32, i32)> {
    let days = || settlement.tally.days.keys().map(|key| key.day);
    Some((days().min()?, days().max()?))
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
