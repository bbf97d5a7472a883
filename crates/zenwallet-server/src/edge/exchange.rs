//! One request and its answer: what the edge and the handlers tell each other.

use crate::gateway::Visitor;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use zenwallet_core::id::RequestId;
use zenwallet_core::rate::{Policy, Verdict};

/// The edge's knowledge of a request, shared with its handler.
#[derive(Clone, Debug)]
pub(crate) struct Exchange(Arc<Inner>);

/// How a request came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestOrigin {
    /// The client's address; `None` in tests that have no connection.
    pub(crate) address: Option<IpAddr>,
    /// Whether browsers come over https.
    pub(crate) is_https: bool,
}

#[derive(Debug)]
struct Inner {
    request_id: RequestId,
    body_timeout: Duration,
    origin: RequestOrigin,
    verdict: OnceLock<(Policy, Verdict)>,
}

impl Exchange {
    pub(crate) fn new(request_id: RequestId, body_timeout: Duration, origin: RequestOrigin) -> Self {
        Self(Arc::new(Inner { request_id, body_timeout, origin, verdict: OnceLock::new() }))
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.0.origin.address
    }

    /// Where the request comes from, as the audit log keeps it.
    pub(crate) fn visitor(&self) -> Visitor {
        let (address, request_id) = (self.address(), Some(self.request_id()));
        Visitor { address, user_agent: String::new(), device: None, request_id }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.origin.is_https
    }

    pub(crate) fn request_id(&self) -> RequestId {
        self.0.request_id
    }

    /// A body must arrive whole within this time.
    pub(crate) fn body_timeout(&self) -> Duration {
        self.0.body_timeout
    }

    /// Notes what the caller's bucket said, for the answer's headers.
    pub(crate) fn note_verdict(&self, verdict: (Policy, Verdict)) {
        let _ = self.0.verdict.set(verdict);
    }

    pub(crate) fn verdict(&self) -> Option<&(Policy, Verdict)> {
        self.0.verdict.get()
    }
}

impl<S: Sync> FromRequestParts<S> for Exchange {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let known = parts.extensions.get::<Self>().cloned();
        // The edge puts one into every request.
        Ok(known.unwrap_or_else(|| Self::new(RequestId::from_bytes([0; 16]), Duration::ZERO, RequestOrigin::default())))
    }
}
