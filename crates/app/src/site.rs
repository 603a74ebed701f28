//! Opening what a command works on: folders, root key, databases, archive.

use std::{
    fs::{self, File},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, bail};
use ecom_ledger::settlement::Options;
use ecom_store::{Archive, Db, Importer, Keys};
use ecom_work::{Bell, Live, SystemClock, Worker, mail::Mail};

use crate::{config::Place, root};

/// Everything behind a data folder, opened and checked.
pub(crate) struct Site {
    pub(crate) keys: Keys,
    pub(crate) importer: Importer,
}

impl Site {
    /// Opens what is there; makes what is missing on a first start.
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        make_folder(&place.data)?;
        make_folder(&place.spool())?;
        let db = open_db(&place.database(), "the database").await?;
        let keys_db = open_db(&place.keys_database(), "the key database").await?;
        // On PostgreSQL the owner of the tables does this, with `ecom migrate`.
        if db.is_sqlite() {
            ecom_store::migrate(&db, None).await.context("the database")?;
        }
        if keys_db.is_sqlite() {
            ecom_store::migrate_keys(&keys_db, None).await.context("the key database")?;
        }
        ecom_store::check_version(&db).await?;
        ecom_store::check_keys_version(&keys_db).await?;
        ecom_store::check_role(&db).await?;
        let root = root::open(place.root_source()?, &keys_db).await?;
        let keys = Keys::open(keys_db, root).await?;
        let archive = Archive::local(&place.archive()).context("the archive")?;
        let importer = Importer { db, archive, options: Options::new()? };
        Ok(Self { keys, importer })
    }

    /// What runs the jobs of this site.
    pub(crate) fn worker(&self, place: &Place, mail: Mail) -> Worker {
        Worker {
            importer: self.importer.clone(),
            keys: self.keys.clone(),
            spool: place.spool(),
            clock: Arc::new(SystemClock),
            bell: Bell::default(),
            live: Live::default(),
            mail,
        }
    }

    /// Closes the databases, so that their files are complete.
    pub(crate) async fn close(&self) {
        self.importer.db.close().await;
        self.keys.close().await;
    }

    pub(crate) fn db(&self) -> &Db {
        &self.importer.db
    }
}

pub(crate) async fn open_db(url: &str, what: &str) -> anyhow::Result<Db> {
    Db::open(url).await.with_context(|| format!("{what} cannot be opened"))
}

/// The lock that whoever runs jobs of this data folder shares, so that a server that starts knows whether running
/// jobs are a dead process's or somebody's.
pub(crate) fn work_lock(place: &Place) -> anyhow::Result<File> {
    let path = place.data.join("work.lock");
    File::create(&path).with_context(|| format!("cannot open {}", path.display()))
}

/// A folder that only its owner may enter.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))?;
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o007 != 0 {
        bail!("everybody on this machine may enter {}; run `chmod 700 {0}`", path.display());
    }
    Ok(())
}
