//! Jobs: enqueued with their cause, claimed under a lease, retried, done once; on both engines.
#![allow(clippy::unwrap_used)]

use ecom_store::{
    Claim, Db, JobId, JobView, LEASE_MICROS, Lane, NewJob, Result, Schedule, StoreError, TenantId,
};
use ecom_testkit::{Role, World, on_both, on_postgres};
use jiff::SignedDuration;

const LEASE: SignedDuration = SignedDuration::from_micros(LEASE_MICROS);
const MICRO: SignedDuration = SignedDuration::from_micros(1);
const SECOND: i64 = 1_000_000;

fn job<'a>(tenant: Option<TenantId>, payload: &'a str, dedupe: Option<&'a str>) -> NewJob<'a> {
    NewJob { tenant, kind: "import", payload, dedupe, run_at: 0, most_attempts: 3 }
}

async fn enqueue(world: &World, new: &NewJob<'_>) -> Option<JobId> {
    commit!(world, enqueue(new, world.now())).unwrap()
}

async fn claim(world: &World) -> Option<Claim> {
    commit!(world, claim(world.now())).unwrap()
}

async fn fail(world: &World, claim: &Claim, retry: bool) -> Result<()> {
    commit!(world, fail(claim, "no luck", retry, world.now()))
}

async fn finish(world: &World, claim: &Claim) -> Result<()> {
    commit!(world, finish(claim, "fine", world.now()))
}

async fn view(world: &World, tenant: TenantId, id: JobId) -> JobView {
    world.db.read().await.unwrap().platform().job(tenant, id).await.unwrap().unwrap()
}

async fn next_due(world: &World) -> Option<i64> {
    world.db.read().await.unwrap().platform().next_due().await.unwrap()
}

fn is_lost(answer: &Result<()>) -> bool {
    matches!(answer, Err(StoreError::Rows { table: "job", found: 0, .. }))
}

on_both!(a_job_goes_from_queued_to_done, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = enqueue(&world, &job(Some(tenant), "7", None)).await.unwrap();
    let queued = view(&world, tenant, id).await;
    assert_eq!((queued.state.as_str(), queued.payload.as_str(), queued.outcome), ("queued", "7", None));

    let claimed = claim(&world).await.unwrap();
    assert_eq!((claimed.id, claimed.tenant, claimed.kind.as_str()), (id, Some(tenant), "import"));
    assert_eq!(claimed.payload, "7");
    assert!(claim(&world).await.is_none(), "a claimed job is nobody else's");

    commit!(world, progress(&claimed, 3, 10, world.now())).unwrap();
    let running = view(&world, tenant, id).await;
    assert_eq!((running.state.as_str(), running.done, running.total), ("running", 3, 10));

    finish(&world, &claimed).await.unwrap();
    let done = view(&world, tenant, id).await;
    assert_eq!((done.state.as_str(), done.outcome.as_deref()), ("done", Some("fine")));
    assert_eq!(done.created_at, world.now());
    assert!(claim(&world).await.is_none());
});

on_both!(a_job_shares_the_fate_of_its_cause, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    assert!(tx.platform().enqueue(&job(None, "7", None), 0).await.unwrap().is_some());
    tx.rollback().await.unwrap();
    assert!(claim(&world).await.is_none());
});

on_both!(a_job_of_a_business_that_is_not_there_is_refused, |world| async move {
    let mut tx = world.db.write().await.unwrap();
    let refused = tx.platform().enqueue(&job(Some(TenantId(4711)), "7", None), 0).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
});

on_both!(the_job_due_longest_comes_first_and_none_before_its_time, |world| async move {
    let due = world.now();
    let later = NewJob { run_at: due + 2 * SECOND, ..job(None, "later", None) };
    let sooner = NewJob { run_at: due + SECOND, ..job(None, "sooner", None) };
    enqueue(&world, &later).await;
    enqueue(&world, &sooner).await;
    assert_eq!(next_due(&world).await, Some(due + SECOND));
    assert!(claim(&world).await.is_none());
    world.clock.pass(SignedDuration::from_secs(2));
    assert_eq!(claim(&world).await.unwrap().payload, "sooner");
    assert_eq!(claim(&world).await.unwrap().payload, "later");
});

