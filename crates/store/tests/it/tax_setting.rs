//! Tax settings: what one makes of lines that are there is what a fresh import makes of them, and undoing it leaves
//! no trace.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ecom_ledger::{
    Account, Class,
    settlement::{GstMode, Options},
    tax_setting::TaxSettings,
};
use ecom_simulator::{Extra, Plan};
use ecom_store::{
    Db, Filter, GstForecast, Incoming, MOST_READ, MarketplaceId, Opener, PersonId, Progress, SettlementKey,
    StoreError, TAX_SETTING_JOB, TaxChoice, TaxSettingId,
};
use ecom_testkit::{Role, World, on_both};
use shop::{
    Shop, extra, file, plan,
    trace::{assert_same, everything},
};

const ALL: MarketplaceId = MarketplaceId(0);
const ADVERTISING: [&str; 3] = ["ServiceFee", "Cost of Advertising", "TransactionTotalAmount"];

/// A fortnight with GST beside its fees and inside others; the lines of advertising name no marketplace.
fn taxed(turn: i64) -> Plan {
    let inside = [-59, -60, -11_800, 236, 0].map(|amount| extra(ADVERTISING, amount));
    let coupon = Extra {
        label: ["CouponRedemptionFee", "CouponRedemptionFee", "X"].map(str::to_owned),
        sku: "CUP".into(),
        amount: -7_081,
    };
    Plan { extra: inside.into_iter().chain([coupon]).collect(), ..plan(turn, 400) }
}

async fn owner(world: &World) -> PersonId {
    let mut tx = world.db.read().await.unwrap();
    tx.platform().login("owner@kurta-house.example").await.unwrap().unwrap().id
}

