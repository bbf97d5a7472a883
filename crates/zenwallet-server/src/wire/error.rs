//! The one shape of every answer that is not a success.

use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::{Code, Rejection};

/// Every error.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody<'a> {
    /// The error.
    pub(crate) error: ErrorObject<'a>,
}

/// What went wrong, for machines and for people.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorObject<'a> {
    /// The class of the error: `invalid_request_error`, `authentication_error`, `permission_error`,
    /// `conflict_error`, `idempotency_error`, `rate_limit_error` or `api_error`.
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    /// The stable code; `/docs/errors` explains each.
    pub(crate) code: &'a str,
    /// What is wrong, in a sentence.
    pub(crate) message: &'a str,
    /// The first parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<&'a str>,
    /// Every parameter at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<ErrorDetail<'a>>,
    /// The payment as it is, where its state is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::payment::PaymentObject>)]
    pub(crate) payment: Option<&'a serde_json::value::RawValue>,
    /// Where the code is explained.
    pub(crate) doc_url: String,
    /// The request's id, also in the `Request-Id` header.
    pub(crate) request_id: &'a str,
}

/// One parameter at fault.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorDetail<'a> {
    /// The parameter.
    pub(crate) param: &'a str,
    /// The stable code.
    pub(crate) code: &'a str,
    /// What is wrong, in a sentence.
    pub(crate) message: &'a str,
}

impl<'a> ErrorDetail<'a> {
    pub(crate) fn of(rejection: &'a Rejection) -> Self {
        Self { param: &rejection.param, code: rejection.code.as_str(), message: &rejection.message }
    }
}

/// An error as a socket is told of it.
#[derive(Serialize)]
pub(crate) struct BriefError<'a> {
    /// The stable code.
    pub(crate) code: &'a str,
    /// What is wrong, in a sentence.
    pub(crate) message: &'a str,
}

/// The status and the class of every code.
pub(crate) const fn class(code: Code) -> (u16, &'static str) {
    const INVALID: &str = "invalid_request_error";
    match code {
        Code::RouteUnknown
        | Code::PaymentNotFound
        | Code::EndpointNotFound
        | Code::DeliveryNotFound
        | Code::EventNotFound
        | Code::AppNotFound
        | Code::UserNotFound
        | Code::SessionNotFound
        | Code::InvitationNotFound
        | Code::InboxNotFound
        | Code::KeyNotFound => (404, INVALID),
        Code::MethodNotAllowed => (405, INVALID),
        Code::RequestTimeout => (408, INVALID),
        Code::BodyTooLarge => (413, INVALID),
        Code::ContentTypeUnsupported => (415, INVALID),
        Code::ApiKeyMissing
        | Code::ApiKeyInvalid
        | Code::ApiKeyExpired
        | Code::ApiKeyRevoked
        | Code::SessionMissing
        | Code::SessionInvalid
        | Code::SessionEnded
        | Code::RefreshTokenInvalid
        | Code::RefreshTokenReused
        | Code::LoginFailed
        | Code::TotpRequired
        | Code::TotpInvalid => (401, "authentication_error"),
        Code::AppDisabled
        | Code::PageTokenInvalid
        | Code::OriginForbidden
        | Code::ConfirmationRequired
        | Code::TotpEnrolmentRequired
        | Code::SetupClosed
        | Code::AdminRequired
        | Code::NotForKeys
        | Code::CrossSiteRequest => (403, "permission_error"),
        Code::PaymentAlreadyFinal
        | Code::PaymentExpired
        | Code::DeliveryFinished
        | Code::EndpointLimit
        | Code::TotpNotStarted
        | Code::TotpAlreadyEnabled
        | Code::EmailTaken
        | Code::LastAdmin
        | Code::KeyLimit
        | Code::AppLimit
        | Code::AppHasPendingPayments
        | Code::EmailNotConfigured
        | Code::InboxTestOnly
        | Code::VersionConflict
        | Code::WebhookSecretLimit => (409, "conflict_error"),
        Code::IdempotencyKeyInUse => (409, "idempotency_error"),
        Code::IdempotencyKeyReused => (422, "idempotency_error"),
        Code::RateLimited | Code::LiveConnectionLimit | Code::LoginThrottled | Code::MonthlyLimitReached => {
            (429, "rate_limit_error")
        }
        Code::ServiceUnavailable | Code::Overloaded | Code::ShuttingDown => (503, "api_error"),
        Code::EmailFailed => (502, "api_error"),
        Code::InternalError => (500, "api_error"),
        _ => (400, INVALID),
    }
}
