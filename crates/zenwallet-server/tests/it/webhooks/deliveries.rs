//! `GET /api/webhooks/deliveries` and `GET /api/webhooks/queue`: filters and pages against a model.

use super::{attempt_due, column, deliveries, endpoint, list, text};
use crate::support::{START, Tenant, TestApp};
use serde_json::{Value, json};
use zenwallet_core::delivery::Next;
use zenwallet_core::time::Timestamp;

both_databases! {
    an_empty_list_is_a_list,
    filters_and_pages_equal_a_model,
    the_queue_is_what_waits,
    a_cursor_opens_its_own_list_alone,
    what_a_filter_cannot_mean_is_refused,
}

async fn an_empty_list_is_a_list(app: TestApp) {
    let want = json!({"object": "list", "data": [], "has_more": false, "next_cursor": null});
    assert_eq!(list(&app, &app.a, "").await, want);
    let queue = app.get("/api/webhooks/queue").key(&app.a).send().await.expect(200).json();
    let mut want = want;
    want["total_count"] = json!(0);
    want["total_count_capped"] = json!(false);
    assert_eq!(queue, want);
}

/// Deliveries of every status, cause apart, of two endpoints and some payments.
async fn many(app: &TestApp, tenant: &Tenant) -> Vec<Value> {
    for (url, events) in
        [("https://one.example/", json!(["payment.created", "payment.success"])), ("https://two.example/", Value::Null)]
    {
        endpoint(app, tenant, json!({"url": url, "events": events})).await;
    }
    for n in 0..10 {
        let own = (n == 4).then_some("https://own.example/");
        let id = crate::support::id_of(&app.pay_me(tenant, json!({"webhook_url": own})).await);
        app.pass_ms(7);
        let end = if n % 3 == 0 { "FAILED" } else { "SUCCESS" };
        app.complete(tenant, &id, json!({"status": end})).await.expect(200);
        app.pass_ms(500);
    }
    let (mut count, app_id) = (0, tenant.app_id);
    attempt_due(app, |leased| {
        count += 1;
        match count % 5 {
            _ if leased.app_id != app_id => None,
            0 | 1 => Some(Next::Delivered),
            2 => Some(Next::Failed),
            3 => Some(Next::RetryAt(leased.leased_until)),
            _ => None,
        }
    })
    .await;
    let waiting = deliveries(app, tenant, "status=PENDING").await;
    let called_off = text(&waiting[1]["delivery_id"]);
    app.post(format!("/api/webhooks/deliveries/{called_off}/cancel")).key(tenant).send().await.expect(200);
    deliveries(app, tenant, "").await
}

async fn filters_and_pages_equal_a_model(app: TestApp) {
    many(&app, &app.b).await;
    let all = many(&app, &app.a).await;
    // Created: 9 to the first endpoint. Ended: 1 to its own address, and of 9 the 5 paid to the first, all to the second.
    assert_eq!(all.len(), 9 + 1 + 5 + 9);
    let mut sorted = column(&all, "delivery_id");
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(column(&all, "delivery_id"), sorted, "newest first");
    let moment = |item: &Value| Timestamp::parse_rfc3339(item["created_at"].as_str().unwrap()).unwrap();
    let (after, before) = (moment(&all[15]), moment(&all[5]));
    type Rule = (&'static str, String);
    let endpoint_id = all.iter().find_map(|item| item["endpoint_id"].as_str()).unwrap();
    let mut rules: Vec<Rule> = vec![
        ("endpoint_id", endpoint_id.to_owned()),
        ("payment_id", text(&all[3]["payment_id"])),
        ("payment_id", "pay_0000000000000000000001".to_owned()),
        ("endpoint_id", "whe_0000000000000000000001".to_owned()),
        ("created_after", after.to_string()),
        ("created_before", before.to_string()),
    ];
    rules.extend(["PENDING", "DELIVERED", "FAILED", "CANCELED"].map(|status| ("status", status.to_owned())));
    rules.extend(["payment.created", "payment.success", "webhook.test"].map(|kind| ("type", kind.to_owned())));
    let keeps = |(name, value): &Rule, item: &Value| match *name {
        "created_after" => moment(item) >= after,
        "created_before" => moment(item) < before,
        name => item[name] == **value,
    };
    let mut seen = 0;
    // Each alone, and each pair of different ones.
    for (at, one) in rules.iter().enumerate() {
        for other in rules[at..].iter().filter(|other| other.0 != one.0 || *other == one) {
            let query = match one == other {
                true => format!("{}={}", one.0, one.1),
                false => format!("{}={}&{}={}", one.0, one.1, other.0, other.1),
            };
            let want: Vec<_> = all.iter().filter(|item| keeps(one, item) && keeps(other, item)).cloned().collect();
            seen += want.len();
            assert_eq!(pages(&app, &query).await, want, "{query}");
        }
    }
    assert!(seen > 200, "the filters leave {seen} in all");
}

/// The whole list, page by page; every page tells how many there are.
async fn pages(app: &TestApp, query: &str) -> Vec<Value> {
    let (mut collected, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(app, &app.a, &format!("{query}&limit=7&include=total_count&cursor={cursor}")).await;
        collected.extend(page["data"].as_array().unwrap().clone());
        assert_eq!(page["has_more"].as_bool().unwrap(), page["next_cursor"].is_string());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => {
                let count = (&page["total_count"], &page["total_count_capped"]);
                assert_eq!(count, (&json!(collected.len()), &json!(false)), "{query}");
                return collected;
            }
        }
    }
}

