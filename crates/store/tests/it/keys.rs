//! The key store: keys are made, found, destroyed and swept; a wrong root key is refused; on both engines.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use ecom_store::{Db, KEY_MIGRATIONS, Keys, RootFit, StoreError, TenantId, migrate_keys, postgres_form};
use ecom_testkit::{Database, Role, World, on_both, on_sqlite};
use ecom_vault::{Aad, RootKey, SystemEntropy, TenantKey};

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
    let wrapped = sqlx::query_scalar(
        "select wrapped from tenant_generation where tenant = 7 order by generation limit 1",
    )
    .fetch_one(&read)
    .await
    .unwrap();
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

/// Bytes of every wrapped key, as the database holds them.
async fn all_wrapped(database: &Database) -> Vec<Vec<u8>> {
    let Db::Sqlite { read, .. } = database.open(Role::App).await else { unreachable!("SQLite only") };
    let wrapped = sqlx::query_scalar("select wrapped from tenant_generation").fetch_all(&read).await.unwrap();
    read.close().await;
    wrapped
}

on_both!(a_key_database_of_the_first_version_keeps_its_keys, |world| async move {
    let database = world.empty_database("old-keys.db").await;
    let db = database.open(Role::Owner).await;
    let first = match db {
        Db::Sqlite { .. } => KEY_MIGRATIONS[0].to_owned(),
        Db::Postgres(_) => postgres_form(KEY_MIGRATIONS[0]),
    };
    let schema =
        "create table schema_version (version integer primary key); insert into schema_version values (1);";
    raw(&db, &format!("{}{first}", if db.is_sqlite() { schema.to_owned() } else { postgres_form(schema) }))
        .await;
    let root = World::root_key();
    let key = TenantKey::generate(&mut SystemEntropy).unwrap();
    let wrapped = root.wrap(&mut SystemEntropy, TENANT.0, &key).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let blob = |bytes: &[u8]| {
        let digits = hex(bytes);
        if db.is_sqlite() { format!("x'{digits}'") } else { format!("decode('{digits}', 'hex')") }
    };
    let (check, wrapped) = (blob(root.check().as_bytes()), blob(wrapped.as_bytes()));
    raw(
        &db,
        &format!(
            "insert into root_check values (1, {check}); insert into tenant_key values (7, {wrapped}, 5)"
        ),
    )
    .await;

    migrate_keys(&db, None).await.unwrap();
    assert!(matches!(Keys::open(db.clone(), other_root()).await, Err(StoreError::Setup(_))));
    let keys = Keys::open(db, World::root_key()).await.unwrap();
    let ring = keys.tenant(TENANT).await.unwrap();
    assert_eq!((ring.id(), ring.generation()), (key.id(), 1));
    assert_eq!(keys.generations().await.unwrap()[0].created_at, 5);
});

async fn raw(db: &Db, sql: &str) {
    match db {
        Db::Sqlite { write, .. } => _ = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(write).await.unwrap(),
        Db::Postgres(pool) => _ = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap(),
    }
}

on_both!(the_root_key_is_replaced_and_every_key_stays_the_same, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    keys.create(OTHER, world.now()).await.unwrap();
    keys.rotate(OTHER, world.now()).await.unwrap();
    let before = keys.generations().await.unwrap();
    assert_eq!(before.len(), 3);
    let (rotated, count) = keys.rotate_root(other_root(), world.now()).await.unwrap();
    assert_eq!((count, rotated.root()), (3, other_root().id()));
    assert_eq!(rotated.generations().await.unwrap(), before);

    let db = world.keys_database().await.open(Role::App).await;
    assert_eq!(Keys::fit(&db, &other_root()).await.unwrap(), RootFit::Current);
    assert_eq!(Keys::fit(&db, &World::root_key()).await.unwrap(), RootFit::Replaced);
    let refused = Keys::open(db.clone(), World::root_key()).await.err().unwrap().to_string();
    assert!(refused.contains("replaced by a newer one"), "{refused}");
    let keys = Keys::open(db, other_root()).await.unwrap();
    assert_eq!(keys.generations().await.unwrap(), before);
    let roots = keys.roots().await.unwrap();
    let retired: Vec<_> = roots.iter().map(|root| (root.generation, root.retired_at.is_some())).collect();
    assert_eq!(retired, [(1, true), (2, false)]);
});

on_both!(a_process_with_the_replaced_root_key_wraps_and_opens_nothing_more, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    keys.rotate_root(other_root(), world.now()).await.unwrap();
    let told = |refused: StoreError| assert!(refused.to_string().contains("start it again"), "{refused}");
    told(keys.create(OTHER, world.now()).await.unwrap_err());
    told(keys.rotate(TENANT, world.now()).await.unwrap_err());
    told(keys.tenant(TENANT).await.unwrap_err());
    told(keys.rotate_root(World::root_key(), world.now()).await.err().unwrap());
    let fresh = world.keys_database().await.open(Role::App).await;
    let keys = Keys::open(fresh, other_root()).await.unwrap();
    assert_eq!(keys.generations().await.unwrap().len(), 1, "nothing was left that no root key opens");
});

