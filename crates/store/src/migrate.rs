//! Migrations: one numbered SQL text for both engines, so that the two schemas cannot drift apart.
//!
//! Written for SQLite; for PostgreSQL `integer` becomes `bigint`, `text` sorts by bytes, `blob` becomes `bytea`,
//! a platform table's `id` becomes an identity column, and every table with a `tenant_id` gets row-level security
//! that fails closed; what follows a line `-- only SQLite` is left out. A landed migration is never edited.

use sqlx::{AssertSqlSafe, raw_sql};

use crate::{
    db::Db,
    error::{Result, StoreError},
    tx::{Tx, exec, fetch_optional},
};

/// Tables that belong to no tenant. All others carry `tenant_id` and are reached by a tenant's handle only.
pub const PLATFORM_TABLES: &[&str] = &[
    "schema_version",
    "business",
    "person",
    "membership",
    "session",
    "login_failure",
    "job",
    "schedule",
    "person_token",
    "person_device",
    "totp",
    "recovery_code",
    "passkey",
    "key_gate",
    "person_secret",
    "message",
    "consent",
    "staff",
    "assignment",
    "staff_review",
    "staff_review_answer",
    "platform_audit",
    "platform_audit_head",
    "password_history",
];

/// The migrations of the database, oldest first, as written for SQLite.
pub const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_platform.sql"),
    include_str!("../migrations/0002_settlement.sql"),
    include_str!("../migrations/0003_home.sql"),
    include_str!("../migrations/0004_desk.sql"),
    include_str!("../migrations/0005_tax_setting.sql"),
    include_str!("../migrations/0006_audit.sql"),
    include_str!("../migrations/0007_job.sql"),
    include_str!("../migrations/0008_access.sql"),
    include_str!("../migrations/0009_vault.sql"),
    include_str!("../migrations/0010_books.sql"),
    include_str!("../migrations/0011_mail.sql"),
    include_str!("../migrations/0012_device.sql"),
    include_str!("../migrations/0013_staff.sql"),
    include_str!("../migrations/0014_passkey.sql"),
    include_str!("../migrations/0015_sold.sql"),
    include_str!("../migrations/0016_line_check.sql"),
];

/// Holds the numbers of the migrations that ran.
const SCHEMA_VERSION: &str = "create table schema_version (\n    version integer primary key\n) strict;\n";
/// Key of PostgreSQL's advisory lock under which a database is migrated (`ecommig` in ASCII).
const MIGRATION_LOCK: i64 = 0x0065_636f_6d6d_6967;

/// The migrations of the key database.
pub const KEY_MIGRATIONS: &[&str] =
    &[include_str!("../migrations/keys_0001.sql"), include_str!("../migrations/keys_0002.sql")];

/// Brings a database to the newest schema. An existing SQLite database is copied beside itself first.
///
/// On PostgreSQL this needs the owner's connection; rights are granted to `app_role`.
pub async fn migrate(db: &Db, app_role: Option<&str>) -> Result<()> {
    let found = known_version(&mut db.read().await?, MIGRATIONS).await?;
    if found > 0 && found < number(MIGRATIONS.len()) {
        snapshot(db, found).await?;
    }
    run(db, MIGRATIONS, app_role).await
}

/// Brings the key database to its newest schema. It is not copied first: a copy would keep keys that are destroyed
/// later.
pub async fn migrate_keys(db: &Db, app_role: Option<&str>) -> Result<()> {
    run(db, KEY_MIGRATIONS, app_role).await
}

/// Refuses to go on with a schema that is older or newer than this program.
pub async fn check_version(db: &Db) -> Result<()> {
    check(db, MIGRATIONS, "database").await
}

/// Refuses to go on with a key database whose schema is older or newer than this program.
pub async fn check_keys_version(db: &Db) -> Result<()> {
    check(db, KEY_MIGRATIONS, "key database").await
}

