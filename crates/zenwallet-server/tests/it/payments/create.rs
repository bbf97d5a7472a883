//! `POST /api/payments/create` that succeeds.

use crate::support::{PUBLIC_URL, START, TestApp, id_of};
use serde_json::{Value, json};

both_databases! {
    it_answers_with_exactly_the_promised_members,
    what_it_answers_is_what_a_read_answers,
    the_minimum_is_enough,
    amounts_keep_their_value_and_lose_their_spelling,
    metadata_comes_back_as_it_means,
    lifetimes_have_bounds,
    limits_are_reached_before_they_are_broken,
    a_null_is_an_absent_member,
    the_content_type_may_carry_parameters,
    one_event_announces_it,
}

/// The object of the first answer, in its order.
const MEMBERS: [&str; 11] = [
    "payment_id",
    "status",
    "amount",
    "currency",
    "reference_id",
    "description",
    "metadata",
    "payment_url",
    "qr_code",
    "expires_at",
    "created_at",
];

fn everything() -> Value {
    json!({
        "amount": "12.50",
        "currency": "COINS",
        "reference_id": "ORDER_123",
        "description": "Event Ticket: \"Größe\" \u{1F3AB}\n<b>",
        "webhook_url": "http://127.0.0.1:8081/hook?x=1",
        "metadata": {"order_id": "123", "n": 1.5, "vip": true},
        "expires_in": 60,
        "return_url": "http://shop.example/thanks?a=b",
    })
}

async fn it_answers_with_exactly_the_promised_members(app: TestApp) {
    let answer = app.post("/api/payments/create").key(&app.a).json(&everything()).send().await.expect(201);
    assert_eq!(answer.header("content-type"), "application/json");
    let payment = answer.json();
    let members: Vec<_> = payment.as_object().unwrap().keys().cloned().collect();
    assert_eq!(sorted(members), sorted(MEMBERS.map(str::to_owned).to_vec()));
    // The order on the wire is the order of the contract.
    let text = answer.text();
    let places: Vec<_> = MEMBERS.map(|name| text.find(&format!("\"{name}\":")).unwrap()).to_vec();
    assert!(places.is_sorted(), "{text}");

    let id = id_of(&payment);
    assert!(id.len() == 26 && id.starts_with("pay_"), "{id}");
    let rest = json!({
        "payment_id": id,
        "status": "PENDING",
        "amount": 12.5,
        "currency": "COINS",
        "reference_id": "ORDER_123",
        "description": "Event Ticket: \"Größe\" \u{1F3AB}\n<b>",
        "metadata": {"order_id": "123", "n": 1.5, "vip": true},
        "payment_url": format!("{PUBLIC_URL}/pay/{id}"),
        "qr_code": payment["qr_code"],
        "created_at": START.to_string(),
        "expires_at": START.plus_s(60).to_string(),
    });
    assert_eq!(payment, rest);
    assert!(payment["qr_code"].as_str().unwrap().starts_with("data:image/png;base64,iVBORw0KGgo"));
}

async fn what_it_answers_is_what_a_read_answers(app: TestApp) {
    let created = app.post("/api/payments/create").key(&app.a).json(&everything()).send().await.expect(201);
    let path = format!("/api/payments/{}", id_of(&created.json()));
    let with_code = app.get(format!("{path}?include=qr_code")).key(&app.a).send().await.expect(200);
    assert_eq!(with_code.body, created.body);
    let mut plain = created.json();
    plain.as_object_mut().unwrap().remove("qr_code");
    assert_eq!(app.get(path).key(&app.a).send().await.expect(200).json(), plain);
}

async fn the_minimum_is_enough(app: TestApp) {
    let payment = app.pay_me(&app.live, json!({})).await;
    assert_eq!(payment["reference_id"], Value::Null);
    assert_eq!(payment["description"], Value::Null);
    assert_eq!(payment["metadata"], json!({}));
    assert_eq!(payment["expires_at"], START.plus_s(1_800).to_string());
}

