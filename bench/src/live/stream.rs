//! A client of Server-Sent Events.

use super::Event;
use crate::http::careful;
use crate::http::raw::find;
use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, HOST};
use std::net::SocketAddr;

/// An open stream.
pub(crate) struct Stream {
    body: Incoming,
    inbox: Vec<u8>,
    // The connection lives as long.
    _sender: SendRequest<Full<Bytes>>,
}

/// One block of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Block {
    id: Option<i64>,
    name: String,
    data: String,
}

impl Stream {
    /// Opens the stream behind this event.
    pub(crate) async fn open(address: SocketAddr, api_key: &str, last_id: i64) -> anyhow::Result<Self> {
        let mut sender = careful::connect(address).await?;
        let request = Request::get("/api/events/stream")
            .header(HOST, address.to_string())
            .header(AUTHORIZATION, format!("Bearer {api_key}"))
            .header("last-event-id", last_id.to_string())
            .body(Full::default())?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        ensure!(head.status == 200, "the stream was answered {}", head.status);
        Ok(Self { body, inbox: Vec::new(), _sender: sender })
    }

    /// Waits for the next event. The place of a dropped wait is kept.
    pub(crate) async fn next_event(&mut self) -> anyhow::Result<Event> {
        loop {
            while let Some(end) = find(&self.inbox, b"\n\n") {
                let block = parse(&self.inbox[..end]);
                self.inbox.drain(..end + 2);
                match block? {
                    Block { name, data, .. } if name == "stream.end" => bail!("the gateway ended it: {data}"),
                    Block { data, .. } if data.is_empty() => {}
                    Block { id, data, .. } => {
                        let event: Event = serde_json::from_str(&data).with_context(|| data.clone())?;
                        ensure!(id == Some(event.seq), "an event with the id {id:?}: {data}");
                        return Ok(event);
                    }
                }
            }
            let frame = self.body.frame().await.context("the stream ended")??;
            if let Ok(bytes) = frame.into_data() {
                self.inbox.extend_from_slice(&bytes);
            }
        }
    }
}

fn parse(block: &[u8]) -> anyhow::Result<Block> {
    let mut parsed = Block::default();
    for line in std::str::from_utf8(block)?.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => parsed.id = Some(value.parse().with_context(|| line.to_owned())?),
            "event" => value.clone_into(&mut parsed.name),
            "data" => parsed.data.push_str(value),
            // A comment, or the pause before connecting again.
            _ => {}
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::stub::Stub;

    #[tokio::test]
    async fn events_come_in_any_pieces_and_comments_are_none() {
        let stub = Stub::start(vec![vec![
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "17\r\nretry: 2000\nid: 7\n\n: \n\n\r\n",
            "16\r\nid: 8\nevent: a\ndata: {\r\n",
            "1c\r\n\"seq\":8,\"event_id\":\"evt_1\"}\n\r\n",
            "1\r\n\n\r\n0\r\n\r\n",
        ]])
        .await;
        let mut stream = Stream::open(stub.address(), "sk", 7).await.expect("opened");
        let event = stream.next_event().await.expect("an event");
        assert_eq!((event.seq, event.event_id.as_str()), (8, "evt_1"));
        assert!(stream.next_event().await.is_err(), "the stub has ended it");
        assert!(stub.requests().concat().to_lowercase().contains("last-event-id: 7"));
    }

    #[test]
    fn a_block_without_data_is_no_event() {
        assert_eq!(parse(b": still here").expect("a comment"), Block::default());
        assert_eq!(parse(b"id: 9").expect("a place"), Block { id: Some(9), ..Block::default() });
        assert!(parse(b"id: x").is_err());
    }
}
