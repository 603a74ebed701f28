//! What every request leaves behind: a line in the log and numbers for whoever watches. Routes and statuses, never
//! addresses, parameters or people.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use crate::random;

/// Tells the request apart in the log; whoever asks for help can name it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Methods that are told apart. Anybody may send any word as one, and each would become a number of its own.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

tokio::task_local! {
    static REQUEST: String;
}

/// The id of the request that is being answered.
pub(crate) fn request_id() -> String {
    REQUEST.try_with(Clone::clone).unwrap_or_else(|_| random::request_id())
}

fn known(method: &Method) -> &'static str {
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Counts and times a request, and gives it an id.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let id = random::request_id();
    let span = tracing::info_span!("request", id, method, route, tenant = tracing::field::Empty);
    let began = Instant::now();
    let mut response = REQUEST.scope(id.clone(), next.run(request)).instrument(span.clone()).await;
    let (status, seconds) = (response.status().as_u16(), began.elapsed().as_secs_f64());
    metrics::counter!("ecom_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("ecom_request_seconds", "route" => route).record(seconds);
    span.in_scope(|| tracing::debug!(status, seconds, "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Says whose request it is, once that is known.
pub(crate) fn tenant(tenant: ecom_store::TenantId) {
    tracing::Span::current().record("tenant", tenant.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_nobody_knows_is_another_one() {
        for (method, label) in [("GET", "GET"), ("OPTIONS", "OPTIONS"), ("get", "other"), ("X-4711", "other")]
        {
            assert_eq!(known(&Method::from_bytes(method.as_bytes()).unwrap()), label);
        }
    }
}
