//! The second factor.

use crate::people::{audited, text};
use crate::support::authenticator::{Authenticator, STEP_MS, codes};
use crate::support::person::PASSWORD;
use crate::support::{Answer, Call, Person, TestApp, at_once, options, scan};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use zenwallet_core::limits::{CONFIRMED_S, RECOVERY_CODES};
use zenwallet_core::time::Clock;
use zenwallet_core::user::{Role, TotpRule};
use zenwallet_server::App as ServedApp;

both_databases! {
    a_second_factor_is_set_up_asked_for_and_taken_away,
    a_code_of_the_step_before_and_after_is_taken_and_no_other,
    a_code_is_taken_once_though_a_hundred_bring_it_to_two_nodes,
    a_recovery_code_is_hard_to_guess_and_good_once,
    a_recovery_code_is_taken_once_on_two_nodes,
    an_admin_takes_a_lost_second_factor_away_and_never_sees_one,
    who_guesses_codes_has_five_and_one_in_five_minutes,
    a_change_of_the_second_factor_is_no_new_proof,
    a_secret_is_nowhere_in_clear,
    whoever_must_have_a_second_factor_reaches_nothing_without_one,
}

async fn start(app: &TestApp, person: &Person) -> Value {
    app.post("/api/auth/totp/start").person(person).send().await.expect(200).json()
}

async fn confirm(app: &TestApp, person: &Person, code: &str) -> Answer {
    app.post("/api/auth/totp/confirm").person(person).json(&json!({"totp_code": code})).send().await
}

async fn account(app: &TestApp, person: &Person) -> Value {
    app.get("/api/auth/me").person(person).send().await.expect(200).json()
}

async fn log_in(app: &TestApp, more: Value) -> Answer {
    app.try_log_in("ada@example.com", PASSWORD, more).await
}

