//! What is written is read back by an XML reader that knows nothing of how it was written.

use jiff::civil::date;
use proptest::prelude::*;
use quick_xml::XmlVersion;

use super::*;

fn ledger(name: &str, group: &str) -> TallyLedger {
    TallyLedger { name: name.to_owned(), group: group.to_owned(), existing: false }
}

fn entry(ledger: &str, amount: i64) -> TallyEntry {
    TallyEntry { ledger: ledger.to_owned(), amount, bank: None }
}

fn book(narration: &str, first: &str, amount: i64) -> TallyBook {
    let voucher = TallyVoucher {
        id: "ecom-1-2026-03-journal".to_owned(),
        kind: TallyType::Journal,
        date: date(2026, 3, 31),
        party: Some(first.to_owned()),
        reference: "1".to_owned(),
        narration: narration.to_owned(),
        entries: vec![entry(first, -amount), entry("Sales", amount)],
    };
    TallyBook {
        company: None,
        ledgers: vec![ledger(first, "Sundry Debtors"), ledger("Sales", "Sales Accounts")],
        vouchers: vec![voucher],
    }
}

/// Elements as (path, text or attribute value), in order.
fn parsed(xml: &[u8]) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let (mut path, mut found, mut buffer) = (Vec::<String>::new(), Vec::new(), Vec::new());
    let mut text = String::new();
    loop {
        match reader.read_event_into(&mut buffer).unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap();
                    let key = format!("{}@{}", path.join("/"), attribute.key.as_ref());
                    let value = attribute.normalized_value(XmlVersion::Explicit1_0).unwrap();
                    found.push((key, value.into_owned()));
                }
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) => {
                let named = quick_xml::escape::resolve_predefined_entity(&entity).map(str::to_owned);
                let number = || entity.resolve_char_ref().unwrap().map(String::from);
                text.push_str(&named.or_else(number).unwrap());
            }
            Event::End(_) => {
                if !text.trim().is_empty() {
                    found.push((path.join("/"), text.trim().to_owned()));
                }
                text.clear();
                path.pop();
            }
            Event::Eof => return found,
            _ => {}
        }
        buffer.clear();
    }
}

fn all<'a>(found: &'a [(String, String)], end: &str) -> Vec<&'a str> {
    found.iter().filter(|(path, _)| path.ends_with(end)).map(|(_, text)| text.as_str()).collect()
}

fn reason(book: &TallyBook) -> String {
    write_tally(book, TallyPart::Both).unwrap_err().to_string()
}

#[test]
fn a_debit_is_negative_and_deemed_positive_and_a_hundred_crore_keeps_its_paise() {
    let xml = write_tally(&book("n", "Amazon", 10_000_000_000), TallyPart::Vouchers).unwrap();
    let found = parsed(&xml);
    assert_eq!(all(&found, "LIST/AMOUNT"), ["-100000000.00", "100000000.00"]);
    assert_eq!(all(&found, "LIST/ISDEEMEDPOSITIVE"), ["Yes", "No"]);
    assert_eq!(all(&found, "LIST/ISPARTYLEDGER"), ["Yes", "No"]);
    assert_eq!(all(&found, "VOUCHER@REMOTEID"), ["ecom-1-2026-03-journal"]);
    assert_eq!(all(&found, "VOUCHER/DATE"), ["20260331"]);
    assert!(all(&found, "LEDGER/PARENT").is_empty());
}

#[test]
fn masters_stand_before_vouchers_and_those_of_tally_itself_are_left_alone() {
    let mut both = book("n", "Amazon", 1);
    both.ledgers[1].existing = true;
    both.company = Some("Kurta & Sons".to_owned());
    let xml = write_tally(&both, TallyPart::Both).unwrap();
    let text = String::from_utf8(xml.clone()).unwrap();
    assert!(text.find("<LEDGER ").unwrap() < text.find("<VOUCHER ").unwrap());
    let found = parsed(&xml);
    assert_eq!(all(&found, "LEDGER@NAME"), ["Amazon"]);
    assert_eq!(all(&found, "SVCURRENTCOMPANY"), ["Kurta & Sons"]);
    assert_eq!(all(&found, "REPORTNAME"), ["All Masters"]);
}

