//! Sealed values: they open only where they stand, for whom they were sealed; a rotation seals every one anew.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_store::{
    Db, FileId, Keys, Owner, PLATFORM, PersonId, Progress, SEALED, SECRET, StoreError, TenantId, left_behind,
    reseal_column, resume_rotations, rotate_key, sealed_columns,
};
use ecom_testkit::{Role, World, on_both};
use ecom_vault::{KeyRing, VaultError};

struct Vault {
    keys: Keys,
    person: PersonId,
    tenant: TenantId,
}

async fn vault(world: &World, name: &str) -> Vault {
    let (person, tenant) = world.business(name).await;
    let keys = world.keys().await;
    keys.create(tenant, world.now()).await.unwrap();
    Vault { keys, person, tenant }
}

impl Vault {
    async fn ring(&self) -> KeyRing {
        self.keys.tenant(self.tenant).await.unwrap()
    }

    async fn put(&self, world: &World, kind: &'static str, subject: i64, value: &[u8]) {
        let ring = self.ring().await;
        let mut tx = world.db.write().await.unwrap();
        let mut books = tx.scoped(self.tenant).await.unwrap();
        books.put_secret(&ring, kind, subject, value, world.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn get(&self, world: &World, kind: &'static str, subject: i64) -> Option<Vec<u8>> {
        let ring = self.ring().await;
        let mut tx = world.db.read().await.unwrap();
        let found = tx.scoped(self.tenant).await.unwrap().secret(&ring, kind, subject).await.unwrap();
        found.map(|secret| secret.expose().to_vec())
    }
}

async fn run(db: &Db, sql: &str) -> u64 {
    match db {
        Db::Sqlite { write, .. } => {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(write).await.unwrap().rows_affected()
        }
        Db::Postgres(pool) => {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap().rows_affected()
        }
    }
}

/// A session that is open for work.
fn opened(id_hash: &[u8], person: ecom_store::PersonId) -> ecom_store::NewSession<'_> {
    let stage = ecom_store::Stage::Full;
    ecom_store::NewSession { id_hash, person, device: "Firefox", network: "192.0.2.0/24", stage }
}

on_both!(a_secret_is_kept_replaced_and_forgotten, |world| async move {
    let shop = vault(&world, "kurta-house").await;
    assert_eq!(shop.get(&world, "connection.token", 1).await, None);
    shop.put(&world, "connection.token", 1, b"first").await;
    shop.put(&world, "connection.token", 1, b"second").await;
    shop.put(&world, "connection.token", 2, b"other").await;
    assert_eq!(shop.get(&world, "connection.token", 1).await.unwrap(), b"second");
    assert_eq!(shop.get(&world, "connection.token", 2).await.unwrap(), b"other");
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    assert!(books.forget_secret("connection.token", 1).await.unwrap());
    assert!(!books.forget_secret("connection.token", 1).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(shop.get(&world, "connection.token", 1).await, None);
});

on_both!(another_business_sees_no_secret_and_its_keys_seal_nothing_here, |world| async move {
    let (mine, theirs) = (vault(&world, "kurta-house").await, vault(&world, "saree-house").await);
    mine.put(&world, "connection.token", 1, b"mine").await;
    assert_eq!(theirs.get(&world, "connection.token", 1).await, None);
    let wrong = theirs.ring().await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(mine.tenant).await.unwrap();
    let missing = |answer: Result<(), StoreError>| assert!(matches!(answer, Err(StoreError::Missing(_))));
    missing(books.put_secret(&wrong, "connection.token", 1, b"x", 1).await);
    missing(books.secret(&wrong, "connection.token", 1).await.map(drop));
    assert!(!tx.scoped(theirs.tenant).await.unwrap().forget_secret("connection.token", 1).await.unwrap());
});

on_both!(a_sealed_value_moved_to_another_row_or_business_does_not_open, |world| async move {
    let (mine, theirs) = (vault(&world, "kurta-house").await, vault(&world, "saree-house").await);
    mine.put(&world, "connection.token", 1, b"one").await;
    mine.put(&world, "connection.token", 2, b"two").await;
    mine.put(&world, "ads.token", 1, b"ads").await;
    theirs.put(&world, "connection.token", 1, b"theirs").await;
    let owner = world.database().open(Role::Superuser).await;
    let swaps = [
        "update secret set value = (select value from secret where subject = 2) where kind = 'connection.token' and subject = 1 and tenant_id = 1",
        "update secret set value = (select value from secret where kind = 'ads.token') where kind = 'connection.token' and subject = 1 and tenant_id = 1",
        "update secret set value = (select value from secret where tenant_id = 2) where kind = 'connection.token' and subject = 1 and tenant_id = 1",
    ];
    for swap in swaps {
        assert_eq!(run(&owner, swap).await, 1);
        let ring = mine.ring().await;
        let mut tx = world.db.read().await.unwrap();
        let opened = tx.scoped(mine.tenant).await.unwrap().secret(&ring, "connection.token", 1).await;
        assert!(
            matches!(opened, Err(StoreError::Vault(VaultError::Tampered | VaultError::OtherKey { .. }))),
            "{opened:?}"
        );
    }
});

on_both!(a_column_of_the_platform_is_not_sealed_with_a_businesss_key, |world| async move {
    let shop = vault(&world, "kurta-house").await;
    let (ring, platform) = (shop.ring().await, shop.keys.platform(1).await.unwrap());
    let mut tx = world.db.write().await.unwrap();
    let corrupt =
        |answer: Result<Vec<u8>, StoreError>| assert!(matches!(answer, Err(StoreError::Corrupt(_))));
    corrupt(tx.platform().seal(&platform, &SECRET, "1", b"x").await);
    corrupt(tx.scoped(shop.tenant).await.unwrap().seal(&ring, &ecom_store::PERSON_SECRET, "1", b"x").await);
    let refused = tx.platform().put_person_secret(&ring, shop.person, "totp", b"x", 1).await;
    assert!(matches!(refused, Err(StoreError::Missing(_))));
});

on_both!(a_secret_of_a_person_is_kept_and_sealed_anew, |world| async move {
    let shop = vault(&world, "kurta-house").await;
    let old = shop.keys.platform(1).await.unwrap();
    let mut tx = world.db.write().await.unwrap();
    tx.platform().put_person_secret(&old, shop.person, "totp", b"JBSWY3DP", 1).await.unwrap();
    tx.commit().await.unwrap();
    rotate_key(&world.db, &shop.keys, PLATFORM, world.now()).await.unwrap();
    let ring = shop.keys.platform(1).await.unwrap();
    assert_eq!(left_behind(&world.db, &ring).await.unwrap(), [("person_secret.value".to_owned(), 1)]);
    for column in sealed_columns(PLATFORM) {
        assert_eq!(reseal_column(&world.db, &ring, column).await.unwrap(), 1, "{}", column.table);
        assert_eq!(reseal_column(&world.db, &ring, column).await.unwrap(), 0, "{}", column.table);
    }
    shop.keys.retire_all(&world.db, &ring).await.unwrap();
    let ring = shop.keys.platform(1).await.unwrap();
    assert_eq!(ring.generations().count(), 1);
    let mut tx = world.db.write().await.unwrap();
    let found = tx.platform().person_secret(&ring, shop.person, "totp").await.unwrap().unwrap();
    assert_eq!(found.expose(), b"JBSWY3DP");
    assert!(tx.platform().forget_person_secret(shop.person, "totp").await.unwrap());
    assert!(tx.platform().person_secret(&ring, shop.person, "totp").await.unwrap().is_none());
    assert!(!tx.platform().forget_person_secret(shop.person, "totp").await.unwrap());
});

on_both!(every_secret_of_a_business_is_sealed_anew_and_no_other, |world| async move {
    let (mine, theirs) = (vault(&world, "kurta-house").await, vault(&world, "saree-house").await);
    // More than one batch.
    let ring = mine.ring().await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(mine.tenant).await.unwrap();
    for subject in 0..450_i64 {
        books.put_secret(&ring, "connection.token", subject, &subject.to_le_bytes(), 1).await.unwrap();
    }
    tx.commit().await.unwrap();
    theirs.put(&world, "connection.token", 1, b"theirs").await;
    assert_eq!(rotate_key(&world.db, &mine.keys, mine.tenant, world.now()).await.unwrap(), 2);
    let ring = mine.ring().await;
    let kept = mine.keys.retire_all(&world.db, &ring).await.unwrap_err();
    assert!(kept.to_string().contains("secret.value (450)"), "{kept}");
    assert_eq!(mine.ring().await.generations().count(), 2, "a key that is needed is not destroyed");
    assert_eq!(reseal_column(&world.db, &ring, &SECRET).await.unwrap(), 450);
    mine.keys.retire_all(&world.db, &ring).await.unwrap();
    assert_eq!(mine.ring().await.generations().count(), 1);
    for subject in [0, 199, 200, 449] {
        assert_eq!(mine.get(&world, "connection.token", subject).await.unwrap(), subject.to_le_bytes());
    }
    assert_eq!(theirs.get(&world, "connection.token", 1).await.unwrap(), b"theirs");
});

on_both!(keys_that_a_rotation_has_overtaken_seal_nothing_more, |world| async move {
    let shop = vault(&world, "kurta-house").await;
    let (stale, stale_platform) = (shop.ring().await, shop.keys.platform(1).await.unwrap());
    rotate_key(&world.db, &shop.keys, shop.tenant, world.now()).await.unwrap();
    rotate_key(&world.db, &shop.keys, PLATFORM, world.now()).await.unwrap();
    let mut tx = world.db.write().await.unwrap();
    let refused =
        tx.scoped(shop.tenant).await.unwrap().put_secret(&stale, "connection.token", 1, b"x", 1).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    let refused = tx.platform().put_person_secret(&stale_platform, shop.person, "totp", b"x", 1).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    drop(tx);
    shop.put(&world, "connection.token", 1, b"fresh").await;
    assert_eq!(shop.get(&world, "connection.token", 1).await.unwrap(), b"fresh");
});

on_both!(a_value_that_does_not_open_keeps_its_key_alive, |world| async move {
    let shop = vault(&world, "kurta-house").await;
    shop.put(&world, "connection.token", 1, b"one").await;
    shop.put(&world, "connection.token", 2, b"two").await;
    let owner = world.database().open(Role::Superuser).await;
    run(&owner, "update secret set value = (select value from secret where subject = 2) where subject = 1")
        .await;
    rotate_key(&world.db, &shop.keys, shop.tenant, world.now()).await.unwrap();
    let ring = shop.ring().await;
    let refused = reseal_column(&world.db, &ring, &SECRET).await.unwrap_err();
    assert!(refused.to_string().contains("secret.value"), "{refused}");
    assert!(shop.keys.retire_all(&world.db, &ring).await.is_err());
    assert_eq!(shop.get(&world, "connection.token", 2).await.unwrap(), b"two");
});

on_both!(
    a_sealed_value_in_a_column_that_nobody_registered_is_found_before_its_key_goes,
    |world| async move {
        let shop = vault(&world, "kurta-house").await;
        let ring = shop.ring().await;
        let mut tx = world.db.write().await.unwrap();
        let mut books = tx.scoped(shop.tenant).await.unwrap();
        let sealed = books.seal(&ring, &SECRET, "elsewhere", b"token").await.unwrap();
        // A session's hash is no place for it, but it holds bytes.
        tx.platform().open_session(&opened(&sealed, shop.person), world.now()).await.unwrap();
        tx.commit().await.unwrap();
        rotate_key(&world.db, &shop.keys, shop.tenant, world.now()).await.unwrap();
        let ring = shop.ring().await;
        for column in sealed_columns(shop.tenant) {
            reseal_column(&world.db, &ring, column).await.unwrap();
        }
        let kept = shop.keys.retire_all(&world.db, &ring).await.unwrap_err().to_string();
        assert!(kept.contains("session.id_hash (1)"), "{kept}");
        assert_eq!(shop.ring().await.generations().count(), 2);
    }
);

on_both!(a_rotation_without_its_job_gets_one, |world| async move {
    let shop = vault(&world, "kurta-house").await;
    // The process died between the new key and the job.
    shop.keys.rotate(shop.tenant, world.now()).await.unwrap();
    assert_eq!(resume_rotations(&world.db, &shop.keys, world.now()).await.unwrap(), 1);
    assert_eq!(resume_rotations(&world.db, &shop.keys, world.now()).await.unwrap(), 0);
    let mut tx = world.db.read().await.unwrap();
    let jobs = tx.platform().jobs(shop.tenant, ecom_store::RESEAL_JOB, 9).await.unwrap();
    assert_eq!((jobs.len(), jobs[0].payload.as_str()), (1, "1"));
});

on_both!(an_original_that_is_not_what_was_imported_is_not_sealed_anew, |world| async move {
    let books = shop::Shop::new(&world, "kurta-house").await;
    books.settle("1.txt", &shop::plan(0, 200)).await;
    let keys = world.keys().await;
    rotate_key(&world.db, &keys, books.tenant, world.now()).await.unwrap();
    let owner = world.database().open(Role::Superuser).await;
    let other = if owner.is_sqlite() { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    assert_eq!(run(&owner, &format!("update file set fingerprint = {other}")).await, 1);
    let ring = keys.tenant(books.tenant).await.unwrap();
    let archive = &books.importer.archive;
    let refused = archive.reseal(&world.db, &ring, FileId(1), &Progress::default()).await;
    assert!(matches!(refused, Err(StoreError::Corrupt("archive"))), "{refused:?}");
    let folder = world.folder().join("archive").join(books.tenant.to_string());
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "what was written of the new object is gone");
});

#[test]
fn a_column_is_sealed_for_one_owner_only() {
    assert_eq!(sealed_columns(TenantId(1)).count() + sealed_columns(PLATFORM).count(), SEALED.len());
    assert!(sealed_columns(TenantId(1)).all(|column| column.owner == Owner::Tenant));
}
