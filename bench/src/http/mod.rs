//! Two HTTP/1.1 clients: a raw one that costs next to nothing, for load, and a careful one on hyper, for everything else.

pub(crate) mod careful;
pub(crate) mod raw;
#[cfg(test)]
pub(crate) mod stub;

use anyhow::Context;
use std::net::{SocketAddr, ToSocketAddrs};

/// Where a gateway listens, from a base URL such as `http://127.0.0.1:8080`.
pub(crate) fn address_of(url: &str) -> anyhow::Result<SocketAddr> {
    let authority = url.strip_prefix("http://").with_context(|| format!("{url}: only http:// is spoken here"))?;
    let authority = authority.trim_end_matches('/');
    let with_port = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
    let mut found = with_port.to_socket_addrs().with_context(|| format!("{url}: no address"))?;
    found.next().with_context(|| format!("{url}: no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_names_an_address() {
        let address = |url| address_of(url).ok().map(|a| a.to_string());
        assert_eq!(address("http://127.0.0.1:8080"), Some("127.0.0.1:8080".into()));
        assert_eq!(address("http://127.0.0.1:8080/"), Some("127.0.0.1:8080".into()));
        assert_eq!(address("http://127.0.0.1"), Some("127.0.0.1:80".into()));
        assert_eq!(address("https://127.0.0.1"), None);
        assert_eq!(address("127.0.0.1:80"), None);
    }
}
