//! What the pages work with: database, keys, archive, clock, settings.

use std::{ops::Deref, path::PathBuf, sync::Arc};

use axum::http::Uri;
use ecom_ledger::settlement::Options;
use ecom_store::{Archive, Db, Keys};
use ecom_work::{Bell, Clock, Live, Worker, mail::Mail};
use jiff::civil::Date;
use tokio::sync::Semaphore;

use crate::{
    limit::{Counters, Limits},
    moment,
    network::Proxies,
    passkey,
    session::Passwords,
};

/// Sessions that wait to be noted as in use, at the same time.
const TOUCHES: usize = 8;

/// Long downloads at the same time. Each holds one of the database's readers, of which pages need the others.
const STREAMS: usize = 3;

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

/// How the server presents itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    public_url: String,
    registration: Registration,
    proxies: Proxies,
    limits: Limits,
    style_guide: bool,
}

/// A public URL that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address of a site; it looks like https://books.example.in")]
pub struct SettingsError(String);

impl Settings {
    /// The address people type, such as `https://books.example.in`, and who may register there.
    pub fn new(public_url: &str, registration: Registration) -> Result<Self, SettingsError> {
        let fault = || SettingsError(public_url.to_owned());
        let uri: Uri = public_url.parse().map_err(|_| fault())?;
        let plain = uri.path() == "/" && uri.query().is_none() && uri.host().is_some();
        if !plain || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(fault());
        }
        let public_url = public_url.trim_end_matches('/').to_owned();
        Ok(Self {
            public_url,
            registration,
            proxies: Proxies::None,
            limits: Limits::default(),
            style_guide: false,
        })
    }

    /// Says whose word is taken for where visitors come from.
    #[must_use]
    pub fn behind(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Says how many requests are answered.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Shows the style guide too. Nobody but those who build the pages needs it, so it is off unless asked for.
    #[must_use]
    pub fn with_style_guide(mut self) -> Self {
        self.style_guide = true;
        self
    }

    /// The address people type.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Who may register.
    pub fn registration(&self) -> Registration {
        self.registration
    }

    /// The host in it, without a port.
    pub fn public_host(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        match rest.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => rest,
        }
    }

    /// Whether visitors come through a proxy, which tells their addresses.
    pub fn is_behind_proxy(&self) -> bool {
        self.proxies != Proxies::None
    }

    pub(crate) fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    pub(crate) fn has_style_guide(&self) -> bool {
        self.style_guide
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether people reach the server by TLS.
    pub(crate) fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What start-up should say: browsers keep the session cookie only over TLS or on this machine.
    pub fn warning(&self) -> Option<String> {
        let host = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        let loopback = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|name| host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')));
        (!self.https() && !loopback).then(|| {
            format!(
                "Sign-in needs TLS: browsers keep the session cookie only for https:// or this machine, not for {}.",
                self.public_url
            )
        })
    }
}

/// What the router is made of.
#[derive(Clone)]
pub struct Server {
    pub(crate) db: Db,
    pub(crate) keys: Keys,
    pub(crate) archive: Archive,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) spool: PathBuf,
    pub(crate) bell: Bell,
    pub(crate) live: Live,
    pub(crate) mail: Mail,
    pub(crate) settings: Settings,
    /// How files are read, before a tenant's own rules and settings.
    pub(crate) reading: Options,
}

impl Server {
    /// A server on the same data, clock and spool folder as the worker that imports what it takes in.
    pub fn new(worker: &Worker, settings: Settings) -> Self {
        Self {
            db: worker.importer.db.clone(),
            keys: worker.keys.clone(),
            archive: worker.importer.archive.clone(),
            clock: Arc::clone(&worker.clock),
            spool: worker.spool.clone(),
            bell: worker.bell.clone(),
            live: worker.live.clone(),
            mail: worker.mail.clone(),
            settings,
            reading: worker.importer.options.clone(),
        }
    }
}

/// The state of all handlers.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    server: Server,
    passwords: Passwords,
    counters: Counters,
    touches: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    workbooks: Arc<Semaphore>,
    passkeys: Option<passkey::Site>,
}

impl App {
    pub(crate) fn new(server: Server) -> Self {
        let touches = Arc::new(Semaphore::new(TOUCHES));
        let (streams, workbooks) = (Arc::new(Semaphore::new(STREAMS)), Arc::new(Semaphore::new(1)));
        let (passwords, counters) = (Passwords::new(), Counters::new());
        let passkeys = passkey::site(server.settings.public_url());
        Self(Arc::new(Inner { server, passwords, counters, touches, streams, workbooks, passkeys }))
    }

    /// Hashing and checking of passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Who asked how often lately.
    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// This site as passkeys know it; none where browsers give it no passkeys.
    pub(crate) fn passkeys(&self) -> Option<&passkey::Site> {
        self.0.passkeys.as_ref()
    }

    /// Turns for noting that a session is in use.
    pub(crate) fn touches(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.touches)
    }

    /// Turns for long downloads.
    pub(crate) fn streams(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.streams)
    }

    /// The one turn for large workbooks.
    pub(crate) fn workbooks(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.workbooks)
    }

    /// Microseconds since 1970-01-01 UTC.
    pub(crate) fn now(&self) -> i64 {
        ecom_work::micros(&*self.clock)
    }

    /// Today in India.
    pub(crate) fn today(&self) -> Date {
        moment::zone().to_datetime(self.clock.now()).date()
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

    fn settings(url: &str) -> Result<Settings, SettingsError> {
        Settings::new(url, Registration::First)
    }

    #[test]
    fn sign_in_without_tls_is_warned_of_except_on_this_machine() {
        let warns = |url: &str| settings(url).unwrap().warning().is_some();
        assert!(warns("http://books.example.in") && warns("http://127.0.0.1.example.in"));
        assert!(!warns("https://books.example.in") && !warns("http://127.0.0.1:8080/"));
        assert!(!warns("http://localhost") && !warns("http://[::1]:8080"));
    }

    #[test]
    fn an_address_of_a_site_has_a_scheme_and_no_path() {
        for url in
            ["books.example.in", "ftp://books.example.in", "https://books.example.in/app", "https://", ""]
        {
            assert!(settings(url).is_err(), "{url}");
        }
        assert_eq!(settings("https://books.example.in/").unwrap().public_url(), "https://books.example.in");
        for (url, host) in [
            ("https://a.in", "a.in"),
            ("https://a.in:8443", "a.in"),
            ("http://[::1]:80", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(settings(url).unwrap().public_host(), host);
        }
    }
}