on_both!(one_unfinished_job_has_a_key, |world| async move {
    let (a, b) = (job(None, "1", Some("file 1")), job(None, "2", Some("file 2")));
    assert!(enqueue(&world, &a).await.is_some());
    assert!(enqueue(&world, &a).await.is_none(), "while it is queued");
    assert!(enqueue(&world, &b).await.is_some(), "another key is another job");
    let claimed = claim(&world).await.unwrap();
    assert!(enqueue(&world, &a).await.is_none(), "while it runs");
    finish(&world, &claimed).await.unwrap();
    assert!(enqueue(&world, &a).await.is_some(), "once it is done");
    for _ in 0..2 {
        assert!(enqueue(&world, &job(None, "3", None)).await.is_some(), "without a key all are jobs");
    }
});

on_both!(a_lease_that_ran_out_passes_to_the_next_worker, |world| async move {
    enqueue(&world, &job(None, "7", None)).await;
    let slow = claim(&world).await.unwrap();
    assert_eq!(next_due(&world).await, Some(world.now() + LEASE_MICROS), "the lease's end is due as well");
    world.clock.pass(LEASE - MICRO);
    assert!(claim(&world).await.is_none());
    world.clock.pass(MICRO);
    let quick = claim(&world).await.unwrap();
    assert_eq!((quick.id, quick.lease), (slow.id, slow.lease + 1));

    assert!(is_lost(&commit!(world, progress(&slow, 1, 2, world.now()))));
    assert!(is_lost(&finish(&world, &slow).await));
    assert!(is_lost(&fail(&world, &slow, true).await));
    commit!(world, give_back(&slow)).unwrap();
    finish(&world, &quick).await.unwrap();
    assert!(is_lost(&finish(&world, &quick).await), "a job is done once");
});

on_both!(progress_renews_the_lease, |world| async move {
    enqueue(&world, &job(None, "7", None)).await;
    let claimed = claim(&world).await.unwrap();
    world.clock.pass(LEASE - MICRO);
    commit!(world, progress(&claimed, 1, 2, world.now())).unwrap();
    world.clock.pass(LEASE - MICRO);
    assert!(claim(&world).await.is_none());
    finish(&world, &claimed).await.unwrap();
});

on_both!(a_failure_waits_twice_as_long_each_time_then_is_final, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = enqueue(&world, &job(Some(tenant), "7", None)).await.unwrap();
    for wait in [10, 20] {
        let claimed = claim(&world).await.unwrap();
        fail(&world, &claimed, true).await.unwrap();
        let queued = view(&world, tenant, id).await;
        assert_eq!((queued.state.as_str(), queued.outcome.as_deref()), ("queued", Some("no luck")));
        assert_eq!(next_due(&world).await, Some(world.now() + wait * SECOND));
        world.clock.pass(SignedDuration::from_secs(wait) - MICRO);
        assert!(claim(&world).await.is_none());
        world.clock.pass(MICRO);
    }
    let last = claim(&world).await.unwrap();
    fail(&world, &last, true).await.unwrap();
    assert_eq!(view(&world, tenant, id).await.state, "failed");
    assert_eq!(next_due(&world).await, None);
    assert_eq!(world.db.read().await.unwrap().platform().failed_jobs().await.unwrap(), 1);
});

on_both!(no_wait_is_longer_than_an_hour, |world| async move {
    let tireless = NewJob { most_attempts: 1000, ..job(None, "7", None) };
    enqueue(&world, &tireless).await;
    for _ in 0..25 {
        let claimed = claim(&world).await.unwrap();
        fail(&world, &claimed, true).await.unwrap();
        world.clock.pass(SignedDuration::from_hours(1));
    }
    claim(&world).await.unwrap();
});

