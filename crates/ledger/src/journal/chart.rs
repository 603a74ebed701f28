//! Which ledger an account is posted to: Indian defaults, each name and group editable.
//!
//! Ledgers are told apart as Tally does it, without regard to case and blanks. The party ledger, the bank and the
//! clearing ledger are shared with nothing else, or their balances would say nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Error, account::Account};

use super::defaults;

/// Longest name of a ledger or group that is taken.
pub const MOST_NAME_CHARS: usize = 200;

/// What an entry of a voucher stands for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Leg {
    /// Amazon, as the debtor who holds the seller's money.
    Party,
    /// The bank account that pay-outs arrive in.
    Bank,
    /// Stands between the tax reports and the settlements: invoiced and not settled yet.
    Clearing,
    /// An account of the ledger.
    Account(Account),
    /// A category of indirect expenses.
    Indirect(String),
    /// Other side of cost of goods and inventory loss.
    Goods,
    /// Other side of indirect expenses.
    Expenses,
}

/// A ledger of the accounting program.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Ledger {
    /// Name.
    pub name: String,
    /// Group, such as `Indirect Expenses`. A group that is not Tally's own must exist there.
    pub group: String,
    /// It exists in the accounting program already, and is left out of the masters.
    pub existing: bool,
}

/// Ledgers by leg.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Chart {
    changed: BTreeMap<Leg, Ledger>,
}

const INDIRECT: &str = "expense:indirect:";

impl Leg {
    /// Stable name for settings and files: `party`, `bank`, an account's name, `expense:indirect:<category>`.
    pub fn key(&self) -> String {
        match self {
            Self::Party => "party".to_owned(),
            Self::Bank => "bank".to_owned(),
            Self::Clearing => "clearing".to_owned(),
            Self::Account(account) => account.name().to_owned(),
            Self::Indirect(category) => format!("{INDIRECT}{category}"),
            Self::Goods => "contra:goods".to_owned(),
            Self::Expenses => "contra:expenses".to_owned(),
        }
    }

    /// The leg with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        Some(match key {
            "party" => Self::Party,
            "bank" => Self::Bank,
            "clearing" => Self::Clearing,
            "contra:goods" => Self::Goods,
            "contra:expenses" => Self::Expenses,
            _ => match key.strip_prefix(INDIRECT) {
                Some(category) => Self::Indirect(category.to_owned()),
                None => Self::Account(Account::from_name(key)?),
            },
        })
    }

    /// Whether money passes through the bank here.
    pub fn is_bank(&self) -> bool {
        matches!(
            self,
            Self::Bank
                | Self::Account(Account::TransferCard | Account::TransferFailed | Account::TransferMicro)
        )
    }
}

impl Ledger {
    /// A ledger that the masters make.
    pub fn new(name: &str, group: &str) -> Self {
        Self { name: name.to_owned(), group: group.to_owned(), existing: false }
    }

    /// Whether both are one ledger in the accounting program.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// What Tally tells names apart by.
    pub(crate) fn key(&self) -> String {
        folded(&self.name)
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

impl Chart {
    /// Names a ledger for a leg. Blanks are tidied; an empty or overlong name, or one with control characters, is
    /// refused.
    pub fn with(mut self, leg: Leg, ledger: &Ledger) -> Result<Self, Error> {
        let tidied = Ledger {
            name: tidy("ledger", &ledger.name)?,
            group: tidy("group", &ledger.group)?,
            existing: ledger.existing,
        };
        self.changed.insert(leg, tidied);
        Ok(self)
    }

    /// The ledgers that were named, by leg.
    pub fn named(&self) -> impl Iterator<Item = (&Leg, &Ledger)> {
        self.changed.iter()
    }

    /// The ledger of a leg. Card charges and transfers go to the bank's ledger unless they have their own.
    pub fn ledger(&self, leg: &Leg) -> Ledger {
        let named = || self.changed.get(leg).cloned();
        let bank = || if leg.is_bank() { self.changed.get(&Leg::Bank).cloned() } else { None };
        named().or_else(bank).unwrap_or_else(|| defaults::ledger(leg))
    }

    /// Every leg that has a ledger, in the order of the chart, with the categories of expenses that were named or are
    /// given.
    pub fn legs<'c>(&self, categories: impl IntoIterator<Item = &'c String>) -> Vec<Leg> {
        let own = |account: &Account| {
            // These two stay inside the party ledger, and indirect expenses have one ledger per category.
            !matches!(account, Account::Reserve | Account::TransferCarried | Account::Indirect)
        };
        let accounts = Account::ALL.iter().copied().filter(own).map(Leg::Account);
        let mut legs: BTreeSet<Leg> = accounts.collect();
        legs.extend([Leg::Party, Leg::Bank, Leg::Clearing, Leg::Goods, Leg::Expenses]);
        legs.extend(self.changed.keys().filter(|leg| matches!(leg, Leg::Indirect(_))).cloned());
        legs.extend(categories.into_iter().map(|category| Leg::Indirect(category.clone())));
        legs.into_iter().collect()
    }

    /// Refuses a ledger with two groups, and one shared with the party, the bank or the clearing ledger.
    pub fn check<'c>(&self, categories: impl IntoIterator<Item = &'c String>) -> Result<(), Error> {
        let mut seen: BTreeMap<String, (Leg, Ledger)> = BTreeMap::new();
        for leg in self.legs(categories) {
            let ledger = self.ledger(&leg);
            tidy("ledger", &ledger.name)?;
            let Some((first, other)) = seen.get(&ledger.key()) else {
                seen.insert(ledger.key(), (leg, ledger));
                continue;
            };
            if folded(&other.group) != folded(&ledger.group) {
                let (name, one, two) = (&ledger.name, &other.group, &ledger.group);
                return Err(Error::Value(format!(
                    "ledger `{name}` has two groups, `{one}` and `{two}`; choose one"
                )));
            }
            let alone = |leg: &Leg| matches!(leg, Leg::Party | Leg::Clearing) || leg.is_bank();
            if (alone(first) || alone(&leg)) && !(first.is_bank() && leg.is_bank()) {
                let (name, one, two) = (&ledger.name, first.key(), leg.key());
                return Err(Error::Value(format!(
                    "ledger `{name}` is named for `{one}` and for `{two}`; its balance would mean neither"
                )));
            }
        }
        Ok(())
    }
}

fn tidy(what: &str, name: &str) -> Result<String, Error> {
    let tidied = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if tidied.is_empty() {
        return Err(Error::Value(format!("a {what} needs a name")));
    }
    if tidied.chars().count() > MOST_NAME_CHARS {
        return Err(Error::Value(format!("the name of a {what} has at most {MOST_NAME_CHARS} characters")));
    }
    if tidied.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        return Err(Error::Value(format!("the name of a {what} holds a control character; remove it")));
    }
    Ok(tidied)
}
