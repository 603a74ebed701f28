//! Several files together: which of them feeds a settlement, and the figures by day, product, settlement and so on.
//!
//! One source feeds a settlement id: V2 before V1 before XML before date-range, and within a format the newer
//! report. The others are kept and in no figure; so is a settlement whose lines do not sum to its total.

use std::collections::BTreeMap;

use crate::{
    Error,
    account::Account,
    chain::{Carried, Chains, Link},
    cost::CostSheet,
    day::{self, Month},
    money::Currency,
    settlement::{Format, ProductSums, Report, Settlement, Turnover, UnitKey},
    statement::Statement,
};

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

/// What the figures are asked by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// Posting day in the seller's zone.
    Day,
    /// Week, named by its Monday.
    Week,
    /// Calendar month.
    Month,
    /// Indian financial year, April to March.
    FinancialYear,
    /// Product; lines without a SKU are a row of their own.
    Sku,
    /// Marketplace; lines without one are a row of their own.
    Marketplace,
    /// Settlement id.
    Settlement,
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
    pub fn statements(&self, costs: &CostSheet) -> Result<BTreeMap<Currency, Statement>, Error> {
        let groups = self.group(costs, |_, _, _| String::new(), Dimension::Days)?;
        Ok(groups.into_iter().map(|((currency, _), statement)| (currency, statement)).collect())
    }

    /// Statements by (currency, key).
    pub fn by(&self, by: By, costs: &CostSheet) -> Result<BTreeMap<(Currency, String), Statement>, Error> {
        match by {
            By::Day => self.group(costs, |_, _, at| day::to_date(at.day).to_string(), Dimension::Days),
            By::Week => self.group(costs, |_, _, at| week(at.day), Dimension::Days),
            By::Month => self.group(costs, |_, _, at| Month::of_day(at.day).to_string(), Dimension::Days),
            By::FinancialYear => self.group(costs, |_, _, at| financial_year(at.day), Dimension::Days),
            By::Settlement => self.group(costs, |_, settlement, _| settlement.id.clone(), Dimension::Days),
            By::Marketplace => {
                let name = |report: &Report, _: &Settlement, at: UnitKey| {
                    text(&report.names.marketplaces, at.marketplace)
                };
                self.group(costs, name, Dimension::Days)
            }
            By::Sku => {
                let name = |report: &Report, _: &Settlement, at: UnitKey| text(&report.names.skus, at.sku);
                self.group(costs, name, Dimension::Products)
            }
        }
    }

    fn group(
        &self,
        costs: &CostSheet,
        key: impl Fn(&Report, &Settlement, UnitKey) -> String,
        dimension: Dimension,
    ) -> Result<BTreeMap<(Currency, String), Statement>, Error> {
        let mut groups: BTreeMap<(Currency, String), Statement> = BTreeMap::new();
        for (report, settlement) in self.active() {
            let currency = report.currency;
            let name = |place: UnitKey| (currency, key(report, settlement, place));
            let empty = || Statement::new(currency);
            match dimension {
                Dimension::Days => {
                    for (place, accounts) in &settlement.tally.days {
                        let place = UnitKey { day: place.day, sku: 0, marketplace: place.marketplace };
                        groups.entry(name(place)).or_insert_with(empty).add_accounts(accounts)?;
                    }
                }
                Dimension::Products => {
                    for (place, sums) in &settlement.tally.products {
                        let place = UnitKey {
                            day: place.month.first_day(),
                            sku: place.sku,
                            marketplace: place.marketplace,
                        };
                        add_product(groups.entry(name(place)).or_insert_with(empty), sums)?;
                    }
                }
            }
            for (place, units) in &settlement.tally.units {
                let (cogs, uncosted) = costs.cogs(place, &report.names, currency, *units)?;
                let statement = groups.entry(name(*place)).or_insert_with(empty);
                statement.units = statement.units.checked_add(*units).ok_or(Error::Overflow)?;
                statement.uncosted = statement.uncosted.checked_add(uncosted).ok_or(Error::Overflow)?;
                if cogs != 0 {
                    statement.add_amount(Account::Cogs, cogs)?;
                }
            }
        }
        Ok(groups)
    }

    /// The chains of each currency.
    pub fn chains(&self) -> BTreeMap<Currency, Chains> {
        let mut links: BTreeMap<Currency, Vec<Link>> = BTreeMap::new();
        for (report, settlement) in self.active().filter(|(report, _)| report.format != Format::DateRange) {
            links.entry(report.currency).or_default().extend(link(report, settlement));
        }
        links.into_iter().map(|(currency, links)| (currency, Chains::of(links))).collect()
    }

    /// Whether the last month with lines is not covered by every chain to its end yet.
    pub fn provisional(&self) -> bool {
        let chains = self.chains();
        self.active().any(|(report, settlement)| {
            let Some(last) = settlement.tally.days.keys().map(|key| key.day).max() else {
                return false;
            };
            let end =
                day::DayCutter::for_currency(report.currency).start_of(Month::of_day(last).last_day() + 1);
            chains.get(&report.currency).is_none_or(|chains| chains.provisional(end))
        })
    }
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

#[derive(Clone, Copy)]
enum Dimension {
    Days,
    Products,
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

fn add_product(statement: &mut Statement, sums: &ProductSums) -> Result<(), Error> {
    for &account in Account::ALL {
        let (net, estimated) = (sums.net[account.slot()], sums.estimated[account.slot()]);
        if net != 0 || estimated != 0 {
            let (credit, debit) = if net < 0 { (0, net) } else { (net, 0) };
            statement.add(account, &Turnover { credit, debit, estimated, lines: 0 })?;
        }
    }
    Ok(())
}

fn text(names: &[String], at: u32) -> String {
    names.get(at as usize).cloned().unwrap_or_default()
}

fn week(day: i32) -> String {
    // 1970-01-01 was a Thursday, so day 4 was a Monday.
    day::to_date(day - (day - 4).rem_euclid(7)).to_string()
}

fn financial_year(day: i32) -> String {
    ecom_gst::FinancialYear::of(day::to_date(day)).label()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_years_in_april() {
        let on = |date: &str| day::of_date(date.parse().unwrap());
        assert_eq!(week(on("2026-11-24")), "2026-11-23");
        assert_eq!(week(on("2026-11-23")), "2026-11-23");
        assert_eq!(financial_year(on("2027-03-31")), "2026-27");
        assert_eq!(financial_year(on("2026-04-01")), "2026-27");
    }
}
