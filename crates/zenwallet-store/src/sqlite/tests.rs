//! What only the inside of this store can show: its statements, their plans, and how its writer fails.

use super::query::{Query, Rows};
use super::*;
use crate::command::{Claim, Command, Outcome};
use crate::query::{PaymentFilter, Search, Statuses};
use crate::{Leasing, Store};
use rusqlite::params_from_iter;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use zenwallet_core::id::{AppId, IdSource, PaymentId, TransactionId};
use zenwallet_core::payment::{Action, Status};
use zenwallet_core::time::{Clock, ManualClock, Timestamp};

/// A directory that goes with its test.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("zenwallet-sqlite-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("zenwallet.db")
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn statements() -> Vec<&'static str> {
    let all = [
        write::STATEMENTS,
        events::STATEMENTS,
        read::STATEMENTS,
        rollup::STATEMENTS,
        upkeep::STATEMENTS,
        webhooks::STATEMENTS,
        endpoints::STATEMENTS,
        deliveries::STATEMENTS,
    ];
    all.concat()
}

/// Those that are written once for both databases.
fn shared_statements() -> Vec<String> {
    crate::sql::statements().into_iter().map(super::tx::numbered).collect()
}

async fn open(path: &Path) -> SqliteStore {
    let clock = Clock::Manual(ManualClock::new(Timestamp::from_ms(1_769_423_700_000)));
    let (ids, leasing) = (Arc::new(IdSource::seeded(1)), Leasing::default());
    let surroundings = Surroundings { clock, ids, queue_max: 64, batch_max: 16, leasing };
    let options =
        SqliteOptions { path: path.to_owned(), read_connections: 2, commit_timeout: Duration::from_millis(200) };
    let store = SqliteStore::open(options, surroundings).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn every_filter() -> Vec<PaymentFilter> {
    let id = PaymentId::from_bytes([5; 16]);
    let searches = [
        None,
        Some(Search::Payment(id)),
        Some(Search::Transaction(TransactionId::from_bytes([5; 16]))),
        Some(Search::ReferencePrefix("ORDER".to_owned())),
        Some(Search::ReferencePrefix(String::new())),
    ];
    let mut filters = Vec::new();
    // Every set of statuses but the empty one.
    for bits in 1..16_u8 {
        let wanted = Status::ALL.into_iter().filter(|status| bits & (1 << status.code()) != 0);
        let statuses = Statuses::of(wanted);
        for search in &searches {
            for reference_id in [None, Some("ORDER-1".to_owned())] {
                filters.push(PaymentFilter {
                    statuses,
                    reference_id,
                    search: search.clone(),
                    ..PaymentFilter::all(AppId::from_bytes([1; 16]), Timestamp::from_ms(10))
                });
            }
        }
    }
    filters
}

#[tokio::test]
async fn every_statement_prepares() {
    let dir = TempDir::new();
    let store = open(&dir.file()).await;
    let prepared = store
        .read(|connection| {
            for sql in statements() {
                connection.prepare(sql)?;
            }
            for sql in shared_statements() {
                connection.prepare(&sql)?;
            }
            Ok(())
        })
        .await;
    prepared.unwrap();
}

#[tokio::test]
async fn no_list_and_no_count_walks_the_table() {
    let dir = TempDir::new();
    let store = open(&dir.file()).await;
    for filter in every_filter() {
        for rows in [Rows::Payments, Rows::Count] {
            let query = Query::of(&filter, Some(PaymentId::from_bytes([9; 16])), 50, rows);
            let plan = store
                .read(move |connection| {
                    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql))?;
                    let lines = statement.query_map(params_from_iter(&query.values), |row| row.get::<_, String>(3))?;
                    Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?)
                })
                .await
                .unwrap();
            let walks = plan.iter().any(|line| line.starts_with("SCAN payment") || line.starts_with("SCAN p "));
            assert!(!walks, "{filter:?} {rows:?}: {plan:#?}");
            if filter.search.is_none() && filter.reference_id.is_none() {
                let ranges =
                    plan.iter().filter(|line| line.contains("payment_list (app_id=? AND status=? AND id>? AND id<?)"));
                let due = plan.iter().filter(|line| line.contains("payment_due"));
                assert_eq!(ranges.count() + due.count(), filter.statuses.stored().count(), "{plan:#?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_named_by_its_id_alone_is_found_by_an_index() {
    let dir = TempDir::new();
    let store = open(&dir.file()).await;
    for sql in crate::places::STATEMENTS {
        let plan = store
            .read(move |connection| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", super::tx::numbered(sql)))?;
                let lines = statement.query_map([None::<i64>], |row| row.get::<_, String>(3))?;
                Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?)
            })
            .await
            .unwrap();
        // The apps are few.
        let walks =
            plan.iter().any(|line| line.starts_with("SCAN") && line != "SCAN a" && !line.starts_with("SCAN a "));
        assert!(!walks, "{sql}: {plan:#?}");
        let bound = ["(id=?)", "(app_id=? AND id=?)", "(app_id=? AND transaction_id=?)"];
        let searches = plan.iter().filter(|line| line.starts_with("SEARCH"));
        assert!(searches.clone().count() >= 1, "{sql}: {plan:#?}");
        for search in searches {
            assert!(bound.iter().any(|bound| search.ends_with(bound)), "{sql}: {search}");
        }
    }
}

