//! Posting what was listened to, to a receiver near by.

use super::failure::Failure;
use reqwest::{Client, Url};
use std::time::{Duration, Instant};
use zenwallet_sdk::Listened;

/// What a receiver may take for its answer: more than the gateway gives, for a debugger to stop in between.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Wait before the next try to reach a receiver that is not there, doubled up to the last.
const WAIT_FIRST: Duration = Duration::from_millis(100);
const WAIT_LAST: Duration = Duration::from_secs(2);
/// A signature older than this is had anew: receivers refuse those of more than 300 s.
const SIGNATURE_MAX: Duration = Duration::from_secs(120);

/// What became of a webhook.
pub(super) enum Forwarded {
    /// The receiver answered.
    Answered { status: u16, took: Duration },
    /// It took the webhook and gave no answer in time, or broke the connection off.
    NoAnswer(String),
    /// It could not be reached for so long that the signature has become too old.
    Outdated,
}

pub(super) struct Forwarder {
    http: Client,
    to: Url,
}

impl Forwarder {
    pub(super) fn new(to: &str) -> Result<Self, Failure> {
        // `:3000/webhook` and `localhost:3000/webhook` are meant often enough.
        let whole = match to {
            _ if to.contains("://") => to.to_owned(),
            _ if to.starts_with([':', '/']) => format!("http://127.0.0.1{to}"),
            _ => format!("http://{to}"),
        };
        let to = Url::parse(&whole).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let unusable = || Failure::Usage(format!("--forward-to {whole}: write it as http://localhost:3000/webhook"));
        let to = to.ok_or_else(unusable)?;
        let http = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // A receiver near by is not behind a proxy.
            .no_proxy()
            .user_agent(concat!("ZenWallet/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::Local(format!("the HTTP client does not start: {error}")))?;
        Ok(Self { http, to })
    }

    pub(super) fn to(&self) -> &Url {
        &self.to
    }

    /// Posts the webhook as it is; waits for a receiver that is not there, such as one that is being built again.
    pub(super) async fn forward(&self, webhook: &Listened, mut waiting: impl FnMut()) -> Forwarded {
        let (began, mut wait) = (Instant::now(), WAIT_FIRST);
        while began.elapsed() < SIGNATURE_MAX {
            let posted = Instant::now();
            let mut request = self.http.post(self.to.clone()).header("content-type", "application/json");
            for (name, value) in &webhook.headers {
                request = request.header(name, value);
            }
            match request.body(webhook.body.clone()).send().await {
                Ok(answer) => {
                    return Forwarded::Answered { status: answer.status().as_u16(), took: posted.elapsed() };
                }
                Err(error) if error.is_connect() => {
                    if wait == WAIT_FIRST {
                        waiting();
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(WAIT_LAST);
                }
                Err(error) if error.is_timeout() => {
                    return Forwarded::NoAnswer(format!("no answer within {} s", TIMEOUT.as_secs()));
                }
                Err(_) => return Forwarded::NoAnswer("it broke the connection off".to_owned()),
            }
        }
        Forwarded::Outdated
    }
}
