//! The plans of the writer's statements. They are made once and kept while tables grow, so none may be one that is
//! good for a small table or for few pending rows alone.

use super::statement::Mode;
use super::{batch_sql, webhook_sql, writer};
use crate::migration::POSTGRES;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use zenwallet_testing::postgres::Server;

async fn connect(database: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(&Server::shared().url(database), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The plan of a statement whose values are not known, as the writer's session makes it.
async fn plan(client: &Client, sql: &str, types: &[Type]) -> Vec<String> {
    let types: Vec<_> = types
        .iter()
        .map(|kind| kind.name().replace('_', "") + if kind.name().starts_with('_') { "[]" } else { "" })
        .collect();
    let nulls = vec!["NULL"; types.len()].join(", ");
    client.batch_execute(&format!("PREPARE examined ({}) AS {sql}", types.join(", "))).await.unwrap();
    let lines = client.simple_query(&format!("EXPLAIN (COSTS OFF) EXECUTE examined ({nulls})")).await.unwrap();
    client.batch_execute("DEALLOCATE examined").await.unwrap();
    let text = |message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    lines.into_iter().filter_map(text).collect()
}

/// Every row of a table is found by a condition on an index or by its place; nothing walks.
fn walks(plan: &[String]) -> Option<String> {
    let after = |at: usize| plan.get(at + 1).map_or("", |line| line.trim());
    plan.iter().enumerate().find_map(|(at, line)| {
        let grows = [" payment", " event", " delivery", " attempt", " idempotency_key", " rollup"];
        let scans = line.contains(" using ") && grows.iter().any(|table| line.contains(&format!(" on{table}")));
        // The first lane's first row is read from the end of its index; due payments are read in the order in which
        // they are due.
        let from_the_end = line.contains("using delivery_queue") || line.contains("using payment_due");
        let unbound = scans && !from_the_end && !after(at).starts_with("Index Cond");
        let whole = ["Seq Scan on ", "Hash Join", "Merge Join"].iter().any(|kind| line.contains(kind));
        (unbound || whole).then(|| format!("{line}\n{}", plan.join("\n")))
    })
}

/// Rows in bulk: so many pending, so many final.
fn filled(pending: u32, last: u32) -> String {
    format!(
        "INSERT INTO app SELECT gen_random_uuid(), 'a', 'test', '', NULL, NULL, 0, TRUE FROM generate_series(1, 200); \
         INSERT INTO app_log SELECT id, 0, 0 FROM app ON CONFLICT DO NOTHING; \
         INSERT INTO payment SELECT gen_random_uuid(), id, 1, 'XP', CASE WHEN n <= {pending} THEN 0 ELSE 2 END, NULL, NULL, \
         '{{}}', NULL, NULL, 0, 1, CASE WHEN n > {pending} THEN 1 END, NULL, NULL, NULL \
         FROM app, generate_series(1, {last}) AS n; \
         INSERT INTO delivery SELECT gen_random_uuid(), id, 1, gen_random_uuid(), 1, gen_random_uuid(), NULL, 'x', n, 0, \
         CASE WHEN n <= {pending} THEN 0 ELSE 1 END, 0, CASE WHEN n <= {pending} THEN 5 END, NULL, 0, NULL, NULL, 0, \
         CASE WHEN n > {pending} THEN 5 END FROM app, generate_series(1, {last}) AS n; ANALYZE"
    )
}

#[tokio::test]
async fn no_statement_of_a_batch_walks_a_table_whatever_was_in_it_when_it_was_planned() {
    let database = Server::shared().create_database(None).await.unwrap();
    let client = connect(&database).await;
    for step in POSTGRES {
        client.batch_execute(step.sql).await.unwrap();
    }
    client.batch_execute(writer::LOOK_UP_BY_INDEX).await.unwrap();
    client.batch_execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    assert!(Mode::new(true).is_prepared());
    for fill in ["ANALYZE".to_owned(), filled(0, 40), filled(30, 30)] {
        client.batch_execute(&fill).await.unwrap();
        let places = crate::places::STATEMENTS.iter().map(|sql| (*sql, &[Type::UUID][..]));
        for (sql, types) in batch_sql::statements().into_iter().chain(webhook_sql::statements()).chain(places) {
            let plan = plan(&client, sql, types).await;
            if let Some(walk) = walks(&plan) {
                panic!("after {}: {sql}\n{walk}", &fill[..fill.len().min(60)]);
            }
        }
    }
    drop(client);
    Server::shared().drop_database(&database).await.unwrap();
}
