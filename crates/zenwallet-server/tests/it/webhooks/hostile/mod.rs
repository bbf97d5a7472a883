//! Hostile receivers, through the whole engine and by the machine's clock: payments are completed over HTTP, nodes
//! deliver, and whoever suffers must be nobody but the receiver itself. Times have wide bounds, since the machine may
//! be slow; counts and order have none.

/// Runs every named case, an `async fn(Kind)` that brings its own nodes, on both databases.
macro_rules! both_databases_by_themselves {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() { $crate::support::block_on(super::$case($crate::support::Kind::Sqlite)); })*
        }
        mod postgres {
            $(#[test] fn $case() { $crate::support::block_on(super::$case($crate::support::Kind::Postgres)); })*
        }
    };
}

mod hanging;
mod nodes;
mod storm;

use super::{delivery, list, text, until_all_are_over};
use crate::support::{Database, Endurance, Kind, LOG_RULES, PUBLIC_URL, Tenant, TestApp, id_of, options};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zenwallet_core::app::Environment;
use zenwallet_core::delivery::RetrySchedule;
use zenwallet_core::egress::Cidr;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::{Clock, ManualClock, Timestamp};
use zenwallet_server::egress::Egress;
use zenwallet_server::gateway::{Gateway, InstanceKey, NewApp, WebhookRules};
use zenwallet_server::worker::{Dispatch, Slots, run_deliveries};
use zenwallet_server::{App, AppOptions};
use zenwallet_store::Leasing;
use zenwallet_testing::receiver::Receiver;

/// How much longer an attempt may seem to take on a machine that has other things to do.
const TIMEOUT_SLACK_MS: i64 = 600;
/// How much longer than an attempt a delivery stays with its node: the least that the product takes.
const LEASE_SLACK_MS: i64 = 3_000;
/// As in the product, an app has an eighth of all slots.
const SLOTS: Slots = Slots { total: 256, per_app: 32, per_lane: 8 };
/// Within which time a healthy receiver has nearly all of its events.
const PROMPT: Duration = Duration::from_secs(1);
/// Within which time it has half of them: less than what one that hangs would hold them up.
const PROMPT_USUALLY: Duration = Duration::from_millis(150);
/// Fewer events of a healthy receiver would say little.
const TRICKLE_MIN: usize = 100;
/// Longest wait for something that takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// How a node's deliveries go on.
#[derive(Clone, Copy)]
struct Pace {
    /// Time of one attempt, in milliseconds.
    timeout_ms: i64,
    /// Waits after failures, in milliseconds.
    waits_ms: &'static [i64],
}

impl Pace {
    /// How long a delivery stays with its node, in milliseconds.
    const fn lease_ms(self) -> i64 {
        self.timeout_ms + LEASE_SLACK_MS
    }
}

/// One process of the product over a database, with the machine's clock.
struct Node {
    app: Arc<TestApp>,
    stop: CancellationToken,
    dispatcher: Option<JoinHandle<()>>,
}

impl Node {
    /// The first node, over a fresh database, with apps `a` and `b`.
    async fn first(kind: Kind, name: &'static str, pace: Pace) -> Self {
        let database = Database::fresh(kind).await;
        Self::open(database, name, pace, true, None).await
    }

    /// One that takes requests and delivers nothing, over a fresh database.
    async fn first_without_worker(kind: Kind, pace: Pace) -> Self {
        Self::open(Database::fresh(kind).await, "front", pace, false, None).await
    }

    /// Another node over the same database.
    async fn beside(first: &Self, name: &'static str, pace: Pace) -> Self {
        Self::open(first.app.database.clone(), name, pace, true, Some(&first.app)).await
    }

