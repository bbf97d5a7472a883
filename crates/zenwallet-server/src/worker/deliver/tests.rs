//! The turns among lanes, as properties over random histories.

use super::lanes::{Lanes, Slots};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use zenwallet_core::app::Environment;
use zenwallet_core::delivery::{Cause, Lane};
use zenwallet_core::event::EventType;
use zenwallet_core::id::{AppId, DeliveryId, EventId, PaymentId};
use zenwallet_core::time::Timestamp;
use zenwallet_store::LeasedDelivery;

const ATTEMPT_MS: i64 = 12_000;
const START: Timestamp = Timestamp::from_ms(1_000_000);
const FRESH: Timestamp = Timestamp::from_ms(1_000_000 + 30_000);

fn app(number: u8) -> AppId {
    AppId::from_bytes([number; 16])
}

fn lane(app_number: u8, host: u8) -> Lane {
    Lane::of(app(app_number), &format!("https://{host}.example"))
}

fn delivery(number: u32, app_number: u8, host: u8, leased_until: Timestamp) -> LeasedDelivery {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    LeasedDelivery {
        id: DeliveryId::from_bytes(id),
        app_id: app(app_number),
        environment: Environment::Test,
        event_id: EventId::from_bytes(id),
        kind: EventType::PaymentSuccess,
        payment_id: PaymentId::from_bytes(id),
        content: Arc::from("{}"),
        endpoint_id: None,
        url: Arc::from(format!("https://{host}.example")),
        headers_sealed: None,
        lane: lane(app_number, host),
        cause: Cause::Event,
        attempts: 0,
        token: 1,
        leased_until,
    }
}

const SLOTS: Slots = Slots { total: 12, per_app: 6, per_lane: 4 };

fn drain(lanes: &mut Lanes) -> Vec<LeasedDelivery> {
    std::iter::from_fn(|| lanes.next(START, ATTEMPT_MS)).collect()
}

#[test]
fn apps_take_turns_and_so_do_their_lanes() {
    let mut lanes = Lanes::new(Slots { total: 100, per_app: 100, per_lane: 100 });
    for number in 0..20 {
        lanes.push(delivery(number, 1, 1, FRESH));
    }
    for number in 20..24 {
        lanes.push(delivery(number, 2, (number % 2) as u8, FRESH));
    }
    let order: Vec<_> = drain(&mut lanes).into_iter().take(8).map(|d| (d.app_id, d.lane)).collect();
    let one = (app(1), lane(1, 1));
    let (two_a, two_b) = ((app(2), lane(2, 0)), (app(2), lane(2, 1)));
    assert_eq!(order, [one, two_a, one, two_b, one, two_a, one, two_b]);
}

#[test]
fn a_lane_that_fails_keeps_one_slot_until_it_succeeds() {
    let mut lanes = Lanes::new(SLOTS);
    for number in 0..100 {
        lanes.push(delivery(number, 1, 1, FRESH));
    }
    assert_eq!(drain(&mut lanes).len(), 4);
    for failure in 1..=10 {
        lanes.finish(app(1), lane(1, 1), false);
        assert_eq!(drain(&mut lanes).len(), usize::from(failure < 10), "after failure {failure}");
    }
    for _ in 0..3 {
        lanes.finish(app(1), lane(1, 1), false);
    }
    assert_eq!((lanes.in_flight(), drain(&mut lanes).len()), (0, 1));
    let room = |lanes: &Lanes| lanes.claim_request().unwrap().busy[0];
    assert_eq!(room(&lanes), (lane(1, 1), 0), "a failing lane is not filled from the database");
    lanes.finish(app(1), lane(1, 1), true);
    assert_eq!(drain(&mut lanes).len(), 4);
}

#[test]
fn a_lease_that_could_end_during_the_attempt_is_given_up_and_asked_for_again() {
    let mut lanes = Lanes::new(SLOTS);
    lanes.push(delivery(1, 1, 1, START.plus_ms(ATTEMPT_MS - 1)));
    lanes.push(delivery(2, 1, 1, START.plus_ms(ATTEMPT_MS)));
    assert!(!lanes.wants_claim());
    assert_eq!(drain(&mut lanes).iter().map(|d| d.id).collect::<Vec<_>>(), [delivery(2, 1, 1, FRESH).id]);
    assert!(lanes.wants_claim());
}

#[test]
fn a_lane_that_got_all_it_had_room_for_asks_for_more() {
    let mut lanes = Lanes::new(SLOTS);
    let request = lanes.claim_request().unwrap();
    assert_eq!((request.busy.len(), request.free_per_lane), (0, 64));
    lanes.note_claimed(&request, (0..64).map(|n| delivery(n, 1, 1, FRESH)).collect(), &[]);
    assert!(!lanes.wants_claim(), "it has no room yet");
    let begun = drain(&mut lanes);
    assert_eq!((begun.len(), lanes.claim_request().unwrap().busy), (4, vec![(lane(1, 1), 0)]));
    lanes.finish(app(1), lane(1, 1), true);
    assert!(lanes.wants_claim());
    let request = lanes.claim_request().unwrap();
    assert_eq!(request.busy, [(lane(1, 1), 1)]);
    lanes.note_claimed(&request, Vec::new(), &[]);
    assert!(!lanes.wants_claim(), "there was no more");
}

