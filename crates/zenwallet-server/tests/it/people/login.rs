//! The way in.

use crate::people::text;
use crate::support::person::PASSWORD;
use crate::support::{Answer, TestApp};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use zenwallet_core::id::IdSource;
use zenwallet_core::user::Role;
use zenwallet_store::AuditFilter;

both_databases! {
    the_first_user_comes_by_the_printed_token_once,
    a_login_gives_tokens_that_work,
    whoever_is_unknown_is_told_what_a_wrong_password_is_told,
    guessing_is_slowed_down_and_the_owner_comes_in_all_the_same,
    a_password_is_taken_as_it_was_chosen,
    a_common_password_is_refused_wherever_one_is_chosen,
    a_password_is_good_after_400_days,
    nobody_is_known_in_a_new_gateway,
}

fn setup(token: &str) -> Value {
    json!({"token": token, "email": "Ada@Example.com", "name": "Ada", "password": PASSWORD})
}

async fn nobody_is_known_in_a_new_gateway(app: TestApp) {
    assert_eq!(app.store.list_users().await.unwrap(), []);
    for (email, password) in [("admin@example.com", "admin"), ("admin@localhost", "password"), ("root@localhost", "")] {
        app.try_log_in(email, password, json!({})).await.expect_error(401, "login_failed");
    }
}

async fn the_first_user_comes_by_the_printed_token_once(app: TestApp) {
    let is_open = async || app.get("/api/auth/setup").send().await.expect(200).json()["is_open"].clone();
    assert_eq!(is_open().await, true);
    let token = app.gateway.setup_token().await.unwrap().unwrap();
    let set_up = async |token: &str| app.post("/api/auth/setup").json(&setup(token)).send().await;
    for wrong in ["x", "", &token[1..], &format!("{token}x")] {
        let answer = set_up(wrong).await;
        assert!(["link_invalid", "parameter_missing"].contains(&answer.code().as_str()), "{}", answer.text());
    }
    let made = set_up(&token).await.expect(201).json();
    assert_eq!((text(&made["user"]["email"]), text(&made["user"]["role"])), ("ada@example.com", "admin"));
    assert_eq!(is_open().await, false);
    set_up(&token).await.expect_error(403, "setup_closed");
    assert_eq!(app.gateway.setup_token().await.unwrap(), None);
    app.log_in("ada@example.com").await;
    // Not even without any user is it open again.
    let other = app.second_node().await;
    let again = crate::support::Call::new(&other, axum::http::Method::POST, "/api/auth/setup").json(&setup(&token));
    again.send().await.expect_error(403, "setup_closed");
}

async fn a_login_gives_tokens_that_work(app: TestApp) {
    app.account("ada@example.com", Role::Member).await;
    let grant = app.try_log_in("ADA@example.com", PASSWORD, json!({})).await.expect(200).json();
    let person = crate::support::Person::of("ada@example.com", &grant);
    let me = app.get("/api/auth/me").person(&person).send().await.expect(200).json();
    assert_eq!(text(&me["user"]["email"]), "ada@example.com");
    assert_eq!(me["confirmed_until"], "2026-01-26T10:45:00Z");
    assert_eq!(
        (text(&grant["access_token_expires_at"]), text(&grant["session_expires_at"])),
        ("2026-01-26T10:50:00Z", "2026-02-02T10:35:00Z")
    );
    app.pass_s(15 * 60);
    app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_invalid");
    let body = json!({"refresh_token": person.refresh});
    let renewed = app.post("/api/auth/refresh").json(&body).send().await.expect(200).json();
    let person = crate::support::Person::of("ada@example.com", &renewed);
    app.get("/api/auth/me").person(&person).send().await.expect(200);
    app.get("/api/auth/me").send().await.expect_error(401, "session_missing");
    app.get("/api/auth/me").key(&app.a).send().await.expect_error(403, "not_for_keys");
}

/// How an answer looks to whoever must not learn anything from it.
fn outside(answer: &Answer) -> (u16, Value, Vec<String>) {
    let apart = ["request-id", "content-length"];
    let headers = answer.headers.iter().filter(|(name, _)| !apart.contains(&name.as_str()));
    (answer.status, answer.without_request_id(), headers.map(|(name, value)| format!("{name}: {value:?}")).collect())
}

