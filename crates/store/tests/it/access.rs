//! Members and roles, single-use links, second factors, sessions told apart; on both engines.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    LiveToken, MemberRole, NewPerson, NewSession, NewToken, PasswordRule, PersonId, Purpose, Result,
    SessionPerson, Stage, StoreError, TenantId,
};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn person(world: &World, name: &str) -> PersonId {
    let email = format!("{name}@example.in");
    let new = NewPerson { name, email: &email, phone: "9845000000", password_hash: "hash" };
    commit!(world, add_person(&new, world.now())).unwrap()
}

fn is_conflict(answer: &Result<()>) -> bool {
    matches!(answer, Err(StoreError::Conflict(_)))
}

async fn roles(world: &World, tenant: TenantId) -> Vec<(PersonId, MemberRole)> {
    ask!(world, members(tenant)).into_iter().map(|member| (member.person, member.role)).collect()
}

async fn open(world: &World, id_hash: &[u8], person: PersonId, stage: Stage) {
    let new = NewSession { id_hash, person, device: "Firefox on Linux", network: "203.0.113.0/24", stage };
    commit!(world, open_session(&new, world.now())).unwrap();
}

async fn known(world: &World, id_hash: &[u8]) -> Option<SessionPerson> {
    ask!(world, session_person(id_hash, world.now()))
}

on_both!(members_come_change_role_and_go, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let asha = person(&world, "asha").await;
    commit!(world, add_member(tenant, asha, MemberRole::Viewer, world.now())).unwrap();
    assert_eq!(roles(&world, tenant).await, [(owner, MemberRole::Owner), (asha, MemberRole::Viewer)]);
    commit!(world, set_member_role(tenant, asha, MemberRole::Manager)).unwrap();
    let own = ask!(world, businesses_of(asha));
    assert_eq!((own.len(), own[0].tenant, own[0].role), (1, tenant, MemberRole::Manager));
    commit!(world, remove_member(tenant, asha)).unwrap();
    assert_eq!(roles(&world, tenant).await, [(owner, MemberRole::Owner)]);
    assert!(matches!(commit!(world, remove_member(tenant, asha)), Err(StoreError::Missing(_))));
    let changed = commit!(world, set_member_role(tenant, asha, MemberRole::Owner));
    assert!(matches!(changed, Err(StoreError::Missing(_))));
});

on_both!(joining_again_never_takes_a_role_away, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    commit!(world, add_member(tenant, owner, MemberRole::Viewer, world.now())).unwrap();
    assert_eq!(roles(&world, tenant).await, [(owner, MemberRole::Owner)]);
    let asha = person(&world, "asha").await;
    commit!(world, add_member(tenant, asha, MemberRole::Viewer, world.now())).unwrap();
    commit!(world, add_member(tenant, asha, MemberRole::Manager, world.now())).unwrap();
    assert_eq!(roles(&world, tenant).await[1], (asha, MemberRole::Manager));
});

on_both!(a_business_keeps_an_owner, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    assert!(is_conflict(&commit!(world, set_member_role(tenant, owner, MemberRole::Manager))));
    assert!(is_conflict(&commit!(world, remove_member(tenant, owner))));
    let asha = person(&world, "asha").await;
    commit!(world, add_member(tenant, asha, MemberRole::Owner, world.now())).unwrap();
    commit!(world, set_member_role(tenant, owner, MemberRole::Manager)).unwrap();
    commit!(world, remove_member(tenant, owner)).unwrap();
    assert!(is_conflict(&commit!(world, remove_member(tenant, asha))));
});

on_both!(of_two_owners_who_leave_at_once_one_stays, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let asha = person(&world, "asha").await;
    commit!(world, add_member(tenant, asha, MemberRole::Owner, world.now())).unwrap();
    let (one, two) = tokio::join!(async { commit!(world, remove_member(tenant, owner)) }, async {
        commit!(world, remove_member(tenant, asha))
    });
    assert_ne!(one.is_ok(), two.is_ok());
    assert_eq!(roles(&world, tenant).await.len(), 1);
});

on_both!(a_member_who_is_taken_out_loses_the_business_at_once, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let asha = person(&world, "asha").await;
    commit!(world, add_member(tenant, asha, MemberRole::Viewer, world.now())).unwrap();
    open(&world, &[1; 32], asha, Stage::Full).await;
    assert!(ask!(world, session(&[1; 32], world.now())).is_some());
    commit!(world, remove_member(tenant, asha)).unwrap();
    assert!(ask!(world, session(&[1; 32], world.now())).is_none());
    assert_eq!(known(&world, &[1; 32]).await.unwrap().person, asha, "they are still signed in");
});

