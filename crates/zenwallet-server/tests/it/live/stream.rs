//! `/api/events/stream`, on real connections.

use super::{feed, seqs};
use crate::support::{Connection, Kind, Tenant, TestApp, TestServer, eventually, limits, many_payments, run};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use zenwallet_core::signature::{self, SigningKey};
use zenwallet_server::worker::run_live;

/// Runs a case against a server whose followers are kept awake, on both databases.
macro_rules! streaming {
    ($($case:ident),* $(,)?) => {
        mod sqlite { $(#[test] fn $case() { super::serve(super::Kind::Sqlite, super::$case); })* }
        mod postgres { $(#[test] fn $case() { super::serve(super::Kind::Postgres, super::$case); })* }
    };
}

streaming! {
    a_stream_tells_what_happens_from_now_on,
    a_stream_goes_on_behind_the_last_event,
    every_reader_sees_every_event_once_and_in_order,
    a_stream_of_one_type_moves_on_with_the_log,
    a_place_outside_the_log_is_refused,
    an_app_has_so_many_streams,
    a_key_that_is_revoked_ends_its_streams,
    a_stream_ends_with_its_node,
    a_listener_is_told_the_webhooks_that_would_be_posted,
}

fn serve<F: Future<Output = ()>>(kind: Kind, case: impl FnOnce(Arc<TestApp>, Arc<TestServer>) -> F) {
    run(kind, async |app: TestApp| {
        let server = TestServer::start(&app, limits()).await;
        let (stop, serving) = (server.stop.clone(), CancellationToken::new());
        let live = tokio::spawn(run_live(Arc::clone(&app.gateway), serving.clone()));
        case(Arc::new(app), Arc::new(server)).await;
        serving.cancel();
        live.await.unwrap();
        stop.cancel();
    });
}

/// One message of a stream.
#[derive(Default, Debug)]
struct Message {
    id: Option<i64>,
    name: String,
    data: Value,
}

/// A stream that is open.
struct Stream(Connection);

impl Stream {
    async fn open(server: &TestServer, tenant: &Tenant, query: &str, headers: &str) -> Self {
        Self::open_at("/api/events/stream", server, tenant, query, headers).await
    }

    async fn open_at(path: &str, server: &TestServer, tenant: &Tenant, query: &str, headers: &str) -> Self {
        let mut connection = server.connect().await;
        let key = &tenant.key;
        connection
            .write(format!("GET {path}{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{headers}\r\n"))
            .await;
        let head = connection.head().await;
        assert_eq!((head.status, head.headers["content-type"].as_str()), (200, "text/event-stream"));
        Self(connection)
    }

    /// The next message; `None` at the stream's end.
    async fn next(&mut self) -> Option<Message> {
        let text = self.0.chunked_text("\n\n").await?;
        let mut message = Message::default();
        for line in text.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => message.id = id.parse().ok(),
                Some(("event", name)) => message.name = name.to_owned(),
                Some(("data", data)) => message.data = serde_json::from_str(data).unwrap(),
                Some(("retry" | "", _)) | None => {}
                Some(_) => panic!("{line:?}"),
            }
        }
        Some(message)
    }

    /// The next event; messages that only move the place on are passed over.
    async fn event(&mut self) -> Value {
        loop {
            let message = self.next().await.expect("a stream that goes on");
            if !message.name.is_empty() {
                assert_eq!(message.data["type"], message.name);
                assert_eq!(message.data["seq"].as_i64(), message.id);
                return message.data;
            }
        }
    }

    async fn events(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.event().await);
        }
        events
    }

    /// The code that the stream ends with.
    async fn end(&mut self) -> String {
        loop {
            let message = self.next().await.expect("a reason");
            if message.name == "stream.end" {
                assert!(self.next().await.is_none(), "nothing comes after the end");
                return message.data["error"]["code"].as_str().unwrap().to_owned();
            }
        }
    }
}

async fn a_stream_tells_what_happens_from_now_on(app: Arc<TestApp>, server: Arc<TestServer>) {
    app.payment_of(&app.a).await;
    let mut stream = Stream::open(&server, &app.a, "", "").await;
    assert_eq!(stream.next().await.unwrap().id, Some(1));
    let id = app.payment_of(&app.a).await;
    app.payment_of(&app.b).await;
    app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200);
    let events = stream.events(2).await;
    assert_eq!(events, feed(&app, &app.a, 1, 10).await);
    assert_eq!((&events[1]["type"], &events[1]["payment_id"]), (&json!("payment.success"), &json!(id)));
}

