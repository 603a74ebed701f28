//! Registers from the same input: TCS, TDS, GST on fees, pay-outs, and the roll-forward of the party ledger.
//!
//! Taxes are turned round here: > 0 is money that Amazon withheld or charged, a claim of the seller.

use std::collections::{BTreeMap, btree_map::Entry};

use ecom_gst::{FinancialYear, Gstin, Quarter};
use jiff::civil::Date;

use crate::{
    Error, Minor,
    account::Account,
    day::Month,
    money::Currency,
    settlement::{Accounts, NO_ACCOUNTS, Turnover},
};

use super::{Bank, Book, Journal, Kind, Leg, Settled, merge, post::net};

/// All registers of a book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registers {
    /// Of all amounts.
    pub currency: Currency,
    /// Whose TCS credit it is, if known.
    pub gstin: Option<Gstin>,
    /// Tax collected at source (CGST section 52), by month.
    pub tcs: Vec<Tcs>,
    /// Tax deducted at source (section 194-O), by quarter.
    pub tds: Vec<Tds>,
    /// GST on Amazon's fees, by month.
    pub fee_gst: Vec<FeeGst>,
    /// One row per settlement, by deposit date.
    pub payouts: Vec<Payout>,
}

/// Tax collected at source in a month of posting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tcs {
    /// Month.
    pub month: Month,
    /// Integrated tax.
    pub igst: i64,
    /// Central tax.
    pub cgst: i64,
    /// State or Union territory tax.
    pub sgst: i64,
    /// All heads.
    pub total: i64,
}

/// Tax deducted at source in a quarter of a financial year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tds {
    /// Financial year.
    pub year: FinancialYear,
    /// Quarter.
    pub quarter: Quarter,
    /// Deducted by Amazon from sales.
    pub on_sales: i64,
    /// Deducted by the seller on fees and paid back by Amazon; > 0 is paid back.
    pub on_fees_paid_back: i64,
}

/// GST on Amazon's fees in a month of posting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeeGst {
    /// Month.
    pub month: Month,
    /// Integrated tax, as printed by Amazon.
    pub igst: i64,
    /// Central tax, as printed.
    pub cgst: i64,
    /// State or Union territory tax, as printed.
    pub sgst: i64,
    /// Printed without a head.
    pub unsplit: i64,
    /// Not printed: 18/118 of fees that hold their GST inside, until the tax invoice says better.
    pub estimated: i64,
    /// No credit is due: a cost.
    pub cost: i64,
}

/// A settlement and its pay-out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payout {
    /// Amazon's id.
    pub settlement: String,
    /// First day of its period.
    pub start: Option<Date>,
    /// Last day of its period.
    pub end: Option<Date>,
    /// Day on which Amazon says it deposits.
    pub deposit: Option<Date>,
    /// Total: paid (> 0), carried or charged (< 0).
    pub total: Option<i64>,
    /// What reaches the bank.
    pub paid: i64,
    /// What the bank says.
    pub bank: Bank,
}

/// A month of the party ledger. `closing = opening + lines − paid + charged + returned`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roll {
    /// Month of posting.
    pub month: Month,
    /// Held by Amazon before.
    pub opening: i64,
    /// Lines posted, without reserve, carried balances and money moves.
    pub lines: i64,
    /// Paid out.
    pub paid: i64,
    /// Paid by the seller's card.
    pub charged: i64,
    /// Transfers that came back, less bank tests.
    pub returned: i64,
    /// Held by Amazon after.
    pub closing: i64,
}

impl Book {
    /// Its registers. A month or quarter without such tax has no row.
    pub fn registers(&self) -> Result<Registers, Error> {
        let months = self.months()?;
        let tcs = months.iter().map(|(month, accounts)| Tcs::of(*month, accounts));
        let tcs = tcs.collect::<Result<Vec<_>, _>>()?;
        let fee_gst = months.iter().map(|(month, accounts)| FeeGst::of(*month, accounts));
        let fee_gst = fee_gst.collect::<Result<Vec<_>, _>>()?;
        let mut payouts: Vec<Payout> = self.settlements.iter().map(Payout::of).collect();
        payouts.sort_by(|a, b| (a.deposit, &a.settlement).cmp(&(b.deposit, &b.settlement)));
        Ok(Registers {
            currency: self.currency,
            gstin: self.gstin,
            tcs: tcs.into_iter().filter(|row| !row.is_empty()).collect(),
            tds: tds(&months)?,
            fee_gst: fee_gst.into_iter().filter(|row| !row.is_empty()).collect(),
            payouts,
        })
    }

    fn months(&self) -> Result<BTreeMap<Month, Box<Accounts>>, Error> {
        let mut months = BTreeMap::new();
        for part in self.settlements.iter().flat_map(|settled| &settled.months) {
            let month = Month::of(part.last_day);
            merge(months.entry(month).or_insert_with(|| Box::new(NO_ACCOUNTS)), &part.accounts)?;
        }
        Ok(months)
    }
}

impl Registers {
    /// The rows of these days: months that lie in them, quarters that they touch, pay-outs by the day on which they
    /// are posted. Months and quarters are whole only if the book holds all of their settlements.
    #[must_use]
    pub fn within(&self, from: Date, to: Date) -> Self {
        let days = from..=to;
        let month = |month: Month| days.contains(&month.first_date());
        let quarter = |row: &&Tds| {
            let quarter = row.year.quarter(row.quarter);
            quarter.start() <= days.end() && quarter.end() >= days.start()
        };
        Self {
            currency: self.currency,
            gstin: self.gstin,
            tcs: self.tcs.iter().filter(|row| month(row.month)).copied().collect(),
            tds: self.tds.iter().filter(quarter).copied().collect(),
            fee_gst: self.fee_gst.iter().filter(|row| month(row.month)).copied().collect(),
            payouts: self
                .payouts
                .iter()
                .filter(|row| row.posted().is_some_and(|day| days.contains(&day)))
                .cloned()
                .collect(),
        }
    }
}

