//! `ecom import` and `ecom doctor` from outside, and imports that are killed at any moment.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::support;

use std::{
    fs,
    process::{Command, Stdio},
    time::Instant,
};

use ecom_store::TenantId;
use support::{Books, Site, block_on, said};

/// Kills of one test, at moments spread over the time that an import takes.
const KILLS: u32 = 12;

#[test]
fn a_file_is_imported_once_and_a_bad_one_is_told() {
    let site = Site::new();
    let file = site.file("50001000001.txt", 500);
    let first = site.import(&file);
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("50001000001.txt: 500 lines"), "{}", said(&first));
    let before = site.books();
    assert_eq!((before.settlements, before.total), (1, before.lines));
    let again = site.import(&file);
    assert!(again.status.success() && said(&again).contains("imported before"), "{}", said(&again));
    let bad = site.folder.path().join("bad.txt");
    fs::write(&bad, "this is no report\n").unwrap();
    let refused = site.import(&bad);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("bad.txt: refused. "), "{}", said(&refused));
    assert_eq!(site.import(&site.folder.path().join("missing.txt")).status.code(), Some(1));
    assert_eq!(site.books(), before);
}

#[test]
fn an_import_killed_at_any_moment_leaves_all_of_the_file_or_nothing() {
    let site = Site::new();
    site.import(&site.file("50001000001.txt", 300));
    let before = site.books();
    // How long the whole of it takes on this machine decides when to kill.
    let timed = Site::new();
    let started = Instant::now();
    assert!(timed.import(&timed.file("50001000002.txt", 30_000)).status.success());
    let whole = started.elapsed();
    let file = site.file("50001000002.txt", 30_000);
    let both = Books {
        settlements: 2,
        total: before.total + timed.books().total,
        lines: before.lines + timed.books().lines,
    };
    for kill in 1..=KILLS {
        site.kill_import(&file, whole * kill / KILLS);
        let now = site.books();
        assert!(now == before || now == both, "{now:?} is neither {before:?} nor {both:?}");
    }
    // The worker takes the jobs of the killed ones up again when their leases have run out; the file is there once.
    let last = site.import(&file);
    assert!(last.status.success(), "{}", said(&last));
    assert_eq!(site.books(), both);
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let site = Site::new();
    let well = site.command("doctor").output().unwrap();
    assert!(well.status.success() && said(&well).ends_with("all is well\n"), "{}", said(&well));
    let elsewhere = site.folder.path().join("elsewhere");
    fs::rename(site.key(), &elsewhere).unwrap();
    let ill = site.command("doctor").output().unwrap();
    assert_eq!(ill.status.code(), Some(1));
    assert!(said(&ill).contains("root key") && said(&ill).contains("--root-key"), "{}", said(&ill));
    let refused = site.import(&site.file("1.txt", 100));
    assert!(!refused.status.success() && said(&refused).contains("is missing"), "{}", said(&refused));
    assert!(!site.key().exists(), "no new key is made beside archives that need the old one");
}

#[test]
fn a_data_folder_that_everybody_may_enter_is_refused() {
    let site = Site::new();
    Command::new("chmod").arg("755").arg(site.data()).status().unwrap();
    let refused = site.import(&site.file("1.txt", 100));
    assert!(!refused.status.success() && said(&refused).contains("chmod 700"), "{}", said(&refused));
}

/// Starts a server, waits until it listens, and kills it.
fn serve_once(site: &Site) {
    let mut child = site.command("serve").args(["--port", "0"]).stderr(Stdio::piped()).spawn().unwrap();
    let said = std::io::BufReader::new(child.stderr.take().unwrap());
    let listens = std::io::BufRead::lines(said).any(|line| line.unwrap().contains("listens on"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(listens);
}

/// A job that somebody has claimed; gives who holds it: `running`, or whether it is up for others.
fn job_after_start(site: &Site) -> String {
    block_on(async {
        let db = site.db().await;
        let mut tx = db.write().await.unwrap();
        let job = ecom_store::NewJob {
            tenant: Some(TenantId(1)),
            kind: "nobody's",
            payload: "",
            dedupe: None,
            run_at: i64::MAX >> 1,
            most_attempts: 5,
        };
        tx.platform().enqueue(&job, i64::MAX >> 1).await.unwrap();
        tx.platform().claim(i64::MAX >> 1).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
    serve_once(site);
    block_on(async {
        let db = site.db().await;
        let state = db.read().await.unwrap().platform().jobs(TenantId(1), "nobody's", 1).await.unwrap();
        db.close().await;
        state[0].state.clone()
    })
}

#[test]
fn a_server_that_starts_takes_up_jobs_of_the_dead_but_none_of_a_running_import() {
    let site = Site::new();
    let working = fs::File::create(site.data().join("work.lock")).unwrap();
    working.lock_shared().unwrap();
    assert_eq!(job_after_start(&site), "running");
    drop(working);
    let site = Site::new();
    assert_ne!(job_after_start(&site), "running");
}
