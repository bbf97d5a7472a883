//! What is remembered: the only crate that knows SQL.
//!
//! [`Store`] is the whole contract on one page. Each method is one use-case-sized transaction, does the same
//! on both databases, and is held to it by one contract suite that runs on both.

mod command;
mod error;
mod group_commit;
mod migration;
mod plan;
mod planted;
mod postgres;
mod query;
mod sqlite;

pub use command::{Claim, Command, Committed, Outcome, StoredAnswer};
pub use error::{Result, StoreError};
use planted::{Bug, planted};
pub use postgres::{PostgresOptions, PostgresStore, Statements};
pub use query::{PaymentFilter, Search};
pub use sqlite::{SqliteOptions, SqliteStore};

use std::sync::Arc;
use zenwallet_core::app::{ApiKey, App, KeyHash};
use zenwallet_core::event::Event;
use zenwallet_core::id::{AppId, IdSource, KeyId, PaymentId};
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
            Store::Postgres(store) => store.queue().submit(command).await,
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

    // ---- apps and keys ----

    /// Remembers a new app with its first key and an empty log.
    pub async fn create_app(&self, app: &App, key: &ApiKey) -> Result<()> {
        either!(self.create_app(app, key))
    }

    /// An app.
    pub async fn find_app(&self, id: AppId) -> Result<Option<App>> {
        either!(self.find_app(id))
    }

    /// Every app, oldest first.
    pub async fn list_apps(&self) -> Result<Vec<App>> {
        either!(self.list_apps())
    }

    /// Enables or disables an app; false when there is none of this id.
    pub async fn set_app_active(&self, id: AppId, is_active: bool) -> Result<bool> {
        either!(self.set_app_active(id, is_active))
    }

    /// The key with this hash, working or not, and its app.
    pub async fn find_key(&self, hash: KeyHash) -> Result<Option<(ApiKey, App)>> {
        either!(self.find_key(hash))
    }

    /// Adds a key to its app and lets the app's other working keys end at `others_end_at`.
    pub async fn rotate_key(&self, key: &ApiKey, others_end_at: Timestamp) -> Result<()> {
        either!(self.rotate_key(key, others_end_at))
    }

    /// Revokes a key from now on; false when there is none of this id.
    pub async fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool> {
        either!(self.revoke_key(id, now))
    }

    /// Notes when keys last called.
    pub async fn touch_keys(&self, used: &[(KeyId, Timestamp)]) -> Result<()> {
        either!(self.touch_keys(used))
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
