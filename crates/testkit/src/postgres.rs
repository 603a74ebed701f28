//! Databases on PostgreSQL: a template that is migrated once, and copies of it that are dropped after their test.
//!
//! The template's name follows from the text of the migrations, so all processes of a run share it. Two roles stand
//! for those of production: the owner migrates, the plain one is what row-level security holds for.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering},
};

use ecom_store::{Db, KEY_MIGRATIONS, MIGRATIONS, migrate, migrate_keys, postgres_form};
use sqlx::{AssertSqlSafe, Connection, PgConnection, query_scalar, raw_sql};

/// Where the superuser's connection is found.
const URL: &str = "ECOM_TEST_POSTGRES";
/// If set, only tests of this package use PostgreSQL.
const ONLY: &str = "ECOM_TEST_POSTGRES_ONLY";
/// Owns the databases and runs migrations.
pub(crate) const OWNER: &str = "ecom_test_owner";
/// The application's role.
pub(crate) const APP: &str = "ecom_test_app";
/// Password of both, for servers that ask for one. They can reach nothing but these throw-away databases.
const PASSWORD: &str = "ecom-test";
/// Key of the advisory lock under which roles and templates are made.
const LOCK: i64 = 0x0065_636f_6d00;

/// Which tables a database gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// The platform's and the tenants'.
    Data,
    /// The wrapped keys.
    Keys,
    /// None yet.
    Empty,
}

/// Why tests of a package can't use PostgreSQL, if they can't.
#[allow(clippy::disallowed_methods, reason = "tests have no configuration but the environment")]
pub(crate) fn absent(package: &str) -> Option<String> {
    if std::env::var(URL).is_err() {
        return Some(format!("{URL} is not set"));
    }
    let only = std::env::var(ONLY).ok().filter(|only| only != package)?;
    Some(format!("in this run only {only} is tested on PostgreSQL"))
}

#[allow(clippy::disallowed_methods, reason = "tests have no configuration but the environment")]
fn superuser_url() -> String {
    std::env::var(URL).unwrap_or_else(|_| panic!("{URL} is not set; ./check sets it"))
}

/// The URL of a database for a role; the superuser's if no role is given.
pub(crate) fn url(database: &str, role: Option<&str>) -> String {
    address(&superuser_url(), database, role)
}

fn address(superuser: &str, database: &str, role: Option<&str>) -> String {
    let (scheme, rest) = superuser.split_once("://").expect("postgres://…");
    let (rest, query) =
        rest.split_once('?').map_or((rest, String::new()), |(rest, q)| (rest, format!("?{q}")));
    let authority = rest.split('/').next().unwrap();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("postgres", authority));
    let user = role.map_or_else(|| user.to_owned(), |role| format!("{role}:{PASSWORD}"));
    format!("{scheme}://{user}@{host}/{database}{query}")
}

async fn superuser() -> PgConnection {
    PgConnection::connect(&superuser_url()).await.expect("PostgreSQL answers where ECOM_TEST_POSTGRES says")
}

async fn run(connection: &mut PgConnection, sql: String) {
    raw_sql(AssertSqlSafe(sql.as_str()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A fresh database of its own; its name.
pub(crate) async fn create(schema: Schema) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let name = format!("ecom_test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let mut connection = superuser().await;
    run(&mut connection, format!("select pg_advisory_lock({LOCK})")).await;
    roles(&mut connection).await;
    let template = template(&mut connection, schema).await;
    run(&mut connection, format!("select pg_advisory_unlock({LOCK})")).await;
    run(&mut connection, format!("drop database if exists {name} with (force)")).await;
    run(&mut connection, format!("create database {name} template {template} owner {OWNER}")).await;
    connection.close().await.unwrap();
    name
}

async fn roles(connection: &mut PgConnection) {
    for role in [OWNER, APP] {
        let found: bool = query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(role)
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        if !found {
            run(connection, format!("create role {role} login password '{PASSWORD}'")).await;
        }
    }
}

/// The template with a schema, made if there is none. Built under another name, so that a half-made one is never used.
async fn template(connection: &mut PgConnection, schema: Schema) -> String {
    let migrations = match schema {
        Schema::Empty => return "template0".to_owned(),
        Schema::Data => MIGRATIONS,
        Schema::Keys => KEY_MIGRATIONS,
    };
    let mut hasher = DefaultHasher::new();
    for migration in migrations {
        postgres_form(migration).hash(&mut hasher);
    }
    let name = format!("ecom_test_template_{:016x}", hasher.finish());
    let found: bool = query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    if !found {
        let building = format!("{name}_building");
        run(connection, format!("drop database if exists {building} with (force)")).await;
        run(connection, format!("create database {building} template template0 owner {OWNER}")).await;
        let owner = Db::open(&url(&building, Some(OWNER))).await.unwrap();
        match schema {
            Schema::Keys => migrate_keys(&owner, Some(APP)).await.unwrap(),
            _ => migrate(&owner, Some(APP)).await.unwrap(),
        }
        owner.close().await;
        run(connection, format!("alter database {building} rename to {name}")).await;
    }
    name
}

/// Drops databases, whoever is still connected. On a thread and runtime of its own, since `Drop` can't wait.
pub(crate) fn drop_all(names: Vec<String>) {
    let work = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = superuser().await;
            for name in names {
                run(&mut connection, format!("drop database if exists {name} with (force)")).await;
            }
        });
    });
    // A test that is failing already must keep its own message.
    assert!(work.join().is_ok() || std::thread::panicking(), "a test's database could not be dropped");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_host_and_options() {
        let socket = "postgres://postgres@localhost/postgres?host=/tmp/x";
        assert_eq!(address(socket, "a", None), "postgres://postgres@localhost/a?host=/tmp/x");
        assert_eq!(
            address(socket, "a", Some(APP)),
            "postgres://ecom_test_app:ecom-test@localhost/a?host=/tmp/x"
        );
        let tcp = "postgresql://me:p%40ss@db.example:5433";
        assert_eq!(address(tcp, "a", None), "postgresql://me:p%40ss@db.example:5433/a");
    }
}
