//! PostgreSQL: through a cursor in one repeatable-read transaction, so that a large database needs little memory at once.

use super::{
    ATTEMPTS, DELIVERIES, EVENTS, PAYMENTS, ROLLUPS, Snapshot, Texts, attempt_row, delivery_row, event_row,
    payment_row, rollup_row,
};
use crate::clock::now_ms;
use tokio_postgres::{Client, SimpleQueryMessage};

const ROWS_AT_ONCE: usize = 10_000;

/// Reads all views.
pub(super) async fn read(url: &str) -> anyhow::Result<Snapshot> {
    let client = begin(url).await?;
    let mut snapshot = Snapshot {
        taken_ms: now_ms(),
        finished_ms: 0,
        payments: rows(&client, PAYMENTS).await?.into_iter().map(payment_row).collect(),
        events: rows(&client, EVENTS).await?.into_iter().map(event_row).collect(),
        deliveries: rows(&client, DELIVERIES).await?.into_iter().map(delivery_row).collect(),
        attempts: rows(&client, ATTEMPTS).await?.into_iter().map(attempt_row).collect(),
        rollups: rows(&client, ROLLUPS).await?.into_iter().map(rollup_row).collect(),
        damage: Vec::new(),
    };
    client.batch_execute("commit").await?;
    snapshot.finished_ms = now_ms();
    Ok(snapshot)
}

/// Reads what a query finds.
pub(super) async fn read_rows(url: &str, sql: &str) -> anyhow::Result<Vec<Texts>> {
    rows(&begin(url).await?, sql).await
}

async fn begin(url: &str) -> anyhow::Result<Client> {
    let client = crate::postgres::connect(url).await?;
    client.batch_execute("begin transaction isolation level repeatable read read only").await?;
    Ok(client)
}

async fn rows(client: &Client, sql: &str) -> anyhow::Result<Vec<Texts>> {
    client.batch_execute(&format!("declare reading no scroll cursor for {sql}")).await?;
    let mut all = Vec::new();
    loop {
        let before = all.len();
        for message in client.simple_query(&format!("fetch {ROWS_AT_ONCE} from reading")).await? {
            if let SimpleQueryMessage::Row(row) = message {
                all.push((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect());
            }
        }
        if all.len() == before {
            client.batch_execute("close reading").await?;
            return Ok(all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::{self, PrivatePostgres};

    #[tokio::test]
    async fn views_larger_than_one_fetch_are_read_whole() {
        if !postgres::is_installed() {
            return;
        }
        let server = PrivatePostgres::start(&["fsync=off"]).await.expect("started");
        let url = server.url("postgres");
        let views = "create view payments as select 'pay_' || n as payment_id, 'app_1' as app_id, n / 100.0 as amount, 'EUR' as currency,
             'PENDING' as status, null::text as reference_id, null::text as description, '{}'::json as metadata, 'u' as payment_url,
             null::text as transaction_id, to_timestamp(n) as created_at, to_timestamp(n) as expires_at,
             null::timestamptz as completed_at from generate_series(1, 10001) n;
             create view events as select 'app_1' as app_id, n as seq, 'evt_' || n as event_id, 'payment.created' as type,
             'pay_' || n as payment_id, to_timestamp(n) as created_at, '{}' as body from generate_series(1, 3) n;
             create view webhook_deliveries as select 'dlv_1' as delivery_id, 'app_1' as app_id, 'evt_1' as event_id, 1::bigint as event_seq,
             'payment.success' as type, 'pay_1' as payment_id, 'event' as cause, 'PENDING' as status, 2::smallint as attempts,
             to_timestamp(7) as next_attempt_at, to_timestamp(6) as created_at, null::timestamptz as finished_at;
             create view webhook_logs as select 'dlv_1' as delivery_id, n as attempt_number, 200 as response_status, n > 1 as delivered,
             null::text as error from generate_series(1, 2) n;
             create view payment_rollups as select 'app_1' as app_id, null::timestamptz as start_at, 'EUR' as currency, 'CREATED' as status,
             10001::bigint as payments, 500150.01 as volume;";
        postgres::execute(&url, views).await.expect("made");
        let snapshot = read(&url).await.expect("read");
        assert_eq!((snapshot.payments.len(), snapshot.events.len()), (10_001, 3));
        let last = &snapshot.payments[10_000];
        assert_eq!((last.payment_id.as_str(), crate::money::parse_minor(&last.amount)), ("pay_10001", Some(10_001)));
        assert_eq!(crate::clock::parse_ms(&last.created_at), Some(10_001_000));
        let delivery = &snapshot.deliveries[0];
        assert_eq!((delivery.status.as_str(), delivery.attempts), ("PENDING", 2));
        assert_eq!(delivery.next_attempt_at.as_deref().and_then(crate::clock::parse_ms), Some(7_000));
        let told: Vec<_> = snapshot.attempts.iter().map(|a| (a.number, a.response_status, a.is_delivered)).collect();
        assert_eq!(told, [(1, Some(200), false), (2, Some(200), true)]);
        let rollup = &snapshot.rollups[0];
        assert_eq!((rollup.payments, rollup.volume.as_str(), &rollup.start_at), (10_001, "500150.01", &None));
        let bodies = read_rows(&url, crate::database::EVENT_BODIES).await.expect("read");
        assert_eq!(bodies.len(), 3);
    }
}
