//! Apps, their keys, and the instance's own facts.

use crate::harness::Harness;
use crate::people::user;
use futures_util::future::join_all;
use zenwallet_core::app::{ApiKey, App, Environment, KeyHash};
use zenwallet_core::audit::AuditEntry;
use zenwallet_core::id::KeyId;
use zenwallet_core::limits::{APPS_PER_USER_MAX, KEYS_MAX};
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::Role;
use zenwallet_store::{Deleted, KeyUse, LastUse, Outgoing, Store, StoreError};

async fn key(h: &Harness, hash: KeyHash) -> ApiKey {
    h.store.find_key(hash).await.unwrap().unwrap().0
}

pub(crate) async fn an_app_and_its_key_come_back_as_they_were_made(h: &Harness) {
    let mut all = Vec::new();
    for number in 0..8_u32 {
        h.clock.advance_ms(1_000);
        let (mut app, mut key) = h.new_app();
        app.name = "é".repeat(number as usize * 30 + 1);
        app.webhook_secret_sealed = (0..=255).take(number as usize * 36).collect();
        if number % 2 == 1 {
            app.environment = Environment::Production;
            app.owner_user_id = Some(h.ids.next(h.now()));
            app.rate_limit_per_s = Some(number - 1);
            key.expires_at = Some(h.now().plus_s(60));
        }
        h.store.create_app(&app, &key, None, &[]).await.unwrap();
        assert_eq!(h.store.find_app(app.id).await.unwrap().as_ref(), Some(&app));
        assert_eq!(h.store.find_key(key.hash).await.unwrap(), Some((key, app.clone())));
        all.push(app);
    }
    assert_eq!(h.store.list_apps().await.unwrap(), all);
    assert_eq!(h.store.find_app(h.ids.next(h.now())).await.unwrap(), None);
    assert_eq!(h.store.find_key(KeyHash::of("unknown")).await.unwrap(), None);
    // Disabling shows wherever the app is read.
    let (disabled, other) = (&all[3], &all[4]);
    for is_active in [false, false, true, false] {
        assert!(h.store.set_app_active(disabled.id, is_active).await.unwrap());
        let want = App { is_active, ..disabled.clone() };
        assert_eq!(h.store.find_app(disabled.id).await.unwrap(), Some(want));
    }
    assert!(h.store.find_app(other.id).await.unwrap().unwrap().is_active);
    assert!(!h.store.set_app_active(h.ids.next(h.now()), true).await.unwrap());
}

pub(crate) async fn an_app_is_made_whole_or_not_at_all(h: &Harness) {
    let (app, first) = h.new_app();
    h.store.create_app(&app, &first, None, &[]).await.unwrap();
    // The app's id is taken: the key must not be there either.
    let second = h.new_key(app.id);
    let refused = h.store.create_app(&app, &second, None, &[]).await;
    assert!(matches!(refused, Err(StoreError::Internal(_))), "{refused:?}");
    assert_eq!(h.store.find_key(second.hash).await.unwrap(), None);
    // The key's id is taken in this app: the app must not be there either.
    let (other, _) = h.new_app();
    let of_nobody = ApiKey { app_id: h.ids.next(h.now()), ..h.new_key(other.id) };
    assert!(!h.store.add_key(&of_nobody, Outgoing::All, h.now(), &[]).await.unwrap());
    assert_eq!(h.store.find_key(of_nobody.hash).await.unwrap(), None);
    assert_eq!(h.store.find_app(other.id).await.unwrap(), None);
    assert_eq!(h.store.list_apps().await.unwrap(), [app]);
}

pub(crate) async fn a_rotated_key_overlaps_with_its_successor(h: &Harness) {
    let ((app, first), (other, others)) = (h.new_app(), h.new_app());
    h.store.create_app(&app, &first, None, &[]).await.unwrap();
    h.store.create_app(&other, &others, None, &[]).await.unwrap();
    let revoked = h.new_key(app.id);
    assert!(h.store.add_key(&revoked, Outgoing::All, h.now().plus_s(7_200), &[]).await.unwrap());
    assert!(h.store.revoke_key(app.id, revoked.id, h.now(), &[]).await.unwrap());
    let second = h.new_key(app.id);
    assert!(h.store.add_key(&second, Outgoing::All, h.now().plus_s(3_600), &[]).await.unwrap());
    // The earlier end counts, a key that no longer works is left as it is, and the new one has no end.
    let ends = async |key: &ApiKey| self::key(h, key.hash).await.expires_at;
    assert_eq!(ends(&first).await, Some(h.now().plus_s(3_600)));
    assert_eq!(ends(&revoked).await, None);
    assert_eq!(ends(&second).await, None);
    h.clock.advance_ms(60_000);
    let third = ApiKey { expires_at: Some(h.now().plus_s(86_400)), ..h.new_key(app.id) };
    assert!(h.store.add_key(&third, Outgoing::All, h.now().plus_s(7_200), &[]).await.unwrap());
    assert_eq!(ends(&first).await, Some(first.created_at.plus_s(3_600)));
    assert_eq!(ends(&second).await, Some(h.now().plus_s(7_200)));
    assert_eq!(key(h, third.hash).await, third);
    assert_eq!(key(h, others.hash).await, others);
}

