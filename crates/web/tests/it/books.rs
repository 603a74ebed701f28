//! Books: what the journal posts, what Tally is given, registers, pay-outs and names of ledgers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use ecom_store::PersonId;
use quick_xml::events::Event;
use support::{Answer, Site, Visitor, settlement_from, site};

/// Two settlements: one across 31 March 2026, one of September.
async fn with_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement_from("2026-03-24", 3, 300)).await;
    site.import(&owner, "50001234569.txt", &settlement_from("2026-09-07", 5, 300)).await;
    (site, owner)
}

/// A voucher as Tally reads it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Voucher {
    id: String,
    date: String,
    kind: String,
    /// Ledger and paise.
    entries: Vec<(String, i64)>,
}

/// Ledgers (name and group) and vouchers of Tally's XML.
fn tally(answer: &Answer) -> (Vec<(String, String)>, Vec<Voucher>) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("application/xml"));
    let mut reader = quick_xml::Reader::from_reader(answer.bytes.as_slice());
    let (mut path, mut buffer, mut text) = (Vec::<String>::new(), Vec::new(), String::new());
    let (mut ledgers, mut vouchers) = (Vec::new(), Vec::<Voucher>::new());
    loop {
        match reader.read_event_into(&mut buffer).unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                let attribute = |name: &str| {
                    let found =
                        start.attributes().map(|one| one.unwrap()).find(|one| one.key.as_ref() == name);
                    found.map(|one| {
                        one.normalized_value(quick_xml::XmlVersion::Explicit1_0).unwrap().into_owned()
                    })
                };
                match path.last().unwrap().as_str() {
                    "VOUCHER" => {
                        vouchers.push(Voucher { id: attribute("REMOTEID").unwrap(), ..Voucher::default() });
                    }
                    "LEDGER" => ledgers.push((attribute("NAME").unwrap(), String::new())),
                    _ => {}
                }
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) => {
                text.push_str(quick_xml::escape::resolve_predefined_entity(&entity).unwrap_or("?"));
            }
            Event::End(_) => {
                let (text, at) = (text.trim().to_owned(), path.join("/"));
                if at.ends_with("LEDGER/PARENT") {
                    ledgers.last_mut().unwrap().1 = text;
                } else if at.ends_with("VOUCHER/DATE") {
                    vouchers.last_mut().unwrap().date = text;
                } else if at.ends_with("VOUCHER/VOUCHERTYPENAME") {
                    vouchers.last_mut().unwrap().kind = text;
                } else if at.ends_with("ALLLEDGERENTRIES.LIST/LEDGERNAME") {
                    vouchers.last_mut().unwrap().entries.push((text, 0));
                } else if at.ends_with("ALLLEDGERENTRIES.LIST/AMOUNT") {
                    let (rupees, paise) = text.split_once('.').unwrap();
                    assert_eq!(paise.len(), 2, "{text}");
                    let amount = format!("{rupees}{paise}").parse().unwrap();
                    vouchers.last_mut().unwrap().entries.last_mut().unwrap().1 = amount;
                }
                path.pop();
            }
            Event::Eof => return (ledgers, vouchers),
            _ => {}
        }
        buffer.clear();
    }
}

fn ids(vouchers: &[Voucher]) -> Vec<&str> {
    vouchers.iter().map(|voucher| voucher.id.as_str()).collect()
}

/// Sums of the ledgers over vouchers.
fn sums(vouchers: &[Voucher]) -> BTreeMap<&str, i64> {
    let mut sums = BTreeMap::new();
    for (ledger, amount) in vouchers.iter().flat_map(|voucher| &voucher.entries) {
        *sums.entry(ledger.as_str()).or_default() += amount;
    }
    sums
}

const BOTH: [&str; 2] = ["year=2025-26", "year=2026-27"];

#[tokio::test]
async fn the_pages_of_a_year_say_what_is_posted() {
    let (site, owner) = with_books().await;
    for path in ["", "/payouts", "/held", "/tcs", "/tds", "/gst", "/ledgers"] {
        let answer = site.get(&owner, &format!("/books{path}?year=2026-27")).await;
        insta::assert_snapshot!(format!("books{}", path.replace('/', "_")), answer.outline());
    }
}

