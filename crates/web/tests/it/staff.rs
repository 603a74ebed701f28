//! The platform's staff in the browser: roles, assignments and what the business sees of them, passwords and codes,
//! the review, jobs, the platform's record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use axum::http::StatusCode;
use ecom_store::{
    Actor, AuditFilter, AuditProof, NewJob, NewPerson, PasswordRule, PersonId, SWEEP_JOB, StaffRole, TenantId,
};
use ecom_web::Registration;
use jiff::SignedDuration;
use support::{Answer, Site, Visitor, site, site_with_mail};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const PASSWORD: &str = "Monsoon-tea-kettle-7";

/// Who did what on the platform, oldest first.
async fn deeds(site: &Site) -> Vec<(Actor, String)> {
    let mut tx = site.world.db.read().await.unwrap();
    assert!(matches!(tx.platform().verify_audit().await.unwrap(), AuditProof::Whole { .. }));
    let entries = tx.platform().audit_entries(&AuditFilter::default(), 1000).await.unwrap();
    entries.into_iter().rev().map(|entry| (entry.actor, entry.action)).collect()
}

async fn actions(site: &Site) -> Vec<String> {
    deeds(site).await.into_iter().map(|(_, action)| action).collect()
}

/// The same of a business.
async fn deeds_in(site: &Site, tenant: TenantId) -> Vec<(Actor, String)> {
    let mut tx = site.world.db.read().await.unwrap();
    let mut books = tx.scoped(tenant).await.unwrap();
    assert!(matches!(books.verify_audit().await.unwrap(), AuditProof::Whole { .. }));
    let entries = books.audit_entries(&AuditFilter::default(), 1000).await.unwrap();
    entries.into_iter().rev().map(|entry| (entry.actor, entry.action)).collect()
}

/// A page with a word in place of each token: those are new every time.
fn outline(answer: &Answer) -> String {
    let hex = |part: &str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let masked = |line: &str| {
        let words = line.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
        words
            .map(|part| {
                let word = part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
                if hex(word) { part.replace(word, "TOKEN") } else { part.to_owned() }
            })
            .collect::<String>()
    };
    answer.outline().lines().map(masked).collect::<Vec<_>>().join("\n")
}

async fn with_business() -> (Site, Visitor, TenantId) {
    let site = site().await;
    let (owner, tenant) = site.owner("kurta-house").await;
    (site, owner, tenant)
}

/// Assigns by the form.
async fn assign(site: &Site, by: &Visitor, who: PersonId, tenant: TenantId) -> Answer {
    let form = [
        ("who", who.to_string()),
        ("where", format!("kurta-house (no. {tenant})")),
        ("reason", "Ticket 4711: closes September".to_owned()),
        ("last", "2026-11-07".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    site.post(by, "/staff/assignments", &form).await
}

#[tokio::test]
async fn whoever_has_an_account_is_added_by_address_and_others_are_invited() {
    let (site, post) = site_with_mail(Registration::First).await;
    let (admin, dev) = site.staff("dev", StaffRole::Administrator).await;
    let (owner, _) = site.owner("kurta-house").await;
    assert!(!site.get(&owner, "/").await.body.contains("href=\"/staff\""), "nothing of it for others");
    let form = [("email", "OWNER@kurta-house.example"), ("role", "support")];
    assert_eq!(site.post(&admin, "/staff/people/invitations", &form).await.to(), "/staff/people?said=added");
    assert!(site.get(&owner, "/").await.body.contains("href=\"/staff\""), "from the next page on");
    let again = site.post(&admin, "/staff/people/invitations", &form).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("of the staff already"), "{}", again.outline());
    let form = [("email", "farid@platform.example"), ("role", "account_manager")];
    let invited = site.post(&admin, "/staff/people/invitations", &form).await;
    assert_eq!(invited.status, StatusCode::OK);
    insta::assert_snapshot!("people", outline(&site.get(&admin, "/staff/people").await));
    site.work().await;
    let mail = post.empty();
    assert_eq!(mail.len(), 1);
    assert!(mail[0].content.text.contains("as account manager"), "{}", mail[0].content.text);
    let at = invited.body.find("/staff/invitations/").unwrap();
    let path = invited.body[at..at + "/staff/invitations/".len() + 64].to_owned();
    insta::assert_snapshot!("invitation", outline(&site.get(&Visitor::default(), &path).await));
    let own = site.post(&owner, &path, &[]).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "for its address alone");
    let mut farid = Visitor::default();
    let weak = [("name", "Farid Khan"), ("phone", "+91 98450 00000"), ("password", "correct horse battery")];
    let refused = site.post(&farid, &path, &weak).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("a capital letter"));
    let good = [("name", "Farid Khan"), ("phone", "+91 98450 00000"), ("password", PASSWORD)];
    let joined = site.post(&farid, &path, &good).await;
    assert_eq!(joined.to(), "/staff", "{}", joined.outline());
    farid.keep(&joined);
    assert_eq!(site.get(&farid, "/staff").await.to(), "/account/codes", "codes come first");
    assert_eq!(site.get(&Visitor::default(), &path).await.status, StatusCode::CONFLICT, "it works once");
    let made = actions(&site).await;
    assert_eq!(made[..3], ["staff.create", "staff.invite", "staff.create"]);
    assert_eq!(deeds(&site).await[0].0, Actor::Staff(dev, StaffRole::Administrator));
}

