//! Every persona at once, beside one app whose receiver is healthy.

use super::super::signed::check_signatures;
use super::super::{called, column, endpoint_at, paid, read_endpoint, received, retry, text};
use super::{
    Node, PATIENCE, Pace, TIMEOUT_SLACK_MS, at_ms, attempts, check_unharmed, every, every_detail, span, tenant,
    trickle, until_all_are_over,
};
use crate::support::{Kind, Tenant, TestApp, eventually};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zenwallet_core::delivery::RETRY_AFTER_MAX_MS;
use zenwallet_core::time::{Clock, Timestamp};
use zenwallet_testing::receiver::{Persona, Receiver};

both_databases_by_themselves! {
    no_receiver_harms_anybody_but_itself,
}

const PACE: Pace = Pace { timeout_ms: 400, waits_ms: &[40, 60, 80] };
/// Endpoints of one hostile app.
const FOES_PER_APP: usize = 18;
/// Payments of each hostile app; the first shows who is gone.
const PAYMENTS: usize = 3;
/// What waits longer than this was pushed out by `Retry-After`: no wait of the schedule, and no lease, lasts so long.
const PUSHED_MS: i64 = 4_000;
/// How late what was written down may seem.
const LATE_MS: i64 = 2_000;
/// How much the process may grow, in KiB.
const GROWTH_MAX_KIB: u64 = 30 * 1024;

/// A hostile receiver and the endpoint that leads there.
struct Foe {
    persona: Persona,
    receiver: Receiver,
    endpoint_id: String,
}

/// An app with hostile receivers alone.
struct Camp {
    tenant: Tenant,
    foes: Vec<Foe>,
}

impl Camp {
    /// Whom a delivery was for.
    fn foe(&self, delivery: &Value) -> &Foe {
        self.foes.iter().find(|foe| delivery["endpoint_id"] == foe.endpoint_id).unwrap()
    }
}

impl Foe {
    /// Whether its answer disables the endpoint.
    fn is_gone(&self) -> bool {
        matches!(self.persona, Persona::Answers(410, _) | Persona::SlowBody(410))
    }

    /// By how much it asks to be left alone, if that is more than the schedule's waits.
    fn asks_ms(&self) -> Option<i64> {
        match &self.persona {
            Persona::Answers(429, Some("7")) => Some(7_000),
            Persona::Answers(429, Some("1000000000")) => Some(RETRY_AFTER_MAX_MS),
            Persona::Answers(503, Some(date)) if date.contains("2100") => Some(RETRY_AFTER_MAX_MS),
            _ => None,
        }
    }

    /// How many deliveries it comes to.
    fn deliveries(&self) -> usize {
        if self.is_gone() { 1 } else { PAYMENTS }
    }
}

async fn no_receiver_harms_anybody_but_itself(kind: Kind) {
    let node = Node::first(kind, "node", PACE).await;
    let app = &node.app;
    let canary = Receiver::start(Persona::Healthy).await.unwrap();
    let (healthy, _) = received(app, &app.a, Persona::Healthy).await;
    let mut camps = camps(app, &canary.url()).await;
    let (since, stop) = (Clock::System.now(), CancellationToken::new());
    let trickling = tokio::spawn(trickle(Arc::clone(app), app.a.clone(), stop.clone()));
    called(&healthy, 20).await;
    let memory = Memory::watch();
    join_all(camps.iter().map(|camp| paid(app, &camp.tenant, json!({})))).await;
    join_all(camps.iter().map(|camp| until_the_gone_are_disabled(app, camp))).await;
    for _ in 1..PAYMENTS {
        join_all(camps.iter().map(|camp| paid(app, &camp.tenant, json!({})))).await;
    }
    let pushed = join_all(camps.iter().map(|camp| until_over(app, camp))).await;
    memory.check();
    stop.cancel();
    let asked = trickling.await.unwrap();

    check_unharmed(app, &app.a, &healthy, &asked).await;
    assert_eq!((canary.connections(), canary.hits()), (0, 0), "a redirect was followed");
    for (camp, pushed) in camps.iter_mut().zip(&pushed) {
        check_camp(app, camp, pushed).await;
        check_replay(app, camp, since).await;
    }
    node.end_last().await;
}

/// The hostile receivers, in as few apps as may have so many endpoints.
async fn camps(app: &TestApp, canary: &str) -> Vec<Camp> {
    let mut camps = Vec::new();
    for personas in Persona::hostile(canary).chunks(FOES_PER_APP) {
        let tenant = tenant(&app.gateway).await;
        let mut foes = Vec::new();
        for persona in personas.iter().cloned() {
            let receiver = Receiver::start(persona.clone()).await.unwrap();
            let endpoint_id = endpoint_at(app, &tenant, &receiver.url()).await;
            foes.push(Foe { persona, receiver, endpoint_id });
        }
        camps.push(Camp { tenant, foes });
    }
    camps
}