    async fn open(
        database: Database,
        name: &'static str,
        pace: Pace,
        delivers: bool,
        beside: Option<&TestApp>,
    ) -> Self {
        let (handoff, inbox) = zenwallet_store::handoff(1_024);
        let (node, lease_ms) = (Arc::from(name), pace.lease_ms());
        let leasing = Leasing { node, lease_ms, handoff: delivers.then(|| handoff.clone()) };
        let ids = Arc::new(IdSource::System);
        let store = database.store(Clock::System, &ids, Endurance::default(), leasing).await;
        let (key, rules) = (InstanceKey::new([7; 32]), rules(name, pace));
        let gateway =
            Gateway::new(store.clone(), Clock::System, Arc::clone(&ids), key, rules, LOG_RULES, PUBLIC_URL).await;
        let gateway = Arc::new(gateway.unwrap());
        let [a, b, live] = match beside {
            Some(app) => [app.a.clone(), app.b.clone(), app.live.clone()],
            None => [tenant(&gateway).await, tenant(&gateway).await, tenant(&gateway).await],
        };
        let stop = CancellationToken::new();
        let dispatcher = delivers.then(|| {
            let (gateway, grace) = (Arc::clone(&gateway), Duration::from_secs(5));
            tokio::spawn(run_deliveries(Dispatch { gateway, slots: SLOTS, handoff, inbox, grace }, stop.clone()))
        });
        let app = App::new(Arc::clone(&gateway), AppOptions { body_timeout: Duration::from_secs(5), ..options() });
        // Nobody looks at this clock.
        let clock = ManualClock::new(Timestamp::from_ms(0));
        let app = Arc::new(TestApp { app, gateway, store, clock, ids, a, b, live, database });
        Self { app, stop, dispatcher }
    }

    /// Lets the dispatcher vanish: nothing is given back, and what it had not begun stays leased to it.
    async fn lose_dispatcher(&mut self) {
        let dispatcher = self.dispatcher.take().unwrap();
        dispatcher.abort();
        assert!(dispatcher.await.unwrap_err().is_cancelled());
    }

    /// Stops as the product does, but for the database.
    async fn end(self) {
        self.stop.cancel();
        if let Some(dispatcher) = self.dispatcher {
            tokio::time::timeout(Duration::from_secs(10), dispatcher).await.unwrap().unwrap();
        }
        self.app.store.close().await;
    }

    /// Stops, and removes the database.
    async fn end_last(self) {
        let database = self.app.database.clone();
        self.end().await;
        database.remove().await;
    }
}

/// A new test app without a rate limit.
async fn tenant(gateway: &Gateway) -> Tenant {
    let name = "Shop".to_owned();
    let new = NewApp { name, environment: Environment::Test, webhook_url: None, rate_limit_per_s: Some(0) };
    let made = gateway.create_app(new).await.unwrap();
    let key = made.api_key.reveal().to_owned();
    Tenant { app_id: made.app.id, key, webhook_secret: made.webhook_secret }
}

fn rules(node: &str, pace: Pace) -> WebhookRules {
    let loopback = Cidr::parse("127.0.0.0/8").into_iter().collect();
    let day = Duration::from_secs(86_400);
    WebhookRules {
        egress: Arc::new(Egress::new(loopback, Vec::new(), Vec::new())),
        schedule: RetrySchedule::new(pace.waits_ms.to_vec()),
        disable_after: day,
        log_retention: day,
        timeout: Duration::from_millis(pace.timeout_ms.unsigned_abs()),
        node: Arc::from(node),
        nudge: Arc::default(),
    }
}

/// The moment that a text tells, in milliseconds.
#[track_caller]
fn at_ms(value: &Value) -> i64 {
    Timestamp::parse_rfc3339(&text(value)).unwrap().as_ms()
}

/// Every delivery that a query means, newest first.
async fn every(app: &TestApp, tenant: &Tenant, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut page = list(app, tenant, &format!("{query}&limit=100&cursor={cursor}")).await;
        all.append(page["data"].as_array_mut().unwrap());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return all,
        }
    }
}

