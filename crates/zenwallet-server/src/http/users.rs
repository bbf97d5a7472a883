//! `/api/users`: for admins.

use super::{Answered, show};
use crate::edge::{JsonRequest, PathId, Query, UserCaller};
use crate::gateway::Gateway;
use crate::wire::error::ErrorBody;
use crate::wire::query::Params;
use crate::wire::session::EndedSessions;
use crate::wire::user::{
    DeletedObject, InvitationObject, InviteUser, PasswordLinkObject, UpdateUser, UserObject, WholeList,
};
use axum::extract::State;
use std::sync::Arc;
use zenwallet_core::id::{LinkKind, UserKind};

/// List users
#[utoipa::path(get, path = "/api/users", tag = "Users", security(("session" = [])),
    responses((status = 200, body = WholeList<UserObject>, description = "All of them, oldest first"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn list_users(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let users = gateway.list_users(&login).await?;
    Ok(show(200, &WholeList::new(users.iter().map(UserObject::new).collect())))
}

/// Read a user
#[utoipa::path(get, path = "/api/users/{user_id}", tag = "Users", security(("session" = [])),
    params(("user_id" = String, Path, description = "The user")),
    responses((status = 200, body = UserObject, description = "The user"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No user has this id")))]
pub(crate) async fn get_user(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<UserKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    Ok(show(200, &UserObject::new(&gateway.find_user(&login, id).await?)))
}

/// Change a user
///
/// His role, and whether he may log in; a user who may not is logged out everywhere at once. Needs a proof of who you are
/// from the last ten minutes.
#[utoipa::path(patch, path = "/api/users/{user_id}", tag = "Users", request_body = UpdateUser, security(("session" = [])),
    params(("user_id" = String, Path, description = "The user")),
    responses((status = 200, body = UserObject, description = "The user as he is now"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 404, body = ErrorBody, description = "No user has this id"),
        (status = 409, body = ErrorBody, description = "He is the last active admin, or changed at the same moment")))]
pub(crate) async fn update_user(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<UserKind>,
    request: JsonRequest,
) -> Answered {
    login.require_admin()?;
    let UpdateUser { role, is_active } = UpdateUser::parse(&request.body)?;
    Ok(show(200, &UserObject::new(&gateway.change_user(&login, id, role, is_active).await?)))
}

/// Take away a user's second factor
///
/// For whoever has lost it. He is logged out everywhere. Needs a proof of who you are from the last ten minutes.
#[utoipa::path(post, path = "/api/users/{user_id}/totp/reset", tag = "Users", security(("session" = [])),
    params(("user_id" = String, Path, description = "The user")),
    responses((status = 200, body = UserObject, description = "The user as he is now"),
        (status = 400, body = ErrorBody, description = "The body says something"),
        (status = 404, body = ErrorBody, description = "No user has this id"),
        (status = 409, body = ErrorBody, description = "He changed at the same moment")))]
pub(crate) async fn reset_totp(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<UserKind>,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    Ok(show(200, &UserObject::new(&gateway.reset_totp(&login, id).await?)))
}

/// Make a link to a new password
///
/// For a user who forgot his; hand it to him yourself. Good once, for an hour. Needs a proof of who you are from the last
/// ten minutes.
#[utoipa::path(post, path = "/api/users/{user_id}/password/reset", tag = "Users", security(("session" = [])),
    params(("user_id" = String, Path, description = "The user")),
    responses((status = 200, body = PasswordLinkObject, description = "The link, shown this once"),
        (status = 400, body = ErrorBody, description = "The body says something"),
        (status = 404, body = ErrorBody, description = "No user has this id")))]
pub(crate) async fn help_with_password(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<UserKind>,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    let opened = gateway.help_with_password(&login, id).await?;
    Ok(show(200, &PasswordLinkObject::new(opened.url, opened.link.expires_at)))
}

/// Log a user out everywhere
///
/// Needs a proof of who you are from the last ten minutes.
#[utoipa::path(post, path = "/api/users/{user_id}/logout", tag = "Users", security(("session" = [])),
    params(("user_id" = String, Path, description = "The user")),
    responses((status = 200, body = EndedSessions, description = "How many sessions were ended"),
        (status = 400, body = ErrorBody, description = "The body says something"),
        (status = 404, body = ErrorBody, description = "No user has this id")))]
pub(crate) async fn log_out_user(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<UserKind>,
    request: JsonRequest,
) -> Answered {
    request.expect_nothing()?;
    Ok(show(200, &EndedSessions::new(gateway.end_sessions_of(&login, id).await?)))
}

/// Invite somebody
///
/// Answers with a link that makes an account with this address and role: good once, for 72 hours. An earlier one for the
/// same address ends. Needs a proof of who you are from the last ten minutes.
#[utoipa::path(post, path = "/api/users/invitations", tag = "Users", request_body = InviteUser, security(("session" = [])),
    responses((status = 201, body = InvitationObject, description = "The invitation with its link, shown this once"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable"),
        (status = 409, body = ErrorBody, description = "An account has the address")))]
pub(crate) async fn invite_user(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    request: JsonRequest,
) -> Answered {
    login.require_admin()?;
    let InviteUser { email, role } = InviteUser::parse(&request.body)?;
    let opened = gateway.invite_user(&login, email, role).await?;
    Ok(show(201, &InvitationObject::new(&opened.link, Some(opened.url))))
}

/// List invitations
#[utoipa::path(get, path = "/api/users/invitations", tag = "Users", security(("session" = [])),
    responses((status = 200, body = WholeList<InvitationObject>, description = "Those that can be used, oldest first"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn list_invitations(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let links = gateway.list_invitations(&login).await?;
    Ok(show(200, &WholeList::new(links.iter().map(|link| InvitationObject::new(link, None)).collect())))
}

/// Take an invitation back
#[utoipa::path(delete, path = "/api/users/invitations/{invitation_id}", tag = "Users", security(("session" = [])),
    params(("invitation_id" = String, Path, description = "The invitation")),
    responses((status = 200, body = DeletedObject, description = "Its link is good for nothing any more"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No invitation that can be used has this id")))]
pub(crate) async fn revoke_invitation(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<LinkKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    gateway.revoke_invitation(&login, id).await?;
    Ok(show(200, &DeletedObject::new(id)))
}
