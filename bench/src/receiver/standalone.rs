//! `receive`: the receiver by itself, for looking at what a gateway sends.

use super::{Behaviour, Counts, Ledger, Receiver, loopback};
use crate::report::say;
use std::time::Duration;

/// Arguments of `receive`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where it listens on 127.0.0.1; 0 takes a free port.
    #[arg(long, default_value_t = 9_099)]
    port: u16,
    /// On so many loopback addresses, from 127.0.0.1 on: each is an origin of its own.
    #[arg(long, default_value_t = 1)]
    addresses: usize,
    /// What happens to requests whose path names nothing else: ok, hang, drip, status-N, fail-N, flaky-SEED, slow-MS.
    #[arg(long, default_value = "ok")]
    behaviour: Behaviour,
}

/// Says once a second what has come, until it is ended.
pub(crate) async fn run(args: Args) -> anyhow::Result<bool> {
    let receiver = Receiver::start_with(&loopback(args.addresses, args.port), args.behaviour, Ledger::counting())?;
    say(format!("receiving at {}, treating it as {} says", receiver.url(0, "/"), args.behaviour));
    let mut before = Counts::default();
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = receiver.ledger().counts();
        if now.requests > before.requests {
            let cpu_us = receiver.cpu().as_micros() as f64 / now.requests as f64;
            say(format!(
                "{:>6}/s  {} requests, {} answered 2xx; {} events, {} accepted; {cpu_us:.1} µs of CPU per request",
                now.requests - before.requests,
                now.requests,
                now.answered_2xx,
                now.events,
                now.accepted
            ));
        }
        before = now;
    }
}