#[tokio::test]
async fn an_invitation_is_taken_back_and_a_slip_is_told() {
    let site = site().await;
    let (admin, _) = site.staff("dev", StaffRole::Administrator).await;
    for (email, role, words) in [
        ("", "support", "Type their e-mail address"),
        ("farid", "support", "looks like"),
        ("farid@platform.example", "owner", "Choose a role"),
    ] {
        let answer =
            site.post(&admin, "/staff/people/invitations", &[("email", email), ("role", role)]).await;
        assert!(
            answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains(words),
            "{email} {role}"
        );
    }
    let form = [("email", "farid@platform.example"), ("role", "support")];
    let invited = site.post(&admin, "/staff/people/invitations", &form).await;
    let at = invited.body.find("/staff/invitations/").unwrap();
    let path = invited.body[at..at + "/staff/invitations/".len() + 64].to_owned();
    let at = invited.body.find("name=\"id\" value=\"").unwrap() + 17;
    let id = invited.body[at..at + 64].to_owned();
    let taken = site.post(&admin, "/staff/people/invitations/removal", &[("id", &id)]).await;
    assert_eq!(taken.to(), "/staff/people?said=revoked");
    assert_eq!(site.get(&Visitor::default(), &path).await.status, StatusCode::CONFLICT);
    for id in [&*id, "", "zz"] {
        let again = site.post(&admin, "/staff/people/invitations/removal", &[("id", id)]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
    site.world.clock.pass(DAY * 7);
    for forged in ["00", &"0".repeat(64), "%00"] {
        let answer = site.get(&Visitor::default(), &format!("/staff/invitations/{forged}")).await;
        assert!([StatusCode::NOT_FOUND, StatusCode::CONFLICT].contains(&answer.status), "{forged}");
    }
}

#[tokio::test]
async fn roles_change_and_end_and_the_platform_keeps_an_administrator() {
    let site = site().await;
    let (admin, dev) = site.staff("dev", StaffRole::Administrator).await;
    let (esha, person) = site.staff("esha", StaffRole::Support).await;
    let role = |person: PersonId| format!("/staff/people/{person}/role");
    for path in [role(dev), format!("/staff/people/{dev}/end")] {
        let last = site.post(&admin, &path, &[("role", "support")]).await;
        assert!(
            last.status == StatusCode::CONFLICT && last.body.contains("keeps an administrator"),
            "{path}"
        );
    }
    assert_eq!(
        site.post(&admin, &role(person), &[("role", "owner")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        site.post(&admin, &role(PersonId(4711)), &[("role", "support")]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(site.get(&esha, "/staff/jobs").await.status, StatusCode::NOT_FOUND);
    let changed = site.post(&admin, &role(person), &[("role", "senior_operations")]).await;
    assert_eq!(changed.to(), "/staff/people?said=role");
    assert_eq!(site.get(&esha, "/staff/jobs").await.status, StatusCode::OK, "from the next page on");
    let asked = site.get(&admin, &format!("/staff/people/{person}/end")).await;
    assert!(asked.outline().contains("End that esha is staff?"), "{}", asked.outline());
    let ended = site.post(&admin, &format!("/staff/people/{person}/end"), &[]).await;
    assert_eq!(ended.to(), "/staff/people?said=ended");
    assert_eq!(site.get(&esha, "/staff").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        site.post(&admin, &format!("/staff/people/{person}/end"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let page = site.get(&admin, "/staff/people").await.outline();
    assert!(page.contains("row esha | senior operations | 8 Oct 2026 | 8 Oct 2026"), "{page}");
    assert_eq!(actions(&site).await, ["staff.role", "staff.end"]);
}

#[tokio::test]
async fn an_account_manager_works_in_a_business_whose_owner_sees_it_and_ends_it() {
    let (site, owner, tenant) = with_business().await;
    let (admin, dev) = site.staff("dev", StaffRole::Administrator).await;
    let (gita, person) = site.staff("gita", StaffRole::AccountManager).await;
    insta::assert_snapshot!("businesses_none", site.get(&gita, "/staff/businesses").await.outline());
    assert_eq!(assign(&site, &admin, person, tenant).await.to(), "/staff/assignments?said=assigned");
    insta::assert_snapshot!("assignments", site.get(&admin, "/staff/assignments").await.outline());
    // The owner is told before anybody has looked.
    let told = site.get(&owner, "/notices").await.outline();
    assert!(
        told.contains("gita (account manager of the platform) may look at your books until 7 Nov 2026"),
        "{told}"
    );
    assert!(told.contains("Ticket 4711: closes September"), "{told}");
    insta::assert_snapshot!("seen_by_the_business", site.get(&owner, "/people/staff").await.outline());
    assert_eq!(site.get(&gita, "/").await.to(), "/staff");
    let businesses = site.get(&gita, "/staff/businesses").await;
    let id = businesses
        .body
        .split("name=\"assignment\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(site.post(&gita, "/staff/businesses/choice", &[("assignment", &id)]).await.to(), "/");
    let home = site.get(&gita, "/").await;
    assert_eq!(home.status, StatusCode::OK);
    for words in ["You are here as account manager", "Ticket 4711: closes September", "until 7 Nov 2026"] {
        assert!(home.body.contains(words), "{words}: {}", home.outline());
    }
    let rent = [
        ("name", "Rent"),
        ("category", "rent"),
        ("currency", "INR"),
        ("amount", "1800"),
        ("gst", "0"),
        ("every", "monthly"),
        ("from", "2026-09-05"),
        ("last", ""),
    ];
    assert_eq!(site.post(&gita, "/expenses", &rent).await.status, StatusCode::SEE_OTHER);
    let acts = deeds_in(&site, tenant).await;
    let as_staff = Actor::Staff(person, StaffRole::AccountManager);
    assert_eq!(acts[0], (Actor::Staff(dev, StaffRole::Administrator), "assignment.create".to_owned()));
    assert_eq!(acts[1..], [(as_staff, "assignment.use".to_owned()), (as_staff, "expense.create".to_owned())]);
    let log = site.get(&owner, "/audit").await.outline();
    assert!(log.contains("gita (account manager of the platform) | entered an expense"), "{log}");
    // The next day looking is on record again.
    site.world.clock.pass(SignedDuration::from_hours(20));
    site.get(&gita, "/statement").await;
    site.get(&gita, "/statement").await;
    assert_eq!(
        deeds_in(&site, tenant).await.iter().filter(|(_, action)| action == "assignment.use").count(),
        2
    );
    the_owner_ends(&site, &owner, &id).await;
    assert_eq!(site.get(&gita, "/statement").await.status, StatusCode::NOT_FOUND, "at once");
    assert_eq!(site.get(&gita, "/").await.to(), "/staff", "and a way out");
    let told = site.get(&owner, "/notices").await.outline();
    assert!(told.contains("may look at your books no more. Asha Rao ended it."), "{told}");
    let page = site.get(&owner, "/people/staff").await.outline();
    assert!(page.contains("Nobody at this moment") && page.contains("ended by Asha Rao"), "{page}");
    assert_eq!(
        site.post(&owner, &format!("/people/staff/{id}/end"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(actions(&site).await, ["assignment.create", "assignment.end"]);
}

async fn the_owner_ends(site: &Site, owner: &Visitor, id: &str) {
    let asked = site.get(owner, &format!("/people/staff/{id}/end")).await;
    assert!(asked.outline().contains("Show gita out?"), "{}", asked.outline());
    assert_eq!(
        site.post(owner, &format!("/people/staff/{id}/end"), &[]).await.to(),
        "/people/staff?said=ended"
    );
}

#[tokio::test]
async fn one_leaves_a_business_and_gives_an_assignment_back() {
    let (site, _, tenant) = with_business().await;
    let (esha, person) = site.staff("esha", StaffRole::Support).await;
    let id = site.assign(person, tenant, 30).await;
    site.enter(&esha, id).await;
    let account = site.get(&esha, "/account").await.body;
    let apart = account.contains("href=\"/staff/businesses\"") && !account.contains("You are here as");
    assert!(apart, "their account is no business's");
    assert_eq!(site.post(&esha, "/staff/way-out", &[]).await.to(), "/staff/businesses?said=left");
    assert_eq!(site.get(&esha, "/statement").await.status, StatusCode::NOT_FOUND);
    assert!(site.get(&esha, "/businesses").await.body.contains("href=\"/staff\""));
    let asked = site.get(&esha, &format!("/staff/assignments/{id}/end")).await;
    assert!(asked.outline().contains("Are you done with kurta-house?"), "{}", asked.outline());
    assert_eq!(
        site.post(&esha, &format!("/staff/assignments/{id}/end"), &[]).await.to(),
        "/staff/businesses?said=ended"
    );
    let again = site.post(&esha, "/staff/businesses/choice", &[("assignment", &id.to_string())]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    for foreign in ["4711", "", "x"] {
        let refused = site.post(&esha, "/staff/businesses/choice", &[("assignment", foreign)]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{foreign}");
    }
}

#[tokio::test]
async fn senior_operations_assign_those_below_them_and_no_others() {
    let (site, _, tenant) = with_business().await;
    let (admin, dev) = site.staff("dev", StaffRole::Administrator).await;
    let (senior, sita) = site.staff("sita", StaffRole::SeniorOperations).await;
    let (esha, below) = site.staff("esha", StaffRole::Support).await;
    for who in [dev, sita] {
        let refused = assign(&site, &senior, who, tenant).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Only an administrator assigns"), "{}", refused.outline());
    }
    assert_eq!(assign(&site, &senior, below, tenant).await.to(), "/staff/assignments?said=assigned");
    assert_eq!(
        assign(&site, &admin, dev, tenant).await.to(),
        "/staff/assignments?said=assigned",
        "with a reason"
    );
    let of = |person: PersonId| format!("/staff/assignments?person={person}");
    let page = site.get(&senior, &of(dev)).await.outline();
    assert!(page.contains("row dev administrator") && !page.contains("link End"), "{page}");
    let ids: Vec<String> = site.get(&admin, "/staff/assignments").await.links("/end");
    assert_eq!(ids.len(), 2);
    assert_eq!(
        site.post(&senior, &ids[0], &[]).await.status,
        StatusCode::NOT_FOUND,
        "that of an administrator"
    );
    assert_eq!(site.post(&esha, &ids[0], &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post(&senior, &ids[1], &[]).await.to(), "/staff/assignments?said=ended");
}

#[tokio::test]
async fn an_assignment_is_renewed_from_its_row_and_what_is_wrong_is_told() {
    let (site, owner, tenant) = with_business().await;
    let (admin, _) = site.staff("dev", StaffRole::Administrator).await;
    let (_, person) = site.staff("esha", StaffRole::Support).await;
    assign(&site, &admin, person, tenant).await;
    let renew = site.get(&admin, "/staff/assignments").await.link("/staff/assignments?person=");
    let form = site.get(&admin, renew.split('#').next().unwrap()).await.outline();
    assert!(form.contains(&format!("text where “kurta-house (no. {tenant})”")), "{form}");
    assert!(form.contains("  chosen esha, support") && form.contains("date last “2026-11-07”"), "{form}");
    assign(&site, &admin, person, tenant).await;
    let all = site.get(&admin, "/staff/assignments?which=all").await.outline();
    assert_eq!(all.matches("row esha support").count(), 2, "{all}");
    assert_eq!(site.get(&owner, "/people/staff").await.outline().matches("row esha support").count(), 2);
    for (field, value, words) in [
        ("who", "", "Choose one of the staff"),
        ("who", "4711", "Choose one of the staff"),
        ("where", "Somewhere", "type its number"),
        ("where", "4711", "type its number"),
        ("reason", "", "the business reads it"),
        ("reason", "help", "Say a little more"),
        ("reason", "write to asha@example.in please", "Leave it out"),
        ("last", "2026-10-07", "This day is over"),
        ("last", "2027-01-07", "At most 90 days"),
    ] {
        let mut form = [
            ("who", person.to_string()),
            ("where", tenant.to_string()),
            ("reason", "Ticket 4711 and more".into()),
            ("last", "2026-10-20".into()),
        ];
        form.iter_mut().find(|(name, _)| *name == field).unwrap().1 = value.to_owned();
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = site.post(&admin, "/staff/assignments", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        assert!(answer.body.contains(words), "{field} {value}: {}", answer.outline());
    }
    let odd = site.get(&admin, "/staff/assignments?business=nowhere&person=x&which=some&before=-1").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_assignment_whose_time_is_over_is_closed_by_the_program_and_the_owner_is_told() {
    let (site, owner, tenant) = with_business().await;
    let (esha, person) = site.staff("esha", StaffRole::Support).await;
    let id = site.assign(person, tenant, 1).await;
    site.enter(&esha, id).await;
    site.world.clock.pass(DAY);
    drop(owner);
    let owner_again = site.sign_in_again(PersonId(1)).await;
    let sweep =
        NewJob { tenant: None, kind: SWEEP_JOB, payload: "", dedupe: None, run_at: 0, most_attempts: 3 };
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().enqueue(&sweep, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    site.work().await;
    assert_eq!(deeds_in(&site, tenant).await.last().unwrap(), &(Actor::Work, "assignment.end".to_owned()));
    assert_eq!(deeds(&site).await.last().unwrap(), &(Actor::Work, "assignment.end".to_owned()));
    let told = site.get(&owner_again, "/notices").await.outline();
    assert!(told.contains("Their time is over"), "{told}");
    site.work().await;
    assert_eq!(site.get(&owner_again, "/notices").await.outline().matches("Their time is over").count(), 1);
}

#[tokio::test]
async fn without_codes_or_with_an_old_password_nothing_of_the_staff_opens() {
    let (site, _, tenant) = with_business().await;
    let mut tx = site.world.db.write().await.unwrap();
    let mut platform = tx.platform();
    let hash = ecom_web::hash_password(b"correct horse battery").unwrap();
    let new = NewPerson { name: "Hari", email: "hari@platform.example", phone: "1", password_hash: &hash };
    let person = platform.add_person(&new, site.world.now()).await.unwrap();
    platform.add_staff(person, StaffRole::Administrator, None, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let id = site.assign(person, tenant, 30).await;
    let mut hari = Visitor::default();
    let form = [
        ("email", "hari@platform.example"),
        ("password", "correct horse battery"),
        ("next", "/staff/people"),
    ];
    let signed = site.post(&hari, "/sign-in", &form).await;
    hari.keep(&signed);
    let first = site.get(&hari, signed.to()).await;
    assert_eq!(first.to(), "/account#change-password", "it was chosen as a customer's");
    let account = site.get(&hari, "/account").await.outline();
    assert!(
        account.contains("Change your password") && account.contains("chosen under other rules"),
        "{account}"
    );
    let change = async |old: &str, new: &str| {
        site.post(&hari, "/account/password", &[("password", old), ("new", new)]).await
    };
    let weak = change("correct horse battery", "correct horse batteries").await;
    assert!(
        weak.status == StatusCode::UNPROCESSABLE_ENTITY && weak.body.contains("all four kinds"),
        "{}",
        weak.outline()
    );
    assert_eq!(change("correct horse battery", PASSWORD).await.to(), "/account?said=password");
    // Then codes.
    assert_eq!(site.get(&hari, "/staff").await.to(), "/account/codes");
    assert!(site.get(&hari, "/account/codes").await.body.contains("The staff need a second factor"));
    {
        let mut tx = site.world.db.write().await.unwrap();
        let token = hari.cookie().unwrap();
        tx.platform().enter_business(&hash_of(&token), id, site.world.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(site.get(&hari, "/statement").await.to(), "/account/codes", "an assigned business neither");
    turn_codes_on(&site, person).await;
    assert_eq!(site.get(&hari, "/staff").await.status, StatusCode::OK);
    assert_eq!(site.get(&hari, "/statement").await.status, StatusCode::OK);
    // Within a day it stays; then none of the last ones is taken again.
    let soon = change(PASSWORD, "Mango-river-lantern-8").await;
    assert!(soon.body.contains("within the last day"), "{}", soon.outline());
    site.world.clock.pass(SignedDuration::from_hours(23));
    site.get(&hari, "/staff").await;
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().touch_session(&hash_of(&hari.cookie().unwrap()), site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    site.world.clock.pass(SignedDuration::from_hours(1));
    let again = change(PASSWORD, PASSWORD).await;
    assert!(again.body.contains("had this password before"), "{}", again.outline());
    assert_eq!(change(PASSWORD, "Mango-river-lantern-8").await.to(), "/account?said=password");
    assert!(actions(&site).await.contains(&"account.password".to_owned()), "on the platform's record");
    assert!(
        deeds_in(&site, tenant).await.iter().all(|(_, action)| !action.starts_with("account.")),
        "not on theirs"
    );
    // After a year it is changed before anything else.
    site.world.clock.pass(DAY * 365);
    let form = [("email", "hari@platform.example"), ("password", "Mango-river-lantern-8")];
    let signed = site.post(&Visitor::default(), "/sign-in", &form).await;
    assert_eq!(signed.to(), "/sign-in/code?next=/", "first the code");
    let hari = site.sign_in_again(person).await;
    assert_eq!(site.get(&hari, "/staff").await.to(), "/account#change-password");
}

fn hash_of(cookie: &str) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let token = cookie.split_once('=').unwrap().1;
    let bytes: Vec<u8> =
        (0..token.len()).step_by(2).map(|at| u8::from_str_radix(&token[at..at + 2], 16).unwrap()).collect();
    Sha256::digest(bytes).to_vec()
}

async fn turn_codes_on(site: &Site, person: PersonId) {
    let ring = site.world.keys().await.platform(site.world.now()).await.unwrap();
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().put_totp(&ring, person, &[7; 20], site.world.now()).await.unwrap();
    tx.platform().confirm_totp(person, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_password_that_the_operator_gave_is_changed_first_even_on_the_same_day() {
    let site = site().await;
    let (dev, person) = site.staff("dev", StaffRole::Administrator).await;
    let hash = ecom_web::hash_password(b"Given-by-command-1").unwrap();
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().set_password_under(person, &hash, PasswordRule::Given, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(site.get(&dev, "/staff").await.to(), "/account#change-password");
    let form = [("password", "Given-by-command-1"), ("new", PASSWORD)];
    assert_eq!(site.post(&dev, "/account/password", &form).await.to(), "/account?said=password");
    assert_eq!(site.get(&dev, "/staff").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_administrator_made_before_the_first_business_leaves_registering_open() {
    let site = site().await;
    let (dev, _) = site.staff("dev", StaffRole::Administrator).await;
    assert_eq!(site.get(&Visitor::default(), "/").await.to(), "/register");
    assert_eq!(site.get(&dev, "/").await.to(), "/staff");
    site.owner("kurta-house").await;
    assert_eq!(site.get(&Visitor::default(), "/").await.to(), "/sign-in");
}

#[tokio::test]
async fn each_quarter_every_right_is_looked_at_and_the_answers_are_evidence() {
    let (site, owner, tenant) = with_business().await;
    let (admin, dev) = site.staff("dev", StaffRole::Administrator).await;
    let (esha, person) = site.staff("esha", StaffRole::Support).await;
    let id = site.assign(person, tenant, 90).await;
    site.enter(&esha, id).await;
    site.get(&esha, "/statement").await;
    assert!(!site.get(&admin, "/staff").await.body.contains("is due"), "staff since this quarter");
    site.world.clock.set("2027-01-04T09:00+05:30");
    let (admin, esha) = (site.sign_in_again(dev).await, site.sign_in_again(person).await);
    insta::assert_snapshot!("home_with_a_review", site.get(&admin, "/staff").await.outline());
    assert!(!site.get(&esha, "/staff").await.body.contains("is due"), "it waits for administrators");
    insta::assert_snapshot!("review", site.get(&admin, "/staff/review").await.outline());
    ending_is_asked_for(&site, &admin).await;
    let early = site.post(&admin, "/staff/review/end", &[]).await;
    assert!(
        early.status == StatusCode::CONFLICT && early.body.contains("not looked at yet"),
        "{}",
        early.outline()
    );
    for (kind, subject, answer) in
        [("staff", "1", "keep"), ("staff", "2", "keep"), ("assignment", "1", "end")]
    {
        let form = [("kind", kind), ("id", subject), ("answer", answer)];
        assert_eq!(
            site.post(&admin, "/staff/review/answers", &form).await.status,
            StatusCode::SEE_OTHER,
            "{kind}"
        );
    }
    for form in [
        [("kind", "owner"), ("id", "1"), ("answer", "keep")],
        [("kind", "staff"), ("id", "4711"), ("answer", "keep")],
        [("kind", "assignment"), ("id", "1"), ("answer", "keep")],
    ] {
        assert_eq!(
            site.post(&admin, "/staff/review/answers", &form).await.status,
            StatusCode::NOT_FOUND,
            "{form:?}"
        );
    }
    let odd =
        site.post(&admin, "/staff/review/answers", &[("kind", "staff"), ("id", "1"), ("answer", "")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        site.get(&esha, "/statement").await.status,
        StatusCode::NOT_FOUND,
        "what was ended opens nothing"
    );
    let owner_again = site.sign_in_again(PersonId(1)).await;
    drop(owner);
    assert!(site.get(&owner_again, "/notices").await.body.contains("dev ended it"));
    assert_eq!(site.post(&admin, "/staff/review/end", &[]).await.to(), "/staff/review?said=finished");
    assert!(!site.get(&admin, "/staff").await.body.contains("is due"));
    insta::assert_snapshot!("review_finished", site.get(&admin, "/staff/review").await.outline());
    let table = site.get(&admin, "/staff/review?format=csv&table=answers").await.table();
    assert_eq!(table.len(), 4);
    assert_eq!(table[1][..7], ["January to March 2027", "role", "dev", "administrator", "", "kept", "dev"]);
    let ended = table.iter().find(|row| row[5] == "ended").unwrap();
    assert_eq!(ended[..5], ["January to March 2027", "assignment", "esha", "support", "kurta-house"]);
    let reviews = site.get(&admin, "/staff/review?format=csv&table=reviews").await.table();
    assert_eq!((reviews[1][3].as_str(), reviews[1][4].as_str(), reviews[1][5].as_str()), ("dev", "2", "1"));
    let late = site
        .post(&admin, "/staff/review/answers", &[("kind", "staff"), ("id", "1"), ("answer", "end")])
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(
        actions(&site).await,
        ["review.keep", "review.keep", "review.end", "assignment.end", "review.finish"]
    );
}

async fn ending_is_asked_for(site: &Site, admin: &Visitor) {
    let asked = site.get(admin, "/staff/review/answers?kind=assignment&id=1").await.outline();
    assert!(asked.contains("End the assignment of esha to kurta-house?"), "{asked}");
    let asked = site.get(admin, "/staff/review/answers?kind=staff&id=2").await.outline();
    assert!(asked.contains("End that esha is support?"), "{asked}");
    for odd in ["", "?kind=staff&id=4711", "?kind=owner&id=1", "?kind=staff&id=x"] {
        let answer = site.get(admin, &format!("/staff/review/answers{odd}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{odd}");
    }
}

#[tokio::test]
async fn an_administrator_leaves_their_own_rights_to_another_one() {
    let site = site().await;
    let (admin, _) = site.staff("dev", StaffRole::Administrator).await;
    let (other, _) = site.staff("indu", StaffRole::Administrator).await;
    assert!(site.get(&admin, "/staff/review").await.body.contains("yours: another administrator answers"));
    let own = [("kind", "staff"), ("id", "1"), ("answer", "keep")];
    let refused = site.post(&admin, "/staff/review/answers", &own).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("Another administrator"));
    assert_eq!(site.post(&other, "/staff/review/answers", &own).await.to(), "/staff/review?said=kept");
}

#[tokio::test]
async fn jobs_are_seen_done_again_and_cancelled_on_record() {
    let (site, _, tenant) = with_business().await;
    let (senior, sita) = site.staff("sita", StaffRole::SeniorOperations).await;
    insta::assert_snapshot!("jobs_none", site.get(&senior, "/staff/jobs").await.outline());
    let mut tx = site.world.db.write().await.unwrap();
    let mut platform = tx.platform();
    let now = site.world.now();
    for (kind, most_attempts) in [("import", 1), ("sweep", 1)] {
        let tenant = (kind == "import").then_some(tenant);
        let job =
            NewJob { tenant, kind, payload: "of nobody's business", dedupe: None, run_at: 0, most_attempts };
        platform.enqueue(&job, now).await.unwrap();
    }
    let claim = platform.claim(now).await.unwrap().unwrap();
    platform.fail(&claim, "disk: full", true, now + 2_500_000).await.unwrap();
    tx.commit().await.unwrap();
    let page = site.get(&senior, "/staff/jobs").await;
    insta::assert_snapshot!("jobs_failed", page.outline());
    assert!(!page.body.contains("nobody's") && !page.body.contains("nobody&#39;s"), "no payload is shown");
    let id = claim.id;
    assert_eq!(
        site.post(&senior, &format!("/staff/jobs/{id}/retry"), &[]).await.to(),
        "/staff/jobs?state=queued&said=queued"
    );
    let again = site.post(&senior, &format!("/staff/jobs/{id}/retry"), &[]).await;
    assert!(again.status == StatusCode::CONFLICT && again.body.contains("no longer in that state"));
    let queued = site.get(&senior, "/staff/jobs?state=queued").await.outline();
    assert!(queued.contains("reading a file no. 1") && queued.contains("clearing up no. 2"), "{queued}");
    let of_kind = site.get(&senior, "/staff/jobs?state=queued&kind=sweep").await.outline();
    assert!(!of_kind.contains("reading a file no. 1") && of_kind.contains("clearing up no. 2"), "{of_kind}");
    assert_eq!(
        site.post(&senior, &format!("/staff/jobs/{id}/cancellation"), &[]).await.to(),
        "/staff/jobs?state=cancelled&said=cancelled"
    );
    let again = site.post(&senior, &format!("/staff/jobs/{id}/cancellation"), &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    for path in ["/staff/jobs/4711/retry", "/staff/jobs/4711/cancellation"] {
        assert_eq!(site.post(&senior, path, &[]).await.status, StatusCode::CONFLICT, "{path}");
    }
    assert_eq!(site.post(&senior, "/staff/jobs/x/retry", &[]).await.status, StatusCode::NOT_FOUND);
    for odd in ["state=lost", "kind=magic", "after=soon"] {
        let answer = site.get(&senior, &format!("/staff/jobs?{odd}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}");
    }
    assert_eq!(actions(&site).await, ["job.retry", "job.cancel"]);
    let as_staff = Actor::Staff(sita, StaffRole::SeniorOperations);
    assert_eq!(
        deeds_in(&site, tenant).await,
        [(as_staff, "job.retry".to_owned()), (as_staff, "job.cancel".to_owned())]
    );
}

#[tokio::test]
async fn many_jobs_are_paged_without_loss_or_repetition() {
    let site = site().await;
    let (senior, _) = site.staff("sita", StaffRole::SeniorOperations).await;
    let mut tx = site.world.db.write().await.unwrap();
    for nth in 0..120 {
        // Many have the same time.
        let job = NewJob {
            tenant: None,
            kind: "sweep",
            payload: "",
            dedupe: None,
            run_at: i64::MAX / 2 + nth / 40,
            most_attempts: 1,
        };
        tx.platform().enqueue(&job, site.world.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (mut at, mut seen, mut pages) =
        ("/staff/jobs?state=queued".to_owned(), std::collections::BTreeSet::new(), 0);
    loop {
        let page = site.get(&senior, &at).await;
        pages += 1;
        for id in page.body.split("/cancellation\"").filter_map(|part| part.rsplit("/staff/jobs/").next()) {
            if id.bytes().all(|byte| byte.is_ascii_digit()) {
                assert!(seen.insert(id.to_owned()), "{id} twice");
            }
        }
        let Some(next) = page.links("after=").pop() else { break };
        at = next;
    }
    assert_eq!((pages, seen.len()), (3, 120));
}

#[tokio::test]
async fn the_record_of_the_platform_is_searched_and_handed_out() {
    let (site, _, tenant) = with_business().await;
    let (admin, dev) = site.staff("dev", StaffRole::Administrator).await;
    insta::assert_snapshot!("record_none", site.get(&admin, "/staff/audit").await.outline());
    let (_, person) = site.staff("esha", StaffRole::Support).await;
    assign(&site, &admin, person, tenant).await;
    site.post(&admin, &format!("/staff/people/{person}/role"), &[("role", "account_manager")]).await;
    insta::assert_snapshot!("record", site.get(&admin, "/staff/audit").await.outline());
    let found = site
        .get(&admin, &format!("/staff/audit?action=staff.role&person={dev}&from=2026-10-08&to=2026-10-08"))
        .await;
    assert_eq!(
        found.outline().matches("dev (administrator of the platform)").count(),
        1,
        "{}",
        found.outline()
    );
    assert!(site.get(&admin, "/staff/audit?from=2026-10-09").await.body.contains("Nothing like this"));
    let file = site.get(&admin, "/staff/audit?format=csv").await;
    assert_eq!(file.file_name(), "platform_record_as-of-2026-10-08.csv");
    let table = file.table();
    assert_eq!(table.len(), 3);
    assert_eq!(table[1][4], "gave one of the staff another role");
}

#[tokio::test]
async fn nothing_typed_into_an_address_breaks_a_page_of_the_staff() {
    let (site, owner, tenant) = with_business().await;
    let (admin, dev) = site.staff("dev", StaffRole::Administrator).await;
    site.assign(dev, tenant, 30).await;
    let pages = [
        "/staff",
        "/staff/businesses",
        "/staff/people",
        "/staff/assignments",
        "/staff/review",
        "/staff/jobs",
        "/staff/audit",
    ];
    let names = [
        "format", "table", "state", "kind", "after", "before", "person", "business", "which", "action",
        "from", "to", "said",
    ];
    let values = [
        "x",
        "-1",
        "0",
        "9223372036854775807",
        "99999999999999999999",
        "9223372036854775807_9223372036854775807",
        "%00",
        "2026-02-31",
        "all",
        "csv",
        "%F0%9F%92%A9",
        "'; drop table staff; --",
    ];
    for name in names {
        for value in values {
            let value = value.replace(' ', "%20");
            for (visitor, page) in pages.iter().map(|page| (&admin, *page)).chain([(&owner, "/people/staff")])
            {
                let answer = site.get(visitor, &format!("{page}?{name}={value}")).await;
                let fine = [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST];
                assert!(fine.contains(&answer.status), "{page}?{name}={value}: {}", answer.status);
            }
        }
    }
}

#[tokio::test]
async fn lists_of_staff_and_assignments_are_handed_out_as_files() {
    let (site, owner, tenant) = with_business().await;
    let (admin, _) = site.staff("dev", StaffRole::Administrator).await;
    let (_, person) = site.staff("esha", StaffRole::Support).await;
    assign(&site, &admin, person, tenant).await;
    let people = site.get(&admin, "/staff/people?format=csv&table=staff").await;
    assert_eq!(people.file_name(), "platform_staff_as-of-2026-10-08.csv");
    assert_eq!(people.table()[1][..3], ["dev", "dev@platform.example", "administrator"]);
    for (visitor, path) in [(&admin, "/staff/assignments?format=csv"), (&owner, "/people/staff?format=csv")] {
        let table = site.get(visitor, path).await.table();
        assert_eq!(
            table[1][..5],
            ["esha", "support", "kurta-house", "Ticket 4711: closes September", "dev"],
            "{path}"
        );
        assert_eq!(table[1][5..7], ["2026-10-08", "2026-11-07"], "{path}");
    }
    let workbook = site.get(&admin, "/staff/review?format=xlsx").await;
    assert_eq!(workbook.file_name(), "platform_access-review_as-of-2026-10-08.xlsx");
}
