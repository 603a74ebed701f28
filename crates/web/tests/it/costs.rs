//! Costs, expenses and month close: what the pages say and do, and that nobody changes another's books.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use ecom_store::{Filter, PersonId};
use support::{Answer, Site, Visitor, settlement, site};

async fn with_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 400)).await;
    (site, owner)
}

/// The first product of the list: it sold the most without a cost.
async fn product(site: &Site, owner: &Visitor) -> String {
    let link = site.get(owner, "/costs").await.link("/costs/product?sku=");
    link.split_once("sku=").unwrap().1.to_owned()
}

/// Profit, and units without a cost, of all days.
async fn figures(site: &Site) -> (i64, i64) {
    let mut tx = site.world.db.read().await.unwrap();
    let tenant = tx.platform().tenants().await.unwrap()[0];
    let filter = Filter::days(0, 30_000);
    let statement = tx.scoped(tenant).await.unwrap().statements(&filter).await.unwrap().remove(0);
    (statement.profit().unwrap(), statement.uncosted)
}

async fn send_sheet(site: &Site, visitor: &Visitor, name: &str, bytes: &[u8]) -> Answer {
    let head = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"sheet\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--cut--\r\n"].concat();
    let request = visitor
        .request(Method::POST, "/costs/sheet")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    site.send(request.body(Body::from(body)).unwrap()).await
}

/// A hidden field of a page.
fn hidden(answer: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = answer.body.split(&start).nth(1).unwrap_or_else(|| panic!("no {name} in {}", answer.body));
    rest.split('"').next().unwrap().to_owned()
}

/// A cost form, with some fields filled in otherwise.
fn cost<'a>(sku: &'a str, other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual =
        [("sku", sku), ("from", "2026-09-01"), ("currency", "INR"), ("goods", "80"), ("freight", "5.50")];
    let kept = usual.into_iter().filter(|(name, _)| other.iter().all(|(known, _)| known != name));
    kept.chain(other.iter().copied()).collect()
}

#[tokio::test]
async fn before_the_first_file_the_pages_say_what_to_do() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for path in ["/costs", "/costs/sheet", "/expenses", "/close"] {
        let name = format!("empty{}", path.replace('/', "_"));
        insta::assert_snapshot!(name, site.get(&owner, path).await.outline());
    }
}

#[tokio::test]
async fn products_without_a_cost_come_first_and_can_be_searched_and_paged() {
    let (site, owner) = with_books().await;
    let list = site.get(&owner, "/costs").await.outline();
    let rows: Vec<&str> = list.lines().filter(|line| line.starts_with("row ")).collect();
    assert!(rows.len() > 10 && rows[1..].iter().all(|row| row.contains("| unknown |")), "{list}");
    let sku = product(&site, &owner).await;
    let found = site.get(&owner, &format!("/costs?q={}&show=missing", sku.to_lowercase())).await;
    assert!(found.outline().contains(&format!("link {sku} →")), "{}", found.outline());
    assert!(found.body.contains("1 product<"), "{}", found.body);
    let beyond = site.get(&owner, "/costs?page=99").await;
    assert!(beyond.status == StatusCode::OK && beyond.outline().contains("row "));
    assert!(site.get(&owner, "/costs?q=nothing-like-it").await.outline().contains("No product fits."));
}

