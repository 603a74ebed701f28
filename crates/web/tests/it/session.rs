//! Registering, signing in and out, and what protects them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use ecom_store::{PasswordRule, PersonId};
use ecom_web::{Registration, Settings};
use jiff::SignedDuration;
use support::{Site, Visitor, site, site_with};

const GOOD: [(&str, &str); 8] = [
    ("name", "Asha Rao"),
    ("email", "asha@kurta-house.example"),
    ("phone", "+91 98450 12345"),
    ("password", "correct horse battery"),
    ("business", "Kurta House"),
    ("state", "27"),
    ("gstin", "27AAPFU0939F1ZV"),
    ("agree", "yes"),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |(name, value): (&'a str, &'a str)| {
        let change = changes.iter().find(|(changed, _)| *changed == name);
        (name, change.map_or(value, |(_, value)| value))
    };
    GOOD.into_iter().map(changed).collect()
}

async fn registered(site: &Site) -> Visitor {
    let mut visitor = Visitor::default();
    let answer = site.post(&visitor, "/register", &GOOD).await;
    assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/"), "{}", answer.body);
    visitor.keep(&answer);
    visitor
}

async fn sign_in(site: &Site, email: &str, password: &str) -> support::Answer {
    site.post(&Visitor::default(), "/sign-in", &[("email", email), ("password", password)]).await
}

