//! A data folder with its databases, the mail server beside it, and the real server, started and killed.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use ecom_simulator::SmtpSink;
use ecom_store::Db;
use ecom_testkit::{Database, Engine, Role, World};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::support::write_private;

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_mins(4);

pub(crate) struct Site {
    pub(crate) engine: Engine,
    pub(crate) database: Database,
    pub(crate) sink: SmtpSink,
    keys: Database,
    runtime: Handle,
    folder: TempDir,
    /// Its databases go away with it.
    _world: World,
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

/// A test that fails leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "{what} took too long");
        thread::sleep(Duration::from_millis(10));
    }
}

impl Site {
    pub(crate) async fn new(world: World) -> Self {
        let (database, keys) = (world.database().clone(), world.keys_database().await);
        // The servers are the only ones at work on them.
        world.db.close().await;
        world.keys().await.close().await;
        let folder = tempfile::tempdir().unwrap();
        write_private(&folder.path().join("data.root-key"), "a key for tests, of 32 bytes....");
        let (engine, runtime, sink) = (world.engine(), Handle::current(), SmtpSink::start().unwrap());
        Self { engine, database, sink, keys, runtime, folder, _world: world }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn wait<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }

    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        self.wait(self.database.texts(sql))
    }

    pub(crate) async fn db(&self) -> Db {
        self.database.open(Role::App).await
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        self.command_on(&self.database, words)
    }

    pub(crate) fn command_on(&self, database: &Database, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
        command.args(words).env("ECOM_DATA", self.data()).stdin(Stdio::null());
        command.env("ECOM_DATABASE", database.url(Role::App));
        command.env("ECOM_KEYS_DATABASE", self.keys.url(Role::App));
        command
    }

    /// Starts a server, which does not listen yet; what it says is told.
    pub(crate) fn spawn(&self) -> (Child, mpsc::Receiver<u16>, Arc<Mutex<Vec<String>>>) {
        let mut command = self.command(&["serve", "--port", "0", "--rate-limits", "off", "--behind-proxy"]);
        command.args(["--registration", "open", "--mail-from", "Books <books@example.in>", "--smtp"]);
        command.arg(format!("smtp-plain://127.0.0.1:{}", self.sink.port()));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (tell, told) = mpsc::channel();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("listens on http://127.0.0.1:") {
                    _ = tell.send(rest.split(' ').next().unwrap().parse().unwrap());
                }
                lines.lock().unwrap().push(line);
            }
        });
        (child, told, log)
    }

    /// A server that listens.
    pub(crate) fn serve(&self) -> Server {
        let (child, told, log) = self.spawn();
        let Ok(port) = told.recv_timeout(PATIENCE) else { panic!("it does not listen: {:?}", log.lock()) };
        Server { child, port, log }
    }

    /// Waits until what the killed process had sent off has come to its end: mail in the sink, and on PostgreSQL what
    /// its connections still did. There time is moved too: nobody waits for the leases of the dead.
    pub(crate) fn settle(&self) {
        until("the mail server", || self.sink.open() == 0);
        if self.engine == Engine::Postgres {
            let others = "select cast(pid as text) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
            until("the connections of the dead", || self.texts(others).is_empty());
        }
    }

    /// On PostgreSQL leases of a dead server run out by themselves, after a minute: it goes by.
    pub(crate) fn pass_time(&self) {
        if self.engine == Engine::Postgres {
            self.texts("update job set leased_until = 0 where state = 'running' returning cast(id as text)");
        }
    }

    /// The database as a kill left it: on SQLite a copy, so that looking at it mends nothing for the next server.
    pub(crate) fn left(&self) -> (Option<TempDir>, Database) {
        let Database::Sqlite(path) = &self.database else { return (None, self.database.clone()) };
        let copy = tempfile::tempdir().unwrap();
        let to = copy.path().join("ecom.db");
        fs::copy(path, &to).unwrap();
        let log = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
        if log(path).exists() {
            fs::copy(log(path), log(&to)).unwrap();
        }
        (Some(copy), Database::Sqlite(to))
    }
}

impl Server {
    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.look();
    }

    /// SIGTERM, and it ends well.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        self.look();
        assert!(status.success(), "it ended badly: {:?}", self.log.lock().unwrap());
    }

    /// What it said holds no panic and no error.
    fn look(&self) {
        let log = self.log.lock().unwrap();
        let bad: Vec<&String> =
            log.iter().filter(|line| line.contains("ERROR") || line.contains("panicked")).collect();
        assert!(bad.is_empty(), "the server said {bad:?}");
    }
}

pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
