//! What is remembered: the only crate that knows SQL.
//!
//! [`Store`] is the whole contract on one page. Each method is one use-case-sized transaction, does the same
//! on both databases, and is held to it by one contract suite that runs on both.

mod alerts;
mod announce;
mod apps;
mod audit;
mod command;
mod decide;
mod delivery;
mod error;
mod group_commit;
mod inbox;
mod key_use;
mod log;
mod migration;
mod places;
mod plan;
mod planted;
mod postgres;
mod query;
mod reservation;
mod rollup;
mod sessions;
mod sql;
mod sqlite;
mod system;
mod targets;
mod throttle;
mod timeline;
mod usage;
mod users;

pub use alerts::{Alert, AlertBatch, NewAlert, Recipient, UntoldFailure};
pub use apps::{Deleted, Outgoing};
pub use audit::AuditFilter;
pub use command::{Claim, Command, Committed, Outcome, StoredAnswer};
pub use delivery::{AttemptRecord, ClaimRequest, Claimed, DeliveryFilter, Handoff, LeasedDelivery, Leasing, handoff};
pub use error::{Result, StoreError};
pub use key_use::{KeyUse, LastUse};
pub use log::{Grown, LogSpan};
#[doc(hidden)]
pub use planted::{Bug, planted};
pub use postgres::{PostgresOptions, PostgresStore, Statements};
pub use query::{PaymentFilter, Search, Statuses};
pub use reservation::{Reservation, Reserved};
pub use rollup::{RollupQuery, RollupSum};
pub use sessions::{Renewal, Renewed};
#[doc(hidden)]
pub use sqlite::SteppedWriter;
pub use sqlite::{SqliteOptions, SqliteStore};
pub use timeline::{SentWebhook, TriedWebhook};
pub use usage::Used;
pub use users::{Admission, UserChange, UserOutcome};

use std::sync::Arc;
use zenwallet_core::delivery::{Attempt, Delivery};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::event::{Event, EventType};
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, EventId, IdSource, PaymentId};
use zenwallet_core::payment::Payment;
use zenwallet_core::time::{Clock, Timestamp};

/// The injected sources of time and randomness, and the limits of the write path.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// What "now" is.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Arc<IdSource>,
    /// Most commands that may wait for the writer.
    pub queue_max: usize,
    /// Most commands of one transaction.
    pub batch_max: usize,
    /// How this node leases deliveries.
    pub leasing: Leasing,
}

/// Where everything is kept.
#[derive(Clone, Debug)]
pub enum Store {
    /// In a file beside the program.
    Sqlite(SqliteStore),
    /// In a PostgreSQL server, shared by any number of nodes.
    Postgres(PostgresStore),
}

/// Calls the method of the same name on whichever database it is.
macro_rules! either {
    ($self:ident . $method:ident ( $($argument:expr),* )) => {
        match $self {
            Store::Sqlite(store) => store.$method($($argument),*).await,
            Store::Postgres(store) => store.$method($($argument),*).await,
        }
    };
}

impl Store {
    // ---- the write path ----

    /// Runs a command in the next group commit and answers once its transaction is durable.
    pub async fn commit(&self, command: Command) -> Result<Committed> {
        match self {
            Store::Sqlite(store) => store.queue().submit(command).await,
            Store::Postgres(store) => store.queue(&command).submit(command).await,
        }
    }

    // ---- payments and events ----

    /// A payment of this app.
    pub async fn find_payment(&self, app_id: AppId, id: PaymentId) -> Result<Option<Payment>> {
        Ok(self.find_payment_of_any_app(id).await?.filter(|p| p.app_id == app_id || planted(Bug::MissingTenantFilter)))
    }

    /// A payment by its id alone: for its payer, who has nothing but the page's address.
    pub async fn find_payment_of_any_app(&self, id: PaymentId) -> Result<Option<Payment>> {
        either!(self.find_payment(id))
    }

    /// At most `limit` payments with ids below `below`, newest first. Statuses are as stored.
    pub async fn list_payments(
        &self,
        filter: &PaymentFilter,
        below: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<Payment>> {
        either!(self.list_payments(filter, below, limit))
    }

    /// How many payments there are, counted up to `cap`.
    pub async fn count_payments(&self, filter: &PaymentFilter, cap: u32) -> Result<u32> {
        either!(self.count_payments(filter, cap))
    }

    /// When the next pending payment's time is over.
    pub async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        either!(self.next_expiry())
    }

    /// At most `limit` events of an app's log after `after_seq`, in order.
    pub async fn list_events(&self, app_id: AppId, after_seq: i64, limit: u32) -> Result<Vec<Event>> {
        either!(self.list_events(app_id, after_seq, limit))
    }

