//! API keys: who is let in, and who no longer is.

use crate::support::{Answer, Call, Kind, TestApp, eventually, run};
use axum::http::Method;
use std::time::{Duration, Instant};
use zenwallet_core::app::{Environment, KeyHash};
use zenwallet_core::user::Role;

both_databases! {
    a_key_opens_its_own_app,
    what_is_no_key_is_told_apart,
    a_revoked_key_is_refused_at_once,
    a_revoked_key_stays_so_when_the_clock_is_set_back,
    a_key_revoked_or_disabled_on_one_node_is_refused_on_the_other,
    a_rotated_key_lives_through_its_overlap,
    a_rotation_without_overlap_ends_the_old_key,
    rotations_chain,
    a_disabled_app_is_refused_until_it_is_enabled,
    the_last_use_of_a_key_is_noted,
    a_key_is_nowhere_in_clear,
}

/// How long a refusal may take to reach a node that has just let the key in.
const PROMPT: Duration = Duration::from_millis(900);

async fn ask(app: &TestApp, key: &str) -> Answer {
    app.get("/api/payments").bearer(key).send().await
}

/// Waits until a key that was let in is refused with this code.
async fn refused(app: &TestApp, key: &str, code: &str) -> Answer {
    eventually(code, PROMPT, async || Some(ask(app, key).await).filter(|answer| answer.code() == code)).await
}

async fn a_key_opens_its_own_app(app: TestApp) {
    for tenant in [&app.a, &app.b, &app.live] {
        ask(&app, &tenant.key).await.expect(200);
    }
    assert!(app.a.key.starts_with("sk_test_") && app.live.key.starts_with("sk_live_"));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", app.a.key);
        app.get("/api/payments").header("authorization", value).send().await.expect(200);
    }
}

async fn what_is_no_key_is_told_apart(app: TestApp) {
    let good = &app.a.key;
    let absent = app.get("/api/payments").send().await.expect_error(401, "api_key_missing");
    assert_eq!(absent.header("www-authenticate"), "Bearer realm=\"zenwallet\"");
    // A key in the query or in a cookie is no key, and the query is told as unknown only to callers.
    app.get(format!("/api/payments?api_key={good}")).send().await.expect_error(401, "api_key_missing");
    app.get("/api/payments").header("cookie", format!("key={good}")).send().await.expect_error(401, "api_key_missing");
    let table = [
        ("Basic dXNlcjpwYXNz".to_owned(), "api_key_missing"),
        (format!("Token {good}"), "api_key_missing"),
        (good.clone(), "api_key_invalid"),
        ("Bearer".to_owned(), "api_key_invalid"),
        ("Bearer ".to_owned(), "api_key_invalid"),
        ("Bearer x".to_owned(), "api_key_invalid"),
        (format!("Bearer {good}x"), "api_key_invalid"),
        (format!("Bearer {}", &good[..50]), "api_key_invalid"),
        (format!("Bearer {}", good.to_uppercase()), "api_key_invalid"),
        (format!("Bearer {}", good.replace("sk_test_", "sk_live_")), "api_key_invalid"),
        (format!("Bearer sk_test_{}", "0".repeat(43)), "api_key_invalid"),
        (format!("Bearer {good}, Bearer {good}"), "api_key_invalid"),
        (format!("Bearer sk_test_{}", "x".repeat(60_000)), "api_key_invalid"),
        ("Bearer \u{e9}".to_owned(), "api_key_invalid"),
    ];
    for (value, code) in table {
        let answer = app.get("/api/payments").header("authorization", &value).send().await.expect_error(401, code);
        assert!(!answer.text().contains(&good[8..]), "the key comes back in the answer");
        assert_eq!(answer.header("ratelimit-limit"), "", "who is not known has no bucket");
    }
}

