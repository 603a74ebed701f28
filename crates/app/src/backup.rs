//! `ecom backup`: a copy of the database as it is at one moment, of the keys apart from it, and of archived files.
//!
//! Archived files never change: they are kept once, beside the copies of the database, and only new ones are copied.
//! A copy that was cut off has another name and is never taken for a whole one.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use ecom_store::Db;
use ecom_work::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{config::Place, site::make_folder};

/// Form of the list of contents.
pub(crate) const FORMAT: u32 = 1;
/// Name of the list of contents.
pub(crate) const CONTENTS: &str = "contents.json";
/// Folder of archived files, shared by all copies.
pub(crate) const ARCHIVE: &str = "archive";

#[derive(clap::Args)]
#[command(after_help = "Example:
  ecom backup --data /srv/ecom/data --to /mnt/backup/books --keys-to /mnt/other/keys

It may run while the server works. The database and the archived files go to --to, the keys to --keys-to; keep the
two, and the root key, in different places: no one of them opens anything alone. Nothing is encrypted beyond what the
database seals itself: archived files and secrets are, figures and names are not. Old copies are yours to delete.")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Folder for copies of the database and of archived files
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Folder for copies of the keys; another disk is better
    #[arg(long, value_name = "DIR")]
    keys_to: PathBuf,
}

/// What a copy consists of.
#[derive(Serialize, Deserialize)]
pub(crate) struct Contents {
    pub(crate) format: u32,
    pub(crate) program: String,
    pub(crate) made_at: String,
    pub(crate) files: Vec<Entry>,
}

/// A file of a copy.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Below the copy's folder, or below the shared folder of archived files.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let place = &args.place;
    if !place.database().starts_with("sqlite:") || !place.keys_database().starts_with("sqlite:") {
        bail!("the data is in PostgreSQL: copy it with pg_dump as docs/running.md says, Backup");
    }
    if same_folder(&args.to, &args.keys_to) {
        bail!("--to and --keys-to are the same folder; keys must be kept apart from what they open");
    }
    make_folder(&args.to)?;
    make_folder(&args.keys_to)?;
    let now = SystemClock.now();
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let books = Copy::begin(&args.to, &stamp)?;
    // The database first: every archived file that it knows was there before it.
    copy_database(&place.database(), &books.folder.join("ecom.db")).await?;
    let mut files = vec![entry(&books.folder, "ecom.db")?];
    let (archived, new) = copy_archive(&place.archive(), &args.to.join(ARCHIVE))?;
    let count = archived.len();
    files.extend(archived);
    let books = books.finish(&now.to_string(), files)?;
    let keys = Copy::begin(&args.keys_to, &stamp)?;
    copy_database(&place.keys_database(), &keys.folder.join("keys.db")).await?;
    let files = vec![entry(&keys.folder, "keys.db")?];
    let keys = keys.finish(&now.to_string(), files)?;
    eprintln!("database and {count} archived files ({new} new) are in {}", books.display());
    eprintln!("keys are in {}", keys.display());
    eprintln!("the root key is not copied: keep it elsewhere");
    Ok(ExitCode::SUCCESS)
}

fn same_folder(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

async fn copy_database(url: &str, to: &Path) -> anyhow::Result<()> {
    let db = Db::open_existing(url).await.with_context(|| format!("{url} cannot be opened"))?;
    db.copy_to(to).await.with_context(|| format!("cannot write {}", to.display()))?;
    db.close().await;
    Ok(File::open(to)?.sync_all()?)
}

/// A copy in the making.
struct Copy {
    folder: PathBuf,
    done: PathBuf,
}

impl Copy {
    fn begin(to: &Path, stamp: &str) -> anyhow::Result<Self> {
        let (folder, done) = (to.join(format!("{stamp}.part")), to.join(stamp));
        if done.exists() || folder.exists() {
            bail!("{} is there already; wait a second and try again", done.display());
        }
        make_folder(&folder)?;
        Ok(Self { folder, done })
    }

    fn finish(self, made_at: &str, files: Vec<Entry>) -> anyhow::Result<PathBuf> {
        let contents = Contents {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: made_at.to_owned(),
            files,
        };
        let mut file = File::create(self.folder.join(CONTENTS))?;
        serde_json::to_writer_pretty(&mut file, &contents)?;
        file.flush()?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        fs::rename(&self.folder, &self.done)?;
        Ok(self.done)
    }
}

/// Copies archived files that are not there yet; gives all of them and the number of new ones.
fn copy_archive(from: &Path, to: &Path) -> anyhow::Result<(Vec<Entry>, usize)> {
    make_folder(to)?;
    let (mut entries, mut new) = (Vec::new(), 0);
    for path in files_below(from)? {
        let name = path.to_str().context("the name of an archived file is not UTF-8")?;
        let (source, target) = (from.join(&path), to.join(&path));
        let bytes = source.metadata()?.len();
        if target.metadata().map(|found| found.len()).ok() != Some(bytes) {
            copy_whole(&source, &target)?;
            new += 1;
        }
        entries.push(entry(to, name)?);
    }
    Ok((entries, new))
}

fn copy_whole(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    let part = to.with_extension("part");
    fs::copy(from, &part).with_context(|| format!("cannot copy {}", from.display()))?;
    File::open(&part)?.sync_all()?;
    Ok(fs::rename(part, to)?)
}

/// Files below a folder, as paths relative to it, in order; files that are still being written are left out.
pub(crate) fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(part) = open.pop() {
        if !folder.join(&part).exists() {
            continue;
        }
        for entry in fs::read_dir(folder.join(&part))? {
            let entry = entry?;
            let path = part.join(entry.file_name());
            let half = entry.file_name().to_string_lossy().contains('#');
            match entry.file_type()? {
                kind if kind.is_dir() => open.push(path),
                kind if kind.is_file() && !half => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn entry(folder: &Path, path: &str) -> anyhow::Result<Entry> {
    let (bytes, sha256) = measured(&folder.join(path))?;
    Ok(Entry { path: path.to_owned(), bytes, sha256 })
}

/// Length and SHA-256 of a file.
pub(crate) fn measured(path: &Path) -> anyhow::Result<(u64, String)> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut hash = Hashing(Sha256::new());
    let bytes = io::copy(&mut file, &mut hash)?;
    Ok((bytes, ecom_vault::to_hex(&hash.0.finalize())))
}

/// A hash as a place to write to.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
