//! Labels and the search of lines: what the pages say and do, that figures follow, and that nobody changes another's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::{Method, StatusCode};
use ecom_ledger::Account;
use ecom_store::Filter;
use support::{Answer, Site, Visitor, settlement, site};

const UNKNOWN: &str = "FBA Return Processing Adj";

async fn with_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 400)).await;
    (site, owner)
}

/// The page of the label nobody knows.
async fn unknown(site: &Site, owner: &Visitor) -> String {
    let link = site.get(owner, "/labels").await.link("/labels/");
    link.split('#').next().unwrap().to_owned()
}

/// Lines in suspense, lines under services, profit.
async fn figures(site: &Site) -> (i64, i64, i64) {
    let mut tx = site.world.db.read().await.unwrap();
    let tenant = tx.platform().tenants().await.unwrap()[0];
    let filter = Filter::days(0, 30_000);
    let statement = tx.scoped(tenant).await.unwrap().statements(&filter).await.unwrap().remove(0);
    let lines = |account| statement.turnover(account).lines;
    (lines(Account::Unclassified), lines(Account::FeeService), statement.profit().unwrap())
}

const SERVICES: [(&str, &str); 4] =
    [("credit", "expense:fee:service"), ("debit", "same"), ("gst", "included"), ("since", "all")];

fn query(form: &[(&str, &str)]) -> String {
    form.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

async fn preview(site: &Site, owner: &Visitor, label: &str, form: &[(&str, &str)]) -> Answer {
    site.get(owner, &format!("{label}/rule?{}", query(form))).await
}

/// The form with some answers given otherwise.
fn but(other: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = SERVICES.into_iter().filter(|(name, _)| other.iter().all(|(known, _)| known != name));
    kept.chain(other.iter().copied()).collect()
}

#[tokio::test]
async fn before_the_first_file_the_pages_say_what_to_do() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for path in ["/labels", "/search"] {
        insta::assert_snapshot!(format!("empty_{}", &path[1..]), site.get(&owner, path).await.outline());
    }
}

#[tokio::test]
async fn an_unknown_label_is_shown_with_its_lines_and_gets_an_account_that_can_be_taken_back() {
    let (site, owner) = with_books().await;
    insta::assert_snapshot!("desk", site.get(&owner, "/labels").await.outline());
    let label = unknown(&site, &owner).await;
    insta::assert_snapshot!("label_in_suspense", site.get(&owner, &label).await.outline());
    let before = figures(&site).await;
    assert_eq!((before.0, before.1), (1, 0));
    insta::assert_snapshot!("preview_of_a_rule", preview(&site, &owner, &label, &SERVICES).await.outline());
    assert_eq!(figures(&site).await, before, "looking changes nothing");

    let made = site.post(&owner, &format!("{label}/rule"), &SERVICES).await;
    assert_eq!((made.status, made.to()), (StatusCode::SEE_OTHER, &*format!("{label}?said=made")));
    let waiting = site.get(&owner, &label).await;
    assert!(waiting.body.contains("data-again") && waiting.outline().contains("state posting anew"));
    site.work().await;
    let after = figures(&site).await;
    assert_eq!((after.0, after.1, after.2 - before.2), (0, 1, -10_000), "118 rupees hold 18 of GST");
    let shown = site.get(&owner, &format!("{label}?said=made")).await;
    assert!(!shown.body.contains("data-again"));
    insta::assert_snapshot!("label_with_a_rule", shown.outline());
    assert!(site.get(&owner, "/labels").await.outline().contains("p Every label is understood."));

    let undo = shown.link("/labels/rules/");
    insta::assert_snapshot!("undoing_a_rule", site.get(&owner, &undo).await.outline());
    let undone = site.post(&owner, &undo, &[]).await;
    assert_eq!((undone.status, undone.to()), (StatusCode::SEE_OTHER, &*format!("{label}?said=undone")));
    site.work().await;
    assert_eq!(figures(&site).await, before);
    insta::assert_snapshot!("desk_after_undoing", site.get(&owner, "/labels").await.outline());
    for method in [Method::GET, Method::POST] {
        let request = owner.request(method, &undo).header("sec-fetch-site", "same-origin");
        let again = site.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "it is undone once");
    }
}

#[tokio::test]
async fn each_example_is_explained_with_the_line_as_amazon_wrote_it() {
    let (site, owner) = with_books().await;
    for path in ["/labels".to_owned(), unknown(&site, &owner).await, "/search?order=".to_owned()] {
        let link = site.get(&owner, &path).await.link("/lines?settlement=");
        let explained = site.get(&owner, link.split('#').next().unwrap()).await;
        let raw = explained.outline();
        let raw = raw.lines().find(|line| line.starts_with("pre ")).unwrap_or_else(|| panic!("{path}"));
        assert!(raw.contains("26000000003"), "{raw}");
    }
    let link = site.get(&owner, "/labels").await.link("/lines?settlement=");
    let explained = site.get(&owner, link.split('#').next().unwrap()).await;
    assert!(explained.outline().contains(&format!("dd {UNKNOWN}")), "{}", explained.outline());
}

