//! Alerts by email, to an SMTP server of the suite's own, with the clock in our hand.

use crate::support::{Call, PUBLIC_URL, TestApp, eventually, options};
use axum::http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use zenwallet_core::alert::DIGEST_MS;
use zenwallet_core::app::App;
use zenwallet_core::endpoint::Endpoint;
use zenwallet_core::id::{AppId, IdSource};
use zenwallet_core::time::Clock;
use zenwallet_core::user::{AlertType, Alerts, Email, Role, User};
use zenwallet_server::App as ServedApp;
use zenwallet_server::gateway::Gateway;
use zenwallet_server::mail::{Mailer, SmtpServer};
use zenwallet_server::worker::{send_due_alerts, watch_endpoints};
use zenwallet_store::{Admission, NewAlert, Recipient, Store, UserOutcome};
use zenwallet_testing::post_office::{PostOffice, Taken};

both_databases!(
    a_flood_is_two_emails,
    an_email_says_what_when_where_and_how_to_turn_it_off,
    line_breaks_in_names_add_nothing_to_an_email,
    a_server_that_is_away_is_asked_again_and_then_given_up,
    a_refused_email_is_given_up_at_once,
    a_failing_endpoint_is_told_once_without_its_path,
    a_monthly_limit_is_told_at_its_shares,
    a_test_email_says_what_the_server_said,
    a_user_says_what_he_wants_to_be_told,
    a_forgotten_password_is_replaced_by_a_link_that_is_sent,
);

/// A node with a post office, and Ada, who owns the app `a`.
struct Mailing {
    gateway: Gateway,
    store: Store,
    office: PostOffice,
    ada: User,
}

impl Mailing {
    async fn start(app: &TestApp) -> Self {
        let (office, ids) = (PostOffice::open().await, Arc::new(IdSource::seeded(7)));
        let (gateway, store) = app.gateway_on(Clock::Manual(app.clock.clone()), "mailing").await;
        let server = SmtpServer::parse(&office.url()).unwrap();
        let mailer = Mailer::new(server, Some("ZenWallet <zenwallet@pay.example.com>"), PUBLIC_URL).unwrap();
        let now = app.clock.now();
        let ada = User {
            id: ids.next(now),
            email: Email::parse("ada@example.com").unwrap(),
            name: "Ada".to_owned(),
            role: Role::Admin,
            password_hash: "$argon2id$".to_owned(),
            password_set_at: now,
            totp: None,
            alerts: Alerts::ALL,
            is_active: true,
            created_at: now,
            version: 0,
        };
        assert_eq!(store.create_user(&ada, Admission::Console, &[]).await.unwrap(), UserOutcome::Done);
        let mailing = Self { gateway: gateway.with_mailer(Some(mailer)), store, office, ada };
        mailing.rename(app.a.app_id, "Shop").await;
        mailing
    }

    async fn rename(&self, id: AppId, name: &str) {
        let (name, owner) = (name.to_owned(), Some(self.ada.id));
        let change = move |app: &mut App| {
            (app.name, app.owner_user_id) = (name, owner);
            Vec::new()
        };
        assert!(self.store.change_app(id, change).await.unwrap().is_some());
    }

    async fn raise(&self, app: &TestApp, occasion: &str, name: &str) {
        let key = json!({"what": "key_rotated", "hint": "sk_test_…4f2a", "name": name, "by": "bob@example.com", "address": "203.0.113.7"});
        let alert = NewAlert {
            kind: AlertType::KeyChanged,
            app_id: Some(app.a.app_id),
            recipient: Recipient::Owner,
            facts: key.to_string(),
            occasion: occasion.to_owned(),
            at: app.clock.now(),
        };
        self.store.raise_alerts(&[alert]).await.unwrap();
    }

    /// How many users there was something to tell.
    async fn step(&self) -> usize {
        send_due_alerts(&self.gateway).await.unwrap()
    }

