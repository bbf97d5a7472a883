//! `POST /api/payments/create` that is refused: every rule, and that nothing is kept of what broke it.

use crate::support::{Answer, Tenant, TestApp, codes_of};
use serde_json::{Value, json};

both_databases! {
    one_broken_rule_is_named,
    spellings_that_no_value_can_hold_are_named,
    every_broken_rule_is_named_at_once,
    an_unknown_member_is_not_dropped_silently,
    production_asks_for_https,
    what_is_not_a_json_object_is_refused,
    what_is_not_json_is_refused_by_its_content_type,
    a_large_body_is_refused,
}

/// A valid body with this member put in its place.
fn with(name: &str, value: Value) -> String {
    let mut body = json!({"amount": 500, "currency": "COINS"});
    body[name] = value;
    body.to_string()
}

/// A valid body with this raw text in place of the member's value.
fn with_raw(name: &str, raw: &str) -> String {
    with(name, json!("PLACE")).replace("\"PLACE\"", raw)
}

async fn create(app: &TestApp, tenant: &Tenant, body: &str) -> Answer {
    app.post("/api/payments/create").key(tenant).text(body.to_owned()).send().await
}

/// Expects one refusal, and nothing kept.
async fn expect_refusal(app: &TestApp, tenant: &Tenant, body: &str, param: &str, code: &str) {
    let answer = create(app, tenant, body).await;
    let shown: String = body.chars().take(200).collect();
    assert_eq!(answer.status, 400, "{shown}: {}", answer.text());
    assert_eq!(codes_of(&answer), [format!("{param}:{code}")], "{shown}");
    assert_eq!(answer.error()["code"], code);
    let named = if param.is_empty() { Value::Null } else { json!(param) };
    assert_eq!(answer.error().get("param").cloned().unwrap_or(Value::Null), named);
}

async fn expect_nothing_kept(app: &TestApp) {
    for tenant in [&app.a, &app.live] {
        let list = app.get("/api/payments?include=total_count").key(tenant).send().await.expect(200).json();
        assert_eq!(list["total_count"], 0);
        assert!(app.events(tenant).await.is_empty());
    }
}

async fn one_broken_rule_is_named(app: TestApp) {
    for (name, value, param, code) in [amounts(), texts(), urls(), metadata()].concat() {
        expect_refusal(&app, &app.a, &with(name, value), param, code).await;
    }
    expect_nothing_kept(&app).await;
}