async fn whoever_is_unknown_is_told_what_a_wrong_password_is_told(app: TestApp) {
    const SAMPLES: usize = 42;
    let id = app.account("closed@example.com", Role::Member).await;
    let mut closed = app.store.find_user(id).await.unwrap().unwrap();
    closed.is_active = false;
    app.account("admin@example.com", Role::Admin).await;
    app.store.update_user(&closed, app.clock.now(), Default::default()).await.unwrap();
    app.account("ada@example.com", Role::Member).await;
    let mut took: [Vec<Duration>; 3] = Default::default();
    let mut told = Vec::new();
    let cases = [
        ("nobody@example.com", "wrong password"),
        ("ada@example.com", "wrong password"),
        ("closed@example.com", PASSWORD),
    ];
    // In no order: a hash takes longer where its memory is not what the one before has left, so that a fixed order would
    // give the same case the longer one each time.
    let dice = IdSource::seeded(5);
    while took.iter().any(|took| took.len() < SAMPLES) {
        // No bucket is ever empty: an hour passes.
        app.pass_s(3_600);
        let mut throws = [0; 4];
        dice.fill(&mut throws);
        for case in throws.map(|thrown| usize::from(thrown) % cases.len()) {
            let (email, password) = cases[case];
            let began = Instant::now();
            let answer = app.try_log_in(email, password, json!({})).await.expect_error(401, "login_failed");
            took[case].push(began.elapsed());
            told.push(outside(&answer));
        }
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]));
    // Whatever else the machine does only makes one longer. Quiet, the shortest are within 1 ms; a hash takes 15.
    let [nobody, wrong, closed] = took.map(|took| took.into_iter().min().unwrap());
    for other in [wrong, closed] {
        assert!(nobody.abs_diff(other) < Duration::from_millis(5), "{nobody:?} {wrong:?} {closed:?}");
    }
}

async fn guessing_is_slowed_down_and_the_owner_comes_in_all_the_same(app: TestApp) {
    app.account("ada@example.com", Role::Member).await;
    let known = app.try_log_in("ada@example.com", PASSWORD, json!({"use_cookies": true})).await.expect(200);
    let cookies = known.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let device =
        cookies.filter_map(|line| line.split(';').next()).find(|pair| pair.contains("_device=")).unwrap().to_owned();
    let second = app.second_node().await;
    let guess = async |app: &zenwallet_server::App, from: &str| {
        let body = json!({"email": "ada@example.com", "password": "guess"});
        let call = crate::support::Call::new(app, axum::http::Method::POST, "/api/auth/login").json(&body);
        call.from(from).send().await
    };
    // Whatever the address and the node: ten guesses at once, then one a minute.
    for n in 0..10 {
        let node = if n % 2 == 0 { &app.app } else { &second };
        guess(node, &format!("203.0.113.{n}")).await.expect_error(401, "login_failed");
    }
    for n in 10..20 {
        let refused = guess(&app.app, &format!("203.0.113.{n}")).await.expect_error(429, "login_throttled");
        assert_eq!(refused.header("retry-after"), "60");
    }
    // From a browser that is new even the right password waits, and one that is known does not.
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let log_in = || app.post("/api/auth/login").json(&body);
    log_in().send().await.expect_error(429, "login_throttled");
    log_in().header("cookie", &device).send().await.expect(200);
    log_in().header("cookie", device.replace("device=", "device=x")).send().await.expect_error(429, "login_throttled");
    // A day of it is some 1 440 guesses, and the address that they come from is slowed down itself.
    let mut tried = 0;
    for _ in 0..120 {
        app.pass_s(1);
        tried += u32::from(guess(&app.app, "203.0.113.200").await.status == 401);
    }
    assert_eq!(tried, 2);
    app.account("bob@example.com", Role::Member).await;
    let mut let_in = 0;
    for n in 0..200 {
        let body = json!({"email": format!("somebody{n}@example.com"), "password": "guess"});
        let_in += u32::from(app.post("/api/auth/login").json(&body).from("203.0.113.201").send().await.status == 401);
    }
    assert_eq!(let_in, 50);
    let body = json!({"email": "bob@example.com", "password": PASSWORD});
    app.post("/api/auth/login").json(&body).from("203.0.113.202").send().await.expect(200);
    // What failed is written down, and never what was tried.
    let entries = app.store.list_audit(&AuditFilter::default(), None, 100).await.unwrap();
    let failed: Vec<_> = entries.iter().filter(|entry| entry.action.as_str() == "session.login_failed").collect();
    assert!(
        failed.len() >= 62 && entries.iter().all(|entry| !format!("{entry:?}").contains("guess")),
        "{}",
        failed.len()
    );
    assert!(failed.iter().any(|entry| entry.address.as_deref() == Some("203.0.113.3")));
}

