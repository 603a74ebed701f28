//! Every table as CSV and XLSX: the same rows in the same scope as the page, numbers as numbers, nothing that runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use axum::http::{StatusCode, header};
use ecom_store::Filter;
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
    (site, owner)
}

/// Pages with tables, in some scope, none of them cut into pages.
const PAGES: [&str; 22] = [
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

#[tokio::test]
async fn no_cell_begins_like_a_formula() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let evil = "=HYPERLINK(\"http://evil.example\")";
    let text = String::from_utf8(settlement(3, 200)).unwrap();
    site.import(&owner, "=cmd.txt", text.replace("CHAI-BLU-S", evil).as_bytes()).await;
    for path in ["/lines?format=csv", "/costs?format=csv", "/settlements?format=csv", "/uploads?format=csv"] {
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
    for path in ["/", "/statement", "/settlements", "/costs", "/expenses", "/close", "/uploads", "/lines"] {
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
