//! Every table as CSV and XLSX: the same rows in the same scope as the page, numbers as numbers, nothing that runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::{StatusCode, header};
use ecom_simulator::{Catalogue, Extra, Plan, write_v2};
use ecom_store::{Filter, PersonId};
use support::{Answer, Site, Visitor, settlement, site};

async fn with_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 400)).await;
    let rent = [
        ("category", "Rent"),
        ("amount", "1,800"),
        ("currency", "INR"),
        ("every", "monthly"),
        ("from", "2026-08-05"),
    ];
    assert_eq!(site.post(&owner, "/expenses", &rent).await.status, StatusCode::SEE_OTHER);
    let setting = [("credit", "no"), ("from", "2026-10-01"), ("marketplace", "0")];
    assert_eq!(site.post(&owner, "/settings/tax", &setting).await.status, StatusCode::SEE_OTHER);
    (site, owner)
}

/// Pages with tables, in some scope, none of them cut into pages.
const PAGES: [&str; 36] = [
    "/",
    "/?from=2026-09-01&to=2026-09-20",
    "/statement?month=2026-09",
    "/statement?year=2026-27&seller=1",
    "/statement?month=2026-09&view=trial",
    "/statement?month=2026-09&view=balance",
    "/statement?month=2026-09&view=files",
    "/settlements",
    "/settlements?state=active&month=2026-09",
    "/settlements/1",
    "/costs",
    "/costs?show=missing&q=red",
    "/expenses",
    "/close",
    "/close/2026-09/INR",
    "/uploads",
    "/products",
    "/products?month=2026-09&col=units&col=profit&col=margin&col=uncosted&sort=sku&q=red",
    "/products/1",
    "/products/0",
    "/trends",
    "/trends?figure=fees&shade=all",
    "/best-products",
    "/best-products?month=2026-09",
    "/labels",
    "/labels?q=commission",
    "/labels/1",
    "/labels/2",
    "/search?account=suspense:unclassified",
    "/search?sku=CHAI-BLU-S&sort=amount&dir=down",
    "/settlements/1/lines?account=suspense:unclassified",
    "/audit",
    "/audit?action=expense.create",
    "/people",
    "/settings/tax",
    "/difference?month=2026-09",
];

/// Rupees of a plain decimal, if it is one.
fn minor(cell: &str) -> Option<i64> {
    let (whole, paise) = cell.split_once('.')?;
    let plain = paise.len() == 2 && paise.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| format!("{whole}{paise}").parse().ok())?
}

#[tokio::test]
async fn each_table_of_a_page_is_a_file_with_the_amounts_that_the_page_shows() {
    let (site, owner) = with_books().await;
    for path in PAGES {
        let page = site.get(&owner, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let files = page.links("format=");
        assert!(files.len() >= 2 && files[0].contains("format=xlsx"), "{path}: {files:?}");
        for file in files {
            let answer = site.get(&owner, &file).await;
            assert_eq!(answer.status, StatusCode::OK, "{file}: {}", answer.body);
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{file}");
            let (name, table) = (answer.file_name(), answer.table());
            assert!(name.starts_with("kurta-house_"), "{file}: {name}");
            let xlsx =
                answer.headers[header::CONTENT_TYPE].to_str().unwrap().ends_with("spreadsheetml.sheet");
            assert_eq!(xlsx, name.rsplit_once('.').unwrap().1 == "xlsx", "{file}: {name}");
            assert!(
                table[0].len() > 1 && table[0].iter().all(|title| !title.is_empty()),
                "{file}: {table:?}"
            );
            let amounts = table.iter().flatten().filter_map(|cell| minor(cell));
            for amount in amounts.filter(|_| !xlsx) {
                let shown = ecom_gst::rupees(amount);
                assert!(page.body.contains(&shown), "{file} has {shown}, which {path} does not show");
            }
        }
    }
}

#[tokio::test]
async fn labels_found_come_whole_however_many_the_page_shows() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let odd = |number: u32| {
        let label = ["other-transaction", "other-transaction", &format!("Odd Fee {number}")];
        Extra { label: label.map(str::to_owned), sku: String::new(), amount: -100 }
    };
    let start = "2026-09-07T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let plan = Plan {
        seed: 3,
        id: 26_000_000_003,
        start,
        end: start + 14 * 86_400,
        rows: 60,
        previous_reserve: 0,
        current_reserve: 0,
        extra: (0..60).map(odd).collect(),
    };
    let mut file = Vec::new();
    write_v2(&plan, &Catalogue::new(7, 40), &mut file).unwrap();
    site.import(&owner, "50001234567.txt", &file).await;
    let page = site.get(&owner, "/labels?q=odd+fee").await;
    assert!(page.body.contains("There are more. Type a little more of it."));
    let table = site.get(&owner, "/labels?q=odd+fee&format=csv&table=labels-found").await.table();
    assert_eq!(table.len(), 61, "titles and every label");
}