on_both!(a_session_turns_to_another_business_of_its_person_and_to_no_other, |world| async move {
    let (owner, first) = world.business("kurta-house").await;
    let (_, second) = world.business("saree-works").await;
    let (_, foreign) = world.business("toy-box").await;
    commit!(world, add_member(second, owner, MemberRole::Viewer, world.now())).unwrap();
    open(&world, &[1; 32], owner, Stage::Full).await;
    assert_eq!(ask!(world, session(&[1; 32], world.now())).unwrap().tenant, first);
    commit!(world, switch_session(&[1; 32], second)).unwrap();
    let signed = ask!(world, session(&[1; 32], world.now())).unwrap();
    assert_eq!((signed.tenant, signed.role.as_str()), (second, "viewer"));
    assert!(matches!(commit!(world, switch_session(&[1; 32], foreign)), Err(StoreError::Missing(_))));
    assert!(matches!(commit!(world, switch_session(&[9; 32], second)), Err(StoreError::Missing(_))));
});

on_both!(a_session_that_waits_for_a_code_opens_nothing, |world| async move {
    let (owner, _) = world.business("kurta-house").await;
    open(&world, &[1; 32], owner, Stage::Code).await;
    assert!(ask!(world, session(&[1; 32], world.now())).is_none());
    assert_eq!(known(&world, &[1; 32]).await.unwrap().stage, Stage::Code);
    assert!(ask!(world, sessions(owner, world.now())).is_empty());
    world.clock.pass(SignedDuration::from_mins(1));
    commit!(world, complete_session(&[1; 32], world.now())).unwrap();
    assert!(ask!(world, session(&[1; 32], world.now())).is_some());
    assert_eq!(known(&world, &[1; 32]).await.unwrap().stage, Stage::Full);
});

on_both!(a_session_is_known_by_its_newest_token_alone, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    open(&world, &[1; 32], owner, Stage::Full).await;
    assert!(commit!(world, renew_session(&[1; 32], &[2; 32])).unwrap());
    assert!(known(&world, &[1; 32]).await.is_none());
    assert_eq!(ask!(world, session(&[2; 32], world.now())).unwrap().tenant, tenant);
    assert!(!commit!(world, renew_session(&[1; 32], &[3; 32])).unwrap(), "the old token renews nothing");
    assert!(known(&world, &[3; 32]).await.is_none());
});

on_both!(sessions_are_listed_and_ended_by_their_person_alone, |world| async move {
    let (owner, _) = world.business("kurta-house").await;
    let (other, _) = world.business("saree-works").await;
    open(&world, &[1; 32], owner, Stage::Full).await;
    world.clock.pass(HOUR);
    open(&world, &[2; 32], owner, Stage::Full).await;
    open(&world, &[3; 32], other, Stage::Full).await;
    let listed = ask!(world, sessions(owner, world.now()));
    assert_eq!(listed.iter().map(|session| session.id_hash[0]).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(
        (listed[0].device.as_str(), listed[0].network.as_str()),
        ("Firefox on Linux", "203.0.113.0/24")
    );
    assert!(!commit!(world, close_session_of(owner, &[3; 32])).unwrap());
    assert!(known(&world, &[3; 32]).await.is_some(), "another's session stays");
    assert!(commit!(world, close_session_of(owner, &[1; 32])).unwrap());
    assert!(known(&world, &[1; 32]).await.is_none());
    open(&world, &[4; 32], owner, Stage::Full).await;
    assert_eq!(commit!(world, close_sessions(owner, &[2; 32])).unwrap(), 1);
    assert!(known(&world, &[2; 32]).await.is_some() && known(&world, &[3; 32]).await.is_some());
});

fn reset(hash: &[u8], person: PersonId) -> NewToken<'_> {
    let email = "asha@example.in";
    NewToken {
        hash,
        purpose: Purpose::Reset,
        person: Some(person),
        tenant: None,
        email,
        role: "",
        made_by: None,
    }
}

fn invite<'a>(hash: &'a [u8], tenant: TenantId, by: PersonId, email: &'a str) -> NewToken<'a> {
    NewToken {
        hash,
        purpose: Purpose::Invite,
        person: None,
        tenant: Some(tenant),
        email,
        role: "manager",
        made_by: Some(by),
    }
}

