//! The pages on figures: what they say, that they agree with each other, and that nobody sees another's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use ecom_store::Filter;
use support::{Site, Visitor, settlement, site};

async fn with_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 400)).await;
    (site, owner)
}

#[tokio::test]
async fn before_the_first_file_every_page_says_what_to_do() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for path in ["/statement", "/settlements", "/uploads", "/lines"] {
        insta::assert_snapshot!(format!("empty_{}", &path[1..]), site.get(&owner, path).await.outline());
    }
}

#[tokio::test]
async fn the_statement_of_a_month_says_where_the_money_went() {
    let (site, owner) = with_books().await;
    let answer = site.get(&owner, "/statement").await;
    insta::assert_snapshot!(answer.outline());
    let august = site.get(&owner, "/statement?month=2026-08").await;
    insta::assert_snapshot!("statement_of_a_month_without_lines", august.outline());
    for period in ["year=2026-27", "quarter=2026-27-Q2", "from=2026-09-01&to=2026-09-30", "month=2026-09"] {
        let other =
            site.get(&owner, &format!("/statement?{period}&seller=1&marketplace=1&currency=INR")).await;
        assert_eq!(other.status, StatusCode::OK, "{period}");
        assert!(other.body.contains("Total of the settlement lines"), "{period}");
    }
}

#[tokio::test]
async fn the_total_on_the_page_is_that_of_the_settlement() {
    let (site, owner) = with_books().await;
    let mut tx = site.world.db.read().await.unwrap();
    let tenant = tx.platform().tenants().await.unwrap()[0];
    let mut books = tx.scoped(tenant).await.unwrap();
    let found = books.settlements(&Filter::days(i32::MIN, i32::MAX)).await.unwrap().remove(0);
    let total = ecom_gst::rupees(found.total.unwrap());
    for path in ["/statement", "/settlements", "/settlements/1", "/lines", "/uploads"] {
        assert!(site.get(&owner, path).await.body.contains(&total), "{total} is not on {path}");
    }
}

#[tokio::test]
async fn every_figure_on_the_statement_leads_to_its_lines() {
    let (site, owner) = with_books().await;
    let page = site.get(&owner, "/statement").await;
    let mut links: Vec<String> =
        page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    links.retain(|link| link.starts_with('/') && link != "/");
    links.sort();
    links.dedup();
    assert!(links.len() > 30, "{links:?}");
    for link in links {
        let link = link.replace("&#38;", "&");
        let answer = site.get(&owner, &link).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}");
    }
}

#[tokio::test]
async fn a_figure_is_explained_down_to_the_line_as_amazon_wrote_it() {
    let (site, owner) = with_books().await;
    let page = site.get(&owner, "/lines?account=expense:fee:referral&month=2026-09").await;
    let open = page.link("/lines?month=2026-09&#38;account=expense:fee:referral&#38;open=");
    let opened = site.get(&owner, open.split('#').next().unwrap()).await;
    let outline = opened.outline();
    let first = outline.split("row ").nth(3).unwrap();
    assert!(first.contains("as Amazon wrote it"), "{outline}");
    assert!(outline.contains("dt amount-description"), "{outline}");
    let raw = outline.lines().find(|line| line.starts_with("pre ")).unwrap();
    assert!(raw.contains("26000000003") && raw.contains("Commission"), "{raw}");
    insta::assert_snapshot!(
        site.get(&owner, "/lines?account=suspense:unclassified&month=2026-09").await.outline()
    );
    insta::assert_snapshot!(
        "cost_of_goods_explained",
        site.get(&owner, "/lines?group=cost-of-goods&month=2026-09").await.outline()
    );
}

#[tokio::test]
async fn lines_are_paged_without_loss_or_repetition() {
    let (site, owner) = with_books().await;
    let (mut at, mut seen, mut pages) = ("/lines".to_owned(), std::collections::BTreeSet::new(), 0);
    loop {
        let page = site.get(&owner, &at).await;
        pages += 1;
        for id in page.body.split("<tr role=\"row\" id=\"").skip(1) {
            assert!(seen.insert(id.split('"').next().unwrap().to_owned()));
        }
        let Some(next) = page.body.split("class=\"button quiet\" href=\"").nth(1) else { break };
        at = next.split('"').next().unwrap().replace("&#38;", "&");
    }
    // Lines with GST inside have a derived pair beside them.
    assert!(pages == seen.len().div_ceil(50) && seen.len() >= 401, "{pages} pages, {} lines", seen.len());
}

