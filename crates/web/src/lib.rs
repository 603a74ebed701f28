//! Pages, sessions, uploads: what a person meets in the browser.
//!
//! Plain forms first (POST → 303 → GET); script only adds to them. Every handler asks for a `Seat` and reaches a
//! tenant's tables through it alone. Everything is served from the binary, and nothing is loaded from elsewhere.

mod account;
mod address;
mod app;
mod asset;
mod audit;
mod book;
mod business;
mod chart;
mod close;
mod compression;
mod consent;
mod cost;
mod difference;
mod download;
mod entry;
mod expense;
mod factor;
mod fault;
mod figure;
mod file;
mod frame;
mod health;
mod home;
mod label;
mod limit;
mod line;
mod member;
mod message;
mod moment;
mod money;
mod network;
mod notice;
mod page;
mod params;
#[cfg(feature = "passkeys")]
mod passkey;
#[cfg(not(feature = "passkeys"))]
#[path = "passkey_off.rs"]
mod passkey;
mod patience;
mod period;
mod post;
mod product;
mod random;
mod reset;
mod scope;
mod scope_bar;
mod search;
mod seat;
mod session;
mod settlement;
mod shield;
mod staff;
mod statement;
mod styleguide;
mod tax_setting;
mod telemetry;
mod trend;
mod upload;
mod words;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};

use app::App;
pub use app::{Registration, Server, Settings, SettingsError};
use fault::Fault;
pub use limit::{Limits, LimitsError};
pub use network::{Block, BlockError, Proxies};
pub use session::{hash_password, random_password};

/// Longest body of a plain form in bytes.
const MOST_FORM_BYTES: usize = 64 * 1024;

fn style_guide(router: Router<App>) -> Router<App> {
    router
        .route("/styleguide", get(styleguide::show))
        .route("/styleguide/mail", get(styleguide::mail::list))
        .route("/styleguide/mail/{sample}", get(styleguide::mail::show))
}

/// All routes. Requests are to carry a `ConnectInfo<SocketAddr>`: they are counted by address and network.
#[allow(clippy::too_many_lines, reason = "one line for each route")]
pub fn router(server: Server) -> Router {
    let app = App::new(server);
    let begun = if app.settings.has_style_guide() { style_guide(Router::new()) } else { Router::new() };
    passkeys(links(books(desk(begun))))
        .route("/", get(home::show))
        .route("/tiles", post(home::add))
        .route("/tiles/removal", post(home::remove))
        .route("/healthz", get(health::show))
        .route("/assets/{name}", get(asset::show))
        .route("/favicon.ico", get(asset::icon))
        .route("/register", get(account::new).post(account::create))
        .route("/sign-in", get(session::new).post(session::create))
        .route("/sign-in/code", get(factor::sign_in::new).post(factor::sign_in::create))
        .route("/sign-out", post(session::delete))
        .route("/statement", get(statement::show))
        .route("/notices", get(notice::list::list))
        .route("/notices/read", post(notice::list::read_all))
        .route("/notices/{id}/read", post(notice::list::read))
        .route("/settings/notices", get(consent::show).post(consent::save))
        .route("/messages", get(message::list))
        .route("/messages/{id}", get(message::show))
        .route("/lines", get(line::list))
        .route("/products", get(product::list))
        .route("/best-products", get(product::best))
        .route("/products/{sku}", get(product::show))
        .route("/products/{sku}/stock", post(product::add_stock))
        .route("/products/{sku}/stock/{event}/removal", get(product::ask_stock).post(product::remove_stock))
        .route("/trends", get(trend::show))
        .route("/difference", get(difference::show))
        .route("/account", get(account::show::show).post(account::show::save))
        .route("/account/password", post(account::show::change_password))
        .route("/account/email", get(account::email::show).post(account::email::save))
        .route("/account/email/confirmation", post(account::email::confirm))
        .route("/account/email/stop", post(account::email::stop))
        .route("/account/sessions", post(account::show::end_session))
        .route("/account/codes", get(factor::setup::show).post(factor::setup::create))
        .route("/account/codes/confirmation", post(factor::setup::confirm))
        .route("/account/codes/recovery", post(factor::setup::renew))
        .route("/account/codes/removal", get(factor::setup::ask_removal).post(factor::setup::remove))
        .route("/audit", get(audit::list))
        .route("/businesses", get(business::list))
        .route("/businesses/choice", post(business::choose))
        .route("/invitations/{token}", get(member::invitation::show).post(member::invitation::accept))
        .route("/people", get(member::list))
        .route("/people/invitations", post(member::invite))
        .route("/people/invitations/removal", post(member::revoke))
        .route("/people/staff", get(member::staff::list))
        .route("/people/staff/{id}/end", get(member::staff::ask_end).post(member::staff::end))
        .route("/people/{id}/role", post(member::change_role))
        .route("/people/{id}/ownership", get(member::ownership::ask).post(member::ownership::give))
        .route("/people/{id}/removal", get(member::removal::ask).post(member::removal::remove))
        .route("/settlements", get(settlement::list))
        .route("/settlements/{key}", get(settlement::show))
        .route("/settlements/{key}/choice", post(settlement::choose))
        .route("/settlements/{key}/lines", get(search::of_settlement))
        .route("/search", get(search::show))
        .route("/labels", get(label::list))
        .route("/labels/{id}", get(label::show))
        .route("/labels/{id}/rule", get(label::preview).post(label::create))
        .route("/labels/rules/{id}/undo", get(label::ask_undo).post(label::create_undo))
        .route("/labels/rules/{id}/posting", post(label::again))
        .route("/costs", get(cost::list))
        .route("/costs/template.csv", get(cost::csv))
        .route("/costs/template.xlsx", get(cost::xlsx))
        .route("/costs/product", get(cost::show).post(cost::save))
        .route("/costs/removal", get(cost::ask).post(cost::remove))
        .route(
            "/costs/sheet",
            get(cost::new_sheet).post(cost::receive).layer(DefaultBodyLimit::max(cost::MOST_FORM_BYTES)),
        )
        .route("/costs/sheet/{id}", get(cost::preview).post(cost::accept))
        .route("/costs/sheet/{id}/discard", post(cost::discard))
        .route("/expenses", get(expense::list).post(expense::create))
        .route("/expenses/{id}/end", get(expense::ask_end).post(expense::end))
        .route("/expenses/{id}/removal", get(expense::ask_removal).post(expense::remove))
        .route("/close", get(close::list))
        .route("/close/{month}/{currency}", get(close::show).post(close::create))
        .route("/close/{month}/{currency}/reopening", post(close::reopen))
        .route("/settings/business", get(business::profile::show).post(business::profile::save))
        .route("/settings/tax", get(tax_setting::show).post(tax_setting::create))
        .route("/settings/tax/change", get(tax_setting::preview))
        .route("/settings/tax/{id}/undoing", get(tax_setting::ask).post(tax_setting::undo))
        .route("/settings/tax/{id}/again", post(tax_setting::again))
        // The limit of a form is not that of a file: receiving counts for itself.
        .route("/uploads", get(upload::list).post(upload::create).layer(DefaultBodyLimit::disable()))
        .route("/uploads/{id}", get(upload::show))
        .route("/files/{id}/withdrawal", get(file::ask).post(file::withdraw))
        .fallback(async || Fault::Missing)
        .method_not_allowed_fallback(async || Fault::Missing)
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES))
        .layer(middleware::from_fn(patience::limit))
        .layer(middleware::from_fn(session::renewal))
        .layer(middleware::from_fn(shield::same_origin))
        .layer(compression::layer())
        .layer(middleware::from_fn(compression::only_for_this_site))
        .layer(middleware::from_fn_with_state(app.clone(), limit::check))
        .layer(middleware::from_fn_with_state(app.clone(), shield::headers))
        .layer(middleware::from_fn(telemetry::observe))
        .with_state(app)
}