#[tokio::test]
async fn the_first_page_hands_out_what_its_tiles_say() {
    let (site, _) = with_books().await;
    site.world.clock.set("2026-09-21T08:30+05:30");
    let owner = site.sign_in(PersonId(1)).await;
    let table = site.get(&owner, "/?format=csv&table=periods").await.table();
    assert_eq!(table[0][..5], ["Period", "Days", "Currency", "Profit", "Net sales"]);
    let month = table.iter().find(|row| row[0] == "Month to date").unwrap();
    assert!(minor(&month[3]).is_some() && month[9] == "unknown", "{month:?}");
    assert!(month[10].starts_with("profit before unknown costs"), "{month:?}");
    let page = site.get(&owner, "/").await;
    assert!(page.body.contains(&ecom_gst::rupees(minor(&month[3]).unwrap())));
}

#[tokio::test]
async fn names_of_files_say_what_and_when() {
    let (site, owner) = with_books().await;
    for (path, name) in [
        ("/statement?month=2026-09&format=xlsx", "kurta-house_profit_2026-09.xlsx"),
        (
            "/statement?quarter=2026-27-Q2&format=csv&table=where-net-sales-went",
            "kurta-house_profit-where-net-sales-went_2026-27-Q2.csv",
        ),
        ("/statement?month=2026-09&view=trial&format=csv", "kurta-house_trial-balance_2026-09.csv"),
        ("/statement?month=2026-09&view=files&format=xlsx", "kurta-house_files_2026-09.xlsx"),
        ("/statement?year=2026-27&by=month&format=csv", "kurta-house_profit_fy-2026-27.csv"),
        ("/statement?year=2026-27&format=csv", "kurta-house_profit-profit-statement_fy-2026-27.csv"),
        (
            "/lines?group=fees&from=2026-09-01&to=2026-09-15&format=csv",
            "kurta-house_lines-amazon-fees_2026-09-01_2026-09-15.csv",
        ),
        ("/settlements?format=csv", "kurta-house_settlements_all-days.csv"),
        ("/settlements/1?format=xlsx", "kurta-house_settlement-26000000003_as-of-2026-10-08.xlsx"),
        ("/costs?format=xlsx", "kurta-house_costs_as-of-2026-10-08.xlsx"),
        ("/close/2026-09/INR?format=xlsx", "kurta-house_close_2026-09.xlsx"),
        ("/products?month=2026-09&format=csv", "kurta-house_products_2026-09.csv"),
        ("/products/0?format=xlsx", "kurta-house_product-without-a-product_all-days.xlsx"),
        ("/trends?year=2026-27&format=csv", "kurta-house_trends_fy-2026-27.csv"),
        ("/labels?format=csv&table=rules-of-yours", "kurta-house_labels-rules-of-yours_as-of-2026-10-08.csv"),
        ("/search?format=csv", "kurta-house_lines-found_all-days.csv"),
        (
            "/settlements/1/lines?month=2026-09&format=csv",
            "kurta-house_lines-settlement-26000000003_2026-09.csv",
        ),
        ("/audit?format=csv", "kurta-house_audit-log_as-of-2026-10-08.csv"),
        ("/people?format=xlsx", "kurta-house_people_as-of-2026-10-08.xlsx"),
        ("/settings/tax?format=csv", "kurta-house_tax-settings_as-of-2026-10-08.csv"),
        ("/difference?month=2026-09&format=csv", "kurta-house_differences_2026-09.csv"),
    ] {
        assert_eq!(site.get(&owner, path).await.file_name(), name, "{path}");
    }
}

