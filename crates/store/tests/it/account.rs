//! Addresses that change, devices that are known, businesses that say who they are, and clocks that jump; on both engines.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    BusinessProfile, Channel, EmailChange, MessagePurpose, NewConsent, NewPerson, NewSession, NewToken,
    PersonId, Purpose, Stage, StoreError, TenantId,
};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;

const YEARS: SignedDuration = SignedDuration::from_hours(4 * 365 * 24);
const HOUR: i64 = 3_600_000_000;

async fn person(world: &World, name: &str) -> PersonId {
    let email = format!("{name}@example.in");
    let new = NewPerson { name, email: &email, phone: "9845000000", password_hash: "hash" };
    commit!(world, add_person(&new, world.now())).unwrap()
}

async fn link(world: &World, hash: &[u8], purpose: Purpose, person: PersonId, email: &str) {
    let new = NewToken { hash, purpose, person: Some(person), tenant: None, email, role: "", made_by: None };
    commit!(world, issue_token(&new, world.now())).unwrap();
}

async fn begin_change(world: &World, person: PersonId, to: &str) {
    link(world, &[1; 32], Purpose::LeaveEmail, person, "asha@example.in").await;
    link(world, &[2; 32], Purpose::NewEmail, person, to).await;
}

async fn open(world: &World, id_hash: &[u8], person: PersonId) {
    let new = NewSession { id_hash, person, device: "", network: "", stage: Stage::Full };
    commit!(world, open_session(&new, world.now())).unwrap();
}

on_both!(an_address_changes_once_it_is_agreed_to_and_confirmed, |world| async move {
    let asha = person(&world, "asha").await;
    assert_eq!(ask!(world, email_change(asha, world.now())), None);
    for (first, second) in
        [(Purpose::LeaveEmail, Purpose::NewEmail), (Purpose::NewEmail, Purpose::LeaveEmail)]
    {
        let hash = |purpose| if purpose == Purpose::LeaveEmail { [1; 32] } else { [2; 32] };
        let to = format!("asha.{}@example.in", i32::from(first == Purpose::NewEmail));
        begin_change(&world, asha, &to).await;
        link(&world, &[3; 32], Purpose::Reset, asha, "asha@example.in").await;
        open(&world, &[8; 32], asha).await;
        open(&world, &[9; 32], asha).await;
        commit!(world, use_token(&hash(first), first, world.now())).unwrap();
        let half = ask!(world, email_change(asha, world.now())).unwrap();
        let agreed = first == Purpose::LeaveEmail;
        let until = world.now() + 24 * HOUR;
        assert_eq!(half, EmailChange { to: to.clone(), agreed, confirmed: !agreed, until });
        assert_eq!(commit!(world, complete_email_change(asha, None, world.now())).unwrap(), None);
        commit!(world, use_token(&hash(second), second, world.now())).unwrap();
        let done = commit!(world, complete_email_change(asha, Some(&[9; 32]), world.now())).unwrap();
        assert_eq!(done.as_ref(), Some(&to));
        let profile = ask!(world, profile(asha)).unwrap();
        assert_eq!((profile.email, profile.verified_at), (to, Some(world.now())));
        assert!(
            ask!(world, token(&[3; 32], Purpose::Reset, world.now())).is_none(),
            "it went to the old one"
        );
        assert_eq!(ask!(world, email_change(asha, world.now())), None);
        let left = ask!(world, sessions(asha, world.now()));
        assert_eq!(left.iter().map(|session| session.id_hash[0]).collect::<Vec<_>>(), [9]);
        commit!(world, close_sessions(asha, &[])).unwrap();
    }
});

on_both!(a_change_of_address_ends_with_its_time_with_a_stop_and_at_one_that_is_taken, |world| async move {
    let asha = person(&world, "asha").await;
    person(&world, "bela").await;
    let both = async || {
        commit!(world, use_token(&[1; 32], Purpose::LeaveEmail, world.now())).unwrap();
        commit!(world, use_token(&[2; 32], Purpose::NewEmail, world.now())).unwrap();
    };
    begin_change(&world, asha, "new@example.in").await;
    both().await;
    world.clock.pass(SignedDuration::from_hours(24));
    assert_eq!(commit!(world, complete_email_change(asha, None, world.now())).unwrap(), None, "too late");
    begin_change(&world, asha, "new@example.in").await;
    commit!(world, stop_email_change(asha)).unwrap();
    assert!(commit!(world, use_token(&[2; 32], Purpose::NewEmail, world.now())).is_err());
    begin_change(&world, asha, "BELA@example.in").await;
    both().await;
    let taken = commit!(world, complete_email_change(asha, None, world.now())).unwrap_err();
    assert!(taken.unique_violation().is_some(), "{taken}");
    assert_eq!(ask!(world, profile(asha)).unwrap().email, "asha@example.in");
});

