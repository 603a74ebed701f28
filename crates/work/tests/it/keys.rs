//! Rotation and destruction of keys as jobs: with files in the archive, deaths in the middle, and imports beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{path::PathBuf, sync::Arc};

use ecom_ledger::settlement::Options;
use ecom_store::{
    Archive, FileId, ImportResult, Importer, Incoming, JobView, NewUpload, Opener, Outcome, Progress,
    RESEAL_JOB, Resealed, StoreError, TenantId, UploadState, begin_shredding, rotate_key,
};
use ecom_testkit::{World, on_both};
use ecom_vault::KeyRing;
use ecom_work::{Bell, Live, Worker, mail::Mail};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

use crate::shop::{Shop, settlement, shop};

impl Shop {
    async fn ring(&self) -> KeyRing {
        self.worker.keys.tenant(self.tenant).await.unwrap()
    }

    async fn import_with(&self, ring: &KeyRing, bytes: &[u8]) -> Result<ImportResult, StoreError> {
        let bytes: Arc<[u8]> = bytes.into();
        let open: Opener = Arc::new(move || Ok(Box::new(std::io::Cursor::new(Arc::clone(&bytes))) as _));
        let file = Incoming {
            tenant: self.tenant,
            seller_account: self.account,
            upload: None,
            name: "50001.txt".to_owned(),
            open,
            at: 1,
        };
        self.worker.importer.import(ring, &file, &Progress::default()).await
    }

    /// The file that the bytes are, and whether they are new.
    async fn import(&self, bytes: &[u8]) -> (i64, bool) {
        match self.import_with(&self.ring().await, bytes).await.unwrap().outcome {
            Outcome::Imported { file, .. } => (file, true),
            Outcome::Same { file } => (file, false),
            Outcome::Refused { message } => panic!("{message}"),
        }
    }

    async fn rotate(&self, world: &World) -> i64 {
        rotate_key(&self.worker.importer.db, &self.worker.keys, self.tenant, world.now()).await.unwrap()
    }

    async fn work(&self) {
        self.worker.run_due(&self.stop).await.unwrap();
    }

    /// Whether the lines of an original are as they were: some forty of them, with the first and the last.
    async fn holds(&self, file: i64, bytes: &[u8]) -> bool {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let step = lines.len().div_ceil(40);
        let some = || (0..lines.len()).step_by(step).chain([lines.len() - 1]);
        let numbers: Vec<i64> = some().map(|at| i64::try_from(at).unwrap() + 1).collect();
        let key = self.ring().await.archive();
        let mut tx = self.worker.importer.db.read().await.unwrap();
        let mut books = tx.scoped(self.tenant).await.unwrap();
        let found =
            self.worker.importer.archive.original_lines(&key, &mut books, FileId(file), &numbers).await;
        found.unwrap().iter().map(|line| line.as_deref().unwrap()).eq(some().map(|at| lines[at]))
    }

    async fn jobs(&self, kind: &str) -> Vec<JobView> {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        tx.platform().jobs(self.tenant, kind, 9).await.unwrap()
    }

    async fn shredding(&self) -> JobView {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        tx.platform().shredding(self.tenant).await.unwrap().unwrap()
    }

    fn objects(&self) -> Vec<PathBuf> {
        let entries =
            std::fs::read_dir(&self.archive).map(|entries| entries.map(|entry| entry.unwrap().path()));
        entries.map(Iterator::collect).unwrap_or_default()
    }
}

/// A session that is open for work.
fn opened(id_hash: &[u8], person: ecom_store::PersonId) -> ecom_store::NewSession<'_> {
    let stage = ecom_store::Stage::Full;
    ecom_store::NewSession { id_hash, person, device: "Firefox", network: "192.0.2.0/24", stage }
}

on_both!(a_rotation_seals_every_original_anew_and_destroys_the_old_key, |world| async move {
    let shop = shop(&world).await;
    let (small, large) = (settlement(1, 200), settlement(2, 12_000));
    let (one, two) = (shop.import(&small).await.0, shop.import(&large).await.0);
    let (old, before) = (shop.ring().await, shop.objects());
    assert_eq!(shop.rotate(&world).await, 2);
    assert!(
        shop.holds(one, &small).await && shop.holds(two, &large).await,
        "it opens before it is sealed anew"
    );
    shop.work().await;
    let ring = shop.ring().await;
    assert_eq!((ring.generations().count(), ring.generation()), (1, 2));
    assert!(shop.holds(one, &small).await && shop.holds(two, &large).await);
    let after = shop.objects();
    assert!(after.len() == 2 && after.iter().all(|object| !before.contains(object)), "{after:?}");
    let marked =
        |mark: &[u8]| after.iter().filter(|path| std::fs::read(path).unwrap().starts_with(mark)).count();
    assert_eq!((marked(&old.id().mark()), marked(&ring.id().mark())), (0, 2));
    assert_eq!(shop.jobs(RESEAL_JOB).await[0].state, "done");
});

