//! No secret stands in any log, at the most talkative level, nor on any page: through registering, signing in, wrong
//! passwords, uploads, rotations of keys, and faults of every kind.
//!
//! One test in a file of its own: it listens to everything that the process logs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "it/support/mod.rs"]
mod support;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use ecom_store::{TenantId, rotate_key};
use ecom_vault::{RootSource, testing::reveal};
use support::{Answer, Site, Visitor, settlement, site};

const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "wrong-horse-staple-9931";
/// A second factor, as a later feature keeps it.
const FACTOR: &[u8] = b"JBSWY3DPEHPK3PXP";
/// The root key of every world of the testkit.
const ROOT: &[u8; 32] = b"a key for tests, of 32 bytes....";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// A secret, and every form in which it might be shown: as text, in digits, as a list of numbers, in an address.
struct Secret {
    name: String,
    forms: Vec<String>,
}

impl Secret {
    fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        let digits = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let numbers = format!("{:?}", &bytes[..8]);
        let mut forms = vec![digits.to_uppercase(), digits, numbers.trim_matches(['[', ']']).to_owned()];
        if let Ok(text) = std::str::from_utf8(bytes) {
            forms.extend([text.to_owned(), text.replace(' ', "+"), text.replace(' ', "%20")]);
        }
        Self { name: name.into(), forms }
    }

    fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form))
    }
}

/// Everything that people saw.
#[derive(Default)]
struct Seen(Vec<(String, Answer)>);

impl Seen {
    fn keep(&mut self, what: &str, answer: Answer) -> &Answer {
        self.0.push((what.to_owned(), answer));
        &self.0.last().unwrap().1
    }
}

async fn raw(site: &Site, kind: &str, body: &[u8]) -> Answer {
    let request = Visitor::default()
        .request(Method::POST, "/sign-in")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, kind);
    site.send(request.body(Body::from(body.to_vec())).unwrap()).await
}

