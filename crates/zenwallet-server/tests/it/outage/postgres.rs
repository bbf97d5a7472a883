//! PostgreSQL stopped, killed, and locked.

use super::{create, is_unavailable, nothing_is_lost, recovered};
use crate::support::{Database, Endurance, TestApp, at_once, block_on};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use zenwallet_testing::postgres::Server;

/// Runs a case with a server of its own, which it may stop.
fn with_server<F: Future<Output = ()>>(endurance: Endurance, case: impl FnOnce(Arc<Server>, String, TestApp) -> F) {
    let server = Arc::new(Server::start().unwrap());
    block_on(async {
        let name = server.create_database(None).await.unwrap();
        let app = TestApp::over(Database::Postgres(server.url(&name)), endurance).await;
        case(server, name, app).await;
    });
}

#[test]
fn postgres_goes_away_and_comes_back() {
    with_server(Endurance::default(), async |server, _, app| {
        let app = Arc::new(app);
        let id = app.payment_of(&app.a).await;
        let keys: Vec<_> = (0..50).map(|n| format!("before-{n}")).collect();
        let mut acknowledged = BTreeMap::new();
        for key in &keys {
            acknowledged.insert(key.clone(), create(&app, key).await.expect(201));
        }
        tokio::task::block_in_place(|| server.stop()).unwrap();
        let get = |path: &str| app.get(path).key(&app.a).send();
        let refusals = [
            create(&app, "while").await,
            get(&format!("/api/payments/{id}")).await,
            get("/api/payments").await,
            get("/api/payments/export").await,
            get(&format!("/api/payments/{id}/qr.png")).await,
            app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await,
            app.cancel(&app.a, &id).await,
            get("/readyz").await,
        ];
        for refused in &refusals {
            assert!(is_unavailable(refused), "{} {}", refused.status, refused.text());
            assert!(!refused.text().contains("postgres") && !refused.text().contains("127.0.0.1"));
        }
        let page = get(&format!("/pay/{id}")).await.expect(503);
        assert!(page.text().contains("data-testid=\"unavailable\"") && page.header("retry-after") == "1");
        get("/healthz").await.expect(200);
        // A key that the gateway cannot ask about is not a wrong key.
        let unknown = app.get("/api/payments").bearer(&format!("sk_test_{}", "0".repeat(43))).send().await;
        assert!(is_unavailable(&unknown), "{}", unknown.text());
        tokio::task::block_in_place(|| server.start_again()).unwrap();
        recovered(&app).await;
        assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
        nothing_is_lost(&app, &keys, &acknowledged).await;
        nothing_is_lost(&app, &["while".to_owned()], &BTreeMap::new()).await;
    });
}

#[test]
fn postgres_is_killed_under_load() {
    with_server(Endurance::default(), async |server, _, app| {
        let app = Arc::new(app);
        let mut keys = Vec::new();
        let mut acknowledged = BTreeMap::new();
        for round in 0..2 {
            let wave: Vec<_> = (0..400).map(|n| format!("{round}-{n}")).collect();
            let calls: Vec<_> = wave
                .iter()
                .map(|key| {
                    let (app, key) = (Arc::clone(&app), key.clone());
                    async move {
                        let answer = create(&app, &key).await;
                        (key, answer)
                    }
                })
                .collect();
            let load = tokio::spawn(at_once(calls));
            let killer = {
                let server = Arc::clone(&server);
                tokio::task::spawn_blocking(move || server.kill().unwrap())
            };
            killer.await.unwrap();
            for (key, answer) in load.await.unwrap() {
                match answer.status {
                    201 => drop(acknowledged.insert(key, answer)),
                    _ => assert!(is_unavailable(&answer), "{} {}", answer.status, answer.text()),
                }
            }
            tokio::task::block_in_place(|| server.start_again()).unwrap();
            recovered(&app).await;
            keys.extend(wave);
        }
        nothing_is_lost(&app, &keys, &acknowledged).await;
    });
}

/// A commit that does not end in time is not acknowledged; whatever became of it, its repetition makes it once.
#[test]
fn a_commit_of_unknown_fate_is_done_once() {
    let endurance = Endurance { timeout: Duration::from_millis(500), ..Endurance::default() };
    with_server(endurance, async |server, name, app| {
        let (id, other) = (app.payment_of(&app.a).await, app.payment_of(&app.a).await);
        let lock = server.connect(&name).await.unwrap();
        lock.batch_execute("BEGIN; LOCK TABLE event IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let began = Instant::now();
        let (created, completed, ready) = tokio::join!(
            create(&app, "stuck"),
            app.complete(&app.a, &id, json!({"status": "SUCCESS"})),
            app.get("/readyz").send(),
        );
        assert!(is_unavailable(&created) && is_unavailable(&completed), "{} {}", created.text(), completed.text());
        assert!(ready.status == 200 || is_unavailable(&ready));
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        // Reads go on.
        assert_eq!(app.read(&app.a, &other).await["status"], "PENDING");
        lock.batch_execute("COMMIT").await.unwrap();
        recovered(&app).await;
        nothing_is_lost(&app, &["stuck".to_owned()], &BTreeMap::new()).await;
        app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200);
        assert_eq!(app.events_of(&app.a, &id).await, ["payment.created", "payment.success"]);
    });
}

#[test]
fn a_full_queue_is_told_so() {
    let endurance = Endurance { queue_max: 5, ..Endurance::default() };
    with_server(endurance, async |server, name, app| {
        let app = Arc::new(app);
        let lock = server.connect(&name).await.unwrap();
        lock.batch_execute("BEGIN; LOCK TABLE payment IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
        for n in 0..50 {
            let (app, told) = (Arc::clone(&app), told.clone());
            tokio::spawn(async move { told.send(create(&app, &format!("{n}")).await).unwrap() });
        }
        drop(told);
        // The writer holds a batch, five wait, and all others hear at once.
        for _ in 0..30 {
            tells.recv().await.unwrap().expect_error(503, "overloaded");
        }
        lock.batch_execute("COMMIT").await.unwrap();
        let mut done = 0;
        while let Some(answer) = tells.recv().await {
            match answer.status {
                201 => done += 1,
                _ => drop(answer.expect_error(503, "overloaded")),
            }
        }
        assert!((6..=20).contains(&done), "{done}");
        recovered(&app).await;
        let list = app.get("/api/payments?include=total_count").key(&app.a).send().await.expect(200).json();
        assert_eq!(list["total_count"], done + 1);
    });
}
