//! Doors for the targets of the fuzzer, which lie outside of this crate: what is read before anybody is trusted, by the
//! functions that read it, and nothing besides. No part of the API.

use crate::edge::{Cookie, idempotency_key};
use crate::egress::{Egress, Receivers};
use crate::gateway::{self, InstanceKey};
use crate::http;
use crate::wire::payment::CreatePayment;
use crate::wire::scope::Scope;
use crate::wire::socket::{AppAuth, PayerAuth, UserAuth};
use crate::wire::{body, cursor, list};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;
use std::sync::Arc;
use zenwallet_core::Rejection;
use zenwallet_core::app::{App, Environment, KeyHash};
use zenwallet_core::id::{AppId, IdSource, PaymentId, PaymentKind, SessionId, UserId};
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::Payment;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::User;
use zenwallet_store::PaymentFilter;

/// A request for payment that was accepted.
#[derive(Clone, PartialEq, Debug)]
pub struct Created {
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
    /// The app's own name for it, what the payer reads, and where its webhooks and its payer go.
    pub texts: [Option<String>; 4],
    /// The app's own data.
    pub metadata: Metadata,
    /// Seconds until it can no longer be paid.
    pub expires_in_s: i64,
}

/// Reads the body of a create.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_create(bytes: &[u8], environment: Environment) -> Result<Created, Vec<Rejection>> {
    let egress = Egress::default();
    let receivers = Receivers { egress: &egress, public_url: "https://pay.example", inbox: None };
    let read = CreatePayment::parse(bytes, environment, receivers)?;
    let texts = [read.reference_id, read.description, read.webhook_url, read.return_url];
    let CreatePayment { amount, currency, metadata, expires_in_s, .. } = read;
    Ok(Created { amount, currency, texts, metadata, expires_in_s })
}

/// What an idempotency key is compared by: the method, the path and the meaning of the body.
pub fn fingerprint(method: &str, path: &str, bytes: &[u8]) -> [u8; 32] {
    body::fingerprint(method, path, bytes)
}

/// The idempotency key among a request's headers of that name; `None` when it is refused.
pub fn read_idempotency_key(values: &[&[u8]]) -> Option<Option<String>> {
    idempotency_key(&headers(&HeaderName::from_static("idempotency-key"), values)?).ok()
}

/// The value of one of the gateway's cookies among a request's headers of that name.
pub fn read_cookie(values: &[&[u8]], is_refresh: bool, is_https: bool) -> Option<String> {
    let cookie = if is_refresh { Cookie::Refresh } else { Cookie::Access };
    cookie.read(&headers(&header::COOKIE, values)?, is_https).map(str::to_owned)
}

/// Headers of one name; `None` when HTTP would not bring one of the values.
fn headers(name: &HeaderName, values: &[&[u8]]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(headers)
}

/// What a list was asked for.
#[derive(Debug)]
pub struct Listed {
    /// The one app's filter.
    pub filter: PaymentFilter,
    /// What its cursor stands behind.
    pub below: Option<PaymentId>,
    /// How many a page.
    pub limit: u32,
    /// Whether the whole is counted.
    pub wants_count: bool,
    /// The cursor of the page after [`LAST`].
    pub next: String,
}

/// The payment that every page of [`read_list`] ends with.
pub const LAST: PaymentId = PaymentId::from_bytes([7; 16]);

/// Reads the query of a list of payments, asked for with an app's key.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_list(query: &str, app: AppId, now: Timestamp) -> Result<Option<Listed>, Vec<Rejection>> {
    let app = App {
        id: app,
        name: String::new(),
        environment: Environment::Test,
        webhook_secret_sealed: Vec::new(),
        owner_user_id: None,
        rate_limit_per_s: None,
        created_at: now,
        is_active: true,
        monthly_payments_max: None,
        deleted_at: None,
    };
    let mut read = list::ListRequest::parse(Some(query), &Scope::of_key(Arc::new(app)), now)?;
    let filter = read.filters.pop();
    Ok(filter.map(|filter| Listed {
        filter,
        below: read.paging.below,
        limit: read.paging.limit,
        wants_count: read.wants_count,
        next: read.paging.cursor_after(LAST),
    }))
}

