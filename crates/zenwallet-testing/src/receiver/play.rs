//! Reads requests and plays scripts.

use super::Log;
use super::persona::{Persona, Then};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest request that is read, in bytes.
const REQUEST_MAX_BYTES: usize = 1024 * 1024;

/// Answers each request as the persona does.
pub(super) async fn play<S>(stream: &mut S, persona: &Persona, log: &Log, connection: usize) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let script = persona.script();
    let (mut unread, mut answered) = (Vec::new(), 0);
    while let Some((head, body)) = read_request(stream, &mut unread).await? {
        log.add(head, body, connection);
        let waiting = log.wait();
        if *persona == Persona::ClosesOnReuse && answered > 0 {
            return stream.shutdown().await;
        }
        answered += 1;
        log.think().await;
        if matches!(script.then, Then::Next) {
            // Before the caller has its answer, and could come again.
            drop(waiting);
        }
        stream.write_all(&script.first).await?;
        stream.flush().await?;
        match &script.then {
            Then::Next => {}
            Then::Close => return stream.shutdown().await,
            Then::Reset => return Ok(()),
            Then::Hang => return until_left(stream).await,
            Then::Repeat { bytes, pause } => loop {
                stream.write_all(bytes).await?;
                stream.flush().await?;
                tokio::time::sleep(*pause).await;
            },
        }
    }
    Ok(())
}

/// Reads and says nothing until the caller is gone.
async fn until_left<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut ignored = [0; 1_024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

/// Says something before it is asked, as a server of another protocol does, and leaves.
pub(super) async fn blurt<S: AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await?;
    stream.shutdown().await
}

/// The next request's head and body; `None` when there is none.
async fn read_request<S>(stream: &mut S, unread: &mut Vec<u8>) -> io::Result<Option<(String, Vec<u8>)>>
where
    S: AsyncRead + Unpin,
{
    let end = loop {
        if let Some(at) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if unread.len() > REQUEST_MAX_BYTES || stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&unread[..end]).into_owned();
    let whole = end + content_length(&head).min(REQUEST_MAX_BYTES);
    while unread.len() < whole {
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
    let body = unread[end..whole].to_vec();
    unread.drain(..whole);
    Ok(Some((head, body)))
}

fn content_length(head: &str) -> usize {
    let named = head.lines().filter_map(|line| line.split_once(':'));
    let mut values = named.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    values.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}