async fn until_the_gone_are_disabled(app: &TestApp, camp: &Camp) {
    for foe in camp.foes.iter().filter(|foe| foe.is_gone()) {
        let look = async || {
            let found = read_endpoint(app, &camp.tenant, &foe.endpoint_id).await;
            (found["is_enabled"] == false).then_some(found)
        };
        let found = eventually("an endpoint that is gone", PATIENCE, look).await;
        assert!(text(&found["disabled_reason"]).starts_with("gone: "), "{found}");
    }
}

/// Deliveries that were pushed far out, each with the attempts that it had then.
type Pushed = BTreeSet<(String, usize)>;

/// Waits until an app's deliveries are over. What `Retry-After` has pushed far out is checked, and hurried.
async fn until_over(app: &TestApp, camp: &Camp) -> Pushed {
    let mut pushed = Pushed::new();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let waiting = every(app, &camp.tenant, "status=PENDING").await;
        if waiting.is_empty() {
            return pushed;
        }
        assert!(Instant::now() < deadline, "the storm does not end: {waiting:?}");
        let far = Clock::System.now().as_ms() + PUSHED_MS;
        for item in waiting.iter().filter(|item| at_ms(&item["next_attempt_at"]) > far) {
            let id = text(&item["delivery_id"]);
            let attempts = check_pushed(app, camp, item).await;
            assert!(pushed.insert((id.clone(), attempts)), "a delivery that is hurried is attempted: {item}");
            assert_eq!(retry(app, &camp.tenant, &id).await["delivery_id"], item["delivery_id"]);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Fails unless a delivery that waits for long was asked to, and waits no longer than that; its attempts.
async fn check_pushed(app: &TestApp, camp: &Camp, item: &Value) -> usize {
    let foe = camp.foe(item);
    let asked_ms = foe.asks_ms().unwrap_or_else(|| panic!("{:?} waits too long: {item}", foe.persona));
    let found = super::delivery(app, &camp.tenant, &text(&item["delivery_id"])).await;
    let (_, ended_ms) = span(attempts(&found).last().unwrap());
    let wait_ms = at_ms(&found["next_attempt_at"]) - ended_ms;
    assert!((asked_ms..asked_ms + LATE_MS).contains(&wait_ms), "{:?} waits {wait_ms} ms", foe.persona);
    attempts(&found).len()
}

/// Everything that must hold of a hostile app's deliveries once they are over.
async fn check_camp(app: &TestApp, camp: &Camp, pushed: &Pushed) {
    let all = every_detail(app, &camp.tenant, "").await;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for found in &all {
        let foe = camp.foe(found);
        check_delivery(foe, found);
        check_waits(foe, found, pushed);
        *counts.entry(&foe.endpoint_id).or_default() += 1;
    }
    let want: BTreeMap<_, _> = camp.foes.iter().map(|foe| (foe.endpoint_id.as_str(), foe.deliveries())).collect();
    assert_eq!(counts, want, "an endpoint that is gone gets nothing, all others everything");
    let kinds: Vec<_> = app.events(&camp.tenant).await.iter().map(|event| event.kind.as_str()).collect();
    let gone = camp.foes.iter().filter(|foe| foe.is_gone()).count();
    assert_eq!(kinds.iter().filter(|kind| **kind == "webhook.disabled").count(), gone, "{kinds:?}");
    assert_eq!(kinds.len(), 2 * PAYMENTS + gone, "{kinds:?}");
    let failed = every(app, &camp.tenant, "status=FAILED").await;
    let want: Vec<_> = all.iter().filter(|found| found["status"] == "FAILED").collect();
    assert_eq!(column(&failed, "delivery_id"), want.iter().map(|f| text(&f["delivery_id"])).collect::<Vec<_>>());
}

/// What must hold of one delivery and its log.
fn check_delivery(foe: &Foe, found: &Value) {
    let (persona, log) = (&foe.persona, attempts(found));
    let end = if persona.takes() { "DELIVERED" } else { "FAILED" };
    assert_eq!(found["status"], end, "{persona:?}: {found}");
    assert_eq!(found["attempts"], log.len(), "{persona:?}: {found}");
    let numbers: Vec<_> = log.iter().map(|attempt| attempt["attempt_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=log.len() as u64).collect::<Vec<_>>(), "{persona:?}");
    for attempt in log {
        let (begun_ms, ended_ms) = span(attempt);
        assert!(ended_ms - begun_ms <= PACE.timeout_ms + TIMEOUT_SLACK_MS, "{persona:?}: {attempt}");
        assert_ne!(attempt["error"].is_null(), attempt["response"].is_null(), "{persona:?}: {attempt}");
        let kept = attempt["response"]["body"].as_str().unwrap_or_default();
        assert!(kept.len() <= 4 * 1024, "{persona:?}: {} bytes are kept", kept.len());
    }
    // Only a machine that is too slow for the deadline gives those another attempt.
    let (last, before) = log.split_last().unwrap();
    if persona.takes() || foe.is_gone() {
        assert!(
            before.iter().all(|attempt| text(&attempt["error"]).starts_with("timed_out: ")),
            "{persona:?}: {found}"
        );
        let status = last["response"]["status"].as_u64().unwrap();
        assert_eq!(foe.is_gone(), status == 410, "{persona:?}: {status}");
    } else {
        assert_eq!(log.len(), PACE.waits_ms.len() + 1, "{persona:?}: {found}");
    }
}

/// No attempt comes early, and what was answered with a `Retry-After` that counts was pushed out by it.
fn check_waits(foe: &Foe, found: &Value, pushed: &Pushed) {
    let (persona, id) = (&foe.persona, text(&found["delivery_id"]));
    for ((pair, wait_ms), number) in attempts(found).windows(2).zip(PACE.waits_ms).zip(1..) {
        let (ended_ms, next_ms) = (span(&pair[0]).1, span(&pair[1]).0);
        let is_pushed = pushed.contains(&(id.clone(), number));
        let asks = foe.asks_ms().is_some() && !pair[0]["response"].is_null();
        assert_eq!(is_pushed, asks, "{persona:?}, attempt {number}: {found}");
        assert!(ended_ms + wait_ms <= next_ms || is_pushed, "{persona:?} is called early: {found}");
    }
}

/// Receivers become healthy, one after the other is sent what it missed, and only that.
async fn check_replay(app: &TestApp, camp: &mut Camp, since: Timestamp) {
    let tenant = &camp.tenant;
    let failed = every(app, tenant, "status=FAILED").await;
    let switch = async |foe: &Foe, is_enabled: bool| {
        let path = format!("/api/webhooks/endpoints/{}", foe.endpoint_id);
        app.patch(path).key(tenant).json(&json!({"is_enabled": is_enabled})).send().await.expect(200);
    };
    let mut healed = Vec::new();
    for foe in camp.foes.drain(..).filter(|foe| !foe.persona.takes()) {
        // No authority signs for a receiver of ours, so these stay what they are.
        let heals = !foe.persona.is_https();
        switch(&foe, heals).await;
        if heals {
            let receiver = foe.receiver.become_another(Persona::Healthy).await.unwrap();
            healed.push(Foe { receiver, ..foe });
        }
    }
    let body = json!({"since": since.to_string()});
    let replay = app.post("/api/webhooks/replay").key(tenant).json(&body).send().await.expect(200).json();
    assert_eq!((&replay["count"], &replay["has_more"]), (&json!(failed.len()), &json!(false)));
    until_all_are_over(app, tenant).await;
    let again: Vec<_> = every(app, tenant, "").await.into_iter().filter(|item| item["cause"] == "replay").collect();
    assert_eq!(again.len(), failed.len());
    for item in &again {
        let is_healed = healed.iter().any(|foe| item["endpoint_id"] == foe.endpoint_id);
        assert_eq!(item["status"], if is_healed { "DELIVERED" } else { "CANCELED" }, "{item}");
    }
    for foe in &healed {
        let missed = failed.iter().filter(|item| item["endpoint_id"] == foe.endpoint_id).cloned();
        let mut missed = column(&missed.collect::<Vec<_>>(), "event_id");
        let heard = foe.receiver.requests();
        let mut got: Vec<_> = heard.iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect();
        missed.sort();
        got.sort();
        assert_eq!((got.len(), &got), (foe.deliveries(), &missed), "{:?}", foe.persona);
        for request in &heard {
            check_signatures(request, &[&tenant.webhook_secret]);
        }
    }
    assert_eq!(every(app, tenant, "status=FAILED").await, failed, "the first deliveries stay what they were");
}

/// How much memory this process holds, and the most that it held since.
struct Memory {
    before_kib: u64,
    peak_kib: Arc<AtomicU64>,
    sampling: JoinHandle<()>,
}

impl Memory {
    fn watch() -> Self {
        let before_kib = resident_kib();
        let peak_kib = Arc::new(AtomicU64::new(before_kib));
        let peak = Arc::clone(&peak_kib);
        let sampling = tokio::spawn(async move {
            loop {
                peak.fetch_max(resident_kib(), Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        Self { before_kib, peak_kib, sampling }
    }

    /// Fails if it grew too much. Where other cases share the process, as they do without nextest, it says nothing.
    #[expect(clippy::print_stderr, reason = "nextest shows it with the case")]
    fn check(self) {
        self.sampling.abort();
        let grown_kib = self.peak_kib.load(Ordering::SeqCst).max(resident_kib()) - self.before_kib;
        eprintln!("memory: {} KiB, and at most {grown_kib} KiB more", self.before_kib);
        let is_alone = std::env::args().any(|argument| argument == "--exact");
        assert!(!is_alone || grown_kib < GROWTH_MAX_KIB, "the process grew by {grown_kib} KiB");
    }
}

/// The resident size; 0 where the system does not tell.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
