//! The businesses that one is in, and turning to another of them.

pub(crate) mod profile;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use ecom_store::{OwnBusiness, TenantId};

use crate::{
    app::App,
    entry::Entry,
    fault::{Fault, Page},
    frame::Frame,
    member::role_words,
    page,
    seat::{Me, Visitor},
};

#[derive(Template)]
#[template(path = "business/list.html")]
struct BusinessesPage {
    frame: Frame,
    name: String,
    email: String,
    rows: Vec<BusinessRow>,
    staff: bool,
}

struct BusinessRow {
    id: TenantId,
    name: String,
    role: &'static str,
    here: bool,
}

/// The list.
pub(crate) async fn list(State(app): State<App>, me: Me, Visitor(signed): Visitor) -> Page {
    let mut tx = app.db.read().await?;
    let businesses = tx.platform().businesses_of(me.person.person).await?;
    let staff = tx.platform().standing(me.person.person).await?.is_some();
    drop(tx);
    let here = signed.map(|signed| signed.tenant);
    let row = |own: OwnBusiness| BusinessRow {
        here: here == Some(own.tenant),
        id: own.tenant,
        name: own.name,
        role: role_words(own.role),
    };
    page::show(&BusinessesPage {
        frame: Frame::outside("Your businesses"),
        name: me.person.name,
        email: me.person.email,
        staff,
        rows: businesses.into_iter().map(row).collect(),
    })
}

/// Turns to a business.
pub(crate) async fn choose(State(app): State<App>, me: Me, entry: Entry) -> Page {
    let tenant: TenantId = entry.raw("business").parse().map_err(|_| Fault::Missing)?;
    let mut tx = app.db.write().await?;
    tx.platform().switch_session(&me.session, tenant).await?;
    tx.commit().await?;
    Ok(Redirect::to("/").into_response())
}
