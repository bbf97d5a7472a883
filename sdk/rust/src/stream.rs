//! Server-Sent Events of an app's log: told in order, once each, over as many connections as it takes.

use crate::answer::chain;
use crate::client::Call;
use crate::error::{ApiError, ErrorKind};
use crate::retry::RETRY_AFTER_MAX;
use crate::{Client, Error, Result};
use reqwest::Response;
use std::fmt;
use std::time::Duration;

/// Most bytes of a line, and of what one message's lines make up.
const LINE_MAX: usize = 1024 * 1024;

/// Told whenever a connection was lost, and after what wait it is tried again.
pub(crate) struct Lost(Box<Told>);

type Told = dyn Fn(&Error, Duration) + Send + Sync;

impl Lost {
    pub(crate) fn new(told: impl Fn(&Error, Duration) + Send + Sync + 'static) -> Self {
        Self(Box::new(told))
    }
}

impl fmt::Debug for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lost(…)")
    }
}

/// One message of a stream.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Message {
    pub(crate) id: Option<i64>,
    pub(crate) name: String,
    /// Empty: it only moves the place on.
    pub(crate) data: String,
}

/// A log that is followed.
#[derive(Debug)]
pub(crate) struct LogStream {
    client: Client,
    call: Call,
    /// The last place that was told; none: where the call says, or now.
    told: Option<i64>,
    connection: Option<(Response, Parser)>,
    /// In a row.
    failures: u32,
    wait: Option<Duration>,
    on_lost: Option<Lost>,
}

impl LogStream {
    pub(crate) fn new(client: Client, mut call: Call, after: Option<i64>) -> Self {
        call.query.extend(after.map(|after| ("after_seq", after.to_string())));
        Self { client, call, told: None, connection: None, failures: 0, wait: None, on_lost: None }
    }

    pub(crate) fn last_seq(&self) -> Option<i64> {
        self.told
    }

    pub(crate) fn on_lost(&mut self, lost: Lost) {
        self.on_lost = Some(lost);
    }

    /// Connects again, behind what was told last: what is told next is told anew.
    pub(crate) fn reconnect(&mut self, after: i64) {
        self.told = Some(after);
        self.connection = None;
    }

    /// The next message: an event that was not told before, or a greeting.
    pub(crate) async fn next(&mut self) -> Result<Message> {
        loop {
            match self.step().await {
                Ok(message) => {
                    // What a connection tells again was told before.
                    let is_known = message.id.is_some_and(|id| self.told.is_some_and(|told| id <= told));
                    self.told = self.told.max(message.id);
                    self.failures = 0;
                    if message.name == "stream.end" {
                        self.lose(ended(&message.data))?;
                    } else if !is_known || message.name == "listen.ready" {
                        return Ok(message);
                    }
                }
                Err(error) => self.lose(error)?,
            }
        }
    }

    async fn step(&mut self) -> Result<Message> {
        if let Some(wait) = self.wait {
            tokio::time::sleep(wait).await;
            self.wait = None;
        }
        let (response, parser) = match &mut self.connection {
            Some(connection) => connection,
            None => {
                let response = self.client.open(&self.call, self.told).await?;
                self.connection.insert((response, Parser::default()))
            }
        };
        loop {
            if let Some(message) = parser.next()? {
                return Ok(message);
            }
            let silence = self.client.silence_max();
            let chunk = tokio::time::timeout(silence, response.chunk()).await;
            match chunk.map_err(|_| Error::Timeout(format!("the stream was silent for {silence:?}")))? {
                Ok(Some(chunk)) => parser.push(&chunk)?,
                Ok(None) => return Err(Error::Connection("the stream ended".to_owned())),
                Err(error) => return Err(Error::Connection(format!("the stream broke off: {}", chain(&error)))),
            }
        }
    }

    /// Gives the connection up; fails with what another one would not mend.
    fn lose(&mut self, error: Error) -> Result<()> {
        self.connection = None;
        if !is_passing(&error) {
            return Err(error);
        }
        self.failures = self.failures.saturating_add(1);
        let asked = error.as_api().and_then(|error| error.retry_after).unwrap_or_default().min(RETRY_AFTER_MAX);
        let wait = self.client.retries().backoff(self.failures, rand::random()).max(asked);
        if let Some(lost) = &self.on_lost {
            (lost.0)(&error, wait);
        }
        self.wait = Some(wait);
        Ok(())
    }
}

