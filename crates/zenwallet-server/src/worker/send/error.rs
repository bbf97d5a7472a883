//! Why a request has no answer, in words for whoever looks after the receiver.

use hyper_util::client::legacy;
use std::cell::Cell;
use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

/// A reason to have no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SendErrorKind {
    /// The URL, or an address that its name leads to, may not be called.
    UrlForbidden,
    /// The name has no address.
    DnsFailed,
    /// No address of the name accepts a connection.
    ConnectFailed,
    /// The connection could not be secured, or the certificate is not to be trusted.
    TlsFailed,
    /// The deadline passed.
    TimedOut,
    /// The connection ended before the answer did.
    ConnectionLost,
    /// The answer is not HTTP/1, or over its limits.
    AnswerInvalid,
}

impl SendErrorKind {
    /// The name in JSON and in SQL.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UrlForbidden => "url_forbidden",
            Self::DnsFailed => "dns_failed",
            Self::ConnectFailed => "connect_failed",
            Self::TlsFailed => "tls_failed",
            Self::TimedOut => "timed_out",
            Self::ConnectionLost => "connection_lost",
            Self::AnswerInvalid => "answer_invalid",
        }
    }
}

/// A request that has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SendError {
    /// Which reason.
    pub(crate) kind: SendErrorKind,
    /// What happened. It names no address that may not be called.
    pub(crate) message: String,
}

impl SendError {
    pub(super) fn new(kind: SendErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The deadline passed in the present stage.
    pub(super) fn timed_out(deadline: Duration) -> Self {
        let waiting_for = STAGE.try_with(Cell::get).unwrap_or(Stage::Head).as_str();
        let message = format!("the deadline of {} ms passed while waiting for {waiting_for}", deadline.as_millis());
        Self::new(SendErrorKind::TimedOut, message)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SendError {}

/// What a request waits for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Name,
    Connection,
    Tls,
    Head,
    Body,
}

impl Stage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "the addresses of the name",
            Self::Connection => "the connection",
            Self::Tls => "the TLS handshake",
            Self::Head => "the head of the answer",
            Self::Body => "the end of the answer's body",
        }
    }
}

tokio::task_local! {
    /// The connector is given a URL and nothing of the request, so it tells here how far it has come.
    static STAGE: Cell<Stage>;
}

/// Runs one exchange, noting its stages.
pub(super) async fn watch_stage<F: Future>(exchange: F) -> F::Output {
    STAGE.scope(Cell::new(Stage::Head), exchange).await
}

/// Notes what the exchange waits for now. A connection that is opened ahead belongs to none, and notes nothing.
pub(super) fn enter(stage: Stage) {
    STAGE.try_with(|present| present.set(stage)).unwrap_or_default();
}

/// What the client's error means.
pub(super) fn explain(error: legacy::Error) -> SendError {
    let Some(cause) = error.source() else {
        return SendError::new(SendErrorKind::ConnectionLost, error.to_string());
    };
    if let Some(told) = cause.downcast_ref::<SendError>() {
        return told.clone();
    }
    match cause.downcast_ref::<hyper::Error>() {
        Some(cause) => explain_http(cause),
        None => SendError::new(SendErrorKind::ConnectionLost, cause.to_string()),
    }
}

/// What an error of an open connection means.
pub(super) fn explain_http(error: &hyper::Error) -> SendError {
    let io_kind = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let is_invalid = matches!(io_kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
    if error.is_parse() || is_invalid {
        let message = format!("the answer is not valid HTTP/1.1: {}", describe(error));
        return SendError::new(SendErrorKind::AnswerInvalid, message);
    }
    let message = format!("the connection ended before the answer was whole: {}", describe(error));
    SendError::new(SendErrorKind::ConnectionLost, message)
}

/// An error with its causes, on one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
