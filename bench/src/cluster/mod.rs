//! `cluster`: gateways on one PostgreSQL, one killed again and again under load, while readers of every kind follow every
//! app's log on every node. Each must be told every event once and in order, whatever ends under it.

mod balancer;
mod customer;
mod judge;
mod nodes;
mod propagation;
mod reader;
mod show;

use crate::gateway::App;
use crate::http::careful::Client;
use crate::live::Event;
use crate::report::{Tally, say};
use customer::Counter;
use nodes::Nodes;
use reader::{Kind, Reader};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

const APPS: usize = 3;
/// Load before each fault, while a node is down, and after it.
const BETWEEN: Duration = Duration::from_millis(1_500);
const DOWN: Duration = Duration::from_millis(1_000);
const FROZEN: Duration = Duration::from_secs(2);
/// After the load every reader has caught up within this time.
const CATCH_UP: Duration = Duration::from_secs(20);
/// Faults told in words.
const SAMPLES: usize = 5;

/// Arguments of `cluster`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The product's binary.
    #[arg(long, default_value = "target/release/zenwallet")]
    binary: PathBuf,
    /// How often a node is killed, one after the other.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Lets a node stand still for two seconds after each kill, too.
    #[arg(long)]
    freeze: bool,
    /// Puts PgBouncer in transaction mode before PostgreSQL: no word goes between the nodes, and each asks the database.
    #[arg(long)]
    pgbouncer: bool,
    /// Clients that create and settle payments.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Events whose way from one node to the other is timed.
    #[arg(long, default_value_t = 100)]
    events: usize,
    /// From a create's 201 on one node to a socket on the other, the median, in milliseconds.
    #[arg(long, default_value_t = 50)]
    median_max_ms: u64,
    /// A setting of the gateways; may be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Sockets come back without saying where they were: the judge must find it.
    #[arg(long)]
    forget: bool,
    /// Starts two nodes, shows an event's way between them, and leaves them running until Ctrl-C.
    #[arg(long)]
    show: bool,
    /// Ends the show at once.
    #[arg(long, requires = "show")]
    once: bool,
}

impl Args {
    /// Whether it goes on until somebody ends it.
    pub(crate) fn ends_by_signal(&self) -> bool {
        self.show && !self.once
    }
}

/// Runs `cluster`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    if args.show {
        return show::run(&args).await;
    }
    let mut nodes = Nodes::start(&args).await?;
    let mut tally = Tally::default();
    follow_through(&args, &mut nodes, &mut tally).await?;
    propagation::measure(&args, &nodes, &mut tally).await?;
    balancer::measure(&nodes, &mut tally).await?;
    Ok(tally.finish())
}

/// Load, faults and readers, and what the readers were told in the end.
async fn follow_through(args: &Args, nodes: &mut Nodes, tally: &mut Tally) -> anyhow::Result<()> {
    let apps = (0..APPS).map(|n| nodes.create_app(&format!("cluster {n}"))).collect::<anyhow::Result<Vec<_>>>()?;
    let mut readers = Vec::new();
    for (app, owner) in apps.iter().enumerate() {
        for home in 0..nodes.addresses().len() {
            for kind in [Kind::Feed, Kind::Stream, Kind::Socket] {
                let forgets = args.forget && kind == Kind::Socket;
                readers.push(Reader::start(kind, app, home, &owner.api_key, nodes.addresses(), forgets));
            }
        }
    }
    let (counter, began) = (Arc::new(Counter::default()), Instant::now());
    let customers = customer::start(args.clients, &apps, nodes.addresses(), &counter);
    for round in 0..args.rounds {
        tokio::time::sleep(BETWEEN).await;
        let node = round % nodes.addresses().len();
        nodes.kill(node)?;
        tokio::time::sleep(DOWN).await;
        nodes.restart(node).await?;
        if args.freeze {
            tokio::time::sleep(BETWEEN).await;
            nodes.freeze(node, FROZEN).await?;
        }
    }
    tokio::time::sleep(BETWEEN).await;
    counter.stop();
    let acks = customer::finish(customers).await?;
    let seconds = began.elapsed().as_secs_f64();
    say(format!(
        "        {} requests acknowledged in {seconds:.1} s, {} sent again; {} kills{}",
        acks.len(),
        counter.repeated(),
        args.rounds,
        if args.freeze { ", a freeze after each" } else { "" }
    ));
    tell(nodes, &apps, &readers, &acks, args.rounds, tally).await
}

async fn tell(
    nodes: &Nodes,
    apps: &[App],
    readers: &[Arc<Reader>],
    acks: &[customer::Ack],
    kills: usize,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let snapshot = nodes.database().snapshot().await?;
    let logs: Vec<_> = apps.iter().map(|app| judge::log_of(&snapshot, &app.app_id)).collect();
    let faults: Vec<String> = logs.iter().filter_map(|log| judge::gap_in(log)).collect();
    let events: usize = logs.iter().map(Vec::len).sum();
    tally.check(faults.is_empty() && events > 0, format!("{events} events in {APPS} logs without a gap {faults:?}"));

    let began = Instant::now();
    let is_behind = |reader: &Arc<Reader>| reader.last() < i64::try_from(logs[reader.app].len()).unwrap_or(i64::MAX);
    while readers.iter().any(is_behind) && began.elapsed() < CATCH_UP {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let caught_up = began.elapsed();
    for kind in [Kind::Feed, Kind::Stream, Kind::Socket] {
        let of_kind: Vec<_> = readers.iter().filter(|reader| reader.kind == kind).collect();
        let faults: Vec<String> = of_kind
            .iter()
            .filter_map(|reader| Some(format!("{reader}: {}", judge::fault(&reader.told(), &logs[reader.app])?)))
            .collect();
        let breaks: usize = of_kind.iter().map(|reader| reader.breaks()).sum();
        let words = format!("{} {kind} told every event once and in order, over {breaks} breaks", of_kind.len());
        tally.check(faults.is_empty(), words);
        faults.iter().take(SAMPLES).for_each(|fault| say(format!("        {fault}")));
        // A campaign in which nothing ever broke would prove nothing about coming back.
        if kills > 0 {
            tally.check(breaks > 0, format!("{kind} were broken and came back"));
        }
    }
    say(format!("        the last reader had caught up {:.2} s after the load", caught_up.as_secs_f64()));
    for (app, log) in apps.iter().zip(&logs) {
        for address in nodes.addresses() {
            let fault = judge::fault(&feed(*address, &app.api_key).await?, log);
            tally.check(
                fault.is_none(),
                format!("the feed at {address} is the log{}", fault.map(|f| format!(": {f}")).unwrap_or_default()),
            );
        }
    }
    let lost = judge::lost(acks, apps, &snapshot);
    tally.check(lost.is_empty(), format!("{} acknowledged changes are in the database", acks.len()));
    lost.iter().take(SAMPLES).for_each(|fault| say(format!("        {fault}")));
    Ok(())
}

/// An app's feed from its beginning to its end.
async fn feed(address: std::net::SocketAddr, api_key: &str) -> anyhow::Result<Vec<Event>> {
    let (mut client, mut all) = (Client::new(address), Vec::new());
    loop {
        let after = all.last().map_or(0, |event: &Event| event.seq);
        let page = reader::page(&mut client, api_key, after).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
