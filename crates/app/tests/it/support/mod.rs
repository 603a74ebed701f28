//! A data folder with one business, and the program run on it from outside.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub, dead_code)]

use std::{
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use ecom_simulator::{Catalogue, Plan, write_v2};
use ecom_store::{Db, Filter, Keys, Registration, TenantId, migrate, migrate_keys};
use ecom_vault::RootKey;
use tempfile::TempDir;

pub struct Site {
    pub folder: TempDir,
}

/// What is in the books: settlements, sum of their lines by the rollups, and by the lines themselves.
#[derive(PartialEq, Eq, Debug)]
pub struct Books {
    pub settlements: usize,
    pub total: i64,
    pub lines: i64,
}

impl Site {
    /// A data folder with one business, and its key file beside it.
    pub fn new() -> Self {
        Self::with_key("a key for tests, of 32 bytes....")
    }

    /// The same, with another root key.
    pub fn with_key(root: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(site.data()).unwrap();
        Command::new("chmod").arg("700").arg(site.data()).status().unwrap();
        write_private(&site.key(), root);
        block_on(site.register());
        site
    }

    async fn register(&self) {
        let (db, keys) = (self.db().await, Db::open(&self.url("keys.db")).await.unwrap());
        migrate(&db, None).await.unwrap();
        migrate_keys(&keys, None).await.unwrap();
        let root = RootKey::read_file(&self.key()).unwrap();
        let keys = Keys::open(keys, root).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let new = Registration {
            name: "Asha Rao",
            email: "asha@kurta.example",
            phone: "+91 98450 00000",
            password_hash: "none",
            business: "Kurta House",
            billing_state: "29",
            gstin: None,
        };
        let (_, tenant) = tx.platform().register(&new, 1).await.unwrap();
        keys.create(tenant, 1).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        keys.close().await;
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("data.root-key")
    }

    pub fn url(&self, name: &str) -> String {
        format!("sqlite:{}", self.data().join(name).display())
    }

    pub async fn db(&self) -> Db {
        Db::open(&self.url("ecom.db")).await.unwrap()
    }

    pub fn file(&self, name: &str, rows: u64) -> PathBuf {
        let path = self.folder.path().join(name);
        let start = 1_790_000_000;
        let plan = Plan {
            seed: rows,
            id: 26_000_000_000 + rows,
            start,
            end: start + 14 * 86_400,
            rows,
            previous_reserve: 0,
            current_reserve: 0,
            extra: Vec::new(),
        };
        write_v2(&plan, &Catalogue::new(7, 40), &mut fs::File::create(&path).unwrap()).unwrap();
        path
    }

    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
        command.arg(name).arg("--data").arg(self.data()).stdin(Stdio::null());
        command
    }

    pub fn import(&self, file: &Path) -> Output {
        self.command("import").arg(file).output().unwrap()
    }

    pub fn books(&self) -> Books {
        block_on(async {
            let db = self.db().await;
            let mut tx = db.read().await.unwrap();
            let mut books = tx.scoped(TenantId(1)).await.unwrap();
            let all = Filter::days(i32::MIN, i32::MAX);
            let statements = books.statements(&all).await.unwrap();
            let filter = ecom_store::LineFilter::of(all);
            let lines = books.lines(&filter, None, usize::MAX >> 1).await.unwrap();
            let settlements = books.settlements(&all).await.unwrap().len();
            drop(tx);
            db.close().await;
            Books {
                settlements,
                total: statements.iter().map(|one| one.bridge().unwrap().total).sum(),
                lines: lines.iter().map(|line| line.amount).sum(),
            }
        })
    }

    /// Starts an import and kills it after a while; true if it had ended before.
    pub fn kill_import(&self, file: &Path, after: Duration) -> bool {
        let mut child =
            self.command("import").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(after);
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        ended
    }
}

/// A file that its owner alone may read.
pub fn write_private(path: &Path, text: &str) {
    let mut options = fs::File::options();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
