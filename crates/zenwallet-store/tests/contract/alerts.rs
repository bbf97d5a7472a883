//! Alerts: who is told, how often, and what becomes of an email that could not be sent.

use crate::harness::Harness;
use zenwallet_core::alert::{DIGEST_MS, KEPT_MS, STALE_MS, WAITING_MAX};
use zenwallet_core::app::App;
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{AlertId, AppId, UserId};
use zenwallet_core::user::{AlertType, Alerts, Email, Role, User};
use zenwallet_store::{Admission, AlertBatch, NewAlert, Recipient, Store, UserChange, UserOutcome};

const LEASE_MS: i64 = 60_000;

async fn user(h: &Harness, name: &str, role: Role) -> User {
    let user = User {
        id: h.ids.next(h.now()),
        email: Email::parse(&format!("{name}@example.com")).unwrap(),
        name: name.to_owned(),
        role,
        password_hash: "$argon2id$".to_owned(),
        password_set_at: h.now(),
        totp: None,
        alerts: Alerts::ALL,
        is_active: true,
        created_at: h.now(),
        version: 0,
    };
    assert_eq!(h.store.create_user(&user, Admission::Console, &[]).await.unwrap(), UserOutcome::Done);
    user
}

async fn change(h: &Harness, user: User) {
    assert_eq!(h.store.update_user(&user, h.now(), UserChange::default()).await.unwrap(), UserOutcome::Done);
}

async fn app_of(h: &Harness, owner: Option<UserId>) -> AppId {
    let (app, key) = h.new_app();
    let app = App { owner_user_id: owner, ..app };
    assert!(h.store.create_app(&app, &key, None, &[]).await.unwrap());
    app.id
}

fn told(h: &Harness, recipient: Recipient, app_id: Option<AppId>, occasion: &str) -> NewAlert {
    let facts = format!("{{\"n\":\"{occasion}\"}}");
    NewAlert { kind: AlertType::KeyChanged, app_id, recipient, facts, occasion: occasion.to_owned(), at: h.now() }
}

async fn raise(h: &Harness, user: &User, occasions: &[&str]) {
    let all: Vec<_> = occasions.iter().map(|occasion| told(h, Recipient::User(user.id), None, occasion)).collect();
    h.store.raise_alerts(&all).await.unwrap();
}

async fn claim(h: &Harness) -> Vec<AlertBatch> {
    h.store.claim_alerts(h.now(), LEASE_MS, 100).await.unwrap()
}

/// The one batch that is due, as its occasions.
async fn claim_one(h: &Harness) -> (AlertBatch, Vec<String>) {
    let mut batches = claim(h).await;
    assert_eq!(batches.len(), 1, "{batches:?}");
    let batch = batches.remove(0);
    let facts = batch.alerts.iter().map(|alert| alert.facts[6..alert.facts.len() - 2].to_owned()).collect();
    (batch, facts)
}

fn ids(batch: &AlertBatch) -> Vec<AlertId> {
    batch.alerts.iter().map(|alert| alert.id).collect()
}

async fn sent(h: &Harness, batch: &AlertBatch) {
    h.store.finish_alerts(&ids(batch), Some(h.now())).await.unwrap();
}

fn addresses(batches: &[AlertBatch]) -> Vec<&str> {
    batches.iter().map(|batch| batch.email.as_str()).collect()
}

