//! Payments made beforehand, to be completed at a chosen pace: what every measurement of deliveries begins with.

use crate::http::raw::{RawConnection, find};
use crate::receiver::Ledger;
use crate::stats::Latencies;
use anyhow::{Context, ensure};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// An app at a gateway, as a client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Where the gateway listens.
    pub(crate) address: SocketAddr,
    /// The app's key.
    pub(crate) key: String,
    /// Keep-alive connections, each with one request under way.
    pub(crate) connections: usize,
}

/// Payments that wait to be completed.
pub(crate) struct Batch {
    caller: Caller,
    ids: Arc<Vec<String>>,
}

/// How fast to complete them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Pace {
    /// Each connection as soon as it has its answer.
    Flat,
    /// So many a second, however long each takes, as long as a connection is free.
    PerSecond(f64),
}

/// What completing them was like.
#[derive(Default, Debug)]
pub(crate) struct Completed {
    /// When each payment's request was sent.
    pub(crate) sent: HashMap<String, Instant>,
    /// Time to each answer.
    pub(crate) answers: Latencies,
    /// Answers that were not 2xx.
    pub(crate) refused: usize,
    /// How far the pace was missed at worst.
    pub(crate) behind: Duration,
}

impl Caller {
    /// Makes so many payments. `webhook_url` says where each one's events go; `None` leaves it to the app's endpoints.
    pub(crate) async fn create(
        &self,
        count: usize,
        webhook_url: impl Fn(usize) -> Option<String>,
    ) -> anyhow::Result<Batch> {
        let salt = crate::clock::now_ms();
        let bodies: Vec<String> = (0..count).map(|n| create_body(n, salt, webhook_url(n))).collect();
        let mut made = self.each(bodies.into(), Pace::Flat, create_one).await?;
        made.sort_unstable_by_key(|done| done.n);
        let refused = made.iter().filter(|done| !done.accepted).count();
        ensure!(refused == 0, "{refused} of {count} creates were refused");
        let ids = made.into_iter().map(|done| done.payment_id.context("a created payment without its id"));
        Ok(Batch { caller: self.clone(), ids: Arc::new(ids.collect::<anyhow::Result<_>>()?) })
    }

    /// Hands the items out to the connections, in their order.
    async fn each(&self, items: Arc<Vec<String>>, pace: Pace, ask: AskOf) -> anyhow::Result<Vec<Done>> {
        let (next, mut tasks) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
        let mut lines = Vec::with_capacity(self.connections);
        for _ in 0..self.connections.min(items.len()) {
            lines.push(RawConnection::connect(self.address).await?);
        }
        let began = Instant::now();
        for connection in lines {
            let (caller, items, next) = (self.clone(), Arc::clone(&items), Arc::clone(&next));
            tasks.spawn(caller.work(connection, items, next, Paced { began, pace }, ask));
        }
        let mut all = Vec::with_capacity(items.len());
        while let Some(done) = tasks.join_next().await {
            all.extend(done??);
        }
        Ok(all)
    }

    /// One connection's share.
    async fn work(
        self,
        mut connection: RawConnection,
        items: Arc<Vec<String>>,
        next: Arc<AtomicUsize>,
        paced: Paced,
        ask: AskOf,
    ) -> anyhow::Result<Vec<Done>> {
        let mut all = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(n) else { return Ok(all) };
            let request = ask(&self, item);
            let behind = paced.wait(n).await;
            let sent = Instant::now();
            let answer = connection.exchange(&request).await?;
            let (took, accepted) = (sent.elapsed(), (200..300).contains(&answer.status));
            let payment_id = payment_id(answer.body);
            all.push(Done { n, payment_id, sent, took, behind, accepted });
        }
    }

    fn post(&self, path: &str, body: &str) -> Vec<u8> {
        let Self { address, key, .. } = self;
        let bytes = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

impl Batch {
    /// How many payments it has.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Completes them all; their events follow.
    pub(crate) async fn complete(&self, pace: Pace) -> anyhow::Result<Completed> {
        let mut completed = Completed::default();
        for done in self.caller.each(Arc::clone(&self.ids), pace, complete_one).await? {
            completed.answers.record(done.took);
            completed.refused += usize::from(!done.accepted);
            completed.behind = completed.behind.max(done.behind);
            completed.sent.insert(self.ids[done.n].clone(), done.sent);
        }
        Ok(completed)
    }
}

impl Completed {
    /// The moment at which the first was sent.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.sent.values().min().copied()
    }

    /// From sending each complete to the first receipt of its event, and the moment of the last of these receipts.
    pub(crate) fn deliveries(&self, ledger: &Ledger) -> (Latencies, Option<Instant>) {
        let (mut latencies, mut last) = (Latencies::default(), None);
        for receipt in ledger.receipts().iter().filter(|receipt| receipt.nth == 1) {
            if let Some(sent) = receipt.payment_id().and_then(|id| self.sent.get(id)) {
                latencies.record(receipt.at.saturating_duration_since(*sent));
                last = last.max(Some(receipt.at));
            }
        }
        (latencies, last)
    }
}

