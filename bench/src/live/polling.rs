//! Socket.IO's other transport: a session of several requests, each of which a load balancer may send elsewhere.

use crate::http::careful::{Ask, Client};
use anyhow::{Context, bail, ensure};
use hyper::Method;
use std::net::SocketAddr;

/// Between the packets of one answer.
const SEPARATOR: char = '\u{1e}';
/// A ping may come first, on its own.
const POLLS: usize = 3;

/// A client whose requests go to these nodes in turn.
pub(crate) struct Polling {
    clients: Vec<Client>,
    turn: usize,
}

impl Polling {
    /// A client that sends its first request to the first of these.
    pub(crate) fn new(nodes: &[SocketAddr]) -> Self {
        Self { clients: nodes.iter().map(|address| Client::new(*address)).collect(), turn: 0 }
    }

    /// Opens a session, enters the namespace of apps and polls until it hears that it is in; an error says what the
    /// gateway answered instead.
    pub(crate) async fn enter(&mut self, auth: &str) -> anyhow::Result<()> {
        let open = self.ask(Method::GET, "", None).await?;
        let body: serde_json::Value = serde_json::from_str(open.strip_prefix('0').context("no handshake")?)?;
        let session = format!("&sid={}", body.get("sid").and_then(|sid| sid.as_str()).context("no sid")?);
        self.ask(Method::POST, &session, Some(&format!("40{auth}"))).await?;
        let mut heard = String::new();
        for _ in 0..POLLS {
            heard = self.ask(Method::GET, &session, None).await?;
            let mut packets = heard.split(SEPARATOR);
            if packets.any(|packet| packet.starts_with("40")) {
                return Ok(());
            }
            self.ask(Method::POST, &session, Some("3")).await?;
        }
        bail!("not let in: {heard}")
    }

    async fn ask(&mut self, method: Method, session: &str, body: Option<&str>) -> anyhow::Result<String> {
        let path = format!("/socket.io/?EIO=4&transport=polling{session}");
        let nodes = self.clients.len();
        let client = &mut self.clients[self.turn % nodes];
        self.turn += 1;
        let answer = client.send(&Ask { method, path: &path, body, ..Ask::default() }).await?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status == 200, "{} {text}", answer.status);
        Ok(text)
    }
}
