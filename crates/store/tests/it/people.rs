//! People, businesses, sessions and failed sign-ins, on both engines.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    NewSession, PasswordRule, PersonId, Registration, SESSION_IDLE_MICROS, SESSION_MOST_MICROS, Signed,
    Stage, StoreError, fold_email, taken_field,
};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MICRO: SignedDuration = SignedDuration::from_micros(1);
/// SHA-256 of a session's token stands here in production; any bytes do.
const SESSION: &[u8] = &[7; 32];

fn registration<'a>(email: &'a str, business: &'a str) -> Registration<'a> {
    Registration {
        name: "Vikram Shah",
        email,
        phone: "9845000000",
        password_hash: "hash",
        business,
        billing_state: "27",
        gstin: Some("27AAPFU0939F1ZV"),
    }
}

fn session_of(id_hash: &[u8], person: PersonId) -> NewSession<'_> {
    NewSession {
        id_hash,
        person,
        device: "Firefox on Android",
        network: "203.0.113.0/24",
        stage: Stage::Full,
    }
}

/// A world whose first business has its owner signed in.
async fn signed_in(world: &World) -> Signed {
    let (person, _) = world.business("kurta-house").await;
    let mut tx = world.db.write().await.unwrap();
    tx.platform().open_session(&session_of(SESSION, person), world.now()).await.unwrap();
    tx.commit().await.unwrap();
    session(world, SESSION).await.unwrap()
}

async fn session(world: &World, id: &[u8]) -> Option<Signed> {
    world.db.read().await.unwrap().platform().session(id, world.now()).await.unwrap()
}

async fn touch(world: &World) {
    let mut tx = world.db.write().await.unwrap();
    tx.platform().touch_session(SESSION, world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn failures(world: &World, key: &[u8]) -> (i64, i64) {
    world.db.read().await.unwrap().platform().login_failures(key).await.unwrap()
}

async fn fail_login(world: &World, key: &[u8]) {
    let forget_before = world.now() - i64::try_from(HOUR.as_micros()).unwrap();
    let mut tx = world.db.write().await.unwrap();
    tx.platform().login_failed(key, world.now(), forget_before).await.unwrap();
    tx.commit().await.unwrap();
}

on_both!(what_was_never_checked_is_not_counted, |world| async move {
    let unchecked = async || {
        let mut tx = world.db.write().await.unwrap();
        tx.platform().login_unchecked(b"asha").await.unwrap();
        tx.commit().await.unwrap();
    };
    unchecked().await;
    assert_eq!(failures(&world, b"asha").await, (0, 0));
    for _ in 0..3 {
        fail_login(&world, b"asha").await;
    }
    fail_login(&world, b"ravi").await;
    unchecked().await;
    assert_eq!(failures(&world, b"asha").await.0, 2);
    assert_eq!(failures(&world, b"ravi").await.0, 1, "another's stays");
    for _ in 0..3 {
        unchecked().await;
    }
    assert_eq!(failures(&world, b"asha").await.0, 0, "never below nothing");
});

on_both!(registering_makes_a_business_and_its_owner, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    assert_eq!(tx.platform().people().await.unwrap(), 0);
    let new = registration(" Vikram@Example.com ", "Saree Works");
    let (person, tenant) = tx.platform().register(&new, world.now()).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = world.db.read().await.unwrap();
    assert_eq!(tx.platform().people().await.unwrap(), 1);
    assert_eq!(tx.platform().tenants().await.unwrap(), [tenant]);
    let login = tx.platform().login("VIKRAM@example.com").await.unwrap().unwrap();
    assert_eq!(
        (login.id, login.name.as_str(), login.password_hash.as_str()),
        (person, "Vikram Shah", "hash")
    );
    assert!(tx.platform().login("someone@example.com").await.unwrap().is_none());
});

on_both!(an_address_registers_once_however_it_is_written, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    tx.platform().register(&registration("vikram@example.com", "Saree Works"), 1).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = world.db.write().await.unwrap();
    let again = tx.platform().register(&registration("Vikram@EXAMPLE.com", "Other"), 2).await.unwrap_err();
    assert_eq!(taken_field(&again), Some("email"), "{again}");
    tx.rollback().await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    assert_eq!(tx.platform().tenants().await.unwrap().len(), 1, "its business is not left behind");
});

