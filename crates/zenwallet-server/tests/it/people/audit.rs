//! Who did what, as it is read.

use crate::people::text;
use crate::support::person::PASSWORD;
use crate::support::{Person, TestApp};
use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use zenwallet_core::audit::{Action, Actor, AuditEntry};
use zenwallet_core::id::RequestId;
use zenwallet_core::user::Role;

both_databases! {
    an_entry_tells_who_did_what_and_from_where,
    the_log_is_read_by_filters_and_pages,
    an_export_of_many_entries_comes_in_pieces,
    a_member_reads_what_is_his,
    a_name_is_one_line,
}

async fn read(app: &TestApp, person: &Person, query: &str) -> Value {
    app.get(format!("/api/audit{query}")).person(person).send().await.expect(200).json()
}

fn data(page: &Value) -> &[Value] {
    page["data"].as_array().unwrap()
}

async fn an_entry_tells_who_did_what_and_from_where(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    app.pass_s(1);
    let body = json!({"email": "bob@example.com", "role": "member"});
    let call = app.post("/api/users/invitations").person(&admin).json(&body).header("user-agent", "curl/8");
    let invited = call.from("203.0.113.5").send().await.expect(201);
    app.pass_s(1);
    let wrong = json!({"email": "nobody@example.com", "password": "a guess"});
    let failed = app.post("/api/auth/login").json(&wrong).from("2001:db8::9").send().await.expect(401);
    let page = read(&app, &admin, "?limit=2").await;
    let [last, before] = data(&page) else { panic!("{page}") };
    let want = json!({
        "audit_id": last["audit_id"], "at": "2026-01-26T10:35:02Z", "actor": "anonymous", "actor_id": null,
        "actor_name": "", "action": "session.login_failed", "app_id": null, "target": "nobody@example.com",
        "address": "2001:db8::9", "request_id": failed.header("request-id"), "before": null,
        "after": {"code": "login_failed"},
    });
    assert_eq!(last, &want);
    let want = json!({
        "audit_id": before["audit_id"], "at": "2026-01-26T10:35:01Z", "actor": "user", "actor_id": admin.id.to_string(),
        "actor_name": "admin@example.com", "action": "user.invited", "app_id": null,
        "target": invited.json()["invitation_id"], "address": "203.0.113.5",
        "request_id": invited.header("request-id"), "before": null,
        "after": {"email": "bob@example.com", "role": "member"},
    });
    assert_eq!(before, &want);
    // An app's own acts stand in it under its name, and the console's under its own.
    let rotate = app.post(format!("/api/apps/{}/webhook-secret/rotate", app.a.app_id)).key(&app.a);
    rotate.from("203.0.113.6").send().await.expect(200);
    let page = read(&app, &admin, "?action=webhook_secret.rotated").await;
    let entry = &data(&page)[0];
    assert_eq!((text(&entry["actor"]), text(&entry["actor_id"])), ("app", app.a.app_id.to_string().as_str()));
    assert_eq!((text(&entry["address"]), &entry["app_id"]), ("203.0.113.6", &entry["actor_id"]));
    let page = read(&app, &admin, "?action=user.created").await;
    let entry = &data(&page)[0];
    assert_eq!((text(&entry["actor"]), text(&entry["actor_name"])), ("console", "console"));
    assert_eq!((&entry["address"], &entry["request_id"]), (&Value::Null, &Value::Null));
}

/// So many entries, a millisecond apart, the last the newest.
async fn fill(app: &TestApp, count: i64) {
    let mut entries = Vec::new();
    for n in 0..count {
        let at = app.clock.now().plus_ms(n);
        let action = if n % 3 == 0 { Action::KeyCreated } else { Action::KeyRevoked };
        let tenant = if n % 2 == 0 { &app.a } else { &app.b };
        entries.push(AuditEntry {
            id: app.ids.next(at),
            at,
            actor: Actor::App(tenant.app_id, "filler".to_owned()),
            action,
            app_id: Some(tenant.app_id),
            target: Some(format!("entry {n}")),
            address: Some("203.0.113.7".to_owned()),
            request_id: Some(RequestId::from_bytes([7; 16])),
            before: None,
            after: Some(json!({"n": n}).to_string()),
        });
    }
    for some in entries.chunks(300) {
        app.store.append_audit(some).await.unwrap();
    }
    app.pass_ms(count);
}

