//! Apps and their keys in the hands of users.

use crate::people::{audited, text};
use crate::support::authenticator::codes;
use crate::support::{Answer, Call, Person, TestApp, at_once, id_of};
use axum::http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use zenwallet_core::id::AppId;
use zenwallet_core::limits::{APPS_PER_USER_MAX, CONFIRMED_S, KEYS_MAX};
use zenwallet_core::user::Role;

both_databases! {
    apps_and_keys_are_made_changed_and_ended,
    a_key_has_a_name_an_end_and_a_successor,
    a_rotation_that_finds_no_room_leaves_the_old_key_alone,
    two_who_change_one_app_at_once_both_have_their_way,
    a_revoked_key_is_refused_on_both_nodes_within_a_second_under_load,
    a_user_reads_what_his_apps_have_and_nothing_else,
    what_is_done_to_apps_and_keys_is_written_down_without_secrets,
}

async fn create(app: &TestApp, person: &Person, environment: &str) -> (AppId, String) {
    let body = json!({"name": "Arcade", "environment": environment});
    let made = app.post("/api/apps").person(person).json(&body).send().await.expect(201).json();
    (AppId::parse(text(&made["app"]["app_id"])).unwrap(), text(&made["api_key"]).to_owned())
}

async fn create_key(app: &TestApp, person: &Person, app_id: AppId, body: Value) -> Answer {
    app.post(format!("/api/apps/{app_id}/keys")).person(person).json(&body).send().await
}

/// What an app's key is told.
async fn ask(app: &TestApp, key: &str) -> String {
    app.get("/api/payments").bearer(key).send().await.code()
}

/// What it is told when nobody remembers what it was told before.
async fn ask_anew(app: &TestApp, key: &str) -> String {
    let fresh = app.second_node().await;
    Call::new(&fresh, Method::GET, "/api/payments").bearer(key).send().await.code()
}

