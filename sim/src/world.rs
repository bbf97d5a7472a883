//! One run: a world made from a seed, faults for a while, then none, until everything is over.

use crate::chance::Chance;
use crate::judge::{Judge, Seen, Verdict, Violation, Writing, hold, spelled};
use crate::node::{Node, POLL_MS, Then, Work};
use crate::receivers::Receivers;
use crate::timeline::{Planned, Step, Timeline};
use crate::traffic::Reader;
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;
use zenwallet_core::app::{ApiKey, App, Environment, SecretKey};
use zenwallet_core::id::{AppId, IdSource};
use zenwallet_core::time::{Clock, Timestamp};
use zenwallet_store::{Command, Leasing, SqliteOptions, SqliteStore, Store, Surroundings};

/// 2026-01-26T10:35:00Z.
const START_MS: i64 = 1_769_423_700_000;
/// How long things break.
const FAULTS_MS: i64 = 16_000;
/// How long everything may then take to be over: every lease ended, every clock's jump waited for, every schedule run.
const PATIENCE_MS: i64 = 180_000;
/// Longest jump of a clock.
const JUMP_MS: i64 = 8_000;
const NODES_MAX: usize = 3;
const APPS: usize = 2;

pub(crate) struct World {
    pub(crate) chance: Chance,
    pub(crate) timeline: Timeline,
    pub(crate) nodes: Vec<Node>,
    /// Reads and short writes, as every node makes them: each has its moment given.
    pub(crate) store: Store,
    pub(crate) judge: Judge,
    pub(crate) receivers: Receivers,
    pub(crate) apps: Vec<AppId>,
    pub(crate) readers: Vec<Reader>,
    pub(crate) ids: IdSource,
    /// Exchanges so far: their numbers.
    pub(crate) exchanges: u64,
    /// Whether things still break.
    pub(crate) faults: bool,
    file: PathBuf,
    runtime: Runtime,
    traces: bool,
}

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) digest: u64,
    pub(crate) seen: Seen,
}

/// Runs a seed over a file that has the schema and nothing else.
pub(crate) fn run(seed: u64, file: &Path, traces: bool) -> Result<Ran, Violation> {
    let mut world = World::new(seed, file, traces)?;
    let ended = world.live();
    let at_ms = world.timeline.now_ms - START_MS;
    world.block_on(world.store.close());
    ended.map_err(|Violation(sentence)| Violation(format!("after {at_ms} ms: {sentence}")))?;
    Ok(Ran { digest: world.judge.digest(), seen: world.judge.seen() })
}

