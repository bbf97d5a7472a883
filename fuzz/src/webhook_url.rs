//! URLs that the gateway may call: what is allowed leads out, and every reader sees the same host in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};
use zenwallet_core::Code;
use zenwallet_core::app::Environment;
use zenwallet_core::egress::{Cidr, may_call};
use zenwallet_core::limits::URL_MAX_CHARS;
use zenwallet_server::egress::Egress;

/// The first byte says whether the rest is a URL, or an address and a range.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, rest)) => addresses(rest),
        Some((kind, rest)) => {
            let environment = if kind % 2 == 0 { Environment::Test } else { Environment::Production };
            if let Ok(text) = std::str::from_utf8(rest) {
                url(text, environment);
            }
        }
        None => {}
    }
}

fn url(text: &str, environment: Environment) {
    let closed = Egress::default();
    let read = match closed.check_url("url", text, environment) {
        Ok(read) => read,
        Err(error) => {
            assert!([Code::UrlInvalid, Code::UrlNotHttps, Code::UrlForbidden].contains(&error.code), "{error:?}");
            return;
        }
    };
    assert!(read.scheme() == "https" || (read.scheme() == "http" && environment == Environment::Test));
    assert!(read.username().is_empty() && read.password().is_none() && read.fragment().is_none(), "{text:?}");
    assert!(text.chars().count() <= URL_MAX_CHARS);
    let port = read.port_or_known_default().unwrap_or(0);
    assert!(![0, 22, 25, 5432, 6379, 9092].contains(&port), "{text:?}");
    match read.host() {
        Some(Host::Ipv4(address)) => assert!(is_public_v4(address), "{text:?} leads to {address}"),
        Some(Host::Ipv6(address)) => assert!(is_public_v6(address), "{text:?} leads to {address}"),
        Some(Host::Domain(name)) => {
            let plain = name.trim_end_matches('.');
            assert!(plain != "localhost" && !plain.ends_with(".localhost"), "{text:?}");
            assert!(plain.parse::<IpAddr>().is_err() && plain.is_ascii(), "{text:?} hides an address");
            // What some resolvers take for a number.
            let last = plain.rsplit('.').next().unwrap_or_default();
            let is_hex = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(!last.bytes().all(|byte| byte.is_ascii_digit()) && !is_hex, "{text:?}");
        }
        None => panic!("{text:?} has no host"),
    }
    // What is stored is what is called: it reads back as itself, and is allowed again.
    assert_eq!(Url::parse(read.as_str()).as_ref(), Ok(&read));
    if read.as_str().chars().count() <= URL_MAX_CHARS {
        assert_eq!(closed.check_url("url", read.as_str(), environment).as_ref(), Ok(&read), "{text:?}");
    }
    // A reader that only splits sees the host that the parser sees.
    let authority = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    assert!(!authority.contains(['@', '#', '\\']), "{text:?}");
}

fn addresses(data: &[u8]) {
    let Some((bytes, rest)) = data.split_first_chunk::<16>() else { return };
    let (v6, v4) = (Ipv6Addr::from(*bytes), Ipv4Addr::new(bytes[12], bytes[13], bytes[14], bytes[15]));
    assert!(!may_call(v4.into(), &[]) || is_public_v4(v4), "{v4}");
    assert!(!may_call(v6.into(), &[]) || is_public_v6(v6), "{v6}");
    // However an IPv4 address is spelled in IPv6, it is judged no milder.
    let [a, b, c, d] = v4.octets().map(u16::from);
    let (high, low) = (a << 8 | b, c << 8 | d);
    let nat = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low);
    let six_to_four = Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1);
    assert_eq!(may_call(v4.to_ipv6_mapped().into(), &[]), may_call(v4.into(), &[]));
    assert!(!may_call(nat.into(), &[]) && !may_call(six_to_four.into(), &[]));
    let everything = [Cidr::parse("0.0.0.0/0"), Cidr::parse("::/0")].map(|range| range.expect("a range"));
    let metadata = Ipv4Addr::new(169, 254, 169, 254);
    for spelled in [v4.to_ipv6_mapped(), nat, six_to_four] {
        assert!(v4 != metadata || !may_call(spelled.into(), &everything), "{spelled}");
    }
    // Opening a range closes nothing, and a range holds its own ends.
    if let Some(range) = std::str::from_utf8(rest).ok().and_then(Cidr::parse) {
        assert_eq!(Cidr::parse(&range.to_string()).map(|again| again.to_string()), Some(range.to_string()));
        for address in [IpAddr::V4(v4), IpAddr::V6(v6)] {
            assert!(!may_call(address, &[]) || may_call(address, &[range]), "{address} {range}");
            let egress = Egress::new(vec![range], Vec::new(), Vec::new());
            let socket = SocketAddr::new(address, 443);
            assert_eq!(egress.may_call(socket, Environment::Test), may_call(address, &[range]));
            assert_eq!(egress.may_call(socket, Environment::Production), may_call(address, &[]));
        }
    }
}

/// What the standard library and the registries say of an address, without the product's table.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_reserved = a == 0 || a >= 240 || (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    let is_benchmark = a == 198 && (18..20).contains(&b);
    !(is_special || is_shared || is_reserved || is_benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4() {
        // Mapped and compatible addresses; `::` and `::1` come out as 0.0.0.0 and 0.0.0.1.
        return is_public_v4(v4);
    }
    let head = address.segments();
    let is_special = address.is_multicast() || address.is_unique_local() || address.is_unicast_link_local();
    let is_tunnel = head[0] == 0x2002 || (head[0] == 0x2001 && head[1] == 0) || (head[0] == 0x64 && head[1] == 0xff9b);
    let is_document = (head[0] == 0x2001 && head[1] == 0xdb8) || (head[0] == 0x3fff && head[1] < 0x1000);
    !is_special && !is_tunnel && !is_document && head[0] & 0xffc0 != 0xfec0 && head[0] >= 0x100
}
