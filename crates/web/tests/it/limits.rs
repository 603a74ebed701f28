//! Too many requests, too large ones, and what other sites send: refused kindly, and nobody else is kept out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
};
use ecom_web::{Limits, Proxies, Registration, Settings};
use jiff::SignedDuration;
use support::{Answer, Site, Visitor, site, site_with};

const FORM: &str = "application/x-www-form-urlencoded";
const REGISTRATION: &str = "name=Asha&email=asha@kurta.example&phone=%2B919845012345&password=correct+horse+battery\
    &business=Kurta&state=27&gstin=&agree=yes";

async fn limited(limits: &str) -> Site {
    let settings = Settings::new("http://127.0.0.1:8080", Registration::First).unwrap();
    site_with(&settings.limited(limits.parse::<Limits>().unwrap())).await
}

/// A request that comes from this address.
fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    let peer: SocketAddr = format!("{address}:40000").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

async fn get(site: &Site, address: &str, visitor: &Visitor, path: &str) -> Answer {
    site.send(from(address, visitor.request(Method::GET, path).body(Body::empty()).unwrap())).await
}

async fn post(site: &Site, address: &str, path: &str, body: String) -> Answer {
    let request = Visitor::default().request(Method::POST, path).header("sec-fetch-site", "same-origin");
    site.send(from(address, request.header(header::CONTENT_TYPE, FORM).body(Body::from(body)).unwrap())).await
}

async fn sign_in(site: &Site, address: &str, email: &str, password: &str) -> Answer {
    post(site, address, "/sign-in", format!("email={email}&password={}", password.replace(' ', "+"))).await
}

