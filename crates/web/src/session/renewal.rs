//! A new token for a session whose person has just shown once more that it is them (ASVS 5.0, 7.2.4): whoever took the
//! old one is out.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use ecom_store::Tx;

use super::cookie::Token;
use crate::fault::{Fault, Page};

/// The new cookie of the session that a request came with.
#[derive(Clone, Default)]
pub(crate) struct Renewal(Arc<OnceLock<HeaderValue>>);

impl Renewal {
    /// Commits a transaction that gives the session another token; its hash. A session that has ended stays so.
    pub(crate) async fn commit(&self, mut tx: Tx, session: &[u8]) -> Page<[u8; 32]> {
        let token = Token::random()?;
        let renewed = tx.platform().renew_session(session, &token.hash()).await?;
        tx.commit().await?;
        if !renewed {
            return Err(shut_out());
        }
        // A request shows a password at most once.
        let _ = self.0.set(token.cookie());
        Ok(token.hash())
    }
}

/// Hands the new cookie out with the answer, whatever that says: the old one opens nothing any more.
pub(crate) async fn hand_out(mut request: Request, next: Next) -> Response {
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = next.run(request).await;
    if let Some(cookie) = renewal.0.get() {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

/// What is said to those whose session ended, or whose password was changed, while they asked for something.
pub(crate) fn shut_out() -> Fault {
    let words = "Your password was changed, or this session was ended, a moment ago. Nothing else was changed. Sign in again.";
    Fault::Conflict(words.to_owned())
}
