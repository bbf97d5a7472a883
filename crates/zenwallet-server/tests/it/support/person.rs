//! Users as they log in.

use super::{Answer, Call, TestApp};
use serde_json::{Value, json};
use zenwallet_core::app::KeyHash;
use zenwallet_core::id::{AppId, SessionId, UserId};
use zenwallet_core::user::{Email, Link, Purpose, Role};
use zenwallet_server::gateway::NewAccount;

/// What everybody here proves himself with.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A user who is logged in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) session_id: SessionId,
}

impl TestApp {
    /// A new user of this role, logged in.
    pub(crate) async fn person(&self, name: &str, role: Role) -> Person {
        let email = format!("{name}@example.com");
        self.account(&email, role).await;
        self.log_in(&email).await
    }

    /// A new account.
    pub(crate) async fn account(&self, email: &str, role: Role) -> UserId {
        let password = PASSWORD.to_owned().into();
        let account = NewAccount { email: Email::parse(email).unwrap(), name: "Somebody".to_owned(), password };
        self.gateway.create_user(account, role).await.unwrap().id
    }

    /// The user, logged in anew.
    pub(crate) async fn log_in(&self, email: &str) -> Person {
        Person::of(email, &self.try_log_in(email, PASSWORD, json!({})).await.expect(200).json())
    }

    pub(crate) async fn try_log_in(&self, email: &str, password: &str, more: Value) -> Answer {
        let mut body = json!({"email": email, "password": password});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/api/auth/login").json(&body).send().await
    }

    /// The id of an invitation that can be used, made past the API.
    pub(crate) async fn invitation(&self, email: &str) -> String {
        let (now, email) = (self.clock.now(), Email::parse(email).unwrap());
        let (purpose, hash) = (Purpose::Invitation(Role::Member), KeyHash::of(email.as_str()));
        let id = self.ids.next(now);
        let link = Link { id, hash, purpose, email, created_at: now, expires_at: now.plus_s(3_600), used_at: None };
        self.store.create_link(&link, &[]).await.unwrap();
        id.to_string()
    }

    /// A test app that belongs to this user.
    pub(crate) async fn app_of(&self, person: &Person) -> AppId {
        let body = json!({"name": "Theirs", "environment": "test"});
        let made = self.post("/api/apps").person(person).json(&body).send().await.expect(201).json();
        AppId::parse(made["app"]["app_id"].as_str().unwrap()).unwrap()
    }
}

impl Person {
    /// The user that a grant lets in.
    pub(crate) fn of(email: &str, grant: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{grant}")).to_owned();
        Self {
            id: UserId::parse(&text(&grant["user"]["user_id"])).unwrap(),
            email: email.to_owned(),
            access: text(&grant["access_token"]),
            refresh: text(&grant["refresh_token"]),
            session_id: SessionId::parse(&text(&grant["session_id"])).unwrap(),
        }
    }
}

impl Call {
    /// Authenticates as this user.
    pub(crate) fn person(self, person: &Person) -> Self {
        self.bearer(&person.access)
    }
}
