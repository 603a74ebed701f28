//! Importing files: all of it or nothing, once, and the figures that come of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{io::Read, sync::Arc};

use ecom_ledger::{
    settlement::{self, Options},
    statement::Statement,
};
use ecom_simulator::{Catalogue, Plan, write_v2};
use ecom_store::*;
use ecom_vault::{RootKey, TenantKey};

struct World {
    importer: Importer,
    tenant: TenantId,
    key: TenantKey,
    account: SellerAccountId,
    _folder: tempfile::TempDir,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let (db, keys_db) = (Db::open(&url("ecom.db")).await.unwrap(), Db::open(&url("keys.db")).await.unwrap());
    migrate(&db, None).await.unwrap();
    migrate_keys(&keys_db, None).await.unwrap();
    let root = RootKey::create_file(&mut ecom_vault::SystemEntropy, &folder.path().join("root")).unwrap();
    let keys = Keys::open(keys_db, root).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let new = Registration {
        name: "A",
        email: "a@example.org",
        phone: "1",
        password_hash: "x",
        business: "B",
        billing_state: "29",
        gstin: None,
    };
    let (_, tenant) = tx.platform().register(&new, 1).await.unwrap();
    keys.create(tenant, 1).await.unwrap();
    let account = tx.scoped(tenant).await.unwrap().add_seller_account("Amazon.in", 1).await.unwrap();
    tx.commit().await.unwrap();
    let archive = Archive::local(&folder.path().join("archive")).unwrap();
    let importer = Importer { db, archive, options: Options::new().unwrap() };
    World { importer, tenant, key: keys.tenant(tenant).await.unwrap(), account, _folder: folder }
}

fn file(seed: u64, rows: u64) -> Vec<u8> {
    let start = 1_790_000_000;
    let plan = Plan {
        seed,
        id: 26_000_000_000 + seed,
        start,
        end: start + 14 * 86_400,
        rows,
        previous_reserve: 0,
        current_reserve: 5000,
        extra: Vec::new(),
    };
    let mut out = Vec::new();
    write_v2(&plan, &Catalogue::new(7, 40), &mut out).unwrap();
    out
}

impl World {
    fn incoming(&self, name: &str, bytes: Vec<u8>) -> Incoming {
        let bytes = Arc::new(bytes);
        let open: Opener =
            Arc::new(move || Ok(Box::new(std::io::Cursor::new(Vec::clone(&bytes))) as Box<dyn Read + Send>));
        Incoming {
            tenant: self.tenant,
            seller_account: self.account,
            upload: None,
            name: name.into(),
            open,
            at: 5,
        }
    }

    async fn import(&self, name: &str, bytes: Vec<u8>) -> ImportResult {
        self.importer.import(&self.key, &self.incoming(name, bytes), &Progress::default()).await.unwrap()
    }

    async fn statements(&self, filter: &Filter) -> Vec<Statement> {
        let mut tx = self.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().statements(filter).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_stored_is_what_the_reader_summed() {
    let world = world().await;
    let bytes = file(3, 3000);
    let report = settlement::read(bytes.as_slice(), &world.importer.options, &|_| ()).unwrap();
    let result = world.import("50001234567.txt", bytes.clone()).await;
    assert!(matches!(result.outcome, Outcome::Imported { lines: 3000, .. }), "{result:?}");
    let statement = world.statements(&Filter::days(i32::MIN, i32::MAX)).await.remove(0);
    assert_eq!(*statement.accounts, report.settlements[0].tally.accounts().unwrap());
    assert_eq!(statement.bridge().unwrap().total, report.settlements[0].head.total.unwrap());
    assert!(statement.units > 0 && statement.uncosted == statement.units);
    assert_eq!(world.import("50001234567.txt", bytes).await.outcome, Outcome::Same { file: 1 });
    let mut tx = world.importer.db.read().await.unwrap();
    let mut books = tx.scoped(world.tenant).await.unwrap();
    let all = LineFilter { filter: Filter::days(i32::MIN, i32::MAX), accounts: Vec::new(), sku: None };
    let (mut after, mut sum, mut count) = (None, 0, 0);
    loop {
        let page = books.lines(&all, after, 700).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor);
        sum += page.iter().map(|line| line.amount).sum::<i64>();
        count += page.iter().filter(|line| !line.estimated).count();
        let numbers: Vec<i64> = page.iter().map(|line| line.line).take(5).collect();
        let archive = &world.importer.archive;
        let originals =
            archive.original_lines(&world.key.archive(), &mut books, page[0].file, &numbers).await.unwrap();
        for (line, original) in page.iter().zip(originals) {
            let original = original.unwrap();
            assert!(
                original.contains(&line.label.description) && original.contains(&line.order_id),
                "{original}"
            );
        }
    }
    assert_eq!((sum, count), (report.settlements[0].tally.sum, 3000));
}
