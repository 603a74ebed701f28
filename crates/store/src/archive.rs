//! The archive: every original as Amazon made it, in frames of about 1 MiB cut at a line end, each compressed,
//! then sealed with the tenant's key. A table holds where each frame begins, so explaining one line opens one frame.

mod reseal;

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use ecom_vault::{ArchiveKey, Frame, SystemEntropy};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::{
    ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path as Location,
};
use tokio::sync::mpsc;

use crate::{
    bulk::{self, Column},
    error::{Result, StoreError},
    ids::{FileId, TenantId},
    tx::{Scoped, fetch_all, fetch_optional},
};

/// Aim of a frame's size before compression.
const FRAME_BYTES: usize = 1 << 20;
/// zstd's level: fast; settlement files shrink about tenfold at any level.
const LEVEL: i32 = 1;
/// Sealed frames that wait for the object store.
const FRAMES_AHEAD: usize = 4;
/// Most bytes one frame may unpack to. A line longer than a block is refused by the readers before.
const MOST_FRAME_BYTES: usize = 8 << 20;

pub use reseal::{Replaced, Resealed};

/// Where originals are kept.
#[derive(Clone)]
pub struct Archive {
    objects: Arc<dyn ObjectStore>,
    /// Where they are files.
    folder: PathBuf,
}

/// Name of one archived original: random, so that two imports never share an object.
pub(crate) type ArchiveId = [u8; 16];

/// Where a frame stands in its object, and which line it begins with.
pub(crate) struct Placed {
    pub(crate) first_line: i64,
    pub(crate) start: i64,
    pub(crate) length: i64,
}

struct Sealed {
    first_line: i64,
    bytes: Vec<u8>,
}

