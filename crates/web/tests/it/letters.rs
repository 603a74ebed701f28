//! Links that come by mail, and mails that warn: what is sent to whom, and what a link opens, once and in time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use ecom_store::{AuditFilter, AuditProof, TenantId};
use ecom_web::Registration;
use ecom_work::mail::Parcel;
use jiff::SignedDuration;
use support::{Answer, PostBox, Site, Visitor, site, site_with_mail};

const EMAIL: &str = "asha@kurta-house.example";
const PASSWORD: &str = "correct horse battery";
const NEW: &str = "monsoon tea kettle";
const OWNER: [(&str, &str); 7] = [
    ("name", "Asha Rao"),
    ("email", EMAIL),
    ("phone", "+91 98450 12345"),
    ("password", PASSWORD),
    ("business", "Kurta House"),
    ("state", "27"),
    ("agree", "yes"),
];

/// A site that sends mail, its owner, and the box in which mails arrive.
async fn house() -> (Site, PostBox, Visitor) {
    let (site, post) = site_with_mail(Registration::First).await;
    let owner = owner(&site).await;
    site.work().await;
    post.empty();
    (site, post, owner)
}

async fn owner(site: &Site) -> Visitor {
    let mut visitor = Visitor::default();
    let answer = site.post(&visitor, "/register", &OWNER).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    visitor.keep(&answer);
    visitor
}

async fn sign_in(site: &Site, password: &str) -> Answer {
    site.post(&Visitor::default(), "/sign-in", &[("email", EMAIL), ("password", password)]).await
}

async fn ask(site: &Site, email: &str) -> Answer {
    site.world.clock.pass(SignedDuration::from_secs(1));
    site.post(&Visitor::default(), "/reset", &[("email", email)]).await
}

/// The mails that arrived, once the worker has done its work.
async fn arrived(site: &Site, post: &PostBox) -> Vec<Parcel> {
    site.work().await;
    post.empty()
}

