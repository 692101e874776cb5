//! The client's address: the peer's, or the one a trusted proxy reports. Headers of anybody else are not believed.
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use poem::Request;

/// The address of who sent the request.
#[must_use]
pub fn of(request: &Request, trusted: &[IpNet]) -> IpAddr {
    let peer = request
        .remote_addr()
        .as_socket_addr()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), std::net::SocketAddr::ip);
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    nearest_untrusted(peer, &forwarded, trusted)
}

/// Walks from the peer back through the proxies' reports to the first address that is not a trusted proxy.
fn nearest_untrusted(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut nearest = peer;
    for reported in forwarded.iter().rev() {
        if !is_trusted(&nearest) {
            return nearest;
        }
        match reported.trim().parse() {
            Ok(address) => nearest = address,
            Err(_) => return nearest,
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_stranger_who_claims_to_be_forwarded_is_not_believed() {
        assert_eq!(
            nearest_untrusted(ip("203.0.113.9"), &["10.0.0.1"], &[]),
            ip("203.0.113.9")
        );
    }

    #[test]
    fn behind_two_trusted_proxies_the_client_is_the_first_stranger_from_the_right() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let forwarded = ["1.2.3.4", "198.51.100.7", "10.1.1.1"];
        assert_eq!(
            nearest_untrusted(ip("10.0.0.2"), &forwarded, &trusted),
            ip("198.51.100.7")
        );
    }

    #[test]
    fn an_unreadable_report_ends_the_walk() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(
            nearest_untrusted(ip("10.0.0.2"), &["unknown"], &trusted),
            ip("10.0.0.2")
        );
    }
}
