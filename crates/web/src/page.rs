//! Turning a template into an answer.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse},
};

use crate::fault::Page;

/// A page.
pub(crate) fn show(page: &impl Template) -> Page {
    show_as(StatusCode::OK, page)
}

/// A page with a status of its own, such as 422 for a form with errors.
pub(crate) fn show_as(status: StatusCode, page: &impl Template) -> Page {
    Ok((status, Html(page.render()?)).into_response())
}