on_both!(making_a_key_while_the_root_key_is_replaced_leaves_no_key_behind, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    let making = async {
        for id in 100..120 {
            if keys.create(TenantId(id), world.now()).await.is_err() {
                return id;
            }
        }
        120
    };
    let (made, rotated) = tokio::join!(making, keys.rotate_root(other_root(), world.now()));
    let (keys, _) = rotated.unwrap();
    let all = keys.generations().await.unwrap();
    assert_eq!(i64::try_from(all.len()).unwrap(), made - 100 + 1, "each key that was made opens");
});

on_both!(a_root_key_that_was_in_use_before_is_no_new_one, |world| async move {
    let keys = world.keys().await;
    assert!(matches!(keys.rotate_root(World::root_key(), 1).await, Err(StoreError::Conflict(_))));
    let (keys, _) = keys.rotate_root(other_root(), 1).await.unwrap();
    assert!(matches!(keys.rotate_root(World::root_key(), 1).await, Err(StoreError::Conflict(_))));
});

on_sqlite!(what_the_old_root_key_wrapped_is_nowhere_in_the_files, |world| async move {
    let keys = world.keys().await;
    for id in 1..=50 {
        keys.create(TenantId(id), world.now()).await.unwrap();
    }
    let before = all_wrapped(&world.keys_database().await).await;
    assert!(before.len() == 50 && before.iter().all(|bytes| on_disk(&world, bytes)));
    let (rotated, _) = keys.rotate_root(other_root(), world.now()).await.unwrap();
    rotated.clear_log().await.unwrap();
    assert!(before.iter().all(|bytes| !on_disk(&world, bytes)));
    let after = all_wrapped(&world.keys_database().await).await;
    assert!(after.iter().all(|bytes| on_disk(&world, bytes)));
});

on_both!(a_new_generation_seals_and_the_old_one_opens_until_it_is_retired, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    let at = Aad { tenant: TENANT.0, table: "connection", column: "token", row: "1" };
    let first = keys.tenant(TENANT).await.unwrap();
    let sealed = first.secret().seal(&mut SystemEntropy, &at, b"token").unwrap();
    assert_eq!(keys.rotate(TENANT, world.now()).await.unwrap(), 2);
    assert_eq!(keys.rotating().await.unwrap(), [(TENANT, 2)]);
    let both = keys.tenant(TENANT).await.unwrap();
    assert!(both.generation() == 2 && both.id() != first.id());
    assert_eq!(both.secret().open(&at, &sealed).unwrap().expose(), b"token");

    keys.retire(TENANT, 3).await.unwrap();
    assert_eq!(keys.tenant(TENANT).await.unwrap().generations().count(), 2, "the newest is never retired");
    for _ in 0..2 {
        keys.retire(TENANT, 2).await.unwrap();
        let left = keys.tenant(TENANT).await.unwrap();
        assert_eq!((left.generations().count(), left.id()), (1, both.id()));
    }
    assert!(keys.tenant(TENANT).await.unwrap().secret().open(&at, &sealed).is_err());
    assert!(keys.rotating().await.unwrap().is_empty());
    assert!(matches!(keys.rotate(OTHER, 1).await, Err(StoreError::Missing(_))));
});

on_sqlite!(a_retired_generation_is_nowhere_in_the_files, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    let bytes = wrapped(&world.keys_database().await).await;
    keys.rotate(TENANT, world.now()).await.unwrap();
    assert!(on_disk(&world, &bytes));
    keys.retire(TENANT, 2).await.unwrap();
    assert!(!on_disk(&world, &bytes));
});

on_both!(a_destroyed_key_is_never_made_anew, |world| async move {
    let keys = world.keys().await;
    keys.create(TENANT, world.now()).await.unwrap();
    keys.destroy(TENANT, world.now()).await.unwrap();
    assert!(matches!(keys.create(TENANT, world.now()).await, Err(StoreError::Conflict(_))));
    assert!(matches!(keys.rotate(TENANT, world.now()).await, Err(StoreError::Missing(_))));
    assert!(matches!(keys.destroy(ecom_store::PLATFORM, 1).await, Err(StoreError::Conflict(_))));
});

on_both!(a_destruction_that_a_death_cut_short_is_ended, |world| async move {
    let keys = world.keys().await;
    for tenant in [TENANT, OTHER] {
        keys.create(tenant, world.now()).await.unwrap();
    }
    // The process died after the mark.
    let db = world.keys_database().await.open(Role::App).await;
    raw(&db, "insert into destroyed_tenant (tenant, marked_at) values (7, 1)").await;
    assert!(is_missing(&keys.tenant(TENANT).await), "it is out of use from the mark on");
    assert_eq!(keys.generations().await.unwrap().len(), 2);
    assert_eq!(keys.finish_destroying(world.now()).await.unwrap(), [TENANT]);
    assert_eq!(keys.generations().await.unwrap().len(), 1);
    assert!(keys.finish_destroying(world.now()).await.unwrap().is_empty());
});

on_both!(the_platforms_own_key_is_made_when_it_is_needed_and_never_swept, |world| async move {
    let keys = world.keys().await;
    let id = keys.platform(world.now()).await.unwrap().id();
    assert_eq!(keys.platform(world.now()).await.unwrap().id(), id);
    assert_eq!(keys.sweep(&[], i64::MAX).await.unwrap(), 0);
    assert_eq!(keys.platform(world.now()).await.unwrap().id(), id);
});
