//! `GET /api/search`

use crate::support::{Person, TestApp, id_of};
use crate::webhooks::Things;
use serde_json::{Value, json};
use zenwallet_core::app::{App, Environment};
use zenwallet_core::id::AppId;
use zenwallet_core::user::Role;

both_databases! {
    every_id_finds_what_has_it_for_whoever_sees_it,
    a_text_finds_names_of_apps_and_starts_of_references,
    what_cannot_be_searched_for_is_refused,
}

async fn search(app: &TestApp, person: &Person, q: &str, more: &str) -> Value {
    app.pass_ms(20);
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    app.get(format!("/api/search?q={q}{more}")).person(person).send().await.expect(200).json()
}

async fn give(app: &TestApp, app_id: AppId, person: &Person, name: &str) {
    let (owner, name) = (Some(person.id), name.to_owned());
    let change = move |app: &mut App| {
        (app.owner_user_id, app.name) = (owner, name);
        Vec::new()
    };
    assert!(app.store.change_app(app_id, change).await.unwrap().is_some());
}

async fn every_id_finds_what_has_it_for_whoever_sees_it(app: TestApp) {
    let (ada, bob) = (app.person("ada", Role::Member).await, app.person("bob", Role::Member).await);
    let admin = app.person("admin", Role::Admin).await;
    for (tenant, environment) in [(&app.a, "test"), (&app.live, "production")] {
        give(&app, tenant.app_id, &ada, "Arcade").await;
        let things = Things::of(&app, tenant).await;
        let app_id = tenant.app_id.to_string();
        let payment = app.pay_me(tenant, json!({"reference_id": "ORDER_123"})).await;
        let id = id_of(&payment);
        let paid = app.complete(tenant, &id, json!({"status": "SUCCESS"})).await.expect(200).json();
        let transaction = paid["transaction_id"].as_str().unwrap().to_owned();
        let short = id_of(&app.pay_me(tenant, json!({"amount": 7.5, "expires_in": 30})).await);
        app.pass_s(31);
        let event = app.events(tenant).await.into_iter().find(|event| event.payment_id.to_string() == id).unwrap();
        let key = app.key_id(&tenant.key).await.to_string();
        let hint = format!("{}…{}", &tenant.key[..8], &tenant.key[47..]);
        let delivery = things.name_in("{delivery_id}");
        let of_delivery =
            app.get(format!("/api/webhooks/deliveries/{delivery}")).key(tenant).send().await.expect(200).json();
        let to = "webhook.test → https://hooks.example/things";
        let title = "ORDER_123 · 500 COINS";
        let none = Value::Null;
        let table = [
            (&id, "payment", title, json!("SUCCESS"), json!(id)),
            (&short, "payment", "7.5 COINS", json!("EXPIRED"), json!(short)),
            (&transaction, "transaction", title, json!("SUCCESS"), json!(id)),
            (&event.id.to_string(), "event", "payment.created", none.clone(), json!(id)),
            (&delivery, "delivery", to, json!("PENDING"), of_delivery["payment_id"].clone()),
            (&things.name_in("{endpoint_id}"), "endpoint", "https://hooks.example/things", none.clone(), none.clone()),
            (&app_id, "app", "Arcade", none.clone(), none.clone()),
            (&key, "key", hint.as_str(), none.clone(), none.clone()),
        ];
        for (id, kind, title, status, payment) in table {
            let want = json!({"object": "list", "has_more": false, "next_cursor": null, "data": [{
                "object": "search_hit", "kind": kind, "id": id, "app_id": app_id, "environment": environment,
                "title": title, "status": status, "payment_id": payment,
            }]});
            for (person, more) in [(&ada, ""), (&ada, "&environment=test"), (&admin, "&environment=production")] {
                assert_eq!(search(&app, person, id, more).await, want);
            }
            assert_eq!(search(&app, &ada, &format!(" {id}\t"), "").await, want);
            assert_eq!(search(&app, &bob, id, "").await["data"], json!([]), "{id}");
        }
    }
    // Nobody's id is a text like any other.
    let nobodys = Things::nobodys(&app);
    for id in nobodys.ids() {
        assert_eq!(search(&app, &ada, id, "").await["data"], json!([]), "{id}");
    }
    give(&app, app.b.app_id, &bob, "Beta").await;
    let odd = app.pay_me(&app.b, json!({"reference_id": "txn_0000000000000000000001"})).await;
    let found = search(&app, &bob, "txn_0000000000000000000001", "").await;
    assert_eq!(found["data"][0]["id"], id_of(&odd));
    app.cancel(&app.b, &id_of(&odd)).await.expect(200);
    // What was of an app that is gone is gone with it.
    app.delete(format!("/api/apps/{}", app.b.app_id)).person(&bob).send().await.expect(200);
    for (person, text) in [(&bob, id_of(&odd)), (&admin, id_of(&odd)), (&admin, "Beta".to_owned())] {
        assert_eq!(search(&app, person, &text, "").await["data"], json!([]));
    }
}

