//! What a campaign plays on: a place with a database, gateways, two apps and the receiver of their webhooks.

use super::Args;
use super::dial::Dial;
use super::limited;
use crate::database::Database;
use crate::gateway::{App, Gateway, Setup};
use crate::postgres::PrivatePostgres;
use crate::receiver::{Behaviour, Receiver, loopback};
use crate::site::{Db, Plan, Site};
use crate::timeline::Timeline;
use anyhow::{Context, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Apps of a campaign.
const APPS: usize = 2;
/// One attempt's time. A lease is as long and 3 s more, the least that the gateway takes.
const TIMEOUT_MS: u64 = 1_000;
const LEASE_SLACK_MS: u64 = 3_000;
/// How long after a node's death its deliveries may stay with it.
pub(super) const LEASE_MS: u64 = TIMEOUT_MS + LEASE_SLACK_MS;
/// Short waits, so that a campaign of a minute sees every one of them.
const RETRY_DELAYS_S: &str = "0.2,0.5,1,2,2,2";

/// Everything that was started for a campaign, ended with it: the fields in their order.
pub(super) struct Stage {
    nodes: Vec<Node>,
    apps: Vec<App>,
    /// An app with a rate limit, and the gateways' clock, if it is to be set.
    clock: Option<(App, Dial)>,
    receiver: Receiver,
    site: Site,
}

/// A gateway among others on one database.
struct Node {
    gateway: Gateway,
    setup: Setup,
}

impl Stage {
    /// Starts the database, the receiver and the gateways, and makes the apps.
    pub(super) async fn set(args: &Args, seed: u64) -> anyhow::Result<Self> {
        ensure!(args.nodes > 0, "--nodes 0 leaves nobody to kill");
        ensure!(args.nodes == 1 || args.db == Db::Postgres, "--nodes {} needs --db postgres", args.nodes);
        ensure!(args.nodes > 1 || !args.freeze, "--freeze needs --nodes 2: the other must take over");
        let settings = [
            format!("webhooks.timeout_ms={TIMEOUT_MS}"),
            format!("webhooks.lease_slack_ms={LEASE_SLACK_MS}"),
            format!("webhooks.retry_delays_s={RETRY_DELAYS_S}"),
        ];
        ensure!(!args.kill_database || args.db == Db::Postgres, "--kill-database needs --db postgres");
        ensure!(args.database_url.is_none() || args.db == Db::Postgres, "--database-url needs --db postgres");
        let plan = Plan {
            pgbouncer: args.pgbouncer,
            database_url: args.database_url.clone(),
            postgres: &[],
            planted: args.planted.clone(),
            seed,
            ..Plan::new("crashbox", &args.binary, args.db, &settings)
        };
        let mut site = Site::prepare(&plan).await?;
        let mut clock = None;
        if args.jump_clock {
            let file = site.file("clock");
            site.add_environment(Dial::environment(&file)?);
            let dial = Dial::new(file)?;
            clock = Some((site.setup().create_app_with("limited", limited::PER_S, None)?, dial));
        }
        let receiver = Receiver::start(&loopback(1, 0))?;
        let (mut apps, mut nodes) = (Vec::new(), Vec::new());
        for app in 0..APPS {
            let url = receiver.url(0, &format!("/{}/{app}", Behaviour::Flaky(seed)));
            apps.push(site.setup().create_app(&format!("crashbox {app}"), Some(&url))?);
        }
        for n in 0..args.nodes {
            let setup = site.node(&format!("node-{n}"))?;
            let mut gateway = setup.start()?;
            gateway.wait_until_ready().await?;
            nodes.push(Node { gateway, setup });
        }
        Ok(Self { nodes, apps, clock, receiver, site })
    }

    /// A running gateway.
    pub(super) fn gateway(&mut self, node: usize) -> &mut Gateway {
        &mut self.nodes[node].gateway
    }

    /// Fails if a gateway has ended by itself.
    pub(super) fn check_alive(&mut self) -> anyhow::Result<()> {
        for node in &mut self.nodes {
            let ended = node.gateway.ended()?;
            ensure!(ended.is_none(), "a gateway ended by itself: {ended:?}");
        }
        Ok(())
    }

    /// The gateways' clock, if it is to be set.
    pub(super) fn dial(&mut self) -> anyhow::Result<&mut Dial> {
        self.clock.as_mut().map(|(_, dial)| dial).context("nobody sets the clock of this campaign")
    }

    /// What that clock showed when.
    pub(super) fn timeline(&self) -> Timeline {
        self.clock.as_ref().map(|(_, dial)| dial.timeline().clone()).unwrap_or_default()
    }

    /// The app with a rate limit, if there is one.
    pub(super) fn limited_app(&self) -> Option<App> {
        self.clock.as_ref().map(|(app, _)| app.clone())
    }

    /// The PostgreSQL that was started for this campaign.
    pub(super) fn postgres(&mut self) -> anyhow::Result<&mut PrivatePostgres> {
        self.site.postgres()
    }

    /// Starts a gateway again after it was killed.
    pub(super) fn restart(&mut self, node: usize) -> anyhow::Result<()> {
        let node = &mut self.nodes[node];
        node.gateway = node.setup.start()?;
        Ok(())
    }

    /// Ends every gateway for good.
    pub(super) fn end_all(&mut self) -> anyhow::Result<()> {
        self.nodes.iter_mut().try_for_each(|node| node.gateway.kill())
    }

    /// Where the gateways listen.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.setup.listen).collect()
    }

    /// The apps, whose order the journal's entries refer to.
    pub(super) fn apps(&self) -> &[App] {
        &self.apps
    }

    /// The receiver of their webhooks.
    pub(super) fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// The database, not through PgBouncer.
    pub(super) fn database(&self) -> &Database {
        self.site.database()
    }

    /// Where the journal of this name goes: outside the product's directory.
    pub(super) fn journal_path(&self, name: &str) -> PathBuf {
        self.site.file(&format!("{name}.jsonl"))
    }

    /// Leaves the directory for people to look at.
    pub(super) fn leave_behind(&mut self) -> &Path {
        self.site.leave_behind()
    }
}