#[tokio::test]
async fn a_settlement_shows_its_file_its_state_and_its_versions() {
    let (site, owner) = with_books().await;
    insta::assert_snapshot!(site.get(&owner, "/settlements/1").await.outline());
    insta::assert_snapshot!(
        "list_of_settlements",
        site.get(&owner, "/settlements?month=2026-09").await.outline()
    );
    // The same settlement in a file whose name does not tell which is newer: a person chooses.
    let mut other = settlement(3, 400);
    other.extend_from_slice(b"\n");
    site.import(&owner, "downloaded again.txt", &other).await;
    let undecided = site.get(&owner, "/settlements/2").await;
    assert!(undecided.outline().contains("button Count this version"), "{}", undecided.outline());
    let chosen = site.post(&owner, "/settlements/2/choice", &[]).await;
    assert_eq!((chosen.status, chosen.to()), (StatusCode::SEE_OTHER, "/settlements/2"));
    assert!(site.get(&owner, "/settlements/2").await.outline().contains("state in the figures"));
    assert!(site.get(&owner, "/settlements/1").await.outline().contains("state replaced"));
}

/// The same settlement with two rupees more charged in its last line.
fn corrected(file: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(file.to_vec()).unwrap();
    let total = text.lines().nth(1).unwrap().split('\t').nth(4).unwrap();
    let paise: i64 = total.replace('.', "").parse().unwrap();
    let less = format!("{}.{:02}", (paise - 200) / 100, (paise - 200) % 100);
    assert!(paise > 200 && text.contains("\t-118.00\t"));
    text.replacen(&format!("\t{total}\t"), &format!("\t{less}\t"), 1)
        .replacen("\t-118.00\t", "\t-120.00\t", 1)
        .into_bytes()
}

#[tokio::test]
async fn a_newer_version_tells_what_it_changed_line_by_line_and_in_the_total() {
    let (site, owner) = with_books().await;
    site.import(&owner, "50001234568.txt", &corrected(&settlement(3, 400))).await;
    for key in [1, 2] {
        let page = site.get(&owner, &format!("/settlements/{key}")).await.outline();
        let told =
            page.lines().find(|line| line.starts_with("p total ₹")).unwrap_or_else(|| panic!("{page}"));
        assert!(told.ends_with(": −₹2.00 · + added, − gone"), "{told}");
        let label = "other-transaction · other-transaction · FBA Return Processing Adj";
        for change in [format!("row +1 | {label} |  | −₹120.00"), format!("row −1 | {label} |  | −₹118.00")]
        {
            assert!(page.contains(&change), "{change}: {page}");
        }
    }
}

