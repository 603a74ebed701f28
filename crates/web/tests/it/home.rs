//! The first page: what it says of each period, what needs attention, and the periods a person adds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_store::PersonId;
use ecom_web::{Registration, Settings};
use support::{Answer, Site, Visitor, settlement, settlement_from, site, site_with};

/// Settled from 7 to 21 September 2026, and seen on a day after.
async fn with_books(now: &str) -> (Site, Visitor) {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 400)).await;
    site.world.clock.set(now);
    // A session from later does not hold.
    let owner = site.sign_in(PersonId(1)).await;
    (site, owner)
}

async fn home(site: &Site, visitor: &Visitor) -> String {
    let answer = site.get(visitor, "/").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.outline()
}

/// The part of a page that is the tile with this title.
fn tile(answer: &Answer, title: &str) -> String {
    let tiles = answer.body.split("<section class=\"tile period").skip(1);
    let found = tiles.map(|tile| tile.split("</section>").next().unwrap().to_owned());
    let title = format!(">{title}</a></h2>");
    found.into_iter().find(|tile| tile.contains(&title)).unwrap_or_else(|| panic!("no {title}"))
}

#[tokio::test]
async fn the_first_page_says_how_each_period_stands() {
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    insta::assert_snapshot!(home(&site, &owner).await);
}

#[tokio::test]
async fn before_the_first_file_it_says_how_to_begin() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    insta::assert_snapshot!(home(&site, &owner).await);
}

#[tokio::test]
async fn days_that_no_settlement_covers_are_not_called_zero() {
    let (site, owner) = with_books("2026-10-08T09:00+05:30").await;
    let answer = site.get(&owner, "/").await;
    for title in ["Today", "Yesterday", "Month to date"] {
        let tile = tile(&answer, title);
        assert!(
            tile.contains("Amazon has not settled this yet. Settlements reach 20 Sep."),
            "{title}: {tile}"
        );
        assert!(!tile.contains('₹'), "{title}: {tile}");
    }
    assert!(tile(&answer, "Last month").contains("Net sales"));
}

#[tokio::test]
async fn while_nothing_of_this_month_is_there_two_whole_months_are_shown() {
    let stands_out = |answer: &Answer, title: &str| {
        let heading = format!(">{title}</a></h2>");
        let mut tiles = answer.body.split("<section class=\"tile period").skip(1);
        tiles.find(|tile| tile.contains(&heading)).map(|tile| tile.starts_with(" first"))
    };
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    let answer = site.get(&owner, "/").await;
    assert_eq!(stands_out(&answer, "Month to date"), Some(true));
    assert_eq!(stands_out(&answer, "Last month"), Some(false));
    assert_eq!(stands_out(&answer, "Month before last"), None);

    // The books begin in September: there is nothing to show of August.
    site.world.clock.set("2026-10-01T08:30+05:30");
    let answer = site.get(&site.sign_in(PersonId(1)).await, "/").await;
    assert_eq!(stands_out(&answer, "Month to date"), Some(false));
    assert_eq!(stands_out(&answer, "Last month"), Some(true));
    assert_eq!(stands_out(&answer, "Month before last"), None);

    site.world.clock.set("2026-11-01T08:30+05:30");
    let answer = site.get(&site.sign_in(PersonId(1)).await, "/").await;
    let before = tile(&answer, "Month before last");
    assert!(before.contains("<span>1–21 Sep</span>") && before.contains("Net sales"), "{before}");
    assert!(!before.contains("Remove"), "{before}");
}

#[tokio::test]
async fn a_tile_says_what_the_statement_of_its_days_says() {
    let (site, owner) = with_books("2026-09-18T09:00+05:30").await;
    let answer = site.get(&owner, "/").await;
    let tile = tile(&answer, "Month to date");
    let exact: Vec<&str> = tile.split("<span class=\"unseen\">").skip(1).collect();
    assert!(exact.len() >= 4, "{tile}");
    let statement = site.get(&owner, "/statement?from=2026-09-01&to=2026-09-18").await.body;
    for figure in exact.iter().map(|rest| rest.split('<').next().unwrap()).filter(|text| text.contains('₹'))
    {
        assert!(statement.contains(figure), "{figure} is not on the statement");
    }
}

