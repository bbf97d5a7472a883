//! Webhooks for those who listen: signed as they would be sent, with a key that is made for listening.

use super::Gateway;
use super::live::Told;
use crate::wire::event::{ListenedHeaders, ListenedWebhook, content_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zenwallet_core::id::AppId;
use zenwallet_core::signature::{self, SigningKey};
use zenwallet_core::time::Clock;

/// Signs an app's events for those who listen to its webhooks.
pub(crate) struct Listener {
    key: SigningKey,
    secret: zeroize::Zeroizing<String>,
    clock: Clock,
}

impl Gateway {
    /// What an app's webhooks are signed with for those who listen to them.
    pub(crate) fn listener(&self, app_id: AppId) -> Listener {
        let key = self.key.listener_key(app_id);
        let secret = zeroize::Zeroizing::new(format!("whsec_{}", STANDARD.encode(key.as_slice())));
        Listener { key: SigningKey::new(key.to_vec()), secret, clock: self.clock.clone() }
    }
}

impl Listener {
    /// What proves the webhooks, as receivers are given it.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// The webhook of an event, signed now.
    pub(crate) fn sign<T>(&self, event: &Told, show: impl FnOnce(&ListenedWebhook<'_>) -> T) -> T {
        let body = signature::signed_body(&self.key, &content_of(event.json.get()));
        let keys = std::slice::from_ref(&self.key);
        let signed = signature::sign_attempt(keys, event.id, self.clock.now(), &body);
        let headers = ListenedHeaders {
            id: &signed.id,
            timestamp: &signed.timestamp,
            standard: &signed.standard,
            own: &signed.own,
        };
        show(&ListenedWebhook { seq: event.seq, kind: event.kind.as_str(), headers, body: &body })
    }
}
