//! What the cases are made of.

mod answer;
mod app;
pub(crate) mod authenticator;
mod call;
mod crowd;
mod database;
mod delivering;
mod image;
pub(crate) mod person;
mod server;
mod wait;

pub(crate) use answer::{Answer, codes_of};
pub(crate) use app::{LOG_RULES, PUBLIC_URL, START, Tenant, TestApp, id_of, options};
pub(crate) use call::Call;
pub(crate) use crowd::{at_once, many_payments};
pub(crate) use database::{Database, Endurance, Kind};
pub(crate) use delivering::Delivering;
pub(crate) use image::{decode_png, scan};
pub(crate) use person::Person;
pub(crate) use server::{Connection, TestServer, WireAnswer, limits};
pub(crate) use wait::eventually;

use std::path::Path;

/// Runs every named case, an `async fn(TestApp)`, on SQLite and on PostgreSQL, each on a database of its own.
macro_rules! both_databases {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() { $crate::support::run($crate::support::Kind::Sqlite, super::$case); })*
        }
        mod postgres {
            $(#[test] fn $case() { $crate::support::run($crate::support::Kind::Postgres, super::$case); })*
        }
    };
}

/// As `both_databases`, with a worker that delivers webhooks.
macro_rules! both_databases_delivering {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() { $crate::support::run_delivering($crate::support::Kind::Sqlite, super::$case); })*
        }
        mod postgres {
            $(#[test] fn $case() { $crate::support::run_delivering($crate::support::Kind::Postgres, super::$case); })*
        }
    };
}

/// Runs one case on a fresh database.
pub(crate) fn run<F: Future<Output = ()>>(kind: Kind, case: impl FnOnce(TestApp) -> F) {
    block_on(async {
        let app = TestApp::start(kind).await;
        let (store, database) = (app.store.clone(), app.database.clone());
        case(app).await;
        store.close().await;
        database.remove().await;
    });
}

/// Runs one case on a fresh database, with a worker that delivers webhooks.
pub(crate) fn run_delivering<F: Future<Output = ()>>(kind: Kind, case: impl FnOnce(TestApp) -> F) {
    block_on(async {
        let (app, worker) = TestApp::delivering(kind).await;
        let (store, database) = (app.store.clone(), app.database.clone());
        case(app).await;
        worker.end().await;
        store.close().await;
        database.remove().await;
    });
}

/// Runs a case that brings its own surroundings.
pub(crate) fn block_on<T>(case: impl Future<Output = T>) -> T {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads.worker_threads(2).enable_all().build().unwrap().block_on(case)
}

/// The sources of these cases.
pub(crate) fn sources() -> Vec<String> {
    sources_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"))
}

/// Every Rust file below a directory.
pub(crate) fn sources_in(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources_in(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// Says why a case cannot run here.
#[expect(clippy::print_stderr, reason = "nextest shows it with the case")]
pub(crate) fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
