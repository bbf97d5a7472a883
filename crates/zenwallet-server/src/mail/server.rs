//! Which SMTP server, as one URL names it.

use crate::egress::{LOOPBACK, is_loopback_name};
use secrecy::SecretString;
use std::fmt;
use std::net::SocketAddr;
use tokio::net::lookup_host;
use url::{Host, Url};

/// How a connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tls {
    /// From its first byte.
    Wrapped,
    /// By STARTTLS, before anything is said.
    Started,
    /// Not at all: it does not leave the machine.
    None,
}

/// Where emails are handed in. Neither `Display` nor `Debug` shows a password.
#[derive(Clone)]
pub struct SmtpServer {
    host: Host<String>,
    port: u16,
    tls: Tls,
    credentials: Option<(String, SecretString)>,
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({self})")
    }
}

impl SmtpServer {
    /// The server of a URL: `smtps://user:password@host:465`, `smtp://…:587?tls=required` for STARTTLS, and without that a
    /// server on this machine alone.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err("holds a space or a control character");
        }
        let url = Url::parse(text).map_err(|_| "is not a URL")?;
        let host = match url.host().ok_or("names no server")? {
            // Of a scheme that it does not know, the parser leaves every host a name.
            Host::Domain("") => return Err("names no server"),
            Host::Domain(name) => Host::parse(name).map_err(|_| "names no server")?,
            host => host.to_owned(),
        };
        if !["", "/"].contains(&url.path()) || url.fragment().is_some() {
            return Err("has a path or a fragment");
        }
        let starts = match url.query() {
            None => false,
            Some("tls=required") => true,
            Some(_) => return Err("has a query that is not tls=required"),
        };
        let (tls, port) = match url.scheme() {
            "smtps" => (Tls::Wrapped, 465),
            "smtp" if starts => (Tls::Started, 587),
            "smtp" if is_loopback(&host) => (Tls::None, 25),
            "smtp" => return Err("would send passwords and emails unencrypted to another machine"),
            _ => return Err("begins neither with smtp:// nor with smtps://"),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                let bad = "has a user or a password that is not percent-encoded UTF-8";
                Some((decode(user).ok_or(bad)?, decode(password).ok_or(bad)?.into()))
            }
            _ => return Err("has a user without a password, or a password without a user"),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), tls, credentials })
    }

    pub(super) const fn tls(&self) -> Tls {
        self.tls
    }

    /// The name that the server's certificate must bear.
    pub(super) fn name(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    pub(super) fn credentials(&self) -> Option<(&str, &SecretString)> {
        self.credentials.as_ref().map(|(user, password)| (user.as_str(), password))
    }

    /// The addresses to dial. What goes unencrypted goes to this machine, whatever a resolver says.
    pub(super) async fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        let at = |address| SocketAddr::new(address, self.port);
        match &self.host {
            Host::Domain(name) if is_loopback_name(name) => Ok(LOOPBACK.map(at).to_vec()),
            Host::Domain(name) => Ok(lookup_host((name.as_str(), self.port)).await?.collect()),
            Host::Ipv4(address) => Ok(vec![at((*address).into())]),
            Host::Ipv6(address) => Ok(vec![at((*address).into())]),
        }
    }
}

fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => is_loopback_name(name),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Text without percent-encoding.
fn decode(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| first == b'%');
        rest = match pair {
            Some(pair) => {
                bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
                &after[2..]
            }
            None => {
                bytes.push(first);
                after
            }
        };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_url_names_a_server_its_port_and_how_it_is_encrypted() {
        for (url, shown, tls) in [
            ("smtps://mail.example.com", "mail.example.com:465", Tls::Wrapped),
            ("smtps://u:p@mail.example.com:2465/", "mail.example.com:2465", Tls::Wrapped),
            ("smtp://u:p@mail.example.com?tls=required", "mail.example.com:587", Tls::Started),
            ("smtp://127.0.0.1:1025", "127.0.0.1:1025", Tls::None),
            ("smtp://localhost", "localhost:25", Tls::None),
            ("smtp://[::1]:26", "[::1]:26", Tls::None),
            ("smtp://127.0.0.1?tls=required", "127.0.0.1:587", Tls::Started),
        ] {
            let server = SmtpServer::parse(url).unwrap();
            assert_eq!((server.to_string().as_str(), server.tls()), (shown, tls), "{url}");
            assert!(!format!("{server:?}").contains("p@"), "{server:?}");
        }
    }

    #[test]
    fn nothing_goes_unencrypted_to_another_machine() {
        for (url, part) in [
            ("smtp://mail.example.com", "unencrypted"),
            ("smtp://u:p@10.0.0.1:25", "unencrypted"),
            ("smtp://localhost.example.com", "unencrypted"),
            ("smtp://mail.example.com?tls=opportunistic", "query"),
            ("smtp://mail.example.com?tls=required&x=1", "query"),
            ("smtps://u@mail.example.com", "without a password"),
            ("smtps://:p@mail.example.com", "without a user"),
            ("smtps://mail.example.com/hello", "path"),
            ("smtps://u:p%ff@mail.example.com", "UTF-8"),
            ("https://mail.example.com", "smtp://"),
            ("mail.example.com:25", "names no server"),
            ("smtp://", "no"),
            ("smtps://mail .example.com", "space"),
        ] {
            let refused = SmtpServer::parse(url).unwrap_err();
            assert!(refused.contains(part), "{url}: {refused}");
        }
    }

    #[test]
    fn a_password_may_hold_any_character() {
        let server = SmtpServer::parse("smtps://ada%40example.com:p%3A%2F%40%C3%BC+1@mail.example.com").unwrap();
        let (user, password) = server.credentials().unwrap();
        assert_eq!((user, password.expose_secret()), ("ada@example.com", "p:/@ü+1"));
    }
}