async fn a_password_is_taken_as_it_was_chosen(app: TestApp) {
    app.account("ada@example.com", Role::Member).await;
    let upper = PASSWORD.to_uppercase();
    let wrong = [
        upper.as_str(),
        " correct horse battery staple",
        "correct horse battery staple ",
        "correct horse battery stapl",
        "correcthorsebatterystaple",
        "correct\u{a0}horse battery staple",
    ];
    for wrong in wrong {
        app.try_log_in("ada@example.com", wrong, json!({})).await.expect_error(401, "login_failed");
    }
    // Of any length up to the limit, of any characters, to the last of them.
    let mut present = PASSWORD.to_owned();
    for new in ["8 signs!", &"trolley ".repeat(16), "пароль 🦊 päßwörd"] {
        // What failed before is forgiven by then.
        app.pass_s(3_600);
        let new = new.trim_end();
        let body = json!({"current_password": present, "new_password": new});
        let person = app.try_log_in("ada@example.com", &present, json!({})).await.expect(200).json();
        let person = crate::support::Person::of("ada@example.com", &person);
        app.post("/api/auth/password").person(&person).json(&body).send().await.expect(200);
        let mut cut = new.to_owned();
        cut.pop();
        app.try_log_in("ada@example.com", &cut, json!({})).await.expect_error(401, "login_failed");
        app.try_log_in("ada@example.com", &present, json!({})).await.expect_error(401, "login_failed");
        present = new.to_owned();
    }
}

async fn a_common_password_is_refused_wherever_one_is_chosen(app: TestApp) {
    let token = app.gateway.setup_token().await.unwrap().unwrap();
    let cases = [
        ("short", "password_too_short"),
        ("password", "password_too_common"),
        ("zenwallet", "password_too_common"),
        ("adalovelace", "password_too_common"),
        ("ada@example.com", "password_too_common"),
    ];
    for (password, code) in cases {
        let mut body = setup(&token);
        (body["password"], body["name"]) = (password.into(), "Ada Lovelace".into());
        app.post("/api/auth/setup").json(&body).send().await.expect_error(400, code);
    }
    app.post("/api/auth/setup").json(&setup(&token)).send().await.expect(201);
    let admin = app.log_in("ada@example.com").await;
    for (password, code) in &cases[..3] {
        let body = json!({"current_password": PASSWORD, "new_password": password});
        app.post("/api/auth/password").person(&admin).json(&body).send().await.expect_error(400, code);
        let invited = json!({"email": "bob@example.com"});
        let invited = app.post("/api/users/invitations").person(&admin).json(&invited).send().await.expect(201).json();
        let token = text(&invited["url"]).rsplit('=').next().unwrap();
        let body = json!({"token": token, "name": "Bob", "password": password});
        app.post("/api/auth/invitations/accept").json(&body).send().await.expect_error(400, code);
        let link = format!("/api/users/{}/password/reset", admin.id);
        let link = app.post(link).person(&admin).send().await.expect(200).json();
        let token = text(&link["url"]).rsplit('=').next().unwrap();
        let body = json!({"token": token, "new_password": password});
        app.post("/api/auth/password/reset").json(&body).send().await.expect_error(400, code);
    }
}

async fn a_password_is_good_after_400_days(app: TestApp) {
    app.account("ada@example.com", Role::Member).await;
    app.pass_s(400 * 86_400);
    app.log_in("ada@example.com").await;
}