async fn the_log_is_read_by_filters_and_pages(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    app.pass_s(1);
    fill(&app, 250).await;
    let page = read(&app, &admin, "").await;
    assert_eq!((data(&page).len(), page["has_more"] == true), (50, true));
    assert_eq!(data(&page)[0]["target"], "entry 249");
    // Page after page it is all of it, each once, newest first.
    let walk = async |query: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = read(&app, &admin, &format!("?limit=40{query}{cursor}")).await;
            seen.extend(data(&page).iter().cloned());
            if page["has_more"] == false {
                assert_eq!(page["next_cursor"], Value::Null);
                return seen;
            }
            cursor = format!("&cursor={}", text(&page["next_cursor"]));
            app.pass_ms(10);
        }
    };
    let all = walk("").await;
    assert_eq!(all.iter().map(|entry| text(&entry["audit_id"])).collect::<BTreeSet<_>>().len(), all.len());
    assert!(all.len() > 250 && all.windows(2).all(|pair| text(&pair[0]["audit_id"]) > text(&pair[1]["audit_id"])));
    let count = async |query: &str, is_wanted: &dyn Fn(&Value) -> bool| {
        let found = walk(query).await;
        assert!(!found.is_empty(), "{query}");
        let want: Vec<_> = all.iter().filter(|entry| is_wanted(entry)).cloned().collect();
        assert_eq!(found, want, "{query}");
    };
    let a = app.a.app_id.to_string();
    count(&format!("&app_id={a}"), &|entry| entry["app_id"] == a.as_str()).await;
    count("&action=key.created", &|entry| entry["action"] == "key.created").await;
    count(&format!("&user_id={}", admin.id), &|entry| entry["actor_id"] == admin.id.to_string()).await;
    let (after, before) = ("2026-01-26T10:35:01.100Z", "2026-01-26T10:35:01.200Z");
    let n = |entry: &Value| entry["after"]["n"].as_i64().unwrap_or(-1);
    count(&format!("&after={after}&before={before}"), &|entry| (100..200).contains(&n(entry))).await;
    let all_of_them = format!("&app_id={a}&action=key.revoked&after={after}&before={before}");
    count(&all_of_them, &|entry| (100..200).contains(&n(entry)) && n(entry) % 2 == 0 && n(entry) % 3 != 0).await;
    let first = read(&app, &admin, "?limit=1").await;
    let cursor = text(&first["next_cursor"]);
    let bad = async |query: &str, code: &str| {
        app.get(format!("/api/audit?{query}")).person(&admin).send().await.expect_error(400, code);
    };
    bad(&format!("cursor={cursor}&action=key.created"), "cursor_invalid").await;
    bad("cursor=x", "cursor_invalid").await;
    bad("limit=0", "parameter_out_of_range").await;
    bad("limit=101", "parameter_out_of_range").await;
    bad("action=key.eaten", "parameter_invalid").await;
    bad("actor=me", "parameter_unknown").await;
    bad("after=yesterday", "parameter_invalid").await;
    // Nor is another's cursor good.
    let other = app.person("other", Role::Admin).await;
    let theirs = app.get(format!("/api/audit?limit=1&cursor={cursor}")).person(&other).send().await;
    theirs.expect_error(400, "cursor_invalid");
}

async fn an_export_of_many_entries_comes_in_pieces(app: TestApp) {
    const COUNT: usize = 1_200;
    let admin = app.person("admin", Role::Admin).await;
    app.pass_s(1);
    fill(&app, COUNT as i64).await;
    let request =
        axum::http::Request::get("/api/audit/export").header("authorization", format!("Bearer {}", admin.access));
    let response = app.app.handle(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"audit.ndjson\"");
    let (mut body, mut pieces, mut whole) = (response.into_body(), Vec::new(), String::new());
    while let Some(frame) = body.frame().await {
        let piece = frame.unwrap().into_data().unwrap();
        let lines = piece.iter().filter(|byte| **byte == b'\n').count();
        // What is in memory at a time is one piece.
        assert!(lines <= 500 && piece.ends_with(b"\n") | piece.is_empty(), "{lines}");
        pieces.push(lines);
        whole.push_str(std::str::from_utf8(&piece).unwrap());
        // What comes meanwhile disturbs nothing.
        fill(&app, 5).await;
    }
    assert!(pieces.len() >= 3, "{pieces:?}");
    let entries: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let targets: Vec<_> = entries.iter().filter_map(|entry| entry["target"].as_str()).collect();
    let filled: Vec<_> = targets.iter().filter(|target| target.starts_with("entry ")).collect();
    assert_eq!(filled.len(), COUNT);
    assert!(filled.iter().enumerate().all(|(at, target)| **target == format!("entry {}", COUNT - 1 - at)));
    // That it was taken is written down, first of all.
    assert_eq!(text(&entries[0]["action"]), "audit.exported");
    let query = format!("?action=key.created&app_id={}", app.a.app_id);
    let filtered = app.get(format!("/api/audit/export{query}")).person(&admin).send().await.expect(200).text();
    assert!(filtered.lines().count() >= COUNT / 6 && filtered.lines().all(|line| line.contains("\"key.created\"")));
    app.get("/api/audit/export?limit=5").person(&admin).send().await.expect_error(400, "parameter_unknown");
    let member = app.person("ada", Role::Member).await;
    app.get("/api/audit/export").person(&member).send().await.expect_error(403, "admin_required");
}

