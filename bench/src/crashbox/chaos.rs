//! `kill -9` at random moments, and other faults.

use super::stage::{LEASE_MS, Stage};
use super::world::World;
use crate::clock::now_ms;
use crate::journal::digest;
use crate::process::run;
use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

/// Load lasts this long before each kill.
const BETWEEN_KILLS_MS: std::ops::Range<u64> = 20..400;
/// How often a campaign stops to remember every event's stored body: reading all of them takes time.
const REMEMBRANCES: u32 = 4;

/// A killed node of several stays down until the others must have taken over its deliveries, and some more.
const OUT_OF_LEASE: Duration = Duration::from_millis(LEASE_MS + 2_000);
/// A frozen one comes back while the others are busy with what was its own.
const FROZEN_MS: std::ops::Range<u64> = LEASE_MS..LEASE_MS + 2_000;

/// How long a killed database stays away.
const DATABASE_AWAY_MS: std::ops::Range<u64> = 0..1_500;
/// A database that is back is written to within this time, by a gateway that nobody started again.
const WRITES_WITHIN: Duration = Duration::from_secs(15);
/// How long one request is tried in all while one process is killed and started again.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same while a cluster looks for another leader.
const FAILOVER_PATIENCE: Duration = Duration::from_secs(180);

/// How long a clock stays wrong, and how long it is right afterwards.
const WRONG_MS: std::ops::Range<u64> = 1_500..3_500;
const RIGHT_MS: std::ops::Range<u64> = 500..2_000;

/// What is done, again and again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// A gateway is killed and started again.
    KillNode,
    /// A gateway stands still for longer than a lease.
    FreezeNode,
    /// PostgreSQL is killed and started again; the gateways live through it.
    KillDatabase,
    /// The gateways' clock is set wrong for a while, and right again.
    JumpClock,
    /// This command does something to what is behind the gateways; they live through it.
    Command(String),
}

impl Fault {
    /// Whether the gateways live through it without their database: every request has an answer then.
    pub(super) fn takes_database_away(&self) -> bool {
        matches!(self, Self::KillDatabase | Self::Command(_))
    }

    /// How long a request is tried again before it counts as never answered.
    pub(super) fn patience(&self) -> Duration {
        if matches!(self, Self::Command(_)) { FAILOVER_PATIENCE } else { PATIENCE }
    }
}

/// The faults of a campaign.
pub(super) struct Chaos {
    kills: u32,
    fault: Fault,
    killed_ms: Vec<i64>,
    rng: StdRng,
    stored: HashMap<String, String>,
}

impl Chaos {
    /// So many of these, at moments that the seed decides.
    pub(super) fn new(kills: u32, fault: Fault, seed: u64) -> Self {
        Self { kills, fault, killed_ms: Vec::new(), rng: StdRng::seed_from_u64(seed ^ 0xdead), stored: HashMap::new() }
    }

    /// Does them, one at a time, until all are done. Nothing but a fault ends a gateway.
    pub(super) async fn run(&mut self, stage: &mut Stage, world: &World) -> anyhow::Result<()> {
        let nodes = world.addresses.len();
        for kill in 0..self.kills {
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(BETWEEN_KILLS_MS))).await;
            if kill % self.kills.div_ceil(REMEMBRANCES) == 0 {
                self.remember(stage).await?;
            }
            let node = self.rng.random_range(0..nodes);
            stage.check_alive()?;
            match self.fault.clone() {
                Fault::KillNode => self.kill(stage, world, node).await?,
                Fault::FreezeNode => self.freeze(stage, world, node).await?,
                Fault::KillDatabase => self.kill_database(stage, world).await?,
                Fault::JumpClock => self.jump_clock(stage, kill).await?,
                Fault::Command(command) => self.command(&format!("{command} {}", kill + 1), world).await?,
            }
        }
        stage.check_alive()
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

    async fn kill_database(&mut self, stage: &mut Stage, world: &World) -> anyhow::Result<()> {
        self.killed_ms.push(now_ms());
        stage.postgres()?.kill().await?;
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(DATABASE_AWAY_MS))).await;
        stage.postgres()?.start_again().await?;
        await_writes(world).await
    }

    async fn jump_clock(&mut self, stage: &mut Stage, number: u32) -> anyhow::Result<()> {
        self.killed_ms.push(now_ms());
        stage.dial()?.jump(number)?;
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(WRONG_MS))).await;
        stage.dial()?.right()?;
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(RIGHT_MS))).await;
        Ok(())
    }

    async fn command(&mut self, command: &str, world: &World) -> anyhow::Result<()> {
        self.killed_ms.push(now_ms());
        let mut shell = Command::new("sh");
        shell.args(["-c", command]);
        // The clients share this thread.
        tokio::task::spawn_blocking(move || run(&mut shell)).await?.context("the fault did not go as it should")?;
        await_writes(world).await
    }

    /// When each fault began.
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

/// Waits for the first create that is acknowledged from now on.
async fn await_writes(world: &World) -> anyhow::Result<()> {
    let back = Instant::now();
    world.await_first_ack(back);
    while world.awaits_ack() {
        ensure!(back.elapsed() < WRITES_WITHIN, "the database is back, and nothing was written for {WRITES_WITHIN:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
