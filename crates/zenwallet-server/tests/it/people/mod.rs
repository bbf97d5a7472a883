//! People: how they come in, how long they stay, and what they may do.

mod login;
mod sessions;

use serde_json::Value;

/// The text of a member.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
