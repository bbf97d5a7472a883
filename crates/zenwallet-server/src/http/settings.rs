//! `/api/settings`: what a user wants to be told of, and how this gateway is set up.

use super::{Answered, show};
use crate::edge::{JsonRequest, Query, UserCaller};
use crate::gateway::Gateway;
use crate::wire::error::ErrorBody;
use crate::wire::notification::{NotificationSettings, TestEmail, UpdateNotifications, parse_change};
use crate::wire::query::Params;
use crate::wire::system::SystemObject;
use axum::Extension;
use axum::extract::State;
use std::sync::Arc;

/// Read which alerts are sent by email
#[utoipa::path(get, path = "/api/settings/notifications", tag = "Settings", security(("session" = [])),
    responses(
        (status = 200, body = NotificationSettings, description = "What you are told of"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn get_notifications(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let user = gateway.notification_settings(&login).await?;
    Ok(show(200, &NotificationSettings::new(&user, gateway.sends_emails())))
}

/// Change which alerts are sent by email
#[utoipa::path(patch, path = "/api/settings/notifications", tag = "Settings", request_body = UpdateNotifications,
    security(("session" = [])),
    responses(
        (status = 200, body = NotificationSettings, description = "What you are told of from now on"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 409, body = ErrorBody, description = "Somebody else changed your account at the same moment")))]
pub(crate) async fn update_notifications(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    request: JsonRequest,
) -> Answered {
    let wanted = parse_change(&request.body)?;
    let user = gateway.set_notification_settings(&login, &wanted).await?;
    Ok(show(200, &NotificationSettings::new(&user, gateway.sends_emails())))
}

/// Send a test email
///
/// Sends you an email at once. When the SMTP server does not take it, the error's message is what that server said.
#[utoipa::path(post, path = "/api/settings/notifications/test", tag = "Settings", security(("session" = [])),
    responses(
        (status = 200, body = TestEmail, description = "The SMTP server took the email"),
        (status = 400, body = ErrorBody, description = "The body says something, or something else that is not asked for"),
        (status = 409, body = ErrorBody, description = "The gateway has no SMTP server"),
        (status = 502, body = ErrorBody, description = "The SMTP server did not take the email")))]
pub(crate) async fn send_test_email(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let user = gateway.send_test_email(&login).await?;
    Ok(show(200, &TestEmail::new(&user)))
}

/// Whether this node answers at `/metrics`.
#[derive(Clone, Copy)]
pub(super) struct ServesMetrics(pub(super) bool);

/// Read how the gateway is set up
///
/// As the node that answers sees it, without secrets. For admins.
#[utoipa::path(get, path = "/api/settings/system", tag = "Settings", security(("session" = [])),
    responses(
        (status = 200, body = SystemObject, description = "How it is set up"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn get_system(
    State(gateway): State<Arc<Gateway>>,
    Extension(ServesMetrics(metrics)): Extension<ServesMetrics>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    login.require_admin()?;
    Params::parse(query.as_deref()).finish(())?;
    Ok(show(200, &gateway.describe_system(metrics).await?))
}
