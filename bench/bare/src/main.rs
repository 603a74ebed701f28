//! A bare axum handler that runs a page's SQL statements through sqlx, and does nothing else.
//!
//! Nobody writes the statements down: the real router answers each page in this process, while SQLite tells every
//! statement that runs, with its values. So they can't differ from what the product does today. `bench/server` starts
//! it on the data it measures the product on.
//!
//!     ecom-bare DATA-FOLDER COOKIE PORT PATH…      serves PATH number N at /N

use std::{
    env,
    error::Error,
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    path::{Path, PathBuf},
    ptr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract,
    http::{Request, StatusCode, header},
    response::Html,
    routing::get,
};
use ecom_ledger::settlement::Options;
use ecom_store::{Archive, Db, Importer, Keys};
use ecom_vault::RootKey;
use ecom_web::{Registration, Server, Settings};
use ecom_work::{Bell, Clock, Live, SystemClock, Worker};
use jiff::Timestamp;
use libsqlite3_sys as sqlite;
use sqlx::{AssertSqlSafe, Pool, Sqlite, query};
use tower::ServiceExt;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Asking a page again until it runs the statements of the time before: the first time notes that the session is in use.
const MOST_TRIES: usize = 10;

/// A clock that stands still: the time is a value in some statements.
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// What SQLite has run since it was last emptied.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::main]
async fn main() -> Result<()> {
    let [data, cookie, port, paths @ ..] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: ecom-bare DATA-FOLDER COOKIE PORT PATH…".into());
    };
    let data = PathBuf::from(data);
    listen();
    let pages = record(&data, cookie, paths).await?;
    unsafe { sqlite::sqlite3_reset_auto_extension() };
    let Db::Sqlite { read, .. } = Db::open(&database(&data, "ecom.db")).await? else {
        return Err("not SQLite".into());
    };
    let bare = Arc::new(Bare { read, pages });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    let app = Router::new().route("/{page}", get(answer)).with_state(bare);
    Ok(axum::serve(listener, app).await?)
}

struct Bare {
    read: Pool<Sqlite>,
    pages: Vec<Vec<String>>,
}

/// All there is: the statements in one transaction, and how many rows they gave.
async fn answer(
    extract::State(bare): extract::State<Arc<Bare>>,
    extract::Path(page): extract::Path<usize>,
) -> std::result::Result<Html<String>, StatusCode> {
    let statements = bare.pages.get(page).ok_or(StatusCode::NOT_FOUND)?;
    let rows = run(&bare.read, statements).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Html(format!("{rows} rows")))
}

async fn run(read: &Pool<Sqlite>, statements: &[String]) -> sqlx::Result<usize> {
    let mut tx = read.begin().await?;
    let mut rows = 0;
    for statement in statements {
        rows += query(AssertSqlSafe(statement.as_str())).fetch_all(&mut *tx).await?.len();
    }
    tx.rollback().await?;
    Ok(rows)
}

/// The statements of each page.
async fn record(data: &Path, cookie: &str, paths: &[String]) -> Result<Vec<Vec<String>>> {
    let db = Db::open(&database(data, "ecom.db")).await?;
    let router = router(data, db.clone()).await?;
    let mut pages = Vec::new();
    for path in paths {
        let mut last = ask(&router, cookie, path).await?;
        for tries in 0.. {
            let again = ask(&router, cookie, path).await?;
            if again == last {
                break;
            }
            if tries == MOST_TRIES {
                return Err(format!("{path} runs other statements each time").into());
            }
            last = again;
        }
        eprintln!("{path}: {} statements", last.len());
        if env::var("ECOM_BARE_SHOW").is_ok() {
            last.iter().for_each(|statement| eprintln!("    {statement}"));
        }
        pages.push(last);
    }
    db.close().await;
    Ok(pages)
}

async fn router(data: &Path, db: Db) -> Result<Router> {
    let root = RootKey::read_file(&data.with_file_name("data.root-key"))?;
    let worker = Worker {
        importer: Importer { db, archive: Archive::local(&data.join("archive"))?, options: Options::new()? },
        keys: Keys::open(Db::open(&database(data, "keys.db")).await?, root).await?,
        spool: data.join("spool"),
        clock: Arc::new(Stopped(SystemClock.now())),
        bell: Bell::default(),
        live: Live::default(),
    };
    let settings = Settings::new("http://127.0.0.1", Registration::Closed)?;
    Ok(ecom_web::router(Server::new(&worker, settings)))
}

/// What a page runs, without the beginnings and ends of its transactions.
async fn ask(router: &Router, cookie: &str, path: &str) -> Result<Vec<String>> {
    heard();
    let request = Request::get(path).header(header::COOKIE, cookie).header(header::HOST, "127.0.0.1");
    let response = router.clone().oneshot(request.body(Body::empty())?).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("{path} answered {}", response.status()).into());
    }
    to_bytes(response.into_body(), usize::MAX).await?;
    let frames = ["BEGIN", "COMMIT", "ROLLBACK", "begin", "commit", "rollback"];
    let mut statements = heard();
    statements.retain(|statement| !frames.iter().any(|frame| statement.starts_with(frame)));
    Ok(statements)
}

fn database(data: &Path, name: &str) -> String {
    format!("sqlite:{}", data.join(name).display())
}

fn heard() -> Vec<String> {
    std::mem::take(&mut HEARD.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Has every connection that is opened from now on tell its statements.
fn listen() {
    unsafe extern "C" fn opened(
        connection: *mut sqlite::sqlite3,
        _: *mut *mut c_char,
        _: *const sqlite::sqlite3_api_routines,
    ) -> c_int {
        unsafe { sqlite::sqlite3_trace_v2(connection, sqlite::SQLITE_TRACE_STMT, Some(hear), ptr::null_mut()) }
    }
    unsafe extern "C" fn hear(_: c_uint, _: *mut c_void, statement: *mut c_void, _: *mut c_void) -> c_int {
        unsafe {
            let text = sqlite::sqlite3_expanded_sql(statement.cast());
            if !text.is_null() {
                let owned = CStr::from_ptr(text).to_string_lossy().into_owned();
                HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(owned);
                sqlite::sqlite3_free(text.cast());
            }
        }
        0
    }
    unsafe { sqlite::sqlite3_auto_extension(Some(opened)) };
}
