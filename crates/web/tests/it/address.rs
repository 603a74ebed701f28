//! One's address: confirming it, and moving to another one, with links that come by mail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_work::mail::Parcel;
use jiff::SignedDuration;
use support::{
    Visitor,
    house::{EMAIL, House, OWNER, PASSWORD, house, link, readers},
    site,
};

const PAGE: &str = "/address/";
const YES: [(&str, &str); 1] = [("answer", "yes")];
const STOP: [(&str, &str); 1] = [("answer", "stop")];
const NEW: &str = "asha@new.example";

async fn follow(house: &House, path: &str, answer: &[(&str, &str)]) -> String {
    let followed = house.site.post(&Visitor::default(), path, answer).await;
    assert_eq!(followed.status, StatusCode::SEE_OTHER, "{}", followed.outline());
    followed.to().to_owned()
}

/// Asks for another address; gives the mails to the old and to the new one.
async fn move_to(house: &House, email: &str) -> [Parcel; 2] {
    let asked = house.post("/account/email", &[("email", email), ("password", PASSWORD)]).await;
    assert_eq!(asked.to(), "/account?said=asked", "{}", asked.outline());
    let mut mails = house.arrived().await;
    mails.sort_by_key(|mail| mail.to.address() == email);
    assert_eq!(readers(&mails), [EMAIL, email]);
    mails.try_into().unwrap()
}

