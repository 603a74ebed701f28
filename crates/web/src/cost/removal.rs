//! Removing one cost: asked once, in words that say what will hold instead.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use ecom_ledger::{
    cost::{Cost, CostSheet},
    day,
};

use super::{product::named, product_link, sku_of};
use ecom_store::Action;

use crate::{
    app::App,
    entry::Entry,
    fault::Page,
    frame::{Frame, Here},
    money, page,
    params::Params,
    period::shown,
    seat::{Manager, Seat},
};

#[derive(Template)]
#[template(path = "cost/removal.html")]
struct RemovalPage {
    frame: Frame,
    sku: String,
    unit: String,
    since: String,
    place: String,
    then: String,
    kept: [(&'static str, String); 4],
    back: String,
}

/// The question.
pub(crate) async fn ask(State(app): State<App>, seat: Seat<Manager>, params: Params) -> Page {
    let sku = sku_of(&params)?;
    let mut tx = app.db.read().await?;
    let costs = seat.books(&mut tx).await?.costs().await?;
    let cost = named(&costs, &sku, &params)?;
    page::show(&RemovalPage {
        frame: seat.frame(format!("Remove a cost of {sku}"), Here::Costs),
        unit: money::exact(cost.currency, cost.unit()?),
        since: shown(day::to_date(cost.from)),
        place: cost.marketplace.as_ref().map(|name| format!(" at {name}")).unwrap_or_default(),
        then: then(&costs, cost)?,
        kept: [
            ("sku", sku.clone()),
            ("from", day::to_date(cost.from).to_string()),
            ("currency", cost.currency.to_string()),
            ("marketplace", cost.marketplace.clone().unwrap_or_default()),
        ],
        back: product_link(&sku).text(),
        sku,
    })
}

/// The answer.
pub(crate) async fn remove(State(app): State<App>, seat: Seat<Manager>, entry: Entry) -> Page {
    let value = |name: &str| (name.to_owned(), entry.raw(name).to_owned());
    let params = Params::new(["sku", "from", "currency", "marketplace"].map(value).to_vec());
    let sku = sku_of(&params)?;
    let mut tx = app.db.write().await?;
    let mut books = seat.books(&mut tx).await?;
    let costs = books.costs().await?;
    let cost = named(&costs, &sku, &params)?;
    books.delete_cost(&sku, cost.marketplace.as_deref(), cost.currency, cost.from).await?;
    seat.audit(&app, &mut books, Action::RemoveCost, "costs").await?;
    tx.commit().await?;
    Ok(Redirect::to(&product_link(&sku).with("said", "removed").text()).into_response())
}

/// What holds on the days of a cost once it is gone.
fn then(costs: &CostSheet, cost: &Cost) -> Page<String> {
    let lane = costs.all().filter(|other| {
        (&other.sku, &other.marketplace, other.currency) == (&cost.sku, &cost.marketplace, cost.currency)
    });
    let before = lane.filter(|other| other.from < cost.from).last().filter(|other| other.to.is_none());
    let general = cost.marketplace.is_some();
    Ok(match before {
        Some(before) => {
            format!("The cost before it, {}, goes on instead.", money::exact(cost.currency, before.unit()?))
        }
        None if general => "The general cost of these days counts instead, if there is one.".to_owned(),
        None => "Units sold on its days then have no known cost.".to_owned(),
    })
}
