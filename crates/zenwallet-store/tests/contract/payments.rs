//! Payments come back as they were made.

use crate::harness::{Harness, create};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::cmp::Reverse;
use zenwallet_core::event::{self, EventType};
use zenwallet_core::id::{AppId, PaymentId};
use zenwallet_core::limits;
use zenwallet_core::metadata::{Metadata, Value};
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_store::{Outcome, PaymentFilter};

/// Text up to a limit in characters, often at the limit itself, in every script.
fn text(max_chars: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[^\\x00]{0,60}".prop_map(move |text| text.chars().take(max_chars).collect()),
        1 => prop::sample::select(vec!['x', 'é', '日', '🪙', '\u{1}', '\u{10FFFF}'])
            .prop_map(move |char| char.to_string().repeat(max_chars)),
        1 => Just("'; DROP TABLE payment; -- \\ \" {} NULL".to_owned()),
    ]
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let numbers = prop::sample::select(vec!["0", "-1.5", "1e21", "9007199254740991", "0.1"]);
    let value = prop_oneof![
        text(80).prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
        numbers.prop_map(Value::Number),
    ];
    prop::collection::btree_map("[^\\x00]{1,40}", value, 0..50)
        .prop_map(|entries| Metadata::from_entries(entries.into_iter().collect()).unwrap_or_default())
}

prop_compose! {
    fn payment(app_id: AppId)(
        id in any::<[u8; 10]>(),
        amount in prop_oneof![Just(1), Just(limits::AMOUNT_MAX_MINOR), 1..=limits::AMOUNT_MAX_MINOR],
        currency in "[A-Z][A-Z0-9]{1,9}",
        reference_id in prop::option::of(text(limits::REFERENCE_ID_MAX_CHARS)),
        description in prop::option::of(text(limits::DESCRIPTION_MAX_CHARS)),
        metadata in metadata(),
        webhook_url in prop::option::of(text(limits::URL_MAX_CHARS)),
        return_url in prop::option::of(text(limits::URL_MAX_CHARS)),
        created_at_ms in 0..253_402_300_799_999_i64,
        expires_in_s in limits::EXPIRES_IN_MIN_S..=limits::EXPIRES_IN_MAX_S,
    ) -> Payment {
        let created_at = Timestamp::from_ms(created_at_ms);
        let mut bytes = PaymentId::lower_bound(created_at).to_bytes();
        bytes[6..].copy_from_slice(&id);
        Payment {
            id: PaymentId::from_bytes(bytes),
            app_id,
            amount: Amount::from_minor(amount).unwrap(),
            currency: Currency::parse(&currency).unwrap(),
            status: Status::Pending,
            reference_id,
            description,
            metadata,
            webhook_url,
            return_url,
            created_at,
            expires_at: created_at.plus_s(expires_in_s),
            completed_at: None,
            transaction_id: None,
            failure_code: None,
            notes: None,
        }
    }
}

pub(crate) async fn a_payment_comes_back_as_it_was_made(h: &Harness) {
    let app_id = h.app().await;
    let mut runner = TestRunner::deterministic();
    let strategy = payment(app_id);
    let payments: Vec<_> = (0..200).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let created = join_all(payments.iter().map(|payment| h.commit(create(payment)))).await;
    assert!(created.into_iter().all(|created| created.unwrap().outcome == Outcome::Created));
    for payment in &payments {
        assert_eq!(h.store.find_payment(app_id, payment.id).await.unwrap().as_ref(), Some(payment));
        assert_eq!(h.store.find_payment_of_any_app(payment.id).await.unwrap().as_ref(), Some(payment));
    }
    let mut newest_first = payments.clone();
    newest_first.sort_by_key(|payment| Reverse(payment.id));
    let filter = PaymentFilter::all(app_id, Timestamp::from_ms(0));
    assert_eq!(h.store.list_payments(&filter, None, 1_000).await.unwrap(), newest_first);
    let log = h.log(app_id).await;
    assert_eq!(log.len(), payments.len());
    for event in log {
        let payment = payments.iter().find(|payment| payment.id == event.payment_id).unwrap();
        assert_eq!((event.kind, event.created_at), (EventType::PaymentCreated, payment.created_at));
        assert_eq!(event.body, event::payment_body(payment, event.id, event.kind, event.created_at));
    }
}

pub(crate) async fn an_unknown_payment_is_none(h: &Harness) {
    let (app_id, other) = (h.app().await, h.app().await);
    let payment = h.created(app_id).await;
    assert_eq!(h.store.find_payment(other, payment.id).await.unwrap(), None);
    assert_eq!(h.store.find_payment_of_any_app(h.ids.next(h.now())).await.unwrap(), None);
    assert_eq!(h.store.list_payments(&PaymentFilter::all(other, h.now()), None, 10).await.unwrap(), []);
}
