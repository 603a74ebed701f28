//! What people are told by mail about sign-ins: a device not seen before, and many failures; and that nobody can fill
//! a mailbox by either.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_web::{Proxies, Registration, Settings};
use jiff::SignedDuration;
use support::{
    Visitor,
    house::{EMAIL, House, PASSWORD, house, house_of, readers},
};

const DEVICE: &str = "New sign-in to your account";
const LOCKOUT: &str = "Sign-ins to your account were refused";

async fn subjects(house: &House) -> Vec<String> {
    house.arrived().await.into_iter().map(|mail| mail.content.subject).collect()
}

#[tokio::test]
async fn a_sign_in_from_a_device_not_seen_before_is_told() {
    let house = house().await;
    assert_eq!(house.first.len(), 1, "registering is no news: {:?}", readers(&house.first));
    // The browser that registered keeps its cookie beyond signing out.
    let mut browser = house.owner.clone();
    assert!(browser.cookie.as_ref().unwrap().contains("__Host-ecom-device="));
    house.site.post(&browser, "/sign-out", &[]).await;
    let answer = house.sign_in(&browser, PASSWORD).await;
    let device = answer.headers.get_all("set-cookie").iter().next_back().unwrap().to_str().unwrap();
    assert!(
        device.starts_with("__Host-ecom-device=") && device.contains("; Secure; HttpOnly; SameSite=Lax;")
    );
    browser.keep_all(&answer);
    assert_eq!(subjects(&house).await, Vec::<String>::new());
    let mut other = Visitor::default();
    other.keep_all(&house.sign_in(&other, PASSWORD).await);
    let mails = house.arrived().await;
    assert_eq!((readers(&mails), mails[0].content.subject.as_str()), (vec![EMAIL], DEVICE));
    assert!(mails[0].content.text.contains("unknown device"), "{}", mails[0].content.text);
    house.sign_in(&other, PASSWORD).await;
    assert_eq!(subjects(&house).await, Vec::<String>::new(), "it is known now");
    let forged =
        Visitor { cookie: Some(format!("__Host-ecom-device={}", "0".repeat(64))), ..Visitor::default() };
    house.sign_in(&forged, PASSWORD).await;
    assert_eq!(subjects(&house).await, [DEVICE]);
    let device = other.cookie.map(|both| both.split("; ").last().unwrap().to_owned());
    let opens = Visitor { cookie: device, ..Visitor::default() };
    assert_eq!(house.site.get(&opens, "/").await.to(), "/sign-in", "the cookie of a device opens nothing");
}

#[tokio::test]
async fn whoever_has_the_password_cannot_fill_the_mailbox() {
    let house = house().await;
    for _ in 0..12 {
        assert_eq!(house.sign_in(&Visitor::default(), PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(house.arrived().await.len(), 5);
    house.site.world.clock.pass(SignedDuration::from_hours(25));
    house.sign_in(&Visitor::default(), PASSWORD).await;
    assert_eq!(house.arrived().await.len(), 1);
}

#[tokio::test]
async fn many_failures_are_told_once_a_day_and_only_to_whom_they_concern() {
    let house = house().await;
    for _ in 0..10 {
        house.sign_in(&Visitor::default(), "wrong wrong wrong").await;
    }
    assert_eq!(subjects(&house).await, Vec::<String>::new(), "a slip is no attack");
    for _ in 0..3 {
        let refused = house.sign_in(&Visitor::default(), "wrong wrong wrong").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    }
    let mails = house.arrived().await;
    assert_eq!((readers(&mails), mails[0].content.subject.as_str()), (vec![EMAIL], LOCKOUT));
    let text = &mails[0].content.text;
    assert!(text.contains("wrong password") && text.contains("/reset"), "{text}");
    for _ in 0..4 {
        house.site.world.clock.pass(SignedDuration::from_mins(16));
        for _ in 0..12 {
            house.sign_in(&Visitor::default(), "wrong wrong wrong").await;
        }
    }
    assert_eq!(subjects(&house).await, Vec::<String>::new(), "once a day");
    house.site.world.clock.pass(SignedDuration::from_hours(25));
    for _ in 0..12 {
        house.sign_in(&Visitor::default(), "wrong wrong wrong").await;
    }
    assert_eq!(subjects(&house).await, [LOCKOUT]);
    let nobody = [("email", "nobody@kurta-house.example"), ("password", "wrong wrong wrong")];
    for _ in 0..12 {
        house.site.post(&Visitor::default(), "/sign-in", &nobody).await;
    }
    assert_eq!(subjects(&house).await, Vec::<String>::new());
}

#[tokio::test]
async fn failures_from_many_networks_are_told_though_none_is_refused() {
    let settings = Settings::new("http://127.0.0.1:8080", Registration::First).unwrap();
    let house = house_of(&settings.behind(Proxies::Near)).await;
    for number in 0..21 {
        let from = Some(format!("203.0.{number}.7"));
        let answer = house.sign_in(&Visitor { from, ..Visitor::default() }, "wrong wrong wrong").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mails = house.arrived().await;
    assert_eq!((readers(&mails), mails[0].content.subject.as_str()), (vec![EMAIL], LOCKOUT));
    assert!(mails[0].content.text.contains("many networks"), "{}", mails[0].content.text);
    assert_eq!(house.sign_in(&Visitor::default(), PASSWORD).await.status, StatusCode::SEE_OTHER);
}
