//! Inboxes: what was posted to a test app's address here, so that a first webhook needs no server.

use crate::id::{InboxId, MessageId};
use crate::time::Timestamp;

/// What was posted to an inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboxMessage {
    /// Its id.
    pub id: MessageId,
    /// Where it lies.
    pub inbox_id: InboxId,
    /// When it came.
    pub received_at: Timestamp,
    /// Its headers, as a JSON object; credentials with their values hidden.
    pub headers: String,
    /// Its body.
    pub body: String,
    /// Whether the body was no text that can be kept: then what is none is replaced.
    pub is_body_lossy: bool,
    /// Whether one of the app's secrets signed it; `None` when it carries no signature.
    pub is_signature_valid: Option<bool>,
    /// The event that it says it tells of.
    pub event_type: Option<String>,
    /// The payment that it says it is about.
    pub payment_id: Option<String>,
}
