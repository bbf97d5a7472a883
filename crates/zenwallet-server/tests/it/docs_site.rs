//! The documentation site: every page, every link, the search, and what programs read.

use crate::docs::{description, operations};
use crate::pay_page::between;
use crate::support::{Answer, Kind, PUBLIC_URL, TestApp, run};
use axum::http::Method;
use std::collections::{BTreeMap, BTreeSet};
use zenwallet_core::Code;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// The addresses that a page names.
fn links_of(html: &str) -> BTreeSet<String> {
    let named = |attribute: &'static str| html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
    named(" href=\"").chain(named(" src=\"")).map(|link| link.replace("&amp;", "&")).collect()
}

/// Every page that can be reached from the front, by its path.
async fn pages(app: &TestApp) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec!["/docs".to_owned()];
    while let Some(path) = waiting.pop() {
        let page = app.get(&path).header("accept", "text/html,*/*").send().await.expect(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        let html = page.text();
        let inside = links_of(&html).into_iter().filter_map(|link| link.split('#').next().map(str::to_owned));
        let is_page = |link: &String| link.starts_with("/docs") && !link.starts_with("/docs/a") && !link.contains('.');
        found.insert(path, html);
        let apps = std::iter::once("/docs/apps".to_owned());
        let new: Vec<_> = inside.filter(is_page).chain(apps).filter(|link| !link.contains("/images/")).collect();
        waiting.extend(new.into_iter().filter(|link| !found.contains_key(link)));
    }
    assert!(found.len() >= 18, "{:?}", found.keys());
    found
}

#[test]
fn every_page_has_one_title_and_every_link_leads_somewhere() {
    run(Kind::Sqlite, async |app: TestApp| {
        let pages = pages(&app).await;
        let mut elsewhere = BTreeSet::new();
        for (path, html) in &pages {
            assert_eq!(html.matches("<h1 ").count(), 1, "{path}");
            assert!(!html.contains("<!--") && !html.contains("style=\"") && !html.contains("<script>"), "{path}");
            let mut ids = BTreeSet::new();
            for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(ids.insert(id), "{path}: {id} twice");
            }
            for link in links_of(html) {
                if link.starts_with("http") || link.starts_with("mailto:") {
                    assert!(
                        html.contains(&format!("<a href=\"{}\"", link.replace('&', "&amp;"))),
                        "{path}: {link} is loaded"
                    );
                    continue;
                }
                let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
                let target = if target.is_empty() { path } else { target };
                assert!(target.starts_with('/'), "{path}: {link} is relative");
                match pages.get(target) {
                    Some(page) => {
                        assert!(anchor.is_empty() || page.contains(&format!(" id=\"{anchor}\"")), "{path}: {link}");
                    }
                    None => drop(elsewhere.insert(target.to_owned())),
                }
            }
        }
        // The dashboard is not in every build.
        elsewhere.remove("/");
        assert!(elsewhere.iter().any(|file| file.starts_with("/docs/images/")), "{elsewhere:?}");
        for link in elsewhere {
            app.get(&link).send().await.expect(200);
        }
    });
}

#[test]
fn pages_are_kept_and_asked_about_again() {
    run(Kind::Sqlite, async |app: TestApp| {
        for path in
            ["/docs", "/docs/webhooks", "/docs/webhooks.md", "/docs/reference", "/docs/errors", "/docs/llms.txt"]
        {
            let page = app.get(path).send().await.expect(200);
            assert_eq!(page.header("cache-control"), "no-cache", "{path}");
            assert_eq!(page.header("content-security-policy"), POLICY, "{path}");
            let etag = page.header("etag").to_owned();
            assert!(etag.starts_with('"') && etag.len() == 26, "{etag}");
            for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
                let same = app.get(path).header("if-none-match", &known).send().await.expect(304);
                assert!(same.body.is_empty() && same.header("etag") == etag, "{path} {known}");
            }
            app.get(path).header("if-none-match", "\"x\"").send().await.expect(200);
        }
        let front = app.get("/docs").send().await.text();
        let files: Vec<_> = links_of(&front).into_iter().filter(|link| link.contains("/assets/")).collect();
        assert_eq!(files.len(), 3, "{files:?}");
        for file in files {
            let kept = app.get(&file).send().await.expect(200);
            assert_eq!(kept.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
        }
        for none in ["/docs/images/nope.png", "/docs/images/..%2fsecurity.md", "/docs/assets/nope.css"] {
            app.get(none).send().await.expect_error(404, "route_unknown");
        }
        assert_eq!(app.get("/docs/").send().await.expect(308).header("location"), "/docs");
    });
}

