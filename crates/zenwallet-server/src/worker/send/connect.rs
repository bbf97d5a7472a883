//! Opens connections to receivers: finds the addresses of a name, judges all of them, and dials none but those.

use super::error::{SendError, SendErrorKind, Stage, enter};
use super::socket::Socket;
use crate::egress::{Egress, LOOPBACK, is_loopback_name};
use hyper::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower::Service;
use zenwallet_core::app::Environment;
use zenwallet_store::{Bug, planted};

/// Names that are looked up at a time. Each takes a thread of the runtime's blocking pool, which has 512, and holds it
/// until the system's resolver gives up, however long ago the request did.
const LOOKUPS_MAX: usize = 256;
/// Addresses of a name that are dialled, one after the other.
const DIALS_MAX: usize = 4;

/// Asks for the addresses of a name.
pub(super) type LookUp = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Where addresses come from.
pub(super) struct Resolver {
    look_up: LookUp,
    places: Arc<Semaphore>,
}

impl Resolver {
    /// The system's resolver, with its hosts file and its search list.
    pub(super) fn system() -> Self {
        Self::new(|name, port| Ok((name, port).to_socket_addrs()?.collect()))
    }

    pub(super) fn new(look_up: LookUp) -> Self {
        Self { look_up, places: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }

    async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let (look_up, asked) = (self.look_up, name.to_owned());
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        // The thread gives its place back, not the request, which may leave earlier.
        let lookup = tokio::task::spawn_blocking(move || {
            let found = look_up(&asked, port);
            drop(place);
            found
        });
        lookup.await.map_err(io::Error::other)?
    }
}

/// What connections of both environments have in common.
pub(super) struct Network {
    egress: Arc<Egress>,
    resolver: Resolver,
    tls: TlsConnector,
    deadline: Duration,
}

impl Network {
    pub(super) fn new(egress: Arc<Egress>, resolver: Resolver, roots: RootCertStore, deadline: Duration) -> Self {
        Self { egress, resolver, tls: TlsConnector::from(Arc::new(tls_config(roots))), deadline }
    }
}

/// TLS as the rest of the world speaks it, for HTTP/1.1 alone.
fn tls_config(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&versions);
    let builder = builder.expect("the provider has cipher suites for both versions");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

/// Opens the connections of one environment.
#[derive(Clone)]
pub(super) struct Connector {
    network: Arc<Network>,
    environment: Environment,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Socket>;
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, SendError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let deadline = connector.network.deadline;
            // A connection that is opened ahead outlives its request, so it has a deadline of its own.
            let opened = timeout(deadline, connector.open(&uri)).await;
            opened.unwrap_or_else(|_| Err(SendError::timed_out(deadline))).map(TokioIo::new)
        })
    }
}

impl Connector {
    pub(super) fn new(network: Arc<Network>, environment: Environment) -> Self {
        Self { network, environment }
    }

    async fn open(&self, uri: &Uri) -> Result<Socket, SendError> {
        let is_tls = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        enter(Stage::Name);
        let addresses = self.addresses(host, port).await?;
        enter(Stage::Connection);
        let stream = self.dial(host, &addresses).await?;
        let socket = if is_tls {
            enter(Stage::Tls);
            self.secure(host, stream).await?
        } else {
            Socket::plain(stream)
        };
        enter(Stage::Head);
        Ok(socket)
    }

    /// The addresses of a host, if every one of them may be called: a name that leads to a forbidden address among
    /// others was made to be tried until it does.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, SendError> {
        let judged_once = planted(Bug::AddressJudgedOnce);
        let may_call = |address: &SocketAddr| judged_once || self.network.egress.may_call(*address, self.environment);
        if is_loopback_name(host) {
            let open: Vec<SocketAddr> =
                LOOPBACK.map(|ip| SocketAddr::new(ip, port)).into_iter().filter(may_call).collect();
            return if open.is_empty() { Err(forbidden(host)) } else { Ok(open) };
        }
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.network.resolver.addresses(host, port).await.map_err(|error| unresolved(host, &error))?,
        };
        if !found.iter().all(may_call) {
            return Err(forbidden(host));
        }
        if found.is_empty() { Err(unresolved(host, &"it has no address")) } else { Ok(found) }
    }

    /// A connection to the first address that accepts one.
    async fn dial(&self, host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
        let dialled = &addresses[..addresses.len().min(DIALS_MAX)];
        // One address may take all the time there is; of several none may take what the next one needs.
        let parts = if dialled.len() == 1 { 1 } else { dialled.len() as u32 + 1 };
        let mut failed = String::new();
        for address in dialled {
            match timeout(self.network.deadline / parts, self.dial_one(host, *address)).await {
                Ok(Ok(Ok(stream))) => return Ok(stream),
                Ok(Ok(Err(refused))) => return Err(refused),
                Ok(Err(error)) => failed = format!("{address}: {error}"),
                Err(_) if parts == 1 => return Err(SendError::timed_out(self.network.deadline)),
                Err(_) => failed = format!("{address}: no answer in time"),
            }
        }
        let message = format!("{host} does not accept a connection at {failed}");
        Err(SendError::new(SendErrorKind::ConnectFailed, message))
    }

    async fn dial_one(&self, host: &str, address: SocketAddr) -> io::Result<Result<TcpStream, SendError>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        // What was dialled is what was judged; should the two ever part, nothing is sent.
        let (local, peer, egress) = (stream.local_addr()?, stream.peer_addr()?, &self.network.egress);
        let is_allowed = egress.may_call(peer, self.environment) && !egress.is_own(local, peer);
        let is_allowed = is_allowed || planted(Bug::AddressJudgedOnce);
        Ok(if is_allowed { Ok(stream) } else { Err(forbidden(host)) })
    }

    async fn secure(&self, host: &str, stream: TcpStream) -> Result<Socket, SendError> {
        let failed = |why: String| SendError::new(SendErrorKind::TlsFailed, format!("TLS with {host} failed: {why}"));
        let name = host.strip_suffix('.').unwrap_or(host).to_owned();
        let name = ServerName::try_from(name).map_err(|error| failed(error.to_string()))?;
        let stream = self.network.tls.connect(name, stream).await.map_err(|error| failed(tls_words(&error)))?;
        Ok(Socket::tls(stream))
    }
}

fn forbidden(host: &str) -> SendError {
    let message = format!(
        "{host} resolves to an address that the gateway may not call; the operator opens ranges with \
         webhooks.allow_cidrs"
    );
    SendError::new(SendErrorKind::UrlForbidden, message)
}

fn unresolved(host: &str, why: &dyn std::fmt::Display) -> SendError {
    SendError::new(SendErrorKind::DnsFailed, format!("{host} could not be resolved: {why}"))
}

/// What went wrong in a handshake, and what to look at first.
fn tls_words(error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidMessage(_)) => "the receiver answers without TLS on this port".to_owned(),
        Some(rustls::Error::InvalidCertificate(why)) => format!("the receiver's certificate is not valid: {why:?}"),
        Some(cause) => cause.to_string(),
        None => format!("the receiver ended the connection: {error}"),
    }
}