/// Every route that needs somebody to be signed in, with a body where it takes one.
const ROUTES: [(Method, &str); 54] = [
    (Method::GET, "/"),
    (Method::POST, "/tiles"),
    (Method::POST, "/tiles/removal"),
    (Method::GET, "/styleguide"),
    (Method::GET, "/styleguide/mail"),
    (Method::GET, "/notices"),
    (Method::POST, "/notices/read"),
    (Method::POST, "/notices/1/read"),
    (Method::GET, "/settings/notices"),
    (Method::POST, "/settings/notices"),
    (Method::GET, "/messages"),
    (Method::GET, "/messages/1"),
    (Method::GET, "/statement"),
    (Method::GET, "/difference"),
    (Method::GET, "/lines"),
    (Method::GET, "/lines?settlement=1"),
    (Method::GET, "/products"),
    (Method::GET, "/best-products"),
    (Method::GET, "/products/1"),
    (Method::POST, "/products/1/stock"),
    (Method::GET, "/products/1/stock/1/removal"),
    (Method::POST, "/products/1/stock/1/removal"),
    (Method::GET, "/trends"),
    (Method::GET, "/settlements"),
    (Method::GET, "/settlements/1"),
    (Method::POST, "/settlements/1/choice"),
    (Method::GET, "/books"),
    (Method::GET, "/books/payouts"),
    (Method::GET, "/books/held"),
    (Method::GET, "/books/tcs"),
    (Method::GET, "/books/ledgers"),
    (Method::POST, "/books/rules"),
    (Method::POST, "/books/payouts"),
    (Method::POST, "/books/payouts/sheet"),
    (Method::POST, "/books/ledgers"),
    (Method::GET, "/lines?format=csv"),
    (Method::GET, "/settlements/1/lines"),
    (Method::GET, "/search"),
    (Method::GET, "/search?label_id=1"),
    (Method::GET, "/labels"),
    (Method::GET, "/labels/1"),
    (Method::GET, "/labels/1/rule"),
    (Method::GET, "/labels/rules/1/undo"),
    (Method::GET, "/uploads"),
    (Method::POST, "/uploads"),
    (Method::GET, "/uploads/1"),
    (Method::GET, "/files/1/withdrawal"),
    (Method::POST, "/files/1/withdrawal"),
    (Method::GET, "/settings/tax"),
    (Method::POST, "/settings/tax"),
    (Method::GET, "/settings/tax/change"),
    (Method::GET, "/settings/tax/1/undoing"),
    (Method::POST, "/settings/tax/1/undoing"),
    (Method::POST, "/settings/tax/1/again"),
];

