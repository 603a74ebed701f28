//! `ecom admin` from outside.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::support;

use std::process::{Command, Output};

use ecom_store::{
    Actor, AuditFilter, NewPasskey, NewSession, PasswordRule, PersonId, StaffRole, Stage, TenantId,
};
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

/// How many mails wait for a person.
fn mails(site: &Site) -> i64 {
    block_on(async {
        let db = site.db().await;
        let waiting = db.read().await.unwrap().platform().mail_standing(0, i64::MAX / 2).await.unwrap().late;
        db.close().await;
        waiting
    })
}

#[test]
fn whoever_lost_their_second_factor_gets_in_with_the_password_again_and_is_told() {
    let site = Site::new();
    let factor = |email: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
        command.args(["admin", "factor", "--email", email, "--data"]).arg(site.data()).output().unwrap()
    };
    let unknown = factor("nobody@kurta.example");
    assert!(!unknown.status.success() && said(&unknown).contains("nobody signs in"), "{}", said(&unknown));
    let none = factor("asha@kurta.example");
    assert!(!none.status.success() && said(&none).contains("nothing but the password"), "{}", said(&none));
    assert_eq!(mails(&site), 0);
    block_on(async {
        let db = site.db().await;
        let mut tx = db.write().await.unwrap();
        let key = NewPasskey { id_hash: &[1; 32], handle: &[9; 16], name: "Phone", held: "{}" };
        tx.platform().put_passkey(PersonId(1), &key, 1).await.unwrap();
        tx.platform().put_recovery_codes(PersonId(1), &[[5; 32]]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
    let taken = factor("ASHA@kurta.example");
    assert!(taken.status.success() && said(&taken).contains("1 passkeys"), "{}", said(&taken));
    assert_eq!(mails(&site), 1);
    block_on(async {
        let db = site.db().await;
        let mut tx = db.read().await.unwrap();
        assert!(!tx.platform().asks_for_second_factor(PersonId(1)).await.unwrap());
        assert_eq!(tx.platform().recovery_codes_left(PersonId(1)).await.unwrap(), 0);
        let mut books = tx.scoped(TenantId(1)).await.unwrap();
        let entries = books.audit_entries(&AuditFilter::default(), 10).await.unwrap();
        assert_eq!((entries[0].actor, entries[0].action.as_str()), (Actor::Command, "account.reset_factors"));
        drop(tx);
        db.close().await;
    });
}

fn staff(site: &Site, command: &[&str]) -> Output {
    let mut ecom = Command::new(env!("CARGO_BIN_EXE_ecom"));
    ecom.args(["admin", "staff"]).args(command).arg("--data").arg(site.data()).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_first_administrator_is_made_with_a_password_that_is_changed() {
    let site = Site::new();
    let none = staff(&site, &["list"]);
    assert!(none.status.success() && said(&none).contains("Nobody is staff yet"), "{}", said(&none));
    let slip = staff(&site, &["add", "--email", "dev", "--role", "administrator"]);
    assert!(!slip.status.success() && said(&slip).contains("looks like"), "{}", said(&slip));
    let made = staff(&site, &["add", "--email", "dev@platform.example", "--role", "administrator"]);
    assert!(made.status.success(), "{}", said(&made));
    let password = printed(&made);
    assert_eq!(password.trim().len(), 34, "{password}");
    let known = staff(&site, &["add", "--email", "ASHA@kurta.example", "--role", "support"]);
    assert!(known.status.success() && printed(&known).is_empty(), "{}", said(&known));
    let listed = printed(&staff(&site, &["list"]));
    let lines: Vec<&str> = listed.lines().collect();
    assert!(
        lines.len() == 2 && lines[0].starts_with("dev@platform.example\tadministrator\tdev\tsince "),
        "{listed}"
    );
    assert!(
        lines[1].starts_with("asha@kurta.example\tsupport\tAsha Rao") && lines[1].ends_with("no codes yet")
    );
    block_on(async {
        let db = site.db().await;
        let mut tx = db.read().await.unwrap();
        let mut platform = tx.platform();
        let login = platform.login("dev@platform.example").await.unwrap().unwrap();
        assert!(
            login.password_hash.starts_with("$argon2id$") && !login.password_hash.contains(password.trim())
        );
        let standing = platform.standing(login.id).await.unwrap().unwrap();
        assert_eq!((standing.role, standing.password.rule), (StaffRole::Administrator, PasswordRule::Given));
        let entries = platform.audit_entries(&AuditFilter::default(), 10).await.unwrap();
        let told = entries.iter().map(|entry| (entry.actor, entry.action.as_str(), entry.object.as_str()));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                (Actor::Command, "staff.create", "staff/people/1"),
                (Actor::Command, "staff.create", "staff/people/2")
            ]
        );
        drop(tx);
        db.close().await;
    });
}

#[test]
fn staff_get_another_role_and_are_removed_but_never_the_last_administrator() {
    let site = Site::new();
    assert!(
        staff(&site, &["add", "--email", "dev@platform.example", "--role", "administrator"]).status.success()
    );
    for (command, words) in [
        (vec!["remove", "--email", "dev@platform.example"], "keeps an administrator"),
        (vec!["add", "--email", "dev@platform.example", "--role", "support"], "keeps an administrator"),
        (vec!["remove", "--email", "nobody@platform.example"], "nobody signs in"),
        (vec!["remove", "--email", "asha@kurta.example"], "not of the staff"),
    ] {
        let refused = staff(&site, &command);
        assert!(
            !refused.status.success() && said(&refused).contains(words),
            "{command:?}: {}",
            said(&refused)
        );
    }
    for role in ["support", "senior-operations", "administrator"] {
        let changed = staff(&site, &["add", "--email", "asha@kurta.example", "--role", role]);
        assert!(changed.status.success(), "{}", said(&changed));
    }
    let removed = staff(&site, &["remove", "--email", "dev@platform.example"]);
    assert!(removed.status.success(), "{}", said(&removed));
    let listed = printed(&staff(&site, &["list"]));
    assert!(
        listed.lines().count() == 1 && listed.starts_with("asha@kurta.example\tadministrator"),
        "{listed}"
    );
}

#[test]
fn the_platforms_log_is_verified_beside_those_of_businesses() {
    let site = Site::new();
    assert!(
        staff(&site, &["add", "--email", "dev@platform.example", "--role", "administrator"]).status.success()
    );
    let verify = |noted: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecom"));
        command.args(["audit", "verify", "--data"]).arg(site.data());
        for link in noted {
            command.args(["--noted", link]);
        }
        command.output().unwrap()
    };
    let whole = verify(&[]);
    let words = printed(&whole);
    assert!(
        whole.status.success() && words.starts_with("platform: 1 entries, whole; note platform/1/"),
        "{words}"
    );
    let link = words.lines().next().unwrap().split("note ").nth(1).unwrap().to_owned();
    let same = verify(&[&link]);
    assert!(same.status.success() && printed(&same).contains("platform: entry 1 is as you noted it"));
    let other = format!("platform/1/{}", "0".repeat(64));
    assert!(!verify(&[&other]).status.success());
}
