//! How many requests of each kind one account, one address and one network may send a minute.
//!
//! Addresses and networks are counted before anything else is done, accounts as soon as the session is known. People of
//! one office share an address: it may three times what an account may, and a network six times. Style, script and
//! fonts are free. Failed sign-ins are counted apart, and for longer: `session::attempt`.

mod bucket;

use std::{fmt, net::IpAddr, str::FromStr};

use axum::{
    extract::{Request, State},
    http::{Extensions, Method, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ecom_store::PersonId;

use crate::{
    app::App,
    fault::Fault,
    network::{self, Network},
};
use bucket::{Buckets, Key, Refusal};

/// What an address may, of what an account may.
const ADDRESS_TIMES: u32 = 3;
/// What a network may, of what an account may.
const NETWORK_TIMES: u32 = 6;
/// Highest limit that can be set.
const MOST: u32 = 1_000_000;

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// A page that is asked for, and what a monitor asks.
    Pages,
    /// A form that is sent.
    Forms,
    /// Signing in, registering, asking for a password: somebody unknown.
    SignIn,
    /// Files that are sent in.
    Uploads,
    /// Tables as files.
    Downloads,
    /// Looking among the lines.
    Search,
}

/// Each with its name in settings and its limit a minute for an account. Nobody clicks as fast; scripts do.
const CLASSES: [(Class, &str, u32); 6] = [
    (Class::Pages, "pages", 600),
    (Class::Forms, "forms", 120),
    (Class::SignIn, "sign-in", 20),
    (Class::Uploads, "uploads", 30),
    (Class::Downloads, "downloads", 30),
    (Class::Search, "search", 120),
];

impl Class {
    fn name(self) -> &'static str {
        CLASSES[self as usize].1
    }

    /// What kind of request this is; none, if it is free.
    fn of(method: &Method, uri: &Uri) -> Option<Self> {
        let path = uri.path();
        if path.starts_with("/assets/") || path == "/favicon.ico" {
            return None;
        }
        let safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        Some(if safe { Self::asked(path, uri.query().unwrap_or_default()) } else { Self::sent(path) })
    }

    fn asked(path: &str, query: &str) -> Self {
        if query.split('&').any(|pair| pair.starts_with("format=")) || path.starts_with("/costs/template.") {
            Self::Downloads
        } else if path == "/search" || path == "/lines" || path.ends_with("/lines") {
            Self::Search
        } else {
            Self::Pages
        }
    }

    fn sent(path: &str) -> Self {
        match path.split('/').nth(1).unwrap_or_default() {
            "sign-in" | "register" | "reset" | "invitations" => Self::SignIn,
            "uploads" => Self::Uploads,
            "costs" | "books" if path.ends_with("/sheet") => Self::Uploads,
            _ => Self::Forms,
        }
    }
}

/// Requests a minute that one account may send, of each kind; an address three times, a network six times as many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits(Option<[u32; 6]>);

impl Default for Limits {
    fn default() -> Self {
        Self(Some(CLASSES.map(|(_, _, limit)| limit)))
    }
}

/// Limits that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no limit of requests; write `off`, or limits a minute for one account such as `pages=600,forms=120`. \
     There are: pages, forms, sign-in, uploads, downloads, search"
)]
pub struct LimitsError(String);

impl Limits {
    /// No limits: for benchmarks, and where something in front limits.
    pub fn off() -> Self {
        Self(None)
    }

    fn of(self, class: Class) -> Option<u32> {
        self.0.map(|limits| limits[class as usize])
    }
}

impl FromStr for Limits {
    type Err = LimitsError;

    /// `off`, or the limits that differ from what is usual: `pages=600,uploads=10`.
    fn from_str(text: &str) -> Result<Self, LimitsError> {
        if text == "off" {
            return Ok(Self::off());
        }
        let mut limits = CLASSES.map(|(_, _, limit)| limit);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let fault = || LimitsError(part.to_owned());
            let (name, number) = part.split_once('=').ok_or_else(fault)?;
            let at = CLASSES.iter().position(|class| class.1 == name.trim()).ok_or_else(fault)?;
            let number: u32 = number.trim().parse().map_err(|_| fault())?;
            limits[at] = Some(number).filter(|number| (1..=MOST).contains(number)).ok_or_else(fault)?;
        }
        Ok(Self(Some(limits)))
    }
}

impl fmt::Display for Limits {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(limits) = self.0 else { return f.write_str("off") };
        let each = CLASSES.iter().zip(limits).map(|((_, name, _), limit)| format!("{name}={limit}"));
        f.write_str(&each.collect::<Vec<_>>().join(","))
    }
}

/// Who asked how often lately.
pub(crate) struct Counters(Buckets);

impl Counters {
    pub(crate) fn new() -> Self {
        Self(Buckets::new())
    }