/// A member, a value that it must not have, the parameter at fault and the code.
type Broken = (&'static str, Value, &'static str, &'static str);

fn long(count: usize) -> Value {
    json!("x".repeat(count))
}

fn amounts() -> Vec<Broken> {
    vec![
        ("amount", Value::Null, "amount", "amount_missing"),
        ("amount", json!(true), "amount", "amount_invalid"),
        ("amount", json!([1]), "amount", "amount_invalid"),
        ("amount", json!({}), "amount", "amount_invalid"),
        ("amount", json!(""), "amount", "amount_invalid"),
        ("amount", json!(" 5"), "amount", "amount_invalid"),
        ("amount", json!("5 "), "amount", "amount_invalid"),
        ("amount", json!("1e2"), "amount", "amount_invalid"),
        ("amount", json!("+5"), "amount", "amount_invalid"),
        ("amount", json!("1,5"), "amount", "amount_invalid"),
        ("amount", json!("1.5.0"), "amount", "amount_invalid"),
        ("amount", json!(".5"), "amount", "amount_invalid"),
        ("amount", json!("5."), "amount", "amount_invalid"),
        ("amount", json!("05"), "amount", "amount_invalid"),
        ("amount", json!("0x10"), "amount", "amount_invalid"),
        ("amount", json!("NaN"), "amount", "amount_invalid"),
        ("amount", json!("Infinity"), "amount", "amount_invalid"),
        ("amount", json!("٥"), "amount", "amount_invalid"),
        ("amount", json!(0), "amount", "amount_not_positive"),
        ("amount", json!("0.00"), "amount", "amount_not_positive"),
        ("amount", json!(-1), "amount", "amount_not_positive"),
        ("amount", json!("-0.01"), "amount", "amount_not_positive"),
        ("amount", json!(12.345), "amount", "amount_too_precise"),
        ("amount", json!("0.001"), "amount", "amount_too_precise"),
        ("amount", json!("1.500"), "amount", "amount_too_precise"),
        ("amount", json!(10_000_000_000_000_i64), "amount", "amount_too_large"),
        ("amount", json!("9".repeat(400)), "amount", "amount_too_large"),
    ]
}

fn texts() -> Vec<Broken> {
    vec![
        ("currency", Value::Null, "currency", "parameter_missing"),
        ("currency", json!(5), "currency", "parameter_type_invalid"),
        ("currency", json!(""), "currency", "currency_invalid"),
        ("currency", json!("X"), "currency", "currency_invalid"),
        ("currency", json!("coins"), "currency", "currency_invalid"),
        ("currency", json!("1UP"), "currency", "currency_invalid"),
        ("currency", json!("ABCDEFGHIJK"), "currency", "currency_invalid"),
        ("currency", json!("CO INS"), "currency", "currency_invalid"),
        ("currency", json!("ÉCU"), "currency", "currency_invalid"),
        ("currency", json!("COINS\n"), "currency", "currency_invalid"),
        ("reference_id", json!(7), "reference_id", "parameter_type_invalid"),
        ("reference_id", json!(["a"]), "reference_id", "parameter_type_invalid"),
        ("reference_id", long(256), "reference_id", "parameter_too_long"),
        ("reference_id", json!("a\0b"), "reference_id", "string_invalid"),
        ("description", json!({}), "description", "parameter_type_invalid"),
        ("description", long(1_001), "description", "parameter_too_long"),
        ("description", json!("\0"), "description", "string_invalid"),
        ("expires_in", json!(29), "expires_in", "parameter_out_of_range"),
        ("expires_in", json!(0), "expires_in", "parameter_out_of_range"),
        ("expires_in", json!(-30), "expires_in", "parameter_out_of_range"),
        ("expires_in", json!(2_592_001), "expires_in", "parameter_out_of_range"),
        ("expires_in", json!("60"), "expires_in", "parameter_type_invalid"),
        ("expires_in", json!(60.5), "expires_in", "parameter_type_invalid"),
        ("expires_in", json!(true), "expires_in", "parameter_type_invalid"),
    ]
}

fn urls() -> Vec<Broken> {
    let url = |rest: &str| json!(format!("http://x.example/{rest}"));
    vec![
        ("webhook_url", json!(5), "webhook_url", "parameter_type_invalid"),
        ("webhook_url", json!(""), "webhook_url", "url_invalid"),
        ("webhook_url", json!("/hook"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("//x.example/"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("x.example"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("ftp://x.example/"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("file:///etc/passwd"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("data:text/plain,x"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("http://"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("http://user@x.example/"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("http://u:p@x.example/"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("http://x.example/#part"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("http://x.example:99999/"), "webhook_url", "url_invalid"),
        ("webhook_url", json!("http://10.1.2.3/"), "webhook_url", "url_forbidden"),
        ("webhook_url", json!("http://169.254.169.254/"), "webhook_url", "url_forbidden"),
        ("webhook_url", json!("http://x.example:22/"), "webhook_url", "url_forbidden"),
        ("webhook_url", url(&"p".repeat(2_048)), "webhook_url", "parameter_too_long"),
        ("return_url", json!("javascript:alert(1)"), "return_url", "url_invalid"),
        ("return_url", json!("mailto:a@x.example"), "return_url", "url_invalid"),
    ]
}

fn metadata() -> Vec<Broken> {
    let many: Value = (0..51).map(|n| (format!("k{n}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let large: Value = (0..50).map(|n| (format!("{n:0>40}"), long(500))).collect::<serde_json::Map<_, _>>().into();
    vec![
        ("metadata", json!([]), "metadata", "metadata_invalid"),
        ("metadata", json!("x"), "metadata", "metadata_invalid"),
        ("metadata", json!(5), "metadata", "metadata_invalid"),
        ("metadata", json!({"k": null}), "metadata.k", "metadata_value_invalid"),
        ("metadata", json!({"k": {}}), "metadata.k", "metadata_value_invalid"),
        ("metadata", json!({"k": ["a"]}), "metadata.k", "metadata_value_invalid"),
        ("metadata", json!({"k": "x".repeat(501)}), "metadata.k", "metadata_value_invalid"),
        ("metadata", json!({"k": "a\0"}), "metadata.k", "metadata_value_invalid"),
        ("metadata", json!({"": 1}), "metadata", "metadata_key_invalid"),
        ("metadata", json!({"x".repeat(41): 1}), "metadata", "metadata_key_invalid"),
        ("metadata", json!({"a\0": 1}), "metadata", "metadata_key_invalid"),
        ("metadata", many, "metadata", "metadata_too_many_keys"),
        ("metadata", large, "metadata", "metadata_too_large"),
    ]
}

async fn spellings_that_no_value_can_hold_are_named(app: TestApp) {
    let table = [
        ("amount", "1e2", "amount", "amount_invalid"),
        ("amount", "1E+2", "amount", "amount_invalid"),
        ("amount", "5e-1", "amount", "amount_invalid"),
        ("amount", "-0", "amount", "amount_not_positive"),
        ("amount", "-1e400", "amount", "amount_not_positive"),
        ("amount", "0.30000000000000004", "amount", "amount_too_precise"),
        ("amount", "9999999999999.991", "amount", "amount_too_precise"),
        ("amount", "99999999999999999999999999999999", "amount", "amount_too_large"),
        ("amount", "\"\\ud800\"", "amount", "amount_invalid"),
        ("currency", "\"\\udc00\"", "currency", "string_invalid"),
        ("description", "\"a\\ud800b\"", "description", "string_invalid"),
        ("description", "\"\\ud800\\ud800\"", "description", "string_invalid"),
        ("expires_in", "6e1", "expires_in", "parameter_type_invalid"),
        ("expires_in", "99999999999999999999", "expires_in", "parameter_type_invalid"),
        ("metadata", "{\"k\":\"\\udfff\"}", "metadata.k", "string_invalid"),
        ("metadata", "{\"\\ud800\":1}", "metadata", "string_invalid"),
        ("metadata", "{\"k\":1,\"\\u006b\":2}", "metadata", "metadata_key_duplicated"),
        ("metadata", "{\"k\":9007199254740993}", "metadata.k", "metadata_number_inexact"),
        ("metadata", "{\"k\":0.1000000000000000055}", "metadata.k", "metadata_number_inexact"),
        ("metadata", "{\"k\":1e400}", "metadata.k", "metadata_number_inexact"),
        ("metadata", "{\"k\":1e-400}", "metadata.k", "metadata_number_inexact"),
    ];
    for (name, raw, param, code) in table {
        expect_refusal(&app, &app.a, &with_raw(name, raw), param, code).await;
    }
    let twice = "{\"amount\":1,\"currency\":\"XP\",\"amo\\u0075nt\":2}";
    expect_refusal(&app, &app.a, twice, "amount", "parameter_duplicated").await;
    let twice = "{\"amount\":1,\"currency\":\"XP\",\"nope\":1,\"nope\":1}";
    expect_refusal(&app, &app.a, twice, "nope", "parameter_duplicated").await;
    expect_nothing_kept(&app).await;
}

async fn every_broken_rule_is_named_at_once(app: TestApp) {
    let body = json!({"amount": "1.234", "currency": "x", "description": 5, "expires_in": 1,
        "webhook_url": "nope", "metadata": {"k": []}, "colour": "red"});
    let answer = create(&app, &app.a, &body.to_string()).await.expect(400);
    let mut codes = codes_of(&answer);
    assert_eq!(codes[0], "amount:amount_too_precise", "the request's first parameter leads");
    codes.sort();
    let want = [
        "amount:amount_too_precise",
        "colour:parameter_unknown",
        "currency:currency_invalid",
        "description:parameter_type_invalid",
        "expires_in:parameter_out_of_range",
        "metadata.k:metadata_value_invalid",
        "webhook_url:url_invalid",
    ];
    assert_eq!(codes, want);
    let empty = create(&app, &app.a, "{}").await.expect(400);
    assert_eq!(codes_of(&empty), ["amount:amount_missing", "currency:parameter_missing"]);
    expect_nothing_kept(&app).await;
}

async fn an_unknown_member_is_not_dropped_silently(app: TestApp) {
    let table = [
        ("amuont", "did you mean amount?"),
        ("curency", "did you mean currency?"),
        ("refrence_id", "did you mean reference_id?"),
        ("webhookUrl", "did you mean webhook_url?"),
        ("Amount", "did you mean amount?"),
        ("zzzzzzzzzz", "known are: amount, currency"),
        ("", "known are: amount"),
    ];
    for (name, hint) in table {
        let body = with(name, json!("x"));
        expect_refusal(&app, &app.a, &body, name, "parameter_unknown").await;
        let message = create(&app, &app.a, &body).await.error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(hint), "{message}");
    }
    // A hostile name comes back cut short, not whole.
    let answer = create(&app, &app.a, &with(&"n".repeat(60_000), json!(1))).await.expect(400);
    assert!(answer.body.len() < 2_000, "{}", answer.body.len());
    expect_nothing_kept(&app).await;
}

async fn production_asks_for_https(app: TestApp) {
    for name in ["webhook_url", "return_url"] {
        expect_refusal(&app, &app.live, &with(name, json!("http://x.example/")), name, "url_not_https").await;
        expect_refusal(&app, &app.live, &with(name, json!("HTTP://x.example/")), name, "url_not_https").await;
        expect_refusal(&app, &app.live, &with(name, json!("ftp://x.example/")), name, "url_invalid").await;
    }
    expect_nothing_kept(&app).await;
    create(&app, &app.live, &with("webhook_url", json!("https://x.example/"))).await.expect(201);
    create(&app, &app.a, &with("webhook_url", json!("http://x.example/"))).await.expect(201);
}

async fn what_is_not_a_json_object_is_refused(app: TestApp) {
    let table: [(&[u8], &str); 15] = [
        (b"[]", "body_not_object"),
        (b" [{\"amount\":1}]", "body_not_object"),
        (b"\"x\"", "body_not_object"),
        (b"5", "body_not_object"),
        (b"null", "body_not_object"),
        (b"true", "body_not_object"),
        (b"{", "json_invalid"),
        (b"{\"amount\":1,}", "json_invalid"),
        (b"{'amount':1}", "json_invalid"),
        (b"{\"amount\":NaN}", "json_invalid"),
        (b"{\"amount\":01}", "json_invalid"),
        (b"{\"amount\":1}{}", "json_invalid"),
        (b"amount=1&currency=XP", "json_invalid"),
        (b"\xef\xbb\xbf{}", "json_invalid"),
        (b"{\"description\":\"\xff\"}", "json_invalid"),
    ];
    for (body, code) in table {
        let answer = app.post("/api/payments/create").key(&app.a).text(body).send().await;
        let answer = answer.expect_error(400, code);
        assert_eq!(answer.error().get("param"), None);
    }
    expect_nothing_kept(&app).await;
}

async fn what_is_not_json_is_refused_by_its_content_type(app: TestApp) {
    let good = "{\"amount\":1,\"currency\":\"XP\"}";
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json", "json", "\u{e9}"]
    {
        let call = app.post("/api/payments/create").key(&app.a).header("content-type", kind);
        call.raw(good).send().await.expect_error(415, "content_type_unsupported");
    }
    let none = app.post("/api/payments/create").key(&app.a).raw(good);
    none.send().await.expect_error(415, "content_type_unsupported");
    // No body needs no type: what it lacks is what it is told.
    app.post("/api/payments/create").key(&app.a).send().await.expect_error(400, "amount_missing");
    expect_nothing_kept(&app).await;
}

async fn a_large_body_is_refused(app: TestApp) {
    let limit = 64 * 1024;
    let padded = |length: usize| {
        let body = "{\"amount\":1,\"currency\":\"XP\"}";
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    create(&app, &app.a, &padded(limit + 1)).await.expect_error(413, "body_too_large");
    create(&app, &app.a, &padded(10_000_000)).await.expect_error(413, "body_too_large");
    let deep = with_raw("metadata", &format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)));
    create(&app, &app.a, &deep).await.expect_error(400, "metadata_invalid");
    expect_nothing_kept(&app).await;
    create(&app, &app.a, &padded(limit)).await.expect(201);
}
