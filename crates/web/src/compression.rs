//! Text goes out compressed, to browsers that take it, in answer to what this site or the person themselves asked for.
//!
//! The length of a compressed page can give away what stands in it (BREACH): to whoever sees the encrypted answers pass
//! and can make the browser ask again and again, each time with another guess in the address. So a request that another
//! site started is answered uncompressed, as is one whose start the browser does not tell. `docs/decisions/pages.md`.

use axum::{
    extract::Request,
    http::{Extensions, HeaderMap, StatusCode, Version, header},
    middleware::Next,
    response::Response,
};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{Predicate, SizeAbove},
    },
};

use crate::shield;

/// A page of 100 KB takes less than a millisecond at this level, and is 5 % longer than at the default of 6.
const LEVEL: i32 = 3;
/// Shorter answers stay as they are: they fit into one packet either way.
const LEAST_BYTES: u64 = 1_000;
/// What is worth it. Fonts and spreadsheets are compressed in themselves.
const KINDS: [&str; 6] =
    ["text/html", "text/css", "text/javascript", "text/csv", "image/svg+xml", "application/xml"];

/// Compresses answers to requests that still accept it.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    let worth_it = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| is_text(headers);
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(LEVEL))
        .compress_when(SizeAbove::new(LEAST_BYTES).and(worth_it))
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| KINDS.contains(&kind))
}

/// Takes back what the browser accepts, unless this site or the person themselves started the request.
pub(crate) async fn only_for_this_site(mut request: Request, next: Next) -> Response {
    if !matches!(shield::started_by(request.headers()), Some("same-origin" | "none")) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}
