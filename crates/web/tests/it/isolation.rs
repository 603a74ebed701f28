//! Nobody changes what is not theirs to change. Nothing here names a page: the routes come from the router's source,
//! the forms from the pages themselves, filled in as its owner would see them. A new route that changes something is
//! tried by itself, or fails here until `shop` brings a business into the state in which a page offers its form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::support;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use ecom_store::{
    AuditFilter, MemberRole, NewJob, NewNotice, NewPasskey, NewPerson, NewSession, NewToken, PersonId,
    Purpose, StaffRole, Stage, TenantId,
};
use ecom_web::{Registration, Settings};
use ecom_work::{
    News,
    mail::{Address, Draft, Letter},
};
use jiff::SignedDuration;
use support::{
    Site, Visitor,
    forms::{Form, Pages, Route, routes},
    settlement, site_mailing,
};

/// For those who are not signed in, or want to be it no more: they have tests of their own in session.rs, access.rs, letters.rs and address.rs.
const OUTSIDE: [&str; 12] = [
    "/register",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/passkey",
    "/sign-in/passkey/answer",
    "/sign-out",
    "/invitations/{token}",
    "/reset",
    "/reset/{token}",
    "/address",
    "/address/{token}",
    "/staff/invitations/{token}",
];
/// What viewers may change: what they themselves see on the first page, and what is their own. Everybody may leave;
/// who may take out others is tested in access.rs.
const VIEWERS: [&str; 20] = [
    "/tiles",
    "/tiles/removal",
    "/account",
    "/account/password",
    "/account/email",
    "/account/email/confirmation",
    "/account/email/stop",
    "/account/sessions",
    "/account/codes",
    "/account/codes/confirmation",
    "/account/codes/recovery",
    "/account/codes/removal",
    "/account/passkeys",
    "/account/passkeys/confirmation",
    "/account/passkeys/{id}/removal",
    "/businesses/choice",
    "/notices/read",
    "/notices/{id}/read",
    "/settings/notices",
    "/people/{id}/removal",
];
/// Forms that pages offer only where something went wrong, or that a browser's script sends.
const RARE: [&str; 3] =
    ["/settings/tax/1/again", "/labels/rules/1/posting", "/account/passkeys/confirmation"];
/// What changes nothing of the business: what one has read, which business one looks at, codes not confirmed yet, a
/// passkey that is asked for and not made, a link that is sent again, a sheet of costs that is looked at and not accepted.
const UNRECORDED: [&str; 9] = [
    "/notices/read",
    "/notices/{id}/read",
    "/businesses/choice",
    "/account/codes",
    "/account/passkeys",
    "/account/passkeys/confirmation",
    "/account/email/confirmation",
    "/costs/sheet",
    "/costs/sheet/{id}/discard",
];
/// Pages that no page links to.
const UNLINKED: [&str; 3] = ["/healthz", "/assets/{name}", "/favicon.ico"];

/// The pages of the staff, and the least role that sees each.
const DESK: [(&str, StaffRole); 18] = [
    ("/staff", StaffRole::Support),
    ("/staff/businesses", StaffRole::Support),
    ("/staff/businesses/choice", StaffRole::Support),
    ("/staff/way-out", StaffRole::Support),
    ("/staff/people", StaffRole::Administrator),
    ("/staff/people/invitations", StaffRole::Administrator),
    ("/staff/people/invitations/removal", StaffRole::Administrator),
    ("/staff/people/{id}/role", StaffRole::Administrator),
    ("/staff/people/{id}/end", StaffRole::Administrator),
    ("/staff/assignments", StaffRole::SeniorOperations),
    ("/staff/assignments/{id}/end", StaffRole::SeniorOperations),
    ("/staff/review", StaffRole::Administrator),
    ("/staff/review/answers", StaffRole::Administrator),
    ("/staff/review/end", StaffRole::Administrator),
    ("/staff/jobs", StaffRole::SeniorOperations),
    ("/staff/jobs/{id}/retry", StaffRole::SeniorOperations),
    ("/staff/jobs/{id}/cancellation", StaffRole::SeniorOperations),
    ("/staff/audit", StaffRole::Administrator),
];
/// What of the staff's changes nothing of the platform: which business one looks at.
const UNRECORDED_DESK: [&str; 2] = ["/staff/businesses/choice", "/staff/way-out"];