async fn a_text_finds_names_of_apps_and_starts_of_references(app: TestApp) {
    let (ada, admin) = (app.person("ada", Role::Member).await, app.person("admin", Role::Admin).await);
    give(&app, app.a.app_id, &ada, "Straße & Order Hall").await;
    give(&app, app.live.app_id, &ada, "ORDERS").await;
    let mut made = Vec::new();
    for (tenant, reference) in
        [(&app.a, "ORDER_1"), (&app.live, "ORDER_2"), (&app.b, "ORDER_3"), (&app.a, "order_4"), (&app.a, "MY_ORDER")]
    {
        made.push(id_of(&app.pay_me(tenant, json!({"reference_id": reference})).await));
        app.pass_ms(1);
    }
    let (of_a, of_live) = (app.a.app_id.to_string(), app.live.app_id.to_string());
    let found = async |person: &Person, q: &str, more: &str| {
        let found = search(&app, person, q, more).await;
        assert_eq!(found["has_more"], false);
        let hits = found["data"].as_array().unwrap().clone();
        hits.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = [&of_a, &of_live, &made[1], &made[0]].map(String::clone);
    assert_eq!(found(&ada, "ORDER", "").await, all);
    assert_eq!(found(&ada, "  ORDER ", "").await, all);
    assert_eq!(found(&ada, "ORDER_", "").await, [made[1].clone(), made[0].clone()]);
    assert_eq!(found(&ada, "order_", "").await, [made[3].clone()]);
    assert_eq!(found(&ada, "STRASSE", "").await, Vec::<String>::new());
    assert_eq!(found(&ada, "straße", "").await, std::slice::from_ref(&of_a));
    assert_eq!(found(&ada, "ORDER", "&environment=test").await, [of_a.clone(), made[0].clone()]);
    assert_eq!(found(&ada, "ORDER", "&environment=production").await, [of_live.clone(), made[1].clone()]);
    let seen: Vec<_> = [2, 1, 0].map(|at| made[at].clone()).to_vec();
    assert_eq!(found(&admin, "ORDER_", "").await, seen);
    for text in ["%", "_", "*", "ORDER_1'", "\"", "pay_", "app_x"] {
        assert_eq!(found(&ada, text, "").await, Vec::<String>::new(), "{text}");
    }
    // Ten at most, of which five are apps.
    for n in 0..6 {
        let tenant = app.new_tenant(Environment::Test, Some(0)).await;
        give(&app, tenant.app_id, &ada, &format!("Order {n}")).await;
    }
    for n in 0..7 {
        app.pay_me(&app.a, json!({"reference_id": format!("Order {n}")})).await;
        app.pass_ms(1);
    }
    let many = search(&app, &ada, "Order", "").await;
    let kinds: Vec<_> = many["data"].as_array().unwrap().iter().map(|hit| hit["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, [["app"; 5], ["payment"; 5]].concat());
    assert_eq!((&many["has_more"], &many["data"][5]["title"]), (&json!(true), &json!("Order 6 · 500 COINS")));
}

async fn what_cannot_be_searched_for_is_refused(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let long = "x".repeat(201);
    let table = [
        (String::new(), "parameter_missing", "q"),
        ("q=".to_owned(), "parameter_missing", "q"),
        ("q=%20%09".to_owned(), "parameter_missing", "q"),
        (format!("q={long}"), "parameter_too_long", "q"),
        (format!("q={}", "x".repeat(2_000)), "parameter_too_long", "q"),
        ("q=a%00b".to_owned(), "string_invalid", "q"),
        ("q=a&q=b".to_owned(), "parameter_duplicated", "q"),
        ("q=a&environment=live".to_owned(), "parameter_invalid", "environment"),
        ("q=a&limit=3".to_owned(), "parameter_unknown", "limit"),
        ("q=a&app_id=x".to_owned(), "parameter_unknown", "app_id"),
    ];
    for (query, code, param) in table {
        app.pass_ms(20);
        let answer = app.get(format!("/api/search?{query}")).person(&ada).send().await.expect_error(400, code);
        assert_eq!(answer.error()["param"], param, "{query}");
    }
    assert_eq!(search(&app, &ada, &"é".repeat(200), "").await["data"], json!([]));
    app.get("/api/search?q=a").key(&app.a).send().await.expect_error(403, "not_for_keys");
    app.get("/api/search?q=a").send().await.expect_error(401, "session_missing");
}