async fn amounts_keep_their_value_and_lose_their_spelling(app: TestApp) {
    let table = [
        ("500", "500"),
        ("\"500\"", "500"),
        ("500.0", "500"),
        ("500.00", "500"),
        ("12.5", "12.5"),
        ("\"12.50\"", "12.5"),
        ("0.01", "0.01"),
        ("\"0.10\"", "0.1"),
        ("4503599627370.97", "4503599627370.97"),
        ("9999999999999.99", "9999999999999.99"),
        ("\"9999999999999.99\"", "9999999999999.99"),
    ];
    for (sent, shown) in table {
        let body = format!("{{\"amount\":{sent},\"currency\":\"COINS\"}}");
        let answer = app.post("/api/payments/create").key(&app.a).text(body).send().await.expect(201);
        let shown = format!("\"amount\":{shown},");
        assert!(answer.text().contains(&shown), "{sent}: {}", answer.text());
        let read = app.get(format!("/api/payments/{}", id_of(&answer.json()))).key(&app.a).send().await.expect(200);
        assert!(read.text().contains(&shown), "{sent}: {}", read.text());
    }
}

async fn metadata_comes_back_as_it_means(app: TestApp) {
    let sent =
        "{\"b\":1.50,\"a\":\"\\u00e9\\ud83d\\ude00\",\"big\":9007199254740992,\"e\":1e2,\"no\":false,\"neg\":-0.5}";
    let body = format!("{{\"amount\":1,\"currency\":\"XP\",\"metadata\":{sent}}}");
    let answer = app.post("/api/payments/create").key(&app.a).text(body).send().await.expect(201);
    let want =
        "\"metadata\":{\"a\":\"é\u{1F600}\",\"b\":1.5,\"big\":9007199254740992,\"e\":100,\"neg\":-0.5,\"no\":false}";
    assert!(answer.text().contains(want), "{}", answer.text());
    let read = app.get(format!("/api/payments/{}", id_of(&answer.json()))).key(&app.a).send().await.expect(200);
    assert!(read.text().contains(want), "{}", read.text());
}

async fn lifetimes_have_bounds(app: TestApp) {
    for seconds in [30, 31, 1_800, 2_592_000] {
        let payment = app.pay_me(&app.a, json!({"expires_in": seconds})).await;
        assert_eq!(payment["expires_at"], START.plus_s(seconds).to_string());
    }
}

async fn limits_are_reached_before_they_are_broken(app: TestApp) {
    let url = format!("https://x.example/{}", "p".repeat(2_048 - 18));
    // Fifty keys of the longest names and together just below 16 KB.
    let metadata: serde_json::Map<_, _> =
        (0..50).map(|n| (format!("{n:0>40}"), Value::String("v".repeat(281)))).collect();
    let longest = [
        ("reference_id", json!("r".repeat(255))),
        ("reference_id", json!("é".repeat(255))),
        ("description", json!("\u{1F3AB}".repeat(1_000))),
        ("webhook_url", json!(url)),
        ("return_url", json!(url)),
        ("metadata", json!({"k".repeat(40): "v".repeat(500)})),
        ("metadata", Value::Object(metadata)),
        ("currency", json!("ABCDEFGHI9")),
        ("currency", json!("XP")),
    ];
    for (name, value) in longest {
        let payment = app.pay_me(&app.live, json!({name: value})).await;
        if payment.get(name).is_some() {
            assert_eq!(payment[name], value);
        }
        app.read(&app.live, &id_of(&payment)).await;
    }
}

async fn a_null_is_an_absent_member(app: TestApp) {
    let nulls = json!({"reference_id": null, "description": null, "webhook_url": null, "metadata": null,
        "expires_in": null, "return_url": null});
    let payment = app.pay_me(&app.a, nulls).await;
    assert_eq!((&payment["metadata"], &payment["reference_id"]), (&json!({}), &Value::Null));
}

async fn the_content_type_may_carry_parameters(app: TestApp) {
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=UTF-8"] {
        let call = app.post("/api/payments/create").key(&app.a).header("content-type", kind);
        call.raw("{\"amount\":1,\"currency\":\"XP\"}").send().await.expect(201);
    }
}

async fn one_event_announces_it(app: TestApp) {
    let (mine, theirs) = (app.payment_of(&app.a).await, app.payment_of(&app.b).await);
    assert_eq!(app.events_of(&app.a, &mine).await, ["payment.created"]);
    assert_eq!(app.events_of(&app.b, &theirs).await, ["payment.created"]);
    assert_eq!(app.events(&app.a).await.len(), 1);
    let body: Value = serde_json::from_str(&app.events(&app.a).await[0].body).unwrap();
    assert_eq!((&body["payment_id"], &body["type"]), (&json!(mine), &json!("payment.created")));
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
