//! How many connections each address has open, so that one alone cannot take all there are.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Connections by address. It holds no more entries than there are connections.
#[derive(Clone)]
pub(super) struct Crowd {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that counts until it is dropped.
pub(super) struct Place {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    /// At most so many for one address.
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// A place for one more, if there is one. This machine's own connections are not counted.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = neighbourhood(address);
        if !address.is_loopback() {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let count = open.entry(address).or_default();
            if *count >= self.most {
                return None;
            }
            *count += 1;
        }
        Some(Place { crowd: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.crowd.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// Whoever has one address of IPv6 has at least the 2^64 that share its first half.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let mut octets = [0; 16];
            octets[..8].copy_from_slice(&address.octets()[..8]);
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_gets_its_share_and_a_place_that_is_left_is_free_again() {
        let crowd = Crowd::new(2);
        let enter = |address: &str| crowd.enter(address.parse().unwrap());
        let first = enter("203.0.113.7");
        let second = enter("::ffff:203.0.113.7");
        assert!(first.is_some() && second.is_some() && enter("203.0.113.7").is_none());
        assert!(enter("203.0.113.8").is_some());
        drop(first);
        assert!(enter("203.0.113.7").is_some());
        drop(second);
        assert!(crowd.open.lock().unwrap().is_empty());
    }

    #[test]
    fn many_addresses_of_one_customer_are_one_and_this_machine_is_not_counted() {
        let crowd = Crowd::new(1);
        let enter = |address: &str| crowd.enter(address.parse().unwrap());
        let first = enter("2001:db8:0:1::1");
        assert!(
            first.is_some() && enter("2001:db8:0:1:ffff::2").is_none() && enter("2001:db8:0:2::1").is_some()
        );
        let own: Vec<_> = (0..3).flat_map(|_| [enter("127.0.0.1"), enter("::1")]).collect();
        assert!(own.iter().all(Option::is_some));
    }
}