on_both!(a_failure_without_retry_is_final_at_once, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = enqueue(&world, &job(Some(tenant), "7", None)).await.unwrap();
    let claimed = claim(&world).await.unwrap();
    fail(&world, &claimed, false).await.unwrap();
    assert_eq!(view(&world, tenant, id).await.state, "failed");
    world.clock.pass(SignedDuration::from_hours(24));
    assert!(claim(&world).await.is_none());
});

on_both!(a_job_that_kills_its_workers_fails_in_the_end, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = enqueue(&world, &job(Some(tenant), "7", None)).await.unwrap();
    for _ in 0..3 {
        claim(&world).await.unwrap();
        world.clock.pass(LEASE);
    }
    assert!(claim(&world).await.is_none());
    assert_eq!(view(&world, tenant, id).await.state, "failed");
});

on_both!(a_job_given_back_costs_no_attempt, |world| async move {
    enqueue(&world, &job(None, "7", None)).await;
    for _ in 0..10 {
        let claimed = claim(&world).await.unwrap();
        commit!(world, give_back(&claimed)).unwrap();
    }
    let claimed = claim(&world).await.unwrap();
    fail(&world, &claimed, true).await.unwrap();
    assert!(next_due(&world).await.is_some(), "it may be tried again");
});

on_both!(jobs_of_a_killed_process_are_released_at_once_unless_they_killed_it, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = enqueue(&world, &job(Some(tenant), "7", None)).await.unwrap();
    for released in [1, 1, 1, 0] {
        assert_eq!(claim(&world).await.is_some(), released == 1);
        assert_eq!(commit!(world, release_all(world.now())).unwrap(), released);
    }
    assert_eq!(view(&world, tenant, id).await.state, "failed");
});

on_both!(a_business_sees_its_own_jobs_newest_first, |world| async move {
    let (_, mine) = world.business("kurta-house").await;
    let (_, other) = world.business("saree-works").await;
    let first = enqueue(&world, &job(Some(mine), "1", None)).await.unwrap();
    let second = enqueue(&world, &job(Some(mine), "2", None)).await.unwrap();
    enqueue(&world, &NewJob { kind: "sync", ..job(Some(mine), "3", None) }).await.unwrap();
    let theirs = enqueue(&world, &job(Some(other), "4", None)).await.unwrap();

    let mut tx = world.db.read().await.unwrap();
    let jobs = tx.platform().jobs(mine, "import", 10).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!(tx.platform().jobs(mine, "import", 1).await.unwrap().len(), 1);
    assert_eq!(tx.platform().job(mine, theirs).await.unwrap(), None, "another's job is not there");
});

on_both!(workers_at_the_same_time_claim_different_jobs, |world| async move {
    for payload in ["1", "2", "3", "4"] {
        enqueue(&world, &job(None, payload, None)).await;
    }
    let now = world.now();
    let workers = (0..6).map(|_| {
        let db = world.db.clone();
        #[allow(clippy::disallowed_methods, reason = "no server runs here that could supervise them")]
        tokio::spawn(async move {
            let mut tx = db.write().await.unwrap();
            let claimed = tx.platform().claim(now).await.unwrap();
            tx.commit().await.unwrap();
            claimed.map(|claim| claim.payload)
        })
    });
    let mut claimed = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        claimed.extend(worker.await.unwrap());
    }
    // A worker on PostgreSQL that looked while another was claiming may have gone away with nothing.
    while let Some(left) = claim(&world).await {
        claimed.push(left.payload);
    }
    claimed.sort();
    assert_eq!(claimed, ["1", "2", "3", "4"]);
});

