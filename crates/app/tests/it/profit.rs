//! `ecom profit` from the outside: the built binary on small made-up files.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};

const HEADER: &str = "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\torder-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\tposted-date-time\tsku\tquantity-purchased";

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn ecom(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ecom"))
            .arg("profit")
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    /// The JSON answer and the exit status.
    fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.ecom(&[arguments, &["--format", "json"]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        (value, output.status.code().unwrap())
    }

    /// What a form prints, and the exit status.
    fn text(&self, arguments: &[&str]) -> (String, i32) {
        let output = self.ecom(arguments);
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    }
}

/// label, amount, day and time in UTC, SKU, quantity
type Row<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

fn settlement(id: &str, head: [&str; 4], rows: &[Row<'_>]) -> String {
    let [start, end, total, currency] = head;
    let place = if currency == "USD" { "Amazon.com" } else { "Amazon.in" };
    let summary = format!("{id}\t{start}\t{end}\t{end}\t{total}\t{currency}{}", "\t".repeat(10));
    let mut lines = vec![HEADER.to_owned(), summary];
    for (label, amount, when, sku, quantity) in rows {
        let [transaction, kind, description] = label.split('|').collect::<Vec<_>>().try_into().unwrap();
        let date = when.get(..10).unwrap();
        let place = if sku.is_empty() { "" } else { place };
        lines.push(format!(
            "{id}\t\t\t\t\t\t{transaction}\t\t{place}\t{kind}\t{description}\t{amount}\t{date}\t{when}\t{sku}\t{quantity}"
        ));
    }
    lines.join("\n") + "\n"
}

/// A sale of two cups, a mug, a refund, advertising with GST inside, a fee with its GST, reserve.
fn september() -> String {
    let rows = [
        (
            "other-transaction|other-transaction|Previous Reserve Amount Balance",
            "50.00",
            "2026-09-14 06:30:00 UTC",
            "",
            "",
        ),
        ("Order|ItemPrice|Principal", "1000.00", "2026-09-15 19:30:00 UTC", "CUP", "2"),
        ("Order|ItemPrice|Product Tax", "120.00", "2026-09-15 19:30:00 UTC", "CUP", "2"),
        ("Order|ItemFees|Commission", "-100.00", "2026-09-15 19:30:00 UTC", "CUP", ""),
        ("Order|ItemFees|Commission IGST", "-18.00", "2026-09-15 19:30:00 UTC", "CUP", ""),
        ("Order|ItemTCS|TCS-IGST", "-5.00", "2026-09-15 19:30:00 UTC", "CUP", ""),
        ("Order|ItemTDS|TDS (Section 194-O)", "-1.00", "2026-09-15 19:30:00 UTC", "CUP", ""),
        ("Order|ItemPrice|Principal", "300.00", "2026-09-21 10:00:00 UTC", "MUG", "1"),
        ("Refund|ItemPrice|Principal", "-500.00", "2026-09-22 10:00:00 UTC", "CUP", ""),
        (
            "ServiceFee|Cost of Advertising|TransactionTotalAmount",
            "-118.00",
            "2026-09-23 10:00:00 UTC",
            "",
            "",
        ),
        (
            "other-transaction|other-transaction|Current Reserve Amount",
            "-70.00",
            "2026-09-28 06:30:00 UTC",
            "",
            "",
        ),
    ];
    settlement("501", ["2026-09-14 06:30:00 UTC", "2026-09-28 06:30:00 UTC", "658.00", "INR"], &rows)
}

fn american() -> String {
    let rows = [("Order|ItemPrice|Principal", "20.00", "2026-09-15 19:30:00 UTC", "CUP", "1")];
    settlement("901", ["2026-09-14 06:30:00 UTC", "2026-09-28 06:30:00 UTC", "20.00", "USD"], &rows)
}

const COSTS: &str = "sku,from,goods,freight\nCUP,2026-01-01,200,10.50\nMUG,2026-01-01,100,\n";

fn amount(value: &Value, list: &str, account: &str) -> String {
    let rows = value[list].as_array().unwrap();
    let found = rows.iter().find(|row| row["account"] == account).unwrap_or_else(|| panic!("no {account}"));
    found["amount"].as_str().unwrap().to_owned()
}

fn paise(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The field names of `docs/profit.md` for a list, sorted.
fn documented(list: &str) -> Vec<String> {
    let page = include_str!("../../../../docs/profit.md");
    let at =
        page.find(&format!("\"{list}\":[{{")).unwrap_or_else(|| panic!("docs/profit.md names no {list}"));
    let object = page[at..].split_once("[{").unwrap().1;
    let object = object.split(['}', ':']).next().unwrap();
    let mut names: Vec<String> =
        object.split(',').map(|name| name.trim().trim_matches('"').to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_json_has_the_fields_that_the_page_names() {
    let folder = Folder::new("shape");
    folder.put("september.txt", september());
    folder.put(
        "strange.txt",
        settlement(
            "502",
            ["2026-09-28 06:30:00 UTC", "2026-10-12 06:30:00 UTC", "-1.00", "INR"],
            &[("Order|ItemPrice|Nobody Knows", "-1.00", "2026-09-29 10:00:00 UTC", "CUP", "")],
        ),
    );
    let (answer, status) = folder.json(&["september.txt", "strange.txt", "--by", "month"]);
    assert_eq!(status, 0, "a line that is not understood is shown, and no failure");
    assert_eq!(
        keys(&answer),
        [
            "basis",
            "bridge",
            "checks",
            "groups",
            "problems",
            "provisional",
            "roll_forward",
            "settlements",
            "statement",
            "totals",
            "unclassified"
        ]
    );
    for list in [
        "settlements",
        "statement",
        "groups",
        "bridge",
        "unclassified",
        "problems",
        "totals",
        "roll_forward",
        "checks",
    ] {
        assert_eq!(keys(&answer[list][0]), documented(list), "{list}");
    }
    assert_eq!(answer["basis"], "settlement");
    assert_eq!(answer["provisional"], json!(false), "the second settlement covers September to its end");
    assert_eq!(folder.json(&["september.txt"]).0["provisional"], json!(true));
    assert_eq!(keys(&answer["groups"][0]["accounts"][0]), ["account", "amount", "estimated"]);
    let expected = json!({
        "file": "september.txt", "format": "v2", "settlement_id": "501", "currency": "INR",
        "start": "2026-09-14T06:30:00Z", "end": "2026-09-28T06:30:00Z", "deposit_date": "2026-09-28T06:30:00Z",
        "total": "658.00", "lines": 11, "sum": "658.00", "balanced": true
    });
    assert_eq!(answer["settlements"][0], expected);
    let expected = json!({
        "transaction_type": "Order", "amount_type": "ItemPrice", "amount_description": "Nobody Knows",
        "lines": 1, "amount": "-1.00"
    });
    assert_eq!(answer["unclassified"], json!([expected]));
}

#[test]
fn the_accounts_sum_to_the_total_and_the_bridge_leads_there() {
    let folder = Folder::new("bridge");
    folder.put("september.txt", september());
    folder.put("costs.csv", COSTS);
    let (answer, status) = folder.json(&["september.txt", "--costs", "costs.csv"]);
    assert_eq!(status, 0);
    let rows = answer["statement"].as_array().unwrap();
    let from_settlements = |row: &&Value| row["account"] != "expense:cogs";
    assert_eq!(rows.iter().filter(from_settlements).map(|row| paise(&row["amount"])).sum::<i64>(), 65_800);
    for row in rows {
        assert_eq!(paise(&row["debit"]) + paise(&row["credit"]), paise(&row["amount"]), "{row}");
    }
    for (account, expected) in [
        ("income:sales:product", "1300.00"),
        ("income:refund", "-500.00"),
        ("expense:fee:referral", "-100.00"),
        ("expense:advertising", "-100.00"),
        ("asset:gst_input:igst", "-18.00"),
        ("asset:gst_input:unsplit", "-18.00"),
        ("asset:tcs:igst", "-5.00"),
        ("asset:tds", "-1.00"),
        ("liability:tax_collected", "120.00"),
        ("asset:amazon_reserve", "-20.00"),
        ("expense:cogs", "-521.00"),
    ] {
        assert_eq!(amount(&answer, "statement", account), expected, "{account}");
    }
    let bridge = &answer["bridge"][0];
    assert_eq!((bridge["profit"].as_str(), bridge["cogs"].as_str()), (Some("79.00"), Some("-521.00")));
    assert_eq!((bridge["gst_input"].as_str(), bridge["total"].as_str()), (Some("-36.00"), Some("658.00")));
    let roll = json!({
        "currency": "INR", "opening": "50.00", "posted": "678.00", "paid_out": "658.00", "unexplained": "0.00",
        "closing": "70.00", "reserve_held": "70.00", "unsettled": "0.00"
    });
    assert_eq!(answer["roll_forward"], json!([roll]));
    let totals = json!({
        "currency": "INR", "gst": "credit", "units": 3, "units_without_cost": 0, "refunds_not_credited": 1,
        "net_sales": "800.00", "profit": "79.00", "cost_known": true, "margin": "9.88", "roi": "15.16"
    });
    assert_eq!(answer["totals"], json!([totals]));
}

#[test]
fn estimated_is_the_derived_part_and_as_printed_leaves_it_out() {
    let folder = Folder::new("estimated");
    folder.put("september.txt", september());
    let estimated = |answer: &Value, account: &str| {
        let rows = answer["statement"].as_array().unwrap();
        let row = rows.iter().find(|row| row["account"] == account);
        row.map(|row| {
            (row["amount"].as_str().unwrap().to_owned(), row["estimated"].as_str().unwrap().to_owned())
        })
    };
    let pair = |amount: &str, estimated: &str| Some((amount.to_owned(), estimated.to_owned()));
    let (answer, _) = folder.json(&["september.txt"]);
    assert_eq!(estimated(&answer, "expense:advertising"), pair("-100.00", "18.00"));
    assert_eq!(estimated(&answer, "asset:gst_input:unsplit"), pair("-18.00", "-18.00"));
    let (answer, _) = folder.json(&["september.txt", "--as-printed"]);
    assert_eq!(estimated(&answer, "expense:advertising"), pair("-118.00", "0.00"));
    assert_eq!(estimated(&answer, "asset:gst_input:unsplit"), None);
    assert_eq!(answer["totals"][0]["gst"], "credit_as_printed");
    let (answer, _) = folder.json(&["september.txt", "--no-input-credit"]);
    assert_eq!(estimated(&answer, "expense:fee:gst"), pair("-18.00", "0.00"));
    assert_eq!(answer["bridge"][0]["gst_input"], "0.00");
}

#[test]
fn every_by_gives_groups_that_sum_to_the_statement() {
    let folder = Folder::new("by");
    folder.put("september.txt", september());
    folder.put("costs.csv", COSTS);
    for (by, expected) in [
        ("day", &["2026-09-14", "2026-09-16", "2026-09-21", "2026-09-22", "2026-09-23", "2026-09-28"][..]),
        ("week", &["2026-09-14", "2026-09-21", "2026-09-28"]),
        ("month", &["2026-09"]),
        ("year", &["2026-27"]),
        ("sku", &["", "CUP", "MUG"]),
        ("marketplace", &["", "Amazon.in"]),
        ("settlement", &["501"]),
    ] {
        let (answer, status) = folder.json(&["september.txt", "--costs", "costs.csv", "--by", by]);
        assert_eq!(status, 0);
        let groups = answer["groups"].as_array().unwrap();
        assert_eq!(
            groups.iter().map(|group| group["key"].as_str().unwrap()).collect::<Vec<_>>(),
            expected,
            "{by}"
        );
        for row in answer["statement"].as_array().unwrap() {
            let accounts = groups.iter().flat_map(|group| group["accounts"].as_array().unwrap());
            let parts = accounts.filter(|part| part["account"] == row["account"]);
            assert_eq!(
                parts.map(|part| paise(&part["amount"])).sum::<i64>(),
                paise(&row["amount"]),
                "{by} {row}"
            );
        }
        let sum = |field: &str| groups.iter().map(|group| paise(&group[field])).sum::<i64>();
        assert_eq!((sum("profit"), sum("net_sales")), (7_900, 80_000), "{by}");
        assert_eq!(groups.iter().map(|group| group["units"].as_i64().unwrap()).sum::<i64>(), 3);
        let time = ["day", "week", "month", "year"].contains(&by);
        assert!(groups.iter().all(|group| group["by"] == by && group["provisional"].is_boolean() == time));
    }
    let (answer, _) = folder.json(&["september.txt", "--by", "account"]);
    let groups: Vec<&Value> =
        answer["groups"].as_array().unwrap().iter().map(|group| &group["key"]).collect();
    let accounts: Vec<&Value> =
        answer["statement"].as_array().unwrap().iter().map(|row| &row["account"]).collect();
    assert_eq!(groups, accounts);
}

#[test]
fn a_file_that_does_not_balance_is_in_no_figure_and_the_others_still_are() {
    let folder = Folder::new("quarantine");
    folder.put("good.txt", september());
    folder.put("bad.txt", american().replace("\t20.00\tUSD", "\t21.00\tUSD"));
    folder.put("broken.txt", september().replace("-118.00", "-11x.00"));
    let (answer, status) = folder.json(&["bad.txt", "broken.txt", "good.txt", "gone.txt"]);
    assert_eq!(status, 1);
    assert_eq!(answer["settlements"][0]["balanced"], json!(false));
    assert_eq!(
        answer["statement"].as_array().unwrap().iter().filter(|row| row["currency"] == "USD").count(),
        0
    );
    assert_eq!(answer["bridge"][0]["total"], "658.00");
    let problem = |file: &str| {
        let all = answer["problems"].as_array().unwrap();
        all.iter().find(|problem| problem["file"] == file).unwrap_or_else(|| panic!("no problem of {file}"))
    };
    assert!(problem("bad.txt")["message"].as_str().unwrap().contains("sum to 20.00, its total is 21.00"));
    assert_eq!(problem("broken.txt")["line"], json!(12));
    assert!(problem("broken.txt")["message"].as_str().unwrap().contains("column amount: `-11x.00`"));
    assert!(problem("gone.txt")["message"].as_str().unwrap().contains("cannot be opened"));
    let (text, status) = folder.text(&["bad.txt", "good.txt"]);
    assert_eq!(status, 1);
    assert!(text.contains("DOES NOT BALANCE: lines sum to 20.00"), "{text}");
    assert!(text.contains("Net sales"), "{text}");
}

#[test]
fn a_missing_cost_is_unknown_and_never_zero() {
    let folder = Folder::new("missing");
    folder.put("september.txt", september());
    folder.put("costs.csv", "sku,from,goods\nCUP,15/09/2026,200\n");
    let (answer, status) = folder.json(&["september.txt", "--costs", "costs.csv", "--by", "sku"]);
    assert_eq!(status, 0);
    let known: Vec<(&str, bool, i64)> = answer["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            (
                group["key"].as_str().unwrap(),
                group["cost_known"].as_bool().unwrap(),
                group["units_without_cost"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(known, [("", true, 0), ("CUP", true, 0), ("MUG", false, 1)]);
    let totals = &answer["totals"][0];
    assert_eq!(
        (&totals["cost_known"], &totals["margin"], &totals["roi"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    let (text, _) = folder.text(&["september.txt", "--costs", "costs.csv"]);
    assert!(text.contains("cost unknown for 1 of 3 units"), "{text}");
    assert!(text.contains("Before unknown costs") && !text.contains("Net profit"), "{text}");
    assert!(text.contains("cost of 1 refunds of unknown condition not credited"), "{text}");
}

#[test]
fn every_bad_row_of_a_cost_sheet_is_told_and_the_files_are_still_reported() {
    let folder = Folder::new("costs");
    folder.put("september.txt", september());
    folder.put("costs.csv", "sku,from,goods\nCUP,2026-01-01,-5\nMUG,03/04/2026,10\nCUP,2026-01-01,ten\n");
    let (answer, status) = folder.json(&["september.txt", "--costs", "costs.csv"]);
    assert_eq!(status, 1);
    let told: Vec<(u64, &str)> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_u64().unwrap(), one["message"].as_str().unwrap()))
        .collect();
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(
        told[0].1.contains("negative") && told[1].1.contains("may be 2026-04-03 or 2026-03-04"),
        "{told:?}"
    );
    assert_eq!(answer["bridge"][0]["total"], "658.00");
    let (answer, status) = folder.json(&["september.txt", "--costs", "none.csv"]);
    assert_eq!((status, &answer["problems"][0]["file"]), (1, &json!("none.csv")));
}

#[test]
fn two_currencies_stand_side_by_side_and_are_never_added() {
    let folder = Folder::new("currencies");
    folder.put("september.txt", september());
    folder.put("american.txt", american());
    let (answer, status) = folder.json(&["september.txt", "american.txt", "--by", "month"]);
    assert_eq!(status, 0);
    let of = |list: &str, field: &str| {
        let rows = answer[list].as_array().unwrap().iter();
        rows.map(|row| {
            (row["currency"].as_str().unwrap().to_owned(), row[field].as_str().unwrap().to_owned())
        })
        .collect::<Vec<_>>()
    };
    let pairs =
        |inr: &str, usd: &str| vec![("INR".to_owned(), inr.to_owned()), ("USD".to_owned(), usd.to_owned())];
    assert_eq!(of("bridge", "total"), pairs("658.00", "20.00"));
    assert_eq!(of("groups", "net_sales"), pairs("800.00", "20.00"));
    assert_eq!(of("totals", "gst"), pairs("credit", "cost"));
}

#[test]
fn the_same_settlement_twice_counts_once_and_the_newer_report_wins() {
    let folder = Folder::new("twice");
    folder.put("50012000010.txt", september());
    let more = september().replace("658.00\tINR", "659.00\tINR").replace("1000.00", "1001.00");
    folder.put("50012000020.txt", more);
    let (answer, status) = folder.json(&["50012000020.txt", "50012000010.txt"]);
    assert_eq!(status, 0);
    assert_eq!(answer["bridge"][0]["total"], "659.00");
    assert_eq!(answer["problems"][0]["file"], "50012000010.txt");
    let again = answer["checks"].as_array().unwrap().iter().find(|check| check["check"] == "again").unwrap();
    assert!(
        again["findings"][0].as_str().unwrap().contains("2 lines 1300.00 before, 2 lines 1301.00 now"),
        "{again}"
    );
}

#[test]
fn csv_has_a_header_and_no_formulas_and_tells_problems_apart() {
    let folder = Folder::new("csv");
    folder.put("september.txt", september().replace("MUG", "=MUG,1"));
    folder.put("bad.txt", american().replace("\t20.00\tUSD", "\t21.00\tUSD"));
    let output = folder.ecom(&["september.txt", "bad.txt", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("currency,account,amount,estimated,debit,credit\nINR,income:sales:product,1300.00,0.00,0.00,1300.00\n"), "{text}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("bad.txt: settlement 901 does not balance"));
    let (text, _) = folder.text(&["september.txt", "--format", "csv", "--by", "sku"]);
    assert!(text.starts_with("by,key,currency,account,amount,estimated\nsku,,INR,"), "{text}");
    assert!(text.contains("sku,\"'=MUG,1\",INR,income:sales:product,300.00,0.00\n"), "{text}");
}

#[test]
fn wrong_usage_is_told_and_exits_with_two() {
    let folder = Folder::new("usage");
    folder.put("september.txt", september());
    for arguments in [
        &[][..],
        &["september.txt", "--by", "colour"],
        &["september.txt", "--format", "xml"],
        &["september.txt", "--as-printed", "--no-input-credit"],
        &["september.txt", "--costs"],
    ] {
        let output = folder.ecom(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn nothing_read_gives_empty_lists_and_a_failure() {
    let folder = Folder::new("nothing");
    folder.put("empty.txt", "");
    let (answer, status) = folder.json(&["empty.txt", "--by", "sku"]);
    assert_eq!(status, 1);
    for list in ["settlements", "statement", "groups", "bridge", "unclassified", "totals", "roll_forward"] {
        assert_eq!(answer[list], json!([]), "{list}");
    }
    assert_eq!(answer["provisional"], json!(false));
    assert_eq!(answer["problems"][0]["file"], "empty.txt");
    let (text, _) = folder.text(&["empty.txt", "--by", "sku", "--format", "csv"]);
    assert_eq!(text, "by,key,currency,account,amount,estimated\n");
}

#[test]
fn no_progress_bar_is_written_where_there_is_no_terminal() {
    let folder = Folder::new("quiet");
    folder.put("september.txt", september());
    let output = folder.ecom(&["september.txt"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
