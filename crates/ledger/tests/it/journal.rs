//! From a settlement file to Tally's import XML, compared with a file that stands in the repository.
//!
//! The fixture is made up. It crosses 31 March: an order at 18:00 UTC is March in India, one at 19:00 UTC is April.
#![allow(clippy::unwrap_used, missing_docs)]

use ecom_documents::{TallyPart, write_csv, write_tally};
use ecom_ledger::{
    Account,
    day::DayCutter,
    journal::{Bank, Book, Chart, Journal, Ledger, Leg, Rules, Sales, Settled},
    settlement::{self, Options},
};
use jiff::civil::date;

const FILE: &[u8] = include_bytes!("../fixtures/journal_v2.txt");
const TALLY: &str = include_str!("../fixtures/journal_tally.xml");

fn book() -> Book {
    let report = settlement::read(FILE, &Options::new().unwrap(), &|_| ()).unwrap();
    let read = &report.settlements[0];
    assert!(read.balanced());
    let mut settled = Settled::of(read, &mut DayCutter::for_currency(report.currency)).unwrap();
    settled.bank = Bank { utr: Some("AXISCN0123456789".to_owned()), date: Some(date(2026, 4, 9)) };
    Book { settlements: vec![settled], ..Book::new(report.currency) }
}

fn journal(sales: Sales) -> Journal {
    let bank = Ledger { existing: true, ..Ledger::new("HDFC Bank <1234> & Co", "Bank Accounts") };
    let chart = Chart::default().with(Leg::Bank, &bank).unwrap();
    book().journal(&Rules { sales, chart, ..Rules::default() }).unwrap()
}

#[test]
fn the_xml_for_tally_is_the_one_that_was_looked_at() {
    let tally = journal(Sales::FromSettlement).tally(Some("Mug House")).unwrap();
    let xml = String::from_utf8(write_tally(&tally, TallyPart::Both).unwrap()).unwrap();
    let differs = xml.lines().zip(TALLY.lines()).position(|(made, kept)| made != kept);
    assert!(xml.trim_end() == TALLY.trim_end(), "differs from line {differs:?}; made:\n{xml}");
}

#[test]
fn the_year_ends_at_midnight_in_india_and_the_party_ledger_ends_at_the_reserve() {
    for sales in [Sales::FromSettlement, Sales::FromTaxReports] {
        let journal = journal(sales);
        let march = journal.between(date(2025, 4, 1), date(2026, 3, 31));
        assert_eq!(march.vouchers.len(), 1);
        assert_eq!(march.vouchers[0].amount(&Leg::Account(Account::SalesProduct)), Ok(1_000_000));
        // Opening: the reserve released, 1,000.00, less the debt carried over, 75.50.
        let opening = 100_000 - 7_550;
        assert_eq!(journal.party_balance(date(2026, 4, 9)).unwrap() + opening, 200_000);
        assert_eq!(journal.roll_forward(opening).unwrap().last().unwrap().closing, 200_000);
    }
}

#[test]
fn the_csv_holds_no_order_and_no_product() {
    let sheet = journal(Sales::FromSettlement).sheet().unwrap();
    let csv = String::from_utf8(write_csv(&sheet).unwrap()).unwrap();
    assert!(csv.contains("2026-04-09,Receipt,ecom-26000000014-payout,26000000014,Amazon Seller Services"));
    for personal in ["402-", "MUG"] {
        assert!(!csv.contains(personal) && !TALLY.contains(personal));
    }
}