type AskOf = fn(&Caller, &str) -> Vec<u8>;

/// An answered request.
struct Done {
    n: usize,
    payment_id: Option<String>,
    sent: Instant,
    took: Duration,
    behind: Duration,
    accepted: bool,
}

#[derive(Clone, Copy)]
struct Paced {
    began: Instant,
    pace: Pace,
}

impl Paced {
    /// Waits for the turn of request `n`; answers how late it is.
    async fn wait(self, n: usize) -> Duration {
        let Pace::PerSecond(rate) = self.pace else { return Duration::ZERO };
        let due = self.began + Duration::from_secs_f64(n as f64 / rate);
        tokio::time::sleep_until(due.into()).await;
        due.elapsed()
    }
}

fn create_body(n: usize, salt: i64, webhook_url: Option<String>) -> String {
    let hook = webhook_url.map(|url| format!(r#","webhook_url":"{url}""#)).unwrap_or_default();
    format!(
        r#"{{"amount":500,"currency":"COINS","reference_id":"ORDER_{salt}_{n}","description":"Event Ticket Purchase","metadata":{{"order_id":"123","user_email":"user@example.com"}}{hook}}}"#
    )
}

fn create_one(caller: &Caller, body: &str) -> Vec<u8> {
    caller.post("/api/payments/create", body)
}

fn complete_one(caller: &Caller, id: &str) -> Vec<u8> {
    caller.post(&format!("/api/payments/{id}/complete"), r#"{"status":"SUCCESS"}"#)
}

fn payment_id(body: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\"payment_id\":\"";
    let rest = &body[find(body, NAME)? + NAME.len()..];
    Some(String::from_utf8_lossy(&rest[..find(rest, b"\"")?]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::stub::Stub;
    use crate::receiver::{Receiver, loopback};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;

    const CREATED: &str = "HTTP/1.1 201 Created\r\ncontent-length: 22\r\n\r\n{\"payment_id\":\"pay_1\"}";
    const REFUSED: &str = "HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n";

    fn caller(stub: &Stub) -> Caller {
        Caller { address: stub.address(), key: "sk".into(), connections: 1 }
    }

    #[tokio::test]
    async fn what_was_created_is_completed() {
        // The empty answer stands for the next connection: each step opens its own.
        let stub = Stub::start(vec![vec![CREATED], vec![], vec![REFUSED]]).await;
        let hook = |n| Some(format!("http://127.0.0.1:1/{n}"));
        let batch = caller(&stub).create(1, hook).await.expect("created");
        assert_eq!(batch.len(), 1);
        let requests = stub.requests().concat();
        assert!(requests.contains("\"webhook_url\":\"http://127.0.0.1:1/0\""), "{requests}");
        let completed = batch.complete(Pace::Flat).await.expect("answered");
        assert_eq!((completed.refused, completed.answers.len()), (1, 1));
        assert!(stub.requests()[2].starts_with("POST /api/payments/pay_1/complete HTTP/1.1\r\n"));
        assert!(completed.sent.contains_key("pay_1") && completed.began().is_some());
    }

    #[tokio::test]
    async fn a_refused_create_is_an_error() {
        let stub = Stub::start(vec![vec![REFUSED]]).await;
        assert!(caller(&stub).create(1, |_| None).await.is_err());
    }

    #[tokio::test]
    async fn a_pace_is_kept_from_the_start() {
        let paced = Paced { began: Instant::now(), pace: Pace::PerSecond(100.0) };
        paced.wait(3).await;
        let waited = paced.began.elapsed();
        assert!(waited >= Duration::from_millis(30) && waited < Duration::from_secs(5), "{waited:?}");
        assert!(paced.wait(0).await >= Duration::from_millis(30), "the turn of the first is long over");
    }

    #[tokio::test]
    async fn only_the_first_receipt_of_what_was_sent_counts() {
        let receiver = Receiver::start(&loopback(1, 0)).expect("started");
        let address = receiver.url(0, "")["http://".len()..].to_owned();
        let mut stream = TcpStream::connect(&address).await.expect("connected");
        let completed =
            Completed { sent: HashMap::from([("pay_1".to_owned(), Instant::now())]), ..Completed::default() };
        for body in [r#"{"payment_id":"pay_1"}"#, r#"{"payment_id":"pay_1"}"#, r#"{"payment_id":"pay_2"}"#] {
            let request = format!("POST /ok HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(request.as_bytes()).await.expect("written");
        }
        assert!(receiver.wait_for(2, Duration::from_secs(5)).await);
        let (latencies, last) = completed.deliveries(&receiver.ledger());
        assert_eq!(latencies.len(), 1);
        assert_eq!(last, Some(receiver.ledger().receipts()[0].at));
    }
}
