//! What happens at the same time: turns with a person's account and with counters, and what was proved before a wait.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use ecom_store::{
    Db, MemberRole, NewJob, NewPerson, NewSession, NewToken, PasswordRule, PersonId, Purpose, Stage,
    StoreError,
};
use ecom_testkit::{Role, World, on_both, on_postgres};

/// Long enough to connect on a machine that is busy.
const SOON: Duration = Duration::from_secs(1);
/// How often workers race for a business's jobs.
const ROUNDS: usize = 40;

/// The world's database, opened once more with little patience.
async fn impatient(world: &World) -> Db {
    Db::open_waiting(&world.database().url(Role::App), SOON).await.unwrap()
}

async fn person(world: &World) -> PersonId {
    let new = NewPerson { name: "Asha", email: "asha@example.in", phone: "1", password_hash: "old" };
    let mut tx = world.db.write().await.unwrap();
    let person = tx.platform().add_person(&new, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    person
}

fn session(id_hash: &[u8], person: PersonId) -> NewSession<'_> {
    NewSession { id_hash, person, device: "", network: "", stage: Stage::Full }
}

async fn replace(db: &Db, person: PersonId, keep: Option<&[u8]>) -> Result<u64, StoreError> {
    let mut tx = db.write().await?;
    let ended = tx.platform().replace_password(person, ("new", PasswordRule::Customer), keep, 5).await?;
    tx.commit().await?;
    Ok(ended)
}

on_both!(a_session_that_opens_while_the_password_changes_ends_with_the_others, |world| async move {
    let asha = person(&world).await;
    let mut opening = world.db.write().await.unwrap();
    assert!(opening.platform().hold_person(asha, "old").await.unwrap());
    opening.platform().open_session(&session(&[1; 32], asha), world.now()).await.unwrap();
    let busy = replace(&impatient(&world).await, asha, None).await.unwrap_err();
    assert!(matches!(busy, StoreError::Busy), "it waits until the session is there to be ended: {busy}");
    opening.commit().await.unwrap();
    assert_eq!(replace(&world.db, asha, None).await.unwrap(), 1);
    let mut late = world.db.write().await.unwrap();
    assert!(!late.platform().hold_person(asha, "old").await.unwrap(), "what the old one proved is void");
    assert!(late.platform().hold_person(asha, "new").await.unwrap());
    assert!(!late.platform().hold_person(PersonId(4711), "new").await.unwrap());
});

