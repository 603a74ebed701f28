//! Uploads: results in their order, why one stopped, and the list of all files.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_store::{
    FileId, ImportResult, LEASE_MICROS, NewUpload, Outcome, SettlementState, StoreError, Trouble, UploadState,
};
use ecom_testkit::on_both;
use shop::{Shop, plan};

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

on_both!(an_upload_says_what_was_in_the_way_and_when_it_is_tried_again, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let new = NewUpload { seller_account: shop.account, name: "a.txt", spool: "x", bytes: 1 };
    let mut tx = world.db.write().await.unwrap();
    let id = tx.scoped(shop.tenant).await.unwrap().add_upload(&new, 5).await.unwrap();
    let mut now = 5;
    let told = async |tx: &mut ecom_store::Tx| {
        let upload = tx.scoped(shop.tenant).await.unwrap().upload(id).await.unwrap().unwrap();
        (upload.state, upload.trouble, upload.due)
    };
    assert_eq!(told(&mut tx).await, (UploadState::Queued, None, 5));
    let claim = tx.platform().claim(now).await.unwrap().unwrap();
    tx.platform().fail(&claim, &Trouble::Full.outcome("no space left"), true, now).await.unwrap();
    let (state, trouble, due) = told(&mut tx).await;
    assert_eq!((state, trouble), (UploadState::Queued, Some(Trouble::Full)));
    assert!(due > now, "it waits");
    now = due;
    let claim = tx.platform().claim(now).await.unwrap().unwrap();
    assert_eq!(told(&mut tx).await.1, None, "while it runs nobody knows");
    tx.platform().give_back(&claim).await.unwrap();
    assert_eq!(told(&mut tx).await.1, None, "told to stop it was unharmed");
    let claim = tx.platform().claim(now).await.unwrap().unwrap();
    tx.platform().fail(&claim, "database: odd", false, now).await.unwrap();
    assert_eq!(told(&mut tx).await.0, UploadState::Failed);
    assert_eq!(told(&mut tx).await.1, Some(Trouble::Broken));

    // Another whose workers die as often as it may be tried.
    let id = tx.scoped(shop.tenant).await.unwrap().add_upload(&new, now).await.unwrap();
    while tx.platform().claim(now).await.unwrap().is_some() {
        now += LEASE_MICROS;
    }
    let upload = tx.scoped(shop.tenant).await.unwrap().upload(id).await.unwrap().unwrap();
    assert_eq!((upload.state, upload.trouble), (UploadState::Failed, Some(Trouble::Died)));
});

on_both!(all_files_are_listed_page_by_page_however_they_came, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    for turn in 0..3 {
        shop.settle(&format!("100{turn}.txt"), &plan(turn, 150)).await;
    }
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.withdraw(FileId(2)).await.unwrap();
    let first = books.file_page(1, 2).await.unwrap();
    let names: Vec<_> = first.rows.iter().map(|file| (file.name.as_str(), file.withdrawn)).collect();
    assert_eq!(names, [("1002.txt", false), ("1001.txt", true)]);
    assert_eq!((first.files, first.page, first.pages), (3, 1, 2));
    let [one] = first.rows[0].settlements.as_slice() else { panic!("{first:?}") };
    let view = books.settlement(one.key).await.unwrap().unwrap();
    assert_eq!(
        (one.state, one.lines, one.period),
        (SettlementState::Active, view.lines, view.start.zip(view.end))
    );
    assert_eq!(first.rows[1].settlements[0].state, SettlementState::Withdrawn);
    for far in [2, 3, i64::MAX] {
        let last = books.file_page(far, 2).await.unwrap();
        assert_eq!((last.rows.len(), last.page), (1, 2), "{far}");
    }
    assert_eq!(books.file_page(i64::MIN, 0).await.unwrap().pages, 3);
    drop(tx);
    let stranger = Shop::new(&world, "saree-works").await;
    let mut tx = world.db.read().await.unwrap();
    let none = tx.scoped(stranger.tenant).await.unwrap().file_page(1, 9).await.unwrap();
    assert_eq!((none.rows.len(), none.files, none.pages), (0, 0, 1));
});