    /// The events of one type in a stretch of an app's log, after `after_seq` and up to `last_seq`, at most `limit`.
    pub async fn list_events_of(
        &self,
        app_id: AppId,
        kind: EventType,
        after_seq: i64,
        last_seq: i64,
        limit: u32,
    ) -> Result<Vec<Event>> {
        either!(self.list_events_of(app_id, kind, after_seq, last_seq, limit))
    }

    /// An event of this app.
    pub async fn find_event(&self, app_id: AppId, id: EventId) -> Result<Option<Event>> {
        either!(self.find_event(app_id, id))
    }

    /// Where an app's log begins and ends; empty for an app that is not there.
    pub async fn log_span(&self, app_id: AppId) -> Result<LogSpan> {
        either!(self.log_span(app_id))
    }

    /// The last numbers of these apps' logs.
    pub async fn log_ends(&self, apps: &[AppId]) -> Result<Vec<(AppId, i64)>> {
        either!(self.log_ends(apps))
    }

    /// Waits until logs may have grown, and says which; for one caller, who is told of each growth once.
    pub async fn grown_logs(&self) -> Grown {
        either!(self.grown_logs())
    }

    /// Whether [`Store::grown_logs`] tells of what other nodes append, too. Otherwise [`Store::log_ends`] does.
    pub fn hears_of_other_nodes(&self) -> bool {
        match self {
            Store::Sqlite(store) => store.hears_of_other_nodes(),
            Store::Postgres(store) => store.hears_of_other_nodes(),
        }
    }

    /// Forgets at most `limit` events at the beginning of an app's log, made before `before` and of no delivery that is
    /// kept; says how many.
    pub async fn prune_events(&self, app_id: AppId, before: Timestamp, limit: u32) -> Result<u64> {
        either!(self.prune_events(app_id, before, limit))
    }

    // ---- rollups ----

    /// How many payments and how much, since ever and in each slot, all of one moment.
    pub async fn sum_rollup(&self, query: &RollupQuery) -> Result<Vec<RollupSum>> {
        either!(self.sum_rollup(query))
    }

    /// How many rows of an app's rollup differ from what its payments say.
    pub async fn check_rollup(&self, app_id: AppId) -> Result<usize> {
        either!(self.check_rollup(app_id))
    }

    /// Makes an app's rollup what its payments say, also while they change; returns how many rows were wrong.
    pub async fn rebuild_rollup(&self, app_id: AppId) -> Result<usize> {
        either!(self.rebuild_rollup(app_id))
    }

    // ---- apps and keys: see `apps`; users and sessions: see `users`, `sessions`, `audit`, `alerts` ----

    /// Notes when keys last called, and from where; one that comes without an address leaves what was noted.
    pub async fn touch_keys(&self, used: &[LastUse]) -> Result<()> {
        either!(self.touch_keys(used))
    }

    /// Tells the other nodes how keys were used on this one; answers what they told of the same keys, with their names.
    pub async fn exchange_key_use(&self, node: &str, used: &[KeyUse]) -> Result<Vec<(String, KeyUse)>> {
        either!(self.exchange_key_use(node, used))
    }

    /// Forgets what nodes told of keys whose buckets have long been full again; says how many words that were.
    pub async fn prune_key_use(&self, now: Timestamp) -> Result<u64> {
        either!(self.prune_key_use(now))
    }

    // ---- webhooks ----

    /// Adds an endpoint to its app; false when the app has as many as it may, or is not there.
    pub async fn create_endpoint(&self, endpoint: &Endpoint) -> Result<bool> {
        either!(self.create_endpoint(endpoint))
    }

    /// Gives an endpoint other properties; false when there is none of this id. Its app, its being the default and
    /// its age stay; whether it is enabled, and why not, stays too unless `switches` says that this is what is wanted:
    /// the gateway may be disabling it at this moment.
    pub async fn update_endpoint(&self, endpoint: &Endpoint, switches: bool) -> Result<bool> {
        either!(self.update_endpoint(endpoint, switches))
    }

    /// Removes an endpoint; what waits for it is called off when it is due. False when there is none of this id.
    pub async fn delete_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<bool> {
        either!(self.delete_endpoint(app_id, id))
    }

    /// An endpoint of this app.
    pub async fn find_endpoint(&self, app_id: AppId, id: EndpointId) -> Result<Option<Endpoint>> {
        either!(self.find_endpoint(app_id, id))
    }

    /// Every endpoint of an app, oldest first.
    pub async fn list_endpoints(&self, app_id: AppId) -> Result<Vec<Endpoint>> {
        either!(self.list_endpoints(app_id))
    }

    /// Gives an app a new webhook secret; the one before goes on signing until `former_ends_at`, and older ones no
    /// longer than that. False when there is no such app.
    pub async fn rotate_webhook_secret(
        &self,
        app_id: AppId,
        sealed: &[u8],
        former_ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        either!(self.rotate_webhook_secret(app_id, sealed, former_ends_at, now))
    }