pub(crate) async fn a_revoked_key_stays_revoked_from_its_first_moment(h: &Harness) {
    let (app, first) = h.new_app();
    h.store.create_app(&app, &first, None, &[]).await.unwrap();
    let at = h.now();
    assert!(h.store.revoke_key(app.id, first.id, at, &[]).await.unwrap());
    assert!(h.store.revoke_key(app.id, first.id, at.plus_s(60), &[]).await.unwrap());
    assert_eq!(key(h, first.hash).await, ApiKey { revoked_at: Some(at), ..first });
    assert!(!h.store.revoke_key(app.id, h.ids.next(at), at, &[]).await.unwrap());
}

pub(crate) async fn a_key_remembers_its_latest_use(h: &Harness) {
    let ((app, first), (other, second)) = (h.new_app(), h.new_app());
    h.store.create_app(&app, &first, None, &[]).await.unwrap();
    h.store.create_app(&other, &second, None, &[]).await.unwrap();
    let at = |ms| Timestamp::from_ms(ms);
    let unknown = h.ids.next(h.now());
    let used = |key_id, ms, address: Option<&str>| {
        let address = address.map(|address| address.parse().unwrap());
        LastUse { key_id, at: at(ms), address }
    };
    h.store.touch_keys(&[]).await.unwrap();
    let all = [used(first.id, 5_000, Some("203.0.113.7")), used(unknown, 9_000, None), used(second.id, 6_000, None)];
    h.store.touch_keys(&all).await.unwrap();
    // An earlier use that arrives later, from another node, changes nothing.
    let all = [used(first.id, 4_000, Some("::1")), used(second.id, 7_000, Some("2001:db8::1"))];
    h.store.touch_keys(&all).await.unwrap();
    let address = |text: &str| Some(text.to_owned());
    let want = ApiKey { last_used_at: Some(at(5_000)), last_used_address: address("203.0.113.7"), ..first.clone() };
    assert_eq!(key(h, first.hash).await, want);
    let want = ApiKey { last_used_at: Some(at(7_000)), last_used_address: address("2001:db8::1"), ..second };
    assert_eq!(key(h, want.hash).await, want);
    // A use of which nobody knows from where it came leaves the address.
    h.store.touch_keys(&[used(first.id, 8_000, None)]).await.unwrap();
    let want = ApiKey { last_used_at: Some(at(8_000)), last_used_address: address("203.0.113.7"), ..first };
    assert_eq!(key(h, want.hash).await, want);
}

pub(crate) async fn nodes_hear_how_keys_are_used_elsewhere(h: &Harness) {
    let (one, two) = (&h.store, h.another_node().await);
    let [a, b, c] = [1, 2, 3].map(|n| KeyId::from_bytes([n; 16]));
    let told = |key_id, used, full_at| KeyUse { key_id, used, full_at };
    // One process serves a SQLite database: it has nobody to hear.
    let heard = |all: &[(&str, KeyUse)]| {
        let all: Vec<_> = all.iter().map(|(node, told)| ((*node).to_owned(), *told)).collect();
        h.either(Vec::new(), all)
    };
    assert_eq!(one.exchange_key_use("one", &[]).await.unwrap(), []);
    let first = [told(b, 7, Some(h.now())), told(a, 5, None)];
    assert_eq!(one.exchange_key_use("one", &first).await.unwrap(), [], "nobody hears itself");
    let begun = told(a, i64::MAX, Some(h.now().plus_ms(1)));
    assert_eq!(two.exchange_key_use("two", &[told(c, 1, None), begun]).await.unwrap(), heard(&[("one", first[1])]));
    // The last word counts, also one that is lower: the node has begun anew.
    let anew = told(a, 0, Some(h.now().plus_s(2)));
    assert_eq!(one.exchange_key_use("one", &[anew]).await.unwrap(), heard(&[("two", begun)]));
    let mut all = two.exchange_key_use("three", &[told(b, 0, None), told(a, 0, None)]).await.unwrap();
    all.sort_by(|x, y| (x.1.key_id, &x.0).cmp(&(y.1.key_id, &y.0)));
    assert_eq!(all, heard(&[("one", anew), ("two", begun), ("one", first[0])]));
    two.close().await;
}

