//! Accounts: who makes them, changes them and closes them, and the links that are good once.

use crate::people::{audited, text};
use crate::support::authenticator::STEP_MS;
use crate::support::person::PASSWORD;
use crate::support::{Answer, Call, PUBLIC_URL, Person, TestApp, at_once};
use axum::http::Method;
use serde_json::{Value, json};
use zenwallet_core::app::KeyHash;
use zenwallet_core::limits::{CONFIRMED_S, INVITATION_S, PASSWORD_RESET_S};
use zenwallet_core::user::Role;

both_databases! {
    admins_make_change_and_close_accounts,
    an_invitation_is_good_once_and_for_a_while,
    a_newer_invitation_replaces_the_older,
    a_link_is_used_once_though_many_bring_it_to_two_nodes,
    a_link_to_a_new_password_logs_nobody_in,
    a_password_that_was_changed_since_voids_the_link,
    a_member_is_no_admin,
    two_admins_who_close_each_other_leave_one,
    nobody_sets_what_is_not_his_to_set,
    what_needs_a_fresh_proof_asks_for_one,
}

/// The token of a link.
fn token(link: &Value) -> &str {
    text(&link["url"]).split_once("#token=").unwrap().1
}

async fn invite(app: &TestApp, admin: &Person, body: Value) -> Answer {
    app.post("/api/users/invitations").person(admin).json(&body).send().await
}

async fn accept(app: &TestApp, token: &str) -> Answer {
    let body = json!({"token": token, "name": "Bob", "password": PASSWORD});
    app.post("/api/auth/invitations/accept").json(&body).send().await
}

async fn reset(app: &TestApp, token: &str, new: &str) -> Answer {
    let body = json!({"token": token, "new_password": new});
    app.post("/api/auth/password/reset").json(&body).send().await
}

async fn link_for(app: &TestApp, admin: &Person, user: &Person) -> Value {
    let path = format!("/api/users/{}/password/reset", user.id);
    app.post(path).person(admin).send().await.expect(200).json()
}

async fn admins_make_change_and_close_accounts(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    app.pass_ms(1);
    let invited = invite(&app, &admin, json!({"email": "Bob@Example.com"})).await.expect(201).json();
    assert!(text(&invited["url"]).starts_with(&format!("{PUBLIC_URL}/invitation#token=zwl_")), "{invited}");
    assert_eq!((text(&invited["email"]), text(&invited["role"])), ("bob@example.com", "member"));
    let listed = app.get("/api/users/invitations").person(&admin).send().await.expect(200);
    assert_eq!(listed.json()["data"].as_array().unwrap().len(), 1);
    assert!(!listed.text().contains(token(&invited)), "{}", listed.text());
    let made = accept(&app, token(&invited)).await.expect(201).json();
    assert_eq!((text(&made["user"]["email"]), text(&made["user"]["role"])), ("bob@example.com", "member"));
    let bob = Person::of("bob@example.com", &made);
    invite(&app, &admin, json!({"email": "BOB@example.com"})).await.expect_error(409, "email_taken");
    for (body, code) in [
        (json!({"email": "bob"}), "parameter_invalid"),
        (json!({"email": "c@example.com", "role": "root"}), "parameter_invalid"),
        (json!({}), "parameter_missing"),
    ] {
        invite(&app, &admin, body).await.expect_error(400, code);
    }

    let users = app.get("/api/users").person(&admin).send().await.expect(200);
    let emails: Vec<_> =
        users.json()["data"].as_array().unwrap().iter().map(|user| text(&user["email"]).to_owned()).collect();
    assert_eq!(emails, ["admin@example.com", "bob@example.com"]);
    assert!(!users.text().contains("argon2"), "{}", users.text());
    let path = format!("/api/users/{}", bob.id);
    let change = async |body: Value| {
        app.pass_ms(1);
        app.patch(&path).person(&admin).json(&body).send().await
    };
    let changed = change(json!({"role": "admin"})).await.expect(200).json();
    assert_eq!(changed["role"], "admin");
    // What he may do changes in the session that he has.
    app.get("/api/users").person(&bob).send().await.expect(200);
    assert_eq!(change(json!({"role": "member"})).await.expect(200).json()["role"], "member");
    app.get("/api/users").person(&bob).send().await.expect_error(403, "admin_required");
    change(json!({"role": null})).await.expect_error(400, "parameter_type_invalid");
    change(json!({"is_active": false})).await.expect(200);
    app.get("/api/auth/me").person(&bob).send().await.expect_error(401, "session_ended");

    let own = format!("/api/users/{}", admin.id);
    for body in [json!({"role": "member"}), json!({"is_active": false})] {
        app.patch(&own).person(&admin).json(&body).send().await.expect_error(409, "last_admin");
    }
    for (method, path) in [
        (Method::GET, "/api/users/usr_0000000000000000000001".to_owned()),
        (Method::GET, "/api/users/x".to_owned()),
        (Method::POST, "/api/users/usr_0000000000000000000001/logout".to_owned()),
        (Method::POST, "/api/users/usr_0000000000000000000001/totp/reset".to_owned()),
        (Method::POST, "/api/users/usr_0000000000000000000001/password/reset".to_owned()),
        (Method::POST, format!("/api/users/{}/logout", app.a.app_id)),
    ] {
        app.call(method, &path).person(&admin).send().await.expect_error(404, "user_not_found");
    }
    let revoke = async |id: &str| app.delete(format!("/api/users/invitations/{id}")).person(&admin).send().await;
    for id in [text(&invited["invitation_id"]), "lnk_0000000000000000000001", "x"] {
        revoke(id).await.expect_error(404, "invitation_not_found");
    }
    let entries = audited(&app, "user.changed").await;
    let told: Vec<_> = entries.iter().rev().map(|entry| (entry["before"].clone(), entry["after"].clone())).collect();
    let want = [
        (json!({"role": "member"}), json!({"role": "admin"})),
        (json!({"role": "admin"}), json!({"role": "member"})),
        (json!({"is_active": true}), json!({"is_active": false})),
    ];
    assert_eq!(told, want);
    assert!(entries.iter().all(|entry| entry["actor_id"] == admin.id.to_string()), "{entries:?}");
}

