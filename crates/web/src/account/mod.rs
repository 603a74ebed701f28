//! Registering: a person and the business they act for. The first person becomes its owner. And one's own account.

pub(crate) mod email;
pub(crate) mod own;
pub(crate) mod proof;
pub(crate) mod show;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use ecom_gst::{Gstin, GstinKind, State as Place};
use ecom_store::{Action, Doer, Registration as NewPerson, taken_field};

use crate::{
    address,
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::Frame,
    network::Network,
    page,
    seat::Visitor,
    session::{self, PasswordPolicy, Quota, may_register},
    words::sentence,
};

#[derive(Template)]
#[template(path = "account/new.html")]
struct RegisterPage {
    frame: Frame,
    person: Vec<Field>,
    business: Vec<Field>,
    agree: Field,
    wrong: bool,
}

impl RegisterPage {
    fn of(entry: &Entry) -> Self {
        Self {
            frame: Frame::outside("Create your account"),
            person: vec![
                entry.field("name", "Your name").complete("name"),
                entry.field("email", "E-mail address").kind("email").complete("email"),
                entry.field("phone", "Phone number").kind("tel").complete("tel"),
                PasswordPolicy::Customer.field(entry, "password", "Password"),
            ],
            business: business_fields(entry),
            agree: entry.field("agree", "I act for a business and am 18 or older").kind("check"),
            wrong: !entry.is_good(),
        }
    }
}

/// What a business says about itself.
pub(crate) fn business_fields(entry: &Entry) -> Vec<Field> {
    let states = Place::billing().map(|state| (state.code().to_owned(), state.name().to_owned()));
    let choose = [(String::new(), "Choose a State".to_owned())];
    vec![
        entry.field("business", "Name of the business").complete("organization"),
        entry.field("state", "Billing State").choice(choose.into_iter().chain(states)),
        entry.field("gstin", "GSTIN").optional().hint("15 characters, as on the registration certificate."),
    ]
}

/// What was typed, checked.
struct Checked {
    name: String,
    email: String,
    phone: String,
    password: String,
    business: String,
    state: String,
    gstin: Option<String>,
}

/// The form for registering.
pub(crate) async fn new(State(app): State<App>, Visitor(signed): Visitor) -> Page {
    if signed.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    allowed(&app).await?;
    page::show(&RegisterPage::of(&Entry::default()))
}

/// Registers, and signs in.
pub(crate) async fn create(
    State(app): State<App>,
    network: Network,
    headers: HeaderMap,
    mut entry: Entry,
) -> Page {
    allowed(&app).await?;
    let checked = check(&mut entry);
    if !entry.is_good() {
        return page::show_as(StatusCode::UNPROCESSABLE_ENTITY, &RegisterPage::of(&entry));
    }
    let hash = app.passwords().hash(checked.password.clone()).await?;
    let now = app.now();
    let mut tx = app.db.write().await?;
    tx.platform().lock_registration().await?;
    // Asked again inside the transaction: two first people may have typed at the same time.
    if app.settings.registration() == crate::Registration::First && tx.platform().has_business().await? {
        return Err(closed());
    }
    let registered = tx.platform().register(&checked.person(&hash), now).await;
    let (person, tenant) = match registered {
        Ok(ids) => ids,
        Err(error) if taken_field(&error) == Some("email") => {
            entry.refuse("email", "There is an account with this address already. Sign in instead.");
            return page::show_as(StatusCode::UNPROCESSABLE_ENTITY, &RegisterPage::of(&entry));
        }
        Err(error) => return Err(error.into()),
    };
    // The key exists before anybody can see the business.
    app.keys.create(tenant, now).await?;
    let doer = Doer::person(person, network.to_string());
    tx.scoped(tenant).await?.audit(&doer, Action::CreateBusiness, "", now).await?;
    // Counted like those that are asked for later, and never refused: it is the first of the person.
    Quota::of_address(person, &checked.email).take(&mut tx.platform(), now).await?;
    address::ask(&app, &mut tx.platform(), person, (&checked.name, &checked.email)).await?;
    tx.commit().await?;
    session::welcome(&app, (person, &hash), &headers, network, "/").await
}

impl Checked {
    fn person<'a>(&'a self, password_hash: &'a str) -> NewPerson<'a> {
        NewPerson {
            name: &self.name,
            email: &self.email,
            phone: &self.phone,
            password_hash,
            business: &self.business,
            billing_state: &self.state,
            gstin: self.gstin.as_deref(),
        }
    }
}