/// The pages of one's own, which no business has to do with: their first parts.
const OWN: [&str; 4] = ["/account", "/businesses", "/sign-in", "/sign-out"];

/// A business in which every page has something to offer, and staff of the platform who may enter it.
struct Shop {
    site: Site,
    owner: Visitor,
    tenant: TenantId,
    pages: Pages,
    /// An administrator of the platform, who is in no business.
    admin: Visitor,
    /// What the staff's pages offer them.
    desk: Pages,
}

const OWNER: PersonId = PersonId(1);
/// Stands in every file, and so in lines, originals and settlements.
const MARKS: [&str; 2] = ["26000000003", "50001234567"];

async fn shop() -> Shop {
    // Browsers give passkeys to names alone.
    let settings = Settings::new("http://localhost:8080", Registration::First).unwrap().with_style_guide();
    let (site, _) = site_mailing(&settings).await;
    let (owner, tenant) = site.owner("kurta-house").await;
    moving(&site, &owner).await;
    let file = settlement(3, 300);
    site.import(&owner, "50001234567.txt", &file).await;
    // The same settlement once more, in a file whose name does not tell which is newer.
    site.import(&owner, "downloaded again.txt", &[&*file, b"\n"].concat()).await;
    let rent =
        [("name", "Rent"), ("category", "rent"), ("currency", "INR"), ("amount", "1800"), ("gst", "0")];
    let monthly = [("every", "monthly"), ("from", "2026-09-05"), ("last", "")];
    must(&site, &owner, "/expenses", &[&rent[..], &monthly].concat()).await;
    let sku = site.get(&owner, "/costs").await.link("/costs/product?sku=");
    let sku = sku.split_once("sku=").unwrap().1;
    let cost = [("sku", sku), ("from", "2026-09-01"), ("currency", "INR"), ("goods", "80")];
    must(&site, &owner, "/costs/product", &cost).await;
    unfollowed_tax_setting(&site, &owner).await;
    let shown = site.get(&owner, &format!("/products?q={sku}")).await.link("/products/");
    let stock = shown.split('?').next().unwrap().to_owned();
    let lost = [("fate", "lost"), ("units", "1"), ("day", "2026-09-20")];
    must(&site, &owner, &format!("{stock}/stock"), &lost).await;
    let sheet = sheet(&site, &owner).await;
    people(&site, &owner, tenant).await;
    tell(&site, tenant).await;
    let admin = staff(&site, tenant).await;
    let mut pages = Pages::default();
    let before = site.world.rows(None).await;
    let product = format!("/costs/product?sku={sku}");
    let change = "/settings/tax/change?credit=yes&from=2026-10-01";
    pages.walk(&site, &owner, &["/", "/styleguide", &sheet, &product, &stock, change]).await;
    assert_eq!(site.world.rows(None).await, before, "looking changes nothing");
    // What can be done can then be undone, and is offered no more: both are wanted.
    // Each form as it is when it is sent: it may say what was seen.
    for (done, page) in [("/settings/tax", "/settings/tax"), ("/labels/", "/labels"), ("/close/", "/close")] {
        let mut now = Pages::default();
        now.walk(&site, &owner, &[page]).await;
        let form = now.forms.iter().find(|form| form.action.starts_with(done));
        let answer = form.unwrap_or_else(|| panic!("no {done}")).send(&site, &owner, "same-origin").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{done}: {}", answer.outline());
        site.work().await;
        pages.walk(&site, &owner, &[page]).await;
    }
    passkey(&site).await;
    begin_codes(&site).await;
    pages.walk(&site, &owner, &["/account/passkeys", "/account/codes"]).await;
    confirm_codes(&site).await;
    pages.walk(&site, &owner, &["/account/codes"]).await;
    pages.forms.extend(RARE.map(Form::bare));
    let desk = desk(&site, &admin).await;
    Shop { site, owner, tenant, pages, admin, desk }
}

