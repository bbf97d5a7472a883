//! `crashbox`: a gateway of its own, killed again and again under load; then the oracle judges what is left.

mod chaos;
mod customer;
mod dial;
mod limited;
mod orders;
mod race;
mod readback;
mod settle;
mod stage;
mod storm;
mod verdict;
mod watcher;
mod world;

use crate::journal::{self, Journal};
use crate::oracle::{Evidence, ToldEvent};
use crate::report::say;
use crate::site::Db;
use chaos::{Chaos, Fault};
use limited::Felt;
use stage::Stage;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use world::{Measured, World};

/// What the clients do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Everything, at random, between kills.
    Crash,
    /// The same create many times at once, key after key.
    Storm,
    /// Complete, decline and cancel the same payment at once, payment after payment.
    Race,
}

/// Arguments of `crashbox`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The database under the gateway.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) db: Db,
    /// What the clients do.
    #[arg(long, value_enum, default_value = "crash")]
    pub(crate) mode: Mode,
    /// How often something is killed, by itself the gateway; 60 times in crash mode and 0 in the others unless said.
    #[arg(long)]
    pub(crate) kills: Option<u32>,
    /// Repeats a campaign's choices, though not its timing; a new one unless said.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The product's binary.
    #[arg(long, default_value = "target/release/zenwallet")]
    pub(crate) binary: PathBuf,
    /// Clients at once (crash and race).
    #[arg(long, default_value_t = 64)]
    pub(crate) clients: usize,
    /// Asks the gateway, built with the feature `planted-bugs`, to make this mistake: the oracle must find it.
    #[arg(long)]
    pub(crate) planted: Option<String>,
    /// Gateways on one PostgreSQL, one killed at a time; a killed one stays down until the others must have taken over its
    /// deliveries.
    #[arg(long, default_value_t = 1)]
    pub(crate) nodes: usize,
    /// Freezes a node of several for longer than a lease, then lets it go on, instead of killing it: what it still believes
    /// to hold is others' by then.
    #[arg(long)]
    pub(crate) freeze: bool,
    /// Kills the PostgreSQL instead, and starts it again: the gateways must get over it by themselves.
    #[arg(long, conflicts_with = "freeze")]
    pub(crate) kill_database: bool,
    /// Sets the clock of the gateways wrong instead, by an hour to ten years, and right again.
    #[arg(long, conflicts_with_all = ["freeze", "kill_database", "fault", "planted"])]
    pub(crate) jump_clock: bool,
    /// An empty database that somebody else runs, instead of a private server.
    #[arg(long, value_name = "URL", conflicts_with_all = ["pgbouncer", "kill_database"])]
    pub(crate) database_url: Option<String>,
    /// Does this to the database's surroundings instead of killing the gateway: a shell command that is given the fault's
    /// number, 1, 2, 3 …, and ends well when the fault is over and healed.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["freeze", "kill_database"], requires = "database_url")]
    pub(crate) fault: Option<String>,
    /// Puts PgBouncer in transaction mode with four server connections before PostgreSQL.
    #[arg(long)]
    pub(crate) pgbouncer: bool,
    /// Idempotency keys (storm).
    #[arg(long, default_value_t = 200)]
    pub(crate) keys: usize,
    /// Identical requests at once for each key (storm).
    #[arg(long, default_value_t = 200)]
    pub(crate) copies: usize,
    /// Payments to race for (race).
    #[arg(long, default_value_t = 5_000)]
    pub(crate) payments: usize,
    /// Payments to race for at the moment of their expiry, which adds half a minute (race).
    #[arg(long, default_value_t = 0)]
    pub(crate) expiring: usize,
    /// How many payments are read one by one afterwards; lists, export and database are always read whole.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) reads: usize,
    /// Leaves the journal, the logs and a SQLite database behind; a campaign that fails always does.
    #[arg(long)]
    pub(crate) keep: bool,
}

impl Args {
    fn kills(&self) -> u32 {
        self.kills.unwrap_or(if self.mode == Mode::Crash { 60 } else { 0 })
    }

