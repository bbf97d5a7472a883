//! What a browser keeps, and who has no use of it.

use crate::people::text;
use crate::support::person::PASSWORD;
use crate::support::{Answer, Call, PUBLIC_URL, TestApp, options};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use zenwallet_core::user::Role;
use zenwallet_server::{App, AppOptions};

both_databases! {
    a_page_of_another_site_has_no_use_of_the_cookies,
    each_route_that_acts_looks_where_a_cookie_comes_from,
    a_cookie_is_kept_where_no_script_and_no_neighbour_reads_it,
    tokens_are_in_cookies_or_in_the_answer_and_never_in_both,
    a_browser_renews_its_session_by_its_cookie,
    logging_out_clears_what_the_browser_keeps,
    a_token_that_is_sent_counts_more_than_one_that_is_kept,
    only_a_proxy_that_is_trusted_says_where_a_request_comes_from,
}

/// The cookies that an answer sets, by their names: value and flags.
fn set(answer: &Answer) -> BTreeMap<String, (String, Vec<String>)> {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    lines
        .map(|line| {
            let mut parts = line.split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            (name.to_owned(), (value.to_owned(), parts.map(str::to_owned).collect()))
        })
        .collect()
}

/// What the browser sends of them.
fn kept(answer: &Answer) -> String {
    let pairs = set(answer).into_iter().map(|(name, (value, _))| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("; ")
}

async fn log_in(app: &App, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD, "use_cookies": true});
    Call::new(app, Method::POST, "/api/auth/login").json(&body).send().await.expect(200)
}

const OWN_HOST: &str = "10.0.0.5:8080";

/// Where browsers, old and new, say that a request comes from, and whether that is here.
fn origins() -> Vec<(Option<&'static str>, Option<&'static str>, bool)> {
    let origins = [
        (None, true),
        (Some(PUBLIC_URL), true),
        (Some("http://10.0.0.5:8080"), true),
        (Some("https://evil.example"), false),
        (Some("https://pay.example.com.evil.example"), false),
        (Some("https://evil.example/https://pay.example.com"), false),
        (Some("https://xpay.example.com"), false),
        (Some("https://sub.pay.example.com"), false),
        (Some("https://pay.example.com:8443"), false),
        (Some("http://10.0.0.5:8081"), false),
        (Some("null"), false),
        (Some(""), false),
        (Some("file://"), false),
        (Some("https://pay.example.com https://evil.example"), false),
    ];
    let sites = [
        (None, None),
        (Some("same-origin"), Some(true)),
        (Some("none"), Some(true)),
        (Some("same-site"), Some(false)),
        (Some("cross-site"), Some(false)),
        (Some("Same-Origin"), Some(false)),
        (Some("same-origin, cross-site"), Some(false)),
        (Some(""), Some(false)),
    ];
    let all = sites.into_iter().flat_map(|site| origins.map(|origin| (site, origin)));
    all.map(|((site, by_site), (origin, by_origin))| (site, origin, by_site.unwrap_or(by_origin))).collect()
}

fn coming(call: Call, site: Option<&str>, origin: Option<&str>) -> Call {
    let call = call.header("host", OWN_HOST);
    let call = if let Some(site) = site { call.header("sec-fetch-site", site) } else { call };
    if let Some(origin) = origin { call.header("origin", origin) } else { call }
}

