//! Results of uploads.
#![allow(clippy::unwrap_used)]

mod shop;

use ecom_store::{ImportResult, NewUpload, Outcome, StoreError};
use ecom_testkit::on_both;
use shop::Shop;

on_both!(results_come_in_the_order_of_the_files_and_each_once, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let (_, stranger) = world.business("other").await;
    let new = NewUpload { seller_account: shop.account, name: "all.zip", spool: "x", bytes: 1 };
    let result = |name: &str| ImportResult {
        name: name.to_owned(),
        outcome: Outcome::Same { file: 1 },
        notes: Vec::new(),
    };
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let id = books.add_upload(&new, 5).await.unwrap();
    books.add_result(id, 0, &result("first")).await.unwrap();
    for place in [0, 2] {
        let refused = books.add_result(id, place, &result("again or too early")).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    }
    books.add_result(id, 1, &result("second")).await.unwrap();
    let names: Vec<String> =
        books.upload(id).await.unwrap().unwrap().results.into_iter().map(|result| result.name).collect();
    assert_eq!(names, ["first", "second"]);
    let mut other = tx.scoped(stranger).await.unwrap();
    assert!(matches!(other.add_result(id, 2, &result("theirs")).await, Err(StoreError::Missing(_))));
});