async fn a_second_factor_is_set_up_asked_for_and_taken_away(app: TestApp) {
    let person = app.person("ada", Role::Member).await;
    let post = async |person: &Person, path: &str| app.post(path).person(person).send().await;
    confirm(&app, &person, "123456").await.expect_error(409, "totp_not_started");
    post(&person, "/api/auth/recovery-codes").await.expect_error(409, "totp_not_started");
    post(&person, "/api/auth/totp/disable").await.expect_error(409, "totp_not_started");

    let (first, begun) = (start(&app, &person).await, start(&app, &person).await);
    let (url, secret) = (text(&begun["otpauth_url"]), text(&begun["secret"]));
    assert_ne!(first["secret"], begun["secret"]);
    assert!(url.starts_with("otpauth://totp/ZenWallet:ada%40example.com?"), "{url}");
    assert!(url.contains(&format!("secret={secret}")) && url.contains("issuer=ZenWallet"), "{url}");
    assert_eq!(secret.len(), 32, "160 bits");
    if let Some(read) = scan(&picture(text(&begun["qr_svg"])), "png") {
        assert_eq!(read, url);
    }
    // Until a code confirms it, nothing asks for it.
    let other = app.log_in(&person.email).await;
    assert_eq!(account(&app, &person).await["user"]["has_totp"], false);
    let authenticator = Authenticator::of(secret);
    let stale = Authenticator::of(text(&first["secret"])).now(&app);
    for wrong in [stale, authenticator.wrong(&app), format!("{}x", authenticator.now(&app))] {
        confirm(&app, &person, &wrong).await.expect_error(401, "totp_invalid");
    }
    app.pass_s(2);
    let made = confirm(&app, &person, &authenticator.now(&app)).await.expect(200).json();
    assert_eq!(codes(&made["recovery_codes"]).len(), RECOVERY_CODES);
    let renewed = Person::of(&person.email, &made["session"]);
    assert_eq!(renewed.session_id, person.session_id);
    app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_invalid");
    app.get("/api/auth/me").person(&other).send().await.expect_error(401, "session_ended");
    let shown = account(&app, &renewed).await;
    assert_eq!((&shown["user"]["has_totp"], &shown["recovery_codes_left"]), (&json!(true), &json!(RECOVERY_CODES)));
    post(&renewed, "/api/auth/totp/start").await.expect_error(409, "totp_already_enabled");
    confirm(&app, &renewed, &authenticator.now(&app)).await.expect_error(409, "totp_already_enabled");

    log_in(&app, json!({})).await.expect_error(401, "totp_required");
    log_in(&app, json!({"totp_code": authenticator.wrong(&app)})).await.expect_error(401, "totp_invalid");
    // The code that confirmed it has been used. What failed so far is forgiven after a while.
    log_in(&app, json!({"totp_code": authenticator.now(&app)})).await.expect_error(401, "totp_invalid");
    app.pass_s(600);
    let code = authenticator.now(&app);
    app.try_log_in("ada@example.com", "guess", json!({"totp_code": code})).await.expect_error(401, "login_failed");
    log_in(&app, json!({"totp_code": code})).await.expect(200);
    log_in(&app, json!({"totp_code": code})).await.expect_error(401, "totp_invalid");
    // A fresh proof needs both, too.
    let prove = |body: Value| app.post("/api/auth/confirm").person(&renewed).json(&body).send();
    prove(json!({"password": PASSWORD})).await.expect_error(401, "totp_required");
    app.pass_s(15 * 60);
    let body = json!({"refresh_token": renewed.refresh});
    let renewed = app.post("/api/auth/refresh").json(&body).send().await.expect(200).json();
    let renewed = Person::of("ada@example.com", &renewed);
    post(&renewed, "/api/auth/totp/disable").await.expect_error(403, "confirmation_required");
    post(&renewed, "/api/auth/recovery-codes").await.expect_error(403, "confirmation_required");
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    let changed = app.post("/api/auth/password").person(&renewed).json(&change).send().await;
    changed.expect_error(403, "confirmation_required");
    let body = json!({"password": PASSWORD, "totp_code": authenticator.now(&app)});
    let proved = app.post("/api/auth/confirm").person(&renewed).json(&body).send().await.expect(200).json();
    let proved = Person::of("ada@example.com", &proved);

    app.pass_ms(STEP_MS);
    let other = log_in(&app, json!({"totp_code": authenticator.now(&app)})).await.expect(200).json();
    let other = Person::of("ada@example.com", &other);
    let without = post(&proved, "/api/auth/totp/disable").await.expect(200).json();
    let without = Person::of("ada@example.com", &without);
    app.get("/api/auth/me").person(&other).send().await.expect_error(401, "session_ended");
    app.get("/api/auth/me").person(&proved).send().await.expect_error(401, "session_invalid");
    let shown = account(&app, &without).await;
    assert_eq!((&shown["user"]["has_totp"], &shown["recovery_codes_left"]), (&json!(false), &json!(0)));
    log_in(&app, json!({})).await.expect(200);
    post(&without, "/api/auth/totp/disable").await.expect_error(409, "totp_not_started");
    for action in ["totp.enabled", "totp.disabled"] {
        let entries = audited(&app, action).await;
        assert_eq!((entries.len(), entries[0]["actor_name"].clone()), (1, json!("ada@example.com")), "{action}");
    }
}

/// The picture that a browser makes of an SVG of boxes.
fn picture(svg: &str) -> Vec<u8> {
    const SCALE: usize = 4;
    let path = svg.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    let side: usize = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let pixels = side * SCALE;
    let mut image = vec![255_u8; pixels * pixels];
    for dark in path.split('M').filter(|dark| !dark.is_empty()) {
        let (x, y) = dark.strip_suffix("h1v1h-1z").unwrap().split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        for row in y * SCALE..(y + 1) * SCALE {
            image[row * pixels + x * SCALE..row * pixels + (x + 1) * SCALE].fill(0);
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.try_into().unwrap(), pixels.try_into().unwrap());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&image).unwrap();
    out
}

