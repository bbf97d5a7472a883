//! The writer of a node, a batch at a time, and every way in which a commit can end.

use crate::judge::{Verdict, Writing, hold};
use crate::node::{Then, Work};
use crate::timeline::Step;
use crate::world::World;
use zenwallet_store::{Command, Committed, Outcome, StoreError};

/// How a commit ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// As it should.
    Done,
    /// The database takes it back and says so.
    Refused,
    /// It is durable, and nobody learns that; nothing is handed over.
    AnswerLost,
    /// The process ends inside of it, after so many transactions: a batch is one, so none or all of it is left.
    CrashWithin(u32),
    /// The process ends before anybody is answered.
    CrashAfter,
}

impl Fate {
    fn is_crash(self) -> bool {
        matches!(self, Self::CrashWithin(_) | Self::CrashAfter)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Done => "commits",
            Self::Refused => "commits refused",
            Self::AnswerLost => "answers lost",
            Self::CrashWithin(_) => "crashes within a commit",
            Self::CrashAfter => "crashes after a commit",
        }
    }

    /// How many transactions the database still commits, if not all.
    fn commits_let(self) -> Option<u32> {
        match self {
            Self::Refused => Some(0),
            Self::CrashWithin(commits) => Some(commits),
            Self::Done | Self::AnswerLost | Self::CrashAfter => None,
        }
    }
}

impl World {
    /// Lets a piece of work wait for the writer.
    pub(crate) fn enqueue(&mut self, at: usize, work: Work) {
        let owner = self.nodes[at].owner(at);
        let slow = self.faults && self.chance.percent(2);
        let wait_ms = if slow { self.chance.within(0..7_000) } else { self.chance.within(1..5) };
        let Some(process) = &mut self.nodes[at].process else { return };
        process.queue.push_back(work);
        if !process.commit_planned {
            process.commit_planned = true;
            self.timeline.plan(self.timeline.now_ms + wait_ms, owner, Step::Commit);
        }
    }

    fn draw_fate(&mut self) -> Fate {
        if !self.faults {
            return Fate::Done;
        }
        match self.chance.within(0..200) {
            0 => Fate::CrashWithin(0),
            1 => Fate::CrashWithin(1),
            2 | 3 => Fate::CrashAfter,
            4..=6 => Fate::AnswerLost,
            7..=9 => Fate::Refused,
            _ => Fate::Done,
        }
    }

    /// Commits what waits, lets the judge look, and gives the answers.
    pub(crate) fn commit(&mut self, at: usize) -> Verdict {
        let fate = self.draw_fate();
        let node = &mut self.nodes[at];
        let (owner, now_ms) = (node.owner(at), node.now().as_ms());
        let Some(process) = &mut node.process else { return Ok(()) };
        process.commit_planned = false;
        let batch = process.next_batch();
        if !process.queue.is_empty() {
            process.commit_planned = true;
            self.timeline.plan(self.timeline.now_ms + 1, owner, Step::Commit);
        }
        if fate == Fate::AnswerLost {
            // What was handed over before is not lost with this commit.
            process.take_born();
        }
        let commands: Vec<_> = batch.iter().map(|work| work.command.clone()).collect();
        let expected = self.judge.expected_results(&commands);
        process.writer.refuse_commits_after(fate.commits_let())?;
        let mut told = process.writer.commit(commands.clone());
        process.writer.refuse_commits_after(None)?;
        if fate == Fate::AnswerLost {
            while process.inbox.try_recv().is_ok() {}
        } else {
            self.timeline.plan(self.timeline.now_ms + self.chance.within(0..4), owner, Step::TakeBorn);
        }
        self.trace(|| format!("node-{at} commits ({fate:?}) {:?}", commands.iter().map(named).collect::<Vec<_>>()));
        let failed = told.iter().find_map(|told| told.as_ref().err());
        hold!(failed.is_none() || fate.commits_let().is_some(), "a batch failed without a fault: {failed:?}");
        let node = Some(self.nodes[at].name.as_str());
        self.judge.after(&Writing { node, now_ms, commands: &commands, releases: false })?;
        self.judge.results_told(&expected, &told)?;
        self.judge.see(fate.name());
        if fate.is_crash() {
            self.crash(at);
        }
        if fate != Fate::Done {
            told.fill_with(|| Err(StoreError::Unavailable("simulated".to_owned())));
        }
        for (work, told) in batch.into_iter().zip(told) {
            self.answer(at, work, told.ok())?;
        }
        Ok(())
    }

    /// What an answer means to the one who waits for it; `None` is the failure that says nothing.
    fn answer(&mut self, at: usize, work: Work, told: Option<Committed>) -> Verdict {
        let outcome = told.as_ref().map(|told| &told.outcome);
        match &work.then {
            Then::Tell(call) => self.call_answered(call, told.as_ref()),
            Then::SweepAgain => self.sweep_again(at),
            Then::TakeClaimed(request) => {
                let claimed = match outcome {
                    Some(Outcome::Claimed(claimed)) => Some(claimed.clone()),
                    _ => None,
                };
                self.take_claimed(at, request, claimed)
            }
            Then::Recorded(..) => {
                let applied = outcome.map(|outcome| *outcome == Outcome::Recorded { applied: true });
                self.recorded(at, work, applied)
            }
            Then::Send(leased) => {
                self.send(at, (**leased).clone());
                Ok(())
            }
            Then::Nothing => Ok(()),
        }
    }
}

/// A command as a trace names it.
fn named(command: &Command) -> String {
    match command {
        Command::RecordAttempt(record) => {
            format!(
                "{} attempt {} under {}: {:?}",
                record.delivery_id, record.attempt.number, record.token, record.next
            )
        }
        Command::SettlePayment { payment_id, action, .. } => format!("{payment_id} {:?}", action.target()),
        Command::CreatePayment { payment, .. } => format!("{} new", payment.id),
        other => format!("{other:?}").chars().take(30).collect(),
    }
}
