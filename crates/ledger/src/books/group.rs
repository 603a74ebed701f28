//! Statements by day, product, settlement and so on: the lines of the active settlements, and the seller's own
//! figures beside them. Groups of every kind sum to the whole.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::{
    Error,
    account::Account,
    chain::Chains,
    cost::{CostSheet, CostSpans},
    day::{self, DayCutter, Month},
    expense::Charge,
    money::Currency,
    settlement::{ProductSums, Report, Settlement, Turnover, UnitKey},
    statement::Statement,
    stock::StockEvent,
};

use super::Books;

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
    /// Settlement id; what is from no settlement is a row of its own.
    Settlement,
}

/// What the seller adds to Amazon's files.
#[derive(Clone, Default, Debug)]
pub struct OwnFigures {
    /// What products cost.
    pub costs: CostSheet,
    /// Units that came back or were lost.
    pub stock: Vec<StockEvent>,
    /// Indirect expenses, day by day.
    pub charges: Vec<Charge>,
}

/// Where a figure stands.
struct Place<'a> {
    day: i32,
    sku: &'a str,
    marketplace: &'a str,
    settlement: &'a str,
}

impl By {
    /// The name of the group in which a figure stands.
    fn key(by: Option<Self>, place: &Place<'_>) -> String {
        match by {
            None => String::new(),
            Some(Self::Day) => day::to_date(place.day).to_string(),
            Some(Self::Week) => day::to_date(monday(place.day)).to_string(),
            Some(Self::Month) => Month::of_day(place.day).to_string(),
            Some(Self::FinancialYear) => ecom_gst::FinancialYear::of(day::to_date(place.day)).label(),
            Some(Self::Sku) => place.sku.to_owned(),
            Some(Self::Marketplace) => place.marketplace.to_owned(),
            Some(Self::Settlement) => place.settlement.to_owned(),
        }
    }

    /// The days that a group covers, if it is a span of days.
    fn span(self, day: i32) -> Option<(i32, i32)> {
        let month = Month::of_day(day);
        match self {
            Self::Day => Some((day, day)),
            Self::Week => Some((monday(day), monday(day) + 6)),
            Self::Month => Some((month.first_day(), month.last_day())),
            Self::FinancialYear => {
                let april = Month((month.0 - 3).div_euclid(12) * 12 + 3);
                Some((april.first_day(), Month(april.0 + 11).last_day()))
            }
            Self::Sku | Self::Marketplace | Self::Settlement => None,
        }
    }
}

fn monday(day: i32) -> i32 {
    // 1970-01-01 was a Thursday, so day 4 was a Monday.
    day - (day - 4).rem_euclid(7)
}

pub(super) fn groups(
    books: &Books<'_>,
    by: Option<By>,
    own: &OwnFigures,
) -> Result<BTreeMap<(Currency, String), Statement>, Error> {
    let mut groups = Groups { by, index: BTreeMap::new(), list: Vec::new() };
    for (report, settlement) in books.active() {
        Reader { groups: &mut groups, report, settlement, known: FxHashMap::default() }.add(&own.costs)?;
    }
    groups.add_own(own)?;
    groups.mark_provisional(books)?;
    let mut list: Vec<Option<Statement>> =
        groups.list.into_iter().map(|group| Some(group.statement)).collect();
    let named = groups.index.into_iter().filter_map(|(key, at)| Some((key, list.get_mut(at)?.take()?)));
    Ok(named.collect())
}

struct Groups {
    by: Option<By>,
    index: BTreeMap<(Currency, String), usize>,
    list: Vec<GroupSums>,
}

struct GroupSums {
    statement: Statement,
    /// Months with lines, or for groups that are a span of days some day of it.
    days: Vec<i32>,
}

impl Groups {
    fn at(&mut self, currency: Currency, place: &Place<'_>) -> usize {
        let (by, list) = (self.by, &mut self.list);
        *self.index.entry((currency, By::key(by, place))).or_insert_with(|| {
            let refunds = counts_refunds(by).then_some(0);
            let statement = Statement { refunds, ..Statement::new(currency) };
            list.push(GroupSums { statement, days: Vec::new() });
            list.len() - 1
        })
    }

    fn add_own(&mut self, own: &OwnFigures) -> Result<(), Error> {
        for event in &own.stock {
            let place =
                Place { day: event.day, sku: &event.sku, marketplace: &event.marketplace, settlement: "" };
            let at = self.at(event.currency, &place);
            self.list[at].statement.add_stock(&event.value(&own.costs)?)?;
        }
        for charge in &own.charges {
            let sku = charge.sku.as_deref().unwrap_or_default();
            let place = Place { day: charge.day, sku, marketplace: "", settlement: "" };
            let at = self.at(charge.currency, &place);
            self.list[at].statement.add_indirect(charge.category.as_str(), charge.amount)?;
        }
        Ok(())
    }

    /// A settlement is final; any other group is provisional while its days are.
    fn mark_provisional(&mut self, books: &Books<'_>) -> Result<(), Error> {
        if self.by == Some(By::Settlement) {
            return Ok(());
        }
        let by = self.by;
        let chains = books.chains()?;
        let mut known: FxHashMap<(Currency, i32, i32), bool> = FxHashMap::default();
        for group in &mut self.list {
            let currency = group.statement.currency;
            group.statement.provisional = group.days.iter().any(|&day| {
                let (first, last) = by.and_then(|by| by.span(day)).unwrap_or_else(|| month_of(day));
                *known
                    .entry((currency, first, last))
                    .or_insert_with(|| provisional(chains.get(&currency), currency, first, last))
            });
        }
        Ok(())
    }
}