    fn fault(&self) -> Fault {
        match &self.fault {
            Some(command) => Fault::Command(command.clone()),
            None if self.kill_database => Fault::KillDatabase,
            None if self.jump_clock => Fault::JumpClock,
            None if self.freeze => Fault::FreezeNode,
            None => Fault::KillNode,
        }
    }
}

/// Runs `crashbox`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let seed = args.seed.unwrap_or_else(|| crate::clock::now_ms().unsigned_abs());
    say(format!("seed {seed}  {:?} on {:?}, {} times {:?}", args.mode, args.db, args.kills(), args.fault()));
    let mut stage = Stage::set(&args, seed).await?;
    let result = campaign(&args, seed, &mut stage).await;
    let held = result.as_ref().is_ok_and(|held| *held);
    if args.keep || (!held && args.planted.is_none()) {
        say(format!("left behind: {}", stage.leave_behind().display()));
    }
    result
}

async fn campaign(args: &Args, seed: u64, stage: &mut Stage) -> anyhow::Result<bool> {
    let path = stage.journal_path("journal");
    let world = Arc::new(World::new(stage, Journal::create(&path)?, args.fault().patience()));
    let began = Instant::now();
    let mut chaos = Chaos::new(args.kills(), args.fault(), seed);
    let watchers = watcher::start(&world);
    let clients = start_clients(args, seed, &world);
    let limited = stage.limited_app().map(|app| limited::start(&world, world.addresses[0], app));
    chaos.run(stage, &world).await?;
    if args.mode == Mode::Crash {
        world.stop();
    }
    join(clients).await?;
    let elapsed = began.elapsed();
    world.stop();
    let told = watcher::finish(watchers).await?;
    let felt = match limited {
        Some(caller) => Some(caller.await?),
        None => None,
    };
    let deadline = if args.planted.is_some() { settle::PLANTED_DEADLINE } else { settle::DEADLINE };
    let settled = settle::wait(stage, deadline).await?;
    let read_back = readback::read(&world, args.reads).await?;
    // What is sent and written from here on would be in one half of the evidence only.
    stage.end_all()?;
    let (received, snapshot) = (settle::received(stage)?, stage.database().snapshot().await?);
    let world = Arc::into_inner(world).ok_or_else(|| anyhow::anyhow!("a client still runs"))?;
    let (journal, measured) = world.into_parts();
    journal.close()?;
    let kills = chaos.kills_ms().to_vec();
    let evidence = Evidence {
        apps: stage.apps().iter().map(|app| app.app_id.clone()).collect(),
        secrets: stage.apps().iter().map(|app| app.webhook_secret.clone()).collect(),
        settled_ms: settled.from_ms,
        timeline: stage.timeline(),
        received,
        acks: journal::read(&path)?,
        snapshot,
        told,
        stored: chaos.into_stored(),
        feeds: read_back.feeds,
        listings: read_back.listings,
    };
    verdict::tell_campaign(&evidence, &measured, elapsed);
    verdict::tell_gaps(&evidence, &kills);
    verdict::tell_webhooks(&evidence, settled.took);
    // What a frozen node was about to commit comes when it goes on, however soon others take over the rest.
    let takes_over = args.nodes > 1 && args.fault() == Fault::KillNode;
    let takeover = takes_over.then(|| verdict::longest_takeover(&evidence, &kills));
    Ok(verdict::tell(args, &evidence, &Beside { measured, takeover, felt }))
}

/// What is known beside the evidence.
struct Beside {
    measured: Measured,
    /// The longest takeover of a dead node's deliveries, if that is judged.
    takeover: Option<Duration>,
    /// What the caller with a rate limit felt, if there was one.
    felt: Option<Felt>,
}

fn start_clients(args: &Args, seed: u64, world: &Arc<World>) -> JoinSet<anyhow::Result<()>> {
    match args.mode {
        Mode::Crash => customer::start(world, args.clients, seed),
        Mode::Storm => storm::start(world, args.keys, args.copies, seed),
        Mode::Race => race::start(world, args.clients, args.payments, args.expiring, seed),
    }
}

/// Waits for all; the first that failed fails the campaign.
async fn join(mut tasks: JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// Events told by one app's feed.
type Told = Vec<ToldEvent>;