/// The rows below the titles, by title.
fn column<'a>(table: &'a [Vec<String>], title: &str) -> Vec<&'a str> {
    let at = table[0].iter().position(|known| known == title).unwrap_or_else(|| panic!("{:?}", table[0]));
    table[1..].iter().map(|row| row[at].as_str()).collect()
}

fn sum(cells: &[&str]) -> i64 {
    cells.iter().map(|cell| minor(cell).unwrap_or_else(|| panic!("{cell} is no amount"))).sum()
}

#[tokio::test]
async fn the_lines_of_a_figure_are_all_in_the_file_and_sum_to_it() {
    let (site, owner) = with_books().await;
    let mut tx = site.world.db.read().await.unwrap();
    let tenant = tx.platform().tenants().await.unwrap()[0];
    let mut books = tx.scoped(tenant).await.unwrap();
    let statement = books.statements(&Filter::days(0, 30_000)).await.unwrap().remove(0);
    let table = site.get(&owner, "/lines?format=csv").await.table();
    let lines: i64 = statement.moved().map(|(_, turnover)| turnover.lines).sum();
    assert!(table.len() > 60, "more than a page shows");
    let printed = column(&table, "Estimate").into_iter().filter(|mark| mark.is_empty()).count();
    assert_eq!(i64::try_from(printed).unwrap(), lines);
    assert_eq!(sum(&column(&table, "Amount")), statement.bridge().unwrap().total);
    for day in column(&table, "Posted") {
        day.parse::<jiff::civil::Date>().unwrap();
    }
    let fees = site.get(&owner, "/lines?group=fees&format=csv").await.table();
    assert!(column(&fees, "Account").iter().all(|account| account.starts_with("expense:fee:")));
    let xlsx = site.get(&owner, "/lines?group=fees&format=xlsx").await.table();
    assert_eq!(column(&fees, "Line"), column(&xlsx, "Line"));
    let goods = site.get(&owner, "/lines?group=cost-of-goods&format=csv").await.table();
    assert_eq!(goods.len(), 1, "no file holds the cost of goods");
}

#[tokio::test]
async fn a_file_holds_what_its_scope_says_and_nothing_else() {
    let (site, owner) = with_books().await;
    let (whole, part) = ("/lines?format=csv", "/lines?from=2026-09-10&to=2026-09-12&format=csv");
    let (whole, part) = (site.get(&owner, whole).await.table(), site.get(&owner, part).await.table());
    let wanted =
        column(&whole, "Posted").into_iter().filter(|day| ("2026-09-10".."2026-09-13").contains(day));
    assert_eq!(part.len() - 1, wanted.count());
    let costs = site.get(&owner, "/costs?q=red&format=csv").await.table();
    assert!(costs.len() > 1 && column(&costs, "SKU").iter().all(|sku| sku.contains("RED")), "{costs:?}");
    assert!(column(&costs, "Cost of a unit").iter().all(|cost| *cost == "unknown"), "{costs:?}");
}

/// Thousands of lines, hundreds of products.
async fn with_large_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let start = "2026-09-07T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let plan = Plan {
        seed: 3,
        id: 26_000_000_003,
        start,
        end: start + 14 * 86_400,
        rows: 8_000,
        previous_reserve: 0,
        current_reserve: 0,
        extra: Vec::new(),
    };
    let mut file = Vec::new();
    write_v2(&plan, &Catalogue::new(7, 1_000), &mut file).unwrap();
    site.import(&owner, "50001234567.txt", &file).await;
    (site, owner)
}

