//! The sender against receivers of every kind, over loopback.

mod addresses;
mod connections;
mod personas;

use super::*;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use zenwallet_core::egress::Cidr;
use zenwallet_core::time::{ManualClock, Timestamp};
use zenwallet_testing::receiver::{CERTIFICATE_PEM, Persona, Receiver};

/// 2026-01-26T10:35:00Z.
const NOW: Timestamp = Timestamp::from_ms(1_769_423_700_000);
/// A public address that no test may reach.
const PUBLIC: &str = "93.184.216.34";

/// Who is who in the tests.
fn names(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    static REBOUND: AtomicUsize = AtomicUsize::new(0);
    let addresses = match name {
        "receiver.test" | "receiver.test." | "other.test" => vec!["127.0.0.1"],
        "two.test" => vec!["127.0.0.2", "127.0.0.1"],
        "six.test" => vec!["::1"],
        "mixed.test" => vec![PUBLIC, "10.0.0.1"],
        "mostly-open.test" => vec!["127.0.0.1", "192.168.0.1"],
        "private.test" => vec!["10.0.0.1"],
        "metadata.test" => vec!["169.254.169.254"],
        "mapped.test" => vec!["::ffff:10.0.0.1"],
        "rebinds.test" if REBOUND.fetch_add(1, Ordering::SeqCst) == 0 => vec!["127.0.0.1"],
        "rebinds.test" => vec!["10.0.0.1"],
        "empty.test" => vec![],
        "slow.test" => {
            std::thread::sleep(Duration::from_secs(1));
            vec!["127.0.0.1"]
        }
        _ => return Err(io::Error::other("Name or service not known")),
    };
    Ok(addresses.into_iter().map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect())
}

fn ranges(texts: &[&str]) -> Vec<Cidr> {
    texts.iter().map(|text| Cidr::parse(text).unwrap()).collect()
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CERTIFICATE_PEM.as_bytes()).unwrap()).unwrap();
    roots
}

/// A sender that may call loopback for test apps, and for production apps what is given.
fn sender(deadline_ms: u64, production: &[&str], roots: RootCertStore) -> Sender {
    let egress = Egress::new(ranges(&["127.0.0.0/8", "::1"]), ranges(production), Vec::new());
    let options = SendOptions { deadline: Duration::from_millis(deadline_ms), ..SendOptions::default() };
    Sender::with(Arc::new(egress), options, Clock::Manual(ManualClock::new(NOW)), Resolver::new(names), roots)
}

fn outgoing(url: impl Into<String>, environment: Environment) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    headers.insert("webhook-id", "evt_1".parse().unwrap());
    Outgoing { url: url.into(), environment, headers, body: Bytes::from_static(b"{\"a\":1}") }
}

async fn send_test(sender: &Sender, url: impl Into<String>) -> Sent {
    sender.send(outgoing(url, Environment::Test)).await
}

/// The address of a receiver under another name.
fn under(name: &str, receiver: &Receiver) -> String {
    receiver.url().replace(&receiver.address().ip().to_string(), name)
}

#[track_caller]
fn status(sent: &Sent) -> u16 {
    sent.outcome.as_ref().map(|answer| answer.status).unwrap_or_else(|error| panic!("{error:?}"))
}

#[track_caller]
fn refusal(sent: &Sent) -> (SendErrorKind, &str) {
    let error = sent.outcome.as_ref().expect_err("no answer was to be had");
    (error.kind, &error.message)
}
