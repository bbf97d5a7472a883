//! Follows each app's event feed while the campaign runs: what was told once must be told the same for ever.

use super::Told;
use super::readback::feed_page;
use super::world::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Pause when the feed has nothing new, or the gateway is down.
const PAUSE: Duration = Duration::from_millis(20);

/// Starts a watcher for each app; they end when the world stops.
pub(super) fn start(world: &Arc<World>) -> JoinSet<Told> {
    let mut tasks = JoinSet::new();
    for app in 0..world.apps.len() {
        tasks.spawn(watch(Arc::clone(world), app));
    }
    tasks
}

/// What they saw.
pub(super) async fn finish(mut tasks: JoinSet<Told>) -> anyhow::Result<Told> {
    let mut all = Told::new();
    while let Some(told) = tasks.join_next().await {
        all.extend(told?);
    }
    Ok(all)
}

async fn watch(world: Arc<World>, app: usize) -> Told {
    let (mut client, mut told) = (world.client(app), Told::new());
    while !world.stops() {
        world.find_node(&mut client).await;
        let after = told.last().map_or(0, |event| event.seq);
        // A page that does not come is asked for again; a page that never comes is found when the feed is read back.
        match feed_page(&mut client, &world, app, after).await {
            Ok(page) if !page.is_empty() => told.extend(page),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    told
}
