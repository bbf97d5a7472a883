//! What befell a payment and its webhooks, in the order in which it did.

use super::{called, deliveries, endpoint_at, paid, received, retry, text, until, until_status};
use crate::support::{START, Tenant, TestApp, id_of};
use serde_json::{Value, json};
use zenwallet_core::user::Role;
use zenwallet_testing::receiver::Persona;

both_databases_delivering! {
    a_payment_whose_webhook_fails_tells_so_step_by_step,
    who_ended_a_payment_is_told_where_it_is_known,
    a_webhook_that_nobody_answers_says_why,
    a_long_timeline_is_cut,
}

async fn timeline(app: &TestApp, tenant: &Tenant, id: &str) -> Value {
    app.get(format!("/api/payments/{id}/timeline")).key(tenant).send().await.expect(200).json()
}

async fn entries(app: &TestApp, tenant: &Tenant, id: &str) -> Vec<Value> {
    let found = timeline(app, tenant, id).await;
    assert_eq!((&found["object"], &found["has_more"]), (&json!("list"), &json!(false)));
    found["data"].as_array().unwrap().clone()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

async fn a_payment_whose_webhook_fails_tells_so_step_by_step(app: TestApp) {
    let (receiver, _) = received(&app, &app.a, Persona::Answers(500, None)).await;
    app.pass_s(1);
    let id = id_of(&app.pay_me(&app.a, json!({})).await);
    app.pass_s(60);
    assert_eq!(kinds(&entries(&app, &app.a, &id).await), ["created"]);
    app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200);
    let delivery = text(&deliveries(&app, &app.a, "").await[0]["delivery_id"]);
    for (number, wait_s) in [(1, 5), (2, 30), (3, 300)] {
        until(&app, &app.a, &delivery, |found| found["attempts"] == number).await;
        let found = entries(&app, &app.a, &id).await;
        let mut want = vec!["created", "completed"];
        want.extend(vec!["attempt"; usize::try_from(number).unwrap()]);
        want.push("retry_scheduled");
        assert_eq!(kinds(&found), want);
        app.pass_s(wait_s);
    }
    until_status(&app, &app.a, &delivery, "FAILED").await;
    let found = entries(&app, &app.a, &id).await;
    let want = ["created", "completed", "attempt", "attempt", "attempt", "attempt", "delivery_failed"];
    assert_eq!(kinds(&found), want);
    assert!(found.iter().all(|entry| entry["object"] == "timeline_entry"));
    let at: Vec<_> = found.iter().map(|entry| text(&entry["at"])).collect();
    assert_eq!(at, [1, 61, 61, 66, 96, 396, 396].map(|s| START.plus_s(s).to_string()));
    let second = &found[3];
    assert_eq!((&second["delivery_id"], &second["attempt"]), (&json!(delivery), &json!(2)));
    assert_eq!((&second["http_status"], &second["error"]), (&json!(500), &Value::Null));
    assert_eq!(second["actor"], json!({"type": "system", "id": null, "name": null}));
    assert!(second["duration_ms"].is_u64());
    let origin = receiver.url().trim_end_matches("/hook").to_owned();
    assert_eq!(second["text"], format!("Attempt 2 to deliver payment.success to {origin} was answered with 500."));
    assert_eq!((&found[0]["actor"], &found[0]["address"]), (&Value::Null, &Value::Null));
    assert!(text(&found[0]["text"]).starts_with("A payment of 500 COINS was created"));
    // Asked for again by hand, and then called off.
    let again = text(&retry(&app, &app.a, &delivery).await["delivery_id"]);
    until(&app, &app.a, &again, |found| found["attempts"] == 1).await;
    app.post(format!("/api/webhooks/deliveries/{again}/cancel")).key(&app.a).send().await.expect(200);
    let found = entries(&app, &app.a, &id).await;
    assert_eq!(kinds(&found)[7..], ["delivery_requested", "attempt", "delivery_canceled"]);
    assert!(found[7..].iter().all(|entry| entry["delivery_id"] == again));
    // Another app sees none of it.
    let path = format!("/api/payments/{id}/timeline");
    app.get(&path).key(&app.b).send().await.expect_error(404, "payment_not_found");
    app.get(format!("{path}?limit=1")).key(&app.a).send().await.expect_error(400, "parameter_unknown");
}

