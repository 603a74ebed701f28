//! A business with an account at Amazon, an importer, and made-up settlement files.
#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc, unreachable_pub)]

pub mod trace;

use std::{io::Read, sync::Arc};

use ecom_ledger::{settlement::Options, statement::Statement};
use ecom_simulator::{Catalogue, Extra, Plan, write_v2};
use ecom_store::{
    Archive, Filter, ImportResult, Importer, Incoming, LineFilter, Opener, Outcome, Progress,
    SellerAccountId, SettlementKey, SettlementState, TenantId,
};
use ecom_testkit::World;
use ecom_vault::KeyRing;

/// 21 September 2026.
const START_S: i64 = 1_790_000_000;
const DAY_S: i64 = 86_400;

pub struct Shop {
    pub importer: Importer,
    pub tenant: TenantId,
    pub key: KeyRing,
    pub account: SellerAccountId,
}

/// A plan of a two-week settlement; `turn` counts the fortnights.
pub fn plan(turn: i64, rows: u64) -> Plan {
    let number = u64::try_from(turn).unwrap();
    let start = START_S + turn * 14 * DAY_S;
    Plan {
        seed: 7 + number,
        id: 26_000_000_000 + number,
        start,
        end: start + 14 * DAY_S,
        rows,
        previous_reserve: 5000 * turn,
        current_reserve: 5000 * (turn + 1),
        extra: Vec::new(),
    }
}

pub fn file(plan: &Plan) -> Vec<u8> {
    let mut out = Vec::new();
    write_v2(plan, &catalogue(), &mut out).unwrap();
    out
}

pub fn catalogue() -> Catalogue {
    Catalogue::new(7, 40)
}

pub fn extra(label: [&str; 3], amount: i64) -> Extra {
    Extra { label: label.map(str::to_owned), sku: String::new(), amount }
}

pub fn always() -> Filter {
    Filter::days(i32::MIN, i32::MAX)
}

impl Shop {
    pub async fn new(world: &World, name: &str) -> Self {
        let (_, tenant) = world.business(name).await;
        let keys = world.keys().await;
        keys.create(tenant, world.now()).await.unwrap();
        let mut tx = world.db.write().await.unwrap();
        let account =
            tx.scoped(tenant).await.unwrap().add_seller_account("Amazon.in", world.now()).await.unwrap();
        tx.commit().await.unwrap();
        let archive = Archive::local(&world.folder().join("archive")).unwrap();
        let importer = Importer { db: world.db.clone(), archive, options: Options::new().unwrap() };
        Self { importer, tenant, key: keys.tenant(tenant).await.unwrap(), account }
    }

    pub fn incoming(&self, name: &str, bytes: Vec<u8>) -> Incoming {
        let bytes: Arc<[u8]> = bytes.into();
        let open: Opener =
            Arc::new(move || Ok(Box::new(std::io::Cursor::new(Arc::clone(&bytes))) as Box<dyn Read + Send>));
        Incoming {
            tenant: self.tenant,
            seller_account: self.account,
            upload: None,
            name: name.to_owned(),
            open,
            at: 5,
        }
    }

    pub async fn import(&self, name: &str, bytes: Vec<u8>) -> ImportResult {
        let file = self.incoming(name, bytes);
        self.importer.import(&self.key, &file, &Progress::default()).await.unwrap()
    }

    /// Imports a file that must be taken, and gives the key and state of its only settlement.
    pub async fn settle(&self, name: &str, plan: &Plan) -> (SettlementKey, SettlementState) {
        let result = self.import(name, file(plan)).await;
        let Outcome::Imported { settlements, .. } = &result.outcome else {
            unreachable!("{result:?}");
        };
        (settlements[0].key(), settlements[0].state().unwrap())
    }

    pub async fn statements(&self, filter: &Filter) -> Vec<Statement> {
        let mut tx = self.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().statements(filter).await.unwrap()
    }

    pub async fn total(&self) -> i64 {
        let statements = self.statements(&always()).await;
        statements.iter().map(|statement| statement.bridge().unwrap().total).sum()
    }

    pub async fn state(&self, key: SettlementKey) -> SettlementState {
        let mut tx = self.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().settlement(key).await.unwrap().unwrap().state
    }

    pub async fn lines(&self) -> usize {
        let all = LineFilter::of(always());
        let mut tx = self.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().lines(&all, None, usize::MAX >> 1).await.unwrap().len()
    }
}