    fn take(&self, class: Class, who: Who, most: u32, now: i64) -> Result<(), Fault> {
        self.0.take(Key(class as u8, who.kind(), who.bytes()), most, now).map_err(
            |Refusal { wait_micros, first }| {
                let (class, by) = (class.name(), who.name());
                metrics::counter!("ecom_limited_total", "class" => class, "by" => by).increment(1);
                if first {
                    tracing::info!(class, by, "a limit of requests is reached");
                }
                Fault::TooMany { seconds: (wait_micros + 999_999) / 1_000_000 }
            },
        )
    }
}

/// Whose requests are counted.
#[derive(Clone, Copy)]
enum Who {
    Account(PersonId),
    Address(IpAddr),
    Network(Network),
}

impl Who {
    fn kind(self) -> u8 {
        match self {
            Self::Account(_) => 0,
            Self::Address(_) => 1,
            Self::Network(_) => 2,
        }
    }

    fn name(self) -> &'static str {
        ["account", "address", "network"][usize::from(self.kind())]
    }

    /// Whoever has one address of IPv6 has at least the 2^64 that share its first half.
    fn bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        match self {
            Self::Account(person) => bytes = person.0.to_be_bytes(),
            Self::Network(network) => bytes = *network.bytes(),
            Self::Address(address) => match address.to_canonical() {
                IpAddr::V4(address) => bytes[4..].copy_from_slice(&address.octets()),
                IpAddr::V6(address) => bytes.copy_from_slice(&address.octets()[..8]),
            },
        }
        bytes
    }
}

/// Counts a request by its address and network, before anything else is done for it.
pub(crate) async fn check(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let class = Class::of(request.method(), request.uri());
    if let Some(class) = class {
        let address = network::address(request.extensions(), request.headers(), &app);
        if let Err(refused) = by_address(&app, class, address) {
            return refused.into_response();
        }
        request.extensions_mut().insert(class);
    }
    next.run(request).await
}

fn by_address(app: &App, class: Class, address: IpAddr) -> Result<(), Fault> {
    let Some(most) = app.settings.limits().of(class) else { return Ok(()) };
    let now = app.now();
    app.counters().take(class, Who::Address(address), most.saturating_mul(ADDRESS_TIMES), now)?;
    app.counters().take(class, Who::Network(Network::of(address)), most.saturating_mul(NETWORK_TIMES), now)
}

/// Counts a request by the person, once it is known who asks.
pub(crate) fn account(extensions: &Extensions, app: &App, person: PersonId) -> Result<(), Fault> {
    let Some(&class) = extensions.get::<Class>() else { return Ok(()) };
    let Some(most) = app.settings.limits().of(class) else { return Ok(()) };
    app.counters().take(class, Who::Account(person), most, app.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_of_a_kind_and_what_pages_are_made_of_is_free() {
        let class = |method: Method, uri: &str| Class::of(&method, &uri.parse().unwrap());
        let get = |uri: &str| class(Method::GET, uri);
        let post = |uri: &str| class(Method::POST, uri);
        assert_eq!(get("/assets/app-1.css"), None);
        assert_eq!(get("/statement?month=2026-09"), Some(Class::Pages));
        assert_eq!(get("/statement?month=2026-09&format=csv"), Some(Class::Downloads));
        assert_eq!(get("/costs/template.xlsx"), Some(Class::Downloads));
        assert_eq!(get("/search?account=expense:fee"), Some(Class::Search));
        assert_eq!(get("/settlements/5/lines"), Some(Class::Search));
        assert_eq!(get("/sign-in"), Some(Class::Pages));
        assert_eq!(post("/sign-in/code"), Some(Class::SignIn));
        assert_eq!(post("/reset/abc"), Some(Class::SignIn));
        assert_eq!(post("/uploads"), Some(Class::Uploads));
        assert_eq!(post("/books/payouts/sheet"), Some(Class::Uploads));
        assert_eq!(post("/costs/product"), Some(Class::Forms));
        assert_eq!(class(Method::DELETE, "/costs/product"), Some(Class::Forms));
    }

    #[test]
    fn limits_are_read_as_they_are_written() {
        let usual = Limits::default();
        assert_eq!(usual.to_string().parse::<Limits>().unwrap(), usual);
        assert_eq!("off".parse::<Limits>().unwrap(), Limits::off());
        let own: Limits = "pages=5, sign-in=2".parse().unwrap();
        assert_eq!(
            (own.of(Class::Pages), own.of(Class::SignIn), own.of(Class::Forms)),
            (Some(5), Some(2), Some(120))
        );
        for text in ["pages", "pages=0", "pages=-1", "pages=many", "guests=5", "pages=2000000"] {
            assert!(text.parse::<Limits>().unwrap_err().to_string().contains("pages=600"), "{text}");
        }
    }

    #[test]
    fn the_classes_stand_in_their_order() {
        assert!(CLASSES.iter().enumerate().all(|(at, class)| class.0 as usize == at));
    }
}
