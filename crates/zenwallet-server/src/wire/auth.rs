//! Logging in: what is asked.

use super::body::Fields;
use utoipa::ToSchema;
use zenwallet_core::Rejection;
use zenwallet_core::limits as at_most;
use zenwallet_core::user::Email;
use zeroize::Zeroizing;

/// Longest text that is looked at as a token or a code.
const TOKEN_MAX_CHARS: usize = 200;

/// What somebody logs in with.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) email: Email,
    pub(crate) password: Zeroizing<String>,
    pub(crate) second_factor: Option<SecondFactor>,
}

/// What a user who is logged in proves himself with again.
#[derive(Debug)]
pub(crate) struct Confirmation {
    pub(crate) password: Zeroizing<String>,
    pub(crate) second_factor: Option<SecondFactor>,
}

/// A code, of one kind or the other.
#[derive(Clone, Debug)]
pub(crate) enum SecondFactor {
    Totp(String),
    Recovery(String),
}

/// A password to take the place of another.
#[derive(Debug)]
pub(crate) struct NewPassword {
    pub(crate) present: Zeroizing<String>,
    pub(crate) new: Zeroizing<String>,
}

/// An account to be made.
#[derive(Debug)]
pub struct NewAccount {
    /// What the user logs in with.
    pub email: Email,
    /// What he is called.
    pub name: String,
    /// What he proves himself with.
    pub password: Zeroizing<String>,
}

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

/// Whose password was forgotten.
#[derive(ToSchema)]
#[schema(as = ForgotPasswordRequest)]
pub(crate) struct ForgotPassword {
    /// The account's address.
    #[schema(value_type = String, max_length = 254, example = "ada@example.com")]
    pub(crate) email: Email,
}

impl ForgotPassword {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refused> {
        let mut fields = fields(body)?;
        let email = email(&mut fields);
        fields.finish(email.map(|email| Self { email }))
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
