//! Users as admins see them, and links that are good once.

use super::body::Fields;
use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::limits::EMAIL_MAX_CHARS;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{Email, Link, Purpose, Role, User};
use zenwallet_core::{Code, Rejection};

/// A user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserObject {
    /// `usr_` and 22 characters.
    #[schema(example = "usr_01KEY5R8QK3M7N2P4T6V8W")]
    user_id: String,
    /// What he logs in with.
    #[schema(example = "ada@example.com")]
    email: String,
    /// What he is called.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// `admin` or `member`.
    #[schema(example = "admin")]
    role: &'static str,
    /// Whether he may log in.
    is_active: bool,
    /// Whether a login needs his second factor.
    has_totp: bool,
    /// When the account was made.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    created_at: String,
}

impl UserObject {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            user_id: user.id.to_string(),
            email: user.email.to_string(),
            name: user.name.clone(),
            role: user.role.as_str(),
            is_active: user.is_active,
            has_totp: user.has_totp(),
            created_at: user.created_at.to_string(),
        }
    }
}

/// A list that is one page, in the envelope of every list.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeList<T> {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// What is in it.
    data: Vec<T>,
    /// Always false.
    has_more: bool,
    /// Always null.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl<T> WholeList<T> {
    pub(crate) fn new(data: Vec<T>) -> Self {
        Self { object: "list", data, has_more: false, next_cursor: None }
    }
}

/// What is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedObject {
    /// Which it was.
    id: String,
    /// Always true.
    deleted: bool,
}

impl DeletedObject {
    pub(crate) fn new(id: impl ToString) -> Self {
        Self { id: id.to_string(), deleted: true }
    }
}

/// What of a user is to change.
#[derive(ToSchema)]
#[schema(as = UpdateUserRequest)]
pub(crate) struct UpdateUser {
    /// `admin` or `member`.
    #[schema(value_type = String, required = false, pattern = "^(admin|member)$", example = "member")]
    pub(crate) role: Option<Role>,
    /// Whether he may log in. False ends his sessions.
    #[schema(value_type = bool, required = false)]
    pub(crate) is_active: Option<bool>,
}

impl UpdateUser {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        fields.refuse_null("role");
        fields.refuse_null("is_active");
        let role = role(&mut fields);
        let is_active = fields.boolean("is_active");
        fields.finish(Some(Self { role, is_active }))
    }
}

fn role(fields: &mut Fields<'_>) -> Option<Role> {
    let text = fields.string("role", 16)?;
    let invalid = || Rejection::new(Code::ParameterInvalid, "role", "role must be admin or member");
    fields.keep(Role::parse(&text).ok_or_else(invalid))
}

/// Who is to be invited.
#[derive(ToSchema)]
#[schema(as = InviteUserRequest)]
pub(crate) struct InviteUser {
    /// Whom the link is for: the account will have this address.
    #[schema(value_type = String, max_length = 254, example = "grace@example.com")]
    pub(crate) email: Email,
    /// `admin` or `member`.
    #[schema(value_type = Option<String>, pattern = "^(admin|member)$", default = "member", example = "member")]
    pub(crate) role: Role,
}

impl InviteUser {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Vec<Rejection>> {
        let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
        let text = fields.string("email", EMAIL_MAX_CHARS);
        let text = fields.require("email", text);
        let email = text.and_then(|text| fields.keep(Email::parse(&text)));
        let role = role(&mut fields).unwrap_or(Role::Member);
        fields.finish(email.map(|email| Self { email, role }))
    }
}

/// An invitation that can be used.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationObject {
    /// `lnk_` and 22 characters.
    #[schema(example = "lnk_01KEY5R8QK3M7N2P4T6V8W")]
    invitation_id: String,
    /// Whom it is for.
    #[schema(example = "grace@example.com")]
    email: String,
    /// What he will be.
    #[schema(example = "member")]
    role: &'static str,
    /// When it was made.
    #[schema(format = DateTime, example = "2026-01-26T10:35:00Z")]
    created_at: String,
    /// From when on it is good for nothing.
    #[schema(format = DateTime, example = "2026-01-29T10:35:00Z")]
    expires_at: String,
    /// The link, shown this once: whoever has it can use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl InvitationObject {
    pub(crate) fn new(link: &Link, url: Option<String>) -> Self {
        let role = match link.purpose {
            Purpose::Invitation(role) => role,
            Purpose::PasswordReset(_) => Role::Member,
        };
        Self {
            invitation_id: link.id.to_string(),
            email: link.email.to_string(),
            role: role.as_str(),
            created_at: link.created_at.to_string(),
            expires_at: link.expires_at.to_string(),
            url,
        }
    }
}

/// A link to a new password, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordLinkObject {
    /// Always `password_link`.
    #[schema(example = "password_link")]
    object: &'static str,
    /// The link: whoever has it can choose the password.
    url: String,
    /// From when on it is good for nothing.
    #[schema(format = DateTime, example = "2026-01-26T11:35:00Z")]
    expires_at: String,
}

impl PasswordLinkObject {
    pub(crate) fn new(url: String, expires_at: Timestamp) -> Self {
        Self { object: "password_link", url, expires_at: expires_at.to_string() }
    }
}