async fn a_revoked_key_is_refused_at_once(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    assert!(app.revoke(&app.a.key).await);
    refused(&app, &app.a.key, "api_key_revoked").await.expect(401);
    app.get(format!("/api/payments/{id}")).key(&app.a).send().await.expect_error(401, "api_key_revoked");
    // A key that nobody used lately is refused at its first use.
    assert!(app.revoke(&app.b.key).await);
    ask(&app, &app.b.key).await.expect_error(401, "api_key_revoked");
    ask(&app, &app.live.key).await.expect(200);
}

async fn a_revoked_key_stays_so_when_the_clock_is_set_back(app: TestApp) {
    let key = &app.a.key;
    assert!(app.revoke(key).await);
    app.clock.jump_ms(-3_600_000);
    ask(&app, key).await.expect_error(401, "api_key_revoked");
}

async fn a_key_revoked_or_disabled_on_one_node_is_refused_on_the_other(app: TestApp) {
    let (second, _) = app.node("second").await;
    let there = async |key: &str| Call::new(&second, Method::GET, "/api/payments").bearer(key).send().await;
    // Each is in use on both nodes until the moment it ends.
    for tenant in [&app.a, &app.b] {
        there(&tenant.key).await.expect(200);
        ask(&app, &tenant.key).await.expect(200);
    }
    assert!(app.revoke(&app.a.key).await);
    assert!(app.store.set_app_active(app.b.app_id, false).await.unwrap());
    for (tenant, code) in [(&app.a, "api_key_revoked"), (&app.b, "app_disabled")] {
        let refused = async || Some(there(&tenant.key).await).filter(|answer| answer.code() == code);
        eventually(code, PROMPT, refused).await;
        self::refused(&app, &tenant.key, code).await;
    }
    there(&app.live.key).await.expect(200);
}

async fn a_rotated_key_lives_through_its_overlap(app: TestApp) {
    ask(&app, &app.a.key).await.expect(200);
    let new = app.gateway.rotate_key(app.a.app_id, 60).await.unwrap();
    ask(&app, new.reveal()).await.expect(200);
    app.pass_ms(59_999);
    ask(&app, &app.a.key).await.expect(200);
    // Whoever remembered the key before the rotation learns of its end as fast as of a revocation.
    refused_after_ms(&app, 1).await;
    ask(&app, new.reveal()).await.expect(200);
    app.pass_s(365 * 24 * 3_600);
    ask(&app, new.reveal()).await.expect(200);
}

async fn refused_after_ms(app: &TestApp, ms: i64) {
    app.pass_ms(ms);
    refused(app, &app.a.key, "api_key_expired").await.expect(401);
}

async fn a_rotation_without_overlap_ends_the_old_key(app: TestApp) {
    ask(&app, &app.a.key).await.expect(200);
    let new = app.gateway.rotate_key(app.a.app_id, 0).await.unwrap();
    ask(&app, new.reveal()).await.expect(200);
    refused_after_ms(&app, 0).await;
    for overlap in [-1, 7 * 24 * 3_600 + 1] {
        assert!(app.gateway.rotate_key(app.a.app_id, overlap).await.is_err());
    }
    ask(&app, new.reveal()).await.expect(200);
    ask(&app, &app.b.key).await.expect(200);
}

async fn rotations_chain(app: TestApp) {
    let second = app.gateway.rotate_key(app.a.app_id, 100).await.unwrap();
    app.pass_s(10);
    // A longer overlap does not lengthen the life of a key that is ending already.
    let third = app.gateway.rotate_key(app.a.app_id, 1_000).await.unwrap();
    app.pass_s(90);
    ask(&app, &app.a.key).await.expect_error(401, "api_key_expired");
    ask(&app, second.reveal()).await.expect(200);
    app.pass_s(910);
    refused(&app, second.reveal(), "api_key_expired").await;
    ask(&app, third.reveal()).await.expect(200);
}

