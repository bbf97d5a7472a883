//! `kill -9` at random moments.

use super::stage::Stage;
use super::world::World;
use crate::journal::digest;
use anyhow::ensure;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Load lasts this long before each kill.
const BETWEEN_KILLS_MS: std::ops::Range<u64> = 20..400;
/// How often a campaign stops to remember every event's stored body: reading all of them takes time.
const REMEMBRANCES: u32 = 4;

/// The kills of a campaign.
pub(super) struct Chaos {
    kills: u32,
    rng: StdRng,
    stored: HashMap<String, String>,
}

impl Chaos {
    /// So many kills, at moments that the seed decides.
    pub(super) fn new(kills: u32, seed: u64) -> Self {
        Self { kills, rng: StdRng::seed_from_u64(seed ^ 0xdead), stored: HashMap::new() }
    }

    /// Kills and restarts the gateway until all kills are spent.
    pub(super) async fn run(&mut self, stage: &mut Stage, world: &World) -> anyhow::Result<()> {
        for kill in 0..self.kills {
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(BETWEEN_KILLS_MS))).await;
            if kill % self.kills.div_ceil(REMEMBRANCES) == 0 {
                self.remember(stage).await?;
            }
            let ended = stage.gateway().ended()?;
            ensure!(ended.is_none(), "the gateway ended by itself: {ended:?}");
            stage.gateway().kill()?;
            world.set_up(false);
            let restarted = Instant::now();
            stage.restart()?;
            stage.gateway().wait_until_ready().await?;
            world.await_first_ack(restarted);
            world.set_up(true);
        }
        Ok(())
    }

    /// Keeps what the database holds now. An event's first body is the one that counts.
    async fn remember(&mut self, stage: &Stage) -> anyhow::Result<()> {
        for (id, body) in stage.database().event_bodies().await? {
            self.stored.entry(id).or_insert_with(|| digest(body.as_bytes()));
        }
        Ok(())
    }

    /// The bodies as they were.
    pub(super) fn into_stored(self) -> HashMap<String, String> {
        self.stored
    }
}
