//! The writer without its thread: the simulator says what is in a batch, when it commits, and whether it does.

use super::{Health, Writer};
use crate::Surroundings;
use crate::command::{Command, Committed};
use crate::error::{Result, StoreError};
use crate::group_commit::Waiting;
use crate::log::News;
use crate::sqlite::SqliteOptions;
use crate::sqlite::failure::Failure;
use std::fmt;
use tokio::sync::oneshot;

/// The writer of one simulated node. Nobody but the simulator has use for it.
pub struct SteppedWriter(Writer);

impl fmt::Debug for SteppedWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SteppedWriter").field(&self.0.path).finish()
    }
}

impl SteppedWriter {
    /// Opens the writer's connection to a file that is there.
    pub fn open(options: &SqliteOptions, surroundings: Surroundings) -> Result<Self> {
        Writer::open(options, surroundings, News::new(), Health::new()).map(Self).map_err(Failure::into_store_error)
    }

    /// Commits a batch as the writer's thread would, and gives each command's answer.
    pub fn commit(&mut self, commands: Vec<Command>) -> Vec<Result<Committed>> {
        let (batch, answers): (Vec<_>, Vec<_>) = commands
            .into_iter()
            .map(|command| {
                let (reply, answer) = oneshot::channel();
                (Waiting { command, reply }, answer)
            })
            .unzip();
        self.0.commit(batch);
        let unanswered = |_| Err(StoreError::Unavailable("the writer gave no answer".to_owned()));
        answers.into_iter().map(|mut answer| answer.try_recv().unwrap_or_else(unanswered)).collect()
    }

    /// Lets so many more transactions commit and takes every later one back at its very end; `None`: all commit.
    pub fn refuse_commits_after(&mut self, commits: Option<u32>) -> Result<()> {
        let Some(connection) = &mut self.0.connection else { return Ok(()) };
        let hooked = match commits {
            None => connection.commit_hook(None::<fn() -> bool>),
            Some(mut left) => connection.commit_hook(Some(move || {
                let refuses = left == 0;
                left = left.saturating_sub(1);
                refuses
            })),
        };
        hooked.map_err(|error| Failure::from(error).into_store_error())
    }
}