    async fn end(self) {
        self.store.close().await;
    }
}

async fn a_flood_is_two_emails(app: TestApp) {
    let mailing = Mailing::start(&app).await;
    for number in 0..50 {
        mailing.raise(&app, &format!("{number}"), "Billing").await;
        app.pass_ms(20);
        mailing.step().await;
    }
    assert_eq!(mailing.office.taken().len(), 1);
    app.pass_ms(DIGEST_MS);
    for _ in 0..5 {
        mailing.step().await;
        app.pass_ms(DIGEST_MS);
    }
    let taken = mailing.office.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].header("Subject"), "[ZenWallet] A key of \"Shop\" was rotated");
    assert_eq!(taken[1].header("Subject"), "[ZenWallet] 49 alerts");
    assert_ne!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
    mailing.end().await;
}

async fn an_email_says_what_when_where_and_how_to_turn_it_off(app: TestApp) {
    let mailing = Mailing::start(&app).await;
    mailing.raise(&app, "1", "Billing").await;
    assert_eq!(mailing.step().await, 1);
    assert_eq!(mailing.step().await, 0);
    let taken = mailing.office.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].from.as_str(), &taken[0].to),
        ("zenwallet@pay.example.com", &vec!["ada@example.com".to_owned()])
    );
    assert_eq!(taken[0].header("From"), "ZenWallet <zenwallet@pay.example.com>");
    assert_eq!(taken[0].header("To"), "ada@example.com");
    assert_eq!(taken[0].header("Date"), "Mon, 26 Jan 2026 10:35:00 +0000");
    assert_eq!(taken[0].header("Auto-Submitted"), "auto-generated");
    assert!(taken[0].header("Message-ID").starts_with("<alr_"));
    // Quoted-printable: the hint of a key has an ellipsis, and long lines are folded.
    let body = taken[0].body().replace("=\n", "");
    let id = app.a.app_id;
    for part in [
        "The key \"Billing\" sk_test_=E2=80=A64f2a took the place of the one before, by bob@example.com from 203.0.113.7.",
        "When: 2026-01-26 10:35:00 UTC",
        &format!("App:  \"Shop\" ({id})"),
        // `=` as an email spells it.
        &format!("See:  {PUBLIC_URL}/test/apps/{id}?tab=3Dkeys"),
        &format!("{PUBLIC_URL}/settings#notifications"),
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    mailing.end().await;
}

async fn line_breaks_in_names_add_nothing_to_an_email(app: TestApp) {
    let mailing = Mailing::start(&app).await;
    let evil = "Shop\r\nBcc: eve@example.com\r\n\r\n\u{2028}.\r\nEvil\u{202e}";
    mailing.rename(app.a.app_id, evil).await;
    mailing.raise(&app, "1", evil).await;
    mailing.step().await;
    let taken = mailing.office.taken();
    assert_eq!(taken[0].to, ["ada@example.com"]);
    let names = taken[0].lines.iter().take_while(|line| !line.is_empty());
    let mut names: Vec<_> =
        names.filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(':').next()).collect();
    names.sort_unstable();
    let plain =
        ["Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-ID", "Subject", "To"];
    assert_eq!(names, plain);
    assert!(taken[0].header("Subject").contains("Shop Bcc: eve@example.com . Evil"), "{:?}", taken[0].lines);
    assert!(!taken[0].lines.iter().any(|line| line.starts_with("Bcc") || line == "."), "{:?}", taken[0].lines);
    mailing.end().await;
}

