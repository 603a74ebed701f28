//! Turning a template into an answer, and the address `/`.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};

use crate::{app::App, fault::Page, seat::Visitor, session::may_register};

/// A page.
pub(crate) fn show(page: &impl Template) -> Page {
    show_as(StatusCode::OK, page)
}

/// A page with a status of its own, such as 422 for a form with errors.
pub(crate) fn show_as(status: StatusCode, page: &impl Template) -> Page {
    Ok((status, Html(page.render()?)).into_response())
}

/// `/`: the statement for those signed in; to begin with, registering.
pub(crate) async fn home(State(app): State<App>, Visitor(signed): Visitor) -> Page<Response> {
    let to = match signed {
        Some(_) => "/statement",
        None if may_register(&app).await? => "/register",
        None => "/sign-in",
    };
    Ok(Redirect::to(to).into_response())
}
