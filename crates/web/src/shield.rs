//! What protects every page: the origin of changes is checked, and browsers are told to load nothing from elsewhere.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{app::App, fault::Fault};

/// No inline style or script, nothing from other servers, no frames around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Two years, as browsers' preload lists ask for.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// Sets the headers that every answer carries.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // Only the preview of a mail has a stricter one of its own, which lets its style in.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    let always: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages show what a business earns: no copy stays behind after signing out.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if app.settings.https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}

/// Refuses changes that another site started, or whose origin the browser does not tell.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || from_here(request.headers(), request.uri().authority().map(Authority::as_str)) {
        return next.run(request).await;
    }
    tracing::info!("a form was refused: another site sent it, or none is told");
    Fault::Denied(
        "This form was not sent from this site's own pages, so nothing was changed. Open the page here and send it again."
            .to_owned(),
    )
    .into_response()
}

/// Who started a request, as the browser tells: this site, the person themselves (`none`), or another site.
pub(crate) fn started_by(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or_default())
}

/// `Sec-Fetch-Site` decides where the browser sends it (all since 2023, on https and on this machine); else `Origin`
/// must name the host that was asked. With the policy `no-referrer`, browsers send `Origin: null` even from here.
fn from_here(headers: &HeaderMap, authority: Option<&str>) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match started_by(headers) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => {
            let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
            let host = authority.or_else(|| text(header::HOST));
            matches!((origin, host), (Some((_, origin)), Some(host)) if origin == host)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(headers: &[(&'static str, &str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        from_here(&headers, None)
    }

    #[test]
    fn only_this_site_may_change_anything() {
        let host = ("host", "books.example.in");
        assert!(sent(&[host, ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(sent(&[host, ("origin", "https://books.example.in")]));
        assert!(!sent(&[host]));
        assert!(!sent(&[host, ("origin", "null")]));
        assert!(!sent(&[host, ("origin", "https://evil.example")]));
        assert!(!sent(&[host, ("sec-fetch-site", "same-site"), ("origin", "https://books.example.in")]));
        assert!(!sent(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!sent(&[("origin", "https://books.example.in")]));
    }
}
