//! The dashboard inside the binary: its page, its policy, its files.

use crate::support::{Answer, Kind, TestApp, run};
use std::collections::BTreeSet;

#[test]
fn the_dashboard_is_one_page_under_a_policy_of_its_own() {
    run(Kind::Sqlite, async |app: TestApp| {
        let mut nonces = BTreeSet::new();
        for path in ["/", "/login", "/setup", "/settings", "/test/payments/pay_x", "/production/apps"] {
            let page = app.get(path).send().await.expect(200);
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
            assert_eq!(page.header("cache-control"), "no-store");
            assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
            let policy = page.header("content-security-policy").to_owned();
            let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
            assert_eq!(nonce.len(), 32, "{policy}");
            for rule in [
                "default-src 'none'",
                "script-src 'self';",
                "base-uri 'none'",
                "frame-ancestors 'none'",
                "form-action 'self'",
            ] {
                assert!(policy.contains(rule), "{policy}");
            }
            assert!(!policy.contains("unsafe"), "{policy}");
            let html = page.text();
            assert!(html.contains(nonce) && !html.contains("__CSP_NONCE__"), "{html}");
            assert!(!html.contains("://") && !html.contains("<style"), "{html}");
            assert!(nonces.insert(nonce.to_owned()), "a nonce is good once");
        }
        let dark = app.get("/").header("cookie", "zw_theme=dark").send().await.expect(200);
        assert!(dark.text().contains("data-theme=\"dark\""));
        app.get("/tests").send().await.expect(404);
    });
}

#[test]
fn its_files_are_kept_for_good_and_sent_small() {
    run(Kind::Sqlite, async |app: TestApp| {
        let files = files_of(&app.get("/").send().await.expect(200));
        assert!(files.len() >= 3, "{files:?}");
        for file in &files {
            let plain = app.get(file).send().await.expect(200);
            assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
            assert_eq!(plain.header("vary"), "Accept-Encoding");
            if file.ends_with(".js") || file.ends_with(".css") {
                let small = app.get(file).header("accept-encoding", "gzip, br").send().await.expect(200);
                assert_eq!(small.header("content-encoding"), "br", "{file}");
                assert!(small.body.len() < plain.body.len(), "{file}");
            }
        }
        for unknown in ["/assets/nothing.js", "/assets/index.html", "/assets/..%2findex.html", "/assets/"] {
            app.get(unknown).send().await.expect(404);
        }
    });
}

/// What the page loads.
fn files_of(page: &Answer) -> Vec<String> {
    let html = page.text();
    let named = html.split(['"', '\'']).filter(|text| text.starts_with("/assets/"));
    named.map(str::to_owned).collect()
}