async fn a_page_of_another_site_has_no_use_of_the_cookies(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let (mut let_in, mut refused) = (0, 0);
    let mut cookies = kept(&log_in(&app.app, &ada.email).await);
    for (n, (site, origin, is_own)) in origins().into_iter().enumerate() {
        app.pass_ms(500);
        let name = json!({"name": format!("Ada {n}")});
        let rename = || app.patch("/api/auth/me").json(&name);
        let case = format!("{site:?} {origin:?}");
        let by_cookie = coming(rename().header("cookie", &cookies), site, origin).send().await;
        let log_in = json!({"email": "ada@example.com", "password": PASSWORD, "use_cookies": true});
        let log_in = coming(app.post("/api/auth/login").json(&log_in), site, origin).send().await;
        let renewed = coming(app.post("/api/auth/refresh").json(&json!({})).header("cookie", &cookies), site, origin);
        let renewed = renewed.send().await;
        for answer in [&by_cookie, &log_in, &renewed] {
            match is_own {
                true => assert_eq!(answer.status, 200, "{case}: {}", answer.text()),
                false => assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site_request"), "{case}"),
            }
            assert!(is_own || answer.headers.get("set-cookie").is_none());
        }
        // What only reads tells the page of another site nothing that it could read; what a program sends with a token
        // is no browser's doing.
        coming(app.get("/api/auth/me").header("cookie", &cookies), site, origin).send().await.expect(200);
        coming(rename().person(&ada), site, origin).send().await.expect(200);
        if is_own {
            cookies = kept(&renewed);
        }
        *if is_own { &mut let_in } else { &mut refused } += 1;
    }
    assert!(let_in > 20 && refused > 70, "{let_in} {refused}");
    // Nor does an answer let another origin read it.
    let seen = app.get("/api/auth/me").person(&ada).header("origin", "https://evil.example").send().await;
    assert!(seen.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{:?}", seen.headers);
}

async fn each_route_that_acts_looks_where_a_cookie_comes_from(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    let cookies = kept(&log_in(&app.app, &admin.email).await);
    let routes = crate::docs::operations(&crate::docs::description(&app).await);
    let mut tried = 0;
    for (path, method, _) in routes {
        let method: Method = method.parse().unwrap();
        if !path.starts_with("/api/") || [Method::GET, Method::HEAD].contains(&method) {
            continue;
        }
        let id = app.payment_of(&app.a).await;
        let path = path
            .replace("{payment_id}", &id)
            .replace("{app_id}", &app.a.app_id.to_string())
            .replace("{user_id}", &admin.id.to_string())
            .replace("{session_id}", &admin.session_id.to_string());
        let path = format!("{path}?app_id={}", app.a.app_id);
        let call = app.call(method.clone(), &path).header("cookie", &cookies).text("{}");
        let answer = call.header("sec-fetch-site", "cross-site").send().await;
        assert_eq!(answer.code(), "cross_site_request", "{method} {path}: {}", answer.text());
        tried += 1;
        app.pass_ms(50);
    }
    assert!(tried > 30, "{tried}");
}

async fn a_cookie_is_kept_where_no_script_and_no_neighbour_reads_it(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let plain_options = AppOptions { public_url: "http://127.0.0.1:8080".to_owned(), ..options() };
    let plain = App::new(Arc::clone(&app.gateway), plain_options);
    let at = |path: &str, age: i64, secure: bool| {
        let mut flags = vec![format!("Path={path}"), format!("Max-Age={age}")];
        flags.extend(["HttpOnly", "SameSite=Strict"].map(str::to_owned));
        flags.extend(secure.then(|| "Secure".to_owned()));
        flags
    };
    let (quarter, week, long) = (900, 7 * 86_400, 400 * 86_400);
    let flags = |answer: &Answer| {
        let flags = set(answer).into_iter().map(|(name, (_, flags))| (name, flags));
        flags.collect::<Vec<_>>()
    };
    let secure = log_in(&app.app, &ada.email).await;
    let want = [
        ("__Host-zenwallet_access".to_owned(), at("/", quarter, true)),
        ("__Host-zenwallet_device".to_owned(), at("/", long, true)),
        ("__Secure-zenwallet_refresh".to_owned(), at("/api/auth", week, true)),
    ];
    assert_eq!(flags(&secure), want);
    // On a plain address, which only a machine of one's own should have, browsers keep no other.
    let body = json!({"email": ada.email, "password": PASSWORD, "use_cookies": true});
    let request = axum::http::Request::post("/api/auth/login").header("content-type", "application/json");
    let answer = plain.handle(request.body(body.to_string().into()).unwrap()).await;
    let plainly = Answer::read(answer).await.expect(200);
    let want = [
        ("zenwallet_access".to_owned(), at("/", quarter, false)),
        ("zenwallet_device".to_owned(), at("/", long, false)),
        ("zenwallet_refresh".to_owned(), at("/api/auth", week, false)),
    ];
    assert_eq!(flags(&plainly), want);
    assert_eq!(plainly.header("strict-transport-security"), "");
    // A neighbour under the same domain can set the plain names, and they count for nothing over https.
    let me = |cookie: &str| app.get("/api/auth/me").header("cookie", cookie).send();
    me(&kept(&secure)).await.expect(200);
    me(&kept(&plainly)).await.expect_error(401, "session_missing");
    let access = &set(&secure)["__Host-zenwallet_access"].0;
    for name in ["zenwallet_access", "__host-zenwallet_access", "__Host-zenwallet_access2", "__Secure-zenwallet_access"]
    {
        me(&format!("{name}={access}")).await.expect_error(401, "session_missing");
    }
    me(&format!("a=b; __Host-zenwallet_access={access};c=d")).await.expect(200);
    // The browser is known from now on and is not named anew.
    let known = app.post("/api/auth/login").json(&body).header("cookie", kept(&secure)).send().await.expect(200);
    assert_eq!(set(&known).len(), 2, "{:?}", set(&known));
}

async fn tokens_are_in_cookies_or_in_the_answer_and_never_in_both(app: TestApp) {
    let apart = |answer: &Answer, by_cookie: bool| {
        let (cookies, body) = (set(answer), answer.text());
        let named = body.contains("access_token\"") || body.contains("refresh_token\"");
        assert_eq!((!cookies.is_empty(), named), (by_cookie, !by_cookie), "{cookies:?} {body}");
        for (value, _) in cookies.values() {
            assert!(!body.contains(value), "{body}");
        }
        assert_eq!(answer.header("cache-control"), "no-store");
    };
    for use_cookies in [true, false] {
        let (ada, token) = match use_cookies {
            true => ("ada@example.com", app.gateway.setup_token().await.unwrap().unwrap()),
            false => ("bob@example.com", String::new()),
        };
        // What lets in: the setup, an invitation, a login, a renewal.
        let entered = match use_cookies {
            true => {
                let body =
                    json!({"token": token, "email": ada, "name": "Ada", "password": PASSWORD, "use_cookies": true});
                app.post("/api/auth/setup").json(&body).send().await.expect(201)
            }
            false => {
                let admin = app.log_in("ada@example.com").await;
                let invited = app.post("/api/users/invitations").person(&admin).json(&json!({"email": ada}));
                let invited = invited.send().await.expect(201).json();
                let token = text(&invited["url"]).split_once("token=").unwrap().1;
                let body = json!({"token": token, "name": "Bob", "password": PASSWORD, "use_cookies": false});
                app.post("/api/auth/invitations/accept").json(&body).send().await.expect(201)
            }
        };
        apart(&entered, use_cookies);
        let body = json!({"email": ada, "password": PASSWORD, "use_cookies": use_cookies});
        let entered = app.post("/api/auth/login").json(&body).send().await.expect(200);
        apart(&entered, use_cookies);
        let body = if use_cookies { json!({}) } else { json!({"refresh_token": entered.json()["refresh_token"]}) };
        let renewed =
            app.post("/api/auth/refresh").json(&body).header("cookie", kept(&entered)).send().await.expect(200);
        apart(&renewed, use_cookies);
        // What proves anew. A script that adds a header of its own is shown no token that it cannot read.
        let mut now = renewed;
        for authorization in ["", "Basic eDp5", "Digest x", "sk_test_x"] {
            app.pass_s(1);
            let call = app.post("/api/auth/confirm").json(&json!({"password": PASSWORD}));
            let call = match use_cookies {
                true if authorization.is_empty() => call.header("cookie", kept(&now)),
                true => call.header("cookie", kept(&now)).header("authorization", authorization),
                false => call.bearer(text(&now.json()["access_token"])),
            };
            now = call.send().await.expect(200);
            apart(&now, use_cookies);
        }
    }
}

async fn a_browser_renews_its_session_by_its_cookie(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let first = kept(&log_in(&app.app, &ada.email).await);
    let refresh =
        |cookies: &str, body: Value| app.post("/api/auth/refresh").json(&body).header("cookie", cookies).send();
    app.pass_s(15 * 60);
    app.get("/api/auth/me").header("cookie", &first).send().await.expect_error(401, "session_invalid");
    let second = refresh(&first, json!({})).await.expect(200);
    assert_eq!(set(&second).len(), 2);
    app.get("/api/auth/me").header("cookie", kept(&second)).send().await.expect(200);
    // Without a body at all, too.
    let empty = app.post("/api/auth/refresh").header("cookie", kept(&second)).send().await;
    assert!(empty.status == 200 || empty.status == 400, "{}", empty.text());
    let last = if empty.status == 200 { empty } else { second };
    refresh(&first, json!({})).await.expect_error(401, "refresh_token_reused");
    app.get("/api/auth/me").header("cookie", kept(&last)).send().await.expect_error(401, "session_ended");
    refresh("", json!({})).await.expect_error(401, "refresh_token_invalid");
    refresh("__Secure-zenwallet_refresh=", json!({})).await.expect_error(401, "refresh_token_invalid");
}

async fn logging_out_clears_what_the_browser_keeps(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    for path in ["/api/auth/logout", "/api/auth/logout-all"] {
        let entered = log_in(&app.app, &ada.email).await;
        let cookies = kept(&entered);
        let out = app.post(path).header("cookie", &cookies).send().await.expect(200);
        let cleared = set(&out);
        assert_eq!(cleared.keys().collect::<Vec<_>>(), ["__Host-zenwallet_access", "__Secure-zenwallet_refresh"]);
        for (name, (value, flags)) in &cleared {
            // A browser clears what has the same name, path and flags.
            let was = &set(&entered)[name].1;
            assert!(value.is_empty() && flags.contains(&"Max-Age=0".to_owned()), "{flags:?}");
            assert_eq!(flags[0], was[0]);
            assert_eq!(flags[2..], was[2..]);
        }
        assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
        app.get("/api/auth/me").header("cookie", &cookies).send().await.expect_error(401, "session_ended");
        app.post("/api/auth/refresh")
            .json(&json!({}))
            .header("cookie", &cookies)
            .send()
            .await
            .expect_error(401, "refresh_token_invalid");
    }
}

async fn a_token_that_is_sent_counts_more_than_one_that_is_kept(app: TestApp) {
    let (ada, bob) = (app.person("ada", Role::Member).await, app.person("bob", Role::Member).await);
    let cookies = kept(&log_in(&app.app, &ada.email).await);
    let me = async |authorization: &str| {
        app.get("/api/auth/me").header("cookie", &cookies).header("authorization", authorization).send().await
    };
    let seen = me(&format!("Bearer {}", bob.access)).await.expect(200).json();
    assert_eq!(text(&seen["user"]["email"]), "bob@example.com");
    // One that is no good does not fall back on the other.
    me("Bearer x.y.z").await.expect_error(401, "session_invalid");
    me("Bearer ").await.expect_error(401, "session_invalid");
    me(&format!("Bearer {}", app.a.key)).await.expect_error(403, "not_for_keys");
    let listed = app.get("/api/payments").header("cookie", &cookies).key(&app.a).send().await.expect(200);
    assert_eq!(listed.header("ratelimit-limit"), "", "an app's key has no limit here, a session has");
    let wrong = app.get("/api/payments").header("cookie", &cookies).bearer("sk_test_x").send().await;
    wrong.expect_error(401, "api_key_invalid");
}

async fn only_a_proxy_that_is_trusted_says_where_a_request_comes_from(app: TestApp) {
    app.account("ada@example.com", Role::Member).await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    // 10.0.0.0/8 is trusted.
    let table: [(&str, &[&str], &str); 18] = [
        ("203.0.113.7", &[], "203.0.113.7"),
        ("203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
        ("203.0.113.7", &["127.0.0.1", "10.0.0.1"], "203.0.113.7"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", &["1.2.3.4, 198.51.100.1, 10.0.0.2", "10.3.0.1"], "198.51.100.1"),
        ("10.0.0.1", &["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        ("10.0.0.1", &["x, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["198.51.100.1, x"], "10.0.0.1"),
        ("10.0.0.1", &["1.2.3.4, x, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", &[""], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1:4711"], "10.0.0.1"),
        ("10.0.0.1", &["  2001:db8::7  "], "2001:db8::7"),
        ("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8::1", &["198.51.100.1"], "2001:db8::1"),
    ];
    for (peer, forwarded, want) in table {
        app.pass_s(1);
        let mut call = app.post("/api/auth/login").json(&body).peer(peer);
        for value in forwarded {
            call = call.header("x-forwarded-for", value);
        }
        for (name, value) in [("forwarded", "for=9.9.9.9"), ("x-real-ip", "9.9.9.9"), ("true-client-ip", "9.9.9.9")] {
            call = call.header(name, value);
        }
        call.send().await.expect(200);
        let entries = crate::people::audited(&app, "session.started").await;
        assert_eq!(entries[0]["address"], want, "{peer} {forwarded:?}");
    }
    // So who is not behind the proxy cannot choose whose attempts he uses up.
    let wrong = |n: u32| json!({"email": format!("nobody{n}@example.com"), "password": "guess"});
    let mut tried = 0;
    for n in 0..80 {
        let call = app.post("/api/auth/login").json(&wrong(n)).peer("203.0.113.99");
        let answer = call.header("x-forwarded-for", format!("198.51.100.{n}")).send().await;
        tried += u32::from(answer.status == 401);
    }
    assert_eq!(tried, 50);
    // A household has 64 bits of addresses, and is one.
    tried = 0;
    for n in 0..80 {
        let call = app.post("/api/auth/login").json(&wrong(n)).peer(&format!("2001:db8:1:2:{n:x}::{n:x}"));
        tried += u32::from(call.send().await.status == 401);
    }
    assert_eq!(tried, 50);
    let other = app.post("/api/auth/login").json(&wrong(0)).peer("2001:db8:1:3::1").send().await;
    other.expect_error(401, "login_failed");
}