async fn a_code_of_the_step_before_and_after_is_taken_and_no_other(app: TestApp) {
    let enrolled = app.enrol(&app.person("ada", Role::Member).await).await;
    // At the first and at the last moment of a step, which the server's clock alone tells.
    for into_step in [0, STEP_MS - 1] {
        for step in [-20, -3, -2, -1, 0, 1, 2, 3, 20] {
            // Whatever was guessed before is forgiven, and no earlier code was used for a later step.
            app.pass_s(1_800);
            let now = app.clock.now();
            app.pass_ms((into_step - now.as_ms()).rem_euclid(STEP_MS));
            let code = enrolled.authenticator.at(app.clock.now().plus_ms(step * STEP_MS));
            let answer = log_in(&app, json!({"totp_code": code})).await;
            match (-1..=1).contains(&step) {
                true => drop(answer.expect(200)),
                false => drop(answer.expect_error(401, "totp_invalid")),
            }
        }
    }
    // What comes after a code that was used is taken; what comes before it is not, though nobody used it.
    app.pass_s(1_800);
    let code = |step: i64| json!({"totp_code": enrolled.authenticator.at(app.clock.now().plus_ms(step * STEP_MS))});
    log_in(&app, code(0)).await.expect(200);
    log_in(&app, code(-1)).await.expect_error(401, "totp_invalid");
    log_in(&app, code(1)).await.expect(200);
    log_in(&app, code(0)).await.expect_error(401, "totp_invalid");
}

/// A hundred logins at once, on two nodes and from everywhere.
async fn storm(app: &TestApp, second: &zenwallet_server::App, factor: &Value) -> Vec<Answer> {
    let mut body = json!({"email": "ada@example.com", "password": PASSWORD});
    body.as_object_mut().unwrap().extend(factor.as_object().unwrap().clone());
    let calls = (0..100).map(|n| {
        let node = if n % 2 == 0 { &app.app } else { second };
        let call = Call::new(node, Method::POST, "/api/auth/login").json(&body);
        call.from(&format!("198.51.100.{n}")).send()
    });
    at_once(calls).await
}

async fn a_code_is_taken_once_though_a_hundred_bring_it_to_two_nodes(app: TestApp) {
    let enrolled = app.enrol(&app.person("ada", Role::Member).await).await;
    let second = app.second_node().await;
    for _ in 0..5 {
        app.pass_s(1_800);
        let answers = storm(&app, &second, &json!({"totp_code": enrolled.authenticator.now(&app)})).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        let told: BTreeSet<_> = answers.iter().map(Answer::code).collect();
        let known = ["", "login_throttled", "totp_invalid"].map(str::to_owned).into();
        assert!(told.is_subset(&known) && told.contains("totp_invalid"), "{told:?}");
    }
    // The throttle lets few of them so far. Behind it a hundred take the step of one code, and one has it.
    let (_, other) = app.gateway_on(zenwallet_core::time::Clock::Manual(app.clock.clone()), "third").await;
    let user = app.store.find_user(enrolled.person.id).await.unwrap().unwrap();
    let sealed = user.totp.unwrap().sealed;
    let step = app.clock.now().as_ms() / STEP_MS + 100;
    for step in step..step + 5 {
        let taken = at_once((0..100).map(|n| {
            let (store, sealed) = (if n % 2 == 0 { app.store.clone() } else { other.clone() }, sealed.clone());
            async move { store.spend_totp_step(user.id, step, &sealed).await.unwrap() }
        }));
        assert_eq!(taken.await.into_iter().filter(|taken| *taken).count(), 1);
    }
}