#[test]
fn an_address_folds_to_lower_case_without_blanks() {
    assert_eq!(fold_email("  Asha.Rao@Example.COM\n"), "asha.rao@example.com");
}

#[test]
fn only_a_violated_uniqueness_names_a_field() {
    assert_eq!(taken_field(&StoreError::Busy), None);
}

on_both!(nothing_of_a_registration_stays_without_commit, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    tx.platform().register(&registration("vikram@example.com", "Saree Works"), 1).await.unwrap();
    drop(tx);
    assert_eq!(world.db.read().await.unwrap().platform().people().await.unwrap(), 0);
});

on_both!(a_session_tells_person_business_and_role, |world| async move {
    let (person, tenant) = world.business("kurta-house").await;
    world.business("saree-works").await;
    let mut tx = world.db.write().await.unwrap();
    tx.platform().open_session(&session_of(SESSION, person), world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let signed = session(&world, SESSION).await.unwrap();
    assert_eq!((signed.person, signed.tenant), (person, tenant));
    assert_eq!((signed.business.as_str(), signed.role.as_str()), ("kurta-house", "owner"));
    assert!(!signed.stale);
    assert!(session(&world, &[8; 32]).await.is_none(), "another token opens nothing");
});

on_both!(nobody_without_a_business_gets_a_session, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    let nobody = ecom_store::PersonId(4711);
    let refused = tx.platform().open_session(&session_of(SESSION, nobody), world.now()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Rows { table: "session", found: 0, .. }), "{refused}");
});

on_both!(a_session_ends_after_a_day_without_use, |world| async move {
    signed_in(&world).await;
    world.clock.pass(24 * HOUR - MICRO);
    assert!(session(&world, SESSION).await.is_some());
    world.clock.pass(MICRO);
    assert!(session(&world, SESSION).await.is_none());
});

on_both!(a_session_in_use_ends_after_thirty_days_all_the_same, |world| async move {
    signed_in(&world).await;
    for _ in 0..59 {
        world.clock.pass(12 * HOUR);
        touch(&world).await;
    }
    world.clock.pass(12 * HOUR - MICRO);
    assert!(session(&world, SESSION).await.is_some());
    world.clock.pass(MICRO);
    assert!(session(&world, SESSION).await.is_none());
});

on_both!(use_is_noted_every_five_minutes_and_never_backwards, |world| async move {
    signed_in(&world).await;
    world.clock.pass(5 * MINUTE);
    assert!(!session(&world, SESSION).await.unwrap().stale);
    world.clock.pass(MICRO);
    assert!(session(&world, SESSION).await.unwrap().stale);
    touch(&world).await;
    assert!(!session(&world, SESSION).await.unwrap().stale);

    // A request that began earlier is noted later: the session does not grow older by it.
    let now = world.now();
    let mut tx = world.db.write().await.unwrap();
    tx.platform().touch_session(SESSION, now - 1_000_000_000).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!session(&world, SESSION).await.unwrap().stale);
});

on_both!(a_closed_session_is_gone_and_may_be_closed_again, |world| async move {
    signed_in(&world).await;
    for _ in 0..2 {
        let mut tx = world.db.write().await.unwrap();
        tx.platform().close_session(SESSION).await.unwrap();
        tx.commit().await.unwrap();
        assert!(session(&world, SESSION).await.is_none());
    }
});