async fn a_member_reads_what_is_his(app: TestApp) {
    let (admin, ada) = (app.person("admin", Role::Admin).await, app.person("ada", Role::Member).await);
    let bob = app.person("bob", Role::Member).await;
    let (of_ada, of_bob) = (app.app_of(&ada).await, app.app_of(&bob).await);
    let limit = json!({"rate_limit": 7});
    app.patch(format!("/api/apps/{of_ada}")).person(&admin).json(&limit).send().await.expect(200);
    app.try_log_in("ada@example.com", "a guess", json!({})).await.expect(401);
    let own = |page: &Value, person: &Person| {
        let entries = data(page);
        !entries.is_empty() && entries.iter().all(|entry| entry["actor_id"] == person.id.to_string())
    };
    for query in ["".to_owned(), format!("?user_id={}", admin.id), format!("?user_id={}", bob.id)] {
        assert!(own(&read(&app, &ada, &query).await, &ada), "{query}");
    }
    // Of his app he sees what others did to it, too.
    let page = read(&app, &ada, &format!("?app_id={of_ada}")).await;
    let actors: BTreeSet<_> = data(&page).iter().map(|entry| text(&entry["actor_name"])).collect();
    assert_eq!(actors, ["admin@example.com", "ada@example.com"].into());
    assert!(data(&page).iter().all(|entry| entry["app_id"] == of_ada.to_string()));
    for foreign in [of_bob.to_string(), app.a.app_id.to_string(), "app_0000000000000000000001".to_owned()] {
        let path = format!("/api/audit?app_id={foreign}&user_id={}", ada.id);
        app.get(path).person(&ada).send().await.expect_error(404, "app_not_found");
    }
    let everything = read(&app, &admin, "?limit=100").await;
    let actors: BTreeSet<_> = data(&everything).iter().map(|entry| text(&entry["actor"])).collect();
    assert_eq!(actors, ["anonymous", "console", "user"].into());
    app.get("/api/audit").key(&app.a).send().await.expect_error(403, "not_for_keys");
    app.get("/api/audit").send().await.expect_error(401, "session_missing");
    for method in [Method::DELETE, Method::PATCH, Method::PUT, Method::POST] {
        app.call(method, "/api/audit").person(&admin).send().await.expect_error(405, "method_not_allowed");
    }
}

async fn a_name_is_one_line(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    let app_id = app.app_of(&admin).await;
    let evil = ["a\r\nlevel=ERROR forged", "a\nb", "a\rb", "a\u{0}b", "a\u{1b}[31mred", "a\u{85}b", "a\u{7f}"];
    for name in evil {
        app.pass_s(60);
        let keys = format!("/api/apps/{app_id}/keys");
        let bodies = [
            (Method::PATCH, "/api/auth/me", json!({"name": name})),
            (Method::POST, "/api/apps", json!({"name": name, "environment": "test"})),
            (Method::PATCH, &format!("/api/apps/{app_id}"), json!({"name": name})),
            (Method::POST, keys.as_str(), json!({"name": name})),
            (Method::POST, "/api/users/invitations", json!({"email": format!("{name}@example.com")})),
            (Method::POST, "/api/auth/login", json!({"email": format!("{name}@example.com"), "password": PASSWORD})),
        ];
        let admin = app.log_in(&admin.email).await;
        for (method, path, body) in bodies {
            let answer = app.call(method, path).person(&admin).json(&body).send().await;
            assert_eq!(answer.status, 400, "{path} {name:?}: {}", answer.text());
            assert!(["parameter_invalid", "string_invalid"].contains(&answer.code().as_str()), "{}", answer.text());
        }
    }
    // What a line may hold is one line of the export, however odd.
    let odd = "\u{2028}\u{202e}\"\\,=cmd|' /C calc'!A0<b>";
    let admin = app.log_in(&admin.email).await;
    let agent = "Odd\tagent \"quoted\"\u{e9}";
    let body = json!({"email": admin.email, "password": PASSWORD});
    app.post("/api/auth/login").json(&body).header("user-agent", agent).send().await.expect(200);
    app.patch("/api/auth/me").person(&admin).json(&json!({"name": odd})).send().await.expect(200);
    let exported = app.get("/api/audit/export").person(&admin).send().await.expect(200).text();
    for line in exported.split_terminator('\n') {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert!(entry["audit_id"].is_string());
    }
    assert!(!exported.contains('\r') && exported.contains("Odd\\tagent") && exported.contains("=cmd|"), "{exported}");
}