#[test]
fn receivers_that_hang_leave_slots_for_those_that_do_not() {
    let mut lanes = Lanes::new(Slots { total: 1_024, per_app: 128, per_lane: 16 });
    for app in 0..200 {
        for number in 0..32 {
            lanes.push(delivery(u32::from(app) * 32 + number, app, 1, FRESH));
        }
    }
    drain(&mut lanes);
    assert_eq!(lanes.in_flight(), 200 * 4, "each has a few, until it has shown that it answers");
    lanes.push(delivery(9_999, 201, 1, FRESH));
    assert_eq!(drain(&mut lanes).len(), 1);
    // Receivers that answered before they began to hang have all their slots, until most are taken.
    let mut lanes = Lanes::new(Slots { total: 1_024, per_app: 128, per_lane: 16 });
    for app in 0..100 {
        lanes.push(delivery(u32::from(app), app, 1, FRESH));
        drain(&mut lanes);
        lanes.finish(self::app(app), lane(app, 1), true);
        for number in 0..32 {
            lanes.push(delivery(1_000 + u32::from(app) * 32 + number, app, 1, FRESH));
        }
        drain(&mut lanes);
    }
    assert!(lanes.in_flight() < 1_024, "{}", lanes.in_flight());
    lanes.push(delivery(9_999, 201, 1, FRESH));
    assert_eq!(drain(&mut lanes).len(), 1);
}

#[test]
fn a_lane_whose_deliveries_are_called_off_is_asked_for_more_at_once() {
    let mut lanes = Lanes::new(SLOTS);
    for number in 0..12 {
        lanes.push(delivery(number, 1, 1, FRESH));
    }
    for _ in 0..12 {
        drain(&mut lanes);
        lanes.finish(app(1), lane(1, 1), false);
    }
    let request = lanes.claim_request().unwrap();
    assert_eq!(request.busy, [(lane(1, 1), 1)], "it failed too often");
    lanes.note_claimed(&request, Vec::new(), &[lane(1, 1)]);
    assert!(lanes.wants_claim());
    assert!(lanes.claim_request().unwrap().busy.is_empty(), "it has its usual room");
}

/// What can happen to lanes.
#[derive(Clone, Debug)]
enum Step {
    Push { app: u8, host: u8, is_fresh: bool },
    Begin,
    Finish { which: usize, succeeded: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4_u8, 0..3_u8, prop::bool::weighted(0.9))
            .prop_map(|(app, host, is_fresh)| Step::Push { app, host, is_fresh }),
        2 => Just(Step::Begin),
        2 => (any::<usize>(), prop::bool::ANY).prop_map(|(which, succeeded)| Step::Finish { which, succeeded }),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_slots_are_kept_and_every_fresh_delivery_gets_its_turn_once(
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut lanes = Lanes::new(SLOTS);
        let (mut fresh, mut begun, mut under_way) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let mut begin = |lanes: &mut Lanes, under_way: &mut Vec<LeasedDelivery>| {
            for delivery in drain(lanes) {
                assert_eq!(delivery.leased_until, FRESH);
                assert!(begun.insert(delivery.id), "begun twice");
                under_way.push(delivery);
            }
            assert!(under_way.len() <= SLOTS.total);
            let mut per_app = BTreeMap::new();
            let mut per_lane = BTreeMap::new();
            for delivery in under_way.iter() {
                *per_app.entry(delivery.app_id).or_insert(0) += 1;
                *per_lane.entry(delivery.lane).or_insert(0) += 1;
            }
            assert!(per_app.values().all(|count| *count <= SLOTS.per_app));
            assert!(per_lane.values().all(|count| *count <= SLOTS.per_lane));
            assert_eq!(lanes.in_flight(), under_way.len());
        };
        for (step, number) in steps.into_iter().zip(0..) {
            match step {
                Step::Push { app, host, is_fresh } => {
                    let until = if is_fresh { FRESH } else { START };
                    let delivery = delivery(number, app, host, until);
                    if is_fresh {
                        fresh.insert(delivery.id);
                    }
                    lanes.push(delivery);
                }
                Step::Begin => begin(&mut lanes, &mut under_way),
                Step::Finish { which, succeeded } if !under_way.is_empty() => {
                    let done = under_way.swap_remove(which % under_way.len());
                    lanes.finish(done.app_id, done.lane, succeeded);
                }
                Step::Finish { .. } => {}
            }
        }
        loop {
            begin(&mut lanes, &mut under_way);
            let Some(done) = under_way.pop() else { break };
            lanes.finish(done.app_id, done.lane, true);
        }
        prop_assert_eq!(begun, fresh);
    }
}
