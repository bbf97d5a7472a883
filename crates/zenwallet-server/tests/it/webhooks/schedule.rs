//! Failed deliveries are tried again after 5, 30 and 300 seconds, on a clock moved by hand.

use super::{called, deliveries, delivery, endpoint_at, paid, received, retry, text, until, until_status};
use crate::support::{START, TestApp, eventually};
use serde_json::{Value, json};
use zenwallet_testing::receiver::{Persona, Receiver};

both_databases_delivering! {
    a_failed_delivery_is_tried_again_on_schedule,
    no_attempt_comes_early,
    retry_after_pushes_later_and_never_too_far,
    a_hurried_delivery_is_tried_at_once,
    a_delivery_whose_endpoint_goes_is_called_off,
}

/// The id of the only delivery.
async fn only(app: &TestApp) -> String {
    let all = deliveries(app, &app.a, "").await;
    assert_eq!(all.len(), 1);
    text(&all[0]["delivery_id"])
}

/// Waits until so many attempts are in the log.
async fn attempted(app: &TestApp, id: &str, attempts: u64) -> Value {
    until(app, &app.a, id, |delivery| delivery["attempts"] == attempts).await
}

async fn a_failed_delivery_is_tried_again_on_schedule(app: TestApp) {
    let (receiver, _) = received(&app, &app.a, Persona::Answers(500, None)).await;
    paid(&app, &app.a, json!({})).await;
    let id = only(&app).await;
    let mut at = START;
    for (number, wait_s) in [(1, 5), (2, 30), (3, 300)] {
        let found = attempted(&app, &id, number).await;
        assert_eq!((&found["status"], &found["response_status"]), (&json!("PENDING"), &json!(500)));
        at = at.plus_s(wait_s);
        assert_eq!(found["next_attempt_at"], at.to_string());
        app.pass_s(wait_s);
    }
    let failed = until_status(&app, &app.a, &id, "FAILED").await;
    assert_eq!((&failed["attempts"], &failed["next_attempt_at"]), (&json!(4), &Value::Null));
    assert_eq!(failed["finished_at"], START.plus_s(335).to_string());
    let log = failed["attempts_log"].as_array().unwrap();
    let begun: Vec<_> = log.iter().map(|attempt| text(&attempt["started_at"])).collect();
    assert_eq!(begun, [0, 5, 35, 335].map(|s| START.plus_s(s).to_string()));
    assert_eq!(receiver.hits(), 4);
    // Each attempt is signed anew, for its own moment; the event is the same.
    let heard = receiver.requests();
    let stamps: Vec<_> = heard.iter().map(|heard| heard.header("webhook-timestamp").unwrap().to_owned()).collect();
    assert_eq!(stamps, [0, 5, 35, 335].map(|s| (START.plus_s(s).as_ms() / 1_000).to_string()));
    assert!(heard.iter().all(|one| one.body == heard[0].body));
    // It can be sent again by hand, with a schedule of its own.
    let again = text(&retry(&app, &app.a, &id).await["delivery_id"]);
    assert_eq!(attempted(&app, &again, 1).await["next_attempt_at"], START.plus_s(340).to_string());
}

async fn no_attempt_comes_early(app: TestApp) {
    let (failing, _) = received(&app, &app.a, Persona::Answers(500, None)).await;
    paid(&app, &app.a, json!({})).await;
    let id = only(&app).await;
    attempted(&app, &id, 1).await;
    app.pass_ms(4_999);
    // A later delivery that was claimed from the database shows that the worker has looked for what is due.
    let healthy = Receiver::start(Persona::Healthy).await.unwrap();
    let tested = app.post("/api/webhooks/test").key(&app.a).json(&json!({"url": healthy.url()})).send().await;
    retry(&app, &app.a, &text(&tested.expect(200).json()["delivery_id"])).await;
    called(&healthy, 2).await;
    let waiting = delivery(&app, &app.a, &id).await;
    assert_eq!((&waiting["attempts"], failing.hits()), (&json!(1), 1));
    assert_eq!(waiting["next_attempt_at"], START.plus_s(5).to_string());
    app.pass_ms(1);
    called(&failing, 2).await;
}

async fn retry_after_pushes_later_and_never_too_far(app: TestApp) {
    for (status, asked, wait_s) in
        [(503, "60", 60), (429, "86400", 300), (503, "1", 5), (500, "60", 5), (429, "soon", 5)]
    {
        let persona = Persona::Answers(status, Some(asked));
        let receiver = Receiver::start(persona).await.unwrap();
        let url = receiver.url();
        let payment = paid(&app, &app.a, json!({"webhook_url": url})).await;
        let made = deliveries(&app, &app.a, &format!("payment_id={payment}")).await;
        let found = attempted(&app, &text(&made[0]["delivery_id"]), 1).await;
        assert_eq!(found["next_attempt_at"], START.plus_s(wait_s).to_string(), "{status} {asked}");
    }
}

async fn a_hurried_delivery_is_tried_at_once(app: TestApp) {
    let (receiver, _) = received(&app, &app.a, Persona::Answers(500, None)).await;
    paid(&app, &app.a, json!({})).await;
    let id = only(&app).await;
    attempted(&app, &id, 1).await;
    assert_eq!(retry(&app, &app.a, &id).await["delivery_id"], id);
    let found = attempted(&app, &id, 2).await;
    assert_eq!(found["next_attempt_at"], START.plus_s(30).to_string());
    assert_eq!(receiver.hits(), 2);
}

async fn a_delivery_whose_endpoint_goes_is_called_off(app: TestApp) {
    let receiver = Receiver::start(Persona::Answers(500, None)).await.unwrap();
    let id = endpoint_at(&app, &app.a, &receiver.url()).await;
    paid(&app, &app.a, json!({})).await;
    let waiting = only(&app).await;
    attempted(&app, &waiting, 1).await;
    app.delete(format!("/api/webhooks/endpoints/{id}")).key(&app.a).send().await.expect(200);
    app.pass_s(5);
    let found = until_status(&app, &app.a, &waiting, "CANCELED").await;
    assert!(text(&found["error"]).starts_with("endpoint_disabled: "), "{found}");
    assert_eq!((&found["attempts"], receiver.hits()), (&json!(1), 1));
    let queue = async || {
        let queue = app.get("/api/webhooks/queue").key(&app.a).send().await.expect(200).json();
        (queue["total_count"] == 0).then_some(())
    };
    eventually("an empty queue", super::PATIENCE, queue).await;
}
