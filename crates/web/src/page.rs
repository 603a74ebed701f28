//! Turning a template into an answer.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
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

/// An answer that says when to come again.
pub(crate) fn come_again(mut answer: Response, minutes: i64) -> Response {
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(minutes.saturating_mul(60)));
    answer
}
