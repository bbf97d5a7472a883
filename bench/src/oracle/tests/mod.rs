//! The oracle must be able to fail: a campaign made by hand passes, and each change to it breaks the invariant that it should.

mod scene;

use super::{Evidence, judge};
use scene::{APP_A, APP_B, Scene};

/// Judges the scene after a change; answers the names of the invariants that were violated.
fn violated(change: impl FnOnce(&mut Evidence)) -> Vec<&'static str> {
    let mut evidence = Scene::good();
    change(&mut evidence);
    let findings = judge(&evidence);
    findings.iter().filter(|f| !f.holds()).map(|f| f.id).collect()
}

#[track_caller]
fn breaks(invariant: &str, change: impl FnOnce(&mut Evidence)) {
    let violated = violated(change);
    assert!(violated.contains(&invariant), "{invariant} holds; violated are {violated:?}");
}

#[test]
fn a_good_campaign_passes() {
    let findings = judge(&Scene::good());
    for finding in &findings {
        assert!(finding.holds(), "{finding}\n{:#?}", finding.samples());
        assert!(!finding.to_string().contains("checked         0"), "{finding} checked nothing");
    }
    assert_eq!(findings.len(), 13);
}

#[test]
fn i0_answers_outside_the_contract() {
    breaks("I0", |e| e.acks[0].status = 500);
    breaks("I0", |e| e.acks[0].status = 0);
    breaks("I0", |e| e.acks[0].body = "{}".into());
    breaks("I0", |e| e.acks[0].body = e.acks[0].body.replace("data:image/png", "data:text/plain"));
    breaks("I0", |e| Scene::find(e, "conflict").body = "Conflict".into());
    breaks("I0", |e| e.snapshot.damage.push("row 7 missing from index".into()));
}

#[test]
fn i1_an_acked_payment_is_lost() {
    breaks("I1", |e| {
        e.snapshot.payments.remove(0);
    });
}

#[test]
fn i1_a_field_is_not_what_was_acked() {
    breaks("I1", |e| e.snapshot.payments[0].amount = "12.51".into());
    breaks("I1", |e| e.snapshot.payments[0].reference_id = None);
    breaks("I1", |e| e.snapshot.payments[0].metadata = Some("{}".into()));
    breaks("I1", |e| e.snapshot.payments[0].expires_at = "2026-01-26T11:05:01Z".into());
    breaks("I1", |e| e.snapshot.payments[0].transaction_id = Some("txn_other".into()));
}

#[test]
fn i1_an_answer_does_not_give_back_what_was_asked() {
    breaks("I1", |e| Scene::replace_everywhere(e, "\"amount\":12.5,", "\"amount\":12.05,"));
}

#[test]
fn i1_a_final_payment_is_told_as_pending_later() {
    breaks("I1", |e| {
        let mut late = e.acks[0].clone();
        (late.call, late.status, late.began, late.ended) = (Scene::read_of("pay_1"), 200, 900, 901);
        e.acks.push(late);
    });
}

#[test]
fn i1_lists_and_exports_are_incomplete_or_disordered() {
    breaks("I1", |e| {
        e.listings[0].payments.remove(0);
    });
    breaks("I1", |e| e.listings[0].payments.reverse());
    breaks("I1", |e| e.listings[1].payments[0].1 = "PENDING".into());
    breaks("I1", |e| e.listings[1].payments[1].1 = "SUCCESS".into());
    breaks("I1", |e| {
        let twin = e.listings[1].payments[0].clone();
        e.listings[1].payments.push(twin);
        e.listings[1].payments.reverse();
    });
    breaks("I1", |e| e.listings[1].payments.push(("pay_0".into(), "PENDING".into())));
}