/// What was withheld: the movement turned round.
fn withheld(accounts: &Accounts, account: Account) -> Result<i64, Error> {
    net(&accounts[account.slot()])?.checked_neg().ok_or(Error::Overflow)
}

impl Tcs {
    fn of(month: Month, accounts: &Accounts) -> Result<Self, Error> {
        let igst = withheld(accounts, Account::TcsIgst)?;
        let cgst = withheld(accounts, Account::TcsCgst)?;
        let sgst = withheld(accounts, Account::TcsSgst)?;
        let total = Minor::sum([igst, cgst, sgst].map(Minor))?.0;
        Ok(Self { month, igst, cgst, sgst, total })
    }

    fn is_empty(&self) -> bool {
        [self.igst, self.cgst, self.sgst] == [0; 3]
    }
}

fn tds(months: &BTreeMap<Month, Box<Accounts>>) -> Result<Vec<Tds>, Error> {
    let mut quarters: BTreeMap<(FinancialYear, Quarter), [Turnover; 2]> = BTreeMap::new();
    for (month, accounts) in months {
        let day = month.first_date();
        let sums = quarters.entry((FinancialYear::of(day), Quarter::of(day))).or_default();
        sums[0].merge(&accounts[Account::Tds.slot()])?;
        sums[1].merge(&accounts[Account::TdsOnFees.slot()])?;
    }
    let rows = quarters.into_iter().map(|((year, quarter), [sales, fees])| {
        let on_sales = net(&sales)?.checked_neg().ok_or(Error::Overflow)?;
        Ok(Tds { year, quarter, on_sales, on_fees_paid_back: net(&fees)? })
    });
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    Ok(rows.into_iter().filter(|row| (row.on_sales, row.on_fees_paid_back) != (0, 0)).collect())
}

impl FeeGst {
    fn of(month: Month, accounts: &Accounts) -> Result<Self, Error> {
        let heads =
            [Account::GstInputIgst, Account::GstInputCgst, Account::GstInputSgst, Account::GstInputUnsplit];
        let estimated = Minor::sum(heads.map(|head| Minor(accounts[head.slot()].estimated)))?.0;
        let printed = |head: Account| {
            let estimated = accounts[head.slot()].estimated;
            withheld(accounts, head)?.checked_add(estimated).ok_or(Error::Overflow)
        };
        Ok(Self {
            month,
            igst: printed(heads[0])?,
            cgst: printed(heads[1])?,
            sgst: printed(heads[2])?,
            unsplit: printed(heads[3])?,
            estimated: estimated.checked_neg().ok_or(Error::Overflow)?,
            cost: withheld(accounts, Account::FeeGst)?,
        })
    }

    fn is_empty(&self) -> bool {
        [self.igst, self.cgst, self.sgst, self.unsplit, self.estimated, self.cost] == [0; 6]
    }
}

impl Payout {
    /// The day it belongs to: the bank's, else Amazon's deposit date, else the end of its period.
    pub fn posted(&self) -> Option<Date> {
        self.bank.date.or(self.deposit).or(self.end)
    }

    fn of(settled: &Settled) -> Self {
        Self {
            settlement: settled.id.clone(),
            start: settled.start,
            end: settled.end,
            deposit: settled.deposit,
            total: settled.total,
            paid: settled.total.unwrap_or(0).max(0),
            bank: settled.bank.clone(),
        }
    }
}

impl Journal {
    /// The party ledger by month of posting, months without vouchers left out. `opening` is what Amazon held before
    /// the first voucher: the reserves released by the first settlement of each chain, as a rule.
    pub fn roll_forward(&self, opening: i64) -> Result<Vec<Roll>, Error> {
        let mut months: BTreeMap<Month, Roll> = BTreeMap::new();
        for voucher in &self.vouchers {
            let debit = voucher.amount(&Leg::Party)?.checked_neg().ok_or(Error::Overflow)?;
            let month = Month::of(voucher.date);
            let row = match months.entry(month) {
                Entry::Vacant(free) => free.insert(Roll::empty(month)),
                Entry::Occupied(taken) => taken.into_mut(),
            };
            let (part, moved) = match voucher.kind {
                Kind::Payout => (&mut row.paid, debit.checked_neg().ok_or(Error::Overflow)?),
                Kind::Card => (&mut row.charged, debit),
                Kind::Failed | Kind::Micro => (&mut row.returned, debit),
                Kind::Journal | Kind::Goods | Kind::Expenses => (&mut row.lines, debit),
            };
            *part = part.checked_add(moved).ok_or(Error::Overflow)?;
        }
        let mut held = opening;
        for row in months.values_mut() {
            row.opening = held;
            let parts = [held, row.lines, row.charged, row.returned].map(Minor);
            held = Minor::sum(parts)?.minus(Minor(row.paid))?.0;
            row.closing = held;
        }
        Ok(months.into_values().collect())
    }
}

impl Roll {
    fn empty(month: Month) -> Self {
        Self { month, opening: 0, lines: 0, paid: 0, charged: 0, returned: 0, closing: 0 }
    }
}
