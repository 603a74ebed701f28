//! The network a request comes from, so that failed sign-ins can be counted by it.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::app::App;

/// A network: the first 24 bits of an IPv4 address, the first 56 of an IPv6 address. One customer of a provider
/// commonly has one or the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Network([u8; 8]);

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        let mut kept = [0; 8];
        match address.to_canonical() {
            IpAddr::V4(address) => {
                kept[0] = 4;
                kept[1..4].copy_from_slice(&address.octets()[..3]);
            }
            IpAddr::V6(address) => {
                kept[0] = 6;
                kept[1..].copy_from_slice(&address.octets()[..7]);
            }
        }
        Self(kept)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Network {
    /// `203.0.113.0/24`, `2001:db8:0:100::/56`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, kept @ ..] = self.0;
        let address = if kind == 4 {
            IpAddr::V4(Ipv4Addr::new(kept[0], kept[1], kept[2], 0))
        } else {
            let mut octets = [0; 16];
            octets[..7].copy_from_slice(&kept);
            IpAddr::V6(octets.into())
        };
        write!(f, "{address}/{}", if kind == 4 { 24 } else { 56 })
    }
}

impl FromRequestParts<App> for Network {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let told = if app.settings.is_behind_proxy() { forwarded(&parts.headers) } else { None };
        Ok(Self::of(told.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// The last entry is the one our own proxy added; those before it are the visitor's claim.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_network() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("203.0.113.7"), of("203.0.113.250"));
        assert_eq!(of("203.0.113.7"), of("::ffff:203.0.113.9"));
        assert_ne!(of("203.0.113.7"), of("203.0.114.7"));
        assert_eq!(of("2001:db8:0:100::1"), of("2001:db8:0:1ff:2::"));
        assert_ne!(of("2001:db8:0:100::1"), of("2001:db8:0:200::1"));
    }

    #[test]
    fn a_network_is_written_as_people_write_one() {
        let text = |address: &str| Network::of(address.parse().unwrap()).to_string();
        assert_eq!(text("203.0.113.7"), "203.0.113.0/24");
        assert_eq!(text("2001:db8:1:1ff:2::"), "2001:db8:1:100::/56");
    }

    #[test]
    fn only_the_entry_of_our_proxy_counts() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.1".parse().unwrap());
        headers.append("x-forwarded-for", "198.51.100.2, 203.0.113.7".parse().unwrap());
        assert_eq!(forwarded(&headers), Some("203.0.113.7".parse().unwrap()));
    }
}
