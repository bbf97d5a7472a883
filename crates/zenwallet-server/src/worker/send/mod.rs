//! Sends one webhook and reads its answer: one deadline over everything, nothing followed, nothing believed.
//!
//! The client is hyper's, on connections of our own (`connect`), so that an address is judged where it is dialled.
//! Test and production apps share no connection: what the policy of the one allows may be forbidden to the other.

mod answer;
mod connect;
mod error;
mod socket;
#[cfg(test)]
mod tests;

pub(crate) use answer::Answer;
pub(crate) use error::{SendError, SendErrorKind};

use crate::egress::Egress;
use bytes::Bytes;
use connect::{Connector, Network, Resolver};
use error::Stage;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use zenwallet_core::app::Environment;
use zenwallet_core::time::Clock;

/// How long a connection waits for its next request. Node closes its own after 5 s, and a request that meets a
/// closing connection is lost time.
const IDLE_MAX: Duration = Duration::from_secs(4);
/// Idle connections kept for one host and port.
const IDLE_PER_HOST_MAX: usize = 16;
/// Largest head of an answer, in bytes. Its lines are bounded by hyper, at 100.
const HEAD_MAX_BYTES: usize = 64 * 1024;

/// The limits of one exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendOptions {
    /// From the look-up of the name to the last byte of the answer.
    pub(crate) deadline: Duration,
    /// Bytes of an answer's body that are read; the connection is dropped after them.
    pub(crate) answer_max_bytes: usize,
    /// Bytes of text that are kept of a body.
    pub(crate) kept_max_bytes: usize,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(10), answer_max_bytes: 64 * 1024, kept_max_bytes: 4 * 1024 }
    }
}

/// One request to be posted. `Host` and `Content-Length` are added.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// Where to, as the app wrote it: it is judged again at each send.
    pub(crate) url: String,
    /// Whose policy and whose connections apply.
    pub(crate) environment: Environment,
    /// The headers, with the signatures.
    pub(crate) headers: HeaderMap,
    /// The bytes that were signed.
    pub(crate) body: Bytes,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// The answer, whatever its status, or why there is none.
    pub(crate) outcome: Result<Answer, SendError>,
    /// How long it took, in milliseconds.
    pub(crate) took_ms: u32,
}

/// The process's one way out to the apps' receivers.
pub(crate) struct Sender {
    egress: Arc<Egress>,
    options: SendOptions,
    clock: Clock,
    test: Lane,
    production: Lane,
}

impl Sender {
    /// A sender that trusts the machine's certificate authorities. `clock` tells what a date in `Retry-After` means.
    pub(crate) fn new(egress: Arc<Egress>, options: SendOptions, clock: Clock) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (trusted, _) = roots.add_parsable_certificates(found.certs);
        if trusted == 0 {
            tracing::warn!("this machine has no certificate authorities: no webhook can be sent over https");
        }
        Self::with(egress, options, clock, Resolver::system(), roots)
    }

    fn with(egress: Arc<Egress>, options: SendOptions, clock: Clock, resolver: Resolver, roots: RootCertStore) -> Self {
        let network = Arc::new(Network::new(Arc::clone(&egress), resolver, roots, options.deadline));
        let lane = |environment| Lane::new(Connector::new(Arc::clone(&network), environment));
        let (test, production) = (lane(Environment::Test), lane(Environment::Production));
        Self { egress, options, clock, test, production }
    }

    /// Posts a request and reads its answer. It ends within the deadline, whatever the receiver does.
    pub(crate) async fn send(&self, outgoing: Outgoing) -> Sent {
        let started = Instant::now();
        let outcome = error::watch_stage(self.exchange(outgoing, started)).await;
        Sent { outcome, took_ms: u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX) }
    }

    async fn exchange(&self, outgoing: Outgoing, started: Instant) -> Result<Answer, SendError> {
        let environment = outgoing.environment;
        let request = self.request(outgoing)?;
        let lane = match environment {
            Environment::Test => &self.test,
            Environment::Production => &self.production,
        };
        let deadline = started + self.options.deadline;
        let response = match timeout_at(deadline, lane.post(request)).await {
            Ok(response) => response.map_err(error::explain)?,
            Err(_) => return Err(SendError::timed_out(self.options.deadline)),
        };
        error::enter(Stage::Body);
        answer::read(response, &self.options, deadline, &self.clock).await
    }

    /// The request, to the URL as it was judged: its text is parsed by one parser alone.
    fn request(&self, outgoing: Outgoing) -> Result<Request<Full<Bytes>>, SendError> {
        let forbidden = |message| SendError::new(SendErrorKind::UrlForbidden, message);
        let url = self.egress.check_url("url", &outgoing.url, outgoing.environment);
        let url = url.map_err(|rejection| forbidden(rejection.message))?;
        let uri: Uri = url.as_str().parse().map_err(|_| forbidden("url cannot be sent in a request".to_owned()))?;
        let mut request = Request::new(Full::new(outgoing.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = outgoing.headers;
        Ok(request)
    }
}

/// The connections of one environment.
struct Lane {
    kept: Client<Connector, Full<Bytes>>,
    /// Opens a connection for each request: for the second try after a kept one turned out dead.
    fresh: Client<Connector, Full<Bytes>>,
}

impl Lane {
    fn new(connector: Connector) -> Self {
        Self { kept: client(connector.clone(), IDLE_PER_HOST_MAX), fresh: client(connector, 0) }
    }

    /// Sends a request; once more on a fresh connection when a kept one died without a byte of answer. Such a
    /// connection was most likely closed while the request was on its way, and a receiver knows an event that it
    /// sees twice by its id.
    async fn post(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let again = request.clone();
        match self.kept.request(request).await {
            Err(error) if socket::died_waiting_for_another(&error) => self.fresh.request(again).await,
            result => result,
        }
    }
}

fn client(connector: Connector, idle_per_host_max: usize) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(idle_per_host_max)
        .http1_max_buf_size(HEAD_MAX_BYTES)
        .build(connector)
}
