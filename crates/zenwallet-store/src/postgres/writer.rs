//! The one writer of this node: batches in, one transaction each, answers out.

use super::connect::Target;
use super::failure::Failure;
use super::session::Session;
use super::statement::{Mode, Prepared};
use super::{batch_sql, webhook_sql, write};
use crate::Surroundings;
use crate::command::{Command, Committed, Outcome};
use crate::error::{Result, StoreError};
use crate::group_commit::{self, Batches, Waiting};
use crate::log::News;
use crate::targets::KnownTargets;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

/// How often a transaction that lost a race with another node is tried in all.
const ATTEMPTS: usize = 3;

/// A batch looks rows up by their keys, always. A plan that is made while a table is small would read all of it
/// instead, and be kept while the table grows. Statements that go unnamed are planned each time.
/// What is forbidden and done all the same counts as very dear, and what is very dear would be compiled at every
/// execution. A batch of one looks cheaper planned by its values, and planning takes longer than running it.
pub(super) const LOOK_UP_BY_INDEX: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET jit = off; SET plan_cache_mode = force_generic_plan";

/// The writer with its one connection.
pub(super) struct Writer {
    target: Target,
    mode: Mode,
    timeout: Duration,
    /// How long the first command of a batch waits for others: nothing where callers wait.
    linger: Duration,
    /// Those who are told which logs grew.
    listeners: [News; 2],
    surroundings: Surroundings,
    session: Option<Session>,
    /// Where each app's events go, as it was when it was last read.
    targets: KnownTargets,
}

impl Writer {
    pub(super) fn new(
        target: Target,
        mode: Mode,
        timeout: Duration,
        linger: Duration,
        listeners: [News; 2],
        surroundings: Surroundings,
    ) -> Self {
        Self { target, mode, timeout, linger, listeners, surroundings, session: None, targets: KnownTargets::new() }
    }

    /// Commits batches until asked to stop and the queue is empty.
    pub(super) async fn run(mut self, mut batches: Batches, mut stopping: watch::Receiver<bool>) {
        let mut open = true;
        loop {
            let mut batch = Vec::with_capacity(64);
            tokio::select! {
                // Callers who have gone away take nothing back, so nothing is lost when this arm is dropped.
                count = batches.recv_many(&mut batch, self.surroundings.batch_max) => {
                    if count == 0 {
                        return;
                    }
                    self.gather(&mut batches, &mut batch).await;
                    self.commit(batch).await;
                }
                _ = stopping.changed(), if open => {
                    open = false;
                    batches.close();
                }
            }
        }
    }

    /// Lets a batch fill: fewer commits leave the disk and the server to those who wait for them.
    async fn gather(&self, batches: &mut Batches, batch: &mut Vec<Waiting>) {
        if self.linger.is_zero() || batch.len() >= self.surroundings.batch_max {
            return;
        }
        tokio::time::sleep(self.linger).await;
        while batch.len() < self.surroundings.batch_max
            && let Ok(waiting) = batches.try_recv()
        {
            batch.push(waiting);
        }
    }

    /// Commits a batch and answers it. A batch that its data spoils is halved until what is bad stands alone.
    async fn commit(&mut self, batch: Vec<Waiting>) {
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            let commands: Vec<&Command> = part.iter().map(|waiting| &waiting.command).collect();
            match self.try_commit(&commands).await {
                Ok(replies) => group_commit::answer_all(part, replies),
                Err(Failure::Data(_)) if part.len() > 1 => {
                    let second = part.split_off(part.len() / 2);
                    parts.extend([second, part]);
                }
                Err(failure) => {
                    let error = failure.into_store_error();
                    tracing::error!(%error, commands = part.len(), "a batch was not committed");
                    group_commit::fail_all(part, &error);
                }
            }
        }
    }

    async fn try_commit(&mut self, commands: &[&Command]) -> std::result::Result<Vec<Committed>, Failure> {
        for _ in 1..ATTEMPTS {
            match self.attempt(commands).await {
                Err(Failure::Raced(reason)) => {
                    tracing::debug!(reason, "trying again");
                    self.targets.clear();
                }
                done => return done,
            }
        }
        match self.attempt(commands).await {
            // Somebody else still holds one of these keys; whoever brought none is not to blame.
            Err(Failure::Raced(_)) if commands.iter().any(|command| command.claim().is_some()) => {
                self.commit_without_claims(commands).await
            }
            done => done,
        }
    }

    async fn commit_without_claims(&mut self, commands: &[&Command]) -> std::result::Result<Vec<Committed>, Failure> {
        let free: Vec<&Command> = commands.iter().copied().filter(|command| command.claim().is_none()).collect();
        let mut replies = if free.is_empty() { Vec::new() } else { self.attempt(&free).await? }.into_iter();
        let in_use = || Committed { outcome: Outcome::KeyInUse, answer: None };
        let answered = commands.iter().map(|command| match command.claim() {
            Some(_) => Some(in_use()),
            None => replies.next(),
        });
        answered.collect::<Option<_>>().ok_or_else(|| Failure::Bug("a command without an answer".to_owned()))
    }

    /// One transaction, within the deadline. A connection that failed in any other way than by a clean error
    /// is given up: what it was doing is unknown.
    async fn attempt(&mut self, commands: &[&Command]) -> std::result::Result<Vec<Committed>, Failure> {
        let session = match self.session.take() {
            Some(session) if !session.link.client.is_closed() => session,
            _ => self.connect().await?,
        };
        let work =
            write::commit(&session, commands, &self.surroundings, &self.mode, &mut self.targets, &self.listeners);
        let result = match tokio::time::timeout(self.timeout, work).await {
            Ok(result) => result,
            Err(_) => return Err(Failure::Unavailable("the commit did not end in time".to_owned())),
        };
        if session.link.commit_in_doubt.load(Ordering::SeqCst) {
            let reason = "the commit stopped waiting for its standby, a failover may lose it";
            return Err(Failure::Unavailable(reason.to_owned()));
        }
        let reusable = match &result {
            Ok(_) => true,
            Err(Failure::Unavailable(_)) => false,
            Err(_) => {
                let rollback = tokio::time::timeout(self.timeout, session.link.client.batch_execute("ROLLBACK")).await;
                matches!(rollback, Ok(Ok(())))
            }
        };
        if reusable {
            self.session = Some(session);
        }
        result
    }

    async fn connect(&self) -> Result<Session> {
        let link = self.target.connect().await?;
        let statements: Vec<_> = batch_sql::statements().into_iter().chain(webhook_sql::statements()).collect();
        let preparing = async {
            if self.mode.is_prepared() {
                link.client.batch_execute(LOOK_UP_BY_INDEX).await?;
            }
            Prepared::on(&link.client, &self.mode, &statements).await
        };
        let prepared = tokio::time::timeout(self.timeout, preparing)
            .await
            .map_err(|_| StoreError::Unavailable("the database did not prepare its statements in time".to_owned()))?
            .map_err(|error| Failure::of(&self.mode, error).into_store_error())?;
        Ok(Session { link, prepared })
    }
}
