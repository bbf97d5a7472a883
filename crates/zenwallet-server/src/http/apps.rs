//! `/api/apps`: the user's apps and their keys.

use super::{Answered, show};
use crate::edge::{AppReader, JsonRequest, PathId, PathIds, Query, UserCaller};
use crate::gateway::Gateway;
use crate::wire::app::{
    AppObject, CreateApp, CreateKey, CreatedAppObject, CreatedKeyObject, KeyObject, RotateKey, UpdateApp, UpdateKey,
};
use crate::wire::error::ErrorBody;
use crate::wire::query::Params;
use crate::wire::user::{DeletedObject, WholeList};
use axum::extract::State;
use std::sync::Arc;
use zenwallet_core::id::{AppKind, KeyKind};

/// Create an app
///
/// It is yours. Its first key and its webhook secret are shown this once.
#[utoipa::path(post, path = "/api/apps", tag = "Apps", request_body = CreateApp, security(("session" = [])),
    responses((status = 201, body = CreatedAppObject, description = "The app with its secrets"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 409, body = ErrorBody, description = "You have 100 apps already")))]
pub(crate) async fn create_app(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    request: JsonRequest,
) -> Answered {
    let new = CreateApp::parse(&request.body, gateway.receivers_of_new_app())?;
    let made = gateway.create_app_of(&login, new).await?;
    Ok(show(201, &CreatedAppObject::new(&made.app, &made.api_key, made.webhook_secret)))
}

/// List apps
///
/// Yours, oldest first; for admins all of them.
#[utoipa::path(get, path = "/api/apps", tag = "Apps", security(("session" = [])),
    responses((status = 200, body = WholeList<AppObject>, description = "The apps"),
        (status = 400, body = ErrorBody, description = "Unknown parameter")))]
pub(crate) async fn list_apps(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let apps = gateway.list_apps_of(&login).await?;
    Ok(show(200, &WholeList::new(apps.iter().map(AppObject::new).collect())))
}

