//! The gateway with its clock in our hand, and the apps that call it.

use super::{Call, Database, Delivering, Endurance, Kind};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::app::{Environment, KeyHash};
use zenwallet_core::delivery::RetrySchedule;
use zenwallet_core::egress::Cidr;
use zenwallet_core::event::Event;
use zenwallet_core::id::{AppId, IdSource, KeyId};
use zenwallet_core::time::{Clock, ManualClock, Timestamp};
use zenwallet_server::egress::Egress;
use zenwallet_server::gateway::{Gateway, InstanceKey, LogRules, NewApp, WebhookRules};
use zenwallet_server::{App, AppOptions};
use zenwallet_store::{Leasing, Store};

/// When every case begins: 2026-01-26T10:35:00Z.
pub(crate) const START: Timestamp = Timestamp::from_ms(1_769_423_700_000);
/// What payment URLs start with.
pub(crate) const PUBLIC_URL: &str = "https://pay.example.com";

const INSTANCE_KEY: [u8; 32] = [7; 32];
const BODY_TIMEOUT: Duration = Duration::from_millis(200);
/// Ninety days, and few followers.
pub(crate) const LOG_RULES: LogRules =
    LogRules { retention: Duration::from_secs(90 * 86_400), max_followers_per_app: 20 };

/// An app as its developer knows it.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) app_id: AppId,
    pub(crate) key: String,
    pub(crate) webhook_secret: String,
}

/// A gateway over a fresh database: test apps `a` and `b`, production app `live`, none with a rate limit.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) a: Tenant,
    pub(crate) b: Tenant,
    pub(crate) live: Tenant,
    /// Last, so that it outlives the store.
    pub(crate) database: Database,
}

impl TestApp {
    pub(crate) async fn start(kind: Kind) -> Self {
        Self::over(Database::fresh(kind).await, Endurance::default()).await
    }

    /// One whose webhooks are delivered, by a worker that is to be ended.
    pub(crate) async fn delivering(kind: Kind) -> (Self, Delivering) {
        let (handoff, inbox) = zenwallet_store::handoff(1_024);
        let leasing = Leasing { handoff: Some(handoff.clone()), ..Leasing::default() };
        let app = Self::with(Database::fresh(kind).await, Endurance::default(), leasing).await;
        let worker = Delivering::start(Arc::clone(&app.gateway), handoff, inbox);
        (app, worker)
    }

    pub(crate) async fn over(database: Database, endurance: Endurance) -> Self {
        Self::with(database, endurance, Leasing::default()).await
    }

    async fn with(database: Database, endurance: Endurance, leasing: Leasing) -> Self {
        let (clock, ids) = (ManualClock::new(START), Arc::new(IdSource::seeded(1)));
        let store = database.store(Clock::Manual(clock.clone()), &ids, endurance, leasing).await;
        let gateway = open(&store, Clock::Manual(clock.clone()), &ids, "node").await;
        let gateway = Arc::new(gateway);
        let unlimited = |environment| new_app(environment, Some(0));
        let a = make(&gateway, unlimited(Environment::Test)).await;
        let b = make(&gateway, unlimited(Environment::Test)).await;
        let live = make(&gateway, unlimited(Environment::Production)).await;
        let app = App::new(Arc::clone(&gateway), options());
        Self { app, gateway, store, clock, ids, a, b, live, database }
    }

    /// A second node over the same database, with its own randomness.
    pub(crate) async fn second_node(&self) -> App {
        self.node("second").await.0
    }

    /// A node of this name over the same database.
    pub(crate) async fn node(&self, name: &str) -> (App, Arc<Gateway>) {
        let (gateway, _) = self.gateway_on(Clock::Manual(self.clock.clone()), name).await;
        let gateway = Arc::new(gateway);
        (App::new(Arc::clone(&gateway), options()), gateway)
    }

    /// Another gateway over the same database, with its own randomness, on this clock.
    pub(crate) async fn gateway_on(&self, clock: Clock, name: &str) -> (Gateway, Store) {
        let ids = Arc::new(IdSource::seeded(2));
        let store = self.database.store(clock.clone(), &ids, Endurance::default(), Leasing::default()).await;
        (open(&store, clock, &ids, name).await, store)
    }

    /// A new app; `rate` is its requests per second, `None` the environment's own.
    pub(crate) async fn new_tenant(&self, environment: Environment, rate: Option<u32>) -> Tenant {
        make(&self.gateway, new_app(environment, rate)).await
    }