on_postgres!(a_worker_does_not_wait_for_the_claim_of_another, |world| async move {
    enqueue(&world, &job(None, "1", None)).await;
    enqueue(&world, &job(None, "2", None)).await;
    let (mut one, mut two) = (world.db.write().await.unwrap(), world.db.write().await.unwrap());
    let first = one.platform().claim(world.now()).await.unwrap().unwrap();
    let second = two.platform().claim(world.now()).await.unwrap().unwrap();
    assert_eq!((first.payload.as_str(), second.payload.as_str()), ("1", "2"));
    one.commit().await.unwrap();
    two.commit().await.unwrap();
});

on_both!(a_business_has_one_job_of_a_lane_running_and_others_go_on, |world| async move {
    let (_, mine) = world.business("kurta-house").await;
    let (_, other) = world.business("saree-works").await;
    for (tenant, payload) in [(mine, "1"), (mine, "2"), (other, "3")] {
        enqueue(&world, &job(Some(tenant), payload, None)).await;
    }
    let mail = NewJob { kind: "mail", ..job(Some(mine), "4", None) };
    enqueue(&world, &mail).await;
    let first = claim(&world).await.unwrap();
    let order = [claim(&world).await.unwrap().payload, claim(&world).await.unwrap().payload];
    assert_eq!((first.payload.as_str(), order), ("1", ["3".to_owned(), "4".to_owned()]));
    assert!(claim(&world).await.is_none(), "the second job waits for the first of its business");
    finish(&world, &first).await.unwrap();
    assert_eq!(claim(&world).await.unwrap().payload, "2");
});

on_both!(short_jobs_have_a_lane_of_their_own, |world| async move {
    enqueue(&world, &job(None, "1", None)).await;
    enqueue(&world, &NewJob { kind: "mail", ..job(None, "2", None) }).await;
    let light = commit!(world, claim_in(Lane::Light, world.now())).unwrap().unwrap();
    assert_eq!(light.payload, "2");
    assert!(commit!(world, claim_in(Lane::Light, world.now())).unwrap().is_none());
    assert_eq!(commit!(world, claim_in(Lane::Heavy, world.now())).unwrap().unwrap().payload, "1");
});

on_postgres!(two_processes_do_not_claim_two_jobs_of_a_business_at_once, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    enqueue(&world, &job(Some(tenant), "1", None)).await;
    enqueue(&world, &job(Some(tenant), "2", None)).await;
    let (mut one, mut two) = (world.db.write().await.unwrap(), world.db.write().await.unwrap());
    assert!(one.platform().claim(world.now()).await.unwrap().is_some());
    assert!(two.platform().claim(world.now()).await.unwrap().is_none());
    one.commit().await.unwrap();
    assert!(two.platform().claim(world.now()).await.unwrap().is_none());
});

on_both!(jobs_of_a_business_that_ends_are_cancelled, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let running = enqueue(&world, &job(Some(tenant), "1", None)).await.unwrap();
    let claimed = claim(&world).await.unwrap();
    let waiting = enqueue(&world, &job(Some(tenant), "2", None)).await.unwrap();
    assert_eq!(commit!(world, cancel_jobs(tenant, world.now())).unwrap(), 2);
    for id in [running, waiting] {
        assert_eq!(view(&world, tenant, id).await.state, "cancelled");
    }
    assert!(is_lost(&commit!(world, progress(&claimed, 1, 2, world.now()))), "the worker learns of it");
    assert!(is_lost(&finish(&world, &claimed).await));
    assert!(claim(&world).await.is_none());
});

on_both!(a_job_is_not_run_once_its_business_has_ended, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = enqueue(&world, &job(Some(tenant), "1", None)).await.unwrap();
    end_business(&world, tenant).await;
    assert!(claim(&world).await.is_none());
    assert_eq!(view(&world, tenant, id).await.state, "cancelled");
});

async fn end_business(world: &World, tenant: TenantId) {
    let sql = sqlx::AssertSqlSafe(format!("update business set state = 'erased' where id = {tenant}"));
    match &world.database().open(Role::Owner).await {
        Db::Sqlite { write, .. } => drop(sqlx::query(sql).execute(write).await.unwrap()),
        Db::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
    }
}

