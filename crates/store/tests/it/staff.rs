//! The platform's staff: roles, assignments to businesses, the review of both, their passwords, jobs as they see them.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    Action, Actor, Assignment, AssignmentFilter, AssignmentId, AuditFault, AuditFilter, AuditProof, Doer,
    JobFilter, JobState, MemberRole, NewAssignment, NewJob, NewNotice, NewPerson, NewSession, NewToken,
    PAST_PASSWORDS, PasswordRule, PersonId, Purpose, Quarter, Result, Right, SESSION_MOST_MICROS, Signed,
    StaffRole, Stage, StoreError, TenantId, Tx,
};
use ecom_testkit::{World, on_both};
use jiff::SignedDuration;
use sqlx::AssertSqlSafe;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const DAY_MICROS: i64 = 24 * 3_600_000_000;

async fn person(world: &World, name: &str) -> PersonId {
    let email = format!("{name}@example.in");
    let new = NewPerson { name, email: &email, phone: "9845000000", password_hash: "hash" };
    commit!(world, add_person(&new, world.now())).unwrap()
}

async fn staff(world: &World, name: &str, role: StaffRole) -> PersonId {
    let person = person(world, name).await;
    commit!(world, add_staff(person, role, None, world.now())).unwrap();
    person
}

async fn assign(world: &World, person: PersonId, tenant: TenantId, days: i64) -> Result<AssignmentId> {
    let ends_at = world.now() + days * DAY_MICROS;
    let new = NewAssignment { person, tenant, reason: "Helps with the close", made_by: person, ends_at };
    commit!(world, assign(&new, world.now()))
}

async fn open(world: &World, id_hash: &[u8], person: PersonId) {
    let new = NewSession { id_hash, person, device: "", network: "", stage: Stage::Full };
    commit!(world, open_session(&new, world.now())).unwrap();
}

async fn signed(world: &World, id_hash: &[u8]) -> Option<Signed> {
    ask!(world, session(id_hash, world.now()))
}

async fn live(world: &World, tenant: TenantId) -> Vec<Assignment> {
    let filter =
        AssignmentFilter { tenant: Some(tenant), live_at: Some(world.now()), ..AssignmentFilter::default() };
    ask!(world, assignments(&filter, 50))
}

fn is_conflict<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(StoreError::Conflict(_)))
}

fn is_missing<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(StoreError::Missing(_)))
}

on_both!(staff_come_change_role_and_go_and_their_times_are_kept, |world| async move {
    let asha = staff(&world, "asha", StaffRole::Administrator).await;
    let bela = person(&world, "bela").await;
    assert!(is_missing(&commit!(world, add_staff(PersonId(4711), StaffRole::Support, None, world.now()))));
    commit!(world, add_staff(bela, StaffRole::Support, Some(asha), world.now())).unwrap();
    assert!(is_conflict(&commit!(world, add_staff(bela, StaffRole::Support, None, world.now()))), "already");
    world.clock.pass(DAY);
    commit!(world, set_staff_role(bela, StaffRole::AccountManager, Some(asha), world.now())).unwrap();
    let known = ask!(world, staff());
    let told = |one: &ecom_store::StaffMember| (one.person, one.role, one.since, one.made_by.clone());
    assert_eq!(
        known.iter().map(told).collect::<Vec<_>>(),
        [
            (asha, StaffRole::Administrator, world.now() - DAY_MICROS, None),
            (bela, StaffRole::AccountManager, world.now(), Some("asha".to_owned())),
        ]
    );
    commit!(world, end_staff(bela, Some(asha), world.now())).unwrap();
    assert!(ask!(world, standing(bela)).is_none());
    let past = ask!(world, past_staff(10));
    assert_eq!(
        past.iter().map(|one| one.role).collect::<Vec<_>>(),
        [StaffRole::AccountManager, StaffRole::Support]
    );
    assert!(past.iter().all(|one| one.ended_at == Some(world.now())));
    assert!(is_missing(&commit!(world, end_staff(bela, None, world.now()))));
    assert!(is_missing(&commit!(world, set_staff_role(bela, StaffRole::Support, None, world.now()))));
    commit!(world, add_staff(bela, StaffRole::Support, Some(asha), world.now())).unwrap();
});

