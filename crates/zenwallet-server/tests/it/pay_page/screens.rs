//! What the page shows, and that looking at it changes nothing.

use super::{between, page, shown_status};
use crate::support::{PUBLIC_URL, TestApp, id_of, options};
use axum::body::Body;
use axum::http::{Method, Request};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use zenwallet_server::{App, AppOptions};

both_databases! {
    every_state_has_its_screen,
    a_look_never_pays,
    the_page_is_kept_and_framed_by_nobody,
    whatever_the_app_wrote_is_text,
    a_final_screen_leads_back_with_a_signature,
    a_hostile_return_url_is_data,
    no_page_is_no_page,
    a_test_payment_says_so,
    sheet_and_script_are_this_server_s_own,
    the_status_is_told_in_public_fields,
    a_chosen_theme_is_kept,
    framing_is_the_operator_s_choice,
}

async fn every_state_has_its_screen(app: TestApp) {
    let more = json!({"amount": "1234567.50", "description": "Two tickets", "reference_id": "ORDER_7"});
    let make = async || id_of(&app.pay_me(&app.a, more.clone()).await);
    let common = ["1\u{202f}234\u{202f}567.5", "COINS", "Two tickets", "ORDER_7", "Test &amp; &lt;Shop&gt;"];
    let show = async |id: &str, status: &str, more: &[&str]| {
        let shown = page(&app, id).await.expect(200);
        assert_eq!(shown_status(&shown), status);
        for text in common.iter().chain(more) {
            assert!(shown.text().contains(text), "{status}: {text} is not in {}", shown.text());
        }
        let can_pay = shown.text().contains("pay-button") && shown.text().contains("cancel-button");
        assert_eq!(can_pay, status == "PENDING");
    };
    let id = make().await;
    show(&id, "PENDING", &[&format!("QR code of {PUBLIC_URL}/pay/{id}"), "<svg", "http-equiv=\"refresh\""]).await;
    let paid = app.complete(&app.a, &id, json!({"status": "SUCCESS"})).await.expect(200).json();
    show(&id, "SUCCESS", &[paid["transaction_id"].as_str().unwrap()]).await;
    let id = make().await;
    let failed = json!({"status": "FAILED", "failure_code": "card_declined"});
    app.complete(&app.a, &id, failed).await.expect(200);
    show(&id, "FAILED", &["card_declined", "Payment declined"]).await;
    let id = make().await;
    app.cancel(&app.a, &id).await.expect(200);
    show(&id, "FAILED", &["Payment canceled"]).await;
    let id = make().await;
    app.pass_s(1_800);
    show(&id, "EXPIRED", &["Payment expired"]).await;
    app.gateway.expire_due_payments(10).await.unwrap();
    show(&id, "EXPIRED", &["Payment expired"]).await;
}

async fn a_look_never_pays(app: TestApp) {
    let id = app.payment_of(&app.live).await;
    let token = super::token_of(&app, &id).await;
    // What chat programs, scanners and browsers do with a link they find.
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        for path in [format!("/pay/{id}"), format!("/pay/{id}/pay"), format!("/pay/{id}/cancel")] {
            for query in [String::new(), format!("?token={token}"), "?action=pay".to_owned()] {
                let call = app.call(method.clone(), format!("{path}{query}"));
                call.header("user-agent", "Slackbot-LinkExpanding 1.0").send().await;
            }
        }
    }
    assert_eq!(app.read(&app.live, &id).await["status"], "PENDING");
    assert_eq!(app.events_of(&app.live, &id).await, ["payment.created"]);
}

