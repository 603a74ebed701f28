//! The XML reader: labels as in V2, nothing counted twice, lines of the file.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use crate::common;

use common::{accounts, fixture, nets, read, read_and_prove, refusal, units};
use ecom_ledger::settlement::Format;
use proptest::prelude::*;

fn text() -> String {
    String::from_utf8(fixture("settlement.xml")).unwrap()
}

#[test]
fn amounts_go_to_the_accounts_of_their_v2_labels() {
    let (report, lines) = read_and_prove(text().as_bytes());
    assert_eq!((report.format, report.file_lines), (Format::Xml, text().lines().count() as u64));
    let settlement = &report.settlements[0];
    assert_eq!((settlement.head.total, settlement.balanced()), (Some(-53_699), true));
    assert_eq!(
        accounts(&report),
        nets([
            ("income:sales:product", 100_000),
            ("liability:tax_collected", 5000),
            ("expense:fee:referral", -22_050),
            ("asset:gst_input:igst", -3969),
            ("asset:tcs:igst", -500),
            ("income:refund", -50_000),
            ("expense:fee:refund", -5000),
            ("income:reimbursement", 15_000),
            ("asset:amazon_reserve", -30_000),
            ("expense:advertising", -50_000),
            // The tax of advertising, and 18/118 of the coupon fee as an estimate.
            ("asset:gst_input:unsplit", -9000 - 180),
            ("expense:deals", -1180 + 180 - 2000),
        ])
    );
    assert_eq!(units(&report), 2);
    // The same promotion was taken back in the refund: the two cancel and leave no net.
    assert_eq!(lines.list.iter().filter(|line| line.amount.abs() == 4000).count(), 2);
}

#[test]
fn line_numbers_are_those_of_the_file() {
    let (report, lines) = read_and_prove(text().as_bytes());
    let place = |needle: &str| text().lines().position(|line| line.contains(needle)).unwrap() as u64 + 1;
    let sku = |name: &str| report.names.skus.iter().position(|sku| sku == name).unwrap();
    assert_eq!(report.names.skus, ["", "BOWL&LID", "LAMP", "VASE"]);
    let lamp = lines.list.iter().find(|line| line.sku as usize == sku("LAMP")).unwrap();
    assert_eq!((lamp.number, lamp.column, lamp.amount), (place("<SKU>LAMP"), 1, 10_000));
    let tax = lines.list.iter().find(|line| line.amount == -9000).unwrap();
    assert_eq!((tax.number, tax.column), (place("<BaseAmount"), 2));
}

#[test]
fn a_whole_whose_parts_do_not_sum_to_it_fails_the_balance() {
    let bent = text().replace(">100.00<", ">101.00<");
    assert_ne!(bent, text());
    assert!(!read(bent.as_bytes()).unwrap().settlements[0].balanced());
    let bent = text().replace(">-90.00<", ">-80.00<");
    let report = read(bent.as_bytes()).unwrap();
    assert!(report.settlements[0].balanced(), "advertising is known by its whole");
    assert_eq!(report.settlements[0].tally.lines, 15);
}

#[test]
fn one_line_of_xml_is_read_like_many() {
    let one: String = text().lines().map(str::trim).collect();
    let (report, lines) = read_and_prove(one.as_bytes());
    assert_eq!(accounts(&report), accounts(&read(text().as_bytes()).unwrap()));
    assert!(lines.list.iter().all(|line| line.number == 1));
}

#[test]
fn the_declared_encoding_is_honoured_and_wrong_utf_8_refused() {
    let text = text().replace("LAMP", "LÄMP").replacen("UTF-8", "ISO-8859-1", 1);
    let latin: Vec<u8> = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    let (report, _) = read_and_prove(&latin);
    assert!(report.names.skus.contains(&"LÄMP".to_owned()));
    let wrong: Vec<u8> =
        encoding_rs::WINDOWS_1252.encode(&text.replacen("ISO-8859-1", "UTF-8", 1)).0.into_owned();
    let found = refusal(&wrong).to_string();
    assert!(found.contains("no well-formed XML"), "{found}");
}

#[test]
fn what_is_wrong_names_line_and_element() {
    let with = |from: &str, to: &str| {
        assert!(text().contains(from), "{from}");
        refusal(text().replacen(from, to, 1).as_bytes()).to_string()
    };
    let line = |needle: &str| text().lines().position(|line| line.contains(needle)).unwrap() + 1;
    let found = with(">-220.50<", ">-220.5x<");
    assert!(
        found.starts_with(&format!("line {}, column Amount: `-220.5x` is no amount", line("-220.50"))),
        "{found}"
    );
    let found = with("2026-06-05T00:00:00", "2026-06-31T00:00:00");
    assert!(found.contains("column PostedDate: `2026-06-31T00:00:00+00:00` is no date"), "{found}");
    let found = with("<Amount currency=\"INR\">-50.00", "<Amount currency=\"USD\">-50.00");
    assert!(found.contains("currency `USD` after INR"), "{found}");
    let found = with("<AmazonSettlementID>26500000021</AmazonSettlementID>", "");
    assert!(found.contains("the report has no `AmazonSettlementID`"), "{found}");
    let found = with("</ItemFees>", "</ItemFee>");
    assert!(found.contains("no well-formed XML"), "{found}");
    let cut = text().find("<Refund>").unwrap();
    let found = refusal(&text().as_bytes()[..cut + 12]).to_string();
    assert!(found.contains("the file ends within") && found.contains("cut off"), "{found}");
    let mut nul = text().into_bytes();
    nul[cut] = 0;
    assert!(refusal(&nul).to_string().contains("NUL"), "{}", refusal(&nul));
    let deep = text().replace("<Refund>", &"<a>".repeat(100));
    assert!(refusal(deep.as_bytes()).to_string().contains("nested deeper"));
    let long = text().replace("BOWL&amp;LID", &"x".repeat(3 << 20));
    assert!(refusal(long.as_bytes()).to_string().contains("longer than 1 MiB"));
}

proptest! {
    #[test]
    fn damage_never_panics(at in 0_usize..4000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut file = fixture("settlement.xml");
        let at = at % file.len();
        if cut { file.truncate(at) } else { file[at] = byte }
        let _ = read(&file);
    }
}
