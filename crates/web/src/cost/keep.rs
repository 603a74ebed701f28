//! An uploaded sheet between its preview and the answer: a file in the spool folder, named by business, person and a
//! random id, so that nobody else reaches it. A person has one at a time; the worker sweeps out what is forgotten
//! for a day.

use std::{
    io,
    path::{Path, PathBuf},
};

use ecom_store::{PersonId, TenantId};

use crate::{
    fault::{Fault, Page},
    random,
    seat::{Manager, Seat},
};

/// Letters of an id.
const ID_CHARS: usize = 32;

/// Where the sheets of one person are.
pub(super) struct Shelf<'p> {
    spool: &'p Path,
    tenant: TenantId,
    person: PersonId,
}

/// A sheet as it was sent.
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl<'p> Shelf<'p> {
    pub(super) fn of(spool: &'p Path, seat: &Seat<Manager>) -> Self {
        Self { spool, tenant: seat.tenant(), person: seat.person() }
    }

    fn prefix(&self) -> String {
        format!("costs-{}-{}-", self.tenant, self.person)
    }

    fn path(&self, id: &str) -> Page<PathBuf> {
        let plain = id.len() == ID_CHARS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if plain { Ok(self.spool.join(self.prefix() + id)) } else { Err(Fault::Missing) }
    }

    /// Keeps a sheet instead of the one before it, and gives its id.
    pub(super) async fn put(&self, sheet: &Kept) -> Page<String> {
        let mut entries = tokio::fs::read_dir(self.spool).await?;
        while let Some(entry) = entries.next_entry().await? {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&self.prefix())) {
                gone(tokio::fs::remove_file(entry.path()).await)?;
            }
        }
        let id = random::name()?;
        // A name of a file holds no line break: see `Kept::named`.
        let bytes = [sheet.name.as_bytes(), b"\n", &sheet.bytes].concat();
        tokio::fs::write(self.path(&id)?, bytes).await?;
        Ok(id)
    }

    /// A kept sheet; missing once it was answered, replaced or swept out.
    pub(super) async fn get(&self, id: &str) -> Page<Kept> {
        let bytes = match tokio::fs::read(self.path(id)?).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Fault::Missing),
            other => other?,
        };
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let name = String::from_utf8_lossy(&bytes[..end]).into_owned();
        Ok(Kept { name, bytes: bytes.get(end + 1..).unwrap_or_default().to_vec() })
    }

    /// Throws a sheet away that is there.
    pub(super) async fn discard(&self, id: &str) -> Page<()> {
        match tokio::fs::remove_file(self.path(id)?).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::Missing),
            other => Ok(other?),
        }
    }

    /// Forgets a sheet that was taken over.
    pub(super) async fn remove(&self, id: &str) -> Page<()> {
        gone(tokio::fs::remove_file(self.path(id)?).await)
    }
}

impl Kept {
    /// The last part of a path, as some browsers send one, without control characters.
    pub(super) fn named(sent: &str, bytes: Vec<u8>) -> Self {
        const MOST: usize = 200;
        let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = last.chars().filter(|letter| !letter.is_control()).take(MOST).collect();
        Self { name, bytes }
    }
}

/// What is gone already need not be removed.
fn gone(removed: io::Result<()>) -> Page<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => Ok(other?),
    }
}
