//! What the write path is asked to do, and what it answers. Both databases share every line of this.

use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use zenwallet_core::id::{AppId, PaymentId};
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
    /// Commit one small write, to learn whether commits work.
    Probe,
}

impl Command {
    /// The idempotency claim and the app it belongs to.
    pub(crate) fn claim(&self) -> Option<(AppId, &Claim)> {
        match self {
            Self::CreatePayment { payment, claim } => claim.as_ref().map(|c| (payment.app_id, c)),
            Self::SettlePayment { app_id, claim, .. } => app_id.zip(claim.as_ref()),
            Self::ExpireDue { .. } | Self::Probe => None,
        }
    }

    /// Whether the command can be decided without reading the database first.
    pub(crate) fn is_blind(&self) -> bool {
        matches!(self, Self::CreatePayment { claim: None, .. } | Self::Probe)
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