async fn a_stream_goes_on_behind_the_last_event(app: Arc<TestApp>, server: Arc<TestServer>) {
    for _ in 0..250 {
        app.payment_of(&app.a).await;
    }
    for (query, header, after) in
        [("?after_seq=0", "", 0), ("", "Last-Event-ID: 30\r\n", 30), ("?after_seq=9", "Last-Event-ID: 240\r\n", 240)]
    {
        let mut stream = Stream::open(&server, &app.a, query, header).await;
        assert_eq!(stream.next().await.unwrap().id, Some(after));
        let rest = stream.events(250 - usize::try_from(after).unwrap()).await;
        assert_eq!(seqs(&rest), (after + 1..=250).collect::<Vec<_>>());
    }
    let mut connection = server.connect().await;
    let key = format!("Authorization: Bearer {}\r\nLast-Event-ID: 1.5\r\n", app.a.key);
    let refused = connection.ask("GET /api/events/stream", &key).await;
    assert_eq!(refused.status, 400);
}

async fn every_reader_sees_every_event_once_and_in_order(app: Arc<TestApp>, server: Arc<TestServer>) {
    const EVENTS: usize = 400;
    let writing = tokio::spawn({
        let app = Arc::clone(&app);
        async move {
            for _ in 0..EVENTS / 20 {
                many_payments(&app, &app.a, 20).await;
            }
        }
    });
    // They come while it is written, from wherever the log has got to or from its beginning.
    let mut readers = tokio::task::JoinSet::new();
    for number in 0..12_u64 {
        let (app, server) = (Arc::clone(&app), Arc::clone(&server));
        readers.spawn(async move {
            tokio::time::sleep(Duration::from_millis(number * 7)).await;
            let query = if number % 2 == 0 { "?after_seq=0" } else { "" };
            let mut stream = Stream::open(&server, &app.a, query, "").await;
            let first = stream.next().await.unwrap().id.unwrap();
            let rest = stream.events(EVENTS - usize::try_from(first).unwrap()).await;
            assert_eq!(seqs(&rest), (first + 1..=EVENTS as i64).collect::<Vec<_>>());
            rest
        });
    }
    writing.await.unwrap();
    let truth = feed(&app, &app.a, 0, 100).await;
    while let Some(read) = readers.join_next().await {
        let read = read.unwrap();
        assert_eq!(read[..], truth[truth.len() - read.len()..]);
    }
}

async fn a_stream_of_one_type_moves_on_with_the_log(app: Arc<TestApp>, server: Arc<TestServer>) {
    let mut stream = Stream::open(&server, &app.a, "?type=payment.failed", "").await;
    let ids = [app.payment_of(&app.a).await, app.payment_of(&app.a).await];
    app.cancel(&app.a, &ids[1]).await.expect(200);
    app.payment_of(&app.a).await;
    let (mut failed, mut last) = (Vec::new(), None);
    while last != Some(4) {
        let message = stream.next().await.unwrap();
        last = message.id;
        if !message.name.is_empty() {
            failed.push(message);
        }
    }
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].id, &failed[0].data["payment_id"]), (Some(3), &json!(ids[1])));
}

async fn a_place_outside_the_log_is_refused(app: Arc<TestApp>, server: Arc<TestServer>) {
    app.payment_of(&app.a).await;
    let later = app.clock.now().plus_s(1);
    app.store.prune_events(app.a.app_id, later, 10).await.unwrap();
    let mut connection = server.connect().await;
    let key = format!("Authorization: Bearer {}\r\n", app.a.key);
    for (query, code) in
        [("after_seq=0", "events_forgotten"), ("after_seq=2", "after_seq_ahead"), ("limit=3", "parameter_unknown")]
    {
        let answer = connection.ask(&format!("GET /api/events/stream?{query}"), &key).await;
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, body["error"]["code"].as_str().unwrap()), (400, code));
    }
}