pub(crate) async fn what_was_told_of_keys_long_ago_is_forgotten(h: &Harness) {
    let full_at = [Some(-60_001), Some(-60_000), Some(60_000), Some(60_001), None]
        .map(|ms: Option<i64>| ms.map(|ms| h.now().plus_ms(ms)));
    let keys = [1, 2, 3, 4, 5].map(|n| KeyId::from_bytes([n; 16]));
    let told: Vec<_> =
        keys.into_iter().zip(full_at).map(|(key_id, full_at)| KeyUse { key_id, used: 1, full_at }).collect();
    h.store.exchange_key_use("one", &told).await.unwrap();
    assert_eq!(h.store.prune_key_use(h.now()).await.unwrap(), h.either(0, 3));
    let left = h.store.exchange_key_use("two", &told).await.unwrap();
    let mut left: Vec<_> = left.into_iter().map(|(_, told)| told).collect();
    left.sort_by_key(|told| told.key_id);
    assert_eq!(left, h.either(Vec::new(), told[1..3].to_vec()));
}

pub(crate) async fn an_instance_keeps_its_facts(h: &Harness) {
    assert_eq!(h.store.instance_value("public_url").await.unwrap(), None);
    for value in ["https://a.example", "https://a.example", "", "https://b.example/ü"] {
        h.store.set_instance_value("public_url", value).await.unwrap();
        h.store.set_instance_value("other", "x").await.unwrap();
        assert_eq!(h.store.instance_value("public_url").await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(h.another_node().await.instance_value("other").await.unwrap().as_deref(), Some("x"));
}

pub(crate) async fn a_changed_app_is_what_it_was_changed_to(h: &Harness) {
    let ((app, key), (other, others)) = (h.new_app(), h.new_app());
    h.store.create_app(&app, &key, None, &[]).await.unwrap();
    h.store.create_app(&other, &others, None, &[]).await.unwrap();
    let owner = h.ids.next(h.now());
    for (is_active, limit, owner) in [(false, Some(1), Some(owner)), (true, None, None), (true, Some(9), Some(owner))] {
        let changed = App {
            name: format!("Arcade {limit:?}"),
            is_active,
            rate_limit_per_s: limit,
            monthly_payments_max: limit.map(|limit| limit * 1_000_000),
            owner_user_id: owner,
            ..app.clone()
        };
        assert!(update_app(&h.store, &changed, &[]).await.unwrap());
        assert_eq!(h.store.find_app(app.id).await.unwrap().as_ref(), Some(&changed));
        assert_eq!(h.store.find_key(key.hash).await.unwrap(), Some((key.clone(), changed)));
    }
    // What an app is for, when it was made and how its webhooks are signed is not changed this way.
    let end = h.store.find_app(app.id).await.unwrap();
    let twisted = App {
        environment: Environment::Production,
        webhook_secret_sealed: vec![9],
        created_at: h.now().plus_s(1),
        deleted_at: Some(h.now()),
        ..end.clone().unwrap()
    };
    assert!(update_app(&h.store, &twisted, &[]).await.unwrap());
    assert_eq!(h.store.find_app(app.id).await.unwrap(), end);
    assert_eq!(h.store.find_app(other.id).await.unwrap(), Some(other));
}

pub(crate) async fn an_app_is_deleted_once_nobody_can_pay_it(h: &Harness) {
    let owner = user(h, "ada", Role::Admin).await.id;
    let (app, first) = h.new_app();
    h.clock.advance_ms(1);
    let (other, others) = h.new_app();
    let [app, other] = [app, other].map(|app| App { owner_user_id: Some(owner), ..app });
    h.store.create_app(&app, &first, None, &[]).await.unwrap();
    h.store.create_app(&other, &others, None, &[]).await.unwrap();
    let revoked = h.new_key(app.id);
    h.store.add_key(&revoked, Outgoing::None, h.now(), &[]).await.unwrap();
    h.store.revoke_key(app.id, revoked.id, h.now(), &[]).await.unwrap();
    let (payment, of_other) = (h.created(app.id).await, h.created(other.id).await);
    let delete = async || h.store.delete_app(app.id, h.now(), &[]).await.unwrap();
    for at in [h.now(), payment.expires_at.plus_ms(-1)] {
        h.set_clock(at);
        let before = h.everything().await;
        assert_eq!(delete().await, Deleted::HasPending);
        h.expect_unchanged(&before, "a refusal").await;
    }
    // Its time is over, whether that is stored or not.
    h.set_clock(payment.expires_at);
    assert_eq!(delete().await, Deleted::Yes);
    let deleted = App { is_active: false, deleted_at: Some(h.now()), ..app.clone() };
    assert_eq!(h.store.find_app(app.id).await.unwrap().as_ref(), Some(&deleted));
    assert_eq!(h.store.list_apps_of(owner).await.unwrap(), std::slice::from_ref(&other));
    assert_eq!(h.store.list_apps().await.unwrap(), [deleted.clone(), other.clone()]);
    assert_eq!(key(h, first.hash).await.revoked_at, Some(h.now()));
    assert_eq!(key(h, revoked.hash).await.revoked_at, Some(revoked.created_at), "since then, not since now");
    assert_eq!((key(h, others.hash).await, h.found(of_other.id).await), (others, of_other));
    assert_eq!(h.found(payment.id).await, payment);
    // What is deleted stays so.
    let before = h.everything().await;
    assert_eq!(delete().await, Deleted::NoApp);
    assert!(!update_app(&h.store, &app, &[]).await.unwrap());
    assert!(!h.store.set_app_active(app.id, true).await.unwrap());
    assert!(!h.store.add_key(&h.new_key(app.id), Outgoing::All, h.now(), &[]).await.unwrap());
    h.expect_unchanged(&before, "a refusal").await;
}

pub(crate) async fn a_new_key_ends_those_that_make_room_for_it(h: &Harness) {
    for outgoing in ["one", "all", "none", "of another app"] {
        let ((app, first), (other, others)) = (h.new_app(), h.new_app());
        h.store.create_app(&app, &first, None, &[]).await.unwrap();
        h.store.create_app(&other, &others, None, &[]).await.unwrap();
        let short = ApiKey { expires_at: Some(h.now().plus_s(5)), ..h.new_key(app.id) };
        let long = ApiKey { expires_at: Some(h.now().plus_s(500)), ..h.new_key(app.id) };
        for key in [&short, &long] {
            assert!(h.store.add_key(key, Outgoing::None, h.now(), &[]).await.unwrap());
        }
        let ends_at = Some(h.now().plus_s(60));
        let (which, want) = match outgoing {
            "one" => (Outgoing::One(long.id), [None, short.expires_at, ends_at]),
            "all" => (Outgoing::All, [ends_at, short.expires_at, ends_at]),
            "none" => (Outgoing::None, [None, short.expires_at, long.expires_at]),
            _ => (Outgoing::One(others.id), [None, short.expires_at, long.expires_at]),
        };
        let new = ApiKey { name: Some("Till 7".to_owned()), ..h.new_key(app.id) };
        assert!(h.store.add_key(&new, which, h.now().plus_s(60), &[]).await.unwrap());
        for (old, end) in [&first, &short, &long].into_iter().zip(want) {
            assert_eq!(key(h, old.hash).await.expires_at, end, "{outgoing}");
        }
        assert_eq!(key(h, new.hash).await, new);
        assert_eq!(key(h, others.hash).await, others, "{outgoing}");
    }
}

pub(crate) async fn an_app_has_so_many_working_keys_and_no_more(h: &Harness) {
    let (node, (app, first)) = (h.another_node().await, h.new_app());
    h.store.create_app(&app, &first, None, &[]).await.unwrap();
    let add = async |outgoing, ends_at| h.store.add_key(&h.new_key(app.id), outgoing, ends_at, &[]).await.unwrap();
    let racing = (0..2 * KEYS_MAX).map(|n| {
        let (key, store) = (h.new_key(app.id), if n % 2 == 0 { &h.store } else { &node });
        async move { store.add_key(&key, Outgoing::None, key.created_at, &[]).await.unwrap() }
    });
    let added = join_all(racing).await.into_iter().filter(|added| *added).count();
    assert_eq!(added, KEYS_MAX - 1);
    // One that goes on for a while leaves no room, and is not ended for nothing.
    let before = h.everything().await;
    for outgoing in [Outgoing::None, Outgoing::One(first.id), Outgoing::All] {
        assert!(!add(outgoing, h.now().plus_ms(1)).await, "{outgoing:?}");
        h.expect_unchanged(&before, &format!("{outgoing:?}")).await;
    }
    // One that ends at once does, and so does one that was revoked or has come to its end.
    assert!(add(Outgoing::One(first.id), h.now()).await && !add(Outgoing::None, h.now()).await);
    let keys = h.store.list_keys(app.id).await.unwrap();
    assert!(h.store.revoke_key(app.id, keys[5].id, h.now(), &[]).await.unwrap());
    let ending = ApiKey { expires_at: Some(h.now().plus_s(60)), ..h.new_key(app.id) };
    assert!(h.store.add_key(&ending, Outgoing::None, h.now(), &[]).await.unwrap());
    h.set_clock(h.now().plus_s(60).plus_ms(-1));
    assert!(!add(Outgoing::None, h.now()).await);
    h.clock.advance_ms(1);
    assert!(add(Outgoing::None, h.now()).await && !add(Outgoing::None, h.now()).await);
    node.close().await;
}

pub(crate) async fn a_key_is_changed_by_its_own_app_alone(h: &Harness) {
    let ((app, first), (other, _)) = (h.new_app(), h.new_app());
    h.store.create_app(&app, &first, None, &[]).await.unwrap();
    let named = ApiKey { name: Some("Till".to_owned()), expires_at: Some(h.now().plus_s(9)), ..first.clone() };
    assert!(!update_key(&h.store, &ApiKey { app_id: other.id, ..named.clone() }, &[]).await.unwrap());
    assert!(!h.store.revoke_key(other.id, first.id, h.now(), &[]).await.unwrap());
    assert_eq!(key(h, first.hash).await, first);
    assert!(update_key(&h.store, &named, &[]).await.unwrap());
    assert_eq!(key(h, first.hash).await, named);
    assert!(update_key(&h.store, &first, &[]).await.unwrap());
    assert_eq!(key(h, first.hash).await, first);
    assert!(h.store.revoke_key(app.id, first.id, h.now(), &[]).await.unwrap());
    assert!(!update_key(&h.store, &named, &[]).await.unwrap(), "what is revoked is not brought back");
    assert_eq!(key(h, first.hash).await, ApiKey { revoked_at: Some(h.now()), ..first });
}

pub(crate) async fn a_user_has_so_many_apps_and_no_more(h: &Harness) {
    let (node, owner) = (h.another_node().await, user(h, "ada", Role::Admin).await.id);
    let racing = (0..APPS_PER_USER_MAX + 20).map(|n| {
        let ((app, key), store) = (h.new_app(), if n % 2 == 0 { &h.store } else { &node });
        let app = App { owner_user_id: Some(owner), ..app };
        async move { store.create_app(&app, &key, None, &[]).await.unwrap() }
    });
    let made = join_all(racing).await.into_iter().filter(|made| *made).count();
    assert_eq!((made, h.store.list_apps_of(owner).await.unwrap().len()), (APPS_PER_USER_MAX, APPS_PER_USER_MAX));
    let make = async |owner| {
        let (app, key) = h.new_app();
        h.store.create_app(&App { owner_user_id: owner, ..app }, &key, None, &[]).await.unwrap()
    };
    let before = h.everything().await;
    assert!(!make(Some(owner)).await);
    h.expect_unchanged(&before, "a refusal").await;
    // Nobody's apps are not counted, and a deleted one makes room.
    assert!(make(None).await && make(Some(user(h, "bob", Role::Member).await.id)).await);
    let oldest = h.store.list_apps_of(owner).await.unwrap()[0].id;
    assert_eq!(h.store.delete_app(oldest, h.now(), &[]).await.unwrap(), Deleted::Yes);
    assert!(make(Some(owner)).await && !make(Some(owner)).await);
    node.close().await;
}

/// Makes an app what it is here, where that can be changed.
pub(crate) async fn update_app(store: &Store, app: &App, audit: &[AuditEntry]) -> Result<bool, StoreError> {
    let (wanted, audit) = (app.clone(), audit.to_vec());
    let change = move |app: &mut App| {
        *app = wanted;
        audit
    };
    Ok(store.change_app(app.id, change).await?.is_some())
}

/// The same for a key.
pub(crate) async fn update_key(store: &Store, key: &ApiKey, audit: &[AuditEntry]) -> Result<bool, StoreError> {
    let (wanted, audit) = (key.clone(), audit.to_vec());
    let change = move |key: &mut ApiKey| {
        *key = wanted;
        audit
    };
    Ok(store.change_key(key.app_id, key.id, change).await?.is_some())
}