on_both!(the_platform_keeps_an_administrator, |world| async move {
    let asha = staff(&world, "asha", StaffRole::Administrator).await;
    let bela = staff(&world, "bela", StaffRole::SeniorOperations).await;
    assert!(is_conflict(&commit!(world, set_staff_role(asha, StaffRole::Support, None, world.now()))));
    assert!(is_conflict(&commit!(world, end_staff(asha, None, world.now()))));
    commit!(world, set_staff_role(asha, StaffRole::Administrator, None, world.now())).unwrap();
    commit!(world, set_staff_role(bela, StaffRole::Administrator, None, world.now())).unwrap();
    let (one, two) = tokio::join!(async { commit!(world, end_staff(asha, None, world.now())) }, async {
        commit!(world, end_staff(bela, None, world.now()))
    });
    assert_ne!(one.is_ok(), two.is_ok(), "of two who leave at once one stays");
    assert_eq!(ask!(world, staff()).len(), 1);
});

on_both!(staff_enter_a_business_only_while_they_are_assigned_to_it, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let (_, other) = world.business("saree-works").await;
    let bela = staff(&world, "bela", StaffRole::AccountManager).await;
    open(&world, &[1; 32], bela).await;
    assert!(signed(&world, &[1; 32]).await.is_none(), "unassigned");
    let id = assign(&world, bela, tenant, 30).await.unwrap();
    assert!(signed(&world, &[1; 32]).await.is_none(), "not entered yet");
    commit!(world, enter_business(&[1; 32], id, world.now())).unwrap();
    let here = signed(&world, &[1; 32]).await.unwrap();
    assert_eq!((here.tenant, here.role.as_str()), (tenant, "manager"));
    assert_eq!(here.staff.unwrap().role, StaffRole::AccountManager);
    let visit = here.visit.unwrap();
    assert_eq!((visit.assignment, visit.reason.as_str()), (id, "Helps with the close"));
    assert!(is_missing(&commit!(world, switch_session(&[1; 32], other))), "another business");
    assert!(is_missing(&commit!(world, switch_session(&[1; 32], tenant))), "no member");
    world.clock.pass(DAY * 30);
    open(&world, &[1; 31], bela).await;
    assert!(is_missing(&commit!(world, enter_business(&[1; 31], id, world.now()))), "its time is over");
});

on_both!(an_assignment_that_has_ended_closes_the_door_at_once, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let chitra = staff(&world, "chitra", StaffRole::Support).await;
    open(&world, &[1; 32], chitra).await;
    let id = assign(&world, chitra, tenant, 1).await.unwrap();
    commit!(world, enter_business(&[1; 32], id, world.now())).unwrap();
    assert_eq!(signed(&world, &[1; 32]).await.unwrap().role, "viewer");
    world.clock.pass(DAY - SignedDuration::from_micros(1));
    commit!(world, touch_session(&[1; 32], world.now())).unwrap();
    assert!(signed(&world, &[1; 32]).await.is_some());
    world.clock.pass(SignedDuration::from_micros(1));
    assert!(signed(&world, &[1; 32]).await.is_none(), "to the microsecond, before anything has closed it");
    assert_eq!(ask!(world, overdue_assignments(world.now())), [id]);
    world.clock.pass(DAY / 2);
    let ended = commit!(world, end_assignment(id, None, world.now())).unwrap();
    assert_eq!(
        ended.ended_at,
        Some(ended.ends_at),
        "it ended when its time was over, not when somebody looked"
    );
    assert!(ask!(world, overdue_assignments(world.now())).is_empty());
    assert!(is_missing(&commit!(world, end_assignment(id, None, world.now()))));
    let again = assign(&world, chitra, tenant, 1).await.unwrap();
    assert!(signed(&world, &[1; 32]).await.is_none(), "a new one is entered anew");
    commit!(world, enter_business(&[1; 32], again, world.now())).unwrap();
    commit!(world, end_assignment(again, Some(chitra), world.now())).unwrap();
    assert!(signed(&world, &[1; 32]).await.is_none());
});

