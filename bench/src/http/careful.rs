//! A client for correctness: every answer whole, every failure told apart from an answer.

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No answer takes this long unless the server hangs.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// A connection that nothing was sent on for this long is given up, before the server gives it up, which is after 15 s: a
/// request on its way at that moment would have no answer.
const KEPT_IDLE: Duration = Duration::from_secs(10);

/// A request as this client sends it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask<'a> {
    /// The HTTP method; empty is GET.
    pub(crate) method: Method,
    /// The path with its query.
    pub(crate) path: &'a str,
    /// The API key, if the caller shows one.
    pub(crate) bearer: Option<&'a str>,
    /// The `Idempotency-Key`.
    pub(crate) idempotency_key: Option<&'a str>,
    /// The `Accept` header.
    pub(crate) accept: Option<&'a str>,
    /// A JSON body.
    pub(crate) body: Option<&'a str>,
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header's value, if it is there and text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A keep-alive connection that is made again after it broke.
pub(crate) struct Client {
    home: SocketAddr,
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
    used: Instant,
}

impl Client {
    /// A client that connects with its first request.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { home: address, address, sender: None, used: Instant::now() }
    }

    /// The address it was made for.
    pub(crate) fn home(&self) -> SocketAddr {
        self.home
    }

    /// Sends what comes next to this address.
    pub(crate) fn turn_to(&mut self, address: SocketAddr) {
        if address != self.address {
            (self.address, self.sender) = (address, None);
        }
    }

    /// Sends a request and reads the whole answer. After an error the fate of the request is unknown.
    pub(crate) async fn send(&mut self, ask: &Ask<'_>) -> anyhow::Result<Answer> {
        let answer = match timeout(ANSWER_DEADLINE, self.exchange(ask)).await {
            Ok(answer) => answer,
            Err(_) => bail!("no answer within {ANSWER_DEADLINE:?}"),
        };
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    /// Sends a GET and answers its body, which must come with 200.
    pub(crate) async fn get(&mut self, path: &str, bearer: &str, accept: Option<&str>) -> anyhow::Result<Bytes> {
        let answer = self.send(&Ask { path, bearer: Some(bearer), accept, ..Ask::default() }).await?;
        anyhow::ensure!(answer.status == 200, "GET {path}: {}", answer.status);
        Ok(answer.body)
    }

    async fn exchange(&mut self, ask: &Ask<'_>) -> anyhow::Result<Answer> {
        let request = self.build(ask)?;
        let is_fresh = self.used.elapsed() < KEPT_IDLE;
        self.used = Instant::now();
        let sender = match self.sender.take() {
            Some(sender) if is_fresh && !sender.is_closed() => self.sender.insert(sender),
            _ => self.sender.insert(connect(self.address).await?),
        };
        sender.ready().await?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await.context("body")?.to_bytes();
        self.used = Instant::now();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    fn build(&self, ask: &Ask<'_>) -> anyhow::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder().method(&ask.method).uri(ask.path).header(HOST, self.address.to_string());
        if let Some(key) = ask.bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        if let Some(key) = ask.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if let Some(accept) = ask.accept {
            request = request.header("accept", accept);
        }
        if ask.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        Ok(request.body(Full::new(Bytes::copy_from_slice(ask.body.unwrap_or_default().as_bytes())))?)
    }
}

/// Opens a connection; it ends with its sender.
pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // The connection ends when the sender is dropped or the peer leaves; the sender's caller learns of both.
    tokio::spawn(async move { connection.await.ok() });
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::stub::Stub;

    #[tokio::test]
    async fn a_request_carries_what_it_was_given() {
        let stub = Stub::start(vec![vec!["HTTP/1.1 201 Created\r\ncontent-length: 2\r\nx-a: b\r\n\r\n{}"]]).await;
        let mut client = Client::new(stub.address());
        let ask = Ask {
            method: Method::POST,
            path: "/p?q=1",
            bearer: Some("sk"),
            idempotency_key: Some("k"),
            accept: None,
            body: Some("{}"),
        };
        let answer = client.send(&ask).await.expect("an answer");
        assert_eq!((answer.status, answer.header("x-a"), &answer.body[..]), (201, Some("b"), &b"{}"[..]));
        let sent = stub.requests().concat().to_lowercase();
        for part in ["post /p?q=1 http/1.1", "authorization: bearer sk", "idempotency-key: k", "application/json"] {
            assert!(sent.contains(part), "{part} in {sent}");
        }
    }

    #[tokio::test]
    async fn a_broken_connection_is_an_error_and_the_next_request_makes_a_new_one() {
        let stub = Stub::start(vec![
            vec!["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
            vec![],
            vec!["HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nz"],
        ])
        .await;
        let mut client = Client::new(stub.address());
        assert_eq!(&client.get("/", "sk", None).await.expect("chunks")[..], b"abc");
        assert!(client.get("/", "sk", None).await.is_err());
        assert_eq!(&client.get("/", "sk", None).await.expect("a new connection")[..], b"z");
    }
}
