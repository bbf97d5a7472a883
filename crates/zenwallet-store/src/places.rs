//! Where a thing is that somebody names by its id alone: which app's it is. Whoever asks sees to it that the app may be seen.
//!
//! What is indexed by its app first is looked for in one app after the other, which costs one descent of an index each;
//! an index of its own would cost every payment.

use crate::Store;
use crate::apps::one;
use crate::error::Result;
use crate::sql::{IntoValue, Row, values};
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, EventId, KeyId, PaymentId, TransactionId};

const PLACE_TRANSACTION: &str = "SELECT found.app_id, found.payment_id FROM (SELECT a.id AS app_id, (SELECT p.id \
    FROM payment p WHERE p.app_id = a.id AND p.transaction_id = $1 LIMIT 1) AS payment_id FROM app a) AS found \
    WHERE found.payment_id IS NOT NULL";
const PLACE_DELIVERY: &str =
    "SELECT a.id FROM app a WHERE (SELECT 1 FROM delivery d WHERE d.app_id = a.id AND d.id = $1) IS NOT NULL";
const PLACE_ENDPOINT: &str =
    "SELECT a.id FROM app a WHERE (SELECT 1 FROM endpoint e WHERE e.app_id = a.id AND e.id = $1) IS NOT NULL";
const PLACE_EVENT: &str = "SELECT app_id FROM event WHERE id = $1";
const PLACE_KEY: &str = "SELECT app_id FROM api_key WHERE id = $1";

/// Every statement here, for the test that prepares them all.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[PLACE_TRANSACTION, PLACE_DELIVERY, PLACE_ENDPOINT, PLACE_EVENT, PLACE_KEY];

impl Store {
    /// The payment of a transaction, and its app.
    pub async fn place_transaction(&self, id: TransactionId) -> Result<Option<(AppId, PaymentId)>> {
        one(self.rows("payment", PLACE_TRANSACTION, values![id]).await?, |row| Ok((row.id()?, row.id()?)))
    }

    /// The app of a delivery.
    pub async fn place_delivery(&self, id: DeliveryId) -> Result<Option<AppId>> {
        self.place("delivery", PLACE_DELIVERY, id).await
    }

    /// The app of an endpoint.
    pub async fn place_endpoint(&self, id: EndpointId) -> Result<Option<AppId>> {
        self.place("endpoint", PLACE_ENDPOINT, id).await
    }

    /// The app of an event.
    pub async fn place_event(&self, id: EventId) -> Result<Option<AppId>> {
        self.place("event", PLACE_EVENT, id).await
    }

    /// The app of a key.
    pub async fn place_key(&self, id: KeyId) -> Result<Option<AppId>> {
        self.place("api_key", PLACE_KEY, id).await
    }

    async fn place(&self, table: &'static str, sql: &'static str, id: impl IntoValue) -> Result<Option<AppId>> {
        one(self.rows(table, sql, values![id]).await?, Row::id)
    }
}