async fn add(db: &Db, shop: &Shop, by: PersonId, choice: TaxChoice) -> TaxSettingId {
    let mut tx = db.write().await.unwrap();
    let id = tx.scoped(shop.tenant).await.unwrap().add_tax_setting(choice, by, 5).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn undo(db: &Db, shop: &Shop, by: PersonId, id: TaxSettingId) {
    let mut tx = db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().undo_tax_setting(id, by, 6).await.unwrap();
    tx.commit().await.unwrap();
}

/// Posts anew as the job does: one transaction for each settlement. Gives the number of lines moved.
async fn follow(shop: &Shop, id: TaxSettingId) -> u64 {
    let mut tx = shop.importer.db.read().await.unwrap();
    let settlements = tx.scoped(shop.tenant).await.unwrap().gst_settlements(id).await.unwrap();
    drop(tx);
    let mut moved = 0;
    for (key, _) in settlements {
        let mut tx = shop.importer.db.write().await.unwrap();
        let mut books = tx.scoped(shop.tenant).await.unwrap();
        moved += books.repost_gst(key, &shop.importer.options).await.unwrap();
        tx.commit().await.unwrap();
    }
    moved
}

async fn import_anew(shop: &Shop, name: &str, plan: &Plan, old: ecom_store::FileId) -> SettlementKey {
    let mut tx = shop.importer.db.write().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().withdraw(old).await.unwrap();
    tx.commit().await.unwrap();
    shop.settle(name, plan).await.0
}

/// GST that is claimed back, and GST that is a cost.
async fn gst(shop: &Shop, filter: &Filter) -> (i64, i64) {
    let statement = shop.statements(filter).await.remove(0);
    let claimed = Account::ALL.iter().filter(|account| account.class() == Class::GstInput);
    (
        claimed.map(|account| statement.turnover(*account).net()).sum(),
        statement.turnover(Account::FeeGst).net(),
    )
}

async fn profit(shop: &Shop) -> i64 {
    shop.statements(&shop::always()).await.remove(0).profit().unwrap()
}

async fn settings(shop: &Shop) -> TaxSettings {
    let mut tx = shop.importer.db.read().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().tax_settings().await.unwrap()
}

/// What the preview says a change comes to.
async fn foretold(shop: &Shop, before: &TaxSettings, after: &TaxSettings) -> i64 {
    let mut tx = shop.importer.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let told = books.gst_forecast(i32::MIN, Some(MOST_READ), &shop.importer.options).await.unwrap();
    assert!(told.exact);
    told.days.iter().map(|day| before.change(after, day).unwrap()).sum()
}

on_both!(
    a_setting_makes_of_old_lines_what_a_fresh_import_makes_and_undoing_it_leaves_no_trace,
    |world| async move {
        let shop = Shop::new(&world, "kurta-house").await;
        let by = owner(&world).await;
        let plan = taxed(0);
        let (key, _) = shop.settle("1001.txt", &plan).await;
        let db = &shop.importer.db;
        let mut tx = db.read().await.unwrap();
        let mut books = tx.scoped(shop.tenant).await.unwrap();
        let (first, last) = books.span().await.unwrap().unwrap();
        let market = books.gst_marketplaces().await.unwrap();
        drop(tx);
        assert_eq!(market.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["Amazon.in"]);
        let market = market[0].0;
        let (always, middle) = (i32::MIN, first + (last - first) / 2);
        let choices = [
            vec![TaxChoice { marketplace: ALL, from: always, credit: false }],
            vec![TaxChoice { marketplace: ALL, from: middle, credit: false }],
            vec![TaxChoice { marketplace: market, from: middle, credit: false }],
            vec![
                TaxChoice { marketplace: ALL, from: first + 2, credit: false },
                TaxChoice { marketplace: market, from: middle, credit: true },
                TaxChoice { marketplace: ALL, from: last - 1, credit: true },
            ],
        ];
        let (mut key, mut file) = (key, 1);
        for choices in choices {
            let (before, usual, was) =
                (everything(&shop, key).await, settings(&shop).await, profit(&shop).await);
            let mut ids = Vec::new();
            for choice in &choices {
                ids.push(add(db, &shop, by, *choice).await);
            }
            let now = settings(&shop).await;
            let told = foretold(&shop, &usual, &now).await;
            for id in &ids {
                follow(&shop, *id).await;
            }
            let changed = everything(&shop, key).await;
            assert_ne!(changed, before, "{choices:?}");
            assert_eq!(follow(&shop, ids[0]).await, 0, "a second time nothing is left to do: {choices:?}");
            assert_eq!(profit(&shop).await - was, told, "the preview was right: {choices:?}");
            let back = foretold(&shop, &now, &usual).await;

            let fresh = import_anew(&shop, "1001.txt", &plan, ecom_store::FileId(file)).await;
            file += 1;
            assert_same(&everything(&shop, fresh).await, &changed, &format!("fresh: {choices:?}"));

            for id in ids.iter().rev() {
                undo(db, &shop, by, *id).await;
                follow(&shop, *id).await;
            }
            assert_same(&everything(&shop, fresh).await, &before, &format!("undone: {choices:?}"));
            assert_eq!((told, profit(&shop).await), (-back, was), "the way back was foretold: {choices:?}");
            key = fresh;
        }
    }
);

on_both!(gst_moves_between_asset_and_cost_and_the_total_stays, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let by = owner(&world).await;
    shop.settle("1001.txt", &taxed(0)).await;
    shop.settle("1002.txt", &taxed(1)).await;
    let total = shop.total().await;
    let (claimed, cost) = gst(&shop, &shop::always()).await;
    assert!(claimed < 0 && cost == 0, "with a GSTIN input credit is due");
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let (first, last) = books.span().await.unwrap().unwrap();
    drop(tx);
    let from = first + 14;
    let id = add(&world.db, &shop, by, TaxChoice { marketplace: ALL, from, credit: false }).await;
    follow(&shop, id).await;
    assert_eq!(shop.total().await, total);
    let (before, after) =
        (gst(&shop, &Filter::days(first, from - 1)).await, gst(&shop, &Filter::days(from, last)).await);
    assert!(before.0 < 0 && before.1 == 0 && after.0 == 0 && after.1 < 0, "{before:?} {after:?}");
});

on_both!(a_business_without_a_gstin_pays_gst_as_a_cost, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let mut tx = world.db.write().await.unwrap();
    let new = ecom_store::Registration {
        name: "Asha Rao",
        email: "asha@books.example",
        phone: "+91 98450 00000",
        password_hash: "none",
        business: "Old Books",
        billing_state: "29",
        gstin: None,
    };
    let (_, tenant) = tx.platform().register(&new, 1).await.unwrap();
    let account = tx.scoped(tenant).await.unwrap().add_seller_account("Amazon.in", 1).await.unwrap();
    tx.commit().await.unwrap();
    let keys = world.keys().await;
    keys.create(tenant, 1).await.unwrap();
    let key = keys.tenant(tenant).await.unwrap();
    let shop = Shop { importer: shop.importer, tenant, key, account };
    assert_eq!(settings(&shop).await, TaxSettings::new(false, []));
    shop.settle("1001.txt", &taxed(0)).await;
    let (claimed, cost) = gst(&shop, &shop::always()).await;
    assert!(claimed == 0 && cost < 0);
});

