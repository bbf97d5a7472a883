//! What the write path is asked to do, and what it answers. Both databases share every line of this.

use crate::delivery::{AttemptRecord, ClaimRequest, Claimed};
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use zenwallet_core::id::{AppId, DeliveryId, EndpointId, EventId, PaymentId};
use zenwallet_core::payment::{Action, Payment};

/// One command of a group commit. A batch of them is one transaction.
#[derive(Clone, Debug)]
pub enum Command {
    /// Remember a new payment and announce it.
    CreatePayment {
        /// The payment, complete.
        payment: Box<Payment>,
        /// The idempotency key it came with.
        claim: Option<Claim>,
    },
    /// Let the state machine act on a payment and announce what changed.
    SettlePayment {
        /// Whose payment it must be; `None` for the payer, who holds the payment's own page.
        app_id: Option<AppId>,
        /// Which payment.
        payment_id: PaymentId,
        /// What is wanted of it.
        action: Action,
        /// The idempotency key it came with (only with an `app_id`).
        claim: Option<Claim>,
    },
    /// Persist and announce the end of payments whose time is over.
    ExpireDue {
        /// At most so many.
        limit: u32,
    },
    /// Write down what an attempt to deliver came to.
    RecordAttempt(Arc<AttemptRecord>),
    /// Lease deliveries that are due.
    ClaimDeliveries(ClaimRequest),
    /// Append a test event that goes to this one address.
    TestWebhook {
        /// Whose.
        app_id: AppId,
        /// The endpoint that is tested; `None` for an address that is no endpoint.
        endpoint_id: Option<EndpointId>,
        /// The address.
        url: String,
        /// The endpoint's own headers, sealed.
        headers_sealed: Option<Vec<u8>>,
        /// The event's id.
        event_id: EventId,
        /// The payment that the event tells of, which need not exist.
        payment_id: PaymentId,
        /// The event's content in canonical JSON.
        content: String,
    },
    /// Disable an endpoint, call off what waits for it, and announce that.
    DisableEndpoint {
        /// Whose.
        app_id: AppId,
        /// Which.
        endpoint_id: EndpointId,
        /// The payment whose delivery showed that it is gone.
        payment_id: PaymentId,
        /// Why, for its owner.
        reason: String,
    },
    /// Commit one small write, to learn whether commits work.
    Probe,
}

impl Command {
    /// The idempotency claim and the app it belongs to.
    pub(crate) fn claim(&self) -> Option<(AppId, &Claim)> {
        match self {
            Self::CreatePayment { payment, claim } => claim.as_ref().map(|c| (payment.app_id, c)),
            Self::SettlePayment { app_id, claim, .. } => app_id.zip(claim.as_ref()),
            _ => None,
        }
    }

    /// Whether the command can be decided without locking rows of the database first.
    pub(crate) fn is_blind(&self) -> bool {
        match self {
            Self::CreatePayment { claim, .. } => claim.is_none(),
            Self::RecordAttempt(_) | Self::ClaimDeliveries(_) | Self::TestWebhook { .. } | Self::Probe => true,
            Self::SettlePayment { .. } | Self::ExpireDue { .. } | Self::DisableEndpoint { .. } => false,
        }
    }
}

/// An idempotency key with the request it stands for. Key, effect and answer commit together.
#[derive(Clone)]
pub struct Claim {
    /// The `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of method, path and canonical body.
    pub fingerprint: [u8; 32],
    /// Renders the answer that a replay must repeat byte for byte.
    pub answer: Arc<dyn Fn(&Outcome) -> StoredAnswer + Send + Sync>,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("key", &self.key).finish_non_exhaustive()
    }
}

/// An HTTP answer as an idempotency record keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredAnswer {
    /// The status code.
    pub status: u16,
    /// The body's bytes.
    pub body: Bytes,
}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The payment was created.
    Created,
    /// The payment is in the state that was asked for.
    Settled {
        /// The payment as it now is.
        payment: Box<Payment>,
        /// Whether this command brought it there.
        changed: bool,
    },
    /// The payment has ended in another state.
    AlreadyFinal(Box<Payment>),
    /// The payment's time is over.
    PaymentExpired(Box<Payment>),
    /// No such payment of this app.
    NotFound,
    /// So many payments were expired.
    Expired(u32),
    /// The attempt is written down; a result whose lease had gone to somebody else changed nothing.
    Recorded {
        /// Whether it counts.
        applied: bool,
    },
    /// These deliveries are leased to this node.
    Claimed(Claimed),
    /// The test event is appended and its delivery is on its way.
    Tested(DeliveryId),
    /// Whether the endpoint was enabled and now is not.
    EndpointDisabled(bool),
    /// The probe's write is durable.
    Probed,
    /// The idempotency key has answered before.
    Replayed,
    /// The idempotency key stands for another request.
    KeyReused,
    /// A request with this idempotency key is still running on another node.
    KeyInUse,
}

/// A committed command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// What became of it.
    pub outcome: Outcome,
    /// The answer kept under its idempotency key: the one of now, or with [`Outcome::Replayed`] the first one.
    pub answer: Option<StoredAnswer>,
}
