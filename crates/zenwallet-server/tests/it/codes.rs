//! Every error code has a request that brings it about, here or in a case that is named.

use crate::support::{Answer, Kind, TestApp, run};
use serde_json::json;
use zenwallet_core::Code;
use zenwallet_core::app::Environment;
use zenwallet_core::id::AppId;
use zenwallet_core::limits::{ENDPOINTS_MAX, WEBHOOK_SECRETS_MAX};

/// A request that is refused with a code, or where else the code is seen.
enum Seen {
    /// This body, sent to create.
    Create(&'static str),
    /// The last answer of what `act` does under this name.
    Act,
    /// The case that brings it about.
    In(&'static str),
    /// Never in an answer of the API, for this reason.
    Not(&'static str),
}

fn seen(code: Code) -> Seen {
    use Seen::{Act, Create, In, Not};
    match code {
        Code::AmountMissing => Create(r#"{"currency":"XP"}"#),
        Code::AmountInvalid => Create(r#"{"amount":"x","currency":"XP"}"#),
        Code::AmountNotPositive => Create(r#"{"amount":0,"currency":"XP"}"#),
        Code::AmountTooPrecise => Create(r#"{"amount":1.001,"currency":"XP"}"#),
        Code::AmountTooLarge => Create(r#"{"amount":10000000000000,"currency":"XP"}"#),
        Code::CurrencyInvalid => Create(r#"{"amount":1,"currency":"xp"}"#),
        Code::ParameterMissing => Create(r#"{"amount":1}"#),
        Code::ParameterUnknown => Create(r#"{"amount":1,"currency":"XP","x":1}"#),
        Code::ParameterDuplicated => Create(r#"{"amount":1,"currency":"XP","amount":1}"#),
        Code::ParameterTypeInvalid => Create(r#"{"amount":1,"currency":5}"#),
        Code::ParameterOutOfRange => Create(r#"{"amount":1,"currency":"XP","expires_in":1}"#),
        Code::StringInvalid => Create(r#"{"amount":1,"currency":"XP","description":"\u0000"}"#),
        Code::MetadataInvalid => Create(r#"{"amount":1,"currency":"XP","metadata":[]}"#),
        Code::MetadataKeyDuplicated => Create(r#"{"amount":1,"currency":"XP","metadata":{"a":1,"a":1}}"#),
        Code::MetadataKeyInvalid => Create(r#"{"amount":1,"currency":"XP","metadata":{"":1}}"#),
        Code::MetadataValueInvalid => Create(r#"{"amount":1,"currency":"XP","metadata":{"a":[]}}"#),
        Code::MetadataNumberInexact => Create(r#"{"amount":1,"currency":"XP","metadata":{"a":1e400}}"#),
        Code::UrlInvalid => Create(r#"{"amount":1,"currency":"XP","webhook_url":"x"}"#),
        Code::JsonInvalid => Create("{"),
        Code::BodyNotObject => Create("[]"),
        Code::ParameterTooLong | Code::MetadataTooManyKeys | Code::MetadataTooLarge => {
            In("payments::create_refused::one_broken_rule_is_named")
        }
        Code::ParameterInvalid
        | Code::UrlNotHttps
        | Code::BodyTooLarge
        | Code::ContentTypeUnsupported
        | Code::RouteUnknown
        | Code::MethodNotAllowed
        | Code::CursorInvalid
        | Code::PaymentNotFound
        | Code::PaymentAlreadyFinal
        | Code::PaymentExpired
        | Code::IdempotencyKeyInvalid
        | Code::IdempotencyKeyReused
        | Code::ApiKeyMissing
        | Code::ApiKeyInvalid
        | Code::ApiKeyExpired
        | Code::ApiKeyRevoked
        | Code::AppDisabled
        | Code::RateLimited
        | Code::EndpointNotFound
        | Code::EndpointLimit
        | Code::DeliveryNotFound
        | Code::DeliveryFinished
        | Code::AppNotFound
        | Code::EventNotFound
        | Code::EventsForgotten
        | Code::AfterSeqAhead
        | Code::OriginForbidden
        | Code::SocketRequestInvalid
        | Code::InboxTestOnly
        | Code::InboxNotFound
        | Code::WebhookSecretLimit => Act,
        Code::SessionMissing | Code::SessionInvalid | Code::NotForKeys => {
            In("people::login::a_login_gives_tokens_that_work")
        }
        Code::SessionEnded | Code::RefreshTokenInvalid | Code::RefreshTokenReused => {
            In("people::sessions::a_stolen_refresh_token_ends_the_session")
        }
        Code::LoginFailed | Code::LoginThrottled => {
            In("people::login::guessing_is_slowed_down_and_the_owner_comes_in_all_the_same")
        }
        Code::PasswordTooShort | Code::PasswordTooCommon => {
            In("people::login::a_common_password_is_refused_wherever_one_is_chosen")
        }
        Code::LinkInvalid | Code::SetupClosed => In("people::login::the_first_user_comes_by_the_printed_token_once"),
        Code::ConfirmationRequired => In("people::sessions::a_proof_gives_new_tokens_and_the_old_ones_stop"),
        Code::SessionNotFound => In("people::sessions::a_user_sees_and_ends_his_own_sessions_alone"),
        Code::AdminRequired => In("people::sessions::an_admin_logs_a_user_out_everywhere"),
        Code::TotpRequired | Code::TotpInvalid | Code::TotpNotStarted | Code::TotpAlreadyEnabled => {
            In("people::totp::a_second_factor_is_set_up_asked_for_and_taken_away")
        }
        Code::TotpEnrolmentRequired => {
            In("people::totp::whoever_must_have_a_second_factor_reaches_nothing_without_one")
        }
        Code::EmailTaken | Code::UserNotFound | Code::LastAdmin | Code::InvitationNotFound => {
            In("people::users::admins_make_change_and_close_accounts")
        }
        Code::KeyNotFound | Code::KeyLimit | Code::AppLimit | Code::AppHasPendingPayments | Code::AppIdMissing => {
            In("people::apps::apps_and_keys_are_made_changed_and_ended")
        }
        Code::CrossSiteRequest => In("people::cookies::a_page_of_another_site_has_no_use_of_the_cookies"),
        Code::MonthlyLimitReached => In("usage::of_many_at_once_as_many_are_created_as_may_be"),
        Code::EmailNotConfigured | Code::EmailFailed => In("mail::a_test_email_says_what_the_server_said"),
        Code::VersionConflict => {
            Not("two changes of one account must meet within a millisecond; the store's cases race them")
        }
        Code::LiveConnectionLimit => In("live::stream::an_app_has_so_many_streams"),
        Code::ShuttingDown => In("live::stream::a_stream_ends_with_its_node"),
        Code::RequestTimeout => In("errors::a_body_that_does_not_come_is_not_waited_for"),
        Code::ServiceUnavailable => In("outage::postgres::postgres_goes_away_and_comes_back"),
        Code::Overloaded => In("outage::postgres::a_full_queue_is_told_so"),
        Code::IdempotencyKeyInUse => Not("a second node waits for the first; only three lost races in a row give it"),
        Code::PageTokenInvalid => Not("the payer's page answers with a page"),
        Code::InternalError => Not("it would be a bug"),
        Code::UrlForbidden => Create(r#"{"amount":1,"currency":"XP","webhook_url":"http://10.1.2.3/"}"#),
    }
}

/// The last answer of the way to a code.
async fn act(app: &TestApp, code: Code) -> Answer {
    let list = |query: &str| app.get(format!("/api/payments?{query}")).key(&app.a);
    let new = || app.post("/api/payments/create").key(&app.a);
    let (id, unknown) = (app.payment_of(&app.a).await, "pay_0000000000000000000001");
    let success = json!({"status": "SUCCESS"});
    let good = json!({"amount": 1, "currency": "XP"});
    let call = match code {
        Code::ParameterInvalid => list("status=x"),
        Code::CursorInvalid => list("cursor=x"),
        Code::UrlNotHttps => {
            let body = json!({"amount": 1, "currency": "XP", "return_url": "http://x.example/"});
            app.post("/api/payments/create").key(&app.live).json(&body)
        }
        Code::BodyTooLarge => new().text(" ".repeat(70_000)),
        Code::ContentTypeUnsupported => new().raw("{}"),
        Code::RouteUnknown => app.get("/nope"),
        Code::MethodNotAllowed => app.post("/healthz"),
        Code::PaymentNotFound => app.get(format!("/api/payments/{unknown}")).key(&app.a),
        Code::PaymentAlreadyFinal => {
            app.cancel(&app.a, &id).await.expect(200);
            app.post(format!("/api/payments/{id}/complete")).key(&app.a).json(&success)
        }
        Code::PaymentExpired => {
            app.pass_s(1_800);
            app.post(format!("/api/payments/{id}/complete")).key(&app.a).json(&success)
        }
        Code::IdempotencyKeyInvalid => new().idempotency("two words").json(&good),
        Code::IdempotencyKeyReused => {
            new().idempotency("k").json(&good).send().await.expect(201);
            new().idempotency("k").json(&json!({"amount": 2, "currency": "XP"}))
        }
        Code::ApiKeyMissing => app.get("/api/payments"),
        Code::ApiKeyInvalid => app.get("/api/payments").bearer("x"),
        Code::ApiKeyExpired | Code::ApiKeyRevoked | Code::AppDisabled | Code::RateLimited => {
            let tenant = app.new_tenant(Environment::Test, Some(1)).await;
            match code {
                Code::ApiKeyExpired => drop(app.gateway.rotate_key(tenant.app_id, 0).await.unwrap()),
                Code::ApiKeyRevoked => {
                    assert!(app.revoke(&tenant.key).await);
                }
                Code::AppDisabled => assert!(app.store.set_app_active(tenant.app_id, false).await.unwrap()),
                _ => {
                    for _ in 0..2 {
                        app.get("/api/payments").key(&tenant).send().await.expect(200);
                    }
                }
            }
            app.get("/api/payments").key(&tenant)
        }
        Code::EventNotFound => app.get("/api/events/evt_0000000000000000000001").key(&app.a),
        Code::AfterSeqAhead => app.get("/api/events?after_seq=1000").key(&app.a),
        Code::EventsForgotten => {
            let later = app.clock.now().plus_s(1);
            assert!(app.store.prune_events(app.a.app_id, later, 100).await.unwrap() > 0);
            app.get("/api/events?after_seq=0").key(&app.a)
        }
        Code::OriginForbidden => {
            app.get("/socket.io/?EIO=4&transport=polling").header("origin", "https://evil.example")
        }
        Code::SocketRequestInvalid => app.get("/socket.io/?EIO=4&transport=polling&sid=x"),
        _ => return act_on_webhooks(app, code).await,
    };
    call.send().await
}

/// The last answer of the way to a code that webhooks alone have.
async fn act_on_webhooks(app: &TestApp, code: Code) -> Answer {
    let rotate = |app_id: AppId| app.post(format!("/api/apps/{app_id}/webhook-secret/rotate")).key(&app.a);
    let endpoint = json!({"url": "https://hooks.example/"});
    let call = match code {
        Code::EndpointNotFound => app.get("/api/webhooks/endpoints/whe_0000000000000000000001").key(&app.a),
        Code::EndpointLimit => {
            for _ in 0..ENDPOINTS_MAX {
                app.post("/api/webhooks/endpoints").key(&app.a).json(&endpoint).send().await.expect(201);
            }
            app.post("/api/webhooks/endpoints").key(&app.a).json(&endpoint)
        }
        Code::DeliveryNotFound => app.get("/api/webhooks/deliveries/dlv_0000000000000000000001").key(&app.a),
        Code::DeliveryFinished => {
            let id = crate::webhooks::finished_delivery(app, &app.b).await;
            app.post(format!("/api/webhooks/deliveries/{id}/cancel")).key(&app.b)
        }
        Code::InboxTestOnly => app.get(format!("/api/apps/{}/inbox", app.live.app_id)).key(&app.live),
        Code::InboxNotFound => app.post("/inbox/ibx_0000000000000000000001"),
        Code::AppNotFound => rotate(app.b.app_id),
        Code::WebhookSecretLimit => {
            for _ in 1..WEBHOOK_SECRETS_MAX {
                rotate(app.a.app_id).send().await.expect(200);
            }
            rotate(app.a.app_id)
        }
        _ => panic!("{code:?} has no way"),
    };
    call.send().await
}

#[test]
fn every_code_is_brought_about() {
    run(Kind::Sqlite, async |app: TestApp| {
        for code in Code::ALL {
            let answer = match seen(*code) {
                Seen::Create(body) => app.post("/api/payments/create").key(&app.a).text(body).send().await,
                Seen::Act => act(&app, *code).await,
                Seen::In(_) | Seen::Not(_) => continue,
            };
            assert_eq!(answer.code(), code.as_str(), "{}", answer.text());
        }
    });
}

#[test]
fn the_cases_that_are_named_exist() {
    let sources = crate::support::sources();
    for code in Code::ALL {
        match seen(*code) {
            Seen::In(case) => {
                let name = case.rsplit("::").next().unwrap();
                assert!(sources.iter().any(|source| source.contains(&format!("fn {name}("))), "{case}");
            }
            Seen::Not(reason) => assert!(reason.len() > 10),
            Seen::Create(_) | Seen::Act => {}
        }
    }
}
