//! The schema: applied once, refused when foreign, and the views that people and their tools read.

use crate::harness::{Harness, START, TextRow, create, settle};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{PaymentId, TransactionId};
use zenwallet_core::limits::AMOUNT_MAX_MINOR;
use zenwallet_core::metadata::{Metadata, Value};
use zenwallet_core::money::Amount;
use zenwallet_core::payment::{Action, Payment};
use zenwallet_core::time::Timestamp;
use zenwallet_store::StoreError;

pub(crate) async fn migrating_twice_is_a_no_op(h: &Harness) {
    assert_eq!(h.store.migrate().await.unwrap(), [0_u32; 0]);
    let empty = h.empty().await;
    assert!(empty.store.find_app(h.ids.next(h.now())).await.is_err());
    let applied = empty.store.migrate().await.unwrap();
    assert_eq!(applied.first(), Some(&1));
    assert_eq!(empty.store.migrate().await.unwrap(), [0_u32; 0]);
    let recorded = empty.sql("SELECT version, name, checksum, applied_at_ms FROM schema_migration").await;
    assert_eq!(recorded.len(), applied.len());
    assert_eq!(recorded[0]["applied_at_ms"], Some(START.as_ms().to_string()));
    empty.app().await;
    empty.end().await;
}

pub(crate) async fn two_nodes_migrate_once(h: &Harness) {
    let empty = h.empty().await;
    let node = empty.another_node().await;
    let (first, second) = tokio::join!(empty.store.migrate(), node.migrate());
    let mut applied = first.unwrap();
    applied.extend(second.unwrap());
    let recorded = empty.sql("SELECT version FROM schema_migration ORDER BY version").await;
    assert_eq!(recorded.len(), applied.len());
    node.close().await;
    empty.end().await;
}

pub(crate) async fn a_foreign_schema_is_refused(h: &Harness) {
    let refused = async |why: &str| match h.store.migrate().await.unwrap_err() {
        StoreError::Schema(message) => assert!(message.contains(why), "{message}"),
        other => panic!("{other:?}"),
    };
    h.sql("INSERT INTO schema_migration (version, name, checksum, applied_at_ms) VALUES (9999, 'later', 'x', 0)").await;
    refused("run a newer zenwallet").await;
    h.sql("DELETE FROM schema_migration WHERE version = 9999").await;
    assert_eq!(h.store.migrate().await.unwrap(), [0_u32; 0]);
    h.sql("UPDATE schema_migration SET checksum = 'x' WHERE version = 1").await;
    refused("with another text").await;
}

/// A moment as the database's own tools print it.
fn moment(h: &Harness, sqlite: &str, postgres: &str) -> Option<String> {
    Some(h.either(sqlite, postgres).to_owned())
}

fn text(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}

fn check(row: &TextRow, want: &[(&str, Option<String>)]) {
    for (column, value) in want {
        assert_eq!(row.get(*column), Some(value), "{column}");
    }
}

pub(crate) async fn the_views_show_what_was_promised(h: &Harness) {
    h.store.set_instance_value("public_url", "https://pay.example").await.unwrap();
    let (mut app, key) = h.new_app();
    app.owner_user_id = Some(h.ids.next(h.now()));
    let endpoint = h.endpoint(app.id, "https://shop.example/hook");
    let endpoint = Endpoint { is_default: true, ..endpoint };
    h.store.create_app(&app, &key, Some(&endpoint), &[]).await.unwrap();
    let apps = h.sql("SELECT * FROM apps").await;
    let start = moment(h, "2026-01-26T10:35:00.000Z", "2026-01-26 10:35:00+00");
    check(
        &apps[0],
        &[
            ("id", text(app.id)),
            ("name", text("Arcade")),
            ("api_key", text(&key.hint)),
            ("api_secret", text("sealed:010203")),
            ("webhook_url", text("https://shop.example/hook")),
            ("environment", text("test")),
            ("owner_user_id", app.owner_user_id.map(|id| id.to_string())),
            ("created_at", start.clone()),
            ("is_active", text(h.either("1", "t"))),
        ],
    );
    let paid = Payment {
        amount: Amount::from_minor(AMOUNT_MAX_MINOR).unwrap(),
        reference_id: Some("ORDER-1".to_owned()),
        description: Some("100 gold coins".to_owned()),
        metadata: Metadata::from_entries(vec![("a".to_owned(), Value::Text("ü".to_owned()))]).unwrap(),
        webhook_url: Some("https://shop.example/other".to_owned()),
        return_url: Some("https://shop.example/back".to_owned()),
        ..h.payment(app.id)
    };
    h.commit(create(&paid)).await.unwrap();
    h.clock.advance_ms(1_500);
    let transaction_id: TransactionId = h.ids.next(h.now());
    h.commit(settle(&paid, Action::Succeed { transaction_id, notes: Some("thanks".to_owned()) })).await.unwrap();
    let view =
        async |id: PaymentId| h.sql(&format!("SELECT * FROM payments WHERE payment_id = '{id}'")).await.remove(0);
    let url = format!("https://pay.example/pay/{}", paid.id);
    check(
        &view(paid.id).await,
        &[
            ("id", text(h.spelled(paid.id))),
            ("payment_id", text(paid.id)),
            ("app_id", text(app.id)),
            ("amount", text("9999999999999.99")),
            ("currency", text("COINS")),
            ("status", text("SUCCESS")),
            ("reference_id", text("ORDER-1")),
            ("description", text("100 gold coins")),
            ("metadata", text("{\"a\":\"ü\"}")),
            ("webhook_url", text("https://shop.example/other")),
            ("payment_url", text(&url)),
            ("qr_code", text(format!("https://pay.example/api/payments/{}/qr.png", paid.id))),
            ("transaction_id", text(transaction_id)),
            ("created_at", start.clone()),
            ("expires_at", moment(h, "2026-01-26T11:05:00.000Z", "2026-01-26 11:05:00+00")),
            ("completed_at", moment(h, "2026-01-26T10:35:01.500Z", "2026-01-26 10:35:01.5+00")),
            ("failure_code", None),
            ("notes", text("thanks")),
            ("return_url", text("https://shop.example/back")),
        ],
    );
    pending_and_due(h, &app.id, view).await;
    events_and_attempts(h, &paid, start).await;
}

