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
    let adder =
        settlement::replay(file.as_slice(), &report, &Options::new().unwrap(), Adder::default()).unwrap();
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
    assert!(
        refusal.message.contains("line 2 has a decimal point, the one on line 11001 a decimal comma"),
        "{refusal}"
    );
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
        Err(refusal) => {
            assert!(refusal.message.contains("cut off") || refusal.message.contains("no date"), "{refusal}");
        }
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

const HEADER: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmerchant-order-id\tadjustment-id\tshipment-id\tmarketplace-name\tamount-type\tamount-description\tamount\tfulfillment-id\tposted-date\tposted-date-time\torder-item-code\tmerchant-order-item-id\tmerchant-adjustment-item-id\tsku\tquantity-purchased\tpromotion-id";

/// A file of one settlement; rows are (label, amount, date, time, SKU).
fn file(head: [&str; 5], rows: &[(&str, &str, &str, &str, &str)]) -> String {
    let [start, end, deposit, total, currency] = head;
    let mut lines = vec![
        HEADER.to_owned(),
        format!("77\t{start}\t{end}\t{deposit}\t{total}\t{currency}{}", "\t".repeat(18)),
    ];
    for (label, amount, date, time, sku) in rows {
        let [transaction, kind, description] = label.split('|').collect::<Vec<_>>().try_into().unwrap();
        lines.push(format!("77\t\t\t\t\t\t{transaction}\t\t\t\t\t\t{kind}\t{description}\t{amount}\t\t{date}\t{time}\t\t\t\t{sku}\t\t"));
    }
    lines.join("\r\n") + "\r\n\r\n"
}

#[test]
fn yen_with_points_slashed_dates_and_line_ends_of_windows() {
    let head =
        ["2026/08/01 00:00:00 UTC", "2026/08/15 00:00:00 UTC", "2026/08/17 00:00:00 UTC", "880.00", "JPY"];
    let text = file(
        head,
        &[
            ("Order|ItemPrice|Principal", "1000.00", "2026/08/02", "2026/08/02 15:30:00 UTC", "CUP"),
            ("Order|ItemFees|Commission", "-100", "2026/08/02", "2026/08/02 15:30:00 UTC", "CUP"),
            (
                "FBAFees|FBA Inventory Storage Fee|Tax on fee",
                "-20.00",
                "2026/08/02",
                "2026/08/02 15:30:00 UTC",
                "",
            ),
        ],
    );
    let report = read(text.as_bytes()).unwrap();
    let settlement = &report.settlements[0];
    assert!(settlement.balanced());
    assert_eq!(settlement.head.total, Some(880));
    // 15:30 UTC is already the next day in Tokyo; tax on a fee is a cost outside India.
    let accounts = settlement.tally.accounts().unwrap();
    assert_eq!(accounts[Account::FeeGst.slot()].net(), -20);
    assert!(
        settlement
            .tally
            .days
            .keys()
            .all(|key| ecom_ledger::day::to_date(key.day).to_string() == "2026-08-03")
    );
}

#[test]
fn a_byte_order_mark_and_offsets_from_gmt() {
    let head =
        ["14.09.2026 06:30:00 UTC", "28.09.2026 06:30:00 UTC", "30.09.2026 06:30:00 UTC", "10.00", "INR"];
    let text = file(
        head,
        &[
            ("Order|ItemPrice|Principal", "4.00", "20.09.2026", "20.09.2026 12:00:00 GMT-8", "A"),
            ("Order|ItemPrice|Principal", "6.00", "20.09.2026", "20.09.2026 23:59 GMT+5:30", "A"),
        ],
    );
    let report = read(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()).unwrap();
    let mut days: Vec<String> = report.settlements[0]
        .tally
        .days
        .keys()
        .map(|key| ecom_ledger::day::to_date(key.day).to_string())
        .collect();
    days.sort();
    assert_eq!(days, ["2026-09-20", "2026-09-21"]);
}

