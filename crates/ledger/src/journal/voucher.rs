//! A voucher: dated entries that sum to zero, under an id that stays the same.

use jiff::civil::Date;

use crate::{Error, Minor, day::Month};

use super::{Ledger, Leg};

/// What a voucher is about. The name is part of its id and never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The lines of a settlement in a month.
    Journal,
    /// The pay-out of a settlement.
    Payout,
    /// A charge to the seller's card.
    Card,
    /// A transfer that came back.
    Failed,
    /// A test of the bank account.
    Micro,
    /// Cost of goods and inventory loss of a month.
    Goods,
    /// Indirect expenses of a month.
    Expenses,
}

impl Kind {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Payout => "payout",
            Self::Card => "card",
            Self::Failed => "failed",
            Self::Micro => "micro",
            Self::Goods => "goods",
            Self::Expenses => "expenses",
        }
    }
}

/// Type of voucher, as accountants name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Form {
    /// Neither cash nor bank.
    Journal,
    /// Money comes in.
    Receipt,
    /// Money goes out.
    Payment,
}

impl Form {
    /// `Journal`, `Receipt`, `Payment`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Journal => "Journal",
            Self::Receipt => "Receipt",
            Self::Payment => "Payment",
        }
    }
}

/// Where a voucher's date comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DatedBy {
    /// Last line of the settlement in that month.
    LastLine,
    /// The bank's statement.
    Bank,
    /// Amazon's deposit date: the bank's is not known yet.
    Deposit,
    /// The end of the month.
    MonthEnd,
}

impl DatedBy {
    /// For a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastLine => "last line",
            Self::Bank => "bank date",
            Self::Deposit => "deposit date, bank date not known",
            Self::MonthEnd => "month end",
        }
    }
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it stands for.
    pub leg: Leg,
    /// The ledger it is posted to.
    pub ledger: Ledger,
    /// In minor units; > 0 is a credit.
    pub amount: i64,
}

/// A voucher. Its entries sum to zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voucher {
    /// The same at each export, whichever the mode, the names or the dates.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// Type of voucher.
    pub form: Form,
    /// Day of posting.
    pub date: Date,
    /// Where that day comes from.
    pub dated_by: DatedBy,
    /// Amazon's id of the settlement; none for costs.
    pub settlement: Option<String>,
    /// Unique transaction reference of the bank, for a pay-out.
    pub utr: Option<String>,
    /// What it is about, in a sentence.
    pub narration: String,
    /// Entries; no zero amounts.
    pub entries: Vec<Entry>,
}

impl Voucher {
    /// The id of a voucher about a settlement in a month. A pay-out has no month in its id: its date may move to
    /// another month when the bank's becomes known.
    pub(super) fn id_of(settlement: &str, month: Option<Month>, kind: Kind) -> String {
        let month = month.map(|month| format!("{month}-")).unwrap_or_default();
        format!("ecom-{settlement}-{month}{}", kind.name())
    }

    /// Sum of the entries of a leg, checked.
    pub fn amount(&self, leg: &Leg) -> Result<i64, Error> {
        let entries = self.entries.iter().filter(|entry| entry.leg == *leg);
        Minor::sum(entries.map(|entry| Minor(entry.amount))).map(|sum| sum.0)
    }

    /// Entries with those of one ledger put together, zero sums left out, in the order of the entries: the
    /// party first.
    pub fn by_ledger(&self) -> Result<Vec<(&Ledger, i64)>, Error> {
        let mut sums: Vec<(&Ledger, i64)> = Vec::new();
        for entry in &self.entries {
            match sums.iter_mut().find(|(ledger, _)| ledger.key() == entry.ledger.key()) {
                Some((_, sum)) => *sum = sum.checked_add(entry.amount).ok_or(Error::Overflow)?,
                None => sums.push((&entry.ledger, entry.amount)),
            }
        }
        sums.retain(|(_, sum)| *sum != 0);
        Ok(sums)
    }
}
