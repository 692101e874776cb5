//! Which networks an address that somebody typed may lead to: whoever may connect a source must not reach, through
//! Plaudit, what only the machine it runs on can reach.
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::LazyLock,
};

use ipnet::IpNet;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use thiserror::Error;

/// What is not on the public internet, by the registries of special-purpose addresses that IANA keeps (RFC 6890).
static NOT_PUBLIC: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    let networks = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 \
                    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 \
                    224.0.0.0/4 240.0.0.0/4 \
                    ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 \
                    5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8";
    networks
        .split_whitespace()
        .filter_map(|network| network.parse().ok())
        .collect()
});

/// An address that leads where nothing may be called.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "`{host}` is {address}, which is no public address; if that is meant, list its network in \
     outbound.allowed_private_networks"
)]
pub struct PrivateAddress {
    /// As it was typed.
    pub host: String,
    /// Where it leads.
    pub address: IpAddr,
}

/// The public internet, and the networks that the operator lists (`outbound.allowed_private_networks`).
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// With these private networks.
    #[must_use]
    pub fn and(allowed: &[IpNet]) -> Networks {
        Networks(allowed.to_vec())
    }

    /// Whether an address may be called.
    #[must_use]
    pub fn permit(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_in = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        is_in(&self.0) || !is_in(&NOT_PUBLIC)
    }

    /// Whether an address is on the public internet.
    #[must_use]
    pub fn is_public(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        !NOT_PUBLIC.iter().any(|network| network.contains(&address))
    }

    /// Those of the addresses of a host that may be called.
    ///
    /// # Errors
    /// When there are some, and none of them may be called.
    pub fn only_permitted(
        &self,
        host: &str,
        found: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, PrivateAddress> {
        let refused = found.first().map(SocketAddr::ip);
        let permitted: Vec<_> = found
            .into_iter()
            .filter(|address| self.permit(address.ip()))
            .collect();
        match refused.filter(|_| permitted.is_empty()) {
            Some(address) => Err(PrivateAddress {
                host: host.to_owned(),
                address,
            }),
            None => Ok(permitted),
        }
    }

    /// Refuses a URL whose host is itself an address that may not be called; names are looked at as they are resolved.
    ///
    /// # Errors
    /// When it may not be called.
    pub fn check(&self, url: &Url) -> Result<(), PrivateAddress> {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse() {
            Ok(address) if !self.permit(address) => Err(PrivateAddress {
                host: literal.to_owned(),
                address,
            }),
            _ => Ok(()),
        }
    }
}

/// Resolves names and drops the addresses that may not be called, at the moment of each connection: a name that leads
/// elsewhere later is looked at again.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    networks: Networks,
    host: String,
    lets_others_be: bool,
}

impl Resolver {
    /// For calls to this host and without a proxy: every name that is looked up is looked at.
    pub(crate) fn of(networks: Networks, host: &str) -> Resolver {
        Resolver {
            networks,
            host: host.to_owned(),
            lets_others_be: false,
        }
    }

    /// The same where there may be a proxy from the environment, which the operator chose: other names are let be.
    pub(crate) fn beside_proxy(networks: Networks, host: &str) -> Resolver {
        Resolver {
            lets_others_be: true,
            ..Resolver::of(networks, host)
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<_> = found.collect();
            let is_ours = name.as_str().eq_ignore_ascii_case(&resolver.host);
            let found = if is_ours || !resolver.lets_others_be {
                resolver
                    .networks
                    .only_permitted(&resolver.host, found)
                    .map_err(io::Error::other)?
            } else {
                found
            };
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(networks: &Networks, address: &str) -> bool {
        networks.permit(address.parse().unwrap())
    }

    #[test]
    fn every_listed_network_can_be_read() {
        assert_eq!(NOT_PUBLIC.len(), 28);
    }

    #[test]
    fn public_addresses_are_called_and_no_others() {
        let networks = Networks::default();
        for public in ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(permits(&networks, public), "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.0.0.7",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "::1",
            "::ffff:10.0.0.7",
            "fd00::1",
            "fe80::1",
            "64:ff9b::a00:7",
            "2002:a00:7::",
            "::7f00:1",
            "::a00:7",
        ] {
            assert!(!permits(&networks, private), "{private}");
        }
    }

    #[test]
    fn a_listed_network_is_called_and_its_neighbour_is_not() {
        let networks = Networks::and(&["10.1.0.0/16".parse().unwrap()]);
        assert!(permits(&networks, "10.1.2.3") && permits(&networks, "::ffff:10.1.2.3"));
        assert!(!permits(&networks, "10.2.0.1"));
    }

    #[test]
    fn an_address_in_a_url_is_checked_however_it_is_written() {
        for url in [
            "http://127.0.0.1:8080/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
        ] {
            let refused = Networks::default().check(&url.parse().unwrap());
            assert!(refused.is_err(), "{url}");
        }
        assert_eq!(
            Networks::default().check(&"https://social.example/".parse().unwrap()),
            Ok(())
        );
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_unless_it_is_a_proxys() {
        let resolver = Resolver::beside_proxy(Networks::default(), "localhost");
        assert!(resolver.resolve("LOCALHOST".parse().unwrap()).await.is_err());
        let resolver = Resolver::beside_proxy(Networks::default(), "social.example");
        assert!(resolver.resolve("localhost".parse().unwrap()).await.is_ok());
        let without_proxy = Resolver::of(Networks::default(), "rooms.example");
        assert!(without_proxy.resolve("localhost".parse().unwrap()).await.is_err());
    }
}
