//! A site that sends mail, its owner who registered there, and the box in which mails arrive.

use axum::http::StatusCode;
use ecom_store::{AuditFilter, AuditProof, Profile, TenantId};
use ecom_web::{Registration, Settings};
use ecom_work::mail::Parcel;
use jiff::SignedDuration;

use super::{Answer, PostBox, Site, Visitor, site_mailing};

pub const EMAIL: &str = "asha@kurta-house.example";
pub const PASSWORD: &str = "correct horse battery";
pub const OWNER: [(&str, &str); 7] = [
    ("name", "Asha Rao"),
    ("email", EMAIL),
    ("phone", "+91 98450 12345"),
    ("password", PASSWORD),
    ("business", "Kurta House"),
    ("state", "27"),
    ("agree", "yes"),
];

pub struct House {
    pub site: Site,
    pub post: PostBox,
    pub owner: Visitor,
    /// What came when the owner registered.
    pub first: Vec<Parcel>,
}

pub async fn house() -> House {
    house_of(&Settings::new("http://127.0.0.1:8080", Registration::First).unwrap()).await
}

pub async fn house_of(settings: &Settings) -> House {
    let (site, post) = site_mailing(settings).await;
    let mut owner = Visitor::default();
    let answer = site.post(&owner, "/register", &OWNER).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    owner.keep_all(&answer);
    site.work().await;
    let first = post.empty();
    House { site, post, owner, first }
}

impl House {
    /// The mails that arrived since one last looked, once the worker has done its work.
    pub async fn arrived(&self) -> Vec<Parcel> {
        self.site.work().await;
        self.post.empty()
    }

    pub async fn sign_in(&self, visitor: &Visitor, password: &str) -> Answer {
        self.site.world.clock.pass(SignedDuration::from_secs(1));
        self.site.post(visitor, "/sign-in", &[("email", EMAIL), ("password", password)]).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.site.get(&self.owner, path).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.site.world.clock.pass(SignedDuration::from_secs(1));
        self.site.post(&self.owner, path, form).await
    }

    pub async fn profile(&self) -> Profile {
        let mut tx = self.site.world.db.read().await.unwrap();
        let members = tx.platform().members(TenantId(1)).await.unwrap();
        tx.platform().profile(members[0].person).await.unwrap().unwrap()
    }

    /// What the log holds, oldest first.
    pub async fn deeds(&self) -> Vec<String> {
        let mut tx = self.site.world.db.read().await.unwrap();
        let mut books = tx.scoped(TenantId(1)).await.unwrap();
        assert!(matches!(books.verify_audit().await.unwrap(), AuditProof::Whole { .. }));
        let entries = books.audit_entries(&AuditFilter::default(), 1000).await.unwrap();
        entries.into_iter().rev().map(|entry| entry.action).collect()
    }
}

/// The path of the link in a mail.
pub fn link(parcel: &Parcel, start: &str) -> String {
    let text = &parcel.content.text;
    let at = text.find(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    text[at..at + start.len() + 64].to_owned()
}

/// To whom mails went.
pub fn readers(mails: &[Parcel]) -> Vec<&str> {
    mails.iter().map(|mail| mail.to.address()).collect()
}
