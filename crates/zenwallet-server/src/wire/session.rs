//! What a user is let in with, and what he is shown of his account.

use super::user::UserObject;
use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::id::SessionId;
use zenwallet_core::session::Session;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::User;

/// What a user is let in with. The tokens stand in it unless the browser keeps them.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantObject {
    /// Always `session_grant`.
    #[schema(example = "session_grant")]
    object: &'static str,
    /// Who.
    user: UserObject,
    /// `ses_` and 22 characters.
    #[schema(example = "ses_01KEY5R8QK3M7N2P4T6V8W")]
    session_id: String,
    /// For `Authorization: Bearer`, a quarter of an hour long.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// From when on it is refused.
    #[schema(format = DateTime, example = "2026-01-26T10:50:00Z")]
    access_token_expires_at: String,
    /// Good once, for `POST /api/auth/refresh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// When the session ends unless it is renewed.
    #[schema(format = DateTime, example = "2026-02-02T10:35:00Z")]
    session_expires_at: String,
}

impl GrantObject {
    /// A session with the access token's end; `tokens` are the access token and the refresh token, where they are shown.
    pub(crate) fn new(user: &User, session: &Session, access_ends_at: Timestamp, tokens: Option<(&str, &str)>) -> Self {
        Self {
            object: "session_grant",
            user: UserObject::new(user),
            session_id: session.id.to_string(),
            access_token: tokens.map(|(access, _)| access.to_owned()),
            access_token_expires_at: access_ends_at.to_string(),
            refresh_token: tokens.map(|(_, refresh)| refresh.to_owned()),
            session_expires_at: session.expires_at.to_string(),
        }
    }
}

/// A session of the user.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionObject {
    /// `ses_` and 22 characters.
    #[schema(example = "ses_01KEY5R8QK3M7N2P4T6V8W")]
    session_id: String,
    /// Whether it is the one that asks.
    is_current: bool,
    /// From where it was last renewed.
    #[schema(example = "203.0.113.7")]
    address: String,
    /// The browser or program, as it calls itself.
    user_agent: String,
    /// When it began.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    created_at: String,
    /// When it was last renewed.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    last_used_at: String,
    /// When it ends unless it is renewed.
    #[schema(format = DateTime, example = "2026-02-02T10:35:00Z")]
    expires_at: String,
}

impl SessionObject {
    pub(crate) fn new(session: &Session, current: SessionId) -> Self {
        Self {
            session_id: session.id.to_string(),
            is_current: session.id == current,
            address: session.address.clone(),
            user_agent: session.user_agent.clone(),
            created_at: session.created_at.to_string(),
            last_used_at: session.last_used_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// A second factor that is being set up.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpObject {
    /// Always `totp`.
    #[schema(example = "totp")]
    object: &'static str,
    /// The shared secret in base32, to be typed.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    /// The same as an address, to be scanned.
    #[schema(
        example = "otpauth://totp/ZenWallet:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=ZenWallet"
    )]
    otpauth_url: String,
    /// That address as a QR code, an SVG.
    qr_svg: String,
}

impl TotpObject {
    pub(crate) fn new(secret: String, otpauth_url: String, qr_svg: String) -> Self {
        Self { object: "totp", secret, otpauth_url, qr_svg }
    }
}

/// Recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Always `recovery_codes`.
    #[schema(example = "recovery_codes")]
    object: &'static str,
    /// Each good once, in the place of a code of the authenticator.
    #[schema(example = json!(["abcdef-ghijkl-mnopqr-stuvwx"]))]
    codes: Vec<String>,
}

impl RecoveryCodes {
    pub(crate) fn new(codes: Vec<String>) -> Self {
        Self { object: "recovery_codes", codes }
    }
}

/// Recovery codes and new tokens, since what the session proves has changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpEnabled {
    /// Each good once, in the place of a code of the authenticator. Shown this once.
    #[schema(example = json!(["abcdef-ghijkl-mnopqr-stuvwx"]))]
    recovery_codes: Vec<String>,
    /// The session goes on with these.
    session: GrantObject,
}

impl TotpEnabled {
    pub(crate) fn new(recovery_codes: Vec<String>, session: GrantObject) -> Self {
        Self { recovery_codes, session }
    }
}

/// The user who is logged in.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountObject {
    /// Always `account`.
    #[schema(example = "account")]
    object: &'static str,
    /// Who.
    user: UserObject,
    /// Recovery codes that were not used.
    recovery_codes_left: i64,
    /// Until when dangerous acts pass without a new proof; null when one is needed.
    #[schema(required = true, format = DateTime, example = "2026-01-26T10:45:00Z")]
    confirmed_until: Option<String>,
}

impl AccountObject {
    pub(crate) fn new(user: UserObject, recovery_codes_left: i64, confirmed_until: Option<String>) -> Self {
        Self { object: "account", user, recovery_codes_left, confirmed_until }
    }
}

/// Whether the first user is awaited.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetupObject {
    /// Always `setup`.
    #[schema(example = "setup")]
    object: &'static str,
    /// Whether the gateway has no user yet.
    is_open: bool,
}

impl SetupObject {
    pub(crate) fn new(is_open: bool) -> Self {
        Self { object: "setup", is_open }
    }
}

/// What was ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedSessions {
    /// Always `ended_sessions`.
    #[schema(example = "ended_sessions")]
    object: &'static str,
    /// How many.
    count: u64,
}

impl EndedSessions {
    pub(crate) fn new(count: u64) -> Self {
        Self { object: "ended_sessions", count }
    }
}

/// A link that is on its way, if there is somebody to send it to.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestedLink {
    /// Always `password_link_request`.
    #[schema(example = "password_link_request")]
    object: &'static str,
}

impl RequestedLink {
    pub(crate) fn new() -> Self {
        Self { object: "password_link_request" }
    }
}
