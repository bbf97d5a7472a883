//! The queue in front of the one writer: while a transaction commits, the next batch gathers here, and each
//! caller hears only after its own commit. This is where the speed comes from, and it costs no durability.

use crate::command::{Command, Committed, Outcome};
use crate::error::{Result, StoreError};
use crate::planted::{Bug, planted};
use tokio::sync::{mpsc, oneshot};

/// A command and the caller who waits for it.
pub(crate) struct Waiting {
    pub(crate) command: Command,
    pub(crate) reply: oneshot::Sender<Result<Committed>>,
}

/// The callers' side of the queue.
#[derive(Clone, Debug)]
pub(crate) struct CommitQueue(mpsc::Sender<Waiting>);

/// The writer's side of the queue.
pub(crate) type Batches = mpsc::Receiver<Waiting>;

/// A queue that holds at most `max_waiting` commands.
pub(crate) fn queue(max_waiting: usize) -> (CommitQueue, Batches) {
    let (sender, receiver) = mpsc::channel(max_waiting);
    (CommitQueue(sender), receiver)
}

impl CommitQueue {
    /// Waits until the command's transaction is durable, or is known or feared not to be.
    pub(crate) async fn submit(&self, command: Command) -> Result<Committed> {
        let (reply, answer) = oneshot::channel();
        let acknowledges_early = planted(Bug::AckBeforeCommit) && command.is_blind();
        self.0.try_send(Waiting { command, reply }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        if acknowledges_early {
            return Ok(Committed { outcome: Outcome::Created, answer: None });
        }
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

/// Tells every caller of a batch its answer.
pub(crate) fn answer_all(batch: Vec<Waiting>, replies: Vec<Committed>) {
    debug_assert_eq!(batch.len(), replies.len());
    for (waiting, reply) in batch.into_iter().zip(replies) {
        // A caller who has gone away no longer wants its answer; what it asked for is done all the same.
        let _ = waiting.reply.send(Ok(reply));
    }
}

/// Tells every caller of a batch the same failure.
pub(crate) fn fail_all(batch: Vec<Waiting>, error: &StoreError) {
    for waiting in batch {
        let _ = waiting.reply.send(Err(error.clone()));
    }
}
