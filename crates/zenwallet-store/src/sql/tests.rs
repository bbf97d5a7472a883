//! What becomes of a transaction that goes wrong, seen from the inside.

use super::*;
use crate::{Leasing, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, Statements, Surroundings};
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::id::IdSource;
use zenwallet_core::time::{Clock, ManualClock};
use zenwallet_testing::TempDir;
use zenwallet_testing::postgres::Server;

const SET: &str = "INSERT INTO instance (name, value) VALUES ($1, 'x')";

fn surroundings() -> Surroundings {
    let (clock, ids) = (Clock::Manual(ManualClock::new(Timestamp::from_ms(0))), Arc::new(IdSource::seeded(1)));
    Surroundings { clock, ids, queue_max: 16, batch_max: 16, leasing: Leasing::default() }
}

async fn sqlite(dir: &TempDir) -> Store {
    let path = dir.path().join("zenwallet.db");
    let options = SqliteOptions { path, read_connections: 1, commit_timeout: Duration::from_secs(30) };
    let store = Store::Sqlite(SqliteStore::open(options, surroundings()).await.unwrap());
    store.migrate().await.unwrap();
    store
}

/// With one connection in its pool: whoever breaks it breaks it for everybody.
async fn postgres(database: &str, commit_timeout: Duration) -> Store {
    let options = PostgresOptions {
        url: Server::shared().url(database),
        read_connections: 1,
        statements: Statements::Auto,
        connect_timeout: Duration::from_secs(30),
        acquire_timeout: Duration::from_secs(30),
        commit_timeout,
    };
    let store = Store::Postgres(PostgresStore::open(options, surroundings()).await.unwrap());
    store.migrate().await.unwrap();
    store
}

/// Sets these names in one transaction, and then does as it is told.
async fn set(store: &Store, names: &'static [&'static str], end: fn(&mut Tx) -> Result<()>) -> Result<()> {
    store
        .transact(move |tx| {
            Box::pin(async move {
                for name in names {
                    // Whoever writes such work has a bug: an error is to be handed on.
                    let _ = tx.execute(SET, values![*name]).await;
                }
                end(tx)
            })
        })
        .await
}

async fn check(store: &Store) {
    let is_set = async |name| store.instance_value(name).await.unwrap().is_some();
    // The second one fails, and nobody looks.
    let done = set(store, &["a", "a", "b"], |_| Ok(())).await;
    assert!(matches!(done, Err(StoreError::Internal(_))), "{done:?}");
    assert!(!is_set("a").await && !is_set("b").await);
    let done = set(store, &["a"], |_| Err(StoreError::Internal("so it is".to_owned()))).await;
    assert!(matches!(done, Err(StoreError::Internal(why)) if why == "so it is"));
    assert!(!is_set("a").await);
    set(store, &["a", "b"], |tx| tx.undo(())).await.unwrap();
    assert!(!is_set("a").await && !is_set("b").await);
    set(store, &["a", "b"], |_| Ok(())).await.unwrap();
    assert!(is_set("a").await && is_set("b").await);
}

#[tokio::test]
async fn nothing_is_kept_of_a_transaction_that_went_wrong() {
    let dir = TempDir::new("sql").unwrap();
    check(&sqlite(&dir).await).await;
    let database = Server::shared().create_database(None).await.unwrap();
    let store = postgres(&database, Duration::from_secs(30)).await;
    check(&store).await;
    store.close().await;
    Server::shared().drop_database(&database).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_did_not_answer_in_time_is_not_used_again() {
    let database = Server::shared().create_database(None).await.unwrap();
    let store = postgres(&database, Duration::from_millis(300)).await;
    let other = Server::shared().connect(&database).await.unwrap();
    other.batch_execute("BEGIN; INSERT INTO instance (name, value) VALUES ('a', 'theirs')").await.unwrap();
    let done = set(&store, &["b", "a"], |_| Ok(())).await;
    assert!(matches!(done, Err(StoreError::Unavailable(_))), "{done:?}");
    // Another connection takes its place; what it left open is not in the way, and never kept.
    set(&store, &["c"], |_| Ok(())).await.unwrap();
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(store.instance_value("b").await.unwrap(), None);
    assert_eq!(store.instance_value("c").await.unwrap().as_deref(), Some("x"));
    store.close().await;
    drop(other);
    Server::shared().drop_database(&database).await.unwrap();
}