on_both!(a_failed_job_can_be_queued_again, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    let id = enqueue(&world, &job(Some(tenant), "1", Some("once"))).await.unwrap();
    let claimed = claim(&world).await.unwrap();
    assert!(commit!(world, retry_job(id, world.now())).is_err(), "it runs");
    fail(&world, &claimed, false).await.unwrap();
    commit!(world, retry_job(id, world.now())).unwrap();
    let again = claim(&world).await.unwrap();
    assert_eq!((again.id, again.payload.as_str()), (id, "1"));
    fail(&world, &again, false).await.unwrap();
    enqueue(&world, &job(Some(tenant), "2", Some("once"))).await.unwrap();
    assert!(commit!(world, retry_job(id, world.now())).is_err(), "another with its key waits already");
});

const DAY: i64 = 24 * 3600 * SECOND;

fn daily(first_at: i64) -> Schedule<'static> {
    Schedule { name: "digest/1", tenant: None, kind: "digest", payload: "1", every: DAY, first_at }
}

on_both!(a_schedule_enqueues_a_job_at_each_of_its_times, |world| async move {
    let start = world.now();
    commit!(world, set_schedule(&daily(start + DAY))).unwrap();
    assert_eq!(commit!(world, enqueue_due(world.now())).unwrap(), 0);
    world.clock.pass(SignedDuration::from_hours(24));
    assert_eq!(commit!(world, enqueue_due(world.now())).unwrap(), 1);
    assert_eq!(commit!(world, enqueue_due(world.now())).unwrap(), 0, "once for each time");
    let first = claim(&world).await.unwrap();
    assert_eq!((first.kind.as_str(), first.payload.as_str()), ("digest", "1"));
    finish(&world, &first).await.unwrap();
    assert_eq!(next_due(&world).await, Some(start + 2 * DAY));
});

on_both!(times_that_passed_unseen_are_made_up_for_by_one_job, |world| async move {
    let start = world.now();
    commit!(world, set_schedule(&daily(start))).unwrap();
    world.clock.pass(SignedDuration::from_hours(24 * 10 + 5));
    assert_eq!(commit!(world, enqueue_due(world.now())).unwrap(), 1);
    finish(&world, &claim(&world).await.unwrap()).await.unwrap();
    assert_eq!(next_due(&world).await, Some(start + 11 * DAY), "the times of day stay");
    world.clock.pass(SignedDuration::from_hours(24));
});

on_both!(setting_a_schedule_again_keeps_its_next_time_unless_its_pace_changes, |world| async move {
    let start = world.now();
    commit!(world, set_schedule(&daily(start + DAY))).unwrap();
    commit!(world, set_schedule(&daily(start + 9 * DAY))).unwrap();
    assert_eq!(next_due(&world).await, Some(start + DAY));
    commit!(world, set_schedule(&Schedule { every: 7 * DAY, ..daily(start + 2 * DAY) })).unwrap();
    assert_eq!(next_due(&world).await, Some(start + 2 * DAY));
});

on_both!(short_jobs_that_ended_are_deleted_after_a_month_and_others_stay, |world| async move {
    let (_, tenant) = world.business("kurta-house").await;
    for (kind, payload) in [("mail", "1"), ("import", "2"), ("mail", "3")] {
        enqueue(&world, &NewJob { kind, ..job(Some(tenant), payload, None) }).await;
    }
    for _ in 0..2 {
        let claimed = claim(&world).await.unwrap();
        finish(&world, &claimed).await.unwrap();
    }
    let failed = claim(&world).await.unwrap();
    fail(&world, &failed, false).await.unwrap();
    world.clock.pass(SignedDuration::from_hours(24 * 30) - MICRO);
    assert_eq!(commit!(world, sweep_jobs(world.now())).unwrap(), 0);
    world.clock.pass(MICRO);
    assert_eq!(commit!(world, sweep_jobs(world.now())).unwrap(), 1, "neither the import nor what failed");
});