/// Read an app
///
/// Its own keys may, too.
#[utoipa::path(get, path = "/api/apps/{app_id}", tag = "Apps", security(("session" = []), ("api_key" = [])),
    params(("app_id" = String, Path, description = "The app")),
    responses((status = 200, body = AppObject, description = "The app"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id")))]
pub(crate) async fn get_app(AppReader(caller): AppReader, Query(query): Query) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    Ok(show(200, &AppObject::new(&caller.app)))
}

/// Change an app
///
/// What is not named stays. A disabled app's keys are refused at once, on every node. The limits and the owner are for
/// admins.
#[utoipa::path(patch, path = "/api/apps/{app_id}", tag = "Apps", request_body = UpdateApp, security(("session" = [])),
    params(("app_id" = String, Path, description = "The app")),
    responses((status = 200, body = AppObject, description = "The app as it is now"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id")))]
pub(crate) async fn update_app(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<AppKind>,
    request: JsonRequest,
) -> Answered {
    let wanted = UpdateApp::parse(&request.body)?;
    Ok(show(200, &AppObject::new(&gateway.change_app(&login, id, wanted).await?)))
}

/// Delete an app
///
/// Its keys end and nobody sees it any more; what it was paid stays in the books. Refused while payments are pending.
/// Needs a proof of who you are from the last ten minutes.
#[utoipa::path(delete, path = "/api/apps/{app_id}", tag = "Apps", security(("session" = [])),
    params(("app_id" = String, Path, description = "The app")),
    responses((status = 200, body = DeletedObject, description = "It is gone"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id"),
        (status = 409, body = ErrorBody, description = "It has pending payments")))]
pub(crate) async fn delete_app(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<AppKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    gateway.delete_app(&login, id).await?;
    Ok(show(200, &DeletedObject::new(id)))
}

/// List an app's keys
///
/// All of them, oldest first, those that no longer work too. Of each only its prefix and its last four characters are
/// known.
#[utoipa::path(get, path = "/api/apps/{app_id}/keys", tag = "Apps", security(("session" = []), ("api_key" = [])),
    params(("app_id" = String, Path, description = "The app")),
    responses((status = 200, body = WholeList<KeyObject>, description = "The keys"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id")))]
pub(crate) async fn list_keys(
    State(gateway): State<Arc<Gateway>>,
    AppReader(caller): AppReader,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let (keys, now) = (gateway.list_keys(&caller.app).await?, gateway.now());
    Ok(show(200, &WholeList::new(keys.iter().map(|key| KeyObject::new(key, now)).collect())))
}

/// Create a key
///
/// Beside the app's others, at most 20 that work. In production it needs a proof of who you are from the last ten minutes.
#[utoipa::path(post, path = "/api/apps/{app_id}/keys", tag = "Apps", request_body = CreateKey, security(("session" = [])),
    params(("app_id" = String, Path, description = "The app")),
    responses((status = 201, body = CreatedKeyObject, description = "The key, shown this once"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id"),
        (status = 409, body = ErrorBody, description = "The app has 20 working keys already")))]
pub(crate) async fn create_key(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathId(id): PathId<AppKind>,
    request: JsonRequest,
) -> Answered {
    let new = CreateKey::parse(&request.body, gateway.now())?;
    let (key, secret) = gateway.create_key(&login, id, new).await?;
    Ok(show(201, &CreatedKeyObject::new(&key, &secret, gateway.now())))
}

/// Change a key
///
/// Its name, and when it ends.
#[utoipa::path(patch, path = "/api/apps/{app_id}/keys/{key_id}", tag = "Apps", request_body = UpdateKey, security(("session" = [])),
    params(("app_id" = String, Path, description = "The app"), ("key_id" = String, Path, description = "The key")),
    responses((status = 200, body = KeyObject, description = "The key as it is now"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id, or no such key")))]
pub(crate) async fn update_key(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathIds(id, key_id): PathIds<AppKind, KeyKind>,
    request: JsonRequest,
) -> Answered {
    let wanted = UpdateKey::parse(&request.body, gateway.now())?;
    let key = gateway.change_key(&login, id, key_id, wanted).await?;
    Ok(show(200, &KeyObject::new(&key, gateway.now())))
}

/// Rotate a key
///
/// Makes a new one in its place; the old one goes on working for `overlap` seconds, a day when nothing is said. In
/// production it needs a proof of who you are from the last ten minutes.
#[utoipa::path(post, path = "/api/apps/{app_id}/keys/{key_id}/rotate", tag = "Apps", request_body = RotateKey, security(("session" = [])),
    params(("app_id" = String, Path, description = "The app"), ("key_id" = String, Path, description = "The key")),
    responses((status = 201, body = CreatedKeyObject, description = "The new key, shown this once"),
        (status = 400, body = ErrorBody, description = "The request is not acceptable; `errors` names everything"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id, or no such key"),
        (status = 409, body = ErrorBody, description = "The app has 20 working keys already")))]
pub(crate) async fn rotate_key(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathIds(id, key_id): PathIds<AppKind, KeyKind>,
    request: JsonRequest,
) -> Answered {
    let RotateKey { overlap_s } = RotateKey::parse(&request.body)?;
    let (key, secret) = gateway.replace_key(&login, id, key_id, overlap_s).await?;
    Ok(show(201, &CreatedKeyObject::new(&key, &secret, gateway.now())))
}

/// Revoke a key
///
/// It is refused from now on, on every node within half a second. In production it needs a proof of who you are from the
/// last ten minutes.
#[utoipa::path(delete, path = "/api/apps/{app_id}/keys/{key_id}", tag = "Apps", security(("session" = [])),
    params(("app_id" = String, Path, description = "The app"), ("key_id" = String, Path, description = "The key")),
    responses((status = 200, body = KeyObject, description = "The key as it is now"),
        (status = 400, body = ErrorBody, description = "Unknown parameter"),
        (status = 404, body = ErrorBody, description = "No app that you may see has this id, or no such key")))]
pub(crate) async fn revoke_key(
    State(gateway): State<Arc<Gateway>>,
    UserCaller(login): UserCaller,
    PathIds(id, key_id): PathIds<AppKind, KeyKind>,
    Query(query): Query,
) -> Answered {
    Params::parse(query.as_deref()).finish(())?;
    let key = gateway.revoke_key(&login, id, key_id).await?;
    Ok(show(200, &KeyObject::new(&key, gateway.now())))
}