on_both!(sweeping_deletes_ended_sessions_and_no_others, |world| async move {
    let owner = signed_in(&world).await;
    let (idle, live) = ([1; 32], [2; 32]);
    let mut tx = world.db.write().await.unwrap();
    let used_until = world.now() + SESSION_MOST_MICROS;
    tx.platform().touch_session(SESSION, used_until).await.unwrap();
    let now = world.now() + SESSION_MOST_MICROS;
    tx.platform().open_session(&session_of(&idle, owner.person), now - SESSION_IDLE_MICROS).await.unwrap();
    tx.platform()
        .open_session(&session_of(&live, owner.person), now - SESSION_IDLE_MICROS + 1)
        .await
        .unwrap();
    assert_eq!(tx.platform().sweep_sessions(now).await.unwrap(), 2);
    assert!(tx.platform().session(&live, now).await.unwrap().is_some());
    assert_eq!(tx.platform().sweep_sessions(now).await.unwrap(), 0);
});

on_both!(failed_sign_ins_are_counted_apart_and_forgotten, |world| async move {
    let (address, network) = ([1; 32], [2; 32]);
    assert_eq!(failures(&world, &address).await, (0, 0));
    fail_login(&world, &address).await;
    world.clock.pass(MINUTE);
    fail_login(&world, &address).await;
    fail_login(&world, &network).await;
    assert_eq!(failures(&world, &address).await, (2, world.now()));
    assert_eq!(failures(&world, &network).await, (1, world.now()));

    world.clock.pass(HOUR);
    fail_login(&world, &address).await;
    assert_eq!(failures(&world, &address).await, (1, world.now()), "an old count begins anew");
    let right = world.clock.timestamp().to_string();
    world.clock.pass(HOUR);
    fail_login(&world, &network).await;
    world.clock.set(&right);
    fail_login(&world, &network).await;
    assert_eq!(
        failures(&world, &network).await,
        (1, world.now()),
        "and so does one of a clock that ran ahead"
    );

    let mut tx = world.db.write().await.unwrap();
    tx.platform().login_succeeded(&address).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(failures(&world, &address).await, (0, 0));
    assert_eq!(failures(&world, &network).await.0, 1);
});

on_both!(failed_sign_ins_at_the_same_moment_all_count, |world| async move {
    let world = std::sync::Arc::new(world);
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            #[allow(clippy::disallowed_methods, reason = "no server runs here that could supervise them")]
            tokio::spawn(async move { fail_login(&world, &[1; 32]).await })
        })
        .collect();
    for one in tries {
        one.await.unwrap();
    }
    assert_eq!(failures(&world, &[1; 32]).await.0, 8);
});

on_both!(a_password_is_changed_for_one_person, |world| async move {
    let (asha, _) = world.business("kurta-house").await;
    world.business("saree-works").await;
    let mut tx = world.db.write().await.unwrap();
    tx.platform().replace_password(asha, ("new hash", PasswordRule::Customer), None, 1).await.unwrap();
    let login = tx.platform().login("owner@kurta-house.example").await.unwrap().unwrap();
    assert_eq!(login.password_hash, "new hash");
    let other = tx.platform().login("owner@saree-works.example").await.unwrap().unwrap();
    assert_ne!(other.password_hash, "new hash");
    let nobody = tx
        .platform()
        .replace_password(ecom_store::PersonId(4711), ("x", PasswordRule::Customer), None, 1)
        .await
        .unwrap_err();
    assert!(matches!(nobody, StoreError::Rows { table: "person", found: 0, .. }), "{nobody}");
});

on_both!(of_two_first_people_at_once_one_is_the_first, |world| async move {
    let register = |email: &'static str| {
        let world = &world;
        async move {
            let mut tx = world.db.write().await.unwrap();
            tx.platform().lock_registration().await.unwrap();
            let first = tx.platform().people().await.unwrap() == 0;
            if first {
                tx.platform().register(&registration(email, "kurta-house"), world.now()).await.unwrap();
            }
            tx.commit().await.unwrap();
            first
        }
    };
    let both = tokio::join!(register("a@example.org"), register("b@example.org"));
    assert_eq!(u8::from(both.0) + u8::from(both.1), 1);
});
