//! Which URLs and addresses the gateway may call for its apps. A URL is judged when it is given and at every attempt,
//! and each address that its name leads to is judged again before it is dialled.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};
use zenwallet_core::app::Environment;
use zenwallet_core::egress::{self, Cidr};
use zenwallet_core::id::InboxId;
use zenwallet_core::limits::URL_MAX_CHARS;
use zenwallet_core::{Code, Rejection};

/// What `localhost` and every name below it stand for, whatever a resolver says (RFC 6761, 6.3).
pub(crate) const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Ports that no receiver of webhooks listens on, in ascending order: those that the Fetch standard bars to browsers
/// (<https://fetch.spec.whatwg.org/#port-blocking>), and those of databases, caches, queues and machine control.
const CLOSED_PORTS: [u16; 104] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530,
    531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2375,
    2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 4222, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6432, 6566, 6665,
    6666, 6667, 6668, 6669, 6679, 6697, 9042, 9092, 10080, 10250, 11211, 27017, 33060,
];

/// The rules of this instance: forbidden is its own network, but for what its operator opened.
#[derive(Clone, Debug, Default)]
pub struct Egress {
    opened_test: Vec<Cidr>,
    opened_production: Vec<Cidr>,
    own: Vec<SocketAddr>,
}

impl Egress {
    /// The ranges that the operator opened for test apps and for production apps, and the gateway's own addresses (its
    /// listener, its database), which stay closed in every opened range. One whose host is not known has `0.0.0.0`.
    pub fn new(opened_test: Vec<Cidr>, opened_production: Vec<Cidr>, own: Vec<SocketAddr>) -> Self {
        Self { opened_test, opened_production, own }
    }

    /// Judges a URL as it is written, and gives it as it will be called. A name's addresses are not looked up here:
    /// they can change, so [`Egress::may_call`] judges them at each connection.
    ///
    /// # Errors
    /// `url_invalid` (malformed, ambiguous, too long), `url_not_https` (production) or `url_forbidden` (its address or
    /// port), each naming `name` as the parameter.
    pub fn check_url(&self, name: &'static str, url: &str, environment: Environment) -> Result<Url, Rejection> {
        let invalid = |what: &str| Rejection::new(Code::UrlInvalid, name, format!("{name} {what}"));
        if url.chars().nth(URL_MAX_CHARS).is_some() {
            return Err(invalid(&format!("may be at most {URL_MAX_CHARS} characters long")));
        }
        let parsed = parse(url).map_err(invalid)?;
        if environment == Environment::Production && parsed.scheme() != "https" {
            return Err(Rejection::new(Code::UrlNotHttps, name, format!("{name} of a production app must use https")));
        }
        let port = parsed.port_or_known_default().unwrap_or_default();
        if CLOSED_PORTS.binary_search(&port).is_ok() {
            let message = format!("{name} names port {port}, where no web server listens; use another port");
            return Err(Rejection::new(Code::UrlForbidden, name, message));
        }
        let open = |address: IpAddr| self.may_call(SocketAddr::new(address, port), environment);
        let may_call = match parsed.host() {
            Some(Host::Ipv4(address)) => open(address.into()),
            Some(Host::Ipv6(address)) => open(address.into()),
            Some(Host::Domain(host)) if is_loopback_name(host) => LOOPBACK.into_iter().any(open),
            Some(Host::Domain(host)) if is_dns_name(host) => true,
            _ => return Err(invalid("must name a host by its DNS name or its address")),
        };
        let forbidden = || Rejection::new(Code::UrlForbidden, name, forbidden_message(name));
        may_call.then_some(parsed).ok_or_else(forbidden)
    }

    /// The ranges that the operator opened for apps of this environment.
    pub(crate) fn opened(&self, environment: Environment) -> &[Cidr] {
        match environment {
            Environment::Test => &self.opened_test,
            Environment::Production => &self.opened_production,
        }
    }

    /// Whether a connection to this address may be opened for an app of this environment.
    pub fn may_call(&self, address: SocketAddr, environment: Environment) -> bool {
        let opened = self.opened(environment);
        let port = address.port();
        let ip = address.ip().to_canonical();
        let is_here = self.own.iter().any(|own| own.port() == port && (ip == own.ip() || ip.is_loopback()));
        CLOSED_PORTS.binary_search(&port).is_err() && !is_here && egress::may_call(address.ip(), opened)
    }

    /// Whether a connection between these two leads to the gateway itself or to its database: a machine that calls one
    /// of its own addresses does so from that address.
    pub(crate) fn is_own(&self, local: SocketAddr, peer: SocketAddr) -> bool {
        local.ip() == peer.ip() && self.own.iter().any(|own| own.port() == peer.port())
    }
}

/// Where one app's webhooks may go: out, as far as [`Egress`] lets them, or into the app's own inbox, which is no call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receivers<'a> {
    pub(crate) egress: &'a Egress,
    /// What addresses of this gateway start with.
    pub(crate) public_url: &'a str,
    /// The app's inbox, if it has one and it was looked for.
    pub(crate) inbox: Option<InboxId>,
}

impl Receivers<'_> {
    /// Judges a URL as it is written; of this gateway's inboxes only the app's own will do.
    pub(crate) fn check_url(&self, name: &'static str, url: &str, environment: Environment) -> Result<(), Rejection> {
        match inbox_named(self.public_url, url) {
            None => self.egress.check_url(name, url, environment).map(drop),
            Some(id) if InboxId::parse(id).is_some_and(|id| self.inbox == Some(id)) => Ok(()),
            Some(_) => {
                let message = format!("{name} is no inbox of this app; ask for its own at /api/apps/{{app_id}}/inbox");
                Err(Rejection::new(Code::UrlForbidden, name, message))
            }
        }
    }
}

/// The id of the inbox that a URL of this gateway names.
pub(crate) fn inbox_named<'a>(public_url: &str, url: &'a str) -> Option<&'a str> {
    url.strip_prefix(public_url)?.strip_prefix("/inbox/")
}

/// Whether a name stands for this machine.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host == "localhost" || host.ends_with(".localhost")
}

fn forbidden_message(name: &str) -> String {
    format!(
        "{name} leads to an address or a port that the gateway may not call; use a public address, or have the \
         operator open the range with webhooks.allow_cidrs"
    )
}

/// The URL, if every reader of it sees the same scheme, host and port. What parsers are known to mend silently, and
/// each in its own way, is refused.
fn parse(text: &str) -> Result<Url, &'static str> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("may hold no spaces, control characters or backslashes");
    }
    let not_absolute = "must be an absolute http or https URL";
    let (scheme, rest) = text.split_once("://").ok_or(not_absolute)?;
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !is_http || authority.is_empty() {
        return Err(not_absolute);
    }
    if authority.contains('@') || text.contains('#') {
        return Err("may carry neither credentials nor a fragment");
    }
    Url::parse(text).map_err(|_| not_absolute)
}

/// Whether DNS could know a name: URL parsers let other characters through that other readers end a host at.
fn is_dns_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let plain = |label: &str| label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    host.len() <= 253 && host.split('.').all(|label| (1..=63).contains(&label.len()) && plain(label))
}
