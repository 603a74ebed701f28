//! The unencrypted port beside the encrypted one: it sends browsers on, and takes nothing.
//!
//! They are sent to the public URL, never to the host that a request names: that is the visitor's claim.

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// Sends every page on to the same page of `public_url`.
pub(crate) fn router(public_url: &str) -> Router {
    let public_url: Arc<str> = public_url.into();
    Router::new().fallback(async move |method: Method, uri: Uri| send_on(&public_url, &method, &uri))
}

/// What was sent here unencrypted is refused, not sent on: whoever sends it should notice.
fn send_on(public_url: &str, method: &Method, uri: &Uri) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let words = format!("Nothing is taken here, since it came unencrypted. Use {public_url}\n");
        return (StatusCode::FORBIDDEN, words).into_response();
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let to = format!("{public_url}{}{path}", if path.starts_with('/') { "" } else { "/" });
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(method: &Method, uri: &str) -> (u16, String) {
        let answer = send_on("https://books.example.in", method, &uri.parse().unwrap());
        let to = answer.headers().get(header::LOCATION).map_or("", |to| to.to_str().unwrap());
        (answer.status().as_u16(), to.to_owned())
    }

    #[test]
    fn a_page_is_found_again_at_the_public_address_and_nowhere_else() {
        let to = |uri: &str| sent(&Method::GET, uri);
        let same = "https://books.example.in/statement?month=2026-09";
        assert_eq!(to("/statement?month=2026-09"), (308, same.to_owned()));
        assert_eq!(to("http://evil.example/statement?month=2026-09"), (308, same.to_owned()));
        assert_eq!(to("//evil.example/"), (308, "https://books.example.in//evil.example/".to_owned()));
        assert_eq!(to("*"), (308, "https://books.example.in/*".to_owned()));
    }

    #[test]
    fn what_is_sent_unencrypted_is_refused() {
        assert_eq!(sent(&Method::POST, "/sign-in"), (403, String::new()));
    }
}
