//! Namespace `/pay`: one payment, for whoever has its page. One follower an app serves all its payers: each payment is a
//! room.

use super::send;
use crate::edge::{ApiError, known_id};
use crate::gateway::{Farewell, Gateway};
use crate::wire::event::PayerEvent;
use crate::wire::payment::PayerPayment;
use crate::wire::socket::PayerAuth;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{SocketRef, State, TryData};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use zenwallet_core::Code;
use zenwallet_core::id::{AppId, PaymentId, PaymentKind};

/// Wait after following an app's log has failed.
const FOLLOW_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Most sockets of one payment's payers.
const PAYERS_MAX: usize = 16;

/// The apps whose payers are here: how many, and what ends the telling of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Rooms(Arc<Mutex<HashMap<AppId, Telling>>>);

#[derive(Debug)]
struct Telling {
    payers: usize,
    over: CancellationToken,
}

impl Rooms {
    /// One more payer; the end of the telling that is to be started for the first.
    fn enter(&self, app_id: AppId) -> Option<CancellationToken> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut first = None;
        let telling = rooms.entry(app_id).or_insert_with(|| {
            let over = CancellationToken::new();
            first = Some(over.clone());
            Telling { payers: 0, over }
        });
        telling.payers += 1;
        first
    }

    fn leave(&self, app_id: AppId) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(telling) = rooms.get_mut(&app_id) {
            telling.payers -= 1;
            if telling.payers == 0 {
                telling.over.cancel();
                rooms.remove(&app_id);
            }
        }
    }
}

/// The payment that a socket was let in for.
#[derive(Clone, Copy)]
struct Admitted(PaymentId, AppId);

/// Lets a socket in that names a payment.
pub(super) async fn admit(
    socket: SocketRef,
    TryData(auth): TryData<Value>,
    State(gateway): State<Arc<Gateway>>,
    io: SocketIo,
) -> Result<(), String> {
    let admitted = open(&gateway, &io, auth.ok()).await.map_err(|error| error.line())?;
    socket.extensions.insert(admitted);
    Ok(())
}

async fn open(gateway: &Gateway, io: &SocketIo, auth: Option<Value>) -> Result<Admitted, ApiError> {
    let id = known_id::<PaymentKind>(&PayerAuth::parse(auth)?.payment_id)?;
    let (payment, _) = gateway.find_payment_for_payer(id).await?.ok_or(ApiError::new(Code::PaymentNotFound))?;
    if sockets_in(io, id).len() >= PAYERS_MAX {
        return Err(ApiError::new(Code::LiveConnectionLimit));
    }
    Ok(Admitted(id, payment.app_id))
}

/// The payers of one payment.
fn sockets_in(io: &SocketIo, id: PaymentId) -> Vec<SocketRef> {
    io.of("/pay").map(|payers| payers.within(room(id)).sockets()).unwrap_or_default()
}

fn room(id: PaymentId) -> String {
    id.to_string()
}

/// Shows a payer the payment as it is, and what becomes of it.
pub(super) async fn show(
    socket: SocketRef,
    State(gateway): State<Arc<Gateway>>,
    State(rooms): State<Rooms>,
    io: SocketIo,
) {
    let Some(Admitted(id, app_id)) = socket.extensions.remove::<Admitted>() else { return };
    let first = rooms.enter(app_id);
    let leaving = Leaving { rooms, app_id };
    let gone = CancellationToken::new();
    socket.on_disconnect({
        let gone = gone.clone();
        async move || gone.cancel()
    });
    if let Some(over) = first {
        tokio::spawn(tell(io, Arc::clone(&gateway), app_id, over));
    }
    socket.join(room(id));
    // Read after joining: what changes from here on is told.
    if let Ok(Some((payment, _))) = gateway.find_payment_for_payer(id).await {
        send(&socket, "payment", &PayerPayment::new(&payment)).await;
    }
    if socket.connected() {
        gone.cancelled().await;
    }
    drop(leaving);
}

/// A payer's place, given back however it ends.
struct Leaving {
    rooms: Rooms,
    app_id: AppId,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.rooms.leave(self.app_id);
    }
}

/// Tells the payers of one app what becomes of their payments, until the last has gone.
async fn tell(io: SocketIo, gateway: Arc<Gateway>, app_id: AppId, over: CancellationToken) {
    let telling = async {
        loop {
            match follow(&io, &gateway, app_id).await {
                Pause::Shutdown => return,
                Pause::Failed(reason) => {
                    tracing::warn!(reason, %app_id, "payers are not told for a moment; their pages poll")
                }
            }
            tokio::time::sleep(FOLLOW_AGAIN_AFTER).await;
        }
    };
    tokio::select! {
        () = telling => {}
        () = over.cancelled() => {}
    }
}

/// Why the telling paused.
enum Pause {
    Shutdown,
    Failed(String),
}

async fn follow(io: &SocketIo, gateway: &Arc<Gateway>, app_id: AppId) -> Pause {
    let mut follower = match gateway.follow_for_payers(app_id).await {
        Ok(follower) => follower,
        Err(error) => return Pause::Failed(ApiError::from(error).line()),
    };
    loop {
        let events = match follower.next().await {
            Ok(events) => events,
            Err(Farewell::Shutdown) => return Pause::Shutdown,
            Err(farewell) => return Pause::Failed(ApiError::from(farewell).line()),
        };
        for event in events {
            let payers = sockets_in(io, event.payment_id);
            let public = (!payers.is_empty()).then(|| PayerEvent::of(event.json.get()));
            let Some(public) = public.flatten() else { continue };
            for payer in payers {
                // A payer whose buffer is full learns of it by polling.
                let _ = payer.emit(event.kind.as_str(), &public);
            }
        }
    }
}