async fn an_invitation_is_good_once_and_for_a_while(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    let first = invite(&app, &admin, json!({"email": "bob@example.com", "role": "admin"})).await.expect(201).json();
    let hash = KeyHash::of(token(&first));
    assert!(app.store.find_link(hash).await.unwrap().is_some(), "its hash is what is kept");
    // A link for one thing is none for another.
    reset(&app, token(&first), "another horse battery").await.expect_error(400, "link_invalid");
    let weak = json!({"token": token(&first), "name": "Bob", "password": "password"});
    app.post("/api/auth/invitations/accept").json(&weak).send().await.expect_error(400, "password_too_common");
    let made = accept(&app, token(&first)).await.expect(201).json();
    assert_eq!(made["user"]["role"], "admin");
    accept(&app, token(&first)).await.expect_error(400, "link_invalid");
    for wrong in ["zwl_x", "x", &token(&first)[4..]] {
        accept(&app, wrong).await.expect_error(400, "link_invalid");
    }
    let late = invite(&app, &admin, json!({"email": "late@example.com"})).await.expect(201).json();
    let revoked = invite(&app, &admin, json!({"email": "revoked@example.com"})).await.expect(201).json();
    let path = format!("/api/users/invitations/{}", text(&revoked["invitation_id"]));
    app.delete(&path).person(&admin).send().await.expect(200);
    app.delete(&path).person(&admin).send().await.expect_error(404, "invitation_not_found");
    accept(&app, token(&revoked)).await.expect_error(400, "link_invalid");
    app.pass_s(INVITATION_S - 1);
    let just = invite(&app, &app.log_in(&admin.email).await, json!({"email": "just@example.com"})).await;
    app.pass_s(1);
    accept(&app, token(&late)).await.expect_error(400, "link_invalid");
    accept(&app, token(&just.expect(201).json())).await.expect(201);
    // The address was given an account meanwhile.
    let taken = invite(&app, &app.log_in(&admin.email).await, json!({"email": "eve@example.com"})).await.expect(201);
    app.account("eve@example.com", Role::Member).await;
    accept(&app, token(&taken.json())).await.expect_error(409, "email_taken");
}