async fn an_app_has_so_many_streams(app: Arc<TestApp>, server: Arc<TestServer>) {
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(Stream::open(&server, &app.a, "", "").await);
    }
    let key = format!("Authorization: Bearer {}\r\n", app.a.key);
    let answer = server.connect().await.ask("GET /api/events/stream", &key).await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, body["error"]["code"].as_str().unwrap()), (429, "live_connection_limit"));
    assert!(answer.headers.contains_key("retry-after"));
    // Others have room of their own, and a place that is given up is free.
    streams.push(Stream::open(&server, &app.b, "", "").await);
    streams.remove(0);
    eventually("a free place", Duration::from_secs(10), async || {
        server.connect().await.is_open("/api/events/stream", &key).await.then_some(())
    })
    .await;
}

async fn a_key_that_is_revoked_ends_its_streams(app: Arc<TestApp>, server: Arc<TestServer>) {
    let (mut first, mut second) =
        (Stream::open(&server, &app.a, "", "").await, Stream::open(&server, &app.a, "", "").await);
    let mut other = Stream::open(&server, &app.b, "", "").await;
    let began = Instant::now();
    assert!(app.revoke(&app.a.key).await);
    assert_eq!(first.end().await, "api_key_revoked");
    assert_eq!(second.end().await, "api_key_revoked");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    app.payment_of(&app.b).await;
    assert_eq!(other.event().await["seq"], 1);
    app.store.set_app_active(app.b.app_id, false).await.unwrap();
    assert_eq!(other.end().await, "app_disabled");
}

async fn a_stream_ends_with_its_node(app: Arc<TestApp>, server: Arc<TestServer>) {
    let mut stream = Stream::open(&server, &app.a, "", "").await;
    app.payment_of(&app.a).await;
    stream.event().await;
    let began = Instant::now();
    server.stop.cancel();
    assert_eq!(stream.end().await, "shutting_down");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

async fn a_listener_is_told_the_webhooks_that_would_be_posted(app: Arc<TestApp>, server: Arc<TestServer>) {
    let path = "/api/webhooks/listen";
    let mut stream = Stream::open_at(path, &server, &app.a, "", "").await;
    let ready = stream.next().await.unwrap();
    assert_eq!((ready.id, ready.name.as_str(), &ready.data["after_seq"]), (Some(0), "listen.ready", &json!(0)));
    let secret = ready.data["webhook_secret"].as_str().unwrap().to_owned();
    let id = app.payment_of(&app.a).await;
    app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200);
    let truth = feed(&app, &app.a, 0, 10).await;
    for event in &truth {
        let told = stream.next().await.unwrap();
        assert_eq!((told.id, told.name.as_str()), (event["seq"].as_i64(), "webhook"));
        assert_eq!((&told.data["seq"], &told.data["type"]), (&event["seq"], &event["type"]));
        let (headers, body) = (&told.data["headers"], told.data["body"].as_str().unwrap());
        assert_eq!(headers["webhook-id"], event["event_id"]);
        assert!(is_signed(&secret, headers, body), "{told:?}");
        assert!(!is_signed(&app.a.webhook_secret, headers, body), "an app's own secret signs nothing here");
        let mut posted: Value = serde_json::from_str(body).unwrap();
        let content = posted.as_object_mut().unwrap();
        assert!(content.remove("signature").is_some());
        content.insert("seq".to_owned(), event["seq"].clone());
        assert_eq!(&posted, event);
    }
    // A listener that comes again goes on behind what it had, and knows it by the same secret; another app's is another.
    let mut again = Stream::open_at(path, &server, &app.a, "", "Last-Event-ID: 1\r\n").await;
    assert_eq!(again.next().await.unwrap().data["webhook_secret"], secret);
    assert_eq!(again.next().await.unwrap().data["type"], "payment.success");
    let mut other = Stream::open_at(path, &server, &app.b, "", "").await;
    assert_ne!(other.next().await.unwrap().data["webhook_secret"], secret);
    assert!(app.revoke(&app.a.key).await);
    assert_eq!(stream.end().await, "api_key_revoked");
}

fn is_signed(secret: &str, headers: &Value, body: &str) -> bool {
    let header = |name: &str| headers[name].as_str().unwrap().to_owned();
    let bytes = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let keys = [SigningKey::new(bytes)];
    signature::is_signed(
        &keys,
        &header("webhook-id"),
        &header("webhook-timestamp"),
        &header("webhook-signature"),
        body.as_bytes(),
    )
}
