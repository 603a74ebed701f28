//! `ecom keys rotate-root`: another root key, and every key wrapped anew with it, in one transaction.
//!
//! A new key file is on disk before anything is wrapped with it, and takes the old one's place afterwards. A death
//! before the commit leaves everything as it was; a death after it is made up for by whatever opens the keys next.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use ecom_store::{Keys, StoreError};
use ecom_vault::{RootKey, RootSource, SystemEntropy};
use ecom_work::{SystemClock, micros};

use crate::{
    config::{Place, variable},
    root,
    site::{self, Site, open_db},
};

/// How often clearing the log is tried while somebody reads.
const CLEARINGS: u32 = 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  ecom keys rotate-root
  ecom keys rotate-root --new-command 'vault kv get -field=key secret/ecom'

Stop `ecom serve` first. Without a flag the new key takes the place of the root key file. With one
of the flags it comes from there, and the server must be told so before it starts again.")]
pub(crate) struct Args {
    /// Take the new root key from this file; made if missing
    #[arg(long, value_name = "FILE", group = "new")]
    new_file: Option<PathBuf>,
    /// Take the new root key from this environment variable
    #[arg(long, value_name = "NAME", group = "new")]
    new_variable: Option<String>,
    /// Take the new root key from what this shell command writes
    #[arg(long, value_name = "COMMAND", group = "new")]
    new_command: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let _locks = alone(&args.place)?;
    let site = Site::open(&args.place).await?;
    let keys = open_db(&args.place.keys_database(), "the key database").await?;
    let (new, file) = match chosen(args).await? {
        Some(new) => (new, None),
        None => {
            let file = in_place(&args.place)?;
            (root::prepare(&file, &keys).await?, Some(file))
        }
    };
    keys.close().await;
    let (keys, count) = site.keys.rotate_root(new, micros(&SystemClock)).await?;
    eprintln!("keys wrapped with the new root key {}: {count}", keys.root());
    match &file {
        Some(file) => told_of_file(file)?,
        None => {
            eprintln!("Let `ecom serve` take the root key from there from now on (see `ecom help serve`).");
        }
    }
    clear_log(&keys).await?;
    site.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Nobody else may hold keys that the old root key opened: they could neither open nor wrap any afterwards.
fn alone(place: &Place) -> anyhow::Result<(File, File)> {
    site::make_folder(&place.data)?;
    let serving = File::create(place.data.join("serve.lock"))?;
    if serving.try_lock().is_err() {
        bail!("`ecom serve` works on {}; stop it first", place.data.display());
    }
    let working = site::work_lock(place)?;
    if working.try_lock().is_err() {
        bail!("another `ecom` command works on {}; let it end first", place.data.display());
    }
    Ok((serving, working))
}

async fn chosen(args: &Args) -> anyhow::Result<Option<RootKey>> {
    if let Some(path) = &args.new_file {
        if !path.exists() {
            return RootKey::create_file(&mut SystemEntropy, path).map(Some).context("the new root key");
        }
        return root::load(RootSource::File(path.clone())).await.map(Some);
    }
    if let Some(name) = &args.new_variable {
        let value = variable(name).with_context(|| format!("the variable {name} is not set"))?;
        return RootKey::from_bytes(value.as_bytes())
            .map(Some)
            .with_context(|| format!("the root key in {name}"));
    }
    match &args.new_command {
        Some(command) => root::load(RootSource::Command(command.clone())).await.map(Some),
        None => Ok(None),
    }
}

fn in_place(place: &Place) -> anyhow::Result<PathBuf> {
    match place.root_source()? {
        RootSource::File(path) => Ok(path),
        other => bail!(
            "{other} cannot be replaced by this program; make a new one there, and say where it is with --new-file, \
             --new-variable or --new-command"
        ),
    }
}

fn told_of_file(file: &Path) -> anyhow::Result<()> {
    let old = RootKey::read_file(file)?;
    let kept = root::replace(file, &old)?;
    eprintln!(
        "The new root key stands in {}: keep a copy of it elsewhere.\n\
         The old one is kept as {}. It opens only backups of the keys made before now; delete it with the last of them.",
        file.display(),
        kept.display()
    );
    Ok(())
}

/// Until the log is cleared, what the old root key opens is still on the disk.
async fn clear_log(keys: &Keys) -> anyhow::Result<()> {
    for _ in 0..CLEARINGS {
        match keys.clear_log().await {
            Err(StoreError::Busy) => tokio::time::sleep(Duration::from_millis(250)).await,
            cleared => return Ok(cleared?),
        }
    }
    bail!(
        "the new root key is in use, but somebody reads keys.db, so that its log could not be cleared; close it"
    )
}