async fn a_recovery_code_is_hard_to_guess_and_good_once(app: TestApp) {
    let enrolled = app.enrol(&app.person("ada", Role::Member).await).await;
    let (person, printed) = (enrolled.person, enrolled.recovery_codes);
    assert_eq!(printed.iter().collect::<BTreeSet<_>>().len(), RECOVERY_CODES);
    for code in &printed {
        let groups: Vec<_> = code.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [6; 4], "{code}");
        assert!(code.chars().all(|c| "abcdefghijklmnopqrstuvwxyz234567-".contains(c)), "{code}");
    }
    // 24 signs of 5 bits are 120; every one of the 32 signs is used.
    let signs: BTreeSet<_> = printed.iter().flat_map(|code| code.chars()).collect();
    assert!(signs.len() > 30, "{signs:?}");
    log_in(&app, json!({"recovery_code": printed[0]})).await.expect(200);
    log_in(&app, json!({"recovery_code": printed[0]})).await.expect_error(401, "totp_invalid");
    // Capitals, blanks and hyphens are for people.
    let typed = format!(" {} ", printed[1].to_uppercase().replace('-', " "));
    log_in(&app, json!({"recovery_code": typed})).await.expect(200);
    log_in(&app, json!({"recovery_code": printed[1]})).await.expect_error(401, "totp_invalid");
    // Each of a kind: neither passes for the other.
    log_in(&app, json!({"totp_code": printed[2]})).await.expect_error(401, "totp_invalid");
    app.pass_s(1_200);
    let now = enrolled.authenticator.now(&app);
    log_in(&app, json!({"recovery_code": now})).await.expect_error(401, "totp_invalid");
    let body = json!({"refresh_token": person.refresh});
    let person = Person::of(&person.email, &app.post("/api/auth/refresh").json(&body).send().await.expect(200).json());
    assert_eq!(account(&app, &person).await["recovery_codes_left"], RECOVERY_CODES - 2);
    assert_eq!(audited(&app, "totp.recovery_code_used").await.len(), 2);
    // One also proves who he is, and new codes void the old.
    let prove = json!({"password": PASSWORD, "recovery_code": printed[2]});
    let proved = app.post("/api/auth/confirm").person(&person).json(&prove).send().await.expect(200).json();
    let person = Person::of(&person.email, &proved);
    let renewed = app.post("/api/auth/recovery-codes").person(&person).send().await.expect(200).json();
    let renewed = codes(&renewed["codes"]);
    assert!(renewed.len() == RECOVERY_CODES && renewed.iter().all(|code| !printed.contains(code)));
    log_in(&app, json!({"recovery_code": printed[3]})).await.expect_error(401, "totp_invalid");
    log_in(&app, json!({"recovery_code": renewed[3]})).await.expect(200);
    // Somebody else's is none.
    app.enrol(&app.person("bob", Role::Member).await).await;
    let bobs = app.try_log_in("bob@example.com", PASSWORD, json!({"recovery_code": renewed[4]})).await;
    bobs.expect_error(401, "totp_invalid");
}

async fn a_recovery_code_is_taken_once_on_two_nodes(app: TestApp) {
    let enrolled = app.enrol(&app.person("ada", Role::Member).await).await;
    let second = app.second_node().await;
    for code in &enrolled.recovery_codes[..5] {
        app.pass_s(1_800);
        let answers = storm(&app, &second, &json!({"recovery_code": code})).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{code}");
    }
    let left = app.store.count_recovery_codes(enrolled.person.id).await.unwrap();
    assert_eq!(usize::try_from(left).unwrap(), RECOVERY_CODES - 5);
}

async fn an_admin_takes_a_lost_second_factor_away_and_never_sees_one(app: TestApp) {
    let enrolled = app.enrol(&app.person("ada", Role::Member).await).await;
    let (admin, bob) = (app.person("admin", Role::Admin).await, app.person("bob", Role::Member).await);
    let path = format!("/api/users/{}/totp/reset", enrolled.person.id);
    let person = enrolled.person;
    app.post(&path).key(&app.a).send().await.expect_error(403, "not_for_keys");
    for member in [&bob, &person] {
        app.post(&path).person(member).send().await.expect_error(403, "admin_required");
    }
    let chosen = app.post(&path).person(&admin).json(&json!({"secret": "JBSWY3DPEHPK3PXP"})).send().await;
    chosen.expect_error(400, "parameter_unknown");
    app.pass_s(CONFIRMED_S);
    app.post(&path).person(&admin).send().await.expect_error(403, "confirmation_required");
    let admin = app.log_in(&admin.email).await;
    let reset = app.post(&path).person(&admin).from("203.0.113.9").send().await.expect(200);
    let seen = app.get(format!("/api/users/{}", person.id)).person(&admin).send().await.expect(200);
    for answer in [&reset, &seen] {
        assert_eq!(answer.json()["has_totp"], false);
        let secrets = enrolled.recovery_codes.iter().chain([&enrolled.authenticator.secret]);
        assert!(secrets.into_iter().all(|secret| !answer.text().contains(secret)));
    }
    app.get("/api/auth/me").person(&person).send().await.expect_error(401, "session_ended");
    let entries = audited(&app, "totp.reset").await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(entry["actor_id"], admin.id.to_string());
    assert_eq!((&entry["target"], &entry["address"]), (&json!(person.id.to_string()), &json!("203.0.113.9")));
    assert_eq!(entry["request_id"], reset.header("request-id"));
    // Neither the old codes nor the old secret come back with the next one.
    let person = Person::of("ada@example.com", &log_in(&app, json!({})).await.expect(200).json());
    let again = app.enrol(&person).await;
    log_in(&app, json!({"totp_code": enrolled.authenticator.now(&app)})).await.expect_error(401, "totp_invalid");
    log_in(&app, json!({"recovery_code": enrolled.recovery_codes[0]})).await.expect_error(401, "totp_invalid");
    log_in(&app, json!({"totp_code": again.authenticator.now(&app)})).await.expect(200);
}

