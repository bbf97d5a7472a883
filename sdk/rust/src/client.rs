//! The client: one connection pool, one key, and the way each request goes.

use crate::answer::{chain, expect_type, read_success};
use crate::builder::{Builder, bearer};
use crate::retry::{Ended, Retries};
use crate::{Account, Apps, Deliveries, Error, Events, Payments, Result, Secret, Sessions, Webhooks};
use reqwest::header::{self, HeaderName, HeaderValue};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A client of one gateway. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    /// What `Authorization` says; a user's changes as it is renewed.
    pub(crate) authorization: RwLock<Option<HeaderValue>>,
    pub(crate) app_id: Option<String>,
    pub(crate) webhook_secret: Option<Secret>,
    pub(crate) webhook_tolerance: Duration,
    pub(crate) timeout: Duration,
    pub(crate) silence_max: Duration,
    pub(crate) retries: Retries,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.0.base.as_str()).finish_non_exhaustive()
    }
}

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) idempotency_key: Option<String>,
    /// Whether it is about the app: a user says which.
    pub(crate) is_of_app: bool,
    /// Whether it may be made again when nobody knows what became of it.
    pub(crate) is_repeatable: bool,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            body: None,
            idempotency_key: None,
            is_of_app: true,
            is_repeatable: true,
        }
    }

    /// A POST without a body.
    pub(crate) fn act(path: impl Into<String>) -> Self {
        Self { method: Method::POST, is_repeatable: false, ..Self::get(path) }
    }

    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        // Requests are made of strings and numbers, which always serialise.
        Self { body: serde_json::to_vec(body).ok(), ..Self::act(path) }
    }

    pub(crate) fn with_query(mut self, query: Vec<(&'static str, String)>) -> Self {
        self.query = query;
        self
    }

    /// The gateway keeps the idempotency key of this POST: this one, or a new one.
    pub(crate) fn with_key(mut self, key: Option<String>) -> Self {
        self.idempotency_key = Some(key.unwrap_or_else(|| format!("{:032x}", rand::random::<u128>())));
        self.is_repeatable = true;
        self
    }

    /// Not about an app, or about one that the path names.
    pub(crate) fn of_user(mut self) -> Self {
        self.is_of_app = false;
        self
    }

    /// How a failed attempt ended; `None`: another must not be made, or would end the same way.
    fn ended<'a>(&self, error: &'a Error) -> Option<Ended<'a>> {
        match error {
            // Refused before anything was done.
            Error::Api(error) if self.is_repeatable || error.status == 429 => {
                let (status, code) = (Some(error.status), error.code.as_deref());
                Some(Ended { status, code, retry_after: error.retry_after })
            }
            Error::Connection(_) | Error::Timeout(_) if self.is_repeatable => Some(Ended::default()),
            _ => None,
        }
    }
}