async fn registered(site: &Site) {
    let answer = post(site, "198.51.100.1", "/register", REGISTRATION.to_owned()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_again() {
    let site = limited("pages=4").await;
    let nobody = Visitor::default();
    for _ in 0..12 {
        assert_eq!(get(&site, "203.0.113.7", &nobody, "/register").await.status, StatusCode::OK);
    }
    let refused = get(&site, "203.0.113.7", &nobody, "/register").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["retry-after"], "5");
    assert!(refused.body.contains("Wait 5 s"), "{}", refused.body);
    assert!(
        refused.headers.contains_key("content-security-policy")
            && refused.headers["cache-control"] == "no-store"
    );
    // What pages are made of is free; a neighbour is not kept out.
    assert_eq!(get(&site, "203.0.113.7", &nobody, "/favicon.ico").await.status, StatusCode::OK);
    assert_eq!(get(&site, "203.0.113.8", &nobody, "/register").await.status, StatusCode::OK);
    site.world.clock.pass(SignedDuration::from_secs(5));
    assert_eq!(get(&site, "203.0.113.7", &nobody, "/register").await.status, StatusCode::OK);
    assert_eq!(get(&site, "203.0.113.7", &nobody, "/register").await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_network_has_a_limit_however_many_addresses_it_has() {
    let site = limited("pages=4").await;
    let nobody = Visitor::default();
    let mut answered = 0;
    for number in 0..100 {
        let answer = get(&site, &format!("203.0.113.{number}"), &nobody, "/healthz").await;
        answered += i32::from(answer.status == StatusCode::OK);
    }
    assert_eq!(answered, 24);
    assert_eq!(get(&site, "203.0.114.1", &nobody, "/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_account_is_limited_wherever_it_comes_from_and_its_colleague_is_not() {
    let site = limited("pages=4,downloads=2").await;
    let (asha, _) = site.owner("kurta-house").await;
    let (ravi, _) = site.owner("saree-house").await;
    for number in 0..4 {
        let answer = get(&site, &format!("203.0.{number}.7"), &asha, "/uploads").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(get(&site, "203.0.99.7", &asha, "/uploads").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(get(&site, "203.0.99.7", &asha, "/businesses").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(get(&site, "203.0.99.7", &ravi, "/uploads").await.status, StatusCode::OK);
    // Files are counted apart.
    let file = "/settlements?format=csv";
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(get(&site, "203.0.98.7", &asha, file).await.status, status);
    }
}

#[tokio::test]
async fn people_of_one_office_work_on_without_meeting_a_limit() {
    let site = limited("").await;
    let mut staff = Vec::new();
    for number in 0..6 {
        staff.push(site.owner(&format!("house-{number}")).await.0);
    }
    // Each of them opens a page every other second, for five minutes.
    for _ in 0..150 {
        for person in &staff {
            assert_eq!(get(&site, "203.0.113.7", person, "/businesses").await.status, StatusCode::OK);
        }
        site.world.clock.pass(SignedDuration::from_secs(2));
    }
}

#[tokio::test]
async fn ten_thousand_sign_ins_in_a_minute_are_refused_and_the_owner_gets_in_from_elsewhere() {
    let site = limited("").await;
    registered(&site).await;
    let (mut tried, mut refused) = (0, 0);
    for number in 0..10_000_u32 {
        // One network, all of its addresses, each attempt with another account; every tenth with the owner's.
        let email = if number % 10 == 0 {
            "asha@kurta.example".to_owned()
        } else {
            format!("p{number}@kurta.example")
        };
        let answer = sign_in(&site, &format!("203.0.113.{}", number % 256), &email, "wrong").await;
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => {
                assert!(answer.headers.contains_key("retry-after"));
                refused += 1;
            }
            status => {
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
                tried += 1;
            }
        }
        site.world.clock.pass(SignedDuration::from_millis(6));
    }
    // A full bucket and what drains in a minute.
    assert!(tried <= 240 && refused == 10_000 - tried, "{tried} were tried, {refused} refused");
    let owner = sign_in(&site, "198.51.100.1", "asha@kurta.example", "correct horse battery").await;
    assert_eq!((owner.status, owner.to()), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn an_address_that_a_visitor_claims_opens_no_other_bucket() {
    let settings = Settings::new("http://127.0.0.1:8080", Registration::First).unwrap();
    let settings = settings.limited("pages=1".parse().unwrap());
    let ask = async |site: &Site, peer: &str, claim: String| {
        let request = Visitor::default().request(Method::GET, "/healthz").header("x-forwarded-for", claim);
        site.send(from(peer, request.body(Body::empty()).unwrap())).await.status
    };
    for (proxies, peer) in [(Proxies::None, "203.0.113.7"), (Proxies::Near, "203.0.113.7")] {
        let site = site_with(&settings.clone().behind(proxies)).await;
        let mut last = StatusCode::OK;
        for number in 0..4 {
            last = ask(&site, peer, format!("198.51.{number}.1")).await;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    }
    let site = site_with(&settings.behind(Proxies::Near)).await;
    let mut last = StatusCode::OK;
    for number in 0..4 {
        last = ask(&site, "127.0.0.1", format!("198.51.{number}.1, 203.0.113.7")).await;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&site, "127.0.0.1", "203.0.114.7".to_owned()).await, StatusCode::OK);
}

#[tokio::test]
async fn a_form_beyond_its_limit_is_refused_with_words_and_changes_nothing() {
    let site = site().await;
    let long = format!("email=a@b.example&password={}", "x".repeat(70_000));
    let answer = post(&site, "203.0.113.7", "/sign-in", long).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("send less at once"), "{}", answer.body);
}

#[tokio::test]
async fn a_form_that_is_cut_off_is_told_so() {
    let site = site().await;
    let pieces = futures_util::stream::iter([Ok("email=a%40b.example&pass"), Err("the line broke")]);
    let request =
        Visitor::default().request(Method::POST, "/sign-in").header("sec-fetch-site", "same-origin");
    let request = request.header(header::CONTENT_TYPE, FORM).body(Body::from_stream(pieces)).unwrap();
    let answer = site.send(request).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("did not arrive as a whole"), "{}", answer.body);
}

#[tokio::test]
async fn every_unsafe_method_from_elsewhere_or_from_nowhere_is_refused() {
    let site = site().await;
    let cases: [(&[(&str, &str)], bool); 8] = [
        (&[], false),
        (&[("origin", "null")], false),
        (&[("origin", "http://evil.example")], false),
        (&[("origin", "http://127.0.0.1:8080")], true),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:8080")], false),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8080")], false),
    ];
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for (headers, may) in cases {
            let mut request = Visitor::default().request(method.clone(), "/sign-out");
            for &(name, value) in headers {
                request = request.header(name, value);
            }
            let status = site.send(request.body(Body::empty()).unwrap()).await.status;
            assert_eq!(status != StatusCode::FORBIDDEN, may, "{method} {headers:?}");
        }
    }
}

#[tokio::test]
async fn line_breaks_in_names_and_addresses_get_into_no_header() {
    let site = site().await;
    let break_in = "%0D%0ASet-Cookie%3A+x%3D1";
    for field in ["name", "email", "business"] {
        let at = REGISTRATION.find(&format!("{field}=")).unwrap();
        let end = at + REGISTRATION[at..].find('&').unwrap();
        let form = format!("{}{break_in}{}", &REGISTRATION[..end], &REGISTRATION[end..]);
        let answer = post(&site, "203.0.113.7", "/register", form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.body.contains("Remove the line breaks"), "{field} {}", answer.body);
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    registered(&site).await;
    let next = format!("email=asha@kurta.example&password=correct+horse+battery&next=/x{break_in}");
    let answer = post(&site, "203.0.113.7", "/sign-in", next).await;
    assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn nothing_is_echoed_to_trace() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let request = owner.request(Method::TRACE, "/").header("sec-fetch-site", "same-origin");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!answer.body.contains("__Host-ecom"), "{}", answer.body);
}
