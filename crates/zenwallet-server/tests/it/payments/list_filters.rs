//! `GET /api/payments`: what its filters leave.

use super::list::{ids, list, payments};
use crate::support::{START, TestApp, id_of};
use serde_json::json;

both_databases! {
    a_status_is_the_one_that_counts_now,
    a_reference_is_matched_exactly,
    a_search_finds_ids_and_starts_of_references,
    a_span_of_time_has_its_start_and_not_its_end,
    filters_narrow_together,
    what_a_filter_cannot_mean_is_refused,
}

async fn a_status_is_the_one_that_counts_now(app: TestApp) {
    let short = id_of(&app.pay_me(&app.a, json!({"expires_in": 30})).await);
    app.pass_ms(1);
    let made = payments(&app, &app.a, 3).await;
    app.complete(&app.a, &made[0], json!({"status": "SUCCESS"})).await.expect(200);
    app.complete(&app.a, &made[1], json!({"status": "FAILED"})).await.expect(200);
    let by_status = async |status: &str| {
        let page = list(&app, &app.a, &format!("status={status}&include=total_count")).await;
        let found = ids(&page);
        assert_eq!(page["total_count"], found.len());
        assert!(page["data"].as_array().unwrap().iter().all(|payment| payment["status"] == status));
        found
    };
    assert_eq!(by_status("SUCCESS").await, [made[0].clone()]);
    assert_eq!(by_status("FAILED").await, [made[1].clone()]);
    // The payments took 4 ms to make: this is the last moment that the short one can be paid.
    app.pass_ms(30_000 - 4 - 1);
    assert_eq!(by_status("PENDING").await, [made[2].clone(), short.clone()]);
    assert!(by_status("EXPIRED").await.is_empty());
    // Its time is over in every list at once, with nobody having swept.
    app.pass_ms(1);
    assert_eq!(by_status("PENDING").await, [made[2].clone()]);
    assert_eq!(by_status("EXPIRED").await, std::slice::from_ref(&short));
    let all = list(&app, &app.a, "").await;
    assert_eq!(all["data"][3]["status"], "EXPIRED");
    assert_eq!(all["data"][3]["completed_at"], json!(null));
    // Several, in whatever order: of what is stored as pending the share that is meant.
    for (statuses, want) in [
        ("PENDING,EXPIRED", vec![made[2].clone(), short.clone()]),
        ("EXPIRED,SUCCESS", vec![made[0].clone(), short.clone()]),
        ("FAILED,SUCCESS,PENDING", vec![made[2].clone(), made[1].clone(), made[0].clone()]),
        ("SUCCESS,SUCCESS", vec![made[0].clone()]),
    ] {
        let page = list(&app, &app.a, &format!("status={statuses}&include=total_count")).await;
        assert_eq!((ids(&page), &page["total_count"]), (want.clone(), &json!(want.len())), "{statuses}");
    }
    app.gateway.expire_due_payments(10).await.unwrap();
    assert_eq!(by_status("EXPIRED").await, [short]);
    assert_eq!(by_status("PENDING").await, [made[2].clone()]);
}

async fn a_reference_is_matched_exactly(app: TestApp) {
    for reference in ["ORDER_1", "ORDER_12", "order_1", "ORDER%1", "é"] {
        app.pay_me(&app.a, json!({"reference_id": reference})).await;
        app.pass_ms(1);
    }
    app.pay_me(&app.b, json!({"reference_id": "ORDER_1"})).await;
    app.payment_of(&app.a).await;
    for (query, want) in
        [("ORDER_1", 1), ("order_1", 1), ("ORDER_", 0), ("ORDER%251", 1), ("%C3%A9", 1), ("ORDER__", 0)]
    {
        let page = list(&app, &app.a, &format!("reference_id={query}&include=total_count")).await;
        assert_eq!((ids(&page).len(), &page["total_count"]), (want, &json!(want)), "{query}");
    }
    // An empty filter is none.
    assert_eq!(ids(&list(&app, &app.a, "reference_id=&status=&q=").await).len(), 6);
}

async fn a_search_finds_ids_and_starts_of_references(app: TestApp) {
    let mut made = Vec::new();
    for reference in ["ORDER_1", "ORDER_2", "order_3", "OR%DER", "", "pay_x"] {
        made.push(id_of(&app.pay_me(&app.a, json!({"reference_id": reference})).await));
        app.pass_ms(1);
    }
    let paid = app.complete(&app.a, &made[1], json!({"status": "SUCCESS"})).await.expect(200).json();
    let transaction = paid["transaction_id"].as_str().unwrap();
    let table = [
        (made[0].as_str(), vec![0]),
        (transaction, vec![1]),
        ("ORDER_", vec![1, 0]),
        ("ORDER_1", vec![0]),
        ("OR", vec![3, 1, 0]),
        ("OR%25", vec![3]),
        ("RDER", vec![]),
        ("pay_", vec![5]),
        ("pay_0000000000000000000001", vec![]),
        ("txn_0000000000000000000001", vec![]),
        ("%F4%8F%BF%BF", vec![]),
    ];
    for (query, want) in table {
        let page = list(&app, &app.a, &format!("q={query}&include=total_count")).await;
        let want: Vec<_> = want.into_iter().map(|at: usize| made[at].clone()).collect();
        assert_eq!(ids(&page), want, "{query}");
        assert_eq!(page["total_count"], want.len(), "{query}");
        // Nobody else finds it.
        assert!(ids(&list(&app, &app.b, &format!("q={query}")).await).is_empty());
    }
}

