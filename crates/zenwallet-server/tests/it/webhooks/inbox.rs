//! Inboxes: a first webhook without a server, and what strangers may do there.

use super::signed::mac;
use super::{column, deliveries, delivery, endpoint_at, paid, text, until_status};
use crate::support::{PUBLIC_URL, START, Tenant, TestApp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::InboxId;
use zenwallet_core::user::Role;
use zenwallet_store::Deleted;

both_databases_delivering! {
    a_webhook_to_the_apps_inbox_arrives_signed_without_a_network,
    a_webhook_that_names_an_inbox_of_another_is_not_handed_over,
    an_inbox_is_made_once_and_for_test_apps_alone,
    no_app_sends_its_webhooks_to_an_inbox_of_another,
    the_newest_messages_stay,
    a_stranger_leaves_what_an_inbox_can_hold,
    whoever_posts_too_much_waits,
    an_inbox_goes_with_its_app,
}

/// The URL of this tenant's inbox.
async fn inbox(app: &TestApp, tenant: &Tenant) -> String {
    let found = app.get(format!("/api/apps/{}/inbox", tenant.app_id)).key(tenant).send().await.expect(200).json();
    assert_eq!((&found["object"], &found["keeps"]), (&json!("inbox"), &json!(100)));
    text(&found["url"])
}

/// The same, as a path of this gateway.
async fn inbox_path(app: &TestApp, tenant: &Tenant) -> String {
    inbox(app, tenant).await.strip_prefix(PUBLIC_URL).unwrap().to_owned()
}

fn messages_path(tenant: &Tenant) -> String {
    format!("/api/apps/{}/inbox/messages", tenant.app_id)
}

async fn messages(app: &TestApp, tenant: &Tenant) -> Vec<Value> {
    let page = app.get(format!("{}?limit=100", messages_path(tenant))).key(tenant).send().await.expect(200).json();
    page["data"].as_array().unwrap().clone()
}

async fn a_webhook_to_the_apps_inbox_arrives_signed_without_a_network(app: TestApp) {
    let url = inbox(&app, &app.a).await;
    let endpoint = endpoint_at(&app, &app.a, &url).await;
    let own = json!({"headers": {"X-Api-Key": "s3cret-4711"}});
    app.patch(format!("/api/webhooks/endpoints/{endpoint}")).key(&app.a).json(&own).send().await.expect(200);
    let payment = paid(&app, &app.a, json!({"reference_id": "ORDER_1"})).await;
    let made = deliveries(&app, &app.a, &format!("payment_id={payment}")).await;
    let id = text(&made[0]["delivery_id"]);
    until_status(&app, &app.a, &id, "DELIVERED").await;
    let attempt = delivery(&app, &app.a, &id).await["attempts_log"][0].clone();
    let answer = json!({"status": 200, "headers": {"content-type": "application/json"}, "body": "{\"received\":true}"});
    assert_eq!(attempt["response"], answer);
    let found = messages(&app, &app.a).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let message = &found[0];
    assert_eq!((&message["object"], &message["is_signature_valid"]), (&json!("inbox_message"), &json!(true)));
    assert_eq!((&message["event_type"], &message["payment_id"]), (&json!("payment.success"), &json!(payment)));
    assert_eq!((&message["received_at"], &message["is_body_lossy"]), (&json!(START.to_string()), &json!(false)));
    assert!(text(&message["message_id"]).starts_with("msg_"));
    // What was sent is what lies there, secrets aside, and it verifies with nothing but the secret.
    assert_eq!(message["headers"], attempt["request"]["headers"]);
    assert_eq!(message["headers"]["x-api-key"], "(hidden)");
    let header = |name: &str| text(&message["headers"][name]);
    let (id, at, body) = (header("webhook-id"), header("webhook-timestamp"), text(&message["body"]));
    let signed = STANDARD.encode(mac(&app.a.webhook_secret, format!("{id}.{at}.{body}").as_bytes()));
    assert_eq!(header("webhook-signature"), format!("v1,{signed}"));
    // A payment's own address, and a test, go the same way.
    let body = json!({"webhook_url": url});
    let own = paid(&app, &app.a, body).await;
    let made = deliveries(&app, &app.a, &format!("payment_id={own}")).await;
    until_status(&app, &app.a, &text(&made[0]["delivery_id"]), "DELIVERED").await;
    let tested = app.post("/api/webhooks/test").key(&app.a).json(&json!({"url": url})).send().await.expect(200).json();
    assert_eq!(tested["status"], "DELIVERED");
    let found = messages(&app, &app.a).await;
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|message| message["is_signature_valid"] == true));
    assert!(column(&found, "event_type").contains(&"webhook.test".to_owned()));
}

