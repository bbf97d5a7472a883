//! Which alerts a user wants by email: what is asked, and how it is shown.

use super::body::Fields;
use serde::Serialize;
use utoipa::ToSchema;
use zenwallet_core::Rejection;
use zenwallet_core::user::{AlertType, User};

/// Which alerts are to be sent by email from now on. What is absent stays.
#[derive(ToSchema)]
#[schema(as = UpdateNotificationsRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; NotificationChange reads it")]
pub(crate) struct UpdateNotifications {
    #[schema(value_type = UpdateEmailAlerts, required = false)]
    email: UpdateEmailAlerts,
}

/// Alerts by email, each wanted or not.
#[derive(ToSchema)]
#[schema(as = EmailAlertsRequest)]
#[expect(dead_code, reason = "describes the wire in OpenAPI; NotificationChange reads it")]
pub(crate) struct UpdateEmailAlerts {
    /// A webhook endpoint fails or was disabled.
    #[schema(required = false)]
    webhook_failing: bool,
    /// A key was created, rotated or revoked.
    #[schema(required = false)]
    key_changed: bool,
    /// Somebody logged in from a browser that was not known.
    #[schema(required = false)]
    sign_in: bool,
    /// An app comes to 80 % of its monthly limit, or to all of it.
    #[schema(required = false)]
    usage_limit: bool,
}

/// Reads which alerts a user wants; what is not named stays.
pub(crate) fn parse_change(body: &[u8]) -> Result<Vec<(AlertType, bool)>, Vec<Rejection>> {
    let mut fields = Fields::parse(body).map_err(|rejection| vec![rejection])?;
    fields.refuse_null("email");
    let wanted = fields.within("email", |email| {
        let mut wanted = Vec::new();
        for kind in AlertType::ALL {
            email.refuse_null(kind.as_str());
            wanted.extend(email.boolean(kind.as_str()).map(|is_wanted| (kind, is_wanted)));
        }
        wanted
    });
    fields.finish(Some(wanted.unwrap_or_default()))
}

/// What a user is told of, and whether it can reach him.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotificationSettings<'a> {
    /// Always `notification_settings`.
    #[schema(example = "notification_settings")]
    object: &'static str,
    #[schema(inline)]
    email: EmailAlerts,
    /// Whether the gateway has an SMTP server. Without one no emails are sent, and everything else works.
    email_configured: bool,
    /// Where emails go.
    #[schema(example = "ada@example.com")]
    email_address: &'a str,
}

/// Alerts by email, each wanted or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmailAlerts {
    /// A webhook endpoint fails or was disabled.
    webhook_failing: bool,
    /// A key was created, rotated or revoked.
    key_changed: bool,
    /// Somebody logged in from a browser that was not known.
    sign_in: bool,
    /// An app comes to 80 % of its monthly limit, or to all of it.
    usage_limit: bool,
}

impl<'a> NotificationSettings<'a> {
    pub(crate) fn new(user: &'a User, email_configured: bool) -> Self {
        let wants = |kind| user.alerts.contains(kind);
        let email = EmailAlerts {
            webhook_failing: wants(AlertType::WebhookFailing),
            key_changed: wants(AlertType::KeyChanged),
            sign_in: wants(AlertType::SignIn),
            usage_limit: wants(AlertType::UsageLimit),
        };
        Self { object: "notification_settings", email, email_configured, email_address: user.email.as_str() }
    }
}

/// A test email that the SMTP server has taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestEmail<'a> {
    /// Always `test_email`.
    #[schema(example = "test_email")]
    object: &'static str,
    /// Where it went.
    #[schema(example = "ada@example.com")]
    email_address: &'a str,
}

impl<'a> TestEmail<'a> {
    pub(crate) fn new(user: &'a User) -> Self {
        Self { object: "test_email", email_address: user.email.as_str() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zenwallet_core::Code;

    #[test]
    fn a_change_names_what_it_changes() {
        assert_eq!(parse_change(b"{}").unwrap(), []);
        assert_eq!(parse_change(b"{\"email\":{}}").unwrap(), []);
        let change = parse_change(br#"{"email":{"sign_in":false,"webhook_failing":true}}"#).unwrap();
        assert_eq!(change, [(AlertType::WebhookFailing, true), (AlertType::SignIn, false)]);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        for (body, code, param, part) in [
            (r#"{"email":null}"#, Code::ParameterTypeInvalid, "email", "null"),
            (r#"{"email":[]}"#, Code::ParameterTypeInvalid, "email", "object"),
            (r#"{"email":{"sign_in":null}}"#, Code::ParameterTypeInvalid, "email.sign_in", "null"),
            (r#"{"email":{"sign_in":1}}"#, Code::ParameterTypeInvalid, "email.sign_in", "true or false"),
            (r#"{"email":{"sign_inn":true}}"#, Code::ParameterUnknown, "email.sign_inn", "did you mean sign_in?"),
            (r#"{"email":{"sign_in":true,"sign_in":false}}"#, Code::ParameterDuplicated, "email.sign_in", "twice"),
            (r#"{"emial":{}}"#, Code::ParameterUnknown, "emial", "did you mean email?"),
        ] {
            let refused = parse_change(body.as_bytes()).unwrap_err();
            assert_eq!(refused.len(), 1, "{body}: {refused:?}");
            assert_eq!((refused[0].code, refused[0].param.as_ref()), (code, param), "{body}");
            assert!(refused[0].message.contains(part), "{body}: {}", refused[0].message);
        }
    }
}
