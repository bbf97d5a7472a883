//! A client of crash mode: it creates, completes, cancels, reads and repeats itself at random, and never loses patience.

use super::orders::{self, respelled};
use super::world::{World, lock, payment_id};
use crate::http::careful::Client;
use crate::journal::Call;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use tokio::task::JoinSet;

/// How much a client remembers of each kind.
const MEMORY: usize = 64;

struct Customer {
    world: Arc<World>,
    rng: StdRng,
    app: usize,
    /// What its keys begin with. Two apps share some: keys of different apps have nothing to do with each other.
    lane: String,
    reference: String,
    count: u64,
    client: Client,
    rival: Client,
    open: Vec<String>,
    ended: Vec<String>,
    keyed: Vec<Call>,
}

/// Starts so many clients; they end when the world stops.
pub(super) fn start(world: &Arc<World>, clients: usize, seed: u64) -> JoinSet<anyhow::Result<()>> {
    let mut tasks = JoinSet::new();
    for i in 0..clients {
        let mut customer = Customer::new(Arc::clone(world), i, seed);
        tasks.spawn(async move {
            while !customer.world.stops() {
                customer.step().await;
            }
            Ok(())
        });
    }
    tasks
}

impl Customer {
    fn new(world: Arc<World>, i: usize, seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed.wrapping_add(i as u64 + 1)),
            // Of each four clients, the last is the second app's and shares its keys with the one before.
            app: usize::from(i % 4 == 3),
            lane: if i % 4 >= 2 { format!("shared-{}", i / 4) } else { format!("own-{i}") },
            reference: format!("{seed:x}-{i}"),
            count: 0,
            client: world.client(i),
            rival: world.client(i + 1),
            world,
            open: Vec::new(),
            ended: Vec::new(),
            keyed: Vec::new(),
        }
    }

    async fn step(&mut self) {
        match self.rng.random_range(0..100) {
            0..40 => self.create(0.85).await,
            40..60 => self.settle().await,
            60..70 => self.read().await,
            70..79 => self.repeat().await,
            79..83 => self.reuse_key().await,
            83..88 => self.settle_again().await,
            88..94 => self.race().await,
            _ => self.trespass().await,
        }
    }

    fn next_key(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.lane, self.count)
    }

    fn maybe_key(&mut self, share: f64) -> Option<String> {
        self.rng.random_bool(share).then(|| self.next_key())
    }

    async fn create(&mut self, keyed_share: f64) {
        let key = self.maybe_key(keyed_share);
        self.count += 1;
        let reference = format!("{}-{}", self.reference, self.count);
        let call = orders::create(&mut self.rng, self.app, &reference, key);
        let Some(ack) = self.world.submit(&mut self.client, call.clone()).await else { return };
        if let Some(id) = payment_id(&ack.body) {
            keep(&mut self.open, id, &mut self.rng);
        }
        if call.key.is_some() {
            keep(&mut self.keyed, call, &mut self.rng);
        }
    }

    /// Completes or cancels an open payment.
    async fn settle(&mut self) {
        let Some(target) = take(&mut self.open, &mut self.rng) else { return };
        let key = self.maybe_key(0.5);
        let call = match self.rng.random_range(0..10) {
            0..6 => orders::complete(self.app, &target, true, key),
            6..8 => orders::complete(self.app, &target, false, key),
            _ => orders::cancel(self.app, &target, key),
        };
        if self.world.submit(&mut self.client, call.clone()).await.is_some() && call.key.is_some() {
            keep(&mut self.keyed, call, &mut self.rng);
        }
        keep(&mut self.ended, target, &mut self.rng);
    }

    async fn read(&mut self) {
        let from = if self.rng.random_bool(0.5) { &self.open } else { &self.ended };
        let Some(target) = pick(from, &mut self.rng) else { return };
        self.world.submit(&mut self.client, orders::read(self.app, &target)).await;
    }

    /// Sends a call again that was answered before, perhaps before a crash.
    async fn repeat(&mut self) {
        let Some(mut call) = pick(&self.keyed, &mut self.rng) else { return };
        if self.rng.random_bool(0.3) {
            call = respelled(&call);
        }
        self.world.submit(&mut self.client, call).await;
    }

    /// Takes an old key for something else, which must be refused.
    async fn reuse_key(&mut self) {
        let Some(used) = pick(&self.keyed, &mut self.rng) else { return };
        self.count += 1;
        let reference = format!("{}-{}", self.reference, self.count);
        let call = orders::create(&mut self.rng, self.app, &reference, used.key);
        self.world.submit(&mut self.client, call).await;
    }

    async fn settle_again(&mut self) {
        let Some(target) = pick(&self.ended, &mut self.rng) else { return };
        let success = self.rng.random_bool(0.5);
        self.world.submit(&mut self.client, orders::complete(self.app, &target, success, None)).await;
    }

    /// Pays and cancels one payment at the same time.
    async fn race(&mut self) {
        let Some(target) = take(&mut self.open, &mut self.rng) else { return };
        let pay = orders::complete(self.app, &target, true, None);
        let cancel = orders::cancel(self.app, &target, None);
        tokio::join!(self.world.submit(&mut self.client, pay), self.world.submit(&mut self.rival, cancel));
        keep(&mut self.ended, target, &mut self.rng);
    }

    /// Tries another app's payment, which must not be there.
    async fn trespass(&mut self) {
        let foreign = {
            let known = lock(&self.world.known);
            let i = if known.is_empty() { 0 } else { self.rng.random_range(0..known.len()) };
            known.get(i).filter(|(app, _)| *app != self.app).map(|(_, id)| id.clone())
        };
        let Some(target) = foreign else { return };
        let mut call = match self.rng.random_range(0..4) {
            0 => orders::complete(self.app, &target, true, None),
            1 => orders::cancel(self.app, &target, None),
            _ => orders::read(self.app, &target),
        };
        call.foreign = true;
        self.world.submit(&mut self.client, call).await;
    }
}

fn pick<T: Clone>(from: &[T], rng: &mut StdRng) -> Option<T> {
    (!from.is_empty()).then(|| from[rng.random_range(0..from.len())].clone())
}

fn take<T>(from: &mut Vec<T>, rng: &mut StdRng) -> Option<T> {
    (!from.is_empty()).then(|| from.swap_remove(rng.random_range(0..from.len())))
}

/// Remembers, forgetting something else if memory is full.
fn keep<T>(memory: &mut Vec<T>, what: T, rng: &mut StdRng) {
    if memory.len() == MEMORY {
        take(memory, rng);
    }
    memory.push(what);
}
