//! `/api/auth`: the way in, the way out, and the user's own account.

use super::{Answered, show};
use crate::edge::{
    ApiError, Exchange, Guest, JsonRequest, PathId, Query, UserCaller, forget_tokens, keep_tokens, uses_cookies,
};
use crate::gateway::{Gateway, Granted};
use crate::qr;
use crate::wire::auth::{
    AcceptInvitation, ChangePassword, Confirm, ConfirmTotp, ForgotPassword, LogIn, Refresh, ResetPassword, SetUp,
    UpdateAccount,
};
use crate::wire::error::ErrorBody;
use crate::wire::query::Params;
use crate::wire::session::{
    AccountObject, EndedSessions, GrantObject, RecoveryCodes, RequestedLink, SessionObject, SetupObject, TotpEnabled,
    TotpObject,
};
use crate::wire::user::{DeletedObject, UserObject, WholeList};
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use zenwallet_core::Code;
use zenwallet_core::id::SessionKind;
use zenwallet_core::limits::CONFIRMED_S;
use zenwallet_core::session::EndReason;

/// Tokens for whoever was let in: in the answer, or in the browser's keeping.
fn granted(status: u16, granted: &Granted, use_cookies: bool, exchange: &Exchange) -> Response {
    let mut response = show(status, &grant_object(granted, use_cookies));
    if use_cookies {
        keep_tokens(&mut response, granted, exchange);
    }
    response
}

/// The tokens stand in it unless the browser keeps them.
fn grant_object(granted: &Granted, use_cookies: bool) -> GrantObject {
    let tokens = (granted.access_token.as_str(), granted.refresh_token.reveal());
    GrantObject::new(&granted.user, &granted.session, granted.access_ends_at, (!use_cookies).then_some(tokens))
}

/// Whether the first user is awaited
#[utoipa::path(get, path = "/api/auth/setup", tag = "Account", security(()),
    responses((status = 200, body = SetupObject, description = "Whether `POST /api/auth/setup` makes the first user"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn get_setup(State(gateway): State<Arc<Gateway>>, Query(query): Query) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    Ok(show(200, &SetupObject::new(gateway.is_setup_open().await?)))
}

/// Make the first user
///
/// Takes the token that the gateway prints at its start as long as it has no user; closed for ever afterwards. The user
/// is an admin, and is let in.
#[utoipa::path(post, path = "/api/auth/setup", tag = "Account", request_body = SetUp, security(()),
    responses((status = 201, body = GrantObject, description = "The user, let in"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable, or the token is not the one"),
        (status = 403, body = ErrorBody, description = "There is a user already"),
        (status = 409, body = ErrorBody, description = "Another account has the address")))]
pub(crate) async fn set_up(
    State(gateway): State<Arc<Gateway>>,
    guest: Guest,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let (token, account, use_cookies) = SetUp::parse(&request.body)?;
    let made = gateway.set_up(&token, account, &guest.visitor).await?;
    Ok(granted(201, &made, use_cookies, &exchange))
}

