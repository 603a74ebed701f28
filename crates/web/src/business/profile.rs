//! What a business says about itself: name, State, GSTIN; for its owners.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use ecom_gst::State as Place;
use ecom_store::{Action, BusinessProfile};

use crate::{
    account::{business_fields, check_business, check_gstin, check_state},
    app::App,
    entry::{Entry, Field},
    fault::{Fault, Page},
    frame::{Frame, Here},
    page,
    params::Params,
    seat::{Owner, Seat},
};

#[derive(Template)]
#[template(path = "business/profile.html")]
struct ProfilePage {
    frame: Frame,
    said: bool,
    wrong: bool,
    fields: Vec<Field>,
    /// Whether GST on fees is claimed back where no tax setting says otherwise.
    claimed: bool,
}

/// The page.
pub(crate) async fn show(State(app): State<App>, seat: Seat<Owner>, params: Params) -> Page {
    let profile = app.db.read().await?.platform().business_profile(seat.tenant()).await?;
    let profile = profile.ok_or(Fault::Missing)?;
    let gstin = profile.gstin.as_deref().unwrap_or_default();
    let entry =
        Entry::with(&[("business", &profile.name), ("state", &profile.billing_state), ("gstin", gstin)]);
    shown(&app, &seat, &entry, params.one("said") == Some("saved"), StatusCode::OK).await
}

/// Saves it, after the checks of registration.
pub(crate) async fn save(State(app): State<App>, seat: Seat<Owner>, mut entry: Entry) -> Page {
    let (name, state) = (check_business(&mut entry), check_state(&mut entry));
    let gstin = check_gstin(&mut entry, state);
    if !entry.is_good() {
        return shown(&app, &seat, &entry, false, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let billing_state = state.map_or("", Place::code).to_owned();
    let mut tx = app.db.write().await?;
    tx.platform()
        .set_business_profile(seat.tenant(), &BusinessProfile { name, billing_state, gstin })
        .await?;
    let mut books = seat.books(&mut tx).await?;
    seat.audit(&app, &mut books, Action::ChangeBusiness, "settings/business").await?;
    tx.commit().await?;
    Ok(Redirect::to("/settings/business?said=saved").into_response())
}

async fn shown(app: &App, seat: &Seat<Owner>, entry: &Entry, said: bool, status: StatusCode) -> Page {
    let mut tx = app.db.read().await?;
    let claimed = seat.books(&mut tx).await?.tax_settings().await?.usual();
    drop(tx);
    let frame = seat.frame("Your business", Here::Settings);
    let (wrong, fields) = (!entry.is_good(), business_fields(entry));
    page::show_as(status, &ProfilePage { frame, said, wrong, fields, claimed })
}
