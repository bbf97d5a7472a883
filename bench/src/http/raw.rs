//! A client for load: it writes bytes that are ready and reads no more of the answer than status and length.

use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room for an answer; a created payment with its QR code takes a tenth of it.
const INBOX_BYTES: usize = 64 * 1024;

/// A keep-alive connection with at most one request under way.
pub(crate) struct RawConnection {
    stream: TcpStream,
    inbox: Vec<u8>,
    /// Bytes of the last answer that are there.
    filled: usize,
}

/// Status and body of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawAnswer<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body, whole.
    pub(crate) body: &'a [u8],
}

impl RawConnection {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, inbox: vec![0; INBOX_BYTES], filled: 0 })
    }

    /// Sends one whole request and reads its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<RawAnswer<'_>> {
        self.filled = 0;
        self.stream.write_all(request).await?;
        let head = loop {
            self.read_more().await?;
            if let Some(end) = find(&self.inbox[..self.filled], b"\r\n\r\n") {
                break parse_head(&self.inbox[..end], end + 4)?;
            }
        };
        let end = head.body_at + head.body_bytes;
        ensure!(end <= INBOX_BYTES, "an answer of {end} bytes");
        while self.filled < end {
            self.read_more().await?;
        }
        ensure!(self.filled == end, "{} bytes after the answer", self.filled - end);
        Ok(RawAnswer { status: head.status, body: &self.inbox[head.body_at..end] })
    }

    /// After a failed exchange: whether it failed in the middle of the answer.
    pub(crate) fn is_answered_partly(&self) -> bool {
        self.filled > 0
    }

    async fn read_more(&mut self) -> anyhow::Result<()> {
        ensure!(self.filled < INBOX_BYTES, "an answer's head over {INBOX_BYTES} bytes");
        match self.stream.read(&mut self.inbox[self.filled..]).await? {
            0 => bail!("connection closed"),
            n => self.filled += n,
        }
        Ok(())
    }
}

struct Head {
    status: u16,
    body_at: usize,
    body_bytes: usize,
}

fn parse_head(head: &[u8], body_at: usize) -> anyhow::Result<Head> {
    let status = head.get(9..12).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| code.parse().ok());
    let length = head.split(|&b| b == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| std::str::from_utf8(value).ok()?.trim().parse().ok())?
    });
    let status = status.context("an answer without a status")?;
    Ok(Head { status, body_at, body_bytes: length.context("an answer without Content-Length")? })
}

/// Where `needle` begins.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::stub::Stub;

    #[tokio::test]
    async fn answers_in_pieces_are_put_together_on_one_connection() {
        let stub = Stub::start(vec![
            vec!["HTTP/1.1 201 Created\r\nContent-", "Length: 5\r\n\r\nhe", "llo"],
            vec!["HTTP/1.1 409 Conflict\r\ncontent-length:0\r\n\r\n"],
        ])
        .await;
        let mut connection = RawConnection::connect(stub.address()).await.expect("connected");
        let request = b"GET / HTTP/1.1\r\n\r\n";
        let answer = connection.exchange(request).await.expect("an answer");
        assert_eq!(answer, RawAnswer { status: 201, body: b"hello" });
        assert_eq!(connection.exchange(request).await.expect("an answer").status, 409);
        assert!(connection.exchange(request).await.is_err(), "the stub has closed");
    }

    #[tokio::test]
    async fn what_is_not_an_answer_is_an_error() {
        for nonsense in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 xxx\r\ncontent-length: 0\r\n\r\n", "hello\r\n\r\n"] {
            let stub = Stub::start(vec![vec![nonsense]]).await;
            let mut connection = RawConnection::connect(stub.address()).await.expect("connected");
            assert!(connection.exchange(b"GET / HTTP/1.1\r\n\r\n").await.is_err(), "{nonsense:?}");
        }
    }
}
