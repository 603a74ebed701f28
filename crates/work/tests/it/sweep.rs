//! What the worker clears up every hour.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::shop;

use ecom_store::{NewSession, SESSION_IDLE_MICROS, Stage};
use ecom_testkit::on_both;
use jiff::SignedDuration;
use shop::shop;

on_both!(what_has_ended_is_cleared_up_at_the_start_and_every_hour, |world| async move {
    let shop = shop(&world).await;
    let open = async |id_hash: &[u8]| {
        let (person, stage) = (shop.person, Stage::Full);
        let new = NewSession { id_hash, person, device: "", network: "", stage };
        let mut tx = world.db.write().await.unwrap();
        tx.platform().open_session(&new, world.now()).await.unwrap();
        tx.commit().await.unwrap();
    };
    // A session that ended is gone as a row, too: nothing is left to sweep.
    let left = async || {
        let mut tx = world.db.write().await.unwrap();
        tx.platform().sweep_sessions(world.now()).await.unwrap()
    };
    open(&[1; 32]).await;
    world.clock.pass(SignedDuration::from_micros(SESSION_IDLE_MICROS));
    shop.worker.begin_hours().await.unwrap();
    shop.worker.run_due(&shop.stop).await.unwrap();
    assert_eq!(left().await, 0);
    open(&[2; 32]).await;
    for _ in 0..24 {
        world.clock.pass(SignedDuration::from_hours(1));
        shop.worker.run_due(&shop.stop).await.unwrap();
    }
    assert_eq!(left().await, 0);
    // Without the worker it would be there.
    open(&[3; 32]).await;
    world.clock.pass(SignedDuration::from_micros(SESSION_IDLE_MICROS));
    assert_eq!(left().await, 1);
});
