//! Namespace `/`: an app's own log.

use super::pace::Pace;
use crate::edge::{ApiError, Exchange};
use crate::gateway::{Farewell, Follower, Gateway};
use crate::wire::socket::{AppAuth, Ready};
use serde_json::Value;
use socketioxide::extract::{SocketRef, State, TryData};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;
use zenwallet_core::Code;

/// What a socket that was let in follows, on its way from the check to the work.
#[derive(Clone)]
struct Admitted(Arc<Mutex<Option<Follower>>>);

/// Lets a socket in by its key, at the place it names.
pub(super) async fn admit(
    socket: SocketRef,
    TryData(auth): TryData<Value>,
    State(gateway): State<Arc<Gateway>>,
) -> Result<(), String> {
    let address = socket.req_parts().extensions.get::<Exchange>().and_then(Exchange::address);
    let follower = open(&gateway, auth.ok(), address).await.map_err(|error| error.line())?;
    socket.extensions.insert(Admitted(Arc::new(Mutex::new(Some(follower)))));
    Ok(())
}

async fn open(gateway: &Arc<Gateway>, auth: Option<Value>, address: Option<IpAddr>) -> Result<Follower, ApiError> {
    let auth = AppAuth::parse(auth)?;
    let caller = gateway.recognise_caller(&auth.api_key, address).await?;
    if let Some((_, verdict)) = caller.admit(gateway.now())
        && !verdict.allowed
    {
        return Err(ApiError::new(Code::RateLimited));
    }
    Ok(gateway.follow(&caller, auth.after_seq).await?)
}

/// Tells a socket of its app's events for as long as it is there.
pub(super) async fn follow(socket: SocketRef) {
    let Some(Admitted(admitted)) = socket.extensions.remove::<Admitted>() else { return };
    let Some(mut follower) = admitted.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let gone = CancellationToken::new();
    socket.on_disconnect({
        let gone = gone.clone();
        async move || gone.cancel()
    });
    if !socket.connected() {
        return;
    }
    tokio::select! {
        () = gone.cancelled() => {}
        () = tell(&socket, &mut follower) => {}
    }
}

async fn tell(socket: &SocketRef, follower: &mut Follower) {
    let pace = Pace::of(socket);
    if !pace.send(socket, "ready", &Ready { after_seq: follower.after() }).await {
        return;
    }
    loop {
        match follower.next().await {
            Ok(events) => {
                for event in events {
                    if !pace.send(socket, event.kind.as_str(), &*event.json).await {
                        return;
                    }
                }
            }
            // The transport ends with the node, and the client comes back by itself.
            Err(Farewell::Shutdown) => return,
            Err(farewell) => {
                let error = ApiError::from(farewell);
                if pace.send(socket, "stream.end", &error.brief()).await {
                    disconnect(socket).await;
                }
                return;
            }
        }
    }
}

/// Shows a socket out: it does not come back by itself.
pub(super) async fn disconnect(socket: &SocketRef) {
    while socket.connected() && socket.clone().disconnect().is_err() {
        tokio::time::sleep(super::FULL_PAUSES[1]).await;
    }
}
