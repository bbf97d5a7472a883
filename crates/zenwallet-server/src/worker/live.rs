//! Keeps those who follow logs awake: by word of what was appended, on this node and others, and where no word comes, by
//! asking the database.

use crate::gateway::Gateway;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often the followed logs are looked at where no word comes of what other nodes append.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// The same where word comes: a node can die between its commit and its word.
const LOOK_ANYWAY_EVERY: Duration = Duration::from_secs(1);
/// How often the keys of those who follow are asked for again. With the time that a key is believed, a revoked one is
/// out within two seconds.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// Wakes followers until told to stop.
pub async fn run_live(gateway: Arc<Gateway>, stop: CancellationToken) {
    let working = async { tokio::join!(pass_word_on(&gateway), look(&gateway), check(&gateway)) };
    tokio::select! {
        _ = working => {}
        () = stop.cancelled() => {}
    }
}

async fn pass_word_on(gateway: &Gateway) {
    loop {
        let grown = gateway.grown_logs().await;
        gateway.wake_followers(&grown);
    }
}

async fn look(gateway: &Gateway) {
    let (mut ticks, mut known) = (interval(LOOK_EVERY), HashMap::new());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looked = Instant::now();
    loop {
        ticks.tick().await;
        if gateway.hears_of_other_nodes() && looked.elapsed() < LOOK_ANYWAY_EVERY {
            continue;
        }
        looked = Instant::now();
        if let Err(error) = gateway.look_at_followed_logs(&mut known).await {
            tracing::debug!(%error, "the followed logs could not be looked at");
        }
    }
}

async fn check(gateway: &Gateway) {
    let mut ticks = interval(CHECK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        gateway.show_out_refused_followers().await;
        crate::metrics::note_followers(gateway.count_followers());
    }
}