on_both!(whoever_is_staff_no_more_loses_every_business, |world| async move {
    staff(&world, "asha", StaffRole::Administrator).await;
    let (_, one) = world.business("kurta-house").await;
    let (_, two) = world.business("saree-works").await;
    let bela = staff(&world, "bela", StaffRole::SeniorOperations).await;
    let id = assign(&world, bela, one, 30).await.unwrap();
    assign(&world, bela, two, 30).await.unwrap();
    open(&world, &[1; 32], bela).await;
    commit!(world, enter_business(&[1; 32], id, world.now())).unwrap();
    assert!(ask!(world, staff_session(&[1; 32], world.now())).is_some());
    let left = commit!(world, end_staff(bela, None, world.now())).unwrap();
    assert_eq!(left.iter().map(|ended| ended.tenant).collect::<Vec<_>>(), [one, two]);
    assert!(signed(&world, &[1; 32]).await.is_none());
    assert!(ask!(world, staff_session(&[1; 32], world.now())).is_none());
    assert!(live(&world, one).await.is_empty() && live(&world, two).await.is_empty());
    assert!(is_missing(&assign(&world, bela, one, 30).await), "nobody assigns whoever is not staff");
});

on_both!(a_session_that_waits_for_a_code_is_nobodys_of_the_staff, |world| async move {
    let bela = staff(&world, "bela", StaffRole::Support).await;
    let new = NewSession { id_hash: &[1; 32], person: bela, device: "", network: "", stage: Stage::Code };
    commit!(world, open_session(&new, world.now())).unwrap();
    assert!(ask!(world, staff_session(&[1; 32], world.now())).is_none());
    commit!(world, complete_session(&[1; 32], world.now())).unwrap();
    let (known, name, standing) = ask!(world, staff_session(&[1; 32], world.now())).unwrap();
    assert_eq!((known, name.as_str(), standing.second_factor), (bela, "bela", false));
    world.clock.pass(DAY);
    assert!(ask!(world, staff_session(&[1; 32], world.now())).is_none(), "it has ended");
});

on_both!(a_session_from_a_clock_that_ran_ahead_is_nobodys_of_the_staff, |world| async move {
    let bela = staff(&world, "bela", StaffRole::Support).await;
    let now = world.now();
    world.clock.pass(SignedDuration::from_micros(SESSION_MOST_MICROS + 2 * 3_600_000_000));
    open(&world, &[1; 32], bela).await;
    assert!(ask!(world, staff_session(&[1; 32], world.now())).is_some());
    assert!(
        ask!(world, staff_session(&[1; 32], now)).is_none(),
        "it would live as long as the clock was ahead"
    );
});

on_both!(a_member_who_is_staff_too_is_there_as_a_member, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    commit!(world, add_staff(owner, StaffRole::Support, None, world.now())).unwrap();
    let id = assign(&world, owner, tenant, 30).await.unwrap();
    open(&world, &[1; 32], owner).await;
    let here = signed(&world, &[1; 32]).await.unwrap();
    assert_eq!((here.role.as_str(), here.visit.clone()), ("owner", None));
    assert_eq!(here.doer(String::new()), Doer::person(owner, String::new()));
    commit!(world, end_assignment(id, None, world.now())).unwrap();
    assert_eq!(
        signed(&world, &[1; 32]).await.unwrap().role,
        "owner",
        "the session stays in their own business"
    );
    commit!(world, leave_business(&[1; 32])).unwrap();
    assert_eq!(signed(&world, &[1; 32]).await.unwrap().tenant, tenant);
});

