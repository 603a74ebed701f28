//! Opening a database, and transactions that read, write, wait and give up; on both engines.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use ecom_store::{Db, Registration, StoreError, Tx};
use ecom_testkit::{Engine, Role, World, on_both, on_postgres, on_sqlite};

/// Long enough to connect on a machine that is busy.
const SOON: Duration = Duration::from_secs(1);

async fn people(db: &Db) -> i64 {
    db.read().await.unwrap().platform().people().await.unwrap()
}

async fn register(tx: &mut Tx, email: &str) -> ecom_store::Result<()> {
    let new = Registration {
        name: "Asha Rao",
        email,
        phone: "1",
        password_hash: "x",
        business: "Kurta House",
        billing_state: "29",
        gstin: None,
    };
    tx.platform().register(&new, 1).await.map(drop)
}

/// The world's database, opened once more with little patience.
async fn impatient(world: &World) -> Db {
    Db::open_waiting(&world.database().url(Role::App), SOON).await.unwrap()
}

on_both!(a_writer_that_waits_too_long_is_told_the_database_is_busy, |world| async move {
    let mut first = world.db.write().await.unwrap();
    register(&mut first, "asha@example.com").await.unwrap();

    // On SQLite beginning to write waits; on PostgreSQL the clash over the same address does.
    let db = impatient(&world).await;
    let second = async {
        let mut tx = db.write().await?;
        register(&mut tx, "asha@example.com").await
    };
    let busy = second.await.unwrap_err();
    assert!(matches!(busy, StoreError::Busy), "{busy}");
    assert!(busy.to_string().contains("try again"));

    first.rollback().await.unwrap();
    let mut tx = db.write().await.unwrap();
    register(&mut tx, "asha@example.com").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(people(&world.db).await, 1);
});

on_both!(a_writer_that_waits_gets_its_turn, |world| async move {
    let mut first = world.db.write().await.unwrap();
    register(&mut first, "asha@example.com").await.unwrap();
    let db = world.db.clone();
    #[allow(clippy::disallowed_methods, reason = "no server runs here that could supervise it")]
    let second = tokio::spawn(async move {
        let mut tx = db.write().await?;
        register(&mut tx, "asha@example.com").await?;
        tx.commit().await
    });
    tokio::task::yield_now().await;
    first.rollback().await.unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(people(&world.db).await, 1);
});

on_both!(more_transactions_than_connections_are_busy_too, |world| async move {
    let db = impatient(&world).await;
    let mut open = Vec::new();
    let busy = loop {
        assert!(open.len() < 100, "the pool has no end");
        match db.read().await {
            Ok(tx) => open.push(tx),
            Err(error) => break error,
        }
    };
    assert!(matches!(busy, StoreError::Busy), "{busy}");
    assert!(open.len() >= 8);
    open.clear();
    people(&db).await;
});

on_both!(readers_do_not_wait_for_a_writer_and_see_what_is_committed, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    register(&mut tx, "asha@example.com").await.unwrap();
    assert_eq!(people(&world.db).await, 0);
    tx.commit().await.unwrap();
    assert_eq!(people(&world.db).await, 1);
});

on_both!(a_transaction_that_reads_cannot_write, |world| async move {
    let mut tx = world.db.read().await.unwrap();
    let refused = register(&mut tx, "asha@example.com").await.unwrap_err();
    assert!(matches!(refused, StoreError::Database(_)), "{refused}");
    drop(tx);
    assert_eq!(people(&world.db).await, 0);
});

on_both!(a_closed_database_answers_no_more, |world| async move {
    assert_eq!(world.db.is_sqlite(), world.engine() == Engine::Sqlite);
    world.db.close().await;
    assert!(world.db.read().await.is_err() && world.db.write().await.is_err());
});

#[tokio::test]
async fn a_url_of_another_kind_is_refused_with_those_that_work() {
    let refused = Db::open("mysql://root@localhost/ecom").await.err().unwrap();
    assert!(refused.to_string().contains("sqlite: or postgres://"), "{refused}");
}

on_sqlite!(a_path_is_taken_as_it_stands, |world| async move {
    let folder = world.folder().join("100% sure? #1 ü");
    std::fs::create_dir(&folder).unwrap();
    for (form, name) in [("sqlite:", "one.db"), ("sqlite://", "two.db")] {
        let url = format!("{form}{}", folder.join(name).display());
        assert!(matches!(Db::open_existing(&url).await, Err(StoreError::Missing(_))));
        assert!(!folder.join(name).exists(), "looking for it does not make it");
        Db::open(&url).await.unwrap().close().await;
        assert!(folder.join(name).is_file());
        Db::open_existing(&url).await.unwrap().close().await;
    }
});

on_sqlite!(every_connection_has_the_settings_that_safety_needs, |world| async move {
    let Db::Sqlite { read, write, .. } = &world.db else { panic!("not SQLite") };
    for pool in [read, write] {
        let settings: (String, i64, i64) = sqlx::query_as(
            "select j.journal_mode, f.foreign_keys, s.secure_delete
             from pragma_journal_mode j, pragma_foreign_keys f, pragma_secure_delete s",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        assert_eq!(settings, ("wal".to_owned(), 1, 1));
    }
});

on_both!(references_between_rows_are_enforced, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    let sql = "insert into membership (person, tenant, role, created_at) values (1, 1, 'owner', 1)";
    let refused = match &mut tx {
        Tx::Sqlite(tx) => sqlx::query(sql).execute(&mut **tx).await.map(drop),
        Tx::Postgres(tx) => sqlx::query(sql).execute(&mut **tx).await.map(drop),
    };
    assert!(refused.unwrap_err().as_database_error().unwrap().is_foreign_key_violation());
});

on_both!(a_line_without_its_settlement_cannot_be_committed, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(tenant).await.unwrap();
    let sql = format!(
        "insert into order_run (tenant_id, order_id, settlement, first_line, last_line) values ({tenant}, '402-1', 7, 1, 2)"
    );
    let stored = match &mut tx {
        Tx::Sqlite(tx) => sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut **tx).await.map(drop),
        Tx::Postgres(tx) => sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut **tx).await.map(drop),
    };
    let stored = match stored {
        Ok(()) => tx.commit().await,
        Err(error) => Err(error.into()),
    };
    assert!(stored.unwrap_err().to_string().to_lowercase().contains("foreign key"));
});

on_sqlite!(the_settlement_of_lines_is_looked_for_when_the_transaction_ends, |world| async move {
    let Db::Sqlite { write, .. } = &world.db else { panic!("not SQLite") };
    let deferred: Vec<String> = sqlx::query_scalar(
        "select name from sqlite_master where sql like '%(tenant_id, id) deferrable initially deferred%' order by name",
    )
    .fetch_all(write)
    .await
    .unwrap();
    assert_eq!(deferred, ["line", "order_run"]);
    let whole: String = sqlx::query_scalar("pragma integrity_check").fetch_one(write).await.unwrap();
    assert_eq!(whole, "ok");
});

on_postgres!(a_transaction_that_nobody_waited_for_leaves_its_connection_clean, |world| async move {
    for patience in 0..300 {
        let impatient = async {
            for _ in 0..patience % 60 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            _ = world.db.read() => {}
            () = impatient => {}
        }
        let mut tx = world.db.write().await.unwrap();
        tx.platform().release_all(1).await.unwrap();
        tx.commit().await.unwrap();
    }
});