/// Log in
///
/// Without `use_cookies` the answer holds an access token for `Authorization: Bearer`, good for a quarter of an hour, and
/// a refresh token. With it the browser keeps both where no script reads them. An account with a second factor needs
/// `totp_code` or `recovery_code`: the answer says `totp_required` until one is there.
#[utoipa::path(post, path = "/api/auth/login", tag = "Account", request_body = LogIn, security(()),
    responses((status = 200, body = GrantObject, description = "Let in"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable")))]
pub(crate) async fn log_in(
    State(gateway): State<Arc<Gateway>>,
    guest: Guest,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let (credentials, use_cookies) = LogIn::parse(&request.body)?;
    let made = gateway.log_in(credentials, &guest.visitor).await?;
    Ok(granted(200, &made, use_cookies, &exchange))
}

/// Renew a session
///
/// A refresh token is good once: the answer holds its successor. One that comes back a second time was stolen, from you or
/// by you, and ends the session. Browsers renew from one tab at a time.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "Account", request_body = Refresh, security(()),
    responses((status = 200, body = GrantObject, description = "New tokens"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable")))]
pub(crate) async fn refresh_session(
    State(gateway): State<Arc<Gateway>>,
    guest: Guest,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let given = Refresh::parse(&request.body)?.refresh_token;
    let use_cookies = given.is_none();
    let token = given.or(guest.refresh_cookie).ok_or(ApiError::new(Code::RefreshTokenInvalid))?;
    let renewed = gateway.renew_session(&token, &guest.visitor).await?;
    Ok(granted(200, &renewed, use_cookies, &exchange))
}

/// Prove who you are again
///
/// Dangerous acts need a proof of the last ten minutes. The session goes on with new tokens; those before are worth
/// nothing.
#[utoipa::path(post, path = "/api/auth/confirm", tag = "Account", request_body = Confirm, security(("session" = [])),
    responses((status = 200, body = GrantObject, description = "New tokens"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable")))]
pub(crate) async fn confirm_login(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    exchange: Exchange,
    headers: axum::http::HeaderMap,
    request: JsonRequest,
) -> Answered {
    let made = gateway.confirm_login(&login, Confirm::parse(&request.body)?).await?;
    Ok(granted(200, &made, uses_cookies(&headers), &exchange))
}

/// Log out
///
/// Ends the session at once, on every node.
#[utoipa::path(post, path = "/api/auth/logout", tag = "Account", security(("session" = [])),
    responses((status = 200, body = EndedSessions, description = "The session is over"),
        (status = 400, body = ErrorBody, description = "The body says something")))]
pub(crate) async fn log_out(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    gateway.log_out(&login).await?;
    let mut response = show(200, &EndedSessions::new(1));
    forget_tokens(&mut response, &exchange);
    Ok(response)
}

/// Log out everywhere
///
/// Ends all your sessions at once, this one too.
#[utoipa::path(post, path = "/api/auth/logout-all", tag = "Account", security(("session" = [])),
    responses((status = 200, body = EndedSessions, description = "They are over"),
        (status = 400, body = ErrorBody, description = "The body says something")))]
pub(crate) async fn log_out_everywhere(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let mut response = show(200, &EndedSessions::new(gateway.end_all_sessions(&login).await?));
    forget_tokens(&mut response, &exchange);
    Ok(response)
}

/// List your sessions
#[utoipa::path(get, path = "/api/auth/sessions", tag = "Account", security(("session" = [])),
    responses((status = 200, body = WholeList<SessionObject>, description = "Those that go on, the newest first"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn list_sessions(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let sessions = gateway.list_sessions(&login).await?;
    let shown = sessions.iter().map(|session| SessionObject::new(session, login.session.id));
    Ok(show(200, &WholeList::new(shown.collect())))
}

/// End one of your sessions
///
/// Needs a proof of who you are from the last ten minutes, unless it is the session that asks.
#[utoipa::path(delete, path = "/api/auth/sessions/{session_id}", tag = "Account", security(("session" = [])),
    params(("session_id" = String, Path, description = "The session")),
    responses((status = 200, body = DeletedObject, description = "It is over"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No session of yours has this id")))]
pub(crate) async fn end_session(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<SessionKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    if id != login.session.id {
        login.require_confirmed(gateway.now())?;
    }
    gateway.end_session(&login, id, EndReason::Revoked).await?;
    Ok(show(200, &DeletedObject::new(id)))
}

/// Read your account
#[utoipa::path(get, path = "/api/auth/me", tag = "Account", security(("session" = [])),
    responses((status = 200, body = AccountObject, description = "The user who is logged in"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn get_account(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let left = gateway.count_recovery_codes(login.user.id).await?;
    let until = login.session.confirmed_at.plus_s(CONFIRMED_S);
    let until = login.session.is_confirmed(gateway.now()).then(|| until.to_string());
    Ok(show(200, &AccountObject::new(UserObject::new(&login.user), left, until)))
}

/// Change your account
#[utoipa::path(patch, path = "/api/auth/me", tag = "Account", request_body = UpdateAccount, security(("session" = [])),
    responses((status = 200, body = UserObject, description = "The user as he is now"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 409, body = ErrorBody, description = "Somebody else changed it at the same moment")))]
pub(crate) async fn update_account(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    request: JsonRequest,
) -> Answered {
    match UpdateAccount::parse(&request.body)?.name {
        Some(name) => Ok(show(200, &UserObject::new(&gateway.rename_user(&login, name).await?))),
        None => Ok(show(200, &UserObject::new(&login.user))),
    }
}

/// Change your password
///
/// Your other sessions end; this one goes on with new tokens. With a second factor it needs a proof of who you are from
/// the last ten minutes.
#[utoipa::path(post, path = "/api/auth/password", tag = "Account", request_body = ChangePassword, security(("session" = [])),
    responses((status = 200, body = GrantObject, description = "New tokens"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 409, body = ErrorBody, description = "Somebody else changed the account at the same moment")))]
pub(crate) async fn change_password(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    exchange: Exchange,
    headers: axum::http::HeaderMap,
    request: JsonRequest,
) -> Answered {
    let made = gateway.change_password(&login, ChangePassword::parse(&request.body)?).await?;
    Ok(granted(200, &made, uses_cookies(&headers), &exchange))
}

/// Ask for a link to a new password
///
/// It is sent by email, if there is such an account; the answer is the same if there is none. Needs an SMTP server: without
/// one ask an admin.
#[utoipa::path(post, path = "/api/auth/password/forgot", tag = "Account", request_body = ForgotPassword, security(()),
    responses((status = 200, body = RequestedLink, description = "On its way, if there is somebody to send it to"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 409, body = ErrorBody, description = "The gateway has no SMTP server")))]
pub(crate) async fn request_password_reset(
    State(gateway): State<Arc<Gateway>>,
    guest: Guest,
    request: JsonRequest,
) -> Answered {
    let ForgotPassword { email } = ForgotPassword::parse(&request.body)?;
    gateway.request_password_reset(email, guest.visitor).await?;
    Ok(show(200, &RequestedLink::new()))
}

/// Choose a new password by a link
///
/// The link is good once, for an hour. Every session of the account ends; the second factor stays.
#[utoipa::path(post, path = "/api/auth/password/reset", tag = "Account", request_body = ResetPassword, security(()),
    responses((status = 200, body = DeletedObject, description = "The password is the new one; log in with it"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable, or the link is not good any more"),
        (status = 409, body = ErrorBody, description = "Somebody else changed the account at the same moment")))]
pub(crate) async fn reset_password(
    State(gateway): State<Arc<Gateway>>,
    guest: Guest,
    request: JsonRequest,
) -> Answered {
    let ResetPassword { token, new_password } = ResetPassword::parse(&request.body)?;
    gateway.reset_password(&token, &new_password, &guest.visitor).await?;
    Ok(show(200, &DeletedObject::new("password")))
}

/// Accept an invitation
#[utoipa::path(post, path = "/api/auth/invitations/accept", tag = "Account", request_body = AcceptInvitation, security(()),
    responses((status = 201, body = GrantObject, description = "The new user, let in"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable, or the link is not good any more"),
        (status = 409, body = ErrorBody, description = "Another account has the address")))]
