//! R17: every route × every caller, each cell with an expectation. A route without a row fails.

mod callers;
mod routes;
mod timing;

use crate::support::{Answer, TestApp, many_payments};
use callers::{Caller, Callers};
use routes::{Access, Row, table};
use std::collections::BTreeSet;
use zenwallet_core::id::PaymentId;
use zenwallet_core::payment::Status;

both_databases! {
    every_route_gives_every_caller_what_the_table_says,
    a_foreign_payment_is_one_that_does_not_exist,
}

async fn every_route_gives_every_caller_what_the_table_says(app: TestApp) {
    zenwallet_server::metrics::start();
    let callers = Callers::new(&app).await;
    for row in table() {
        for caller in Caller::ALL {
            let id = *many_payments(&app, callers.target(caller), 1).await.last().unwrap();
            let answer = callers.send(&app, &row, caller, &id.to_string()).await;
            let cell = format!("{} {} as {caller:?}", row.method, row.path);
            let want = expected(&row, caller);
            assert_eq!((answer.status, answer.code().as_str()), want, "{cell}: {}", answer.text());
            check_effect(&app, &row, caller, id, &cell).await;
            check_words(&row, caller, id, &answer, &cell);
        }
    }
}

/// Status and code that a cell must answer with.
fn expected(row: &Row, caller: Caller) -> (u16, &'static str) {
    if let Access::Public { status } = row.access {
        return (status, "");
    }
    match caller {
        Caller::Anonymous => (401, "api_key_missing"),
        Caller::Malformed | Caller::Unknown => (401, "api_key_invalid"),
        Caller::Revoked => (401, "api_key_revoked"),
        Caller::Expired => (401, "api_key_expired"),
        Caller::Disabled => (403, "app_disabled"),
        Caller::Owner => (row.access.owner_status(), ""),
        Caller::OtherTenant | Caller::OtherEnvironment => match row.access {
            Access::Payment { .. } => (404, "payment_not_found"),
            // What it sees there is its own.
            _ => (row.access.owner_status(), ""),
        },
    }
}

/// Whoever may not act has not acted.
async fn check_effect(app: &TestApp, row: &Row, caller: Caller, id: PaymentId, cell: &str) {
    let payment = app.store.find_payment_of_any_app(id).await.unwrap().unwrap();
    let acted = row.ends_payment && caller == Caller::Owner;
    assert_eq!(payment.status == Status::Pending, !acted, "{cell}: {payment:?}");
}

/// Whoever may not see learns nothing but what they asked with.
fn check_words(row: &Row, caller: Caller, id: PaymentId, answer: &Answer, cell: &str) {
    let may_see = caller == Caller::Owner || matches!(row.access, Access::Public { .. });
    if !may_see {
        let text = answer.text();
        assert!(!text.contains(&id.to_string()), "{cell}: {text}");
    }
}

async fn a_foreign_payment_is_one_that_does_not_exist(app: TestApp) {
    let callers = Callers::new(&app).await;
    for row in table().into_iter().filter(|row| matches!(row.access, Access::Payment { .. })) {
        for caller in [Caller::OtherTenant, Caller::OtherEnvironment] {
            let id = many_payments(&app, callers.target(caller), 1).await[0];
            let missing = app.ids.next::<zenwallet_core::id::PaymentKind>(app.clock.now());
            let foreign = callers.send(&app, &row, caller, &id.to_string()).await;
            let missing = callers.send(&app, &row, caller, &missing.to_string()).await;
            assert_eq!((foreign.status, foreign.body.len()), (404, missing.body.len()));
            assert_eq!(foreign.without_request_id(), missing.without_request_id());
            let headers = |answer: &Answer| -> BTreeSet<_> {
                let all = answer.headers.iter().filter(|(name, _)| *name != "request-id");
                all.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
            };
            assert_eq!(headers(&foreign), headers(&missing), "{} {}", row.method, row.path);
        }
    }
}