on_both!(only_the_staff_who_are_assigned_enter_and_they_leave_for_nowhere, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let (bela, chitra) =
        (staff(&world, "bela", StaffRole::Support).await, staff(&world, "chitra", StaffRole::Support).await);
    let id = assign(&world, bela, tenant, 30).await.unwrap();
    open(&world, &[1; 32], bela).await;
    open(&world, &[2; 32], chitra).await;
    open(&world, &[3; 32], owner).await;
    assert!(is_missing(&commit!(world, enter_business(&[2; 32], id, world.now()))), "another's assignment");
    assert!(is_missing(&commit!(world, enter_business(&[3; 32], id, world.now()))), "nobody of the staff");
    assert!(is_missing(&commit!(world, enter_business(&[1; 32], AssignmentId(4711), world.now()))));
    commit!(world, enter_business(&[1; 32], id, world.now())).unwrap();
    commit!(world, leave_business(&[1; 32])).unwrap();
    assert!(signed(&world, &[1; 32]).await.is_none());
    assert!(ask!(world, staff_session(&[1; 32], world.now())).is_some(), "still signed in");
});

on_both!(an_assignment_is_replaced_by_a_later_one_and_both_are_kept, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let bela = staff(&world, "bela", StaffRole::Support).await;
    let first = assign(&world, bela, tenant, 30).await.unwrap();
    world.clock.pass(DAY * 10);
    let second = assign(&world, bela, tenant, 90).await.unwrap();
    assert_eq!(live(&world, tenant).await.iter().map(|one| one.id).collect::<Vec<_>>(), [second]);
    let all = ask!(world, assignments(&AssignmentFilter { person: Some(bela), ..Default::default() }, 50));
    assert_eq!(
        all.iter().map(|one| (one.id, one.ended_at)).collect::<Vec<_>>(),
        [(second, None), (first, Some(world.now()))]
    );
    let older = AssignmentFilter { before: Some(second), ..Default::default() };
    assert_eq!(ask!(world, assignments(&older, 50)).len(), 1);
});

on_both!(an_assignment_has_a_reason_and_an_end_within_a_quarter, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let bela = staff(&world, "bela", StaffRole::Support).await;
    for days in [0, -1, 92, 4711] {
        assert!(is_conflict(&assign(&world, bela, tenant, days).await), "{days}");
    }
    for reason in ["", "  ", &"x".repeat(201)] {
        let ends_at = world.now() + DAY_MICROS;
        let new = NewAssignment { person: bela, tenant, reason, made_by: bela, ends_at };
        assert!(is_conflict(&commit!(world, assign(&new, world.now()))), "{reason}");
    }
    assert!(is_missing(&assign(&world, bela, TenantId(4711), 30).await));
    assert!(live(&world, tenant).await.is_empty());
});

on_both!(a_business_sees_its_own_assignments_and_no_others, |world| async move {
    let (_, mine) = world.business("kurta-house").await;
    let (_, theirs) = world.business("saree-works").await;
    let bela = staff(&world, "bela", StaffRole::Support).await;
    let id = assign(&world, bela, mine, 30).await.unwrap();
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(mine).await.unwrap();
    assert_eq!(books.assignments(None, 50).await.unwrap().len(), 1);
    assert_eq!(books.assignment(id).await.unwrap().unwrap().name, "bela");
    let mut books = tx.scoped(theirs).await.unwrap();
    assert!(books.assignments(None, 50).await.unwrap().is_empty());
    assert!(books.assignment(id).await.unwrap().is_none());
});

on_both!(the_first_use_of_a_day_is_noted_once, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let bela = staff(&world, "bela", StaffRole::Support).await;
    let id = assign(&world, bela, tenant, 2).await.unwrap();
    let morning = world.now() - DAY_MICROS / 4;
    assert!(commit!(world, use_assignment(id, morning, world.now())).unwrap());
    assert!(!commit!(world, use_assignment(id, morning, world.now() + 1)).unwrap());
    world.clock.pass(DAY);
    assert!(commit!(world, use_assignment(id, morning + DAY_MICROS, world.now())).unwrap());
    assert_eq!(ask!(world, assignment(id)).unwrap().used_at, Some(world.now()));
    world.clock.pass(DAY);
    assert!(!commit!(world, use_assignment(id, world.now(), world.now())).unwrap(), "it is over");
});