async fn the_queue_is_what_waits(app: TestApp) {
    let all = many(&app, &app.a).await;
    many(&app, &app.b).await;
    let waiting: Vec<_> = all.into_iter().filter(|item| item["status"] == "PENDING").collect();
    assert!(waiting.len() > 3);
    let queue =
        async |query: &str| app.get(format!("/api/webhooks/queue?{query}")).key(&app.a).send().await.expect(200).json();
    let whole = queue("").await;
    assert_eq!(whole["data"], json!(waiting));
    assert_eq!((&whole["total_count"], &whole["has_more"]), (&json!(waiting.len()), &json!(false)));
    let first = queue("limit=3").await;
    let second = queue(&format!("limit=100&cursor={}", text(&first["next_cursor"]))).await;
    let both = [first["data"].as_array().unwrap().as_slice(), second["data"].as_array().unwrap()].concat();
    assert_eq!((both, &second["total_count"]), (waiting.clone(), &json!(waiting.len())));
    for query in ["status=FAILED", "include=total_count", "x=1"] {
        let answer = app.get(format!("/api/webhooks/queue?{query}")).key(&app.a).send().await;
        answer.expect_error(400, "parameter_unknown");
    }
}

async fn a_cursor_opens_its_own_list_alone(app: TestApp) {
    many(&app, &app.a).await;
    let cursor = text(&list(&app, &app.a, "limit=1").await["next_cursor"]);
    list(&app, &app.a, &format!("cursor={cursor}&limit=5&include=total_count")).await;
    let refused = [
        (&app.b, format!("cursor={cursor}")),
        (&app.a, format!("cursor={cursor}&status=PENDING")),
        (&app.a, format!("cursor={cursor}&type=payment.success")),
        (&app.a, format!("cursor={cursor}&payment_id=pay_0000000000000000000001")),
        (&app.a, format!("cursor={cursor}&endpoint_id=whe_0000000000000000000001")),
        (&app.a, format!("cursor={cursor}&created_after=2026-01-01T00:00:00Z")),
        (&app.a, format!("cursor={}", &cursor[1..])),
        (&app.a, "cursor=x".to_owned()),
    ];
    for (tenant, query) in refused {
        let answer = app.get(format!("/api/webhooks/deliveries?{query}")).key(tenant).send().await;
        answer.expect_error(400, "cursor_invalid");
    }
    // Neither does that of another list.
    let payments = app.get("/api/payments?limit=1").key(&app.a).send().await.expect(200).json();
    let foreign = text(&payments["next_cursor"]);
    let answer = app.get(format!("/api/webhooks/deliveries?cursor={foreign}")).key(&app.a).send().await;
    answer.expect_error(400, "cursor_invalid");
    app.get(format!("/api/payments?cursor={cursor}")).key(&app.a).send().await.expect_error(400, "cursor_invalid");
    app.get(format!("/api/webhooks/queue?cursor={cursor}")).key(&app.a).send().await.expect(400);
}

async fn what_a_filter_cannot_mean_is_refused(app: TestApp) {
    let table = [
        ("status=pending", "status", "parameter_invalid"),
        ("status=SUCCESS", "status", "parameter_invalid"),
        ("type=payment", "type", "parameter_invalid"),
        ("type=payment.success,payment.failed", "type", "parameter_invalid"),
        ("endpoint_id=x", "endpoint_id", "parameter_invalid"),
        ("endpoint_id=pay_0000000000000000000001", "endpoint_id", "parameter_invalid"),
        ("payment_id=pay_1", "payment_id", "parameter_invalid"),
        ("created_after=yesterday", "created_after", "parameter_invalid"),
        ("created_before=2026-01-26", "created_before", "parameter_invalid"),
        ("limit=0", "limit", "parameter_out_of_range"),
        ("limit=101", "limit", "parameter_out_of_range"),
        ("include=attempts", "include", "parameter_invalid"),
        ("status=PENDING&status=PENDING", "status", "parameter_duplicated"),
        ("endpointid=x", "endpointid", "parameter_unknown"),
        ("offset=1", "offset", "parameter_unknown"),
    ];
    for (query, param, code) in table {
        let answer = app.get(format!("/api/webhooks/deliveries?{query}")).key(&app.a).send().await;
        assert_eq!(answer.expect_error(400, code).error()["param"], param, "{query}");
    }
    let answer = app.get("/api/webhooks/deliveries?status=x&type=x&limit=x&cursor=x&y=x").key(&app.a).send().await;
    assert_eq!(crate::support::codes_of(&answer.expect(400)).len(), 5);
    let answer = app.get("/api/webhooks/deliveries?endpointid=x").key(&app.a).send().await.text();
    assert!(answer.contains("did you mean endpoint_id?"), "{answer}");
    assert!(list(&app, &app.a, &format!("created_after={START}")).await["data"].as_array().unwrap().is_empty());
}