#[test]
fn the_bank_allocation_carries_utr_and_bank_date_only_if_known() {
    let mut paid = book("n", "Amazon", 500);
    paid.vouchers[0].entries[1].bank = Some(TallyBank::default());
    let plain = parsed(&write_tally(&paid, TallyPart::Vouchers).unwrap());
    assert!(all(&plain, "BANKALLOCATIONS.LIST/AMOUNT").is_empty());
    let bank = TallyBank { utr: Some("HDFCN1".to_owned()), date: Some(date(2026, 4, 1)) };
    paid.vouchers[0].entries[1].bank = Some(bank);
    let found = parsed(&write_tally(&paid, TallyPart::Vouchers).unwrap());
    assert_eq!(all(&found, "UNIQUEREFERENCENUMBER"), ["HDFCN1"]);
    assert_eq!(all(&found, "BANKERSDATE"), ["20260401"]);
    assert_eq!(all(&found, "BANKALLOCATIONS.LIST/AMOUNT"), ["5.00"]);
}

#[test]
fn what_tally_would_refuse_is_refused_with_the_voucher_named() {
    let mut uneven = book("n", "Amazon", 100);
    uneven.vouchers[0].entries[0].amount = -99;
    assert!(reason(&uneven).contains("voucher `ecom-1-2026-03-journal` does not balance"));
    let mut wrapped = book("n", "Amazon", 0);
    wrapped.vouchers[0].entries =
        vec![entry("Sales", i64::MAX), entry("Sales", i64::MAX), entry("Amazon", 2)];
    assert!(reason(&wrapped).contains("does not balance"));
    let mut unknown = book("n", "Amazon", 100);
    unknown.ledgers.pop();
    assert!(reason(&unknown).contains("names the ledger `Sales`"));
    let mut twice = book("n", "Amazon", 100);
    twice.vouchers.push(twice.vouchers[0].clone());
    assert!(reason(&twice).contains("two vouchers have the id"));
    let mut nameless = book("n", "Amazon", 100);
    nameless.ledgers[0].name = " \u{7} ".to_owned();
    assert!(reason(&nameless).contains("no name"));
    let mut doubled = book("n", "Amazon", 100);
    doubled.ledgers.push(ledger(" Amazon", "Sundry Debtors"));
    assert!(reason(&doubled).contains("stands there twice"));
    let mut lonely = book("n", "Amazon", 0);
    lonely.vouchers[0].entries.pop();
    assert!(reason(&lonely).contains("fewer than two"));
}

proptest! {
    #[test]
    fn hostile_names_come_back_as_they_went_in(
        name in "[a-z<>&\"';\\]/\\-!\\[\\u{0}-\\u{1f}₹न\\u{ffff}]{1,20}x",
        narration in "\\PC{0,40}",
        amount in 0_i64..=i64::MAX,
    ) {
        let given = book(&narration, &name, amount);
        let found = parsed(&write_tally(&given, TallyPart::Both).unwrap());
        let cleaned = clean(&name);
        prop_assert_eq!(all(&found, "LEDGER@NAME")[0], &cleaned);
        prop_assert_eq!(all(&found, "NAME.LIST/NAME")[0], &cleaned);
        prop_assert_eq!(all(&found, "LIST/LEDGERNAME")[0], &cleaned);
        prop_assert_eq!(all(&found, "VOUCHER/PARTYLEDGERNAME")[0], &cleaned);
        let written = all(&found, "VOUCHER/NARRATION").concat();
        prop_assert_eq!(written, clean(&narration));
    }
}