#[tokio::test]
async fn no_sum_walks_a_table() {
    let dir = TempDir::new();
    let store = open(&dir.file()).await;
    let plan = store
        .read(|connection| {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", rollup::SUM_ROLLUP))?;
            let lines = statement.query_map([None::<i64>; 5], |row| row.get::<_, String>(3))?;
            Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?)
        })
        .await
        .unwrap();
    let uses = |text: &str| plan.iter().filter(|line| line.contains(text)).count();
    assert_eq!(uses("SCAN rollup") + uses("SCAN r ") + uses("SCAN payment"), 0, "{plan:#?}");
    assert_eq!(uses("SEARCH r USING PRIMARY KEY (app_id=? AND span=? AND start_ms>? AND start_ms<?)"), 1, "{plan:#?}");
    assert_eq!(uses("payment_due (expires_at_ms<?)"), 1, "{plan:#?}");
}

#[tokio::test]
async fn the_file_is_private_and_every_connection_is_durable() {
    let dir = TempDir::new();
    let store = open(&dir.file()).await;
    for entry in std::fs::read_dir(&dir.0).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
    for role in [Role::Writer, Role::Upkeep, Role::Reader] {
        let connection = connection::open(&dir.file(), role, Duration::ZERO).unwrap();
        let value = |name| connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
        assert_eq!(value("synchronous").unwrap(), 2.into(), "{role:?}");
        assert_eq!(value("journal_mode").unwrap(), "wal".to_owned().into(), "{role:?}");
    }
    let written = store.read(|connection| Ok(connection.execute("DELETE FROM instance", [])?)).await;
    assert!(written.is_err(), "a reader wrote");
}

#[tokio::test]
async fn a_held_write_lock_is_unavailable_and_passes() {
    let dir = TempDir::new();
    let store = Store::Sqlite(open(&dir.file()).await);
    let other = Connection::open(dir.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.commit(Command::Probe).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("another process")), "{refused:?}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.commit(Command::Probe).await.unwrap().outcome, Outcome::Probed);
}

#[tokio::test]
async fn a_damaged_file_ends_writing_for_good() {
    let dir = TempDir::new();
    let store = open(&dir.file()).await;
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'instance'";
    let page: u32 = store.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.unwrap();
    store.close().await;
    drop(store);
    let file = std::fs::OpenOptions::new().write(true).open(dir.file()).unwrap();
    file.write_all_at(&[0xEE; 4_096], u64::from(page - 1) * 4_096).unwrap();
    let store = Store::Sqlite(open(&dir.file()).await);
    let refused = store.commit(Command::Probe).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    let reason = tokio::time::timeout(Duration::from_secs(5), store.failed_for_good()).await.unwrap();
    assert!(reason.contains("damaged"), "{reason}");
    for _ in 0..3 {
        assert!(matches!(store.commit(Command::Probe).await, Err(StoreError::Unavailable(_))));
    }
    assert!(matches!(store.set_instance_value("a", "b").await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_panicking_writer_ends_writing_for_good_and_leaves_nobody_waiting() {
    let dir = TempDir::new();
    let store = Store::Sqlite(open(&dir.file()).await);
    let claim = Claim { key: "k".to_owned(), fingerprint: [0; 32], answer: Arc::new(|_| panic!("a test's panic")) };
    let command = Command::SettlePayment {
        app_id: Some(AppId::from_bytes([1; 16])),
        payment_id: PaymentId::from_bytes([1; 16]),
        action: Action::Cancel,
        claim: Some(claim),
    };
    assert!(matches!(store.commit(command).await, Err(StoreError::Unavailable(_))));
    assert!(store.failed_for_good().await.contains("panicked"));
    assert!(matches!(store.commit(Command::Probe).await, Err(StoreError::Unavailable(_))));
    store.close().await;
}

#[tokio::test]
async fn closing_leaves_everything_in_the_one_file() {
    let dir = TempDir::new();
    let store = open(&dir.file()).await;
    store.set_instance_value("public_url", "https://pay.example").await.unwrap();
    let (first, second) = tokio::join!(store.close(), store.close());
    assert_eq!((first, second), ((), ()));
    assert!(matches!(store.queue().submit(Command::Probe).await, Err(StoreError::Unavailable(_))));
    assert_eq!(std::fs::metadata(dir.0.join("zenwallet.db-wal")).map_or(0, |log| log.len()), 0);
    // What is not a database at all says so.
    std::fs::write(dir.0.join("other.db"), "no database ".repeat(1_000)).unwrap();
    let surroundings = store.surroundings().clone();
    let options = SqliteOptions { path: dir.0.join("other.db"), read_connections: 1, commit_timeout: Duration::ZERO };
    let refused = SqliteStore::open(options, surroundings).await.unwrap_err();
    assert!(refused.to_string().contains("not a database"), "{refused}");
}
