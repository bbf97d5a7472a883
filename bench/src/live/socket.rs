//! A Socket.IO client (protocol 5 over engine.io 4), WebSocket from the first byte.

use super::Event;
use super::frame::{CLOSE, Inbox, PING, PONG, TEXT, masked};
use crate::http::raw::find;
use anyhow::{Context, bail, ensure};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// What is read at once: on the stack, so that a socket that waits holds none of it.
const READ_BYTES: usize = 16 * 1024;
/// A socket that is not let in within this time never is.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// An open socket in the namespace of apps.
pub(crate) struct Socket {
    stream: TcpStream,
    inbox: Inbox,
}

/// What a socket is told, beside pings, which it answers by itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is in, and hears what comes behind this number.
    Ready(i64),
    /// An event, as JSON.
    Event(String),
}

/// From where and how a socket connects.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    /// The address it connects from; the system's choice when absent.
    pub(crate) source: Option<IpAddr>,
    /// The receive buffer, for a reader that shall stall early.
    pub(crate) receive_bytes: Option<u32>,
}

impl Socket {
    /// Connects with this `auth`; answers when the gateway has let it in.
    pub(crate) async fn connect(address: SocketAddr, auth: &str) -> anyhow::Result<Self> {
        Self::connect_from(address, Way::default(), auth).await
    }

    /// The same from a chosen place.
    pub(crate) async fn connect_from(address: SocketAddr, way: Way, auth: &str) -> anyhow::Result<Self> {
        match timeout(CONNECT_DEADLINE, Self::enter(address, way, auth)).await {
            Ok(entered) => entered,
            Err(_) => bail!("not let in within {CONNECT_DEADLINE:?}"),
        }
    }

    async fn enter(address: SocketAddr, way: Way, auth: &str) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(source) = way.source {
            socket.bind((source, 0).into())?;
        }
        if let Some(bytes) = way.receive_bytes {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let mut socket = Self { stream, inbox: Inbox::default() };
        let head = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.stream.write_all(head.as_bytes()).await?;
        let answer = socket.read_head().await?;
        // RFC 6455, 1.3: the answer to this very key.
        let accepted = answer.starts_with("HTTP/1.1 101 ") && answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        ensure!(accepted, "no upgrade: {}", answer.lines().next().unwrap_or_default());
        let open = socket.next_text().await?;
        ensure!(open.starts_with("0{\"sid\":"), "no handshake: {open}");
        socket.say(TEXT, format!("40{auth}").as_bytes()).await?;
        let entered = socket.next_text().await?;
        ensure!(entered.starts_with("40"), "not let in: {entered}");
        Ok(socket)
    }

    /// The port that it connects from.
    pub(crate) fn port(&self) -> anyhow::Result<u16> {
        Ok(self.stream.local_addr()?.port())
    }

    /// Waits for what the gateway tells. The place of a dropped wait is kept.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Heard> {
        let text = self.next_text().await?;
        let Some(event) = text.strip_prefix("42[\"").and_then(|text| text.strip_suffix(']')) else {
            bail!("the gateway ended it: {text}");
        };
        let (name, data) = event.split_once("\",").with_context(|| format!("an event without data: {text}"))?;
        match name {
            "ready" => {
                let ready: serde_json::Value = serde_json::from_str(data)?;
                let after = ready.get("after_seq").and_then(serde_json::Value::as_i64);
                Ok(Heard::Ready(after.context("ready without after_seq")?))
            }
            "stream.end" => bail!("the gateway ended it: {data}"),
            _ => Ok(Heard::Event(data.to_owned())),
        }
    }

    /// The next event.
    pub(crate) async fn next_event(&mut self) -> anyhow::Result<Event> {
        loop {
            if let Heard::Event(json) = self.next().await? {
                return serde_json::from_str(&json).with_context(|| json.clone());
            }
        }
    }

    /// The next packet that is not a ping of either protocol.
    async fn next_text(&mut self) -> anyhow::Result<String> {
        loop {
            let Some(frame) = self.inbox.take()? else {
                self.fill().await?;
                continue;
            };
            match frame.opcode {
                TEXT if frame.payload == b"2" => self.say(TEXT, b"3").await?,
                TEXT if frame.payload == b"6" => {}
                TEXT => return Ok(String::from_utf8(frame.payload)?),
                PING => self.say(PONG, &frame.payload).await?,
                PONG => {}
                CLOSE => bail!("the gateway closed it"),
                other => bail!("a frame with the opcode {other}"),
            }
        }
    }

    async fn say(&mut self, opcode: u8, payload: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(&masked(opcode, payload)).await?)
    }

    async fn read_head(&mut self) -> anyhow::Result<String> {
        let mut head = Vec::new();
        loop {
            self.stream.readable().await?;
            let mut bytes = [0; 1_024];
            match self.stream.try_read(&mut bytes) {
                Ok(0) => bail!("connection closed"),
                Ok(count) => head.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            if let Some(end) = find(&head, b"\r\n\r\n") {
                self.inbox.add(&head[end + 4..]);
                head.truncate(end);
                return Ok(String::from_utf8_lossy(&head).into_owned());
            }
        }
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        loop {
            self.stream.readable().await?;
            let mut bytes = [0; READ_BYTES];
            match self.stream.try_read(&mut bytes) {
                Ok(0) => bail!("connection closed"),
                Ok(count) => {
                    self.inbox.add(&bytes[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::stub::Stub;

    const UPGRADED: &str =
        "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    /// A server's frame; short texts only, so that it stays a string.
    fn framed(text: &str) -> Vec<u8> {
        [&[0x81, u8::try_from(text.len()).expect("short")], text.as_bytes()].concat()
    }

    #[tokio::test]
    async fn a_socket_shakes_hands_answers_pings_and_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let server = tokio::spawn(async move {
            use tokio::io::AsyncReadExt;
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut read = vec![0; 4_096];
            let head = stream.read(&mut read).await.expect("the head");
            assert!(read[..head].starts_with(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"));
            stream.write_all(&[UPGRADED.as_bytes(), &framed("0{\"sid\":\"x\"}")].concat()).await.expect("written");
            let count = stream.read(&mut read).await.expect("the connect");
            assert_eq!(read[..count], masked(TEXT, b"40{\"apiKey\":\"k\",\"afterSeq\":7}"));
            let told = [framed("40{\"sid\":\"y\"}"), framed("42[\"ready\",{\"after_seq\":7}]"), framed("2")].concat();
            stream.write_all(&told).await.expect("written");
            stream.write_all(&framed("42[\"payment.created\",{\"seq\":8,\"event_id\":\"e\"}]")).await.expect("written");
            let count = stream.read(&mut read).await.expect("the pong");
            assert_eq!(read[..count], masked(TEXT, b"3"));
        });
        let mut socket = Socket::connect(address, &super::super::auth("k", Some(7))).await.expect("let in");
        assert_eq!(socket.next().await.expect("told"), Heard::Ready(7));
        let event = socket.next_event().await.expect("told");
        assert_eq!(event, Event { seq: 8, event_id: "e".into(), payment_id: None });
        server.await.expect("served");
        assert!(socket.next().await.is_err(), "the server has left");
    }

    #[tokio::test]
    async fn what_is_no_upgrade_is_an_error() {
        let stub = Stub::start(vec![vec!["HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"]]).await;
        assert!(Socket::connect(stub.address(), "{}").await.is_err());
    }
}
