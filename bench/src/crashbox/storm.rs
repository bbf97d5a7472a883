//! Storm: many clients send the same create with the same key at the same moment, key after key.

use super::orders;
use super::world::World;
use crate::journal::Call;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Starts the clients; they end after the last key.
pub(super) fn start(world: &Arc<World>, keys: usize, copies: usize, seed: u64) -> JoinSet<anyhow::Result<()>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let call =
        |k: usize| orders::create(&mut rng, k % 2, &format!("storm-{seed:x}-{k}"), Some(format!("storm-{}", k / 2)));
    let calls: Arc<Vec<Call>> = Arc::new((0..keys).map(call).collect());
    let barrier = Arc::new(Barrier::new(copies));
    let mut tasks = JoinSet::new();
    for copy in 0..copies {
        let (world, calls, barrier) = (Arc::clone(world), Arc::clone(&calls), Arc::clone(&barrier));
        tasks.spawn(async move {
            let mut client = world.client(copy);
            for call in calls.iter() {
                barrier.wait().await;
                world.submit(&mut client, call.clone()).await;
            }
            Ok(())
        });
    }
    tasks
}