#[test]
fn what_is_no_page_is_told_in_the_reader_s_own_way() {
    run(Kind::Sqlite, async |app: TestApp| {
        for path in
            ["/docs/nope", "/docs/nope.md", "/docs/live/x", "/docs/errors/", "/docs/security/nope", "/docs/%3Cb%3E"]
        {
            let page =
                app.get(path).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8").send().await.expect(404);
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
            assert_eq!(page.header("content-security-policy"), POLICY, "{path}");
            assert!(
                page.text().contains("<h1 id=\"no-such-page\">") && page.text().contains("action=\"/docs/search\"")
            );
            for accept in ["*/*", "application/json", ""] {
                app.get(path).header("accept", accept).send().await.expect_error(404, "route_unknown");
            }
            let post = app.call(Method::POST, path).header("accept", "text/html").send().await;
            post.expect_error(404, "route_unknown");
        }
        app.get("/nope").header("accept", "text/html").send().await.expect_error(404, "route_unknown");
        app.call(Method::POST, "/docs/live").send().await.expect_error(405, "method_not_allowed");
    });
}

#[test]
fn every_code_and_every_operation_has_its_place() {
    run(Kind::Sqlite, async |app: TestApp| {
        let (html, text) =
            (app.get("/docs/errors").send().await.text(), app.get("/docs/errors.md").send().await.text());
        for code in Code::ALL {
            assert_eq!(html.matches(&format!("<h3 id=\"{}\">", code.as_str())).count(), 1, "{code:?}");
            assert!(text.contains(code.meaning()), "{code:?}");
        }
        let page = app.get("/docs/reference").send().await.text();
        let text = app.get("/docs/reference.md").send().await;
        assert_eq!(text.header("content-type"), "text/markdown; charset=utf-8");
        let (text, document) = (text.text(), description(&app).await);
        for (path, method, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap();
            assert_eq!(page.matches(&format!("<h3 id=\"{id}\">")).count(), 1, "{id}");
            let own = between(&text, &format!(" {{#{id}}}\n"), "\n### ").unwrap();
            assert!(own.contains(&format!("{method} {path}\n")), "{id}");
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(own.contains(&format!("| `{status}` |")), "{id} {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(own.contains(&format!("| `{}`", parameter["name"].as_str().unwrap())), "{id}: {parameter}");
            }
        }
        let create = between(&text, "{#create_payment}\n", "\n### ").unwrap();
        for words in
            ["an app with its key, or a user", "`amount` **required**", "at most 255 characters", "30 to 2592000"]
        {
            assert!(create.contains(words), "{words}: {create}");
        }
        for (id, who) in [("log_in", "anybody"), ("list_users", "a user who is an admin"), ("get_account", "a user ")] {
            let own = between(&text, &format!(" {{#{id}}}\n"), "\n### ").unwrap();
            assert!(own.contains(&format!("**Who may call:** {who}")), "{own}");
        }
    });
}

