//! People: how they come in, how long they stay, and what they may do.

mod apps;
mod audit;
mod cookies;
mod guessing;
mod login;
mod sessions;
mod totp;
mod users;

use crate::support::TestApp;
use serde_json::{Value, json};
use zenwallet_core::audit::Action;
use zenwallet_store::AuditFilter;

/// The text of a member.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// What the log has of an action, newest first.
pub(crate) async fn audited(app: &TestApp, action: &str) -> Vec<Value> {
    let action = Action::parse(action).unwrap();
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    let entries = app.store.list_audit(&filter, None, 1_000).await.unwrap();
    let parsed = |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    let shown = entries.into_iter().map(|entry| {
        json!({
            "actor": entry.actor.kind(), "actor_id": entry.actor.id(), "actor_name": entry.actor.name(),
            "app_id": entry.app_id.map(|id| id.to_string()), "target": entry.target, "address": entry.address,
            "request_id": entry.request_id.map(|id| id.to_string()), "before": parsed(entry.before),
            "after": parsed(entry.after),
        })
    });
    shown.collect()
}