pub(crate) async fn an_alert_goes_to_whom_it_concerns(h: &Harness) {
    let (ada, bob) = (user(h, "ada", Role::Admin).await, user(h, "bob", Role::Admin).await);
    let (cleo, dan) = (user(h, "cleo", Role::Member).await, user(h, "dan", Role::Member).await);
    let (owned, closed, nobodys) =
        (app_of(h, Some(cleo.id)).await, app_of(h, Some(dan.id)).await, app_of(h, None).await);
    change(h, User { is_active: false, ..dan.clone() }).await;
    let unwanted = Alerts::ALL.with(AlertType::KeyChanged, false);
    change(h, User { alerts: unwanted, ..bob.clone() }).await;
    let whom = async |alert: NewAlert| {
        h.store.raise_alerts(&[alert]).await.unwrap();
        let batches = claim(h).await;
        for batch in &batches {
            sent(h, batch).await;
        }
        h.clock.advance_ms(DIGEST_MS);
        batches
    };
    let batches = whom(told(h, Recipient::Owner, Some(owned), "1")).await;
    assert_eq!(addresses(&batches), ["cleo@example.com"]);
    let alert = &batches[0].alerts[0];
    assert_eq!((alert.kind, alert.app_id), (AlertType::KeyChanged, Some(owned)));
    assert_eq!((alert.app_name.as_deref(), alert.facts.as_str()), (Some("Arcade"), "{\"n\":\"1\"}"));
    assert_eq!((batches[0].user_id, batches[0].attempt, alert.at), (cleo.id, 1, alert.id.created_at()));
    // Bob wants none of this kind, Dan's account is closed.
    assert_eq!(addresses(&whom(told(h, Recipient::Owner, Some(nobodys), "2")).await), ["ada@example.com"]);
    assert_eq!(addresses(&whom(told(h, Recipient::Owner, Some(closed), "3")).await), ["ada@example.com"]);
    assert_eq!(addresses(&whom(told(h, Recipient::User(dan.id), None, "4")).await), Vec::<&str>::new());
    assert_eq!(addresses(&whom(told(h, Recipient::User(bob.id), None, "5")).await), Vec::<&str>::new());
    let sign_in = NewAlert { kind: AlertType::SignIn, ..told(h, Recipient::User(bob.id), None, "6") };
    assert_eq!(addresses(&whom(sign_in).await), ["bob@example.com"]);
    assert_eq!(addresses(&whom(told(h, Recipient::User(ada.id), None, "7")).await), ["ada@example.com"]);
}

pub(crate) async fn what_was_told_is_not_told_again(h: &Harness) {
    let ada = user(h, "ada", Role::Admin).await;
    raise(h, &ada, &["a", "b", "a"]).await;
    raise(h, &ada, &["b"]).await;
    let (batch, occasions) = claim_one(h).await;
    assert_eq!(occasions.len(), 2);
    sent(h, &batch).await;
    h.clock.advance_ms(DIGEST_MS);
    raise(h, &ada, &["a", "c"]).await;
    assert_eq!(claim_one(h).await.1, ["c"]);
}

pub(crate) async fn the_first_email_goes_at_once_and_the_next_tells_the_rest(h: &Harness) {
    let (ada, bob) = (user(h, "ada", Role::Admin).await, user(h, "bob", Role::Admin).await);
    raise(h, &ada, &["1"]).await;
    let (first, occasions) = claim_one(h).await;
    assert_eq!(occasions, ["1"]);
    // While the email is under way, and for five minutes after it.
    raise(h, &ada, &["2"]).await;
    assert_eq!(claim(h).await, []);
    sent(h, &first).await;
    let end = h.now().plus_ms(DIGEST_MS);
    for minute in 1..5 {
        h.clock.advance_ms(60_000);
        raise(h, &ada, &[&format!("{}", minute + 2)]).await;
        assert_eq!(claim(h).await, []);
    }
    // Another user does not wait for her.
    raise(h, &bob, &["x"]).await;
    let (other, _) = claim_one(h).await;
    assert_eq!(other.user_id, bob.id);
    sent(h, &other).await;
    h.set_clock(end.plus_ms(-1));
    assert_eq!(claim(h).await, []);
    h.set_clock(end);
    let (digest, occasions) = claim_one(h).await;
    assert_eq!((digest.email.as_str(), digest.attempt), ("ada@example.com", 1));
    assert_eq!(occasions, ["2", "3", "4", "5", "6"]);
    sent(h, &digest).await;
    h.clock.advance_ms(DIGEST_MS * 2);
    assert_eq!(claim(h).await, []);
}

