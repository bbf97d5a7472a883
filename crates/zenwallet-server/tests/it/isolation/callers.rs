//! Who calls, and whose payment they ask for.

use super::routes::Row;
use crate::support::{Answer, Tenant, TestApp};
use crate::webhooks::Things;
use zenwallet_core::app::Environment;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Caller {
    Anonymous,
    Owner,
    OtherTenant,
    /// A test app that asks for a payment of a production app.
    OtherEnvironment,
    /// The owner, with a key that was revoked.
    Revoked,
    /// The owner, with a key whose overlap is over.
    Expired,
    /// The owner, whose app is disabled.
    Disabled,
    /// No key by its shape.
    Malformed,
    /// A key by its shape that nobody was given.
    Unknown,
}

impl Caller {
    pub(super) const ALL: [Self; 9] = [
        Self::Anonymous,
        Self::Owner,
        Self::OtherTenant,
        Self::OtherEnvironment,
        Self::Revoked,
        Self::Expired,
        Self::Disabled,
        Self::Malformed,
        Self::Unknown,
    ];
}

/// The apps behind the callers.
pub(super) struct Callers {
    a: Tenant,
    b: Tenant,
    live: Tenant,
    revoked: Tenant,
    expired: Tenant,
    disabled: Tenant,
}

impl Callers {
    pub(super) async fn new(app: &TestApp) -> Self {
        let revoked = app.new_tenant(Environment::Test, Some(0)).await;
        assert!(app.revoke(&revoked.key).await);
        let expired = app.new_tenant(Environment::Test, Some(0)).await;
        app.gateway.rotate_key(expired.app_id, 0).await.unwrap();
        let disabled = app.new_tenant(Environment::Test, Some(0)).await;
        assert!(app.store.set_app_active(disabled.app_id, false).await.unwrap());
        let (a, b, live) = (app.a.clone(), app.b.clone(), app.live.clone());
        Self { a, b, live, revoked, expired, disabled }
    }

    /// Whose payment the caller asks for.
    pub(super) fn target(&self, caller: Caller) -> &Tenant {
        match caller {
            Caller::Revoked => &self.revoked,
            Caller::Expired => &self.expired,
            Caller::Disabled => &self.disabled,
            Caller::OtherEnvironment => &self.live,
            Caller::Anonymous | Caller::Owner | Caller::OtherTenant | Caller::Malformed | Caller::Unknown => &self.a,
        }
    }

    /// What the caller calls with.
    fn key(&self, caller: Caller) -> Option<&str> {
        match caller {
            Caller::Anonymous => None,
            Caller::Malformed => Some("sk_test_nope"),
            Caller::Unknown => Some("sk_test_0000000000000000000000000000000000000000000"),
            Caller::OtherTenant => Some(&self.b.key),
            Caller::OtherEnvironment => Some(&self.a.key),
            Caller::Owner | Caller::Revoked | Caller::Expired | Caller::Disabled => Some(&self.target(caller).key),
        }
    }

    pub(super) async fn send(&self, app: &TestApp, row: &Row, caller: Caller, things: &Things) -> Answer {
        let mut call = app.call(row.method.clone(), things.name_in(row.path));
        if let Some(key) = self.key(caller) {
            call = call.bearer(key);
        }
        match &row.body {
            Some(body) => call.text(things.name_in(&body.to_string())).send().await,
            None => call.send().await,
        }
    }
}