async fn a_newer_invitation_replaces_the_older(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    let older = invite(&app, &admin, json!({"email": "bob@example.com", "role": "admin"})).await.expect(201).json();
    app.pass_ms(1);
    let newer = invite(&app, &admin, json!({"email": "bob@example.com"})).await.expect(201).json();
    app.pass_ms(1);
    let other = invite(&app, &admin, json!({"email": "eve@example.com"})).await.expect(201).json();
    accept(&app, token(&older)).await.expect_error(400, "link_invalid");
    let listed = app.get("/api/users/invitations").person(&admin).send().await.expect(200).json();
    let listed: Vec<_> = listed["data"].as_array().unwrap().iter().map(|link| link["invitation_id"].clone()).collect();
    assert_eq!(listed, [newer["invitation_id"].clone(), other["invitation_id"].clone()]);
    assert_eq!(accept(&app, token(&newer)).await.expect(201).json()["user"]["role"], "member");
    accept(&app, token(&other)).await.expect(201);
}

async fn a_link_is_used_once_though_many_bring_it_to_two_nodes(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let second = app.second_node().await;
    let invited = invite(&app, &admin, json!({"email": "bob@example.com"})).await.expect(201).json();
    let link = link_for(&app, &admin, &ada).await;
    let race = async |path: &str, body: &dyn Fn(u32) -> Value| {
        let calls = (0..20).map(|n| {
            let node = if n % 2 == 0 { &app.app } else { &second };
            Call::new(node, Method::POST, path).json(&body(n)).from(&format!("198.51.100.{n}")).send()
        });
        let answers = at_once(calls.collect::<Vec<_>>()).await;
        let done: Vec<_> = (0..20).filter(|n| answers[*n].status < 300).collect();
        assert!(answers.iter().all(|answer| answer.status < 500), "{answers:?}");
        assert_eq!(done.len(), 1, "{path}");
        done[0]
    };
    let bob = |n: u32| json!({"token": token(&invited), "name": format!("Bob {n}"), "password": PASSWORD});
    race("/api/auth/invitations/accept", &bob).await;
    assert_eq!(app.store.list_users().await.unwrap().len(), 3);
    let password = |n: usize| format!("another horse battery {n}");
    let body = |n: u32| json!({"token": token(&link), "new_password": password(n.try_into().unwrap())});
    let winner = race("/api/auth/password/reset", &body).await;
    app.try_log_in(&ada.email, &password(winner), json!({})).await.expect(200);
}

async fn a_link_to_a_new_password_logs_nobody_in(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let enrolled = app.enrol(&ada).await;
    let older = link_for(&app, &admin, &ada).await;
    let link = link_for(&app, &admin, &ada).await;
    assert!(text(&link["url"]).starts_with(&format!("{PUBLIC_URL}/reset-password#token=zwl_")), "{link}");
    let new = "another horse battery";
    reset(&app, token(&older), new).await.expect_error(400, "link_invalid");
    accept(&app, token(&link)).await.expect_error(400, "link_invalid");
    reset(&app, token(&link), "sunshine").await.expect_error(400, "password_too_common");
    let done = reset(&app, token(&link), new).await.expect(200);
    assert!(done.headers.get("set-cookie").is_none() && !done.text().contains("token"), "{}", done.text());
    reset(&app, token(&link), "a third horse battery").await.expect_error(400, "link_invalid");
    app.get("/api/auth/me").person(&enrolled.person).send().await.expect_error(401, "session_ended");
    app.try_log_in(&ada.email, PASSWORD, json!({})).await.expect_error(401, "login_failed");
    app.try_log_in(&ada.email, new, json!({})).await.expect_error(401, "totp_required");
    app.pass_ms(STEP_MS);
    let code = json!({"totp_code": enrolled.authenticator.now(&app)});
    app.try_log_in(&ada.email, new, code).await.expect(200);
    // An hour, to the second; and none for a closed account.
    let link = link_for(&app, &admin, &ada).await;
    app.pass_s(PASSWORD_RESET_S);
    reset(&app, token(&link), new).await.expect_error(400, "link_invalid");
    let admin = app.log_in(&admin.email).await;
    let link = link_for(&app, &admin, &ada).await;
    app.pass_s(PASSWORD_RESET_S - 1);
    let admin = app.log_in(&admin.email).await;
    let path = format!("/api/users/{}", ada.id);
    app.patch(&path).person(&admin).json(&json!({"is_active": false})).send().await.expect(200);
    reset(&app, token(&link), new).await.expect_error(400, "link_invalid");
    app.patch(&path).person(&admin).json(&json!({"is_active": true})).send().await.expect(200);
    reset(&app, token(&link), "a third horse battery").await.expect(200);
    assert_eq!(audited(&app, "password.reset_requested").await.len(), 4);
    assert_eq!(audited(&app, "password.changed").await.len(), 2);
}

