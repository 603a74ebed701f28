//! Products: the table, one product with its stock, trends, the best and the worst; what they say, that they agree
//! with the statement, and that nobody sees or changes another's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_store::{Filter, PersonId};
use support::{Answer, Site, Visitor, settlement, site};

async fn with_books() -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 400)).await;
    (site, owner)
}

/// The same fortnight in another month, with another settlement's number.
fn in_month(seed: u64, rows: u64, month: &str) -> Vec<u8> {
    let text = String::from_utf8(settlement(seed, rows)).unwrap();
    text.replace(".09.2026", &format!(".{month}.2026"))
        .replace("2026-09-", &format!("2026-{month}-"))
        .into_bytes()
}

/// Rows of the table in the outline, without its heading.
fn rows(answer: &Answer) -> Vec<String> {
    let outline = answer.outline();
    outline.lines().filter(|line| line.starts_with("row ")).skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_map_of_weeks_is_the_sum_of_its_cells_however_long_it_was_to_be() {
    let (site, owner) = with_books().await;
    let text = String::from_utf8(settlement(5, 300)).unwrap();
    let old = text.replace(".09.2026", ".01.2024").replace("2026-09-", "2024-01-");
    site.import(&owner, "50001234561.txt", old.as_bytes()).await;
    let page = site.get(&owner, "/trends?by=week&figure=units&from=2023-01-01&to=2026-12-31").await;
    assert!(page.body.contains("A map has at most 24 months"), "{}", page.outline());
    let mut sold = 0;
    for row in rows(&page) {
        let cells: Vec<&str> = row.trim_start_matches("row ").split(" | ").map(str::trim).skip(1).collect();
        let count =
            |cell: &str| cell.split(' ').next_back().unwrap().replace(',', "").parse::<i64>().unwrap_or(0);
        let counts: Vec<i64> = cells.iter().map(|cell| count(cell)).collect();
        assert_eq!(counts[0], counts[1..].iter().sum::<i64>(), "{row}");
        sold += counts[0];
    }
    assert!(sold > 0);
    let month = site.get(&owner, "/trends?by=week&figure=units&month=2026-09").await;
    assert!(!month.body.contains("A map has at most"));
}

/// Name and address of the first product of the table.
async fn product(site: &Site, visitor: &Visitor) -> (String, String) {
    let page = site.get(visitor, "/products").await;
    let name = rows(&page)[0].trim_start_matches("row ").split(" | ").next().unwrap().trim().to_owned();
    let link =
        page.body.split("<th role=\"rowheader\" scope=\"row\" class=\"lead\"><a href=\"").nth(1).unwrap();
    (name, link.split('?').next().unwrap().to_owned())
}

/// Profit, units returned, and units that came back or were lost without a cost, of all days.
async fn figures(site: &Site) -> (i64, i64, i64) {
    let mut tx = site.world.db.read().await.unwrap();
    let tenant = tx.platform().tenants().await.unwrap()[0];
    let filter = Filter::days(0, 30_000);
    let statement = tx.scoped(tenant).await.unwrap().statements(&filter).await.unwrap().remove(0);
    (statement.profit().unwrap(), statement.returned, statement.unvalued)
}

fn links(page: &Answer, start: &str) -> Vec<String> {
    let all =
        page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    let mut links: Vec<String> = all.filter(|link| link.starts_with(start)).collect();
    links.sort();
    links.dedup();
    links
}

#[tokio::test]
async fn before_the_first_file_the_pages_say_what_to_do() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    for path in ["/products", "/best-products", "/trends"] {
        let name = format!("empty{}", path.replace('/', "_"));
        insta::assert_snapshot!(name, site.get(&owner, path).await.outline());
    }
    assert_eq!(site.get(&owner, "/products/0").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_table_says_what_each_product_earned() {
    let (site, owner) = with_books().await;
    insta::assert_snapshot!(site.get(&owner, "/products?q=lamp").await.outline());
    let all = site.get(&owner, "/products").await;
    assert!(rows(&all).iter().any(|row| row.starts_with("row Without a product |")));
    assert!(all.body.contains("before unknown costs") && all.body.contains(">unknown</a>"));
    // All rows together say what the statement says, before own expenses.
    let together = rows(&all).pop().unwrap();
    let profit = figures(&site).await.0;
    assert!(together.starts_with("row All together"), "{together}");
    assert!(together.contains(&format!("Profit ≈ {}", ecom_gst::rupees(profit))), "{together}");
    let beyond = site.get(&owner, "/products?page=99").await;
    assert_eq!(rows(&beyond), rows(&all), "a page beyond the last is the last");
}

#[tokio::test]
async fn all_products_together_lead_to_lines_with_the_same_sum() {
    let (site, owner) = with_books().await;
    let rent = [
        ("category", "rent"),
        ("amount", "2500"),
        ("currency", "INR"),
        ("from", "2026-09-05"),
        ("every", "once"),
    ];
    let added = site.post(&owner, "/expenses", &rent).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.outline());
    let page = site.get(&owner, "/products").await;
    let together: Vec<(String, String)> = page
        .figures()
        .into_iter()
        .filter(|(href, amount)| amount.contains('₹') && !href.contains("sku=") && !href.contains("product="))
        .collect();
    assert!(together.iter().any(|(href, _)| href.contains("class=before_own")), "{together:?}");
    for (href, amount) in together {
        let told = site.get(&owner, &href).await.explained().to_owned();
        assert_eq!(told, amount.replace(['≈', '\u{2009}'], ""), "{href}");
    }
}

#[tokio::test]
async fn every_figure_of_the_table_leads_to_its_lines() {
    let (site, owner) = with_books().await;
    let every = "/products?col=units&col=refunds&col=refund_share&col=uncosted&col=net_sales&col=referral&col=cogs\
                 &col=inventory_loss&col=balance&col=fees&col=fees_per_unit&col=estimated&col=profit&col=roi";
    let page = site.get(&owner, every).await;
    let mut found = links(&page, "/lines?");
    found.extend(links(&page, "/products"));
    found.extend(links(&page, "/costs/product"));
    assert!(found.iter().any(|link| link.contains("product=none")), "{found:?}");
    assert!(found.len() > 100);
    assert!(
        found.contains(&"/lines?month=2026-09&currency=INR&group=inventory-loss".to_owned()),
        "{found:?}"
    );
    for link in found.iter().step_by(7).chain(found.iter().filter(|link| link.contains("product=none"))) {
        let answer = site.get(&owner, link.split('#').next().unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}");
    }
    let loose =
        found.iter().find(|link| link.contains("product=none") && link.contains("class=profit")).unwrap();
    let outline = site.get(&owner, loose).await.outline();
    assert!(outline.contains("Only lines that name no product"), "{outline}");
}

#[tokio::test]
async fn columns_order_text_and_kind_stay_in_the_address() {
    let (site, owner) = with_books().await;
    let at = "/products?month=2026-09&q=a&show=unknown&sort=fees&col=units&col=break_even";
    let page = site.get(&owner, at).await;
    let outline = page.outline();
    assert!(outline.contains("row Product | Units sold | Break-even ads"), "{outline}");
    assert!(page.body.contains("aria-current=\"true\">Cost unknown</a>"));
    for link in links(&page, "/products?") {
        // Only the link that shows everything again forgets what was chosen.
        let keeps = ["q=a", "sort=", "col=units&col=break_even"].iter().all(|part| link.contains(part));
        assert!(keeps || link == "/products?month=2026-09", "{link}");
    }
    let units = links(&page, "/products?").into_iter().find(|link| link.contains("sort=-units")).unwrap();
    let sorted = site.get(&owner, &units).await;
    let counts: Vec<i64> = rows(&sorted)
        .iter()
        .filter(|row| !row.starts_with("row All together"))
        .map(|row| {
            row.split(" | ")
                .nth(1)
                .unwrap()
                .trim_start_matches("Units sold")
                .trim()
                .replace(',', "")
                .parse()
                .unwrap()
        })
        .collect();
    assert!(counts.windows(2).all(|pair| pair[0] >= pair[1]), "{counts:?}");
    assert!(sorted.body.contains("aria-sort=\"descending\""));
    let none = site.get(&owner, "/products?q=nothing-like-it").await.outline();
    assert!(none.contains("No product fits."), "{none}");
}

#[tokio::test]
async fn days_are_widened_to_whole_months_and_the_page_says_so() {
    let (site, owner) = with_books().await;
    for path in ["/products", "/best-products", "/trends"] {
        let page = site.get(&owner, &format!("{path}?from=2026-09-08&to=2026-10-02")).await;
        assert!(page.body.contains("widened to whole months"), "{path}");
        assert!(page.body.contains("1 Sep 2026 – 31 Oct 2026"), "{path}");
    }
    let other = site.get(&owner, "/products?month=2020-01").await.outline();
    assert!(other.contains("No line was posted in these months."), "{other}");
}

#[tokio::test]
async fn one_product_has_its_history_what_is_unknown_and_its_stock() {
    let (site, owner) = with_books().await;
    site.import(&owner, "50000134567.txt", &in_month(5, 300, "07")).await;
    let (name, page) = product(&site, &owner).await;
    let shown = site.get(&owner, &page).await;
    insta::assert_snapshot!("product", shown.outline().replace(&name, "SKU"));
    let outline = shown.outline();
    assert!(outline.contains("September 2026") && outline.contains("July 2026"), "{outline}");
    assert!(
        shown.body.contains("<title>August 2026: no units sold</title>"),
        "months without a line are drawn"
    );
    for link in links(&shown, "/").iter().filter(|link| !link.contains("#stock")) {
        assert_eq!(site.get(&owner, link).await.status, StatusCode::OK, "{link}");
    }
    let september = site.get(&owner, &format!("{page}?month=2026-09")).await;
    assert!(september.body.contains("<tr role=\"row\" class=\"chosen\">"));
    let empty = site.get(&owner, &format!("{page}?month=2020-01")).await.outline();
    assert!(empty.contains("Nothing was posted for it in the chosen months."), "{empty}");
    let loose = site.get(&owner, "/products/0").await;
    assert!(loose.body.contains("without naming a product") && !loose.body.contains("id=\"stock\""));
}

#[tokio::test]
async fn units_that_came_back_are_entered_and_removed_and_the_figures_follow() {
    let (site, owner) = with_books().await;
    let (name, page) = product(&site, &owner).await;
    let cost = [("sku", name.as_str()), ("from", "2026-09-01"), ("currency", "INR"), ("goods", "80")];
    assert_eq!(site.post(&owner, "/costs/product", &cost).await.status, StatusCode::SEE_OTHER);
    let (before, ..) = figures(&site).await;
    let stock = format!("{page}/stock");
    let back = [
        ("fate", "sellable"),
        ("units", "2"),
        ("day", "2026-09-20"),
        ("sold", "2026-09-08"),
        ("place", "Amazon.in"),
    ];
    let added = site.post(&owner, &stock, &back).await;
    assert_eq!((added.status, added.to()), (StatusCode::SEE_OTHER, &*format!("{page}?said=added#stock")));
    assert_eq!(figures(&site).await, (before + 16_000, 2, 0));
    let lost = [("fate", "lost"), ("units", "1"), ("day", "2026-10-01")];
    assert_eq!(site.post(&owner, &stock, &lost).await.status, StatusCode::SEE_OTHER);
    assert_eq!(figures(&site).await.0, before + 16_000 - 8_000);
    // Before the first cost, what is lost has no value.
    let early = [("fate", "damaged"), ("units", "3"), ("day", "2026-08-01")];
    site.post(&owner, &stock, &early).await;
    assert_eq!(figures(&site).await, (before + 8_000, 2, 3));
    let shown = site.get(&owner, &format!("{page}?said=added")).await;
    let outline = shown.outline();
    let kept: Vec<&str> = outline
        .lines()
        .filter(|line| {
            line.starts_with("row Lost") || line.contains("row Came back") || line.contains("row Damaged")
        })
        .collect();
    insta::assert_snapshot!("stock_of_a_product", kept.join("\n"));
    assert!(outline.contains("3 units back or lost without a known cost"), "{outline}");
    let september = site.get(&owner, &format!("/products?q={name}&month=2026-09")).await;
    assert!(september.body.contains("−₹"), "the cost of goods stands in the table");
    let ask = shown.link(&format!("{stock}/2/removal"));
    insta::assert_snapshot!("removal_of_stock", site.get(&owner, &ask).await.outline().replace(&name, "SKU"));
    let removed = site.post(&owner, &ask, &[]).await;
    assert_eq!(
        (removed.status, removed.to()),
        (StatusCode::SEE_OTHER, &*format!("{page}?said=removed#stock"))
    );
    assert_eq!(figures(&site).await.0, before + 16_000);
    assert_eq!(site.post(&owner, &ask, &[]).await.status, StatusCode::NOT_FOUND, "only once");
    let elsewhere = "/products/99999/stock/1/removal";
    assert_eq!(site.post(&owner, elsewhere, &[]).await.status, StatusCode::NOT_FOUND, "not of that product");
}

#[tokio::test]
async fn what_is_wrong_with_units_stands_beside_its_field_and_what_was_typed_stays() {
    let (site, owner) = with_books().await;
    let (_, page) = product(&site, &owner).await;
    let before = figures(&site).await;
    for (field, value, message) in [
        ("fate", "eaten", "Choose one of the list."),
        ("units", "", "Type how many."),
        ("units", "0", "Give a whole number from 1 to"),
        ("units", "-2", "Give a whole number from 1 to"),
        ("units", "1.5", "Give a whole number from 1 to"),
        ("units", "99999999999999999999", "Give a whole number from 1 to"),
        ("day", "", "Choose the day on which it happened."),
        ("day", "2026-02-30", "is no day between 1995 and 2150"),
        ("day", "2026-12-24", "This day has not come yet."),
        ("sold", "2026-09-21", "This is after the day on which it happened."),
        ("sold", "yesterday", "is no day between 1995 and 2150"),
        ("place", "Amazon.mars", "Choose one of the list."),
        ("of", "USD", "Choose one of the list."),
        ("of", "rupee", "Choose one of the list."),
    ] {
        let usual = [("fate", "lost"), ("units", "7"), ("day", "2026-09-20")];
        let mut form: Vec<(&str, &str)> = usual.into_iter().filter(|(name, _)| *name != field).collect();
        form.push((field, value));
        let answer = site.post(&owner, &format!("{page}/stock"), &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        if field != "of" {
            assert!(
                answer.outline().contains(&format!("  error {message}")) || answer.body.contains(message),
                "{field} {value}: {}",
                answer.outline()
            );
        }
        assert!(field == "units" || answer.body.contains("name=\"units\" value=\"7\""), "{field} {value}");
    }
    assert_eq!(figures(&site).await, before);
    for path in ["/products/0/stock", "/products/99999/stock", "/products/x/stock"] {
        let form = [("fate", "lost"), ("units", "7"), ("day", "2026-09-20")];
        assert_eq!(site.post(&owner, path, &form).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn trends_show_each_month_or_week_with_its_shade_and_its_lines() {
    let (site, owner) = with_books().await;
    site.import(&owner, "50000134567.txt", &in_month(5, 300, "07")).await;
    let months = site.get(&owner, "/trends?q=lamp&figure=net_sales").await;
    insta::assert_snapshot!("trends_by_month", months.outline());
    assert!(months.body.contains("class=\"num heat-5\"") && months.body.contains("· nothing posted"));
    assert!(
        rows(&months).iter().any(|row| row.contains("| · |")),
        "August has no lines: {}",
        months.outline()
    );
    for link in links(&months, "/lines?").iter().step_by(3) {
        assert_eq!(site.get(&owner, link).await.status, StatusCode::OK, "{link}");
    }
    let weeks = site.get(&owner, "/trends?by=week&figure=units&shade=all").await;
    assert!(
        weeks.outline().contains("h1 Units sold by week")
            && weeks.body.contains("cold")
            && weeks.body.contains("heat-5")
    );
    let day = links(&weeks, "/lines?")
        .into_iter()
        .find(|link| link.contains("from=2026-09-14&to=2026-09-20"))
        .unwrap();
    assert_eq!(site.get(&owner, &day).await.status, StatusCode::OK);
    let instead = site.get(&owner, "/trends?by=week&figure=margin").await.outline();
    assert!(
        instead.contains("Margin is kept by month.") && instead.contains("h1 Units sold by week"),
        "{instead}"
    );
    let unknown = site.get(&owner, "/trends?figure=margin").await;
    assert!(unknown.body.contains(">unknown</a>"), "a cost that is unknown is a word in the map, too");
    for column in
        ecom_store::ProductColumn::all().map(ecom_store::ProductColumn::name).filter(|name| *name != "sku")
    {
        assert_eq!(
            site.get(&owner, &format!("/trends?figure={column}")).await.status,
            StatusCode::OK,
            "{column}"
        );
    }
}

#[tokio::test]
async fn the_first_page_leads_to_the_best_and_the_worst() {
    let (site, owner) = with_books().await;
    let home = site.get(&owner, "/").await;
    let part =
        home.body.split("data-part=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(part, "/best-products?from=2026-08-01&to=2026-09-30");
    assert!(home.body.contains("sort=-profit") && home.body.contains("sort=profit"));
    let best = site.get(&owner, &part).await;
    assert!(best.body.contains("data-whole"));
    let outline = best.outline();
    assert!(outline.contains("row Highest profit") && outline.contains("row Lowest profit"), "{outline}");
    let first = rows(&site.get(&owner, "/products?sort=-profit&show=unknown").await);
    let named: Vec<&str> =
        first.iter().map(|row| row.trim_start_matches("row ").split(" | ").next().unwrap()).collect();
    let top = named.iter().find(|name| **name != "Without a product").unwrap();
    assert!(
        outline.contains(&format!("row Highest profit | Units | Profit | Margin\nrow {top} |")),
        "{top} {outline}"
    );
}

#[tokio::test]
async fn currencies_are_never_mixed() {
    let (site, owner) = with_books().await;
    let dollars = String::from_utf8(settlement(7, 100))
        .unwrap()
        .replace("\tINR\t", "\tUSD\t")
        .replace("Amazon.in", "Amazon.com");
    site.import(&owner, "50000334567.txt", dollars.as_bytes()).await;
    for path in ["/products", "/trends", "/best-products"] {
        let rupees = site.get(&owner, path).await;
        assert!(rupees.body.contains('₹') && !rupees.body.contains("USD\u{a0}"), "{path}");
        assert!(rupees.outline().contains("summary Currency: INR"), "{path}: {}", rupees.outline());
        let dollars = site.get(&owner, &format!("{path}?currency=USD")).await;
        assert!(dollars.body.contains("USD\u{a0}") && !dollars.body.contains('₹'), "{path}");
    }
    let (_, page) = product(&site, &owner).await;
    let shown = site.get(&owner, &page).await;
    assert!(shown.body.contains("Currency of the cost"));
}

#[tokio::test]
async fn long_names_and_losses_have_their_place() {
    let (site, owner) = with_books().await;
    let long = "SKU-WITHOUT-A-BREAK-".repeat(10);
    let text = String::from_utf8(settlement(9, 200)).unwrap();
    let sold = text.lines().find(|line| line.contains("\tPrincipal\t")).unwrap();
    let name = sold.split('\t').nth(21).unwrap().to_owned();
    let text = text.replace(&format!("\t{name}\t"), &format!("\t{long}\t"));
    site.import(&owner, "50000434567.txt", text.as_bytes()).await;
    for path in ["/products?q=without-a-break", "/trends?q=without-a-break"] {
        let page = site.get(&owner, path).await;
        assert!(page.body.contains(&long), "{path}: {}", page.outline());
    }
    let losses = site.get(&owner, "/products?show=loss").await;
    assert!(rows(&losses).iter().all(|row| row.contains('−')));
    assert!(losses.body.contains("class=\"num bad\""));
}

#[tokio::test]
async fn viewers_look_and_managers_change() {
    let (site, owner) = with_books().await;
    let (_, page) = product(&site, &owner).await;
    let stock = format!("{page}/stock");
    let form = [("fate", "lost"), ("units", "1"), ("day", "2026-09-20")];
    assert_eq!(site.post(&owner, &stock, &form).await.status, StatusCode::SEE_OTHER);
    for (role, status) in [("viewer", StatusCode::NOT_FOUND), ("manager", StatusCode::SEE_OTHER)] {
        site.world.set_role(PersonId(1), role).await;
        let shown = site.get(&owner, &page).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert_eq!(shown.body.contains(&format!("action=\"{stock}\"")), role == "manager", "{role}");
        assert_eq!(shown.body.contains("/removal\""), role == "manager", "{role}");
        assert_eq!(site.post(&owner, &stock, &form).await.status, status, "{role}");
        assert_eq!(site.post(&owner, &format!("{stock}/1/removal"), &[]).await.status, status, "{role}");
    }
}

#[tokio::test]
async fn another_business_sees_and_changes_no_product() {
    let (site, owner) = with_books().await;
    let (name, page) = product(&site, &owner).await;
    let form = [("fate", "lost"), ("units", "1"), ("day", "2026-09-20")];
    site.post(&owner, &format!("{page}/stock"), &form).await;
    let before = figures(&site).await;
    let (stranger, _) = site.owner("other-house").await;
    for path in [
        page.clone(),
        format!("{page}/stock/1/removal"),
        "/products/0".to_owned(),
        "/lines?sku=".to_owned() + &name,
    ] {
        assert_eq!(site.get(&stranger, &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/products", "/best-products", "/trends"] {
        let answer = site.get(&stranger, path).await;
        assert!(answer.status == StatusCode::OK && !answer.body.contains(&name), "{path}");
        for query in ["seller=1", "marketplace=1"] {
            assert_eq!(site.get(&stranger, &format!("{path}?{query}")).await.status, StatusCode::NOT_FOUND);
        }
    }
    assert_eq!(site.post(&stranger, &format!("{page}/stock"), &form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.post(&stranger, &format!("{page}/stock/1/removal"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(figures(&site).await, before);
}
