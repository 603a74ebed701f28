//! Notices: given once per cause, read by their own person, and never in another business; on both engines.
#![allow(clippy::unwrap_used)]

use ecom_store::{MOST_UNREAD, NewNotice, NoticeId, NoticeView, PersonId, StoreError, TenantId};
use ecom_testkit::{World, on_both};

fn new(cause: &str) -> NewNotice<'_> {
    NewNotice { cause, kind: "digest", arguments: "{}" }
}

async fn give(world: &World, tenant: TenantId, person: PersonId, cause: &str) -> bool {
    let mut tx = world.db.write().await.unwrap();
    let given = tx.scoped(tenant).await.unwrap().give_notice(person, &new(cause), world.now()).await.unwrap();
    tx.commit().await.unwrap();
    given
}

async fn notices(world: &World, tenant: TenantId, person: PersonId) -> Vec<NoticeView> {
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(tenant).await.unwrap().notices(person, None, 50).await.unwrap()
}

async fn unread(world: &World, tenant: TenantId, person: PersonId) -> i64 {
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(tenant).await.unwrap().unread_notices(person).await.unwrap()
}

on_both!(a_cause_gives_a_person_one_notice, |world| async move {
    let (asha, tenant) = world.business("kurta-house").await;
    assert!(give(&world, tenant, asha, "digest:1").await);
    assert!(!give(&world, tenant, asha, "digest:1").await);
    assert!(give(&world, tenant, asha, "digest:2").await);
    let found = notices(&world, tenant, asha).await;
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[1].kind.as_str(), found[1].created_at, found[1].read_at),
        ("digest", world.now(), None)
    );
    assert_eq!(unread(&world, tenant, asha).await, 2);
});

on_both!(who_is_no_member_gets_and_sees_nothing, |world| async move {
    let (asha, kurta) = world.business("kurta-house").await;
    let (vikram, saree) = world.business("saree-works").await;
    assert!(!give(&world, kurta, vikram, "a").await);
    assert!(give(&world, kurta, asha, "a").await);
    assert!(notices(&world, saree, asha).await.is_empty() && notices(&world, kurta, vikram).await.is_empty());
    let mut tx = world.db.write().await.unwrap();
    let (one, all) = (NoticeId(1), NoticeId(i64::MAX));
    let mut other = tx.scoped(saree).await.unwrap();
    assert!(matches!(other.read_notice(asha, one, 5).await, Err(StoreError::Missing("notice"))));
    assert_eq!(other.read_notices(asha, all, 5).await.unwrap(), 0);
    let mut own = tx.scoped(kurta).await.unwrap();
    assert!(matches!(own.read_notice(vikram, one, 5).await, Err(StoreError::Missing("notice"))), "another's");
    assert_eq!(own.read_notices(vikram, all, 5).await.unwrap(), 0);
    assert_eq!(own.unread_notices(asha).await.unwrap(), 1);
});

on_both!(whoever_may_change_the_business_is_told_and_viewers_are_not, |world| async move {
    let (asha, tenant) = world.business("kurta-house").await;
    let tell = |cause: &'static str| {
        let world = &world;
        async move {
            let mut tx = world.db.write().await.unwrap();
            let mut books = tx.scoped(tenant).await.unwrap();
            let told = books.give_managers_notice(&new(cause), world.now()).await.unwrap();
            tx.commit().await.unwrap();
            told
        }
    };
    assert_eq!((tell("a").await, tell("a").await), (1, 0));
    world.set_role(asha, "viewer").await;
    assert_eq!(tell("b").await, 0);
    world.set_role(asha, "manager").await;
    assert_eq!(tell("c").await, 1);
});

on_both!(reading_up_to_a_notice_leaves_newer_ones_unread, |world| async move {
    let (asha, tenant) = world.business("kurta-house").await;
    for cause in ["a", "b", "c"] {
        give(&world, tenant, asha, cause).await;
    }
    let ids: Vec<NoticeId> = notices(&world, tenant, asha).await.iter().map(|one| one.id).collect();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    assert_eq!(books.read_notices(asha, ids[1], 7).await.unwrap(), 2);
    assert_eq!(books.unread_notices(asha).await.unwrap(), 1);
    books.read_notice(asha, ids[1], 8).await.unwrap();
    books.read_notice(asha, ids[0], 9).await.unwrap();
    tx.commit().await.unwrap();
    let read: Vec<Option<i64>> = notices(&world, tenant, asha).await.iter().map(|one| one.read_at).collect();
    assert_eq!(read, [Some(9), Some(7), Some(7)]);
    let mut tx = world.db.read().await.unwrap();
    let before = tx.scoped(tenant).await.unwrap().notices(asha, Some(ids[0]), 1).await.unwrap();
    assert_eq!(before.iter().map(|one| one.id).collect::<Vec<_>>(), [ids[1]]);
});

on_both!(unread_notices_are_counted_up_to_a_limit, |world| async move {
    let (asha, tenant) = world.business("kurta-house").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    for number in 0..=MOST_UNREAD {
        books.give_notice(asha, &new(&number.to_string()), 1).await.unwrap();
    }
    assert_eq!(books.unread_notices(asha).await.unwrap(), MOST_UNREAD);
});
