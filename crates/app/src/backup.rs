//! `ecom backup`: a copy of the database as it is at one moment, of the keys apart from it, and of archived files.
//!
//! Archived files never change: they are kept once, beside the copies of the database, and only new ones are copied.
//! A copy that was cut off has another name and is never taken for a whole one. A copy that its keys would not open,
//! or whose archived files were replaced meanwhile, is none.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use ecom_store::{Db, TenantId};
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
#[derive(Clone, Serialize, Deserialize)]
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
    if one_within_the_other(&args.to, &args.keys_to) {
        bail!("one of --to and --keys-to lies within the other; keys must be kept apart from what they open");
    }
    make_folder(&args.to)?;
    make_folder(&args.keys_to)?;
    let now = SystemClock.now();
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (books, keys) = (Copy::begin(&args.to, &stamp)?, Copy::begin(&args.keys_to, &stamp)?);
    let (database, key_database) = (books.folder.join("ecom.db"), keys.folder.join("keys.db"));
    let before = generations(&place.keys_database()).await?;
    copy_database(&place.database(), &database).await?;
    // At once, so that whatever the copy holds is opened by what is copied here.
    copy_database(&place.keys_database(), &key_database).await?;
    if lacks(&generations(&sqlite(&key_database)).await?, &before) {
        bail!(
            "keys were replaced while they were copied, so no copy is kept; wait until `ecom keys list` shows no rotation under way, and run it again"
        );
    }
    let needed = archived(&sqlite(&database)).await?;
    let (files, new) = copy_archive(&place.archive(), &args.to.join(ARCHIVE))?;
    check_archive(&needed, &files)?;
    let count = files.len();
    let files = [vec![entry(&books.folder, "ecom.db")?], files].concat();
    let key_files = vec![entry(&keys.folder, "keys.db")?];
    let books = books.finish(&now.to_string(), files)?;
    let keys = keys.finish(&now.to_string(), key_files)?;
    eprintln!("database and {count} archived files ({new} new) are in {}", books.display());
    eprintln!("keys are in {}", keys.display());
    eprintln!("the root key is not copied: keep it elsewhere");
    Ok(ExitCode::SUCCESS)
}

fn one_within_the_other(one: &Path, other: &Path) -> bool {
    let (one, other) = (real(one), real(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// A path without links, as far as it is there already.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = path.ancestors().find_map(|there| {
        let rest = path.strip_prefix(there).ok()?;
        Some(there.canonicalize().ok()?.join(rest))
    });
    there.unwrap_or(path)
}

fn sqlite(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

async fn generations(url: &str) -> anyhow::Result<Vec<(TenantId, i64)>> {
    let db = Db::open_existing(url).await.with_context(|| format!("{url} cannot be opened"))?;
    let found = ecom_store::key_generations(&db).await.context("the keys cannot be read")?;
    db.close().await;
    Ok(found)
}

/// Whether a copy of the keys lacks one that was there when the database was copied.
fn lacks(copied: &[(TenantId, i64)], before: &[(TenantId, i64)]) -> bool {
    before.iter().any(|key| !copied.contains(key))
}

/// The archived files that a copy of the database needs, as paths below the archive.
async fn archived(url: &str) -> anyhow::Result<Vec<String>> {
    let db = Db::open_existing(url).await.with_context(|| format!("{url} cannot be opened"))?;
    let mut tx = db.read().await?;
    let mut needed = Vec::new();
    for tenant in tx.platform().tenants().await? {
        needed.extend(tx.scoped(tenant).await?.archived_paths().await?);
    }
    drop(tx);
    db.close().await;
    Ok(needed)
}

/// A rotation of keys replaces archived files: those that the copied database names must be among the copied ones.
fn check_archive(needed: &[String], copied: &[Entry]) -> anyhow::Result<()> {
    let copied: HashSet<&str> = copied.iter().map(|entry| entry.path.as_str()).collect();
    match needed.iter().find(|path| !copied.contains(path.as_str())) {
        None => Ok(()),
        Some(path) => bail!(
            "the database names an archived file that is not there, {path}, so no copy is kept. Were keys rotated meanwhile? Then run it again once that has ended. If this stays, the file is lost: look for it in an older backup"
        ),
    }
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
        Ok(self.done.clone())
    }
}

/// What is not finished is of no use, and keys must not lie about.
impl Drop for Copy {
    fn drop(&mut self) {
        if self.folder.exists()
            && let Err(error) = fs::remove_dir_all(&self.folder)
        {
            eprintln!("{} is half a copy, and cannot be removed: {error}", self.folder.display());
        }
    }
}

/// Copies archived files that are not there yet; gives all of them and the number of new ones.
fn copy_archive(from: &Path, to: &Path) -> anyhow::Result<(Vec<Entry>, usize)> {
    make_folder(to)?;
    let (mut entries, mut new) = (Vec::new(), 0);
    for path in files_below(from)? {
        let name = path.to_str().context("the name of an archived file is not UTF-8")?;
        let (source, target) = (from.join(&path), to.join(&path));
        let bytes = match source.metadata() {
            // A rotation of keys has just replaced it; whether it is needed shows afterwards.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            found => found?.len(),
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_keys_lacks_what_was_there_before_and_is_gone() {
        let [one, two, three] = [(TenantId(1), 1), (TenantId(1), 2), (TenantId(2), 1)];
        assert!(!lacks(&[one, three], &[one, three]));
        assert!(!lacks(&[one, two, three], &[one]), "more may have come: they open more");
        assert!(lacks(&[two, three], &[one, three]), "the older one was destroyed in between");
    }

    #[test]
    fn a_folder_within_another_is_found_through_links_and_before_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir(at("books")).unwrap();
        std::os::unix::fs::symlink(at("books"), at("link")).unwrap();
        for (one, other) in
            [("books", "books"), ("books", "books/keys"), ("link/a/b", "books"), ("new", "new/k")]
        {
            assert!(one_within_the_other(&at(one), &at(other)) && one_within_the_other(&at(other), &at(one)));
        }
        assert!(!one_within_the_other(&at("books"), &at("books2")));
        assert!(!one_within_the_other(&at("books"), &at("keys")));
    }
}
