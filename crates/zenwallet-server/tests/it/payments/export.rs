//! `GET /api/payments/export`

use crate::support::{Answer, START, TestApp, id_of, many_payments};
use axum::http::{Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};

both_databases! {
    an_export_is_csv_as_rfc_4180_has_it,
    no_cell_is_taken_for_a_formula,
    a_long_export_comes_in_pieces_and_whole,
    lines_of_json_are_the_payments_as_listed,
    the_filters_are_the_list_s,
    an_export_holds_its_own_app_alone,
}

const COLUMNS: &str = "payment_id,status,amount,currency,reference_id,description,metadata,payment_url,webhook_url,\
    created_at,expires_at,completed_at,transaction_id,failure_code,notes,time_zone";

async fn export(app: &TestApp, query: &str) -> Answer {
    app.get(format!("/api/payments/export?{query}")).key(&app.a).send().await.expect(200)
}

/// Every record by its column's name.
fn records(csv: &[u8]) -> Vec<Value> {
    let mut reader = csv::ReaderBuilder::new().from_reader(csv);
    reader
        .deserialize()
        .map(|record: csv::Result<std::collections::BTreeMap<String, String>>| json!(record.unwrap()))
        .collect()
}

async fn an_export_is_csv_as_rfc_4180_has_it(app: TestApp) {
    let empty = export(&app, "").await;
    assert_eq!(empty.text(), format!("{COLUMNS}\r\n"));
    assert_eq!(empty.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(empty.header("content-disposition"), "attachment; filename=\"payments_test_2026-01-26_1035Z.csv\"");
    assert_eq!(empty.header("cache-control"), "no-store");
    let hostile = "a,b;\"c\"\r\nd\ne\tÄ\u{1F3AB}";
    let more = json!({"amount": "12.50", "reference_id": hostile, "description": hostile,
        "metadata": {"k": "v,\"w\"", "n": 1}, "webhook_url": "http://x.example/?a=b,c"});
    let id = id_of(&app.pay_me(&app.a, more).await);
    app.pass_ms(1_250);
    let notes = json!({"status": "SUCCESS", "notes": hostile});
    let paid = app.complete(&app.a, &id, notes).await.expect(200).json();
    let exported = export(&app, "").await;
    assert!(exported.text().ends_with("\r\n"));
    let want = json!([{
        "payment_id": id, "status": "SUCCESS", "amount": "12.5", "currency": "COINS", "reference_id": hostile,
        "description": hostile, "metadata": "{\"k\":\"v,\\\"w\\\"\",\"n\":1}", "payment_url": paid["payment_url"],
        "webhook_url": "http://x.example/?a=b,c", "created_at": START.to_string(),
        "expires_at": START.plus_s(1_800).to_string(), "completed_at": START.plus_ms(1_250).to_string(),
        "transaction_id": paid["transaction_id"], "failure_code": "", "notes": hostile, "time_zone": "UTC",
    }]);
    assert_eq!(json!(records(&exported.body)), want);
    let live = app.get("/api/payments/export").key(&app.live).send().await.expect(200);
    assert!(live.header("content-disposition").contains("payments_production_"), "{:?}", live.headers);
}

async fn no_cell_is_taken_for_a_formula(app: TestApp) {
    for start in ["=", "+", "-", "@", "\t", "\r", "=cmd|' /C calc'!A0"] {
        let text = format!("{start}1+1");
        let more = json!({"reference_id": text, "description": text});
        let id = id_of(&app.pay_me(&app.a, more).await);
        let notes = json!({"status": "FAILED", "notes": text, "failure_code": "x"});
        app.complete(&app.a, &id, notes).await.expect(200);
        let record = records(&export(&app, &format!("q={id}")).await.body).remove(0);
        for column in ["reference_id", "description", "notes"] {
            assert_eq!(record[column], format!("'{text}"), "{column}");
        }
        let cells = record.as_object().unwrap().values().map(|cell| cell.as_str().unwrap());
        assert!(cells.into_iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
    }
}

async fn a_long_export_comes_in_pieces_and_whole(app: TestApp) {
    let mut made = many_payments(&app, &app.a, 1_700).await;
    made.reverse();
    let request = Request::get("/api/payments/export").header(header::AUTHORIZATION, format!("Bearer {}", app.a.key));
    let mut body = app.app.handle(request.body(axum::body::Body::empty()).unwrap()).await.into_body();
    let (mut pieces, mut text, mut during) = (0, Vec::new(), false);
    while let Some(frame) = body.frame().await {
        pieces += 1;
        text.extend(frame.unwrap().into_data().unwrap());
        if !std::mem::replace(&mut during, true) {
            // What changes meanwhile neither shifts nor doubles what is still to come.
            many_payments(&app, &app.a, 10).await;
        }
    }
    assert!(pieces >= 4, "{pieces}");
    let exported: Vec<_> = records(&text).iter().map(id_of).collect();
    assert_eq!(exported, made.iter().map(ToString::to_string).collect::<Vec<_>>());
    // As many as fit into two pieces exactly end there.
    let newest: Vec<_> = records(&export(&app, &format!("created_after={}", made[999].created_at())).await.body);
    assert_eq!(newest.len(), 1_010);
}

async fn lines_of_json_are_the_payments_as_listed(app: TestApp) {
    let id = id_of(&app.pay_me(&app.a, json!({"description": "a\nb", "expires_in": 30})).await);
    many_payments(&app, &app.a, 3).await;
    app.pass_s(30);
    let call = app.get("/api/payments/export").key(&app.a).header("accept", "application/x-ndjson");
    let exported = call.send().await.expect(200);
    assert_eq!(exported.header("content-type"), "application/x-ndjson");
    assert!(exported.header("content-disposition").ends_with(".ndjson\""));
    let text = exported.text();
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let list = app.get("/api/payments").key(&app.a).send().await.expect(200).json();
    assert_eq!(json!(lines), list["data"]);
    let ended = lines.iter().find(|line| line["payment_id"] == id).unwrap();
    assert_eq!(ended["status"], "EXPIRED");
}

async fn the_filters_are_the_list_s(app: TestApp) {
    many_payments(&app, &app.a, 5).await;
    let id = id_of(&app.pay_me(&app.a, json!({"reference_id": "R", "expires_in": 30})).await);
    app.pass_s(30);
    let after = app.clock.now();
    let table = [
        (format!("q={id}"), 1),
        ("q=BULK".to_owned(), 5),
        ("reference_id=R".to_owned(), 1),
        ("status=EXPIRED".to_owned(), 1),
        ("status=PENDING".to_owned(), 5),
        ("status=SUCCESS".to_owned(), 0),
        (format!("created_after={after}"), 0),
        (format!("created_before={after}"), 6),
    ];
    for (query, count) in table {
        assert_eq!(records(&export(&app, &query).await.body).len(), count, "{query}");
    }
    let table = [
        ("limit=5", "limit", "parameter_unknown"),
        ("cursor=x", "cursor", "parameter_unknown"),
        ("format=csv", "format", "parameter_unknown"),
        ("status=PAID", "status", "parameter_invalid"),
        ("created_after=x", "created_after", "parameter_invalid"),
    ];
    for (query, param, code) in table {
        let answer = app.get(format!("/api/payments/export?{query}")).key(&app.a).send().await;
        assert_eq!(answer.expect_error(400, code).error()["param"], param);
    }
}

async fn an_export_holds_its_own_app_alone(app: TestApp) {
    many_payments(&app, &app.b, 3).await;
    let id = app.payment_of(&app.a).await;
    let exported: Vec<_> = records(&export(&app, "").await.body).iter().map(id_of).collect();
    assert_eq!(exported, [id]);
}
