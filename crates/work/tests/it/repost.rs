//! The job that follows a rule of a label: every settlement is posted anew, also after a death in the middle, and
//! never by a worker that lost its lease.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_ledger::{
    Account,
    taxonomy::{Gst, Label},
};
use ecom_simulator::Extra;
use ecom_store::{Claim, Filter, JobView, LEASE_MICROS, LabelChoice, LabelId, LabelRuleId};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;
use shop::{Shop, settlement_with, shop};

const UNKNOWN: [&str; 3] = ["other-transaction", "other-transaction", "A Fee Nobody Knows"];
const SETTLEMENTS: i64 = 3;

/// Three settlements with one line each of a label that nobody knows.
async fn strange(world: &World) -> (Shop, LabelId) {
    let shop = shop(world).await;
    for number in 1..=SETTLEMENTS.unsigned_abs() {
        let label = UNKNOWN.map(str::to_owned);
        let extra = vec![Extra { label, sku: String::new(), amount: -11_800 }];
        shop.imported(&format!("{number}.txt"), &settlement_with(number, 120, extra)).await;
    }
    let mut tx = world.db.read().await.unwrap();
    let label = Label::new(UNKNOWN[0], UNKNOWN[1], UNKNOWN[2]);
    let id = tx.scoped(shop.tenant).await.unwrap().label_id(&label).await.unwrap().unwrap();
    (shop, id)
}

async fn decide(world: &World, shop: &Shop, label: LabelId) -> LabelRuleId {
    let (credit, debit) = (Account::FeeService, Account::FeeService);
    let choice = LabelChoice { credit, debit, gst: Gst::Included, from: i32::MIN };
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let rule = books.add_label_rule(label, choice, shop.person, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    rule
}

async fn undo(world: &World, shop: &Shop, rule: LabelRuleId) {
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    books.undo_label_rule(rule, shop.person, world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Lines in suspense and under services.
async fn stand(world: &World, shop: &Shop) -> (i64, i64) {
    let mut tx = world.db.read().await.unwrap();
    let always = Filter::days(i32::MIN, i32::MAX);
    let statement = tx.scoped(shop.tenant).await.unwrap().statements(&always).await.unwrap().remove(0);
    let lines = |account| statement.turnover(account).lines;
    (lines(Account::Unclassified), lines(Account::FeeService))
}

async fn job(world: &World, shop: &Shop) -> JobView {
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(shop.tenant).await.unwrap().rule_jobs().await.unwrap().remove(0).1
}

async fn claim(world: &World) -> Claim {
    let mut tx = world.db.write().await.unwrap();
    let claim = tx.platform().claim(world.now()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    claim
}

/// What a worker does for one settlement before its process is gone.
async fn post_one(world: &World, shop: &Shop, label: LabelId) {
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let first = books.label_settlements(label, i32::MIN).await.unwrap()[0];
    assert_eq!(books.repost(first, label, &shop.worker.importer.options).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

on_both!(a_rule_reaches_every_settlement_and_its_undoing_too, |world| async move {
    let (shop, label) = strange(&world).await;
    assert_eq!(stand(&world, &shop).await, (SETTLEMENTS, 0));
    let rule = decide(&world, &shop, label).await;
    assert_eq!(stand(&world, &shop).await, (SETTLEMENTS, 0), "the page does not wait for it");
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(stand(&world, &shop).await, (0, SETTLEMENTS));
    let done = job(&world, &shop).await;
    assert_eq!((done.state.as_str(), done.done, done.total), ("done", SETTLEMENTS, SETTLEMENTS));
    undo(&world, &shop, rule).await;
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(stand(&world, &shop).await, (SETTLEMENTS, 0));
});

on_both!(a_worker_that_died_between_two_settlements_is_followed_by_one_that_ends_it, |world| async move {
    let (shop, label) = strange(&world).await;
    decide(&world, &shop, label).await;
    claim(&world).await;
    post_one(&world, &shop, label).await;
    assert_eq!(stand(&world, &shop).await, (SETTLEMENTS - 1, 1));
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(stand(&world, &shop).await, (SETTLEMENTS - 1, 1), "the lease holds");
    world.clock.pass(SignedDuration::from_micros(LEASE_MICROS));
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(stand(&world, &shop).await, (0, SETTLEMENTS));
    assert_eq!(job(&world, &shop).await.state, "done");
});

on_both!(a_rule_undone_while_its_job_was_half_done_leaves_nothing_behind, |world| async move {
    let (shop, label) = strange(&world).await;
    let rule = decide(&world, &shop, label).await;
    claim(&world).await;
    post_one(&world, &shop, label).await;
    undo(&world, &shop, rule).await;
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(stand(&world, &shop).await, (SETTLEMENTS - 1, 1), "of one business one job runs at a time");
    // The older job's lease runs out; whoever comes after finds it undone, and the undoing does the rest.
    world.clock.pass(SignedDuration::from_micros(LEASE_MICROS));
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(stand(&world, &shop).await, (SETTLEMENTS, 0));
});

on_both!(a_worker_told_to_stop_gives_the_job_back_and_the_next_one_ends_it, |world| async move {
    let (shop, label) = strange(&world).await;
    decide(&world, &shop, label).await;
    let (tell, stop) = tokio::sync::watch::channel(false);
    let telling = async {
        while job(&world, &shop).await.state == "queued" {
            tokio::task::yield_now().await;
        }
        tell.send_replace(true);
    };
    tokio::join!(shop.worker.run(stop), telling);
    assert!(matches!(job(&world, &shop).await.state.as_str(), "queued" | "done"));
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(stand(&world, &shop).await, (0, SETTLEMENTS));
    assert_eq!(job(&world, &shop).await.state, "done");
});

on_both!(a_job_of_no_rule_is_given_up_at_once, |world| async move {
    let shop = shop(&world).await;
    let mut tx = world.db.write().await.unwrap();
    for payload in ["", "x", "7"] {
        let new = ecom_store::NewJob {
            tenant: Some(shop.tenant),
            kind: ecom_store::REPOST_JOB,
            payload,
            dedupe: None,
            run_at: 0,
            most_attempts: 3,
        };
        tx.platform().enqueue(&new, 0).await.unwrap();
    }
    tx.commit().await.unwrap();
    shop.worker.run_due(&shop.stop).await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(tx.platform().failed_jobs().await.unwrap(), 3);
});
