//! Many events at once, a socket that reads and one that does not: what the second has not taken waits in the log, not in
//! the gateway, which cuts it off; it comes back and misses nothing.

use super::resume::last_seq;
use super::{Args, Ground, STALL_MS};
use crate::batch::Caller;
use crate::live::{Heard, Socket, Way, auth};
use crate::process::{holds_connection, rss_kib};
use crate::report::{Tally, say};
use anyhow::{Context, ensure};
use std::time::{Duration, Instant};

/// What has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(60);
/// A reader that takes nothing is gone so long after the flood, sooner than its missing pongs would tell.
const CUT_OFF: Duration = Duration::from_millis(2 * STALL_MS + 1_000);
/// How long to wait for it.
const WAIT: Duration = Duration::from_secs(40);
/// Small: what the system holds for it must not keep the whole flood.
const RECEIVE_BYTES: u32 = 8 * 1_024;
const CONNECTIONS: usize = 32;

/// Runs the measurement.
pub(super) async fn measure(args: &Args, ground: &Ground, tally: &mut Tally) -> anyhow::Result<()> {
    let app = &ground.flooded;
    // What creating costs is no socket's: the gateway does as much of it before.
    let busy = Caller { address: ground.address, key: ground.busy.api_key.clone(), connections: CONNECTIONS };
    busy.create(args.flood, |_| None).await?;
    let seen = last_seq(ground.address, &app.api_key).await?;
    let end = seen + i64::try_from(args.flood)?;
    let auth = auth(&app.api_key, Some(seen));
    let healthy = Socket::connect(ground.address, &auth).await?;
    let way = Way { receive_bytes: Some(RECEIVE_BYTES), ..Way::default() };
    let mut stalled = Socket::connect_from(ground.address, way, &auth).await?;

    let (before, _) = rss_kib(ground.pid)?;
    let began = Instant::now();
    let caller = Caller { address: ground.address, key: app.api_key.clone(), connections: CONNECTIONS };
    let watching = tokio::spawn(cut_off(ground.address.port(), stalled.port()?, began));
    let reading = tokio::spawn(read_on(healthy, seen, end));
    let (batch, most) = tokio::join!(caller.create(args.flood, |_| None), watch(ground.pid, &reading));
    let took = began.elapsed();
    let made = batch?.len();
    let (told, _healthy) = reading.await?;
    say(format!("        a flood of {made} events in {took:.1?}, with one socket that does not read"));
    tally.check(told == end, format!("the socket that reads was told up to {told} of {end}"));
    let [before_mib, most_mib] = [before, most?].map(|kib| kib as f64 / 1_024.0);
    let words = format!("memory: {before_mib:.1} MiB before the flood, {most_mib:.1} MiB at most");
    tally.check(most_mib - before_mib <= args.growth_max_mib, words);

    let cut = watching.await??;
    let words = format!("the one that does not was cut off {cut:.1?} after the flood's beginning");
    tally.check(cut.is_some_and(|cut| cut <= took + CUT_OFF), words);
    let last = drain(&mut stalled, seen).await?;
    tally.check(last < end, format!("it had been told up to {last} of {end} by then"));
    let back = Socket::connect(ground.address, &crate::live::auth(&app.api_key, Some(last))).await?;
    let (told, _) = read_on(back, last, end).await;
    tally.check(told == end, format!("it came back and was told the rest, up to {told} of {end}, in order"));
    Ok(())
}

/// Reads a socket to this end; the last number before anything was missing, and the socket if it still is one.
async fn read_on(mut socket: Socket, seen: i64, end: i64) -> (i64, Option<Socket>) {
    let mut last = seen;
    while last < end {
        match tokio::time::timeout(PATIENCE, socket.next_event()).await {
            Ok(Ok(event)) if event.seq == last + 1 => last = event.seq,
            _ => return (last, None),
        }
    }
    (last, Some(socket))
}

/// The most memory that the process had until the reading ended.
async fn watch(pid: u32, reading: &tokio::task::JoinHandle<(i64, Option<Socket>)>) -> anyhow::Result<u64> {
    let mut most = 0;
    while !reading.is_finished() {
        most = most.max(rss_kib(pid)?.0);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(most)
}

/// Waits until the gateway has left a connection; when that was.
async fn cut_off(listening: u16, port: u16, began: Instant) -> anyhow::Result<Option<Duration>> {
    while began.elapsed() < WAIT {
        if !holds_connection(listening, port)? {
            return Ok(Some(began.elapsed()));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

/// Reads what the system still holds for a socket whose other end has left.
async fn drain(socket: &mut Socket, seen: i64) -> anyhow::Result<i64> {
    let mut last = seen;
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.context("the connection is still open")? {
            Ok(Heard::Ready(after)) => ensure!(after == seen, "ready behind {after} instead of {seen}"),
            Ok(Heard::Event(json)) => {
                let event: crate::live::Event = serde_json::from_str(&json)?;
                ensure!(event.seq == last + 1, "{} instead of {}", event.seq, last + 1);
                last = event.seq;
            }
            Err(_) => return Ok(last),
        }
    }
}
