//! One attempt: dress and sign the event, send it, write down what came of it.

use crate::gateway::{DressingError, Gateway, Post};
use crate::metrics;
use crate::wire::inbox::INBOX_ANSWER;
use crate::worker::send::{Answer, Outgoing, Sender, Sent};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use zenwallet_core::delivery::{self, Attempt, AttemptResult, Cause, Next, RetrySchedule};
use zenwallet_core::json;
use zenwallet_core::signature::{self, SignatureHeaders};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{AttemptRecord, LeasedDelivery, StoreError};

/// Wait before a result is tried to be written down again.
const RECORD_AGAIN: Duration = Duration::from_millis(200);
const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const OWN_SIGNATURE: HeaderName = HeaderName::from_static("x-zenwallet-signature");
const USER_AGENT: &str = concat!("ZenWallet/", env!("CARGO_PKG_VERSION"));

/// A request that is ready to go, and how the log shows it.
struct Dressed {
    headers: HeaderMap,
    shown_headers: String,
    body: Bytes,
    body_sha256: String,
}

/// An exchange as the log shows it.
struct Exchange {
    started_at: Timestamp,
    ended_at: Timestamp,
    took_ms: u32,
    request_headers: String,
    request_body_sha256: String,
    /// The answer, or why there is none.
    outcome: Result<Answer, String>,
}

/// Sends a delivery once; what came of it, not yet written down. `None` when the database could not tell how to sign:
/// nothing was sent, and the lease is left to end.
pub(super) async fn send(gateway: &Gateway, sender: &Sender, leased: &LeasedDelivery) -> Option<AttemptRecord> {
    let started_at = gateway.now();
    let exchange = match dress(gateway, leased, started_at).await {
        Ok(dressed) => {
            let Dressed { headers, shown_headers, body, body_sha256 } = dressed;
            let url = leased.url.to_string();
            let outgoing = Outgoing { url, environment: leased.environment, headers, body };
            let sent = send_or_hand_over(gateway, sender, leased, outgoing).await?;
            Exchange {
                started_at,
                ended_at: gateway.now(),
                took_ms: sent.took_ms,
                request_headers: shown_headers,
                request_body_sha256: body_sha256,
                outcome: sent.outcome.map_err(|error| format!("{}: {}", error.kind.as_str(), error.message)),
            }
        }
        Err(DressingError::Store(error)) => {
            tracing::warn!(delivery_id = %leased.id, %error, "a webhook could not be signed now; it is tried again");
            return None;
        }
        Err(error) => {
            tracing::error!(delivery_id = %leased.id, %error, "a webhook could not be signed");
            let reason = "signing_failed: the app's webhook secret cannot be opened; the gateway's log says why";
            Exchange {
                started_at,
                ended_at: started_at,
                took_ms: 0,
                request_headers: "{}".to_owned(),
                request_body_sha256: String::new(),
                outcome: Err(reason.to_owned()),
            }
        }
    };
    Some(record(gateway, leased, exchange))
}

/// Sends a request; what goes to the app's own inbox goes there without a network, which the gateway could not be
/// called over. `None` when the database did not take it: nothing was sent.
async fn send_or_hand_over(
    gateway: &Gateway,
    sender: &Sender,
    leased: &LeasedDelivery,
    outgoing: Outgoing,
) -> Option<Sent> {
    let begun = Instant::now();
    let Some(inbox_id) = gateway.inbox_named(&outgoing.url) else { return Some(sender.send(outgoing).await) };
    let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes(), value.is_sensitive()));
    let post = Post::new(headers, &outgoing.body);
    match gateway.hand_over(leased.app_id, inbox_id, post).await {
        Ok(true) => {
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            let answer = Answer { status: 200, headers, body: INBOX_ANSWER.to_owned(), retry_after_ms: None };
            Some(Sent { outcome: Ok(answer), took_ms: u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX) })
        }
        // It is none of the app's, or no longer: what is out there has to do with it, if the policy lets it.
        Ok(false) => Some(sender.send(outgoing).await),
        Err(error) => {
            tracing::warn!(delivery_id = %leased.id, %error, "an inbox took no webhook now; it is tried again");
            None
        }
    }
}

/// Asks the core what follows.
fn record(gateway: &Gateway, leased: &LeasedDelivery, exchange: Exchange) -> AttemptRecord {
    let Exchange { started_at, ended_at, took_ms, request_headers, request_body_sha256, outcome } = exchange;
    let number = leased.attempts + 1;
    let result = match &outcome {
        Ok(answer) => AttemptResult::Answered { status: answer.status, retry_after_ms: answer.retry_after_ms },
        Err(_) => AttemptResult::NoAnswer,
    };
    // A test tells at once what comes of it.
    let once = RetrySchedule::new(Vec::new());
    let schedule = if leased.cause == Cause::Test { &once } else { gateway.retry_schedule() };
    let next = delivery::after_attempt(schedule, number, result, ended_at);
    metrics::count_attempt(next, took_ms);
    let (response_status, response_headers, response_body, error) = match outcome {
        Ok(Answer { status, headers, body, .. }) => (Some(status), Some(headers_as_json(headers)), Some(body), None),
        Err(error) => (None, None, None, Some(error)),
    };
    AttemptRecord {
        app_id: leased.app_id,
        delivery_id: leased.id,
        endpoint_id: leased.endpoint_id,
        cause: leased.cause,
        token: leased.token,
        attempt: Attempt {
            number,
            started_at,
            duration_ms: took_ms,
            request_headers,
            request_body_sha256,
            response_status,
            response_headers,
            response_body,
            error,
        },
        next,
        ended_at,
    }
}

