//! Nobody changes what is not theirs to change. Nothing here names a page: the routes come from the router's source,
//! the forms from the pages themselves, filled in as its owner would see them. A new route that changes something is
//! tried by itself, or fails here until `shop` brings a business into the state in which a page offers its form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use ecom_store::{
    AuditFilter, MemberRole, NewNotice, NewPerson, NewSession, NewToken, PersonId, Purpose, Stage, TenantId,
};
use ecom_web::Registration;
use ecom_work::{
    News,
    mail::{Address, Draft, Letter},
};
use support::{
    Site, Visitor,
    forms::{Form, Pages, Route, routes},
    settlement, site_with_mail,
};

/// For those who are not signed in, or want to be it no more: they have tests of their own in session.rs, access.rs, letters.rs and address.rs.
const OUTSIDE: [&str; 9] = [
    "/register",
    "/sign-in",
    "/sign-in/code",
    "/sign-out",
    "/invitations/{token}",
    "/reset",
    "/reset/{token}",
    "/address",
    "/address/{token}",
];
/// What viewers may change: what they themselves see on the first page, and what is their own. Everybody may leave;
/// who may take out others is tested in access.rs.
const VIEWERS: [&str; 17] = [
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
    "/businesses/choice",
    "/notices/read",
    "/notices/{id}/read",
    "/settings/notices",
    "/people/{id}/removal",
];
/// Forms that pages offer only where something went wrong.
const RARE: [&str; 2] = ["/settings/tax/1/again", "/labels/rules/1/posting"];
/// What changes nothing of the business: what one has read, which business one looks at, codes not confirmed yet, a
/// link that is sent again, a sheet of costs that is looked at and not accepted.
const UNRECORDED: [&str; 7] = [
    "/notices/read",
    "/notices/{id}/read",
    "/businesses/choice",
    "/account/codes",
    "/account/email/confirmation",
    "/costs/sheet",
    "/costs/sheet/{id}/discard",
];
/// Pages that no page links to.
const UNLINKED: [&str; 3] = ["/healthz", "/assets/{name}", "/favicon.ico"];

/// A business in which every page has something to offer.
struct Shop {
    site: Site,
    owner: Visitor,
    tenant: TenantId,
    pages: Pages,
}

const OWNER: PersonId = PersonId(1);
/// Stands in every file, and so in lines, originals and settlements.
const MARKS: [&str; 2] = ["26000000003", "50001234567"];

async fn shop() -> Shop {
    let (site, _) = site_with_mail(Registration::First).await;
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
    begin_codes(&site).await;
    pages.walk(&site, &owner, &["/account/codes"]).await;
    confirm_codes(&site).await;
    pages.walk(&site, &owner, &["/account/codes"]).await;
    pages.forms.extend(RARE.map(Form::bare));
    Shop { site, owner, tenant, pages }
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

    /// Forms of routes that are not open to everybody, each with its route.
    fn forms(&self) -> Vec<(Route, Form)> {
        let routes: Vec<Route> = routes().into_iter().filter(|route| route.changes).collect();
        let of = |form: &Form| routes.iter().find(|route| route.takes(&form.action)).cloned();
        let found = self.pages.forms.iter().map(|form| {
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
        if route.shows && !open && !shop.pages.seen.iter().any(|page| route.takes(page)) {
            missed.push(format!("no page links to {}", route.path));
        }
        if route.changes && !open && !shop.pages.forms.iter().any(|form| route.takes(&form.action)) {
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