/// A view asks the database's own clock: what is due is EXPIRED there too, swept or not.
async fn pending_and_due(h: &Harness, app_id: &zenwallet_core::id::AppId, view: impl AsyncFn(PaymentId) -> TextRow) {
    let amount = Amount::from_minor(5).unwrap();
    let pending = Payment { amount, expires_at: Timestamp::from_ms(4_102_444_800_000), ..h.payment(*app_id) };
    let due = Payment { created_at: Timestamp::from_ms(0), expires_at: Timestamp::from_ms(1), ..h.payment(*app_id) };
    let failed = h.payment(*app_id);
    for payment in [&pending, &due, &failed] {
        h.commit(create(payment)).await.unwrap();
    }
    h.commit(settle(&failed, Action::Cancel)).await.unwrap();
    let none = |column| (column, None);
    check(&view(pending.id).await, &[("status", text("PENDING")), ("amount", text("0.05")), ("metadata", text("{}"))]);
    check(
        &view(pending.id).await,
        &["reference_id", "description", "webhook_url", "transaction_id", "completed_at", "notes"].map(none),
    );
    check(&view(due.id).await, &[("status", text("EXPIRED")), none("completed_at")]);
    check(&view(failed.id).await, &[("status", text("FAILED")), ("failure_code", text("canceled"))]);
}

async fn events_and_attempts(h: &Harness, paid: &Payment, start: Option<String>) {
    let log = h.log(paid.app_id).await;
    let events = h.sql("SELECT * FROM events ORDER BY seq").await;
    assert_eq!(events.len(), log.len());
    check(
        &events[1],
        &[
            ("app_id", text(paid.app_id)),
            ("seq", text(2)),
            ("event_id", text(log[1].id)),
            ("type", text("payment.success")),
            ("payment_id", text(paid.id)),
            ("created_at", moment(h, "2026-01-26T10:35:01.500Z", "2026-01-26 10:35:01.5+00")),
            ("body", text(&log[1].body)),
        ],
    );
    let (id, app_id) = (h.spelled(paid.id), h.spelled(paid.app_id));
    let deliveries = h.sql("SELECT * FROM webhook_deliveries WHERE event_seq = 2").await;
    let delivery_id = deliveries[0]["delivery_id"].clone();
    check(
        &deliveries[0],
        &[
            ("app_id", text(paid.app_id)),
            ("event_id", text(log[1].id)),
            ("event_seq", text(2)),
            ("type", text("payment.success")),
            ("payment_id", text(paid.id)),
            ("endpoint_id", None),
            ("webhook_url", text("https://shop.example/other")),
            ("cause", text("event")),
            ("status", text("PENDING")),
            ("attempts", text(0)),
            ("finished_at", None),
        ],
    );
    h.sql(&format!(
        "INSERT INTO attempt (app_id, delivery_id, number, started_at_ms, duration_ms, request_headers, \
         request_body_sha256, response_status) SELECT app_id, id, 1, {}, 12, '{{}}', 'ab', 204 FROM delivery \
         WHERE payment_id = '{id}' AND app_id = '{app_id}'",
        START.as_ms()
    ))
    .await;
    check(
        &h.sql("SELECT * FROM webhook_logs").await[0],
        &[
            ("delivery_id", delivery_id),
            ("event_id", text(log[1].id)),
            ("payment_id", text(paid.id)),
            ("app_id", text(paid.app_id)),
            ("webhook_url", text("https://shop.example/other")),
            ("request_payload", text(&log[1].body)),
            ("response_status", text(204)),
            ("response_body", None),
            ("attempt_number", text(1)),
            ("delivered", text(h.either("1", "t"))),
            ("error", None),
            ("duration_ms", text(12)),
            ("created_at", start),
        ],
    );
}

pub(crate) async fn commits_are_durable(h: &Harness) {
    let told = h.store.check_durability().await.unwrap();
    assert!(told.contains("synchronous"), "{told}");
}
