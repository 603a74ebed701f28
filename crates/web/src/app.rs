//! What the pages work with: databases, keys, clock, settings.

use std::{ops::Deref, path::PathBuf, sync::Arc};

use ecom_store::{Db, Keys};

use crate::{clock::Clock, session::Passwords};

/// Who may register.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Registration {
    /// The first person, who becomes owner; then it closes.
    #[default]
    First,
    /// Everybody.
    Open,
    /// Nobody.
    Closed,
}

impl std::str::FromStr for Registration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "first" => Ok(Self::First),
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err(format!("`{text}` is none of first, open, closed")),
        }
    }
}

/// How the server behaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The address people type, such as `https://books.example.in`.
    pub public_url: String,
    /// Who may register.
    pub registration: Registration,
    /// Whether a proxy in front sets `X-Forwarded-For`: its last entry then is the visitor.
    pub behind_proxy: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            registration: Registration::First,
            behind_proxy: false,
        }
    }
}

impl Settings {
    /// Whether people reach the server by TLS.
    pub(crate) fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What start-up should say: browsers keep the session cookie only over TLS or on this machine.
    pub fn warning(&self) -> Option<String> {
        let host = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        let local = ["127.0.0.1", "localhost", "[::1]"];
        let loopback = local.iter().any(|name| {
            host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
        (!self.https() && !loopback).then(|| {
            format!("Sign-in needs TLS: browsers keep the session cookie only for https:// or this machine, not for {}.", self.public_url)
        })
    }
}

/// What `ecom serve` hands over.
#[derive(Clone)]
pub struct Server {
    /// The database.
    pub db: Db,
    /// The keys of tenants.
    pub keys: Keys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Folder for uploads that are not read yet.
    pub spool: PathBuf,
    /// How the server behaves.
    pub settings: Settings,
}

/// The state of all handlers.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    server: Server,
    passwords: Passwords,
}

impl App {
    pub(crate) fn new(server: Server) -> Self {
        Self(Arc::new(Inner { server, passwords: Passwords::new() }))
    }

    /// Hashing and checking of passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Microseconds since 1970-01-01 UTC.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }
}

impl Deref for App {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0.server
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_without_tls_is_warned_of_except_on_this_machine() {
        let warns =
            |url: &str| Settings { public_url: url.into(), ..Settings::default() }.warning().is_some();
        assert!(warns("http://books.example.in"));
        assert!(warns("http://127.0.0.1.example.in"));
        assert!(!warns("https://books.example.in"));
        assert!(!warns("http://127.0.0.1:8080"));
        assert!(!warns("http://localhost"));
    }
}