async fn a_span_of_time_has_its_start_and_not_its_end(app: TestApp) {
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(app.payment_of(&app.a).await);
        app.pass_ms(500);
    }
    let at = |index: i64| START.plus_ms(index * 500).to_string();
    let table = [
        (format!("created_after={}", at(2)), vec![3, 2]),
        (format!("created_before={}", at(2)), vec![1, 0]),
        (format!("created_after={}&created_before={}", at(1), at(3)), vec![2, 1]),
        (format!("created_after={}&created_before={}", at(3), at(1)), vec![]),
        ("created_after=2026-01-26T12:35:00.5%2B02:00&created_before=2026-01-26T10:35:01Z".to_owned(), vec![1]),
        ("created_after=1969-12-31T23:59:59Z".to_owned(), vec![3, 2, 1, 0]),
        ("created_before=1969-12-31T23:59:59Z".to_owned(), vec![]),
        ("created_before=9999-12-30T00:00:00Z".to_owned(), vec![3, 2, 1, 0]),
    ];
    for (query, want) in table {
        let page = list(&app, &app.a, &format!("{query}&include=total_count")).await;
        let want: Vec<_> = want.into_iter().map(|at: usize| made[at].clone()).collect();
        assert_eq!(ids(&page), want, "{query}");
        assert_eq!(page["total_count"], want.len(), "{query}");
    }
}

async fn filters_narrow_together(app: TestApp) {
    let mut made = Vec::new();
    for n in 0..6 {
        let payment = app.pay_me(&app.a, json!({"reference_id": if n % 2 == 0 { "EVEN" } else { "ODD" }})).await;
        made.push(id_of(&payment));
        app.pass_ms(1);
    }
    for id in &made[2..5] {
        app.complete(&app.a, id, json!({"status": "SUCCESS"})).await.expect(200);
    }
    let query = format!("status=SUCCESS&q=EV&reference_id=EVEN&created_after={}", START.plus_ms(3));
    assert_eq!(ids(&list(&app, &app.a, &query).await), [made[4].clone()]);
    // Its pages too.
    let first = list(&app, &app.a, "status=SUCCESS&q=E&limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(&app, &app.a, &format!("status=SUCCESS&q=E&limit=1&cursor={cursor}")).await;
    assert_eq!((ids(&first), ids(&second)), (vec![made[4].clone()], vec![made[2].clone()]));
    assert_eq!(second["has_more"], false);
}

async fn what_a_filter_cannot_mean_is_refused(app: TestApp) {
    let long = format!("q={}", "q".repeat(1_025));
    let table = [
        ("status=pending", "status", "parameter_invalid"),
        ("status=PAID", "status", "parameter_invalid"),
        ("status=PENDING,PAID", "status", "parameter_invalid"),
        ("status=PENDING,", "status", "parameter_invalid"),
        ("created_after=yesterday", "created_after", "parameter_invalid"),
        ("created_after=2026-01-26", "created_after", "parameter_invalid"),
        ("created_after=2026-01-26T10:35:00", "created_after", "parameter_invalid"),
        ("created_before=1769423700", "created_before", "parameter_invalid"),
        ("created_before=2026-02-30T00:00:00Z", "created_before", "parameter_invalid"),
        ("created_before=2026-01-26T10:35:00+02:00", "created_before", "parameter_invalid"),
        ("reference_id=%00", "reference_id", "string_invalid"),
        ("q=a%00", "q", "string_invalid"),
        (&long, "q", "parameter_too_long"),
        ("status=PENDING&status=PENDING", "status", "parameter_duplicated"),
        ("offset=10", "offset", "parameter_unknown"),
        ("page=2", "page", "parameter_unknown"),
        ("refrence_id=x", "refrence_id", "parameter_unknown"),
        ("Status=PENDING", "Status", "parameter_unknown"),
        ("include=everything", "include", "parameter_invalid"),
    ];
    for (query, param, code) in table {
        let answer = app.get(format!("/api/payments?{query}")).key(&app.a).send().await.expect_error(400, code);
        assert_eq!(answer.error()["param"], param, "{query}");
    }
    let hint = app.get("/api/payments?refrence_id=x").key(&app.a).send().await.error()["message"].clone();
    assert!(hint.as_str().unwrap().contains("did you mean reference_id?"), "{hint}");
    // Every fault at once, here too.
    let answer = app.get("/api/payments?status=x&limit=0&q=%00&y=1&cursor=z").key(&app.a).send().await.expect(400);
    assert_eq!(crate::support::codes_of(&answer).len(), 5, "{}", answer.text());
}
