//! Reading costs the same however many payments there are: the same requests, in turn, on a small and a large
//! database.

mod seed;

use crate::gateway::{App, Gateway, Setup, secret_key};
use crate::http::careful::Client;
use crate::owned::WorkDir;
use crate::postgres::{self, PrivatePostgres, free_port};
use crate::report::{Tally, say};
use crate::site::Db;
use crate::stats::{Latencies, ms};
use anyhow::Context;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Instant;

/// Measures that lists, reads and searches cost the same with few and with many payments.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The database.
    #[arg(long, value_enum)]
    db: Db,
    /// The gateway's binary.
    #[arg(long, default_value = "target/release/zenwallet")]
    binary: PathBuf,
    /// Payments of the small database.
    #[arg(long, default_value_t = 10_000)]
    small: u64,
    /// Payments of the large one.
    #[arg(long, default_value_t = 5_000_000)]
    large: u64,
    /// Requests of each kind on each database.
    #[arg(long, default_value_t = 300)]
    requests: u64,
    /// The large database may take so many times as long.
    #[arg(long, default_value_t = 1.5)]
    ratio_max: f64,
}

/// Fills the one app of a SQLite database, for whoever wants to see a gateway with many payments.
#[derive(clap::Args)]
pub(crate) struct FillArgs {
    /// The gateway's data directory; nobody has its database open.
    #[arg(long)]
    data_dir: PathBuf,
    /// How many payments.
    #[arg(long, default_value_t = 5_000_000)]
    count: u64,
}

pub(crate) fn fill(args: &FillArgs) -> anyhow::Result<bool> {
    let began = Instant::now();
    seed::sqlite(&args.data_dir, args.count)?;
    say(format!(
        "{} payments in {:.0} s; now run `zenwallet rollup rebuild`",
        args.count,
        began.elapsed().as_secs_f64()
    ));
    Ok(true)
}

/// A gateway with so many payments.
struct Shelf {
    count: u64,
    app: App,
    client: Client,
    /// Where the page after the first [`DEPTH`] payments starts.
    cursor: String,
    /// A payment in the middle of everything.
    middle: String,
    _gateway: Gateway,
    _dir: WorkDir,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    measure(args, &LISTS).await
}

/// The same for what analytics tells.
pub(crate) async fn run_analytics(args: Args) -> anyhow::Result<bool> {
    measure(args, &ANALYTICS).await
}

async fn measure(args: Args, kinds: &[(&str, Path)]) -> anyhow::Result<bool> {
    let server = match args.db {
        Db::Sqlite => None,
        Db::Postgres => Some(PrivatePostgres::start(&["shared_buffers=512MB", "max_wal_size=8GB"]).await?),
    };
    let mut small = Shelf::fill(&args, server.as_ref(), args.small).await?;
    let mut large = Shelf::fill(&args, server.as_ref(), args.large).await?;
    let mut tally = Tally::default();
    for (kind, path) in kinds {
        let (mut few, mut many) = (Latencies::default(), Latencies::default());
        for request in 0..args.requests + WARM_UP {
            for (shelf, latencies) in [(&mut small, &mut few), (&mut large, &mut many)] {
                let asked = path(shelf, request.wrapping_mul(7_919));
                let began = Instant::now();
                shelf.client.get(&asked, &shelf.app.api_key, None).await?;
                if request >= WARM_UP {
                    latencies.record(began.elapsed());
                }
            }
        }
        let (few, many) = (few.quantile(0.5), many.quantile(0.5));
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        let told =
            format!("{kind}: {} with {}, {} with {}, ratio {ratio:.2}", ms(few), args.small, ms(many), args.large);
        tally.check(ratio <= args.ratio_max, told);
    }
    Ok(tally.finish())
}

/// Requests of each kind before the clock starts.
const WARM_UP: u64 = 20;

type Path = fn(&Shelf, u64) -> String;