#[tokio::test]
async fn products_of_all_pages_are_in_the_file_in_their_order() {
    let (site, owner) = with_large_books().await;
    let products = site.get(&owner, "/products?sort=sku&page=2&format=csv").await.table();
    let skus = column(&products, "SKU");
    assert!(skus.len() > 200, "more than the store gives at once: {}", skus.len());
    let (last, named) = skus.split_last().unwrap();
    assert_eq!(*last, "Without a product");
    assert!(named.windows(2).all(|pair| pair[0] < pair[1]), "each once: {skus:?}");
    let page = site.get(&owner, "/products?page=2").await;
    assert!(page.body.contains(&format!("{} rows, page 2 of", skus.len())), "as many as the page counts");
    let units = column(&products, "Units sold");
    assert!(units.iter().all(|count| count.parse::<i64>().is_ok()), "{units:?}");
    let trends = "/trends?month=2026-09&figure=units&by=week&page=9&sort=sku&format=csv";
    let trends = site.get(&owner, trends).await.table();
    assert_eq!(column(&trends, "SKU"), skus);
    assert_eq!(column(&trends, "Units sold, overall"), units);
    for (row, whole) in trends[1..].iter().zip(units) {
        let weeks: i64 = row[3..].iter().map(|count| count.parse::<i64>().unwrap()).sum();
        assert_eq!(weeks.to_string(), whole, "{row:?}");
    }
}

#[tokio::test]
async fn searched_lines_come_whole_and_in_their_order() {
    let (site, owner) = with_large_books().await;
    let all = site.get(&owner, "/lines?format=csv").await.table();
    let estimates = column(&all, "Estimate");
    for path in ["/search?format=csv", "/settlements/1/lines?format=csv"] {
        let found = site.get(&owner, path).await.table();
        assert!(found.len() > 2_000, "more than one piece: {}", found.len());
        assert_eq!(found[0], all[0]);
        assert_eq!(column(&found, "Estimate").len(), estimates.len(), "{path}");
        assert_eq!(sum(&column(&found, "Amount")), sum(&column(&all, "Amount")), "{path}");
    }
    let down = site.get(&owner, "/search?sort=amount&dir=down&format=csv").await.table();
    let amounts: Vec<i64> = column(&down, "Amount").into_iter().map(|cell| minor(cell).unwrap()).collect();
    assert!(amounts.len() == estimates.len() && amounts.iter().rev().is_sorted());
}

/// A cell as a statement of several columns shows it: without its currency, a share in percent.
fn bare(cell: &str) -> String {
    match (minor(cell), cell.parse::<f64>()) {
        (Some(amount), _) => ecom_gst::rupees(amount).replace('₹', ""),
        (None, Ok(share)) if cell.contains('.') => format!("{:.1}", share * 100.0).replace('-', "−"),
        _ => cell.to_owned(),
    }
}

