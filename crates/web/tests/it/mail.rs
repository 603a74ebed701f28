//! Notices, what one gets, and the record of what was sent: who sees what, and what changes what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::{Method, StatusCode};
use ecom_store::{NewNotice, PersonId, TenantId};
use ecom_work::{
    News,
    mail::{Address, Draft, Letter, Role, samples},
};
use secrecy::SecretString;
use support::{Site, Visitor, site};

struct Staff {
    site: Site,
    visitor: Visitor,
    person: PersonId,
    tenant: TenantId,
}

async fn staff() -> Staff {
    let site = site().await;
    let (person, tenant) = site.world.business("kurta-house").await;
    site.world.keys().await.create(tenant, site.world.now()).await.unwrap();
    let visitor = site.sign_in(person).await;
    Staff { site, visitor, person, tenant }
}

impl Staff {
    async fn get(&self, path: &str) -> support::Answer {
        self.site.get(&self.visitor, path).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> support::Answer {
        self.site.post(&self.visitor, path, form).await
    }

    async fn tell(&self, cause: &str, news: &News) {
        let arguments = news.to_json().unwrap();
        let notice = NewNotice { cause, kind: news.name(), arguments: &arguments };
        let mut tx = self.site.world.db.write().await.unwrap();
        let mut books = tx.scoped(self.tenant).await.unwrap();
        assert!(books.give_notice(self.person, &notice, self.site.world.now()).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn write(&self, cause: &str, inviter: &str) {
        let letter = Letter::Invitation {
            business: "Kurta House".into(),
            inviter: inviter.into(),
            role: Role::Manager,
            page: "/invitations/".into(),
            until: self.site.world.now() + 3_600_000_000,
        };
        let to = Address::new("Meera Nair", "meera@example.org").unwrap();
        let token = SecretString::from("the-secret-token".to_owned());
        let draft = Draft {
            cause,
            tenant: Some(self.tenant),
            person: None,
            to: &to,
            letter: &letter,
            token: Some(&token),
        };
        let mut tx = self.site.world.db.write().await.unwrap();
        draft.write(&mut tx.platform(), self.site.world.now()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }
}

fn week(profit: &str) -> News {
    News::Digest {
        days: "21–27 Sep 2026".into(),
        span: Some(("2026-09-21".into(), "2026-09-27".into())),
        profits: vec![("Net profit".into(), profit.into(), "▲ ₹6,480 more than 14–20 Sep 2026".into())],
        tasks: 2,
    }
}

#[tokio::test]
async fn notices_are_listed_counted_and_marked_as_read() {
    let staff = staff().await;
    insta::assert_snapshot!("no_notices", staff.get("/notices").await.outline());
    staff.tell("a", &week("₹84,210")).await;
    staff.tell("b", &News::MailFailed { message: 7 }).await;
    let page = staff.get("/notices").await;
    insta::assert_snapshot!("notices", page.outline());
    assert!(page.body.contains("2<span class=\"unseen\"> unread</span>"), "the navigation counts them");
    assert!(staff.get("/").await.body.contains("2<span class=\"unseen\"> unread</span>"));

    let read = staff.post("/notices/1/read", &[]).await;
    assert_eq!((read.status, read.to()), (StatusCode::SEE_OTHER, "/notices"));
    assert!(staff.get("/notices").await.body.contains("1<span class=\"unseen\"> unread</span>"));
    staff.tell("c", &week("₹1")).await;
    let all = staff.post("/notices/read", &[("up_to", "2")]).await;
    assert_eq!((all.status, all.to()), (StatusCode::SEE_OTHER, "/notices"));
    assert!(
        staff.get("/notices").await.body.contains("1<span class=\"unseen\"> unread</span>"),
        "one that came since the page was shown stays unread"
    );
}

#[tokio::test]
async fn a_notice_is_its_readers_own() {
    let staff = staff().await;
    staff.tell("a", &week("₹84,210")).await;
    let (stranger, _) = staff.site.owner("other-house").await;
    assert!(!staff.site.get(&stranger, "/notices").await.body.contains("84,210"));
    assert_eq!(staff.site.post(&stranger, "/notices/1/read", &[]).await.status, StatusCode::NOT_FOUND);
    let all = staff.site.post(&stranger, "/notices/read", &[("up_to", "99")]).await;
    assert_eq!(all.status, StatusCode::SEE_OTHER, "of their own there are none");
    assert!(staff.get("/notices").await.body.contains("1<span class=\"unseen\"> unread</span>"));
    for up_to in ["", "x", "9223372036854775808"] {
        let refused = staff.post("/notices/read", &[("up_to", up_to)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{up_to}");
    }
    assert_eq!(staff.post("/notices/x/read", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_notices_are_paged_without_loss() {
    let staff = staff().await;
    for number in 0..120 {
        staff.tell(&number.to_string(), &week(&format!("₹{number}.00"))).await;
    }
    assert!(staff.get("/").await.body.contains("99+<span class=\"unseen\"> unread</span>"));
    let (mut at, mut seen) = ("/notices".to_owned(), 0);
    loop {
        let page = staff.get(&at).await;
        seen += page.body.matches("<li class=\"unread\">").count();
        if !page.body.contains("rel=\"next\"") {
            break;
        }
        at = page.link("/notices?before=");
    }
    assert_eq!(seen, 120);
    assert!(staff.get("/notices?before=1").await.outline().contains("No older notices"));
}

#[tokio::test]
async fn one_agrees_and_withdraws_with_one_box_and_both_stay_on_record() {
    let staff = staff().await;
    insta::assert_snapshot!("what_one_gets", staff.get("/settings/notices").await.outline());
    let nothing = staff.post("/settings/notices", &[]).await;
    assert_eq!((nothing.status, nothing.to()), (StatusCode::SEE_OTHER, "/settings/notices?said=saved"));
    assert!(!staff.get("/settings/notices").await.outline().contains("What you decided"));
    staff.post("/settings/notices", &[("digest-email", "yes")]).await;
    staff.post("/settings/notices", &[("digest-email", "yes")]).await;
    let page = staff.get("/settings/notices?said=saved").await.outline();
    assert!(page.contains("checked") && page.contains("Your choice is saved."), "{page}");
    staff.post("/settings/notices", &[("digest-email", "no")]).await;
    let page = staff.get("/settings/notices").await.outline();
    insta::assert_snapshot!("what_one_gets_after_withdrawing", page);
    // Another person's box is not touched by it.
    let (other, _) = staff.site.owner("other-house").await;
    assert!(!staff.site.get(&other, "/settings/notices").await.outline().contains("What you decided"));
}

#[tokio::test]
async fn the_record_shows_what_was_sent_and_no_secret() {
    let staff = staff().await;
    insta::assert_snapshot!("no_messages", staff.get("/messages").await.outline());
    staff.write("invitation:1", "Asha Rao <script>alert(1)</script>").await;
    staff.site.work().await;
    insta::assert_snapshot!("messages", staff.get("/messages").await.outline());
    let one = staff.get("/messages/1").await;
    insta::assert_snapshot!("message", one.outline());
    assert!(!one.body.contains("the-secret-token") && !one.body.contains("<script>alert"));
    assert!(staff.get("/messages?state=sent").await.outline().contains("None here"));
    assert_eq!(staff.get("/messages?state=queued").await.status, StatusCode::OK);
    for wrong in ["/messages?state=lost", "/messages?before=x"] {
        assert_eq!(staff.get(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn the_record_is_for_those_who_run_the_business() {
    let staff = staff().await;
    staff.write("invitation:1", "Asha Rao").await;
    let (stranger, _) = staff.site.owner("other-house").await;
    assert!(!staff.site.get(&stranger, "/messages").await.body.contains("meera"));
    assert_eq!(staff.site.get(&stranger, "/messages/1").await.status, StatusCode::NOT_FOUND);
    staff.site.world.set_role(staff.person, "viewer").await;
    for path in ["/messages", "/messages/1"] {
        assert_eq!(staff.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let notices = staff.get("/notices").await;
    assert!(notices.status == StatusCode::OK && !notices.body.contains("/messages"));
    assert_eq!(
        staff.post("/settings/notices", &[("digest-email", "yes")]).await.status,
        StatusCode::SEE_OTHER
    );
    staff.site.world.set_role(staff.person, "manager").await;
    assert_eq!(staff.get("/messages/1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_mail_can_be_looked_at_and_may_load_nothing() {
    let staff = staff().await;
    let list = staff.get("/styleguide/mail").await;
    for (name, _) in samples() {
        assert!(list.body.contains(&format!("/styleguide/mail/{name}\"")), "{name}");
        let mail = staff.get(&format!("/styleguide/mail/{name}")).await;
        assert_eq!(mail.status, StatusCode::OK);
        let policy = mail.headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'; sandbox"), "{policy}");
    }
    assert_eq!(staff.get("/styleguide/mail/x").await.status, StatusCode::NOT_FOUND);
    let policy = list.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn signed_out_none_of_it_is_seen() {
    let staff = staff().await;
    let routes = [
        (Method::GET, "/notices"),
        (Method::POST, "/notices/read"),
        (Method::POST, "/notices/1/read"),
        (Method::GET, "/settings/notices"),
        (Method::POST, "/settings/notices"),
        (Method::GET, "/messages"),
        (Method::GET, "/messages/1"),
        (Method::GET, "/styleguide/mail"),
        (Method::GET, "/styleguide/mail/digest"),
    ];
    for (method, path) in routes {
        let nobody = Visitor::default();
        let answer = match method {
            Method::GET => staff.site.get(&nobody, path).await,
            _ => staff.site.post(&nobody, path, &[]).await,
        };
        assert!(answer.to().starts_with("/sign-in"), "{path}");
    }
}
