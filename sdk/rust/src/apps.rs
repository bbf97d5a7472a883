//! `/api/apps`: a user's apps and their keys.

use crate::client::{Call, path};
use crate::{App, AppList, Client, CreateApp, CreateKey, CreatedApp, CreatedKey, Key, KeyList, Result, RotateKey};
use reqwest::Method;

/// A user's apps.
#[derive(Debug)]
pub struct Apps<'a>(pub(crate) &'a Client);

impl<'a> Apps<'a> {
    /// All of them, the oldest first.
    pub async fn list(&self) -> Result<AppList> {
        self.0.call(Call::get("/api/apps").of_user()).await
    }

    /// One of them.
    pub async fn get(&self, app_id: &str) -> Result<App> {
        self.0.call(Call::get(path(&["api", "apps", app_id])?).of_user()).await
    }

    /// Makes an app; its first key and its webhook secret are told this once.
    pub async fn create(&self, app: &CreateApp) -> Result<CreatedApp> {
        self.0.call(Call::post("/api/apps", app).of_user()).await
    }

    /// The keys of an app.
    pub fn keys(&self, app_id: impl Into<String>) -> Keys<'a> {
        Keys { client: self.0, app_id: app_id.into() }
    }
}

/// The keys of an app.
#[derive(Debug)]
pub struct Keys<'a> {
    client: &'a Client,
    app_id: String,
}

impl Keys<'_> {
    /// All of them, the oldest first, those that no longer work too.
    pub async fn list(&self) -> Result<KeyList> {
        self.client.call(Call::get(path(&["api", "apps", &self.app_id, "keys"])?).of_user()).await
    }

    /// Makes a key, which is told this once.
    pub async fn create(&self, key: &CreateKey) -> Result<CreatedKey> {
        self.client.call(Call::post(path(&["api", "apps", &self.app_id, "keys"])?, key).of_user()).await
    }

    /// Makes a key that takes the place of this one, which goes on working for the overlap.
    pub async fn rotate(&self, key_id: &str, rotation: &RotateKey) -> Result<CreatedKey> {
        let path = path(&["api", "apps", &self.app_id, "keys", key_id, "rotate"])?;
        self.client.call(Call::post(path, rotation).of_user()).await
    }

    /// Ends a key at once, on every node.
    pub async fn revoke(&self, key_id: &str) -> Result<Key> {
        let call = Call::get(path(&["api", "apps", &self.app_id, "keys", key_id])?).of_user();
        self.client.call(Call { method: Method::DELETE, ..call }).await
    }
}
