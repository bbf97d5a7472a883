//! Who a receiver is.

use std::time::Duration;

/// One way to treat a webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Persona {
    /// Answers 200 and `ok`, and keeps the connection.
    Healthy,
    /// Answers 200 and `ok` over TLS, with [`super::CERTIFICATE_PEM`], which no authority signed.
    TlsUnknown,
    /// Answers with this status and, if there is one, this `Retry-After`.
    Answers(u16, Option<&'static str>),
    /// Answers with this status and sends the caller elsewhere.
    Redirects(u16, String),
    /// Answers 200 like one that keeps the connection, and then closes it.
    ClosesAfterAnswer,
    /// Answers the first request of a connection, reads the second, and closes.
    ClosesOnReuse,

    /// The port is taken and nobody listens.
    Refuses,
    /// Listens and never accepts; its backlog is full.
    HangsBeforeAccept,
    /// Accepts and does nothing.
    HangsAfterAccept,
    /// Accepts and resets.
    ResetsOnAccept,
    /// Accepts and closes.
    ClosesOnAccept,
    /// Has a TLS address, and never answers the hello.
    TlsStalls,
    /// Has a TLS address, and speaks plain HTTP.
    TlsIsPlain,

    /// Reads the request and does nothing.
    HangsAfterRequest,
    /// Reads the request and closes.
    ClosesAfterRequest,
    /// Reads the request and resets.
    ResetsAfterRequest,
    /// Sends half a head and stays.
    HalfHead,
    /// Sends half a head and closes.
    HalfHeadCloses,
    /// Sends a head at a byte per second, without end.
    SlowHead,
    /// Sends `100 Continue` and nothing else.
    ContinueOnly,
    /// Sends interim answers without end.
    InterimFlood,
    /// Sends a header of 1 MB.
    HugeHeader,
    /// Sends 10 000 headers.
    ManyHeaders,
    /// Sends a status line that is none.
    GarbageStatusLine,
    /// Answers as HTTP/0.9 did: with the body alone.
    Http09,
    /// Answers in the binary frames of HTTP/2.
    Http2,
    /// Answers with a status of this text.
    Status(&'static str),
    /// Switches to another protocol.
    SwitchesProtocols,
    /// Announces two lengths.
    TwoLengths,
    /// Announces a length that is no number.
    GarbageLength,

    /// Answers with this status and a body at a byte per second.
    SlowBody(u16),
    /// Sends a body without end, as fast as it is taken.
    EndlessBody,
    /// Announces and sends 1 GB.
    HugeBody,
    /// Sends a compressed body that unpacks to 159 times its size, without end.
    GzipBomb,
    /// Resets in the middle of the body.
    ResetsMidBody,
    /// Announces more than it sends before it closes.
    LengthTooLong,
    /// Sends more than it announces.
    LengthTooShort,
    /// Sends a body with a 204.
    BodyOn204,
    /// Announces a chunk of a size that is no number.
    BadChunk,
    /// Ends without the last chunk.
    NoLastChunk,
    /// Sends a body that is neither text nor free of NUL.
    BinaryBody,
}

/// What is sent first, and what follows.
pub(super) struct Script {
    pub(super) first: Vec<u8>,
    pub(super) then: Then,
}

/// How an answer goes on.
pub(super) enum Then {
    /// The next request may come.
    Next,
    Close,
    Reset,
    Hang,
    Repeat {
        bytes: Vec<u8>,
        pause: Duration,
    },
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
/// A body in chunks of 64 KiB.
const CHUNK_BYTES: usize = 64 * 1024;
const SECOND: Duration = Duration::from_secs(1);

impl Persona {
    /// Every persona that is not [`Persona::Healthy`], redirecting to `canary`, a URL that must not be called.
    pub fn hostile(canary: &str) -> Vec<Self> {
        let mut all = vec![
            Self::TlsUnknown,
            Self::ClosesAfterAnswer,
            Self::ClosesOnReuse,
            Self::Refuses,
            Self::HangsBeforeAccept,
            Self::HangsAfterAccept,
            Self::ResetsOnAccept,
            Self::ClosesOnAccept,
            Self::TlsStalls,
            Self::TlsIsPlain,
            Self::HangsAfterRequest,
            Self::ClosesAfterRequest,
            Self::ResetsAfterRequest,
            Self::HalfHead,
            Self::HalfHeadCloses,
            Self::SlowHead,
            Self::ContinueOnly,
            Self::InterimFlood,
            Self::HugeHeader,
            Self::ManyHeaders,
            Self::GarbageStatusLine,
            Self::Http09,
            Self::Http2,
            Self::Status("999"),
            Self::Status("099"),
            Self::Status("20"),
            Self::SwitchesProtocols,
            Self::TwoLengths,
            Self::GarbageLength,
            Self::SlowBody(200),
            Self::SlowBody(410),
            Self::EndlessBody,
            Self::HugeBody,
            Self::GzipBomb,
            Self::ResetsMidBody,
            Self::LengthTooLong,
            Self::LengthTooShort,
            Self::BodyOn204,
            Self::BadChunk,
            Self::NoLastChunk,
            Self::BinaryBody,
            Self::Answers(410, None),
            Self::Answers(500, None),
            Self::Answers(503, Some("Fri, 31 Dec 2100 23:59:59 GMT")),
        ];
        all.extend([301, 302, 303, 307, 308].map(|status| Self::Redirects(status, canary.to_owned())));
        let asks = ["0", "7", "1000000000", "Wed, 21 Oct 2015 07:28:00 GMT", "soon"];
        all.extend(asks.map(|wait| Self::Answers(429, Some(wait))));
        all
    }

    /// Whether its answer means that it has taken the webhook: a 2xx that is whole, or longer than anybody reads.
    pub fn takes(&self) -> bool {
        match self {
            Self::Healthy | Self::ClosesAfterAnswer | Self::ClosesOnReuse => true,
            Self::EndlessBody | Self::HugeBody | Self::GzipBomb => true,
            Self::LengthTooShort | Self::BodyOn204 | Self::BinaryBody => true,
            Self::Answers(status, _) => (200..300).contains(status),
            _ => false,
        }
    }

    /// Whether it is called by https.
    pub fn is_https(&self) -> bool {
        matches!(self, Self::TlsUnknown | Self::TlsStalls | Self::TlsIsPlain)
    }

    /// Whether its connections end in a reset.
    pub(super) fn resets(&self) -> bool {
        matches!(self, Self::ResetsOnAccept | Self::ResetsAfterRequest | Self::ResetsMidBody)
    }

    pub(super) fn script(&self) -> Script {
        self.script_of_head().or_else(|| self.script_of_body()).unwrap_or_else(|| script(OK, Then::Next))
    }

    fn script_of_head(&self) -> Option<Script> {
        Some(match self {
            Self::Answers(status, retry_after) => {
                let wait = retry_after.map(|wait| format!("Retry-After: {wait}\r\n")).unwrap_or_default();
                script(format!("HTTP/1.1 {status} X\r\n{wait}Content-Length: 4\r\n\r\ntold"), Then::Next)
            }
            Self::Redirects(status, to) => {
                script(format!("HTTP/1.1 {status} X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"), Then::Next)
            }
            Self::ClosesAfterAnswer => script(OK, Then::Close),
            Self::HangsAfterRequest => script("", Then::Hang),
            Self::ClosesAfterRequest => script("", Then::Close),
            Self::ResetsAfterRequest => script("", Then::Reset),
            Self::HalfHead => script("HTTP/1.1 200 OK\r\nConte", Then::Hang),
            Self::HalfHeadCloses => script("HTTP/1.1 200 OK\r\nConte", Then::Close),
            Self::SlowHead => script("HTTP/1.1 200 OK\r\nX-Slow: ", repeat("x", SECOND)),
            Self::ContinueOnly => script("HTTP/1.1 100 Continue\r\n\r\n", Then::Hang),
            Self::InterimFlood => {
                script("", repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(100), Duration::ZERO))
            }
            Self::HugeHeader => {
                script(format!("HTTP/1.1 200 OK\r\nX-Huge: {}\r\n\r\n", "x".repeat(1 << 20)), Then::Close)
            }
            Self::ManyHeaders => {
                let headers: String = (0..10_000).map(|n| format!("X-{n}: {n}\r\n")).collect();
                script(format!("HTTP/1.1 200 OK\r\n{headers}\r\n"), Then::Close)
            }
            Self::GarbageStatusLine => script("HTPT/1,1 two hundred\r\n\r\n", Then::Close),
            Self::Http09 => script("ok\n", Then::Close),
            Self::Http2 => script(
                b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff".to_vec(),
                Then::Hang,
            ),
            Self::Status(text) => script(format!("HTTP/1.1 {text} X\r\nContent-Length: 0\r\n\r\n"), Then::Next),
            Self::SwitchesProtocols => {
                script("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", Then::Hang)
            }
            Self::TwoLengths => {
                script("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!", Then::Hang)
            }
            Self::GarbageLength => script("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", Then::Hang),
            _ => return None,
        })
    }

    fn script_of_body(&self) -> Option<Script> {
        const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        Some(match self {
            Self::SlowBody(status) => {
                script(format!("HTTP/1.1 {status} X\r\nContent-Length: 1000\r\n\r\n"), repeat("x", SECOND))
            }
            Self::EndlessBody => {
                let chunk = format!("{CHUNK_BYTES:x}\r\n{}\r\n", "x".repeat(CHUNK_BYTES));
                script(CHUNKED, repeat(chunk, Duration::ZERO))
            }
            Self::HugeBody => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1 << 30);
                script(head, repeat("x".repeat(CHUNK_BYTES), Duration::ZERO))
            }
            Self::GzipBomb => gzip_bomb(),
            Self::ResetsMidBody => script("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", Then::Reset),
            Self::LengthTooLong => script("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", Then::Close),
            Self::LengthTooShort => script(format!("{OK} and more"), Then::Next),
            Self::BodyOn204 => script("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", Then::Next),
            Self::BadChunk => script(format!("{CHUNKED}zz\r\nok\r\n0\r\n\r\n"), Then::Hang),
            Self::NoLastChunk => script(format!("{CHUNKED}2\r\nok\r\n"), Then::Close),
            Self::BinaryBody => {
                let mut bytes = b"HTTP/1.1 200 OK\r\nX-Latin: \xe9\r\nContent-Length: 5000\r\n\r\n\0\xff".to_vec();
                // One byte, then two at a time: the cut at 4 KiB falls into a letter.
                bytes.extend(b"x".iter().chain("é".repeat(2_499).as_bytes()).take(4_998));
                script(bytes, Then::Next)
            }
            _ => return None,
        })
    }
}

/// A block of deflate with fixed codes: one zero, then copies of 258 zeros, eight of which take 13 bytes.
fn gzip_bomb() -> Script {
    let mut first = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000000000\r\n\r\n".to_vec();
    first.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0x62, 0x18]);
    let copies = [0x05, 0xa3, 0x60, 0x14, 0x8c, 0x82, 0x51, 0x30, 0x0a, 0x46, 0xc1, 0x28, 0x18];
    script(first, repeat(copies.repeat(4_096), Duration::ZERO))
}

fn script(first: impl Into<Vec<u8>>, then: Then) -> Script {
    Script { first: first.into(), then }
}

fn repeat(bytes: impl Into<Vec<u8>>, pause: Duration) -> Then {
    Then::Repeat { bytes: bytes.into(), pause }
}