#[tokio::test]
async fn before_the_first_file_and_in_days_without_lines_the_pages_say_so() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for path in ["/books", "/books/payouts", "/books/held", "/books/tcs", "/books/ledgers"] {
        let answer = site.get(&owner, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.body.contains("format=masters"), "{path}");
    }
    assert!(site.get(&owner, "/books").await.body.contains("No voucher falls into these days"));
    assert!(site.get(&owner, "/books/tcs").await.body.contains("Nothing in these days"));
    let (_, vouchers) = tally(&site.get(&owner, "/books?format=vouchers").await);
    assert!(vouchers.is_empty());
}

#[tokio::test]
async fn a_settlement_across_31_march_is_split_and_every_voucher_sums_to_nothing() {
    let (site, owner) = with_books().await;
    let mut all = Vec::new();
    for (year, expected) in BOTH.into_iter().zip([vec!["2026-03"], vec!["2026-04", "2026-09"]]) {
        let (ledgers, vouchers) = tally(&site.get(&owner, &format!("/books?{year}&format=tally")).await);
        let journals = vouchers.iter().filter(|voucher| voucher.kind == "Journal");
        let months: Vec<String> = journals.map(|voucher| voucher.id[17..24].to_owned()).collect();
        assert_eq!(months, expected, "{year}");
        for voucher in &vouchers {
            assert!(voucher.entries.len() > 1, "{voucher:?}");
            assert_eq!(voucher.entries.iter().map(|(_, amount)| amount).sum::<i64>(), 0, "{voucher:?}");
            assert!(voucher.entries.iter().all(|(name, _)| ledgers.iter().any(|(known, _)| known == name)));
        }
        all.extend(vouchers);
    }
    assert!(all.iter().all(|voucher| (voucher.date.as_str() < "20260401") == voucher.id.contains("2026-03")));
    let payouts: Vec<&str> =
        all.iter().filter(|one| one.kind == "Receipt").map(|one| one.id.as_str()).collect();
    assert_eq!(payouts, ["ecom-26000000003-payout", "ecom-26000000005-payout"]);
    assert!(ids(&all).iter().collect::<std::collections::BTreeSet<_>>().len() == all.len(), "no id twice");
}

#[tokio::test]
async fn an_export_again_has_the_same_ids_whatever_became_known_or_was_renamed() {
    let (site, owner) = with_books().await;
    let export = async || tally(&site.get(&owner, "/books?year=2026-27&format=tally").await);
    let (_, first) = export().await;
    assert_eq!(tally(&site.get(&owner, "/books?year=2026-27&format=vouchers").await).1, first);
    let rules = [("sales", "tax_reports"), ("goods", ""), ("indirect", "")];
    assert_eq!(site.post(&owner, "/books/rules?year=2026-27", &rules).await.status, StatusCode::SEE_OTHER);
    let names = [
        ("name-bank", "HDFC <Bank> & Co"),
        ("group-bank", "Bank Accounts"),
        ("existing-bank", "yes"),
        ("name-party", "Amazon India"),
        ("group-party", "Sundry Debtors"),
    ];
    assert_eq!(site.post(&owner, "/books/ledgers", &names).await.status, StatusCode::SEE_OTHER);
    let bank = [("utr-1", "AXISCN0123456789"), ("date-1", "2026-04-09")];
    assert_eq!(site.post(&owner, "/books/payouts?year=2026-27", &bank).await.status, StatusCode::SEE_OTHER);
    let (ledgers, second) = export().await;
    let sorted = |vouchers: &[Voucher]| {
        let mut ids: Vec<String> = ids(vouchers).into_iter().map(str::to_owned).collect();
        ids.sort();
        ids
    };
    assert_eq!(sorted(&second), sorted(&first));
    let payout = second.iter().find(|voucher| voucher.id == "ecom-26000000003-payout").unwrap();
    assert_eq!(payout.date, "20260409");
    assert_eq!(payout.entries[0].0, "Amazon India");
    assert_eq!(payout.entries[1].0, "HDFC <Bank> & Co");
    assert!(ledgers.iter().all(|(name, _)| !name.contains("HDFC")), "it exists in Tally already");
    let xml = site.get(&owner, "/books?year=2026-27&format=vouchers").await.body;
    assert!(xml.contains("<UNIQUEREFERENCENUMBER>AXISCN0123456789</UNIQUEREFERENCENUMBER>"));
    // A settlement number is no order, and nothing of a buyer or a product leaves in the books.
    assert!(!xml.contains("402-") && !xml.contains("-BLU-"));
}

