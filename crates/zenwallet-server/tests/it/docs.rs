//! The documents that the server hands out, and the one that it is described by.

use crate::pay_page::between;
use crate::support::{Answer, Kind, TestApp, run};
use axum::http::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use zenwallet_core::Code;
use zenwallet_core::user::Role;

#[test]
fn every_code_is_explained_where_its_errors_point() {
    run(Kind::Sqlite, async |app: TestApp| {
        let page = app.get("/docs/errors").send().await.expect(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let html = page.text();
        for code in Code::ALL {
            let anchor = format!(" id=\"{}\">", code.as_str());
            assert_eq!(html.matches(&anchor).count(), 1, "{anchor}");
        }
        let error = app.get("/api/payments").send().await.expect(401).error();
        let (path, anchor) = error["doc_url"].as_str().unwrap().split_once('#').unwrap();
        assert!(app.get(path).send().await.expect(200).text().contains(&format!(" id=\"{anchor}\">")));
    });
}

#[test]
fn the_reference_loads_from_this_server_alone() {
    run(Kind::Sqlite, async |app: TestApp| {
        let redirect = app.get("/docs/api").send().await;
        assert!((300..400).contains(&redirect.status), "{}", redirect.status);
        assert_eq!(redirect.header("location"), "/docs/api/");
        let index = app.get("/docs/api/").send().await.expect(200);
        let mut seen = BTreeSet::new();
        let mut loaded = loads(&index);
        while let Some(file) = loaded.pop() {
            assert!(!file.contains("//") && !file.contains(':'), "{file} is not this server's");
            let path = format!("/docs/api/{}", file.trim_start_matches("./"));
            if seen.insert(path.clone()) {
                loaded.extend(loads(&app.get(path).send().await.expect(200)));
            }
        }
        assert!(seen.len() >= 3, "{seen:?}");
        let starter = app.get("/docs/api/swagger-initializer.js").send().await.expect(200);
        assert!(starter.text().contains("\"/api/openapi.json\""), "{}", starter.text());
        assert!(!starter.text().contains("http"), "{}", starter.text());
        let policy = index.header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
    });
}

#[test]
fn every_link_leads_to_an_operation_that_takes_what_it_brings() {
    let document = serde_json::to_value(zenwallet_server::openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<&Value> = paths.values().flat_map(|item| item.as_object().unwrap().values()).collect();
    let mut links = 0;
    for operation in &operations {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            for link in answer["links"].as_object().into_iter().flat_map(|links| links.values()) {
                let target = operations.iter().find(|target| target["operationId"] == link["operationId"]).unwrap();
                let known: Vec<&Value> = target["parameters"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
                for (name, value) in link["parameters"].as_object().unwrap() {
                    assert!(known.contains(&&Value::from(name.as_str())), "{link}");
                    if let Some(pointer) = value.as_str().unwrap().strip_prefix("$response.body#/") {
                        let schema = &answer["content"]["application/json"]["schema"];
                        let found = pointer
                            .split('/')
                            .try_fold(schema.clone(), |schema, part| within(&document, &schema, part));
                        assert!(found.is_some(), "{} {status} has no {pointer}", operation["operationId"]);
                    }
                }
                links += 1;
            }
        }
    }
    assert!(links >= 35, "{links} links");
}

/// The schema of a member, or of an item, of what a schema describes.
fn within(document: &Value, schema: &Value, part: &str) -> Option<Value> {
    if let Some(name) = schema["$ref"].as_str() {
        return within(document, document.pointer(name.strip_prefix('#')?)?, part);
    }
    if part == "0" {
        return schema.get("items").cloned();
    }
    let own = schema["properties"].get(part).cloned();
    own.or_else(|| schema["allOf"].as_array()?.iter().find_map(|schema| within(document, schema, part)))
}

/// What a page loads: scripts, styles and pictures.
fn loads(page: &Answer) -> Vec<String> {
    if !page.header("content-type").starts_with("text/html") {
        return Vec::new();
    }
    let html = page.text();
    let tags = html.split('<').filter(|tag| ["script", "link", "img"].iter().any(|name| tag.starts_with(name)));
    let files = tags.filter_map(|tag| between(tag, "src=\"", "\"").or(between(tag, "href=\"", "\"")));
    files.map(str::to_owned).collect()
}

#[test]
fn the_description_is_the_one_that_was_committed() {
    run(Kind::Sqlite, async |app: TestApp| {
        let answer = app.get("/api/openapi.json").send().await.expect(200);
        assert_eq!(answer.header("content-type"), "application/json");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
        let now = format!("{}\n", answer.text().trim_end());
        if asked_to_write() {
            std::fs::write(&file, &now).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some((line, (now, then))) =
            now.lines().zip(committed.lines()).enumerate().find(|(_, (now, then))| now != then)
        {
            panic!("openapi.json, line {}: committed is {then:?}, served is {now:?}; {HOW}", line + 1);
        }
        assert!(now == committed, "openapi.json is not the one that is served; {HOW}");
    });
}

const HOW: &str = "if the change is meant, run this again with ZENWALLET_TEST_WRITE=1 and commit the file";

#[expect(clippy::disallowed_methods, reason = "a test's own setting, not the product's")]
fn asked_to_write() -> bool {
    std::env::var_os("ZENWALLET_TEST_WRITE").is_some_and(|value| value == "1")
}

/// Every operation of the description as (path, method, operation).
pub(crate) fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(|(method, op)| (path.clone(), method.to_uppercase(), op.clone()))
    });
    operations.collect()
}

