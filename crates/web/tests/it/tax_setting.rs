//! The tax settings: looking at a change, making it, what closed months say, undoing it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_ledger::{Account, day::Month};
use ecom_store::{Filter, TenantId};
use support::{Site, Visitor, settlement, site};

const SEPTEMBER: &str = "2026-09";

async fn with_books() -> (Site, Visitor, TenantId) {
    let site = site().await;
    let (owner, tenant) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 400)).await;
    (site, owner, tenant)
}

async fn september(site: &Site, tenant: TenantId) -> ecom_ledger::statement::Statement {
    let month: Month = SEPTEMBER.parse().unwrap();
    let mut tx = site.world.db.read().await.unwrap();
    let filter = Filter::days(month.first_day(), month.last_day());
    tx.scoped(tenant).await.unwrap().statements(&filter).await.unwrap().remove(0)
}

async fn close_september(site: &Site, tenant: TenantId) {
    let mut now = september(site, tenant).await;
    now.provisional = true;
    let gaps = now.gaps();
    let close = now.freeze(&gaps, site.world.clock.timestamp()).unwrap();
    let mut tx = site.world.db.write().await.unwrap();
    let by = tx.platform().login("owner@kurta-house.example").await.unwrap().unwrap().id;
    tx.scoped(tenant).await.unwrap().put_close(SEPTEMBER.parse().unwrap(), &close, by).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_change_is_looked_at_made_followed_and_undone() {
    let (site, owner, tenant) = with_books().await;
    close_september(&site, tenant).await;
    insta::assert_snapshot!("before_any_setting", site.get(&owner, "/settings/tax").await.outline());
    let before = september(&site, tenant).await;
    let preview = site.get(&owner, "/settings/tax/change?credit=no&from=2026-09-10&marketplace=0").await;
    insta::assert_snapshot!("preview_of_a_change", preview.outline());
    assert_eq!(september(&site, tenant).await, before, "looking changes nothing");

    let form = [("credit", "no"), ("from", "2026-09-10"), ("marketplace", "0")];
    let made = site.post(&owner, "/settings/tax", &form).await;
    assert_eq!((made.status, made.to()), (StatusCode::SEE_OTHER, "/settings/tax?said=changed"));
    let going = site.get(&owner, "/settings/tax").await;
    assert!(going.body.contains("Posting anew") && going.body.contains("http-equiv=\"refresh\""));
    site.work().await;
    insta::assert_snapshot!(
        "after_the_change",
        site.get(&owner, "/settings/tax?said=changed").await.outline()
    );
    let after = september(&site, tenant).await;
    let lost = after.profit().unwrap() - before.profit().unwrap();
    assert!(lost < 0 && preview.body.contains(&ecom_gst::rupees(lost)), "{lost} was foretold");
    assert!(after.turnover(Account::FeeGst).net() < 0);
    assert_eq!(after.bridge().unwrap().total, before.bridge().unwrap().total);

    // The closed month stays as it was, and says what changed.
    let month = site.get(&owner, "/close/2026-09/INR").await;
    assert!(month.outline().contains("h2 Changed since the close"), "{}", month.outline());
    assert!(month.body.contains("expense:fee:gst"));

    insta::assert_snapshot!(
        "preview_of_undoing",
        site.get(&owner, "/settings/tax/1/undoing").await.outline()
    );
    let undone = site.post(&owner, "/settings/tax/1/undoing", &[]).await;
    assert_eq!((undone.status, undone.to()), (StatusCode::SEE_OTHER, "/settings/tax?said=undone"));
    site.work().await;
    assert_eq!(september(&site, tenant).await, before, "no trace is left");
    assert!(site.get(&owner, "/settings/tax").await.outline().contains("state undone"));
    assert_eq!(site.get(&owner, "/settings/tax/1/undoing").await.status, StatusCode::NOT_FOUND);
    assert!(!site.get(&owner, "/close/2026-09/INR").await.outline().contains("h2 Changed since the close"));
}

#[tokio::test]
async fn one_marketplace_may_stand_otherwise_and_files_that_come_later_follow() {
    let (site, owner, _) = with_books().await;
    let form = [("credit", "no"), ("from", ""), ("marketplace", "1")];
    assert_eq!(site.post(&owner, "/settings/tax", &form).await.status, StatusCode::SEE_OTHER);
    site.work().await;
    let outline = site.get(&owner, "/settings/tax").await.outline();
    for told in ["h3 Amazon.in", "h3 Lines without a marketplace", "state a cost", "state claimed back"] {
        assert!(outline.contains(told), "{told}: {outline}");
    }
    site.import(&owner, "50001234577.txt", &settlement(4, 200)).await;
    let lines = site.get(&owner, "/lines?account=expense:fee:gst&settlement=2").await;
    assert!(lines.outline().contains("row "), "{}", lines.outline());
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_nothing_changes() {
    let (site, owner, _) = with_books().await;
    let make = [("credit", "no"), ("from", "2026-09-10"), ("marketplace", "0")];
    site.post(&owner, "/settings/tax", &make).await;
    let wrong = [
        ([("credit", ""), ("from", ""), ("marketplace", "0")], "Choose how GST on fees stands."),
        (
            [("credit", "maybe"), ("from", "2027-01-01"), ("marketplace", "0")],
            "Choose how GST on fees stands.",
        ),
        ([("credit", "yes"), ("from", "soon"), ("marketplace", "0")], "is no day between"),
        (
            [("credit", "yes"), ("from", "2027-01-01"), ("marketplace", "77")],
            "Choose a marketplace of your files",
        ),
        (
            [("credit", "yes"), ("from", "2027-01-01"), ("marketplace", "x")],
            "Choose a marketplace of your files",
        ),
        (
            [("credit", "yes"), ("from", "2026-09-10"), ("marketplace", "0")],
            "from 10 Sep 2026 on stands already",
        ),
        ([("credit", "yes"), ("from", ""), ("marketplace", "0")], "from 10 Sep 2026 on stands already"),
    ];
    for (form, told) in wrong {
        let query: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let looked = site.get(&owner, &format!("/settings/tax/change?{}", query.join("&"))).await;
        for answer in [looked, site.post(&owner, "/settings/tax", &form).await] {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
            assert!(answer.outline().contains(told), "{told}: {}", answer.outline());
        }
    }
    let mut tx = site.world.db.read().await.unwrap();
    let tenant = tx.platform().tenants().await.unwrap()[0];
    assert_eq!(tx.scoped(tenant).await.unwrap().tax_setting_list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_viewer_looks_and_a_stranger_sees_nothing_of_it() {
    let (site, owner, _) = with_books().await;
    let make = [("credit", "no"), ("from", "2026-09-10"), ("marketplace", "0")];
    site.post(&owner, "/settings/tax", &make).await;
    let (stranger, _) = site.owner("saree-works").await;
    let undoing = "/settings/tax/1/undoing";
    for path in [undoing, "/settings/tax/1/again"] {
        assert_eq!(site.post(&stranger, path, &[]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(site.get(&stranger, undoing).await.status, StatusCode::NOT_FOUND);
    assert!(site.get(&stranger, "/settings/tax").await.outline().contains("Nothing was set yet"));
    let early = site.post(&owner, "/settings/tax/1/again", &[]).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "it was not given up");

    let mut tx = site.world.db.read().await.unwrap();
    let person = tx.platform().login("owner@kurta-house.example").await.unwrap().unwrap().id;
    drop(tx);
    site.world.set_role(person, "viewer").await;
    let seen = site.get(&owner, "/settings/tax").await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(!seen.outline().contains("form ") && seen.outline().contains("row a cost from 10 Sep 2026 on"));
    for path in [undoing, "/settings/tax/change?credit=no"] {
        assert_eq!(site.get(&owner, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [undoing, "/settings/tax", "/settings/tax/1/again"] {
        assert_eq!(site.post(&owner, path, &make).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_setting_that_was_given_up_stays_in_sight_until_it_is_followed() {
    let (site, owner, tenant) = with_books().await;
    let make = async |day: &str| {
        let form = [("credit", "no"), ("from", day), ("marketplace", "0")];
        assert_eq!(site.post(&owner, "/settings/tax", &form).await.status, StatusCode::SEE_OTHER);
    };
    make("2026-09-10").await;
    let mut tx = site.world.db.write().await.unwrap();
    let claim = tx.platform().claim(site.world.now()).await.unwrap().unwrap();
    tx.platform().fail(&claim, "no luck", false, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    // Another one that is followed does not hide it.
    make("2027-01-01").await;
    site.work().await;
    let stopped = site.get(&owner, "/settings/tax").await.outline();
    let told = "Not every line follows “a cost from 10 Sep 2026 on”";
    assert!(stopped.contains(told) && stopped.contains("button Try again"), "{stopped}");
    let again = site.post(&owner, "/settings/tax/1/again", &[]).await;
    assert_eq!((again.status, again.to()), (StatusCode::SEE_OTHER, "/settings/tax"));
    assert_eq!(site.post(&owner, "/settings/tax/1/again", &[]).await.status, StatusCode::CONFLICT);
    site.work().await;
    let followed = site.get(&owner, "/settings/tax").await.outline();
    assert!(!followed.contains("Not every line follows"), "{followed}");
    assert!(september(&site, tenant).await.turnover(Account::FeeGst).net() < 0);
}

#[tokio::test]
async fn a_business_without_files_can_set_it_too() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    insta::assert_snapshot!("empty_tax_settings", site.get(&owner, "/settings/tax").await.outline());
    let preview = site.get(&owner, "/settings/tax/change?credit=no").await;
    assert!(preview.outline().contains("p No figure changes"), "{}", preview.outline());
    assert_eq!(site.post(&owner, "/settings/tax", &[("credit", "no")]).await.status, StatusCode::SEE_OTHER);
    site.work().await;
    assert!(site.get(&owner, "/settings/tax").await.outline().contains("state a cost"));
}