#[test]
fn text_that_is_not_utf8_is_read_as_the_marketplace_writes_it() {
    let head = ["01.09.2026", "14.09.2026", "16.09.2026", "2,00", "EUR"];
    let text = file(head, &[("Order|ItemPrice|Principal", "2,00", "03.09.2026", "", "GR\u{fffd}N")]);
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| if c == '\u{fffd}' { 0xDC } else { u8::try_from(u32::from(c)).unwrap() })
        .collect();
    let report = read(&bytes).unwrap();
    assert_eq!(report.names.skus, ["", "GRÜN"]);
    assert_eq!(report.encoding, "windows-1252");
}

#[test]
fn rows_without_a_date_stand_on_the_last_day_and_are_told() {
    let head =
        ["14.09.2026 06:30:00 UTC", "28.09.2026 06:30:00 UTC", "30.09.2026 06:30:00 UTC", "-5.00", "INR"];
    let report = read(
        file(head, &[("ServiceFee|other-transaction|Subscription Fee", "-5.00", "", "", "")]).as_bytes(),
    )
    .unwrap();
    assert_eq!(report.problems.len(), 1);
    let days: Vec<i32> = report.settlements[0].tally.days.keys().map(|key| key.day).collect();
    assert_eq!(ecom_ledger::day::to_date(days[0]).to_string(), "2026-09-28");
}

#[test]
fn gst_inside_is_split_in_india_only_and_only_if_credit_is_due() {
    use ecom_ledger::settlement::GstMode;
    let head =
        ["14.09.2026 06:30:00 UTC", "28.09.2026 06:30:00 UTC", "30.09.2026 06:30:00 UTC", "-2469.72", "INR"];
    let text = file(
        head,
        &[("ServiceFee|Cost of Advertising|TransactionTotalAmount", "-2469.72", "20.09.2026", "", "")],
    );
    let advertising = |text: &str, gst| {
        let options = Options { gst, ..Options::new().unwrap() };
        let report = settlement::read(text.as_bytes(), &options, &|_| ()).unwrap();
        let accounts = report.settlements[0].tally.accounts().unwrap();
        (accounts[Account::Advertising.slot()].net(), accounts[Account::GstInputUnsplit.slot()].estimated)
    };
    assert_eq!(advertising(&text, None), (-209_298, -37_674));
    assert_eq!(advertising(&text, Some(GstMode::CreditAsPrinted)), (-246_972, 0));
    assert_eq!(advertising(&text, Some(GstMode::Cost)), (-246_972, 0));
    assert_eq!(advertising(&text.replace("INR", "EUR"), None), (-246_972, 0));
}

#[test]
fn whether_credit_is_due_may_change_within_a_file() {
    use ecom_ledger::tax_setting::{TaxSetting, TaxSettings};
    let head =
        ["14.09.2026 06:30:00 UTC", "28.09.2026 06:30:00 UTC", "30.09.2026 06:30:00 UTC", "-4939.44", "INR"];
    let row = |day| ("ServiceFee|Cost of Advertising|TransactionTotalAmount", "-2469.72", day, "", "");
    let text = file(head, &[row("20.09.2026"), row("21.09.2026")]);
    let from = ecom_ledger::day::of_date("2026-09-21".parse().unwrap());
    let split = |text: &str, marketplace: Option<&str>| {
        let setting = TaxSetting { marketplace: marketplace.map(str::to_owned), from, credit: false };
        let tax = std::sync::Arc::new(TaxSettings::new(true, [setting]));
        let options = Options { tax, ..Options::new().unwrap() };
        let report = settlement::read(text.as_bytes(), &options, &|_| ()).unwrap();
        report.settlements[0].tally.accounts().unwrap()[Account::GstInputUnsplit.slot()].estimated
    };
    assert_eq!(split(&text, None), -37_674, "the second day is whole");
    assert_eq!(split(&text, Some("Amazon.in")), -2 * 37_674, "its lines name no marketplace");
    let named = text.replace("ServiceFee\t\t\t\t\t\t", "ServiceFee\t\t\t\t\tAmazon.in\t");
    assert_eq!(split(&named, Some("AMAZON.IN")), -37_674);
    assert_eq!(split(&named, Some("Amazon.ae")), -2 * 37_674);
    assert_eq!(split(&text.replace("INR", "EUR"), None), 0);
}