async fn ask(site: &Site, visitor: &Visitor, method: &Method, path: &str) -> support::Answer {
    let request = visitor
        .request(method.clone(), path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    site.send(request.body(Body::from("--cut--\r\n")).unwrap()).await
}

#[tokio::test]
async fn signed_out_one_is_sent_to_sign_in_from_everywhere() {
    let (site, _) = with_books().await;
    for (method, path) in ROUTES {
        let answer = ask(&site, &Visitor::default(), &method, path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
        assert!(answer.to().starts_with("/sign-in"), "{method} {path}");
        let stale = Visitor { cookie: Some(format!("__Host-ecom={}", "0".repeat(64))), ..Visitor::default() };
        assert!(ask(&site, &stale, &method, path).await.to().starts_with("/sign-in"), "{method} {path}");
    }
}

#[tokio::test]
async fn another_business_sees_nothing_of_these_books() {
    let (site, owner) = with_books().await;
    let (stranger, _) = site.owner("other-house").await;
    for (method, path) in ROUTES {
        let answer = ask(&site, &stranger, &method, path).await;
        let own = [
            "/",
            "/tiles",
            "/tiles/removal",
            "/styleguide",
            "/styleguide/mail",
            "/notices",
            "/notices/read",
            "/settings/notices",
            "/messages",
            "/statement",
            "/difference",
            "/lines",
            "/products",
            "/best-products",
            // A form that cannot be read says so before anything is looked up.
            "/products/1/stock",
            "/trends",
            "/settlements",
            "/books",
            "/books/payouts",
            "/books/held",
            "/books/tcs",
            "/books/ledgers",
            "/books/rules",
            "/books/payouts/sheet",
            "/lines?format=csv",
            "/search",
            "/labels",
            "/uploads",
            "/settings/tax",
            "/settings/tax/change",
        ]
        .contains(&path);
        let expected = match (own, method == Method::POST) {
            // What would change is asked for with a form.
            (true, false) if path == "/settings/tax/change" => StatusCode::UNPROCESSABLE_ENTITY,
            (true, false) => StatusCode::OK,
            (true, true) => StatusCode::UNPROCESSABLE_ENTITY,
            (false, _) => StatusCode::NOT_FOUND,
        };
        assert_eq!(answer.status, expected, "{method} {path}");
        assert!(
            !answer.body.contains("26000000003") && !answer.body.contains("50001234567"),
            "{method} {path}"
        );
    }
    for query in ["seller=1", "marketplace=1"] {
        assert_eq!(site.get(&stranger, &format!("/statement?{query}")).await.status, StatusCode::NOT_FOUND);
    }
    let sku = site.get(&owner, "/lines").await.link("/lines?sku=");
    assert_eq!(site.get(&owner, &sku).await.status, StatusCode::OK);
    assert_eq!(site.get(&stranger, &sku).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(&owner, "/settlements/1").await.status, StatusCode::OK);
}

/// Every parameter of every page.
const NAMES: [&str; 39] = [
    "format",
    "table",
    "state",
    "page",
    "month",
    "year",
    "quarter",
    "from",
    "to",
    "seller",
    "marketplace",
    "currency",
    "settlement",
    "account",
    "group",
    "class",
    "sku",
    "after",
    "before",
    "open",
    "order",
    "label",
    "label_id",
    "sort",
    "dir",
    "q",
    "credit",
    "debit",
    "gst",
    "since",
    "said",
    "next",
    "product",
    "show",
    "col",
    "figure",
    "by",
    "shade",
    "view",
];

/// Pages with parameters.
const PAGES: [&str; 27] = [
    "/",
    "/styleguide",
    "/statement",
    "/lines",
    "/books",
    "/books/payouts",
    "/books/held",
    "/books/ledgers",
    "/difference",
    "/settlements",
    "/settlements/1/lines",
    "/search",
    "/labels",
    "/labels/1",
    "/labels/1/rule",
    "/products",
    "/best-products",
    "/products/3",
    "/trends",
    "/notices",
    "/settings/notices",
    "/messages",
    "/uploads",
    "/sign-in",
    "/settings/tax",
    "/settings/tax/change",
    "/settings/tax/change?credit=no",
];

/// What somebody may type for it.
const VALUES: [&str; 31] = [
    "",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
    "NaN",
    "2026-09",
    "2026-00",
    "0000-01",
    "9999-12",
    "-9999-01",
    "2026-27",
    "9999-00",
    "2026-27-Q1",
    "2026-09-31",
    "2026-09-01",
    "INR",
    "XXX",
    "inr%00",
    "%00",
    "%FF%FE",
    "%27%20or%201%3D1--",
    "%3Cscript%3E",
    "a.b.c.d.e.f.g",
    "1.1.1.1.1.1.1",
    "9223372036854775807.1.1.1.1.1.1",
    "-9223372036854775808.-1.-1.-1.-1.-1.-1",
    "%E2%82%B9%0D%0A",
    "expense:fee:referral",
];

#[tokio::test]
async fn nothing_typed_into_an_address_breaks_a_page() {
    let (site, owner) = with_books().await;
    for path in PAGES {
        for name in NAMES {
            for value in VALUES {
                let sign = if path.contains('?') { '&' } else { '?' };
                let answer = site.get(&owner, &format!("{path}{sign}{name}={value}")).await;
                let fine = answer.status.is_success()
                    || [StatusCode::SEE_OTHER, StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY]
                        .contains(&answer.status);
                assert!(fine, "{path}?{name}={value} gives {}", answer.status);
                assert!(!answer.body.contains("<script>"), "{path}?{name}={value}");
            }
        }
    }
    for path in [
        "/settlements/x",
        "/settlements/9223372036854775808",
        "/settlements/-1",
        "/settlements/9/lines",
        "/settlements/x/lines",
        "/labels/x",
        "/labels/0",
        "/labels/9223372036854775808/rule",
        "/labels/rules/x/undo",
        "/labels/rules/1/undo",
        "/uploads/x",
        "/files/%00/withdrawal",
        "/files/0/withdrawal",
        "/lines?settlement=99",
        "/products/x",
        "/products/-1",
        "/products/9223372036854775807",
        "/products/9223372036854775808",
        "/products/3/stock/x/removal",
        "/products/3/stock/9223372036854775807/removal",
        "/settings/tax/x/undoing",
        "/settings/tax/9223372036854775808/undoing",
        "/settings/tax/-1/undoing",
        "/%FF",
    ] {
        assert_eq!(site.get(&owner, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        site.get(&owner, &format!("/lines?sku={}", "x".repeat(20_000))).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_cannot_be_read_in_an_address_is_named() {
    let (site, owner) = with_books().await;
    insta::assert_snapshot!(site.get(&owner, "/statement?month=2026-13").await.outline());
}
