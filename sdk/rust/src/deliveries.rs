//! `/api/webhooks/deliveries`.

use crate::client::{Call, path};
use crate::{Client, Delivery, DeliveryDetail, DeliveryList, ListDeliveries, Result};

/// What became of webhooks.
#[derive(Debug)]
pub struct Deliveries<'a>(pub(crate) &'a Client);

impl Deliveries<'_> {
    /// A page of deliveries, the newest first.
    pub async fn list(&self, wanted: &ListDeliveries) -> Result<DeliveryList> {
        self.0.call(Call::get("/api/webhooks/deliveries").with_query(wanted.pairs())).await
    }

    /// A delivery with every attempt, its request and its answer.
    pub async fn get(&self, delivery_id: &str) -> Result<DeliveryDetail> {
        self.0.call(Call::get(path(&["api", "webhooks", "deliveries", delivery_id])?)).await
    }

    /// Sends it now if it waits, as a new delivery if it is over.
    pub async fn retry(&self, delivery_id: &str) -> Result<Delivery> {
        self.0.call(Call::act(path(&["api", "webhooks", "deliveries", delivery_id, "retry"])?).with_key(None)).await
    }

    /// Calls a waiting one off.
    pub async fn cancel(&self, delivery_id: &str) -> Result<Delivery> {
        self.0.call(Call::act(path(&["api", "webhooks", "deliveries", delivery_id, "cancel"])?).with_key(None)).await
    }
}
