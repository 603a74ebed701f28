//! The way out: whoever carries a mail to the server that sends it on.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Address, sheet::Rendered};

/// A mail that is ready to go.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Where it goes.
    pub to: Address,
    /// What it says.
    pub content: Rendered,
    /// Its Message-ID, with its angle brackets.
    pub message_id: String,
    /// The instant in its head.
    pub at: Timestamp,
}

/// Why a mail was not taken. The words hold no personal data: they stand in logs and on pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PostFault {
    /// It may be taken later: no connection, a temporary refusal, or a setting of ours that is wrong.
    Later(String),
    /// It will never be taken.
    Never(String),
}

/// Carries mail to the server that sends it on.
pub trait Post: Send + Sync + 'static {
    /// Hands one mail over. `Ok` means that the server said yes.
    fn send<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<(), PostFault>>;

    /// The domain that mail is sent from; Message-IDs end with it.
    fn domain(&self) -> &str;
}