async fn who_guesses_codes_has_five_and_one_in_five_minutes(app: TestApp) {
    let enrolled = app.enrol(&app.person("ada", Role::Member).await).await;
    let second = app.second_node().await;
    // Who has not the password cannot use the codes up.
    for n in 0..8 {
        let body = json!({"email": "ada@example.com", "password": "guess", "totp_code": "000000"});
        let call = app.post("/api/auth/login").json(&body).from(&format!("203.0.113.{n}"));
        call.send().await.expect_error(401, "login_failed");
    }
    let guess = async |n: u32, factor: Value| {
        let mut body = json!({"email": "ada@example.com", "password": PASSWORD});
        body.as_object_mut().unwrap().extend(factor.as_object().unwrap().clone());
        let node = if n.is_multiple_of(2) { &app.app } else { &second };
        let call = Call::new(node, Method::POST, "/api/auth/login").json(&body);
        call.from(&format!("198.51.100.{}", n % 250)).send().await
    };
    let wrong = json!({"totp_code": enrolled.authenticator.wrong(&app)});
    for n in 0..5 {
        let factor = if n == 3 { json!({"recovery_code": "aaaaaa-aaaaaa-aaaaaa-aaaaaa"}) } else { wrong.clone() };
        guess(n, factor).await.expect_error(401, "totp_invalid");
    }
    let right = || json!({"totp_code": enrolled.authenticator.now(&app)});
    for factor in [wrong, right(), json!({"recovery_code": enrolled.recovery_codes[0]})] {
        let refused = guess(6, factor).await.expect_error(429, "login_throttled");
        assert_eq!(refused.header("retry-after"), "300");
    }
    let prove = json!({"password": PASSWORD, "totp_code": right()["totp_code"]});
    let proved = app.post("/api/auth/confirm").person(&enrolled.person).json(&prove).send().await;
    proved.expect_error(429, "login_throttled");
    // A day of guesses is 5 and 288 of a million codes, of which three are good at any time.
    let mut tried = 0;
    for n in 0..24 * 6 {
        app.pass_s(100);
        let factor = json!({"totp_code": enrolled.authenticator.wrong(&app)});
        tried += u32::from(guess(n, factor).await.status == 401);
    }
    assert_eq!(tried, 24 * 6 / 3);
    app.pass_s(300);
    guess(0, right()).await.expect(200);
    let failed = audited(&app, "session.login_failed").await;
    let told = |code: &str| failed.iter().filter(|entry| entry["after"]["code"] == code).count();
    assert!(told("totp_invalid") > 20 && told("login_failed") == 8, "{failed:?}");
}

async fn a_change_of_the_second_factor_is_no_new_proof(app: TestApp) {
    let person = app.person("ada", Role::Member).await;
    let until = account(&app, &person).await["confirmed_until"].clone();
    app.pass_s(300);
    let enrolled = app.enrol(&person).await;
    assert_eq!(account(&app, &enrolled.person).await["confirmed_until"], until);
    app.pass_s(200);
    let without = app.post("/api/auth/totp/disable").person(&enrolled.person).send().await.expect(200).json();
    let without = Person::of(&person.email, &without);
    assert_eq!(account(&app, &without).await["confirmed_until"], until);
    // Whoever took a session over cannot keep it in power by setting up and taking away.
    app.pass_s(70);
    assert_eq!(account(&app, &without).await["confirmed_until"], Value::Null);
    app.post("/api/auth/totp/start").person(&without).send().await.expect_error(403, "confirmation_required");
    // A password alone is no proof for whoever has a second factor.
    let prove = json!({"password": PASSWORD});
    let proved = app.post("/api/auth/confirm").person(&without).json(&prove).send().await.expect(200).json();
    let enrolled = app.enrol(&Person::of(&person.email, &proved)).await;
    let until = account(&app, &enrolled.person).await["confirmed_until"].clone();
    app.pass_s(60);
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    let changed = app.post("/api/auth/password").person(&enrolled.person).json(&change).send().await.expect(200).json();
    let changed = Person::of(&person.email, &changed);
    assert_eq!(account(&app, &changed).await["confirmed_until"], until);
    app.get("/api/auth/me").person(&enrolled.person).send().await.expect_error(401, "session_invalid");
}

