//! Good clients: each creates a payment, takes a breath, and creates the next.

use crate::http::careful::{Ask, Client};
use crate::stats::Latencies;
use hyper::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Their pace, so that they measure the server and do not load it.
const BREATH: Duration = Duration::from_millis(25);

/// Running good clients.
pub(super) struct Good {
    done: Arc<AtomicBool>,
    tasks: JoinSet<(Latencies, u64)>,
}

impl Good {
    /// Starts so many.
    pub(super) fn start(address: SocketAddr, key: &str, clients: usize) -> Self {
        let (done, mut tasks) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for i in 0..clients {
            let name = format!("GOOD_{i}_{}", crate::clock::now_ms());
            tasks.spawn(behave(address, key.to_owned(), name, Arc::clone(&done)));
        }
        Self { done, tasks }
    }

    /// Ends them; answers how long their requests took and how many failed.
    pub(super) async fn finish(&mut self) -> anyhow::Result<(Latencies, u64)> {
        self.done.store(true, Ordering::Relaxed);
        let (mut all, mut failures) = (Latencies::default(), 0);
        while let Some(ended) = self.tasks.join_next().await {
            let (latencies, failed) = ended?;
            all.merge(latencies);
            failures += failed;
        }
        Ok((all, failures))
    }
}

async fn behave(address: SocketAddr, key: String, name: String, done: Arc<AtomicBool>) -> (Latencies, u64) {
    let (mut client, mut latencies, mut failures) = (Client::new(address), Latencies::default(), 0);
    for n in 0_u64.. {
        // Every tenth time on a new connection: those who come now must get in, too.
        if n % 10 == 9 {
            client = Client::new(address);
        }
        let body = format!(r#"{{"amount":500,"currency":"COINS","reference_id":"{name}_{n}"}}"#);
        let ask = Ask {
            method: Method::POST,
            path: "/api/payments/create",
            bearer: Some(&key),
            body: Some(&body),
            ..Ask::default()
        };
        let began = Instant::now();
        let answer = client.send(&ask).await;
        latencies.record(began.elapsed());
        failures += u64::from(!answer.is_ok_and(|answer| answer.status == 201));
        if done.load(Ordering::Relaxed) {
            break;
        }
        tokio::time::sleep(BREATH).await;
    }
    (latencies, failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::stub::Stub;

    #[tokio::test]
    async fn refusals_are_failures_and_are_timed() {
        let stub = Stub::start(vec![vec!["HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"]]).await;
        let mut good = Good::start(stub.address(), "sk", 1);
        let (latencies, failures) = good.finish().await.expect("ended");
        assert_eq!((latencies.len(), failures), (1, 1));
    }
}
