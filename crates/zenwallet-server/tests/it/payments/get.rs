//! `GET /api/payments/{id}`

use crate::support::{TestApp, decode_png, id_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

both_databases! {
    an_owner_reads_its_payment,
    a_foreign_id_is_an_unknown_one,
    a_malformed_id_is_an_unknown_one,
    the_qr_code_is_a_png_on_demand,
    unknown_parameters_are_refused,
}

async fn an_owner_reads_its_payment(app: TestApp) {
    let created = app.pay_me(&app.a, json!({"reference_id": "R"})).await;
    let path = format!("/api/payments/{}", id_of(&created));
    let read = app.get(&path).key(&app.a).send().await.expect(200);
    assert_eq!(read.header("content-type"), "application/json");
    assert_eq!(read.header("cache-control"), "no-store");
    assert_eq!(read.json()["reference_id"], "R");
    // The end grows the object.
    let ended = app.complete(&app.a, &id_of(&created), json!({"status": "SUCCESS"})).await.expect(200).json();
    assert_eq!(app.get(&path).key(&app.a).send().await.expect(200).json(), ended);
}

async fn a_foreign_id_is_an_unknown_one(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let unknown = "pay_0000000000000000000001";
    for tenant in [&app.b, &app.live] {
        let foreign = app.get(format!("/api/payments/{id}")).key(tenant).send().await;
        let foreign = foreign.expect_error(404, "payment_not_found");
        let unknown = app.get(format!("/api/payments/{unknown}")).key(tenant).send().await;
        let unknown = unknown.expect_error(404, "payment_not_found");
        assert_eq!(foreign.without_request_id(), unknown.without_request_id());
        let names = |answer: &crate::support::Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&foreign), names(&unknown));
    }
}

async fn a_malformed_id_is_an_unknown_one(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let malformed = [
        "pay_".to_owned(),
        "x".to_owned(),
        id[..25].to_owned(),
        format!("{id}0"),
        id.replace("pay_", "app_"),
        id.to_uppercase(),
        id[4..].to_owned(),
        "pay_zzzzzzzzzzzzzzzzzzzzzz".to_owned(),
        "pay_%00000000000000000000000".to_owned(),
        "%ff".to_owned(),
        "pay_'%20OR%201=1--".to_owned(),
        "%2e%2e%2f%2e%2e".to_owned(),
        format!("{id}%20"),
        "a".repeat(8_000),
    ];
    for id in malformed {
        let answer = app.get(format!("/api/payments/{id}")).key(&app.a).send().await;
        answer.expect_error(404, "payment_not_found");
    }
}

async fn the_qr_code_is_a_png_on_demand(app: TestApp) {
    let created = app.pay_me(&app.a, json!({})).await;
    let path = format!("/api/payments/{}", id_of(&created));
    assert_eq!(app.read(&app.a, &id_of(&created)).await.get("qr_code"), None);
    let read = app.get(format!("{path}?include=qr_code")).key(&app.a).send().await.expect(200).json();
    assert_eq!(read["qr_code"], created["qr_code"]);
    let encoded = read["qr_code"].as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap();
    let (width, height) = decode_png(&STANDARD.decode(encoded).unwrap());
    assert!(width == height && width > 100, "{width} x {height}");
    let list = app.get("/api/payments").key(&app.a).send().await.expect(200).json();
    assert_eq!(list["data"][0].get("qr_code"), None);
}

async fn unknown_parameters_are_refused(app: TestApp) {
    let path = format!("/api/payments/{}", app.payment_of(&app.a).await);
    let table = [
        ("include=total_count", "include", "parameter_invalid"),
        ("include=qr_code,nope", "include", "parameter_invalid"),
        ("include=qr_code&include=qr_code", "include", "parameter_duplicated"),
        ("include=%00", "include", "string_invalid"),
        ("inlcude=qr_code", "inlcude", "parameter_unknown"),
        ("x=1", "x", "parameter_unknown"),
    ];
    for (query, param, code) in table {
        let answer = app.get(format!("{path}?{query}")).key(&app.a).send().await.expect_error(400, code);
        assert_eq!(answer.error()["param"], param);
    }
    app.get(format!("{path}?")).key(&app.a).send().await.expect(200);
}