async fn used(world: &World, hash: &[u8], purpose: Purpose) -> Result<LiveToken> {
    commit!(world, use_token(hash, purpose, world.now()))
}

on_both!(a_link_works_once_for_its_purpose_and_within_its_time, |world| async move {
    let asha = person(&world, "asha").await;
    commit!(world, issue_token(&reset(&[1; 32], asha), world.now())).unwrap();
    assert!(used(&world, &[1; 32], Purpose::Verify).await.is_err(), "another purpose");
    assert!(used(&world, &[2; 32], Purpose::Reset).await.is_err(), "no such link");
    assert_eq!(used(&world, &[1; 32], Purpose::Reset).await.unwrap().person, Some(asha));
    assert!(used(&world, &[1; 32], Purpose::Reset).await.is_err(), "used");
    commit!(world, issue_token(&reset(&[3; 32], asha), world.now())).unwrap();
    world.clock.pass(HOUR);
    assert!(used(&world, &[3; 32], Purpose::Reset).await.is_err(), "over");
    assert!(commit!(world, sweep_tokens(world.now())).unwrap() >= 1);
});

on_both!(a_newer_link_ends_the_older_one, |world| async move {
    let (asha, bela) = (person(&world, "asha").await, person(&world, "bela").await);
    commit!(world, issue_token(&reset(&[1; 32], asha), world.now())).unwrap();
    commit!(world, issue_token(&reset(&[2; 32], bela), world.now())).unwrap();
    commit!(world, issue_token(&reset(&[3; 32], asha), world.now())).unwrap();
    assert!(used(&world, &[1; 32], Purpose::Reset).await.is_err());
    assert!(used(&world, &[2; 32], Purpose::Reset).await.is_ok(), "another's goes on");
    commit!(world, revoke_tokens(asha, Purpose::Reset)).unwrap();
    assert!(used(&world, &[3; 32], Purpose::Reset).await.is_err());
});

on_both!(invitations_are_listed_and_taken_back_by_their_business, |world| async move {
    let (owner, mine) = world.business("kurta-house").await;
    let (other, theirs) = world.business("saree-works").await;
    commit!(world, issue_token(&invite(&[1; 32], mine, owner, "Asha@Example.in"), world.now())).unwrap();
    commit!(world, issue_token(&invite(&[2; 32], mine, owner, "bela@example.in"), world.now())).unwrap();
    commit!(world, issue_token(&invite(&[3; 32], theirs, other, "asha@example.in"), world.now())).unwrap();
    let listed = ask!(world, invitations(mine, world.now()));
    assert_eq!(
        listed.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(),
        ["Asha@Example.in", "bela@example.in"]
    );
    assert_eq!(listed[0].business.as_deref(), Some("kurta-house"));
    // The same address again replaces the first, whatever its case.
    commit!(world, issue_token(&invite(&[4; 32], mine, owner, "asha@example.in"), world.now())).unwrap();
    assert_eq!(ask!(world, invitations(mine, world.now())).len(), 2);
    assert!(used(&world, &[1; 32], Purpose::Invite).await.is_err());
    assert!(commit!(world, revoke_invitation(theirs, &[4; 32])).is_err(), "not theirs");
    commit!(world, revoke_invitation(mine, &[4; 32])).unwrap();
    assert!(used(&world, &[4; 32], Purpose::Invite).await.is_err());
    assert_eq!(used(&world, &[3; 32], Purpose::Invite).await.unwrap().tenant, Some(theirs));
});