#[tokio::test]
async fn turnover_is_posted_from_one_place_in_each_year() {
    let (site, owner) = with_books().await;
    let posted = async |year: &str| tally(&site.get(&owner, &format!("/books?{year}&format=tally")).await).1;
    let before = posted(BOTH[1]).await;
    let rules = [("sales", "tax_reports"), ("indirect", "yes")];
    let answer = site.post(&owner, "/books/rules?year=2026-27", &rules).await;
    assert_eq!(answer.to(), "/books?year=2026-27&said=kept");
    let after = posted(BOTH[1]).await;
    let (old, new) = (sums(&before), sums(&after));
    let turnover: i64 = old
        .iter()
        .filter(|(name, _)| {
            ["Amazon Sales", "Output GST", "Amazon Promotional", "Amazon Chargebacks"]
                .iter()
                .any(|start| name.starts_with(start))
        })
        .map(|(_, amount)| amount)
        .sum();
    assert!(turnover > 0 && !old.contains_key("Amazon Sales Clearing"));
    assert_eq!(new["Amazon Sales Clearing"], turnover);
    assert!(!new.contains_key("Amazon Sales") && !new.contains_key("Output GST - Amazon"));
    for ledger in
        ["Amazon Seller Services", "Bank Account", "Amazon Referral Fees", "TDS Receivable - Amazon"]
    {
        assert_eq!(old.get(ledger), new.get(ledger), "{ledger} is the same in both");
    }
    assert!(sums(&posted(BOTH[0]).await).contains_key("Amazon Sales"), "the year before keeps its rule");
    let page = site.get(&owner, "/books?year=2026-27").await.outline();
    assert!(page.contains("left to the tax reports"), "{page}");
}

#[tokio::test]
async fn the_workbook_and_the_tables_hold_the_same_as_tally() {
    let (site, owner) = with_books().await;
    let (_, vouchers) = tally(&site.get(&owner, "/books?year=2026-27&format=tally").await);
    let journal = site.get(&owner, "/books?year=2026-27&format=csv&table=journal").await;
    assert_eq!(journal.file_name(), "kurta-house_books-journal_fy-2026-27.csv");
    let minor = |cell: &str| cell.replace('.', "").parse::<i64>().unwrap_or(0);
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    let table = journal.table();
    for row in &table[1..] {
        *found.entry(row[4].clone()).or_default() += minor(&row[9]) - minor(&row[8]);
    }
    let expected: BTreeMap<String, i64> =
        sums(&vouchers).into_iter().map(|(name, amount)| (name.to_owned(), amount)).collect();
    found.retain(|name, amount| *amount != 0 || expected.contains_key(name));
    assert_eq!(found, expected);
    for path in ["", "/payouts", "/held", "/tcs", "/tds", "/gst", "/ledgers"] {
        let page = site.get(&owner, &format!("/books{path}?year=2026-27")).await;
        let files = page.links("format=");
        assert!(files.len() >= 2, "{path}");
        for file in files.iter().filter(|file| file.contains("format=csv") || file.contains("format=xlsx")) {
            let answer = site.get(&owner, file).await;
            assert!(answer.table().len() > 1, "{file}");
            assert!(answer.file_name().contains("fy-2026-27"), "{file}");
        }
    }
}

#[tokio::test]
async fn what_amazon_holds_at_the_end_is_the_reserve() {
    let (site, owner) = with_books().await;
    let table = site.get(&owner, "/books/held?year=2026-27&format=csv").await.table();
    assert_eq!(table[0][6], "closing");
    // Each settlement holds back 50.00 and releases nothing, so what was held before the second is unexplained.
    assert_eq!(table.last().unwrap()[6], "100.00");
    let before = site.get(&owner, "/books/held?year=2025-26&format=csv").await.table();
    assert_eq!(before.last().unwrap()[6], table[1][1], "a year opens with what the one before left");
}

#[tokio::test]
async fn what_amazon_printed_of_gst_leads_to_lines_with_the_same_sum() {
    let (site, owner) = with_books().await;
    let page = site.get(&owner, "/books/gst?year=2026-27").await;
    let found = page.figures();
    let heads = found.iter().filter(|(href, _)| href.contains("account=asset:gst_input:")).count();
    assert!(heads >= 4 && found.iter().any(|(href, _)| href.contains("gst_input:unsplit")), "{found:?}");
    let unsigned = |text: &str| text.replace(['−', '≈', '\u{2009}', '₹'], "");
    for (href, amount) in found {
        assert_eq!(href.contains("gst=printed"), href.contains("gst_input"), "{href}");
        let told = site.get(&owner, &href).await.explained().to_owned();
        assert_eq!(unsigned(&told), unsigned(&amount), "{href}");
    }
}

