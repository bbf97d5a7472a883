//! R6: SQLite on a disk that fills up.

use super::{create, is_unavailable, nothing_is_lost, recovered};
use crate::support::{Answer, Call, Database, Endurance, TestApp, block_on, id_of};
use axum::http::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use zenwallet_server::App;
use zenwallet_testing::TempDir;

/// A disk of its own, so small that it fills up at once; only root can make one.
struct TinyDisk(TempDir);

impl TinyDisk {
    fn mount() -> Option<Self> {
        let directory = TempDir::new("disk").unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(directory.path()).output();
        mount.is_ok_and(|mount| mount.status.success()).then_some(Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all that is free.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        path
    }
}

impl Drop for TinyDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk_refuses_writes_and_heals() {
    let Some(disk) = TinyDisk::mount() else {
        return crate::support::skip("only root can mount a disk to fill");
    };
    block_on(async {
        let app = TestApp::over(Database::in_directory(disk.path()), Endurance::default()).await;
        let id = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
        let mut acknowledged = BTreeMap::new();
        let mut keys = Vec::new();
        for round in 0..3 {
            let ballast = disk.fill();
            let refused = loop {
                let key = format!("{round}-{}", keys.len());
                keys.push(key.clone());
                let answer = create(&app, &key).await;
                if answer.status != 201 {
                    break answer;
                }
                acknowledged.insert(key, answer);
                assert!(keys.len() < 10_000, "the disk does not fill up");
            };
            assert!(is_unavailable(&refused), "{}", refused.text());
            assert!(is_unavailable(&app.cancel(&app.a, &id).await));
            not_ready(&app).await;
            reads_go_on(&app, &id, &keys, &acknowledged).await;
            std::fs::remove_file(ballast).unwrap();
            recovered(&app).await;
        }
        nothing_is_lost(&app, &keys, &acknowledged).await;
        time_goes_on(&disk, &app, &id).await;
        another_process_finds_it_all(&app).await;
    });
}

/// What asks for readiness writes less than a payment does: the last bytes of the disk may still take it.
async fn not_ready(app: &TestApp) {
    for _ in 0..1_000 {
        // It writes down when it asks, and SQLite writes nothing where nothing changes.
        app.pass_ms(1);
        let ready = app.get("/readyz").send().await;
        if is_unavailable(&ready) {
            return;
        }
        ready.expect(200);
    }
    panic!("ready on a full disk");
}

async fn reads_go_on(app: &TestApp, id: &str, keys: &[String], acknowledged: &BTreeMap<String, Answer>) {
    assert_eq!(app.read(&app.a, id).await["status"], "PENDING");
    app.get(format!("/pay/{id}")).send().await.expect(200);
    app.get("/healthz").send().await.expect(200);
    let get = async |path: &str| app.get(path).key(&app.a).send().await.expect(200);
    let exported = get("/api/payments/export").await.text();
    for key in keys.iter().filter(|key| acknowledged.contains_key(*key)) {
        assert!(exported.contains(&format!(",{key},")), "{key} is acknowledged and gone");
    }
    get("/api/payments?include=total_count").await;
    get(&format!("/api/payments/{id}/qr.svg")).await;
}

/// What is over is over, also while that cannot be written down.
async fn time_goes_on(disk: &TinyDisk, app: &TestApp, id: &str) {
    app.pass_s(30);
    let ballast = disk.fill();
    not_ready(app).await;
    assert_eq!(app.read(&app.a, id).await["status"], "EXPIRED");
    assert!(app.gateway.expire_due_payments(10).await.is_err());
    std::fs::remove_file(ballast).unwrap();
    recovered(app).await;
    app.gateway.expire_due_payments(10).await.unwrap();
    assert_eq!(app.events_of(&app.a, id).await, ["payment.created", "payment.expired"]);
}

async fn another_process_finds_it_all(app: &TestApp) {
    let count = async |node: &App| {
        let call = Call::new(node, Method::GET, "/api/payments?include=total_count&limit=1").key(&app.a);
        call.send().await.expect(200).json()["total_count"].clone()
    };
    let before = count(&app.app).await;
    app.store.close().await;
    assert_eq!(count(&app.second_node().await).await, before);
}