async fn hits(app: &TestApp, query: &str) -> Vec<serde_json::Value> {
    let query: String = url_encoded(query);
    let answer = app.get(format!("/docs/search.json?q={query}")).send().await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert_eq!((&body["object"], &body["next_cursor"]), (&"list".into(), &serde_json::Value::Null));
    body["data"].as_array().unwrap().clone()
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn the_search_finds_the_best_place_first() {
    run(Kind::Sqlite, async |app: TestApp| {
        for (query, url) in [
            ("webhooks", "/docs/webhooks"),
            ("Webh", "/docs/webhooks"),
            ("high availability", "/docs/high-availability"),
            ("the feed", "/docs/live#the-feed"),
            ("amount_too_precise", "/docs/errors#amount_too_precise"),
            ("idempotency_key_in", "/docs/errors#idempotency_key_in_use"),
            ("create payment", "/docs/reference#create_payment"),
            ("create_payment", "/docs/reference#create_payment"),
            ("/api/payments/export", "/docs/reference#export_payments"),
            ("GET /api/events/stream", "/docs/reference#stream_events"),
            ("PaymentObject", "/docs/reference#PaymentObject"),
            ("webhooks.allow_cidrs", "/docs/configuration"),
            ("ZENWALLET_NODE_NAME", "/docs/configuration"),
        ] {
            let found = hits(&app, query).await;
            assert_eq!(found.first().map_or("", |hit| hit["url"].as_str().unwrap()), url, "{query}: {found:#?}");
            for hit in &found {
                let (path, anchor) =
                    hit["url"].as_str().unwrap().split_once('#').unwrap_or((hit["url"].as_str().unwrap(), ""));
                let page = app.get(path).send().await.expect(200).text();
                assert!(anchor.is_empty() || page.contains(&format!(" id=\"{anchor}\"")), "{hit}");
                for name in ["title", "page_title", "excerpt"] {
                    assert!(hit[name].is_string(), "{hit}");
                }
            }
        }
        // Every word must occur; all but the last one whole.
        for query in ["webhooks xyzzy", "webho secret xyz", "amoun payment", "<script>alert(1)</script>", "…é😀"] {
            assert!(hits(&app, query).await.is_empty(), "{query}");
        }
        assert_eq!(hits(&app, "payment").await.len(), 20);
    });
}

#[test]
fn the_search_is_a_page_too_and_bears_whatever_is_typed() {
    run(Kind::Sqlite, async |app: TestApp| {
        let html = |answer: Answer| {
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
            assert_eq!(answer.header("content-security-policy"), POLICY);
            answer.text()
        };
        let page = html(app.get("/docs/search?q=inbox+mess").send().await.expect(200));
        assert!(page.contains("<mark>inbox</mark>") && page.contains("value=\"inbox mess\""), "{page}");
        assert!(html(app.get("/docs/search").send().await.expect(200)).contains("<ol class=\"hits\"></ol>"));
        html(app.get("/docs/search?q=++").send().await.expect(200));
        for hostile in
            ["\"><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "' onfocus='x", "<svg/onload=alert(1)>"]
        {
            let page = html(app.get(format!("/docs/search?q={}", url_encoded(hostile))).send().await.expect(200));
            assert!(!page.contains(hostile) && !page.contains("<script>") && !page.contains("<img src=x"), "{page}");
        }
        let json = app.get("/docs/search?q=inbox").header("accept", "application/json").send().await.expect(200);
        assert_eq!(json.json()["data"][0]["object"], "docs_hit");
        let long = |count: usize| "a".repeat(count);
        app.get(format!("/docs/search.json?q={}", long(100))).send().await.expect(200);
        for (query, code) in [
            (String::new(), "parameter_missing"),
            ("q=".to_owned(), "parameter_missing"),
            ("q=%20".to_owned(), "parameter_missing"),
            (format!("q={}", long(101)), "parameter_too_long"),
            (format!("q={}", long(10_000)), "parameter_too_long"),
            ("q=a&q=b".to_owned(), "parameter_duplicated"),
            ("q=a&x=b".to_owned(), "parameter_unknown"),
            ("q=a%00".to_owned(), "string_invalid"),
        ] {
            app.get(format!("/docs/search.json?{query}")).send().await.expect_error(400, code);
            if code != "parameter_missing" {
                app.get(format!("/docs/search?{query}")).send().await.expect_error(400, code);
                let page = app.get(format!("/docs/search?{query}")).header("accept", "text/html").send().await;
                assert!(html(page.expect(400)).contains("class=\"refusal\""), "{query}");
            }
        }
        // A hundred characters of nothing but short words.
        assert!(hits(&app, &"a b c d e f g h i j ".repeat(5)).await.len() <= 20);
    });
}

#[test]
fn programs_find_every_page_as_markdown() {
    run(Kind::Sqlite, async |app: TestApp| {
        let list = app.get("/docs/llms.txt").send().await.expect(200);
        assert_eq!(list.header("content-type"), "text/plain; charset=utf-8");
        let (list, full) = (list.text(), app.get("/docs/llms-full.txt").send().await.expect(200).text());
        assert!(list.starts_with("# ZenWallet\n\n> "), "{list}");
        for path in pages(&app).await.into_keys().filter(|path| !["/docs", "/docs/search"].contains(&path.as_str())) {
            assert!(list.contains(&format!("]({PUBLIC_URL}{path}.md): ")), "{path}: {list}");
            let text = app.get(format!("{path}.md")).send().await.expect(200);
            assert_eq!(text.header("content-type"), "text/markdown; charset=utf-8");
            assert!(text.text().starts_with("# ") && full.contains(text.text().trim_end()), "{path}");
        }
        for line in list.lines().filter(|line| line.starts_with("- [")) {
            let address = between(line, "](", ")").unwrap();
            let said = line.split_once("): ").unwrap().1;
            assert!(said.len() > 12 && said.ends_with('.'), "{line}");
            app.get(address.strip_prefix(PUBLIC_URL).unwrap()).send().await.expect(200);
        }
    });
}
