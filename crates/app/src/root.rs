//! The root key at start: read from its source, made at a first start, and a replacement ended that a death cut short.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use ecom_store::{Db, Keys, RootFit};
use ecom_vault::{RootKey, RootKeyError, RootSource, SystemEntropy};

/// The root key of a key database. A new file is made only when no key was ever wrapped: otherwise the old one must
/// be found.
pub(crate) async fn open(source: RootSource, keys: &Db) -> anyhow::Result<RootKey> {
    let RootSource::File(path) = &source else { return load(source).await };
    if path.exists() {
        return file(path, keys).await;
    }
    if !Keys::is_new(keys).await? {
        bail!(
            "the root key {} is missing; without it the archived files cannot be opened. \
             Put back the key file from where you keep it, or name its place with --root-key",
            path.display()
        );
    }
    RootKey::create_file(&mut SystemEntropy, path).with_context(|| named(&source))
}

/// Reads a root key from its source; a command may take its time.
pub(crate) async fn load(source: RootSource) -> anyhow::Result<RootKey> {
    let name = named(&source);
    let loading = tokio::task::spawn_blocking(move || source.load());
    let loaded = loading.await.context("reading the root key stopped unexpectedly")?;
    match loaded {
        // What was read says nothing of where it came from; the other errors name that themselves.
        Err(error @ (RootKeyError::Content | RootKeyError::Weak)) => Err(error).context(name),
        loaded => Ok(loaded?),
    }
}

/// The key of a file; of the one that was to take its place, if a process died after the keys were wrapped with that
/// one and before it took the place.
async fn file(path: &Path, keys: &Db) -> anyhow::Result<RootKey> {
    let root = load(RootSource::File(path.to_owned())).await?;
    if matches!(Keys::fit(keys, &root).await?, RootFit::New | RootFit::Current) {
        return Ok(root);
    }
    match successor(path, keys).await? {
        Some(next) => {
            let kept = replace(path, &root)?;
            tracing::info!(kept = %kept.display(), "ended a replacement of the root key that was cut short");
            Ok(next)
        }
        // Refused when the key database is opened with it, with words that fit.
        None => Ok(root),
    }
}

/// The key that is to take the place of a file's, if it is the one in use.
pub(crate) async fn successor(path: &Path, keys: &Db) -> anyhow::Result<Option<RootKey>> {
    let next = next(path);
    if !next.exists() {
        return Ok(None);
    }
    // One that was cut off while it was written never came into use.
    let Ok(key) = RootKey::read_file(&next) else { return Ok(None) };
    Ok((Keys::fit(keys, &key).await? == RootFit::Current).then_some(key))
}

/// A key to take the place of a file's: one that an earlier try left and that was never used, or a new one.
pub(crate) async fn prepare(path: &Path, keys: &Db) -> anyhow::Result<RootKey> {
    let next = next(path);
    if next.exists() {
        if let Ok(key) = RootKey::read_file(&next)
            && Keys::fit(keys, &key).await? == RootFit::Unknown
        {
            return Ok(key);
        }
        std::fs::remove_file(&next).with_context(|| format!("cannot remove {}", next.display()))?;
    }
    RootKey::create_file(&mut SystemEntropy, &next).context("the new root key")
}

/// Lets the prepared key take the place of a file's, which is kept under another name; gives that name.
pub(crate) fn replace(path: &Path, old: &RootKey) -> anyhow::Result<PathBuf> {
    let id = old.id().to_string();
    let kept = beside(path, &format!(".old-{}", id.get(..8).unwrap_or(&id)));
    RootKey::replace_file(&next(path), path, &kept)?;
    Ok(kept)
}

/// Where the key stands that is to take a file's place.
fn next(path: &Path) -> PathBuf {
    beside(path, ".next")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn named(source: &RootSource) -> String {
    match source {
        RootSource::File(path) => format!("the root key {}", path.display()),
        other => other.to_string(),
    }
}
