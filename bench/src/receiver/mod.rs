//! A receiver of webhooks: raw HTTP/1.1 on a thread of its own, so that it costs little and never waits for the clients.

mod behaviour;
mod ledger;
mod receipt;
mod request;
mod serve;
mod standalone;

pub(crate) use behaviour::Behaviour;
pub(crate) use ledger::{Counts, Ledger};
pub(crate) use receipt::Receipt;
pub(crate) use standalone::{Args, run};

use anyhow::Context;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How often a waiting command looks at the ledger.
const LOOK: Duration = Duration::from_millis(2);

/// What the thread and its owner share.
pub(crate) struct Shared {
    ledger: Mutex<Ledger>,
    /// What paths do whose first segment names no behaviour.
    fallback: Behaviour,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A poisoned lock still guards a usable ledger: nothing in it is left half changed.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running receiver; dropping it closes its connections and ends its thread.
pub(crate) struct Receiver {
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    /// The thread's directory in `/proc`.
    proc: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Listens on every address and keeps all that it receives.
    pub(crate) fn start(addresses: &[SocketAddr]) -> anyhow::Result<Self> {
        Self::start_with(addresses, Behaviour::Healthy, Ledger::keeping())
    }

    /// Listens on every address. `fallback` is for paths that name no behaviour themselves.
    pub(crate) fn start_with(addresses: &[SocketAddr], fallback: Behaviour, ledger: Ledger) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared { ledger: Mutex::new(ledger), fallback });
        let (stop, stopped) = oneshot::channel();
        let (told, begun) = std::sync::mpsc::channel();
        let (wanted, theirs) = (addresses.to_vec(), Arc::clone(&shared));
        let run = move || serve::run(&wanted, theirs, &told, stopped);
        let thread = std::thread::Builder::new().name("receiver".to_owned()).spawn(run)?;
        let (addresses, proc) = begun.recv().context("the receiver's thread has ended")??;
        Ok(Self { addresses, shared, proc, stop: Some(stop), thread: Some(thread) })
    }

    /// The URL of a path on the address at this place; places past the last begin anew.
    pub(crate) fn url(&self, place: usize, path: &str) -> String {
        format!("http://{}{path}", self.addresses[place % self.addresses.len()])
    }

    /// What it received.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger()
    }

    /// CPU time of its thread.
    pub(crate) fn cpu(&self) -> Duration {
        let spent = std::fs::read_to_string(self.proc.join("schedstat")).unwrap_or_default();
        let ns = spent.split_whitespace().next().and_then(|ns| ns.parse().ok());
        Duration::from_nanos(ns.unwrap_or(0))
    }

    /// Waits until so many events were accepted; `false` if nothing new was accepted for as long as `patience`.
    pub(crate) async fn wait_for(&self, accepted: usize, patience: Duration) -> bool {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let now = self.ledger().counts().accepted;
            if now >= accepted {
                return true;
            }
            if now > last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() > patience {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

/// The first so many addresses of the loopback network at this port: each is an origin of its own.
pub(crate) fn loopback(count: usize, port: u16) -> Vec<SocketAddr> {
    let address = |n: usize| {
        let [.., high, low] = n.to_be_bytes();
        SocketAddr::from((Ipv4Addr::new(127, 0, high, low), port))
    };
    // Neither 127.0.0.0 nor any .255: some programs take them for networks and broadcasts.
    (1..).filter(|n| n % 256 != 255 && n % 256 != 0).map(address).take(count).collect()
}

#[cfg(test)]
mod tests;