on_both!(settings_are_dated_kept_and_never_hidden_behind_each_other, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let by = owner(&world).await;
    shop.settle("1001.txt", &taxed(0)).await;
    let choice = |from, credit| TaxChoice { marketplace: ALL, from, credit };
    let first = add(&world.db, &shop, by, choice(100, false)).await;
    let second = add(&world.db, &shop, by, choice(200, true)).await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    for from in [200, 150, i32::MIN] {
        let hidden = books.add_tax_setting(choice(from, false), by, 7).await;
        assert!(matches!(hidden, Err(StoreError::Conflict(_))), "{from}");
    }
    let nowhere = TaxChoice { marketplace: MarketplaceId(99), ..choice(300, true) };
    assert!(matches!(books.add_tax_setting(nowhere, by, 7).await, Err(StoreError::Missing("marketplace"))));
    let one = books.gst_marketplaces().await.unwrap()[0].0;
    books.add_tax_setting(TaxChoice { marketplace: one, ..choice(50, true) }, by, 7).await.unwrap();
    books.undo_tax_setting(second, by, 9).await.unwrap();
    assert!(matches!(books.undo_tax_setting(second, by, 9).await, Err(StoreError::Missing(_))));
    let kept = books.tax_setting_list().await.unwrap();
    let told: Vec<_> =
        kept.iter().map(|one| (one.setting.from, one.made_by.as_str(), one.undone.clone())).collect();
    assert_eq!(
        told,
        [(50, "Asha Rao", None), (200, "Asha Rao", Some((9, "Asha Rao".into()))), (100, "Asha Rao", None)]
    );
    assert_eq!((kept[0].setting.marketplace.as_deref(), kept[2].id), (Some("Amazon.in"), first));
    books.add_tax_setting(choice(200, true), by, 10).await.unwrap();
    let early = books.follow_tax_setting_again(first, 11).await;
    assert!(matches!(early, Err(StoreError::Conflict(_))), "it was not given up");
    assert_eq!(books.count_gst_settlements(i32::MIN).await.unwrap().0, 1);
    assert_eq!(books.count_gst_settlements(i32::MAX).await.unwrap(), (0, 0));
    // Each change has its own job, in the same transaction.
    let jobs = tx.platform().jobs(shop.tenant, TAX_SETTING_JOB, 9).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.payload.as_str()).collect::<Vec<_>>(), ["4", "2", "3", "2", "1"]);
    // A job that was given up stays in sight however many other settings were followed since.
    let claim = tx.platform().claim(11).await.unwrap().unwrap();
    assert_eq!(claim.payload, "1");
    tx.platform().fail(&claim, "no luck", false, 11).await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let jobs = books.tax_setting_jobs().await.unwrap();
    let told: Vec<_> = jobs.iter().map(|(id, job)| (id.0, job.state.as_str())).collect();
    assert_eq!(told, [(4, "queued"), (2, "queued"), (3, "queued"), (1, "failed")]);
    books.follow_tax_setting_again(first, 12).await.unwrap();
    assert_eq!(books.tax_setting_jobs().await.unwrap()[0].1.state, "queued");
    assert!(matches!(books.follow_tax_setting_again(first, 12).await, Err(StoreError::Conflict(_))));
});

on_both!(a_setting_made_while_a_file_is_read_reaches_its_lines, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let by = owner(&world).await;
    let bytes = file(&taxed(0));
    let url = world.database().url(Role::App);
    let (tenant, calls) = (shop.tenant, AtomicUsize::new(0));
    // The second time the file is opened, to be archived, a person changes the setting.
    let open: Opener = Arc::new(move || {
        if calls.fetch_add(1, Ordering::Relaxed) == 1 {
            let url = url.clone();
            let made = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let db = Db::open(&url).await.unwrap();
                    let mut tx = db.write().await.unwrap();
                    let choice = TaxChoice { marketplace: ALL, from: i32::MIN, credit: false };
                    tx.scoped(tenant).await.unwrap().add_tax_setting(choice, by, 5).await.unwrap();
                    tx.commit().await.unwrap();
                    db.close().await;
                });
            });
            made.join().unwrap();
        }
        Ok(Box::new(std::io::Cursor::new(bytes.clone())) as Box<dyn Read + Send>)
    });
    let incoming = Incoming { open, ..shop.incoming("1001.txt", Vec::new()) };
    shop.importer.import(&shop.key, &incoming, &Progress::default()).await.unwrap();
    let (claimed, cost) = gst(&shop, &shop::always()).await;
    assert!(claimed == 0 && cost < 0);
    assert_eq!(follow(&shop, TaxSettingId(1)).await, 0, "nothing is left to the job");
});

