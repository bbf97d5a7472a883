//! How long a session lasts, and what ends it.

use crate::people::text;
use crate::support::person::PASSWORD;
use crate::support::{Call, Person, TestApp, eventually};
use axum::http::Method;
use serde_json::json;
use std::time::Duration;
use zenwallet_core::limits::{SESSION_IDLE_S, SESSION_MAX_S, SESSIONS_MAX};
use zenwallet_core::time::Clock;
use zenwallet_core::user::Role;

both_databases! {
    a_stolen_refresh_token_ends_the_session,
    a_session_ends_when_it_rests_and_in_any_case,
    whoever_logs_out_is_out_at_once_on_every_node,
    a_closed_account_is_out_at_once,
    a_changed_password_ends_the_other_sessions_and_renews_this_one,
    a_proof_gives_new_tokens_and_the_old_ones_stop,
    a_user_sees_and_ends_his_own_sessions_alone,
    a_user_has_so_many_sessions,
    an_admin_logs_a_user_out_everywhere,
    the_console_logs_everybody_out,
}

async fn refresh(app: &TestApp, token: &str) -> crate::support::Answer {
    app.post("/api/auth/refresh").json(&json!({"refresh_token": token})).send().await
}

async fn a_stolen_refresh_token_ends_the_session(app: TestApp) {
    let person = app.person("ada", Role::Member).await;
    let renewed = Person::of(&person.email, &refresh(&app, &person.refresh).await.expect(200).json());
    assert_ne!(renewed.refresh, person.refresh);
    assert!(renewed.refresh.len() >= 43 + 4, "256 bits");
    app.get("/api/auth/me").person(&renewed).send().await.expect(200);
    // The thief, or the owner after the thief: nobody can tell, so both are out.
    refresh(&app, &person.refresh).await.expect_error(401, "refresh_token_reused");
    app.get("/api/auth/me").person(&renewed).send().await.expect_error(401, "session_ended");
    refresh(&app, &renewed.refresh).await.expect_error(401, "refresh_token_invalid");
    refresh(&app, &person.refresh).await.expect_error(401, "refresh_token_invalid");
    for nonsense in ["zwr_x", &person.access[..100], ""] {
        refresh(&app, nonsense).await.expect_error(401, "refresh_token_invalid");
    }
    // Other sessions of the same user go on.
    let other = app.log_in(&person.email).await;
    refresh(&app, &other.refresh).await.expect(200);
}

async fn a_session_ends_when_it_rests_and_in_any_case(app: TestApp) {
    let rested = app.person("ada", Role::Member).await;
    app.pass_s(SESSION_IDLE_S);
    refresh(&app, &rested.refresh).await.expect_error(401, "refresh_token_invalid");
    let mut busy = app.log_in("ada@example.com").await;
    let mut passed = 0;
    while passed < SESSION_MAX_S {
        passed += 6 * 86_400;
        app.pass_s(6 * 86_400);
        let answer = refresh(&app, &busy.refresh).await;
        if passed < SESSION_MAX_S {
            busy = Person::of("ada@example.com", &answer.expect(200).json());
        } else {
            answer.expect_error(401, "refresh_token_invalid");
        }
    }
}

async fn whoever_logs_out_is_out_at_once_on_every_node(app: TestApp) {
    let person = app.person("ada", Role::Member).await;
    let other = app.second_node().await;
    let there = || Call::new(&other, Method::GET, "/api/auth/me").bearer(&person.access).send();
    there().await.expect(200);
    app.post("/api/auth/logout").person(&person).send().await.expect(200);
    app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_ended");
    refresh(&app, &person.refresh).await.expect_error(401, "refresh_token_invalid");
    let knows = || async { (there().await.status == 401).then_some(()) };
    eventually("the other node knows", Duration::from_secs(1), knows).await;
    // The same for all of them.
    let (one, two) = (app.log_in("ada@example.com").await, app.log_in("ada@example.com").await);
    let ended = app.post("/api/auth/logout-all").person(&one).send().await.expect(200).json();
    assert_eq!(ended["count"], 2);
    for person in [one, two] {
        app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_ended");
    }
}

async fn a_closed_account_is_out_at_once(app: TestApp) {
    let (admin, person) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    app.get("/api/auth/me").person(&person).send().await.expect(200);
    let path = format!("/api/users/{}", person.id);
    app.patch(&path).person(&admin).json(&json!({"is_active": false})).send().await.expect(200);
    app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_ended");
    refresh(&app, &person.refresh).await.expect_error(401, "refresh_token_invalid");
    app.try_log_in(&person.email, PASSWORD, json!({})).await.expect_error(401, "login_failed");
    // Opened again, he logs in anew; what was ended stays so.
    app.patch(&path).person(&admin).json(&json!({"is_active": true})).send().await.expect(200);
    app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_ended");
    app.log_in(&person.email).await;
}

