//! An answer, and what every answer must have.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::Value;
use std::collections::BTreeSet;
use zenwallet_core::Code;
use zenwallet_core::id::RequestId;

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn read(response: Response<Body>) -> Self {
        let (parts, mut body) = response.into_parts();
        // A stream has no end: its beginning is its answer.
        let is_stream = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = match is_stream {
            true => body.frame().await.unwrap().unwrap().into_data().unwrap(),
            false => body.collect().await.unwrap().to_bytes(),
        };
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Fails unless this is an error with this status and code.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text());
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The error object; null when there is none.
    pub(crate) fn error(&self) -> Value {
        serde_json::from_slice::<Value>(&self.body).map_or(Value::Null, |mut body| body["error"].take())
    }

    /// The error's code; empty when there is none.
    pub(crate) fn code(&self) -> String {
        self.error()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The header's text; empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn is_replayed(&self) -> bool {
        self.header("idempotent-replayed") == "true"
    }

    /// The error's body without the one member that differs from request to request.
    pub(crate) fn without_request_id(&self) -> Value {
        let mut body = self.json();
        body["error"].as_object_mut().unwrap().remove("request_id").unwrap();
        body
    }

    /// What holds for every answer of the gateway, whatever was asked.
    pub(crate) fn check(&self, method: &Method) {
        let request_id = self.header("request-id");
        assert!(RequestId::parse(request_id).is_some(), "Request-Id {request_id:?}");
        assert_eq!(self.headers.get_all("request-id").iter().count(), 1);
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        assert_eq!(self.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
        self.check_policy();
        assert!(!self.header("cache-control").is_empty());
        let is_page = self.header("content-type").starts_with("text/html");
        if self.status >= 400 && !is_page && method != Method::HEAD {
            self.check_error(request_id);
        }
    }

    /// No page of ours is framed, has another base, or runs what stands in it.
    fn check_policy(&self) {
        let policy = self.header("content-security-policy");
        let rules: Vec<_> = policy.split(';').map(str::trim).collect();
        for rule in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(rules.contains(&rule), "{rule}: {policy}");
        }
        let of_scripts = rules.iter().filter(|rule| rule.starts_with("script-src"));
        assert!(of_scripts.clone().all(|rule| !rule.contains("unsafe") && !rule.contains('*')), "{policy}");
    }

    fn check_error(&self, request_id: &str) {
        assert_eq!(self.header("content-type"), "application/json", "{} {}", self.status, self.text());
        assert_eq!(self.header("cache-control"), "no-store");
        let body = self.json();
        assert_eq!(keys_of(&body), BTreeSet::from(["error"]), "{body}");
        let error = &body["error"];
        let code = error["code"].as_str().unwrap();
        assert!(Code::ALL.iter().any(|known| known.as_str() == code), "{code} is not documented");
        assert_eq!(error["type"], kind_of(self.status, code), "{error}");
        assert_eq!(error["doc_url"], format!("/docs/errors#{code}"));
        assert!(error["message"].as_str().unwrap().len() > 9, "{error}");
        if !self.is_replayed() {
            assert_eq!(error["request_id"], request_id);
        }
        let known =
            ["type", "code", "message", "param", "errors", "payment", "doc_url", "request_id"].into_iter().collect();
        assert!(keys_of(error).is_subset(&known), "{error}");
        let has_payment = matches!(code, "payment_already_final" | "payment_expired");
        assert_eq!(error.get("payment").is_some(), has_payment, "{error}");
        check_details(error);
        if matches!(self.status, 429 | 503) || code == "idempotency_key_in_use" {
            assert!(self.header("retry-after").parse::<u32>().unwrap() >= 1);
        }
        if self.status == 401 {
            assert_eq!(self.header("www-authenticate"), "Bearer realm=\"zenwallet\"");
        }
        if self.status == 405 {
            assert!(!self.header("allow").is_empty());
        }
    }
}

/// `errors[]` leads with what the error itself says.
fn check_details(error: &Value) {
    let Some(details) = error.get("errors") else { return assert!(error.get("param").is_none(), "{error}") };
    let details = details.as_array().unwrap();
    assert_eq!(details[0]["code"], error["code"]);
    assert_eq!(details[0]["message"], error["message"]);
    for detail in details {
        assert_eq!(keys_of(detail), BTreeSet::from(["param", "code", "message"]));
    }
}

fn keys_of(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The class of errors that a status belongs to, as api.md has it.
fn kind_of(status: u16, code: &str) -> &'static str {
    match status {
        400 | 404 | 405 | 408 | 413 | 415 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        409 if code == "idempotency_key_in_use" => "idempotency_error",
        409 => "conflict_error",
        422 => "idempotency_error",
        429 => "rate_limit_error",
        500.. => "api_error",
        _ => panic!("{status} {code}: no error has this status"),
    }
}

/// The `param:code` pairs of an error's `errors[]`.
pub(crate) fn codes_of(answer: &Answer) -> Vec<String> {
    let error = answer.error();
    let details = error["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    details.iter().map(|detail| format!("{}:{}", text(&detail["param"]), text(&detail["code"]))).collect()
}
