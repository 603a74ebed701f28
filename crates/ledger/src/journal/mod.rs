//! The double-entry journal of a seller's books: vouchers as values, for CSV, XLSX and Tally.
//!
//! Per settlement and calendar month one Journal voucher against the party ledger, per pay-out one Receipt, per card
//! charge or failed transfer one Payment. Every voucher sums to zero. The party ledger's balance is what Amazon
//! holds. Ids depend on the settlement, the month and the kind alone, so that a second import alters the first.

mod chart;
mod defaults;
mod post;
mod register;
mod sheet;
mod tally;
mod voucher;

use std::collections::{BTreeMap, BTreeSet};

use ecom_gst::Gstin;
use jiff::civil::Date;

use crate::{
    Error,
    day::{self, DayCutter, Month},
    money::Currency,
    settlement::{self, Accounts, NO_ACCOUNTS},
};

pub use chart::{Chart, Ledger, Leg, MOST_NAME_CHARS};
pub use register::{FeeGst, Payout, Registers, Roll, Tcs, Tds};
pub use voucher::{DatedBy, Entry, Form, Kind, Voucher};

/// What a journal is made from: books of one currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Book {
    /// Of all amounts.
    pub currency: Currency,
    /// The seller's GSTIN, if known: TCS credit belongs to it.
    pub gstin: Option<Gstin>,
    /// Settlements that balance, each once.
    pub settlements: Vec<Settled>,
    /// What no settlement holds, by month.
    pub costs: Vec<MonthCosts>,
}

/// A settlement, by calendar month of its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// Amazon's id.
    pub id: String,
    /// First day of its period.
    pub start: Option<Date>,
    /// Last day of its period.
    pub end: Option<Date>,
    /// Day on which Amazon says it deposits.
    pub deposit: Option<Date>,
    /// What is paid (> 0), or carried or charged (< 0), in minor units. None while it is open: nothing is paid yet.
    pub total: Option<i64>,
    /// What the bank says.
    pub bank: Bank,
    /// Its lines by month. Two parts of one month count as one.
    pub months: Vec<MonthLines>,
}

/// What the bank says about a pay-out.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Bank {
    /// Unique transaction reference.
    pub utr: Option<String>,
    /// Day on the bank's statement.
    pub date: Option<Date>,
}

/// The lines of one settlement in one calendar month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthLines {
    /// Day of the last of them; it names the month.
    pub last_day: Date,
    /// Movement of every account, as [`crate::statement::Statement::accounts`]. Costs in it are left out here.
    pub accounts: Box<Accounts>,
}

/// Costs of one calendar month that no settlement holds; < 0 is a cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthCosts {
    /// Which.
    pub month: Month,
    /// Cost of goods sold.
    pub cogs: i64,
    /// Cost of lost, damaged or given-away units.
    pub inventory_loss: i64,
    /// Indirect expenses by category.
    pub indirect: BTreeMap<String, i64>,
}

/// Where turnover comes from. It must come from one place, or it is doubled.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Sales {
    /// Sales, refunds and output GST are posted from the settlement.
    #[default]
    FromSettlement,
    /// They are posted from the tax reports (MTR); here they go against the clearing ledger.
    FromTaxReports,
}

impl Sales {
    /// Stable name for settings and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::FromSettlement => "settlement",
            Self::FromTaxReports => "tax_reports",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::FromSettlement, Self::FromTaxReports].into_iter().find(|sales| sales.name() == name)
    }
}

/// How a journal is made.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Rules {
    /// Where turnover comes from.
    pub sales: Sales,
    /// Post cost of goods and inventory loss too; off by default, since most books value stock themselves.
    pub cost_of_goods: bool,
    /// Post indirect expenses too; off by default, since most books hold them already.
    pub indirect: bool,
    /// Names of ledgers.
    pub chart: Chart,
}

/// Vouchers, by date and id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Journal {
    /// Of all amounts.
    pub currency: Currency,
    /// In the order of their dates.
    pub vouchers: Vec<Voucher>,
}