async fn a_password_that_was_changed_since_voids_the_link(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let link = link_for(&app, &admin, &ada).await;
    app.pass_s(1);
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    app.post("/api/auth/password").person(&ada).json(&change).send().await.expect(200);
    // Who has an old message in hand has nothing.
    reset(&app, token(&link), "a third horse battery").await.expect_error(400, "link_invalid");
    app.try_log_in(&ada.email, "another horse battery", json!({})).await.expect(200);
}

async fn a_member_is_no_admin(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let invited = invite(&app, &admin, json!({"email": "bob@example.com"})).await.expect(201).json();
    let invitation = text(&invited["invitation_id"]);
    let user = format!("/api/users/{}", admin.id);
    let own = format!("/api/users/{}", ada.id);
    let app_id = app.app_of(&ada).await;
    let calls = [
        (Method::GET, "/api/users".to_owned(), Value::Null),
        (Method::GET, user.clone(), Value::Null),
        (Method::GET, own.clone(), Value::Null),
        (Method::GET, "/api/users/usr_0000000000000000000001".to_owned(), Value::Null),
        (Method::PATCH, own, json!({"role": "admin"})),
        (Method::PATCH, user.clone(), json!({"is_active": false})),
        (Method::POST, format!("{user}/logout"), Value::Null),
        (Method::POST, format!("{user}/totp/reset"), Value::Null),
        (Method::POST, format!("{user}/password/reset"), Value::Null),
        (Method::POST, "/api/users/invitations".to_owned(), json!({"email": "eve@example.com", "role": "admin"})),
        (Method::GET, "/api/users/invitations".to_owned(), Value::Null),
        (Method::DELETE, format!("/api/users/invitations/{invitation}"), Value::Null),
        (Method::GET, "/api/audit/export".to_owned(), Value::Null),
        (Method::POST, "/api/apps".to_owned(), json!({"name": "x", "environment": "test", "rate_limit": 5})),
        (Method::PATCH, format!("/api/apps/{app_id}"), json!({"rate_limit": 0})),
        (Method::PATCH, format!("/api/apps/{app_id}"), json!({"rate_limit": null})),
        (Method::PATCH, format!("/api/apps/{app_id}"), json!({"monthly_payments_max": null})),
        (Method::PATCH, format!("/api/apps/{app_id}"), json!({"owner_user_id": admin.id.to_string()})),
        (Method::PATCH, format!("/api/apps/{app_id}"), json!({"owner_user_id": null, "name": "x"})),
    ];
    for (method, path, body) in calls {
        let call = app.call(method.clone(), &path).person(&ada);
        let call = if body.is_null() { call } else { call.json(&body) };
        let answer = call.send().await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "admin_required"), "{method} {path}");
        // Nor is an app's key.
        let call = app.call(method.clone(), &path).key(&app.a);
        let call = if body.is_null() { call } else { call.json(&body) };
        assert_eq!(call.send().await.code(), "not_for_keys", "{method} {path}");
    }
    assert_eq!(app.store.list_users().await.unwrap().len(), 2);
    assert_eq!(app.store.find_app(app_id).await.unwrap().unwrap().name, "Theirs");
    accept(&app, token(&invited)).await.expect(201);
}