async fn a_disabled_app_is_refused_until_it_is_enabled(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    assert!(app.store.set_app_active(app.a.app_id, false).await.unwrap());
    refused(&app, &app.a.key, "app_disabled").await.expect(403);
    app.complete(&app.a, &id, serde_json::json!({"status": "SUCCESS"})).await.expect_error(403, "app_disabled");
    ask(&app, &app.b.key).await.expect(200);
    assert!(app.store.set_app_active(app.a.app_id, true).await.unwrap());
    eventually("enabled again", PROMPT, async || Some(ask(&app, &app.a.key).await).filter(|a| a.status == 200)).await;
    assert_eq!(app.read(&app.a, &id).await["status"], "PENDING");
}

async fn the_last_use_of_a_key_is_noted(app: TestApp) {
    let last_used = async |key: &str| app.store.find_key(KeyHash::of(key)).await.unwrap().unwrap().0.last_used_at;
    assert_eq!(last_used(&app.a.key).await, None);
    ask(&app, &app.a.key).await.expect(200);
    app.gateway.note_key_use().await.unwrap();
    assert_eq!(last_used(&app.a.key).await, Some(app.clock.now()));
    assert_eq!(last_used(&app.b.key).await, None);
    app.gateway.note_key_use().await.unwrap();
    // From where, too, and a socket that is merely still open takes that from nobody.
    let address = async || app.store.find_key(KeyHash::of(&app.b.key)).await.unwrap().unwrap().0.last_used_address;
    let fresh = app.second_node().await;
    Call::new(&fresh, Method::GET, "/api/payments").key(&app.b).from("203.0.113.9").send().await.expect(200);
    assert_eq!(address().await, None);
    app.pass_s(60);
    app.get("/api/payments").key(&app.b).from("2001:db8::7").send().await.expect(200);
    app.gateway.note_key_use().await.unwrap();
    assert_eq!(address().await.as_deref(), Some("2001:db8::7"));
    app.pass_s(60);
    let (node, gateway) = app.node("third").await;
    Call::new(&node, Method::GET, "/api/payments").key(&app.b).send().await.expect(200);
    gateway.note_key_use().await.unwrap();
    assert_eq!(last_used(&app.b.key).await, Some(app.clock.now()));
    assert_eq!(address().await.as_deref(), Some("2001:db8::7"));
    let admin = app.person("admin", Role::Admin).await;
    let keys = app.get(format!("/api/apps/{}/keys", app.b.app_id)).person(&admin).send().await.expect(200).json();
    assert_eq!(keys["data"][0]["last_used_address"], "2001:db8::7");
}

async fn a_key_is_nowhere_in_clear(app: TestApp) {
    let tenant = app.new_tenant(Environment::Production, None).await;
    ask(&app, &tenant.key).await.expect(200);
    let (key, stored) = app.store.find_key(KeyHash::of(&tenant.key)).await.unwrap().unwrap();
    let known = format!("{key:?} {stored:?} {:?} {:?}", app.gateway, app.store);
    assert!(!known.contains(&tenant.key[8..]) && !known.contains(&tenant.webhook_secret));
    assert_eq!(key.hint, format!("sk_live_…{}", &tenant.key[47..]));
    let metrics = app.get("/metrics").send().await.expect(200).text();
    assert!(!metrics.contains("sk_live_"));
    if let crate::support::Database::Sqlite { directory, .. } = &app.database {
        for file in std::fs::read_dir(directory).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let secret = tenant.webhook_secret.strip_prefix("whsec_").unwrap().as_bytes();
            for clear in [&tenant.key.as_bytes()[8..], secret] {
                assert!(!bytes.windows(clear.len()).any(|window| window == clear));
            }
        }
    }
}

#[test]
#[ignore = "it measures"]
#[expect(clippy::print_stdout, reason = "a figure is there to be read")]
fn a_known_key_costs_little() {
    run(Kind::Sqlite, async |app: TestApp| {
        let times = 1_000_000;
        let begun = Instant::now();
        for _ in 0..times {
            std::hint::black_box(app.gateway.recognise_caller(std::hint::black_box(&app.a.key), None).await.unwrap());
        }
        // With the look-ups that it takes to believe a key for no longer than half a second.
        println!("a known key is let in in {:?}", begun.elapsed() / times);
    });
}
