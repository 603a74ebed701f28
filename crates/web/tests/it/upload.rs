//! Sending files in: streamed, noted at once, told file by file, withdrawn again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use support::{settlement, site};

#[tokio::test]
async fn a_first_file_makes_the_account_and_waits_for_the_worker() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let files = [("50001234567.txt", settlement(3, 200)), ("50001234577.txt", settlement(4, 200))];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let answer = site.upload(&owner, &[("account_name", "Amazon.in")], &files).await;
    assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/uploads"));
    assert_eq!(site.spooled(), 2);
    let waiting = site.get(&owner, "/uploads").await;
    insta::assert_snapshot!(waiting.outline());
    assert!(waiting.body.contains("http-equiv=\"refresh\""));
    site.work().await;
    assert_eq!(site.spooled(), 0);
    let done = site.get(&owner, "/uploads").await;
    insta::assert_snapshot!("uploads_done", done.outline());
    assert!(!done.body.contains("http-equiv=\"refresh\""));
    insta::assert_snapshot!("one_upload", site.get(&owner, "/uploads/1").await.outline());
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_with_what_to_do() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let good = settlement(3, 200);
    site.import(&owner, "50001234567.txt", &good).await;
    site.import(&owner, "the same under another name.txt", &good).await;
    site.import(&owner, "holiday.txt", b"dear diary,\nnothing happened today\n").await;
    let cut: Vec<u8> =
        good[..good.len() / 2].iter().rev().skip_while(|byte| **byte != b'\n').copied().collect();
    let cut: Vec<u8> = cut.into_iter().rev().collect();
    site.import(&owner, "50001234599.txt", &cut).await;
    insta::assert_snapshot!(site.get(&owner, "/uploads").await.outline());
    // A file that does not balance is in no figure, and says so on its own page.
    insta::assert_snapshot!(
        "a_settlement_that_does_not_balance",
        site.get(&owner, "/settlements/2").await.outline()
    );
}

