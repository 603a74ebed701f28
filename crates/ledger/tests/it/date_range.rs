//! The date-range reader: languages, encodings, what is a line and what is none, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use crate::common;

use common::{accounts, fixture, nets, read, read_and_prove, refusal, units};
use ecom_ledger::settlement::{self, Format, Memo};
use proptest::prelude::*;

fn india() -> String {
    String::from_utf8(fixture("date_range_in.csv")).unwrap()
}

#[test]
fn an_indian_file_is_read_to_the_paisa() {
    let (report, lines) = read_and_prove(india().as_bytes());
    assert_eq!((report.format, report.encoding, report.file_lines), (Format::DateRange, "UTF-8", 15));
    let settlement = &report.settlements[0];
    assert_eq!((settlement.id.as_str(), settlement.tally.sum), ("26500000011", 14_791_457));
    assert_eq!(
        accounts(&report),
        nets([
            ("income:sales:product", 76_186 + 14_495_778),
            ("income:sales:shipping", 9900),
            ("income:sales:giftwrap", 100),
            ("income:promotion", -10_000),
            ("income:refund", -76_186),
            ("liability:tax_collected", 2_609_240),
            ("asset:tcs:cgst", -36_239),
            ("asset:tcs:sgst", -36_239),
            ("asset:tds", -14_496),
            ("expense:fee:unsplit", -1_811_972 - 120_000),
            ("expense:fee:order_other", -500),
            ("expense:advertising", -209_298),
            ("asset:gst_input:unsplit", -37_674),
            ("income:reimbursement", 14_838 + 22_853),
            ("expense:fee:inbound", -84_734),
            ("suspense:unclassified", -100),
        ])
    );
    assert_eq!(units(&report), 3);
    // The row after the one whose description holds a line end keeps its line of the file.
    let sofa = lines.list.iter().find(|line| line.amount == 14_495_778).unwrap();
    assert_eq!(
        (sofa.number, sofa.column, sofa.order.as_str(), sofa.quantity),
        (7, 1, "403-0000001-0000002", 2)
    );
    // 20:00 UTC is the next day in India.
    assert_eq!(ecom_ledger::day::to_date(sofa.day).to_string(), "2026-08-03");
}

#[test]
fn transfers_are_the_payout_and_deferred_rows_a_memo() {
    let report = read(india().as_bytes()).unwrap();
    let settlement = &report.settlements[0];
    assert_eq!(settlement.head.total, Some(10_000_000));
    assert_eq!(settlement.head.deposit, Some(1_786_263_068_000_000));
    assert_eq!(settlement.memo, Memo { deferred_rows: 1, deferred_amount: 27_000 });
    assert!(settlement.balanced(), "what was not paid out is information");
    assert_eq!(settlement.unpaid(), 4_791_457);
    assert!(report.problems[0].message.contains("the remainder of 47914.57"), "{:?}", report.problems);
    let without = india();
    let without: Vec<&str> = without.lines().filter(|line| !line.contains("Transfer")).collect();
    let without = without.join("\r\n");
    let report = read(without.as_bytes()).unwrap();
    assert_eq!((report.settlements[0].head.total, report.problems.len()), (None, 0));
}

#[test]
fn the_tab_separated_file_says_the_same() {
    let (tab, csv) = (read_and_prove(&fixture("date_range_in.txt")).0, read(india().as_bytes()).unwrap());
    assert_eq!(accounts(&tab), accounts(&csv));
    assert_eq!(tab.settlements[0].memo, csv.settlements[0].memo);
    assert_eq!(tab.settlements[0].head, csv.settlements[0].head);
}

#[test]
fn an_american_file_has_its_own_tax_columns() {
    let (report, _) = read_and_prove(&fixture("date_range_us.csv"));
    assert_eq!(report.currency.code(), "USD");
    assert_eq!(
        accounts(&report),
        nets([
            ("income:sales:product", 1490),
            ("income:sales:shipping", 200),
            ("income:promotion", -200),
            ("liability:tax_collected", 104 + 10 + 27),
            ("liability:tax_withheld_by_marketplace", -114),
            ("expense:fee:unsplit", -224 - 485),
            ("expense:advertising", -101_240),
        ])
    );
    assert_eq!(units(&report), 2);
}

