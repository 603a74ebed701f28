//! The V2 reader on files of many blocks, and what it refuses.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use ecom_ledger::{
    Account, Error, Refusal,
    settlement::{self, Line, Options, Posting, Report, Sink, Units},
};
use ecom_simulator::{Catalogue, Plan, write_v2};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Report, Refusal> {
    settlement::read(bytes, &Options::new().unwrap(), &|_| ())
}

fn generated(seed: u64, rows: u64) -> Vec<u8> {
    let start = 1_790_000_000;
    let plan = Plan {
        seed,
        id: 26_000_000_000 + seed,
        start,
        end: start + 14 * 86_400,
        rows,
        previous_reserve: 100,
        current_reserve: 200,
        extra: Vec::new(),
    };
    let mut file = Vec::new();
    write_v2(&plan, &Catalogue::new(seed, 50), &mut file).unwrap();
    file
}

/// Sums lines as they come, and checks their order.
#[derive(Default)]
struct Adder {
    sum: i64,
    lines: i64,
    last: u64,
    units: i64,
    by_account: Vec<i64>,
}

impl Sink for Adder {
    fn line(&mut self, line: &Line<'_>, posting: Posting) -> Result<(), Error> {
        assert!(line.number > self.last, "line {} after {}", line.number, self.last);
        self.last = line.number;
        self.sum += line.amount;
        self.lines += 1;
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

#[test]
fn a_file_of_many_blocks_sums_the_same_in_threads_and_line_by_line() {
    let file = generated(3, 30_000);
    let report = read(&file).unwrap();
    let [settlement] = report.settlements.as_slice() else { panic!("one settlement") };
    assert!(settlement.balanced());
    assert_eq!(settlement.tally.lines, 30_000);
    assert_eq!(report.file_lines, 30_002);
    let adder = settlement::replay(file.as_slice(), &report, &Options::new().unwrap(), Adder::default()).unwrap();
    assert_eq!((adder.sum, adder.lines, adder.last), (settlement.tally.sum, 30_000, 30_002));
    assert_eq!(adder.units, settlement.tally.units.values().sum::<i64>());
    let accounts = settlement.tally.accounts().unwrap();
    let nets: Vec<i64> = accounts.iter().map(ecom_ledger::settlement::Turnover::net).collect();
    assert_eq!(adder.by_account, nets);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_account_together_is_the_total(seed in 0_u64..10_000, rows in 20_u64..800) {
        let report = read(&generated(seed, rows)).unwrap();
        let settlement = &report.settlements[0];
        let accounts = settlement.tally.accounts().unwrap();
        let sum: i64 = accounts.iter().map(ecom_ledger::settlement::Turnover::net).sum();
        prop_assert_eq!(Some(sum), settlement.head.total);
        let by_product: i64 = settlement.tally.products.values().flat_map(|product| product.net).sum();
        prop_assert_eq!(by_product, sum);
    }

    #[test]
    fn damage_never_panics(seed in 0_u64..50, at in 0_usize..20_000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut file = generated(seed, 60);
        let at = at % file.len();
        if cut { file.truncate(at) } else { file[at] = byte }
        let _ = read(&file);
    }
}

fn text(rows: u64) -> String {
    String::from_utf8(generated(1, rows)).unwrap()
}

#[test]
fn a_contradiction_of_decimal_forms_names_both_lines() {
    let text = text(12_000);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut cells: Vec<&str> = lines[11_000].split('\t').collect();
    let comma = cells[14].replace('.', ",");
    cells[14] = &comma;
    lines[11_000] = cells.join("\t");
    let refusal = read(lines.join("\n").as_bytes()).err().unwrap();
    assert_eq!(refusal.line, Some(11_001));
    assert!(refusal.message.contains("line 2 has a decimal point, the one on line 11001 a decimal comma"), "{refusal}");
}

#[test]
fn a_bad_value_names_its_line_in_a_late_block() {
    let text = text(12_000);
    for (column, name, bad, says) in [
        (14, "amount", "12.3x", "`12.3x` is no amount"),
        (14, "amount", "", "the amount is empty"),
        (14, "amount", "99999999999999999999.00", "too large"),
        (17, "posted-date-time", "31.02.2026 10:00:00 UTC", "`31.02.2026 10:00:00 UTC` is no date"),
        (22, "quantity-purchased", "two", "`two` is no quantity"),
        (0, "settlement-id", "", "the settlement id is empty"),
    ] {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[10_500].split('\t').collect();
        cells[column] = bad;
        lines[10_500] = cells.join("\t");
        let refusal = read(lines.join("\n").as_bytes()).err().unwrap();
        assert_eq!((refusal.line, refusal.column.as_deref()), (Some(10_501), Some(name)), "{refusal}");
        assert!(refusal.message.contains(says), "{refusal}");
    }
}

#[test]
fn a_file_cut_in_the_middle_of_a_row_is_refused_or_does_not_balance() {
    let text = text(2000);
    let cut = text.len() - 60;
    match read(&text.as_bytes()[..cut]) {
        Ok(report) => assert!(!report.settlements[0].balanced()),
        Err(refusal) => assert!(refusal.message.contains("cut off") || refusal.message.contains("no date"), "{refusal}"),
    }
    let rows = text.lines().take(500).collect::<Vec<_>>().join("\n");
    assert!(!read(rows.as_bytes()).unwrap().settlements[0].balanced());
}

#[test]
fn nul_bytes_and_a_missing_column_are_refused_with_a_remedy() {
    let mut file = generated(1, 2000);
    let at = file.len() / 2;
    file[at] = 0;
    let refusal = read(&file).err().unwrap();
    assert!(refusal.message.contains("NUL"), "{refusal}");
    assert!(refusal.line.unwrap() > 900);
    let refusal = read(text(20).replace("\tamount-type\t", "\tamount-kind\t").as_bytes()).err().unwrap();
    assert!(refusal.to_string().contains("the header has no column `amount-type`"), "{refusal}");
}

#[test]
fn a_file_without_a_summary_row_takes_its_head_from_the_rows() {
    let file = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\tsku\tquantity-purchased\n\
        1\t2026-01-01\t2026-01-15\t2026-01-17\t1.234,56\tEUR\tOrder\t3-1\tAmazon.de\tItemPrice\tPrincipal\t1.300,00\t2026-01-03\tA\t2\n\
        1\t2026-01-01\t2026-01-15\t2026-01-17\t1.234,56\tEUR\tOrder\t3-1\tAmazon.de\tItemFees\tCommission\t-65,44\t2026-01-03\tA\t\n";
    let report = read(file.as_bytes()).unwrap();
    assert_eq!(report.settlements[0].head.total, Some(123_456));
    assert!(report.settlements[0].balanced());
    assert_eq!(report.settlements[0].tally.units.values().sum::<i64>(), 2);
}
