//! `/api/events` and `/api/events/{event_id}`

use super::{feed, page, seqs};
use crate::support::{TestApp, many_payments};
use serde_json::{Value, json};

both_databases! {
    the_feed_is_the_log,
    a_page_begins_where_it_is_told_to,
    one_type_is_found_among_many,
    a_place_outside_the_log_is_refused,
    an_event_is_read_by_its_id,
    what_is_forgotten_is_not_read_by_accident,
}

/// Payments that end in every way.
async fn history(app: &TestApp) {
    for number in 0..12 {
        let metadata = json!({"n": number, "text": "ü \"quoted\" \\ \u{1F600}"});
        let payment = app.pay_me(&app.a, json!({"metadata": metadata, "reference_id": format!("R{number}")})).await;
        let id = payment["payment_id"].as_str().unwrap();
        match number % 4 {
            0 => drop(app.complete(&app.a, id, json!({"status": "SUCCESS"})).await.expect(200)),
            1 => drop(
                app.complete(&app.a, id, json!({"status": "FAILED", "failure_code": "declined"})).await.expect(200),
            ),
            2 => drop(app.cancel(&app.a, id).await.expect(200)),
            _ => {}
        }
        app.pass_s(1);
    }
    app.pass_s(1_800);
    app.gateway.expire_due_payments(100).await.unwrap();
}

async fn the_feed_is_the_log(app: TestApp) {
    history(&app).await;
    app.payment_of(&app.b).await;
    let log = app.events(&app.a).await;
    for limit in [1, 7, 100] {
        let events = feed(&app, &app.a, 0, limit).await;
        assert_eq!(events.len(), log.len());
        for (event, kept) in events.iter().zip(&log) {
            let mut content: Value = serde_json::from_str(&kept.body).unwrap();
            content["seq"] = kept.seq.into();
            assert_eq!(*event, content);
        }
    }
    // The bytes of the content are those that webhooks sign.
    let answer = page(&app, &app.a, "after_seq=2&limit=1").await.expect(200);
    let text = answer.text();
    assert!(text.contains(&log[2].body[1..]), "{text}");
    assert_eq!(seqs(&feed(&app, &app.b, 0, 10).await), [1]);
}

async fn a_page_begins_where_it_is_told_to(app: TestApp) {
    history(&app).await;
    let last = i64::try_from(app.events(&app.a).await.len()).unwrap();
    let from_the_first = page(&app, &app.a, "").await.expect(200).json();
    assert_eq!(seqs(from_the_first["data"].as_array().unwrap())[..3], [1, 2, 3]);
    let end = page(&app, &app.a, &format!("after_seq={last}")).await.expect(200).json();
    assert_eq!(end, json!({"object": "list", "data": [], "has_more": false, "next_after_seq": last}));
    let other = app.get("/api/events").key(&app.live).send().await.expect(200).json();
    assert_eq!(other, json!({"object": "list", "data": [], "has_more": false, "next_after_seq": 0}));
    for (query, code) in [
        ("after_seq=-1", "parameter_invalid"),
        ("after_seq=x", "parameter_invalid"),
        ("after_seq=+1", "parameter_invalid"),
        ("after_seq=99999999999999999999", "parameter_invalid"),
        ("after_seq=1&after_seq=2", "parameter_duplicated"),
        ("limit=0", "parameter_out_of_range"),
        ("limit=101", "parameter_out_of_range"),
        ("type=payment.paid", "parameter_invalid"),
        ("afterSeq=1", "parameter_unknown"),
    ] {
        page(&app, &app.a, query).await.expect_error(400, code);
    }
}

async fn one_type_is_found_among_many(app: TestApp) {
    many_payments(&app, &app.a, 1_150).await;
    let id = app.payment_of(&app.a).await;
    app.cancel(&app.a, &id).await.expect(200);
    // A page looks through so many and no more; its end says where to go on.
    let first = page(&app, &app.a, "type=payment.failed").await.expect(200).json();
    assert_eq!(
        (&first["data"], &first["has_more"], &first["next_after_seq"]),
        (&json!([]), &json!(true), &json!(1_000))
    );
    let second = page(&app, &app.a, "type=payment.failed&after_seq=1000").await.expect(200).json();
    assert_eq!(seqs(second["data"].as_array().unwrap()), [1_152]);
    assert_eq!((&second["has_more"], &second["next_after_seq"]), (&json!(false), &json!(1_152)));
    let some = page(&app, &app.a, "type=payment.created&after_seq=10&limit=3").await.expect(200).json();
    assert_eq!((seqs(some["data"].as_array().unwrap()), &some["next_after_seq"]), (vec![11, 12, 13], &json!(13)));
}

async fn a_place_outside_the_log_is_refused(app: TestApp) {
    history(&app).await;
    let log = app.events(&app.a).await;
    let last = log.len();
    let ahead = page(&app, &app.a, &format!("after_seq={}", last + 1)).await;
    ahead.expect_error(400, "after_seq_ahead");
    let young = &log[5];
    while app.store.prune_events(app.a.app_id, young.created_at, 100).await.unwrap() > 0 {}
    let kept = page(&app, &app.a, "").await.expect(200).json();
    let first = kept["data"][0]["seq"].as_i64().unwrap();
    assert!(first > 1);
    let answer = page(&app, &app.a, &format!("after_seq={}", first - 2)).await;
    assert!(answer.text().contains(&format!("after_seq={}", first - 1)), "{}", answer.text());
    answer.expect_error(400, "events_forgotten");
    page(&app, &app.a, &format!("after_seq={}&type=payment.created", first - 2))
        .await
        .expect_error(400, "events_forgotten");
    let without = page(&app, &app.a, "limit=1").await.expect(200).json();
    assert_eq!(seqs(without["data"].as_array().unwrap()), [first]);
}

async fn an_event_is_read_by_its_id(app: TestApp) {
    history(&app).await;
    for event in feed(&app, &app.a, 0, 100).await {
        let id = event["event_id"].as_str().unwrap();
        let read = app.get(format!("/api/events/{id}")).key(&app.a).send().await.expect(200).json();
        assert_eq!(read, event);
        app.get(format!("/api/events/{id}")).key(&app.b).send().await.expect_error(404, "event_not_found");
    }
    app.get("/api/events/evt_x").key(&app.a).send().await.expect_error(404, "event_not_found");
    app.get("/api/events/pay_0000000000000000000001").key(&app.a).send().await.expect_error(404, "event_not_found");
}

async fn what_is_forgotten_is_not_read_by_accident(app: TestApp) {
    history(&app).await;
    // After ninety days the gateway forgets by itself.
    app.pass_s(89 * 86_400);
    assert_eq!(app.gateway.prune_events(1_000).await.unwrap(), 0);
    app.pass_s(2 * 86_400);
    assert!(app.gateway.prune_events(1_000).await.unwrap() > 0);
    page(&app, &app.a, "after_seq=0").await.expect_error(400, "events_forgotten");
    let id = app.payment_of(&app.a).await;
    let rest = page(&app, &app.a, "").await.expect(200).json();
    assert_eq!(rest["data"][0]["payment_id"], id.as_str());
}