    /// The sealed secrets that sign an app's webhooks at `now`, the newest first.
    pub async fn live_webhook_secrets(&self, app_id: AppId, now: Timestamp) -> Result<Vec<Vec<u8>>> {
        either!(self.live_webhook_secrets(app_id, now))
    }

    /// A delivery of this app.
    pub async fn find_delivery(&self, app_id: AppId, id: DeliveryId) -> Result<Option<Delivery>> {
        either!(self.find_delivery(app_id, id))
    }

    /// At most `limit` deliveries with ids below `below`, newest first.
    pub async fn list_deliveries(
        &self,
        filter: &DeliveryFilter,
        below: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        either!(self.list_deliveries(filter, below, limit))
    }

    /// How many deliveries there are, counted up to `cap`.
    pub async fn count_deliveries(&self, filter: &DeliveryFilter, cap: u32) -> Result<u32> {
        either!(self.count_deliveries(filter, cap))
    }

    /// Every attempt of a delivery, in order.
    pub async fn list_attempts(&self, app_id: AppId, id: DeliveryId) -> Result<Vec<Attempt>> {
        either!(self.list_attempts(app_id, id))
    }

    /// At most `limit` failed deliveries above `after`, oldest first, that nobody has asked for again. Of the filter
    /// count the app, the endpoint and `created_after`.
    pub async fn list_replayable(
        &self,
        filter: &DeliveryFilter,
        after: DeliveryId,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        either!(self.list_replayable(filter, after, limit))
    }

    /// Adds deliveries of events that are in an app's log already, due at the moment they are made.
    pub async fn insert_deliveries(&self, app_id: AppId, deliveries: &[Delivery]) -> Result<()> {
        either!(self.insert_deliveries(app_id, deliveries))
    }

    /// Lets a pending delivery be due now; false when it is due, in an attempt or over.
    pub async fn hurry_delivery(&self, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        either!(self.hurry_delivery(app_id, id, now))
    }

    /// Calls a pending delivery off; false when it is over. An attempt under way no longer counts.
    pub async fn cancel_delivery(&self, app_id: AppId, id: DeliveryId, now: Timestamp) -> Result<bool> {
        either!(self.cancel_delivery(app_id, id, now))
    }

    /// Lets what a node of this name leased before it ended be claimed at once; says how many that were.
    pub async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64> {
        either!(self.release_leases(node, now))
    }

    /// Lets at most `limit` deliveries that wait beyond `latest` be due at `now`, and those in an attempt when a lease that
    /// began now would end; says how many that were.
    pub async fn recall_deliveries(&self, latest: Timestamp, now: Timestamp, limit: u32) -> Result<u64> {
        either!(self.recall_deliveries(latest, now, limit))
    }

    /// Forgets at most `limit` deliveries of an app that are over and were made before `before`, with their attempts;
    /// says how many.
    pub async fn prune_deliveries(&self, app_id: AppId, before: Timestamp, limit: u32) -> Result<u64> {
        either!(self.prune_deliveries(app_id, before, limit))
    }

    // ---- upkeep ----

    /// Forgets at most `limit` idempotency keys made before `before`; returns how many.
    pub async fn prune_idempotency_keys(&self, before: Timestamp, limit: u32) -> Result<u64> {
        either!(self.prune_idempotency_keys(before, limit))
    }

    /// Keeps a fact of this instance, such as its public URL, which the SQL views derive columns from.
    pub async fn set_instance_value(&self, name: &str, value: &str) -> Result<()> {
        either!(self.set_instance_value(name, value))
    }

    /// A fact of this instance.
    pub async fn instance_value(&self, name: &str) -> Result<Option<String>> {
        either!(self.instance_value(name))
    }

    /// Brings the schema up to this program's; returns the versions applied.
    pub async fn migrate(&self) -> Result<Vec<u32>> {
        either!(self.migrate())
    }

    /// Reads something, to learn whether reads work.
    pub async fn check_read(&self) -> Result<()> {
        either!(self.check_read())
    }

    /// Says how commits are made durable; an error when an acknowledged one could be lost.
    pub async fn check_durability(&self) -> Result<String> {
        match self {
            Store::Sqlite(_) => Ok("WAL with synchronous=FULL, asserted on every connection".to_owned()),
            Store::Postgres(store) => store.check_durability().await,
        }
    }

    /// Resolves when the store can no longer be trusted to write and the process must end.
    pub async fn failed_for_good(&self) -> String {
        either!(self.failed_for_good())
    }

    /// Answers what was accepted, then stops writing.
    pub async fn close(&self) {
        either!(self.close())
    }
}
