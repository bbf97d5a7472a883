//! One request to the app in this process.

use super::{Answer, Tenant};
use axum::body::Body;
use axum::http::{Method, Request, header, request};
use bytes::Bytes;
use serde_json::Value;
use std::net::IpAddr;
use zenwallet_server::{App, Peer};

/// A request being put together.
#[must_use]
pub(crate) struct Call {
    app: App,
    request: request::Builder,
    body: Body,
    peer: Option<IpAddr>,
}

impl Call {
    pub(crate) fn new(app: &App, method: Method, path: &str) -> Self {
        Self { app: app.clone(), request: Request::builder().method(method).uri(path), body: Body::empty(), peer: None }
    }

    /// Authenticates as this tenant.
    pub(crate) fn key(self, tenant: &Tenant) -> Self {
        self.bearer(&tenant.key)
    }

    pub(crate) fn bearer(self, key: &str) -> Self {
        self.header("authorization", format!("Bearer {key}"))
    }

    pub(crate) fn idempotency(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.request = self.request.header(name, value.as_ref());
        self
    }

    /// As if a proxy that is trusted told of this client.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.peer = Some("10.0.0.1".parse().unwrap());
        self.header("x-forwarded-for", address)
    }

    /// As if it came straight from this address.
    pub(crate) fn peer(mut self, address: &str) -> Self {
        self.peer = Some(address.parse().unwrap());
        self
    }

    /// Sends a JSON value.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(body.to_string())
    }

    /// Sends these bytes as JSON, valid or not.
    pub(crate) fn text(self, body: impl Into<Bytes>) -> Self {
        self.header(header::CONTENT_TYPE.as_str(), "application/json").raw(body)
    }

    /// Sends these bytes as a form.
    pub(crate) fn form(self, body: impl Into<Bytes>) -> Self {
        self.header(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded").raw(body)
    }

    /// Sends these bytes as nothing in particular.
    pub(crate) fn raw(self, body: impl Into<Bytes>) -> Self {
        self.body(Body::from(body.into()))
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// The answer, after a look at what every answer must have.
    pub(crate) async fn send(self) -> Answer {
        let mut request = self.request.body(self.body).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(Peer(peer));
        }
        let method = request.method().clone();
        let answer = Answer::read(self.app.handle(request).await).await;
        answer.check(&method);
        answer
    }
}
