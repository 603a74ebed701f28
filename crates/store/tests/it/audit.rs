//! The audit log: who did what, and that no change of it goes unseen.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    Action, Actor, AuditFault, AuditFilter, AuditProof, Doer, PersonId, StoreError, TenantId, Tx,
};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;
use sqlx::AssertSqlSafe;

fn browser(person: PersonId) -> Doer {
    Doer::person(person, "203.0.113.0/24".to_owned())
}

/// Five entries of one business, a minute apart.
async fn five(world: &World) -> (PersonId, TenantId) {
    five_of(world, "kurta-house").await
}

async fn five_of(world: &World, name: &str) -> (PersonId, TenantId) {
    let (person, tenant) = world.business(name).await;
    let deeds = [
        (browser(person), Action::SignIn, ""),
        (browser(person), Action::SendFile, "uploads/1"),
        (Doer::work(), Action::ImportFile, "files/1"),
        (browser(person), Action::CloseMonth, "close/2026-03/INR"),
        (Doer::command(), Action::WithdrawFile, "files/1"),
    ];
    for (doer, action, object) in deeds {
        write(world, tenant, &doer, action, object).await.unwrap();
        world.clock.pass(SignedDuration::from_mins(1));
    }
    (person, tenant)
}

async fn write(
    world: &World,
    tenant: TenantId,
    doer: &Doer,
    action: Action,
    object: &str,
) -> Result<(), StoreError> {
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(tenant).await.unwrap().audit(doer, action, object, world.now()).await?;
    tx.commit().await
}

async fn verified(world: &World, tenant: TenantId) -> AuditProof {
    let mut tx = world.db.read().await.unwrap();
    tx.scoped(tenant).await.unwrap().verify_audit().await.unwrap()
}

async fn actions(world: &World, tenant: TenantId, filter: &AuditFilter) -> Vec<(i64, String)> {
    let mut tx = world.db.read().await.unwrap();
    let entries = tx.scoped(tenant).await.unwrap().audit_entries(filter, 100).await.unwrap();
    entries.into_iter().map(|entry| (entry.seq, entry.action)).collect()
}

/// What somebody with the database in their hands might do.
async fn tamper(world: &World, tenant: TenantId, statements: &[&str]) {
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(tenant).await.unwrap();
    for statement in statements {
        let text = statement.replace("TENANT", &tenant.to_string());
        match &mut tx {
            Tx::Sqlite(tx) => drop(sqlx::query(AssertSqlSafe(text)).execute(&mut **tx).await.unwrap()),
            Tx::Postgres(tx) => drop(sqlx::query(AssertSqlSafe(text)).execute(&mut **tx).await.unwrap()),
        }
    }
    tx.commit().await.unwrap();
}

on_both!(entries_are_numbered_and_shown_latest_first, |world| async move {
    let (person, tenant) = five(&world).await;
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    let entries = books.audit_entries(&AuditFilter::default(), 100).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    let close = &entries[1];
    assert_eq!((close.actor, close.object.as_str()), (Actor::Person(person), "close/2026-03/INR"));
    assert_eq!((close.name.as_deref().is_some(), close.network.as_str()), (true, "203.0.113.0/24"));
    assert_eq!((entries[0].actor, entries[2].actor), (Actor::Command, Actor::Work));
    assert_eq!(books.audited_people().await.unwrap().len(), 1);
});

on_both!(entries_are_found_by_person_action_and_time, |world| async move {
    let (person, tenant) = five(&world).await;
    let person_only = AuditFilter { person: Some(person), ..AuditFilter::default() };
    assert_eq!(actions(&world, tenant, &person_only).await.len(), 3);
    let sent = AuditFilter { action: Some(Action::SendFile), ..AuditFilter::default() };
    assert_eq!(actions(&world, tenant, &sent).await, [(2, "upload.create".to_owned())]);
    let minute = 60_000_000;
    let last_two = AuditFilter { from: Some(world.now() - 2 * minute), ..AuditFilter::default() };
    assert_eq!(actions(&world, tenant, &last_two).await.len(), 2);
    let first = AuditFilter { until: Some(world.now() - 4 * minute), ..AuditFilter::default() };
    assert_eq!(actions(&world, tenant, &first).await, [(1, "session.create".to_owned())]);
    let after_third = AuditFilter { before: Some(3), ..person_only };
    assert_eq!(actions(&world, tenant, &after_third).await.len(), 2);
});