/// Signs the event for this attempt and puts its headers on.
async fn dress(gateway: &Gateway, leased: &LeasedDelivery, at: Timestamp) -> Result<Dressed, DressingError> {
    let keys = gateway.signing_keys(leased.app_id).await?;
    let newest = keys.first().ok_or_else(|| DressingError::Unreadable("the app has no webhook secret".to_owned()))?;
    let body = signature::signed_body(newest, &leased.content);
    let signed = signature::sign_attempt(&keys, leased.event_id, at, &body);
    let own = match &leased.headers_sealed {
        Some(sealed) => gateway.open_headers(leased.app_id, sealed)?,
        None => Vec::new(),
    };
    let body_sha256 = signature::hex(&Sha256::digest(body.as_bytes()));
    let (headers, shown_headers) = headers(&signed, &own);
    Ok(Dressed { headers, shown_headers, body: Bytes::from(body), body_sha256 })
}

/// The headers that are sent, and the same as JSON with the values of the endpoint's own hidden.
fn headers(signed: &SignatureHeaders, own: &[(String, String)]) -> (HeaderMap, String) {
    let ours = [
        (header::CONTENT_TYPE, "application/json"),
        (header::USER_AGENT, USER_AGENT),
        (WEBHOOK_ID, &signed.id),
        (WEBHOOK_TIMESTAMP, &signed.timestamp),
        (WEBHOOK_SIGNATURE, &signed.standard),
        (OWN_SIGNATURE, &signed.own),
    ];
    let mut headers = HeaderMap::with_capacity(ours.len() + own.len());
    let mut shown = Vec::with_capacity(ours.len() + own.len());
    for (name, value) in ours {
        shown.push((name.as_str().to_owned(), value.to_owned()));
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    for (name, value) in own {
        if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            value.set_sensitive(true);
            shown.push((name.as_str().to_owned(), "(hidden)".to_owned()));
            headers.insert(name, value);
        }
    }
    (headers, headers_as_json(shown))
}

/// A JSON object; a name that comes twice keeps both values, as HTTP would join them.
fn headers_as_json(headers: Vec<(String, String)>) -> String {
    let mut joined: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                let _ = write!(values, ", {value}");
            }
            None => joined.push((name, value)),
        }
    }
    let mut out = String::from("{");
    for (name, value) in &joined {
        if out.len() > 1 {
            out.push(',');
        }
        json::push_string(&mut out, name);
        out.push(':');
        json::push_string(&mut out, value);
    }
    out.push('}');
    out
}

/// Writes the result down, as often as it takes while the lease lasts. What cannot be written is sent again by whoever
/// claims the delivery then.
pub(super) async fn write_down(gateway: &Gateway, leased: &LeasedDelivery, record: AttemptRecord) {
    let record = Arc::new(record);
    loop {
        match gateway.record_attempt(Arc::clone(&record)).await {
            Ok(true) => break,
            Ok(false) => {
                tracing::info!(delivery_id = %leased.id, "a result came after its lease had ended; it changes nothing");
                return;
            }
            Err(StoreError::Unavailable(_) | StoreError::Overloaded) if gateway.now() < leased.leased_until => {
                tokio::time::sleep(RECORD_AGAIN).await;
            }
            Err(error) => {
                tracing::error!(delivery_id = %leased.id, %error, "the result of an attempt could not be kept");
                return;
            }
        }
    }
    if let Err(error) = disable_if_over(gateway, leased, record.next).await {
        tracing::warn!(delivery_id = %leased.id, %error, "an endpoint could not be disabled");
    }
}

/// A success that nobody has had: what [`Bug::DeliveredBeforeSend`](zenwallet_store::Bug) writes down.
pub(super) fn pretend(gateway: &Gateway, leased: &LeasedDelivery) -> AttemptRecord {
    let now = gateway.now();
    let answer = Answer { status: 200, headers: Vec::new(), body: String::new(), retry_after_ms: None };
    let (request_headers, request_body_sha256) = ("{}".to_owned(), String::new());
    let (started_at, ended_at, took_ms) = (now, now, 0);
    let outcome = Ok(answer);
    record(gateway, leased, Exchange { started_at, ended_at, took_ms, request_headers, request_body_sha256, outcome })
}

/// Lets a delivery be due at this moment, unless the process ends before: what
/// [`Bug::RetryInMemory`](zenwallet_store::Bug) relies on.
pub(super) async fn hurry_at(gateway: Arc<Gateway>, leased: LeasedDelivery, at: Timestamp) {
    let wait_ms = at.as_ms().saturating_sub(gateway.now().as_ms());
    tokio::time::sleep(Duration::from_millis(u64::try_from(wait_ms).unwrap_or_default())).await;
    if gateway.store.hurry_delivery(leased.app_id, leased.id, gateway.now()).await.is_ok() {
        gateway.webhooks.nudge.notify_one();
    }
}

/// A receiver that is gone, or has failed for too long, is not called again.
async fn disable_if_over(gateway: &Gateway, leased: &LeasedDelivery, next: Next) -> Result<(), StoreError> {
    let Some(endpoint_id) = leased.endpoint_id else { return Ok(()) };
    match next {
        Next::Gone => gateway.disable_gone_endpoint(leased.app_id, endpoint_id, leased.payment_id).await,
        Next::Failed if leased.cause != Cause::Test => {
            gateway.disable_failing_endpoint(leased.app_id, endpoint_id, leased.payment_id).await
        }
        _ => Ok(()),
    }
}
