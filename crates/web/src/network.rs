//! The address and the network a request comes from, so that what comes from there can be counted.
//!
//! What a header says of it is believed from a proxy alone: everybody else could write it.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
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

    pub(crate) fn bytes(&self) -> &[u8; 8] {
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
        Ok(Self::of(address(&parts.extensions, &parts.headers, app)))
    }
}

/// The visitor's address: that of the connection, or what a proxy says of it.
pub(crate) fn address(extensions: &Extensions, headers: &HeaderMap, app: &App) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    app.settings.proxies().visitor(peer, headers)
}

/// Whose word is taken for where a visitor comes from, in the header `X-Forwarded-For`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Proxies {
    /// Nobody's: visitors connect themselves.
    #[default]
    None,
    /// One proxy's, on this machine or its private network. The last entry is the one that it added; those before are
    /// the visitor's claim.
    Near,
    /// That of proxies with these addresses, one behind the other: the last entry that is none of theirs.
    At(Vec<Block>),
}

impl Proxies {
    /// The visitor behind a connection.
    fn visitor(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        match self {
            Self::None => peer,
            Self::Near => Some(peer).filter(is_near).and_then(|_| entries(headers).next()?).unwrap_or(peer),
            Self::At(blocks) => {
                let own = |address: &IpAddr| blocks.iter().any(|block| block.holds(*address));
                let (mut visitor, mut entries) = (peer, entries(headers));
                while own(&visitor) {
                    let Some(Some(before)) = entries.next() else { break };
                    visitor = before;
                }
                visitor
            }
        }
    }
}

/// From the last entry to the first; none for what is no address.
fn entries(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',').map(|entry| read(entry.trim())))
}

/// Some proxies add the port.
fn read(entry: &str) -> Option<IpAddr> {
    let address = entry.parse().or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// On this machine, or with an address that the internet does not route.
fn is_near(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// Addresses that begin alike: `10.0.0.0/8`, or a single one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    first: IpAddr,
    bits: u32,
}

/// An address of a proxy that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address of a proxy; write one such as 10.0.0.5, or a network such as 10.0.0.0/24")]
pub struct BlockError(String);

impl Block {
    fn holds(&self, address: IpAddr) -> bool {
        let all = |width: u32, difference: u128| difference.checked_shr(width - self.bits).unwrap_or(0) == 0;
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                all(32, u128::from(first.to_bits() ^ address.to_bits()))
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => all(128, first.to_bits() ^ address.to_bits()),
            _ => false,
        }
    }
}

impl FromStr for Block {
    type Err = BlockError;

    fn from_str(text: &str) -> Result<Self, BlockError> {
        let fault = || BlockError(text.to_owned());
        let (first, bits) = text.split_once('/').map_or((text, None), |(first, bits)| (first, Some(bits)));
        let first: IpAddr = first.trim().parse().map_err(|_| fault())?;
        let width = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.trim().parse().map_err(|_| fault()))?;
        if bits > width { Err(fault()) } else { Ok(Self { first, bits }) }
    }
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

    fn visitor(proxies: &Proxies, peer: &str, told: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in told {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        proxies.visitor(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_header_is_believed_from_the_proxy_alone_and_only_what_it_added() {
        let told = ["198.51.100.1", "198.51.100.2, 203.0.113.7"];
        assert_eq!(visitor(&Proxies::None, "127.0.0.1", &told), "127.0.0.1");
        assert_eq!(visitor(&Proxies::Near, "127.0.0.1", &told), "203.0.113.7");
        assert_eq!(visitor(&Proxies::Near, "172.17.0.1", &["203.0.113.7:4711"]), "203.0.113.7");
        // Who reaches the server past the proxy is not believed.
        assert_eq!(visitor(&Proxies::Near, "192.0.2.66", &told), "192.0.2.66");
        // A visitor of the same private network is no proxy, and what stands before them is their claim.
        assert_eq!(visitor(&Proxies::Near, "127.0.0.1", &["203.0.113.7, 10.1.2.3"]), "10.1.2.3");
        assert_eq!(visitor(&Proxies::Near, "127.0.0.1", &["203.0.113.7, unknown"]), "127.0.0.1");
        assert_eq!(visitor(&Proxies::Near, "127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn named_proxies_may_stand_one_behind_the_other() {
        let at = |text: &str| Proxies::At(text.split(' ').map(|block| block.parse().unwrap()).collect());
        let proxies = at("192.0.2.0/24 10.0.0.5 2001:db8::/32");
        let told = ["198.51.100.9, 203.0.113.7, 192.0.2.8", "10.0.0.5"];
        assert_eq!(visitor(&proxies, "192.0.2.1", &told), "203.0.113.7");
        assert_eq!(visitor(&proxies, "2001:db8::1", &told), "203.0.113.7");
        assert_eq!(visitor(&proxies, "10.0.0.6", &told), "10.0.0.6");
        assert_eq!(visitor(&proxies, "10.0.0.5", &["203.0.113.7, nonsense, 192.0.2.8"]), "192.0.2.8");
        assert_eq!(visitor(&proxies, "10.0.0.5", &["192.0.2.9"]), "192.0.2.9");
        assert_eq!(visitor(&at("0.0.0.0/0"), "203.0.113.7", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn what_is_no_address_of_a_proxy_is_told() {
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.0/x", "::/129"] {
            assert!(text.parse::<Block>().unwrap_err().to_string().contains("10.0.0.0/24"), "{text}");
        }
    }
}