on_both!(owners_are_told_and_nobody_else, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let (asha, bela) = (person(&world, "asha").await, person(&world, "bela").await);
    commit!(world, add_member(tenant, asha, MemberRole::Manager, world.now())).unwrap();
    commit!(world, add_member(tenant, bela, MemberRole::Owner, world.now())).unwrap();
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    let new = NewNotice { cause: "x", kind: "x", arguments: "{}" };
    assert_eq!(books.give_owners_notice(&new, world.now()).await.unwrap(), 2);
    for (person, unread) in [(owner, 1), (asha, 0), (bela, 1)] {
        assert_eq!(books.unread_notices(person).await.unwrap(), unread);
    }
});

on_both!(the_acts_of_staff_are_marked_in_the_log_of_the_business, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let bela = staff(&world, "bela", StaffRole::AccountManager).await;
    let doer = Doer::staff(bela, StaffRole::AccountManager, "203.0.113.0/24".to_owned());
    let mut tx = world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    books.audit(&doer, Action::CloseMonth, "close/2026-03/INR", world.now()).await.unwrap();
    let entries = books.audit_entries(&AuditFilter::default(), 10).await.unwrap();
    assert_eq!(entries[0].actor, Actor::Staff(bela, StaffRole::AccountManager));
    assert_eq!(entries[0].name.as_deref(), Some("bela"));
    assert!(matches!(books.verify_audit().await.unwrap(), AuditProof::Whole { entries: 1, .. }));
});

/// Three entries of the platform's log.
async fn three(world: &World) -> PersonId {
    let asha = staff(world, "asha", StaffRole::Administrator).await;
    let doer = Doer::staff(asha, StaffRole::Administrator, String::new());
    for (doer, action, object) in [
        (Doer::command(), Action::AddStaff, "staff/people/1"),
        (doer.clone(), Action::Assign, "staff/assignments/1"),
        (doer, Action::RetryJob, "staff/jobs/1"),
    ] {
        commit!(world, audit(&doer, action, object, world.now())).unwrap();
        world.clock.pass(SignedDuration::from_mins(1));
    }
    asha
}

on_both!(the_platform_has_a_log_of_its_own, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let asha = three(&world).await;
    let entries = ask!(world, audit_entries(&AuditFilter::default(), 10));
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 2, 1]);
    let assigned = AuditFilter { action: Some(Action::Assign), person: Some(asha), ..AuditFilter::default() };
    assert_eq!(ask!(world, audit_entries(&assigned, 10)).len(), 1);
    assert_eq!(ask!(world, audited_people()), [(asha, Some("asha".to_owned()))]);
    assert!(ask!(world, audit_link(3)).is_some() && ask!(world, audit_link(4)).is_none());
    let mut tx = world.db.read().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    assert!(books.audit_entries(&AuditFilter::default(), 10).await.unwrap().is_empty());
});

on_both!(every_change_of_the_platforms_log_is_found, |world| async move {
    three(&world).await;
    let changed = |seq| AuditProof::Broken { seq, fault: AuditFault::Changed };
    let missing = |seq| AuditProof::Broken { seq, fault: AuditFault::Missing };
    let cases: [(&str, AuditProof); 6] = [
        ("update platform_audit set action = 'staff.end' where seq = 2", changed(2)),
        ("update platform_audit set actor = 'staff:support' where seq = 2", changed(2)),
        ("update platform_audit set object = 'staff/jobs/2' where seq = 3", changed(3)),
        ("delete from platform_audit where seq = 2", missing(2)),
        ("delete from platform_audit where seq = 3", missing(3)),
        ("delete from platform_audit_head", AuditProof::Broken { seq: 1, fault: AuditFault::Added }),
    ];
    for (statement, expected) in cases {
        let mut tx = world.db.write().await.unwrap();
        assert!(matches!(tx.platform().verify_audit().await.unwrap(), AuditProof::Whole { entries: 3, .. }));
        match &mut tx {
            Tx::Sqlite(tx) => drop(sqlx::query(AssertSqlSafe(statement)).execute(&mut **tx).await.unwrap()),
            Tx::Postgres(tx) => drop(sqlx::query(AssertSqlSafe(statement)).execute(&mut **tx).await.unwrap()),
        }
        assert_eq!(tx.platform().verify_audit().await.unwrap(), expected, "{statement}");
        tx.rollback().await.unwrap();
    }
});

