//! The new cookie of a session that has got another token, on its way to whatever answers the request.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::cookie::Token;

/// The new cookie of the session that a request came with.
#[derive(Clone, Default)]
pub(crate) struct Renewal(Arc<OnceLock<HeaderValue>>);

impl Renewal {
    /// Hands a token out with the answer, whatever that says: the old one opens nothing any more.
    pub(crate) fn hand_out(&self, token: &Token) {
        // A request renews its session at most once.
        let _ = self.0.set(token.cookie());
    }
}

/// Lets handlers hand out a new cookie.
pub(crate) async fn renewal(mut request: Request, next: Next) -> Response {
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = next.run(request).await;
    if let Some(cookie) = renewal.0.get() {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}