#[tokio::test]
async fn a_form_without_a_file_or_an_account_is_shown_again() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let none = site.upload(&owner, &[("account_name", "Amazon.in")], &[("", b"")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.outline().contains("error Choose at least one file."), "{}", none.outline());
    let unnamed = site.upload(&owner, &[("account_name", " ")], &[("a.txt", b"x")]).await;
    assert!(unnamed.outline().contains("error Give the account at Amazon a name."), "{}", unnamed.outline());
    site.import(&owner, "50001234567.txt", &settlement(3, 50)).await;
    let strange = site.upload(&owner, &[("account", "77")], &[("a.txt", b"x")]).await;
    assert!(strange.outline().contains("error Choose the account"), "{}", strange.outline());
    assert_eq!(site.spooled(), 0);
    let second = [("account", "new"), ("account_name", "Amazon.com")];
    assert_eq!(site.upload(&owner, &second, &[("a.txt", b"x")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.upload(&owner, &second, &[("b.txt", b"x")]).await.status, StatusCode::SEE_OTHER);
    let opened_before = [("account_name", "Amazon.in")];
    assert_eq!(site.upload(&owner, &opened_before, &[("c.txt", b"x")]).await.status, StatusCode::SEE_OTHER);
    let page = site.get(&owner, "/uploads").await;
    assert_eq!(page.body.matches("<option").count(), 3, "two accounts and a new one");
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_nothing_behind() {
    use axum::{
        body::Body,
        http::{Method, header},
    };
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let head = "--cut\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\n";
    let request = owner
        .request(Method::POST, "/uploads")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    let answer = site.send(request.body(Body::from(format!("{head}half a file"))).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("did not arrive whole"), "{}", answer.body);
    assert_eq!(site.spooled(), 0);
    let plain = site.post(&owner, "/uploads", &[("account", "1")]).await;
    assert_eq!(plain.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_withdrawn_import_leaves_the_figures_and_can_come_back() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let bytes = settlement(3, 200);
    site.import(&owner, "50001234567.txt", &bytes).await;
    insta::assert_snapshot!(site.get(&owner, "/files/1/withdrawal").await.outline());
    let answer = site.post(&owner, "/files/1/withdrawal", &[]).await;
    assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/uploads?said=withdrawn"));
    let page = site.get(&owner, answer.to()).await.outline();
    assert!(page.contains("p The import was withdrawn.") && page.contains("state withdrawn"), "{page}");
    assert!(site.get(&owner, "/statement").await.outline().contains("h2 No settlements yet"));
    assert_eq!(site.get(&owner, "/files/1/withdrawal").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post(&owner, "/files/1/withdrawal", &[]).await.status, StatusCode::NOT_FOUND);
    site.import(&owner, "50001234567.txt", &bytes).await;
    assert!(site.get(&owner, "/statement").await.body.contains("Total of the settlement lines"));
}

#[tokio::test]
async fn files_that_came_without_an_upload_are_listed_too_page_by_page() {
    let site = site().await;
    let (owner, tenant) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &settlement(3, 150)).await;
    // As the command line and the demo import them.
    let key = site.worker.keys.tenant(tenant).await.unwrap();
    for number in 10..37 {
        let bytes: std::sync::Arc<[u8]> = settlement(number, 40).into();
        let open: ecom_store::Opener =
            std::sync::Arc::new(move || Ok(Box::new(std::io::Cursor::new(std::sync::Arc::clone(&bytes)))));
        let file = ecom_store::Incoming {
            tenant,
            seller_account: ecom_store::SellerAccountId(1),
            upload: None,
            name: format!("by-hand-{number}.txt"),
            open,
            at: site.world.now(),
        };
        site.worker.importer.import(&key, &file, &ecom_store::Progress::default()).await.unwrap();
    }
    let page = site.get(&owner, "/uploads").await;
    assert!(page.body.contains("Page 1 of 2"));
    let first = page.outline();
    assert!(first.contains("h2 All files"), "{first}");
    assert!(
        first.contains("row by-hand-36.txt Flat file V2") && !first.contains("row 50001234567.txt"),
        "{first}"
    );
    let last = site.get(&owner, "/uploads?page=2").await.outline();
    assert!(
        last.contains("row 50001234567.txt Flat file V2") && !last.contains("row by-hand-36.txt"),
        "{last}"
    );
    assert_eq!(site.get(&owner, "/uploads?page=99").await.outline(), last, "the nearest page");
    for wrong in ["0", "-1", "x", "9223372036854775808"] {
        let answer = site.get(&owner, &format!("/uploads?page={wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(site.get(&owner, &page.link("/files/28/withdrawal")).await.status, StatusCode::OK);
    site.world.set_role(ecom_store::PersonId(1), "viewer").await;
    let seen = site.get(&owner, "/uploads").await.outline();
    assert!(seen.contains("row by-hand-36.txt") && !seen.contains("Withdraw…"), "{seen}");
}

#[tokio::test]
async fn an_upload_that_stopped_says_why_and_what_to_do() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let fields = [("account_name", "Amazon.in")];
    site.upload(&owner, &fields, &[("50001234567.txt", &settlement(3, 150))]).await;
    let spooled = std::fs::read_dir(&site.worker.spool).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(spooled).unwrap();
    site.work().await;
    let waits = site.get(&owner, "/uploads").await.outline();
    assert!(waits.contains("state waiting for another try"), "{waits}");
    let told = "p The file is not on the server’s disk any more. It is tried again by itself at 09:00:10.";
    assert!(waits.contains(told), "{waits}");
    for _ in 0..5 {
        site.world.clock.pass(jiff::SignedDuration::from_hours(2));
        site.work().await;
    }
    let failed = site.get(&owner, "/uploads/1").await.outline();
    assert!(failed.contains("state failed"), "{failed}");
    let told = "p The file is not on the server’s disk any more. Nothing of a file is half in the books. Send it in once more.";
    assert!(failed.contains(told), "{failed}");
}