async fn a_webhook_that_names_an_inbox_of_another_is_not_handed_over(app: TestApp) {
    let now = app.clock.now();
    let foreign = Endpoint::new(app.ids.next(now), app.a.app_id, inbox(&app, &app.b).await, now);
    assert!(app.store.create_endpoint(&foreign).await.unwrap(), "past the checks of the API");
    let payment = paid(&app, &app.a, json!({})).await;
    let made = deliveries(&app, &app.a, &format!("payment_id={payment}")).await;
    // It goes the way of every other address, where nobody has this name.
    let found = super::until(&app, &app.a, &text(&made[0]["delivery_id"]), |found| found["attempts"] == 1).await;
    assert_eq!((&found["status"], &found["response_status"]), (&json!("PENDING"), &Value::Null), "{found}");
    assert!(messages(&app, &app.b).await.is_empty());
}

async fn an_inbox_is_made_once_and_for_test_apps_alone(app: TestApp) {
    let url = inbox(&app, &app.a).await;
    let id = InboxId::parse(url.strip_prefix(&format!("{PUBLIC_URL}/inbox/")).unwrap());
    assert!(id.is_some(), "{url}");
    app.pass_s(1);
    assert_eq!(inbox(&app, &app.a).await, url);
    assert_ne!(inbox(&app, &app.b).await, url);
    for path in ["inbox", "inbox/messages"] {
        let path = format!("/api/apps/{}/{path}", app.live.app_id);
        app.get(path).key(&app.live).send().await.expect_error(409, "inbox_test_only");
    }
    app.delete(messages_path(&app.live)).key(&app.live).send().await.expect_error(409, "inbox_test_only");
    let unknown = format!("/api/apps/{}/inbox", app.b.app_id);
    app.get(unknown).key(&app.a).send().await.expect_error(404, "app_not_found");
    let owner = app.person("ada", Role::Member).await;
    let own = app.app_of(&owner).await;
    app.get(format!("/api/apps/{own}/inbox")).person(&owner).send().await.expect(200);
}

async fn no_app_sends_its_webhooks_to_an_inbox_of_another(app: TestApp) {
    let (own, foreign) = (inbox(&app, &app.a).await, inbox(&app, &app.b).await);
    let nobodys = format!("{PUBLIC_URL}/inbox/ibx_0000000000000000000001");
    let (beside, below) = (format!("{own}?x=1"), format!("{PUBLIC_URL}/inbox/x"));
    let endpoint = endpoint_at(&app, &app.a, &own).await;
    for url in [&foreign, &nobodys, &beside, &below] {
        let body = json!({"url": url});
        let refused = app.post("/api/webhooks/endpoints").key(&app.a).json(&body).send().await;
        assert!(refused.expect_error(400, "url_forbidden").text().contains("inbox"));
        let path = format!("/api/webhooks/endpoints/{endpoint}");
        app.patch(path).key(&app.a).json(&body).send().await.expect_error(400, "url_forbidden");
        app.post("/api/webhooks/test").key(&app.a).json(&body).send().await.expect_error(400, "url_forbidden");
        let body = json!({"amount": 1, "currency": "XP", "webhook_url": url});
        app.post("/api/payments/create").key(&app.a).json(&body).send().await.expect_error(400, "url_forbidden");
    }
    let live = app.post("/api/webhooks/endpoints").key(&app.live).json(&json!({"url": own})).send().await;
    live.expect_error(400, "url_forbidden");
    let owner = app.person("ada", Role::Member).await;
    let body = json!({"name": "New", "environment": "test", "webhook_url": own});
    app.post("/api/apps").person(&owner).json(&body).send().await.expect_error(400, "url_forbidden");
    // However a client spells it in JSON.
    let spelled = format!("{{\"url\":{}}}", json!(own).to_string().replace('/', "\\/"));
    app.post("/api/webhooks/endpoints").key(&app.a).text(spelled).send().await.expect(201);
}

async fn the_newest_messages_stay(app: TestApp) {
    let path = inbox_path(&app, &app.a).await;
    for number in 0..103 {
        app.pass_s(1);
        let posted = app.post(&path).json(&json!({"event": format!("n{number}"), "payment_id": "pay_x"})).send().await;
        assert_eq!(posted.expect(200).text(), "{\"received\":true}");
    }
    let newest: Vec<_> = (3..103).rev().map(|number| format!("n{number}")).collect();
    assert_eq!(column(&messages(&app, &app.a).await, "event_type"), newest);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{}?limit=40&cursor={cursor}", messages_path(&app.a));
        let page = app.get(path).key(&app.a).send().await.expect(200).json();
        paged.extend(column(page["data"].as_array().unwrap(), "event_type"));
        if page["has_more"] == false {
            break;
        }
        cursor = text(&page["next_cursor"]);
    }
    assert_eq!(paged, newest);
    let foreign = format!("{}?cursor={cursor}", messages_path(&app.b));
    app.get(foreign).key(&app.b).send().await.expect_error(400, "cursor_invalid");
    assert!(messages(&app, &app.b).await.is_empty());
    let emptied = app.delete(messages_path(&app.a)).key(&app.a).send().await.expect(200).json();
    assert_eq!(emptied, json!({"deleted_count": 100}));
    assert!(messages(&app, &app.a).await.is_empty());
}