async fn a_secret_is_nowhere_in_clear(app: TestApp) {
    let enrolled = app.enrol(&app.person("ada", Role::Member).await).await;
    let user = app.store.find_user(enrolled.person.id).await.unwrap().unwrap();
    let raw = totp_rs::Secret::try_from_base32(&enrolled.authenticator.secret).unwrap();
    let sealed = user.totp.unwrap().sealed;
    let raw: &[u8] = raw.as_ref();
    assert!(raw.len() == 20 && sealed.len() >= 20 + 24 + 16);
    assert!(!sealed.windows(20).any(|window| window == raw));
    // Sealed for this user: on another's row it opens nothing.
    let bob = app.person("bob", Role::Member).await;
    let mut thief = app.store.find_user(bob.id).await.unwrap().unwrap();
    thief.totp = Some(zenwallet_core::user::Totp { sealed: sealed.clone(), confirmed_at: Some(app.clock.now()) });
    app.store.update_user(&thief, app.clock.now(), Default::default()).await.unwrap();
    let code = json!({"totp_code": enrolled.authenticator.now(&app)});
    app.try_log_in(&bob.email, PASSWORD, code).await.expect_error(500, "internal_error");
    // What is kept in files is looked at here; what PostgreSQL keeps, tests/clients/people.sh dumps.
    if let crate::support::Database::Sqlite { directory, .. } = &app.database {
        let files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
        let kept: Vec<u8> = files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect();
        let has = |secret: &[u8]| kept.windows(secret.len()).any(|window| window == secret);
        assert!(has(b"ada@example.com") && has(&sealed));
        assert!(!has(raw) && !has(enrolled.authenticator.secret.as_bytes()));
        for code in &enrolled.recovery_codes {
            assert!(!has(code.as_bytes()) && !has(code.replace('-', "").as_bytes()));
        }
    }
}

async fn whoever_must_have_a_second_factor_reaches_nothing_without_one(app: TestApp) {
    let (admin, member) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let own = app.app_of(&member).await;
    for (rule, name) in [(TotpRule::Admins, "admins"), (TotpRule::Everybody, "everybody")] {
        let (gateway, store) = app.gateway_on(Clock::Manual(app.clock.clone()), name).await;
        let strict = ServedApp::new(Arc::new(gateway.with_totp_rule(rule)), options());
        let get = |person: &Person, path: &str| Call::new(&strict, Method::GET, path).person(person).send();
        let paths = [
            "/api/apps",
            "/api/audit",
            "/api/users",
            &format!("/api/apps/{own}"),
            &format!("/api/payments?app_id={own}"),
        ];
        for (person, must) in [(&admin, true), (&member, rule == TotpRule::Everybody)] {
            for path in paths {
                let answer = get(person, path).await;
                assert_eq!(answer.code() == "totp_enrolment_required", must, "{name} {path}: {}", answer.text());
            }
            get(person, "/api/auth/me").await.expect(200);
        }
        // A key is no user, and has no factor.
        Call::new(&strict, Method::GET, "/api/payments").key(&app.a).send().await.expect(200);
        store.close().await;
    }
    // With one, everything is open.
    let begun = start(&app, &admin).await;
    let code = Authenticator::of(text(&begun["secret"])).now(&app);
    let made = confirm(&app, &admin, &code).await.expect(200).json();
    let admin = Person::of(&admin.email, &made["session"]);
    let (gateway, store) = app.gateway_on(Clock::Manual(app.clock.clone()), "open").await;
    let strict = ServedApp::new(Arc::new(gateway.with_totp_rule(TotpRule::Everybody)), options());
    Call::new(&strict, Method::GET, "/api/users").person(&admin).send().await.expect(200);
    store.close().await;
}
