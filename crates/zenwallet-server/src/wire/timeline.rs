//! A payment's timeline as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::audit::Actor;

/// What befell a payment, oldest first.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Timeline {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// The entries, at most 200.
    data: Vec<TimelineEntry>,
    /// Whether there are more, which are not shown.
    has_more: bool,
    /// Always null.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl Timeline {
    pub(crate) fn new(data: Vec<TimelineEntry>, has_more: bool) -> Self {
        Self { object: "list", data, has_more, next_cursor: None }
    }
}

/// Something that happened.
#[derive(Serialize, ToSchema, Default, Debug)]
pub(crate) struct TimelineEntry {
    /// Always `timeline_entry`.
    #[schema(example = "timeline_entry")]
    pub(crate) object: &'static str,
    /// When.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    pub(crate) at: String,
    /// What: `created`, `completed`, `failed`, `canceled`, `expired`; of its webhooks `delivery_requested` (somebody wants one
    /// again), `attempt`, `retry_scheduled`, `delivery_failed`, `delivery_canceled`.
    #[schema(example = "attempt")]
    pub(crate) kind: &'static str,
    /// Who did it; null where that is not known.
    #[schema(required = true)]
    pub(crate) actor: Option<TimelineActor>,
    /// From which address; null where that is not known.
    #[schema(required = true, example = json!(null))]
    pub(crate) address: Option<String>,
    /// The same in a sentence.
    #[schema(example = "Attempt 1 to deliver payment.success to https://shop.example.com was answered with 200.")]
    pub(crate) text: String,
    /// The delivery that it is about.
    #[schema(required = true, example = "dlv_01KEY5R8QK3M7N2P4T6V8W")]
    pub(crate) delivery_id: Option<String>,
    /// Which of its attempts.
    #[schema(required = true, example = 1)]
    pub(crate) attempt: Option<u32>,
    /// The status of the receiver's answer.
    #[schema(required = true, example = 200)]
    pub(crate) http_status: Option<u16>,
    /// Why there was no answer: a stable word such as `timed_out`.
    #[schema(required = true, example = json!(null))]
    pub(crate) error: Option<String>,
    /// How long the attempt took, in milliseconds.
    #[schema(required = true, example = 12)]
    pub(crate) duration_ms: Option<u32>,
}

/// Who did something.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct TimelineActor {
    /// `user`, `api_key`, `payer`, `console` or `system`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    kind: &'static str,
    /// His id, where he has one.
    #[schema(required = true, example = "usr_01KEY5R8QK3M7N2P4T6V8W")]
    id: Option<String>,
    /// As he was called then.
    #[schema(required = true, example = "ada@example.com")]
    name: Option<String>,
}

impl TimelineActor {
    /// The gateway by itself.
    pub(crate) const SYSTEM: Self = Self { kind: "system", id: None, name: None };

    /// Whoever the audit log knows to have acted.
    pub(crate) fn of(actor: &Actor) -> Option<Self> {
        let kind = match actor {
            Actor::User(..) => "user",
            // Which of its keys it was is not written down.
            Actor::App(..) => return Some(Self { kind: "api_key", id: None, name: Some(actor.name().to_owned()) }),
            Actor::Console => "console",
            Actor::System => return Some(Self::SYSTEM),
            Actor::Anonymous => return None,
        };
        Some(Self { kind, id: actor.id(), name: Some(actor.name().to_owned()) })
    }
}