on_both!(a_review_looks_at_every_right_and_stays_as_evidence, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let asha = staff(&world, "asha", StaffRole::Administrator).await;
    let bela = staff(&world, "bela", StaffRole::Support).await;
    let id = assign(&world, bela, tenant, 90).await.unwrap();
    let began = world.now() + DAY_MICROS;
    let quarter = Quarter(8106);
    assert!(!ask!(world, review_is_due(quarter, world.now())), "nobody was staff before this quarter");
    assert!(ask!(world, review_is_due(quarter, began)));
    let items = ask!(world, review_items(quarter, world.now()));
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|item| item.answer.is_none()));
    assert_eq!(items[2].business.as_deref(), Some("kurta-house"));
    assert!(is_conflict(&commit!(world, finish_review(quarter, asha, world.now()))), "nothing is answered");
    for item in &items {
        let kept = item.right != Right::Assignment(id);
        commit!(world, answer_review(quarter, item.right, kept, asha, world.now())).unwrap();
    }
    commit!(world, end_assignment(id, Some(asha), world.now())).unwrap();
    let answered = ask!(world, review_items(quarter, world.now()));
    assert_eq!(answered.len(), 3, "what was ended in it still stands there");
    assert_eq!(answered.iter().map(|item| item.live).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(commit!(world, finish_review(quarter, asha, world.now())).unwrap(), (2, 1));
    assert!(!ask!(world, review_is_due(quarter, began)));
    let review = ask!(world, review(quarter)).unwrap();
    assert_eq!(
        (review.kept, review.ended, review.by.as_str(), review.ended_at),
        (2, 1, "asha", Some(world.now()))
    );
    let answers = ask!(world, review_answers());
    assert_eq!(answers.iter().filter(|one| !one.answer.kept).count(), 1);
    let again = commit!(world, answer_review(quarter, items[0].right, true, asha, world.now()));
    assert!(is_conflict(&again), "it is finished");
    assert!(is_missing(&commit!(world, finish_review(quarter, asha, world.now()))), "once");
    let gone = commit!(world, answer_review(Quarter(8107), Right::Assignment(id), true, asha, world.now()));
    assert!(is_missing(&gone), "a right that is over");
    assert!(
        is_conflict(&commit!(world, finish_review(Quarter(8107), asha, world.now()))),
        "the next one is open"
    );
});

on_both!(a_role_that_changed_since_its_answer_is_looked_at_anew, |world| async move {
    let asha = staff(&world, "asha", StaffRole::Administrator).await;
    let bela = staff(&world, "bela", StaffRole::Support).await;
    let quarter = Quarter(8106);
    for item in ask!(world, review_items(quarter, world.now())) {
        commit!(world, answer_review(quarter, item.right, true, asha, world.now())).unwrap();
    }
    commit!(world, set_staff_role(bela, StaffRole::SeniorOperations, Some(asha), world.now())).unwrap();
    let items = ask!(world, review_items(quarter, world.now()));
    let told = |item: &ecom_store::ReviewItem| (item.role, item.live, item.answer.is_some());
    assert_eq!(
        items.iter().map(told).collect::<Vec<_>>(),
        [
            (StaffRole::Administrator, true, true),
            (StaffRole::SeniorOperations, true, false),
            (StaffRole::Support, false, true),
        ]
    );
    assert!(is_conflict(&commit!(world, finish_review(quarter, asha, world.now()))));
    let over = items[2].right;
    assert!(is_missing(&commit!(world, answer_review(quarter, over, true, asha, world.now()))));
});

