//! A business with a worker, and made-up settlement files for it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::{io::Write, path::PathBuf, sync::Arc};

use ecom_ledger::settlement::Options;
use ecom_simulator::{Catalogue, Extra, Plan, write_v2};
use ecom_store::{
    Archive, Filter, Importer, NewUpload, PersonId, SellerAccountId, TenantId, UploadId, UploadView,
};
use ecom_testkit::World;
use ecom_work::{Bell, Live, Stop, Worker};
use tokio::sync::watch;

pub struct Shop {
    pub worker: Worker,
    /// Who runs it.
    pub person: PersonId,
    pub tenant: TenantId,
    pub account: SellerAccountId,
    /// Where the originals of its files are.
    pub archive: PathBuf,
    pub stop: Stop,
    _keep: watch::Sender<bool>,
}

pub async fn shop(world: &World) -> Shop {
    let (person, tenant) = world.business("kurta-house").await;
    let keys = world.keys().await;
    keys.create(tenant, world.now()).await.unwrap();
    let mut tx = world.db.write().await.unwrap();
    let account = tx.scoped(tenant).await.unwrap().add_seller_account("Amazon.in", 1).await.unwrap();
    tx.commit().await.unwrap();
    let archive = Archive::local(&world.folder().join("archive")).unwrap();
    let spool = world.folder().join("spool");
    std::fs::create_dir_all(&spool).unwrap();
    let worker = Worker {
        importer: Importer { db: world.db.clone(), archive, options: Options::new().unwrap() },
        keys,
        spool,
        clock: Arc::new(world.clock.clone()),
        bell: Bell::default(),
        live: Live::default(),
        mail: ecom_work::mail::Mail::default(),
    };
    let (keep, stop) = watch::channel(false);
    let archive = world.folder().join("archive").join(tenant.to_string());
    Shop { worker, person, tenant, account, archive, stop, _keep: keep }
}

/// Large enough for several frames of the archive from some 8,000 rows on.
pub fn settlement(number: u64, rows: u64) -> Vec<u8> {
    settlement_with(number, rows, Vec::new())
}

pub fn settlement_with(number: u64, rows: u64, extra: Vec<Extra>) -> Vec<u8> {
    let start = 1_790_000_000;
    let plan = Plan {
        seed: number,
        id: 26_000_000_000 + number,
        start,
        end: start + 14 * 86_400,
        rows,
        previous_reserve: 0,
        current_reserve: 0,
        extra,
    };
    let mut out = Vec::new();
    write_v2(&plan, &Catalogue::new(7, 40), &mut out).unwrap();
    out
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

impl Shop {
    pub fn spooled(&self, spool: &str) -> PathBuf {
        self.worker.spool.join(spool)
    }

    pub async fn send(&self, name: &str, bytes: &[u8]) -> UploadId {
        let spool = format!("spooled {name}");
        std::fs::write(self.spooled(&spool), bytes).unwrap();
        let bytes = i64::try_from(bytes.len()).unwrap();
        let new = NewUpload { seller_account: self.account, name, spool: &spool, bytes };
        let mut tx = self.worker.importer.db.write().await.unwrap();
        let id = tx
            .scoped(self.tenant)
            .await
            .unwrap()
            .add_upload(&new, self.worker.clock.now().as_microsecond())
            .await;
        tx.commit().await.unwrap();
        id.unwrap()
    }

    pub async fn upload(&self, id: UploadId) -> UploadView {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().upload(id).await.unwrap().unwrap()
    }

    pub async fn imported(&self, name: &str, bytes: &[u8]) -> UploadView {
        let id = self.send(name, bytes).await;
        self.worker.run_due(&self.stop).await.unwrap();
        self.upload(id).await
    }

    pub async fn settlements(&self) -> usize {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        let all = Filter::days(i32::MIN, i32::MAX);
        tx.scoped(self.tenant).await.unwrap().settlements(&all).await.unwrap().len()
    }
}
