//! Webhooks as they would be posted, for receivers that the gateway cannot reach.

use crate::stream::{LogStream, Lost};
use crate::{Error, EventType, Result, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// A webhook that was listened to: post `body` with `headers`, both as they are.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[non_exhaustive]
pub struct Listened {
    /// The event's place in the app's log.
    pub seq: i64,
    /// What happened.
    pub r#type: EventType,
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature` and `x-zenwallet-signature`.
    pub headers: BTreeMap<String, String>,
    /// The bytes that are signed: JSON.
    pub body: String,
}

/// What the gateway says first, and in each connection anew.
#[derive(Deserialize)]
struct Ready {
    webhook_secret: Secret,
}

/// Follows an app's webhooks.
#[derive(Debug)]
pub struct Listener {
    stream: LogStream,
    secret: Option<Secret>,
}

impl Listener {
    pub(crate) fn new(stream: LogStream) -> Self {
        Self { stream, secret: None }
    }

    /// The `seq` to come back with: of the last webhook that was told.
    pub fn last_seq(&self) -> Option<i64> {
        self.stream.last_seq()
    }

    /// Is told whenever the connection was lost, and after what wait it is tried again.
    pub fn on_lost(mut self, told: impl Fn(&Error, Duration) + Send + Sync + 'static) -> Self {
        self.stream.on_lost(Lost::new(told));
        self
    }

    /// Waits until the gateway is listened to, and tells the secret that proves what is told from then on. It is not the
    /// app's own, and the same for everybody who listens to this app.
    pub async fn ready(&mut self) -> Result<Secret> {
        if let Some(secret) = &self.secret {
            return Ok(secret.clone());
        }
        let message = self.stream.next().await?;
        if message.name != "listen.ready" {
            return Err(Error::InvalidResponse("the gateway does not say what it signs with".to_owned()));
        }
        let secret = read::<Ready>(&message.data)?.webhook_secret;
        self.secret = Some(secret.clone());
        Ok(secret)
    }

    /// Waits for the next webhook.
    pub async fn next(&mut self) -> Result<Listened> {
        loop {
            let message = self.stream.next().await?;
            match message.name.as_str() {
                "webhook" => return read(&message.data),
                "listen.ready" => self.secret = Some(read::<Ready>(&message.data)?.webhook_secret),
                _ => {}
            }
        }
    }

    /// Has a webhook signed anew: it is what [`Listener::next`] gives next, and what came behind it comes again.
    pub fn sign_again(&mut self, webhook: &Listened) {
        self.stream.reconnect(webhook.seq - 1);
    }
}

fn read<T: for<'de> Deserialize<'de>>(data: &str) -> Result<T> {
    serde_json::from_str(data)
        .map_err(|why| Error::InvalidResponse(format!("the stream told what is no webhook: {why}")))
}
