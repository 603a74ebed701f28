//! The world a test runs in: databases that nobody else sees and that go away with it, and a clock.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Mutex,
};

use ecom_store::{Db, Keys, PersonId, Registration, TenantId, migrate, migrate_keys};
use ecom_vault::RootKey;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, query, query_scalar,
    sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{
    clock::TestClock,
    postgres::{self, Schema},
    skip,
};

/// When every world begins: a Wednesday morning, first day of a financial year.
const BEGIN: &str = "2026-04-01T09:00+05:30";

/// A database engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// SQLite, in a file of its own.
    Sqlite,
    /// PostgreSQL, in a database of its own.
    Postgres,
}

/// As whom to connect to PostgreSQL; SQLite knows no roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The application's: neither owner nor superuser.
    App,
    /// The owner of the tables, who migrates.
    Owner,
    /// A superuser.
    Superuser,
}

/// A database of one test.
#[derive(Clone, Debug)]
pub enum Database {
    /// The file of an SQLite database.
    Sqlite(PathBuf),
    /// The name of a PostgreSQL database.
    Postgres(String),
}

impl Database {
    /// Where it is, for a role.
    pub fn url(&self, role: Role) -> String {
        match (self, role) {
            (Self::Sqlite(path), _) => format!("sqlite:{}", path.display()),
            (Self::Postgres(name), Role::App) => postgres::url(name, Some(postgres::APP)),
            (Self::Postgres(name), Role::Owner) => postgres::url(name, Some(postgres::OWNER)),
            (Self::Postgres(name), Role::Superuser) => postgres::url(name, None),
        }
    }

    /// Opens it for a role.
    pub async fn open(&self, role: Role) -> Db {
        Db::open(&self.url(role)).await.unwrap()
    }

    /// What a query of one column of text finds, past the store and what it lets one see. SQLite is only read.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let url = self.url(Role::Superuser);
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                let mut to = SqliteConnection::connect_with(&options).await.unwrap();
                query_scalar(AssertSqlSafe(sql)).fetch_all(&mut to).await.unwrap()
            }
            Self::Postgres(_) => {
                let mut to = PgConnection::connect(&url).await.unwrap();
                query_scalar(AssertSqlSafe(sql)).fetch_all(&mut to).await.unwrap()
            }
        }
    }
}

/// The world of one test. Its databases go away when it is dropped, also by a test that fails.
pub struct World {
    /// The migrated database, opened as the application.
    pub db: Db,
    /// Stands at 1 April 2026, 09:00 IST, until it is moved.
    pub clock: TestClock,
    database: Database,
    engine: Engine,
    keys: OnceCell<(Database, Keys)>,
    /// PostgreSQL databases to drop.
    made: Mutex<Vec<String>>,
    folder: TempDir,
}

impl World {
    /// A new world on an engine.
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Mutex::default();
        let database = create(engine, Schema::Data, &folder.path().join("ecom.db"), &made).await;
        let db = database.open(Role::App).await;
        let (clock, keys) = (TestClock::at(BEGIN), OnceCell::new());
        Self { db, clock, database, engine, keys, made, folder }
    }

    /// Which engine it is on.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Now, in microseconds.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// A folder for files, which goes away with the world.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database that `db` has open.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Gives a person another role, which no page does yet.
    pub async fn set_role(&self, person: PersonId, role: &str) {
        let sql = "update membership set role = $1 where person = $2";
        let url = self.database.url(Role::Superuser);
        let changed = match self.engine {
            Engine::Sqlite => {
                let mut to = SqliteConnection::connect(&url).await.unwrap();
                query(sql).bind(role).bind(person.0).execute(&mut to).await.unwrap().rows_affected()
            }
            Engine::Postgres => {
                let mut to = PgConnection::connect(&url).await.unwrap();
                query(sql).bind(role).bind(person.0).execute(&mut to).await.unwrap().rows_affected()
            }
        };
        assert_eq!(changed, 1, "the person acts for one business");
    }

    /// Every row of every table as text, to compare what was with what is; of one tenant, the rows that are its own.
    pub async fn rows(&self, of: Option<TenantId>) -> BTreeMap<String, Vec<String>> {
        let url = self.database.url(Role::Superuser);
        let mut rows = match self.engine {
            Engine::Sqlite => sqlite_rows(&mut SqliteConnection::connect(&url).await.unwrap(), of).await,
            Engine::Postgres => postgres_rows(&mut PgConnection::connect(&url).await.unwrap(), of).await,
        };
        assert!(rows.len() > 10, "the tables are there: {:?}", rows.keys());
        for rows in rows.values_mut() {
            rows.sort_unstable();
        }
        rows
    }

    /// Another database, without tables.
    pub async fn empty_database(&self, name: &str) -> Database {
        create(self.engine, Schema::Empty, &self.folder().join(name), &self.made).await
    }

    /// The root key of every world.
    pub fn root_key() -> RootKey {
        RootKey::from_bytes(b"a key for tests, of 32 bytes....").unwrap()
    }

    /// The key store, in a database of its own that is made when it is first asked for.
    pub async fn keys(&self) -> Keys {
        self.key_store().await.1.clone()
    }

    /// The database of the key store.
    pub async fn keys_database(&self) -> Database {
        self.key_store().await.0.clone()
    }

    async fn key_store(&self) -> &(Database, Keys) {
        self.keys
            .get_or_init(|| async {
                let file = self.folder().join("keys.db");
                let database = create(self.engine, Schema::Keys, &file, &self.made).await;
                let keys = Keys::open(database.open(Role::App).await, Self::root_key()).await.unwrap();
                (database, keys)
            })
            .await
    }

    /// A registered business with its owner, whose address is `owner@<name>.example`, and confirmed.
    pub async fn business(&self, name: &str) -> (PersonId, TenantId) {
        let email = format!("owner@{name}.example");
        let new = Registration {
            name: "Asha Rao",
            email: &email,
            phone: "+91 98450 00000",
            password_hash: "$argon2id$v=19$m=8,t=1,p=1$made-up$made-up",
            business: name,
            billing_state: "29",
            gstin: Some("29AAPFU0939F1ZR"),
        };
        let mut tx = self.db.write().await.unwrap();
        let made = tx.platform().register(&new, self.now()).await.unwrap();
        tx.platform().verify_email(made.0, &email, self.now()).await.unwrap();
        tx.commit().await.unwrap();
        made
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let names = std::mem::take(&mut *self.made.lock().unwrap());
        if !names.is_empty() {
            postgres::drop_all(names);
        }
    }
}

