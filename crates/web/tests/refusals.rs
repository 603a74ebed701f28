//! Whoever watches the log sees refused sign-ins, codes, roles, forms and limits; nobody's name, address or network.
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
    http::{Method, StatusCode},
};
use ecom_store::MemberRole;
use ecom_web::{Registration, Settings};
use support::{Visitor, site_with};

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

#[tokio::test]
async fn refusals_are_told_in_the_log_without_names() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let settings = Settings::new("http://127.0.0.1:8080", Registration::First).unwrap();
    let site = site_with(&settings.limited("sign-in=4".parse().unwrap())).await;
    let (owner, tenant) = site.owner("kurta-house").await;
    let (viewer, _) = site.world.business("elsewhere").await;
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().add_member(tenant, viewer, MemberRole::Viewer, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();

    // The tenth failure is the last that is tried; the thirteenth request is one too many.
    let fields = [("email", "owner@kurta-house.example"), ("password", "wrong-horse-staple")];
    for _ in 0..13 {
        let status = site.post(&Visitor::default(), "/sign-in", &fields).await.status;
        assert!(status.is_client_error());
    }
    let form = owner.request(Method::POST, "/sign-out").header("sec-fetch-site", "cross-site");
    assert_eq!(site.send(form.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
    let viewer = site.sign_in(viewer).await;
    let chosen = site.post(&viewer, "/businesses/choice", &[("business", &tenant.0.to_string())]).await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER, "{}", chosen.body);
    assert_eq!(site.get(&viewer, "/audit").await.status, StatusCode::NOT_FOUND);

    let text = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    for words in [
        r#"a sign-in was refused why="address or password""#,
        r#"a sign-in was refused why="too many attempts""#,
        r#"a limit of requests is reached class="sign-in" by="address""#,
        "a form was refused: another site sent it, or none is told",
        r#"a page was refused: the role is too small role="viewer""#,
    ] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    for secret in ["kurta", "elsewhere", "wrong-horse", "0.0.0.0", "Asha"] {
        assert!(!text.contains(secret), "{secret} stands in\n{text}");
    }
}
