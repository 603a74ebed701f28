//! Consents: given, withdrawn, versioned, and never of another's business; on both engines.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    Channel, Consenting, MessagePurpose, MessageState, NewConsent, NewMail, PersonId, StoreError, TenantId,
};
use ecom_testkit::{World, on_both};

fn digest(person: PersonId, given: bool, wording: &str) -> NewConsent<'_> {
    NewConsent {
        person,
        purpose: MessagePurpose::Digest,
        channel: Channel::Email,
        given,
        wording,
        way: "settings",
    }
}

async fn decide(world: &World, tenant: TenantId, new: &NewConsent<'_>) -> bool {
    let mut tx = world.db.write().await.unwrap();
    let changed = tx.scoped(tenant).await.unwrap().put_consent(new, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    changed
}

async fn consenting(world: &World, after: (i64, i64), most: i64) -> Vec<Consenting> {
    let after = (TenantId(after.0), PersonId(after.1));
    let mut tx = world.db.read().await.unwrap();
    tx.platform().consenting(MessagePurpose::Digest, Channel::Email, after, most).await.unwrap()
}

/// What stands, and the history, as `given wording`.
async fn history(world: &World, tenant: TenantId, person: PersonId) -> (Option<bool>, Vec<String>) {
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    let stands = books.consent(person, MessagePurpose::Digest, Channel::Email).await.unwrap();
    let all = books.consents(person, 50).await.unwrap();
    let told = all.iter().map(|one| format!("{} {}", one.given, one.wording)).collect();
    (stands.map(|one| one.given), told)
}

on_both!(a_decision_stands_until_the_next_and_all_stay_on_record, |world| async move {
    let (person, tenant) = world.business("kurta-house").await;
    assert!(!decide(&world, tenant, &digest(person, false, "1")).await, "nothing was ever given");
    assert_eq!(history(&world, tenant, person).await, (None, vec![]));
    assert!(decide(&world, tenant, &digest(person, true, "1")).await);
    assert!(!decide(&world, tenant, &digest(person, true, "1")).await, "it stands already");
    assert!(decide(&world, tenant, &digest(person, true, "2")).await, "a new text is agreed to anew");
    assert!(decide(&world, tenant, &digest(person, false, "2")).await);
    assert!(!decide(&world, tenant, &digest(person, false, "3")).await, "withdrawn is withdrawn");
    let (stands, all) = history(&world, tenant, person).await;
    assert_eq!(stands, Some(false));
    assert_eq!(all, ["false 2", "true 2", "true 1"]);
    let mut tx = world.db.read().await.unwrap();
    let first = tx.scoped(tenant).await.unwrap().consents(person, 1).await.unwrap().remove(0);
    assert_eq!((first.way.as_str(), first.at), ("settings", world.now()));
    assert_eq!((first.purpose, first.channel), (MessagePurpose::Digest, Channel::Email));
});

on_both!(only_members_decide_and_only_for_their_business, |world| async move {
    let (asha, kurta) = world.business("kurta-house").await;
    let (_, saree) = world.business("saree-works").await;
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(saree).await.unwrap();
    let refused = books.put_consent(&digest(asha, true, "1"), 1).await.unwrap_err();
    assert!(matches!(refused, StoreError::Missing("member")), "{refused}");
    tx.rollback().await.unwrap();
    decide(&world, kurta, &digest(asha, true, "1")).await;
    assert_eq!(history(&world, saree, asha).await, (None, vec![]));
});

on_both!(whoever_agrees_now_is_found_page_by_page, |world| async move {
    let (asha, kurta) = world.business("kurta-house").await;
    let (vikram, saree) = world.business("saree-works").await;
    let (meera, toys) = world.business("toys").await;
    world.business("never-asked").await;
    for (person, tenant) in [(asha, kurta), (vikram, saree), (meera, toys)] {
        decide(&world, tenant, &digest(person, true, "1")).await;
    }
    decide(&world, saree, &digest(vikram, false, "1")).await;
    decide(&world, toys, &digest(meera, true, "2")).await;
    let all = consenting(&world, (0, 0), 9).await;
    assert_eq!(all.iter().map(|one| one.person).collect::<Vec<_>>(), [asha, meera]);
    assert_eq!(
        (all[0].business.as_str(), all[0].email.as_str()),
        ("kurta-house", "owner@kurta-house.example")
    );
    assert_eq!((all[0].name.as_str(), all[0].tenant), ("Asha Rao", kurta));
    let first = consenting(&world, (0, 0), 1).await.remove(0);
    let next = consenting(&world, (first.tenant.0, first.person.0), 9).await;
    assert_eq!(next.iter().map(|one| one.person).collect::<Vec<_>>(), [meera]);
});

on_both!(withdrawing_stops_what_waits_to_be_sent_and_nothing_else, |world| async move {
    let (asha, kurta) = world.business("kurta-house").await;
    let (vikram, saree) = world.business("saree-works").await;
    let write = |cause: &'static str, tenant, person, purpose| {
        let world = &world;
        async move {
            let mail = NewMail {
                cause,
                tenant: Some(tenant),
                person: Some(person),
                purpose,
                template: "digest",
                recipient: "asha@kurta-house.example",
                recipient_name: "",
                subject: "x",
                arguments: "{}",
                secret: None,
                expires_at: world.now() + 1,
            };
            let mut tx = world.db.write().await.unwrap();
            tx.platform().write_mail(&mail, world.now()).await.unwrap().unwrap();
            tx.commit().await.unwrap();
        }
    };
    decide(&world, kurta, &digest(asha, true, "1")).await;
    write("a", kurta, asha, MessagePurpose::Digest).await;
    write("b", kurta, asha, MessagePurpose::Account).await;
    write("c", saree, vikram, MessagePurpose::Digest).await;
    decide(&world, kurta, &digest(asha, false, "1")).await;
    let mut tx = world.db.read().await.unwrap();
    let mut states = Vec::new();
    for tenant in [kurta, saree] {
        for one in tx.scoped(tenant).await.unwrap().messages(None, None, 9).await.unwrap() {
            states.push((one.purpose, one.state, one.fault));
        }
    }
    let stopped = Some("its reader withdrew the consent".to_owned());
    assert_eq!(
        states,
        [
            (MessagePurpose::Account, MessageState::Queued, None),
            (MessagePurpose::Digest, MessageState::Failed, stopped),
            (MessagePurpose::Digest, MessageState::Queued, None),
        ]
    );
});

#[test]
fn names_of_purposes_and_channels_lead_back_to_them() {
    assert!(
        MessagePurpose::ALL.into_iter().all(|known| MessagePurpose::from_name(known.name()) == Some(known))
    );
    assert!(Channel::ALL.into_iter().all(|known| Channel::from_name(known.name()) == Some(known)));
    assert_eq!((MessagePurpose::from_name("x"), Channel::from_name("")), (None, None));
    assert!(!MessagePurpose::Security.needs_consent() && !MessagePurpose::Account.needs_consent());
}