/// The cursor of the page after a payment, in the list of this name.
pub fn write_cursor(last: PaymentId, list: &str) -> String {
    cursor::encode(last, list)
}

/// What a cursor stands behind; `None` when the list of this name did not give it.
pub fn read_cursor(text: &str, list: &str) -> Option<PaymentId> {
    cursor::decode::<PaymentKind>(text, list).ok()
}

/// What a socket says of itself: its credential, and each place that it names.
#[derive(PartialEq, Eq, Debug)]
pub struct SocketAuth {
    /// An API key, a payment's id or an access token.
    pub credential: Option<String>,
    /// Apps of users, and places in logs.
    pub places: Vec<(Option<AppId>, Option<i64>)>,
}

/// Reads the `auth` of a socket that asks for a namespace; `None` for one that there is not.
///
/// # Errors
/// What is wrong with it.
pub fn read_socket_auth(namespace: &str, auth: Option<Value>) -> Option<Result<SocketAuth, Rejection>> {
    let of = |credential, places| SocketAuth { credential, places };
    match namespace {
        "/" => Some(AppAuth::parse(auth).map(|app| of(Some(app.api_key), vec![(None, app.after_seq)]))),
        "/pay" => Some(PayerAuth::parse(auth).map(|payer| of(Some(payer.payment_id), Vec::new()))),
        "/dashboard" => Some(UserAuth::parse(auth).map(|user| {
            let places = user.apps.into_iter().map(|(app, after)| (Some(app), after)).collect();
            of(user.access_token, places)
        })),
        _ => None,
    }
}

/// The key that signs the access tokens of one day since 1970.
pub fn token_key(key: &InstanceKey, day: i64) -> Vec<u8> {
    key.token_key(day).to_vec()
}

/// An access token of a session.
pub fn write_token(key: &InstanceKey, issuer: &str, session: SessionId, user: UserId, now: Timestamp) -> String {
    gateway::AccessTokens::new(issuer).sign(key, session, user, now)
}

/// What an access token says, if it is good now: the session, the user, and when it was made.
pub fn read_token(
    key: &InstanceKey,
    issuer: &str,
    token: &str,
    now: Timestamp,
) -> Option<(SessionId, UserId, Timestamp)> {
    let access = gateway::AccessTokens::new(issuer).read(key, token, now)?;
    Some((access.session_id, access.user_id, access.issued_at))
}

/// The half minute that a code of an authenticator belongs to; `None` when it is wrong, or the secret is none.
pub fn check_totp(secret: &[u8], user: &User, code: &str, now_s: u64) -> Option<u64> {
    gateway::authenticator(secret, user).ok()?.check(code, now_s)
}

/// What an authenticator is set up with.
pub fn totp_url(secret: &[u8], user: &User) -> Option<String> {
    gateway::authenticator(secret, user).ok()?.to_url().ok()
}

/// What the database keeps of a recovery code.
pub fn hash_recovery_code(code: &str) -> KeyHash {
    gateway::hash_of(code)
}

/// Seals a user's secret.
pub fn seal(key: &InstanceKey, ids: &IdSource, owner: UserId, secret: &[u8]) -> Vec<u8> {
    key.seal(ids, owner, secret)
}

/// Opens what was sealed for this user; `None` for anything else.
pub fn open(key: &InstanceKey, owner: UserId, sealed: &[u8]) -> Option<Vec<u8>> {
    key.open(owner, sealed).ok()
}

/// The beginning of an export: its header and these payments, each with its page.
pub fn write_csv(payments: Vec<(String, Payment)>) -> Option<Vec<u8>> {
    http::csv(payments.into_iter(), true, true).ok()
}
