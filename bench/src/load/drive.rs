//! The closed loop itself: every connection sends its next request as soon as it has its answer.

use super::template::Template;
use super::{Mode, Plan};
use crate::http::raw::{RawConnection, find};
use crate::stats::Latencies;
use anyhow::Context;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What the loops measured.
#[derive(Default, Debug)]
pub(super) struct Tapes {
    /// Time to each create's answer.
    pub(super) creates: Latencies,
    /// Time to each complete's answer.
    pub(super) completes: Latencies,
    /// Turns whose answers were all 2xx.
    pub(super) payments: u64,
    /// Answers that were not.
    pub(super) refused: u64,
    /// From the first request to the last answer.
    pub(super) elapsed: Duration,
}

/// Connections, ready to start together.
pub(super) struct Drive {
    loops: Vec<Loop>,
    window: Duration,
}

struct Loop {
    connection: RawConnection,
    create: Template,
    complete: Option<Template>,
}

impl Drive {
    /// Opens every connection.
    pub(super) async fn connect(address: SocketAddr, plan: &Plan) -> anyhow::Result<Self> {
        // References stay unique over runs: two runs do not start in the same millisecond on one machine.
        let salt = crate::clock::now_ms();
        let mut loops = Vec::with_capacity(plan.connections);
        for i in 0..plan.connections {
            loops.push(Loop {
                connection: RawConnection::connect(address).await?,
                create: Template::create(address, &plan.key, &format!("{i}_{salt}")),
                complete: (plan.mode == Mode::CreateComplete).then(|| Template::complete(address, &plan.key)),
            });
        }
        Ok(Self { loops, window: plan.window })
    }

    /// Runs all loops until the window closes and puts their tapes together.
    pub(super) async fn run(self) -> anyhow::Result<Tapes> {
        let began = Instant::now();
        let end = began + self.window;
        let mut tasks = JoinSet::new();
        for turning in self.loops {
            tasks.spawn(turning.run(end));
        }
        let mut all = Tapes::default();
        while let Some(tapes) = tasks.join_next().await {
            let Tapes { creates, completes, payments, refused, .. } = tapes??;
            all.creates.merge(creates);
            all.completes.merge(completes);
            all.payments += payments;
            all.refused += refused;
        }
        all.elapsed = began.elapsed();
        Ok(all)
    }
}

impl Loop {
    async fn run(mut self, end: Instant) -> anyhow::Result<Tapes> {
        let mut tapes = Tapes::default();
        let mut now = Instant::now();
        for n in 1.. {
            now = self.turn(n, now, &mut tapes).await?;
            if now >= end {
                break;
            }
        }
        Ok(tapes)
    }

    /// One payment, from `began` on; answers when it was over.
    async fn turn(&mut self, n: u64, began: Instant, tapes: &mut Tapes) -> anyhow::Result<Instant> {
        let answer = self.connection.exchange(self.create.numbered(n)).await?;
        let created = Instant::now();
        tapes.creates.record(created - began);
        if !(200..300).contains(&answer.status) {
            tapes.refused += 1;
            return Ok(created);
        }
        let Some(complete) = &mut self.complete else {
            tapes.payments += 1;
            return Ok(created);
        };
        let id = payment_id(answer.body).context("a created payment without its id")?;
        let request = complete.addressed(id).context("a payment id of another length")?;
        let status = self.connection.exchange(request).await?.status;
        let completed = Instant::now();
        tapes.completes.record(completed - created);
        match status {
            200..300 => tapes.payments += 1,
            _ => tapes.refused += 1,
        }
        Ok(completed)
    }
}

fn payment_id(body: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"\"payment_id\":\"";
    let rest = &body[find(body, NAME)? + NAME.len()..];
    Some(&rest[..find(rest, b"\"")?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::stub::Stub;

    const CREATED: &str =
        "HTTP/1.1 201 Created\r\ncontent-length: 43\r\n\r\n{\"payment_id\":\"pay_0123456789012345678901\"}";
    const REFUSED: &str = "HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n";

    fn plan(mode: Mode, window: Duration) -> Plan {
        Plan { url: String::new(), key: "sk".into(), connections: 1, window, mode }
    }

    #[tokio::test]
    async fn a_turn_creates_and_completes_the_same_payment() {
        let stub = Stub::start(vec![vec![CREATED], vec![REFUSED]]).await;
        let drive = Drive::connect(stub.address(), &plan(Mode::CreateComplete, Duration::from_micros(1))).await;
        let tapes = drive.expect("connected").run().await.expect("one turn");
        assert_eq!((tapes.creates.len(), tapes.completes.len()), (1, 1));
        assert_eq!((tapes.payments, tapes.refused), (0, 1));
        assert!(stub.requests()[1].starts_with("POST /api/payments/pay_0123456789012345678901/complete "));
    }

    #[tokio::test]
    async fn a_server_that_leaves_is_an_error() {
        let stub = Stub::start(vec![vec![CREATED]]).await;
        let drive = Drive::connect(stub.address(), &plan(Mode::Create, Duration::from_secs(60))).await;
        assert!(drive.expect("connected").run().await.is_err());
    }

    #[test]
    fn the_payment_id_is_cut_out_of_the_body() {
        assert_eq!(payment_id(br#"{"payment_id":"pay_1","a":2}"#), Some(&b"pay_1"[..]));
        assert_eq!(payment_id(b"{}"), None);
    }
}