pub(crate) async fn accept_invitation(
    State(gateway): State<Arc<Gateway>>,
    guest: Guest,
    exchange: Exchange,
    request: JsonRequest,
) -> Answered {
    let AcceptInvitation { token, name, password, use_cookies } = AcceptInvitation::parse(&request.body)?;
    let made = gateway.accept_invitation(&token, name, password, &guest.visitor).await?;
    Ok(granted(201, &made, use_cookies, &exchange))
}

/// Begin to set up a second factor
///
/// Shows the secret, this once, for an authenticator. Nothing asks for codes until a first one confirms it. Needs a proof
/// of who you are from the last ten minutes.
#[utoipa::path(post, path = "/api/auth/totp/start", tag = "Account", security(("session" = [])),
    responses((status = 200, body = TotpObject, description = "What the authenticator needs"),
        (status = 400, body = ErrorBody, description = "The body says something"),
        (status = 409, body = ErrorBody, description = "There is a second factor already")))]
pub(crate) async fn start_totp(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let totp = gateway.start_totp(&login).await?;
    let qr = qr::svg_of(&totp.url).ok_or(ApiError::new(Code::InternalError))?;
    Ok(show(200, &TotpObject::new(totp.secret, totp.url, qr)))
}

/// Confirm the second factor
///
/// From now on a login needs it. Your other sessions end; this one goes on with new tokens.
#[utoipa::path(post, path = "/api/auth/totp/confirm", tag = "Account", request_body = ConfirmTotp, security(("session" = [])),
    responses((status = 200, body = TotpEnabled, description = "Recovery codes, shown this once, and new tokens"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 409, body = ErrorBody, description = "Nothing was begun, or it is confirmed already")))]
pub(crate) async fn confirm_totp(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    exchange: Exchange,
    headers: axum::http::HeaderMap,
    request: JsonRequest,
) -> Answered {
    let code = ConfirmTotp::parse(&request.body)?.totp_code;
    let (codes, made) = gateway.confirm_totp(&login, &code).await?;
    let use_cookies = uses_cookies(&headers);
    let mut response = show(200, &TotpEnabled::new(codes, grant_object(&made, use_cookies)));
    if use_cookies {
        keep_tokens(&mut response, &made, &exchange);
    }
    Ok(response)
}

/// Take the second factor away
///
/// Needs a proof of who you are from the last ten minutes. Your other sessions end.
#[utoipa::path(post, path = "/api/auth/totp/disable", tag = "Account", security(("session" = [])),
    responses((status = 200, body = GrantObject, description = "New tokens"),
        (status = 400, body = ErrorBody, description = "The body says something"),
        (status = 409, body = ErrorBody, description = "Somebody else changed the account at the same moment")))]
pub(crate) async fn disable_totp(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    exchange: Exchange,
    headers: axum::http::HeaderMap,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let made = gateway.disable_totp(&login).await?;
    Ok(granted(200, &made, uses_cookies(&headers), &exchange))
}

/// Make new recovery codes
///
/// Those before are worth nothing. Needs a proof of who you are from the last ten minutes.
#[utoipa::path(post, path = "/api/auth/recovery-codes", tag = "Account", security(("session" = [])),
    responses((status = 200, body = RecoveryCodes, description = "The codes, shown this once"),
        (status = 400, body = ErrorBody, description = "The body says something"),
        (status = 409, body = ErrorBody, description = "The account has no second factor")))]
pub(crate) async fn renew_recovery_codes(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    Ok(show(200, &RecoveryCodes::new(gateway.renew_recovery_codes(&login).await?)))
}
