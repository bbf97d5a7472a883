//! Clients that follow a log as it grows, written by hand: a socket of them costs a file and a few hundred bytes, so that
//! ten thousand fit into one process, and none of the product's own libraries judges itself.

mod frame;
mod polling;
mod socket;
mod stream;

pub(crate) use polling::Polling;
pub(crate) use socket::{Heard, Socket, Way};
pub(crate) use stream::Stream;

use serde::Deserialize;

/// What of an event its readers remember.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Event {
    /// Its place in the app's log.
    pub(crate) seq: i64,
    /// Its id.
    pub(crate) event_id: String,
    /// The payment that it is about.
    pub(crate) payment_id: Option<String>,
}

/// What an app's socket says of itself.
pub(crate) fn auth(api_key: &str, after_seq: Option<i64>) -> String {
    match after_seq {
        Some(seq) => format!(r#"{{"apiKey":"{api_key}","afterSeq":{seq}}}"#),
        None => format!(r#"{{"apiKey":"{api_key}"}}"#),
    }
}
