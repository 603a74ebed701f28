//! Passkeys, and the challenge of a session.
#![allow(clippy::unwrap_used, clippy::panic)]

use ecom_store::{
    MOST_PASSKEYS, NewChallenge, NewPasskey, NewSession, PersonId, RemovedFactors, Stage, StoreError,
};
use ecom_testkit::{World, on_both};

async fn add(world: &World, person: PersonId, id: u8) -> ecom_store::Result<()> {
    let new = NewPasskey { id_hash: &[id; 32], handle: &[9; 16], name: "Phone", held: "{}" };
    commit!(world, put_passkey(person, &new, world.now()))
}

async fn open(world: &World, id_hash: &[u8; 32], person: PersonId) {
    let new = NewSession { id_hash, person, device: "", network: "", stage: Stage::Code };
    commit!(world, open_session(&new, world.now())).unwrap();
}

on_both!(a_passkey_is_asked_for_until_the_last_is_removed, |world| async move {
    let (asha, _) = world.business("kurta-house").await;
    let (ravi, _) = world.business("saree-works").await;
    assert!(!ask!(world, asks_for_second_factor(asha)));
    assert_eq!(ask!(world, passkey_handle(asha)), None);
    add(&world, asha, 1).await.unwrap();
    add(&world, asha, 2).await.unwrap();
    commit!(world, put_recovery_codes(asha, &[[5; 32]])).unwrap();
    assert!(ask!(world, asks_for_second_factor(asha)));
    assert!(!ask!(world, asks_for_codes(asha)), "a passkey is no code");
    assert!(!ask!(world, asks_for_second_factor(ravi)));
    assert_eq!(ask!(world, passkey_handle(asha)).unwrap(), [9; 16]);
    commit!(world, use_passkey(asha, &[1; 32], "{\"counter\":2}", world.now() + 5)).unwrap();
    let kept = ask!(world, passkeys(asha));
    assert_eq!((kept.len(), kept[0].held.as_str()), (2, "{\"counter\":2}"));
    assert_eq!((kept[0].last_used_at, kept[1].last_used_at), (Some(world.now() + 5), None));
    // Of another person's passkeys nobody uses or removes one.
    let used = commit!(world, use_passkey(ravi, &[1; 32], "{}", world.now()));
    assert!(matches!(used, Err(StoreError::Rows { .. })), "{used:?}");
    assert!(matches!(commit!(world, remove_passkey(ravi, &[1; 32])), Err(StoreError::Missing(_))));
    commit!(world, remove_passkey(asha, &[1; 32])).unwrap();
    assert_eq!(ask!(world, recovery_codes_left(asha)), 1);
    commit!(world, remove_passkey(asha, &[2; 32])).unwrap();
    assert!(!ask!(world, asks_for_second_factor(asha)));
    assert_eq!(ask!(world, recovery_codes_left(asha)), 0, "they stand in for nothing");
});

on_both!(codes_that_are_turned_off_leave_recovery_codes_to_passkeys, |world| async move {
    let (asha, _) = world.business("kurta-house").await;
    let ring = world.keys().await.platform(world.now()).await.unwrap();
    commit!(world, put_totp(&ring, asha, &[3; 20], world.now())).unwrap();
    commit!(world, confirm_totp(asha, world.now())).unwrap();
    add(&world, asha, 1).await.unwrap();
    commit!(world, put_recovery_codes(asha, &[[5; 32]])).unwrap();
    assert!(commit!(world, remove_totp(asha)).unwrap());
    assert!(ask!(world, asks_for_second_factor(asha)));
    assert_eq!(ask!(world, recovery_codes_left(asha)), 1);
});

on_both!(whoever_lost_everything_is_asked_for_the_password_alone, |world| async move {
    let (asha, _) = world.business("kurta-house").await;
    let (ravi, _) = world.business("saree-works").await;
    let ring = world.keys().await.platform(world.now()).await.unwrap();
    commit!(world, put_totp(&ring, asha, &[3; 20], world.now())).unwrap();
    commit!(world, confirm_totp(asha, world.now())).unwrap();
    for id in [1, 2] {
        add(&world, asha, id).await.unwrap();
    }
    add(&world, ravi, 3).await.unwrap();
    commit!(world, put_recovery_codes(asha, &[[5; 32]])).unwrap();
    open(&world, &[7; 32], asha).await;
    let removed = commit!(world, remove_factors(asha)).unwrap();
    assert_eq!(removed, RemovedFactors { codes: true, passkeys: 2, sessions: 1 });
    assert!(!ask!(world, asks_for_second_factor(asha)));
    assert_eq!(ask!(world, recovery_codes_left(asha)), 0);
    assert!(ask!(world, asks_for_second_factor(ravi)), "another's stay");
    let again = commit!(world, remove_factors(asha)).unwrap();
    assert_eq!(again, RemovedFactors { codes: false, passkeys: 0, sessions: 0 });
});

on_both!(a_passkey_belongs_to_one_person_and_there_are_not_endlessly_many, |world| async move {
    let (asha, _) = world.business("kurta-house").await;
    let (ravi, _) = world.business("saree-works").await;
    add(&world, asha, 1).await.unwrap();
    assert!(matches!(add(&world, asha, 1).await, Err(StoreError::Conflict(_))));
    assert!(matches!(add(&world, ravi, 1).await, Err(StoreError::Conflict(_))));
    for id in 2..=u8::try_from(MOST_PASSKEYS).unwrap() {
        add(&world, asha, id).await.unwrap();
    }
    assert!(matches!(add(&world, asha, 99).await, Err(StoreError::Conflict(_))));
    assert_eq!(ask!(world, passkeys(asha)).len(), MOST_PASSKEYS);
});

on_both!(a_challenge_is_of_one_session_works_once_and_ends, |world| async move {
    let (asha, _) = world.business("kurta-house").await;
    let (mine, other) = ([1; 32], [2; 32]);
    open(&world, &mine, asha).await;
    open(&world, &other, asha).await;
    let now = world.now();
    let asked = |state| NewChallenge { state, name: "Phone", until: now + 100 };
    commit!(world, put_challenge(&mine, &asked("one"))).unwrap();
    assert_eq!(commit!(world, take_challenge(&other, now)).unwrap(), None);
    let taken = commit!(world, take_challenge(&mine, now)).unwrap();
    assert_eq!(taken, Some(("one".to_owned(), "Phone".to_owned())));
    assert_eq!(commit!(world, take_challenge(&mine, now)).unwrap(), None, "once");
    // The last one counts, and only for a while.
    commit!(world, put_challenge(&mine, &asked("two"))).unwrap();
    commit!(world, put_challenge(&mine, &asked("three"))).unwrap();
    assert_eq!(commit!(world, take_challenge(&mine, now + 99)).unwrap().unwrap().0, "three");
    commit!(world, put_challenge(&mine, &asked("four"))).unwrap();
    assert_eq!(commit!(world, take_challenge(&mine, now + 100)).unwrap(), None);
    let nowhere = commit!(world, put_challenge(&[7; 32], &asked("five")));
    assert!(matches!(nowhere, Err(StoreError::Missing(_))));
});
