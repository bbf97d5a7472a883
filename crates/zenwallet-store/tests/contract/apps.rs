//! Apps, their keys, and the instance's own facts.

use crate::harness::Harness;
use zenwallet_core::app::{ApiKey, App, Environment, KeyHash};
use zenwallet_core::id::KeyId;
use zenwallet_core::time::Timestamp;
use zenwallet_store::{KeyUse, Outgoing, StoreError};

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
    h.store.touch_keys(&[]).await.unwrap();
    h.store.touch_keys(&[(first.id, at(5_000)), (unknown, at(9_000)), (second.id, at(6_000))]).await.unwrap();
    // An earlier use that arrives later, from another node, changes nothing.
    h.store.touch_keys(&[(first.id, at(4_000)), (second.id, at(7_000))]).await.unwrap();
    assert_eq!(key(h, first.hash).await, ApiKey { last_used_at: Some(at(5_000)), ..first });
    assert_eq!(key(h, second.hash).await, ApiKey { last_used_at: Some(at(7_000)), ..second });
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
