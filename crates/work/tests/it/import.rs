//! The import job: uploads of every packing, deaths in the middle, and being told to stop.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use std::sync::Arc;

use ecom_store::{Outcome, UploadState};
use ecom_testkit::on_both;
use jiff::SignedDuration;
use shop::{gzip, settlement, shop, zip};
use tokio::sync::watch;

on_both!(an_upload_is_imported_and_its_file_is_cleared_away, |world| async move {
    let shop = shop(&world).await;
    let upload = shop.imported("50001.txt", &settlement(1, 200)).await;
    assert_eq!((upload.state, upload.results.len()), (UploadState::Done, 1));
    assert_eq!(upload.results[0].name, "50001.txt");
    assert!(matches!(upload.results[0].outcome, Outcome::Imported { lines: 200, .. }));
    assert!(!shop.spooled(&upload.spool).exists());
});

on_both!(the_same_file_inside_a_gzip_is_the_same_file, |world| async move {
    let shop = shop(&world).await;
    shop.imported("50001.txt", &settlement(1, 200)).await;
    let upload = shop.imported("50001.txt.gz", &gzip(&settlement(1, 200))).await;
    assert_eq!(upload.results[0].name, "50001.txt");
    assert_eq!(upload.results[0].outcome, Outcome::Same { file: 1 });
});

on_both!(every_file_of_a_zip_has_its_result_and_a_bad_one_stops_no_other, |world| async move {
    let shop = shop(&world).await;
    let files =
        [("a/1.txt", settlement(1, 100)), ("readme.md", b"hello".to_vec()), ("a/2.txt", settlement(2, 100))];
    let upload = shop.imported("all.zip", &zip(&files)).await;
    let names: Vec<&str> = upload.results.iter().map(|result| result.name.as_str()).collect();
    assert_eq!(names, ["a/1.txt", "readme.md", "a/2.txt"]);
    let taken = |at: usize| matches!(upload.results[at].outcome, Outcome::Imported { .. });
    assert!(taken(0) && taken(2) && matches!(upload.results[1].outcome, Outcome::Refused { .. }));
    assert_eq!(shop.settlements().await, 2);
});

on_both!(rubbish_is_refused_and_the_upload_is_done, |world| async move {
    let shop = shop(&world).await;
    for (name, bytes) in
        [("empty.txt", Vec::new()), ("cut.zip", zip(&[("1.txt", settlement(1, 100))])[..80].to_vec())]
    {
        let upload = shop.imported(name, &bytes).await;
        assert_eq!(upload.state, UploadState::Done);
        assert!(matches!(upload.results[0].outcome, Outcome::Refused { .. }), "{upload:?}");
    }
});

on_both!(a_worker_that_died_is_followed_by_another_that_goes_on, |world| async move {
    let shop = shop(&world).await;
    let files = [("1.txt", settlement(1, 100)), ("2.txt", settlement(2, 100))];
    let id = shop.send("all.zip", &zip(&files)).await;
    // The first worker claims the job and imports one file, then its process is gone.
    let mut tx = world.db.write().await.unwrap();
    tx.platform().claim(world.now()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let open: ecom_store::Opener = Arc::new(|| Ok(Box::new(std::io::Cursor::new(settlement(1, 100))) as _));
    let first = ecom_store::Incoming {
        tenant: shop.tenant,
        seller_account: shop.account,
        upload: Some((id, 0)),
        name: "1.txt".to_owned(),
        open,
        at: 1,
    };
    let key = shop.worker.keys.tenant(shop.tenant).await.unwrap();
    shop.worker.importer.import(&key, &first, &ecom_store::Progress::default()).await.unwrap();
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(shop.upload(id).await.state, UploadState::Running, "the lease holds");
    world.clock.pass(SignedDuration::from_mins(2));
    shop.worker.run_due(&shop.stop).await.unwrap();
    let upload = shop.upload(id).await;
    assert_eq!((upload.state, upload.results.len()), (UploadState::Done, 2));
    assert!(upload.results.iter().all(|result| matches!(result.outcome, Outcome::Imported { .. })));
    assert_eq!(shop.settlements().await, 2);
});

on_both!(a_worker_told_to_stop_gives_its_job_back, |world| async move {
    let shop = shop(&world).await;
    let id = shop.send("big.txt", &settlement(1, 60_000)).await;
    let (tell, stop) = watch::channel(false);
    let working = shop.worker.run(stop);
    let telling = async {
        while shop.upload(id).await.state != UploadState::Running {
            tokio::task::yield_now().await;
        }
        tell.send_replace(true);
    };
    tokio::join!(working, telling);
    let upload = shop.upload(id).await;
    assert!(matches!(upload.state, UploadState::Queued | UploadState::Done), "{upload:?}");
    shop.worker.run_due(&shop.stop).await.unwrap();
    let upload = shop.upload(id).await;
    assert_eq!((upload.state, upload.results.len(), shop.settlements().await), (UploadState::Done, 1, 1));
});

on_both!(old_uploads_that_nobody_needs_are_swept_and_needed_ones_stay, |world| async move {
    let shop = shop(&world).await;
    let id = shop.send("50001.txt", &settlement(1, 100)).await;
    let needed = shop.spooled(&shop.upload(id).await.spool);
    let stray = shop.spooled("stray");
    std::fs::write(&stray, b"x").unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH;
    for path in [&needed, &stray] {
        std::fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }
    std::fs::write(shop.spooled("coming in"), b"x").unwrap();
    assert_eq!(shop.worker.sweep_spool().await.unwrap(), 1);
    assert!(needed.exists() && shop.spooled("coming in").exists() && !stray.exists());
});

on_both!(an_original_that_a_killed_import_left_is_swept_after_a_day, |world| async move {
    let shop = shop(&world).await;
    shop.imported("50001.txt", &settlement(1, 100)).await;
    let folder = world.folder().join("archive").join(shop.tenant.to_string());
    let stray = folder.join("00112233445566778899aabbccddeeff");
    std::fs::write(&stray, b"sealed").unwrap();
    std::fs::write(folder.join("ffeeddccbbaa99887766554433221100#1"), b"half").unwrap();
    world.clock.set("2020-01-01T00:00Z");
    assert_eq!(shop.worker.sweep_archive().await.unwrap(), 0, "it may belong to an import that goes on");
    world.clock.set("2100-01-01T00:00Z");
    assert_eq!(shop.worker.sweep_archive().await.unwrap(), 2);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
});