async fn apps_and_keys_are_made_changed_and_ended(app: TestApp) {
    let (ada, bob) = (app.person("ada", Role::Member).await, app.person("bob", Role::Member).await);
    let (app_id, key) = create(&app, &ada, "test").await;
    let path = format!("/api/apps/{app_id}");
    let list = async |person: &Person| {
        let listed = app.get("/api/apps").person(person).send().await.expect(200).json();
        listed["data"].as_array().unwrap().len()
    };
    assert_eq!((list(&ada).await, list(&bob).await), (1, 0));
    let shown = app.get(&path).person(&ada).send().await.expect(200);
    assert_eq!(shown.json()["owner_user_id"], ada.id.to_string());
    assert!(!shown.text().contains(&key) && !shown.text().contains("whsec_"));
    assert_eq!(app.get(&path).bearer(&key).send().await.expect(200).json(), shown.json());
    let unknown = app.get("/api/apps/app_0000000000000000000001").person(&bob).send().await;
    let foreign = app.get(&path).person(&bob).send().await.expect_error(404, "app_not_found");
    assert_eq!(unknown.without_request_id(), foreign.without_request_id());

    // For which of his apps a user asks, he says.
    app.get("/api/payments").person(&ada).send().await.expect_error(400, "app_id_missing");
    let twice = format!("/api/payments?app_id={app_id}&app_id={app_id}");
    app.get(twice).person(&ada).send().await.expect_error(400, "parameter_duplicated");
    app.get("/api/payments?app_id=x").person(&ada).send().await.expect_error(404, "app_not_found");
    app.get(format!("/api/payments?app_id={app_id}")).bearer(&key).send().await.expect_error(400, "parameter_unknown");

    let change = async |body: Value| app.patch(&path).person(&ada).json(&body).send().await;
    assert_eq!(change(json!({"name": "Arcade 2"})).await.expect(200).json()["name"], "Arcade 2");
    change(json!({})).await.expect(200);
    for (body, code) in [
        (json!({"name": ""}), "parameter_invalid"),
        (json!({"name": null}), "parameter_type_invalid"),
        (json!({"environment": "production"}), "parameter_unknown"),
        (json!({"webhook_secret": "x"}), "parameter_unknown"),
    ] {
        change(body.clone()).await.expect_error(400, code);
    }
    change(json!({"is_active": false})).await.expect(200);
    assert_eq!(ask_anew(&app, &key).await, "app_disabled");
    // Who owns it looks at it all the same.
    app.get(format!("/api/payments?app_id={app_id}")).person(&ada).send().await.expect(200);
    change(json!({"is_active": true})).await.expect(200);
    assert_eq!(ask_anew(&app, &key).await, "");

    let keys = format!("{path}/keys");
    let nothing = "key_0000000000000000000001";
    for (method, path, by) in [
        (Method::PATCH, format!("{keys}/{nothing}"), &ada),
        (Method::DELETE, format!("{keys}/{nothing}"), &ada),
        (Method::POST, format!("{keys}/{nothing}/rotate"), &ada),
        (Method::DELETE, format!("{keys}/{}", app.key_id(&app.a.key).await), &ada),
    ] {
        let call = app.call(method.clone(), &path).person(by);
        let call = if method == Method::DELETE { call } else { call.json(&json!({})) };
        call.send().await.expect_error(404, "key_not_found");
    }
    for _ in 1..KEYS_MAX {
        create_key(&app, &ada, app_id, json!({})).await.expect(201);
    }
    create_key(&app, &ada, app_id, json!({})).await.expect_error(409, "key_limit");
    create_key(&app, &bob, app_id, json!({})).await.expect_error(404, "app_not_found");

    for _ in 1..APPS_PER_USER_MAX {
        create(&app, &ada, "test").await;
        app.pass_ms(20);
    }
    let body = json!({"name": "Arcade", "environment": "test"});
    app.post("/api/apps").person(&ada).json(&body).send().await.expect_error(409, "app_limit");

    let pay = json!({"amount": 5, "currency": "COINS"});
    let made = app.post("/api/payments/create").bearer(&key).json(&pay).send().await.expect(201).json();
    let page = format!("/pay/{}", id_of(&made));
    app.delete(&path).person(&ada).send().await.expect_error(409, "app_has_pending_payments");
    app.delete(&path).person(&bob).send().await.expect_error(404, "app_not_found");
    app.post(format!("/api/payments/{}/cancel", id_of(&made))).bearer(&key).send().await.expect(200);
    app.delete(&path).person(&ada).send().await.expect(200);
    for (method, path) in [(Method::GET, path.as_str()), (Method::DELETE, &path), (Method::GET, &keys)] {
        app.call(method, path).person(&ada).send().await.expect_error(404, "app_not_found");
    }
    app.get(format!("/api/payments?app_id={app_id}")).person(&ada).send().await.expect_error(404, "app_not_found");
    let admin = app.person("admin", Role::Admin).await;
    app.get(&path).person(&admin).send().await.expect_error(404, "app_not_found");
    app.patch(&path).person(&admin).json(&json!({"is_active": true})).send().await.expect_error(404, "app_not_found");
    assert_eq!(ask_anew(&app, &key).await, "api_key_revoked");
    assert_eq!(list(&ada).await, APPS_PER_USER_MAX - 1);
    // What was paid stays in the books, and whoever has its address sees how it ended.
    app.get(&page).send().await.expect(200);
    assert!(app.store.find_app(app_id).await.unwrap().unwrap().deleted_at.is_some());
    create(&app, &ada, "test").await;
}

