//! What an alert tells, as it is kept until its text is made. No secrets.

use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum Facts {
    /// Every delivery to an endpoint fails.
    EndpointFailing { url: String, since_ms: i64 },
    /// An endpoint was disabled by the gateway.
    EndpointDisabled { url: String, reason: String },
    /// An app has a key more.
    KeyCreated(KeyFacts),
    /// A key took the place of others.
    KeyRotated(KeyFacts),
    /// A key no longer works.
    KeyRevoked(KeyFacts),
    /// Somebody logged in from a browser that was not known.
    SignedIn { address: String, user_agent: String },
    /// An app has used so much of its monthly limit.
    LimitReached { percent: u32, used: i64, most: i64 },
}

/// A key, and who changed it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct KeyFacts {
    /// The part of it that may be shown.
    pub(crate) hint: String,
    pub(crate) name: Option<String>,
    /// Who did it.
    pub(crate) by: String,
    pub(crate) address: Option<String>,
}

impl Facts {
    /// As it is kept.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what was kept; `None` for what another version of the program kept.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}