on_both!(an_address_is_confirmed_only_while_it_is_the_accounts, |world| async move {
    let asha = person(&world, "asha").await;
    let other = commit!(world, verify_email(asha, "old@example.in", world.now())).unwrap_err();
    assert!(matches!(other, StoreError::Missing(_)), "{other}");
    let first = world.now();
    commit!(world, verify_email(asha, "Asha@Example.in", first)).unwrap();
    world.clock.pass(YEARS);
    commit!(world, verify_email(asha, "asha@example.in", world.now())).unwrap();
    assert_eq!(ask!(world, profile(asha)).unwrap().verified_at, Some(first), "since the first time");
});

on_both!(figures_go_to_confirmed_addresses_alone, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let consent = NewConsent {
        person: owner,
        purpose: MessagePurpose::Digest,
        channel: Channel::Email,
        given: true,
        wording: "1",
        way: "settings",
    };
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(tenant).await.unwrap().put_consent(&consent, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let start = (TenantId(0), PersonId(0));
    let readers = async || ask!(world, consenting(MessagePurpose::Digest, Channel::Email, start, 9)).len();
    assert_eq!(readers().await, 1);
    commit!(world, replace_email(owner, "slip@example.in", None, None)).unwrap();
    assert_eq!(readers().await, 0);
});

on_both!(a_device_is_known_to_its_person_and_the_oldest_are_forgotten, |world| async move {
    let (asha, bela) = (person(&world, "asha").await, person(&world, "bela").await);
    assert!(!commit!(world, use_device(asha, &[1; 32], world.now())).unwrap());
    assert!(commit!(world, use_device(asha, &[1; 32], world.now())).unwrap());
    assert!(!commit!(world, use_device(bela, &[1; 32], world.now())).unwrap(), "another's is not theirs");
    for number in 2..=51 {
        world.clock.pass(SignedDuration::from_secs(1));
        assert!(!commit!(world, use_device(asha, &[number; 32], world.now())).unwrap());
    }
    assert!(commit!(world, use_device(asha, &[2; 32], world.now())).unwrap());
    assert!(!commit!(world, use_device(asha, &[1; 32], world.now())).unwrap(), "fifty are kept");
    assert!(commit!(world, use_device(bela, &[1; 32], world.now())).unwrap(), "of each");
    world.clock.pass(YEARS);
    assert_eq!(commit!(world, sweep_devices(world.now())).unwrap(), 51);
});

on_both!(a_business_says_who_it_is_and_others_stay_as_they_are, |world| async move {
    let (_, mine) = world.business("kurta-house").await;
    let (_, other) = world.business("saree-works").await;
    let before = ask!(world, business_profile(other));
    let new = BusinessProfile {
        name: "Kurta House LLP".to_owned(),
        billing_state: "27".to_owned(),
        gstin: Some("27AAPFU0939F1ZV".to_owned()),
    };
    commit!(world, set_business_profile(mine, &new)).unwrap();
    assert_eq!(ask!(world, business_profile(mine)), Some(new.clone()));
    assert_eq!(ask!(world, gstin(mine)).unwrap().as_str(), "27AAPFU0939F1ZV");
    commit!(world, set_business_profile(mine, &BusinessProfile { gstin: None, ..new })).unwrap();
    assert_eq!(ask!(world, gstin(mine)), None);
    assert_eq!(ask!(world, business_profile(other)), before);
    assert_eq!(ask!(world, business_profile(TenantId(4711))), None);
});

on_both!(what_a_clock_that_ran_ahead_noted_does_not_outlive_it, |world| async move {
    let asha = person(&world, "asha").await;
    let right = world.now();
    let ring = world.keys().await.platform(right).await.unwrap();
    commit!(world, put_totp(&ring, asha, b"secret", right)).unwrap();
    world.clock.pass(YEARS);
    open(&world, &[1; 32], asha).await;
    link(&world, &[2; 32], Purpose::Reset, asha, "asha@example.in").await;
    let step = |now: i64| now / 30_000_000;
    assert!(commit!(world, use_step(asha, step(world.now()))).unwrap());
    // The clock is set right again.
    assert!(ask!(world, session_person(&[1; 32], right)).is_none());
    assert!(ask!(world, sessions(asha, right)).is_empty());
    assert!(ask!(world, token(&[2; 32], Purpose::Reset, right)).is_none());
    assert!(commit!(world, use_step(asha, step(right))).unwrap(), "it locks nobody out");
    assert!(!commit!(world, use_step(asha, step(right))).unwrap(), "and a code still works once");
    // A clock that is set back a little ends nothing.
    assert!(ask!(world, session_person(&[1; 32], world.now() - HOUR / 2)).is_some());
    assert!(ask!(world, token(&[2; 32], Purpose::Reset, world.now() - HOUR / 2)).is_some());
    assert!(!commit!(world, use_step(asha, step(right - HOUR / 2))).unwrap(), "no code works again");
});
