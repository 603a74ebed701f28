//! The job behind a tax setting: it posts what is there anew, and begins again after a death.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{io::Read, sync::Arc};

use ecom_ledger::{Account, settlement::Options};
use ecom_simulator::{Catalogue, Plan, write_v2};
use ecom_store::{
    Archive, Filter, Importer, Incoming, MarketplaceId, Opener, PersonId, Progress, SellerAccountId,
    SettlementKey, TAX_SETTING_JOB, TaxChoice, TenantId,
};
use ecom_testkit::{World, on_both};
use ecom_work::{Bell, Live, Worker, mail::Mail};
use jiff::SignedDuration;
use tokio::sync::watch;

struct Shop {
    worker: Worker,
    tenant: TenantId,
    owner: PersonId,
    account: SellerAccountId,
}

async fn shop(world: &World) -> Shop {
    let (owner, tenant) = world.business("kurta-house").await;
    let keys = world.keys().await;
    keys.create(tenant, world.now()).await.unwrap();
    let mut tx = world.db.write().await.unwrap();
    let account = tx.scoped(tenant).await.unwrap().add_seller_account("Amazon.in", 1).await.unwrap();
    tx.commit().await.unwrap();
    let archive = Archive::local(&world.folder().join("archive")).unwrap();
    let worker = Worker {
        importer: Importer { db: world.db.clone(), archive, options: Options::new().unwrap() },
        keys,
        spool: world.folder().join("spool"),
        clock: Arc::new(world.clock.clone()),
        bell: Bell::default(),
        live: Live::default(),
        mail: Mail::default(),
    };
    let shop = Shop { worker, tenant, owner, account };
    for number in 1..=3 {
        shop.import(number).await;
    }
    shop
}

impl Shop {
    async fn import(&self, number: i64) {
        let start = 1_790_000_000 + number * 14 * 86_400;
        let plan = Plan {
            seed: number.unsigned_abs(),
            id: 26_000_000_000 + number.unsigned_abs(),
            start,
            end: start + 14 * 86_400,
            rows: 200,
            previous_reserve: 0,
            current_reserve: 0,
            extra: Vec::new(),
        };
        let mut bytes = Vec::new();
        write_v2(&plan, &Catalogue::new(7, 40), &mut bytes).unwrap();
        let bytes: Arc<[u8]> = bytes.into();
        let open: Opener =
            Arc::new(move || Ok(Box::new(std::io::Cursor::new(Arc::clone(&bytes))) as Box<dyn Read + Send>));
        let (tenant, seller_account, name) = (self.tenant, self.account, format!("100{number}.txt"));
        let file = Incoming { tenant, seller_account, upload: None, name, open, at: 5 };
        let key = self.worker.keys.tenant(tenant).await.unwrap();
        self.worker.importer.import(&key, &file, &Progress::default()).await.unwrap();
    }

    async fn no_credit(&self) {
        let choice = TaxChoice { marketplace: MarketplaceId(0), from: i32::MIN, credit: false };
        let mut tx = self.worker.importer.db.write().await.unwrap();
        let now = self.worker.clock.now().as_microsecond();
        tx.scoped(self.tenant).await.unwrap().add_tax_setting(choice, self.owner, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn work(&self) {
        let (_keep, stop) = watch::channel(false);
        self.worker.run_due(&stop).await.unwrap();
    }

    /// GST that is a cost, by settlement.
    async fn cost(&self, settlement: i64) -> i64 {
        let filter = Filter::settlement(SettlementKey(settlement));
        let mut tx = self.worker.importer.db.read().await.unwrap();
        let found = tx.scoped(self.tenant).await.unwrap().statements(&filter).await.unwrap();
        found[0].turnover(Account::FeeGst).net()
    }

    async fn job(&self) -> ecom_store::JobView {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        tx.platform().jobs(self.tenant, TAX_SETTING_JOB, 1).await.unwrap().remove(0)
    }
}

on_both!(a_setting_is_followed_by_every_settlement, |world| async move {
    let shop = shop(&world).await;
    shop.no_credit().await;
    assert_eq!((shop.cost(1).await, shop.job().await.state.as_str()), (0, "queued"));
    shop.work().await;
    for settlement in 1..=3 {
        assert!(shop.cost(settlement).await < 0, "{settlement}");
    }
    // With each settlement its lease was kept and its progress told: whoever has lost it posts nothing.
    let job = shop.job().await;
    assert!(job.state == "done" && job.total > 0 && job.done == job.total, "{job:?}");
});

on_both!(a_job_that_died_in_the_middle_begins_again, |world| async move {
    let shop = shop(&world).await;
    shop.no_credit().await;
    let mut tx = world.db.write().await.unwrap();
    let claim = tx.platform().claim(world.now()).await.unwrap().unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.repost_gst(SettlementKey(1), &shop.worker.importer.options).await.unwrap();
    tx.commit().await.unwrap();
    let first = shop.cost(1).await;
    assert!(first < 0 && shop.cost(2).await == 0);
    shop.work().await;
    assert_eq!(shop.cost(2).await, 0, "the lease holds");
    world.clock.pass(SignedDuration::from_mins(2));
    shop.work().await;
    assert!(shop.cost(2).await < 0 && shop.cost(3).await < 0);
    assert_eq!((shop.cost(1).await, shop.job().await.state.as_str()), (first, "done"));
    let mut tx = world.db.write().await.unwrap();
    assert!(tx.platform().finish(&claim, "", world.now()).await.is_err(), "the dead one's lease is lost");
});
