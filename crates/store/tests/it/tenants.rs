//! A tenant's rows are reached through its handle alone; on PostgreSQL the database sees to that itself.
#![allow(clippy::unwrap_used, clippy::panic)]

use ecom_store::{Db, StoreError, TenantId, Tx, check_role};
use ecom_testkit::{Role, World, on_both, on_postgres};
use sqlx::{AssertSqlSafe, query, query_scalar, raw_sql};

/// A world with two businesses, each with an account at Amazon.
async fn two(world: &World) -> (TenantId, TenantId) {
    let (_, mine) = world.business("kurta-house").await;
    let (_, theirs) = world.business("saree-works").await;
    for (tenant, name) in [(mine, "Mine"), (theirs, "Theirs")] {
        let mut tx = world.db.write().await.unwrap();
        tx.scoped(tenant).await.unwrap().add_seller_account(name, 1).await.unwrap();
        tx.commit().await.unwrap();
    }
    (mine, theirs)
}

fn postgres(tx: &mut Tx) -> &mut sqlx::PgConnection {
    match tx {
        Tx::Postgres(tx) => tx,
        Tx::Sqlite(_) => panic!("not PostgreSQL"),
    }
}

async fn raw_names(tx: &mut Tx) -> Vec<String> {
    query_scalar("select name from seller_account order by name").fetch_all(postgres(tx)).await.unwrap()
}

on_both!(a_handle_shows_its_own_rows_only, |world| async move {
    let (mine, theirs) = two(&world).await;
    let mut tx = world.db.read().await.unwrap();
    for (tenant, name) in [(mine, "Mine"), (theirs, "Theirs"), (mine, "Mine")] {
        let mut books = tx.scoped(tenant).await.unwrap();
        assert_eq!(books.tenant(), tenant);
        let accounts = books.seller_accounts().await.unwrap();
        assert_eq!(accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), [name]);
    }
    let nobody = TenantId(4711);
    assert!(tx.scoped(nobody).await.unwrap().seller_accounts().await.unwrap().is_empty());
});

on_both!(nothing_is_written_for_a_business_that_is_not_there, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    let refused = tx.scoped(TenantId(4711)).await.unwrap().add_seller_account("Amazon.in", 1).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
});

on_postgres!(raw_sql_without_a_tenant_sees_no_row, |world| async move {
    two(&world).await;
    let mut tx = world.db.read().await.unwrap();
    assert!(raw_names(&mut tx).await.is_empty());
    query("select set_config('ecom.tenant', '', true)").execute(postgres(&mut tx)).await.unwrap();
    assert!(raw_names(&mut tx).await.is_empty(), "an empty setting is no tenant either");
});

on_postgres!(raw_sql_sees_the_rows_of_the_handle_that_was_taken, |world| async move {
    let (mine, theirs) = two(&world).await;
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(mine).await.unwrap();
    assert_eq!(raw_names(&mut tx).await, ["Mine"]);
    tx.scoped(theirs).await.unwrap();
    assert_eq!(raw_names(&mut tx).await, ["Theirs"]);
});

on_postgres!(the_tenant_is_forgotten_when_a_transaction_ends, |world| async move {
    let (mine, _) = two(&world).await;
    // As many transactions as connections: each one is used again.
    for _ in 0..32 {
        let mut tx = world.db.write().await.unwrap();
        assert!(raw_names(&mut tx).await.is_empty());
        tx.scoped(mine).await.unwrap();
        tx.commit().await.unwrap();
    }
});

on_postgres!(raw_sql_cannot_change_rows_of_another_tenant, |world| async move {
    let (mine, theirs) = two(&world).await;
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(mine).await.unwrap();
    let raw = postgres(&mut tx);
    let update = "update seller_account set name = 'x' where tenant_id = $1";
    let delete = "delete from seller_account where tenant_id = $1";
    for sql in [update, delete] {
        let touched = query(sql).bind(theirs.0).execute(&mut *raw).await.unwrap().rows_affected();
        assert_eq!(touched, 0, "{sql}");
    }
    let move_away = query("update seller_account set tenant_id = $1").bind(theirs.0).execute(&mut *raw).await;
    assert!(move_away.unwrap_err().to_string().contains("row-level security"));
    tx.rollback().await.unwrap();

    let mut tx = world.db.write().await.unwrap();
    tx.scoped(mine).await.unwrap();
    let insert = "insert into seller_account (tenant_id, id, name, created_at) values ($1, 9, 'x', 1)";
    let refused = query(insert).bind(theirs.0).execute(postgres(&mut tx)).await.unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
});

on_postgres!(row_level_security_holds_for_the_owner_too, |world| async move {
    two(&world).await;
    let owner = world.database().open(Role::Owner).await;
    assert!(raw_names(&mut owner.read().await.unwrap()).await.is_empty());
});

on_postgres!(the_application_cannot_change_the_schema, |world| async move {
    let Db::Postgres(pool) = &world.db else { panic!("not PostgreSQL") };
    for sql in [
        "alter table seller_account disable row level security",
        "drop table person",
        "create table x (y bigint)",
    ] {
        assert!(raw_sql(sql).execute(pool).await.is_err(), "{sql}");
    }
});

on_both!(a_plain_role_may_serve, |world| async move {
    check_role(&world.db).await.unwrap();
});

on_postgres!(superusers_and_owners_may_not_serve, |world| async move {
    for role in [Role::Superuser, Role::Owner] {
        let refused = check_role(&world.database().open(role).await).await.unwrap_err();
        assert!(matches!(refused, StoreError::Setup(_)), "{role:?}: {refused}");
        assert!(refused.to_string().contains("use a plain role"), "{role:?}: {refused}");
    }
});

on_postgres!(a_role_that_bypasses_security_or_may_become_the_owner_may_not_serve, |world| async move {
    let superuser = world.database().open(Role::Superuser).await;
    let Db::Postgres(pool) = &superuser else { panic!("not PostgreSQL") };
    let rights = ["bypassrls", "in role ecom_test_owner"];
    for (number, right) in rights.into_iter().enumerate() {
        let role = format!("ecom_test_{}_{number}", std::process::id());
        let create =
            format!("drop role if exists {role}; create role {role} login password 'ecom-test' {right}");
        raw_sql(AssertSqlSafe(create)).execute(pool).await.unwrap();
        let url = world.database().url(Role::App).replace("ecom_test_app", &role);
        let db = Db::open(&url).await.unwrap();
        let refused = check_role(&db).await;
        db.close().await;
        raw_sql(AssertSqlSafe(format!("drop role {role}"))).execute(pool).await.unwrap();
        assert!(matches!(refused, Err(StoreError::Setup(_))), "{right}: {refused:?}");
    }
});

on_both!(the_rows_that_other_tests_compare_tell_every_change_and_whose_it_is, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let (_, other) = world.business("other-house").await;
    let (all, own, others) =
        (world.rows(None).await, world.rows(Some(tenant)).await, world.rows(Some(other)).await);
    assert!(!own.contains_key("person") && all["person"].len() == 2, "people belong to nobody");
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(tenant).await.unwrap().add_seller_account("Amazon.in", world.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_ne!(world.rows(None).await, all);
    assert_ne!(world.rows(Some(tenant)).await, own);
    assert_eq!(world.rows(Some(other)).await, others);
});
