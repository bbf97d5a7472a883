//! R17: every route × every caller, each cell with an expectation. A route without a row fails.

mod callers;
mod routes;
mod timing;

use crate::support::{Answer, TestApp};
use crate::webhooks::Things;
use callers::{Caller, Callers};
use routes::{Access, Row, table};
use std::collections::BTreeSet;

both_databases! {
    every_route_gives_every_caller_what_the_table_says,
    a_foreign_thing_is_one_that_does_not_exist,
}

async fn every_route_gives_every_caller_what_the_table_says(app: TestApp) {
    zenwallet_server::metrics::start();
    let callers = Callers::new(&app).await;
    for row in table() {
        for caller in Caller::ALL {
            let owner = callers.target(caller);
            let things = Things::of(&app, owner).await;
            let before = things.state(&app, owner).await;
            let answer = callers.send(&app, &row, caller, &things).await;
            let cell = format!("{} {} as {caller:?}", row.method, row.path);
            let want = expected(&row, caller);
            assert_eq!((answer.status, answer.code().as_str()), want, "{cell}: {}", answer.text());
            // Whoever may not act has not acted.
            let after = things.state(&app, owner).await;
            assert_eq!(before != after, row.acts && caller == Caller::Owner, "{cell}: {before} {after}");
            check_words(&row, caller, &things, &answer, &cell);
        }
    }
}

/// Status and code that a cell must answer with.
fn expected(row: &Row, caller: Caller) -> (u16, &'static str) {
    match row.access {
        Access::Public { status } => return (status, ""),
        Access::Refused { status, code } => return (status, code),
        Access::App { .. } | Access::Owned { .. } => {}
    }
    match caller {
        Caller::Anonymous => (401, "api_key_missing"),
        Caller::Malformed | Caller::Unknown => (401, "api_key_invalid"),
        Caller::Revoked => (401, "api_key_revoked"),
        Caller::Expired => (401, "api_key_expired"),
        Caller::Disabled => (403, "app_disabled"),
        Caller::Owner => (row.access.owner_status(), ""),
        Caller::OtherTenant | Caller::OtherEnvironment => match row.access {
            Access::Owned { unknown } => (404, unknown),
            // What it sees there is its own.
            _ => (row.access.owner_status(), ""),
        },
    }
}

/// Whoever may not see learns nothing but what they asked with.
fn check_words(row: &Row, caller: Caller, things: &Things, answer: &Answer, cell: &str) {
    let may_see = caller == Caller::Owner || matches!(row.access, Access::Public { .. });
    if !may_see {
        let text = answer.text();
        assert!(things.ids().iter().all(|id| !text.contains(*id)), "{cell}: {text}");
    }
}

async fn a_foreign_thing_is_one_that_does_not_exist(app: TestApp) {
    let callers = Callers::new(&app).await;
    let (missing, malformed) = (Things::nobodys(&app), Things::malformed());
    for row in table().into_iter().filter(|row| matches!(row.access, Access::Owned { .. })) {
        for caller in [Caller::OtherTenant, Caller::OtherEnvironment] {
            let foreign = Things::of(&app, callers.target(caller)).await;
            let foreign = callers.send(&app, &row, caller, &foreign).await;
            for nothing in [&missing, &malformed] {
                let nothing = callers.send(&app, &row, caller, nothing).await;
                assert_eq!((foreign.status, foreign.body.len()), (404, nothing.body.len()));
                assert_eq!(foreign.without_request_id(), nothing.without_request_id());
                // The length is on some answers here, and on all of them once they go over a socket.
                let apart = ["request-id", "content-length"];
                let headers = |answer: &Answer| -> BTreeSet<_> {
                    let all = answer.headers.iter().filter(|(name, _)| !apart.contains(&name.as_str()));
                    all.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
                };
                assert_eq!(headers(&foreign), headers(&nothing), "{} {}", row.method, row.path);
            }
        }
    }
}