/// An administrator; another of the staff, both assigned; an open invitation; a job that waits.
async fn staff(site: &Site, tenant: TenantId) -> Visitor {
    let (admin, person) = site.staff("dev", StaffRole::Administrator).await;
    let (_, esha) = site.staff("esha", StaffRole::Support).await;
    site.assign(esha, tenant, 30).await;
    site.assign(person, tenant, 30).await;
    let invited = site
        .post(
            &admin,
            "/staff/people/invitations",
            &[("email", "farid@platform.example"), ("role", "support")],
        )
        .await;
    assert_eq!(invited.status, StatusCode::OK, "{}", invited.outline());
    let mut tx = site.world.db.write().await.unwrap();
    let later = site.world.now() + 3_600_000_000;
    let job = NewJob {
        tenant: Some(tenant),
        kind: "mail",
        payload: "0",
        dedupe: None,
        run_at: later,
        most_attempts: 1,
    };
    tx.platform().enqueue(&job, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
    admin
}

/// What the staff's pages offer: the review is finished only once all is answered.
async fn desk(site: &Site, admin: &Visitor) -> Pages {
    let mut desk = Pages::default();
    let before = site.world.rows(None).await;
    desk.walk(site, admin, &["/staff", "/staff/jobs?state=queued"]).await;
    assert_eq!(site.world.rows(None).await, before, "looking changes nothing");
    loop {
        let open = site.get(admin, "/staff/review").await;
        let Some(at) = open
            .body
            .find("<td role=\"cell\" class=\"wide\"><form method=\"post\" action=\"/staff/review/answers\"")
        else {
            break;
        };
        let field = |name: &str| {
            let rest = &open.body[at..];
            let start = rest.find(&format!("name=\"{name}\" value=\"")).unwrap() + name.len() + 15;
            rest[start..].split('"').next().unwrap().to_owned()
        };
        let form = [("kind", field("kind")), ("id", field("id")), ("answer", "keep".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        must(site, admin, "/staff/review/answers", &form).await;
    }
    desk.walk(site, admin, &["/staff/review"]).await;
    desk.forms.push(Form::bare("/staff/way-out"));
    desk
}

/// A notice, and a message on record.
async fn tell(site: &Site, tenant: TenantId) {
    let now = site.world.now();
    let news = News::MailFailed { message: 1 };
    let arguments = news.to_json().unwrap();
    let notice = NewNotice { cause: "mail-failed:1", kind: news.name(), arguments: &arguments };
    let to = Address::new("Meera Nair", "meera@example.org").unwrap();
    let letter = Letter::Test {};
    let draft =
        Draft { cause: "test:1", tenant: Some(tenant), person: None, to: &to, letter: &letter, token: None };
    let mut tx = site.world.db.write().await.unwrap();
    assert!(tx.scoped(tenant).await.unwrap().give_notice(OWNER, &notice, now).await.unwrap());
    draft.write(&mut tx.platform(), now).await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

async fn must(site: &Site, visitor: &Visitor, path: &str, form: &[(&str, &str)]) {
    let answer = site.post(visitor, path, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.outline());
}

/// Somebody else in the business, an open invitation, another session.
async fn people(site: &Site, owner: &Visitor, tenant: TenantId) {
    let invited =
        site.post(owner, "/people/invitations", &[("email", "chitra@example.in"), ("role", "viewer")]).await;
    assert_eq!(invited.status, StatusCode::OK, "{}", invited.outline());
    let mut tx = site.world.db.write().await.unwrap();
    let mut platform = tx.platform();
    let new = NewPerson { name: "Bela", email: "bela@example.in", phone: "1", password_hash: "none" };
    let bela = platform.add_person(&new, site.world.now()).await.unwrap();
    platform.add_member(tenant, bela, MemberRole::Viewer, site.world.now()).await.unwrap();
    let session =
        NewSession { id_hash: &[7; 32], person: OWNER, device: "", network: "", stage: Stage::Full };
    platform.open_session(&session, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// An address that is not confirmed, and is about to change.
async fn moving(site: &Site, owner: &Visitor) {
    let session: &[u8] = &owner.session();
    let mut tx = site.world.db.write().await.unwrap();
    let mut platform = tx.platform();
    platform.replace_email(OWNER, "asha@example.in", None, Some(session)).await.unwrap();
    for (hash, purpose) in [([1; 32], Purpose::LeaveEmail), ([2; 32], Purpose::NewEmail)] {
        let new = NewToken {
            hash: &hash,
            purpose,
            person: Some(OWNER),
            tenant: None,
            email: "asha@example.in",
            role: "",
            made_by: None,
        };
        platform.issue_token(&new, site.world.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A passkey of the owner.
async fn passkey(site: &Site) {
    let new = NewPasskey { id_hash: &[8; 32], handle: &[9; 16], name: "Phone", held: "{}" };
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().put_passkey(OWNER, &new, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn begin_codes(site: &Site) {
    let ring = site.world.keys().await.platform(site.world.now()).await.unwrap();
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().put_totp(&ring, OWNER, &[7; 20], site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn confirm_codes(site: &Site) {
    let mut tx = site.world.db.write().await.unwrap();
    tx.platform().confirm_totp(OWNER, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A tax setting whose job was given up.
async fn unfollowed_tax_setting(site: &Site, owner: &Visitor) {
    must(site, owner, "/settings/tax", &[("credit", "no"), ("from", "2026-09-10")]).await;
    let mut tx = site.world.db.write().await.unwrap();
    let claim = tx.platform().claim(site.world.now()).await.unwrap().unwrap();
    tx.platform().fail(&claim, "", false, site.world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A sheet of costs that waits to be accepted.
async fn sheet(site: &Site, owner: &Visitor) -> String {
    let mut form = Pages::default();
    form.walk(site, owner, &["/costs/sheet"]).await;
    let form = form.forms.into_iter().find(|form| form.action == "/costs/sheet").unwrap();
    form.send(site, owner, "same-origin").await.to().to_owned()
}

impl Shop {
    /// How many entries its audit log has.
    async fn recorded(&self) -> usize {
        let mut tx = self.site.world.db.read().await.unwrap();
        let mut books = tx.scoped(self.tenant).await.unwrap();
        books.audit_entries(&AuditFilter::default(), 1000).await.unwrap().len()
    }

    /// How many entries the platform's log has.
    async fn recorded_by_platform(&self) -> usize {
        let mut tx = self.site.world.db.read().await.unwrap();
        tx.platform().audit_entries(&AuditFilter::default(), 1000).await.unwrap().len()
    }

    /// Forms of routes that are not open to everybody, each with its route.
    fn forms(&self) -> Vec<(Route, Form)> {
        Self::with_routes(&self.pages)
    }

    /// Forms of the staff's pages; whoever is on them may sign out and go to their account as well.
    fn desk_forms(&self) -> Vec<(Route, Form)> {
        let mut forms = Self::with_routes(&self.desk);
        forms.retain(|(route, _)| route.path.starts_with("/staff"));
        forms
    }

    fn with_routes(pages: &Pages) -> Vec<(Route, Form)> {
        let routes: Vec<Route> = routes().into_iter().filter(|route| route.changes).collect();
        let of = |form: &Form| routes.iter().find(|route| route.takes(&form.action)).cloned();
        let found = pages.forms.iter().map(|form| {
            (
                of(form).unwrap_or_else(|| panic!("{} takes nothing, and a page sends to it", form.action)),
                form.clone(),
            )
        });
        found.filter(|(route, _)| !OUTSIDE.contains(&route.path.as_str())).collect()
    }
}

#[tokio::test]
async fn every_route_is_reached_from_the_first_page_by_links_and_forms() {
    let shop = shop().await;
    let mut missed = Vec::new();
    for route in routes() {
        let open = OUTSIDE.iter().chain(&UNLINKED).any(|path| *path == route.path);
        let (mut seen, mut forms) =
            (shop.pages.seen.iter().chain(&shop.desk.seen), shop.pages.forms.iter().chain(&shop.desk.forms));
        if route.shows && !open && !seen.any(|page| route.takes(page)) {
            missed.push(format!("no page links to {}", route.path));
        }
        if route.changes && !open && !forms.any(|form| route.takes(&form.action)) {
            missed.push(format!("no page offers the form of {}", route.path));
        }
    }
    assert_eq!(missed, Vec::<String>::new(), "bring `shop` into the state in which a page does");
}

#[tokio::test]
async fn a_viewer_is_refused_every_change_and_no_row_is_touched() {
    let shop = shop().await;
    shop.site.world.set_role(OWNER, "viewer").await;
    let (before, files) = (shop.site.world.rows(None).await, shop.site.spooled());
    let mut tried = BTreeSet::new();
    for (route, form) in shop.forms() {
        if VIEWERS.contains(&route.path.as_str()) {
            continue;
        }
        let answer = form.send(&shop.site, &shop.owner, "same-origin").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{form:?}");
        tried.insert(route.path);
    }
    assert!(tried.len() > 10, "{tried:?}");
    assert_eq!(shop.site.world.rows(None).await, before);
    assert_eq!(shop.site.spooled(), files);
    // Nor is a viewer offered what would be refused.
    let mut seen = Pages::default();
    seen.walk(&shop.site, &shop.owner, &["/", "/styleguide"]).await;
    let may = |action: &str| {
        let route = routes().into_iter().find(|route| route.takes(action));
        route.is_some_and(|route| OUTSIDE.iter().chain(&VIEWERS).any(|path| *path == route.path))
    };
    let offered: Vec<&String> =
        seen.forms.iter().map(|form| &form.action).filter(|action| !may(action)).collect();
    assert!(offered.is_empty(), "{offered:?}");
}

#[tokio::test]
async fn somebody_of_another_business_reaches_nothing_and_touches_no_row() {
    let shop = shop().await;
    let (stranger, _) = shop.site.owner("other-house").await;
    let before = shop.site.world.rows(Some(shop.tenant)).await;
    assert!(before.values().map(Vec::len).sum::<usize>() > 500, "the rows of the shop are looked at");
    for page in &shop.pages.seen {
        let object = routes().iter().any(|route| route.takes(page) && route.names_an_object());
        let answer = shop.site.get(&stranger, page).await;
        assert!(!object || answer.status == StatusCode::NOT_FOUND, "{page}: {}", answer.status);
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{page}");
        assert!(!MARKS.iter().any(|mark| answer.body.contains(mark)), "{page} tells of another's books");
    }
    // What may make something of the stranger's own comes last, so that no id fits by chance.
    let mut forms = shop.forms();
    forms.sort_by_key(|(route, _)| !route.names_an_object());
    for (route, form) in forms {
        let answer = form.send(&shop.site, &stranger, "same-origin").await;
        assert!(
            !route.names_an_object() || answer.status == StatusCode::NOT_FOUND,
            "{}: {form:?}",
            answer.status
        );
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{form:?}");
    }
    assert_eq!(shop.site.world.rows(Some(shop.tenant)).await, before);
}

#[tokio::test]
async fn without_a_session_or_from_another_site_nothing_is_changed() {
    let shop = shop().await;
    let before = shop.site.world.rows(None).await;
    for (_, form) in shop.forms() {
        let answer = form.send(&shop.site, &Visitor::default(), "same-origin").await;
        assert!(answer.status == StatusCode::SEE_OTHER && answer.to().starts_with("/sign-in"), "{form:?}");
        let answer = form.send(&shop.site, &shop.owner, "cross-site").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{form:?}");
    }
    for page in &shop.pages.seen {
        let answer = shop.site.get(&Visitor::default(), page).await;
        assert!(page == "/" || answer.to().starts_with("/sign-in"), "{page}: {}", answer.status);
    }
    assert_eq!(shop.site.world.rows(None).await, before);
}

/// Without this, the tests above could pass because the forms were none.
#[tokio::test]
async fn the_same_forms_do_change_something_when_the_owner_sends_them() {
    let shop = shop().await;
    let mut forms = shop.forms();
    // What takes an object away comes last, so that the others still have theirs.
    forms.sort_by_key(|(route, _)| {
        ["removal", "withdrawal", "discard", "undoing"].iter().any(|end| route.path.ends_with(end))
    });
    let (mut changed, mut all) = (BTreeSet::new(), BTreeSet::new());
    for (route, form) in forms {
        let before = (shop.site.world.rows(None).await, shop.site.spooled());
        let entries = shop.recorded().await;
        let answer = form.send(&shop.site, &shop.owner, "same-origin").await;
        let refused = [StatusCode::FORBIDDEN, StatusCode::INTERNAL_SERVER_ERROR].contains(&answer.status);
        assert!(!refused, "{}: {form:?}", answer.status);
        all.insert(route.path.clone());
        if before != (shop.site.world.rows(None).await, shop.site.spooled()) {
            let recorded = shop.recorded().await > entries || UNRECORDED.contains(&route.path.as_str());
            assert!(recorded || !answer.status.is_redirection(), "{} is not on record", route.path);
            changed.insert(route.path);
        }
    }
    let idle: Vec<_> = all.difference(&changed).collect();
    assert!(idle.len() * 3 < all.len(), "these change nothing: {idle:?}");
}

fn least(path: &str) -> StaffRole {
    let found = DESK.iter().find(|(route, _)| *route == path);
    found.unwrap_or_else(|| panic!("say in DESK who sees {path}")).1
}

/// The staff's pages that an address belongs to.
fn desk_route(address: &str) -> Option<Route> {
    let own = |route: &Route| route.path.starts_with("/staff") && !OUTSIDE.contains(&route.path.as_str());
    routes().into_iter().find(|route| own(route) && route.takes(address))
}

#[tokio::test]
async fn the_pages_of_the_staff_are_not_there_for_anybody_else() {
    let shop = shop().await;
    let (stranger, _) = shop.site.owner("other-house").await;
    // Bela, a viewer: the first person after the owner.
    let viewer = shop.site.sign_in(PersonId(2)).await;
    assert_eq!(shop.site.get(&viewer, "/people").await.status, StatusCode::OK);
    let before = shop.site.world.rows(None).await;
    let mut tried = BTreeSet::new();
    for (who, visitor) in [("owner", &shop.owner), ("viewer", &viewer), ("stranger", &stranger)] {
        for page in shop.desk.seen.iter().filter(|page| desk_route(page).is_some()) {
            assert_eq!(shop.site.get(visitor, page).await.status, StatusCode::NOT_FOUND, "{who}: {page}");
        }
        for (route, form) in shop.desk_forms() {
            let answer = form.send(&shop.site, visitor, "same-origin").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who}: {form:?}");
            tried.insert(route.path);
        }
    }
    for page in shop.desk.seen.iter().filter(|page| desk_route(page).is_some()) {
        assert!(shop.site.get(&Visitor::default(), page).await.to().starts_with("/sign-in"), "{page}");
    }
    for (_, form) in shop.desk_forms() {
        assert!(form.send(&shop.site, &Visitor::default(), "same-origin").await.to().starts_with("/sign-in"));
        let elsewhere = form.send(&shop.site, &shop.admin, "cross-site").await;
        assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "{form:?}");
    }
    assert_eq!(tried.len(), 12, "{tried:?}");
    assert_eq!(shop.site.world.rows(None).await, before);
}

#[tokio::test]
async fn each_role_of_the_staff_sees_its_own_pages_and_no_others() {
    let shop = shop().await;
    let mut visitors = Vec::new();
    for role in StaffRole::ALL {
        visitors.push((role, shop.site.staff(role.name(), role).await.0));
    }
    let before = shop.site.world.rows(None).await;
    for (role, visitor) in &visitors {
        let mut seen = 0;
        for page in &shop.desk.seen {
            let Some(route) = desk_route(page) else { continue };
            // Everybody may end their own, senior operations those of some: tested in staff.rs.
            if *role == StaffRole::SeniorOperations && route.path == "/staff/assignments/{id}/end" {
                continue;
            }
            let expected = if *role >= least(&route.path) { StatusCode::OK } else { StatusCode::NOT_FOUND };
            assert_eq!(shop.site.get(visitor, page).await.status, expected, "{role:?}: {page}");
            seen += 1;
        }
        assert!(seen > 10);
        for (route, form) in shop.desk_forms() {
            if *role < least(&route.path) {
                let answer = form.send(&shop.site, visitor, "same-origin").await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?}: {form:?}");
            }
        }
        // Nor are they offered what would be refused.
        let mut offered = Pages::default();
        offered.walk(&shop.site, visitor, &["/staff"]).await;
        for form in &offered.forms {
            let Some(route) = desk_route(&form.action) else { continue };
            assert!(*role >= least(&route.path), "{role:?} is offered {form:?}");
        }
    }
    assert_eq!(shop.site.world.rows(None).await, before);
}

#[tokio::test]
async fn without_an_assignment_that_holds_the_staff_reach_nothing_of_a_business() {
    let shop = shop().await;
    let site = &shop.site;
    let mut visitors = Vec::new();
    for role in StaffRole::ALL {
        let (unassigned, _) = site.staff(&format!("{}-1", role.name()), role).await;
        visitors.push(("unassigned", role, unassigned));
        for what in ["expired", "ended"] {
            let (visitor, person) = site.staff(&format!("{}-{what}", role.name()), role).await;
            let id = site.assign(person, shop.tenant, 1).await;
            site.enter(&visitor, id).await;
            assert_eq!(site.get(&visitor, "/statement").await.status, StatusCode::OK, "{role:?}");
            if what == "ended" {
                let mut tx = site.world.db.write().await.unwrap();
                tx.platform().end_assignment(id, None, site.world.now()).await.unwrap();
                tx.commit().await.unwrap();
            }
            visitors.push((what, role, visitor));
        }
    }
    site.world.clock.pass(SignedDuration::from_hours(23));
    for (_, _, visitor) in &visitors {
        // Their sessions go on: only the assignment has ended.
        site.get(visitor, "/staff").await;
        let token = visitor.cookie.as_ref().unwrap().split_once('=').unwrap().1;
        let id_hash: Vec<u8> = hash_of(token);
        let mut tx = site.world.db.write().await.unwrap();
        tx.platform().touch_session(&id_hash, site.world.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    site.world.clock.pass(SignedDuration::from_hours(1));
    let own = |path: &str| OWN.iter().any(|part| path.starts_with(part)) || path.starts_with("/staff");
    // One page and one form of each route: the door is the same for all.
    let mut met = BTreeSet::new();
    let of = |page: &str| routes().into_iter().find(|route| route.takes(page)).map(|route| route.path);
    let pages: Vec<&String> = shop.pages.seen.iter().filter(|page| met.insert(of(page))).collect();
    let mut forms = shop.forms();
    let mut met = BTreeSet::new();
    forms.retain(|(route, _)| met.insert(route.path.clone()));
    assert!(pages.len() > 40 && forms.len() > 25, "{} pages, {} forms", pages.len(), forms.len());
    let before = site.world.rows(None).await;
    for (what, role, visitor) in &visitors {
        for page in pages.iter().filter(|page| !own(page)) {
            let answer = site.get(visitor, page).await;
            let to_desk = page.split('?').next() == Some("/") && answer.to() == "/staff";
            assert!(
                to_desk || answer.status == StatusCode::NOT_FOUND,
                "{role:?} {what}: {page} {}",
                answer.status
            );
            assert!(!MARKS.iter().any(|mark| answer.body.contains(mark)), "{page}");
        }
        for (_, form) in forms.iter().filter(|(route, _)| !own(&route.path)) {
            let answer = form.send(site, visitor, "same-origin").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?} {what}: {form:?}");
        }
    }
    assert_eq!(site.world.rows(None).await, before);
}

fn hash_of(token: &str) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let bytes: Vec<u8> =
        (0..token.len()).step_by(2).map(|at| u8::from_str_radix(&token[at..at + 2], 16).unwrap()).collect();
    Sha256::digest(bytes).to_vec()
}

/// What owners alone see or do, and what is of members alone.
const MEMBERS_ALONE: [&str; 8] = [
    "/audit",
    "/settings/notices",
    "/people/invitations",
    "/people/invitations/removal",
    "/people/{id}/role",
    "/people/{id}/removal",
    "/people/staff/{id}/end",
    "/notices/{id}/read",
];

#[tokio::test]
async fn assigned_support_looks_and_changes_nothing() {
    let shop = shop().await;
    let (visitor, person) = shop.site.staff("gita", StaffRole::Support).await;
    let id = shop.site.assign(person, shop.tenant, 1).await;
    shop.site.enter(&visitor, id).await;
    assert!(shop.site.get(&visitor, "/").await.body.contains("You are here as support"));
    let (before, files) = (shop.site.world.rows(None).await, shop.site.spooled());
    let mut offered = Pages::default();
    offered.walk(&shop.site, &visitor, &["/"]).await;
    assert!(offered.seen.iter().any(|page| page.starts_with("/settlements/")), "they see the books");
    let of_business =
        |action: &str| !OWN.iter().any(|part| action.starts_with(part)) && !action.starts_with("/staff");
    let may: Vec<&String> =
        offered.forms.iter().map(|form| &form.action).filter(|action| of_business(action)).collect();
    // What a viewer keeps for themselves, such as periods of the first page, stands on pages and is refused.
    assert!(
        may.iter().all(|action| action.starts_with("/tiles") || action.starts_with("/notices")),
        "{may:?}"
    );
    for (_, form) in shop.forms().into_iter().filter(|(route, _)| of_business(&route.path)) {
        let answer = form.send(&shop.site, &visitor, "same-origin").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{form:?}");
    }
    for page in &shop.pages.seen {
        let alone =
            routes().iter().any(|route| MEMBERS_ALONE.contains(&route.path.as_str()) && route.takes(page));
        let status = shop.site.get(&visitor, page).await.status;
        assert!(!alone || status == StatusCode::NOT_FOUND, "{page}: {status}");
    }
    assert_eq!(shop.site.world.rows(None).await, before);
    assert_eq!(shop.site.spooled(), files);
}

#[tokio::test]
async fn assigned_managers_work_in_the_books_marked_as_staff_and_leave_members_alone() {
    let shop = shop().await;
    let mut forms = shop.forms();
    forms.retain(|(route, _)| !OWN.iter().any(|part| route.path.starts_with(part)));
    let (alone, work): (Vec<_>, Vec<_>) =
        forms.into_iter().partition(|(route, _)| MEMBERS_ALONE.contains(&route.path.as_str()));
    let roles = [StaffRole::Administrator, StaffRole::SeniorOperations, StaffRole::AccountManager];
    let mut last = None;
    for role in roles {
        let (visitor, person) = shop.site.staff(role.name(), role).await;
        let id = shop.site.assign(person, shop.tenant, 1).await;
        shop.site.enter(&visitor, id).await;
        shop.site.get(&visitor, "/statement").await;
        let before = shop.site.world.rows(None).await;
        for (_, form) in &alone {
            let answer = form.send(&shop.site, &visitor, "same-origin").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?}: {form:?}");
        }
        assert_eq!(shop.site.world.rows(None).await, before);
        last = Some((visitor, ecom_store::Actor::Staff(person, role)));
    }
    let (visitor, actor) = last.unwrap();
    let entries = shop.recorded().await;
    for (_, form) in work {
        let answer = form.send(&shop.site, &visitor, "same-origin").await;
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{form:?}");
    }
    let mut tx = shop.site.world.db.read().await.unwrap();
    let mut books = tx.scoped(shop.tenant).await.unwrap();
    let found = books.audit_entries(&AuditFilter::default(), 1000).await.unwrap();
    let new = &found[..found.len() - entries];
    assert!(new.len() > 10, "they worked");
    assert!(new.iter().all(|entry| entry.actor == actor), "{new:?}");
}

#[tokio::test]
async fn the_forms_of_the_staff_do_change_something_when_an_administrator_sends_them() {
    let shop = shop().await;
    let mut forms = shop.desk_forms();
    forms.sort_by_key(|(route, _)| {
        (
            route.path == "/staff/people/{id}/role",
            route.path.ends_with("end"),
            route.path.ends_with("removal"),
        )
    });
    let (mut changed, mut all) = (BTreeSet::new(), BTreeSet::new());
    for (route, form) in forms {
        let before = shop.site.world.rows(None).await;
        let entries = shop.recorded_by_platform().await;
        let answer = form.send(&shop.site, &shop.admin, "same-origin").await;
        let refused = [StatusCode::FORBIDDEN, StatusCode::INTERNAL_SERVER_ERROR].contains(&answer.status);
        assert!(!refused, "{}: {form:?}", answer.status);
        all.insert(route.path.clone());
        if before != shop.site.world.rows(None).await {
            let unrecorded = UNRECORDED_DESK.contains(&route.path.as_str());
            assert!(
                unrecorded || shop.recorded_by_platform().await > entries,
                "{} is not on record",
                route.path
            );
            changed.insert(route.path);
        }
    }
    let idle: Vec<_> = all.difference(&changed).collect();
    assert!(idle.len() * 3 < all.len(), "these change nothing: {idle:?}");
}