on_both!(one_treatment_for_all_stands_before_the_settings, |world| async move {
    let mut shop = Shop::new(&world, "kurta-house").await;
    shop.importer.options.gst = Some(GstMode::CreditAsPrinted);
    let by = owner(&world).await;
    shop.settle("1001.txt", &taxed(0)).await;
    let id = add(&world.db, &shop, by, TaxChoice { marketplace: ALL, from: i32::MIN, credit: false }).await;
    assert_eq!(follow(&shop, id).await, 0);
});

on_both!(another_business_has_no_part_in_it, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let by = owner(&world).await;
    let (key, _) = shop.settle("1001.txt", &taxed(0)).await;
    let id = add(&world.db, &shop, by, TaxChoice { marketplace: ALL, from: 100, credit: false }).await;
    let stranger = Shop::new(&world, "saree-works").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(stranger.tenant).await.unwrap();
    let options = Options::new().unwrap();
    assert!(matches!(books.undo_tax_setting(id, by, 5).await, Err(StoreError::Missing("setting"))));
    assert!(matches!(books.gst_settlements(id).await, Err(StoreError::Missing("setting"))));
    assert!(matches!(books.follow_tax_setting_again(id, 5).await, Err(StoreError::Missing("setting"))));
    assert_eq!(books.count_gst_settlements(i32::MIN).await.unwrap(), (0, 0));
    assert!(matches!(books.repost_gst(key, &options).await, Err(StoreError::Missing("settlement"))));
    let one = TaxChoice { marketplace: MarketplaceId(1), from: 7, credit: true };
    assert!(matches!(books.add_tax_setting(one, by, 5).await, Err(StoreError::Missing("marketplace"))));
    assert!(books.tax_setting_list().await.unwrap().is_empty());
    assert!(books.gst_marketplaces().await.unwrap().is_empty());
    assert!(books.gst_forecast(i32::MIN, Some(9), &options).await.unwrap().days.is_empty());
    assert_eq!(books.tax_settings().await.unwrap(), TaxSettings::default());
    assert!(tx.platform().jobs(stranger.tenant, TAX_SETTING_JOB, 9).await.unwrap().is_empty());
    drop(tx);
    stranger.settle("1001.txt", &taxed(0)).await;
    assert!(gst(&stranger, &shop::always()).await.0 < 0);
});

on_both!(of_too_many_lines_what_a_change_comes_to_is_told_by_settlement, |world| async move {
    let shop = Shop::new(&world, "kurta-house").await;
    let by = owner(&world).await;
    shop.settle("1001.txt", &taxed(0)).await;
    let no = TaxChoice { marketplace: ALL, from: i32::MIN, credit: false };
    add(&world.db, &shop, by, no).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let (_, last) = books.span().await.unwrap().unwrap();
    let options = &shop.importer.options;
    let exact = books.gst_forecast(i32::MIN, Some(MOST_READ), options).await.unwrap();
    let rough = books.gst_forecast(i32::MIN, Some(0), options).await.unwrap();
    assert!(exact.exact && !rough.exact);
    let inside = |told: &GstForecast| told.days.iter().map(|day| day.inside).sum::<i64>();
    // Each line is rounded for itself, by less than a paisa.
    let (fine, coarse) = (inside(&exact), inside(&rough));
    assert!(fine < 0 && (fine - coarse).abs() < 400, "{fine} {coarse}");
    assert!(rough.days.iter().all(|day| day.inside == 0 || day.day == last && day.marketplace.is_empty()));
    let others = |told: &GstForecast| -> Vec<(i64, i64)> {
        told.days.iter().map(|day| (day.claimed, day.cost)).filter(|sums| *sums != (0, 0)).collect()
    };
    assert_eq!(others(&exact), others(&rough));
});
