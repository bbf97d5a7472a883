//! Why an input is refused: a stable code, the parameter and a sentence that says the way out.

use std::borrow::Cow;
use std::fmt;

/// Declares [`Code`] once: the name in Rust, the name on the wire, what it means.
macro_rules! codes {
    ($($variant:ident $text:literal $meaning:literal,)*) => {
        /// Every error code of the product. Append-only: a code never changes its meaning and never goes.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Code { $(#[doc = $meaning] $variant,)* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code as it stands in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// What the code means and what to do, for the documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    AmountMissing "amount_missing" "`amount` is required. Send a JSON number or a decimal string such as \"12.50\".",
    AmountInvalid "amount_invalid" "`amount` is neither a JSON number nor a plain decimal string. Exponents and signs are not accepted.",
    AmountNotPositive "amount_not_positive" "`amount` must be greater than zero.",
    AmountTooPrecise "amount_too_precise" "`amount` may have at most 2 decimals.",
    AmountTooLarge "amount_too_large" "`amount` may be at most 9999999999999.99.",
    CurrencyInvalid "currency_invalid" "`currency` is 2 to 10 capital letters and digits and starts with a letter, such as COINS.",
    ParameterMissing "parameter_missing" "A required parameter is absent or null.",
    ParameterUnknown "parameter_unknown" "The request has a parameter that this endpoint does not know. Nothing is dropped silently: remove it or mend its name.",
    ParameterDuplicated "parameter_duplicated" "The request names a parameter twice.",
    ParameterTypeInvalid "parameter_type_invalid" "A parameter has the wrong JSON type.",
    ParameterInvalid "parameter_invalid" "A parameter's value is not one that the endpoint accepts; the message says what it accepts.",
    ParameterTooLong "parameter_too_long" "A parameter is longer than its limit.",
    ParameterOutOfRange "parameter_out_of_range" "A number is outside its range.",
    StringInvalid "string_invalid" "A string holds a lone surrogate or the character U+0000, which cannot be kept.",
    MetadataInvalid "metadata_invalid" "`metadata` must be a flat object of strings, numbers and booleans.",
    MetadataTooManyKeys "metadata_too_many_keys" "`metadata` may have at most 50 keys.",
    MetadataKeyDuplicated "metadata_key_duplicated" "`metadata` names a key twice.",
    MetadataKeyInvalid "metadata_key_invalid" "A key of `metadata` is 1 to 40 characters.",
    MetadataValueInvalid "metadata_value_invalid" "A value of `metadata` is a string of at most 500 characters, a number or a boolean.",
    MetadataNumberInexact "metadata_number_inexact" "A number in `metadata` would change its value as an IEEE-754 double. Send it as a string.",
    MetadataTooLarge "metadata_too_large" "`metadata` may have at most 16 KB.",
    UrlInvalid "url_invalid" "A URL is not absolute http(s), carries credentials or a fragment, or is too long.",
    UrlNotHttps "url_not_https" "A production app's URL must use https.",
    JsonInvalid "json_invalid" "The request's body is not valid JSON; the message says where.",
    BodyNotObject "body_not_object" "The request's body must be a JSON object.",
    BodyTooLarge "body_too_large" "The request's body is over 64 KB.",
    ContentTypeUnsupported "content_type_unsupported" "Send the body as `Content-Type: application/json`.",
    RouteUnknown "route_unknown" "No endpoint has this path.",
    MethodNotAllowed "method_not_allowed" "The endpoint exists, but not with this method; `Allow` says which it has.",
    RequestTimeout "request_timeout" "The request did not arrive whole in time. Send it again.",
    CursorInvalid "cursor_invalid" "`cursor` is not one that this list gave, or belongs to other filters. Start again without it.",
    PaymentNotFound "payment_not_found" "No payment of this app has this id.",
    PaymentAlreadyFinal "payment_already_final" "The payment has already ended in another state; `payment` shows it.",
    PaymentExpired "payment_expired" "The payment's time is over. Create a new one.",
    IdempotencyKeyInvalid "idempotency_key_invalid" "`Idempotency-Key` is 1 to 255 visible ASCII characters.",
    IdempotencyKeyReused "idempotency_key_reused" "This `Idempotency-Key` was used with another request. Use a new key for a new request.",
    IdempotencyKeyInUse "idempotency_key_in_use" "A request with this `Idempotency-Key` is still running. Try again after `Retry-After`.",
    ApiKeyMissing "api_key_missing" "Send `Authorization: Bearer sk_…`.",
    ApiKeyInvalid "api_key_invalid" "The API key is unknown or malformed.",
    ApiKeyExpired "api_key_expired" "The API key has expired. Use its successor or make a new one.",
    ApiKeyRevoked "api_key_revoked" "The API key was revoked. Make a new one.",
    AppDisabled "app_disabled" "The app is disabled. Its owner can enable it.",
    RateLimited "rate_limited" "Too many requests with this key. Try again after `Retry-After`.",
    PageTokenInvalid "page_token_invalid" "The form is not from this payment's page. Open the page again.",
    ServiceUnavailable "service_unavailable" "The gateway cannot reach its database or its disk now. Retry with the same `Idempotency-Key`: nothing is done twice.",
    Overloaded "overloaded" "The gateway has more work waiting than it may hold. Retry after `Retry-After` with the same `Idempotency-Key`.",
    InternalError "internal_error" "The gateway failed. The failure is in its log under the request id.",
    UrlForbidden "url_forbidden" "A webhook URL leads to an address or a port that the gateway may not call: its own network, or a service that is no web server. Use a public address, or have the operator open the range with `webhooks.allow_cidrs`.",
    EndpointNotFound "endpoint_not_found" "No webhook endpoint of this app has this id.",
    EndpointLimit "endpoint_limit" "An app may have at most 20 webhook endpoints. Delete one first.",
    DeliveryNotFound "delivery_not_found" "No webhook delivery of this app has this id.",
    DeliveryFinished "delivery_finished" "The delivery is over and cannot be called off. Send it again instead.",
    AppNotFound "app_not_found" "No app that you may see has this id.",
    WebhookSecretLimit "webhook_secret_limit" "Four webhook secrets sign at the same time already. Wait for one to end, or rotate with `overlap` 0.",
    EventNotFound "event_not_found" "No event of this app has this id, or it is no longer kept.",
    EventsForgotten "events_forgotten" "The log no longer holds the events behind `after_seq`; the message says where it begins. Read what you need from the payments, then go on from there.",
    AfterSeqAhead "after_seq_ahead" "`after_seq` is beyond the end of the app's log; the message says where that is. It may belong to another app or to another database.",
    LiveConnectionLimit "live_connection_limit" "The app has as many open sockets and streams on this node as it may. Close some first.",
    OriginForbidden "origin_forbidden" "Pages of this origin may not connect. The operator can allow it with `live.allowed_origins`.",
    SocketRequestInvalid "socket_request_invalid" "The request to `/socket.io` is none that a Socket.IO client makes, or its session has ended. Connect anew with a client of version 3 or later.",
    ShuttingDown "shutting_down" "The node stops. Connect again from the last `seq` that arrived; another node goes on.",
    SessionMissing "session_missing" "Log in first: this is for users. Send the session's cookie or `Authorization: Bearer` with its access token.",
    SessionInvalid "session_invalid" "The access token is none of this gateway's, or its time is over. Renew it with `POST /api/auth/refresh`.",
    SessionEnded "session_ended" "The session is over. Log in again.",
    RefreshTokenInvalid "refresh_token_invalid" "The refresh token is unknown or its session is over. Log in again.",
    RefreshTokenReused "refresh_token_reused" "The refresh token was used before, so somebody has a copy: the session was ended. Log in again.",
    LoginFailed "login_failed" "The email address or the password is wrong, or the account is closed.",
    LoginThrottled "login_throttled" "Too many attempts. Try again after `Retry-After`.",
    TotpRequired "totp_required" "The account has a second factor. Send `totp_code`, or one of its recovery codes as `recovery_code`.",
    TotpInvalid "totp_invalid" "The code is wrong, or was used already. Wait for the next one.",
    TotpEnrolmentRequired "totp_enrolment_required" "This gateway asks for a second factor. Set one up: until then only `/api/auth` is open to you.",
    TotpNotStarted "totp_not_started" "No second factor is being set up. Begin with `POST /api/auth/totp/start`.",
    TotpAlreadyEnabled "totp_already_enabled" "The account has a second factor. Disable it first.",
    ConfirmationRequired "confirmation_required" "This needs a fresh proof of who you are. Send your password, and a code if you have a second factor, to `POST /api/auth/confirm`; then repeat the request.",
    PasswordTooShort "password_too_short" "A password has at least 8 characters.",
    PasswordTooCommon "password_too_common" "The password is among the first that anybody guesses. Choose another; several unrelated words are good.",
    LinkInvalid "link_invalid" "The link was used, has expired, or was never made. Ask for a new one.",
    SetupClosed "setup_closed" "The gateway has its first user. Ask an admin for an invitation, or use `zenwallet user` on its machine.",
    EmailTaken "email_taken" "Another account has this email address.",
    UserNotFound "user_not_found" "No user has this id.",
    LastAdmin "last_admin" "This would leave the gateway without an active admin.",
    AdminRequired "admin_required" "Only admins may do this.",
    NotForKeys "not_for_keys" "This is for users: an API key may not do it. Log in.",
    InvitationNotFound "invitation_not_found" "No invitation that can still be used has this id.",
    SessionNotFound "session_not_found" "No session of yours has this id.",
    KeyNotFound "key_not_found" "No key of this app has this id.",
    KeyLimit "key_limit" "An app may have at most 20 working keys. Revoke one first.",
    AppLimit "app_limit" "You may have at most 100 apps. Delete one first.",
    AppHasPendingPayments "app_has_pending_payments" "The app has pending payments. Cancel them or let them expire first.",
    AppIdMissing "app_id_missing" "A user has many apps: say which with `app_id` in the query. Lists and analytics take several ids with commas between, or `environment`: all apps that you see in `test` or in `production`.",
    CrossSiteRequest "cross_site_request" "The request comes from a page of another site, so the session's cookie does not count.",
    MonthlyLimitReached "monthly_limit_reached" "The app has created as many payments this month as it may. An admin can raise the limit.",
    EmailNotConfigured "email_not_configured" "The gateway has no SMTP server. The operator can set `email.smtp_url`.",
    EmailFailed "email_failed" "The SMTP server did not take the message; the message says why.",
    VersionConflict "version_conflict" "Somebody else changed this at the same moment. Read it again and repeat.",
    InboxTestOnly "inbox_test_only" "Only test apps have an inbox. A production app needs a receiver of its own.",
    InboxNotFound "inbox_not_found" "No inbox has this address.",
}

/// A refusal of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Which refusal.
    pub code: Code,
    /// The parameter, as a path into the request (`metadata.order_id`); empty for the request as a whole.
    pub param: Cow<'static, str>,
    /// What is wrong and what is accepted.
    pub message: String,
}

impl Rejection {
    /// A refusal of `param`.
    pub fn new(code: Code, param: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code, param: param.into(), message: message.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_unique_snake_case_and_documented() {
        let names: HashSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code:?}");
            assert!(code.meaning().ends_with('.'), "{code:?}");
        }
    }
}