#[test]
fn a_german_file_is_read_in_its_own_words_and_encoding() {
    let (report, _) = read_and_prove(&fixture("date_range_de.csv"));
    assert_eq!((report.encoding, report.currency.code()), ("windows-1252", "EUR"));
    assert_eq!(report.names.skus, ["", "GRÜN-1"]);
    assert_eq!(
        accounts(&report),
        nets([
            ("income:sales:product", 110_000),
            ("income:sales:shipping", 399),
            ("liability:tax_collected", 20_976),
            ("liability:tax_withheld_by_marketplace", -21_375),
            ("expense:fee:unsplit", -16_930),
            ("expense:advertising", -5000),
            ("expense:fee:gst", -950),
        ])
    );
    assert_eq!((report.settlements[0].head.total, report.problems.len()), (Some(87_120), 0));
}

#[test]
fn a_japanese_file_is_read_in_its_own_words_and_encoding() {
    let (report, _) = read_and_prove(&fixture("date_range_jp.csv"));
    assert_eq!((report.encoding, report.currency.code()), ("Shift_JIS", "JPY"));
    assert_eq!(report.names.skus, ["", "茶碗-1"]);
    assert_eq!(
        accounts(&report),
        nets([
            ("income:sales:product", 1500),
            ("liability:tax_collected", 150),
            ("income:promotion", -15),
            ("expense:fee:unsplit", -165 - 434),
            ("expense:advertising", -1234),
        ])
    );
    assert_eq!(report.settlements[0].head.total, Some(200));
    let utf8 = encoding_rs::SHIFT_JIS.decode(&fixture("date_range_jp.csv")).0.into_owned();
    assert_eq!(accounts(&read(utf8.as_bytes()).unwrap()), accounts(&report));
}

#[test]
fn a_row_whose_money_does_not_sum_to_its_total_refuses_the_file() {
    let found = refusal(india().replace("\"270.00\"", "\"271.00\"").as_bytes()).to_string();
    assert!(
        found.starts_with("line 14, column total: the money columns sum to 270.00, the total says 271.00"),
        "{found}"
    );
}

#[test]
fn a_money_column_that_nobody_knows_stays_visible() {
    let file =
        india().replace("\"gift wrap credits\"", "\"New Levy\"").replace("gift wrap credits", "New Levy");
    let (report, _) = read_and_prove(file.as_bytes());
    let unclassified: i64 = report.settlements[0].tally.labels.values().map(|label| label.unclassified).sum();
    assert_eq!(unclassified, 2);
    let label = report.names.labels.iter().find(|label| label.amount_type == "New Levy");
    assert_eq!(label.unwrap().transaction_type, "Order");
}

#[test]
fn a_status_that_nobody_knows_is_decided_by_the_release_date_and_told() {
    let report = read(india().replace("\"Deferred\"", "\"Later\"").as_bytes()).unwrap();
    assert_eq!(report.settlements[0].memo.deferred_rows, 1);
    assert!(report.problems.iter().any(|problem| problem.message.contains("unknown status `Later`")));
}

#[test]
fn what_is_wrong_names_line_and_column() {
    let with = |from: &str, to: &str| {
        assert!(india().contains(from), "{from}");
        refusal(india().replacen(from, to, 1).as_bytes()).to_string()
    };
    let found = with("\"761.86\"", "\"761.8x\"");
    assert!(found.starts_with("line 5, column product sales: `761.8x` is no amount"), "{found}");
    let found = with("3 Aug 2026 8", "31 Feb 2026 8");
    assert!(
        found.starts_with("line 8, column date/time: `31 Feb 2026 8:00:00 am UTC` is no date"),
        "{found}"
    );
    let found = with("\"99.00\"", "\"99,00\"");
    assert!(found.contains("line 5 has a decimal point, the one on line 7 a decimal comma"), "{found}");
    let found = with("\"Sofa\",\"2\"", "\"Sofa\",\"two\"");
    assert!(found.starts_with("line 7, column quantity: `two` is no quantity"), "{found}");
    let found = with("\"26500000011\",\"Refund\"", "\"\",\"Refund\"");
    assert!(found.starts_with("line 8, column settlement id: the settlement id is empty"), "{found}");
    let found = with("\"settlement id\",", "");
    assert!(
        found.starts_with("line 4, column settlement id: the header has no column `settlement id`"),
        "{found}"
    );
    let found = with("\"total\"", "\"sum\"");
    assert!(found.contains("the header has no column `total`"), "{found}");
}

#[test]
fn the_currency_comes_from_the_preamble_or_the_marketplace() {
    let bare = india();
    let bare = bare.lines().skip(3).collect::<Vec<_>>().join("\n");
    assert_eq!(read(bare.as_bytes()).unwrap().currency.code(), "INR");
    let nowhere = fixture("date_range_us.csv");
    let nowhere = String::from_utf8(nowhere)
        .unwrap()
        .replace("USD", "-")
        .replace("amazon.com", "")
        .replace("Amazon.com", "");
    assert!(refusal(nowhere.as_bytes()).to_string().contains("names the currency"));
}