async fn two_admins_who_close_each_other_leave_one(app: TestApp) {
    let second = app.second_node().await;
    let mut one = app.person("admin", Role::Admin).await;
    for round in 0..5 {
        let two = app.person(&format!("admin{round}"), Role::Admin).await;
        let close = |node: &zenwallet_server::App, by: &Person, whom: &Person| {
            let call = Call::new(node, Method::PATCH, &format!("/api/users/{}", whom.id)).person(by);
            call.json(&json!({"is_active": false})).send()
        };
        let answers = at_once([close(&app.app, &one, &two), close(&second, &two, &one)]).await;
        assert!(answers.iter().all(|answer| answer.status < 500), "{answers:?}");
        let users = app.store.list_users().await.unwrap();
        let left: Vec<_> = users.iter().filter(|user| user.is_admin() && user.is_active).collect();
        assert_eq!(left.len(), 1, "{answers:?}");
        one = app.log_in(left[0].email.as_str()).await;
    }
}

async fn nobody_sets_what_is_not_his_to_set(app: TestApp) {
    let setup = app.gateway.setup_token().await.unwrap().unwrap();
    let person = json!({"email": "ada@example.com", "name": "Ada", "password": PASSWORD});
    let with = |body: &Value, name: &str, value: &Value| {
        let mut body = body.clone();
        body[name] = value.clone();
        body
    };
    let mut tried = 0;
    let forbidden = [
        ("id", json!("usr_0000000000000000000001")),
        ("user_id", json!("usr_0000000000000000000001")),
        ("role", json!("admin")),
        ("is_admin", json!(true)),
        ("is_active", json!(true)),
        ("owner_user_id", json!("usr_0000000000000000000001")),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("password_hash", json!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA")),
        ("has_totp", json!(false)),
        ("version", json!(1)),
        ("confirmed_at", json!("2030-01-01T00:00:00Z")),
        ("__proto__", json!({"role": "admin"})),
    ];
    let token = with(&person, "token", &json!(setup));
    for (name, value) in &forbidden {
        let refused = app.post("/api/auth/setup").json(&with(&token, name, value)).send().await;
        let refused = refused.expect_error(400, "parameter_unknown");
        assert_eq!(refused.error()["param"], *name);
        tried += 1;
    }
    app.post("/api/auth/setup").json(&token).send().await.expect(201);
    let admin = app.log_in("ada@example.com").await;
    let invited = invite(&app, &admin, json!({"email": "bob@example.com"})).await.expect(201).json();
    let link = link_for(&app, &admin, &admin).await;
    let acceptance = json!({"token": self::token(&invited), "name": "Bob", "password": PASSWORD});
    let bob = app.person("bo", Role::Member).await;
    let app_id = app.app_of(&bob).await;
    let keys = format!("/api/apps/{app_id}/keys");
    let made = app.post(&keys).person(&bob).json(&json!({})).send().await.expect(201).json();
    let key = format!("{keys}/{}", text(&made["key"]["key_id"]));
    // Of each route, what its body may hold besides the names above.
    let routes = [
        (Method::POST, "/api/auth/login".to_owned(), json!({"email": "ada@example.com", "password": PASSWORD}), None),
        (Method::POST, "/api/auth/invitations/accept".to_owned(), acceptance, None),
        (Method::POST, "/api/auth/refresh".to_owned(), json!({"refresh_token": admin.refresh}), None),
        (
            Method::POST,
            "/api/auth/password/reset".to_owned(),
            json!({"token": self::token(&link), "new_password": "another horse battery"}),
            None,
        ),
        (Method::PATCH, "/api/auth/me".to_owned(), json!({"name": "Bo"}), Some(&bob)),
        (Method::POST, "/api/auth/confirm".to_owned(), json!({"password": PASSWORD}), Some(&bob)),
        (
            Method::POST,
            "/api/auth/password".to_owned(),
            json!({"current_password": PASSWORD, "new_password": "another horse battery"}),
            Some(&bob),
        ),
        (Method::POST, "/api/auth/totp/confirm".to_owned(), json!({"totp_code": "123456"}), Some(&bob)),
        (Method::POST, "/api/auth/totp/start".to_owned(), json!({}), Some(&bob)),
        (Method::POST, "/api/auth/logout".to_owned(), json!({}), Some(&bob)),
        (Method::POST, "/api/apps".to_owned(), json!({"name": "x", "environment": "test"}), Some(&bob)),
        (Method::PATCH, format!("/api/apps/{app_id}"), json!({"name": "x"}), Some(&bob)),
        (Method::POST, keys, json!({"name": "x"}), Some(&bob)),
        (Method::POST, format!("{key}/rotate"), json!({"overlap": 0}), Some(&bob)),
        (Method::PATCH, key, json!({"name": "x"}), Some(&bob)),
        (Method::POST, "/api/users/invitations".to_owned(), json!({"email": "eve@example.com"}), Some(&admin)),
        (Method::PATCH, format!("/api/users/{}", bob.id), json!({}), Some(&admin)),
    ];
    for (method, path, body, by) in &routes {
        for (name, value) in &forbidden {
            let is_admins = path.starts_with("/api/users") && ["role", "is_active"].contains(name);
            let is_the_app_s = *path == format!("/api/apps/{app_id}") && ["is_active", "owner_user_id"].contains(name);
            if is_admins || is_the_app_s {
                continue;
            }
            let call = app.call(method.clone(), path).json(&with(body, name, value));
            let call = if let Some(person) = by { call.person(person) } else { call };
            let answer = call.send().await;
            assert_eq!(answer.code(), "parameter_unknown", "{method} {path} {name}: {}", answer.text());
            assert_eq!(answer.error()["param"], *name, "{method} {path}");
            app.clock.advance_ms(50);
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
    let users = app.store.list_users().await.unwrap();
    assert_eq!(users.iter().filter(|user| user.is_admin()).count(), 1);
    app.get("/api/auth/me").person(&bob).send().await.expect(200);
}

async fn what_needs_a_fresh_proof_asks_for_one(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let live = app.live.app_id;
    let key = app.key_id(&app.live.key).await;
    app.pass_s(CONFIRMED_S);
    let user = format!("/api/users/{}", ada.id);
    let other = app.log_in(&admin.email).await;
    let calls = [
        (Method::POST, "/api/auth/totp/start".to_owned(), Value::Null),
        (Method::POST, "/api/auth/totp/disable".to_owned(), Value::Null),
        (Method::POST, "/api/auth/recovery-codes".to_owned(), Value::Null),
        (Method::DELETE, format!("/api/auth/sessions/{}", other.session_id), Value::Null),
        (Method::PATCH, user.clone(), json!({"role": "admin"})),
        (Method::PATCH, user.clone(), json!({"is_active": false})),
        (Method::POST, format!("{user}/totp/reset"), Value::Null),
        (Method::POST, format!("{user}/password/reset"), Value::Null),
        (Method::POST, format!("{user}/logout"), Value::Null),
        (Method::POST, "/api/users/invitations".to_owned(), json!({"email": "eve@example.com"})),
        (Method::DELETE, format!("/api/apps/{live}"), Value::Null),
        (Method::POST, format!("/api/apps/{live}/keys"), json!({})),
        (Method::POST, format!("/api/apps/{live}/keys/{key}/rotate"), json!({})),
        (Method::PATCH, format!("/api/apps/{live}/keys/{key}"), json!({"name": "x"})),
        (Method::DELETE, format!("/api/apps/{live}/keys/{key}"), Value::Null),
        (Method::DELETE, format!("/api/apps/{}", app.a.app_id), Value::Null),
    ];
    for (method, path, body) in &calls {
        let call = app.call(method.clone(), path).person(&admin);
        let call = if body.is_null() { call } else { call.json(body) };
        let answer = call.send().await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "confirmation_required"), "{method} {path}");
    }
    // The same passes with one, on every node at once.
    let second = app.second_node().await;
    Call::new(&second, Method::GET, "/api/auth/me").person(&admin).send().await.expect(200);
    let prove = json!({"password": PASSWORD});
    let proved = app.post("/api/auth/confirm").person(&admin).json(&prove).send().await.expect(200).json();
    let proved = Person::of(&admin.email, &proved);
    let there = Call::new(&second, Method::POST, &format!("{user}/logout")).person(&proved).send().await;
    assert_eq!(there.expect(200).json()["count"], 1);
}