impl World {
    fn new(seed: u64, file: &Path, traces: bool) -> Result<Self, Violation> {
        let mut chance = Chance::new(seed);
        let failed = |error: std::io::Error| Violation(format!("no runtime: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(failed)?;
        let ids = IdSource::seeded(chance.next());
        let surroundings = Surroundings {
            clock: Clock::System,
            ids: std::sync::Arc::default(),
            queue_max: 1,
            batch_max: 1,
            leasing: Leasing::default(),
        };
        let commit_timeout = std::time::Duration::ZERO;
        let options = SqliteOptions { path: file.to_owned(), read_connections: 1, commit_timeout };
        let store = Store::Sqlite(runtime.block_on(SqliteStore::open(options, surroundings))?);
        let nodes = (0..1 + chance.below(NODES_MAX)).map(|number| Node::new(number, START_MS, &mut chance)).collect();
        let receivers = Receivers::new(&mut chance);
        let timeline = Timeline::from(START_MS);
        let (apps, readers) = (Vec::new(), Vec::new());
        let judge = Judge::open(file)?;
        let file = file.to_owned();
        Ok(Self {
            chance,
            timeline,
            nodes,
            store,
            judge,
            receivers,
            apps,
            readers,
            ids,
            exchanges: 0,
            faults: true,
            file,
            runtime,
            traces,
        })
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        if self.traces {
            crate::say(&format!("{:>7} {}", self.timeline.now_ms - START_MS, line()));
        }
    }

    fn live(&mut self) -> Verdict {
        self.populate()?;
        for at in 0..self.nodes.len() {
            let wait_ms = self.chance.within(0..500);
            self.timeline.plan_in(wait_ms, Step::Boot(at));
        }
        for (wait_ms, step) in [(10, Step::Call), (15, Step::Steer), (700, Step::Fault), (FAULTS_MS, Step::Heal)] {
            self.timeline.plan_in(wait_ms, step);
        }
        for reader in 0..self.readers.len() {
            self.timeline.plan_in(50, Step::Read(reader));
        }
        while let Some((at_ms, planned)) = self.timeline.pop() {
            self.pass(at_ms);
            self.step(planned)?;
            if !self.faults && self.is_over() {
                return self.judge.at_the_end();
            }
            if self.timeline.now_ms > START_MS + FAULTS_MS + PATIENCE_MS {
                let what = self.judge.unfinished();
                return Err(Violation(what.unwrap_or_else(|| "a reader of a log never came to its end".to_owned())));
            }
        }
        Err(Violation("nothing is planned any more".to_owned()))
    }

    /// Lets time pass on every clock.
    fn pass(&mut self, to_ms: i64) {
        for node in &self.nodes {
            node.hands.advance_ms(to_ms - self.timeline.now_ms);
        }
        self.timeline.now_ms = to_ms;
    }

    fn is_over(&self) -> bool {
        let read = |reader: &Reader| reader.cursor == self.judge.log_len(&spelled(reader.app_id));
        self.judge.is_over() && self.readers.iter().all(read)
    }

    fn populate(&mut self) -> Verdict {
        let now = Timestamp::from_ms(START_MS);
        for number in 0..APPS {
            let id = self.ids.next(now);
            let app = App {
                id,
                name: format!("app {number}"),
                environment: Environment::Test,
                webhook_secret_sealed: vec![1],
                owner_user_id: None,
                rate_limit_per_s: None,
                created_at: now,
                is_active: true,
                monthly_payments_max: None,
                deleted_at: None,
            };
            let secret = SecretKey::generate(&self.ids, Environment::Test);
            let key = ApiKey {
                id: self.ids.next(now),
                app_id: id,
                hash: secret.hash(),
                name: None,
                last_used_address: None,
                hint: secret.hint(),
                created_at: now,
                expires_at: None,
                revoked_at: None,
                last_used_at: None,
            };
            self.block_on(self.store.create_app(&app, &key, None, &[]))?;
            self.apps.push(id);
            self.readers.extend([Reader { app_id: id, cursor: 0 }, Reader { app_id: id, cursor: 0 }]);
        }
        Ok(())
    }

    fn step(&mut self, planned: Planned) -> Verdict {
        let Planned { owner, step } = planned;
        if let Some((at, starts)) = owner {
            let node = &self.nodes[at];
            if node.starts != starts || node.process.is_none() {
                return Ok(());
            }
            if node.frozen_until_ms > self.timeline.now_ms {
                self.timeline.plan(node.frozen_until_ms, owner, step);
                return Ok(());
            }
            return self.node_step(at, step);
        }
        let (call_ms, steer_ms, fault_ms) =
            (self.chance.within(20..700), self.chance.within(100..1_800), self.chance.within(200..2_500));
        match step {
            Step::Call if self.faults => {
                self.timeline.plan_in(call_ms, Step::Call);
                self.call()
            }
            Step::Steer if self.faults => {
                self.timeline.plan_in(steer_ms, Step::Steer);
                self.steer()
            }
            Step::Fault if self.faults => {
                self.timeline.plan_in(fault_ms, Step::Fault);
                self.fault()
            }
            Step::Read(reader) => {
                self.timeline.plan_in(2 * call_ms, Step::Read(reader));
                self.read(reader)
            }
            Step::CallAgain(call) => {
                self.send_call(*call);
                Ok(())
            }
            Step::Boot(at) => self.boot(at),
            Step::Heal => self.heal(),
            _ => Ok(()),
        }
    }

    fn node_step(&mut self, at: usize, step: Step) -> Verdict {
        match step {
            Step::Commit => self.commit(at),
            Step::TakeBorn => {
                if let Some(process) = &mut self.nodes[at].process {
                    process.take_born();
                }
                self.begin_attempts(at)
            }
            Step::Claim => {
                self.begin_claim(at);
                self.begin_attempts(at)
            }
            Step::Sweep => {
                let limit = u32::try_from(self.chance.within(1..8)).unwrap_or(1);
                self.enqueue(at, Work { command: Command::ExpireDue { limit }, then: Then::SweepAgain });
                Ok(())
            }
            Step::AttemptOver(number) => self.attempt_over(at, number),
            Step::Queue(work) => {
                self.enqueue(at, *work);
                Ok(())
            }
            Step::HurryFromMemory(leased) => {
                let now = self.nodes[at].now();
                self.block_on(self.store.hurry_delivery(leased.app_id, leased.id, now))?;
                self.judge.after(&Writing { node: None, now_ms: now.as_ms(), commands: &[], releases: false })
            }
            _ => Ok(()),
        }
    }

    /// The sweeper rests until the next payment is due, at most for a while.
    pub(crate) fn sweep_again(&mut self, at: usize) -> Verdict {
        let next = self.block_on(self.store.next_expiry())?;
        let node = &self.nodes[at];
        let wait_ms = next.map_or(POLL_MS, |due| due.as_ms() - node.now().as_ms());
        self.timeline.plan(self.timeline.now_ms + wait_ms.clamp(5, POLL_MS), node.owner(at), Step::Sweep);
        Ok(())
    }

    /// A node starts: what a process of its name has left leased is due again.
    fn boot(&mut self, at: usize) -> Verdict {
        if self.nodes[at].process.is_some() {
            return Ok(());
        }
        self.trace(|| format!("node-{at} starts"));
        let file = self.file.clone();
        self.nodes[at].start(&file)?;
        self.release(at)?;
        let owner = self.nodes[at].owner(at);
        self.timeline.plan(self.timeline.now_ms, owner, Step::Sweep);
        self.claim_by(at, self.timeline.now_ms);
        Ok(())
    }

    fn release(&mut self, at: usize) -> Verdict {
        let (name, now) = (self.nodes[at].name.clone(), self.nodes[at].now());
        self.block_on(self.store.release_leases(&name, now))?;
        self.judge.after(&Writing { node: Some(&name), now_ms: now.as_ms(), commands: &[], releases: true })
    }

    /// The process is gone, with all it had in memory; it comes back some time.
    pub(crate) fn crash(&mut self, at: usize) {
        self.trace(|| format!("node-{at} crashes"));
        self.nodes[at].process = None;
        let wait_ms = self.chance.within(50..6_000);
        self.timeline.plan_in(wait_ms, Step::Boot(at));
    }

    fn fault(&mut self) -> Verdict {
        let (at, longer_ms) = (self.chance.below(self.nodes.len()), self.chance.within(100..9_000));
        let is_up = self.nodes[at].answers(self.timeline.now_ms);
        match self.chance.below(7) {
            0 if is_up => self.crash(at),
            1 if is_up => {
                // Told to stop: what is under way has no more time, and what it leased is due again.
                self.crash(at);
                self.release(at)?;
            }
            2 if is_up => {
                self.trace(|| format!("node-{at} freezes for {longer_ms} ms"));
                self.nodes[at].frozen_until_ms = self.timeline.now_ms + longer_ms;
            }
            3 | 4 => {
                let jump_ms = self.chance.within(-JUMP_MS..JUMP_MS);
                self.trace(|| format!("the clock of node-{at} jumps by {jump_ms} ms"));
                self.nodes[at].hands.advance_ms(jump_ms);
            }
            _ => self.receivers.change(&mut self.chance),
        }
        Ok(())
    }

    /// Nothing breaks any more: every node is up, every clock is right.
    fn heal(&mut self) -> Verdict {
        self.trace(|| "the faults stop".to_owned());
        self.faults = false;
        for at in 0..self.nodes.len() {
            self.nodes[at].frozen_until_ms = 0;
            let off_ms = self.timeline.now_ms - self.nodes[at].now().as_ms();
            self.nodes[at].hands.advance_ms(off_ms);
            self.boot(at)?;
        }
        hold!(!self.nodes.is_empty(), "there are no nodes");
        Ok(())
    }
}