#[tokio::test]
async fn a_closed_month_is_named_and_shows_the_rule_as_a_difference() {
    let (site, owner) = with_books().await;
    let month = "/close/2026-09/INR";
    let page = site.get(&owner, month).await;
    let seen =
        page.body.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let ticked = [("seen", &*seen), ("unclassified", "yes"), ("uncosted", "yes"), ("provisional", "yes")];
    assert_eq!(site.post(&owner, month, &ticked).await.status, StatusCode::SEE_OTHER);
    let label = unknown(&site, &owner).await;
    let told = preview(&site, &owner, &label, &SERVICES).await.outline();
    assert!(told.contains(&format!("link September 2026 → {month}")), "{told}");
    site.post(&owner, &format!("{label}/rule"), &SERVICES).await;
    site.work().await;
    let differs = site.get(&owner, month).await.outline();
    assert!(differs.contains("row Services expense:fee:service | was ₹0.00 | is −₹100.00 |"), "{differs}");
}

#[tokio::test]
async fn a_rule_from_a_day_on_leaves_what_was_before() {
    let (site, owner) = with_books().await;
    let label = unknown(&site, &owner).await;
    let later = but(&[("since", "today")]);
    let told = preview(&site, &owner, &label, &later).await.outline();
    assert!(told.contains("No line that is there changes."), "{told}");
    site.post(&owner, &format!("{label}/rule"), &later).await;
    site.work().await;
    assert_eq!(figures(&site).await.0, 1);
    let shown = site.get(&owner, &label).await.outline();
    assert!(shown.contains("row until 7 Oct 2026 | Not understood yet | Not known | no rule"), "{shown}");
    assert!(shown.contains("row from 8 Oct 2026 on | Services | Inside the amount | your rule"), "{shown}");
    // Another one before it would be hidden behind it.
    let hidden = preview(&site, &owner, &label, &SERVICES).await;
    assert_eq!(hidden.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(hidden.outline().contains("Your rule from 8 Oct 2026 on stands."), "{}", hidden.outline());
    let day = but(&[("since", "day"), ("from", "2026-11-01")]);
    assert_eq!(preview(&site, &owner, &label, &day).await.status, StatusCode::OK);
}

#[tokio::test]
async fn credits_and_charges_may_go_different_ways_and_a_known_label_may_change() {
    let (site, owner) = with_books().await;
    let found = site.get(&owner, "/labels?q=ITEMPRICE+%C2%B7+principal").await;
    insta::assert_snapshot!("labels_found", found.outline());
    let order = site.get(&owner, "/labels?q=Order+%C2%B7+ItemPrice+%C2%B7+Principal").await.outline();
    let link = order.lines().find(|line| line.starts_with("link Principal →")).unwrap();
    let label = link.split("→ ").nth(1).unwrap().to_owned();
    let shown = site.get(&owner, &label).await.outline();
    assert!(shown.contains("  chosen Product sales"), "{shown}");
    let apart = but(&[("credit", "income:other"), ("debit", "liability:loan"), ("gst", "none")]);
    let told = preview(&site, &owner, &label, &apart).await.outline();
    assert!(told.contains("row Product sales | Other income |"), "{told}");
    assert!(told.contains("p Profit stays as it is "), "only sales are in it: {told}");
    assert_eq!(site.post(&owner, &format!("{label}/rule"), &apart).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_wrong_with_a_choice_stands_beside_its_field_and_the_rest_stays() {
    let (site, owner) = with_books().await;
    let label = unknown(&site, &owner).await;
    insta::assert_snapshot!("nothing_chosen", preview(&site, &owner, &label, &[]).await.outline());
    let wrong = [
        (but(&[("credit", "expense:cogs")]), "Choose an account."),
        (but(&[("debit", "nowhere")]), "Choose an account."),
        (but(&[("credit", "asset:tcs:igst")]), "Only income and expenses hold GST inside."),
        (but(&[("gst", "18")]), "Choose where its GST stands."),
        (but(&[("since", "")]), "Choose from when on it applies."),
        (but(&[("since", "day")]), "Choose the first day."),
        (but(&[("since", "day"), ("from", "0001-01-01")]), "is no day between 1995 and 2150"),
    ];
    for (form, words) in wrong {
        let asked = preview(&site, &owner, &label, &form).await;
        let sent = site.post(&owner, &format!("{label}/rule"), &form).await;
        for answer in [asked, sent] {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
            assert!(answer.outline().contains(words), "{form:?}: {}", answer.outline());
        }
    }
    assert!(site.get(&owner, "/labels").await.outline().contains(UNKNOWN), "nothing was saved");
}

#[tokio::test]
async fn viewers_look_and_do_not_change_and_strangers_see_nothing() {
    let (site, owner) = with_books().await;
    let label = unknown(&site, &owner).await;
    site.post(&owner, &format!("{label}/rule"), &SERVICES).await;
    let (stranger, _) = site.owner("other-house").await;
    let rule = "/labels/rules/1";
    let changes = [
        (Method::GET, format!("{label}/rule?{}", query(&SERVICES))),
        (Method::POST, format!("{label}/rule")),
        (Method::GET, format!("{rule}/undo")),
        (Method::POST, format!("{rule}/undo")),
        (Method::POST, format!("{rule}/posting")),
    ];
    let refused = async |visitor: &Visitor| {
        for (method, path) in &changes {
            let answer = match *method {
                Method::GET => site.get(visitor, path).await,
                _ => site.post(visitor, path, &SERVICES).await,
            };
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    };
    refused(&stranger).await;
    assert_eq!(site.get(&stranger, &label).await.status, StatusCode::NOT_FOUND);
    for path in ["/search?label_id=1", "/settlements/1/lines", "/search?settlement=1"] {
        assert_eq!(site.get(&stranger, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let person = ecom_store::PersonId(1);
    site.world.set_role(person, "viewer").await;
    refused(&owner).await;
    let desk = site.get(&owner, "/labels").await.outline();
    assert!(desk.contains("link Look at it") && !desk.contains("Choose its account"), "{desk}");
    let page = site.get(&owner, &label).await.outline();
    assert!(page.contains("h2 Where it goes") && !page.contains("form "), "{page}");
    site.work().await;
    assert_eq!(figures(&site).await.0, 0, "the rule made before still stands");
}

#[tokio::test]
async fn posting_anew_that_was_given_up_says_so_and_can_be_asked_for_again() {
    let (site, owner) = with_books().await;
    let label = unknown(&site, &owner).await;
    site.post(&owner, &format!("{label}/rule"), &SERVICES).await;
    let mut tx = site.world.db.write().await.unwrap();
    let claim = tx.platform().claim(site.world.now()).await.unwrap().unwrap();
    tx.platform().fail(&claim, "no luck", false, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let stopped = site.get(&owner, "/labels").await.outline();
    assert!(stopped.contains("state stopped") && stopped.contains("button Post again"), "{stopped}");
    let again = site.post(&owner, "/labels/rules/1/posting", &[]).await;
    assert_eq!((again.status, again.to()), (StatusCode::SEE_OTHER, "/labels?said=again"));
    site.work().await;
    assert_eq!(figures(&site).await.0, 0);
    let once = site.post(&owner, "/labels/rules/1/posting", &[]).await;
    assert_eq!(once.status, StatusCode::CONFLICT);
}

/// Rows of the table of lines.
fn rows(answer: &Answer) -> Vec<String> {
    let outline = answer.outline();
    outline.lines().filter(|line| line.starts_with("row ")).skip(1).map(str::to_owned).collect()
}

/// A line of a product's sale: order and SKU.
async fn sample(site: &Site, owner: &Visitor) -> (String, String) {
    let page = site.get(owner, "/search?account=income:sales:product").await;
    let order = page.link("/search?account=income:sales:product&#38;order=");
    let sku = page.link("/search?account=income:sales:product&#38;sku=");
    (order.split("order=").nth(1).unwrap().to_owned(), sku.split("sku=").nth(1).unwrap().to_owned())
}

#[tokio::test]
async fn lines_are_found_by_order_product_label_and_account_whole_or_by_their_beginning() {
    let (site, owner) = with_books().await;
    let (order, sku) = sample(&site, &owner).await;
    let found = site.get(&owner, &format!("/search?order={order}")).await;
    assert!(rows(&found).iter().all(|row| row.contains(&order)) && rows(&found).len() > 2);
    let both = site.get(&owner, &format!("/search?order={order}&account=expense:fee")).await;
    assert!(!rows(&both).is_empty() && rows(&both).len() < rows(&found).len());
    let of_sku =
        site.get(&owner, &format!("/search?sku={sku}&label=Order+%C2%B7+ItemPrice+%C2%B7+Principal")).await;
    assert!(rows(&of_sku).iter().all(|row| row.contains(&sku) && row.contains("Product sales")));
    // The beginning of several offers them; of one, means it.
    let several = site.get(&owner, &format!("/search?order={}", &order[..3])).await;
    let outline = several.outline();
    assert!(outline.contains(&format!("h2 Each order that begins with “{}”", &order[..3])), "{outline}");
    assert!(rows(&several).is_empty());
    let only = site.get(&owner, &format!("/search?order={}", &order[..order.len() - 1])).await;
    assert_eq!(rows(&only), rows(&found));
    let words = site.get(&owner, "/search?account=referral+fees").await;
    assert!(rows(&words).iter().all(|row| row.contains("Referral fees")) && !rows(&words).is_empty());
    let september = site.get(&owner, "/search?from=2026-09-08&to=2026-09-08").await;
    assert!(rows(&september).iter().all(|row| row.starts_with("row 8 Sep 2026")), "{:?}", rows(&september));
}

#[tokio::test]
async fn what_means_nothing_is_told_beside_its_field_and_what_was_typed_stays() {
    let (site, owner) = with_books().await;
    let query = "order=999-1&sku=NO-SUCH&label=no+such+label&account=expense:f";
    let answer = site.get(&owner, &format!("/search?{query}")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_snapshot!("search_that_means_nothing", answer.outline());
    let long = site.get(&owner, &format!("/search?sku={}", "x".repeat(400))).await;
    assert!(long.status == StatusCode::UNPROCESSABLE_ENTITY && long.body.contains("At most 300 characters."));
}

#[tokio::test]
async fn lines_of_a_settlement_are_sorted_and_paged_without_loss_or_repetition() {
    let (site, owner) = with_books().await;
    let place = "/settlements/1/lines";
    let first = site.get(&owner, place).await;
    assert!(first.outline().contains("h1 Lines of settlement 26000000003"), "{}", first.outline());
    assert!(site.get(&owner, "/settlements/1").await.body.contains(&format!("href=\"{place}\"")));
    let all = first.outline();
    let count = all.lines().find(|line| line.ends_with(" lines") && line.starts_with("h2 ")).unwrap();
    let count: usize = count["h2 ".len()..].split(' ').next().unwrap().parse().unwrap();
    for order in ["", "?sort=amount&dir=up", "?sort=amount&dir=down", "?sort=day&dir=down"] {
        let (mut at, mut seen) = (format!("{place}{order}"), Vec::new());
        loop {
            let page = site.get(&owner, &at).await;
            assert_eq!(page.status, StatusCode::OK, "{at}");
            for link in page.body.split("&#38;open=").skip(1) {
                seen.push(link.split('#').next().unwrap().to_owned());
            }
            let Some(next) = page.body.split("class=\"button quiet\" href=\"").nth(1) else { break };
            if !next.contains("rel=\"next\"") {
                break;
            }
            at = next.split('"').next().unwrap().replace("&#38;", "&");
        }
        assert_eq!(seen.len(), count, "{order}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{order}");
    }
    let sorted = site.get(&owner, &format!("{place}?sort=amount&dir=down")).await;
    assert!(sorted.body.contains("aria-sort=\"descending\""));
    insta::assert_snapshot!(
        "lines_of_a_label",
        site.get(&owner, &format!("{place}?label=Return+Processing")).await.outline()
    );
}

#[tokio::test]
async fn too_many_lines_are_shown_line_by_line_and_sorting_asks_to_narrow() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 11_000)).await;
    for path in ["/search", "/search?sort=amount&dir=down", "/settlements/1/lines?sort=day"] {
        let page = site.get(&owner, path).await;
        let outline = page.outline();
        assert!(outline.contains("h2 10,000+ lines"), "{path}: {outline}");
        assert!(outline.contains("Narrow the search to sort by date or amount."), "{path}: {outline}");
        assert!(!page.body.contains("class=\"sort\""), "{path}");
        let next = outline.lines().find(|line| line.starts_with("link Next lines →")).unwrap();
        let next = next.split("→ ").nth(1).unwrap();
        assert_eq!(rows(&site.get(&owner, next).await).len(), 50);
    }
    let narrowed = site.get(&owner, "/search?account=expense:fee:closing&sort=amount&dir=down").await;
    assert!(narrowed.body.contains("aria-sort=\"descending\""));
}

#[tokio::test]
async fn the_one_box_finds_out_what_was_meant() {
    let (site, owner) = with_books().await;
    let (order, sku) = sample(&site, &owner).await;
    let to = async |text: &str| site.get(&owner, &format!("/search?q={text}")).await.to().to_owned();
    assert_eq!(to(&order).await, format!("/search?order={order}"));
    assert_eq!(to(&sku).await, format!("/search?sku={sku}"));
    assert_eq!(to("expense:fee:gst").await, "/search?account=expense:fee:gst");
    assert!(to("return+processing").await.starts_with("/search?label_id="));
    let several = site.get(&owner, "/search?q=commission").await.outline();
    assert!(several.contains("h2 Labels that hold “commission”"), "{several}");
    let nothing = site.get(&owner, "/search?q=zzzz").await;
    assert!(nothing.status == StatusCode::OK && nothing.outline().contains("h2 Nothing is called “zzzz”"));
    let list = site.get(&owner, "/settlements").await.outline();
    assert!(list.contains("form get /search"), "{list}");
}