async fn a_stranger_leaves_what_an_inbox_can_hold(app: TestApp) {
    let path = inbox_path(&app, &app.a).await;
    app.post(&path).raw(vec![b'x'; 64 * 1_024 + 1]).send().await.expect_error(413, "body_too_large");
    assert!(messages(&app, &app.a).await.is_empty());
    app.get(&path).send().await.expect_error(405, "method_not_allowed");
    for unknown in ["/inbox/ibx_0000000000000000000001", "/inbox/x", "/inbox/%00"] {
        app.post(unknown).send().await.expect_error(404, "inbox_not_found");
    }
    let mut call = app.post(&path).header("authorization", "Bearer s3cret").header("cookie", "a=s3cret");
    call =
        call.header("proxy-authorization", "s3cret").header("x-long", "l".repeat(5_000)).header("x-odd", [0xff, b'a']);
    call = call.header("x-twice", "1").header("x-twice", "2");
    for number in 0..200 {
        call = call.header(&format!("y-{number:03}"), "v");
    }
    call.raw(vec![b'x'; 64 * 1_024]).send().await.expect(200);
    app.pass_ms(1);
    app.post(&path).raw(b"a\0b\xff".to_vec()).send().await.expect(200);
    app.pass_ms(1);
    let signed = app.post(&path).header("webhook-signature", "v1,AAAA").json(&json!({"type": 7, "payment_id": [1]}));
    signed.send().await.expect(200);
    let found = messages(&app, &app.a).await;
    assert_eq!(found.len(), 3);
    let (signed, odd, long) = (&found[0], &found[1], &found[2]);
    assert_eq!((&signed["is_signature_valid"], &signed["event_type"]), (&json!(false), &Value::Null));
    assert_eq!(signed["payment_id"], Value::Null);
    assert_eq!((&odd["body"], &odd["is_body_lossy"]), (&json!("a\u{fffd}b\u{fffd}"), &json!(true)));
    assert_eq!((&odd["is_signature_valid"], &long["is_body_lossy"]), (&Value::Null, &json!(false)));
    assert_eq!(long["body"].as_str().unwrap().len(), 64 * 1_024);
    let headers = long["headers"].as_object().unwrap();
    assert_eq!(headers.len(), 50);
    for name in ["authorization", "cookie", "proxy-authorization"] {
        assert_eq!(headers[name], "(hidden)", "{name}");
    }
    assert_eq!(headers["x-long"].as_str().unwrap().len(), 1_000);
    assert_eq!((&headers["x-twice"], &headers["x-odd"]), (&json!("1, 2"), &json!("\u{fffd}a")));
}

async fn whoever_posts_too_much_waits(app: TestApp) {
    let path = inbox_path(&app, &app.a).await;
    let post = |address: &str| app.post(&path).peer(address).raw("x").send();
    for _ in 0..120 {
        post("203.0.113.1").await.expect(200);
    }
    let refused = post("203.0.113.1").await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_error(429, "rate_limited");
    for address in ["203.0.113.2", "203.0.113.3"] {
        for _ in 0..90 {
            post(address).await.expect(200);
        }
    }
    // Others are in time, and yet the inbox has had enough.
    post("203.0.113.4").await.expect_error(429, "rate_limited");
    let other = inbox_path(&app, &app.b).await;
    app.post(&other).peer("203.0.113.4").raw("x").send().await.expect(200);
    app.pass_s(1);
    post("203.0.113.4").await.expect(200);
    // An unknown inbox costs nothing, and slows nobody down.
    for _ in 0..200 {
        app.post("/inbox/ibx_0000000000000000000001").peer("203.0.113.5").send().await.expect(404);
    }
    post("203.0.113.5").await.expect(200);
}

async fn an_inbox_goes_with_its_app(app: TestApp) {
    let path = inbox_path(&app, &app.a).await;
    app.post(&path).raw("x").send().await.expect(200);
    assert_eq!(app.store.delete_app(app.a.app_id, app.clock.now(), &[]).await.unwrap(), Deleted::Yes);
    app.post(&path).raw("x").send().await.expect_error(404, "inbox_not_found");
    assert_eq!(app.store.find_inbox(app.a.app_id).await.unwrap(), None);
    assert!(app.store.list_messages(app.a.app_id, None, 100).await.unwrap().is_empty());
    let id = app.ids.next(app.clock.now());
    assert_eq!(app.store.open_inbox(app.a.app_id, id, app.clock.now()).await.unwrap(), None);
}