on_both!(nobody_reviews_themselves_while_another_could, |world| async move {
    let asha = staff(&world, "asha", StaffRole::Administrator).await;
    let quarter = Quarter(8106);
    let own = ask!(world, review_items(quarter, world.now()))[0].right;
    commit!(world, answer_review(quarter, own, true, asha, world.now())).unwrap();
    let bela = staff(&world, "bela", StaffRole::Administrator).await;
    assert!(is_conflict(&commit!(world, answer_review(quarter, own, true, asha, world.now()))));
    commit!(world, answer_review(quarter, own, true, bela, world.now())).unwrap();
});

on_both!(a_password_says_under_which_rule_it_was_chosen, |world| async move {
    let asha = person(&world, "asha").await;
    assert_eq!(ask!(world, password_state(asha)).rule, PasswordRule::Customer);
    commit!(world, set_password_under(asha, "given", PasswordRule::Given, world.now())).unwrap();
    assert!(ask!(world, past_passwords(asha)).is_empty(), "of customers none is kept");
    commit!(world, add_staff(asha, StaffRole::Administrator, None, world.now())).unwrap();
    world.clock.pass(DAY);
    for nth in 0..12 {
        let hash = format!("hash {nth}");
        commit!(world, set_password_under(asha, &hash, PasswordRule::Staff, world.now())).unwrap();
    }
    let state = ask!(world, standing(asha)).unwrap().password;
    assert_eq!((state.rule, state.changed_at), (PasswordRule::Staff, world.now()));
    let past = ask!(world, past_passwords(asha));
    assert_eq!((i64::try_from(past.len()).unwrap(), past[0].as_str()), (PAST_PASSWORDS, "hash 11"));
    commit!(world, set_password(asha, "other", world.now())).unwrap();
    assert_eq!(ask!(world, password_state(asha)).rule, PasswordRule::Customer);
    staff(&world, "bela", StaffRole::Administrator).await;
    commit!(world, end_staff(asha, None, world.now())).unwrap();
    assert!(ask!(world, past_passwords(asha)).is_empty(), "they serve nothing any more");
    let nobody = commit!(world, set_password_under(PersonId(4711), "x", PasswordRule::Staff, 1));
    assert!(nobody.is_err());
});

on_both!(invitations_of_staff_stand_apart_from_those_of_a_business, |world| async move {
    let (owner, tenant) = world.business("kurta-house").await;
    let new = |hash: &'static [u8], purpose, tenant| NewToken {
        hash,
        purpose,
        person: None,
        tenant,
        email: "dev@example.in",
        role: "support",
        made_by: Some(owner),
    };
    commit!(world, issue_token(&new(&[1; 32], Purpose::Staff, None), world.now())).unwrap();
    commit!(world, issue_token(&new(&[2; 32], Purpose::Invite, Some(tenant)), world.now())).unwrap();
    assert_eq!(ask!(world, staff_invitations(world.now())).len(), 1);
    assert_eq!(ask!(world, invitations(tenant, world.now())).len(), 1);
    assert!(is_missing(&commit!(world, revoke_staff_invitation(&[2; 32]))), "that of a business");
    assert!(is_missing(&commit!(world, revoke_invitation(tenant, &[1; 32]))), "that of the platform");
    commit!(world, revoke_staff_invitation(&[1; 32])).unwrap();
    assert!(ask!(world, staff_invitations(world.now())).is_empty());
});

on_both!(whoever_is_administrator_no_more_leaves_no_invitation_to_come_back_by, |world| async move {
    let (asha, bela) = (
        staff(&world, "asha", StaffRole::Administrator).await,
        staff(&world, "bela", StaffRole::Administrator).await,
    );
    for (hash, made_by) in [([1; 32], asha), ([2; 32], bela)] {
        let new = NewToken {
            hash: &hash,
            purpose: Purpose::Staff,
            person: None,
            tenant: None,
            email: if made_by == asha { "a@example.in" } else { "b@example.in" },
            role: "administrator",
            made_by: Some(made_by),
        };
        commit!(world, issue_token(&new, world.now())).unwrap();
    }
    commit!(world, set_staff_role(bela, StaffRole::Support, Some(asha), world.now())).unwrap();
    let left = ask!(world, staff_invitations(world.now()));
    assert_eq!(left.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(), ["a@example.in"]);
});