/// Whether connecting again may help.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Connection(_) | Error::Timeout(_) => true,
        Error::Api(error) if error.status == 0 => matches!(
            error.code.as_deref(),
            Some("shutting_down" | "service_unavailable" | "overloaded" | "rate_limited" | "live_connection_limit")
        ),
        Error::Api(error) => error.kind == ErrorKind::Server || matches!(error.status, 408 | 409 | 429),
        _ => false,
    }
}

/// What a last `stream.end` says.
fn ended(data: &str) -> Error {
    // It has no status of its own: the answer began as a success.
    ApiError::read(0, data.as_bytes(), None, None).into()
}

/// Takes messages out of bytes as they come. Lines end with LF, CR LF or CR.
#[derive(Debug, Default)]
struct Parser {
    /// Whole lines that were not taken, then the beginning of one.
    bytes: Vec<u8>,
    /// The last line ended with CR: an LF behind it belongs to it.
    after_cr: bool,
    message: Message,
}

impl Parser {
    fn push(&mut self, chunk: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(chunk);
        let begun = self.bytes.iter().rposition(|byte| is_end(*byte)).map_or(0, |at| at + 1);
        if self.bytes.len() - begun > LINE_MAX {
            return Err(Error::InvalidResponse(format!("the stream has a line of more than {LINE_MAX} bytes")));
        }
        Ok(())
    }

    /// The next whole message.
    fn next(&mut self) -> Result<Option<Message>> {
        let bytes = std::mem::take(&mut self.bytes);
        let (mut at, mut found) = (0, Ok(None));
        while let Some(length) = bytes[at..].iter().position(|byte| is_end(*byte)) {
            let (line, end) = (&bytes[at..at + length], bytes[at + length]);
            at += length + 1;
            let is_rest = std::mem::replace(&mut self.after_cr, end == b'\r') && line.is_empty() && end == b'\n';
            if is_rest {
                continue;
            }
            match self.take(line) {
                Ok(None) => {}
                ended => {
                    found = ended;
                    break;
                }
            }
        }
        self.bytes = bytes;
        self.bytes.drain(..at);
        found
    }

    /// One line; an empty one ends the message.
    fn take(&mut self, line: &[u8]) -> Result<Option<Message>> {
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            let says_something = message.id.is_some() || !message.data.is_empty();
            return Ok(says_something.then_some(message));
        }
        let text = String::from_utf8_lossy(line);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.message.id = value.parse().ok().or(self.message.id),
            "event" => self.message.name = value.to_owned(),
            "data" if self.message.data.len() + value.len() > LINE_MAX => {
                return Err(Error::InvalidResponse(format!("the stream has a message of more than {LINE_MAX} bytes")));
            }
            "data" => {
                if !self.message.data.is_empty() {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            _ => {}
        }
        Ok(None)
    }
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<Message> {
        let (mut parser, mut messages) = (Parser::default(), Vec::new());
        for chunk in chunks {
            parser.push(chunk).unwrap();
            while let Some(message) = parser.next().unwrap() {
                messages.push(message);
            }
        }
        messages
    }

    #[test]
    fn messages_are_the_same_wherever_they_are_cut() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "id: 1\nevent: a\ndata: x\ndata:y\n\n: quiet\n\nid: 2\n\nfoo\ndata: z\n\n".replace('\n', end);
            let whole = read(&[text.as_bytes()]);
            let told: Vec<_> = whole.iter().map(|one| (one.id, one.name.as_str(), one.data.as_str())).collect();
            assert_eq!(told, [(Some(1), "a", "x\ny"), (Some(2), "", ""), (None, "", "z")]);
            for first in 0..text.len() {
                for second in first..text.len() {
                    let bytes = text.as_bytes();
                    assert_eq!(read(&[&bytes[..first], &bytes[first..second], &bytes[second..]]), whole);
                }
            }
        }
    }
}