async fn a_key_has_a_name_an_end_and_a_successor(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let (app_id, first) = create(&app, &ada, "test").await;
    let keys = format!("/api/apps/{app_id}/keys");
    let body = json!({"name": "Billing", "expires_at": "2026-01-26T11:35:00Z"});
    let made = create_key(&app, &ada, app_id, body).await.expect(201).json();
    let (key, id) = (text(&made["api_key"]).to_owned(), text(&made["key"]["key_id"]).to_owned());
    assert_eq!((text(&made["key"]["name"]), text(&made["key"]["status"])), ("Billing", "active"));
    assert_eq!(text(&made["key"]["key"]), format!("sk_test_…{}", &key[47..]));
    let listed = app.get(&keys).person(&ada).send().await.expect(200);
    assert!(!listed.text().contains(&key) && !listed.text().contains(&first), "{}", listed.text());
    for (end, code) in [
        ("2026-01-26T10:35:00Z", "parameter_out_of_range"),
        ("2025-01-26T10:35:00Z", "parameter_out_of_range"),
        ("2056-01-26T10:35:00Z", "parameter_out_of_range"),
        ("tomorrow", "parameter_invalid"),
    ] {
        create_key(&app, &ada, app_id, json!({"expires_at": end})).await.expect_error(400, code);
    }
    let change = async |id: &str, body: Value| app.patch(format!("{keys}/{id}")).person(&ada).json(&body).send().await;
    assert_eq!(change(&id, json!({"name": "Till"})).await.expect(200).json()["expires_at"], "2026-01-26T11:35:00Z");
    let changed = change(&id, json!({"expires_at": null, "name": null})).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["expires_at"]), (&Value::Null, &Value::Null));
    change(&id, json!({"expires_at": "2026-01-26T10:36:00Z"})).await.expect(200);
    assert_eq!(ask_anew(&app, &key).await, "");
    app.pass_s(60);
    assert_eq!(ask(&app, &key).await, "api_key_expired");
    // What has come to its end is not brought back.
    for end in [json!(null), json!("2026-01-27T10:36:00Z")] {
        change(&id, json!({"expires_at": end})).await.expect_error(400, "parameter_out_of_range");
    }
    assert_eq!(change(&id, json!({"name": "Old"})).await.expect(200).json()["status"], "expired");
    assert_eq!(ask_anew(&app, &key).await, "api_key_expired");

    let rotate =
        async |id: &str, body: Value| app.post(format!("{keys}/{id}/rotate")).person(&ada).json(&body).send().await;
    let first_id = app.key_id(&first).await.to_string();
    for overlap in [-1, 7 * 86_400 + 1] {
        rotate(&first_id, json!({"overlap": overlap})).await.expect_error(400, "parameter_out_of_range");
    }
    let second = rotate(&first_id, json!({"overlap": 60})).await.expect(201).json();
    let second = text(&second["api_key"]).to_owned();
    assert_eq!((ask(&app, &first).await, ask(&app, &second).await), (String::new(), String::new()));
    app.pass_s(59);
    assert_eq!(ask_anew(&app, &first).await, "");
    app.pass_s(1);
    assert_eq!((ask_anew(&app, &first).await, ask(&app, &second).await), ("api_key_expired".to_owned(), String::new()));
    let second_id = app.key_id(&second).await.to_string();
    let third = rotate(&second_id, json!({"overlap": 0})).await.expect(201).json();
    let third = text(&third["api_key"]).to_owned();
    assert_eq!(ask_anew(&app, &second).await, "api_key_expired");
    let third_id = app.key_id(&third).await.to_string();
    let end = async || app.delete(format!("{keys}/{third_id}")).person(&ada).send().await.expect(200).json();
    assert_eq!(ask(&app, &third).await, "");
    let ended = end().await;
    // At once on the node that was asked, though it has just let the key in.
    assert_eq!((ask(&app, &third).await.as_str(), text(&ended["status"])), ("api_key_revoked", "revoked"));
    app.pass_s(60);
    assert_eq!(end().await, ended);
    change(&third_id, json!({"name": "x"})).await.expect_error(404, "key_not_found");
    // A key does not look after keys.
    let made = create_key(&app, &ada, app_id, json!({})).await.expect(201).json();
    let key = text(&made["api_key"]);
    app.post(&keys).bearer(key).json(&json!({})).send().await.expect_error(403, "not_for_keys");
    app.get(&keys).bearer(key).send().await.expect(200);
    app.get(format!("/api/apps/{}/keys", app.a.app_id)).bearer(key).send().await.expect_error(404, "app_not_found");
}

async fn a_rotation_that_finds_no_room_leaves_the_old_key_alone(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let (app_id, first) = create(&app, &ada, "test").await;
    for _ in 1..KEYS_MAX {
        create_key(&app, &ada, app_id, json!({})).await.expect(201);
    }
    let path = format!("/api/apps/{app_id}/keys/{}/rotate", app.key_id(&first).await);
    app.post(&path).person(&ada).json(&json!({"overlap": 60})).send().await.expect_error(409, "key_limit");
    // Nor does the console say a key that nobody keeps.
    assert!(app.gateway.rotate_key(app_id, 60).await.is_err());
    app.pass_s(3_600);
    assert_eq!(ask_anew(&app, &first).await, "");
    app.post(&path).person(&app.log_in(&ada.email).await).json(&json!({"overlap": 0})).send().await.expect(201);
    assert_eq!(ask_anew(&app, &first).await, "api_key_expired");
}

