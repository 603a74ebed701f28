//! People: joining by invitation, roles, leaving; one's account, codes, sessions; and the record of it all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_store::{AuditFilter, AuditProof, MemberRole, PersonId, TenantId};
use jiff::SignedDuration;
use support::{Answer, Site, Visitor, site};
use totp_rs::{Builder, Secret};

const PASSWORD: &str = "correct horse battery";
const OWNER: [(&str, &str); 7] = [
    ("name", "Asha Rao"),
    ("email", "asha@kurta-house.example"),
    ("phone", "+91 98450 12345"),
    ("password", PASSWORD),
    ("business", "Kurta House"),
    ("state", "27"),
    ("agree", "yes"),
];

async fn owner(site: &Site) -> Visitor {
    let mut visitor = Visitor::default();
    let answer = site.post(&visitor, "/register", &OWNER).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    visitor.keep(&answer);
    visitor
}

async fn sign_in(site: &Site, email: &str, password: &str) -> (Visitor, Answer) {
    let mut visitor = Visitor::default();
    let answer = site.post(&visitor, "/sign-in", &[("email", email), ("password", password)]).await;
    if answer.status == StatusCode::SEE_OTHER {
        visitor.keep(&answer);
    }
    (visitor, answer)
}

/// The outline of a page, with a word in place of each token and hash: those are new every time.
fn outline(answer: &Answer) -> String {
    let hex = |part: &str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let masked = |line: &str| {
        let parts = line.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
        parts
            .map(|part| {
                let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
                if hex(word) { part.replace(word, "TOKEN") } else { part.to_owned() }
            })
            .collect::<String>()
    };
    answer.outline().lines().map(masked).collect::<Vec<_>>().join("\n")
}

/// The path of the invitation that a page shows.
fn invitation(answer: &Answer) -> String {
    let at = answer.body.find("/invitations/").expect("an invitation");
    answer.body[at..at + "/invitations/".len() + 64].to_owned()
}

