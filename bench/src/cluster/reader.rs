//! Those who follow a log: by asking, by a stream, by a socket. Each comes back with the number that it saw last, on the next
//! node whenever its own has left it.

use crate::http::careful::Client;
use crate::live::{Event, Socket, Stream, auth};
use anyhow::Context;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Between two questions of those who ask.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Before coming back.
const PAUSE: Duration = Duration::from_millis(50);

/// How a reader reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `GET /api/events`, page after page.
    Feed,
    /// Server-Sent Events.
    Stream,
    /// Socket.IO.
    Socket,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Feed => "readers of feeds",
            Self::Stream => "streams",
            Self::Socket => "sockets",
        })
    }
}

/// One who follows an app's log, and what it was told.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) kind: Kind,
    /// The place of its app.
    pub(super) app: usize,
    home: usize,
    /// Comes back without saying where it was.
    forgets: bool,
    told: Mutex<Vec<Event>>,
    breaks: AtomicUsize,
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of app {} at node {}", self.kind, self.app, self.home)
    }
}

impl Reader {
    /// Starts following from the log's beginning. It goes on until the runtime ends.
    pub(super) fn start(
        kind: Kind,
        app: usize,
        home: usize,
        api_key: &str,
        nodes: &[SocketAddr],
        forgets: bool,
    ) -> Arc<Self> {
        let reader = Self { kind, app, home, forgets, told: Mutex::default(), breaks: AtomicUsize::new(0) };
        let reader = Arc::new(reader);
        tokio::spawn(Arc::clone(&reader).follow(nodes.to_vec(), api_key.to_owned()));
        reader
    }

    async fn follow(self: Arc<Self>, nodes: Vec<SocketAddr>, api_key: String) {
        for turn in 0.. {
            let address = nodes[(self.home + turn) % nodes.len()];
            // However it ended, the reader comes back.
            let _ = match self.kind {
                Kind::Feed => self.ask(address, &api_key).await,
                Kind::Stream => self.stream(address, &api_key).await,
                Kind::Socket => self.socket(address, &api_key).await,
            };
            self.breaks.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn ask(&self, address: SocketAddr, api_key: &str) -> anyhow::Result<()> {
        let mut client = Client::new(address);
        loop {
            let page = page(&mut client, api_key, self.last()).await?;
            if page.is_empty() {
                tokio::time::sleep(ASK_EVERY).await;
            }
            self.lock().extend(page);
        }
    }

    async fn stream(&self, address: SocketAddr, api_key: &str) -> anyhow::Result<()> {
        let mut stream = Stream::open(address, api_key, self.last()).await?;
        loop {
            let event = stream.next_event().await?;
            self.lock().push(event);
        }
    }

    async fn socket(&self, address: SocketAddr, api_key: &str) -> anyhow::Result<()> {
        let after = (!self.forgets || self.breaks() == 0).then(|| self.last());
        let mut socket = Socket::connect(address, &auth(api_key, after)).await?;
        loop {
            let event = socket.next_event().await?;
            self.lock().push(event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last event that it was told.
    pub(super) fn last(&self) -> i64 {
        self.lock().last().map_or(0, |event| event.seq)
    }

    /// All that it was told, as it came.
    pub(super) fn told(&self) -> Vec<Event> {
        self.lock().clone()
    }

    /// How often it had to come back.
    pub(super) fn breaks(&self) -> usize {
        self.breaks.load(Ordering::Relaxed)
    }
}

/// A page of a feed.
pub(super) async fn page(client: &mut Client, api_key: &str, after: i64) -> anyhow::Result<Vec<Event>> {
    #[derive(serde::Deserialize)]
    struct Page {
        data: Vec<Event>,
    }
    let body = client.get(&format!("/api/events?after_seq={after}&limit=100"), api_key, None).await?;
    let page: Page = serde_json::from_slice(&body).context("a page of the feed")?;
    Ok(page.data)
}
