//! Who calls, and whose payment they ask for.

use super::routes::{Access, Row};
use crate::support::{Answer, Person, Tenant, TestApp};
use crate::webhooks::Things;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::id::{AppId, KeyId};
use zenwallet_core::user::Role;

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
    /// The user whose app it is.
    OwnerUser,
    /// A user with an app of his own.
    OtherUser,
    /// An admin whose app it is not.
    Admin,
    /// The user whose app it is, with the token of a session that he has ended.
    EndedSession,
    /// A token that was signed with another key.
    Forged,
}

impl Caller {
    pub(super) const ALL: [Self; 14] = [
        Self::Anonymous,
        Self::Owner,
        Self::OtherTenant,
        Self::OtherEnvironment,
        Self::Revoked,
        Self::Expired,
        Self::Disabled,
        Self::Malformed,
        Self::Unknown,
        Self::OwnerUser,
        Self::OtherUser,
        Self::Admin,
        Self::EndedSession,
        Self::Forged,
    ];

    pub(super) fn is_user(self) -> bool {
        matches!(self, Self::OwnerUser | Self::OtherUser | Self::Admin | Self::EndedSession | Self::Forged)
    }
}

/// The apps behind the callers.
#[derive(Clone)]
pub(super) struct Callers {
    a: Tenant,
    b: Tenant,
    live: Tenant,
    revoked: Tenant,
    expired: Tenant,
    disabled: Tenant,
    owner: Person,
    other: Person,
    admin: Person,
    ended: Person,
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
        let [owner, other] = [app.person("owner", Role::Member).await, app.person("other", Role::Member).await];
        let (admin, ended) = (app.person("admin", Role::Admin).await, app.log_in(&owner.email).await);
        app.post("/api/auth/logout").person(&ended).send().await.expect(200);
        for (tenant, person) in [(&a, &owner), (&b, &other)] {
            give(app, tenant.app_id, person).await;
        }
        Self { a, b, live, revoked, expired, disabled, owner, other, admin, ended }
    }

    /// The same with tokens of this moment.
    pub(super) async fn renewed(&self, app: &TestApp) -> Self {
        let owner = app.log_in(&self.owner.email).await;
        let other = app.log_in(&self.other.email).await;
        let ended = app.log_in(&self.owner.email).await;
        app.post("/api/auth/logout").person(&ended).send().await.expect(200);
        Self { owner, other, ended, admin: app.log_in(&self.admin.email).await, ..self.clone() }
    }

    /// A new app of the owner's, without payments, and its key.
    pub(super) async fn new_app(&self, app: &TestApp) -> (AppId, KeyId) {
        let tenant = app.new_tenant(Environment::Test, Some(0)).await;
        give(app, tenant.app_id, &self.owner).await;
        (tenant.app_id, app.key_id(&tenant.key).await)
    }

    /// Somebody new who may what this caller may: what he does to himself changes nothing for the others.
    pub(super) async fn stand_in(&self, app: &TestApp, caller: Caller, name: &str) -> Option<Person> {
        match caller {
            Caller::OwnerUser | Caller::OtherUser => Some(app.person(name, Role::Member).await),
            Caller::Admin => Some(app.person(name, Role::Admin).await),
            _ => None,
        }
    }

    /// The token of a user's session.
    fn token(&self, caller: Caller) -> Option<String> {
        Some(match caller {
            Caller::OwnerUser => self.owner.access.clone(),
            Caller::OtherUser => self.other.access.clone(),
            Caller::Admin => self.admin.access.clone(),
            Caller::EndedSession => self.ended.access.clone(),
            Caller::Forged => {
                let mut forged = self.owner.access.clone();
                let last = if forged.ends_with('A') { 'B' } else { 'A' };
                forged.truncate(forged.len() - 8);
                forged.extend(std::iter::repeat_n(last, 8));
                forged
            }
            _ => return None,
        })
    }

    /// Whose payment the caller asks for.
    pub(super) fn target(&self, caller: Caller) -> &Tenant {
        match caller {
            Caller::Revoked => &self.revoked,
            Caller::Expired => &self.expired,
            Caller::Disabled => &self.disabled,
            Caller::OtherEnvironment => &self.live,
            _ => &self.a,
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
            _ => None,
        }
    }

    pub(super) async fn send(&self, app: &TestApp, row: &Row, caller: Caller, things: &Things) -> Answer {
        self.send_as(app, row, caller, things, None).await
    }

    /// The same, as somebody who stands in for the caller.
    pub(super) async fn send_as(
        &self,
        app: &TestApp,
        row: &Row,
        caller: Caller,
        things: &Things,
        stand_in: Option<&Person>,
    ) -> Answer {
        let mut path = things.name_in(row.path);
        // A user says for which of his apps he asks, where neither the path nor the key does.
        if caller.is_user() && matches!(row.access, Access::App { .. } | Access::Owned { .. }) {
            path += &format!("?app_id={}", self.target(caller).app_id);
        }
        let mut call = app.call(row.method.clone(), path);
        if let Some(key) = self.key(caller) {
            call = call.bearer(key);
        }
        if let Some(token) = stand_in.map(|person| person.access.clone()).or(self.token(caller)) {
            call = call.bearer(&token);
        }
        match &row.body {
            Some(body) => call.text(things.name_in(&body.to_string())).send().await,
            None => call.send().await,
        }
    }
}

/// Lets an app belong to a user.
async fn give(app: &TestApp, app_id: AppId, person: &Person) {
    let owner = Some(person.id);
    let change = move |app: &mut App| {
        app.owner_user_id = owner;
        Vec::new()
    };
    assert!(app.store.change_app(app_id, change).await.unwrap().is_some());
}