impl Archive {
    /// An archive in a local folder, made if missing.
    pub fn local(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            objects: Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true)),
            folder: folder.to_owned(),
        })
    }

    /// Keeps an original; nothing is there until the whole of it is.
    pub(crate) async fn put(
        &self,
        tenant: TenantId,
        id: ArchiveId,
        key: ArchiveKey,
        original: Box<dyn Read + Send>,
    ) -> Result<Vec<Placed>> {
        let (out, mut frames) = mpsc::channel(FRAMES_AHEAD);
        let sealing = tokio::task::spawn_blocking(move || seal(original, id, &key, &out));
        let mut upload = WriteMultipart::new(self.objects.put_multipart(&location(tenant, id)).await?);
        let (mut placed, mut start) = (Vec::new(), 0);
        while let Some(Sealed { first_line, bytes }) = frames.recv().await {
            let length = i64::try_from(bytes.len()).map_err(|_| StoreError::Corrupt("archive"))?;
            placed.push(Placed { first_line, start, length });
            start += length;
            upload.write(&bytes);
            upload.wait_for_capacity(FRAMES_AHEAD).await?;
        }
        match sealing.await.map_err(|_| StoreError::Setup("sealing stopped unexpectedly".to_owned()))? {
            Ok(()) => upload.finish().await.map(drop)?,
            Err(error) => {
                upload.abort().await?;
                return Err(error);
            }
        }
        Ok(placed)
    }

    /// Removes originals of a tenant that no file of its books needs and that are older than an instant: an import
    /// that was killed leaves them. Gives their number.
    pub async fn sweep(&self, books: &mut Scoped<'_>, before: Timestamp) -> Result<usize> {
        let needed = books.archives().await?;
        let tenant = books.tenant();
        let mut objects = self.objects.list(Some(&Location::from(tenant.to_string())));
        let mut stray = Vec::new();
        while let Some(object) = objects.try_next().await? {
            let old = object.last_modified.timestamp() < before.as_second();
            if old && !needed.iter().any(|id| location(tenant, *id) == object.location) {
                stray.push(object.location);
            }
        }
        for location in &stray {
            self.objects.delete(location).await?;
        }
        Ok(stray.len() + self.sweep_unfinished(tenant, before).await?)
    }

    /// Removes what was being written when a process was killed: files named `<original>#<number>`, which the object
    /// store's own listing leaves out.
    async fn sweep_unfinished(&self, tenant: TenantId, before: Timestamp) -> Result<usize> {
        let mut entries = match tokio::fs::read_dir(self.folder.join(tenant.to_string())).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            opened => opened?,
        };
        let mut removed = 0;
        while let Some(entry) = entries.next_entry().await? {
            let unfinished = entry.file_name().to_str().is_some_and(|name| name.contains('#'));
            let written = Timestamp::try_from(entry.metadata().await?.modified()?);
            if unfinished && written.is_ok_and(|written| written < before) {
                tokio::fs::remove_file(entry.path()).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Tenants of whom there are originals.
    pub async fn owners(&self) -> Result<Vec<TenantId>> {
        let listed = self.objects.list_with_delimiter(None).await?;
        let number = |folder: &Location| folder.filename()?.parse().ok().map(TenantId);
        Ok(listed.common_prefixes.iter().filter_map(number).collect())
    }

    /// Removes every original of a tenant, also half-written ones.
    pub(crate) async fn remove_all(&self, tenant: TenantId) -> Result<()> {
        let mut objects = self.objects.list(Some(&Location::from(tenant.to_string())));
        while let Some(object) = objects.try_next().await? {
            self.objects.delete(&object.location).await?;
        }
        self.sweep_unfinished(tenant, Timestamp::MAX).await.map(drop)
    }

    /// Forgets an original; one that is not there is no error.
    pub(crate) async fn delete(&self, tenant: TenantId, id: ArchiveId) -> Result<()> {
        match self.objects.delete(&location(tenant, id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lines of an original (numbered from 1) exactly as Amazon wrote them; `None` for a line it does not have.
    pub async fn original_lines(
        &self,
        key: &ArchiveKey,
        books: &mut Scoped<'_>,
        file: FileId,
        lines: &[i64],
    ) -> Result<Vec<Option<String>>> {
        let Some(index) = books.archive_index(file).await? else {
            return Err(StoreError::Missing("file"));
        };
        let mut found = vec![None; lines.len()];
        let mut frames: Vec<usize> = lines.iter().filter_map(|line| index.frame_of(*line)).collect();
        frames.sort_unstable();
        frames.dedup();
        for frame in frames {
            let text = self.frame(key, books.tenant(), &index, frame).await?;
            let first = index.frames[frame].first_line;
            let wanted =
                lines.iter().zip(&mut found).filter(|(line, _)| index.frame_of(**line) == Some(frame));
            for (line, found) in wanted {
                let at = usize::try_from(line - first).unwrap_or(usize::MAX);
                *found = text.split(|byte| *byte == b'\n').nth(at).map(|raw| index.decode(raw));
            }
        }
        Ok(found)
    }

    async fn frame(&self, key: &ArchiveKey, tenant: TenantId, index: &Index, at: usize) -> Result<Vec<u8>> {
        let sealed = self.sealed_frame(tenant, index, at).await.map_err(|error| match error {
            // Sealed anew under another name since the place was read: the next look finds it there.
            StoreError::Object(object_store::Error::NotFound { .. }) if key.is_rotating() => StoreError::Busy,
            other => other,
        })?;
        let number = u32::try_from(at).map_err(|_| StoreError::Corrupt("archive_frame"))?;
        let frame = Frame { archive: &index.archive, number, last: at + 1 == index.frames.len() };
        let packed = key.open_frame(&frame, &sealed)?;
        Ok(zstd::bulk::decompress(&packed, MOST_FRAME_BYTES)?)
    }

    async fn sealed_frame(&self, tenant: TenantId, index: &Index, at: usize) -> Result<Vec<u8>> {
        let placed = index.frames.get(at).ok_or(StoreError::Corrupt("archive_frame"))?;
        let place = |value: i64| u64::try_from(value).map_err(|_| StoreError::Corrupt("archive_frame"));
        let range = place(placed.start)?..place(placed.start + placed.length)?;
        Ok(self.objects.get_range(&location(tenant, index.archive), range).await?.into())
    }
}

fn location(tenant: TenantId, id: ArchiveId) -> Location {
    Location::from(format!("{tenant}/{}", ecom_vault::to_hex(&id)))
}

/// Cuts, compresses and seals; the last frame is marked, so the next is read before one is sealed.
fn seal(
    mut original: Box<dyn Read + Send>,
    id: ArchiveId,
    key: &ArchiveKey,
    out: &mpsc::Sender<Sealed>,
) -> Result<()> {
    let mut packer = zstd::bulk::Compressor::new(LEVEL)?;
    let (mut carry, mut number, mut first_line) = (Vec::new(), 0_u32, 1_i64);
    loop {
        let (text, rest, last) = next_frame(&mut original, carry)?;
        carry = rest;
        let lines = i64::try_from(memchr::memchr_iter(b'\n', &text).count()).unwrap_or(i64::MAX);
        let packed = packer.compress(&text)?;
        let frame = Frame { archive: &id, number, last };
        let bytes = key.seal_frame(&mut SystemEntropy, &frame, &packed)?;
        if out.blocking_send(Sealed { first_line, bytes }).is_err() {
            return Ok(());
        }
        if last {
            return Ok(());
        }
        number += 1;
        first_line += lines;
    }
}

/// Reads on until a frame is full; gives the frame up to its last line end, what follows, and whether it ended.
fn next_frame(mut original: &mut dyn Read, mut text: Vec<u8>) -> Result<(Vec<u8>, Vec<u8>, bool)> {
    loop {
        let wanted = FRAME_BYTES.saturating_sub(text.len()).max(FRAME_BYTES / 4) as u64;
        let read = Read::take(&mut original, wanted).read_to_end(&mut text)? as u64;
        if read < wanted {
            return Ok((text, Vec::new(), true));
        }
        let cut = text.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        // A line that fills a whole frame cannot be cut at its end: XML may stand on one line.
        let cut = cut.or((text.len() > MOST_FRAME_BYTES / 2).then_some(text.len()));
        if let Some(cut) = cut {
            let rest = text.split_off(cut);
            return Ok((text, rest, false));
        }
    }
}

/// Where the frames of a file stand.
pub(crate) struct Index {
    archive: ArchiveId,
    encoding: String,
    frames: Vec<Placed>,
}

impl Index {
    fn frame_of(&self, line: i64) -> Option<usize> {
        self.frames.partition_point(|frame| frame.first_line <= line).checked_sub(1)
    }

    fn decode(&self, raw: &[u8]) -> String {
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let encoding =
            encoding_rs::Encoding::for_label(self.encoding.as_bytes()).unwrap_or(encoding_rs::UTF_8);
        encoding.decode_with_bom_removal(raw).0.into_owned()
    }
}

impl Scoped<'_> {
    pub(crate) async fn put_frames(&mut self, file: FileId, frames: &[Placed]) -> Result<()> {
        let same = |value: i64| Column::Int(vec![value; frames.len()]);
        let each = |value: fn(&Placed) -> i64| Column::Int(frames.iter().map(value).collect());
        let numbers = (0_i64..).take(frames.len()).collect();
        let columns = [
            ("tenant_id", same(self.tenant.0)),
            ("file", same(file.0)),
            ("frame", Column::Int(numbers)),
            ("first_line", each(|frame| frame.first_line)),
            ("start", each(|frame| frame.start)),
            ("length", each(|frame| frame.length)),
        ];
        bulk::insert(self.tx, "archive_frame", &columns).await
    }

    /// The originals that files need, withdrawn ones too.
    async fn archives(&mut self) -> Result<Vec<ArchiveId>> {
        let rows = fetch_all!(
            (Vec<u8>,),
            self.tx,
            "select archive_id from file where tenant_id = $1",
            self.tenant.0
        )?;
        rows.into_iter().map(|(id,)| id.try_into().map_err(|_| StoreError::Corrupt("file"))).collect()
    }

    /// Where the originals of the business stand, as paths below the archive.
    pub async fn archived_paths(&mut self) -> Result<Vec<String>> {
        let (tenant, needed) = (self.tenant, self.archives().await?);
        Ok(needed.into_iter().map(|id| location(tenant, id).to_string()).collect())
    }

    async fn archive_index(&mut self, file: FileId) -> Result<Option<Index>> {
        let head = fetch_optional!(
            (Vec<u8>, String),
            self.tx,
            "select archive_id, encoding from file where tenant_id = $1 and id = $2",
            self.tenant.0,
            file.0,
        )?;
        let Some((archive, encoding)) = head else { return Ok(None) };
        let frames = fetch_all!(
            (i64, i64, i64),
            self.tx,
            "select first_line, start, length from archive_frame where tenant_id = $1 and file = $2 order by frame",
            self.tenant.0,
            file.0,
        )?;
        let placed = |(first_line, start, length)| Placed { first_line, start, length };
        let archive = archive.try_into().map_err(|_| StoreError::Corrupt("file"))?;
        Ok(Some(Index { archive, encoding, frames: frames.into_iter().map(placed).collect() }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn frames_end_at_line_ends_and_lose_nothing(lines in 0_usize..60_000, width in 1_usize..90, ended in any::<bool>()) {
            let mut text = format!("{}\n", "x".repeat(width)).repeat(lines).into_bytes();
            if !ended {
                text.extend_from_slice(b"tail");
            }
            let (mut reader, mut carry, mut all, mut done) = (text.as_slice(), Vec::new(), Vec::new(), false);
            while !done {
                let (frame, rest, last) = next_frame(&mut reader, carry).unwrap();
                prop_assert!(last || frame.ends_with(b"\n"));
                all.extend_from_slice(&frame);
                (carry, done) = (rest, last);
            }
            prop_assert_eq!(all, text);
        }
    }
}