#[tokio::test]
async fn a_cost_is_added_changed_and_removed_and_the_figures_follow() {
    let (site, owner) = with_books().await;
    let (before, uncosted) = figures(&site).await;
    let sku = product(&site, &owner).await;
    let page = format!("/costs/product?sku={sku}");
    insta::assert_snapshot!("product_without_a_cost", site.get(&owner, &page).await.outline());
    let added = site.post(&owner, "/costs/product", &cost(&sku, &[])).await;
    assert_eq!((added.status, added.to()), (StatusCode::SEE_OTHER, &*format!("{page}&said=saved")));
    let (with, fewer) = figures(&site).await;
    let units = uncosted - fewer;
    assert!(units > 0 && before - with == units * 8_550);
    // A second one from the middle of the month ends the first; the ended one leaves a gap.
    let second = cost(&sku, &[("from", "2026-09-14"), ("to", "2026-09-15"), ("goods", "100")]);
    assert_eq!(site.post(&owner, "/costs/product", &second).await.status, StatusCode::SEE_OTHER);
    let shown = site.get(&owner, &page).await;
    insta::assert_snapshot!("product_with_a_gap", shown.outline());
    // Moving the second closes the gap.
    let edit = shown.links("edit=1")[0].replace("#cost", "");
    assert!(edit.contains("edit=1"), "{edit}");
    let third =
        [("was_from", "2026-09-14"), ("was_currency", "INR"), ("from", "2026-09-10"), ("goods", "100")];
    assert_eq!(site.post(&owner, "/costs/product", &cost(&sku, &third)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(figures(&site).await.1, fewer);
    let ask = "/costs/removal?sku=".to_owned() + &sku + "&currency=INR&from=2026-09-10";
    insta::assert_snapshot!("removal_of_a_cost", site.get(&owner, &ask).await.outline().replace(&sku, "SKU"));
    let gone = [("sku", sku.as_str()), ("from", "2026-09-10"), ("currency", "INR")];
    let removed = site.post(&owner, "/costs/removal", &gone).await;
    assert_eq!((removed.status, removed.to()), (StatusCode::SEE_OTHER, &*format!("{page}&said=removed")));
    assert_eq!(figures(&site).await, (with, fewer));
    assert_eq!(site.post(&owner, "/costs/removal", &gone).await.status, StatusCode::NOT_FOUND, "only once");
}

#[tokio::test]
async fn what_is_wrong_with_a_cost_stands_beside_its_field() {
    let (site, owner) = with_books().await;
    let sku = product(&site, &owner).await;
    let before = figures(&site).await;
    let wrong = [
        ("from", "2026-02-30"),
        ("goods", "ten"),
        ("duty", "-5"),
        ("marketplace", "Amazn.in"),
        ("currency", "rupee"),
    ];
    let answer = site.post(&owner, "/costs/product", &cost(&sku, &wrong)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("value=\"ten\"") && answer.body.contains("value=\"-5\""),
        "what was typed stays"
    );
    for (field, value, message) in [
        ("goods", "ten", "is no amount"),
        ("goods", "", "a cost of nothing is 0"),
        ("goods", "99999999999", "more than one unit can cost"),
        ("goods", "99999999999999999999", "is no amount"),
        ("duty", "-5", "is negative"),
        ("from", "2026-02-30", "is no date"),
        ("from", "", "is no date"),
        ("to", "2026-08-31", "before the first"),
        ("marketplace", "Amazn.in", "is no marketplace of your files"),
        ("currency", "rupee", "no currency code"),
    ] {
        let answer = site.post(&owner, "/costs/product", &cost(&sku, &[(field, value)])).await;
        let outline = answer.outline();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        let error = outline.lines().find(|line| line.starts_with("  error")).unwrap();
        assert!(error.contains(message), "{field} {value}: {error}");
        let kept = field == "marketplace" || outline.contains(&format!(" {field} “{value}”"));
        assert!(kept, "{outline}");
    }
    assert_eq!(figures(&site).await, before);
    site.post(&owner, "/costs/product", &cost(&sku, &[])).await;
    let twice = site.post(&owner, "/costs/product", &cost(&sku, &[])).await;
    assert!(twice.outline().contains("There is a cost from this day already."), "{}", twice.outline());
    let early = cost(&sku, &[("from", "2026-08-01"), ("to", "2026-09-20")]);
    assert!(site.post(&owner, "/costs/product", &early).await.outline().contains("overlaps"));
    for (sku, status) in [("", StatusCode::UNPROCESSABLE_ENTITY), ("a\0b", StatusCode::UNPROCESSABLE_ENTITY)]
    {
        assert_eq!(site.post(&owner, "/costs/product", &cost(sku, &[])).await.status, status, "{sku:?}");
    }
}

#[tokio::test]
async fn a_sheet_is_looked_at_before_anything_is_saved() {
    let (site, owner) = with_books().await;
    let before = figures(&site).await;
    let sku = product(&site, &owner).await;
    site.post(&owner, "/costs/product", &cost(&sku, &[])).await;
    let one = figures(&site).await;
    assert_ne!(one, before);
    let sheet = format!(
        "sku,from,to,goods,marketplace\n{sku},2026-09-01,,90,\nNEW-1,2026-04-01,,12.50,\nNEW-2,2026-04-01,,ten,\n,2026-04-01,,1,\nNEW-3,2026-04-01,,1,Amazn.in\n{sku},2026-08-01,2026-09-30,1,\n"
    );
    let sent = send_sheet(&site, &owner, "C:\\costs <b>.csv", sheet.as_bytes()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let at = sent.to().to_owned();
    let page = site.get(&owner, &at).await;
    let id = at.rsplit('/').next().unwrap();
    insta::assert_snapshot!("preview_of_a_sheet", page.outline().replace(id, "ID").replace(&sku, "SKU"));
    assert_eq!(figures(&site).await, one, "nothing is saved by looking");
    let stale = site.post(&owner, &at, &[("seen", "9.9.9.9")]).await;
    assert!(stale.status == StatusCode::CONFLICT && stale.outline().contains("h2 Look again"));
    assert_eq!(figures(&site).await, one);
    let saved = site.post(&owner, &at, &[("seen", &hidden(&page, "seen"))]).await;
    assert_eq!(
        (saved.status, saved.to()),
        (StatusCode::SEE_OTHER, "/costs?said=imported"),
        "{}",
        saved.outline()
    );
    assert_ne!(figures(&site).await, one);
    assert_eq!(site.get(&owner, &at).await.status, StatusCode::NOT_FOUND, "the sheet is gone");
    assert_eq!(site.spooled(), 0);
}

#[tokio::test]
async fn a_sheet_belongs_to_who_sent_it_and_is_replaced_by_the_next() {
    let (site, owner) = with_books().await;
    let (stranger, _) = site.owner("other-house").await;
    let sheet = b"sku,from,goods\nA,2026-04-01,5\n";
    let first = send_sheet(&site, &owner, "a.csv", sheet).await.to().to_owned();
    for (method, path) in [
        (Method::GET, first.clone()),
        (Method::POST, first.clone()),
        (Method::GET, "/costs/sheet/..%2Fx".into()),
    ] {
        let answer = match method {
            Method::GET => site.get(&stranger, &path).await,
            _ => site.post(&stranger, &path, &[("seen", "1.0.0.0")]).await,
        };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    site.post(&stranger, &format!("{first}/discard"), &[]).await;
    assert_eq!(site.get(&owner, &first).await.status, StatusCode::OK, "a stranger cannot throw it away");
    let second = send_sheet(&site, &owner, "b.csv", sheet).await.to().to_owned();
    assert_eq!(site.get(&owner, &first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.spooled(), 1);
    let gone = site.post(&owner, &format!("{second}/discard"), &[]).await;
    assert_eq!((gone.to(), site.spooled()), ("/costs?said=discarded", 0));
}

#[tokio::test]
async fn what_is_no_cost_sheet_is_told_at_once() {
    let (site, owner) = with_books().await;
    let long = "A,2026-04-01,5\n".repeat(20_001);
    for (bytes, message) in [
        (&b""[..], "The file is empty."),
        (b"price,sku\n1,A", "Column `price` is not known"),
        (b"sku,from\nA,2026-04-01", "at least the columns sku, from, goods"),
        (b"PK\x03\x04rubbish", "XLSX"),
        (b"\x1f\x8b\x08", "unpack it first"),
        (long.as_bytes(), "more than 20000 rows"),
    ] {
        let answer = send_sheet(&site, &owner, "costs.csv", bytes).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{message}");
        assert!(answer.body.contains(message), "{message}: {}", answer.outline());
    }
    assert!(send_sheet(&site, &owner, "", b"").await.body.contains("Choose a CSV or XLSX file."));
    let large = send_sheet(&site, &owner, "costs.csv", &vec![b'a'; 9 << 20]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(site.spooled(), 0);
}

#[tokio::test]
async fn the_template_comes_back_as_a_sheet() {
    let (site, owner) = with_books().await;
    let csv = site.get(&owner, "/costs/template.csv").await;
    assert!(csv.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("costs.csv"));
    let lines: Vec<&str> = csv.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "sku,from,to,marketplace,currency,goods,freight,duty,packing,other");
    let sku = product(&site, &owner).await;
    assert_eq!(lines[1], format!("{sku},2026-09-01,,,INR"));
    let filled = lines[1..].join(",10\n") + ",10\n";
    let sheet = format!("sku,from,to,marketplace,currency,goods\n{filled}");
    let at = send_sheet(&site, &owner, "costs.csv", sheet.as_bytes()).await.to().to_owned();
    let seen = hidden(&site.get(&owner, &at).await, "seen");
    site.post(&owner, &at, &[("seen", &seen)]).await;
    assert_eq!(figures(&site).await.1, 0, "every unit has a cost now");
    let xlsx = site.get(&owner, "/costs/template.xlsx").await;
    assert!(xlsx.body.starts_with("PK"));
    assert_eq!(site.get(&owner, "/costs/template.csv").await.body.lines().count(), 1);
}

#[tokio::test]
async fn an_expense_is_added_ended_and_removed() {
    let (site, owner) = with_books().await;
    let (before, _) = figures(&site).await;
    let rent = [
        ("category", "Rent of the godown"),
        ("amount", "1,800.50"),
        ("gst", "324.09"),
        ("currency", "INR"),
        ("every", "monthly"),
        ("from", "2026-09-05"),
    ];
    let added = site.post(&owner, "/expenses", &rent).await;
    assert_eq!(
        (added.status, added.to()),
        (StatusCode::SEE_OTHER, "/expenses?said=added"),
        "{}",
        added.outline()
    );
    insta::assert_snapshot!("expenses", site.get(&owner, "/expenses?said=added").await.outline());
    let at = |day: &str| [("last".to_owned(), day.to_owned())];
    for (day, message) in
        [("", "Choose the last day."), ("2026-09-04", "Remove it instead."), ("x", "is no day")]
    {
        let form: Vec<(String, String)> = at(day).to_vec();
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = site.post(&owner, "/expenses/1/end", &form).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains(message), "{day}");
    }
    insta::assert_snapshot!("end_of_an_expense", site.get(&owner, "/expenses/1/end").await.outline());
    let ended = site.post(&owner, "/expenses/1/end", &[("last", "2026-09-30")]).await;
    assert_eq!(ended.to(), "/expenses?said=ended");
    assert_eq!(figures(&site).await.0, before - 180_050, "one payment until the end");
    insta::assert_snapshot!("removal_of_an_expense", site.get(&owner, "/expenses/1/removal").await.outline());
    assert_eq!(site.post(&owner, "/expenses/1/removal", &[]).await.to(), "/expenses?said=removed");
    assert_eq!(figures(&site).await.0, before);
    assert_eq!(site.post(&owner, "/expenses/1/removal", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_an_expense_stands_beside_its_field() {
    let (site, owner) = with_books().await;
    let usual = [
        ("category", "Rent"),
        ("amount", "100"),
        ("gst", ""),
        ("currency", "INR"),
        ("every", "monthly"),
        ("from", "2026-09-05"),
        ("to", ""),
        ("sku", ""),
    ];
    for (field, value, message) in [
        ("category", "", "Say what it is for."),
        ("category", "rent:office", "is no category"),
        ("amount", "", "above 0"),
        ("amount", "0", "above 0"),
        ("amount", "-5", "without a sign"),
        ("amount", "10000000000.01", "more than the books can hold"),
        ("gst", "x", "is no amount"),
        ("currency", "₹", "three letters"),
        ("every", "daily", "Choose how often"),
        ("from", "", "Choose the day"),
        ("from", "0001-01-01", "between 1995 and 2150"),
        ("to", "2026-09-01", "before the first day"),
        ("sku", "NOBODY-SELLS-IT", "names the product"),
    ] {
        let form: Vec<(&str, &str)> =
            usual.iter().map(|(name, usual)| (*name, if *name == field { value } else { usual })).collect();
        let answer = site.post(&owner, "/expenses", &form).await;
        let outline = answer.outline();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        let error = outline.lines().find(|line| line.starts_with("  error")).unwrap_or(&outline);
        assert!(error.contains(message), "{field} {value}: {error}");
    }
    let mut once = usual.to_vec();
    (once[4].1, once[6].1) = ("once", "2026-10-01");
    assert!(site.post(&owner, "/expenses", &once).await.body.contains("comes once has no end"));
}

#[tokio::test]
async fn a_month_is_closed_with_its_gaps_seen_and_tells_what_changed() {
    let (site, owner) = with_books().await;
    insta::assert_snapshot!("months", site.get(&owner, "/close").await.outline());
    let at = "/close/2026-09/INR";
    let open = site.get(&owner, at).await;
    insta::assert_snapshot!("month_before_the_close", open.outline());
    let seen = hidden(&open, "seen");
    let refused = site.post(&owner, at, &[("seen", &seen), ("uncosted", "yes")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.outline().contains("error Tick this") && refused.body.contains(&seen),
        "{}",
        refused.outline()
    );
    let ticked = [("unclassified", "yes"), ("uncosted", "yes"), ("provisional", "yes")];
    let with = |seen: &str| -> Vec<(&'static str, String)> {
        ticked
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .chain([("seen", seen.to_owned())])
            .collect()
    };
    let post = async |seen: &str| {
        let form = with(seen);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        site.post(&owner, at, &form).await
    };
    for other in ["", "1/2/3", "0/0/0/0"] {
        let stale = post(other).await;
        assert!(
            stale.status == StatusCode::CONFLICT && stale.outline().contains("The month has changed"),
            "{other}"
        );
    }
    let closed = post(&seen).await;
    assert_eq!((closed.status, closed.to()), (StatusCode::SEE_OTHER, "/close/2026-09/INR?said=closed"));
    assert_eq!(post(&seen).await.status, StatusCode::CONFLICT, "only once");
    assert!(site.get(&owner, at).await.outline().contains("nothing has changed since the close"));
    // A cost that comes later is a difference.
    let sku = product(&site, &owner).await;
    site.post(&owner, "/costs/product", &cost(&sku, &[])).await;
    let differs = site.get(&owner, at).await.outline();
    insta::assert_snapshot!("month_with_differences", differs);
    assert!(site.get(&owner, "/close").await.outline().contains("closed, with differences"));
    let again = format!("{at}/reopening");
    let why = site.post(&owner, &again, &[("reason", " ")]).await;
    assert!(why.status == StatusCode::UNPROCESSABLE_ENTITY && why.body.contains("Say why"));
    let opened = site.post(&owner, &again, &[("reason", "A cost <was> missing")]).await;
    assert_eq!((opened.status, opened.to()), (StatusCode::SEE_OTHER, "/close/2026-09/INR?said=reopened"));
    let record = site.get(&owner, at).await.outline();
    assert!(
        record.contains("h2 Earlier closes") && record.contains("A cost &#60;was&#62; missing"),
        "{record}"
    );
    assert_eq!(site.post(&owner, &again, &[("reason", "again")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_month_that_is_not_over_is_not_closed() {
    let (site, _) = with_books().await;
    site.world.clock.set("2026-09-30T23:00+05:30");
    // A session from later does not hold.
    let owner = site.sign_in(PersonId(1)).await;
    let running = site.get(&owner, "/close/2026-09/INR").await.outline();
    assert!(
        running.contains("It can be closed from 1 Oct 2026 on.") && !running.contains("button Close"),
        "{running}"
    );
    assert_eq!(site.post(&owner, "/close/2026-09/INR", &[]).await.status, StatusCode::CONFLICT);
    for path in
        ["2026-08/INR", "2026-09/USD", "2026-09/inr", "2026-13/INR", "x/INR", "2026-09/%00", "9999-12/INR"]
    {
        assert_eq!(site.get(&owner, &format!("/close/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Every page of these, and whether it only shows the asker's own, perhaps empty, books.
const PAGES: [(&str, bool); 11] = [
    ("/costs", true),
    ("/costs/template.csv", true),
    ("/costs/template.xlsx", true),
    ("/costs/product?sku=SKU", false),
    ("/costs/removal?sku=SKU&from=2026-09-01", false),
    ("/costs/sheet", true),
    ("/expenses", true),
    ("/expenses/1/end", false),
    ("/expenses/1/removal", false),
    ("/close", true),
    ("/close/2026-09/INR", false),
];
/// Every change.
const CHANGES: [&str; 9] = [
    "/costs/product",
    "/costs/removal",
    "/costs/sheet",
    "/costs/sheet/0123456789abcdef0123456789abcdef",
    "/costs/sheet/0123456789abcdef0123456789abcdef/discard",
    "/expenses",
    "/expenses/1/end",
    "/expenses/1/removal",
    "/close/2026-09/INR/reopening",
];

#[tokio::test]
async fn pages_and_changes_ask_for_the_right_person() {
    let (site, owner) = with_books().await;
    let sku = product(&site, &owner).await;
    site.post(&owner, "/costs/product", &cost(&sku, &[])).await;
    let rent = [
        ("category", "Rent"),
        ("amount", "1"),
        ("currency", "INR"),
        ("every", "monthly"),
        ("from", "2026-09-05"),
    ];
    site.post(&owner, "/expenses", &rent).await;
    let before = figures(&site).await;
    let (stranger, _) = site.owner("other-house").await;
    for (path, own) in PAGES {
        let path = path.replace("SKU", &sku);
        assert_eq!(site.get(&owner, &path).await.status, StatusCode::OK, "{path}");
        let away = site.get(&Visitor::default(), &path).await;
        assert!(away.status == StatusCode::SEE_OTHER && away.to().starts_with("/sign-in"), "{path}");
        let answer = site.get(&stranger, &path).await;
        assert_eq!(answer.status, if own { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{path}");
        assert!(!answer.body.contains(&sku), "{path}");
    }
    for path in CHANGES {
        let away = site.post(&Visitor::default(), path, &[]).await;
        assert!(away.status == StatusCode::SEE_OTHER && away.to().starts_with("/sign-in"), "{path}");
    }
    for path in ["/expenses/1/end", "/expenses/1/removal", "/close/2026-09/INR"] {
        assert_eq!(
            site.post(&stranger, path, &[("last", "2026-10-01")]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let gone = [("sku", sku.as_str()), ("from", "2026-09-01")];
    assert_eq!(site.post(&stranger, "/costs/removal", &gone).await.status, StatusCode::NOT_FOUND);
    site.world.set_role(PersonId(1), "viewer").await;
    for path in CHANGES.into_iter().chain(["/close/2026-09/INR"]) {
        assert_eq!(site.post(&owner, path, &gone).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/costs", "/expenses", "/close/2026-09/INR", &format!("/costs/product?sku={sku}")] {
        let outline = site.get(&owner, path).await.outline();
        let forms: Vec<&str> = outline.lines().filter(|line| line.starts_with("form post")).collect();
        assert!(outline.starts_with("200") && forms.is_empty(), "{path}: {forms:?}");
        assert!(!outline.contains("link Remove"), "{path}");
    }
    assert_eq!(figures(&site).await, before);
}

#[tokio::test]
async fn nothing_typed_into_an_address_breaks_these_pages() {
    let (site, owner) = with_books().await;
    let values = [
        "",
        "0",
        "-1",
        "99999999999999999999",
        "2026-09-31",
        "9999-12-31",
        "0000-00-00",
        "%00",
        "%FF",
        "%3Cscript%3E",
        "%0D%0A",
        "INR",
        "XXX",
        "missing",
    ];
    let names = ["q", "show", "page", "said", "sku", "from", "marketplace", "currency", "edit", "add"];
    for path in [
        "/costs?",
        "/costs/product?sku=A&add=1&",
        "/costs/product?",
        "/costs/removal?sku=A&",
        "/expenses?",
        "/close?",
        "/close/2026-09/INR?",
    ] {
        for name in names {
            for value in values {
                let answer = site.get(&owner, &format!("{path}{name}={value}")).await;
                let fine = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY]
                    .contains(&answer.status);
                assert!(
                    fine && !answer.body.contains("<script>"),
                    "{path}{name}={value} gives {}",
                    answer.status
                );
            }
        }
    }
    for id in ["x", "-1", "0", "9223372036854775808", "%00"] {
        for page in ["end", "removal"] {
            assert_eq!(
                site.get(&owner, &format!("/expenses/{id}/{page}")).await.status,
                StatusCode::NOT_FOUND,
                "{id}"
            );
        }
        assert_eq!(
            site.get(&owner, &format!("/costs/sheet/{id}")).await.status,
            StatusCode::NOT_FOUND,
            "{id}"
        );
    }
}