pub(crate) async fn an_email_that_failed_is_tried_again_until_it_is_given_up(h: &Harness) {
    let ada = user(h, "ada", Role::Admin).await;
    raise(h, &ada, &["1"]).await;
    let waits = [60_000, 300_000, 1_800_000, 7_200_000];
    for (number, wait_ms) in (1..).zip(waits) {
        let (batch, occasions) = claim_one(h).await;
        assert_eq!((batch.attempt, occasions.len()), (number, number as usize));
        let again = h.now().plus_ms(wait_ms);
        assert_eq!(h.store.retry_alerts(&batch, h.now()).await.unwrap(), Some(again));
        // What comes meanwhile goes with it.
        raise(h, &ada, &[&format!("more {number}")]).await;
        h.set_clock(again.plus_ms(-1));
        assert_eq!(claim(h).await, []);
        h.set_clock(again);
    }
    let (last, occasions) = claim_one(h).await;
    assert_eq!((last.attempt, occasions.len()), (5, 5));
    assert_eq!(h.store.retry_alerts(&last, h.now()).await.unwrap(), None);
    h.clock.advance_ms(7_200_000);
    assert_eq!(claim(h).await, []);
    // It was not sent, so nobody has to wait after it.
    raise(h, &ada, &["new"]).await;
    let (batch, _) = claim_one(h).await;
    h.store.finish_alerts(&ids(&batch), None).await.unwrap();
    raise(h, &ada, &["newer"]).await;
    assert_eq!(claim_one(h).await.1, ["newer"]);
}

pub(crate) async fn two_nodes_never_claim_the_same_alert(h: &Harness) {
    let other = h.another_node().await;
    let mut users = Vec::new();
    for number in 0..8 {
        users.push(user(h, &format!("u{number}"), Role::Member).await);
    }
    for round in 0..6 {
        for user in &users {
            raise(h, user, &[&format!("{round} a"), &format!("{round} b")]).await;
        }
        let (now, race) = (h.now(), |store: Store| async move { store.claim_alerts(h.now(), LEASE_MS, 100).await });
        let (one, two) = tokio::join!(race(h.store.clone()), race(other.clone()));
        let batches = [one.unwrap(), two.unwrap()].concat();
        let mut emails = addresses(&batches);
        emails.sort_unstable();
        emails.dedup();
        assert_eq!((emails.len(), batches.len()), (8, 8), "round {round}");
        assert!(batches.iter().all(|batch| batch.alerts.len() == 2));
        for batch in &batches {
            h.store.finish_alerts(&ids(batch), Some(now)).await.unwrap();
        }
        h.clock.advance_ms(DIGEST_MS);
    }
    // A node that died with a lease is succeeded when the lease ends.
    raise(h, &users[0], &["left behind"]).await;
    assert_eq!(other.claim_alerts(h.now(), LEASE_MS, 100).await.unwrap().len(), 1);
    other.close().await;
    h.clock.advance_ms(LEASE_MS - 1);
    assert_eq!(claim(h).await, []);
    h.clock.advance_ms(1);
    let (batch, occasions) = claim_one(h).await;
    assert_eq!((batch.attempt, occasions), (2, vec!["left behind".to_owned()]));
}

pub(crate) async fn what_nobody_wants_any_more_is_dropped(h: &Harness) {
    let (ada, bob) = (user(h, "ada", Role::Admin).await, user(h, "bob", Role::Admin).await);
    raise(h, &ada, &["1"]).await;
    raise(h, &bob, &["1"]).await;
    change(h, User { alerts: Alerts::ALL.with(AlertType::KeyChanged, false), ..ada.clone() }).await;
    change(h, User { is_active: false, ..bob }).await;
    assert_eq!(claim(h).await, []);
    let cleo = user(h, "cleo", Role::Member).await;
    raise(h, &cleo, &["1"]).await;
    h.clock.advance_ms(STALE_MS + 1);
    raise(h, &cleo, &["2"]).await;
    assert_eq!(claim_one(h).await.1, ["2"]);
    h.clock.advance_ms(DIGEST_MS);
    let waiting = h.sql("SELECT facts FROM alert WHERE visible_at_ms IS NOT NULL").await;
    assert_eq!(waiting.len(), 1, "the one under way: {waiting:?}");
}