#[test]
fn a_file_cut_off_is_refused() {
    let file = india();
    let cut = file.find("SAFE-T Claim").unwrap();
    let found = refusal(&file.as_bytes()[..cut]).to_string();
    assert!(found.contains("the row has 6 columns, the header 29: the file is cut off"), "{found}");
    let header_only = file.find("\"1 Aug").unwrap();
    assert!(refusal(&file.as_bytes()[..header_only]).to_string().contains("a header and no rows"));
    let mut nul = file.clone().into_bytes();
    nul[cut] = 0;
    assert!(refusal(&nul).to_string().starts_with("line 10: the file holds NUL bytes"), "{}", refusal(&nul));
    let open = file + "\"never closed" + &"more of it\n".repeat(200_000);
    assert!(refusal(open.as_bytes()).to_string().contains("a quote that opens before"));
}

#[test]
fn two_files_of_one_settlement_are_held_against_each_other() {
    let report = read(&fixture("date_range_us.csv")).unwrap();
    let v2 = read(&fixture("v2_of_v1.txt")).unwrap();
    let (ours, theirs) = (&report.settlements[0], &v2.settlements[0]);
    // −4.84 in total, of which −5.00 was carried over: rows worth 0.16 are expected.
    let remainder = settlement::remainder(ours, theirs, &v2.names).unwrap();
    assert_eq!(remainder, ours.tally.sum - 16);
}

/// A file of rows (type, columns' paise, status).
fn generated(rows: &[(usize, Vec<i64>, bool)]) -> String {
    let text = india();
    let header = text.lines().nth(3).unwrap();
    let mut lines = vec!["\"All amounts in INR, unless specified\"".to_owned(), header.to_owned()];
    let decimal = |paise: i64| {
        let sign = if paise < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", paise.abs() / 100, paise.abs() % 100)
    };
    for (index, (kind, money, deferred)) in rows.iter().enumerate() {
        let kind = ["Order", "Refund", "Service Fee", "Adjustment", "Transfer", "Some Type"][kind % 6];
        let mut cells = vec![
            format!("{} Aug 2026 3:44:19 pm UTC", index % 28 + 1),
            format!("2650000000{}", index % 3),
            kind.to_owned(),
            format!("403-{index}"),
            format!("SKU-{}", index % 7),
            "A thing, \"\"quoted\"\"".to_owned(),
            "1".to_owned(),
        ];
        cells.extend(std::iter::repeat_n(String::new(), 6));
        cells.extend(money.iter().map(|&paise| decimal(paise)));
        cells.push(decimal(money.iter().sum()));
        cells.push(if *deferred { "Deferred" } else { "Released" }.to_owned());
        cells.push(String::new());
        lines.push(cells.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(","));
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_account_together_is_the_released_rows(
        rows in proptest::collection::vec((0_usize..6, proptest::collection::vec(-90_000_i64..90_000, 13), any::<bool>()), 1..60)
    ) {
        let (report, _) = read_and_prove(generated(&rows).as_bytes());
        let total = |wanted: &dyn Fn(usize, bool) -> bool| -> i64 {
            rows.iter().filter(|(kind, _, deferred)| wanted(kind % 6, *deferred)).flat_map(|(_, money, _)| money).sum()
        };
        let sum: i64 = report.settlements.iter().map(|settlement| settlement.tally.sum).sum();
        prop_assert_eq!(sum, total(&|kind, deferred| kind != 4 && !deferred));
        let paid: i64 = report.settlements.iter().filter_map(|settlement| settlement.head.total).sum();
        prop_assert_eq!(-paid, total(&|kind, deferred| kind == 4 && !deferred));
        let memo: i64 = report.settlements.iter().map(|settlement| settlement.memo.deferred_amount).sum();
        prop_assert_eq!(memo, total(&|_, deferred| deferred));
    }

    #[test]
    fn damage_never_panics(at in 0_usize..4000, byte in any::<u8>(), cut in any::<bool>(), which in 0_usize..5) {
        let name = ["date_range_in.csv", "date_range_in.txt", "date_range_us.csv", "date_range_de.csv", "date_range_jp.csv"][which];
        let mut file = fixture(name);
        let at = at % file.len();
        if cut { file.truncate(at) } else { file[at] = byte }
        let _ = read(&file);
    }
}
