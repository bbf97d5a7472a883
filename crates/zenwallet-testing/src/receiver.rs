//! Receivers of webhooks on loopback, each with one way of being a bad partner, and one that is a good one.
//!
//! They speak plain bytes, not HTTP through a library: what they send no library would.

mod persona;
mod play;
mod tls;

pub use persona::Persona;
pub use tls::CERTIFICATE_PEM;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The request line and the headers.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
    /// When it was whole, since the receiver's start.
    pub at: Duration,
    /// Over which connection it came, from 0 in the order of acceptance.
    pub connection: usize,
}

impl Heard {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut values = named.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim())
    }
}

/// A listening receiver; it ends when dropped, with all its connections.
#[derive(Debug)]
pub struct Receiver {
    persona: Persona,
    address: SocketAddr,
    log: Arc<Log>,
    accepting: Option<JoinHandle<()>>,
    /// What keeps the address taken, or its backlog full, without a task.
    _kept: (Option<TcpSocket>, Option<TcpListener>, Vec<TcpStream>),
}

/// What a receiver remembers.
#[derive(Debug)]
struct Log {
    started: Instant,
    heard: Mutex<Vec<Heard>>,
    accepted: AtomicUsize,
    waiting: AtomicUsize,
    waiting_peak: AtomicUsize,
    delay_ms: AtomicU64,
}

/// A request whose caller waits for the answer.
struct Waiting<'a>(&'a Log);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

impl Receiver {
    /// Starts a receiver on a free port of 127.0.0.1.
    pub async fn start(persona: Persona) -> io::Result<Self> {
        Self::start_at(persona, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts a receiver on an address of this machine.
    pub async fn start_at(persona: Persona, address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        let log = Arc::new(Log::new());
        let mut receiver = Self {
            persona: persona.clone(),
            address,
            log: Arc::clone(&log),
            accepting: None,
            _kept: Default::default(),
        };
        match persona {
            Persona::Refuses => receiver._kept.0 = Some(socket),
            Persona::HangsBeforeAccept => {
                receiver._kept.1 = Some(socket.listen(1)?);
                receiver._kept.2 = fill_backlog(address).await;
            }
            _ => receiver.accepting = Some(tokio::spawn(accept(socket.listen(1_024)?, persona, log))),
        }
        Ok(receiver)
    }

    /// Ends, and starts anew at the same address as somebody else, with an empty memory.
    pub async fn become_another(mut self, persona: Persona) -> io::Result<Self> {
        let address = self.address;
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            // Canceled, as it should be: now nobody listens.
            drop(accepting.await);
        }
        drop(self);
        Self::start_at(persona, address).await
    }

    /// Where to send to.
    pub fn url(&self) -> String {
        format!("{}://{}/hook", if self.persona.is_https() { "https" } else { "http" }, self.address)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was sent, in order.
    pub fn requests(&self) -> Vec<Heard> {
        self.log.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests came whole.
    pub fn hits(&self) -> usize {
        self.log.heard.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many connections were accepted, with or without a request.
    pub fn connections(&self) -> usize {
        self.log.accepted.load(Ordering::SeqCst)
    }

    /// Lets it think for so long before it answers a request.
    pub fn think_for(&self, delay: Duration) {
        self.log.delay_ms.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// The most requests that waited for their answers at the same time.
    pub fn waiting_peak(&self) -> usize {
        self.log.waiting_peak.load(Ordering::SeqCst)
    }

    /// When it started.
    pub fn started(&self) -> Instant {
        self.log.started
    }
}

impl Log {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            heard: Mutex::default(),
            accepted: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            waiting_peak: AtomicUsize::new(0),
            delay_ms: AtomicU64::new(0),
        }
    }

    async fn think(&self) {
        let delay_ms = self.delay_ms.load(Ordering::SeqCst);
        if delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
    }

    /// Notes that a caller waits, until what is returned is dropped.
    fn wait(&self) -> Waiting<'_> {
        let waiting = self.waiting.fetch_add(1, Ordering::SeqCst) + 1;
        self.waiting_peak.fetch_max(waiting, Ordering::SeqCst);
        Waiting(self)
    }

    fn add(&self, head: String, body: Vec<u8>, connection: usize) {
        let heard = Heard { head, body, at: self.started.elapsed(), connection };
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    }
}

/// Connects until the kernel takes no more: it then drops whoever knocks.
async fn fill_backlog(address: SocketAddr) -> Vec<TcpStream> {
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(address)).await {
        waiting.push(stream);
    }
    waiting
}

async fn accept(listener: TcpListener, persona: Persona, log: Arc<Log>) {
    let acceptor = tls::acceptor();
    // The connections end with this task.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let connection = log.accepted.fetch_add(1, Ordering::SeqCst);
                connections.spawn(meet(stream, persona.clone(), Arc::clone(&log), connection, acceptor.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Plays the persona to one caller. How it ends is the caller's to judge.
async fn meet(stream: TcpStream, persona: Persona, log: Arc<Log>, connection: usize, acceptor: TlsAcceptor) {
    let mut stream = stream;
    let quick = stream.set_nodelay(true);
    if persona.resets() {
        stream.set_zero_linger().expect("loopback sockets have a linger");
    }
    let played = match persona {
        Persona::HangsAfterAccept | Persona::TlsStalls => std::future::pending().await,
        Persona::ResetsOnAccept | Persona::ClosesOnAccept => Ok(()),
        Persona::TlsUnknown => match acceptor.accept(stream).await {
            Ok(mut stream) => play::play(&mut stream, &persona, &log, connection).await,
            Err(error) => Err(error),
        },
        Persona::TlsIsPlain => play::blurt(&mut stream).await,
        _ => play::play(&mut stream, &persona, &log, connection).await,
    };
    drop((quick, played));
}
