//! What is written down about an act: by whom, from where.

use super::Login;
use crate::gateway::{Caller, Gateway};
use serde_json::{Value, json};
use std::net::IpAddr;
use zenwallet_core::app::{ApiKey, App};
use zenwallet_core::audit::{Action, Actor, AuditEntry};
use zenwallet_core::id::{AppId, RequestId};
use zenwallet_core::user::User;
use zenwallet_store::StoreError;

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The client's address, as far as it is known.
    pub address: Option<IpAddr>,
    /// The browser or program, as it calls itself; cut to what is kept.
    pub user_agent: String,
    /// What the browser keeps since it logged in for the first time.
    pub device: Option<String>,
    /// The request.
    pub request_id: Option<RequestId>,
}

impl Visitor {
    /// Whoever may run the program on the machine.
    pub fn console() -> Self {
        Self { address: None, user_agent: "zenwallet".to_owned(), device: None, request_id: None }
    }

    /// The address as text.
    pub(crate) fn address(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }

    /// What is throttled together: one address, or the 64 bits of IPv6 that one household is given.
    pub(super) fn network(&self) -> String {
        match self.address {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            _ => self.address(),
        }
    }
}

/// An entry being put together.
pub(crate) struct Act(AuditEntry);

impl Gateway {
    /// Begins an entry: this actor does this, from there.
    pub(crate) fn act(&self, actor: Actor, visitor: &Visitor, action: Action) -> Act {
        let at = self.now();
        let entry = AuditEntry {
            id: self.ids.next(at),
            at,
            actor,
            action,
            app_id: None,
            target: None,
            address: visitor.address.map(|address| address.to_string()),
            request_id: visitor.request_id,
            before: None,
            after: None,
        };
        Act(entry)
    }

    /// Writes down what a caller has just done to something of his app. It comes after the act: the act itself stands in
    /// the app's own log where it is one of payments.
    pub(crate) async fn note_act(
        &self,
        caller: &Caller,
        visitor: &Visitor,
        action: Action,
        target: impl ToString,
    ) -> Result<(), StoreError> {
        let who = match &caller.login {
            Some(login) => actor(&login.user),
            None => Actor::App(caller.app.id, caller.app.name.clone()),
        };
        let entry = self.act(who, visitor, action).on(target).of_app(caller.app.id).entry();
        self.store.append_audit(&[entry]).await
    }

    /// Begins an entry of a user who is logged in.
    pub(crate) fn act_of(&self, login: &Login, action: Action) -> Act {
        self.act(actor(&login.user), &login.visitor, action)
    }
}

impl Act {
    pub(crate) fn on(mut self, target: impl ToString) -> Self {
        self.0.target = Some(target.to_string());
        self
    }

    pub(crate) fn of_app(mut self, app_id: AppId) -> Self {
        self.0.app_id = Some(app_id);
        self
    }

    /// What it was before and is afterwards: of both only what differs.
    pub(crate) fn changing(mut self, before: &Value, after: &Value) -> Self {
        let (mut old, mut new) = (json!({}), json!({}));
        for (name, value) in after.as_object().into_iter().flatten() {
            if before.get(name) != Some(value) {
                new[name] = value.clone();
                old[name] = before.get(name).cloned().unwrap_or(Value::Null);
            }
        }
        self.0.before = Some(old.to_string());
        self.0.after = Some(new.to_string());
        self
    }

    pub(crate) fn making(mut self, after: &Value) -> Self {
        self.0.after = Some(after.to_string());
        self
    }

    pub(crate) fn entry(self) -> AuditEntry {
        tracing::info!(
            action = self.0.action.as_str(),
            actor = self.0.actor.kind(),
            acted_on = self.0.target,
            address = self.0.address,
            "acted"
        );
        self.0
    }
}

/// A user as the one who acts.
pub(super) fn actor(user: &User) -> Actor {
    Actor::User(user.id, user.email.to_string())
}

/// What may be written down of a user.
pub(super) fn user_facts(user: &User) -> Value {
    json!({
        "email": user.email.as_str(), "name": user.name, "role": user.role.as_str(), "is_active": user.is_active,
        "has_totp": user.has_totp(),
    })
}

/// What may be written down of an app.
pub(crate) fn app_facts(app: &App) -> Value {
    json!({
        "name": app.name, "environment": app.environment.as_str(), "is_active": app.is_active,
        "owner_user_id": app.owner_user_id.map(|id| id.to_string()), "rate_limit_per_s": app.rate_limit_per_s,
        "monthly_payments_max": app.monthly_payments_max,
    })
}

/// What may be written down of a key.
pub(crate) fn key_facts(key: &ApiKey) -> Value {
    json!({"key": key.hint, "name": key.name, "expires_at": key.expires_at.map(|at| at.to_string())})
}
