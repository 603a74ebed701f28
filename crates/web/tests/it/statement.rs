//! The statement in columns, as printed by Amazon, its balance, trial balance and files; why it differs from Seller
//! Central; figures explained with the same sum.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_ledger::{Currency, expense::Expense};
use ecom_simulator::{Catalogue, Plan, write_v2};
use support::{Answer, Site, Visitor, site};

/// A fortnight from 20 August 2026 on; the fifth ends on 29 October.
fn fortnight(turn: u32) -> Vec<u8> {
    let start = "2026-08-20T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let start = start + i64::from(turn) * 14 * 86_400;
    let plan = Plan {
        seed: 11 + u64::from(turn),
        id: 27_000_000_000 + u64::from(turn),
        start,
        end: start + 14 * 86_400,
        rows: 300,
        previous_reserve: 5000 * i64::from(turn),
        current_reserve: 5000 * (i64::from(turn) + 1),
        extra: Vec::new(),
    };
    let mut out = Vec::new();
    write_v2(&plan, &Catalogue::new(7, 40), &mut out).unwrap();
    out
}

async fn with_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, tenant) = site.owner("kurta-house").await;
    for turn in 0..5 {
        site.import(&owner, &format!("5000{turn}.txt"), &fortnight(turn)).await;
    }
    let mut tx = site.world.db.write().await.unwrap();
    let rent = Expense::once(
        "office rent".parse().unwrap(),
        Currency::INR,
        2_500_000,
        "2026-09-05".parse().unwrap(),
    );
    tx.scoped(tenant).await.unwrap().add_expense(&rent.unwrap(), 1).await.unwrap();
    tx.commit().await.unwrap();
    (site, owner)
}

/// Paise of what a cell shows.
fn paise(text: &str) -> Option<i64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let amount = digits.parse::<i64>().ok().filter(|_| text.contains('.') && !text.contains('%'))?;
    Some(if text.contains('−') { -amount } else { amount })
}

/// Label and cells of each row of the page's tables.
fn rows(answer: &Answer) -> Vec<(String, Vec<String>)> {
    let outline = answer.outline();
    let rows = outline.lines().filter_map(|line| line.strip_prefix("row "));
    let split = rows.map(|row| row.split(" | ").map(str::trim).map(str::to_owned).collect::<Vec<_>>());
    split.map(|mut cells| (cells.remove(0), cells)).collect()
}

#[tokio::test]
async fn months_side_by_side_sum_to_the_total() {
    let (site, owner) = with_books().await;
    let page = site.get(&owner, "/statement?year=2026-27&by=month").await;
    let found = rows(&page);
    let (_, heads) = &found[0];
    assert_eq!(heads.len(), 4, "{heads:?}");
    assert!(heads[0].starts_with("Aug 2026") && heads[2].starts_with("Oct 2026 provisional"), "{heads:?}");
    assert_eq!(heads[3], "Total");
    let mut summed = 0;
    for (label, cells) in &found[1..] {
        let amounts: Vec<i64> = cells.iter().filter_map(|cell| paise(cell)).collect();
        if amounts.len() == 4 {
            assert_eq!(amounts[..3].iter().sum::<i64>(), amounts[3], "{label}");
            summed += 1;
        }
    }
    assert!(summed > 35, "{summed}");
    let labels: Vec<&str> = found.iter().map(|(label, _)| label.as_str()).collect();
    for label in ["Product sales", "Office rent", "Total of the settlement lines", "Units sold"] {
        assert!(labels.contains(&label), "{label} is not in {labels:?}");
    }
    // The single column, quarters and years say the same.
    let total = |page: &Answer| {
        let rows = rows(page);
        let (_, cells) = rows.iter().find(|(label, _)| label.starts_with("Profit before")).unwrap();
        cells.clone()
    };
    let whole = paise(&total(&site.get(&owner, "/statement?year=2026-27").await)[0]);
    for by in ["by=month", "by=quarter", "by=year"] {
        let cells = total(&site.get(&owner, &format!("/statement?year=2026-27&{by}")).await);
        assert_eq!(paise(cells.last().unwrap()), whole, "{by}");
    }
    insta::assert_snapshot!(
        site.get(&owner, "/statement?from=2026-08-25&to=2026-09-10&by=month").await.outline()
    );
}

