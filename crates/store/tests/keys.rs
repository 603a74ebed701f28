//! The key store: keys are made, found, destroyed and swept; a wrong root key is refused; on both engines.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use ecom_store::{Db, Keys, StoreError, TenantId};
use ecom_testkit::{Database, Role, World, on_both, on_sqlite};
use ecom_vault::{Aad, RootKey};

const TENANT: TenantId = TenantId(7);
const OTHER: TenantId = TenantId(8);

fn other_root() -> RootKey {
    RootKey::from_bytes(b"another key for tests, 32 bytes.").unwrap()
}

fn is_missing(answer: &ecom_store::Result<ecom_vault::KeyRing>) -> bool {
    matches!(answer, Err(StoreError::Missing(_)))
}

on_both!(a_key_opens_what_it_sealed_after_a_restart, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    let at = Aad { tenant: TENANT.0, table: "connection", column: "token", row: "1" };
    let key = keys.tenant(TENANT).await.unwrap();
    let sealed = key.secret().seal(&mut ecom_vault::SystemEntropy, &at, b"token").unwrap();

    let reopened = world.keys_database().await.open(Role::App).await;
    let keys = Keys::open(reopened, World::root_key()).await.unwrap();
    assert_eq!(keys.tenant(TENANT).await.unwrap().secret().open(&at, &sealed).unwrap().expose(), b"token");
});

on_both!(a_key_is_made_once_and_differs_between_tenants, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    keys.create(OTHER, world.now()).await.unwrap();
    let id = keys.tenant(TENANT).await.unwrap().id();
    assert_ne!(keys.tenant(OTHER).await.unwrap().id(), id);
    keys.create(TENANT, world.now()).await.unwrap();
    assert_eq!(keys.tenant(TENANT).await.unwrap().id(), id, "making it again must not lose the first");
});

on_both!(a_tenant_without_a_key_is_missing, |world| async move {
    assert!(is_missing(&world.keys().await.tenant(TENANT).await));
});

on_both!(a_wrong_root_key_is_refused_and_changes_nothing, |world| async move {
    world.keys().await.create(TENANT, world.now()).await.unwrap();
    let database = world.keys_database().await;
    let db = database.open(Role::App).await;
    let refused = Keys::open(db.clone(), other_root()).await.err().unwrap();
    assert!(matches!(refused, StoreError::Setup(_)), "{refused}");
    assert!(refused.to_string().contains("not the root key"), "{refused}");
    assert!(matches!(Keys::check(&db, &other_root()).await, Err(StoreError::Setup(_))));

    Keys::check(&db, &World::root_key()).await.unwrap();
    let keys = Keys::open(db, World::root_key()).await.unwrap();
    keys.tenant(TENANT).await.unwrap();
});

on_both!(a_key_store_is_new_until_a_root_key_is_used, |world| async move {
    let database = world.empty_database("new-keys.db").await;
    let db = database.open(Role::Owner).await;
    ecom_store::migrate_keys(&db, None).await.unwrap();
    assert!(Keys::is_new(&db).await.unwrap());
    assert!(matches!(Keys::check(&db, &World::root_key()).await, Err(StoreError::Missing(_))));
    Keys::open(db.clone(), World::root_key()).await.unwrap();
    assert!(!Keys::is_new(&db).await.unwrap());
});

on_both!(of_two_root_keys_at_a_first_start_one_wins, |world| async move {
    let database = world.empty_database("new-keys.db").await;
    let db = database.open(Role::Owner).await;
    ecom_store::migrate_keys(&db, None).await.unwrap();
    let (one, two) =
        tokio::join!(Keys::open(db.clone(), World::root_key()), Keys::open(db.clone(), other_root()));
    assert!(one.is_ok() != two.is_ok());
    let refused = one.err().or(two.err()).unwrap();
    assert!(matches!(refused, StoreError::Setup(_)), "{refused}");
});

on_both!(a_destroyed_key_is_missing_and_may_be_destroyed_again, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    keys.create(OTHER, world.now()).await.unwrap();
    for _ in 0..2 {
        keys.destroy(TENANT, world.now()).await.unwrap();
        assert!(is_missing(&keys.tenant(TENANT).await));
    }
    keys.tenant(OTHER).await.unwrap();
});

on_both!(keys_of_tenants_that_never_came_to_be_are_swept_when_they_are_old, |world| async move {
    let keys = world.keys().await;
    let (old, new) = (world.now(), world.now() + 1000);
    let young = TenantId(9);
    keys.create(TENANT, old).await.unwrap();
    keys.create(OTHER, old).await.unwrap();
    keys.create(young, new).await.unwrap();
    assert_eq!(keys.sweep(&[TENANT], new).await.unwrap(), 1);
    assert!(is_missing(&keys.tenant(OTHER).await));
    keys.tenant(TENANT).await.unwrap();
    keys.tenant(young).await.unwrap();
    assert_eq!(keys.sweep(&[TENANT], new).await.unwrap(), 0);
});

on_both!(a_closed_key_store_answers_no_more, |world| async move {
    let keys = world.keys().await;
    keys.close().await;
    assert!(keys.tenant(TENANT).await.is_err());
});

/// Bytes of the wrapped key as the database holds them.
async fn wrapped(database: &Database) -> Vec<u8> {
    let Db::Sqlite { read, .. } = database.open(Role::App).await else { unreachable!("SQLite only") };
    let wrapped =
        sqlx::query_scalar("select wrapped from tenant_generation where tenant = 7 order by generation limit 1").fetch_one(&read).await.unwrap();
    read.close().await;
    wrapped
}

/// Whether any file of the key database has these bytes.
fn on_disk(world: &World, bytes: &[u8]) -> bool {
    ["keys.db", "keys.db-wal"].iter().any(|name| {
        let content = std::fs::read(world.folder().join(name)).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

on_sqlite!(a_destroyed_key_is_nowhere_in_the_files, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    let bytes = wrapped(&world.keys_database().await).await;
    assert!(on_disk(&world, &bytes));
    keys.destroy(TENANT, world.now()).await.unwrap();
    assert!(!on_disk(&world, &bytes));
});

on_sqlite!(destroying_a_key_says_so_while_a_reader_keeps_it_on_disk, |world| async move {
    let database = world.keys_database().await;
    let db = Db::open_waiting(&database.url(Role::App), Duration::from_secs(1)).await.unwrap();
    let keys = Keys::open(db, World::root_key()).await.unwrap();
    keys.create(TENANT, world.now()).await.unwrap();
    let bytes = wrapped(&database).await;

    let other = database.open(Role::App).await;
    let mut reader = other.read().await.unwrap();
    let ecom_store::Tx::Sqlite(tx) = &mut reader else { unreachable!("SQLite only") };
    sqlx::query("select count(*) from tenant_generation").execute(&mut **tx).await.unwrap();
    assert!(matches!(keys.destroy(TENANT, world.now()).await, Err(StoreError::Busy)));
    assert!(is_missing(&keys.tenant(TENANT).await), "it is out of use already");

    reader.rollback().await.unwrap();
    keys.destroy(TENANT, world.now()).await.unwrap();
    assert!(!on_disk(&world, &bytes));
});
