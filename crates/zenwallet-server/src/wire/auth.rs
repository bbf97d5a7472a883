//! Logging in: what is asked, and what a user is let in with.

use super::body::Fields;
use super::user::UserObject;
use crate::gateway::{Confirmation, Credentials, Granted, NewAccount, NewPassword, NewTotp, SecondFactor};
use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::Rejection;
use zenwallet_core::id::SessionId;
use zenwallet_core::limits as at_most;
use zenwallet_core::session::Session;
use zenwallet_core::user::Email;
use zeroize::Zeroizing;

/// Longest text that is looked at as a token or a code.
const TOKEN_MAX_CHARS: usize = 200;

type Refused = Vec<Rejection>;

fn fields(body: &[u8]) -> Result<Fields<'_>, Refused> {
    Fields::parse(body).map_err(|rejection| vec![rejection])
}

fn secret(fields: &mut Fields<'_>, name: &'static str) -> Option<Zeroizing<String>> {
    // Whoever chose a longer one has not chosen it here.
    let text = fields.string(name, 4 * at_most::PASSWORD_MAX_CHARS).map(Zeroizing::new);
    fields.require(name, text)
}

fn email(fields: &mut Fields<'_>) -> Option<Email> {
    let text = fields.string("email", at_most::EMAIL_MAX_CHARS);
    let text = fields.require("email", text)?;
    fields.keep(Email::parse(&text))
}

fn text(fields: &mut Fields<'_>, name: &'static str, max: usize) -> Option<String> {
    let text = fields.string(name, max);
    fields.require(name, text)
}

fn second_factor(fields: &mut Fields<'_>) -> Option<SecondFactor> {
    let totp = fields.string("totp_code", TOKEN_MAX_CHARS).map(SecondFactor::Totp);
    let recovery = fields.string("recovery_code", TOKEN_MAX_CHARS).map(SecondFactor::Recovery);
    totp.or(recovery)
}

/// Who wants to come in.
#[derive(ToSchema)]
#[schema(as = LoginRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct LogIn {
    /// The account's address.
    #[schema(max_length = 254, example = "ada@example.com")]
    email: String,
    /// The account's password.
    #[schema(format = "password", max_length = 512, example = "correct horse battery staple")]
    password: String,
    /// Six digits of the authenticator, where the account has one.
    #[schema(example = "123456")]
    totp_code: Option<String>,
    /// One of the recovery codes instead.
    recovery_code: Option<String>,
    /// Whether the browser shall keep the tokens in cookies; the answer then shows none.
    #[schema(default = false)]
    use_cookies: Option<bool>,
}

impl LogIn {
    /// The credentials, and whether cookies are wanted.
    pub(crate) fn parse(body: &[u8]) -> Result<(Credentials, bool), Refused> {
        let mut fields = fields(body)?;
        let (email, password) = (email(&mut fields), secret(&mut fields, "password"));
        let second_factor = second_factor(&mut fields);
        let cookies = fields.boolean("use_cookies").unwrap_or(false);
        let credentials = email.zip(password);
        fields.finish(credentials.map(|(email, password)| (Credentials { email, password, second_factor }, cookies)))
    }
}

/// The first user.
#[derive(ToSchema)]
#[schema(as = SetupRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct SetUp {
    /// What the gateway printed at its start.
    token: String,
    /// What the user logs in with.
    #[schema(max_length = 254, example = "ada@example.com")]
    email: String,
    /// What he is called.
    #[schema(max_length = 100, example = "Ada Lovelace")]
    name: String,
    /// 8 to 128 characters of any kind, and none of those that everybody tries.
    #[schema(format = "password", min_length = 8, max_length = 128, example = "correct horse battery staple")]
    password: String,
    /// Whether the browser shall keep the tokens in cookies.
    #[schema(default = false)]
    use_cookies: Option<bool>,
}

impl SetUp {
    pub(crate) fn parse(body: &[u8]) -> Result<(String, NewAccount, bool), Refused> {
        let mut fields = fields(body)?;
        let token = text(&mut fields, "token", TOKEN_MAX_CHARS);
        let (email, name) = (email(&mut fields), text(&mut fields, "name", at_most::USER_NAME_MAX_CHARS));
        let password = secret(&mut fields, "password");
        let cookies = fields.boolean("use_cookies").unwrap_or(false);
        let account = token.zip(email).zip(name).zip(password);
        fields.finish(
            account.map(|(((token, email), name), password)| (token, NewAccount { email, name, password }, cookies)),
        )
    }
}

/// What somebody who was invited is called.
#[derive(ToSchema)]
#[schema(as = AcceptInvitationRequest)]
pub(crate) struct AcceptInvitation {
    /// What stands behind `#token=` in the link.
    pub(crate) token: String,
    /// What he is called.
    #[schema(max_length = 100, example = "Ada Lovelace")]
    pub(crate) name: String,
    /// 8 to 128 characters of any kind, and none of those that everybody tries.
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128, example = "correct horse battery staple")]
    pub(crate) password: Zeroizing<String>,
    /// Whether the browser shall keep the tokens in cookies.
    #[schema(value_type = Option<bool>, default = false)]
    pub(crate) use_cookies: bool,
}

