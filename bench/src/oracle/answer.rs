//! Answers' bodies, read as the contract words them.

use crate::clock::parse_ms;
use crate::journal::Ack;
use crate::money::parse_minor;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A payment as an answer tells it.
#[derive(Deserialize, Debug, Clone)]
pub(super) struct PaymentAnswer {
    pub(super) payment_id: String,
    pub(super) status: String,
    /// The token as it was written: an amount never passes through floating point.
    amount: Box<RawValue>,
    pub(super) currency: String,
    pub(super) reference_id: Option<String>,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) metadata: Value,
    pub(super) payment_url: Option<String>,
    pub(super) created_at: String,
    pub(super) expires_at: String,
    pub(super) completed_at: Option<String>,
    pub(super) transaction_id: Option<String>,
}

impl PaymentAnswer {
    /// The amount in hundredths.
    pub(super) fn minor(&self) -> Option<i64> {
        parse_minor(self.amount.get())
    }

    /// Whether the status is one that nothing follows.
    pub(super) fn is_final(&self) -> bool {
        is_final(&self.status)
    }

    /// When it expires.
    pub(super) fn expires_ms(&self) -> Option<i64> {
        parse_ms(&self.expires_at)
    }
}

/// Whether nothing follows this status.
pub(super) fn is_final(status: &str) -> bool {
    matches!(status, "SUCCESS" | "FAILED" | "EXPIRED")
}

/// The error in an answer that is not 2xx.
#[derive(Deserialize, Debug)]
pub(super) struct ErrorAnswer {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) request_id: String,
    payment: Option<PaymentAnswer>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorAnswer,
    payment: Option<PaymentAnswer>,
}

/// The error that this answer tells, if it is whole.
pub(super) fn error_in(ack: &Ack) -> Option<ErrorAnswer> {
    Some(serde_json::from_str::<ErrorBody>(&ack.body).ok()?.error)
}

/// The payment that this answer shows: the answer itself, or the one that a conflict carries.
pub(super) fn payment_in(ack: &Ack) -> Option<PaymentAnswer> {
    match ack.status {
        200..300 => serde_json::from_str(&ack.body).ok(),
        409 => {
            let body: ErrorBody = serde_json::from_str(&ack.body).ok()?;
            body.error.payment.or(body.payment)
        }
        _ => None,
    }
}

/// What a create asked for.
#[derive(Deserialize, Debug)]
pub(super) struct CreateRequest {
    amount: Box<RawValue>,
    pub(super) currency: String,
    pub(super) reference_id: Option<String>,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) metadata: Value,
    pub(super) expires_in: Option<i64>,
}

impl CreateRequest {
    /// What this call asked for, if it is a create.
    pub(super) fn of(ack: &Ack) -> Option<Self> {
        serde_json::from_str(ack.call.body.as_deref()?).ok()
    }

    /// The amount in hundredths.
    pub(super) fn minor(&self) -> Option<i64> {
        parse_minor(self.amount.get())
    }
}

/// Whether two metadata say the same: none and an empty object do.
pub(super) fn same_metadata(a: &Value, b: &Value) -> bool {
    let is_empty = |v: &Value| v.is_null() || v.as_object().is_some_and(serde_json::Map::is_empty);
    a == b || (is_empty(a) && is_empty(b))
}
