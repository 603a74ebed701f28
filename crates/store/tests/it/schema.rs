//! Migrations, and the schemas they make: the same on both engines, table by table and column by column.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use ecom_store::{
    Db, KEY_MIGRATIONS, MIGRATIONS, PLATFORM_TABLES, StoreError, check_version, migrate, migrate_keys,
};
use ecom_testkit::{Database, Engine, Role, World, on_both, on_postgres, on_sqlite};
use sqlx::{AssertSqlSafe, query, query_as, query_scalar, raw_sql};

/// Name, type, whether null is allowed.
type Column = (String, String, bool);

/// What both catalogues say about one table. Constraints are sets of column lists; their names differ.
#[derive(PartialEq, Eq, Debug, Default)]
struct Table {
    columns: Vec<Column>,
    primary: Vec<String>,
    unique: BTreeSet<Vec<String>>,
    /// Own columns, the other table, its columns.
    foreign: BTreeSet<(Vec<String>, String, Vec<String>)>,
}

type Schema = BTreeMap<String, Table>;

fn sqlite(db: &Db) -> &sqlx::SqlitePool {
    match db {
        Db::Sqlite { write, .. } => write,
        Db::Postgres(_) => panic!("not SQLite"),
    }
}

fn postgres(db: &Db) -> &sqlx::PgPool {
    match db {
        Db::Postgres(pool) => pool,
        Db::Sqlite { .. } => panic!("not PostgreSQL"),
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

async fn sqlite_schema(db: &Db) -> Schema {
    let pool = sqlite(db);
    let tables: Vec<String> =
        query_scalar("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
            .fetch_all(pool)
            .await
            .unwrap();
    let mut schema = Schema::new();
    for name in tables {
        let columns: Vec<(String, String, i64, i64)> =
            query_as("select name, lower(type), \"notnull\", pk from pragma_table_info($1) order by cid")
                .bind(&name)
                .fetch_all(pool)
                .await
                .unwrap();
        let mut primary: Vec<_> = columns.iter().filter(|column| column.3 > 0).collect();
        primary.sort_by_key(|column| column.3);
        let table = Table {
            primary: primary.into_iter().map(|column| column.0.clone()).collect(),
            columns: columns
                .into_iter()
                .map(|(n, kind, not_null, pk)| (n, kind, not_null + pk == 0))
                .collect(),
            unique: sqlite_unique(pool, &name).await,
            foreign: sqlite_foreign(pool, &name).await,
        };
        schema.insert(name, table);
    }
    schema
}

async fn sqlite_unique(pool: &sqlx::SqlitePool, table: &str) -> BTreeSet<Vec<String>> {
    let lists: Vec<String> = query_scalar(
        "select (select group_concat(name, ',') from (select name from pragma_index_info(i.name) order by seqno))
         from pragma_index_list($1) i where i.\"unique\" = 1 and i.origin <> 'pk'",
    )
    .bind(table)
    .fetch_all(pool)
    .await
    .unwrap();
    lists.iter().map(|list| names(list)).collect()
}

async fn sqlite_foreign(
    pool: &sqlx::SqlitePool,
    table: &str,
) -> BTreeSet<(Vec<String>, String, Vec<String>)> {
    let rows: Vec<(String, String, String)> = query_as(
        "select group_concat(\"from\", ','), max(\"table\"), group_concat(\"to\", ',')
         from (select * from pragma_foreign_key_list($1) order by id, seq) group by id",
    )
    .bind(table)
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter().map(|(own, other, theirs)| (names(&own), other, names(&theirs))).collect()
}

async fn postgres_schema(db: &Db) -> Schema {
    let pool = postgres(db);
    let columns: Vec<(String, String, String, String, Option<String>)> = query_as(
        "select table_name::text, column_name::text, data_type::text, is_nullable::text, collation_name::text
         from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut schema = Schema::new();
    for (table, name, kind, nullable, collation) in columns {
        let kind = match (kind.as_str(), collation.as_deref()) {
            ("bigint", None) => "integer",
            ("text", Some("C")) => "text",
            ("bytea", None) => "blob",
            other => panic!("{table}.{name} is {other:?}, which no migration may use"),
        };
        schema.entry(table).or_default().columns.push((name, kind.to_owned(), nullable == "YES"));
    }
    postgres_keys(pool, &mut schema).await;
    postgres_foreign(pool, &mut schema).await;
    schema
}

async fn postgres_keys(pool: &sqlx::PgPool, schema: &mut Schema) {
    let keys: Vec<(String, bool, Vec<String>)> = query_as(
        "select t.relname::text, x.indisprimary,
                array(select a.attname::text from unnest(x.indkey) with ordinality as k (number, place)
                      join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number order by k.place)
         from pg_index x join pg_class t on t.oid = x.indrelid
         where x.indisunique and t.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    for (table, primary, columns) in keys {
        let table = schema.get_mut(&table).unwrap();
        if primary {
            table.primary = columns;
        } else {
            table.unique.insert(columns);
        }
    }
}

async fn postgres_foreign(pool: &sqlx::PgPool, schema: &mut Schema) {
    let keys: Vec<(String, Vec<String>, String, Vec<String>)> = query_as(
        "select c.conrelid::regclass::text,
                array(select a.attname::text from unnest(c.conkey) with ordinality as k (number, place)
                      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number order by k.place),
                c.confrelid::regclass::text,
                array(select a.attname::text from unnest(c.confkey) with ordinality as k (number, place)
                      join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.number order by k.place)
         from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    for (table, own, other, theirs) in keys {
        schema.get_mut(&table).unwrap().foreign.insert((own, other, theirs));
    }
}

/// Tells the first difference, instead of two schemas in full.
fn assert_same(sqlite: &Schema, postgres: &Schema) {
    let tables = |schema: &Schema| schema.keys().cloned().collect::<Vec<_>>();
    assert_eq!(tables(sqlite), tables(postgres));
    for (name, table) in sqlite {
        assert_eq!(table, &postgres[name], "the two schemas (SQLite left) differ in {name}");
    }
}

async fn on_sqlite_too(world: &World, keys: bool) -> Db {
    let file = Database::Sqlite(world.folder().join("beside.db"));
    let db = file.open(Role::Owner).await;
    if keys {
        migrate_keys(&db, None).await.unwrap();
    } else {
        migrate(&db, None).await.unwrap();
    }
    db
}

on_postgres!(both_engines_have_the_same_tables_columns_and_keys, |world| async move {
    let sqlite = sqlite_schema(&on_sqlite_too(&world, false).await).await;
    assert!(sqlite.len() > PLATFORM_TABLES.len() && sqlite["person"].columns.len() > 5);
    assert_same(&sqlite, &postgres_schema(&world.db).await);
});

on_postgres!(both_engines_have_the_same_key_database, |world| async move {
    let sqlite = sqlite_schema(&on_sqlite_too(&world, true).await).await;
    let keys = world.keys_database().await.open(Role::Owner).await;
    assert_same(&sqlite, &postgres_schema(&keys).await);
});

on_sqlite!(every_table_is_the_platforms_or_begins_with_its_tenant, |world| async move {
    let schema = sqlite_schema(&world.db).await;
    for (name, table) in &schema {
        let scoped = table.columns.iter().any(|column| column.0 == "tenant_id");
        assert_ne!(scoped, PLATFORM_TABLES.contains(&name.as_str()), "{name}");
        if !scoped {
            continue;
        }
        let tenant = &table.columns[0];
        assert_eq!((tenant.0.as_str(), tenant.2), ("tenant_id", false), "{name}");
        assert_eq!(table.primary[0], "tenant_id", "{name}");
        assert!(table.unique.iter().all(|columns| columns[0] == "tenant_id"), "{name}");
        assert!(!table.foreign.is_empty(), "{name} belongs to no business");
        // Links between tenants' rows carry the tenant, so that none can lead to another's.
        for (own, other, theirs) in &table.foreign {
            let platform = PLATFORM_TABLES.contains(&other.as_str());
            assert!(own[0] == "tenant_id" && (platform || theirs[0] == "tenant_id"), "{name} -> {other}");
        }
    }
    for table in PLATFORM_TABLES {
        assert!(schema.contains_key(*table), "{table} is named as the platform's, but is not there");
    }
});

on_postgres!(row_level_security_stands_on_every_table_of_tenants_and_no_other, |world| async move {
    let tables: Vec<(String, bool, bool, i64)> = query_as(
        "select relname::text, relrowsecurity, relforcerowsecurity,
                (select count(*) from pg_policy p where p.polrelid = c.oid and polcmd = '*' and polpermissive)
         from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r'",
    )
    .fetch_all(postgres(&world.db))
    .await
    .unwrap();
    for (table, enabled, forced, policies) in tables {
        let scoped = !PLATFORM_TABLES.contains(&table.as_str());
        assert_eq!((enabled, forced, policies), (scoped, scoped, i64::from(scoped)), "{table}");
    }
});

/// A database as the first version of this program left it, with one business in it.
async fn old_database(world: &World) -> (Database, PathBuf) {
    let file = world.folder().join("old.db");
    let database = Database::Sqlite(file.clone());
    let db = database.open(Role::Owner).await;
    let pool = sqlite(&db);
    for sql in [
        "create table schema_version (version integer primary key) strict",
        "insert into schema_version values (1)",
    ] {
        raw_sql(sql).execute(pool).await.unwrap();
    }
    raw_sql(MIGRATIONS[0]).execute(pool).await.unwrap();
    query("insert into business (name, billing_state, created_at, state) values ('Kurta House', '29', 1, 'active')")
        .execute(pool)
        .await
        .unwrap();
    db.close().await;
    (database, file)
}

async fn business_in(file: &Path) -> String {
    let db = Database::Sqlite(file.to_owned()).open(Role::Owner).await;
    let name = query_scalar("select name from business").fetch_one(sqlite(&db)).await.unwrap();
    db.close().await;
    name
}

on_sqlite!(an_older_database_is_copied_then_brought_up, |world| async move {
    let (database, file) = old_database(&world).await;
    let db = database.open(Role::Owner).await;
    let refused = check_version(&db).await.unwrap_err();
    assert!(refused.to_string().contains("version 1 instead of"), "{refused}");

    migrate(&db, None).await.unwrap();
    check_version(&db).await.unwrap();
    let credit: i64 = query_scalar("select input_credit from business").fetch_one(sqlite(&db)).await.unwrap();
    assert_eq!(credit, 1, "input credit was taken for granted, and stays so without a GSTIN");
    db.close().await;
    assert_eq!(business_in(&file).await, "Kurta House");
    let copy = world.folder().join("old.db.before-2");
    assert_eq!(business_in(&copy).await, "Kurta House");
    let copied = Database::Sqlite(copy).open(Role::Owner).await;
    assert!(matches!(check_version(&copied).await, Err(StoreError::Setup(_))), "the copy is the old schema");
});

on_sqlite!(a_copy_that_was_cut_off_is_made_again, |world| async move {
    let (database, _) = old_database(&world).await;
    std::fs::write(world.folder().join("old.db.before-2.part"), "half").unwrap();
    migrate(&database.open(Role::Owner).await, None).await.unwrap();
    assert_eq!(business_in(&world.folder().join("old.db.before-2")).await, "Kurta House");
    assert!(!world.folder().join("old.db.before-2.part").exists());
});

on_sqlite!(a_copy_that_is_there_is_kept, |world| async move {
    let (database, _) = old_database(&world).await;
    let copy = world.folder().join("old.db.before-2");
    std::fs::write(&copy, "of an earlier try").unwrap();
    migrate(&database.open(Role::Owner).await, None).await.unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), b"of an earlier try");
});

on_sqlite!(neither_new_databases_nor_keys_are_copied, |world| async move {
    world.keys().await;
    let copies = std::fs::read_dir(world.folder()).unwrap();
    let copies: Vec<_> = copies
        .map(|entry| entry.unwrap().file_name())
        .filter(|n| n.to_string_lossy().contains("before"))
        .collect();
    assert!(copies.is_empty(), "{copies:?}");
});

on_both!(a_newer_schema_is_refused_and_left_alone, |world| async move {
    let owner = world.database().open(Role::Owner).await;
    let newer = i64::try_from(MIGRATIONS.len()).unwrap() + 1;
    let insert = format!("insert into schema_version (version) values ({newer})");
    run(&owner, &insert).await;
    for refused in [check_version(&world.db).await, migrate(&owner, None).await] {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, StoreError::NewerSchema { found, known } if found == newer && known == newer - 1)
        );
        assert!(refused.to_string().contains("start the newer program"), "{refused}");
    }
});

async fn run(db: &Db, sql: &str) {
    match db {
        Db::Sqlite { write, .. } => _ = raw_sql(AssertSqlSafe(sql)).execute(write).await.unwrap(),
        Db::Postgres(pool) => _ = raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap(),
    }
}

on_both!(a_newer_key_database_is_refused, |world| async move {
    let owner = world.keys_database().await.open(Role::Owner).await;
    let newer = i64::try_from(KEY_MIGRATIONS.len()).unwrap() + 1;
    run(&owner, &format!("insert into schema_version (version) values ({newer})")).await;
    assert!(matches!(migrate_keys(&owner, None).await, Err(StoreError::NewerSchema { .. })));
});

on_both!(looking_at_an_empty_database_makes_nothing_in_it, |world| async move {
    let db = world.empty_database("empty.db").await.open(Role::App).await;
    assert!(matches!(check_version(&db).await, Err(StoreError::Setup(_))));
    let tables: i64 = match &db {
        Db::Sqlite { write, .. } => query_scalar("select count(*) from sqlite_master").fetch_one(write).await,
        Db::Postgres(pool) => {
            query_scalar("select count(*) from information_schema.tables where table_schema = 'public'")
                .fetch_one(pool)
                .await
        }
    }
    .unwrap();
    assert_eq!(tables, 0);
});

on_both!(migrating_again_changes_nothing, |world| async move {
    world.business("kurta-house").await;
    let role = (world.engine() == Engine::Postgres).then_some("ecom_test_app");
    let owner = world.database().open(Role::Owner).await;
    migrate(&owner, role).await.unwrap();
    assert_eq!(world.db.read().await.unwrap().platform().people().await.unwrap(), 1);
    check_version(&world.db).await.unwrap();
});

on_both!(processes_that_start_together_migrate_once, |world| async move {
    let database = world.empty_database("shared.db").await;
    let (one, two) = (database.open(Role::Owner).await, database.open(Role::Owner).await);
    let (first, second) = tokio::join!(migrate(&one, None), migrate(&two, None));
    first.unwrap();
    second.unwrap();
    check_version(&one).await.unwrap();
});

on_postgres!(a_role_name_is_not_run_as_sql, |world| async move {
    let owner = world.database().open(Role::Owner).await;
    for name in ["", "a; drop table person", "Robert", "a-b"] {
        let refused = migrate(&owner, Some(name)).await.unwrap_err();
        assert!(refused.to_string().contains("plain role name"), "{refused}");
    }
});