async fn a_changed_password_ends_the_other_sessions_and_renews_this_one(app: TestApp) {
    let (one, two) = (app.person("ada", Role::Member).await, app.log_in("ada@example.com").await);
    let change = |present: &str| json!({"current_password": present, "new_password": "another horse battery"});
    let wrong = app.post("/api/auth/password").person(&one).json(&change("guess")).send().await;
    wrong.expect_error(401, "login_failed");
    app.pass_s(2);
    let made = app.post("/api/auth/password").person(&one).json(&change(PASSWORD)).send().await.expect(200).json();
    let renewed = Person::of("ada@example.com", &made);
    assert_eq!(renewed.session_id, one.session_id);
    app.get("/api/auth/me").person(&renewed).send().await.expect(200);
    app.get("/api/auth/me").person(&one).send().await.expect_error(401, "session_invalid");
    app.get("/api/auth/me").person(&two).send().await.expect_error(401, "session_ended");
    app.try_log_in("ada@example.com", PASSWORD, json!({})).await.expect_error(401, "login_failed");
    app.try_log_in("ada@example.com", "another horse battery", json!({})).await.expect(200);
}

async fn a_proof_gives_new_tokens_and_the_old_ones_stop(app: TestApp) {
    let person = app.person("admin", Role::Admin).await;
    let invite = |person: &Person, email: &str| {
        app.post("/api/users/invitations").person(person).json(&json!({"email": email})).send()
    };
    invite(&person, "one@example.com").await.expect(201);
    app.pass_s(10 * 60);
    invite(&person, "two@example.com").await.expect_error(403, "confirmation_required");
    let confirm =
        |password: &str| app.post("/api/auth/confirm").person(&person).json(&json!({"password": password})).send();
    confirm("guess").await.expect_error(401, "login_failed");
    let confirmed = Person::of("admin@example.com", &confirm(PASSWORD).await.expect(200).json());
    invite(&confirmed, "two@example.com").await.expect(201);
    // Whoever copied the tokens from before has nothing.
    invite(&person, "three@example.com").await.expect_error(401, "session_invalid");
    refresh(&app, &confirmed.refresh).await.expect(200);
    refresh(&app, &person.refresh).await.expect_error(401, "refresh_token_reused");
}

async fn a_user_sees_and_ends_his_own_sessions_alone(app: TestApp) {
    let (one, other) = (app.person("ada", Role::Member).await, app.person("bob", Role::Member).await);
    app.clock.advance_ms(1);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let second =
        app.post("/api/auth/login").json(&body).header("user-agent", "curl/8").from("198.51.100.4").send().await;
    let second = Person::of("ada@example.com", &second.expect(200).json());
    let listed = app.get("/api/auth/sessions").person(&one).send().await.expect(200).json();
    let listed = listed["data"].as_array().unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|session| (text(&session["address"]), text(&session["user_agent"]), session["is_current"] == true))
        .collect();
    assert_eq!(shown, [("198.51.100.4", "curl/8", false), ("", "", true)]);
    let end = |person: &Person, id: String| app.delete(format!("/api/auth/sessions/{id}")).person(person).send();
    end(&other, second.session_id.to_string()).await.expect_error(404, "session_not_found");
    end(&one, "ses_x".to_owned()).await.expect_error(404, "session_not_found");
    app.pass_s(11 * 60);
    end(&one, second.session_id.to_string()).await.expect_error(403, "confirmation_required");
    let body = json!({"password": PASSWORD});
    let confirmed = app.post("/api/auth/confirm").person(&one).json(&body).send().await.expect(200).json();
    let one = Person::of("ada@example.com", &confirmed);
    end(&one, second.session_id.to_string()).await.expect(200);
    app.get("/api/auth/me").person(&second).send().await.expect_error(401, "session_ended");
    end(&one, one.session_id.to_string()).await.expect(200);
    app.get("/api/auth/me").person(&one).send().await.expect_error(401, "session_ended");
}

async fn a_user_has_so_many_sessions(app: TestApp) {
    let first = app.person("ada", Role::Member).await;
    let mut last = first.clone();
    for _ in 0..SESSIONS_MAX {
        app.clock.advance_ms(10);
        last = app.log_in("ada@example.com").await;
    }
    app.get("/api/auth/me").person(&first).send().await.expect_error(401, "session_ended");
    let listed = app.get("/api/auth/sessions").person(&last).send().await.expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), SESSIONS_MAX);
}

async fn an_admin_logs_a_user_out_everywhere(app: TestApp) {
    let (admin, one) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let two = app.log_in("ada@example.com").await;
    let path = format!("/api/users/{}/logout", one.id);
    app.post(&path).person(&one).send().await.expect_error(403, "admin_required");
    assert_eq!(app.post(&path).person(&admin).send().await.expect(200).json()["count"], 2);
    for person in [one, two] {
        app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_ended");
    }
    app.get("/api/auth/me").person(&admin).send().await.expect(200);
}

async fn the_console_logs_everybody_out(app: TestApp) {
    let people = [app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await];
    let (console, store) = app.gateway_on(Clock::Manual(app.clock.clone()), "console").await;
    let users = console.list_users_at_console().await.unwrap();
    assert_eq!(console.end_sessions_at_console(&users).await.unwrap(), 2);
    assert_eq!(console.end_sessions_at_console(&users).await.unwrap(), 0);
    for person in people {
        refresh(&app, &person.refresh).await.expect_error(401, "refresh_token_invalid");
        let is_out = || async { (app.get("/api/auth/me").person(&person).send().await.status == 401).then_some(()) };
        eventually("the node knows", Duration::from_secs(1), is_out).await;
        app.log_in(&person.email).await;
    }
    store.close().await;
}
