//! An original sealed anew: a further object under a new name, frame by frame, then one transaction that leads to it.
//!
//! Frames keep their places, since sealing adds as many bytes under every key. The address is made anew on the way, and
//! checked against the old one: what is sealed anew is what was imported.

use std::sync::Arc;

use ecom_vault::{ArchiveKey, Entropy, Fingerprint, Fingerprinter, Frame, KeyRing, SystemEntropy};
use object_store::{ObjectStoreExt, WriteMultipart};

use super::{Archive, ArchiveId, FRAMES_AHEAD, Index, MOST_FRAME_BYTES, location};
use crate::{
    db::Db,
    error::{Result, StoreError},
    ids::{FileId, TenantId},
    import::Progress,
    tx::{Scoped, exec, fetch_optional},
};

/// What became of an original.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resealed {
    /// It was fresh already, or another process was quicker.
    Fresh,
    /// It stands under another name; the old object may go once nobody reads it any more.
    Replaced(Replaced),
}

/// An object that no file needs any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replaced {
    tenant: TenantId,
    id: ArchiveId,
}

struct Stale {
    index: Index,
    fingerprint: Vec<u8>,
    generation: i64,
}

/// One hasher for the address as it was, one for the new one.
struct Addresses {
    old: Fingerprinter,
    new: Fingerprinter,
}

impl Archive {
    /// Seals a file's original with the newest key of a ring. An error changes nothing.
    pub async fn reseal(
        &self,
        db: &Db,
        ring: &KeyRing,
        file: FileId,
        progress: &Progress,
    ) -> Result<Resealed> {
        let tenant = TenantId(ring.tenant());
        let stale = db.read().await?.scoped(tenant).await?.stale(file, ring.generation()).await?;
        let Some(stale) = stale else { return Ok(Resealed::Fresh) };
        let mut id: ArchiveId = [0; 16];
        SystemEntropy.fill(&mut id).map_err(|error| StoreError::Setup(error.to_string()))?;
        let address = self.copy(tenant, ring, &stale, id, progress).await?;
        let mut tx = db.write().await?;
        let mut books = tx.scoped(tenant).await?;
        books.lock().await?;
        let led = books.lead(file, stale.index.archive, id, &address, ring.generation()).await;
        match led {
            Ok(true) => {
                // Of a commit without an answer nobody knows whether it holds: both objects stay, and the one that
                // nothing needs is swept later.
                tx.commit().await?;
                Ok(Resealed::Replaced(Replaced { tenant, id: stale.index.archive }))
            }
            other => {
                drop(tx);
                self.delete(tenant, id).await?;
                other.map(|_| Resealed::Fresh)
            }
        }
    }

    /// Deletes an object that was replaced.
    pub async fn forget(&self, replaced: Replaced) -> Result<()> {
        self.delete(replaced.tenant, replaced.id).await
    }

    /// Writes the new object and gives its address; nothing is there until the whole of it is.
    async fn copy(
        &self,
        tenant: TenantId,
        ring: &KeyRing,
        stale: &Stale,
        id: ArchiveId,
        progress: &Progress,
    ) -> Result<Fingerprint> {
        let keys = Arc::new(ring.archive());
        let mut addresses = Addresses::begin(ring, stale.generation)?;
        let mut upload = WriteMultipart::new(self.objects.put_multipart(&location(tenant, id)).await?);
        for at in 0..stale.index.frames.len() {
            let done = self.copy_frame(tenant, &keys, stale, (at, id), addresses).await;
            let (sealed, read, next) = match done {
                Ok(done) => done,
                Err(error) => {
                    upload.abort().await?;
                    return Err(error);
                }
            };
            addresses = next;
            upload.write(&sealed);
            upload.wait_for_capacity(FRAMES_AHEAD).await?;
            progress.fetch_add(read, std::sync::atomic::Ordering::Relaxed);
        }
        if addresses.old.finish().as_bytes().as_slice() != stale.fingerprint {
            upload.abort().await?;
            return Err(StoreError::Corrupt("archive"));
        }
        upload.finish().await?;
        Ok(addresses.new.finish())
    }

    async fn copy_frame(
        &self,
        tenant: TenantId,
        keys: &Arc<ArchiveKey>,
        stale: &Stale,
        (at, id): (usize, ArchiveId),
        mut addresses: Addresses,
    ) -> Result<(Vec<u8>, u64, Addresses)> {
        let sealed = self.sealed_frame(tenant, &stale.index, at).await?;
        let number = u32::try_from(at).map_err(|_| StoreError::Corrupt("archive_frame"))?;
        let last = at + 1 == stale.index.frames.len();
        let (keys, from) = (Arc::clone(keys), stale.index.archive);
        let copied = tokio::task::spawn_blocking(move || {
            let packed = keys.open_frame(&Frame { archive: &from, number, last }, &sealed)?;
            let text = zstd::bulk::decompress(&packed, MOST_FRAME_BYTES)?;
            addresses.old.update(&text);
            addresses.new.update(&text);
            let frame = Frame { archive: &id, number, last };
            let anew = keys.seal_frame(&mut SystemEntropy, &frame, &packed)?;
            if anew.len() == sealed.len() {
                Ok((anew, text.len() as u64, addresses))
            } else {
                Err(StoreError::Corrupt("archive_frame"))
            }
        });
        copied.await.map_err(|_| StoreError::Setup("sealing stopped unexpectedly".to_owned()))?
    }
}

impl Addresses {
    fn begin(ring: &KeyRing, generation: i64) -> Result<Self> {
        let mut hashers = ring.hashers();
        let old = hashers.iter().position(|(at, _)| *at == generation);
        let old = hashers.swap_remove(old.ok_or(StoreError::Missing("key of the original"))?).1;
        let new = ring.fingerprint().hasher();
        Ok(Self { old, new })
    }
}

impl Scoped<'_> {
    /// A file whose original is sealed with a generation before one.
    async fn stale(&mut self, file: FileId, before: i64) -> Result<Option<Stale>> {
        let row = fetch_optional!(
            (Vec<u8>, i64),
            self.tx,
            "select fingerprint, key_generation from file
             where tenant_id = $1 and id = $2 and key_generation < $3",
            self.tenant.0,
            file.0,
            before,
        )?;
        let Some((fingerprint, generation)) = row else { return Ok(None) };
        let index = self.archive_index(file).await?;
        Ok(index.map(|index| Stale { index, fingerprint, generation }))
    }

    /// Leads a file to another object; false if it leads elsewhere than it did.
    async fn lead(
        &mut self,
        file: FileId,
        from: ArchiveId,
        to: ArchiveId,
        address: &Fingerprint,
        generation: i64,
    ) -> Result<bool> {
        let changed = exec!(
            self.tx,
            "update file set archive_id = $4, fingerprint = $5, key_generation = $6
             where tenant_id = $1 and id = $2 and archive_id = $3",
            self.tenant.0,
            file.0,
            from.as_slice(),
            to.as_slice(),
            address.as_bytes().as_slice(),
            generation,
        )?;
        Ok(changed == 1)
    }
}
