//! What the reader tests share.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

use std::{collections::BTreeMap, path::PathBuf};

use ecom_ledger::{
    Account, Error, Refusal,
    settlement::{self, Line, Options, Posting, Report, Sink, Turnover, Units},
};

pub fn read(bytes: &[u8]) -> Result<Report, Refusal> {
    settlement::read(bytes, &Options::new().unwrap(), &|_| ())
}

pub fn refusal(bytes: &[u8]) -> Refusal {
    read(bytes).err().unwrap()
}

pub fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

/// Net of each account that moved, in minor units, over all settlements.
pub fn accounts(report: &Report) -> BTreeMap<String, i64> {
    let mut nets = BTreeMap::new();
    for settlement in &report.settlements {
        let accounts = settlement.tally.accounts().unwrap();
        for &account in Account::ALL {
            let net = Turnover::net(&accounts[account.slot()]);
            if net != 0 {
                *nets.entry(account.to_string()).or_default() += net;
            }
        }
    }
    nets
}

/// Units sold over all settlements.
pub fn units(report: &Report) -> i64 {
    report.settlements.iter().flat_map(|settlement| settlement.tally.units.values()).sum()
}

/// Lines as replay hands them out.
#[derive(Default)]
pub struct Lines {
    pub list: Vec<Seen>,
    pub units: i64,
    pub by_account: Vec<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    pub number: u64,
    pub column: u32,
    pub settlement: u32,
    pub label: u32,
    pub sku: u32,
    pub order: String,
    pub day: i32,
    pub quantity: i64,
    pub amount: i64,
}

impl Sink for Lines {
    fn line(&mut self, line: &Line<'_>, posting: Posting) -> Result<(), Error> {
        if let Some(last) = self.list.last() {
            assert!((last.number, last.column) < (line.number, line.column), "{last:?} before {line:?}");
        }
        self.list.push(Seen {
            number: line.number,
            column: line.column,
            settlement: line.settlement,
            label: line.label,
            sku: line.sku,
            order: String::from_utf8_lossy(line.order).into_owned(),
            day: line.day,
            quantity: line.quantity,
            amount: line.amount,
        });
        self.by_account.resize(Account::SLOTS, 0);
        self.by_account[posting.account.slot()] += line.amount - posting.gst_inside.unwrap_or(0);
        self.by_account[Account::GstInputUnsplit.slot()] += posting.gst_inside.unwrap_or(0);
        Ok(())
    }

    fn units(&mut self, units: Units) -> Result<(), Error> {
        self.units += units.count;
        Ok(())
    }
}

pub fn replay(bytes: &[u8], report: &Report) -> Lines {
    settlement::replay(bytes, report, &Options::new().unwrap(), Lines::default()).unwrap()
}

/// Reads a file, replays it, and holds the two against each other and the accounts against the sum.
pub fn read_and_prove(bytes: &[u8]) -> (Report, Lines) {
    let report = read(bytes).unwrap();
    let lines = replay(bytes, &report);
    let counted: i64 = report.settlements.iter().map(|settlement| settlement.tally.lines).sum();
    let summed: i64 = report.settlements.iter().map(|settlement| settlement.tally.sum).sum();
    assert_eq!(lines.list.len(), usize::try_from(counted).unwrap());
    assert_eq!(lines.list.iter().map(|line| line.amount).sum::<i64>(), summed);
    assert_eq!(lines.units, units(&report));
    let nets = accounts(&report);
    assert_eq!(nets.values().sum::<i64>(), summed);
    for &account in Account::ALL {
        let net = lines.by_account.get(account.slot()).copied().unwrap_or(0);
        assert_eq!(net, nets.get(&account.to_string()).copied().unwrap_or(0), "{account}");
    }
    let products: i64 = report
        .settlements
        .iter()
        .flat_map(|settlement| settlement.tally.products.values())
        .flat_map(|p| p.net)
        .sum();
    assert_eq!(products, summed);
    (report, lines)
}

pub fn nets<const N: usize>(expected: [(&str, i64); N]) -> BTreeMap<String, i64> {
    expected.into_iter().map(|(account, net)| (account.to_owned(), net)).collect()
}
