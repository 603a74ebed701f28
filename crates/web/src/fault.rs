//! What can go wrong on a page, and how the visitor is told: status, words, what to do next.
//!
//! Another tenant's object is `Missing`. Only `Broken` is logged, under a request id that the visitor sees.

use std::error::Error;

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use ecom_store::StoreError;

use crate::{frame::Frame, telemetry};

/// Result of a handler.
pub(crate) type Page<T = Response> = Result<T, Fault>;

/// When the books that a large piece of work holds are asked for again, in seconds.
const BUSY_SECONDS: i64 = 30;
/// When others have had their turn.
const CROWDED_SECONDS: i64 = 10;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Not there, not yours, or not for your role.
    Missing,
    /// Known, but not allowed; says why.
    Denied(String),
    /// Parameters that make no sense: name and message of each.
    Invalid(Vec<(String, String)>),
    /// Larger than the named limit.
    TooLarge(String),
    /// The object is not in the state that this needs.
    Conflict(String),
    /// More requests than one visitor may send.
    TooMany {
        /// When the next one is taken.
        seconds: i64,
    },
    /// A large piece of work holds the books.
    Busy,
    /// More people want the same at this moment than the server can serve; says what.
    Crowded(&'static str),
    /// Our mistake.
    Broken(Box<dyn Error + Send + Sync>),
}

impl Fault {
    /// One parameter that makes no sense.
    pub(crate) fn invalid(name: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![(name.to_owned(), message.into())])
    }

    /// A mistake of the program.
    pub(crate) fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Broken(error.into())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            StoreError::Missing(_) => Self::Missing,
            StoreError::Conflict(message) => Self::Conflict(message),
            other => Self::broken(other),
        }
    }
}

impl From<ecom_ledger::Error> for Fault {
    fn from(error: ecom_ledger::Error) -> Self {
        Self::broken(error)
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        Self::broken(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::broken(error)
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    words: String,
    fields: Vec<(String, String)>,
    request: Option<String>,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, title, words) = self.told();
        let (mut fields, mut request, mut wait) = (Vec::new(), None, None);
        match self {
            Self::TooMany { seconds } => wait = Some(seconds),
            Self::Busy => wait = Some(BUSY_SECONDS),
            Self::Crowded(_) => wait = Some(CROWDED_SECONDS),
            Self::Invalid(found) => fields = found,
            Self::Broken(error) => {
                let id = telemetry::request_id();
                tracing::error!(request = %id, error = %error, "a page failed");
                request = Some(id);
            }
            _ => {}
        }
        let page = FaultPage { frame: Frame::outside(title), words, fields, request };
        // Should even this page fail, the status and the title still tell.
        let body = page.render().unwrap_or_else(|_| title.to_owned());
        let wait = wait.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        (status, wait, Html(body)).into_response()
    }
}

impl Fault {
    fn told(&self) -> (StatusCode, &'static str, String) {
        let plain = |text: &str| text.to_owned();
        match self {
            Self::Missing => (
                StatusCode::NOT_FOUND,
                "Not found",
                plain("There is nothing at this address, or it is not yours to see."),
            ),
            Self::Denied(words) => (StatusCode::FORBIDDEN, "Not allowed", words.clone()),
            Self::Invalid(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "This address makes no sense",
                plain("Part of the address cannot be read:"),
            ),
            Self::TooLarge(words) => (StatusCode::PAYLOAD_TOO_LARGE, "Too large", words.clone()),
            Self::Conflict(words) => (StatusCode::CONFLICT, "That does not fit any more", words.clone()),
            Self::TooMany { seconds } => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many requests",
                format!(
                    "You, or others in your network, sent more requests than this server takes at once. Wait {seconds} s, \
                     then go back and try again. Nothing was changed."
                ),
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Busy at the moment",
                plain("A large piece of work is being written. Try again in half a minute; nothing is lost."),
            ),
            Self::Crowded(what) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Many people at once",
                format!("{what} Wait {CROWDED_SECONDS} s, then go back and try again. Nothing was changed."),
            ),
            Self::Broken(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                plain(
                    "This is our mistake, not yours. Nothing was changed. Try again; if it stays, tell whoever runs this server:",
                ),
            ),
        }
    }
}
