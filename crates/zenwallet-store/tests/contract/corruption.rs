//! Values that this program does not write.

use crate::harness::{Harness, create, settle};
use zenwallet_core::id::{Id, Kind};
use zenwallet_core::payment::Action;
use zenwallet_store::{Outcome, PaymentFilter, StoreError};

fn check<T: std::fmt::Debug, K: Kind>(h: &Harness, got: Result<T, StoreError>, place: [&str; 2], id: Id<K>) {
    match got.unwrap_err() {
        StoreError::Corrupt { table, column, row } => {
            assert_eq!(([table, column], row), (place, h.spelled(id)));
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_value_nobody_writes_names_its_place(h: &Harness) {
    let app_id = h.app().await;
    let (spoiled, sound) = (h.created(app_id).await, h.created(app_id).await);
    let id = h.spelled(spoiled.id);
    h.sql(&format!("UPDATE payment SET currency = 'no currency' WHERE id = '{id}'")).await;
    let place = ["payment", "currency"];
    check(h, h.store.find_payment(app_id, spoiled.id).await, place, spoiled.id);
    check(h, h.store.find_payment_of_any_app(spoiled.id).await, place, spoiled.id);
    check(h, h.store.list_payments(&PaymentFilter::all(app_id, h.now()), None, 10).await, place, spoiled.id);
    assert_eq!(h.store.count_payments(&PaymentFilter::all(app_id, h.now()), 10).await.unwrap(), 2);
    // A command that meets it fails alone.
    let new = h.payment(app_id);
    let (bad, good, also_good) = tokio::join!(
        h.commit(settle(&spoiled, Action::Cancel)),
        h.commit(settle(&sound, Action::Cancel)),
        h.commit(create(&new)),
    );
    check(h, bad, place, spoiled.id);
    assert!(matches!(good.unwrap().outcome, Outcome::Settled { changed: true, .. }));
    assert_eq!(also_good.unwrap().outcome, Outcome::Created);
    let event = h.log(app_id).await.remove(0);
    let event_id = h.spelled(event.id);
    h.sql(&format!("UPDATE event SET kind = 99 WHERE id = '{event_id}'")).await;
    check(h, h.store.list_events(app_id, 0, 10).await, ["event", "kind"], event.id);
    assert_eq!(h.store.list_events(app_id, 1, 10).await.unwrap().len(), 3);
}