fn check(entry: &mut Entry) -> Checked {
    let name = check_name(entry);
    let email = check_email(entry);
    let phone = check_phone(entry);
    let password = entry.raw("password").to_owned();
    if let Some(words) = PasswordPolicy::Customer.fault(&password, &[&name, &email, entry.raw("business")]) {
        entry.refuse("password", words);
    }
    let business = check_business(entry);
    let state = check_state(entry);
    let gstin = check_gstin(entry, state);
    if entry.raw("agree").is_empty() {
        entry.refuse("agree", "Accounts are for businesses, held by adults.");
    }
    let state = state.map_or("", Place::code).to_owned();
    Checked { name, email, phone, password, business, state, gstin }
}

pub(crate) fn check_name(entry: &mut Entry) -> String {
    entry.text("name", 120, "Type your name.")
}

pub(crate) fn check_email(entry: &mut Entry) -> String {
    let email = entry.text("email", 254, "Type an e-mail address.");
    if !email.is_empty() && !is_email(&email) {
        entry.refuse("email", "An e-mail address looks like asha@example.in.");
    }
    email
}

pub(crate) fn check_phone(entry: &mut Entry) -> String {
    let phone = entry.text("phone", 30, "Type a phone number.");
    if !phone.is_empty() && !is_phone(&phone) {
        entry.refuse("phone", "Digits with the country code, such as +91 98765 43210.");
    }
    phone
}

pub(crate) fn check_business(entry: &mut Entry) -> String {
    entry.text("business", 200, "Type the name of the business.")
}

pub(crate) fn check_state(entry: &mut Entry) -> Option<Place> {
    let chosen = entry.raw("state").to_owned();
    let state = Place::billing().find(|state| state.code() == chosen);
    if state.is_none() {
        entry.refuse("state", "Choose the State that invoices to you are for.");
    }
    state
}

pub(crate) fn check_gstin(entry: &mut Entry, state: Option<Place>) -> Option<String> {
    let typed = entry.optional("gstin", 40);
    if typed.is_empty() {
        return None;
    }
    match typed.parse::<Gstin>() {
        Err(error) => entry.refuse("gstin", sentence(&error.to_string())),
        Ok(gstin) => {
            let other =
                gstin.kind() == GstinKind::Taxpayer && state.is_some_and(|state| state != gstin.state());
            if !other {
                return Some(gstin.as_str().to_owned());
            }
            let words = format!(
                "This GSTIN is registered in {}. Choose that State, or the GSTIN of the other one.",
                gstin.state().name()
            );
            entry.refuse("gstin", words);
        }
    }
    None
}

/// Enough to catch slips; whether mail arrives is found out by sending one.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = !text.chars().any(|letter| letter.is_whitespace() || "<>,;\"()".contains(letter));
    let labels = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
    plain && labels && !local.is_empty() && !local.contains('@')
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.chars().all(|letter| letter.is_ascii_digit() || " +-()".contains(letter));
    plain && (7..=15).contains(&digits)
}

async fn allowed(app: &App) -> Page<()> {
    if may_register(app).await? { Ok(()) } else { Err(closed()) }
}

fn closed() -> Fault {
    Fault::Denied("Registration is closed on this server. Ask its owner to invite you.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    ecom_vault::lacks!(Checked => std::fmt::Debug);

    #[test]
    fn slips_in_addresses_and_numbers_are_caught() {
        for good in ["asha@example.in", "a.b+c@mail.example.co.in", "आशा@example.in"] {
            assert!(is_email(good), "{good}");
        }
        for wrong in [
            "asha",
            "asha@",
            "@example.in",
            "asha@example",
            "a b@example.in",
            "a@b@example.in",
            "a@example..in",
        ] {
            assert!(!is_email(wrong), "{wrong}");
        }
        assert!(is_phone("+91 98765-43210") && is_phone("(022) 2345 6789"));
        assert!(!is_phone("call me") && !is_phone("12345") && !is_phone("+91 98765 43210 98765"));
    }

    #[test]
    fn a_gstin_must_be_of_the_billing_state() {
        let typed = |state: &str, gstin: &str| {
            let mut entry = Entry::with(&[("state", state), ("gstin", gstin)]);
            let state = check_state(&mut entry);
            (check_gstin(&mut entry, state), entry.error("gstin").unwrap_or_default().to_owned())
        };
        assert_eq!(typed("27", "27aapfu0939f1zv"), (Some("27AAPFU0939F1ZV".into()), String::new()));
        assert!(typed("29", "27AAPFU0939F1ZV").1.contains("registered in Maharashtra"));
        assert!(typed("27", "27AAPFU0939F1ZX").1.contains("last character should be `V`"));
        assert_eq!(typed("27", " "), (None, String::new()));
    }
}