#[tokio::test]
async fn a_register_of_quarters_is_whole_even_for_a_month() {
    let (site, owner) = with_books().await;
    let rows = async |query: &str| site.get(&owner, &format!("/books/tds?{query}&format=csv")).await.table();
    let (month, quarter, year) =
        (rows("month=2026-04").await, rows("quarter=2026-27-Q1").await, rows("year=2026-27").await);
    assert_eq!(month, quarter);
    assert_eq!(year[1], month[1]);
    let tcs = site.get(&owner, "/books/tcs?month=2026-04").await;
    let lines = tcs.links("/lines?month=2026-04");
    assert!(lines.iter().any(|link| link.contains("account=asset:tcs:")), "{lines:?}");
}

#[tokio::test]
async fn what_the_bank_says_is_kept_whole_or_told_what_is_wrong() {
    let (site, owner) = with_books().await;
    let path = "/books/payouts?year=2026-27";
    let wrong =
        [("utr-1", "AXIS CN 01"), ("date-1", "2026-04-09"), ("utr-2", "HDFC1"), ("date-2", "2026-12-24")];
    let answer = site.post(&owner, path, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let outline = answer.outline();
    assert!(
        outline.contains("text utr-1 “AXIS CN 01” invalid") || outline.contains("utr-1 “AXIS CN 01” invalid"),
        "{outline}"
    );
    assert!(outline.contains("Letters and digits only") && outline.contains("still to come"), "{outline}");
    assert!(outline.contains("utr-2 “HDFC1”"), "what was typed stays: {outline}");
    let kept = async || site.get(&owner, "/books/payouts?year=2026-27&format=csv").await.table();
    assert!(kept().await[1..].iter().all(|row| row[6].is_empty() && row[7].is_empty()), "nothing was kept");
    let right = [("utr-1", "AXISCN01"), ("date-1", "2026-04-09")];
    assert_eq!(site.post(&owner, path, &right).await.to(), "/books/payouts?year=2026-27&said=kept");
    let rows = kept().await;
    assert!(rows.iter().any(|row| row[6] == "AXISCN01" && row[7] == "2026-04-09"), "{rows:?}");
    // A form that was sent for some only leaves the others alone; an empty field takes it back.
    assert_eq!(
        site.post(&owner, path, &[("utr-2", "HDFC1"), ("date-2", "")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(kept().await.iter().filter(|row| !row[6].is_empty()).count(), 3, "titles and two");
    assert_eq!(site.post(&owner, path, &[("utr-1", ""), ("date-1", "")]).await.status, StatusCode::SEE_OTHER);
    assert!(kept().await.iter().all(|row| row[6] != "AXISCN01"));
}

async fn send_sheet(site: &Site, visitor: &Visitor, bytes: &[u8]) -> Answer {
    let head = "--cut\r\nContent-Disposition: form-data; name=\"sheet\"; filename=\"payouts.csv\"\r\nContent-Type: text/csv\r\n\r\n";
    let body = [head.as_bytes(), bytes, b"\r\n--cut--\r\n"].concat();
    let request = visitor
        .request(Method::POST, "/books/payouts/sheet?year=2026-27")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    site.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn the_downloaded_register_filled_in_is_taken_over_whole() {
    let (site, owner) = with_books().await;
    let file = site.get(&owner, "/books/payouts?year=2026-27&format=csv").await;
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    let filled = text.replace(",,\n", ",AXISCN77,2026-09-30\n");
    let bad = filled.replace("AXISCN77,2026-09-30", "AXIS 77,30.9.2026") + "99,,,,,,X1,\n";
    let answer = send_sheet(&site, &owner, bad.as_bytes()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Row 2: utr: Letters and digits only"), "{}", answer.body);
    assert!(answer.body.contains("`99` is no settlement with a pay-out"), "{}", answer.body);
    for (sheet, words) in [
        (&b"a,b\n1,2\n"[..], "settlement_id, utr, bank_date"),
        (b" ", "empty"),
        (b"\x1f\x8b\x08", "unpack it"),
    ] {
        let answer = send_sheet(&site, &owner, sheet).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let answer = send_sheet(&site, &owner, filled.as_bytes()).await;
    assert_eq!(answer.to(), "/books/payouts?year=2026-27&said=sheet", "{}", answer.body);
    let again = site.get(&owner, "/books/payouts?year=2026-27&format=csv").await;
    assert_eq!(String::from_utf8(again.bytes).unwrap(), filled);
}

#[tokio::test]
async fn names_that_contradict_each_other_are_told_and_an_empty_one_gets_the_usual_back() {
    let (site, owner) = with_books().await;
    let shared = [("name-party", "Bank Account"), ("group-party", "Bank Accounts")];
    let answer = site.post(&owner, "/books/ledgers", &shared).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("its balance would mean neither"), "{}", answer.body);
    assert!(answer.outline().contains("name-party “Bank Account”"), "what was typed stays");
    let long = "x".repeat(201);
    let answer = site.post(&owner, "/books/ledgers", &[("name-bank", &long), ("group-bank", "")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let named = [("name-bank", "HDFC"), ("group-bank", "Bank Accounts"), ("existing-bank", "yes")];
    assert_eq!(site.post(&owner, "/books/ledgers", &named).await.status, StatusCode::SEE_OTHER);
    let shown = async |code: &str| {
        let table = site.get(&owner, "/books/ledgers?format=csv").await.table();
        table.into_iter().find(|row| row[1] == code).unwrap()
    };
    assert_eq!(shown("bank").await[2..], ["HDFC", "Bank Accounts", "yes"]);
    assert_eq!(shown("asset:transfer:card").await[2], "HDFC", "card charges follow the bank");
    // The whole form sent again as it is shown changes nothing, though the transfers' fields show the bank's name.
    let again = [
        ("name-bank", "SBI"),
        ("group-bank", "Bank Accounts"),
        ("name-asset:transfer:card", "HDFC"),
        ("group-asset:transfer:card", "Bank Accounts"),
        ("existing-asset:transfer:card", "yes"),
    ];
    assert_eq!(site.post(&owner, "/books/ledgers", &again).await.status, StatusCode::SEE_OTHER);
    assert_eq!(shown("asset:transfer:card").await[2], "SBI");
    assert_eq!(
        site.post(&owner, "/books/ledgers", &[("name-bank", " ")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(shown("bank").await[2..], ["Bank Account", "Bank Accounts", "no"]);
}

#[tokio::test]
async fn those_who_only_look_change_nothing() {
    let (site, owner) = with_books().await;
    site.world.set_role(PersonId(1), "viewer").await;
    for path in ["/books", "/books/payouts", "/books/ledgers", "/books/held"] {
        let answer = site.get(&owner, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.outline().contains("form post"), "{path}");
    }
    for path in ["/books/rules", "/books/payouts", "/books/ledgers"] {
        assert_eq!(
            site.post(&owner, path, &[("sales", "tax_reports")]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(send_sheet(&site, &owner, b"x").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.get(&owner, "/books?format=masters").await.status,
        StatusCode::OK,
        "files are for looking"
    );
}

#[tokio::test]
async fn another_business_has_its_own_books() {
    let (site, owner) = with_books().await;
    let (stranger, _) = site.owner("other-house").await;
    let bank = [("utr-1", "EVIL1"), ("date-1", "2026-04-09")];
    assert_eq!(
        site.post(&stranger, "/books/payouts?year=2026-27", &bank).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!site.get(&owner, "/books/payouts?year=2026-27").await.body.contains("EVIL1"));
    for format in ["csv", "xlsx", "masters", "vouchers", "tally"] {
        let answer = site.get(&stranger, &format!("/books?year=2026-27&format={format}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.body.contains("26000000003"), "{format}");
    }
    assert_eq!(site.get(&stranger, "/books?seller=1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_makes_no_sense_is_told() {
    let (site, owner) = with_books().await;
    for query in [
        "from=2026-04-01&to=2026-04-05",
        "month=2026-13",
        "format=pdf",
        "currency=rupees",
        "format=csv&table=x",
    ] {
        let answer = site.get(&owner, &format!("/books?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    assert_eq!(site.get(&owner, "/books/nothing").await.status, StatusCode::NOT_FOUND);
    let dollars = site.get(&owner, "/books?currency=USD&format=vouchers").await;
    assert_eq!(dollars.status, StatusCode::CONFLICT, "{}", dollars.body);
    let rules = site.post(&owner, "/books/rules", &[("sales", "both")]).await;
    assert_eq!(rules.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(rules.body.contains("Choose one of the two."));
}