on_both!(a_log_is_seen_by_its_business_alone_and_each_has_a_chain_of_its_own, |world| async move {
    let (_, mine) = five(&world).await;
    let (other, theirs) = world.business("saree-works").await;
    assert_eq!(actions(&world, theirs, &AuditFilter::default()).await, []);
    write(&world, theirs, &browser(other), Action::SignIn, "").await.unwrap();
    assert!(matches!(verified(&world, theirs).await, AuditProof::Whole { entries: 1, .. }));
    assert!(matches!(verified(&world, mine).await, AuditProof::Whole { entries: 5, .. }));
    tamper(&world, theirs, &["update audit set action = 'close.create' where tenant_id = TENANT"]).await;
    assert!(matches!(verified(&world, mine).await, AuditProof::Whole { entries: 5, .. }));
});

on_both!(an_entry_is_undone_with_what_it_tells_of, |world| async move {
    let (person, tenant) = five(&world).await;
    let mut tx = world.db.write().await.unwrap();
    tx.scoped(tenant).await.unwrap().audit(&browser(person), Action::SignOut, "", world.now()).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(matches!(verified(&world, tenant).await, AuditProof::Whole { entries: 5, .. }));
});

on_both!(nothing_personal_fits_into_an_entry, |world| async move {
    let (person, tenant) = five(&world).await;
    for object in ["people/asha@example.org", "Asha Rao", "फ", &"x".repeat(121), "files/1\n"] {
        let written = write(&world, tenant, &browser(person), Action::SendFile, object).await;
        assert!(matches!(written, Err(StoreError::Setup(_))), "{object}");
    }
    let doer = Doer::person(person, "host.example.org".to_owned());
    assert!(write(&world, tenant, &doer, Action::SendFile, "files/1").await.is_err());
    assert!(matches!(verified(&world, tenant).await, AuditProof::Whole { entries: 5, .. }));
});

on_both!(every_change_of_the_log_is_found, |world| async move {
    let changed = |seq| AuditProof::Broken { seq, fault: AuditFault::Changed };
    let missing = |seq| AuditProof::Broken { seq, fault: AuditFault::Missing };
    let cases: &[(&[&str], AuditProof)] = &[
        (&["update audit set at = at - 1 where tenant_id = TENANT and seq = 2"], changed(2)),
        (&["update audit set actor = 'work', person = null where tenant_id = TENANT and seq = 2"], changed(2)),
        (&["update audit set person = 4711 where tenant_id = TENANT and seq = 1"], changed(1)),
        (&["update audit set action = 'tile.create' where tenant_id = TENANT and seq = 4"], changed(4)),
        (&["update audit set object = 'files/2' where tenant_id = TENANT and seq = 5"], changed(5)),
        (&["update audit set network = '' where tenant_id = TENANT and seq = 1"], changed(1)),
        (&["update audit set link = (select link from audit_head where tenant_id = TENANT) where tenant_id = TENANT and seq = 3"], changed(3)),
        (&["delete from audit where tenant_id = TENANT and seq = 3"], missing(3)),
        (&["delete from audit where tenant_id = TENANT and seq = 1"], missing(1)),
        (&["delete from audit where tenant_id = TENANT and seq = 5"], missing(5)),
        (&["delete from audit where tenant_id = TENANT"], missing(1)),
        (
            &[
                "update audit set seq = 99 where tenant_id = TENANT and seq = 2",
                "update audit set seq = 2 where tenant_id = TENANT and seq = 3",
                "update audit set seq = 3 where tenant_id = TENANT and seq = 99",
            ],
            changed(2),
        ),
        (
            &[
                "delete from audit where tenant_id = TENANT and seq = 2",
                "update audit set seq = seq - 1 where tenant_id = TENANT and seq = 3",
                "update audit set seq = seq - 1 where tenant_id = TENANT and seq = 4",
                "update audit set seq = seq - 1 where tenant_id = TENANT and seq = 5",
            ],
            changed(2),
        ),
        (
            &["insert into audit select tenant_id, 6, at, actor, person, action, object, network, link from audit
               where tenant_id = TENANT and seq = 5"],
            AuditProof::Broken { seq: 6, fault: AuditFault::Added },
        ),
        (&["delete from audit_head where tenant_id = TENANT"], AuditProof::Broken { seq: 1, fault: AuditFault::Added }),
        (&["update audit_head set link = (select link from audit where tenant_id = TENANT and seq = 4) where tenant_id = TENANT"], changed(5)),
    ];
    for (nth, (statements, expected)) in cases.iter().enumerate() {
        let (_, tenant) = five_of(&world, &format!("kurta-house-{nth}")).await;
        assert!(matches!(verified(&world, tenant).await, AuditProof::Whole { entries: 5, .. }));
        tamper(&world, tenant, statements).await;
        assert_eq!(verified(&world, tenant).await, *expected, "{statements:?}");
    }
});