pub(crate) async fn description(app: &TestApp) -> Value {
    app.get("/api/openapi.json").send().await.expect(200).json()
}

/// What makes something, and answers 201.
const CREATING: [&str; 8] = [
    "/api/payments/create",
    "/api/webhooks/endpoints",
    "/api/apps",
    "/api/apps/{app_id}/keys",
    "/api/apps/{app_id}/keys/{key_id}/rotate",
    "/api/auth/setup",
    "/api/auth/invitations/accept",
    "/api/users/invitations",
];

/// What can be refused for what something is at the moment.
const CONFLICTING: [(&str, &str); 28] = [
    ("POST", "/api/payments/create"),
    ("POST", "/api/payments/{payment_id}/complete"),
    ("POST", "/api/payments/{payment_id}/cancel"),
    ("POST", "/api/webhooks/endpoints"),
    ("POST", "/api/webhooks/deliveries/{delivery_id}/cancel"),
    ("POST", "/api/apps/{app_id}/webhook-secret/rotate"),
    ("GET", "/api/apps/{app_id}/inbox"),
    ("GET", "/api/apps/{app_id}/inbox/messages"),
    ("DELETE", "/api/apps/{app_id}/inbox/messages"),
    ("POST", "/api/apps"),
    ("DELETE", "/api/apps/{app_id}"),
    ("POST", "/api/apps/{app_id}/keys"),
    ("POST", "/api/apps/{app_id}/keys/{key_id}/rotate"),
    ("POST", "/api/auth/setup"),
    ("POST", "/api/auth/invitations/accept"),
    ("PATCH", "/api/auth/me"),
    ("POST", "/api/auth/password"),
    ("POST", "/api/auth/password/forgot"),
    ("POST", "/api/auth/password/reset"),
    ("POST", "/api/auth/totp/start"),
    ("POST", "/api/auth/totp/confirm"),
    ("POST", "/api/auth/totp/disable"),
    ("POST", "/api/auth/recovery-codes"),
    ("PATCH", "/api/users/{user_id}"),
    ("POST", "/api/users/{user_id}/totp/reset"),
    ("POST", "/api/users/invitations"),
    ("PATCH", "/api/settings/notifications"),
    ("POST", "/api/settings/notifications/test"),
];