async fn two_who_change_one_app_at_once_both_have_their_way(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let second = app.second_node().await;
    let (app_id, key) = create(&app, &ada, "test").await;
    let path = format!("/api/apps/{app_id}");
    let mut key_id = app.key_id(&key).await.to_string();
    for round in 1..=20 {
        app.pass_s(1);
        let (name, limit) = (format!("Arcade {round}"), round * 10);
        let send = |node: &zenwallet_server::App, by: &Person, method: Method, path: &str, body: Value| {
            Call::new(node, method, path).person(by).json(&body).send()
        };
        let answers = at_once([
            send(&app.app, &ada, Method::PATCH, &path, json!({"name": name})),
            send(&second, &admin, Method::PATCH, &path, json!({"rate_limit": limit})),
            send(&app.app, &ada, Method::PATCH, &path, json!({"is_active": round % 2 == 0})),
        ]);
        assert!(answers.await.iter().all(|answer| answer.status == 200));
        let now = app.store.find_app(app_id).await.unwrap().unwrap();
        assert_eq!((now.name, now.rate_limit_per_s, now.is_active), (name, Some(limit), round % 2 == 0), "{round}");
        // Who calls a key something else does not undo that it ends.
        let keys = format!("{path}/keys/{key_id}");
        let answers = at_once([
            send(&app.app, &ada, Method::PATCH, &keys, json!({"name": format!("Till {round}")})),
            send(&second, &admin, Method::POST, &format!("{keys}/rotate"), json!({"overlap": 0})),
        ])
        .await;
        let [_, rotated] = answers.as_slice() else { panic!() };
        let listed = app.store.list_keys(app_id).await.unwrap();
        let old = listed.iter().find(|key| key.id.to_string() == key_id).unwrap();
        assert!(old.expires_at.is_some_and(|at| at <= app.clock.now()), "{round}: {old:?}");
        key_id = text(&rotated.json()["key"]["key_id"]).to_owned();
    }
}