#[tokio::test]
async fn a_change_leads_to_the_days_it_is_measured_by() {
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    site.import(&owner, "50001234561.txt", &settlement_from("2026-07-20", 9, 200)).await;
    let page = site.get(&owner, "/").await;
    let tile = tile(&page, "Month to date");
    assert!(
        tile.contains("href=\"/statement?from=2026-08-01&#38;to=2026-08-21&#38;currency=INR\""),
        "{tile}"
    );
    for measure in ["units", "refunds", "margin"] {
        assert!(tile.contains(&format!("measure={measure}\"")), "{measure}: {tile}");
    }
}

#[tokio::test]
async fn every_figure_leads_somewhere() {
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    let page = site.get(&owner, "/").await;
    let links = page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut links: Vec<String> = links.map(|link| link.replace("&#38;", "&")).collect();
    links.sort();
    links.dedup();
    // Costs have their own pages, and tests of them.
    links.retain(|link| link.starts_with('/'));
    assert!(links.len() > 30, "{links:?}");
    for link in links {
        let answer = site.get(&owner, &link).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}");
    }
}

#[tokio::test]
async fn a_person_adds_periods_and_removes_them() {
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    let (site, owner) = (&site, &owner);
    let add = async |period: &str| site.post(owner, "/tiles", &[("period", period)]).await;
    let added = add("this-quarter").await;
    assert_eq!((added.status, added.to()), (StatusCode::SEE_OTHER, "/"));
    add("this-quarter").await;
    let own = [("period", "own"), ("first", "2026-09-07"), ("last", "2026-09-13")];
    assert_eq!(site.post(owner, "/tiles", &own).await.status, StatusCode::SEE_OTHER);
    let page = site.get(owner, "/").await;
    assert_eq!(page.body.matches(">This quarter</a>").count(), 1);
    assert!(tile(&page, "Own days").contains("7–13 Sep") && tile(&page, "Own days").contains("Remove"));
    assert!(!tile(&page, "Today").contains("Remove"));

    for period in ["last-7", "last-14", "last-30", "last-90"] {
        assert_eq!(add(period).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(add("last-week").await.status, StatusCode::CONFLICT);
    assert!(site.get(owner, "/").await.outline().contains("room for six"));
    let removed = site.post(owner, "/tiles/removal", &[("period", "2026-09-07..2026-09-13")]).await;
    assert_eq!((removed.status, removed.to()), (StatusCode::SEE_OTHER, "/"));
    assert!(!site.get(owner, "/").await.body.contains("Own days"));
    assert_eq!(add("last-week").await.status, StatusCode::SEE_OTHER);

    let (stranger, _) = site.owner("other-house").await;
    site.import(&stranger, "50001234567.txt", &settlement(3, 60)).await;
    assert!(!site.get(&stranger, "/").await.body.contains("This quarter</a>"));
}

#[tokio::test]
async fn a_period_that_makes_no_sense_is_refused_and_what_was_typed_stays() {
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    for (form, error) in [
        (vec![], "Choose a period."),
        (vec![("period", "today")], "Choose one of the list."),
        (vec![("period", "last-5000000000")], "Choose one of the list."),
        (vec![("period", "own")], "Give the day as 2026-09-30."),
        (vec![("period", "own"), ("first", "2026-02-30"), ("last", "2026-03-01")], "Give the day as"),
        (vec![("period", "own"), ("first", "0001-01-01"), ("last", "9999-12-31")], "Give the day as"),
        (vec![("period", "own"), ("first", "2026-09-09"), ("last", "2026-09-01")], "before the first day"),
        (vec![("period", "\u{0}\u{1}")], "Remove the line breaks or control characters."),
    ] {
        let answer = site.post(&owner, "/tiles", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
        assert!(answer.body.contains(error), "{form:?} {}", answer.outline());
        if let Some((_, first)) = form.iter().find(|(name, _)| *name == "first") {
            assert!(answer.body.contains(&format!("value=\"{first}\"")), "{form:?}");
        }
    }
    let endless = [("period", "own"), ("first", "1995-01-01"), ("last", "2150-12-31")];
    assert_eq!(site.post(&owner, "/tiles", &endless).await.status, StatusCode::SEE_OTHER);
    assert!(tile(&site.get(&owner, "/").await, "Own days").contains("Net sales"));
    site.post(&owner, "/tiles/removal", &[("period", "x'; drop table tile; --")]).await;
    assert_eq!(site.get(&owner, "/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_needs_attention_comes_with_the_action_that_mends_it() {
    let (site, owner) = with_books("2026-10-08T09:00+05:30").await;
    let mut again = settlement(3, 400);
    again.extend_from_slice(b"\n");
    site.import(&owner, "downloaded again.txt", &again).await;
    let whole = String::from_utf8(settlement(4, 100)).unwrap();
    let cut = whole.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    site.import(&owner, "cut off.txt", cut.as_bytes()).await;
    let page = site.get(&owner, "/").await;
    let outline = page.outline();
    for words in [
        "h3 Settlement 26000000004 does not balance",
        "h3 Settlement 26000000003: which version counts?",
        "h3 1 label not understood",
        "products have no cost",
    ] {
        assert!(outline.contains(words), "{words}: {outline}");
    }
    for link in
        ["href=\"/uploads\">Import it again", "href=\"/settlements/2\">Choose", "href=\"/costs\">Add cost"]
    {
        assert!(page.body.contains(link), "{link}: {outline}");
    }
    assert!(page.body.contains("<span class=\"duty\">2<span class=\"unseen\"> to decide</span>"));
    site.post(&owner, "/settlements/2/choice", &[]).await;
    let after = site.get(&owner, "/settlements").await;
    assert!(after.body.contains("<span class=\"duty\">1<"), "{}", after.outline());
}

#[tokio::test]
async fn a_settlement_that_is_missing_is_asked_for() {
    let (site, owner) = with_books("2026-10-08T09:00+05:30").await;
    let text = String::from_utf8(settlement(5, 100)).unwrap();
    // The same weeks of July: six weeks are missing between.
    let earlier = text.replace(".09.2026", ".07.2026").replace("2026-09-", "2026-07-");
    site.import(&owner, "50000134567.txt", earlier.as_bytes()).await;
    let outline = home(&site, &owner).await;
    assert!(outline.contains("h3 A settlement is missing"), "{outline}");
}

#[tokio::test]
async fn the_chart_takes_days_weeks_or_months_and_says_so_in_a_table() {
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    for (query, unit) in [
        ("/?from=2026-09-01&to=2026-09-30", ">Day</th>"),
        ("/?year=2026-27", ">Day</th>"),
        ("/?from=2030-01-01&to=2030-02-01", "No line was posted in the days"),
    ] {
        let answer = site.get(&owner, query).await;
        assert!(
            answer.status == StatusCode::OK && answer.body.contains(unit),
            "{query}: {}",
            answer.outline()
        );
    }
    let text = String::from_utf8(settlement(6, 100)).unwrap();
    for (name, month, unit) in
        [("50000234567.txt", "06", ">Week</th>"), ("50000134567.txt", "01", ">Month</th>")]
    {
        let earlier = text
            .replace(".09.2026", &format!(".{month}.2026"))
            .replace("2026-09-", &format!("2026-{month}-"));
        let earlier = earlier.replace("26000000006", &format!("260000000{month}"));
        site.import(&owner, name, earlier.as_bytes()).await;
        let answer = site.get(&owner, "/?from=2025-01-01&to=2026-12-31").await;
        assert!(answer.body.contains(unit), "{month}: {}", answer.outline());
    }
}

#[tokio::test]
async fn currencies_stand_apart() {
    let (site, owner) = with_books("2026-09-21T08:30+05:30").await;
    let rupees = String::from_utf8(settlement(7, 100)).unwrap();
    let dollars = rupees.replace("\tINR\t", "\tUSD\t").replace("Amazon.in", "Amazon.com");
    site.import(&owner, "50000334567.txt", dollars.as_bytes()).await;
    let outline = home(&site, &owner).await;
    assert!(outline.contains("h2 INR") && outline.contains("h2 USD"), "{outline}");
    let answer = site.get(&owner, "/").await;
    assert!(answer.body.contains("USD\u{a0}") && answer.body.contains('₹'));
}

#[tokio::test]
async fn the_style_guide_shows_every_component() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    insta::assert_snapshot!(site.get(&owner, "/styleguide").await.outline());
}

#[tokio::test]
async fn the_style_guide_is_in_the_demo_alone() {
    let site = site_with(&Settings::new("http://127.0.0.1:8080", Registration::First).unwrap()).await;
    let (owner, _) = site.owner("kurta-house").await;
    for path in ["/styleguide", "/styleguide/mail", "/styleguide/mail/digest"] {
        assert_eq!(site.get(&owner, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