async fn a_server_that_is_away_is_asked_again_and_then_given_up(app: TestApp) {
    let mailing = Mailing::start(&app).await;
    mailing.office.refuse(Some("451 4.3.0 come again"));
    mailing.raise(&app, "1", "Billing").await;
    let mut calls = 0;
    for wait_s in [60, 300, 1_800, 7_200] {
        assert_eq!(mailing.step().await, 1);
        calls += 1;
        assert_eq!(mailing.office.calls(), calls);
        app.pass_s(wait_s - 1);
        assert_eq!(mailing.step().await, 0, "before {wait_s} s");
        app.pass_s(1);
    }
    assert_eq!(mailing.step().await, 1);
    assert_eq!(mailing.office.calls(), 5);
    app.pass_s(7_200);
    assert_eq!(mailing.step().await, 0);
    // Away altogether, then back.
    let address = mailing.office.address;
    mailing.office.refuse(None);
    mailing.raise(&app, "2", "Billing").await;
    assert_eq!(mailing.step().await, 1);
    assert_eq!(mailing.office.taken().len(), 1);
    let Mailing { gateway, store, office, ada } = mailing;
    drop(office);
    app.pass_ms(DIGEST_MS);
    let another = Mailing { office: PostOffice::open().await, gateway, store, ada };
    assert_ne!(another.office.address, address);
    another.raise(&app, "3", "Billing").await;
    assert_eq!(another.step().await, 1, "it was tried, at an address where nobody listens");
    app.pass_s(59);
    assert_eq!(another.step().await, 0);
    let server = SmtpServer::parse(&another.office.url()).unwrap();
    let Mailing { gateway, store, office, ada } = another;
    let mailer = Mailer::new(server, None, PUBLIC_URL).unwrap();
    let back = Mailing { gateway: gateway.with_mailer(Some(mailer)), store, office, ada };
    app.pass_s(1);
    assert_eq!(back.step().await, 1);
    assert_eq!(back.office.taken().len(), 1);
    back.end().await;
}

async fn a_refused_email_is_given_up_at_once(app: TestApp) {
    let mailing = Mailing::start(&app).await;
    mailing.office.refuse(Some("550 5.1.1 nobody of this name"));
    mailing.raise(&app, "1", "Billing").await;
    assert_eq!(mailing.step().await, 1);
    for _ in 0..5 {
        app.pass_s(7_200);
        assert_eq!(mailing.step().await, 0);
    }
    assert_eq!((mailing.office.calls(), mailing.office.taken().len()), (1, 0));
    // A login that is asked for is the operator's to mend: the email waits for him.
    mailing.office.refuse(Some("530 5.7.0 authentication required"));
    mailing.raise(&app, "2", "Billing").await;
    assert_eq!(mailing.step().await, 1);
    mailing.office.refuse(None);
    app.pass_s(60);
    assert_eq!(mailing.step().await, 1);
    assert_eq!(mailing.office.taken().len(), 1);
    mailing.end().await;
}

async fn a_failing_endpoint_is_told_once_without_its_path(app: TestApp) {
    let mailing = Mailing::start(&app).await;
    let now = app.clock.now();
    let url = "https://hooks.example.com:8443/T0K3N?key=v4lue".to_owned();
    let endpoint = Endpoint::new(app.ids.next(now), app.a.app_id, url, now);
    assert!(app.store.create_endpoint(&endpoint).await.unwrap());
    let failing = Endpoint { failing_since: Some(now), ..endpoint };
    assert!(app.store.update_endpoint(&failing, true).await.unwrap());
    assert_eq!(watch_endpoints(&mailing.gateway).await.unwrap(), 0);
    app.pass_s(300);
    assert_eq!(watch_endpoints(&mailing.gateway).await.unwrap(), 1);
    assert_eq!(watch_endpoints(&mailing.gateway).await.unwrap(), 0);
    assert_eq!(mailing.step().await, 1);
    let disabled = Endpoint { is_enabled: false, disabled_reason: Some("every attempt failed".to_owned()), ..failing };
    assert!(app.store.update_endpoint(&disabled, true).await.unwrap());
    assert_eq!(watch_endpoints(&mailing.gateway).await.unwrap(), 1);
    app.pass_ms(DIGEST_MS);
    assert_eq!(mailing.step().await, 1);
    let taken = mailing.office.taken();
    let all: String = taken.iter().map(|letter| letter.body().replace("=\n", "")).collect();
    assert_eq!(taken[0].header("Subject"), "[ZenWallet] Webhooks of \"Shop\" fail");
    assert_eq!(taken[1].header("Subject"), "[ZenWallet] A webhook endpoint of \"Shop\" was disabled");
    assert!(all.contains("https://hooks.example.com:8443 ") && all.contains("every attempt failed"), "{all}");
    assert!(!all.contains("T0K3N") && !all.contains("v4lue"), "{all}");
    mailing.end().await;
}

