//! `ecom admin` from outside.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::process::{Command, Output};

use ecom_store::{Actor, AuditFilter, NewSession, PersonId, Stage, TenantId};
use support::{Site, block_on, said};

fn password(site: &Site, email: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
    command.args(["admin", "password", "--email", email, "--data"]).arg(site.data());
    command.output().unwrap()
}

fn email(site: &Site, from: &str, to: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
    command.args(["admin", "email", "--email", from, "--to", to, "--data"]).arg(site.data());
    command.output().unwrap()
}

#[test]
fn a_lost_mailbox_is_replaced_by_the_operator() {
    let site = Site::new();
    for (from, to, words) in [
        ("nobody@kurta.example", "asha@new.example", "nobody signs in"),
        ("asha@kurta.example", "asha", "no address"),
        ("asha@kurta.example", "a@b.in\r\nBcc: c@d.in", "no address"),
    ] {
        let refused = email(&site, from, to);
        assert!(!refused.status.success() && said(&refused).contains(words), "{}", said(&refused));
    }
    let given = email(&site, "ASHA@kurta.example", "asha@new.example");
    assert!(given.status.success(), "{}", said(&given));
    block_on(async {
        let db = site.db().await;
        let mut tx = db.read().await.unwrap();
        let profile = tx.platform().profile(PersonId(1)).await.unwrap().unwrap();
        assert_eq!((profile.email.as_str(), profile.verified_at), ("asha@new.example", None));
        let mut books = tx.scoped(TenantId(1)).await.unwrap();
        let entries = books.audit_entries(&AuditFilter::default(), 10).await.unwrap();
        assert_eq!((entries[0].actor, entries[0].action.as_str()), (Actor::Command, "account.email"));
        drop(tx);
        db.close().await;
    });
}

#[test]
fn a_new_password_is_printed_once_ends_sessions_and_is_on_record() {
    let site = Site::new();
    block_on(async {
        let db = site.db().await;
        let mut tx = db.write().await.unwrap();
        let session = NewSession {
            id_hash: &[7; 32],
            person: PersonId(1),
            device: "",
            network: "",
            stage: Stage::Full,
        };
        tx.platform().open_session(&session, 1).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
    let unknown = password(&site, "nobody@kurta.example");
    assert!(!unknown.status.success() && said(&unknown).contains("nobody signs in"), "{}", said(&unknown));
    let given = password(&site, "ASHA@kurta.example");
    assert!(given.status.success() && said(&given).contains("1 sessions have ended"), "{}", said(&given));
    let words = String::from_utf8(given.stdout).unwrap();
    assert_eq!(words.trim().len(), 34, "{words}");
    block_on(async {
        let db = site.db().await;
        let mut tx = db.read().await.unwrap();
        let hash = tx.platform().profile(PersonId(1)).await.unwrap().unwrap().password_hash;
        assert!(hash.starts_with("$argon2id$") && !hash.contains(words.trim()));
        assert!(tx.platform().session(&[7; 32], 2).await.unwrap().is_none());
        let mut books = tx.scoped(TenantId(1)).await.unwrap();
        let entries = books.audit_entries(&AuditFilter::default(), 10).await.unwrap();
        assert_eq!(
            entries.iter().map(|entry| (entry.actor, entry.action.as_str())).collect::<Vec<_>>(),
            [(Actor::Command, "account.reset_password")]
        );
        drop(tx);
        db.close().await;
    });
}