#[tokio::test]
async fn a_statement_of_several_columns_is_the_same_on_its_page_and_in_its_file() {
    let (site, owner) = with_books().await;
    for path in [
        "/statement?year=2026-27&by=month",
        "/statement?year=2026-27&by=month&gst=printed",
        "/statement?quarter=2026-27-Q2&by=month&seller=1",
        "/statement?year=2026-27&by=quarter&gst=printed",
        "/statement?by=year",
        "/statement?by=year&gst=printed",
    ] {
        let outline = site.get(&owner, path).await.outline();
        let shown: Vec<Vec<&str>> = outline
            .lines()
            .filter_map(|line| line.strip_prefix("row "))
            .map(|row| row.split(" | ").collect())
            .filter(|row: &Vec<&str>| row.len() > 2)
            .collect();
        let table = site.get(&owner, &format!("{path}&format=csv")).await.table();
        assert_eq!(shown.len(), table.len(), "{path}: as many rows, with the one of titles");
        let several = table[0].len() - 2;
        for (row, shown) in table.iter().zip(shown).skip(1) {
            let name = if row[1].is_empty() { &row[0] } else { &row[1] };
            assert!(shown[0].starts_with(name.as_str()), "{path}: {row:?} is not {shown:?}");
            assert_eq!(shown.len(), several - 1, "{path}: {row:?}, {shown:?}");
            for (cell, shown) in row[2..several].iter().zip(&shown[1..]) {
                let figure = shown.trim_start_matches('≈').trim_start();
                let fits = !cell.is_empty() && figure.starts_with(&bare(cell));
                assert!(fits, "{path}: {cell} is not {shown} in {row:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_somebody_may_not_see_is_in_no_file() {
    let (site, owner) = with_books().await;
    let invited = [("email", "asha@example.in"), ("role", "viewer")];
    assert_eq!(site.post(&owner, "/people/invitations", &invited).await.status, StatusCode::OK);
    let log = site.get(&owner, "/audit?before=2&format=csv").await.table();
    let numbers: Vec<i64> = column(&log, "No.").into_iter().map(|number| number.parse().unwrap()).collect();
    let last = i64::try_from(numbers.len()).unwrap();
    assert!(last > 2 && numbers.iter().rev().copied().eq(1..=last), "{numbers:?}");
    let invitations = "/people?format=csv&table=open-invitations";
    assert_eq!(site.get(&owner, invitations).await.table()[1][0], "asha@example.in");
    let mut tx = site.world.db.read().await.unwrap();
    let tenant = tx.platform().tenants().await.unwrap()[0];
    let person = tx.platform().members(tenant).await.unwrap()[0].person;
    drop(tx);
    site.world.set_role(person, "viewer").await;
    assert_eq!(site.get(&owner, invitations).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.get(&owner, "/people?format=csv").await.status, StatusCode::OK);
    assert_ne!(site.get(&owner, "/audit?format=csv").await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_cell_begins_like_a_formula() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let evil = "=HYPERLINK(\"http://evil.example\")";
    let text = String::from_utf8(settlement(3, 200)).unwrap();
    site.import(&owner, "=cmd.txt", text.replace("CHAI-BLU-S", evil).as_bytes()).await;
    for path in [
        "/lines?format=csv",
        "/costs?format=csv",
        "/settlements?format=csv",
        "/uploads?format=csv",
        "/products?format=csv",
        "/trends?format=csv",
        "/search?format=csv",
    ] {
        let answer = site.get(&owner, path).await;
        let risky = |cell: &String| {
            cell.starts_with(['=', '+', '@', '\t']) || (cell.starts_with('-') && minor(cell).is_none())
        };
        let table = answer.table();
        assert!(!table.iter().flatten().any(risky), "{path}");
        assert!(table.iter().flatten().any(|cell| cell.starts_with("'=")), "{path}: {table:?}");
    }
    let xlsx = site.get(&owner, "/costs?format=xlsx").await;
    assert!(xlsx.table().iter().flatten().any(|cell| cell == evil), "text in a workbook stays as it is");
}

#[tokio::test]
async fn an_empty_business_has_files_with_titles_only() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for path in [
        "/",
        "/statement",
        "/settlements",
        "/costs",
        "/expenses",
        "/close",
        "/uploads",
        "/lines",
        "/products",
        "/trends",
        "/labels",
        "/search",
        "/settings/tax",
    ] {
        for format in ["csv", "xlsx"] {
            let answer = site.get(&owner, &format!("{path}?format={format}")).await;
            assert_eq!((answer.status, answer.table().len()), (StatusCode::OK, 1), "{path} {format}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_downloaded_is_told() {
    let (site, owner) = with_books().await;
    let told = |answer: Answer, words: &str| {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(words), "{}", answer.body);
    };
    told(site.get(&owner, "/statement?format=pdf").await, "is not csv or xlsx");
    told(site.get(&owner, "/statement?format=csv&table=nothing").await, "where-net-sales-went");
    assert_eq!(site.get(&owner, "/settlements/99?format=csv").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_long_download_ends_well_when_the_browser_takes_it_packed() {
    let (site, owner) = with_books().await;
    let request = owner
        .request(axum::http::Method::GET, "/lines?format=csv")
        .header("sec-fetch-site", "same-origin")
        .header("accept-encoding", "gzip");
    // `send` reads the body to its end; a panic while it is packed fails here.
    let answer = site.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(answer.status, axum::http::StatusCode::OK);
    assert_eq!(answer.headers["content-encoding"], "gzip");
    assert!(answer.body.len() > 1000);
}
