//! Every answer that is not a success.

use crate::gateway::{CreateError, Farewell, FollowError, KeyRefusal, LogError, PeopleError, WebhookError};
use crate::wire::error::{self as wire, ErrorBody, ErrorDetail, ErrorObject};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::value::RawValue;
use zenwallet_core::id::RequestId;
use zenwallet_core::{Code, Rejection};
use zenwallet_store::StoreError;

/// An error with its stable code. The edge renders it, because only the edge knows the request's id.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    code: Code,
    message: String,
    rejections: Vec<Rejection>,
    payment: Option<String>,
    retry_after_s: Option<u64>,
}

impl ApiError {
    /// The error of this code, in the code's own words.
    pub(crate) fn new(code: Code) -> Self {
        Self::with_message(code, code.meaning())
    }

    pub(crate) fn with_message(code: Code, message: impl Into<String>) -> Self {
        let retry_after_s = matches!(code, Code::ServiceUnavailable | Code::Overloaded | Code::IdempotencyKeyInUse);
        Self {
            code,
            message: message.into(),
            rejections: Vec::new(),
            payment: None,
            retry_after_s: retry_after_s.then_some(1),
        }
    }

    /// The error that carries the payment whose state is the reason.
    pub(crate) fn with_payment(mut self, payment_json: String) -> Self {
        self.payment = Some(payment_json);
        self
    }

    pub(crate) fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The error for one who has no answer to read it in: its code and what it means.
    pub(crate) fn line(&self) -> String {
        format!("{}: {}", self.code.as_str(), self.message)
    }

    /// The same as an object.
    pub(crate) fn brief(&self) -> wire::BriefError<'_> {
        wire::BriefError { code: self.code.as_str(), message: &self.message }
    }

    pub(crate) fn status(&self) -> u16 {
        wire::class(self.code).0
    }

    pub(crate) const fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_s
    }

    /// The JSON of the error, for this request.
    pub(crate) fn body(&self, request_id: RequestId) -> String {
        let payment = self.payment.as_ref().and_then(|json| RawValue::from_string(json.clone()).ok());
        let first = self.rejections.iter().find(|rejection| !rejection.param.is_empty());
        let body = ErrorBody {
            error: ErrorObject {
                kind: wire::class(self.code).1,
                code: self.code.as_str(),
                message: &self.message,
                param: first.map(|rejection| rejection.param.as_ref()),
                errors: self.rejections.iter().map(ErrorDetail::of).collect(),
                payment: payment.as_deref(),
                doc_url: format!("/docs/errors#{}", self.code.as_str()),
                request_id: &request_id.to_string(),
            },
        };
        // A struct of strings always serialises.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

/// Every refusal of a request, the first one leading.
impl From<Vec<Rejection>> for ApiError {
    fn from(rejections: Vec<Rejection>) -> Self {
        let Some(first) = rejections.first() else { return Self::new(Code::InternalError) };
        Self { rejections: rejections.clone(), ..Self::with_message(first.code, first.message.clone()) }
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        vec![rejection].into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::new(Code::Overloaded),
            StoreError::Unavailable(reason) => {
                tracing::warn!(reason, "answered 503");
                Self::new(Code::ServiceUnavailable)
            }
            error => {
                tracing::error!(%error, "answered 500");
                Self::new(Code::InternalError)
            }
        }
    }
}

impl From<KeyRefusal> for ApiError {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::Refused(code) => Self::new(code),
            KeyRefusal::Store(error) => error.into(),
        }
    }
}

impl From<PeopleError> for ApiError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Rejected(rejection) => rejection.into(),
            PeopleError::Refused(code) => Self::new(code),
            PeopleError::Throttled(seconds) => Self::new(Code::LoginThrottled).with_retry_after(seconds),
            PeopleError::Store(error) => error.into(),
        }
    }
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Rejected(rejection) => rejection.into(),
            WebhookError::Refused(code) => Self::new(code),
            WebhookError::Store(error) => error.into(),
        }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Forgotten { first } => {
                let message = format!("the log begins at seq {first}; go on with after_seq={}", first - 1);
                Rejection::new(Code::EventsForgotten, "after_seq", message).into()
            }
            LogError::Ahead { last } => {
                let message = format!("after_seq is beyond the log, which ends at seq {last}");
                Rejection::new(Code::AfterSeqAhead, "after_seq", message).into()
            }
            LogError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::MonthlyLimitReached { wait_s } => {
                Self::new(Code::MonthlyLimitReached).with_retry_after(wait_s)
            }
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<FollowError> for ApiError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Refused(code) => Self::new(code).with_retry_after(1),
            FollowError::Log(error) => error.into(),
        }
    }
}

impl From<Farewell> for ApiError {
    fn from(farewell: Farewell) -> Self {
        match farewell {
            Farewell::Shutdown => Self::new(Code::ShuttingDown),
            Farewell::Refused(code) => Self::new(code),
            Farewell::Log(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts the body of an error that a handler left behind into its answer.
pub(crate) fn render(response: &mut Response, request_id: RequestId) {
    let Some(error) = response.extensions_mut().remove::<ApiError>() else { return };
    *response.body_mut() = Body::from(error.body(request_id));
    let headers = response.headers_mut();
    // The router has measured the empty body that stood here.
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = error.retry_after_s() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.status() == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"zenwallet\""));
    }
}
