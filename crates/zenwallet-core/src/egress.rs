//! Which addresses the gateway may call: none of its own network's, whatever way they are spelled.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses, such as `10.0.0.0/8`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    prefix_bits: u8,
}

impl Cidr {
    /// Parses `address/bits`; a bare address is a range of one. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let network: IpAddr = address.parse().ok()?;
        let widest = if network.is_ipv4() { 32 } else { 128 };
        let prefix_bits = bits.map_or(Some(widest), |bits| bits.parse().ok())?;
        (prefix_bits <= widest).then_some(Self { network, prefix_bits })
    }

    /// Whether an address lies in the range.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                same_prefix(network.to_bits().into(), address.to_bits().into(), 32, self.prefix_bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                same_prefix(network.to_bits(), address.to_bits(), 128, self.prefix_bits)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix_bits)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn same_prefix(a: u128, b: u128, width: u8, bits: u8) -> bool {
    bits == 0 || (a ^ b) >> (width - bits) == 0
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix_bits: u8) -> Cidr {
    Cidr { network: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix_bits }
}

const fn v6(head: [u16; 4], prefix_bits: u8) -> Cidr {
    let [a, b, c, d] = head;
    Cidr { network: IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), prefix_bits }
}

/// Private, shared, reserved, documentation, benchmark, tunnel and multicast ranges (IANA's special-purpose
/// registries, and the translation prefixes that lead back into IPv4).
const FORBIDDEN: [Cidr; 28] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
    v6([0, 0, 0, 0], 8),
    v6([0x64, 0xff9b, 0, 0], 96),
    v6([0x64, 0xff9b, 1, 0], 48),
    v6([0x100, 0, 0, 0], 64),
    v6([0x2001, 0, 0, 0], 32),
    v6([0x2001, 0xdb8, 0, 0], 32),
    v6([0x2002, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0], 20),
    v6([0x5f00, 0, 0, 0], 16),
    v6([0xfc00, 0, 0, 0], 7),
    v6([0xfe80, 0, 0, 0], 10),
    v6([0xfec0, 0, 0, 0], 10),
    v6([0xff00, 0, 0, 0], 8),
];

/// Addresses that stay closed even in a range that the operator opened: cloud machines hand out credentials there.
/// In order: EC2 and most others, ECS tasks, EKS pods, Azure's WireServer (public by number), Alibaba, Oracle, EC2 and
/// Google over IPv6, as each provider documents its own.
const METADATA: [Cidr; 8] = [
    v4(169, 254, 169, 254, 32),
    v4(169, 254, 170, 2, 32),
    v4(169, 254, 170, 23, 32),
    v4(168, 63, 129, 16, 32),
    v4(100, 100, 100, 200, 32),
    v4(192, 0, 0, 192, 32),
    v6([0xfd00, 0xec2, 0, 0], 64),
    v6([0xfd20, 0xce, 0, 0], 64),
];

/// Whether the gateway may call an address, given the ranges that the operator opened.
pub fn may_call(address: IpAddr, opened: &[Cidr]) -> bool {
    let address = embedded_v4(address).map_or(address, IpAddr::V4);
    let within = |ranges: &[Cidr]| ranges.iter().any(|range| range.contains(address));
    let leads_to_metadata = translated_v4(address).into_iter().any(|v4| METADATA.iter().any(|m| m.contains(v4.into())));
    !within(&METADATA) && !leads_to_metadata && (!within(&FORBIDDEN) || within(opened))
}

/// The IPv4 addresses that a router may translate an IPv6 address to: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056),
/// IPv4-translated (RFC 2765), Teredo's server and client (RFC 4380). Other addresses give none that is asked for.
fn translated_v4(address: IpAddr) -> Vec<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return Vec::new() };
    let bits = address.to_bits();
    let last = Ipv4Addr::from_bits(bits as u32);
    match address.segments() {
        [0x64, 0xff9b, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => vec![last],
        [0x2002, ..] => vec![Ipv4Addr::from_bits((bits >> 80) as u32)],
        [0x2001, 0, ..] => vec![Ipv4Addr::from_bits((bits >> 64) as u32), Ipv4Addr::from_bits(!(bits as u32))],
        _ => Vec::new(),
    }
}

/// The IPv4 address that an IPv6 address is another spelling of: mapped (`::ffff:a.b.c.d`) or compatible.
fn embedded_v4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] => Some(Ipv4Addr::from_bits(address.to_bits() as u32)),
        // `::` and `::1` are IPv6's own.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => Some(Ipv4Addr::from_bits(address.to_bits() as u32)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed(text: &str, opened: &[&str]) -> bool {
        let opened: Vec<Cidr> = opened.iter().map(|range| Cidr::parse(range).unwrap()).collect();
        may_call(text.parse().unwrap(), &opened)
    }

    #[test]
    fn every_forbidden_range_is_closed_at_both_ends_and_not_beyond() {
        let closed = "0.0.0.0 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 \
            169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 \
            198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
            :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 \
            2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1";
        for address in closed.split_whitespace() {
            assert!(!allowed(address, &[]), "{address}");
        }
        let open = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 128.0.0.0 172.15.255.255 172.32.0.0 \
            192.0.1.0 192.167.255.255 198.17.255.255 198.20.0.0 223.255.255.255 ::ffff:1.1.1.1 2001:4860:4860::8888 \
            2606:4700::1 2400::1 3ffe::1";
        for address in open.split_whitespace() {
            assert!(allowed(address, &[]), "{address}");
        }
    }

    #[test]
    fn the_operator_opens_ranges_but_never_the_metadata_address() {
        assert!(allowed("127.0.0.1", &["127.0.0.0/8"]));
        assert!(allowed("::ffff:127.0.0.1", &["127.0.0.0/8"]));
        assert!(allowed("10.1.2.3", &["10.1.2.3"]));
        assert!(!allowed("10.1.2.4", &["10.1.2.3"]));
        assert!(allowed("fd00::1", &["fd00::/8"]));
        for address in
            "169.254.169.254 ::ffff:169.254.169.254 fd00:ec2::254 169.254.170.2 169.254.170.23 168.63.129.16 \
            100.100.100.200 192.0.0.192 fd20:ce::254 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe:: \
            ::ffff:0:a9fe:a9fe 2001:0:a9fe:a9fe::1 2001::5601:5601"
                .split_whitespace()
        {
            assert!(!allowed(address, &["0.0.0.0/0", "::/0"]), "{address}");
        }
        assert!(!allowed("168.63.129.16", &[]), "Azure's is public by number alone");
        for address in ["64:ff9b::808:808", "2002:808:808::1", "169.254.169.253", "168.63.129.17"] {
            assert!(allowed(address, &["0.0.0.0/0", "::/0"]), "{address}");
        }
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "localhost", "10.0.0.0/", "10.0.0.0/-1"] {
            assert_eq!(Cidr::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_judged_the_same_in_every_spelling(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let plain = may_call(v4.into(), &[]);
            prop_assert_eq!(may_call(v4.to_ipv6_mapped().into(), &[]), plain);
            if bits > 1 {
                prop_assert_eq!(may_call(Ipv6Addr::from_bits(bits.into()).into(), &[]), plain);
            }
        }
    }
}
