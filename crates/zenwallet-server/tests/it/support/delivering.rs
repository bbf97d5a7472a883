//! A worker that delivers webhooks while a case runs.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zenwallet_server::gateway::Gateway;
use zenwallet_server::worker::{Dispatch, Slots, run_deliveries};
use zenwallet_store::{Handoff, LeasedDelivery};

/// The worker at work.
pub(crate) struct Delivering {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Delivering {
    pub(crate) fn start(gateway: Arc<Gateway>, handoff: Handoff, inbox: mpsc::Receiver<LeasedDelivery>) -> Self {
        let stop = CancellationToken::new();
        let slots = Slots { total: 64, per_app: 32, per_lane: 8 };
        let dispatch = Dispatch { gateway, slots, handoff, inbox, grace: Duration::from_secs(5) };
        Self { stop: stop.clone(), task: tokio::spawn(run_deliveries(dispatch, stop)) }
    }

    /// Lets it end what it has begun.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap();
    }
}