fn counts_refunds(by: Option<By>) -> bool {
    matches!(by, None | Some(By::Settlement))
}

fn month_of(day: i32) -> (i32, i32) {
    let month = Month::of_day(day);
    (month.first_day(), month.last_day())
}

fn provisional(chains: Option<&Chains>, currency: Currency, first: i32, last: i32) -> bool {
    let mut cutter = DayCutter::for_currency(currency);
    let (from, to) = (cutter.start_of(first), cutter.start_of(last + 1));
    chains.is_none_or(|chains| chains.provisional(from, to))
}

/// Adds one settlement. Names are made once per distinct place, not once per row.
struct Reader<'g, 'a> {
    groups: &'g mut Groups,
    report: &'a Report,
    settlement: &'a Settlement,
    known: FxHashMap<u64, usize>,
}

impl Reader<'_, '_> {
    fn add(&mut self, costs: &CostSheet) -> Result<(), Error> {
        if self.groups.by == Some(By::Sku) {
            self.products()?;
        } else {
            self.days()?;
        }
        self.units(costs)?;
        self.refunds()
    }

    fn days(&mut self) -> Result<(), Error> {
        for (key, accounts) in &self.settlement.tally.days {
            let group = self.group(UnitKey { day: key.day, sku: 0, marketplace: key.marketplace });
            group.days.push(key.day);
            group.statement.add_accounts(accounts)?;
        }
        Ok(())
    }

    fn products(&mut self) -> Result<(), Error> {
        for (key, sums) in &self.settlement.tally.products {
            let day = key.month.first_day();
            let group = self.group(UnitKey { day, sku: key.sku, marketplace: key.marketplace });
            group.days.push(day);
            add_product(&mut group.statement, sums)?;
        }
        Ok(())
    }

    fn units(&mut self, costs: &CostSheet) -> Result<(), Error> {
        let mut spans: FxHashMap<(u32, u32), CostSpans<'_>> = FxHashMap::default();
        let (report, settlement) = (self.report, self.settlement);
        let names = &report.names;
        for (key, &units) in &settlement.tally.units {
            let spans = spans.entry((key.sku, key.marketplace)).or_insert_with(|| {
                costs.spans(
                    text(&names.skus, key.sku),
                    text(&names.marketplaces, key.marketplace),
                    report.currency,
                )
            });
            let (cogs, uncosted) = spans.cogs(key.day, units)?;
            self.group(*key).statement.add_units(units, cogs, uncosted)?;
        }
        Ok(())
    }

    /// Refunds are counted by settlement only: rows of refunded principal carry no quantity and are not summed by
    /// day or product.
    fn refunds(&mut self) -> Result<(), Error> {
        if !counts_refunds(self.groups.by) || self.settlement.tally.lines == 0 {
            return Ok(());
        }
        let refunds = super::refunds(self.settlement, &self.report.names);
        let counted = &mut self.group(UnitKey { day: 0, sku: 0, marketplace: 0 }).statement.refunds;
        *counted = Some(counted.unwrap_or(0).checked_add(refunds).ok_or(Error::Overflow)?);
        Ok(())
    }

    fn group(&mut self, at: UnitKey) -> &mut GroupSums {
        let token = match self.groups.by {
            None | Some(By::Settlement) => 0,
            Some(By::Sku) => u64::from(at.sku),
            Some(By::Marketplace) => u64::from(at.marketplace),
            Some(By::Day | By::Week | By::Month | By::FinancialYear) => u64::from(at.day.cast_unsigned()),
        };
        let names = &self.report.names;
        let place = Place {
            day: at.day,
            sku: text(&names.skus, at.sku),
            marketplace: text(&names.marketplaces, at.marketplace),
            settlement: &self.settlement.id,
        };
        let groups = &mut *self.groups;
        let currency = self.report.currency;
        let place = *self.known.entry(token).or_insert_with(|| groups.at(currency, &place));
        &mut groups.list[place]
    }
}

fn text(names: &[String], at: u32) -> &str {
    names.get(at as usize).map_or("", String::as_str)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_years_in_april() {
        let on = |date: &str| day::of_date(date.parse().unwrap());
        let key =
            |by, date| By::key(Some(by), &Place { day: on(date), sku: "", marketplace: "", settlement: "" });
        assert_eq!(key(By::Week, "2026-11-24"), "2026-11-23");
        assert_eq!(key(By::Week, "2026-11-23"), "2026-11-23");
        assert_eq!(key(By::FinancialYear, "2027-03-31"), "2026-27");
        assert_eq!(key(By::FinancialYear, "2026-04-01"), "2026-27");
        assert_eq!(By::FinancialYear.span(on("2027-03-31")), Some((on("2026-04-01"), on("2027-03-31"))));
        assert_eq!(By::FinancialYear.span(on("2026-04-01")), Some((on("2026-04-01"), on("2027-03-31"))));
        assert_eq!(By::Week.span(on("2026-11-24")), Some((on("2026-11-23"), on("2026-11-29"))));
    }
}
