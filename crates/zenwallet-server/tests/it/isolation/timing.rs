//! A foreign payment takes as long to be refused as one that does not exist.

use super::callers::{Caller, Callers};
use super::routes::table;
use crate::support::{TestApp, many_payments};
use crate::webhooks::Things;
use axum::http::Method;
use std::time::{Duration, Instant};

both_databases! { a_clock_cannot_tell_a_foreign_payment }

const SAMPLES: usize = 2_000;

async fn a_clock_cannot_tell_a_foreign_payment(app: TestApp) {
    let callers = Callers::new(&app).await;
    let ids = many_payments(&app, &app.a, 200).await;
    let mut things = Things::of(&app, &app.a).await;
    let row = table().into_iter().find(|row| row.path == "/api/payments/{payment_id}").unwrap();
    assert_eq!(row.method, Method::GET);
    let [mut foreign, mut missing] = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    for sample in 0..SAMPLES {
        let theirs = ids[sample % ids.len()].to_string();
        let nobodys = app.ids.next::<zenwallet_core::id::PaymentKind>(app.clock.now()).to_string();
        // Taken in turns, so that whatever else the machine does weighs on both alike.
        for (id, took) in [(theirs, &mut foreign), (nobodys, &mut missing)] {
            let began = Instant::now();
            things.payment_id = id;
            callers.send(&app, &row, Caller::OtherTenant, &things).await.expect(404);
            took.push(began.elapsed());
        }
    }
    let (foreign, missing) = (median(foreign), median(missing));
    let difference = foreign.abs_diff(missing);
    assert!(difference < Duration::from_millis(1), "foreign {foreign:?}, missing {missing:?}");
}

fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples[samples.len() / 2]
}