async fn who_ended_a_payment_is_told_where_it_is_known(app: TestApp) {
    let ada = app.person("ada", Role::Admin).await;
    let app_id = app.a.app_id;
    let pay = async || app.payment_of(&app.a).await;
    let (by_user, by_key, declined, expired) = (pay().await, pay().await, pay().await, pay().await);
    let path = format!("/api/payments/{by_user}/cancel?app_id={app_id}");
    app.post(path).person(&ada).peer("203.0.113.7").send().await.expect(200);
    app.cancel(&app.a, &by_key).await.expect(200);
    let body = json!({"status": "FAILED", "failure_code": "card_declined"});
    app.complete(&app.a, &declined, body).await.expect(200);
    app.pass_s(1_800);
    let last = async |id: &str| {
        let found = entries(&app, &app.a, id).await;
        assert_eq!(found.len(), 2, "{found:?}");
        found[1].clone()
    };
    let canceled = last(&by_user).await;
    let actor = json!({"type": "user", "id": ada.id.to_string(), "name": "ada@example.com"});
    assert_eq!((&canceled["kind"], &canceled["actor"]), (&json!("canceled"), &actor));
    assert_eq!(canceled["address"], "203.0.113.7");
    let canceled = last(&by_key).await;
    assert_eq!((&canceled["kind"], &canceled["actor"]), (&json!("canceled"), &Value::Null));
    let failed = last(&declined).await;
    assert_eq!(failed["kind"], "failed");
    assert_eq!(failed["text"], "The payment failed with the code card_declined.");
    let expired = last(&expired).await;
    assert_eq!((&expired["kind"], &expired["at"]), (&json!("expired"), &json!(START.plus_s(1_800).to_string())));
    assert_eq!(expired["actor"]["type"], "system");
    // A user reads it as well as the app.
    let path = format!("/api/payments/{by_user}/timeline?app_id={app_id}");
    let ada = app.log_in("ada@example.com").await;
    app.get(path).person(&ada).send().await.expect(200);
}

async fn a_webhook_that_nobody_answers_says_why(app: TestApp) {
    endpoint_at(&app, &app.a, "https://nobody.invalid/hook?token=s3cret").await;
    let id = paid(&app, &app.a, json!({})).await;
    let delivery = text(&deliveries(&app, &app.a, "").await[0]["delivery_id"]);
    let found = until(&app, &app.a, &delivery, |found| found["attempts"] == 1).await;
    let word = text(&found["error"]).split(':').next().unwrap().to_owned();
    let found = entries(&app, &app.a, &id).await;
    assert_eq!(kinds(&found), ["created", "completed", "attempt", "retry_scheduled"]);
    assert_eq!((&found[2]["error"], &found[2]["http_status"]), (&json!(word), &Value::Null));
    assert!(found.iter().all(|entry| !entry.to_string().contains("s3cret")), "{found:?}");
}

async fn a_long_timeline_is_cut(app: TestApp) {
    let (receiver, _) = received(&app, &app.a, Persona::Healthy).await;
    let id = paid(&app, &app.a, json!({})).await;
    called(&receiver, 1).await;
    let first = text(&deliveries(&app, &app.a, "").await[0]["delivery_id"]);
    until_status(&app, &app.a, &first, "DELIVERED").await;
    for _ in 0..205 {
        app.pass_ms(5);
        retry(&app, &app.a, &first).await;
    }
    let found = timeline(&app, &app.a, &id).await;
    assert_eq!((found["data"].as_array().unwrap().len(), &found["has_more"]), (200, &json!(true)));
    assert_eq!(found["data"][0]["kind"], "created");
}
