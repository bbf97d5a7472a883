//! What a client is made of.

use crate::answer::chain;
use crate::client::{Client, Inner};
use crate::retry::Retries;
use crate::{Error, Result, Secret};
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::sync::{Arc, RwLock};
use std::time::Duration;

const URL_DEFAULT: &str = "http://127.0.0.1:8080";
const WEBHOOK_TOLERANCE: Duration = Duration::from_secs(300);
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// What a stream may be silent for: the gateway says something every 15 s.
const SILENCE_MAX: Duration = Duration::from_secs(45);

/// Makes a [`Client`].
#[derive(Default, Debug)]
pub struct Builder {
    credential: Option<Secret>,
    app_id: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) webhook_secret: Option<Secret>,
    webhook_tolerance: Option<Duration>,
    timeout: Option<Duration>,
    silence_max: Option<Duration>,
    retries: Retries,
}

impl Builder {
    /// The app's key, `sk_test_…` or `sk_live_…`.
    pub fn api_key(mut self, key: impl Into<Secret>) -> Self {
        self.credential = Some(key.into());
        self
    }

    /// A user's access token instead of a key. What is about an app needs [`Builder::app_id`] too.
    pub fn access_token(self, token: impl Into<Secret>) -> Self {
        self.api_key(token)
    }

    /// The app that a user means.
    pub fn app_id(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// Where the gateway is; `http://127.0.0.1:8080` when not set. A path in it is kept.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// What webhooks are verified with, `whsec_…`.
    pub fn webhook_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.webhook_secret = Some(secret.into());
        self
    }

    /// How far a webhook's time may lie from this machine's, both ways; 300 s when not set.
    pub fn webhook_tolerance(mut self, tolerance: Duration) -> Self {
        self.webhook_tolerance = Some(tolerance);
        self
    }

    /// The deadline of one attempt, from connecting to the last byte of the body; 10 s when not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// After how long without a sign of life a stream connects again; 45 s when not set.
    pub fn stream_timeout(mut self, silence: Duration) -> Self {
        self.silence_max = Some(silence);
        self
    }

    /// How often a call is repeated after its first attempt; 3 when not set.
    pub fn retries(mut self, max: u32) -> Self {
        self.retries.max = max;
        self
    }

    /// The longest wait before the first repeat, doubled with each further one; 500 ms when not set.
    pub fn backoff(mut self, first: Duration) -> Self {
        self.retries.first = first;
        self
    }

    /// The client. Fails when the base URL or the key cannot be used.
    pub fn build(self) -> Result<Client> {
        let config = |why: String| Error::Config(why);
        let text = self.base_url.as_deref().unwrap_or(URL_DEFAULT);
        let base = Url::parse(text.trim_end_matches('/')).map_err(|why| config(format!("base URL {text}: {why}")))?;
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() || base.fragment().is_some() {
            return Err(config(format!("base URL {text}: it must begin with http:// or https://, without ? and #")));
        }
        let http = reqwest::Client::builder()
            // A redirect could carry the key elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("zenwallet-sdk-rust/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|why| config(format!("the HTTP client does not start: {}", chain(&why))))?;
        let authorization = self.credential.as_ref().map(bearer).transpose()?;
        Ok(Client(Arc::new(Inner {
            http,
            base,
            authorization: RwLock::new(authorization),
            app_id: self.app_id,
            webhook_secret: self.webhook_secret,
            webhook_tolerance: self.webhook_tolerance.unwrap_or(WEBHOOK_TOLERANCE),
            timeout: self.timeout.unwrap_or(TIMEOUT_DEFAULT),
            silence_max: self.silence_max.unwrap_or(SILENCE_MAX),
            retries: self.retries,
        })))
    }
}

pub(crate) fn bearer(credential: &Secret) -> Result<HeaderValue> {
    let value = HeaderValue::from_str(&format!("Bearer {}", credential.reveal()));
    let mut value = value.map_err(|_| Error::Config("the key has characters that no key has".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}