async fn a_monthly_limit_is_told_at_its_shares(app: TestApp) {
    let mailing = Mailing::start(&app).await;
    let limit = |app: &mut App| {
        app.monthly_payments_max = Some(10);
        Vec::new()
    };
    assert!(mailing.store.change_app(app.a.app_id, limit).await.unwrap().is_some());
    let mut sent = Vec::new();
    for _ in 0..10 {
        app.payment_of(&app.a).await;
        app.gateway.tell_of_limits().await.unwrap();
        app.pass_ms(DIGEST_MS);
        sent.push(mailing.step().await);
    }
    assert_eq!(sent, [0, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
    let taken = mailing.office.taken();
    assert_eq!(taken[0].header("Subject"), "[ZenWallet] \"Shop\" has used 80 % of its monthly limit");
    assert!(taken[0].body().contains("8 of 10 payments"), "{}", taken[0].body());
    assert_eq!(taken[1].header("Subject"), "[ZenWallet] \"Shop\" has used 100 % of its monthly limit");
    // Whoever has it to tell again, another node or the next start, finds it told.
    let again = NewAlert {
        kind: AlertType::UsageLimit,
        app_id: Some(app.a.app_id),
        recipient: Recipient::Owner,
        facts: "{}".to_owned(),
        occasion: format!("limit:{}:2026-01:100", app.a.app_id),
        at: app.clock.now(),
    };
    mailing.store.raise_alerts(&[again]).await.unwrap();
    app.pass_ms(DIGEST_MS);
    assert_eq!(mailing.step().await, 0);
    mailing.end().await;
}

async fn a_test_email_says_what_the_server_said(app: TestApp) {
    let bob = app.person("bob", Role::Member).await;
    let test = "/api/settings/notifications/test";
    app.post(test).person(&bob).send().await.expect_error(409, "email_not_configured");
    let Mailing { gateway, store, office, .. } = Mailing::start(&app).await;
    let node = ServedApp::new(Arc::new(gateway), options());
    let post = || Call::new(&node, Method::POST, test).person(&bob).send();
    assert_eq!(post().await.expect(200).json(), json!({"object": "test_email", "email_address": "bob@example.com"}));
    let taken = office.taken();
    assert_eq!(
        (taken[0].header("Subject").as_str(), taken[0].header("To").as_str()),
        ("[ZenWallet] Test", "bob@example.com")
    );
    office.refuse(Some("550 5.7.1 <zenwallet@pay.example.com>: sender refused"));
    let refused = post().await.expect_error(502, "email_failed");
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("550 5.7.1 <zenwallet@pay.example.com>: sender refused"), "{message}");
    drop(office);
    post().await.expect_error(502, "email_failed");
    Call::new(&node, Method::POST, test)
        .person(&bob)
        .json(&json!({"to": "eve@example.com"}))
        .send()
        .await
        .expect_error(400, "parameter_unknown");
    Call::new(&node, Method::POST, test).key(&app.a).send().await.expect_error(403, "not_for_keys");
    store.close().await;
}

async fn a_user_says_what_he_wants_to_be_told(app: TestApp) {
    let bob = app.person("bob", Role::Member).await;
    let path = "/api/settings/notifications";
    let shown = |email: Value| json!({"object": "notification_settings", "email": email, "email_configured": false, "email_address": "bob@example.com"});
    let all = json!({"webhook_failing": true, "key_changed": true, "sign_in": true, "usage_limit": true});
    assert_eq!(app.get(path).person(&bob).send().await.expect(200).json(), shown(all));
    let change = async |body: Value| app.patch(path).person(&bob).json(&body).send().await;
    let some = json!({"webhook_failing": true, "key_changed": false, "sign_in": true, "usage_limit": false});
    let changed = change(json!({"email": {"key_changed": false, "usage_limit": false}})).await.expect(200).json();
    assert_eq!(changed, shown(some.clone()));
    assert_eq!(change(json!({})).await.expect(200).json(), shown(some.clone()));
    for (body, code, param) in [
        (json!({"email": {"sign_in": null}}), "parameter_type_invalid", "email.sign_in"),
        (json!({"email": {"sign_in": "no"}}), "parameter_type_invalid", "email.sign_in"),
        (json!({"email": {"signin": false, "sign_in": false}}), "parameter_unknown", "email.signin"),
        (json!({"email": null}), "parameter_type_invalid", "email"),
        (json!({"sms": {}}), "parameter_unknown", "sms"),
    ] {
        let refused = change(body).await.expect_error(400, code);
        assert_eq!(refused.json()["error"]["param"], param);
    }
    assert_eq!(app.get(path).person(&bob).send().await.expect(200).json(), shown(some), "nothing refused was done");
    app.get(path).send().await.expect_error(401, "session_missing");
    app.get(path).key(&app.a).send().await.expect_error(403, "not_for_keys");
}

async fn a_forgotten_password_is_replaced_by_a_link_that_is_sent(app: TestApp) {
    let bob = app.person("bob", Role::Member).await;
    let admin = app.person("admin", Role::Admin).await;
    let Mailing { gateway, store, office, .. } = Mailing::start(&app).await;
    let node = ServedApp::new(Arc::new(gateway), options());
    let post = |path: &str, body: Value| Call::new(&node, Method::POST, path).json(&body);
    let forgot = |email: &str| post("/api/auth/password/forgot", json!({"email": email})).send();
    // Whether there is such an account shows nowhere but in its mailbox.
    let (known, unknown) =
        (forgot("Bob@example.com").await.expect(200), forgot("nobody@example.com").await.expect(200));
    assert_eq!(known.body, unknown.body);
    let taken = eventually("an email", Duration::from_secs(5), || async { office.taken().pop() }).await;
    assert_eq!(taken.header("To"), "bob@example.com");
    let link = |taken: &Taken| {
        let body = taken.body().replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
        body.split_whitespace().find(|word| word.contains("#token=")).unwrap().rsplit('=').next().unwrap().to_owned()
    };
    let reset = |token: String| {
        post("/api/auth/password/reset", json!({"token": token, "new_password": "another horse battery"})).send()
    };
    let token = link(&taken);
    reset(token.clone()).await.expect(200);
    reset(token).await.expect_error(400, "link_invalid");
    app.try_log_in(&bob.email, "another horse battery", json!({})).await.expect(200);
    // Nobody's mailbox is flooded, and nobody's account is probed.
    for _ in 0..2 {
        forgot("bob@example.com").await.expect(200);
    }
    let (known, unknown) = (forgot("bob@example.com").await, forgot("nobody@example.com").await.expect(200));
    known.expect_error(429, "login_throttled");
    drop(unknown);
    // An invitation is sent, too.
    let invited = post("/api/users/invitations", json!({"email": "grace@example.com"})).person(&admin).send().await;
    let url = invited.expect(201).json()["url"].as_str().unwrap().to_owned();
    let taken = office.taken().into_iter().find(|taken| taken.header("To") == "grace@example.com").unwrap();
    assert!(url.ends_with(&link(&taken)), "{url}");
    store.close().await;
}