/// The routes of passkeys.
#[cfg(feature = "passkeys")]
fn passkeys(router: Router<App>) -> Router<App> {
    router
        .route("/account/passkeys", get(passkey::setup::show).post(passkey::setup::create))
        .route("/account/passkeys/confirmation", post(passkey::setup::confirm))
        .route(
            "/account/passkeys/{id}/removal",
            get(passkey::setup::ask_removal).post(passkey::setup::remove),
        )
        .route("/sign-in/passkey", post(passkey::sign_in::ask))
        .route("/sign-in/passkey/answer", post(passkey::sign_in::create))
}

#[cfg(not(feature = "passkeys"))]
fn passkeys(router: Router<App>) -> Router<App> {
    router
}

/// The routes that mails lead to.
fn links(router: Router<App>) -> Router<App> {
    router
        .route("/address", get(address::told))
        .route("/address/{token}", get(address::show).post(address::save))
        .route("/reset", get(reset::new).post(reset::create))
        .route("/reset/{token}", get(reset::show).post(reset::save))
}

/// The routes of the platform's staff.
fn desk(router: Router<App>) -> Router<App> {
    router
        .route("/staff", get(staff::show))
        .route("/staff/businesses", get(staff::business::list))
        .route("/staff/businesses/choice", post(staff::business::enter))
        .route("/staff/way-out", post(staff::business::leave))
        .route("/staff/people", get(staff::person::list))
        .route("/staff/people/invitations", post(staff::person::add))
        .route("/staff/people/invitations/removal", post(staff::person::revoke))
        .route("/staff/people/{id}/role", post(staff::person::change_role))
        .route("/staff/people/{id}/end", get(staff::person::ask_end).post(staff::person::end))
        .route("/staff/invitations/{token}", get(staff::invitation::show).post(staff::invitation::accept))
        .route("/staff/assignments", get(staff::assignment::list).post(staff::assignment::create))
        .route("/staff/assignments/{id}/end", get(staff::assignment::ask_end).post(staff::assignment::end))
        .route("/staff/review", get(staff::review::show))
        .route("/staff/review/answers", get(staff::review::ask_end).post(staff::review::answer))
        .route("/staff/review/end", post(staff::review::finish))
        .route("/staff/jobs", get(staff::job::list))
        .route("/staff/jobs/{id}/retry", post(staff::job::retry))
        .route("/staff/jobs/{id}/cancellation", post(staff::job::cancel))
        .route("/staff/audit", get(audit::list_of_platform))
}

/// The routes of the books.
fn books(router: Router<App>) -> Router<App> {
    router
        .route("/books", get(book::show))
        .route("/books/rules", post(book::keep))
        .route("/books/payouts", get(book::payouts).post(book::save_payouts))
        .route(
            "/books/payouts/sheet",
            post(book::receive_payouts).layer(DefaultBodyLimit::max(book::MOST_FORM_BYTES)),
        )
        .route("/books/ledgers", get(book::ledgers).post(book::save_ledgers))
        .route("/books/held", get(book::held))
        .route("/books/tcs", get(book::tcs))
        .route("/books/tds", get(book::tds))
        .route("/books/gst", get(book::gst))
}
