//! What happens next: steps by their moments, and among equals by the order in which they were planned.

use crate::node::Work;
use std::collections::BTreeMap;

/// One step of a run. Between two steps nothing happens.
pub(crate) enum Step {
    // Steps of a node, which a crash takes away and a freeze puts off.
    /// What waits for the writer is committed.
    Commit,
    /// The dispatcher takes what was handed over after a commit.
    TakeBorn,
    /// The dispatcher asks the database for what is due, if that is still the moment.
    Claim,
    /// Payments whose time is over are to expire.
    Sweep,
    /// An exchange with a receiver is over.
    AttemptOver(u64),
    /// A piece of work joins the writer's queue.
    Queue(Box<Work>),
    /// A waiting delivery is hurried by the process that remembers it: `Bug::RetryInMemory`.
    HurryFromMemory(Box<zenwallet_store::LeasedDelivery>),

    // Steps of the world around.
    /// Somebody asks something of the API.
    Call,
    /// The same request again, whose answer was lost.
    CallAgain(Box<crate::traffic::Call>),
    /// Somebody changes endpoints or steers deliveries.
    Steer,
    /// A reader of the log asks for more.
    Read(usize),
    /// Something breaks.
    Fault,
    /// A node starts.
    Boot(usize),
    /// The faults stop.
    Heal,
}

/// A step, and the process it belongs to: a node, and how often that had started.
pub(crate) struct Planned {
    pub(crate) owner: Option<(usize, u64)>,
    pub(crate) step: Step,
}

/// Everything that is planned. The time is the world's own, in milliseconds; no node knows it.
#[derive(Default)]
pub(crate) struct Timeline {
    pub(crate) now_ms: i64,
    planned: BTreeMap<(i64, u64), Planned>,
    order: u64,
}

impl Timeline {
    pub(crate) fn from(now_ms: i64) -> Self {
        Self { now_ms, ..Self::default() }
    }

    pub(crate) fn plan(&mut self, at_ms: i64, owner: Option<(usize, u64)>, step: Step) {
        self.order += 1;
        self.planned.insert((at_ms.max(self.now_ms), self.order), Planned { owner, step });
    }

    /// Plans a step of the world so many milliseconds from now.
    pub(crate) fn plan_in(&mut self, wait_ms: i64, step: Step) {
        self.plan(self.now_ms + wait_ms, None, step);
    }

    /// The next step and its moment.
    pub(crate) fn pop(&mut self) -> Option<(i64, Planned)> {
        self.planned.pop_first().map(|((at_ms, _), planned)| (at_ms, planned))
    }
}