#[tokio::test]
async fn every_figure_is_explained_with_the_same_sum_whichever_way_gst_is_shown() {
    let (site, owner) = with_books().await;
    for address in [
        "/statement?by=month&from=2026-09-01&to=2026-10-10",
        "/statement?by=month&from=2026-09-01&to=2026-10-10&gst=printed",
        "/statement?month=2026-09&gst=printed",
        "/statement?month=2026-09&gst=printed&view=trial",
        "/statement?month=2026-09&view=trial",
        "/statement?month=2026-09&view=balance",
        "/difference?month=2026-09",
        "/difference?month=2026-09&gst=printed",
    ] {
        let page = site.get(&owner, address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        let found = page.figures();
        assert!(found.len() > 5, "{address}: {found:?}");
        for (href, amount) in found {
            assert_eq!(href.contains("gst=printed"), address.contains("gst=printed"), "{address} {href}");
            let lines = site.get(&owner, &href).await;
            let told = lines.explained();
            // Tables that name the currency once leave it out. The trial balance shows no sign, and what was taken off
            // the profit is taken back with the other.
            let plain = |text: &str| text.replace(['₹', '\u{2009}', '≈'], "");
            let unsigned = |text: &str| plain(text).replace('−', "");
            let turned = href.contains("group=cost-of-goods&group=");
            let same = match turned {
                true => told == "unknown" || unsigned(told) == unsigned(&amount),
                false if address.contains("trial") => unsigned(told) == unsigned(&amount),
                false => plain(told) == plain(&amount),
            };
            assert!(same, "{address} {href}: {amount} is explained as {told}");
        }
    }
}

#[tokio::test]
async fn as_printed_moves_gst_back_into_expenses_and_keeps_the_total() {
    let (site, owner) = with_books().await;
    let cell = |page: &Answer, label: &str| {
        let rows = rows(page);
        let found = rows.iter().find(|(found, _)| found.starts_with(label));
        paise(&found.unwrap_or_else(|| panic!("{label} is not in {rows:?}")).1[0]).unwrap()
    };
    let apart = site.get(&owner, "/statement?month=2026-09").await;
    let printed = site.get(&owner, "/statement?month=2026-09&gst=printed").await;
    assert!(printed.body.contains("Profit, September 2026, as printed by Amazon"));
    assert!(printed.body.contains("of GST inside amounts is not set apart") && !printed.body.contains('≈'));
    let moved = cell(&apart, "Net profit") - cell(&printed, "Net profit");
    assert!(moved > 0);
    let inputs = cell(&printed, "GST on fees (input credit)") - cell(&apart, "GST on fees (input credit)");
    assert_eq!(moved, inputs);
    let total = "Total of the settlement lines";
    assert_eq!(cell(&apart, total), cell(&printed, total));
    // Its lines hold no derived pair, and the page says which way it is.
    let lines = site.get(&owner, "/lines?month=2026-09&account=expense:advertising&gst=printed").await;
    assert!(lines.body.contains("Advertising, as printed by Amazon") && !lines.body.contains("≈ estimate"));
    assert!(
        site.get(&owner, "/lines?month=2026-09&account=expense:advertising")
            .await
            .body
            .contains("≈ estimate")
    );
}

#[tokio::test]
async fn the_chart_of_months_says_what_the_statement_says_whichever_way_gst_is_shown() {
    let (site, owner) = with_books().await;
    for gst in ["", "&gst=printed"] {
        let page = site.get(&owner, &format!("/statement?month=2026-09{gst}")).await;
        let rows = rows(&page);
        let cell = |label: &str, at: usize| {
            let found = rows.iter().find(|(found, _)| found.starts_with(label)).unwrap();
            paise(&found.1[at]).unwrap()
        };
        assert_eq!(cell("September 2026", 4), cell("Profit before unknown costs", 0), "{gst}");
        let ads = cell("Advertising", 0) + cell("Deals and coupons", 0);
        assert_eq!(cell("September 2026", 2), ads, "{gst}");
    }
}

#[tokio::test]
async fn days_with_a_missing_settlement_are_called_complete_nowhere() {
    let site = site().await;
    site.world.clock.set("2026-11-12T09:00+05:30");
    let (owner, _) = site.owner("kurta-house").await;
    for turn in [0, 2, 3, 4, 5] {
        site.import(&owner, &format!("5000{turn}.txt"), &fortnight(turn)).await;
    }
    let body = async |address: &str| site.get(&owner, address).await.body;
    let missing = "a settlement is missing";
    // September has the gap, October is whole.
    let days = "from=2026-08-25&to=2026-10-31";
    let statement = body(&format!("/statement?{days}")).await;
    assert!(!statement.contains("Complete: ") && statement.contains("A settlement is missing"));
    assert!(!body(&format!("/statement?{days}&by=month")).await.contains("Complete: "));
    assert!(body(&format!("/difference?{days}")).await.contains(missing));
    let home = body("/").await;
    assert!(home.contains("Settled up to 11 Nov, but a settlement is missing before"), "{home}");
    assert!(body("/statement?month=2026-10").await.contains("Complete: "));
    assert!(body("/difference?month=2026-10").await.contains("every settlement is here"));
    // Before the first settlement there is nothing to be complete.
    assert!(body("/difference?month=2026-05").await.contains("none imported"));
    let rent = [
        ("category", "Rent"),
        ("amount", "100"),
        ("currency", "INR"),
        ("every", "once"),
        ("from", "2026-05-05"),
    ];
    assert_eq!(site.post(&owner, "/expenses", &rent).await.status, StatusCode::SEE_OTHER);
    assert!(!body("/statement?month=2026-05").await.contains("Complete: "));
    // Days that the last settlement covers are whole, although their month is not.
    assert!(body("/statement?from=2026-11-01&to=2026-11-10").await.contains("Complete: "));
    let all = body("/statement?from=2026-11-01&to=2026-11-12").await;
    assert!(!all.contains("Complete: ") && all.contains("Settled up to 11 Nov 2026"));
}

#[tokio::test]
async fn a_share_and_a_count_say_how_they_are_computed_and_lead_to_their_parts() {
    let (site, owner) = with_books().await;
    let page = site.get(&owner, "/statement?month=2026-09").await;
    let found = rows(&page);
    let (_, profit) = found.iter().find(|(label, _)| label.starts_with("Profit before")).unwrap();
    assert!(profit.iter().all(|cell| !cell.contains('%')), "no share while a cost is unknown: {profit:?}");
    let units = site.get(&owner, &page.links("measure=units")[0]).await;
    assert!(units.body.contains("each order item counts once") && units.body.contains("The lines"));
    let refunds = site.get(&owner, &page.links("measure=refunds")[0]).await;
    assert!(refunds.body.contains("do not say how many units came back"));
    let margin = site.get(&owner, &page.links("measure=margin")[0]).await;
    assert!(margin.explained() == "unknown" && margin.body.contains("is unknown, and so is net profit over"));
    let parts = [margin.links("&class=profit"), margin.links("&group=net-sales")].concat();
    assert_eq!(parts.len(), 2, "{}", margin.outline());
    for part in parts {
        let amount = site.get(&owner, &part).await.explained().to_owned();
        assert!(margin.body.contains(&format!(": {amount}</a>")), "{part} {amount}");
    }
    for label in ["Balance at Amazon before", "Balance at Amazon after", "Of this, held in reserve"] {
        let row = page.body.split(label).nth(1).unwrap().split("</tr>").next().unwrap().to_owned();
        assert!(row.contains("<a class=\"figure\" href=\"/"), "{label}: {row}");
    }
    assert_eq!(site.get(&owner, "/lines?measure=luck").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn debits_and_credits_stand_beside_each_net_where_they_are_asked_for() {
    let (site, owner) = with_books().await;
    let page = site.get(&owner, "/statement?month=2026-09&turnover=shown").await;
    let mut found = rows(&page);
    // The chart's table of months stands before it.
    let head =
        found.iter().position(|(_, cells)| cells.get(1).is_some_and(|cell| cell == "Debited")).unwrap();
    found.drain(..head);
    assert_eq!(found[0].1[1..3], ["Debited", "Credited"]);
    let mut held = 0;
    for (label, cells) in found.iter().take_while(|(label, _)| !label.starts_with("Margin")) {
        if let [Some(net), Some(debit), Some(credit)] =
            [0, 1, 2].map(|at| cells.get(at).and_then(|cell| paise(cell)))
        {
            assert_eq!(net, credit - debit, "{label}");
            held += i32::from(debit != 0);
        }
    }
    assert!(held > 10, "{held}");
    let trial = rows(&site.get(&owner, "/statement?month=2026-09&view=trial").await);
    let of = |rows: &[(String, Vec<String>)], label: &str, at: usize| {
        let (_, cells) = rows.iter().find(|(found, _)| found.starts_with(label)).unwrap();
        paise(&cells[at])
    };
    assert_eq!(of(&found, "Product sales", 2), of(&trial, "Product sales", 2));
    for address in ["/statement?month=2026-09", "/statement?month=2026-09&turnover=shown&gst=printed"] {
        assert!(!site.get(&owner, address).await.body.contains(">Debited</th>"), "{address}");
    }
    let file = page.links("format=csv").into_iter().find(|link| link.contains("profit-statement")).unwrap();
    assert_eq!(site.get(&owner, &file).await.table()[0][3..5], ["Debited", "Credited"]);
    assert_eq!(site.get(&owner, "/statement?turnover=yes").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_state_of_the_checks_stands_on_the_statement() {
    let (site, owner) = with_books().await;
    for address in ["/statement?month=2026-09", "/statement?year=2026-27&by=month"] {
        assert!(site.get(&owner, address).await.body.contains("All checks passed."), "{address}");
    }
    let site = support::site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for turn in [0, 2] {
        site.import(&owner, &format!("5000{turn}.txt"), &fortnight(turn)).await;
    }
    let off = String::from_utf8(support::settlement(9, 60)).unwrap().replace("\t-118.00", "\t-119.00");
    site.import(&owner, "50009.txt", off.as_bytes()).await;
    let page = site.get(&owner, "/statement?month=2026-09").await;
    assert!(!page.body.contains("All checks passed."));
    let outline = page.outline();
    for told in [
        "link 1 settlement does not balance → /settlements?month=2026-09&state=quarantined",
        "link 1 settlement does not follow the one before → /settlements?month=2026-09",
    ] {
        assert!(outline.contains(told), "{told}: {outline}");
    }
    let strange = support::site().await;
    let (owner, _) = strange.owner("kurta-house").await;
    strange.import(&owner, "50003.txt", &support::settlement(3, 60)).await;
    let page = strange.get(&owner, "/statement?month=2026-09").await.outline();
    assert!(page.contains("link 1 line is not understood → /lines?month=2026-09&account=suspense"), "{page}");
}

#[tokio::test]
async fn balance_trial_balance_and_files_stand_behind_the_statement() {
    let (site, owner) = with_books().await;
    let trial = site.get(&owner, "/statement?month=2026-09&view=trial").await;
    assert!(trial.body.contains("sums to ₹0.00"), "{}", trial.outline());
    let (_, sum) = rows(&trial).pop().unwrap();
    assert_eq!(sum[3], sum[4], "debits and credits are the same");
    let balance = site.get(&owner, "/statement?month=2026-09&view=balance").await;
    let rows = rows(&balance);
    let value = |label: &str| {
        let found = rows.iter().find(|(found, _)| found.starts_with(label));
        paise(found.unwrap().1.last().unwrap()).unwrap()
    };
    assert_eq!(value("Balance at Amazon before"), value("Opening balance"));
    assert_eq!(value("Balance at Amazon after"), value("Closing balance"));
    assert!(balance.outline().contains("link 27000000001 → /settlements/2"), "{}", balance.outline());
    insta::assert_snapshot!(
        "files",
        hidden(&site.get(&owner, "/statement?month=2026-09&view=files").await.outline())
    );
    insta::assert_snapshot!(
        "party_ledger_of_a_year",
        site.get(&owner, "/statement?year=2026-27&view=balance").await.outline()
    );
    let part = site.get(&owner, "/statement?month=2026-09&view=balance&marketplace=1").await;
    assert!(part.body.contains("Amazon pays an account as a whole"));
}

/// Fingerprints hang on a key of the test.
fn hidden(outline: &str) -> String {
    let words = outline.split(' ').map(|word| {
        let hex = word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
        if hex { "fingerprint" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn why_it_differs_from_seller_central_is_told_with_own_figures() {
    let (site, owner) = with_books().await;
    insta::assert_snapshot!(site.get(&owner, "/difference?month=2026-09").await.outline());
    for place in ["/", "/statement", "/lines"] {
        assert!(site.get(&owner, place).await.body.contains("href=\"/difference"), "{place}");
    }
    let printed = site.get(&owner, "/difference?month=2026-09&gst=printed").await;
    for place in ["/statement?", "/difference?", "/lines?"] {
        let links = printed.links(place);
        assert!(!links.is_empty() && links.iter().all(|link| link.contains("gst=printed")), "{links:?}");
    }
    let empty = site.get(&owner, "/difference?month=2020-01").await;
    assert!(empty.status == StatusCode::OK && empty.body.contains("₹0.00"));
}

#[tokio::test]
async fn what_makes_no_columns_is_answered_kindly() {
    let (site, owner) = with_books().await;
    let long = site.get(&owner, "/statement?from=1995-01-01&to=2150-12-31&by=month").await;
    assert_eq!(long.status, StatusCode::OK);
    assert_eq!(rows(&long)[0].1.len(), 4, "of a span beyond reason the months with lines");
    let decade = site.get(&owner, "/statement?from=2018-04-01&to=2027-03-31&by=month").await;
    assert!(decade.body.contains("By quarter: too many months for one page"), "{}", decade.outline());
    for query in ["by=week", "view=all", "gst=yes", "by=month&month=2026-13"] {
        let answer = site.get(&owner, &format!("/statement?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    for view in ["balance", "trial", "files"] {
        for query in
            ["month=2020-01", "from=1995-01-01&to=2150-12-31", "currency=USD", "seller=1", "marketplace=1"]
        {
            let answer = site.get(&owner, &format!("/statement?view={view}&{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{view} {query}");
        }
    }
    let nothing = site.get(&owner, "/statement?month=2020-01&by=month").await;
    assert!(nothing.body.contains("No lines in these days"));
}

#[tokio::test]
async fn a_business_without_files_and_one_with_a_line_look_right() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for query in ["by=month", "view=balance", "view=trial", "view=files", "gst=printed"] {
        let page = site.get(&owner, &format!("/statement?{query}")).await;
        assert!(page.status == StatusCode::OK && page.body.contains("No settlements yet"), "{query}");
    }
    assert_eq!(site.get(&owner, "/difference").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_product_has_a_sum_of_its_own() {
    let (site, owner) = with_books().await;
    let link = site
        .get(&owner, "/lines?month=2026-09&account=expense:fee:referral")
        .await
        .link("/lines?month=2026-09&#38;account=expense:fee:referral&#38;sku=");
    let page = site.get(&owner, &link).await;
    let told = page.body.split("<div class=\"explained\"><b>").nth(1).unwrap();
    let told = paise(&told[..told.find('<').unwrap()]).unwrap();
    let lines = rows(&page);
    let sum: i64 = lines[1..].iter().filter_map(|(_, cells)| paise(&cells[2])).sum();
    assert!(told < 0 && told == sum, "{told} {sum}");
    assert!(page.body.contains("Only lines that name the product"));
    let goods = site.get(&owner, &link.replace("account=expense:fee:referral", "group=cost-of-goods")).await;
    assert!(goods.body.contains("The cost of"), "{}", goods.outline());
}

#[tokio::test]
async fn a_line_of_every_format_is_shown_column_by_column() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ledger/tests/fixtures");
    for (name, column) in [
        ("v1_36_columns.txt", "dt settlement-id"),
        ("settlement.xml", "› Amount"),
        ("date_range_in.csv", "dt product sales"),
    ] {
        site.import(&owner, name, &std::fs::read(format!("{folder}/{name}")).unwrap()).await;
        let list = site.get(&owner, "/settlements").await;
        let mut found = String::new();
        for part in list.body.split("href=\"/settlements/").skip(1) {
            let key = part.split('"').next().unwrap();
            let page =
                site.get(&owner, &format!("/lines?settlement={key}&account=income:sales:product")).await;
            let links = page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            if let Some(open) = links.into_iter().find(|link| link.contains("open=")) {
                let open = open.split("#l").next().unwrap().replace("&#38;", "&");
                found += &site.get(&owner, &open).await.outline();
            }
        }
        assert!(found.contains(column), "{name}: {found}");
    }
}