/// Asha, whose password the operator has set.
async fn site_with_given_password() -> Site {
    let site = site().await;
    registered(&site).await;
    let hash = ecom_web::hash_password(b"given by the operator").unwrap();
    let mut tx = site.world.db.write().await.unwrap();
    let given = (hash.as_str(), PasswordRule::Given);
    tx.platform().replace_password(PersonId(1), given, None, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    site
}

#[tokio::test]
async fn a_password_that_the_operator_gave_opens_nothing_but_the_page_that_changes_it() {
    let site = site_with_given_password().await;
    let mut asha = Visitor::default();
    let form = [("email", GOOD[1].1), ("password", "given by the operator"), ("next", "/statement")];
    asha.keep(&site.post(&asha, "/sign-in", &form).await);
    for path in [
        "/",
        "/statement",
        "/uploads",
        "/businesses",
        "/account/email",
        "/account/codes",
        "/account/passkeys",
        "/settings/notices",
        "/people",
    ] {
        assert_eq!(site.get(&asha, path).await.to(), "/account#change-password", "{path}");
    }
    for path in ["/account", "/account/codes", "/account/email", "/businesses/choice", "/close/2026-09/INR"] {
        let form = [("name", "Mallory"), ("phone", "+91 98450 00001"), ("password", "given by the operator")];
        assert_eq!(site.post(&asha, path, &form).await.to(), "/account#change-password", "{path}");
    }
    let account = site.get(&asha, "/account").await;
    assert!(
        account.outline().contains("The operator gave you this password")
            && account.body.contains("Asha Rao")
    );
    let kept = [("password", "given by the operator"), ("new", "given by the operator")];
    let kept = site.post(&asha, "/account/password", &kept).await;
    assert!(
        kept.status == StatusCode::UNPROCESSABLE_ENTITY && kept.body.contains("had this password before")
    );
    let form = [("password", "given by the operator"), ("new", "monsoon tea kettle")];
    assert_eq!(site.post(&asha, "/account/password", &form).await.to(), "/account?said=password");
    assert!(!site.get(&asha, "/account").await.outline().contains("The operator gave you"));
    assert_eq!(site.get(&asha, "/statement").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_that_the_operator_gave_opens_nothing_after_a_week() {
    let site = site_with_given_password().await;
    site.world.clock.pass(SignedDuration::from_hours(7 * 24 - 1));
    assert_eq!(sign_in(&site, GOOD[1].1, "given by the operator").await.status, StatusCode::SEE_OTHER);
    site.world.clock.pass(SignedDuration::from_hours(1));
    let lapsed = sign_in(&site, GOOD[1].1, "given by the operator").await;
    assert!(lapsed.status == StatusCode::UNPROCESSABLE_ENTITY && lapsed.body.contains("a week ago"));
}

#[tokio::test]
async fn the_first_person_registers_becomes_owner_and_closes_the_door() {
    let site = site().await;
    let nobody = Visitor::default();
    assert_eq!(site.get(&nobody, "/").await.to(), "/register");
    insta::assert_snapshot!(site.get(&nobody, "/register").await.outline());
    let owner = registered(&site).await;
    assert!(site.get(&owner, "/").await.outline().contains("h1 Good morning"));
    assert!(site.get(&owner, "/uploads").await.body.contains("Kurta House"));
    assert_eq!(site.get(&nobody, "/register").await.status, StatusCode::FORBIDDEN);
    let second = site.post(&nobody, "/register", &with(&[("email", "b@example.in")])).await;
    insta::assert_snapshot!(second.outline());
    assert_eq!(site.get(&nobody, "/").await.to(), "/sign-in");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let site = site().await;
    let wrong = [
        ("name", ""),
        ("email", "asha@"),
        ("phone", "call me"),
        ("password", "too short"),
        ("state", "99"),
        ("gstin", "27AAPFU0939F1ZX"),
        ("agree", ""),
    ];
    let answer = site.post(&Visitor::default(), "/register", &with(&wrong)).await;
    insta::assert_snapshot!(answer.outline());
    assert!(!answer.body.contains("too short") && answer.body.contains("Kurta House"));
    let nothing = site.post(&Visitor::default(), "/register", &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn where_everybody_may_register_an_address_is_taken_once() {
    let open = Settings::new("https://books.example.in", Registration::Open).unwrap();
    let site = site_with(&open).await;
    registered(&site).await;
    let again =
        site.post(&Visitor::default(), "/register", &with(&[("email", "ASHA@kurta-house.example")])).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("There is an account with this address already"));
    let other = site.post(&Visitor::default(), "/register", &with(&[("email", "b@example.in")])).await;
    assert_eq!(other.status, StatusCode::SEE_OTHER);
    let closed = Settings::new("https://books.example.in", Registration::Closed).unwrap();
    assert_eq!(
        site_with(&closed).await.get(&Visitor::default(), "/register").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn signing_in_goes_on_to_the_page_that_was_asked_for() {
    let site = site().await;
    registered(&site).await;
    let nobody = Visitor::default();
    let asked = site.get(&nobody, "/statement?month=2026-09&seller=1").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let form = site.get(&nobody, asked.to()).await;
    insta::assert_snapshot!(form.outline());
    let fields = [
        ("email", " Asha@Kurta-House.example"),
        ("password", "correct horse battery"),
        ("next", "/statement?month=2026-09&seller=1"),
    ];
    let signed = site.post(&nobody, "/sign-in", &fields).await;
    assert_eq!((signed.status, signed.to()), (StatusCode::SEE_OTHER, "/statement?month=2026-09&seller=1"));
    let cookie = signed.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-ecom=") && cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax")
    );
    let away = [fields[0], fields[1], ("next", "//evil.example")];
    assert_eq!(site.post(&nobody, "/sign-in", &away).await.to(), "/");
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_the_same() {
    let site = site().await;
    registered(&site).await;
    let wrong = sign_in(&site, "asha@kurta-house.example", "wrong").await;
    let unknown = sign_in(&site, "nobody@kurta-house.example", "wrong").await;
    assert_eq!(wrong.outline(), unknown.outline().replace("nobody@", "asha@"));
    insta::assert_snapshot!(wrong.outline());
}

#[tokio::test]
async fn after_ten_failures_one_waits_a_quarter_of_an_hour_and_then_gets_in() {
    let site = site().await;
    registered(&site).await;
    for _ in 0..10 {
        let answer = sign_in(&site, "asha@kurta-house.example", "wrong").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let right = || sign_in(&site, "asha@kurta-house.example", "correct horse battery");
    let refused = right().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.body.contains("Wait 15 min"), "{}", refused.body);
    site.world.clock.pass(SignedDuration::from_mins(15));
    assert_eq!(right().await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere_the_cookie_went() {
    let site = site().await;
    let owner = registered(&site).await;
    let out = site.post(&owner, "/sign-out", &[]).await;
    assert_eq!((out.status, out.to()), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(out.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert_eq!(site.get(&owner, "/uploads").await.to(), "/sign-in?next=/uploads");
}

/// Looks at a page, and waits until that is noted, which happens beside the answer.
async fn look(site: &Site, visitor: &Visitor) -> StatusCode {
    let status = site.get(visitor, "/uploads").await.status;
    while status == StatusCode::OK && site.is_stale(visitor).await {
        tokio::task::yield_now().await;
    }
    status
}

#[tokio::test]
async fn a_session_ends_after_a_day_without_use_and_after_thirty_days_in_any_case() {
    let site = site().await;
    let owner = registered(&site).await;
    for _ in 0..5 {
        site.world.clock.pass(SignedDuration::from_hours(23));
        assert_eq!(look(&site, &owner).await, StatusCode::OK);
    }
    site.world.clock.pass(SignedDuration::from_hours(24));
    assert_eq!(look(&site, &owner).await, StatusCode::SEE_OTHER);
    let mut again = Visitor::default();
    again.keep(&sign_in(&site, "asha@kurta-house.example", "correct horse battery").await);
    for _ in 0..31 {
        site.world.clock.pass(SignedDuration::from_hours(23));
        assert_eq!(look(&site, &again).await, StatusCode::OK);
    }
    site.world.clock.pass(SignedDuration::from_hours(7));
    assert_eq!(look(&site, &again).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_change_that_another_site_starts_is_refused() {
    let site = site().await;
    let owner = registered(&site).await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("x-nothing", "")]
    {
        let request = owner.request(Method::POST, "/sign-out").header(name, value);
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
    assert_eq!(site.get(&owner, "/uploads").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_is_shielded() {
    let https = Settings::new("https://books.example.in", Registration::First).unwrap();
    let (plain, secure) = (site().await, site_with(&https).await);
    for path in ["/register", "/nothing-here", "/healthz", "/uploads"] {
        let answer = plain.get(&Visitor::default(), path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(policy.contains("object-src 'none'") && policy.contains("base-uri 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(!answer.headers.contains_key("strict-transport-security"));
        let answer = secure.get(&Visitor::default(), path).await;
        assert_eq!(answer.headers["strict-transport-security"], "max-age=63072000; includeSubDomains");
    }
}

#[tokio::test]
async fn assets_may_be_kept_for_ever_since_their_names_change_with_them() {
    let site = site().await;
    let page = site.get(&Visitor::default(), "/register").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    for (start, kind) in
        [("/assets/app-", "text/css; charset=utf-8"), ("/assets/icon-", "image/svg+xml; charset=utf-8")]
    {
        let answer = site.get(&Visitor::default(), &page.link(start)).await;
        assert_eq!(answer.headers["content-type"], kind);
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("immutable"));
    }
    assert_eq!(
        site.get(&Visitor::default(), "/assets/app-000000000000.css").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(site.get(&Visitor::default(), "/favicon.ico").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_holds_no_inline_style_or_script() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.import(&owner, "50001234567.txt", &support::settlement(3, 400)).await;
    let nobody = Visitor::default();
    for (visitor, path) in [
        (&nobody, "/sign-in"),
        (&nobody, "/nothing-here"),
        (&owner, "/statement"),
        (&owner, "/lines"),
        (&owner, "/settlements"),
        (&owner, "/settlements/1"),
        (&owner, "/uploads"),
        (&owner, "/files/1/withdrawal"),
    ] {
        let body = site.get(visitor, path).await.body;
        let handler = body.split(" on").skip(1).any(|rest| {
            rest.split_once('=')
                .is_some_and(|(name, _)| name.chars().all(|letter| letter.is_ascii_lowercase()))
        });
        assert!(!body.contains(" style=") && !body.contains("<style") && !handler, "{path}");
        assert_eq!(body.matches("<script").count(), 1, "{path}");
        assert!(!body.contains("://"), "{path} names another site");
    }
}

#[tokio::test]
async fn health_is_told_to_anybody() {
    let site = site().await;
    let answer = site.get(&Visitor::default(), "/healthz").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, r#"{"status":"ok"}"#));
    site.world.db.close().await;
    assert_eq!(site.get(&Visitor::default(), "/healthz").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_mistake_of_ours_shows_a_request_id_and_nothing_else() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    site.world.db.close().await;
    let answer = site.get(&owner, "/statement").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.body.contains("Something went wrong") && !answer.body.contains("pool"), "{}", answer.body);
    let id = answer.headers["x-request-id"].to_str().unwrap();
    assert!(id.len() == 16 && answer.body.contains(id), "the page and the log name the same request");
}

#[tokio::test]
async fn text_is_compressed_for_this_site_and_the_address_bar_alone() {
    let site = site().await;
    let (owner, _) = site.owner("kurta-house").await;
    let page = site.get(&owner, "/").await;
    let style = page.link("/assets/app-");
    let font = site.get(&owner, &style).await.body;
    let font = font.split("url(\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let encoding = async |path: &str, from: Option<&str>, accept: &str| {
        let request = owner.request(Method::GET, path).header(header::ACCEPT_ENCODING, accept);
        let request = match from {
            Some(from) => request.header("sec-fetch-site", from),
            None => request,
        };
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let encoding =
            answer.headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(encoding.is_none(), !answer.body.starts_with('\u{1f}'), "{path}");
        encoding
    };
    let packed = Some("gzip".to_owned());
    for path in ["/", &style] {
        for from in ["same-origin", "none"] {
            assert_eq!(encoding(path, Some(from), "gzip, deflate, br, zstd").await, packed, "{path} {from}");
            assert_eq!(encoding(path, Some(from), "identity").await, None, "{path} {from}");
        }
        // Another site could measure how long a page gets with its guess in the address.
        for from in [Some("cross-site"), Some("same-site"), Some(""), None] {
            assert_eq!(encoding(path, from, "gzip").await, None, "{path} {from:?}");
        }
    }
    assert_eq!(encoding(&font, Some("same-origin"), "gzip").await, None, "a font is compressed in itself");
}