#[test]
fn i2_a_payment_ends_twice() {
    breaks("I2", |e| {
        let mut second = Scene::find(e, "paid").clone();
        second.call.body = Some(r#"{"status":"FAILED"}"#.into());
        second.body = second.body.replace("SUCCESS", "FAILED");
        e.acks.push(second);
    });
    breaks("I2", |e| Scene::add_event(e, APP_A, "payment.failed", "pay_1"));
}

#[test]
fn i2_an_answer_does_not_fit_its_target() {
    breaks("I2", |e| Scene::find(e, "conflict").call.body = Some(r#"{"status":"SUCCESS"}"#.into()));
    breaks("I2", |e| Scene::find(e, "paid").call.body = Some(r#"{"status":"FAILED"}"#.into()));
}

#[test]
fn i2_a_payment_ends_without_a_cause_or_a_trace() {
    breaks("I2", |e| e.snapshot.payments[2].status = "FAILED".into());
    breaks("I2", |e| e.snapshot.payments[0].transaction_id = None);
    breaks("I2", |e| e.snapshot.payments[1].completed_at = None);
}

#[test]
fn i3_an_event_is_missing_or_too_many() {
    let drop = |kind: &'static str| move |e: &mut Evidence| e.snapshot.events.retain(|event| event.kind != kind);
    breaks("I3", drop("payment.created"));
    breaks("I3", drop("payment.success"));
    breaks("I3", drop("payment.expired"));
    breaks("I3", |e| Scene::add_event(e, APP_A, "payment.created", "pay_1"));
    breaks("I3", |e| Scene::add_event(e, APP_A, "payment.success", "pay_3"));
    breaks("I3", |e| Scene::add_event(e, APP_A, "payment.created", "pay_unknown"));
    breaks("I3", |e| Scene::add_event(e, APP_B, "payment.created", "pay_1"));
}

#[test]
fn i3_the_log_has_a_gap_or_another_order() {
    breaks("I3", |e| e.snapshot.events.iter_mut().for_each(|event| event.seq += 1));
    breaks("I3", |e| {
        let last = e.snapshot.events.iter().map(|event| event.seq).max().unwrap_or(0);
        e.snapshot.events.iter_mut().filter(|event| event.seq == last).for_each(|event| event.seq += 1);
    });
    breaks("I3", |e| {
        let (first, last) = (e.snapshot.events[0].seq, e.snapshot.events[1].seq);
        (e.snapshot.events[0].seq, e.snapshot.events[1].seq) = (last, first);
    });
}

#[test]
fn i3_the_feed_is_not_the_log() {
    breaks("I3", |e| e.feeds.truncate(1));
    breaks("I3", |e| e.feeds[0].event_id = "evt_other".into());
    breaks("I3", |e| e.snapshot.events[0].body = "{}".into());
}

#[test]
fn i3_a_due_payment_is_never_swept() {
    breaks("I3", |e| {
        e.snapshot.taken_ms += 3_600_000;
    });
}

#[test]
fn i4_an_event_never_arrives() {
    breaks("I4", |e| e.received.retain(|r| r.id != e.snapshot.deliveries[1].event_id.clone().into()));
    breaks("I4", |e| e.received.iter_mut().for_each(|r| r.status = 500));
    breaks("I4", |e| e.received.iter_mut().for_each(|r| r.at_ms = e.settled_ms + 60_001));
    breaks("I4", |e| Scene::add_event(e, APP_A, "payment.success", "pay_3"));
}

#[test]
fn i4_an_event_of_the_last_moment_may_be_on_its_way() {
    let violated = violated(|e| {
        e.settled_ms -= 3_600_000;
        e.received.retain(|r| r.id.as_deref() != Some(&e.snapshot.deliveries[1].event_id));
        e.snapshot.attempts.retain(|attempt| attempt.delivery_id != "dlv_1");
        let delivery = &mut e.snapshot.deliveries[1];
        (delivery.status, delivery.attempts) = ("PENDING".into(), 0);
        e.received.iter_mut().for_each(|r| r.at_ms = r.at_ms.min(e.settled_ms + 60_000 + r.at_ms % 2));
    });
    assert!(!violated.contains(&"I4") && !violated.contains(&"I8"), "{violated:?}");
}

#[test]
fn i5_a_webhook_is_sent_in_other_bytes_than_stored_or_before() {
    breaks("I5", |e| e.received[1].body.push(' '));
    breaks("I5", |e| e.received[2].body = e.received[2].body.replace("pay_2", "pay_3"));
    breaks("I5", |e| e.received[2].body = e.snapshot.events[6].body.clone());
}

#[test]
fn i5_a_signature_does_not_fit() {
    breaks("I5", |e| e.received[1].own = None);
    breaks("I5", |e| e.received[1].standard = e.received[2].standard.clone());
    breaks("I5", |e| e.received[1].timestamp = Some("1".into()));
    breaks("I5", |e| e.received[1].at_ms += 300_001);
    breaks("I5", |e| e.secrets.swap(0, 1));
    breaks("I5", |e| e.received[1].app = usize::MAX);
}

#[test]
fn i6_a_webhook_tells_of_nothing_or_of_something_else() {
    breaks("I6", |e| e.received[0].id = Some("evt_unknown".into()));
    breaks("I6", |e| e.received[0].id = None);
    breaks("I6", |e| e.snapshot.payments[0].status = "PENDING".into());
    breaks("I6", |e| e.snapshot.payments[1].status = "SUCCESS".into());
    breaks("I6", |e| e.received[0].body = e.received[0].body.replace("pay_1", "pay_2"));
    breaks("I6", |e| {
        e.received[0].body = e.received[0].body.replace("\"type\":\"payment.success", "\"type\":\"payment.failed")
    });
    breaks("I6", |e| e.received[0].id = Some(e.snapshot.events[0].event_id.clone()));
}

#[test]
fn i8_attempts_have_gaps_or_are_missing() {
    breaks("I8", |e| {
        e.snapshot.attempts.remove(0);
    });
    breaks("I8", |e| e.snapshot.attempts[0].number = 2);
    breaks("I8", |e| e.snapshot.deliveries[0].attempts = 3);
    breaks("I8", |e| {
        let twin = e.snapshot.attempts[1].clone();
        e.snapshot.attempts.push(twin);
    });
}

#[test]
fn i8_a_delivery_is_missing_too_many_or_never_over() {
    breaks("I8", |e| {
        e.snapshot.deliveries.pop();
    });
    // Made after the last fault, these may still be pending: only their being there is wrong.
    breaks("I8", |e| Scene::add_young_delivery(e, "event", 5));
    breaks("I8", |e| Scene::add_young_delivery(e, "event", 0));
    breaks("I8", |e| {
        Scene::add_young_delivery(e, "retry", 5);
        Scene::last_delivery(e).event_id = "evt_unknown".into();
    });
    assert!(!violated(|e| Scene::add_young_delivery(e, "retry", 5)).contains(&"I8"));
    for status in ["PENDING", "FAILED", "CANCELED"] {
        breaks("I8", |e| {
            let delivery = &mut e.snapshot.deliveries[0];
            delivery.status = status.into();
            (e.snapshot.attempts[1].is_delivered, e.snapshot.attempts[1].response_status) = (false, Some(500));
            let of_it = e.received.iter_mut().filter(|r| r.id.as_deref() == Some(&delivery.event_id));
            of_it.for_each(|r| r.status = 500);
        });
    }
}

#[test]
fn i8_the_log_calls_the_wrong_attempt_delivered() {
    breaks("I8", |e| e.snapshot.attempts[1].is_delivered = false);
    breaks("I8", |e| {
        let attempt = &mut e.snapshot.attempts[0];
        (attempt.is_delivered, attempt.response_status) = (true, Some(200));
        e.received[0].status = 200;
    });
    breaks("I8", |e| e.snapshot.deliveries[0].status = "FAILED".into());
    breaks("I8", |e| e.snapshot.attempts[0].response_status = None);
    breaks("I8", |e| e.snapshot.attempts[0].error = Some("timeout: it took too long".into()));
}

#[test]
fn i8_the_log_invents_an_attempt() {
    breaks("I8", |e| e.received.retain(|r| r.status != 500));
    breaks("I8", |e| e.received.retain(|r| r.id.as_deref() != Some(&e.snapshot.deliveries[1].event_id)));
}

#[test]
fn i5_an_event_changes_its_body_or_its_id_is_used_again() {
    breaks("I5", |e| e.snapshot.events[1].body.push(' '));
    breaks("I5", |e| e.snapshot.events[1].event_id = e.snapshot.events[0].event_id.clone());
    breaks("I5", |e| e.told[0].digest = "other".into());
    breaks("I5", |e| {
        let gone = e.snapshot.events.pop().map(|event| event.event_id);
        e.feeds.retain(|told| Some(&told.event_id) != gone.as_ref());
    });
}

#[test]
fn i7_a_repetition_is_answered_otherwise() {
    breaks("I7", |e| Scene::find(e, "replay").digest = "other".into());
    breaks("I7", |e| Scene::find(e, "replay").status = 200);
    breaks("I7", |e| Scene::find(e, "replay").replayed = false);
}

#[test]
fn i7_a_key_is_taken_for_another_body_or_never_free() {
    breaks("I7", |e| {
        let reused = Scene::find(e, "reused");
        (reused.status, reused.body) = (201, String::new());
    });
    breaks("I7", |e| {
        let stuck = Scene::find(e, "replay");
        stuck.status = 409;
        stuck.body = Scene::error("idempotency_error", "idempotency_key_in_use");
    });
}

#[test]
fn i7_one_key_makes_two_payments() {
    breaks("I7", |e| {
        let mut twin = e.snapshot.payments[0].clone();
        twin.payment_id = "pay_9".into();
        e.snapshot.payments.push(twin);
    });
}

#[test]
fn i9_a_payment_expires_early() {
    breaks("I9", |e| Scene::find(e, "expired").acked_ms -= 3_600_000);
    breaks("I9", |e| e.snapshot.finished_ms -= 3_600_000);
    breaks("I9", |e| {
        let events = e.snapshot.events.iter_mut();
        events
            .filter(|event| event.kind == "payment.expired")
            .for_each(|event| event.created_at = "2026-01-26T10:35:29Z".into());
    });
}

#[test]
fn i9_the_clock_is_wrong_or_a_dead_payment_is_paid() {
    breaks("I9", |e| {
        e.acks.iter_mut().for_each(|ack| (ack.sent_ms, ack.acked_ms) = (ack.sent_ms - 9_000, ack.acked_ms - 9_000))
    });
    breaks("I9", |e| e.acks[0].call.body = e.acks[0].call.body.take().map(|body| body.replace("1800", "1801")));
    breaks("I9", |e| e.snapshot.payments[0].completed_at = Some("2026-01-26T12:00:00Z".into()));
}

#[test]
fn i10_the_money_does_not_add_up() {
    breaks("I10", |e| e.snapshot.payments[0].amount = "1000000".into());
    breaks("I10", |e| e.snapshot.payments[0].currency = "USD".into());
    breaks("I10", |e| {
        e.snapshot.payments.pop();
    });
}

#[test]
fn i11_a_payment_is_shown_to_another_app() {
    breaks("I11", |e| {
        let body = e.acks[0].body.clone();
        let foreign = Scene::find(e, "foreign");
        (foreign.status, foreign.body) = (200, body);
    });
    breaks("I11", |e| e.listings[2].payments.push(("pay_1".into(), "SUCCESS".into())));
    breaks("I11", |e| {
        let mut told = e.feeds[0].clone();
        told.app = 1;
        e.feeds.push(told);
    });
    breaks("I11", |e| e.snapshot.payments[0].app_id = APP_B.into());
    breaks("I11", |e| e.received[0].app = 1);
}

#[test]
fn i12_the_rollups_are_not_what_the_payments_say() {
    breaks("I12", |e| {
        e.snapshot.rollups.pop();
    });
    breaks("I12", |e| e.snapshot.rollups.clear());
    breaks("I12", |e| {
        let twin = e.snapshot.rollups[0].clone();
        e.snapshot.rollups.push(twin);
    });
    breaks("I12", |e| e.snapshot.rollups[0].payments += 1);
    breaks("I12", |e| e.snapshot.rollups[0].volume = "12.51".into());
    breaks("I12", |e| e.snapshot.rollups[0].currency = "USD".into());
    breaks("I12", |e| e.snapshot.rollups[0].app_id = APP_B.into());
    breaks("I12", |e| {
        let of_a_quarter = e.snapshot.rollups.iter_mut().find(|row| row.start_at.is_some());
        of_a_quarter.expect("a quarter").start_at = Some("2026-01-26T10:45:00Z".into());
    });
    breaks("I12", |e| e.snapshot.payments[0].status = "FAILED".into());
}

#[test]
fn i12_a_payment_whose_end_is_not_stored_yet_is_not_counted_as_ended() {
    let violated = violated(|e| {
        e.snapshot.events.retain(|event| event.kind != "payment.expired");
        e.snapshot.rollups.retain(|row| row.status != "EXPIRED");
    });
    assert!(!violated.contains(&"I12"), "{violated:?}");
}
