//! `GET /api/payments`: the envelope, the pages and their cursors.

use crate::support::{Tenant, TestApp, id_of};
use serde_json::{Value, json};
use std::collections::BTreeSet;

both_databases! {
    an_empty_list_is_a_list,
    pages_to_the_end_are_the_whole_newest_first,
    a_page_stays_put_while_payments_arrive,
    limits_have_bounds,
    a_cursor_opens_its_own_list_alone,
    the_total_is_counted_on_demand_and_capped,
    a_list_shows_its_own_app_alone,
}

pub(super) async fn list(app: &TestApp, tenant: &Tenant, query: &str) -> Value {
    app.get(format!("/api/payments?{query}")).key(tenant).send().await.expect(200).json()
}

pub(super) fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id_of).collect()
}

/// Payments made one millisecond after the other, oldest first.
pub(super) async fn payments(app: &TestApp, tenant: &Tenant, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(app.payment_of(tenant).await);
        app.pass_ms(1);
    }
    made
}

async fn an_empty_list_is_a_list(app: TestApp) {
    let want = json!({"object": "list", "data": [], "has_more": false, "next_cursor": null});
    assert_eq!(list(&app, &app.a, "").await, want);
}

async fn pages_to_the_end_are_the_whole_newest_first(app: TestApp) {
    let mut made = payments(&app, &app.a, 53).await;
    made.reverse();
    assert_eq!(ids(&list(&app, &app.a, "limit=100").await), made);
    // Fifty without a limit, and the rest behind the cursor.
    let first = list(&app, &app.a, "").await;
    assert_eq!((ids(&first).len(), &first["has_more"]), (50, &json!(true)));
    for limit in [1, 7, 52, 53, 54] {
        let (mut collected, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = list(&app, &app.a, &format!("limit={limit}&cursor={cursor}")).await;
            collected.extend(ids(&page));
            pages += 1;
            assert_eq!(page["has_more"].as_bool().unwrap(), page["next_cursor"].is_string());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(collected, made, "limit {limit}");
        assert_eq!(pages, 53_usize.div_ceil(limit), "no page is empty");
    }
    // What a list shows is what a read shows.
    let page = list(&app, &app.a, "limit=1").await;
    assert_eq!(page["data"][0], app.read(&app.a, &made[0]).await);
}

async fn a_page_stays_put_while_payments_arrive(app: TestApp) {
    let made = payments(&app, &app.a, 4).await;
    let first = list(&app, &app.a, "limit=2").await;
    payments(&app, &app.a, 3).await;
    app.complete(&app.a, &made[1], json!({"status": "SUCCESS"})).await.expect(200);
    let second = list(&app, &app.a, &format!("limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(ids(&second), [made[1].clone(), made[0].clone()]);
    assert_eq!(second["data"][0]["status"], "SUCCESS");
}

async fn limits_have_bounds(app: TestApp) {
    for limit in ["0", "101", "-1", "1.5", "abc", "99999999999", "1e1", "%31%30%30%30"] {
        let answer = app.get(format!("/api/payments?limit={limit}")).key(&app.a).send().await;
        let answer = answer.expect_error(400, "parameter_out_of_range");
        assert_eq!(answer.error()["param"], "limit");
    }
    for limit in ["1", "100", "%35"] {
        list(&app, &app.a, &format!("limit={limit}")).await;
    }
    let twice = app.get("/api/payments?limit=5&limit=5").key(&app.a).send().await;
    twice.expect_error(400, "parameter_duplicated");
}

async fn a_cursor_opens_its_own_list_alone(app: TestApp) {
    payments(&app, &app.a, 3).await;
    payments(&app, &app.b, 3).await;
    let cursor = list(&app, &app.a, "limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    // Another page size is the same list.
    assert_eq!(ids(&list(&app, &app.a, &format!("limit=2&cursor={cursor}")).await).len(), 2);
    let refused = [
        (&app.b, format!("cursor={cursor}")),
        (&app.a, format!("cursor={cursor}&status=PENDING")),
        (&app.a, format!("cursor={cursor}&reference_id=R")),
        (&app.a, format!("cursor={cursor}&q=R")),
        (&app.a, format!("cursor={cursor}&created_after=2026-01-01T00:00:00Z")),
        (&app.a, format!("cursor={cursor}&created_before=2027-01-01T00:00:00Z")),
        (&app.a, format!("cursor={cursor}x")),
        (&app.a, format!("cursor={}", &cursor[1..])),
        (&app.a, format!("cursor={}", cursor.to_lowercase())),
        (&app.a, "cursor=%22".to_owned()),
        (&app.a, format!("cursor={}", "A".repeat(1_000))),
        (&app.a, format!("cursor={}", app.payment_of(&app.a).await)),
    ];
    for (tenant, query) in refused {
        let answer = app.get(format!("/api/payments?{query}")).key(tenant).send().await;
        let answer = answer.expect_error(400, "cursor_invalid");
        assert_eq!(answer.error()["param"], "cursor", "{query}");
    }
}

async fn the_total_is_counted_on_demand_and_capped(app: TestApp) {
    let made = payments(&app, &app.a, 3).await;
    app.cancel(&app.a, &made[0]).await.expect(200);
    assert_eq!(list(&app, &app.a, "").await.get("total_count"), None);
    let counted = list(&app, &app.a, "include=total_count&limit=1").await;
    assert_eq!((&counted["total_count"], &counted["total_count_capped"]), (&json!(3), &json!(false)));
    let counted = list(&app, &app.a, "include=total_count&status=PENDING").await;
    assert_eq!(counted["total_count"], 2);
    let answer = app.get("/api/payments?include=qr_code").key(&app.a).send().await;
    answer.expect_error(400, "parameter_invalid");
    crate::support::many_payments(&app, &app.b, 10_001).await;
    let capped = list(&app, &app.b, "include=total_count&limit=1").await;
    assert_eq!((&capped["total_count"], &capped["total_count_capped"]), (&json!(10_000), &json!(true)));
}

async fn a_list_shows_its_own_app_alone(app: TestApp) {
    let (a, b) = (payments(&app, &app.a, 3).await, payments(&app, &app.b, 4).await);
    let set = |ids: Vec<String>| ids.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(set(ids(&list(&app, &app.a, "").await)), set(a.clone()));
    assert_eq!(set(ids(&list(&app, &app.b, "").await)), set(b));
    for foreign in &a {
        assert!(ids(&list(&app, &app.b, &format!("q={foreign}")).await).is_empty());
    }
}
