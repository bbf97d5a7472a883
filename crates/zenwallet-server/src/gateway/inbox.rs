//! Inboxes: what is posted to a test app's address here is kept for its developer to look at.

use super::people::Attempt;
use super::{DressingError, Gateway, PeopleError, Visitor, WebhookError};
use crate::egress::{Receivers, inbox_named};
use serde_json::Value;
use std::collections::BTreeMap;
use zenwallet_core::Code;
use zenwallet_core::app::{App, Environment};
use zenwallet_core::id::{AppId, InboxId, MessageId};
use zenwallet_core::inbox::InboxMessage;
use zenwallet_core::limits::{INBOX_HEADER_VALUE_MAX_CHARS, INBOX_HEADERS_MAX};
use zenwallet_core::signature::is_signed;
use zenwallet_store::StoreError;

/// What is shown of a credential.
const HIDDEN: &str = "(hidden)";
/// Headers that carry credentials, whoever sends them.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];
/// Longest text of a body that is taken for the name of an event or the id of a payment.
const NAME_MAX_BYTES: usize = 64;

/// What is posted to an inbox.
#[derive(Debug)]
pub(crate) struct Post {
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Post {
    /// A request with these headers (name in lower case, value, whether it is a secret) and this body.
    pub(crate) fn new<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8], bool)>, body: &[u8]) -> Self {
        let mut kept: BTreeMap<String, String> = BTreeMap::new();
        for (name, value, is_secret) in headers {
            if kept.len() >= INBOX_HEADERS_MAX && !kept.contains_key(name) {
                continue;
            }
            let value = match is_secret || CREDENTIALS.contains(&name) {
                true => HIDDEN.into(),
                false => String::from_utf8_lossy(value),
            };
            let joined = kept.entry(name.to_owned()).or_default();
            let gap = if joined.is_empty() { "" } else { ", " };
            let room = INBOX_HEADER_VALUE_MAX_CHARS.saturating_sub(joined.chars().count());
            joined.extend(gap.chars().chain(value.chars()).take(room));
        }
        Self { headers: kept, body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as text that both databases keep, and whether it is another one than came.
    fn text(&self) -> (String, bool) {
        let text = String::from_utf8_lossy(&self.body).replace('\0', "\u{fffd}");
        let is_lossy = text.as_bytes() != self.body;
        (text, is_lossy)
    }
}

/// A member of a JSON object that is a short text.
fn short_text(body: &Value, name: &str) -> Option<String> {
    body.get(name)?.as_str().filter(|text| text.len() <= NAME_MAX_BYTES && !text.contains('\0')).map(str::to_owned)
}

impl Gateway {
    /// The inbox of an app, which is made when it is asked for for the first time.
    pub(crate) async fn open_inbox(&self, app: &App) -> Result<InboxId, WebhookError> {
        require_test(app)?;
        if let Some(id) = self.store.find_inbox(app.id).await? {
            return Ok(id);
        }
        let now = self.now();
        let opened = self.store.open_inbox(app.id, self.ids.next(now), now).await?;
        opened.ok_or(WebhookError::Refused(Code::AppNotFound))
    }

    /// Where messages to an inbox are posted.
    pub(crate) fn inbox_url(&self, id: InboxId) -> String {
        format!("{}/inbox/{id}", self.public_url())
    }

    /// At most `limit` messages of an app's inbox with ids below `below`, newest first.
    pub(crate) async fn list_messages(
        &self,
        app: &App,
        below: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<InboxMessage>, WebhookError> {
        require_test(app)?;
        Ok(self.store.list_messages(app.id, below, limit).await?)
    }

    /// Forgets what lies in an app's inbox; says how much.
    pub(crate) async fn empty_inbox(&self, app: &App) -> Result<u64, WebhookError> {
        require_test(app)?;
        Ok(self.store.empty_inbox(app.id).await?)
    }

    /// Whose inbox this is; for somebody there who may not leave as many messages as he likes.
    pub(crate) async fn admit_message(&self, id: InboxId, visitor: &Visitor) -> Result<AppId, PeopleError> {
        let app_id = self.store.find_app_of_inbox(id).await?;
        let app_id = app_id.ok_or(PeopleError::Refused(Code::InboxNotFound))?;
        self.take_attempt(&Attempt::message(id, visitor)).await?;
        Ok(app_id)
    }

    /// Keeps what was posted to the inbox of this app. False when there is no such inbox any more.
    pub(crate) async fn receive_message(&self, app_id: AppId, id: InboxId, post: Post) -> Result<bool, StoreError> {
        let is_signature_valid = self.judge_signature(app_id, &post).await?;
        let told: Value = serde_json::from_slice(&post.body).unwrap_or_default();
        let (now, (body, is_body_lossy)) = (self.now(), post.text());
        let message = InboxMessage {
            id: self.ids.next(now),
            inbox_id: id,
            received_at: now,
            // A map of strings always serialises.
            headers: serde_json::to_string(&post.headers).unwrap_or_default(),
            body,
            is_body_lossy,
            is_signature_valid,
            event_type: short_text(&told, "event").or_else(|| short_text(&told, "type")),
            payment_id: short_text(&told, "payment_id"),
        };
        self.store.receive_message(message).await
    }

    /// Whether a secret of the app signed a request; `None` when it carries no signature.
    async fn judge_signature(&self, app_id: AppId, post: &Post) -> Result<Option<bool>, StoreError> {
        let Some(standard) = post.header("webhook-signature") else { return Ok(None) };
        let (id, at) = (post.header("webhook-id").unwrap_or_default(), post.header("webhook-timestamp"));
        match self.signing_keys(app_id).await {
            Ok(keys) => Ok(Some(is_signed(&keys, id, at.unwrap_or_default(), standard, &post.body))),
            Err(DressingError::Store(error)) => Err(error),
            Err(DressingError::Unreadable(_)) => Ok(Some(false)),
        }
    }

    /// The inbox that a URL names, there or not.
    pub(crate) fn inbox_named(&self, url: &str) -> Option<InboxId> {
        InboxId::parse(inbox_named(self.public_url(), url)?)
    }

    /// Gives a webhook of this app into its own inbox. False when the inbox is none of the app's.
    pub(crate) async fn hand_over(&self, app_id: AppId, id: InboxId, post: Post) -> Result<bool, StoreError> {
        if self.store.find_app_of_inbox(id).await? != Some(app_id) {
            return Ok(false);
        }
        self.receive_message(app_id, id, post).await
    }

    /// Where webhooks of this app may go. Its inbox is looked for only where the request's body names one.
    pub(crate) async fn receivers(&self, app: &App, body: &[u8]) -> Result<Receivers<'_>, StoreError> {
        const SIGN: &[u8] = b"ibx_";
        let names_one = app.environment == Environment::Test && body.windows(SIGN.len()).any(|part| part == SIGN);
        let inbox = if names_one { self.store.find_inbox(app.id).await? } else { None };
        Ok(Receivers { inbox, ..self.receivers_of_new_app() })
    }

    /// The same of an app that is still to be made, and so has no inbox.
    pub(crate) fn receivers_of_new_app(&self) -> Receivers<'_> {
        Receivers { egress: &self.webhooks.egress, public_url: self.public_url(), inbox: None }
    }
}

fn require_test(app: &App) -> Result<(), WebhookError> {
    match app.environment {
        Environment::Test => Ok(()),
        Environment::Production => Err(WebhookError::Refused(Code::InboxTestOnly)),
    }
}