impl Settled {
    /// From a settlement as read from a file, with days cut by `cutter`. What the bank says is not in the file.
    pub fn of(settlement: &settlement::Settlement, cutter: &mut DayCutter) -> Result<Self, Error> {
        let mut months: BTreeMap<Month, (i32, Box<Accounts>)> = BTreeMap::new();
        for (key, accounts) in &settlement.tally.days {
            let (last, sums) =
                months.entry(Month::of_day(key.day)).or_insert_with(|| (key.day, Box::new(NO_ACCOUNTS)));
            *last = key.day.max(*last);
            merge(sums, accounts)?;
        }
        let part = |(last, accounts)| MonthLines { last_day: day::to_date(last), accounts };
        let mut date = |micros: Option<i64>| micros.map(|micros| day::to_date(cutter.day(micros)));
        let head = &settlement.head;
        Ok(Self {
            id: settlement.id.clone(),
            start: date(head.start),
            end: date(head.end),
            deposit: date(head.deposit),
            total: head.total,
            bank: Bank::default(),
            months: months.into_values().map(part).collect(),
        })
    }

    /// Its lines, one part per calendar month.
    pub(crate) fn by_month(&self) -> Result<BTreeMap<Month, MonthLines>, Error> {
        let mut months: BTreeMap<Month, MonthLines> = BTreeMap::new();
        for part in &self.months {
            match months.entry(Month::of(part.last_day)) {
                std::collections::btree_map::Entry::Vacant(free) => _ = free.insert(part.clone()),
                std::collections::btree_map::Entry::Occupied(mut taken) => {
                    let whole = taken.get_mut();
                    whole.last_day = whole.last_day.max(part.last_day);
                    merge(&mut whole.accounts, &part.accounts)?;
                }
            }
        }
        Ok(months)
    }
}

/// Adds movements of accounts.
fn merge(sums: &mut Accounts, more: &Accounts) -> Result<(), Error> {
    sums.iter_mut().zip(more).try_for_each(|(mine, theirs)| mine.merge(theirs))
}

impl Book {
    /// Nothing yet.
    pub fn new(currency: Currency) -> Self {
        Self { currency, gstin: None, settlements: Vec::new(), costs: Vec::new() }
    }

    /// Its journal. Refused: a settlement or a month of costs that stands there twice, and a chart of ledgers that
    /// contradicts itself.
    pub fn journal(&self, rules: &Rules) -> Result<Journal, Error> {
        self.check()?;
        let posted = self.costs.iter().filter(|_| rules.indirect);
        rules.chart.check(posted.flat_map(|costs| costs.indirect.keys()))?;
        post::vouchers(self, rules).map(|vouchers| Journal { currency: self.currency, vouchers })
    }

    fn check(&self) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.settlements.iter().find(|settled| !seen.insert(&settled.id)) {
            return Err(Error::Value(format!(
                "settlement {} stands there twice; one source may feed a settlement",
                twice.id
            )));
        }
        let mut months = BTreeSet::new();
        match self.costs.iter().find(|costs| !months.insert(costs.month)) {
            Some(twice) => Err(Error::Value(format!("the costs of {} stand there twice", twice.month))),
            None => Ok(()),
        }
    }
}

impl Journal {
    /// The vouchers of these days, such as a financial year.
    #[must_use]
    pub fn between(&self, from: Date, to: Date) -> Self {
        let within = |voucher: &&Voucher| (from..=to).contains(&voucher.date);
        let vouchers = self.vouchers.iter().filter(within).cloned().collect();
        Self { currency: self.currency, vouchers }
    }

    /// Ledgers that the vouchers use, each once, in the order of the chart.
    pub fn ledgers(&self) -> Vec<Ledger> {
        let entries = self.vouchers.iter().flat_map(|voucher| &voucher.entries);
        let by_leg: BTreeMap<&Leg, &Ledger> = entries.map(|entry| (&entry.leg, &entry.ledger)).collect();
        let mut ledgers: Vec<Ledger> = Vec::new();
        for ledger in by_leg.into_values() {
            match ledgers.iter_mut().find(|known| known.key() == ledger.key()) {
                Some(known) => known.existing |= ledger.existing,
                None => ledgers.push(ledger.clone()),
            }
        }
        ledgers
    }

    /// Debit balance of the party ledger at the end of a day: what Amazon holds, less what it held before the first
    /// voucher.
    pub fn party_balance(&self, day: Date) -> Result<i64, Error> {
        let until = self.vouchers.iter().filter(|voucher| voucher.date <= day);
        until
            .map(|voucher| voucher.amount(&Leg::Party))
            .try_fold(0_i64, |balance, credit| balance.checked_sub(credit?).ok_or(Error::Overflow))
    }
}

#[cfg(test)]
mod tests;
