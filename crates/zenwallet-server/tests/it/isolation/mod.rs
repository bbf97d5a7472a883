//! R17: every route × every caller, each cell with an expectation. A route without a row fails.

mod callers;
mod routes;
mod timing;

use crate::support::{Answer, Person, TestApp};
use crate::webhooks::Things;
use callers::{Caller, Callers};
use routes::{Access, Row, table};
use std::collections::BTreeSet;
use zenwallet_core::user::Role;
use zenwallet_store::AuditFilter;

both_databases! {
    every_route_gives_every_caller_what_the_table_says,
    every_route_of_people_gives_every_caller_what_the_table_says,
    a_foreign_thing_is_one_that_does_not_exist,
}

async fn every_route_gives_every_caller_what_the_table_says(app: TestApp) {
    zenwallet_server::metrics::start();
    let callers = Callers::new(&app).await;
    for row in table().into_iter().filter(|row| !row.access.is_of_people()) {
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
            let may_act = matches!(caller, Caller::Owner | Caller::OwnerUser | Caller::Admin);
            assert_eq!(before != after, row.acts && may_act, "{cell}: {before} {after}");
            check_words(&row, caller, &things, &answer, &cell);
        }
    }
}

async fn every_route_of_people_gives_every_caller_what_the_table_says(app: TestApp) {
    let callers = Callers::new(&app).await;
    let mut count = 0;
    for row in table().into_iter().filter(|row| row.access.is_of_people()) {
        let callers = callers.renewed(&app).await;
        for caller in Caller::ALL {
            count += 1;
            if matches!(row.access, Access::Refused { .. }) {
                // So that whoever fails here is not slowed down for it.
                app.pass_s(6);
            }
            let stand_in = match row.access {
                Access::User { .. } | Access::Admin { .. } => {
                    callers.stand_in(&app, caller, &format!("user{count}")).await
                }
                _ => None,
            };
            let target = format!("target{count}@example.com");
            let things = people_things(&app, &callers, stand_in.as_ref(), (&row, &target)).await;
            let written = entries(&app).await;
            let answer = callers.send_as(&app, &row, caller, &things, stand_in.as_ref()).await;
            let cell = format!("{} {} as {caller:?}", row.method, row.path);
            let (status, code) = expected(&row, caller);
            assert_eq!(answer.status, status, "{cell}: {}", answer.text());
            if status != row.access.owner_status() {
                assert_eq!(answer.code(), code, "{cell}");
                // Whoever may not act has not acted.
                assert_eq!(entries(&app).await, written, "{cell}");
                assert!(things.ids().iter().all(|id| !answer.text().contains(*id)), "{cell}: {}", answer.text());
            }
        }
    }
}

/// An app of the owner's, its key, and somebody of whom nobody else here knows.
async fn people_things(
    app: &TestApp,
    callers: &Callers,
    stand_in: Option<&Person>,
    (row, email): (&Row, &str),
) -> Things {
    let (app_id, key_id) = callers.new_app(app).await;
    let user = match row.path.contains("{user_id}") {
        true => app.account(email, Role::Member).await,
        false => app.ids.next(app.clock.now()),
    };
    let invitation = app.invitation(email).await;
    let session =
        stand_in.map_or_else(|| "ses_0000000000000000000001".to_owned(), |person| person.session_id.to_string());
    Things::nobodys(app).of_people([app_id.to_string(), key_id.to_string(), user.to_string(), session, invitation])
}

/// How much was written down.
async fn entries(app: &TestApp) -> usize {
    app.store.list_audit(&AuditFilter::default(), None, 100_000).await.unwrap().len()
}

/// Status and code that a cell must answer with.
fn expected(row: &Row, caller: Caller) -> (u16, &'static str) {
    match row.access {
        Access::Public { status } => return (status, ""),
        Access::Refused { status, code } => return (status, code),
        Access::OwnApp { .. } | Access::User { .. } | Access::Admin { .. } => return expected_of_people(row, caller),
        Access::App { .. } | Access::Owned { .. } | Access::Reader { .. } => {}
    }
    match caller {
        Caller::Anonymous if matches!(row.access, Access::Reader { .. }) => (401, "session_missing"),
        Caller::Anonymous => (401, "api_key_missing"),
        Caller::Malformed | Caller::Unknown => (401, "api_key_invalid"),
        Caller::Revoked => (401, "api_key_revoked"),
        Caller::Expired => (401, "api_key_expired"),
        Caller::Disabled => (403, "app_disabled"),
        Caller::Forged => (401, "session_invalid"),
        Caller::EndedSession => (401, "session_ended"),
        Caller::Owner | Caller::OwnerUser | Caller::Admin => (row.access.owner_status(), ""),
        Caller::OtherUser => (404, "app_not_found"),
        Caller::OtherTenant | Caller::OtherEnvironment => match row.access {
            Access::Owned { unknown } => (404, unknown),
            Access::Reader { .. } => (404, "app_not_found"),
            // What it sees there is its own.
            _ => (row.access.owner_status(), ""),
        },
    }
}

/// The same where no key is any good.
fn expected_of_people(row: &Row, caller: Caller) -> (u16, &'static str) {
    match (caller, row.access) {
        (Caller::Anonymous, _) => (401, "session_missing"),
        (Caller::Forged, _) => (401, "session_invalid"),
        (Caller::EndedSession, _) => (401, "session_ended"),
        (Caller::OtherUser, Access::OwnApp { .. }) => (404, "app_not_found"),
        (Caller::OwnerUser | Caller::OtherUser, Access::Admin { .. }) => (403, "admin_required"),
        (Caller::OwnerUser | Caller::OtherUser | Caller::Admin, _) => (row.access.owner_status(), ""),
        _ => (403, "not_for_keys"),
    }
}

/// Whoever may not see learns nothing but what they asked with.
fn check_words(row: &Row, caller: Caller, things: &Things, answer: &Answer, cell: &str) {
    let sees = matches!(caller, Caller::Owner | Caller::OwnerUser | Caller::Admin);
    let may_see = sees || matches!(row.access, Access::Public { .. });
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