    pub(crate) fn get(&self, path: impl AsRef<str>) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: impl AsRef<str>) -> Call {
        self.call(Method::POST, path)
    }

    pub(crate) fn patch(&self, path: impl AsRef<str>) -> Call {
        self.call(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: impl AsRef<str>) -> Call {
        self.call(Method::DELETE, path)
    }

    pub(crate) fn call(&self, method: Method, path: impl AsRef<str>) -> Call {
        Call::new(&self.app, method, path.as_ref())
    }

    /// A payment of this tenant with these members beside amount and currency, as create answered it.
    pub(crate) async fn pay_me(&self, tenant: &Tenant, more: Value) -> Value {
        let mut body = json!({"amount": 500, "currency": "COINS"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/api/payments/create").key(tenant).json(&body).send().await.expect(201).json()
    }

    /// The id of a new payment of this tenant.
    pub(crate) async fn payment_of(&self, tenant: &Tenant) -> String {
        id_of(&self.pay_me(tenant, json!({})).await)
    }

    /// The payment as its owner reads it now.
    pub(crate) async fn read(&self, tenant: &Tenant, id: &str) -> Value {
        self.get(format!("/api/payments/{id}")).key(tenant).send().await.expect(200).json()
    }

    pub(crate) async fn complete(&self, tenant: &Tenant, id: &str, body: Value) -> super::Answer {
        self.post(format!("/api/payments/{id}/complete")).key(tenant).json(&body).send().await
    }

    pub(crate) async fn cancel(&self, tenant: &Tenant, id: &str) -> super::Answer {
        self.post(format!("/api/payments/{id}/cancel")).key(tenant).send().await
    }

    /// Every event of the app's log; fails on a gap in it, and on an id that comes twice.
    pub(crate) async fn events(&self, tenant: &Tenant) -> Vec<Event> {
        let (mut events, mut ids) = (Vec::new(), BTreeSet::new());
        loop {
            let after = i64::try_from(events.len()).unwrap();
            let page = self.store.list_events(tenant.app_id, after, 1_000).await.unwrap();
            if page.is_empty() {
                return events;
            }
            for event in page {
                assert_eq!(event.seq, i64::try_from(events.len()).unwrap() + 1, "the log has a gap");
                assert!(ids.insert(event.id), "{} comes twice", event.id);
                events.push(event);
            }
        }
    }

    /// The types of the events of each payment, in order.
    pub(crate) async fn events_by_payment(&self, tenant: &Tenant) -> BTreeMap<String, Vec<&'static str>> {
        let mut found: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        for event in self.events(tenant).await {
            found.entry(event.payment_id.to_string()).or_default().push(event.kind.as_str());
        }
        found
    }

    /// The types of the events of one payment, in order.
    pub(crate) async fn events_of(&self, tenant: &Tenant, id: &str) -> Vec<&'static str> {
        self.events_by_payment(tenant).await.remove(id).unwrap_or_default()
    }

    /// The id of a key.
    pub(crate) async fn key_id(&self, key: &str) -> KeyId {
        self.store.find_key(KeyHash::of(key)).await.unwrap().unwrap().0.id
    }

    /// Revokes a key, and says whether there was one.
    pub(crate) async fn revoke(&self, key: &str) -> bool {
        let (key, _) = self.store.find_key(KeyHash::of(key)).await.unwrap().unwrap();
        self.store.revoke_key(key.app_id, key.id, self.clock.now(), &[]).await.unwrap()
    }

    /// Moves the clock forward by seconds.
    pub(crate) fn pass_s(&self, seconds: i64) {
        self.clock.advance_ms(seconds * 1_000);
    }

    /// Moves the clock forward by milliseconds.
    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.advance_ms(ms);
    }
}

pub(crate) fn id_of(payment: &Value) -> String {
    payment["payment_id"].as_str().unwrap().to_owned()
}

fn new_app(environment: Environment, rate_limit_per_s: Option<u32>) -> NewApp {
    NewApp { name: "Test & <Shop>".to_owned(), environment, webhook_url: None, rate_limit_per_s }
}

async fn make(gateway: &Gateway, new: NewApp) -> Tenant {
    let made = gateway.create_app(new).await.unwrap();
    let key = made.api_key.reveal().to_owned();
    Tenant { app_id: made.app.id, key, webhook_secret: made.webhook_secret }
}

async fn open(store: &Store, clock: Clock, ids: &Arc<IdSource>, node: &str) -> Gateway {
    let key = InstanceKey::new(INSTANCE_KEY);
    Gateway::new(store.clone(), clock, Arc::clone(ids), key, webhook_rules(node), LOG_RULES, PUBLIC_URL).await.unwrap()
}

pub(crate) fn options() -> AppOptions {
    let allowed_origins = vec!["https://shop.example".to_owned()];
    let trusted_proxies = Cidr::parse("10.0.0.0/8").into_iter().collect();
    let public_url = PUBLIC_URL.to_owned();
    let frame_ancestors = Vec::new();
    AppOptions {
        metrics: true,
        body_timeout: BODY_TIMEOUT,
        public_url,
        allowed_origins,
        frame_ancestors,
        trusted_proxies,
    }
}

/// The contract's rules, with loopback open to test apps.
fn webhook_rules(node: &str) -> WebhookRules {
    let loopback = ["127.0.0.0/8", "::1/128"].into_iter().filter_map(Cidr::parse).collect();
    WebhookRules {
        egress: Arc::new(Egress::new(loopback, Vec::new(), Vec::new())),
        schedule: RetrySchedule::default(),
        disable_after: Duration::from_secs(5 * 86_400),
        log_retention: Duration::from_secs(30 * 86_400),
        timeout: Duration::from_secs(2),
        node: Arc::from(node),
        nudge: Arc::default(),
    }
}