#[test]
fn the_description_names_every_status_that_can_come() {
    run(Kind::Sqlite, async |app: TestApp| {
        let document = description(&app).await;
        assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
        for (path, method, operation) in operations(&document) {
            let mut want = BTreeSet::from(["400", "401", "403", "429", "500", "503"]);
            // Things are named in the path, and endpoints in two bodies.
            if path.contains('{') || ["/api/webhooks/test", "/api/webhooks/replay"].contains(&path.as_str()) {
                want.insert("404");
            }
            if method == "POST" || method == "PATCH" {
                want.extend(["408", "413", "415"]);
            }
            let creates = method == "POST" && CREATING.contains(&path.as_str());
            if CONFLICTING.contains(&(method.as_str(), path.as_str())) {
                want.insert("409");
            }
            // An app can be named that is not there; in an export of the audit log it only leaves nothing.
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let names_app = parameters.iter().any(|parameter| parameter["name"] == "app_id");
            if names_app && path != "/api/audit/export" {
                want.insert("404");
            }
            if path == "/api/settings/notifications/test" {
                want.insert("502");
            }
            if parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key") {
                want.insert("422");
            }
            let responses = operation["responses"].as_object().unwrap();
            let described: BTreeSet<_> = responses.keys().map(String::as_str).collect();
            let (good, bad): (BTreeSet<_>, BTreeSet<_>) =
                described.into_iter().partition(|status| status.starts_with('2'));
            assert_eq!(bad, want, "{method} {path}");
            assert_eq!(good, [if creates { "201" } else { "200" }].into(), "{method} {path}");
            for status in bad {
                let body = &responses[status]["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(body, "#/components/schemas/ErrorBody", "{method} {path} {status}");
            }
            for text in ["operationId", "summary"] {
                assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}: {text}");
            }
        }
    });
}

#[test]
fn every_parameter_of_the_description_is_known_and_no_other() {
    run(Kind::Sqlite, async |app: TestApp| {
        let things = crate::webhooks::Things::of(&app, &app.a).await;
        let admin = app.person("admin", Role::Admin).await;
        for (path, method, operation) in operations(&description(&app).await) {
            if method == "POST" || method == "PATCH" {
                continue;
            }
            let route = things.name_in(&path);
            let empty = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&empty);
            let in_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            let mut described: BTreeSet<_> = in_query.map(|p| p["name"].as_str().unwrap().to_owned()).collect();
            // The refusal of an unknown one lists what is known.
            let verb = Method::from_bytes(method.as_bytes()).unwrap();
            let call = app.call(verb, format!("{route}?zzzzzzzzzzzzzz=1"));
            let is_for_keys =
                operation["security"].as_array().is_none_or(|any| any.iter().any(|one| one.get("api_key").is_some()));
            let answer = if is_for_keys { call.key(&app.a) } else { call.person(&admin) }.send().await;
            if is_for_keys {
                // For which apps he asks is said by a user alone, where the path does not.
                for (name, value) in [("app_id", app.a.app_id.to_string()), ("environment", "test".to_owned())] {
                    let is_known = described.remove(name);
                    let of_path = path.contains("{app_id}");
                    assert!(is_known || name == "environment" || of_path, "{method} {path}: {name} is not described");
                    let verb = Method::from_bytes(method.as_bytes()).unwrap();
                    let asked = app.call(verb, format!("{route}?{name}={value}&zzzzzzzzzzzzzz=1")).person(&admin);
                    let refused = asked.send().await;
                    let wants = if is_known || of_path { "parameter_unknown" } else { "app_id_missing" };
                    refused.expect_error(400, wants);
                }
            }
            let message = answer.expect_error(400, "parameter_unknown").error()["message"].as_str().unwrap().to_owned();
            let known = message.split_once("known are: ").map_or("", |(_, known)| known);
            for name in known.split(", ").filter(|name| !name.is_empty()) {
                assert!(described.remove(name), "{method} {path}: {name} is known and not described");
            }
            assert!(described.is_empty(), "{method} {path}: described and not known: {described:?}");
        }
    });
}
