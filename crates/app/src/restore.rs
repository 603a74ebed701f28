//! `ecom restore`: brings a backup back into a new data folder, after looking at every file of it; then looks whether
//! the database is whole, the audit logs too, and the root key opens the keys.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use ecom_store::{AuditProof, Db, Keys};

use crate::{
    backup::{ARCHIVE, CONTENTS, Contents, FORMAT, measured},
    config::Place,
    root,
    site::make_folder,
};

#[derive(clap::Args)]
#[command(after_help = "Example:
  ecom restore --from /mnt/backup/books/20261125T101500Z --keys-from /mnt/other/keys/20261125T101500Z \\
    --data /srv/ecom/data --root-key /etc/ecom/root-key

The data folder must be new or empty. Then `ecom doctor` and `ecom serve` with the same --data and --root-key.")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// A copy of the database
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The copy of the keys
    #[arg(long, value_name = "DIR")]
    keys_from: PathBuf,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let place = &args.place;
    if !place.database().starts_with("sqlite:") || !place.keys_database().starts_with("sqlite:") {
        bail!("a backup is brought back into SQLite; for PostgreSQL see docs/running.md, Backup");
    }
    if place.data.exists() && fs::read_dir(&place.data)?.next().is_some() {
        bail!("{} is not empty; restore into a new folder, then exchange the two", place.data.display());
    }
    let (books, keys) = (contents(&args.from)?, contents(&args.keys_from)?);
    let shared = args.from.parent().map(|folder| folder.join(ARCHIVE)).unwrap_or_default();
    make_folder(&place.data)?;
    for entry in &books.files {
        let (from, to) = match entry.path.as_str() {
            "ecom.db" => (args.from.join("ecom.db"), place.data.join("ecom.db")),
            path => (shared.join(inside(path)?), place.archive().join(inside(path)?)),
        };
        bring(&from, &to, entry.bytes, &entry.sha256)?;
    }
    for entry in &keys.files {
        let path = inside(&entry.path)?;
        bring(&args.keys_from.join(path), &place.data.join(path), entry.bytes, &entry.sha256)?;
    }
    let ill = look(place).await?;
    for words in &ill {
        eprintln!("LOOK  {words}");
    }
    eprintln!(
        "the backup of {} is in {}: {} archived files{}",
        books.made_at,
        place.data.display(),
        books.files.len() - 1,
        if ill.is_empty() { ", and all is whole" } else { "" }
    );
    Ok(if ill.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn contents(folder: &Path) -> anyhow::Result<Contents> {
    let path = folder.join(CONTENTS);
    let file = File::open(&path).with_context(|| {
        format!(
            "{} is missing: this is no whole backup; name a folder such as 20261125T101500Z",
            path.display()
        )
    })?;
    let contents: Contents =
        serde_json::from_reader(file).with_context(|| format!("{} cannot be read", path.display()))?;
    if contents.format != FORMAT {
        bail!("this backup was made by a newer program ({}); use that one", contents.program);
    }
    Ok(contents)
}

/// A path of the list of contents stays inside its folder.
fn inside(path: &str) -> anyhow::Result<&Path> {
    let found = Path::new(path);
    let plain = found.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if plain { Ok(found) } else { bail!("the backup names a file outside of it: {path}") }
}

fn bring(from: &Path, to: &Path, bytes: u64, sha256: &str) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    // What was written is measured, not what was read: a bad disk shows here.
    let (found, hash) = measured(to)?;
    if (found, hash.as_str()) != (bytes, sha256) {
        bail!("{} is not what was backed up; the backup is damaged. Use another one", from.display());
    }
    Ok(File::open(to)?.sync_all()?)
}

/// What is wrong with what was brought back.
async fn look(place: &Place) -> anyhow::Result<Vec<String>> {
    let mut ill = Vec::new();
    let db = Db::open_existing(&place.database()).await?;
    ill.extend(db.faults().await?.into_iter().map(|words| format!("database: {words}")));
    let mut tx = db.read().await?;
    for tenant in tx.platform().tenants().await? {
        if let AuditProof::Broken { seq, .. } = tx.scoped(tenant).await?.verify_audit().await? {
            ill.push(format!("audit log of business {tenant}: broken at entry {seq}"));
        }
    }
    drop(tx);
    db.close().await;
    let keys = Db::open_existing(&place.keys_database()).await?;
    ill.extend(keys.faults().await?.into_iter().map(|words| format!("key database: {words}")));
    match root::load(place.root_source()?).await {
        Ok(root) => {
            if let Err(error) = Keys::check(&keys, &root).await {
                ill.push(format!("root key: {error}"));
            }
        }
        Err(error) => ill.push(format!("{error:#}; without it the archived files cannot be opened")),
    }
    keys.close().await;
    Ok(ill)
}