#[tokio::test]
async fn an_address_is_confirmed_by_the_link_that_came_after_registering() {
    let house = house().await;
    assert_eq!(readers(&house.first), [EMAIL]);
    assert!(house.get("/account").await.body.contains("not confirmed yet"));
    assert!(house.get("/settings/notices").await.body.contains("Your address is not confirmed yet"));
    let path = link(&house.first[0], PAGE);
    let shown = house.site.get(&Visitor::default(), &path).await;
    insta::assert_snapshot!("own", shown.outline().replace(&path, "/TOKEN"));
    assert_eq!(house.profile().await.verified_at, None, "programs that look at mails confirm nothing");
    for odd in [&[][..], &STOP, &[("answer", "no")]] {
        let refused = house.site.post(&Visitor::default(), &path, odd).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let to = follow(&house, &path, &YES).await;
    assert_eq!(to, "/address?said=confirmed");
    insta::assert_snapshot!("confirmed", house.site.get(&Visitor::default(), &to).await.outline());
    assert_eq!(house.profile().await.verified_at, Some(house.site.world.now()));
    let account = house.get("/account").await;
    assert!(!account.body.contains("not confirmed yet") && !account.body.contains("Send the link again"));
    for again in [
        house.site.get(&Visitor::default(), &path).await,
        house.site.post(&Visitor::default(), &path, &YES).await,
    ] {
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert!(!again.body.contains(EMAIL));
    }
    assert_eq!(house.deeds().await, ["business.create", "session.create", "account.verify_email"]);
    assert_eq!(house.site.get(&house.owner, "/address?said=nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_link_is_sent_again_but_not_without_end() {
    let house = house().await;
    for _ in 0..4 {
        assert_eq!(house.post("/account/email/confirmation", &[]).await.to(), "/account?said=sent");
    }
    let refused = house.post("/account/email/confirmation", &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("Wait 60 min") || refused.body.contains("wait 60 min"), "{}", refused.body);
    let mails = house.arrived().await;
    assert_eq!(mails.len(), 4);
    let old = house.site.get(&Visitor::default(), &link(&mails[2], PAGE)).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "only the last one works");
    house.site.world.clock.pass(SignedDuration::from_hours(1));
    assert_eq!(house.post("/account/email/confirmation", &[]).await.to(), "/account?said=sent");
    let last = link(&house.arrived().await[0], PAGE);
    house.site.world.clock.pass(SignedDuration::from_hours(24));
    let over = house.site.post(&Visitor::default(), &last, &YES).await;
    assert_eq!(over.status, StatusCode::CONFLICT, "it is over");
}

#[tokio::test]
async fn a_link_for_a_new_password_confirms_the_address_too() {
    let house = house().await;
    house.site.post(&Visitor::default(), "/reset", &[("email", EMAIL)]).await;
    let path = link(&house.arrived().await[0], "/reset/");
    house.site.post(&Visitor::default(), &path, &[("password", "monsoon tea kettle")]).await;
    assert!(house.profile().await.verified_at.is_some());
}

#[tokio::test]
async fn an_invitation_confirms_the_address_if_it_came_by_mail() {
    let house = house().await;
    let join = [("name", "Bela"), ("phone", "+91 98450 00000"), ("password", "monsoon tea kettle")];
    for (email, by_mail) in [("bela@example.in", true), ("chitra@example.in", false)] {
        let form = [("email", email), ("role", "viewer")];
        let shown = house.post("/people/invitations", &form).await.body;
        let at = shown.find("/invitations/").unwrap();
        let on_page = shown[at..at + "/invitations/".len() + 64].to_owned();
        let in_mail = link(&house.arrived().await[0], "/invitations/");
        assert_ne!(on_page, in_mail, "the inviter, who sees the page, must not confirm for others");
        let mut guest = Visitor::default();
        let path = if by_mail { in_mail } else { on_page };
        let joined = house.site.post(&guest, &path, &join).await;
        guest.keep(&joined);
        let account = house.site.get(&guest, "/account").await.body;
        assert_eq!(!account.contains("not confirmed yet"), by_mail, "{email}");
        let mails = house.arrived().await;
        assert_eq!(readers(&mails), if by_mail { vec![] } else { vec![email] }, "else it is asked for");
    }
}

#[tokio::test]
async fn an_address_changes_once_both_mailboxes_have_agreed_in_either_order() {
    for old_first in [true, false] {
        let house = house().await;
        insta::assert_snapshot!("asking", house.get("/account/email").await.outline());
        let mut other = Visitor::default();
        other.keep(&house.sign_in(&Visitor::default(), PASSWORD).await);
        house.arrived().await;
        let mails = move_to(&house, NEW).await;
        assert!(house.get("/account").await.body.contains("It changes to asha@new.example"));
        let paths = [link(&mails[0], PAGE), link(&mails[1], PAGE)];
        if old_first {
            for (name, path) in [("leaving", &paths[0]), ("becoming", &paths[1])] {
                let shown = house.site.get(&Visitor::default(), path).await;
                insta::assert_snapshot!(name, shown.outline().replace(path, "/TOKEN"));
            }
        }
        let (first, second) = if old_first { (&paths[0], &paths[1]) } else { (&paths[1], &paths[0]) };
        let half = follow(&house, first, &YES).await;
        assert_eq!(half, if old_first { "/address?said=half-old" } else { "/address?said=half-new" });
        assert!(house.site.get(&Visitor::default(), &half).await.body.contains("One half is done"));
        assert_eq!(house.profile().await.email, EMAIL);
        assert_eq!(house.site.get(&other, "/").await.status, StatusCode::OK);
        // In the browser that asked: its session stays.
        let done = house.site.post(&house.owner, second, &YES).await;
        assert_eq!(done.to(), "/address?said=changed", "{}", done.outline());
        assert_eq!(
            (house.profile().await.email.as_str(), house.profile().await.verified_at.is_some()),
            (NEW, true)
        );
        assert!(house.get("/account").await.body.contains(NEW));
        assert_eq!(house.site.get(&other, "/").await.to(), "/sign-in", "other sessions end");
        assert_eq!(
            house.sign_in(&Visitor::default(), PASSWORD).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        for path in &paths {
            assert_eq!(house.site.post(&Visitor::default(), path, &YES).await.status, StatusCode::CONFLICT);
        }
        let deeds = house.deeds().await;
        assert!(
            deeds.contains(&"account.ask_email".to_owned()) && deeds.contains(&"account.email".to_owned())
        );
    }
}

#[tokio::test]
async fn a_change_of_address_is_stopped_at_the_old_one_or_on_the_page() {
    let house = house().await;
    let mails = move_to(&house, NEW).await;
    let to = follow(&house, &link(&mails[0], PAGE), &STOP).await;
    let told = house.site.get(&Visitor::default(), &to).await;
    assert!(told.body.contains("somebody knows your password") && told.body.contains("href=\"/reset\""));
    let new = house.site.post(&Visitor::default(), &link(&mails[1], PAGE), &YES).await;
    assert_eq!(new.status, StatusCode::CONFLICT);
    let mails = move_to(&house, NEW).await;
    assert_eq!(house.post("/account/email/stop", &[]).await.to(), "/account?said=stopped");
    for mail in &mails {
        let gone = house.site.post(&Visitor::default(), &link(mail, PAGE), &YES).await;
        assert_eq!(gone.status, StatusCode::CONFLICT);
    }
    assert_eq!(house.profile().await.email, EMAIL);
    assert_eq!(house.deeds().await.iter().filter(|deed| *deed == "account.stop_email").count(), 2);
}

#[tokio::test]
async fn a_new_password_stops_a_change_that_somebody_with_the_old_one_asked_for() {
    let house = house().await;
    let mails = move_to(&house, NEW).await;
    house.post("/account/password", &[("password", PASSWORD), ("new", "monsoon tea kettle")]).await;
    for mail in &mails {
        let gone = house.site.post(&Visitor::default(), &link(mail, PAGE), &YES).await;
        assert_eq!(gone.status, StatusCode::CONFLICT);
    }
}

#[tokio::test]
async fn whether_an_address_is_taken_shows_only_to_whoever_reads_its_mail() {
    let house = house().await;
    let (stranger, _) = house.site.owner("saree-works").await;
    assert_eq!(house.site.get(&stranger, "/account").await.status, StatusCode::OK);
    for old_first in [true, false] {
        let mails = move_to(&house, "OWNER@saree-works.example").await;
        let [old, new] = [link(&mails[0], PAGE), link(&mails[1], PAGE)];
        if old_first {
            follow(&house, &old, &YES).await;
        }
        let taken = house.site.post(&Visitor::default(), &new, &YES).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
        assert!(taken.body.contains("belongs to an account already"), "{}", taken.outline());
        if !old_first {
            let agreed = follow(&house, &old, &YES).await;
            assert_eq!(agreed, "/address?said=half-old", "whoever asked sees nothing of it");
        }
    }
    assert_eq!(house.profile().await.email, EMAIL);
}

#[tokio::test]
async fn another_address_needs_the_password_and_one_that_mail_can_go_to() {
    let house = house().await;
    for (email, password, words) in [
        (NEW, "", "Type your password"),
        (NEW, "wrong wrong wrong", "This is not your password"),
        ("", PASSWORD, "Type an e-mail address"),
        ("asha", PASSWORD, "looks like"),
        ("a@b.in\r\nBcc: c@d.in", PASSWORD, "control characters"),
        ("ASHA@kurta-house.example", PASSWORD, "your address already"),
        ("a..b@example.in", PASSWORD, "Mail cannot be sent"),
    ] {
        let refused = house.post("/account/email", &[("email", email), ("password", password)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{email:?}");
        assert!(refused.body.contains(words), "{email:?}: {}", refused.outline());
    }
    assert!(house.arrived().await.is_empty());
    for _ in 0..4 {
        house.post("/account/email", &[("email", NEW), ("password", PASSWORD)]).await;
    }
    let often = house.post("/account/email", &[("email", NEW), ("password", PASSWORD)]).await;
    assert_eq!(often.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(often.body.contains("Asked for too often"), "{}", often.outline());
}

#[tokio::test]
async fn without_a_mail_server_the_operator_changes_an_address() {
    let site = site().await;
    let mut owner = Visitor::default();
    owner.keep(&site.post(&owner, "/register", &OWNER).await);
    insta::assert_snapshot!("no_mail", site.get(&owner, "/account/email").await.outline());
    let before = site.world.rows(None).await;
    let refused = site.post(&owner, "/account/email", &[("email", NEW), ("password", PASSWORD)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(site.world.rows(None).await, before);
}