on_both!(jobs_are_listed_by_state_in_pages_and_counted, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    for nth in 0..5 {
        let kind = if nth % 2 == 0 { "import" } else { "mail" };
        let tenant = (nth == 0).then_some(tenant);
        let job =
            NewJob { tenant, kind, payload: "secret", dedupe: None, run_at: 10 - nth, most_attempts: 1 };
        commit!(world, enqueue(&job, world.now())).unwrap();
    }
    let list = |state, kind, after| JobFilter { state, kind, since: i64::MIN, after };
    let first = ask!(world, job_page(&list(JobState::Queued, None, None), 3));
    assert_eq!(first.iter().map(|job| job.run_at).collect::<Vec<_>>(), [6, 7, 8]);
    let rest = ask!(world, job_page(&list(JobState::Queued, None, Some(first[2].cursor)), 3));
    assert_eq!(
        rest.iter().map(|job| (job.run_at, job.tenant)).collect::<Vec<_>>(),
        [(9, None), (10, Some(tenant))]
    );
    assert_eq!(ask!(world, job_page(&list(JobState::Queued, Some("mail"), None), 50)).len(), 2);

    let claim = commit!(world, claim(world.now())).unwrap().unwrap();
    assert_eq!(ask!(world, job_page(&list(JobState::Running, None, None), 50))[0].id, claim.id);
    commit!(world, fail(&claim, "disk: full", true, world.now())).unwrap();
    let failed = ask!(world, job_page(&list(JobState::Failed, None, None), 50));
    assert_eq!((failed[0].outcome.as_deref(), failed[0].attempts), (Some("disk: full"), 1));
    let claim = commit!(world, claim(world.now())).unwrap().unwrap();
    commit!(world, finish(&claim, "the name of a file", world.now())).unwrap();
    let done = ask!(world, job_page(&list(JobState::Done, None, None), 50));
    assert_eq!((done.len(), done[0].outcome.clone()), (1, None), "only why one failed is told");

    let counts = ask!(world, job_states(None, world.now()));
    let of = |state| counts.iter().find(|(one, _)| *one == state).unwrap().1;
    assert_eq!(
        [of(JobState::Queued), of(JobState::Failed), of(JobState::Done), of(JobState::Running)],
        [3, 1, 1, 0]
    );
    let later = ask!(world, job_states(None, world.now() + 1));
    assert!(later.contains(&(JobState::Done, 0)), "those that ended before are not counted");
    assert_eq!(ask!(world, job_states(Some("import"), 0))[0], (JobState::Queued, 2));
});

on_both!(a_job_is_cancelled_once_and_can_be_queued_again, |world| async move {
    let job = NewJob { tenant: None, kind: "mail", payload: "", dedupe: None, run_at: 0, most_attempts: 3 };
    let id = commit!(world, enqueue(&job, world.now())).unwrap().unwrap();
    let claim = commit!(world, claim(world.now())).unwrap().unwrap();
    commit!(world, cancel_job(id, world.now())).unwrap();
    assert!(commit!(world, finish(&claim, "", world.now())).is_err(), "its lease is lost");
    assert!(is_missing(&commit!(world, cancel_job(id, world.now()))));
    commit!(world, retry_job(id, world.now())).unwrap();
    assert_eq!(ask!(world, job_tenant(id)), None);
    assert!(is_missing(&commit!(world, cancel_job(ecom_store::JobId(4711), world.now()))));
    assert!(is_missing(&world.db.read().await.unwrap().platform().job_tenant(ecom_store::JobId(4711)).await));
});