/// The same with their attempts.
async fn every_detail(app: &TestApp, tenant: &Tenant, query: &str) -> Vec<Value> {
    let mut details = Vec::new();
    for item in every(app, tenant, query).await {
        details.push(delivery(app, tenant, &text(&item["delivery_id"])).await);
    }
    details
}

fn attempts(delivery: &Value) -> &[Value] {
    delivery["attempts_log"].as_array().unwrap()
}

/// When an attempt began and when it was over, in milliseconds; both rounded down.
fn span(attempt: &Value) -> (i64, i64) {
    let begun = at_ms(&attempt["started_at"]);
    (begun, begun + attempt["duration_ms"].as_i64().unwrap())
}

/// So many payments that wait for their ends.
async fn prepare(app: &Arc<TestApp>, tenant: &Tenant, count: usize) -> Vec<String> {
    let create = || {
        let (app, tenant) = (Arc::clone(app), tenant.clone());
        async move { id_of(&app.pay_me(&tenant, json!({})).await) }
    };
    crate::support::at_once((0..count).map(|_| create())).await
}

/// Completes payments, all at once.
async fn complete_all(app: &Arc<TestApp>, tenant: &Tenant, payments: &[String]) {
    let complete = |id: &String| {
        let (app, tenant, id) = (Arc::clone(app), tenant.clone(), id.clone());
        async move { app.complete(&tenant, &id, json!({"status": "SUCCESS"})).await.expect(200) }
    };
    crate::support::at_once(payments.iter().map(complete)).await;
}

/// Completes payments one after the other, with a rest between, until told to stop and there are some; when each was
/// asked for.
async fn trickle(app: Arc<TestApp>, tenant: Tenant, stop: CancellationToken) -> BTreeMap<String, Instant> {
    const REST: Duration = Duration::from_millis(15);
    let mut asked = BTreeMap::new();
    while !stop.is_cancelled() || asked.len() < TRICKLE_MIN {
        let id = id_of(&app.pay_me(&tenant, json!({})).await);
        asked.insert(id.clone(), Instant::now());
        app.complete(&tenant, &id, json!({"status": "SUCCESS"})).await.expect(200);
        tokio::time::sleep(REST).await;
    }
    asked
}

/// Fails unless a healthy receiver got one event of each of these payments, nearly all of them promptly and in the
/// first attempt.
async fn check_unharmed(app: &TestApp, tenant: &Tenant, receiver: &Receiver, asked: &BTreeMap<String, Instant>) {
    until_all_are_over(app, tenant).await;
    let heard = receiver.requests();
    let mut waits: BTreeMap<String, Duration> = BTreeMap::new();
    for request in &heard {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let id = text(&body["payment_id"]);
        let wait = (receiver.started() + request.at).saturating_duration_since(asked[&id]);
        waits.entry(id).or_insert(wait);
    }
    assert_eq!(waits.len(), asked.len(), "an event is missing");
    let mut sorted: Vec<_> = waits.into_values().collect();
    sorted.sort();
    let p99 = sorted[(sorted.len() * 99).div_ceil(100) - 1];
    let p50 = sorted[sorted.len() / 2];
    assert!(p50 < PROMPT_USUALLY && p99 < PROMPT, "p50 {p50:?}, p99 {p99:?} of {}", sorted.len());
    let made = every(app, tenant, "").await;
    assert_eq!(made.len(), asked.len());
    assert!(made.iter().all(|item| item["status"] == "DELIVERED"));
    let again = made.iter().filter(|item| item["attempts"] != 1).count();
    assert!(again * 100 <= made.len(), "{again} of {} needed another attempt", made.len());
    let attempts: u64 = made.iter().map(|item| item["attempts"].as_u64().unwrap()).sum();
    assert!(heard.len() as u64 <= attempts, "{} requests in {attempts} attempts", heard.len());
    #[expect(clippy::print_stderr, reason = "nextest shows it with the case")]
    {
        eprintln!("healthy: {} events, p50 {p50:?}, p99 {p99:?}", sorted.len());
    }
}
