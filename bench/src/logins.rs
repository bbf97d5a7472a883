//! `logins`: what payments feel of people who log in. Hashing a password takes a core for tens of milliseconds; it must
//! not take them from whoever pays.

use crate::gateway::App;
use crate::http::raw::RawConnection;
use crate::report::{Tally, say};
use crate::site::{Options, Site};
use crate::stats::{Latencies, ms};
use anyhow::{Context, bail};
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Connections that pay.
const PAYING: usize = 16;
/// Connections that log in: more than can be served at once, so that a slow answer holds back no other.
const LOGGING_IN: usize = 200;
/// Who logs in, in turn.
const USERS: usize = 40;

/// Arguments of `logins`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    site: Options,
    /// How long payments are measured alone, and then again beside logins.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Payments created a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Logins a second.
    #[arg(long, default_value_t = 50)]
    logins: u32,
    /// So long may the slowest but one percent of the payments take, in milliseconds.
    #[arg(long, default_value_t = 100)]
    latency_max_ms: u64,
}

/// What a command that makes a user prints.
#[derive(Deserialize)]
struct Made {
    password: String,
}

/// What came back, by its meaning.
#[derive(Default)]
struct Outcome {
    latencies: Latencies,
    done: u64,
    /// Told to come back later.
    put_off: u64,
}

/// Runs `logins`.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    // Each login says that it comes from somewhere else, as people do.
    let settings = ["http.trusted_proxies=127.0.0.0/8".to_owned()];
    let site = args.site.prepare("logins", &settings).await?;
    let (app, logins) = (site.setup().create_app("shop", None)?, logins(&site)?);
    let _gateway = site.start().await?;
    let address = site.setup().listen;
    let payments = payments(address, &app);
    let mut tally = Tally::default();

    let mut alone = drive(address, &payments, PAYING, args.rate, args.seconds).await?;
    say(format!("payments alone: {}, {}", alone.done, quantiles(&mut alone.latencies)));
    let beside = tokio::join!(
        drive(address, &payments, PAYING, args.rate, args.seconds),
        drive(address, &logins, LOGGING_IN, args.logins, args.seconds),
    );
    let (mut paid, mut entered) = (beside.0?, beside.1?);
    let wanted = u64::from(args.logins) * args.seconds;
    let words = format!("logins: {} of {wanted} let in, {} put off", entered.done, entered.put_off);
    let all = entered.done + entered.put_off >= wanted * 95 / 100;
    tally.check(all, format!("{words}, {}", quantiles(&mut entered.latencies)));
    let p99 = paid.latencies.quantile(0.99);
    let words = format!("payments beside logins: {}, {}", paid.done, quantiles(&mut paid.latencies));
    let kept = p99 < Duration::from_millis(args.latency_max_ms) && paid.put_off == 0;
    tally.check(kept, format!("{words}; p99 at most {} ms", args.latency_max_ms));
    Ok(tally.finish())
}

fn quantiles(latencies: &mut Latencies) -> String {
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|q| ms(latencies.quantile(q)));
    format!("p50 {p50}  p99 {p99}  at most {most}")
}

/// The requests of users who log in.
fn logins(site: &Site) -> anyhow::Result<Vec<String>> {
    let mut requests = Vec::with_capacity(USERS);
    for number in 0..USERS {
        let email = format!("user{number}@example.com");
        let printed = site.setup().run(&["user", "create", "--email", &email, "--name", "Somebody", "--json"])?;
        let line = printed.lines().rfind(|line| line.starts_with('{')).context("no user in what it printed")?;
        let Made { password } = serde_json::from_str(line)?;
        let body = serde_json::json!({"email": email, "password": password}).to_string();
        let from = format!("X-Forwarded-For: 198.51.100.{number}\r\n");
        requests.push(post(site.setup().listen, "/api/auth/login", &from, &body));
    }
    Ok(requests)
}

fn payments(address: SocketAddr, app: &App) -> Vec<String> {
    let authorization = format!("Authorization: Bearer {}\r\n", app.api_key);
    vec![post(address, "/api/payments/create", &authorization, r#"{"amount":5,"currency":"COINS"}"#)]
}

fn post(address: SocketAddr, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends these requests in turn, so many a second, whether or not the earlier ones are answered. The time of each counts
/// from when it was due.
async fn drive(
    address: SocketAddr,
    requests: &[String],
    connections: usize,
    per_s: u32,
    seconds: u64,
) -> anyhow::Result<Outcome> {
    let (mut tasks, began) = (JoinSet::new(), Instant::now() + Duration::from_millis(200));
    let interval = Duration::from_secs(1) / per_s;
    let count = u64::from(per_s) * seconds;
    for first in 0..connections {
        let own: Vec<u64> = (0..count).skip(first).step_by(connections).collect();
        let requests = requests.to_vec();
        tasks.spawn(async move {
            let (mut connection, mut outcome) = (RawConnection::connect(address).await?, Outcome::default());
            for number in own {
                let due = began + interval * u32::try_from(number)?;
                tokio::time::sleep_until(due.into()).await;
                let request = &requests[usize::try_from(number)? % requests.len()];
                match connection.exchange(request.as_bytes()).await?.status {
                    200 | 201 => outcome.done += 1,
                    429 | 503 => outcome.put_off += 1,
                    other => bail!("answered {other}: {request}"),
                }
                outcome.latencies.record(due.elapsed());
            }
            Ok(outcome)
        });
    }
    let mut all = Outcome::default();
    while let Some(outcome) = tasks.join_next().await {
        let Outcome { latencies, done, put_off } = outcome??;
        all.latencies.merge(latencies);
        all.done += done;
        all.put_off += put_off;
    }
    Ok(all)
}