async fn register(site: &Site, seen: &mut Seen) -> Visitor {
    let form = [
        ("name", "Asha Rao"),
        ("email", "asha@kurta-house.example"),
        ("phone", "+91 98450 12345"),
        ("password", PASSWORD),
        ("business", "Kurta House"),
        ("state", "27"),
        ("agree", "yes"),
    ];
    let mut incomplete = form;
    incomplete[1].1 = "asha";
    seen.keep("registering with a slip", site.post(&Visitor::default(), "/register", &incomplete).await);
    let answer = site.post(&Visitor::default(), "/register", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let mut owner = Visitor::default();
    owner.keep(&answer);
    seen.keep("registering twice", site.post(&Visitor::default(), "/register", &form).await);
    owner
}

/// Wrong passwords until it is refused, and forms that are none.
async fn sign_in(site: &Site, seen: &mut Seen) -> Visitor {
    let right = [("email", "asha@kurta-house.example"), ("password", PASSWORD)];
    let answer = site.post(&Visitor::default(), "/sign-in", &right).await;
    let mut visitor = Visitor::default();
    visitor.keep(&answer);
    for _ in 0..11 {
        let wrong = [("email", "asha@kurta-house.example"), ("password", WRONG)];
        seen.keep("a wrong password", site.post(&Visitor::default(), "/sign-in", &wrong).await);
    }
    let twice = format!("email=a%40b.in&password={WRONG}&password={WRONG}%FF");
    seen.keep("no text", raw(site, "application/x-www-form-urlencoded", twice.as_bytes()).await);
    seen.keep(
        "another kind",
        raw(site, "application/json", format!("{{\"password\":\"{WRONG}\"}}").as_bytes()).await,
    );
    let long = format!("email=a%40b.in&password={}", WRONG.repeat(200_000));
    seen.keep("too long", raw(site, "application/x-www-form-urlencoded", long.as_bytes()).await);
    visitor
}

async fn work(site: &Site, owner: &Visitor, seen: &mut Seen) {
    site.import(owner, "50001234567.txt", &settlement(3, 300)).await;
    let fields = [("account", "1"), ("account_name", "Amazon.in")];
    seen.keep("rubbish", site.upload(owner, &fields, &[("holiday.txt", b"dear diary")]).await);
    site.work().await;
    for path in
        ["/", "/uploads", "/uploads/1", "/settlements", "/statement?month=2026-09", "/costs", "/close"]
    {
        seen.keep(path, site.get(owner, path).await);
    }
}

/// The list of lines with one opened: its original comes from the archive.
async fn open_line(site: &Site, owner: &Visitor) -> Answer {
    let list = site.get(owner, "/lines?month=2026-09&account=expense:fee:referral").await;
    let path = list.link("/lines?month=2026-09&#38;account=expense:fee:referral&#38;open=");
    site.get(owner, path.split('#').next().unwrap()).await
}

async fn keep_secret(site: &Site, tenant: TenantId) {
    let ring = site.worker.keys.tenant(tenant).await.unwrap();
    let mut tx = site.world.db.write().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    books.put_secret(&ring, "factor", 1, FACTOR, 1).await.unwrap();
    assert_eq!(books.secret(&ring, "factor", 1).await.unwrap().unwrap().expose(), FACTOR);
    tx.commit().await.unwrap();
}

/// Nothing works any more, one thing after the other.
async fn break_down(site: &Site, owner: &Visitor, seen: &mut Seen) {
    for path in ["/nothing", "/lines?open=x'--", "/settlements/99", "/files/1/withdrawal?next=//evil.example"]
    {
        seen.keep(path, site.get(owner, path).await);
    }
    let list = site.get(owner, "/lines?month=2026-09&account=expense:fee:referral").await;
    let line = list.link("/lines?month=2026-09&#38;account=expense:fee:referral&#38;open=");
    let archive = site.world.folder().join("archive");
    std::fs::rename(&archive, archive.with_extension("away")).unwrap();
    let broken = seen.keep("a line without its archive", site.get(owner, &line).await);
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    std::fs::rename(archive.with_extension("away"), &archive).unwrap();
    site.worker.keys.close().await;
    let broken = seen.keep("a line without keys", site.get(owner, &line).await);
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    site.import(owner, "50001234568.txt", &settlement(4, 50)).await;
    site.world.db.close().await;
    let right = [("email", "asha@kurta-house.example"), ("password", PASSWORD)];
    let broken = seen.keep("signing in without a database", site.post(owner, "/sign-in", &right).await);
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    seen.keep("a page without a database", site.get(owner, "/").await);
    seen.keep("signing out without a database", site.post(owner, "/sign-out", &[]).await);
    // A root key that is refused, and one whose source fails.
    for source in [
        RootSource::Variable("ECOM_ROOT_KEY_VALUE", String::from_utf8_lossy(&ROOT[1..]).into_owned().into()),
        RootSource::Command(format!("echo '{}'; exit 1", String::from_utf8_lossy(ROOT))),
    ] {
        let refused = source.load().unwrap_err();
        tracing::error!(%refused, ?refused, ?source, "the root key was refused");
    }
}

fn token(visitor: &Visitor) -> Vec<u8> {
    visitor.cookie.as_ref().unwrap().split_once('=').unwrap().1.as_bytes().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_stands_in_any_log_or_on_any_page() {
    let log = Log::begin();
    // Nobody logs at this level at the moment; whoever begins to is heard.
    tracing::trace!("listening");
    let (site, mut seen) = (site().await, Seen::default());
    let owner = register(&site, &mut seen).await;
    site.post(&owner, "/account/codes", &[("password", PASSWORD)]).await;
    seen.keep("an account", site.get(&owner, "/account").await);
    let renewed = Visitor { cookie: owner.cookie(), ..Visitor::default() };
    assert_ne!(token(&renewed), token(&owner));
    let second = sign_in(&site, &mut seen).await;
    let tenant = TenantId(1);
    let mut secrets = vec![
        Secret::of("the root key", ROOT),
        Secret::of("the password", PASSWORD.as_bytes()),
        Secret::of("a wrong password", WRONG.as_bytes()),
        Secret::of("a second factor", FACTOR),
        Secret::of("the first session", &token(&owner)),
        Secret::of("the second session", &token(&second)),
        Secret::of("a session renewed", &token(&renewed)),
        Secret { name: "the password's hash".to_owned(), forms: vec!["$argon2id$".to_owned()] },
    ];
    keep_secret(&site, tenant).await;
    work(&site, &owner, &mut seen).await;
    rotate_key(&site.world.db, &site.worker.keys, tenant, site.world.now()).await.unwrap();
    let ring = site.worker.keys.tenant(tenant).await.unwrap();
    let names = reveal(&ring).into_iter().zip(1..);
    secrets.extend(names.map(|(key, number)| Secret::of(format!("key {number} of the business"), &key)));
    assert_eq!(secrets.len(), 10);
    site.work().await;
    let opened = open_line(&site, &owner).await;
    assert_eq!(opened.status, StatusCode::OK);
    seen.keep("a line with its original", opened);
    break_down(&site, &owner, &mut seen).await;

    let text = log.text();
    let heard = [
        "TRACE",
        "DEBUG",
        "insert into session",
        "keys replaced",
        "a page failed",
        "a job failed",
        "was refused",
    ];
    let missed: Vec<&str> = heard.into_iter().filter(|words| !text.contains(words)).collect();
    assert!(missed.is_empty(), "the log of {} bytes holds not everything: {missed:?}", text.len());
    assert!(
        seen.0.iter().filter(|(_, answer)| answer.status == StatusCode::INTERNAL_SERVER_ERROR).count() >= 3
    );
    for secret in &secrets {
        if let Some(line) = text.lines().find(|line| secret.is_in(line)) {
            panic!("{} stands in the log: {line}", secret.name);
        }
        for (what, answer) in &seen.0 {
            let head = format!("{:?}", answer.headers);
            assert!(!secret.is_in(&answer.body), "{} stands on the page: {what}", secret.name);
            assert!(!secret.is_in(&head), "{} stands in the headers: {what}", secret.name);
        }
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = Secret::of("it", b"correct horse");
    for text in [
        "password=correct+horse&x",
        "{\"password\": \"correct horse\"}",
        "Entry([99, 111, 114, 114, 101, 99, 116, 32, 104])",
        "636f727265637420686f727365",
    ] {
        assert!(secret.is_in(text), "{text}");
    }
    assert!(!secret.is_in("a correct answer, a horse"));
}
