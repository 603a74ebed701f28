//! `ecom mail test`, what the doctor says of mail, and a server that is killed while it sends.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use ecom_simulator::{SmtpFault, SmtpSink, SmtpStage};
use ecom_store::{Db, MailStanding};
use ecom_work::mail::{Address, Draft, Letter};
use tempfile::TempDir;

/// Mails of the killed server, and how often it is killed.
const MAILS: usize = 12;
const KILLS: usize = 8;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(90);

struct Site {
    folder: TempDir,
    sink: SmtpSink,
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "{what} took too long");
        thread::sleep(Duration::from_millis(5));
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

impl Site {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), sink: SmtpSink::start().unwrap() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
        command.args(words).env("ECOM_DATA", self.data()).env("ECOM_MAIL_FROM", "Books <books@example.in>");
        command.env("ECOM_SMTP", format!("smtp-plain://127.0.0.1:{}", self.sink.port())).stdin(Stdio::null());
        command
    }

    /// A server that listens, and so has made its database.
    fn serve(&self) -> Child {
        let mut child = self.command(&["serve", "--port", "0"]).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok).filter(|line| line.contains("listens on")) {
                drop(tell.send(line));
            }
        });
        told.recv_timeout(PATIENCE).unwrap();
        child
    }

    async fn write(&self) {
        let db = Db::open(&format!("sqlite:{}", self.data().join("ecom.db").display())).await.unwrap();
        let to = Address::new("Asha Rao", "asha@kurta-house.example").unwrap();
        let now = jiff_now();
        let mut tx = db.write().await.unwrap();
        for number in 0..MAILS {
            let (cause, letter) = (format!("test:{number}"), Letter::Test {});
            let draft =
                Draft { cause: &cause, tenant: None, person: None, to: &to, letter: &letter, token: None };
            draft.write(&mut tx.platform(), now).await.unwrap().unwrap();
        }
        tx.commit().await.unwrap();
        db.close().await;
    }

    /// What is not sent yet.
    fn standing(&self) -> MailStanding {
        block_on(async {
            let db = Db::open(&format!("sqlite:{}", self.data().join("ecom.db").display())).await.unwrap();
            let far = i64::MAX / 2;
            let standing = db.read().await.unwrap().platform().mail_standing(0, far).await.unwrap();
            db.close().await;
            standing
        })
    }

    fn ids(&self) -> BTreeSet<String> {
        self.sink.mails().iter().map(|mail| mail.header("Message-ID").unwrap()).collect()
    }
}

#[allow(clippy::disallowed_methods, reason = "the server under test has the system's clock")]
fn jiff_now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_server_killed_while_it_sends_loses_no_mail_and_repeats_only_what_it_could_not_know() {
    let site = Site::new();
    let first = site.serve();
    end(first);
    block_on(site.write());
    let mut held = 0;
    for kill in 0..KILLS {
        let before = site.sink.mails().len();
        let holds = kill % 2 == 0;
        if holds {
            site.sink.plan(SmtpFault::HoldYes);
        }
        let server = site.serve();
        // Killed right after the mail was taken: where the yes is held back, certainly before its commit.
        until("a mail", || site.sink.mails().len() > before || site.standing().late == 0);
        thread::sleep(Duration::from_millis(u64::try_from(kill).unwrap() * 3));
        held += usize::from(holds && site.sink.mails().len() > before);
        end(server);
    }
    let last = site.serve();
    until("the rest", || site.standing().late == 0);
    end(last);
    let (mails, ids) = (site.sink.mails().len(), site.ids().len());
    assert_eq!(ids, MAILS, "every mail arrived, each under one Message-ID");
    assert_eq!(site.standing(), MailStanding { late: 0, failed: 0 });
    let repeats = mails - ids;
    assert!(
        held > 0 && (held..=KILLS).contains(&repeats),
        "{repeats} repeats, {held} of them forced, {KILLS} kills"
    );
}

#[test]
fn a_test_mail_says_what_the_mail_server_answers() {
    let site = Site::new();
    let test =
        ["mail", "test", "--to", "Asha <asha@example.org>", "--public-url", "https://books.example.in"];
    let sent = site.command(&test).output().unwrap();
    assert!(sent.status.success() && said(&sent).contains("took it"), "{}", said(&sent));
    let mail = site.sink.mails().remove(0);
    assert_eq!(mail.to, ["asha@example.org"]);
    assert!(mail.part("text/plain").unwrap().contains("books.example.in"));

    site.sink.plan(SmtpFault::Answer(SmtpStage::Recipient, 550, "5.1.1 no such user"));
    let refused = site.command(&test).output().unwrap();
    assert!(!refused.status.success() && said(&refused).contains("answered 550 5.1.1"), "{}", said(&refused));
    let nowhere = site.command(&test).env_remove("ECOM_SMTP").output().unwrap();
    assert!(!nowhere.status.success() && said(&nowhere).contains("--smtp"), "{}", said(&nowhere));
    let wrong = site.command(&["mail", "test", "--to", "asha\nBcc: x@example.org"]).output().unwrap();
    assert!(!wrong.status.success() && said(&wrong).contains("--to"), "{}", said(&wrong));
    let plain = site.command(&test).env("ECOM_SMTP", "smtp-plain://mail.example.in").output().unwrap();
    assert!(!plain.status.success() && said(&plain).contains("unencrypted"), "{}", said(&plain));
    assert_eq!(site.sink.mails().len(), 1);
}

#[test]
fn the_doctor_says_how_mail_goes() {
    let site = Site::new();
    let server = site.serve();
    end(server);
    let well = site.command(&["doctor"]).output().unwrap();
    assert!(well.status.success() && said(&well).contains("ok    mail server 127.0.0.1:"), "{}", said(&well));
    assert!(site.sink.mails().is_empty(), "it sends nothing");
    let without = site.command(&["doctor"]).env_remove("ECOM_SMTP").output().unwrap();
    assert!(
        without.status.success() && said(&without).contains("note  mail: no server"),
        "{}",
        said(&without)
    );
    let dead = site.command(&["doctor"]).env("ECOM_SMTP", "smtp-plain://127.0.0.1:1").output().unwrap();
    assert_eq!(dead.status.code(), Some(1));
    assert!(said(&dead).contains("LOOK  mail server 127.0.0.1:1") && said(&dead).contains("docs/mail.md"));
}