async fn the_page_is_kept_and_framed_by_nobody(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let done = app.payment_of(&app.a).await;
    let token = super::token_of(&app, &done).await;
    app.cancel(&app.a, &done).await.expect(200);
    let pages = [
        page(&app, &id).await.expect(200),
        page(&app, &done).await.expect(200),
        page(&app, "pay_x").await.expect(404),
        app.post(format!("/pay/{id}/pay")).form("token=wrong").send().await.expect(403),
        app.post(format!("/pay/{done}/pay")).form(format!("token={token}")).send().await.expect(409),
    ];
    for shown in pages {
        assert_eq!(shown.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(shown.header("cache-control"), "no-store");
        assert_eq!(shown.header("x-robots-tag"), "noindex, nofollow");
        assert_eq!(shown.header("referrer-policy"), "no-referrer");
        let policy = shown.header("content-security-policy");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(policy.contains("script-src 'self';") && policy.contains("connect-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let html = shown.text();
        assert!(html.contains("<meta name=\"robots\" content=\"noindex\">"));
        assert_eq!(html.matches("<script").count(), html.matches("<script src=\"/pay/assets/page.js?v=").count());
        for active in ["javascript:", " style=\"", "<style", " onclick", "<iframe", "<object"] {
            assert!(!html.contains(active), "{active} in {html}");
        }
    }
}

async fn whatever_the_app_wrote_is_text(app: TestApp) {
    let hostile = "\"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;'</p>{{7*7}}";
    let more = json!({"description": hostile, "reference_id": hostile});
    let escaped = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;\
        &amp;amp;&#39;&lt;/p&gt;{{7*7}}";
    for end in [false, true] {
        let id = id_of(&app.pay_me(&app.a, more.clone()).await);
        if end {
            app.cancel(&app.a, &id).await.expect(200);
        }
        let html = page(&app, &id).await.expect(200).text();
        assert_eq!(html.matches(escaped).count(), 2, "{html}");
        assert!(!html.contains("<script>") && !html.contains("<img src=x"));
        // The app's name is hostile in every case: `Test & <Shop>`.
        assert!(!html.contains("<Shop>") && html.contains("Test &amp; &lt;Shop&gt;"));
    }
}

async fn a_final_screen_leads_back_with_a_signature(app: TestApp) {
    let return_url = "https://shop.example/thanks?order=1&x=a%20b";
    let make = async || id_of(&app.pay_me(&app.live, json!({"return_url": return_url})).await);
    let id = make().await;
    let link = |html: &str| between(html, "href=\"https://shop.example", "\"").map(|rest| rest.replace("&amp;", "&"));
    assert_eq!(link(&page(&app, &id).await.text()), None, "there is nothing to go back with yet");
    app.complete(&app.live, &id, json!({"status": "SUCCESS"})).await.expect(200);
    let canceled = make().await;
    app.cancel(&app.live, &canceled).await.expect(200);
    let expired = make().await;
    app.pass_s(1_800);
    for (id, status) in [(id, "SUCCESS"), (canceled, "FAILED"), (expired, "EXPIRED")] {
        let html = page(&app, &id).await.expect(200).text();
        let told = format!("payment_id={id}&status={status}");
        let signature = sign(&app.live.webhook_secret, &told);
        assert_eq!(link(&html).unwrap(), format!("/thanks?order=1&x=a%20b&{told}&signature={signature}"));
    }
    let plain = app.payment_of(&app.live).await;
    app.cancel(&app.live, &plain).await.expect(200);
    assert!(!page(&app, &plain).await.text().contains("return-link"));
}

/// As an app would check it: HMAC-SHA256 under the bytes that its `whsec_` secret spells.
fn sign(webhook_secret: &str, message: &str) -> String {
    use base64::Engine;
    let secret = webhook_secret.strip_prefix("whsec_").unwrap();
    let secret = base64::engine::general_purpose::STANDARD.decode(secret).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn a_hostile_return_url_is_data(app: TestApp) {
    let hostile = "http://shop.example/\"onmouseover=\"alert(1)?status=SUCCESS&payment_id=pay_x&signature=0&<b>";
    let id = id_of(&app.pay_me(&app.a, json!({"return_url": hostile})).await);
    app.cancel(&app.a, &id).await.expect(200);
    let html = page(&app, &id).await.expect(200).text();
    let link = between(&html, "href=\"http://shop.example/", "\"").unwrap();
    assert!(!html.contains("\"onmouseover") && !html.contains("<b>"), "{html}");
    // The gateway's own words come last, where a parser that takes the last of two finds them.
    let (_, told) = link.rsplit_once("&amp;payment_id=").unwrap();
    assert!(told.starts_with(&format!("{id}&amp;status=FAILED&amp;signature=")), "{link}");
}

async fn no_page_is_no_page(app: TestApp) {
    let unknown = page(&app, "pay_0000000000000000000001").await.expect(404);
    let id = app.payment_of(&app.a).await;
    let others = ["pay_", "x", &id[4..], &id[..25], "pay_zzzzzzzzzzzzzzzzzzzzzz", "%ff", "%00", "%3Cscript%3E"];
    for id in others {
        let shown = page(&app, id).await.expect(404);
        assert_eq!(shown.body, unknown.body, "{id}");
        for action in ["pay", "cancel"] {
            let posted = app.post(format!("/pay/{id}/{action}")).form("token=x").send().await;
            assert_eq!((posted.status, posted.body), (404, unknown.body.clone()), "{id}");
        }
    }
    assert!(unknown.text().contains("Payment not found"));
}

async fn a_test_payment_says_so(app: TestApp) {
    let (test, live) = (app.payment_of(&app.a).await, app.payment_of(&app.live).await);
    assert!(page(&app, &test).await.text().contains("test-ribbon"));
    assert!(!page(&app, &live).await.text().contains("test-ribbon"));
}

async fn sheet_and_script_are_this_server_s_own(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let html = page(&app, &id).await.expect(200).text();
    for (before, kind) in [("<link rel=\"stylesheet\" href=\"", "text/css"), ("<script src=\"", "text/javascript")] {
        let path = between(&html, before, "\"").unwrap();
        assert!(path.starts_with("/pay/assets/page."), "{path}");
        let asset = app.get(path).send().await.expect(200);
        assert_eq!(asset.header("content-type"), format!("{kind}; charset=utf-8"));
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        for foreign in ["http:", "https:", "url(//", "@import"] {
            assert!(!asset.text().contains(foreign), "{foreign}");
        }
    }
    let loads = html.match_indices("src=\"").chain(html.match_indices("<link ")).count();
    assert_eq!(
        loads,
        html.matches("rel=\"stylesheet\"").count()
            + html.matches("<script src=\"").count()
            + html.matches("rel=\"icon\"").count()
            + html.matches("rel=\"canonical\"").count()
    );
    let canonical = between(&html, "rel=\"canonical\" href=\"", "\"").unwrap();
    assert_eq!(Value::from(canonical), app.read(&app.a, &id).await["payment_url"]);
}

async fn the_status_is_told_in_public_fields(app: TestApp) {
    let more = json!({"expires_in": 100, "metadata": {"secret": 1}, "description": "Two tickets"});
    let id = id_of(&app.pay_me(&app.live, more).await);
    let ask = async || app.get(format!("/pay/{id}/status")).send().await.expect(200);
    app.pass_ms(39_001);
    let told = ask().await;
    assert_eq!(told.header("cache-control"), "no-store");
    let whole = app.read(&app.live, &id).await;
    let want = json!({
        "payment_id": id, "status": "PENDING", "amount": whole["amount"], "currency": whole["currency"],
        "expires_at": whole["expires_at"], "completed_at": null, "remaining_s": 61,
    });
    assert_eq!(told.json(), want);
    app.pass_ms(60_999);
    let over = ask().await.json();
    assert_eq!((&over["status"], &over["remaining_s"]), (&json!("EXPIRED"), &json!(0)));
    for unknown in ["pay_x", "pay_0000000000000000000001"] {
        app.get(format!("/pay/{unknown}/status")).send().await.expect_error(404, "payment_not_found");
    }
}

async fn a_chosen_theme_is_kept(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    for (cookie, want) in
        [("zw_theme=dark", " data-theme=\"dark\">"), ("a=b; zw_theme=light", " data-theme=\"light\">")]
    {
        let shown = app.get(format!("/pay/{id}")).header("cookie", cookie).send().await.expect(200);
        assert!(shown.text().contains(want), "{cookie}");
        let refused = app.post(format!("/pay/{id}/pay")).header("cookie", cookie).form("token=x").send().await;
        assert!(refused.expect(403).text().contains(want), "{cookie}");
    }
    assert!(!page(&app, &id).await.text().contains("data-theme"));
}

async fn framing_is_the_operator_s_choice(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let frame_ancestors = vec!["https://shop.example".to_owned(), "https://b.example:8443".to_owned()];
    let framed = App::new(app.gateway.clone(), AppOptions { frame_ancestors, ..options() });
    let request = Request::get(format!("/pay/{id}")).body(Body::empty()).unwrap();
    let answer = framed.handle(request).await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors https://shop.example https://b.example:8443"), "{policy}");
}