async fn sqlite_rows(from: &mut SqliteConnection, of: Option<TenantId>) -> BTreeMap<String, Vec<String>> {
    let columns = "select m.name, group_concat('quote(\"' || c.name || '\")', ' || '' | '' || '),
            max(c.name = 'tenant_id')
        from sqlite_master m join pragma_table_info(m.name) c
        where m.type = 'table' and m.name not like 'sqlite_%' group by m.name";
    let tables: Vec<(String, String, bool)> = sqlx::query_as(columns).fetch_all(&mut *from).await.unwrap();
    let mut rows = BTreeMap::new();
    for (table, columns, own) in tables {
        let Some(filter) = only(own, of) else { continue };
        let sql = format!("select {columns} from \"{table}\"{filter}");
        rows.insert(table, query_scalar(AssertSqlSafe(sql.as_str())).fetch_all(&mut *from).await.unwrap());
    }
    rows
}

async fn postgres_rows(from: &mut PgConnection, of: Option<TenantId>) -> BTreeMap<String, Vec<String>> {
    let columns = "select table_name::text, bool_or(column_name = 'tenant_id')
        from information_schema.columns where table_schema = 'public' group by table_name";
    let tables: Vec<(String, bool)> = sqlx::query_as(columns).fetch_all(&mut *from).await.unwrap();
    let mut rows = BTreeMap::new();
    for (table, own) in tables {
        let Some(filter) = only(own, of) else { continue };
        let sql = format!("select whole::text from \"{table}\" whole{filter}");
        rows.insert(table, query_scalar(AssertSqlSafe(sql.as_str())).fetch_all(&mut *from).await.unwrap());
    }
    rows
}

/// Which rows of a table are asked for: all, those of a tenant, or none.
fn only(own: bool, of: Option<TenantId>) -> Option<String> {
    match of {
        None => Some(String::new()),
        Some(tenant) => own.then(|| format!(" where tenant_id = {tenant}")),
    }
}

async fn create(engine: Engine, schema: Schema, file: &Path, made: &Mutex<Vec<String>>) -> Database {
    if engine == Engine::Postgres {
        let name = postgres::create(schema).await;
        made.lock().unwrap().push(name.clone());
        return Database::Postgres(name);
    }
    let database = Database::Sqlite(file.to_owned());
    let db = database.open(Role::Owner).await;
    match schema {
        Schema::Data => migrate(&db, None).await.unwrap(),
        Schema::Keys => migrate_keys(&db, None).await.unwrap(),
        Schema::Empty => {}
    }
    db.close().await;
    database
}

/// Runs the body of a test in a new world; what [`crate::on_both!`] expands to.
pub fn run<F: Future<Output = ()>>(engine: Engine, package: &str, body: impl FnOnce(World) -> F) {
    if engine == Engine::Postgres
        && let Some(reason) = postgres::absent(package)
    {
        return skip(&reason);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { body(World::new(engine).await).await });
}