async fn invite(site: &Site, owner: &Visitor, email: &str, role: &str) -> String {
    let answer = site.post(owner, "/people/invitations", &[("email", email), ("role", role)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    invitation(&answer)
}

/// Somebody new who joins by invitation.
async fn joined(site: &Site, owner: &Visitor, name: &str, role: &str) -> Visitor {
    let path = invite(site, owner, &format!("{name}@example.in"), role).await;
    let mut visitor = Visitor::default();
    let form = [("name", name), ("phone", "+91 98450 00000"), ("password", "monsoon tea kettle")];
    let answer = site.post(&visitor, &path, &form).await;
    assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/"), "{}", answer.body);
    visitor.keep(&answer);
    visitor
}

async fn members(site: &Site) -> Vec<(PersonId, String, MemberRole)> {
    let mut tx = site.world.db.read().await.unwrap();
    let members = tx.platform().members(TenantId(1)).await.unwrap();
    members.into_iter().map(|member| (member.person, member.name, member.role)).collect()
}

async fn person(site: &Site, name: &str) -> PersonId {
    members(site).await.into_iter().find(|(_, known, _)| known == name).unwrap().0
}

/// What the log holds, oldest first.
async fn deeds(site: &Site) -> Vec<String> {
    let mut tx = site.world.db.read().await.unwrap();
    let mut books = tx.scoped(TenantId(1)).await.unwrap();
    assert!(matches!(books.verify_audit().await.unwrap(), AuditProof::Whole { .. }));
    let entries = books.audit_entries(&AuditFilter::default(), 1000).await.unwrap();
    entries.into_iter().rev().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn somebody_new_joins_by_an_invitation_that_works_once() {
    let site = site().await;
    let owner = owner(&site).await;
    insta::assert_snapshot!(outline(&site.get(&owner, "/people").await));
    let path = invite(&site, &owner, "bela@example.in", "manager").await;
    let nobody = Visitor::default();
    insta::assert_snapshot!(outline(&site.get(&nobody, &path).await));
    let wrong = site.post(&nobody, &path, &[("name", "Bela"), ("phone", "1"), ("password", "short")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("value=\"Bela\"") && wrong.body.contains("this has 5"), "{}", wrong.body);
    let form = [("name", "Bela"), ("phone", "+91 98450 00000"), ("password", "monsoon tea kettle")];
    let mut bela = Visitor::default();
    let answer = site.post(&bela, &path, &form).await;
    bela.keep(&answer);
    assert!(site.get(&bela, "/people").await.body.contains("Bela"));
    assert_eq!(members(&site).await[1].2, MemberRole::Manager);
    for again in [site.get(&nobody, &path).await, site.post(&nobody, &path, &form).await] {
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert!(again.body.contains("Ask for a new one"));
    }
    assert_eq!(
        deeds(&site).await,
        ["business.create", "session.create", "member.invite", "member.create", "session.create"]
    );
}

#[tokio::test]
async fn an_invitation_is_for_its_address_alone() {
    let site = site().await;
    let owner = owner(&site).await;
    let bela = joined(&site, &owner, "bela", "viewer").await;
    let path = invite(&site, &owner, "chitra@example.in", "owner").await;
    let shown = site.get(&bela, &path).await;
    assert!(shown.body.contains("You are signed in as bela@example.in"), "{}", shown.body);
    assert_eq!(site.post(&bela, &path, &[]).await.status, StatusCode::CONFLICT);
    assert_eq!(members(&site).await.len(), 2);
    for forged in ["/invitations/00", &format!("/invitations/{}", "0".repeat(64)), "/invitations/%00"] {
        let answer = site.get(&Visitor::default(), forged).await;
        assert!([StatusCode::NOT_FOUND, StatusCode::CONFLICT].contains(&answer.status), "{forged}");
    }
    site.world.clock.pass(SignedDuration::from_hours(24 * 7));
    assert_eq!(site.get(&Visitor::default(), &path).await.status, StatusCode::CONFLICT, "it is over");
}

#[tokio::test]
async fn somebody_with_an_account_joins_by_signing_in_and_turns_between_businesses() {
    let site = site().await;
    let owner = owner(&site).await;
    let (other, theirs) = site.owner("saree-works").await;
    let email = {
        let mut tx = site.world.db.read().await.unwrap();
        tx.platform().members(theirs).await.unwrap()[0].email.clone()
    };
    let path = invite(&site, &owner, &email.to_uppercase(), "viewer").await;
    assert!(site.get(&Visitor::default(), &path).await.body.contains("Sign in to join"));
    assert!(site.get(&other, &path).await.body.contains("Join"));
    let answer = site.post(&other, &path, &[]).await;
    assert_eq!(answer.to(), "/people?said=joined", "{}", answer.body);
    assert!(site.get(&other, "/people").await.body.contains("Kurta House"));
    insta::assert_snapshot!(outline(&site.get(&other, "/businesses").await));
    let turned = site.post(&other, "/businesses/choice", &[("business", &theirs.to_string())]).await;
    assert_eq!(turned.to(), "/");
    assert!(site.get(&other, "/people").await.body.contains("saree-works"));
    for foreign in ["4711", "x", ""] {
        let refused = site.post(&owner, "/businesses/choice", &[("business", foreign)]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    let refused = site.post(&owner, "/businesses/choice", &[("business", &theirs.to_string())]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "a business one is not in");
}

#[tokio::test]
async fn only_owners_change_who_is_in_and_a_business_keeps_one() {
    let site = site().await;
    let owner = owner(&site).await;
    let manager = joined(&site, &owner, "bela", "manager").await;
    let (asha, bela) = (person(&site, "Asha Rao").await, person(&site, "bela").await);
    let page = site.get(&manager, "/people").await;
    assert!(!page.body.contains("Make the invitation") && !page.body.contains("Take out"));
    for (path, form) in [
        ("/people/invitations", vec![("email", "x@example.in"), ("role", "owner")]),
        ("/people/invitations/removal", vec![("id", "00")]),
        (&format!("/people/{bela}/role"), vec![("role", "owner")]),
        (&format!("/people/{asha}/removal"), vec![]),
    ] {
        assert_eq!(site.post(&manager, path, &form).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let last = site.post(&owner, &format!("/people/{asha}/role"), &[("role", "viewer")]).await;
    assert_eq!(last.status, StatusCode::CONFLICT);
    assert!(last.body.contains("keeps an owner"), "{}", last.body);
    let odd = site.post(&owner, &format!("/people/{bela}/role"), &[("role", "admin")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        site.post(&owner, "/people/4711/role", &[("role", "viewer")]).await.status,
        StatusCode::NOT_FOUND
    );
    let asked = site.post(&owner, &format!("/people/{bela}/role"), &[("role", "owner")]).await;
    assert_eq!(asked.to(), format!("/people/{bela}/ownership"), "it asks for the password");
    assert_eq!(members(&site).await[1].2, MemberRole::Manager);
    let given = [("then", "owner"), ("password", PASSWORD)];
    assert_eq!(site.post(&owner, asked.to(), &given).await.to(), "/people?said=ownership");
    site.post(&manager, &format!("/people/{asha}/role"), &[("role", "viewer")]).await;
    assert_eq!(
        members(&site).await.iter().map(|member| member.2).collect::<Vec<_>>(),
        [MemberRole::Owner, MemberRole::Viewer]
    );
}

#[tokio::test]
async fn whoever_leaves_or_is_taken_out_sees_nothing_any_more() {
    let site = site().await;
    let owner = owner(&site).await;
    let bela = joined(&site, &owner, "bela", "viewer").await;
    let chitra = joined(&site, &owner, "chitra", "viewer").await;
    let removal = format!("/people/{}/removal", person(&site, "bela").await);
    insta::assert_snapshot!(outline(&site.get(&bela, &removal).await));
    for (password, words) in [("", "Type your password"), (PASSWORD, "not your password")] {
        let refused = site.post(&bela, &removal, &[("password", password)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{}", refused.outline());
    }
    assert_eq!(site.post(&bela, &removal, &[("password", "monsoon tea kettle")]).await.to(), "/businesses");
    assert_eq!(site.get(&bela, "/statement").await.to(), "/businesses");
    assert!(site.get(&bela, "/businesses").await.body.contains("No business yet"));
    let removal = format!("/people/{}/removal", person(&site, "chitra").await);
    site.post(&owner, &removal, &[]).await;
    assert_eq!(site.get(&chitra, "/statement").await.to(), "/businesses");
    assert_eq!(site.post(&owner, &removal, &[]).await.status, StatusCode::NOT_FOUND);
    let deeds = deeds(&site).await;
    assert!(deeds.contains(&"member.leave".to_owned()) && deeds.contains(&"member.remove".to_owned()));
}

#[tokio::test]
async fn ownership_is_handed_over_in_one_step() {
    let site = site().await;
    let owner = owner(&site).await;
    let bela = joined(&site, &owner, "bela", "viewer").await;
    let (asha, id) = (person(&site, "Asha Rao").await, person(&site, "bela").await);
    let page = format!("/people/{id}/ownership");
    assert_eq!(site.get(&bela, &page).await.status, StatusCode::NOT_FOUND);
    assert!(site.get(&owner, "/people").await.body.contains(&page));
    insta::assert_snapshot!(outline(&site.get(&owner, &page).await));
    for (then, password, words) in [
        ("manager", "", "Type your password"),
        ("manager", "wrong wrong wrong", "not your password"),
        ("king", PASSWORD, "Choose what you are"),
        ("viewer", PASSWORD, "Choose what you are"),
    ] {
        let refused = site.post(&owner, &page, &[("then", then), ("password", password)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{}", refused.outline());
    }
    assert_eq!(members(&site).await[0].0, asha);
    let given = site.post(&owner, &page, &[("then", "manager"), ("password", PASSWORD)]).await;
    assert_eq!(given.to(), "/people?said=ownership");
    let roles: Vec<_> = members(&site).await.into_iter().map(|(person, _, role)| (person, role)).collect();
    assert_eq!(roles, [(id, MemberRole::Owner), (asha, MemberRole::Manager)]);
    assert_eq!(site.get(&owner, "/audit").await.status, StatusCode::NOT_FOUND);
    let back = format!("/people/{asha}/ownership");
    for odd in ["/people/4711/ownership", "/people/x/ownership"] {
        assert_eq!(site.get(&bela, odd).await.status, StatusCode::NOT_FOUND, "{odd}");
    }
    let own = site.get(&bela, &page).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "they are one already");
    let form = [("then", "owner"), ("password", "monsoon tea kettle")];
    assert_eq!(site.post(&bela, &back, &form).await.to(), "/people?said=ownership");
    assert_eq!(members(&site).await.iter().filter(|member| member.2 == MemberRole::Owner).count(), 2);
    let deeds = deeds(&site).await;
    assert_eq!(deeds.iter().filter(|deed| *deed == "member.ownership").count(), 2);
    assert_eq!(deeds.iter().filter(|deed| *deed == "member.role").count(), 1);
}

#[tokio::test]
async fn nobody_who_was_taken_out_comes_back_by_an_invitation_they_made() {
    let site = site().await;
    let owner = owner(&site).await;
    let bela = joined(&site, &owner, "bela", "owner").await;
    let own = invite(&site, &bela, "bela.again@example.in", "owner").await;
    let good = invite(&site, &owner, "chitra@example.in", "viewer").await;
    let removal = format!("/people/{}/removal", person(&site, "bela").await);
    site.post(&owner, &removal, &[]).await;
    let form = [("name", "Bela"), ("phone", "+91 98450 00000"), ("password", "monsoon tea kettle")];
    for answer in [site.get(&bela, &own).await, site.post(&Visitor::default(), &own, &form).await] {
        assert_eq!(answer.status, StatusCode::CONFLICT);
    }
    assert_eq!(site.get(&Visitor::default(), &good).await.status, StatusCode::OK);
    assert_eq!(members(&site).await.len(), 1);
}

#[tokio::test]
async fn invitations_are_no_way_to_fill_mailboxes() {
    let site = site().await;
    let owner = owner(&site).await;
    for _ in 0..5 {
        invite(&site, &owner, "bela@example.in", "viewer").await;
    }
    let form = [("email", "BELA@example.in"), ("role", "viewer")];
    let refused = site.post(&owner, "/people/invitations", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Wait 60 min"), "{}", refused.outline());
    for number in 0..45 {
        invite(&site, &owner, &format!("guest{number}@example.in"), "viewer").await;
    }
    let form = [("email", "another@example.in"), ("role", "viewer")];
    assert!(site.post(&owner, "/people/invitations", &form).await.body.contains("Many invitations"));
    site.world.clock.pass(SignedDuration::from_hours(1));
    invite(&site, &owner, "another@example.in", "viewer").await;
    invite(&site, &owner, "bela@example.in", "viewer").await;
}

#[tokio::test]
async fn who_is_in_no_business_still_has_an_account() {
    let site = site().await;
    let owner = owner(&site).await;
    let bela = joined(&site, &owner, "bela", "viewer").await;
    site.post(&owner, &format!("/people/{}/removal", person(&site, "bela").await), &[]).await;
    assert!(site.get(&bela, "/businesses").await.body.contains("href=\"/account\""));
    let page = site.get(&bela, "/account").await;
    insta::assert_snapshot!(outline(&page));
    assert!(!page.body.contains("href=\"/statement\""), "there is nowhere to go");
    for path in ["/account/codes", "/account/email"] {
        assert_eq!(site.get(&bela, path).await.status, StatusCode::OK, "{path}");
    }
    let saved = site.post(&bela, "/account", &[("name", "Bela B."), ("phone", "+91 98450 99999")]).await;
    assert_eq!(saved.to(), "/account?said=saved");
    let (elsewhere, _) = sign_in(&site, "bela@example.in", "monsoon tea kettle").await;
    let form = [("password", "monsoon tea kettle"), ("new", "another tea kettle")];
    assert_eq!(site.post(&bela, "/account/password", &form).await.to(), "/account?said=password");
    assert!(site.get(&elsewhere, "/account").await.to().starts_with("/sign-in"));
}

#[tokio::test]
async fn what_people_do_with_their_account_stands_in_the_record_of_each_business() {
    let site = site().await;
    let here = owner(&site).await;
    let (_, other) = site.owner("saree-works").await;
    let asha = person(&site, "Asha Rao").await;
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().add_member(other, asha, MemberRole::Viewer, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let form = [("password", PASSWORD), ("new", "monsoon tea kettle")];
    site.post(&here, "/account/password", &form).await;
    for tenant in [TenantId(1), other] {
        let mut tx = site.world.db.read().await.unwrap();
        let mut books = tx.scoped(tenant).await.unwrap();
        let filter = AuditFilter { person: Some(asha), ..AuditFilter::default() };
        let entries = books.audit_entries(&filter, 10).await.unwrap();
        assert_eq!(entries[0].action, "account.password", "{tenant}");
    }
}

#[tokio::test]
async fn a_gstin_that_was_left_out_is_entered_later() {
    let site = site().await;
    let owner = owner(&site).await;
    let manager = joined(&site, &owner, "bela", "manager").await;
    let page = "/settings/business";
    assert!(site.get(&owner, "/settings/tax").await.body.contains(page));
    assert!(!site.get(&manager, "/settings/tax").await.body.contains(page));
    assert_eq!(site.get(&manager, page).await.status, StatusCode::NOT_FOUND);
    insta::assert_snapshot!(outline(&site.get(&owner, page).await));
    let form = |state, gstin| [("business", "Kurta House LLP"), ("state", state), ("gstin", gstin)];
    for (state, gstin, words) in [
        ("29", "27AAPFU0939F1ZV", "registered in Maharashtra"),
        ("27", "27AAPFU0939F1ZX", "last character should be"),
        ("", "", "Choose the State"),
    ] {
        let refused = site.post(&owner, page, &form(state, gstin)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{}", refused.outline());
    }
    let saved = site.post(&owner, page, &form("27", " 27aapfu0939f1zv")).await;
    assert_eq!(saved.to(), "/settings/business?said=saved");
    assert!(site.get(&owner, page).await.body.contains("value=\"27AAPFU0939F1ZV\""));
    let tax = site.get(&owner, "/settings/tax").await.body;
    assert!(tax.contains("27AAPFU0939F1ZV (Maharashtra)") && tax.contains("Kurta House LLP"));
    assert!(tax.contains("<dt>Before any setting</dt><dd>a cost</dd>"), "that does not follow by itself");
    assert_eq!(deeds(&site).await.last().unwrap(), "business.save");
}

#[tokio::test]
async fn an_invitation_can_be_taken_back_and_a_member_is_not_invited_again() {
    let site = site().await;
    let owner = owner(&site).await;
    let path = invite(&site, &owner, "bela@example.in", "viewer").await;
    let page = site.get(&owner, "/people").await;
    let at = page.body.find("name=\"id\" value=\"").unwrap() + 17;
    let id = &page.body[at..at + 64];
    assert_eq!(
        site.post(&owner, "/people/invitations/removal", &[("id", id)]).await.to(),
        "/people?said=revoked"
    );
    assert_eq!(site.get(&Visitor::default(), &path).await.status, StatusCode::CONFLICT);
    let again = site
        .post(&owner, "/people/invitations", &[("email", "ASHA@kurta-house.example"), ("role", "viewer")])
        .await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("in this business already"));
    for (email, role) in
        [("", "viewer"), ("x", "viewer"), ("x@example.in", "king"), ("a@b.in\r\nBcc: c@d.in", "viewer")]
    {
        let wrong = site.post(&owner, "/people/invitations", &[("email", email), ("role", role)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{email:?} {role}");
    }
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_every_other_session() {
    let site = site().await;
    let here = owner(&site).await;
    let (elsewhere, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    insta::assert_snapshot!(outline(&site.get(&here, "/account").await));
    for (old, new, words) in [
        ("", "monsoon tea kettle", "Type your password"),
        ("wrong wrong wrong", "monsoon tea kettle", "This is not your password"),
        (PASSWORD, "short", "this has 5"),
        (PASSWORD, "asharao12345", "easy to guess"),
    ] {
        let refused = site.post(&here, "/account/password", &[("password", old), ("new", new)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{words}");
        assert!(!refused.body.contains("wrong wrong"), "never shown again");
    }
    let changed =
        site.post(&here, "/account/password", &[("password", PASSWORD), ("new", "monsoon tea kettle")]).await;
    assert_eq!(changed.to(), "/account?said=password");
    assert_eq!(site.get(&here, "/account").await.status, StatusCode::OK);
    assert_eq!(site.get(&elsewhere, "/account").await.to(), "/sign-in?next=/account");
    assert_eq!(sign_in(&site, OWNER[1].1, PASSWORD).await.1.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&site, OWNER[1].1, "monsoon tea kettle").await.1.to(), "/");
}

/// ASVS 5.0, 7.2.4.
#[tokio::test]
async fn showing_the_password_once_more_gives_the_session_a_new_token() {
    let site = site().await;
    let here = owner(&site).await;
    let stolen = Visitor { cookie: here.cookie(), ..Visitor::default() };
    let session = here.session();
    let refused = site.post(&here, "/account/codes", &[("password", "wrong wrong wrong")]).await;
    assert_eq!(refused.headers.get("set-cookie"), None);
    assert_eq!(here.session(), session);
    let form = [("password", PASSWORD), ("new", "monsoon tea kettle")];
    for (path, form) in [("/account/codes", &form[..1]), ("/account/password", &form[..])] {
        let before = here.session();
        let answer = site.post(&here, path, form).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
        assert_ne!(here.session(), before, "{path}");
    }
    assert_eq!(site.get(&stolen, "/account").await.to(), "/sign-in?next=/account");
    assert_eq!(site.get(&here, "/account").await.status, StatusCode::OK);
    // The name by which it was listed before ends nothing, and says so.
    let id = session.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    assert_eq!(site.post(&here, "/account/sessions", &[("id", &id)]).await.to(), "/account?said=gone");
    let told = outline(&site.get(&here, "/account?said=gone").await);
    assert!(told.contains("That session is not there") && !told.contains("Done"), "{told}");
}

#[tokio::test]
async fn an_open_browser_is_no_place_to_guess_the_password() {
    let site = site().await;
    let here = owner(&site).await;
    let guess = [("password", "a guess that is wrong"), ("new", "monsoon tea kettle")];
    for _ in 0..10 {
        assert!(site.post(&here, "/account/password", &guess).await.body.contains("not your password"));
    }
    let form = [("password", PASSWORD), ("new", "monsoon tea kettle")];
    let refused = site.post(&here, "/account/password", &form).await;
    assert!(refused.body.contains("Too many attempts"), "{}", refused.body);
}

#[tokio::test]
async fn sessions_are_listed_and_can_be_ended() {
    let site = site().await;
    let here = owner(&site).await;
    let (elsewhere, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    let page = site.get(&here, "/account").await;
    let at = page.body.find("name=\"id\" value=\"").unwrap() + 17;
    let id = page.body[at..at + 64].to_owned();
    assert_eq!(site.post(&here, "/account/sessions", &[("id", &id)]).await.to(), "/account?said=ended");
    assert_eq!(site.get(&elsewhere, "/").await.to(), "/sign-in");
    let (third, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    site.post(&here, "/account/sessions", &[("id", "others")]).await;
    assert_eq!(site.get(&third, "/").await.to(), "/sign-in");
    assert_eq!(site.get(&here, "/").await.status, StatusCode::OK);
    assert_eq!(site.post(&here, "/account/sessions", &[("id", "zz")]).await.status, StatusCode::NOT_FOUND);
    let saved = site.post(&here, "/account", &[("name", "Asha R."), ("phone", "+91 98450 99999")]).await;
    assert_eq!(saved.to(), "/account?said=saved");
    let wrong = site.post(&here, "/account", &[("name", ""), ("phone", "call me")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("value=\"call me\""));
}

/// The code of the app at this moment.
fn code(site: &Site, key: &str) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(key).unwrap()).build().unwrap();
    totp.generate(u64::try_from(site.world.now() / 1_000_000).unwrap()).to_string()
}

/// Turns codes on; gives the key and the recovery codes.
async fn with_codes(site: &Site, visitor: &Visitor) -> (String, Vec<String>) {
    site.post(visitor, "/account/codes", &[("password", PASSWORD)]).await;
    let page = site.get(visitor, "/account/codes").await;
    let at = page.body.find("class=\"mono key\">").unwrap() + 17;
    let key = page.body[at..at + page.body[at..].find('<').unwrap()].to_owned();
    let on = site.post(visitor, "/account/codes/confirmation", &[("code", &code(site, &key))]).await;
    assert_eq!(on.status, StatusCode::OK, "{}", on.body);
    let codes: Vec<String> = on
        .body
        .split("<li class=\"mono\">")
        .skip(1)
        .map(|rest| rest[..rest.find('<').unwrap()].to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    (key, codes)
}

#[tokio::test]
async fn with_codes_on_the_password_alone_opens_nothing() {
    let site = site().await;
    let here = owner(&site).await;
    let (before, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    insta::assert_snapshot!(outline(&site.get(&here, "/account/codes").await));
    let refused = site.post(&here, "/account/codes", &[("password", "wrong wrong wrong")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (key, _) = with_codes(&site, &here).await;
    assert_eq!(site.get(&before, "/").await.to(), "/sign-in", "sessions from before are ended");
    site.world.clock.pass(SignedDuration::from_mins(2));
    let (half, answer) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    assert_eq!(answer.to(), "/sign-in/code?next=/");
    for path in ["/statement", "/account", "/businesses", "/people", "/audit"] {
        assert!(site.get(&half, path).await.to().starts_with("/sign-in/code"), "{path}");
    }
    insta::assert_snapshot!(outline(&site.get(&half, "/sign-in/code").await));
    for wrong in ["", "000000", "abc", &code(&site, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")] {
        let refused = site.post(&half, "/sign-in/code", &[("code", wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let right = code(&site, &key);
    let form = [("code", right.as_str()), ("next", "/statement")];
    // Whoever copied the cookie while it opened nothing has nothing (ASVS 5.0, 7.2.4).
    let copied = Visitor { cookie: half.cookie(), ..Visitor::default() };
    assert_eq!(site.post(&half, "/sign-in/code", &form).await.to(), "/statement");
    assert_eq!(site.get(&half, "/statement").await.status, StatusCode::OK);
    assert_eq!(site.get(&copied, "/statement").await.to(), "/sign-in?next=/statement");
    // The same code again, in another browser, within its time.
    let (again, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    let replayed = site.post(&again, "/sign-in/code", &form).await;
    assert!(replayed.body.contains("used already"), "{}", replayed.body);
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_a_code_once() {
    let site = site().await;
    let here = owner(&site).await;
    let (_, codes) = with_codes(&site, &here).await;
    for (typed, works) in
        [(codes[3].to_uppercase(), true), (codes[3].clone(), false), (codes[4].replace('-', " "), true)]
    {
        let (half, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
        let answer = site.post(&half, "/sign-in/code", &[("code", &typed)]).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, works, "{typed}");
    }
    assert!(site.get(&here, "/account/codes").await.body.contains("8 recovery codes left"));
    let renewed = site.post(&here, "/account/codes/recovery", &[("password", PASSWORD)]).await;
    assert!(renewed.body.contains("Keep these recovery codes"));
    let off = site.post(&here, "/account/codes/removal", &[("password", PASSWORD)]).await;
    assert_eq!(off.to(), "/account/codes");
    assert_eq!(sign_in(&site, OWNER[1].1, PASSWORD).await.1.to(), "/");
    let again = site.post(&here, "/account/codes/removal", &[("password", PASSWORD)]).await;
    assert_eq!(again.to(), "/account/codes");
    assert_eq!(deeds(&site).await.iter().filter(|deed| *deed == "account.remove_factor").count(), 1);
    let gone = site.post(&here, "/account/codes/recovery", &[("password", PASSWORD)]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn codes_that_are_on_are_not_confirmed_again() {
    let site = site().await;
    let here = owner(&site).await;
    let (key, _) = with_codes(&site, &here).await;
    site.world.clock.pass(SignedDuration::from_mins(2));
    let right = code(&site, &key);
    let form = [("code", right.as_str())];
    let again = site.post(&here, "/account/codes/confirmation", &form).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.outline());
    let (half, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    let signed = site.post(&half, "/sign-in/code", &form).await;
    assert_eq!(signed.to(), "/", "nor is the code used up by it");
    assert!(site.get(&here, "/account/codes").await.body.contains("10 recovery codes left"));
}

#[tokio::test]
async fn a_code_does_not_complete_a_session_that_was_ended() {
    let site = site().await;
    let here = owner(&site).await;
    let (key, _) = with_codes(&site, &here).await;
    site.world.clock.pass(SignedDuration::from_mins(2));
    let (half, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    site.post(&here, "/account/sessions", &[("id", "others")]).await;
    let late = site.post(&half, "/sign-in/code", &[("code", &code(&site, &key))]).await;
    assert_eq!(late.to(), "/sign-in");
    assert_eq!(site.get(&half, "/").await.to(), "/sign-in");
}

#[tokio::test]
async fn codes_cannot_be_guessed() {
    let site = site().await;
    let here = owner(&site).await;
    let (key, _) = with_codes(&site, &here).await;
    site.world.clock.pass(SignedDuration::from_mins(2));
    let (half, _) = sign_in(&site, OWNER[1].1, PASSWORD).await;
    for _ in 0..10 {
        site.post(&half, "/sign-in/code", &[("code", "000000")]).await;
    }
    let refused = site.post(&half, "/sign-in/code", &[("code", &code(&site, &key))]).await;
    assert!(refused.body.contains("Too many attempts"), "{}", refused.body);
    site.world.clock.pass(SignedDuration::from_mins(16));
    let right = site.post(&half, "/sign-in/code", &[("code", &code(&site, &key))]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.body);
}

#[tokio::test]
async fn owners_read_the_record_and_find_in_it() {
    let site = site().await;
    let owner = owner(&site).await;
    let manager = joined(&site, &owner, "bela", "manager").await;
    insta::assert_snapshot!(outline(&site.get(&owner, "/audit").await));
    assert_eq!(site.get(&manager, "/audit").await.status, StatusCode::NOT_FOUND);
    let bela = person(&site, "bela").await;
    let hers = site
        .get(&owner, &format!("/audit?person={bela}&action=member.create&from=2026-10-08&to=2026-10-08"))
        .await;
    assert!(hers.body.contains("joined the business"), "{}", hers.body);
    assert!(
        site.get(&owner, "/audit?to=2026-10-07").await.body.contains("Nothing like this stands in the log")
    );
    for odd in ["person=x", "person=-1", "action=delete", "from=yesterday", "to=2026-13-01", "before=0"] {
        let answer = site.get(&owner, &format!("/audit?{odd}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}");
    }
}
