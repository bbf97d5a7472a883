//! The nodes of a cluster, and what befalls them.

use super::Args;
use crate::database::Database;
use crate::gateway::{App, Gateway, Setup};
use crate::site::{Db, Plan, Site};
use anyhow::ensure;
use std::net::SocketAddr;
use std::time::Duration;

const NAMES: [&str; 2] = ["node-a", "node-b"];

/// Two gateways on one PostgreSQL, ended with it: the fields in their order.
pub(super) struct Nodes {
    gateways: Vec<Gateway>,
    setups: Vec<Setup>,
    addresses: Vec<SocketAddr>,
    site: Site,
}

impl Nodes {
    /// Starts the database and the nodes. The first is where payment URLs lead.
    pub(super) async fn start(args: &Args) -> anyhow::Result<Self> {
        let plan = Plan {
            pgbouncer: args.pgbouncer,
            postgres: &[],
            ..Plan::new("cluster", &args.binary, Db::Postgres, &args.set)
        };
        let site = Site::prepare(&plan).await?;
        let mut setups = NAMES.iter().map(|name| site.node(name)).collect::<anyhow::Result<Vec<_>>>()?;
        setups[0].listen = site.setup().listen;
        let mut gateways = Vec::new();
        for setup in &setups {
            let mut gateway = setup.start()?;
            gateway.wait_until_ready().await?;
            gateways.push(gateway);
        }
        let addresses = setups.iter().map(|setup| setup.listen).collect();
        Ok(Self { gateways, setups, addresses, site })
    }

    /// Where they listen.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The database, not through PgBouncer.
    pub(super) fn database(&self) -> &Database {
        self.site.database()
    }

    /// Makes an app without a rate limit.
    pub(super) fn create_app(&self, name: &str) -> anyhow::Result<App> {
        self.site.setup().create_app(name, None)
    }

    /// The process of a node.
    pub(super) fn pid(&self, node: usize) -> u32 {
        self.gateways[node].pid()
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self, node: usize) -> anyhow::Result<()> {
        let ended = self.gateways[node].ended()?;
        ensure!(ended.is_none(), "{} ended by itself: {ended:?}", NAMES[node]);
        self.gateways[node].kill()
    }

    /// Starts a node that was killed, and waits until it serves.
    pub(super) async fn restart(&mut self, node: usize) -> anyhow::Result<()> {
        self.gateways[node] = self.setups[node].start()?;
        self.gateways[node].wait_until_ready().await
    }

    /// Lets a node stand still for so long.
    pub(super) async fn freeze(&mut self, node: usize, time: Duration) -> anyhow::Result<()> {
        self.gateways[node].freeze()?;
        tokio::time::sleep(time).await;
        self.gateways[node].thaw()
    }
}