async fn a_revoked_key_is_refused_on_both_nodes_within_a_second_under_load(app: TestApp) {
    const TASKS: usize = 24;
    let ada = app.person("ada", Role::Member).await;
    let second = app.second_node().await;
    let (app_id, first) = create(&app, &ada, "test").await;
    let admin = app.person("admin", Role::Admin).await;
    let unlimited = json!({"rate_limit": 0});
    app.patch(format!("/api/apps/{app_id}")).person(&admin).json(&unlimited).send().await.expect(200);
    for round in 0..3 {
        let made = create_key(&app, &ada, app_id, json!({})).await.expect(201).json();
        let (key, id) = (text(&made["api_key"]).to_owned(), text(&made["key"]["key_id"]).to_owned());
        let is_over = Arc::new(AtomicBool::new(false));
        let tasks: Vec<_> = (0..TASKS)
            .map(|n| {
                let node = if n % 2 == 0 { app.app.clone() } else { second.clone() };
                let (key, other, is_over) = (key.clone(), first.clone(), Arc::clone(&is_over));
                tokio::spawn(async move {
                    let (mut last_in, mut let_in, mut refused) = (Instant::now(), 0_u32, 0_u32);
                    while !is_over.load(Ordering::Relaxed) {
                        let began = Instant::now();
                        let status = Call::new(&node, Method::GET, "/api/payments").bearer(&key).send().await.status;
                        match status {
                            200 => (last_in, let_in) = (began, let_in + 1),
                            401 => refused += 1,
                            status => panic!("{status}"),
                        }
                        let beside = Call::new(&node, Method::GET, "/api/payments").bearer(&other).send().await;
                        beside.expect(200);
                    }
                    (last_in, let_in, refused)
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        app.delete(format!("/api/apps/{app_id}/keys/{id}")).person(&ada).send().await.expect(200);
        let revoked = Instant::now();
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        is_over.store(true, Ordering::Relaxed);
        for task in tasks {
            let (last_in, let_in, refused) = task.await.unwrap();
            assert!(let_in > 0 && refused > 0, "{round}: {let_in} {refused}");
            let late = last_in.saturating_duration_since(revoked);
            assert!(late < Duration::from_secs(1), "{round}: let in {late:?} later");
        }
    }
}

async fn a_user_reads_what_his_apps_have_and_nothing_else(app: TestApp) {
    let (ada, bob) = (app.person("ada", Role::Member).await, app.person("bob", Role::Member).await);
    let admin = app.person("admin", Role::Admin).await;
    let (app_id, key) = create(&app, &ada, "test").await;
    let (other, _) = create(&app, &ada, "test").await;
    let pay = json!({"amount": 5, "currency": "COINS", "reference_id": "R1"});
    let made = app.post("/api/payments/create").bearer(&key).json(&pay).send().await.expect(201).json();
    let payment = id_of(&made);
    let endpoint = json!({"url": "https://hooks.example/"});
    let endpoint = app.post("/api/webhooks/endpoints").bearer(&key).json(&endpoint).send().await.expect(201).json();
    let endpoint = text(&endpoint["endpoint_id"]).to_owned();
    let paths = [
        "/api/payments".to_owned(),
        "/api/payments?limit=5&reference_id=R1".to_owned(),
        "/api/payments/export".to_owned(),
        format!("/api/payments/{payment}"),
        format!("/api/payments/{payment}/qr.svg"),
        "/api/webhooks/endpoints".to_owned(),
        format!("/api/webhooks/endpoints/{endpoint}"),
        "/api/webhooks/deliveries".to_owned(),
        "/api/webhooks/queue".to_owned(),
        "/api/analytics/overview".to_owned(),
        "/api/analytics/volume".to_owned(),
        "/api/analytics/status".to_owned(),
        "/api/events".to_owned(),
    ];
    for path in &paths {
        let with = |id: AppId| format!("{path}{}app_id={id}", if path.contains('?') { '&' } else { '?' });
        let own = app.get(path).bearer(&key).send().await.expect(200);
        for person in [&ada, &admin] {
            let seen = app.get(with(app_id)).person(person).send().await.expect(200);
            assert_eq!(without_apps(&seen, app_id), own.text(), "{path}");
        }
        let foreign = app.get(with(app_id)).person(&bob).send().await.expect_error(404, "app_not_found");
        let nothing = with(AppId::parse("app_0000000000000000000001").unwrap());
        let unknown = app.get(nothing).person(&bob).send().await;
        assert_eq!(foreign.without_request_id(), unknown.without_request_id(), "{path}");
        app.get(path).person(&ada).send().await.expect_error(400, "app_id_missing");
        // As another of his apps he sees nothing of this one.
        let beside = app.get(with(other)).person(&ada).send().await;
        assert!(!beside.text().contains(&payment) && !beside.text().contains(&endpoint), "{path}");
        app.pass_ms(100);
    }
    // A user acts for his app as its key does, and the audit log tells who it was.
    let cancel = format!("/api/payments/{payment}/cancel?app_id=");
    app.post(format!("{cancel}{other}")).person(&ada).send().await.expect_error(404, "payment_not_found");
    app.post(format!("{cancel}{app_id}")).person(&bob).send().await.expect_error(404, "app_not_found");
    app.post(format!("{cancel}{app_id}")).person(&ada).send().await.expect(200);
    let [entry] = audited(&app, "payment.canceled").await.try_into().unwrap();
    assert_eq!((text(&entry["actor_name"]), text(&entry["target"])), ("ada@example.com", payment.as_str()));
    // Given to another, it is his alone.
    let give = json!({"owner_user_id": bob.id.to_string()});
    app.patch(format!("/api/apps/{app_id}")).person(&admin).json(&give).send().await.expect(200);
    let path = format!("/api/payments?app_id={app_id}");
    app.get(&path).person(&ada).send().await.expect_error(404, "app_not_found");
    app.get(&path).person(&bob).send().await.expect(200);
    let nobody = json!({"owner_user_id": "usr_0000000000000000000001"});
    let unknown = app.patch(format!("/api/apps/{app_id}")).person(&admin).json(&nobody).send().await;
    unknown.expect_error(404, "user_not_found");
}

/// What a user reads without what tells him whose it is.
fn without_apps(seen: &Answer, app_id: AppId) -> String {
    let text = seen.text().replace(&format!(",\"app_id\":\"{app_id}\""), "");
    let text = text.replace(",\"apps\":{\"active\":1,\"enabled\":1}", "");
    text.replace(",app_id\r\n", "\r\n").replace(&format!(",{app_id}\r\n"), "\r\n")
}

async fn what_is_done_to_apps_and_keys_is_written_down_without_secrets(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let body = json!({"name": "Arcade", "environment": "production"});
    let made = app.post("/api/apps").person(&ada).json(&body).from("203.0.113.5").send().await.expect(201);
    let (request, made) = (made.header("request-id").to_owned(), made.json());
    let (app_id, first) = (text(&made["app"]["app_id"]).to_owned(), text(&made["api_key"]).to_owned());
    let path = format!("/api/apps/{app_id}");
    let mut secrets = vec![first.clone(), text(&made["webhook_secret"]).to_owned()];
    app.pass_ms(1);
    app.patch(&path).person(&ada).json(&json!({"name": "Hall"})).send().await.expect(200);
    app.pass_ms(1);
    app.patch(&path).person(&admin).json(&json!({"rate_limit": 7, "monthly_payments_max": 9})).send().await.expect(200);
    app.pass_ms(1);
    let named = json!({"name": "Till"});
    app.pass_ms(1);
    let key = app.post(format!("{path}/keys")).person(&ada).json(&named).send().await.expect(201).json();
    let id = text(&key["key"]["key_id"]).to_owned();
    app.pass_ms(1);
    app.patch(format!("{path}/keys/{id}")).person(&ada).json(&json!({"name": "Till 2"})).send().await.expect(200);
    app.pass_ms(1);
    let rotated = app.post(format!("{path}/keys/{id}/rotate")).person(&ada).json(&json!({})).send().await;
    app.pass_ms(1);
    let rotated = rotated.expect(201).json();
    app.pass_ms(1);
    app.delete(format!("{path}/keys/{id}")).person(&ada).send().await.expect(200);
    app.pass_ms(1);
    let secret = app.post(format!("{path}/webhook-secret/rotate?app_id={app_id}")).person(&ada).send().await;
    secrets.extend([text(&key["api_key"]).to_owned(), text(&rotated["api_key"]).to_owned()]);
    if secret.status == 200 {
        secrets.push(text(&secret.json()["webhook_secret"]).to_owned());
    }
    app.pass_s(CONFIRMED_S);
    app.delete(&path).person(&ada).send().await.expect_error(403, "confirmation_required");
    let ada = app.log_in(&ada.email).await;
    app.delete(&path).person(&ada).send().await.expect(200);

    let listed = app.get("/api/audit?limit=100").person(&app.log_in(&admin.email).await).send().await.expect(200);
    for secret in &secrets {
        let hash = zenwallet_core::app::KeyHash::of(secret).0.map(|byte| format!("{byte:02x}")).concat();
        assert!(!listed.text().contains(secret) && !listed.text().contains(&hash), "{}", listed.text());
    }
    let entries = listed.json()["data"].as_array().unwrap().clone();
    let of_app: Vec<_> = entries.iter().rev().filter(|entry| entry["app_id"] == app_id.as_str()).collect();
    let told: Vec<_> = of_app.iter().map(|entry| (text(&entry["action"]), text(&entry["actor_name"]))).collect();
    let want =
        ["app.created", "key.created", "app.changed", "app.changed", "key.created", "key.changed", "key.rotated"];
    let mut actions: Vec<_> = told.iter().map(|(action, _)| *action).collect();
    // The first two are of one act.
    actions[..2].sort_unstable();
    assert_eq!(actions[..7], want);
    assert_eq!(told[3].1, "admin@example.com");
    assert!(told.contains(&("key.revoked", "ada@example.com")) && told.contains(&("app.deleted", "ada@example.com")));
    assert_eq!((text(&of_app[0]["address"]), text(&of_app[0]["request_id"])), ("203.0.113.5", request.as_str()));
    let pairs = [
        (2, json!({"name": "Arcade"}), json!({"name": "Hall"})),
        (
            3,
            json!({"rate_limit_per_s": null, "monthly_payments_max": null}),
            json!({"rate_limit_per_s": 7, "monthly_payments_max": 9}),
        ),
        (5, json!({"name": "Till"}), json!({"name": "Till 2"})),
    ];
    for (at, before, after) in pairs {
        assert_eq!((&of_app[at]["before"], &of_app[at]["after"]), (&before, &after));
    }
    assert_eq!(codes(&json!([of_app[4]["target"]])), [id]);
}
