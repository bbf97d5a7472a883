//! Events: what changed, in the app's one gap-free log. Every reader learns of a change from here alone.

use crate::id::{AppId, EventId, PaymentId};
use crate::json;
use crate::metadata::Metadata;
use crate::payment::{Payment, Status};
use crate::time::Timestamp;
use std::fmt::Write;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(i16)]
pub enum EventType {
    /// A payment was created.
    PaymentCreated = 0,
    /// A payment was paid.
    PaymentSuccess = 1,
    /// A payment was declined or canceled.
    PaymentFailed = 2,
    /// A payment's time ran out.
    PaymentExpired = 3,
    /// Somebody asked for a test delivery.
    WebhookTest = 4,
    /// The gateway disabled a webhook endpoint that is gone or failed for too long.
    WebhookDisabled = 5,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 6] = [
        Self::PaymentCreated,
        Self::PaymentSuccess,
        Self::PaymentFailed,
        Self::PaymentExpired,
        Self::WebhookTest,
        Self::WebhookDisabled,
    ];

    /// The name in JSON, headers and the SQL views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentCreated => "payment.created",
            Self::PaymentSuccess => "payment.success",
            Self::PaymentFailed => "payment.failed",
            Self::PaymentExpired => "payment.expired",
            Self::WebhookTest => "webhook.test",
            Self::WebhookDisabled => "webhook.disabled",
        }
    }

    /// The type of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == name)
    }

    /// The number in the tables.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The type of this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code() == code)
    }

    /// The event of a payment's arrival in `status`.
    pub const fn of(status: Status) -> Self {
        match status {
            Status::Pending => Self::PaymentCreated,
            Status::Success => Self::PaymentSuccess,
            Status::Failed => Self::PaymentFailed,
            Status::Expired => Self::PaymentExpired,
        }
    }
}

/// One line of an app's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Whose log.
    pub app_id: AppId,
    /// Its place there: 1, 2, 3 … without gaps.
    pub seq: i64,
    /// Its id, the same in every delivery.
    pub id: EventId,
    /// What happened.
    pub kind: EventType,
    /// To which payment.
    pub payment_id: PaymentId,
    /// When.
    pub created_at: Timestamp,
    /// The content as canonical JSON, without its signature. Stored as text: its bytes are signed.
    pub body: String,
}

/// The content of a payment's event in canonical JSON (RFC 8785): members sorted, one spelling each.
pub fn payment_body(payment: &Payment, id: EventId, kind: EventType, at: Timestamp) -> String {
    let mut out = String::with_capacity(320 + payment.metadata.as_str().len());
    // Writing to a String cannot fail.
    let _ = write!(out, "{{\"amount\":{},\"completed_at\":", payment.amount);
    push_optional(&mut out, payment.completed_at);
    let _ = write!(out, ",\"currency\":\"{}\",\"event\":\"{}\",\"event_id\":\"{id}\"", payment.currency, kind.as_str());
    let _ =
        write!(out, ",\"metadata\":{},\"payment_id\":\"{}\",\"reference_id\":", payment.metadata.as_str(), payment.id);
    json::push_optional_string(&mut out, payment.reference_id.as_deref());
    let _ = write!(out, ",\"status\":\"{}\",\"timestamp\":\"{at}\",\"transaction_id\":", payment.status.as_str());
    push_optional(&mut out, payment.transaction_id);
    let _ = write!(out, ",\"type\":\"{}\"}}", kind.as_str());
    out
}

/// The content of an event about the webhooks themselves: the members of every event, those of a payment null.
pub fn operational_body(
    id: EventId,
    kind: EventType,
    payment_id: PaymentId,
    metadata: &Metadata,
    at: Timestamp,
) -> String {
    let (metadata, name) = (metadata.as_str(), kind.as_str());
    format!(
        "{{\"amount\":null,\"completed_at\":null,\"currency\":null,\"event\":\"{name}\",\"event_id\":\"{id}\",\
         \"metadata\":{metadata},\"payment_id\":\"{payment_id}\",\"reference_id\":null,\"status\":null,\
         \"timestamp\":\"{at}\",\"transaction_id\":null,\"type\":\"{name}\"}}"
    )
}

/// A value whose spelling needs no escape, in quotes, or `null`.
fn push_optional(out: &mut String, value: Option<impl std::fmt::Display>) {
    let _ = match value {
        Some(value) => write!(out, "\"{value}\""),
        None => write!(out, "null"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TransactionId;
    use crate::metadata::Value;
    use crate::money::{Amount, Currency};

    #[test]
    fn the_body_is_canonical_json_with_every_promised_member() {
        let payment = Payment {
            id: PaymentId::from_bytes([1; 16]),
            app_id: AppId::from_bytes([2; 16]),
            amount: Amount::from_minor(1_250).unwrap(),
            currency: Currency::parse("COINS").unwrap(),
            status: Status::Success,
            reference_id: Some("ORDER \"1\"\n".into()),
            description: None,
            metadata: Metadata::from_entries(vec![
                ("b".into(), Value::Number("1.50")),
                ("a".into(), Value::Bool(true)),
            ])
            .unwrap(),
            webhook_url: None,
            return_url: None,
            created_at: Timestamp::from_ms(0),
            expires_at: Timestamp::from_ms(1),
            completed_at: Some(Timestamp::from_ms(1_769_423_700_000)),
            transaction_id: Some(TransactionId::from_bytes([3; 16])),
            failure_code: None,
            notes: None,
        };
        let body = payment_body(
            &payment,
            EventId::from_bytes([4; 16]),
            EventType::PaymentSuccess,
            Timestamp::from_ms(1_769_423_700_000),
        );
        let parsed: serde_json::Value = serde_json::from_str(&body).unwrap();
        // serde_json's map sorts its keys, and the values here have one spelling: parsing and printing is canonicalising.
        assert_eq!(serde_json::to_string(&parsed).unwrap(), body);
        let members: Vec<_> = parsed.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            members,
            [
                "amount",
                "completed_at",
                "currency",
                "event",
                "event_id",
                "metadata",
                "payment_id",
                "reference_id",
                "status",
                "timestamp",
                "transaction_id",
                "type"
            ]
        );
        assert_eq!(parsed["completed_at"], "2026-01-26T10:35:00Z");
        assert_eq!(parsed["amount"], serde_json::json!(12.5));
    }

    #[test]
    fn an_operational_body_has_the_members_of_every_other() {
        let id = EventId::from_bytes([4; 16]);
        let metadata = Metadata::from_entries(vec![("reason".into(), Value::Text("gone".into()))]).unwrap();
        let payment_id = PaymentId::from_bytes([1; 16]);
        let body = operational_body(id, EventType::WebhookDisabled, payment_id, &metadata, Timestamp::from_ms(5));
        let parsed: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), body);
        assert_eq!(parsed.as_object().unwrap().len(), 12);
        assert_eq!((&parsed["type"], &parsed["amount"]), (&"webhook.disabled".into(), &serde_json::Value::Null));
    }
}