impl AcceptInvitation {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let mut fields = fields(body)?;
        let token = text(&mut fields, "token", TOKEN_MAX_CHARS);
        let name = text(&mut fields, "name", at_most::USER_NAME_MAX_CHARS);
        let password = secret(&mut fields, "password");
        let use_cookies = fields.boolean("use_cookies").unwrap_or(false);
        let given = token.zip(name).zip(password);
        fields.finish(given.map(|((token, name), password)| Self { token, name, password, use_cookies }))
    }
}

/// What is to be renewed; a browser that keeps it in a cookie sends nothing.
#[derive(ToSchema)]
#[schema(as = RefreshRequest)]
pub(crate) struct Refresh {
    /// The refresh token.
    #[schema(example = "zwr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    pub(crate) refresh_token: Option<String>,
}

impl Refresh {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let mut fields = fields(body)?;
        let refresh_token = fields.string("refresh_token", TOKEN_MAX_CHARS);
        fields.finish(Some(Self { refresh_token }))
    }
}

/// A fresh proof of who one is.
#[derive(ToSchema)]
#[schema(as = ConfirmRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct Confirm {
    /// The account's password.
    #[schema(format = "password", max_length = 512, example = "correct horse battery staple")]
    password: String,
    /// Six digits of the authenticator, where the account has one.
    #[schema(example = "123456")]
    totp_code: Option<String>,
    /// One of the recovery codes instead.
    recovery_code: Option<String>,
}

impl Confirm {
    pub(crate) fn parse(body: &[u8]) -> Result<Confirmation, Refused> {
        let mut fields = fields(body)?;
        let password = secret(&mut fields, "password");
        let second_factor = second_factor(&mut fields);
        fields.finish(password.map(|password| Confirmation { password, second_factor }))
    }
}

/// A password in the place of another.
#[derive(ToSchema)]
#[schema(as = ChangePasswordRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; parse reads it")]
pub(crate) struct ChangePassword {
    /// The present one.
    #[schema(format = "password", max_length = 512)]
    current_password: String,
    /// 8 to 128 characters of any kind, and none of those that everybody tries.
    #[schema(format = "password", min_length = 8, max_length = 128)]
    new_password: String,
}

impl ChangePassword {
    pub(crate) fn parse(body: &[u8]) -> Result<NewPassword, Refused> {
        let mut fields = fields(body)?;
        let present = secret(&mut fields, "current_password");
        let new = secret(&mut fields, "new_password");
        fields.finish(present.zip(new).map(|(present, new)| NewPassword { present, new }))
    }
}

/// A password in the place of one that was forgotten.
#[derive(ToSchema)]
#[schema(as = ResetPasswordRequest)]
pub(crate) struct ResetPassword {
    /// What stands behind `#token=` in the link.
    pub(crate) token: String,
    /// 8 to 128 characters of any kind, and none of those that everybody tries.
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    pub(crate) new_password: Zeroizing<String>,
}

impl ResetPassword {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let mut fields = fields(body)?;
        let token = text(&mut fields, "token", TOKEN_MAX_CHARS);
        let new_password = secret(&mut fields, "new_password");
        fields.finish(token.zip(new_password).map(|(token, new_password)| Self { token, new_password }))
    }
}

/// A first code of an authenticator.
#[derive(ToSchema)]
#[schema(as = ConfirmTotpRequest)]
pub(crate) struct ConfirmTotp {
    /// Six digits.
    #[schema(example = "123456")]
    pub(crate) totp_code: String,
}

impl ConfirmTotp {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let mut fields = fields(body)?;
        let totp_code = text(&mut fields, "totp_code", TOKEN_MAX_CHARS);
        fields.finish(totp_code.map(|totp_code| Self { totp_code }))
    }
}

/// What the user calls himself.
#[derive(ToSchema)]
#[schema(as = UpdateAccountRequest)]
pub(crate) struct UpdateAccount {
    /// 1 to 100 characters.
    #[schema(value_type = String, required = false, max_length = 100, example = "Ada Lovelace")]
    pub(crate) name: Option<String>,
}

impl UpdateAccount {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let mut fields = fields(body)?;
        fields.refuse_null("name");
        let name = fields.string("name", at_most::USER_NAME_MAX_CHARS);
        fields.finish(Some(Self { name }))
    }
}

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
    pub(crate) fn new(granted: &Granted, shows_tokens: bool) -> Self {
        let shown = |token: &str| shows_tokens.then(|| token.to_owned());
        Self {
            object: "session_grant",
            user: UserObject::new(&granted.user),
            session_id: granted.session.id.to_string(),
            access_token: shown(&granted.access_token),
            access_token_expires_at: granted.access_ends_at.to_string(),
            refresh_token: shown(granted.refresh_token.reveal()),
            session_expires_at: granted.session.expires_at.to_string(),
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
    pub(crate) fn new(totp: NewTotp, qr_svg: String) -> Self {
        Self { object: "totp", secret: totp.secret, otpauth_url: totp.url, qr_svg }
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
