//! The example files beside the repository, where there are any: each reads with the expected result.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

use crate::common;

use std::path::PathBuf;

use common::{accounts, read, read_and_prove};
use ecom_ledger::settlement::Report;

/// File | lines | sum | total or `none` | balanced | units
const CASES: &str = "
settlement_v2/v2_US_sample_28471003921.txt | 23 | 58289 | 58289 | true | 5
settlement_v2/v2_DE_2018_7293436482_comma_23cols.txt | 5 | 5344 | 5344 | true | 1
settlement_v2/v2_IN_handmade.txt | 65 | 178329 | 178329 | true | 2
settlement_v2/v2_IN_generated_1000.txt | 1000 | 7776614 | 7776614 | true | 76
settlement_v2/v2_IN_revised_a_report_1001.txt | 12 | 63995 | 63995 | true | 1
settlement_v2/v2_IN_revised_b_report_1007.txt | 14 | 63395 | 63395 | true | 1
settlement_v2/v2_IN_bad_total.txt | 14 | 63395 | 99999 | false | 1
settlement_v2/v2_CA_derived_from_v1_23874396421.txt | 3 | -32169 | -32169 | true | 0
settlement_v1/v1_CA_23874396421.txt | 3 | -32169 | -32169 | true | 0
settlement_v1/v1_CA_23874397121.txt | 15 | -6231 | -6231 | true | 1
settlement_v1/v1_CA_24495221541.txt | 575 | 463023 | 463023 | true | 157
settlement_v1/v1_US_airbyte_dummy.txt | 2 | 1677 | 123456 | false | 1
settlement_xml/xml_IN_synthetic.xml | 20 | 87520 | 87520 | true | 1
date_range/daterange_IN_unified_2026.csv | 26 | 14710322 | 10999999 | true | 2
date_range/daterange_IN_tab_2026.txt | 26 | 14710322 | 10999999 | true | 2
date_range/daterange_US.csv | 6 | -100459 | 50000 | true | 1
";

/// The bytes of an example; none, with a note, if it is not there.
fn case(name: &str) -> Option<Vec<u8>> {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![crates.join("../../../shared"), crates.join("../../../../shared")];
    folders.extend(std::env::var_os("ECOM_SHARED").map(PathBuf::from));
    let found = folders.into_iter().find_map(|folder| std::fs::read(folder.join("cases").join(name)).ok());
    if found.is_none() {
        eprintln!("skipped: {name} is not there; set ECOM_SHARED to the folder that holds `cases`");
    }
    found
}

#[test]
fn every_example_reads_with_the_expected_result() {
    for line in CASES.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(bytes) = case(parts[0]) else { continue };
        let (report, _) = read_and_prove(&bytes);
        let [settlement] = report.settlements.as_slice() else { panic!("{}: one settlement", parts[0]) };
        let units: i64 = settlement.tally.units.values().sum();
        let total = settlement.head.total.map_or_else(|| "none".to_owned(), |total| total.to_string());
        let found = [
            settlement.tally.lines.to_string(),
            settlement.tally.sum.to_string(),
            total,
            settlement.balanced().to_string(),
            units.to_string(),
        ];
        assert_eq!(found.as_slice(), &parts[1..], "{}", parts[0]);
    }
}

#[test]
fn the_derived_v2_file_agrees_with_its_v1_original() {
    let (Some(old), Some(new)) = (
        case("settlement_v1/v1_CA_23874396421.txt"),
        case("settlement_v2/v2_CA_derived_from_v1_23874396421.txt"),
    ) else {
        return;
    };
    let (old, new) = (read(&old).unwrap(), read(&new).unwrap());
    assert_eq!(accounts(&old), accounts(&new));
    assert_eq!(old.settlements[0].head, new.settlements[0].head);
}

fn unclassified(report: &Report) -> i64 {
    report
        .settlements
        .iter()
        .flat_map(|settlement| settlement.tally.labels.values())
        .map(|l| l.unclassified)
        .sum()
}

#[test]
fn only_the_label_of_the_future_is_unclassified() {
    for line in CASES.lines().filter(|line| !line.is_empty()) {
        let name = line.split('|').next().unwrap().trim();
        let Some(bytes) = case(name) else { continue };
        let expected = i64::from(name.ends_with("v2_IN_handmade.txt"));
        assert_eq!(unclassified(&read(&bytes).unwrap()), expected, "{name}");
    }
}

#[test]
fn reports_of_another_kind_are_refused() {
    for (name, says) in [
        ("orders/all_orders_IN_synthetic.txt", "a report of orders"),
        ("orders/all_orders_UK_scrubbed.txt", "a report of orders"),
        ("returns/fba_customer_returns_IN_synthetic.txt", "a report of returns"),
        ("returns/mfn_returns_IN_synthetic.txt", "a report of returns"),
        ("listings/all_listings_IN_synthetic_latin1.txt", "a report of listings"),
        ("mtr/MTR_B2C-SEPTEMBER-2026.csv", "a merchant tax report"),
        ("reimbursements/fba_reimbursements_IN_synthetic.txt", "a report of FBA reimbursements"),
        ("sales_traffic/sales_and_traffic_US_docs_sample.json", "JSON"),
        ("inventory_ledger/ledger_detail_IN_synthetic.txt", "a report of FBA stock"),
    ] {
        let Some(bytes) = case(name) else { continue };
        let refusal = read(&bytes).err().unwrap().to_string();
        assert!(refusal.contains(says), "{name}: {refusal}");
    }
}
