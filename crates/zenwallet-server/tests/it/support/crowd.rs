//! Many at once.

use super::{Tenant, TestApp};
use zenwallet_core::id::PaymentId;
use zenwallet_core::metadata::Metadata;
use zenwallet_core::money::{Amount, Currency};
use zenwallet_core::payment::{Payment, Status};
use zenwallet_core::time::Timestamp;
use zenwallet_store::Command;

/// Starts every future before any is waited for; their results in order.
pub(crate) async fn at_once<T, F>(work: impl IntoIterator<Item = F>) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let started: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::with_capacity(started.len());
    for task in started {
        results.push(task.await.unwrap());
    }
    results
}

/// Puts payments into the store without asking HTTP for each, one millisecond after the other; the last is the
/// newest. Their references are `BULK_0`, `BULK_1` …
pub(crate) async fn many_payments(app: &TestApp, tenant: &Tenant, count: i64) -> Vec<PaymentId> {
    let first = app.clock.now();
    let payments: Vec<_> = (0..count).map(|n| payment(app, tenant, first.plus_ms(n), format!("BULK_{n}"))).collect();
    let ids = payments.iter().map(|payment| payment.id).collect();
    let store = app.store.clone();
    at_once(payments.into_iter().map(move |payment| {
        let store = store.clone();
        async move { store.commit(Command::CreatePayment { payment: Box::new(payment), claim: None }).await.unwrap() }
    }))
    .await;
    app.pass_ms(count);
    ids
}

fn payment(app: &TestApp, tenant: &Tenant, created_at: Timestamp, reference: String) -> Payment {
    Payment {
        id: app.ids.next(created_at),
        app_id: tenant.app_id,
        amount: Amount::from_minor(1_250).unwrap(),
        currency: Currency::parse("COINS").unwrap(),
        status: Status::Pending,
        reference_id: Some(reference),
        description: Some("made in bulk, with \"quotes\", commas\nand lines".to_owned()),
        metadata: Metadata::default(),
        webhook_url: None,
        return_url: None,
        created_at,
        expires_at: created_at.plus_s(1_800),
        completed_at: None,
        transaction_id: None,
        failure_code: None,
        notes: None,
    }
}