const LISTS: [(&str, Path); 9] = [
    ("newest", |_, _| "/api/payments".to_owned()),
    ("newest of a status", |_, _| "/api/payments?status=SUCCESS".to_owned()),
    ("newest expired", |_, _| "/api/payments?status=EXPIRED".to_owned()),
    ("newest pending", |_, _| "/api/payments?status=PENDING".to_owned()),
    ("a page far down", |shelf, _| format!("/api/payments?cursor={}", shelf.cursor)),
    ("by reference", |shelf, n| format!("/api/payments?reference_id=ORDER_{}", n % shelf.count)),
    ("search by a reference's start", |shelf, n| format!("/api/payments?q=ORDER_{}", shelf.whole_number(n))),
    ("total count", |_, _| "/api/payments?limit=1&include=total_count".to_owned()),
    ("one by id", |shelf, _| format!("/api/payments/{}", shelf.middle)),
];

const ANALYTICS: [(&str, Path); 5] = [
    ("overview", |_, _| "/api/analytics/overview".to_owned()),
    ("overview of a currency", |_, _| "/api/analytics/overview?currency=COINS".to_owned()),
    ("volume by the hour", |_, _| "/api/analytics/volume?time_zone=Asia/Kathmandu".to_owned()),
    ("volume by the day", |_, _| "/api/analytics/volume?bucket=day&time_zone=America/New_York".to_owned()),
    ("status", |_, _| "/api/analytics/status".to_owned()),
];

impl Shelf {
    async fn fill(args: &Args, server: Option<&PrivatePostgres>, count: u64) -> anyhow::Result<Self> {
        let dir = WorkDir::create("lists")?;
        let data_dir = dir.path().join("data");
        std::fs::create_dir(&data_dir)?;
        let name = format!("lists_{count}");
        if let Some(server) = server {
            postgres::execute(&server.url("postgres"), &format!("create database {name}")).await?;
        }
        let database_url = server.map(|server| server.url(&name));
        let setup = Setup {
            binary: args.binary.canonicalize().with_context(|| args.binary.display().to_string())?,
            listen: ([127, 0, 0, 1], free_port()?).into(),
            data_dir: data_dir.clone(),
            database_url: database_url.clone(),
            secret_key: secret_key(&mut StdRng::seed_from_u64(count)),
            planted: None,
            settings: Vec::new(),
            environment: Vec::new(),
            log: dir.path().join("gateway.log"),
        };
        let app = setup.create_app("lists", None)?;
        let began = Instant::now();
        match &database_url {
            Some(url) => seed::postgres(url, count).await?,
            None => seed::sqlite(&data_dir, count)?,
        }
        say(format!("{count} payments seeded in {:.0} s", began.elapsed().as_secs_f64()));
        let began = Instant::now();
        let told = setup.run(&["rollup", "rebuild"])?;
        say(format!("{} in {:.1} s", told.trim(), began.elapsed().as_secs_f64()));
        let mut gateway = setup.start()?;
        gateway.wait_until_ready().await?;
        let mut client = Client::new(setup.listen);
        let middle = format!("/api/payments?reference_id=ORDER_{}", count / 2);
        let found: Value = serde_json::from_slice(&client.get(&middle, &app.api_key, None).await?)?;
        let middle = found["data"][0]["payment_id"].as_str().context("the middle payment")?.to_owned();
        let cursor = walk_down(&mut client, &app.api_key).await?;
        Ok(Self { count, app, client, cursor, middle, _gateway: gateway, _dir: dir })
    }

    /// A number with as many digits as the largest one, so that it starts the reference of one payment alone.
    fn whole_number(&self, n: u64) -> u64 {
        let tenth = self.count / 10;
        tenth + n % (self.count - tenth)
    }
}

/// Payments above the page far down.
const DEPTH: usize = 5_000;

/// The cursor behind the newest [`DEPTH`] payments.
async fn walk_down(client: &mut Client, key: &str) -> anyhow::Result<String> {
    let mut path = "/api/payments?limit=100".to_owned();
    let mut cursor = String::new();
    for _ in 0..DEPTH / 100 {
        let page: Value = serde_json::from_slice(&client.get(&path, key, None).await?)?;
        cursor = page["next_cursor"].as_str().context("fewer payments than expected")?.to_owned();
        path = format!("/api/payments?limit=100&cursor={cursor}");
    }
    Ok(cursor)
}
