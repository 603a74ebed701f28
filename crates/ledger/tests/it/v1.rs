//! The V1 reader: money columns, labels, units, and agreement with V2.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use crate::common;

use common::{accounts, fixture, nets, read, read_and_prove, refusal, units};
use ecom_ledger::settlement::Format;
use proptest::prelude::*;

#[test]
fn every_money_column_becomes_a_line_of_its_account() {
    let (report, lines) = read_and_prove(&fixture("v1_36_columns.txt"));
    assert_eq!((report.format, report.file_lines), (Format::V1, 18));
    let settlement = &report.settlements[0];
    assert_eq!((settlement.head.total, settlement.balanced()), (Some(-484), true));
    assert_eq!(
        accounts(&report),
        nets([
            ("income:sales:product", 9000),
            ("income:sales:shipping", 600),
            ("liability:tax_collected", 1170),
            ("expense:fee:referral", -900),
            ("expense:fee:fulfilment", -1640),
            ("expense:fee:refund", -90),
            ("income:promotion", -600),
            ("income:refund", -3000),
            ("expense:advertising", -2000),
            ("expense:fee:gst", -240),
            ("expense:fee:subscription", -3209),
            ("income:reimbursement", 975),
            ("asset:transfer:carried", -500),
            ("suspense:unclassified", -50),
        ])
    );
    // Advertising and its tax stand on one row, in the fourth and the sixth money column.
    let advertising: Vec<_> =
        lines.list.iter().filter(|line| line.number == 14).map(|line| (line.column, line.amount)).collect();
    assert_eq!(advertising, [(4, -2000), (6, -240)]);
}

#[test]
fn a_file_without_promotions_has_fewer_columns() {
    let (report, _) = read_and_prove(&fixture("v1_33_columns.txt"));
    assert_eq!(report.settlements[0].head.total, Some(116));
    assert!(report.settlements[0].balanced());
}

#[test]
fn units_stand_on_a_row_without_money_and_are_counted_once() {
    let file = String::from_utf8(fixture("v1_36_columns.txt")).unwrap();
    assert_eq!(units(&read(file.as_bytes()).unwrap()), 3);
    // The quantity again on the row with the price of the same item.
    let repeated = file.replace("MUG-1\t\tPrincipal\t90.00", "MUG-1\t3\tPrincipal\t90.00");
    assert_ne!(file, repeated);
    assert_eq!(units(&read(repeated.as_bytes()).unwrap()), 3);
    // Only there: older files have no row for the quantity alone.
    let rows: Vec<&str> =
        repeated.lines().enumerate().filter(|(at, _)| *at != 2).map(|(_, row)| row).collect();
    assert_eq!(units(&read(rows.join("\n").as_bytes()).unwrap()), 3);
}

#[test]
fn v1_and_v2_of_the_same_settlement_agree_account_by_account() {
    let (old, new) = (read(&fixture("v1_36_columns.txt")).unwrap(), read(&fixture("v2_of_v1.txt")).unwrap());
    assert_eq!((old.format, new.format), (Format::V1, Format::V2));
    assert_eq!(accounts(&old), accounts(&new));
    assert_eq!(old.settlements[0].head, new.settlements[0].head);
    assert_eq!(units(&old), units(&new));
}

#[test]
fn what_is_wrong_names_line_and_column() {
    let file = String::from_utf8(fixture("v1_36_columns.txt")).unwrap();
    let with = |from: &str, to: &str| {
        assert!(file.contains(from), "{from}");
        refusal(file.replacen(from, to, 1).as_bytes()).to_string()
    };
    let found = with("Principal\t90.00", "Principal\tninety");
    assert!(found.starts_with("line 4, column price-amount: `ninety` is no amount"), "{found}");
    let found = with("2026-08-03T20:10:00+00:00", "2026-02-30T20:10:00+00:00");
    assert!(
        found.starts_with("line 3, column posted-date: `2026-02-30T20:10:00+00:00` is no date"),
        "{found}"
    );
    let found = with("Shipping\t6.00", "Shipping\t6,00");
    assert!(found.contains("line 2 has a decimal point, the one on line 5 a decimal comma"), "{found}");
    let found = with("\tother-amount", "\tanother-amount");
    assert!(
        found.starts_with("line 1, column other-amount: the header has no column `other-amount`"),
        "{found}"
    );
    let found = with("Principal\t90.00", "Principal\t99999999999999999999.00");
    assert!(
        found.starts_with("line 4, column price-amount: amount") && found.contains("too large"),
        "{found}"
    );
    let cut = file.find("Commission").unwrap();
    let found = refusal(&file.as_bytes()[..cut]).to_string();
    assert!(found.starts_with("line 7: the row has") && found.contains("cut off"), "{found}");
}

/// A file of one order per entry: (column of the money, cents, SKU).
fn generated(rows: &[(usize, i64, u8)]) -> String {
    let fixture = String::from_utf8(fixture("v1_36_columns.txt")).unwrap();
    let header: Vec<&str> = fixture.lines().next().unwrap().split('\t').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let money: Vec<(usize, &str)> = header
        .iter()
        .enumerate()
        .filter(|(_, name)| name.ends_with("-amount") && **name != "total-amount")
        .map(|(at, name)| (at, *name))
        .collect();
    let row = |cells: &[(&str, String)]| {
        let mut all = vec![String::new(); header.len()];
        for (name, text) in cells {
            all[place(name)].clone_from(text);
        }
        all.join("\t")
    };
    let decimal = |cents: i64| {
        let sign = if cents < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
    };
    let own = str::to_owned;
    let total: i64 = rows.iter().map(|(_, cents, _)| cents).sum();
    let head = row(&[
        ("settlement-id", own("77")),
        ("settlement-start-date", own("2026-08-01T07:00:00+00:00")),
        ("settlement-end-date", own("2026-08-15T07:00:00+00:00")),
        ("deposit-date", own("2026-08-17T07:00:00+00:00")),
        ("total-amount", decimal(total)),
        ("currency", own("CAD")),
    ]);
    let mut lines = vec![header.join("\t"), head];
    for (index, (column, cents, sku)) in rows.iter().enumerate() {
        let (_, name) = money[column % money.len()];
        let hour = format!("2026-08-{:02}T{:02}:00:00+00:00", index % 14 + 1, index % 24);
        let mut cells = vec![
            ("settlement-id", own("77")),
            ("transaction-type", own(["Order", "Refund", "Subscription Fee"][index % 3])),
            ("posted-date", hour),
            ("sku", format!("SKU-{sku}")),
            (name, decimal(*cents)),
        ];
        if name == "price-amount" {
            cells.push(("price-type", own("Principal")));
            cells.push(("quantity-purchased", own("2")));
        }
        lines.push(row(&cells));
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_account_together_is_the_total(rows in proptest::collection::vec((0_usize..9, -100_000_i64..100_000, any::<u8>()), 1..120)) {
        let (report, _) = read_and_prove(generated(&rows).as_bytes());
        let settlement = &report.settlements[0];
        prop_assert!(settlement.balanced());
        prop_assert_eq!(settlement.tally.lines, i64::try_from(rows.len()).unwrap());
    }

    #[test]
    fn damage_never_panics(at in 0_usize..4000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut file = fixture("v1_36_columns.txt");
        let at = at % file.len();
        if cut { file.truncate(at) } else { file[at] = byte }
        let _ = read(&file);
    }
}
