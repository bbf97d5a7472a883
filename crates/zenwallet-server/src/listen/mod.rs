//! The accept loop: caps in all and per address, deadlines on every connection, and a drain at the end.

mod guard;
mod rest;

use self::guard::{Busy, Guarded, Patience};
use self::rest::Rest;
use crate::app::{App, Peer};
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections in all.
    pub max_connections: usize,
    /// Open connections of one address.
    pub max_connections_per_address: usize,
    /// Longest time from the first byte of a request's head to its last.
    pub head_timeout: Duration,
    /// Longest time between two requests of a connection.
    pub idle_timeout: Duration,
    /// A client that reads less than 4 KiB of a waiting answer in this time is cut off.
    pub write_stall_timeout: Duration,
    /// How long open requests may take to end at shutdown.
    pub grace: Duration,
}

/// After a failed `accept` (no more file descriptors, say) the loop must not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts until `stop`, then drains: what was accepted is answered, within the grace time.
pub async fn serve(listener: TcpListener, app: App, limits: Limits, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    let addresses = Addresses::default();
    let end = CancellationToken::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else { continue };
        let Some(place) = addresses.enter(peer.ip(), limits.max_connections_per_address) else { continue };
        open(stream, peer, app.clone(), &limits, (slot, place), &graceful, &end);
    }
    drop(listener);
    app.end_live();
    end.cancel();
    if tokio::time::timeout(limits.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end within the grace time");
    }
}

fn open(
    stream: TcpStream,
    peer: SocketAddr,
    app: App,
    limits: &Limits,
    held: (OwnedSemaphorePermit, Place),
    graceful: &GracefulShutdown,
    end: &CancellationToken,
) {
    let _ = stream.set_nodelay(true);
    let patience = Patience { head: limits.head_timeout, idle: limits.idle_timeout, stall: limits.write_stall_timeout };
    let busy = Busy::default();
    // A socket leaves its HTTP connection behind, but not the stream: that is what has a place.
    let io = TokioIo::new(Guarded::new(stream, patience, busy.clone(), end.clone(), held));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
        let (app, busy) = (app.clone(), busy.clone());
        busy.set(true);
        async move {
            let (request, rest) = Rest::of(request);
            let mut response = app.handle(request).await;
            if !rest.finish().await {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            // A stream that became a socket is never at rest in HTTP's sense: its own pings tell whether it lives.
            let ends = response.status() != StatusCode::SWITCHING_PROTOCOLS;
            if !ends {
                busy.become_socket();
            }
            Ok::<Response<Tracked>, Infallible>(response.map(|body| Tracked { body, busy: ends.then_some(busy) }))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().max_buf_size(64 * 1024);
    let connection = builder.serve_connection_with_upgrades(io, service).into_owned();
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!(%peer, error, "a connection ended");
        }
    });
}

/// An answer's body: the connection is busy until it was given away whole.
struct Tracked {
    body: Body,
    busy: Option<Busy>,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if let Some(busy) = &self.busy {
            busy.set(false);
        }
    }
}

impl hyper::body::Body for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How many connections each address has open.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Addresses {
    fn enter(&self, address: IpAddr, max: usize) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Place { addresses: self.clone(), address })
    }
}

/// One open connection of an address.
struct Place {
    addresses: Addresses,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
