//! Many seeds on every core, and what is said of them.

use crate::Args;
use crate::judge::{self, Seen, Violation};
use crate::say;
use crate::world::{self, Ran};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};
use zenwallet_core::time::Clock;
use zenwallet_store::{Leasing, SqliteOptions, SqliteStore, Store, Surroundings};

/// Seeds that have failed once, one a line with what they found: they run first, for ever.
const KEPT: &str = include_str!("../seeds.txt");
/// Every so many seeds one is run twice, and must do the same.
const TWICE_EVERY: u64 = 50;
/// Failures that are told in full.
const TOLD_MAX: usize = 5;

/// What this many seeds must have met.
const MANY: u64 = 200;
const MUST_MEET: [&str; 19] = [
    "answers lost",
    "born due",
    "born leased",
    "called off",
    "claimed",
    "commits refused",
    "crashes after a commit",
    "crashes within a commit",
    "declined",
    "delivered",
    "expired",
    "failed",
    "hurried",
    "lapsed leases",
    "late results",
    "leases given back",
    "paid",
    "replayed answers",
    "retries",
];

/// A directory in memory where there is one; it goes with the campaign.
struct Place(PathBuf);

impl Place {
    fn new() -> Result<Self, Violation> {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let path = parent.join(format!("zenwallet-sim-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| Violation(format!("{}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Default)]
struct Tally {
    failures: Mutex<Vec<(u64, String)>>,
    next: AtomicU64,
    passed: AtomicU64,
    seen: Mutex<Seen>,
    stop: AtomicBool,
}

/// Runs what is asked for and says how many seeds passed.
pub(crate) fn run(args: &Args) -> ExitCode {
    let place = match Place::new() {
        Ok(place) => place,
        Err(error) => {
            say(&format!("FAIL  {error}\n0 passed, 1 failed"));
            return ExitCode::FAILURE;
        }
    };
    let seeds = match args.seed {
        Some(seed) => vec![seed],
        None => kept().chain(args.first..args.first.saturating_add(args.seeds)).collect(),
    };
    let template = match template(&place.0) {
        Ok(template) => template,
        Err(error) => {
            say(&format!("FAIL  {error}\n0 passed, 1 failed"));
            return ExitCode::FAILURE;
        }
    };
    let tally = Tally::default();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(seeds.len());
    thread::scope(|scope| {
        for number in 0..threads {
            let (seeds, tally, template) = (&seeds, &tally, &template);
            let file = place.0.join(format!("{number}.db"));
            scope.spawn(move || work(args, seeds, template, &file, tally));
        }
    });
    tell(args, &seeds, &tally)
}

fn kept() -> impl Iterator<Item = u64> {
    KEPT.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok())
}

/// An empty database with the product's schema and the judge's triggers, as bytes.
fn template(place: &Path) -> Result<Vec<u8>, Violation> {
    let path = place.join("template.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Violation(format!("no runtime: {error}")))?;
    let options = SqliteOptions { path: path.clone(), read_connections: 1, commit_timeout: Duration::ZERO };
    let (clock, ids, leasing) = (Clock::System, Arc::default(), Leasing::default());
    let surroundings = Surroundings { clock, ids, queue_max: 1, batch_max: 1, leasing };
    runtime.block_on(async {
        let store = Store::Sqlite(SqliteStore::open(options, surroundings).await?);
        store.migrate().await?;
        judge::install(&path)?;
        store.close().await;
        Ok::<_, Violation>(())
    })?;
    fs::read(&path).map_err(|error| Violation(format!("{}: {error}", path.display())))
}

fn work(args: &Args, seeds: &[u64], template: &[u8], file: &Path, tally: &Tally) {
    while !tally.stop.load(Ordering::Relaxed) {
        let index = usize::try_from(tally.next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
        let Some(&seed) = seeds.get(index) else { return };
        let once = || run_apart(seed, template, file, args.trace);
        let ran = once().and_then(|ran| {
            let differs = seed % TWICE_EVERY == 0 && once()?.digest != ran.digest;
            if differs { Err("the same seed did something else the second time".to_owned()) } else { Ok(ran) }
        });
        match ran {
            Ok(ran) => {
                tally.passed.fetch_add(1, Ordering::Relaxed);
                let mut seen = tally.seen.lock().unwrap_or_else(PoisonError::into_inner);
                ran.seen.into_iter().for_each(|(what, count)| *seen.entry(what).or_default() += count);
            }
            Err(sentence) => {
                tally.failures.lock().unwrap_or_else(PoisonError::into_inner).push((seed, sentence));
                tally.stop.fetch_or(args.find, Ordering::Relaxed);
            }
        }
    }
}

/// Runs a seed over a file of its own; a panic is a failure like any other.
fn run_apart(seed: u64, template: &[u8], file: &Path, traces: bool) -> Result<Ran, String> {
    for beside in ["db-wal", "db-shm"] {
        let _ = fs::remove_file(file.with_extension(beside));
    }
    fs::write(file, template).map_err(|error| format!("{}: {error}", file.display()))?;
    match panic::catch_unwind(AssertUnwindSafe(|| world::run(seed, file, traces))) {
        Ok(ran) => ran.map_err(|Violation(sentence)| sentence),
        Err(_) => Err("it panicked".to_owned()),
    }
}

fn tell(args: &Args, seeds: &[u64], tally: &Tally) -> ExitCode {
    let mut failures = tally.failures.lock().unwrap_or_else(PoisonError::into_inner);
    failures.sort_unstable();
    let passed = tally.passed.load(Ordering::Relaxed);
    if args.find {
        return match failures.first() {
            Some((seed, sentence)) => {
                let tried = seeds.iter().position(|tried| tried == seed).map_or(0, |at| at + 1);
                say(&format!("found by seed {seed}, number {tried}: {sentence}"));
                ExitCode::SUCCESS
            }
            None => {
                say(&format!("not found by {passed} seeds"));
                ExitCode::FAILURE
            }
        };
    }
    for (seed, sentence) in failures.iter().take(TOLD_MAX) {
        say(&format!("FAIL  seed {seed} {sentence}\n      again: cargo run -p sim -- --seed {seed} --trace"));
    }
    let missed = tell_seen(tally, passed);
    let failed = failures.len() + missed;
    say(&format!("{passed} passed, {failed} failed"));
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says what the seeds met, and how much of what they must meet they did not: a campaign without late results, say,
/// proves nothing about them.
fn tell_seen(tally: &Tally, passed: u64) -> usize {
    let seen = tally.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let met: Vec<String> = seen.iter().map(|(what, count)| format!("{count} {what}")).collect();
    say(&met.join(", "));
    let missed: Vec<_> = MUST_MEET.into_iter().filter(|what| passed >= MANY && !seen.contains_key(what)).collect();
    for what in &missed {
        say(&format!("FAIL  {passed} seeds met no {what}"));
    }
    missed.len()
}