pub(crate) async fn what_waits_for_one_user_has_a_bound(h: &Harness) {
    let ada = user(h, "ada", Role::Admin).await;
    let all: Vec<String> = (0..WAITING_MAX + 20).map(|number| number.to_string()).collect();
    raise(h, &ada, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (batch, occasions) = claim_one(h).await;
    assert_eq!(occasions.len(), WAITING_MAX as usize);
    sent(h, &batch).await;
    h.clock.advance_ms(DIGEST_MS);
    raise(h, &ada, &["after"]).await;
    assert_eq!(claim_one(h).await.1, ["after"]);
}

pub(crate) async fn an_endpoints_failure_is_told_once(h: &Harness) {
    let ada = user(h, "ada", Role::Member).await;
    let app_id = app_of(h, Some(ada.id)).await;
    let endpoint = h.endpoint(app_id, "https://shop.example/webhooks");
    assert!(h.store.create_endpoint(&endpoint).await.unwrap());
    let untold = async || h.store.list_untold_failures(h.now(), 10).await.unwrap();
    let tell = async || {
        let found = untold().await;
        for failure in &found {
            let alert = NewAlert {
                kind: AlertType::WebhookFailing,
                ..told(h, Recipient::User(failure.user_id), Some(failure.app_id), &failure.occasion)
            };
            h.store.raise_alerts(&[alert]).await.unwrap();
        }
        found
    };
    assert_eq!(untold().await, []);
    let failing = Endpoint { failing_since: Some(h.now()), ..endpoint.clone() };
    assert!(h.store.update_endpoint(&failing, true).await.unwrap());
    h.clock.advance_ms(299_999);
    assert_eq!(untold().await, []);
    h.clock.advance_ms(1);
    let found = tell().await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].user_id, found[0].app_id, &found[0].url), (ada.id, app_id, &endpoint.url));
    assert_eq!((found[0].failing_since, &found[0].disabled_reason), (failing.failing_since, &None));
    assert_eq!(untold().await, []);
    // That it was disabled is another thing; that its owner switched it off is none.
    let off = Endpoint { is_enabled: false, ..failing.clone() };
    assert!(h.store.update_endpoint(&off, true).await.unwrap());
    assert_eq!(untold().await, []);
    let disabled = Endpoint { disabled_reason: Some("failing".to_owned()), ..off };
    assert!(h.store.update_endpoint(&disabled, true).await.unwrap());
    let found = tell().await;
    assert_eq!((found.len(), found[0].disabled_reason.as_deref()), (1, Some("failing")));
    // Still so when other alerts are forgotten, and told anew when it fails anew.
    h.clock.advance_ms(KEPT_MS + 1_000);
    h.store.prune_alerts(h.now(), 100).await.unwrap();
    assert_eq!(tell().await, []);
    let again = Endpoint { failing_since: Some(h.now()), ..endpoint.clone() };
    assert!(h.store.update_endpoint(&again, true).await.unwrap());
    h.clock.advance_ms(300_000);
    change(h, User { alerts: Alerts::ALL.with(AlertType::WebhookFailing, false), ..ada }).await;
    assert_eq!(untold().await, []);
    user(h, "root", Role::Admin).await;
    assert_eq!(untold().await, [], "an app with an owner is not an admin's business");
}

pub(crate) async fn old_alerts_are_forgotten(h: &Harness) {
    let ada = user(h, "ada", Role::Admin).await;
    raise(h, &ada, &["1", "2", "3"]).await;
    let failure = NewAlert { kind: AlertType::WebhookFailing, ..told(h, Recipient::User(ada.id), None, "4") };
    h.store.raise_alerts(&[failure]).await.unwrap();
    h.clock.advance_ms(KEPT_MS);
    assert_eq!(h.store.prune_alerts(h.now(), 100).await.unwrap(), 0);
    h.clock.advance_ms(1);
    assert_eq!(h.store.prune_alerts(h.now(), 2).await.unwrap(), 2);
    assert_eq!(h.store.prune_alerts(h.now(), 2).await.unwrap(), 1);
    assert_eq!(h.sql("SELECT kind FROM alert").await.len(), 1);
    h.clock.advance_ms(371 * 86_400_000);
    assert_eq!(h.store.prune_alerts(h.now(), 100).await.unwrap(), 1);
}
