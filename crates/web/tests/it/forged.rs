//! What attackers send: forged, replayed and misplaced tokens, names that would end a line of a mail; and clocks that
//! jump. Each gets a plain answer, leaks nothing and changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_web::Registration;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use support::{
    Visitor,
    house::{EMAIL, OWNER, PASSWORD, house, link, readers},
    site_with_mail,
};

/// Four years and a day.
const LONG: SignedDuration = SignedDuration::from_hours((4 * 365 + 1) * 24);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn with_cookie(cookie: String) -> Visitor {
    Visitor { cookie: Some(cookie), ..Visitor::default() }
}

#[tokio::test]
async fn a_forged_cookie_opens_nothing() {
    let house = house().await;
    let own = house.owner.cookie.clone().unwrap();
    let token = own.split("; ").find_map(|pair| pair.strip_prefix("__Host-ecom=")).unwrap().to_owned();
    let bytes: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&token[at..at + 2], 16).unwrap()).collect();
    assert_eq!(
        house.site.get(&with_cookie(format!("__Host-ecom={token}")), "/").await.status,
        StatusCode::OK
    );
    let mut wrong = vec![
        String::new(),
        "0".repeat(64),
        hex(&Sha256::digest(&bytes)),
        token[..62].to_owned(),
        format!("{token}00"),
        format!("{token} or 1=1"),
        "f".repeat(7000),
        "%00".repeat(21),
    ];
    // One digit of it is another one.
    let last = if token.ends_with('0') { "1" } else { "0" };
    wrong.push(token[..63].to_owned() + last);
    let before = house.site.world.rows(None).await;
    for wrong in wrong {
        let visitor = with_cookie(format!("__Host-ecom={wrong}"));
        for path in ["/statement", "/account", "/businesses", "/people"] {
            let answer = house.site.get(&visitor, path).await;
            assert!(answer.to().starts_with("/sign-in"), "{path}: {} for {wrong:.80}", answer.status);
        }
        let form = [("password", PASSWORD), ("new", "monsoon tea kettle")];
        assert_eq!(house.site.post(&visitor, "/account/password", &form).await.to(), "/sign-in");
    }
    for other in
        [format!("ecom={token}"), format!("__host-ecom={token}"), format!("__Host-ecom-device={token}")]
    {
        assert_eq!(house.site.get(&with_cookie(other), "/").await.to(), "/sign-in");
    }
    assert_eq!(house.site.world.rows(None).await, before);
}

#[tokio::test]
async fn a_session_that_was_ended_is_not_opened_again_by_its_cookie() {
    let house = house().await;
    let stolen = house.owner.clone();
    house.site.post(&house.owner, "/sign-out", &[]).await;
    for path in ["/statement", "/account"] {
        assert!(house.site.get(&stolen, path).await.to().starts_with("/sign-in"));
    }
}

#[tokio::test]
async fn a_link_does_only_what_it_was_sent_for() {
    let house = house().await;
    house.site.post(&Visitor::default(), "/reset", &[("email", EMAIL)]).await;
    let reset = link(&house.arrived().await[0], "/reset/");
    house.post("/people/invitations", &[("email", "bela@example.in"), ("role", "owner")]).await;
    let invitation = link(&house.arrived().await[0], "/invitations/");
    let verify = link(&house.first[0], "/address/");
    let token = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let before = house.site.world.rows(None).await;
    let forms: [(&str, &[(&str, &str)]); 3] = [
        ("/reset/", &[("password", "monsoon tea kettle")]),
        ("/address/", &[("answer", "yes")]),
        ("/invitations/", &[("name", "B"), ("phone", "+91 98450 00000"), ("password", "monsoon tea kettle")]),
    ];
    for (page, form) in forms {
        let others = [&reset, &invitation, &verify].into_iter().filter(|path| !path.starts_with(page));
        let mut wrong: Vec<String> = others.map(|path| token(path)).collect();
        wrong.extend([
            "0".repeat(64),
            "00".to_owned(),
            "%00".to_owned(),
            "%0d%0a".to_owned(),
            "g".repeat(64),
        ]);
        wrong.push("f".repeat(2000));
        for wrong in wrong {
            let path = format!("{page}{wrong}");
            for answer in [
                house.site.get(&Visitor::default(), &path).await,
                house.site.post(&Visitor::default(), &path, form).await,
            ] {
                let refused = [StatusCode::NOT_FOUND, StatusCode::CONFLICT].contains(&answer.status);
                assert!(refused && !answer.body.contains(EMAIL), "{path:.90}: {}", answer.status);
            }
        }
    }
    assert_eq!(house.site.world.rows(None).await, before, "and none is used up by it");
}

#[tokio::test]
async fn names_that_would_end_a_line_of_a_mail_are_refused_or_stay_names() {
    for (name, good) in [
        ("Asha\r\nBcc: evil@example.in", false),
        ("Asha\nSubject: hello", false),
        ("Asha\0Rao", false),
        ("Asha\u{85}Rao", false),
        ("Asha\" <evil@example.in>, \"", true),
        ("=?utf-8?q?evil?= <evil@example.in>", true),
        ("Asha\u{202e}oaR", true),
    ] {
        let (site, post) = site_with_mail(Registration::Open).await;
        let form = OWNER.map(|(field, value)| (field, if field == "name" { name } else { value }));
        let answer = site.post(&Visitor::default(), "/register", &form).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, good, "{name:?}: {}", answer.status);
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR);
        site.work().await;
        let mails = post.empty();
        assert_eq!(readers(&mails), if good { vec![EMAIL] } else { vec![] }, "{name:?}");
        assert!(mails.iter().all(|mail| !mail.to.name().contains(['\r', '\n'])));
    }
}

#[tokio::test]
async fn what_a_clock_that_jumps_noted_locks_nobody_out_and_lets_nobody_stay() {
    let house = house().await;
    let clock = &house.site.world.clock;
    let right = jiff::Timestamp::from_microsecond(house.site.world.now()).unwrap().to_string();
    clock.pass(LONG);
    assert!(house.get("/").await.to().starts_with("/sign-in"), "sessions end when their time has come");
    let mut ahead = Visitor::default();
    ahead.keep(&house.sign_in(&ahead, PASSWORD).await);
    for _ in 0..12 {
        house.sign_in(&Visitor::default(), "wrong wrong wrong").await;
    }
    assert_eq!(house.sign_in(&Visitor::default(), PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.site.post(&Visitor::default(), "/reset", &[("email", EMAIL)]).await;
    let mails = house.arrived().await;
    let reset = mails.iter().find(|mail| mail.content.text.contains("/reset/")).expect("a link");
    let reset = link(reset, "/reset/");
    // Somebody sets it right again.
    clock.set(&right);
    assert!(house.site.get(&ahead, "/").await.to().starts_with("/sign-in"), "nor do they last until then");
    let form = [("password", "monsoon tea kettle")];
    assert_eq!(house.site.post(&Visitor::default(), &reset, &form).await.status, StatusCode::CONFLICT);
    assert_eq!(house.sign_in(&Visitor::default(), PASSWORD).await.status, StatusCode::SEE_OTHER);
}
