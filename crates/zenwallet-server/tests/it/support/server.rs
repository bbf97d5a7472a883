//! The gateway on a real socket, and the plainest client there is.

use super::TestApp;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zenwallet_server::Limits;

/// Longest wait for anything that should happen on a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// `serve` on a loopback port.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: JoinHandle<()>,
}

impl TestServer {
    /// Serves the app within limits that a test can wait for.
    pub(crate) async fn start(app: &TestApp, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let serving = tokio::spawn(zenwallet_server::serve(listener, app.app.clone(), limits, stop.clone()));
        Self { address, stop, serving }
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection { stream: TcpStream::connect(self.address).await.unwrap(), read: Vec::new(), text: Vec::new() }
    }
}

/// Limits that nobody meets by accident.
pub(crate) fn limits() -> Limits {
    Limits {
        max_connections: 1_000,
        max_connections_per_address: 1_000,
        head_timeout: PATIENCE,
        idle_timeout: PATIENCE,
        write_stall_timeout: PATIENCE,
        grace: PATIENCE,
    }
}

/// One connection.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
    /// What came of a chunked text and was not taken yet.
    text: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct WireAnswer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a request without a body and reads its answer.
    pub(crate) async fn ask(&mut self, line: &str, headers: &str) -> WireAnswer {
        self.write(format!("{line} HTTP/1.1\r\nHost: x\r\n{headers}\r\n")).await;
        self.answer(line.starts_with("HEAD")).await
    }

    /// Reads the head of an answer whose body is read piece by piece.
    pub(crate) async fn head(&mut self) -> WireAnswer {
        let head_end = self.read_until(|read| find(read, b"\r\n\r\n")).await;
        let head = String::from_utf8(self.read.drain(..head_end + 4).collect()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        WireAnswer { status, headers, body: Vec::new() }
    }

    /// The next piece of a chunked text, up to this end; `None` when the body is over.
    pub(crate) async fn chunked_text(&mut self, end: &str) -> Option<String> {
        loop {
            if let Some(at) = find(&self.text, end.as_bytes()) {
                let piece = self.text.drain(..at + end.len()).collect();
                return Some(String::from_utf8(piece).unwrap());
            }
            match self.chunk().await {
                chunk if chunk.is_empty() => return None,
                chunk => self.text.extend(chunk),
            }
        }
    }

    /// Whether a request for this path is answered 200.
    pub(crate) async fn is_open(&mut self, path: &str, headers: &str) -> bool {
        self.write(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n")).await;
        self.head().await.status == 200
    }

    /// Reads one answer; one to HEAD has no body, whatever its length says.
    pub(crate) async fn answer(&mut self, to_head: bool) -> WireAnswer {
        let WireAnswer { status, headers, .. } = self.head().await;
        let body = match headers.get("content-length") {
            _ if to_head => Vec::new(),
            Some(length) => {
                let length: usize = length.parse().unwrap();
                self.read_until(|read| (read.len() >= length).then_some(0)).await;
                self.read.drain(..length).collect()
            }
            None if headers.get("transfer-encoding").is_some_and(|how| how == "chunked") => self.chunks().await,
            None => Vec::new(),
        };
        WireAnswer { status, headers, body }
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            match self.chunk().await {
                chunk if chunk.is_empty() => return body,
                chunk => body.extend(chunk),
            }
        }
    }

    /// The next chunk of a body; the last one is empty.
    async fn chunk(&mut self) -> Vec<u8> {
        let line_end = self.read_until(|read| find(read, b"\r\n")).await;
        let line: Vec<u8> = self.read.drain(..line_end + 2).collect();
        let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
        self.read_until(|read| (read.len() >= size + 2).then_some(0)).await;
        self.read.drain(..size + 2).take(size).collect()
    }

    /// Whether the other side ends the connection, having sent nothing more than it had.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut buffer = [0; 256];
        match tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer)).await {
            Ok(Ok(count)) => count == 0,
            Ok(Err(_)) => true,
            Err(_) => false,
        }
    }

    async fn read_until(&mut self, found: impl Fn(&[u8]) -> Option<usize>) -> usize {
        let reading = async {
            loop {
                if let Some(at) = found(&self.read) {
                    return at;
                }
                let mut buffer = [0; 16_384];
                let count = self.stream.read(&mut buffer).await.unwrap();
                assert!(count > 0, "the connection ended after {:?}", String::from_utf8_lossy(&self.read));
                self.read.extend(&buffer[..count]);
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("an answer within the patience")
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