on_both!(a_file_is_the_same_file_before_during_and_after_a_rotation, |world| async move {
    let shop = shop(&world).await;
    let (bytes, late) = (settlement(1, 200), settlement(2, 200));
    let (file, new) = shop.import(&bytes).await;
    assert!(new);
    shop.rotate(&world).await;
    assert_eq!(shop.import(&bytes).await, (file, false), "its address is the old key's");
    let (second, new) = shop.import(&late).await;
    assert!(new, "it is sealed with the new key at once");
    shop.work().await;
    assert_eq!(shop.import(&bytes).await, (file, false), "its address is the new key's");
    assert_eq!(shop.import(&late).await, (second, false));
    assert!(shop.holds(file, &bytes).await && shop.holds(second, &late).await);
    // And once more, with files of both kinds.
    shop.rotate(&world).await;
    shop.work().await;
    assert_eq!((shop.import(&bytes).await, shop.import(&late).await), ((file, false), (second, false)));
    assert_eq!(shop.ring().await.generations().map(|(at, _)| at).collect::<Vec<_>>(), [3]);
});

on_both!(an_import_that_began_before_the_rotation_is_done_again, |world| async move {
    let shop = shop(&world).await;
    let (before, bytes) = (shop.ring().await, settlement(1, 200));
    shop.rotate(&world).await;
    let refused = shop.import_with(&before, &bytes).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    assert!(shop.objects().is_empty(), "nothing is left of it");
    shop.work().await;
    let (file, _) = shop.import(&bytes).await;
    assert!(shop.holds(file, &bytes).await);
    // Through the queue nobody notices: the job fetches the keys when it begins.
    std::fs::write(shop.worker.spool.join("s"), settlement(2, 200)).unwrap();
    let new = NewUpload { seller_account: shop.account, name: "2.txt", spool: "s", bytes: 1 };
    let mut tx = world.db.write().await.unwrap();
    let id = tx.scoped(shop.tenant).await.unwrap().add_upload(&new, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    shop.rotate(&world).await;
    shop.work().await;
    let mut tx = world.db.read().await.unwrap();
    let upload = tx.scoped(shop.tenant).await.unwrap().upload(id).await.unwrap().unwrap();
    assert_eq!(upload.state, UploadState::Done);
});

on_both!(a_rotation_goes_on_where_a_process_died, |world| async move {
    let shop = shop(&world).await;
    let files = [settlement(1, 200), settlement(2, 9_000), settlement(3, 300)];
    let mut ids = Vec::new();
    for bytes in &files {
        ids.push(shop.import(bytes).await.0);
    }
    shop.rotate(&world).await;
    // A worker claims the job, seals one file anew, half of another, and dies.
    let mut tx = world.db.write().await.unwrap();
    tx.platform().claim(world.now()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let ring = shop.ring().await;
    let archive = &shop.worker.importer.archive;
    let done = archive.reseal(&world.db, &ring, FileId(ids[0]), &Progress::default()).await.unwrap();
    assert!(matches!(done, Resealed::Replaced(_)));
    let half = shop.archive.join("ffeeddccbbaa99887766554433221100");
    std::fs::write(&half, b"half").unwrap();
    shop.work().await;
    assert_eq!(shop.jobs(RESEAL_JOB).await[0].state, "running", "the lease holds");
    world.clock.pass(SignedDuration::from_mins(2));
    shop.work().await;
    assert_eq!(
        (shop.jobs(RESEAL_JOB).await[0].state.as_str(), shop.ring().await.generations().count()),
        ("done", 1)
    );
    for (id, bytes) in ids.iter().zip(&files) {
        assert!(shop.holds(*id, bytes).await);
        assert_eq!(shop.import(bytes).await, (*id, false));
    }
    world.clock.set("2100-01-01T00:00Z");
    // The half-written object, and the one that the dead worker had replaced.
    assert_eq!(shop.worker.sweep_archive().await.unwrap(), 2);
    assert!(!half.exists() && shop.objects().len() == 3);
});

on_both!(two_workers_at_the_same_rotation_do_no_harm, |world| async move {
    let shop = shop(&world).await;
    let bytes = settlement(1, 9_000);
    let (file, _) = shop.import(&bytes).await;
    shop.rotate(&world).await;
    let ring = shop.ring().await;
    let archive = &shop.worker.importer.archive;
    let (one, two) = (Progress::default(), Progress::default());
    let (first, second) = tokio::join!(
        archive.reseal(&world.db, &ring, FileId(file), &one),
        archive.reseal(&world.db, &ring, FileId(file), &two)
    );
    let replaced = |it: &Resealed| matches!(it, Resealed::Replaced(_));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(replaced(&first) != replaced(&second), "{first:?} {second:?}");
    assert!(shop.holds(file, &bytes).await);
    assert_eq!(shop.objects().len(), 2, "the old one and the one that won");
    let again = archive.reseal(&world.db, &ring, FileId(file), &one).await.unwrap();
    assert_eq!(again, Resealed::Fresh);
});

on_both!(a_damaged_original_keeps_the_old_key_and_stops_no_other_file, |world| async move {
    let shop = shop(&world).await;
    let (first, second) = (settlement(1, 200), settlement(2, 300));
    let (damaged, _) = shop.import(&first).await;
    let object = shop.objects().pop().unwrap();
    let (whole, _) = shop.import(&second).await;
    let intact = std::fs::read(&object).unwrap();
    let mut bytes = intact.clone();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&object, &bytes).unwrap();
    shop.rotate(&world).await;
    shop.work().await;
    let job = &shop.jobs(RESEAL_JOB).await[0];
    let why = job.outcome.clone().unwrap();
    assert!(
        job.state == "queued" && why.contains(&format!("file {damaged}: sealed value does not open")),
        "{why}"
    );
    assert_eq!(shop.ring().await.generations().count(), 2);
    assert!(shop.holds(whole, &second).await);
    // Put back from a backup, the next try ends it.
    std::fs::write(&object, intact).unwrap();
    world.clock.pass(SignedDuration::from_mins(5));
    shop.work().await;
    assert_eq!(
        (shop.jobs(RESEAL_JOB).await[0].state.as_str(), shop.ring().await.generations().count()),
        ("done", 1)
    );
    assert!(shop.holds(damaged, &first).await);
});

on_both!(a_line_that_is_read_while_its_original_moves_is_asked_for_again, |world| async move {
    let shop = shop(&world).await;
    let (file, _) = shop.import(&settlement(1, 300)).await;
    shop.rotate(&world).await;
    let (key, archive) = (shop.ring().await.archive(), &shop.worker.importer.archive);
    // The place of the original is read, then a worker replaces it and deletes the old object.
    std::fs::remove_file(shop.objects().pop().unwrap()).unwrap();
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let moved = archive.original_lines(&key, &mut books, FileId(file), &[1]).await;
    assert!(matches!(moved, Err(StoreError::Busy)), "{moved:?}");
    // Where no rotation goes on, what is missing is missing.
    shop.worker.keys.retire(shop.tenant, 2).await.unwrap();
    let key = shop.ring().await.archive();
    let missing = archive.original_lines(&key, &mut books, FileId(file), &[1]).await;
    assert!(matches!(missing, Err(StoreError::Object(_))), "{missing:?}");
});

on_both!(a_second_rotation_may_begin_before_the_first_has_ended, |world| async move {
    let shop = shop(&world).await;
    let bytes = settlement(1, 300);
    let (file, _) = shop.import(&bytes).await;
    shop.rotate(&world).await;
    shop.rotate(&world).await;
    assert_eq!(shop.jobs(RESEAL_JOB).await.len(), 2);
    shop.work().await;
    assert!(shop.jobs(RESEAL_JOB).await.iter().all(|job| job.state == "done"));
    assert_eq!(shop.ring().await.generations().map(|(at, _)| at).collect::<Vec<_>>(), [3]);
    assert!(shop.holds(file, &bytes).await);
});

on_both!(what_a_dead_process_left_undone_is_taken_up_at_the_next_start, |world| async move {
    let shop = shop(&world).await;
    let bytes = settlement(1, 300);
    let (file, _) = shop.import(&bytes).await;
    // It died right after the new key was made.
    shop.worker.keys.rotate(shop.tenant, world.now()).await.unwrap();
    shop.work().await;
    assert_eq!(shop.ring().await.generations().count(), 2);
    shop.worker.resume_keys().await.unwrap();
    shop.work().await;
    assert_eq!(shop.ring().await.generations().count(), 1);
    assert!(shop.holds(file, &bytes).await);
});

on_both!(a_key_of_a_business_that_never_came_to_be_is_swept_and_no_other, |world| async move {
    let shop = shop(&world).await;
    let keys = &shop.worker.keys;
    let (orphan, restored) = (TenantId(50), TenantId(51));
    for tenant in [orphan, restored] {
        keys.create(tenant, world.now()).await.unwrap();
    }
    // The database is an older copy, which does not know this one yet; its originals are there.
    let folder = world.folder().join("archive").join(restored.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("00112233445566778899aabbccddeeff"), b"sealed").unwrap();
    shop.worker.resume_keys().await.unwrap();
    keys.tenant(orphan).await.unwrap();
    world.clock.pass(SignedDuration::from_hours(25));
    shop.worker.resume_keys().await.unwrap();
    assert!(matches!(keys.tenant(orphan).await, Err(StoreError::Missing(_))));
    keys.tenant(restored).await.unwrap();
    keys.tenant(shop.tenant).await.unwrap();
});

on_both!(beside_an_empty_database_no_key_is_swept, |world| async move {
    let (archive, spool) =
        (Archive::local(&world.folder().join("archive")).unwrap(), world.folder().to_owned());
    let worker = Worker {
        importer: Importer { db: world.db.clone(), archive, options: Options::new().unwrap() },
        keys: world.keys().await,
        spool,
        clock: Arc::new(world.clock.clone()),
        bell: Bell::default(),
        live: Live::default(),
        mail: Mail::default(),
    };
    worker.keys.create(TenantId(1), 0).await.unwrap();
    worker.resume_keys().await.unwrap();
    worker.keys.tenant(TenantId(1)).await.unwrap();
});

on_both!(a_business_whose_keys_are_destroyed_is_closed_and_nothing_of_it_opens, |world| async move {
    let shop = shop(&world).await;
    shop.import(&settlement(1, 300)).await;
    let ring = shop.ring().await;
    let session = Sha256::digest(b"token");
    let mut tx = world.db.write().await.unwrap();
    tx.platform().open_session(&opened(&session, shop.person), world.now()).await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().put_secret(&ring, "connection.token", 1, b"x", 1).await.unwrap();
    tx.commit().await.unwrap();
    begin_shredding(&world.db, shop.tenant, world.now()).await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    assert!(
        tx.platform().session(&session, world.now()).await.unwrap().is_none(),
        "nobody gets in from the mark on"
    );
    drop(tx);
    shop.ring().await;
    shop.work().await;
    assert_eq!(shop.shredding().await.state, "done");
    assert!(matches!(shop.worker.keys.tenant(shop.tenant).await, Err(StoreError::Missing(_))));
    assert!(shop.objects().is_empty());
    let mut tx = world.db.read().await.unwrap();
    let left = tx.scoped(shop.tenant).await.unwrap().secret(&ring, "connection.token", 1).await.unwrap();
    assert!(left.is_none(), "the row is gone too");
    drop(tx);
    assert!(matches!(begin_shredding(&world.db, shop.tenant, 1).await, Err(StoreError::Missing(_))));
    assert!(matches!(begin_shredding(&world.db, TenantId(99), 1).await, Err(StoreError::Missing(_))));
});

on_both!(a_destruction_of_keys_goes_on_where_a_process_died, |world| async move {
    let shop = shop(&world).await;
    shop.import(&settlement(1, 300)).await;
    begin_shredding(&world.db, shop.tenant, world.now()).await.unwrap();
    begin_shredding(&world.db, shop.tenant, world.now()).await.unwrap();
    // A worker claims the job, destroys the keys, and dies before the originals are gone.
    let mut tx = world.db.write().await.unwrap();
    tx.platform().claim(world.now()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    shop.worker.keys.destroy(shop.tenant, world.now()).await.unwrap();
    world.clock.pass(SignedDuration::from_mins(2));
    shop.work().await;
    assert_eq!(shop.shredding().await.state, "done");
    assert!(shop.objects().is_empty());
});

on_both!(a_rotation_of_keys_that_were_destroyed_has_nothing_to_do, |world| async move {
    let shop = shop(&world).await;
    shop.import(&settlement(1, 300)).await;
    shop.rotate(&world).await;
    shop.worker.keys.destroy(shop.tenant, world.now()).await.unwrap();
    shop.work().await;
    assert_eq!(shop.jobs(RESEAL_JOB).await[0].state, "done");
});