on_both!(whoever_is_no_owner_any_more_leaves_no_invitation_behind, |world| async move {
    let (owner, mine) = world.business("kurta-house").await;
    let (bela, other) = world.business("saree-works").await;
    let works = async |hash: &[u8]| ask!(world, token(hash, Purpose::Invite, world.now())).is_some();
    commit!(world, issue_token(&invite(&[1; 32], mine, owner, "a@example.in"), world.now())).unwrap();
    commit!(world, issue_token(&invite(&[2; 32], other, bela, "b@example.in"), world.now())).unwrap();
    for (hash, leave) in [([3; 32], true), ([4; 32], false)] {
        commit!(world, add_member(mine, bela, MemberRole::Owner, world.now())).unwrap();
        commit!(world, issue_token(&invite(&hash, mine, bela, "c@example.in"), world.now())).unwrap();
        assert!(works(&hash).await);
        if leave {
            commit!(world, remove_member(mine, bela)).unwrap();
        } else {
            commit!(world, set_member_role(mine, bela, MemberRole::Manager)).unwrap();
        }
        assert!(used(&world, &hash, Purpose::Invite).await.is_err());
        commit!(world, add_member(mine, bela, MemberRole::Owner, world.now())).unwrap();
        assert!(!works(&hash).await, "nor does it come back with them");
        commit!(world, set_member_role(mine, bela, MemberRole::Viewer)).unwrap();
    }
    assert!(works(&[1; 32]).await && works(&[2; 32]).await, "others, and of another business, stay");
    commit!(world, issue_token(&invite(&[5; 32], mine, bela, "d@example.in"), world.now())).unwrap();
    assert!(!works(&[5; 32]).await, "a viewer invites nobody");
});

on_both!(a_code_works_once, |world| async move {
    let asha = person(&world, "asha").await;
    let ring = world.keys().await.platform(world.now()).await.unwrap();
    commit!(world, put_totp(&ring, asha, b"secret", world.now())).unwrap();
    assert!(!ask!(world, totp(&ring, asha)).unwrap().confirmed);
    assert!(!ask!(world, asks_for_codes(asha)));
    assert!(commit!(world, use_step(asha, 100)).unwrap());
    commit!(world, confirm_totp(asha, world.now())).unwrap();
    assert!(ask!(world, asks_for_codes(asha)));
    assert!(!commit!(world, use_step(asha, 100)).unwrap(), "used");
    assert!(!commit!(world, use_step(asha, 99)).unwrap(), "older than one that was used");
    assert!(commit!(world, use_step(asha, 101)).unwrap());
    assert!(
        is_conflict(&commit!(world, put_totp(&ring, asha, b"other", world.now()))),
        "it is removed first"
    );
    assert_eq!(ask!(world, totp(&ring, asha)).unwrap().secret.expose(), b"secret");
    assert!(is_conflict(&commit!(world, confirm_totp(asha, world.now()))), "once is enough");
    assert!(commit!(world, remove_totp(asha)).unwrap());
    assert!(!commit!(world, remove_totp(asha)).unwrap(), "they were off");
    assert!(ask!(world, totp(&ring, asha)).is_none());
    assert!(!commit!(world, use_step(asha, 102)).unwrap());
});

on_both!(a_recovery_code_works_once, |world| async move {
    let (asha, bela) = (person(&world, "asha").await, person(&world, "bela").await);
    commit!(world, put_recovery_codes(asha, &[[1; 32], [2; 32]])).unwrap();
    assert!(!commit!(world, use_recovery_code(bela, &[1; 32], world.now())).unwrap(), "another's");
    assert!(commit!(world, use_recovery_code(asha, &[1; 32], world.now())).unwrap());
    assert!(!commit!(world, use_recovery_code(asha, &[1; 32], world.now())).unwrap());
    assert_eq!(ask!(world, recovery_codes_left(asha)), 1);
    commit!(world, put_recovery_codes(asha, &[[3; 32]])).unwrap();
    assert!(!commit!(world, use_recovery_code(asha, &[2; 32], world.now())).unwrap(), "an old set is gone");
});

on_both!(a_profile_can_be_changed_and_an_address_is_one_persons, |world| async move {
    let (asha, _) = (person(&world, "asha").await, person(&world, "bela").await);
    commit!(world, set_profile(asha, "Asha Rao", "+91 98450 00001")).unwrap();
    commit!(world, replace_password(asha, ("other hash", PasswordRule::Customer), None, world.now()))
        .unwrap();
    commit!(world, verify_email(asha, "ASHA@example.in", world.now())).unwrap();
    let profile = ask!(world, profile(asha)).unwrap();
    assert_eq!((profile.name.as_str(), profile.password_hash.as_str()), ("Asha Rao", "other hash"));
    assert_eq!((profile.verified_at, profile.password_changed_at), (Some(world.now()), world.now()));
    let taken = commit!(world, replace_email(asha, "BELA@example.in", None, None)).unwrap_err();
    assert!(taken.unique_violation().is_some());
    commit!(world, replace_email(asha, "Asha.Rao@example.in", None, None)).unwrap();
    assert!(ask!(world, login("asha.rao@EXAMPLE.in")).is_some());
});