async fn check(db: &Db, migrations: &[&str], what: &str) -> Result<()> {
    let found = known_version(&mut db.read().await?, migrations).await?;
    let known = number(migrations.len());
    if found == known {
        return Ok(());
    }
    Err(StoreError::Setup(format!(
        "the {what} has schema version {found} instead of {known}; run `ecom migrate`"
    )))
}

/// Runs the migrations that are missing, all in one transaction.
async fn run(db: &Db, migrations: &[&'static str], app_role: Option<&str>) -> Result<()> {
    let mut tx = db.write().await?;
    // Processes that start together migrate one after the other; SQLite's writer is alone already.
    if let Tx::Postgres(tx) = &mut tx {
        sqlx::query("select pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut **tx).await?;
    }
    let found = known_version(&mut tx, migrations).await?;
    if found == 0 {
        run_one(&mut tx, SCHEMA_VERSION).await?;
    }
    let missing = migrations.iter().enumerate().skip(usize::try_from(found).unwrap_or(usize::MAX));
    for (index, sql) in missing {
        run_one(&mut tx, sql).await?;
        exec!(&mut tx, "insert into schema_version (version) values ($1)", number(index + 1))?;
    }
    if let (Tx::Postgres(tx), Some(role)) = (&mut tx, app_role) {
        raw_sql(AssertSqlSafe(grants(role)?)).execute(&mut **tx).await?;
    }
    tx.commit().await
}

async fn run_one(tx: &mut Tx, sql: &'static str) -> Result<()> {
    match tx {
        Tx::Sqlite(tx) => raw_sql(sql).execute(&mut **tx).await?.rows_affected(),
        Tx::Postgres(tx) => {
            raw_sql(AssertSqlSafe(postgres_form(sql))).execute(&mut **tx).await?.rows_affected()
        }
    };
    Ok(())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The schema's version, 0 for an empty database. `NewerSchema` if this program does not know it.
async fn known_version(tx: &mut Tx, migrations: &[&str]) -> Result<i64> {
    let table = match tx {
        Tx::Sqlite(_) => "select 1 from sqlite_master where type = 'table' and name = 'schema_version'",
        Tx::Postgres(_) => "select 1 where to_regclass('schema_version') is not null",
    };
    // The driver decodes both engines' `1` as 32 bits.
    if fetch_optional!((i32,), &mut *tx, table)?.is_none() {
        return Ok(0);
    }
    let newest = fetch_optional!((Option<i64>,), tx, "select max(version) from schema_version")?;
    let found = newest.and_then(|(version,)| version).unwrap_or(0);
    let known = number(migrations.len());
    if found > known { Err(StoreError::NewerSchema { found, known }) } else { Ok(found) }
}

/// Copies an SQLite database to `<file>.before-<next version>` unless that copy exists.
async fn snapshot(db: &Db, found: i64) -> Result<()> {
    let Db::Sqlite { write, path, .. } = db else {
        return Ok(());
    };
    let copy = format!("{}.before-{}", path.display(), found + 1);
    if std::path::Path::new(&copy).exists() {
        return Ok(());
    }
    // Under another name until it is whole, so that one cut off half-way is not taken for a copy later.
    let half = format!("{copy}.part");
    if std::path::Path::new(&half).exists() {
        std::fs::remove_file(&half)?;
    }
    sqlx::query("vacuum into $1").bind(&half).execute(write).await?;
    std::fs::rename(half, copy)?;
    Ok(())
}

/// The PostgreSQL form of a migration.
pub fn postgres_form(sql: &str) -> String {
    let mut out = String::new();
    let mut table = String::new();
    for line in sql.lines().take_while(|line| *line != "-- only SQLite") {
        let code = line.split(" -- ").next().unwrap_or_default();
        if code.trim_start().starts_with("--") {
            continue;
        }
        if let Some(rest) = code.strip_prefix("create table ") {
            rest.split(' ').next().unwrap_or_default().clone_into(&mut table);
        }
        out.push_str(&postgres_line(code));
        out.push('\n');
        if code.trim_start().starts_with("tenant_id ") {
            table.push_str(" secured");
        }
        if code.starts_with(')') {
            if let Some(name) = table.strip_suffix(" secured") {
                out.push_str(&row_security(name));
            }
            table.clear();
        }
    }
    out
}

fn postgres_line(code: &str) -> String {
    if let Some(rest) = code.strip_prefix("    id integer primary key") {
        return format!("    id bigint generated by default as identity primary key{rest}");
    }
    if code.starts_with(')') {
        return ");".to_owned();
    }
    code.replace(" integer", " bigint").replace(" text", " text collate \"C\"").replace(" blob", " bytea")
}

fn row_security(table: &str) -> String {
    format!(
        "alter table {table} enable row level security;\n\
         alter table {table} force row level security;\n\
         create policy tenant on {table} using (tenant_id = nullif(current_setting('ecom.tenant', true), '')::bigint);\n"
    )
}

fn grants(role: &str) -> Result<String> {
    let plain = !role.is_empty()
        && role.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !plain {
        return Err(StoreError::Setup(format!("`{role}` is no plain role name (a-z, 0-9, _)")));
    }
    Ok(format!(
        "grant select, insert, update, delete on all tables in schema public to {role};
         grant usage on all sequences in schema public to {role};"
    ))
}

/// Refuses a PostgreSQL role for which row-level security would not hold.
pub async fn check_role(db: &Db) -> Result<()> {
    let mut tx = db.read().await?;
    let Tx::Postgres(tx) = &mut tx else { return Ok(()) };
    let (superuser, bypass): (bool, bool) =
        sqlx::query_as("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
            .fetch_one(&mut **tx)
            .await?;
    // A member of the owning role can take its place, and so counts as owner.
    let (owned,): (i64,) = sqlx::query_as(
        "select count(*) from pg_tables
         where schemaname = 'public' and pg_has_role(current_user, tableowner, 'member')",
    )
    .fetch_one(&mut **tx)
    .await?;
    if superuser || bypass || owned > 0 {
        return Err(StoreError::Setup(
            "the database role is a superuser, bypasses row-level security or owns the tables; use a plain role".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_says_whose_data_it_is() {
        for migration in MIGRATIONS.iter().chain(KEY_MIGRATIONS) {
            let columns = migration.lines().filter(|line| line.starts_with("    ")).filter(|line| {
                !["primary key", "foreign key", "unique "]
                    .iter()
                    .any(|word| line.trim_start().starts_with(word))
            });
            for column in columns {
                let class = column.split(" -- ").nth(1).unwrap_or_default();
                assert_eq!(class.split('/').filter(|part| !part.is_empty()).count(), 3, "{column}");
            }
        }
    }

    #[test]
    fn tables_without_a_tenant_are_the_platform_tables() {
        for migration in MIGRATIONS {
            for line in migration.lines() {
                if let Some(rest) = line.strip_prefix("create table ") {
                    let table = rest.split(' ').next().unwrap();
                    let body = migration.split(&format!("create table {table} (")).nth(1).unwrap();
                    let scoped = body.trim_start().starts_with("tenant_id integer not null");
                    assert_ne!(scoped, PLATFORM_TABLES.contains(&table), "{table}");
                }
            }
        }
    }

    #[test]
    fn a_tenant_table_gets_row_level_security_on_postgresql() {
        let sql = postgres_form(
            "create table t (\n    tenant_id integer not null, -- a/b/c\n    name text not null -- a/b/c\n) strict;\n",
        );
        assert!(
            sql.contains("tenant_id bigint not null,") && sql.contains("name text collate \"C\" not null"),
            "{sql}"
        );
        assert!(sql.contains("alter table t force row level security;"), "{sql}");
    }
}
