//! A caller with a rate limit that it keeps well below: it must never be shut out for long, whatever the clock does.

use super::world::World;
use crate::gateway::App;
use crate::http::careful::{Ask, Client};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// What the app may do in a second.
pub(super) const PER_S: u32 = 50;
/// A fifth of that.
const PAUSE: Duration = Duration::from_millis(100);

/// What the caller felt.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Felt {
    /// Requests that were let in.
    pub(super) let_in: u64,
    /// Requests that were refused with 429.
    pub(super) refused: u64,
    /// The longest time from one request that was let in to the next.
    pub(super) longest: Duration,
}

/// Starts the caller; it ends when the world stops.
pub(super) fn start(world: &Arc<World>, address: SocketAddr, app: App) -> JoinHandle<Felt> {
    tokio::spawn(call(Arc::clone(world), address, app))
}

async fn call(world: Arc<World>, address: SocketAddr, app: App) -> Felt {
    let (mut client, mut felt, mut last) = (Client::new(address), Felt::default(), Instant::now());
    let ask = Ask { path: "/api/payments?limit=1", bearer: Some(&app.api_key), ..Ask::default() };
    while !world.stops() {
        match client.send(&ask).await.map(|answer| answer.status) {
            Ok(200) => {
                felt.let_in += 1;
                felt.longest = felt.longest.max(last.elapsed());
                last = Instant::now();
            }
            Ok(429) => felt.refused += 1,
            _ => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
    felt.longest = felt.longest.max(last.elapsed());
    felt
}