/// The path of the link in a mail.
fn link(parcel: &Parcel, start: &str) -> String {
    let text = &parcel.content.text;
    let at = text.find(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    text[at..at + start.len() + 64].to_owned()
}

/// Asks for a new password, and gives the link that arrives.
async fn reset_link(site: &Site, post: &PostBox) -> String {
    assert_eq!(ask(site, EMAIL).await.to(), "/reset?said=sent");
    let mails = arrived(site, post).await;
    assert_eq!(mails.len(), 1);
    link(&mails[0], "/reset/")
}

/// What the log holds, oldest first.
async fn deeds(site: &Site) -> Vec<String> {
    let mut tx = site.world.db.read().await.unwrap();
    let mut books = tx.scoped(TenantId(1)).await.unwrap();
    assert!(matches!(books.verify_audit().await.unwrap(), AuditProof::Whole { .. }));
    let entries = books.audit_entries(&AuditFilter::default(), 1000).await.unwrap();
    entries.into_iter().rev().map(|entry| entry.action).collect()
}

fn masked(answer: &Answer, path: &str) -> String {
    answer.outline().replace(path, "/TOKEN")
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once() {
    let (site, post, owner) = house().await;
    assert!(site.get(&Visitor::default(), "/sign-in").await.body.contains("href=\"/reset\""));
    insta::assert_snapshot!("asking", site.get(&Visitor::default(), "/reset").await.outline());
    let path = reset_link(&site, &post).await;
    insta::assert_snapshot!("asked", site.get(&Visitor::default(), "/reset?said=sent").await.outline());
    insta::assert_snapshot!("choosing", masked(&site.get(&Visitor::default(), &path).await, &path));
    for (weak, words) in
        [("", "Choose a password"), ("short", "this has 5"), ("kurtahouse1!", "easy to guess")]
    {
        let refused = site.post(&Visitor::default(), &path, &[("password", weak)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{weak}");
        assert!(refused.body.contains(words), "{}", refused.outline());
    }
    let changed = site.post(&Visitor::default(), &path, &[("password", NEW)]).await;
    assert_eq!((changed.status, changed.to()), (StatusCode::SEE_OTHER, "/sign-in?said=reset"));
    assert!(site.get(&Visitor::default(), changed.to()).await.body.contains("Your password is changed"));
    assert!(site.get(&owner, "/account").await.to().starts_with("/sign-in"), "every session has ended");
    assert_eq!(sign_in(&site, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&site, NEW).await.status, StatusCode::SEE_OTHER);
    for replayed in [
        site.get(&Visitor::default(), &path).await,
        site.post(&Visitor::default(), &path, &[("password", "another tea kettle")]).await,
    ] {
        assert_eq!(replayed.status, StatusCode::CONFLICT);
        assert!(!replayed.body.contains(EMAIL));
    }
    assert_eq!(
        deeds(&site).await,
        ["business.create", "session.create", "account.reset_password", "session.create"]
    );
}

#[tokio::test]
async fn a_link_for_a_new_password_ends_with_its_hour_and_with_a_later_one() {
    let (site, post, _) = house().await;
    let first = reset_link(&site, &post).await;
    let second = reset_link(&site, &post).await;
    let gone = site.post(&Visitor::default(), &first, &[("password", NEW)]).await;
    assert_eq!(gone.status, StatusCode::CONFLICT, "only the last one works");
    assert_eq!(site.get(&Visitor::default(), &second).await.status, StatusCode::OK);
    site.world.clock.pass(SignedDuration::from_mins(60));
    let over = site.post(&Visitor::default(), &second, &[("password", NEW)]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    for (forged, status) in [
        ("/reset/00".to_owned(), StatusCode::NOT_FOUND),
        ("/reset/%00".to_owned(), StatusCode::NOT_FOUND),
        (format!("/reset/{}", "0".repeat(64)), StatusCode::CONFLICT),
    ] {
        let answer = site.post(&Visitor::default(), &forged, &[("password", NEW)]).await;
        assert_eq!(answer.status, status, "{forged}");
    }
    assert_eq!(sign_in(&site, PASSWORD).await.status, StatusCode::SEE_OTHER, "nothing was changed");
}

#[tokio::test]
async fn a_link_of_another_purpose_changes_no_password() {
    let (site, _, owner) = house().await;
    let form = [("email", "bela@example.in"), ("role", "owner")];
    let invited = site.post(&owner, "/people/invitations", &form).await.body;
    let at = invited.find("/invitations/").unwrap() + "/invitations/".len();
    let path = format!("/reset/{}", &invited[at..at + 64]);
    let answer = site.post(&Visitor::default(), &path, &[("password", NEW)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn whether_there_is_an_account_shows_neither_in_the_answer_nor_in_its_time() {
    let (site, post, _) = house().await;
    let mut answers = Vec::new();
    for email in ["ASHA@Kurta-House.example", "nobody@kurta-house.example"] {
        let begun = Instant::now();
        let answer = ask(&site, email).await;
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(300), "{email}: {took:?}");
        answers.push((answer.status, answer.to().to_owned(), answer.body));
    }
    assert_eq!(answers[0], answers[1]);
    let mails = arrived(&site, &post).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to.address(), EMAIL, "as it stands in the account");
    for wrong in ["", "asha", "a@b.in\r\nBcc: c@d.in", &format!("{}@b.in", "a".repeat(300))] {
        assert_eq!(ask(&site, wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    assert!(arrived(&site, &post).await.is_empty());
}

#[tokio::test]
async fn asking_again_and_again_is_refused_with_and_without_an_account() {
    let (site, post, _) = house().await;
    let mut refused = Vec::new();
    for email in [EMAIL, "nobody@kurta-house.example"] {
        for _ in 0..5 {
            assert_eq!(ask(&site, email).await.status, StatusCode::SEE_OTHER);
        }
        let answer = ask(&site, email).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        refused.push(answer.outline().replace(email, "EMAIL"));
    }
    assert_eq!(refused[0], refused[1]);
    let mails = arrived(&site, &post).await;
    assert_eq!(mails.len(), 5);
    let last = link(&mails[4], "/reset/");
    assert_eq!(site.get(&Visitor::default(), &last).await.status, StatusCode::OK, "refusing ends no link");
    site.world.clock.pass(SignedDuration::from_mins(15));
    assert_eq!(ask(&site, EMAIL).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn without_a_mail_server_the_page_says_what_to_do() {
    let site = site().await;
    owner(&site).await;
    insta::assert_snapshot!("no_mail", site.get(&Visitor::default(), "/reset").await.outline());
    let before = site.world.rows(None).await;
    assert_eq!(ask(&site, EMAIL).await.status, StatusCode::CONFLICT);
    assert_eq!(site.world.rows(None).await, before);
}

#[tokio::test]
async fn an_invitation_is_sent_by_mail_too_and_its_link_opens_it() {
    let (site, post, owner) = house().await;
    let form = [("email", "bela@example.in"), ("role", "manager")];
    let shown = site.post(&owner, "/people/invitations", &form).await;
    assert!(shown.body.contains("is on its way to them") && shown.body.contains("/invitations/"));
    let mails = arrived(&site, &post).await;
    assert_eq!(mails.iter().map(|mail| mail.to.address()).collect::<Vec<_>>(), ["bela@example.in"]);
    let path = link(&mails[0], "/invitations/");
    assert!(!shown.body.contains(&path), "it shows who reads that mailbox, and the page does not");
    assert!(site.get(&Visitor::default(), &path).await.body.contains("Join Kurta House"));
    let wrong = [("email", "a@b.in\r\nBcc: c@d.in"), ("role", "viewer")];
    assert_eq!(
        site.post(&owner, "/people/invitations", &wrong).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(arrived(&site, &post).await.is_empty());
}
