//! What a receiver gets, checked with nothing of ours but the secret.

use super::{called, deliveries, delivery, paid, received, text, until_status};
use crate::support::{START, TestApp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zenwallet_testing::receiver::{Heard, Persona};

both_databases_delivering! {
    a_completed_payment_arrives_signed,
    the_log_shows_what_was_sent_and_what_came_back,
}

/// HMAC-SHA256 under a secret as it is shown to its owner.
pub(super) fn mac(secret: &str, message: &[u8]) -> Vec<u8> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    assert_eq!(key.len(), 32);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails unless a request carries the signatures of these secrets, in their order, in both headers and in its body.
#[track_caller]
pub(super) fn check_signatures(heard: &Heard, secrets: &[&str]) -> Value {
    let body: Value = serde_json::from_slice(&heard.body).unwrap();
    let (id, at) = (heard.header("webhook-id").unwrap(), heard.header("webhook-timestamp").unwrap());
    assert_eq!(body["event_id"], id);
    let message = [format!("{id}.{at}.").as_bytes(), &heard.body].concat();
    let macs: Vec<_> = secrets.iter().map(|secret| mac(secret, &message)).collect();
    let standard: Vec<_> = macs.iter().map(|mac| format!("v1,{}", STANDARD.encode(mac))).collect();
    assert_eq!(heard.header("webhook-signature").unwrap(), standard.join(" "));
    let own: Vec<_> = macs.iter().map(|mac| format!("v1={}", hex(mac))).collect();
    assert_eq!(heard.header("x-zenwallet-signature").unwrap(), format!("t={at},id={id},{}", own.join(",")));
    // The content's own signature; these values have one spelling, and serde_json sorts its members.
    let mut content = body.clone();
    let signature = content.as_object_mut().unwrap().remove("signature").unwrap();
    let content = serde_json::to_string(&content).unwrap();
    assert_eq!(signature, format!("sha256={}", hex(&mac(secrets[0], content.as_bytes()))));
    assert_eq!(serde_json::to_string(&body).unwrap().as_bytes(), heard.body, "canonical JSON");
    body
}

async fn a_completed_payment_arrives_signed(app: TestApp) {
    let (receiver, _) = received(&app, &app.a, Persona::Healthy).await;
    let payment = paid(&app, &app.a, json!({"reference_id": "ORDER_1", "metadata": {"order_id": "123"}})).await;
    let heard = called(&receiver, 1).await;
    let body = check_signatures(&heard, &[&app.a.webhook_secret]);
    assert!(heard.head.starts_with("POST /hook HTTP/1.1\r\n"), "{}", heard.head);
    assert_eq!(heard.header("content-type"), Some("application/json"));
    assert_eq!(heard.header("user-agent"), Some(concat!("ZenWallet/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(heard.header("webhook-timestamp").unwrap(), (START.as_ms() / 1_000).to_string());
    let read = app.read(&app.a, &payment).await;
    for member in ["payment_id", "status", "amount", "currency", "reference_id", "transaction_id", "metadata"] {
        assert_eq!(body[member], read[member], "{member}");
    }
    assert_eq!((&body["event"], &body["type"]), (&json!("payment.success"), &json!("payment.success")));
    let made = deliveries(&app, &app.a, &format!("payment_id={payment}")).await;
    until_status(&app, &app.a, &text(&made[0]["delivery_id"]), "DELIVERED").await;
    assert_eq!(receiver.hits(), 1);
}

async fn the_log_shows_what_was_sent_and_what_came_back(app: TestApp) {
    let (receiver, id) = received(&app, &app.a, Persona::Healthy).await;
    let headers = json!({"headers": {"Authorization": "Bearer s3cret-4711", "X-Shop": "s3cret-4712"}});
    let path = format!("/api/webhooks/endpoints/{id}");
    app.patch(&path).key(&app.a).json(&headers).send().await.expect(200);
    paid(&app, &app.a, json!({})).await;
    let heard = called(&receiver, 1).await;
    assert_eq!(heard.header("authorization"), Some("Bearer s3cret-4711"));
    assert_eq!(heard.header("x-shop"), Some("s3cret-4712"));
    let delivery_id = text(&deliveries(&app, &app.a, "").await[0]["delivery_id"]);
    until_status(&app, &app.a, &delivery_id, "DELIVERED").await;
    let found = delivery(&app, &app.a, &delivery_id).await;
    assert_eq!((&found["attempts"], &found["response_status"]), (&json!(1), &json!(200)));
    let attempt = &found["attempts_log"][0];
    assert_eq!((&attempt["attempt_number"], &attempt["error"]), (&json!(1), &Value::Null));
    assert_eq!(attempt["started_at"], START.to_string());
    assert!(attempt["duration_ms"].as_u64().unwrap() < 2_000);
    assert_eq!(attempt["request"]["body_sha256"], hex(&Sha256::digest(&heard.body)));
    let shown = &attempt["request"]["headers"];
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature", "x-zenwallet-signature", "user-agent"] {
        assert_eq!(shown[name], heard.header(name).unwrap(), "{name}");
    }
    for (name, value) in shown.as_object().unwrap() {
        let is_own = ["authorization", "x-shop"].contains(&name.to_ascii_lowercase().as_str());
        assert_eq!(value == "(hidden)", is_own, "{name}: {value}");
    }
    let want = json!({"status": 200, "headers": {"content-length": "2", "content-type": "text/plain"}, "body": "ok"});
    assert_eq!(attempt["response"], want);
}
