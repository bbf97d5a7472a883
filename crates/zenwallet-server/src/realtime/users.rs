//! Namespace `/dashboard`: the logs of the apps that a user sees, each event with its app's id behind it.

use super::apps::disconnect;
use super::pace::Pace;
use crate::edge::{AccessCookie, ApiError, Exchange};
use crate::gateway::{Farewell, Follower, Gateway, Visitor};
use crate::wire::socket::{ReadyApp, UserAuth};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use socketioxide::extract::{SocketRef, State, TryData};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;
use zenwallet_core::Code;
use zenwallet_core::id::AppId;

/// What a socket that was let in follows, on its way from the check to the work.
#[derive(Clone)]
struct Admitted(Arc<Mutex<Vec<(AppId, Follower)>>>);

/// Lets a socket in by its user's session, at the places it names.
pub(super) async fn admit(
    socket: SocketRef,
    TryData(auth): TryData<Value>,
    State(gateway): State<Arc<Gateway>>,
) -> Result<(), String> {
    let followers = open(&socket, &gateway, auth.ok()).await.map_err(|error| error.line())?;
    socket.extensions.insert(Admitted(Arc::new(Mutex::new(followers))));
    Ok(())
}

async fn open(
    socket: &SocketRef,
    gateway: &Arc<Gateway>,
    auth: Option<Value>,
) -> Result<Vec<(AppId, Follower)>, ApiError> {
    let auth = UserAuth::parse(auth)?;
    let request = &socket.req_parts().extensions;
    let cookie = request.get::<AccessCookie>().map(|AccessCookie(token)| token.to_string());
    let token = auth.access_token.or(cookie).ok_or(ApiError::new(Code::SessionMissing))?;
    let visitor = request.get::<Exchange>().map_or_else(Visitor::console, Exchange::visitor);
    let login = gateway.recognise_user(&token, visitor).await?;
    if !gateway.admit_user(&login).1.allowed {
        return Err(ApiError::new(Code::RateLimited));
    }
    let mut followers = Vec::with_capacity(auth.apps.len());
    for (app_id, after_seq) in auth.apps {
        let caller = gateway.recognise_user_of(login.clone(), app_id).await?;
        followers.push((app_id, gateway.follow(&caller, after_seq).await?));
    }
    Ok(followers)
}

/// Tells a socket of its apps' events for as long as it is there.
pub(super) async fn follow(socket: SocketRef) {
    let Some(Admitted(admitted)) = socket.extensions.remove::<Admitted>() else { return };
    let followers = std::mem::take(&mut *admitted.lock().unwrap_or_else(PoisonError::into_inner));
    let gone = CancellationToken::new();
    socket.on_disconnect({
        let gone = gone.clone();
        async move || gone.cancel()
    });
    if !socket.connected() {
        return;
    }
    let pace = Pace::of(&socket);
    let mut telling: FuturesUnordered<_> =
        followers.into_iter().map(|(app_id, follower)| tell(&socket, &pace, app_id, follower)).collect();
    tokio::select! {
        () = gone.cancelled() => {}
        // One that ends ends them all: the client comes back with what it may still see.
        _ = telling.next() => {}
    }
}

async fn tell(socket: &SocketRef, pace: &Pace, app_id: AppId, mut follower: Follower) {
    let app_id = app_id.to_string();
    if !pace.send(socket, "ready", &ReadyApp { app_id: &app_id, after_seq: follower.after() }).await {
        return;
    }
    loop {
        match follower.next().await {
            Ok(events) => {
                for event in events {
                    if !pace.send(socket, event.kind.as_str(), &(&*event.json, &app_id)).await {
                        return;
                    }
                }
            }
            // The transport ends with the node, and the client comes back by itself.
            Err(Farewell::Shutdown) => return,
            Err(farewell) => {
                let error = ApiError::from(farewell);
                if pace.send(socket, "stream.end", &(error.brief(), &app_id)).await {
                    disconnect(socket).await;
                }
                return;
            }
        }
    }
}