/// A path with ids in it: `path(&["api", "payments", id])`.
pub(crate) fn path(segments: &[&str]) -> Result<String> {
    let mut path = String::new();
    for segment in segments {
        if matches!(*segment, "" | "." | "..") {
            return Err(Error::Config(format!("\"{segment}\" is not an id")));
        }
        path.push('/');
        for byte in segment.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => path.push(char::from(byte)),
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    Ok(path)
}

impl Client {
    /// A client with this key, of the gateway on this machine.
    pub fn new(api_key: impl Into<Secret>) -> Result<Self> {
        Self::builder().api_key(api_key).build()
    }

    /// A client as the environment says: `ZENWALLET_API_KEY`, `ZENWALLET_URL`, `ZENWALLET_WEBHOOK_SECRET`.
    pub fn from_env() -> Result<Self> {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let missing = || Error::Config("ZENWALLET_API_KEY is not set".to_owned());
        let mut builder = Self::builder().api_key(text("ZENWALLET_API_KEY").ok_or_else(missing)?);
        builder.base_url = text("ZENWALLET_URL");
        builder.webhook_secret = text("ZENWALLET_WEBHOOK_SECRET").map(Secret::from);
        builder.build()
    }

    /// Everything that can be set.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Payments.
    pub fn payments(&self) -> Payments<'_> {
        Payments(self)
    }

    /// The app's log of events.
    pub fn events(&self) -> Events<'_> {
        Events(self)
    }

    /// Verifying webhooks, testing and replaying them, listening to them.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }

    /// What became of webhooks.
    pub fn deliveries(&self) -> Deliveries<'_> {
        Deliveries(self)
    }

    /// A user's apps and their keys.
    pub fn apps(&self) -> Apps<'_> {
        Apps(self)
    }

    /// Logging in and out.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    /// Whose token this is.
    pub async fn account(&self) -> Result<Account> {
        self.call(Call::get("/api/auth/me").of_user()).await
    }

    /// Goes on with another access token, also where calls are under way.
    pub fn set_access_token(&self, token: &Secret) -> Result<()> {
        let value = bearer(token)?;
        *self.0.authorization.write().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    }

    pub(crate) fn webhook_secret(&self) -> Option<&Secret> {
        self.0.webhook_secret.as_ref()
    }

    pub(crate) fn webhook_tolerance(&self) -> Duration {
        self.0.webhook_tolerance
    }

    pub(crate) fn silence_max(&self) -> Duration {
        self.0.silence_max
    }

    pub(crate) fn retries(&self) -> Retries {
        self.0.retries
    }

    /// Makes the call, again where that may help, and reads its answer.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&call).await {
                Ok(body) => {
                    let invalid = |why| Error::InvalidResponse(format!("the answer is not what it should be: {why}"));
                    return serde_json::from_slice(&body).map_err(invalid);
                }
                Err(error) => error,
            };
            let Some(wait) = call.ended(&error).and_then(|ended| self.0.retries.wait(attempt, ended, rand::random()))
            else {
                return Err(error);
            };
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// One attempt, from connecting to the last byte.
    async fn attempt(&self, call: &Call) -> Result<Vec<u8>> {
        let exchange = async { read_success(self.send(call).await?).await };
        let over = || Error::Timeout(format!("no whole answer from {} within {:?}", self.0.base, self.0.timeout));
        tokio::time::timeout(self.0.timeout, exchange).await.map_err(|_| over())?
    }

    /// The beginning of an endless answer; the deadline is that of an attempt.
    pub(crate) async fn open(&self, call: &Call, after: Option<i64>) -> Result<Response> {
        let opening = async {
            let mut request = self.request(call)?.header(header::ACCEPT, "text/event-stream");
            if let Some(after) = after {
                request = request.header("last-event-id", after);
            }
            let response = request.send().await.map_err(|error| self.unanswered(&error))?;
            if !response.status().is_success() {
                return match read_success(response).await {
                    Ok(_) => Err(Error::InvalidResponse("the stream has an unexpected status".to_owned())),
                    Err(error) => Err(error),
                };
            }
            expect_type(&response, "text/event-stream")?;
            Ok(response)
        };
        let over = || Error::Timeout(format!("no answer from {} within {:?}", self.0.base, self.0.timeout));
        tokio::time::timeout(self.0.timeout, opening).await.map_err(|_| over())?
    }

    async fn send(&self, call: &Call) -> Result<Response> {
        let mut request = self.request(call)?;
        if let Some(key) = &call.idempotency_key {
            let value = HeaderValue::from_str(key);
            let value = value.map_err(|_| Error::Config("an idempotency key is visible ASCII".to_owned()))?;
            request = request.header(IDEMPOTENCY_KEY, value);
        }
        if let Some(body) = &call.body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        request.send().await.map_err(|error| self.unanswered(&error))
    }

    fn request(&self, call: &Call) -> Result<reqwest::RequestBuilder> {
        let mut url = self.0.base.clone();
        let path = format!("{}{}", url.path().trim_end_matches('/'), call.path);
        url.set_path(&path);
        let is_said = call.query.iter().any(|(name, _)| matches!(*name, "app_id" | "environment"));
        let app_id = self.0.app_id.as_ref().filter(|_| call.is_of_app && !is_said);
        if !call.query.is_empty() || app_id.is_some() {
            let mut pairs = url.query_pairs_mut();
            pairs.extend_pairs(&call.query).extend_pairs(app_id.map(|id| ("app_id", id)));
        }
        let mut request = self.0.http.request(call.method.clone(), url);
        let authorization = self.0.authorization.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = authorization.as_ref() {
            request = request.header(header::AUTHORIZATION, value);
        }
        Ok(request)
    }

    fn unanswered(&self, error: &reqwest::Error) -> Error {
        Error::Connection(format!("no answer from {}: {}", self.0.base, chain(error)))
    }
}
