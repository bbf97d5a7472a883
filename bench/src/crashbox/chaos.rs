//! `kill -9` at random moments.

use super::stage::{LEASE_MS, Stage};
use super::world::World;
use crate::clock::now_ms;
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

/// A killed node of several stays down until the others must have taken over its deliveries, and some more.
const OUT_OF_LEASE: Duration = Duration::from_millis(LEASE_MS + 2_000);
/// A frozen one comes back while the others are busy with what was its own.
const FROZEN_MS: std::ops::Range<u64> = LEASE_MS..LEASE_MS + 2_000;

/// The kills of a campaign.
pub(super) struct Chaos {
    kills: u32,
    freezes: bool,
    killed_ms: Vec<i64>,
    rng: StdRng,
    stored: HashMap<String, String>,
}

impl Chaos {
    /// So many kills, at moments that the seed decides; freezes instead if asked for.
    pub(super) fn new(kills: u32, freezes: bool, seed: u64) -> Self {
        Self {
            kills,
            freezes,
            killed_ms: Vec::new(),
            rng: StdRng::seed_from_u64(seed ^ 0xdead),
            stored: HashMap::new(),
        }
    }

    /// Kills and restarts gateways, one at a time, until all kills are spent.
    pub(super) async fn run(&mut self, stage: &mut Stage, world: &World) -> anyhow::Result<()> {
        let nodes = world.addresses.len();
        for kill in 0..self.kills {
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(BETWEEN_KILLS_MS))).await;
            if kill % self.kills.div_ceil(REMEMBRANCES) == 0 {
                self.remember(stage).await?;
            }
            let node = self.rng.random_range(0..nodes);
            let ended = stage.gateway(node).ended()?;
            ensure!(ended.is_none(), "the gateway ended by itself: {ended:?}");
            if self.freezes {
                self.freeze(stage, world, node).await?;
            } else {
                self.kill(stage, world, node).await?;
            }
        }
        Ok(())
    }

    async fn kill(&mut self, stage: &mut Stage, world: &World, node: usize) -> anyhow::Result<()> {
        stage.gateway(node).kill()?;
        self.killed_ms.push(now_ms());
        world.set_up(node, false);
        let is_alone = world.addresses.len() == 1;
        if !is_alone {
            tokio::time::sleep(OUT_OF_LEASE).await;
        }
        let restarted = Instant::now();
        stage.restart(node)?;
        stage.gateway(node).wait_until_ready().await?;
        // Beside others nobody can tell whose the next ack is.
        if is_alone {
            world.await_first_ack(restarted);
        }
        world.set_up(node, true);
        Ok(())
    }

    async fn freeze(&mut self, stage: &mut Stage, world: &World, node: usize) -> anyhow::Result<()> {
        stage.gateway(node).freeze()?;
        self.killed_ms.push(now_ms());
        world.set_up(node, false);
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(FROZEN_MS))).await;
        stage.gateway(node).thaw()?;
        world.set_up(node, true);
        Ok(())
    }

    /// When each kill was done.
    pub(super) fn kills_ms(&self) -> &[i64] {
        &self.killed_ms
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
