//! How far settlements cover days: to their end, up to a day, with a gap, in each currency for itself.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{Currency, day};
use ecom_store::{Cover, Coverage};
use ecom_testkit::{World, on_both};
use shop::{Shop, file, plan};

fn on(text: &str) -> i32 {
    day::of_date(text.parse().unwrap())
}

fn inr(coverage: &Coverage, from: &str, to: &str) -> Cover {
    coverage.of(Currency::INR, on(from), on(to))
}

async fn coverage(world: &World, shop: &Shop) -> Coverage {
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().coverage(None).await.unwrap()
}

// The first fortnight begins on 21 September 2026; each ends in the evening of a Monday in India.
on_both!(days_are_covered_to_the_end_of_the_last_whole_one, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in 0..3 {
        shop.settle(&format!("100{turn}.txt"), &plan(turn, 200)).await;
    }
    let found = coverage(&world, &shop).await;
    assert_eq!(inr(&found, "2026-10-01", "2026-10-31"), Cover::Whole);
    assert_eq!(inr(&found, "2026-11-01", "2026-11-01"), Cover::Whole);
    assert_eq!(inr(&found, "2026-11-02", "2026-11-02"), Cover::Open, "it ends in the middle of that day");
    assert_eq!(inr(&found, "2026-11-01", "2026-11-30"), Cover::UpTo(on("2026-11-01")));
    assert_eq!(inr(&found, "2026-12-01", "2026-12-31"), Cover::Open);
    assert_eq!(found.of(Currency::INR, i32::MIN, i32::MAX), Cover::UpTo(on("2026-11-01")));
    assert_eq!(found.until(Currency::INR), Some(on("2026-11-01")));
});

on_both!(a_missing_settlement_is_a_gap_in_its_days_and_in_no_others, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in [0, 2] {
        shop.settle(&format!("100{turn}.txt"), &plan(turn, 200)).await;
    }
    let found = coverage(&world, &shop).await;
    assert_eq!(inr(&found, "2026-09-21", "2026-10-04"), Cover::Whole);
    assert_eq!(inr(&found, "2026-10-05", "2026-10-05"), Cover::Gap);
    assert_eq!(inr(&found, "2026-10-08", "2026-10-09"), Cover::Gap);
    assert_eq!(inr(&found, "2026-10-01", "2026-10-31"), Cover::Gap);
    assert_eq!(inr(&found, "2026-10-20", "2026-11-01"), Cover::Whole);
    assert_eq!(inr(&found, "2026-10-20", "2026-11-30"), Cover::UpTo(on("2026-11-01")));
    assert_eq!(found.findings().count(), 1);
});

on_both!(a_currency_awaits_its_own_settlements_only, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let euro = Currency::parse("EUR").unwrap();
    for turn in 0..2 {
        shop.settle(&format!("100{turn}.txt"), &plan(turn, 200)).await;
    }
    let mut abroad = plan(0, 200);
    abroad.id += 500;
    let text = String::from_utf8(file(&abroad)).unwrap().replace("INR", "EUR");
    shop.import("2000.txt", text.into_bytes()).await;
    let found = coverage(&world, &shop).await;
    assert_eq!(found.currencies().collect::<Vec<_>>(), [euro, Currency::INR]);
    let days = (on("2026-10-08"), on("2026-10-12"));
    assert_eq!(found.of(Currency::INR, days.0, days.1), Cover::Whole);
    assert_eq!(found.of(euro, days.0, days.1), Cover::Open);
    assert_eq!(found.of(Currency::parse("USD").unwrap(), days.0, days.1), Cover::Whole, "none is awaited");
    let other = Shop::new(&world, "saree-works").await;
    assert_eq!(coverage(&world, &other).await.currencies().count(), 0);
});