on_both!(a_new_password_ends_links_and_every_session_but_one, |world| async move {
    let asha = person(&world).await;
    let mut tx = world.db.write().await.unwrap();
    for id in [[1; 32], [2; 32], [3; 32]] {
        tx.platform().open_session(&session(&id, asha), world.now()).await.unwrap();
    }
    let all = [Purpose::Reset, Purpose::LeaveEmail, Purpose::NewEmail, Purpose::Verify];
    for (purpose, hash) in all.into_iter().zip([[1; 32], [2; 32], [3; 32], [4; 32]]) {
        let new = NewToken {
            hash: &hash,
            purpose,
            person: Some(asha),
            tenant: None,
            email: "asha@example.in",
            role: "",
            made_by: None,
        };
        tx.platform().issue_token(&new, world.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(replace(&world.db, asha, Some(&[2; 32])).await.unwrap(), 2);
    let mut tx = world.db.read().await.unwrap();
    let left = tx.platform().sessions(asha, world.now()).await.unwrap();
    assert_eq!(left.iter().map(|session| session.id_hash[0]).collect::<Vec<_>>(), [2]);
    for (purpose, hash) in all.into_iter().zip([[1; 32], [2; 32], [3; 32], [4; 32]]) {
        let works = tx.platform().token(&hash, purpose, world.now()).await.unwrap().is_some();
        assert_eq!(works, purpose == Purpose::Verify, "{purpose:?}");
    }
    drop(tx);
    assert!(replace(&world.db, PersonId(4711), None).await.is_err());
});

on_both!(a_page_sees_one_moment, |world| async move {
    let mut page = world.db.read().await.unwrap();
    assert_eq!(page.platform().people().await.unwrap(), 0);
    person(&world).await;
    assert_eq!(page.platform().people().await.unwrap(), 0, "it began before");
    drop(page);
    assert_eq!(world.db.read().await.unwrap().platform().people().await.unwrap(), 1);
});

on_postgres!(whoever_judges_by_a_counter_has_it_alone, |world| async move {
    let mut one = world.db.write().await.unwrap();
    one.platform().login_turns(&[&[2; 32], &[1; 32]]).await.unwrap();
    let db = impatient(&world).await;
    let mut other = db.write().await.unwrap();
    other.platform().login_turns(&[&[3; 32]]).await.unwrap();
    let busy = other.platform().login_turns(&[&[3; 32], &[1; 32]]).await.unwrap_err();
    assert!(matches!(busy, StoreError::Busy), "{busy}");
    one.rollback().await.unwrap();
    db.write().await.unwrap().platform().login_turns(&[&[1; 32], &[2; 32]]).await.unwrap();
});

on_postgres!(a_change_of_members_does_not_wait_for_what_only_names_the_business, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let mut naming = world.db.write().await.unwrap();
    let job = NewJob {
        tenant: Some(tenant),
        kind: "import",
        payload: "1",
        dedupe: None,
        run_at: 0,
        most_attempts: 1,
    };
    naming.platform().enqueue(&job, world.now()).await.unwrap();
    let db = impatient(&world).await;
    let mut changing = db.write().await.unwrap();
    changing.platform().set_member_role(tenant, owner, MemberRole::Owner).await.unwrap();
});

on_both!(a_right_that_was_taken_away_meanwhile_is_none, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let asha = person(&world).await;
    let mut tx = world.db.write().await.unwrap();
    tx.platform().add_member(tenant, asha, MemberRole::Owner, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut changing = world.db.write().await.unwrap();
    changing.platform().hold_role(tenant, owner, MemberRole::Owner).await.unwrap();
    let db = impatient(&world).await;
    let waits = async {
        let mut tx = db.write().await?;
        tx.platform().hold_role(tenant, asha, MemberRole::Owner).await
    };
    let busy = waits.await.unwrap_err();
    assert!(matches!(busy, StoreError::Busy), "whoever comes second waits, and looks then: {busy}");
    changing.platform().set_member_role(tenant, asha, MemberRole::Viewer).await.unwrap();
    changing.commit().await.unwrap();
    let mut late = world.db.write().await.unwrap();
    let mut platform = late.platform();
    for least in [MemberRole::Owner, MemberRole::Manager] {
        let gone = platform.hold_role(tenant, asha, least).await.unwrap_err();
        assert!(matches!(gone, StoreError::Missing(_)), "{gone}");
    }
    platform.hold_role(tenant, asha, MemberRole::Viewer).await.unwrap();
    assert!(platform.hold_role(tenant, PersonId(4711), MemberRole::Viewer).await.is_err());
});

on_both!(workers_that_race_run_one_job_of_a_business, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    for round in 0..ROUNDS {
        let mut tx = world.db.write().await.unwrap();
        for payload in ["1", "2", "3"] {
            let job = NewJob {
                tenant: Some(tenant),
                kind: "import",
                payload,
                dedupe: None,
                run_at: 0,
                most_attempts: 1,
            };
            tx.platform().enqueue(&job, world.now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let claim = || async {
            let mut tx = world.db.write().await.unwrap();
            let claim = tx.platform().claim(world.now()).await.unwrap();
            tx.commit().await.unwrap();
            claim.is_some()
        };
        let claims = tokio::join!(claim(), claim(), claim(), claim());
        let claimed = [claims.0, claims.1, claims.2, claims.3].into_iter().filter(|one| *one).count();
        assert!(claimed <= 1, "{claimed} at once in round {round}");
        let mut tx = world.db.write().await.unwrap();
        tx.platform().cancel_jobs(tenant, world.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
});
