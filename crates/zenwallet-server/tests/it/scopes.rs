//! What a user asks for several of his apps at once: lists merged, counts added up.

use crate::support::{Answer, Person, Tenant, TestApp, id_of, many_payments};
use crate::webhooks::Things;
use serde_json::{Value, json};
use zenwallet_core::app::{ApiKey, App, Environment, KeyHash};
use zenwallet_core::id::{AppId, IdSource};
use zenwallet_core::limits::SCOPE_APPS_MAX;
use zenwallet_core::user::Role;

both_databases! {
    pages_over_several_apps_are_all_that_they_have_newest_first,
    a_user_names_what_he_sees_and_nothing_else,
    an_environment_is_all_apps_of_it_that_a_user_sees,
    more_apps_than_a_request_can_be_about_are_to_be_named,
    a_cursor_opens_its_own_apps_alone,
    an_export_of_several_apps_is_one_list,
    deliveries_of_several_apps_are_one_list,
    analytics_of_several_apps_are_sums,
    the_busiest_currency_of_several_apps_is_that_of_all_together,
}

/// The routes that can be asked for several apps.
const ROUTES: [&str; 7] = [
    "/api/payments",
    "/api/payments/export",
    "/api/webhooks/deliveries",
    "/api/webhooks/queue",
    "/api/analytics/overview",
    "/api/analytics/volume",
    "/api/analytics/status",
];

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id_of).collect()
}

/// A number below `end`.
fn below(dice: &IdSource, end: usize) -> usize {
    let mut bytes = [0; 8];
    dice.fill(&mut bytes);
    (u64::from_be_bytes(bytes) % end as u64) as usize
}

async fn ask(app: &TestApp, person: &Person, path: impl AsRef<str>) -> Answer {
    // The bucket of a session is not what is meant here.
    app.pass_ms(20);
    app.get(path).person(person).send().await
}

async fn read(app: &TestApp, person: &Person, path: impl AsRef<str>) -> Value {
    ask(app, person, path).await.expect(200).json()
}

async fn give(app: &TestApp, app_id: AppId, person: &Person) {
    let owner = Some(person.id);
    let change = move |app: &mut App| {
        app.owner_user_id = owner;
        Vec::new()
    };
    assert!(app.store.change_app(app_id, change).await.unwrap().is_some());
}

/// So many apps of this user's, beside those of the case.
async fn apps_of(app: &TestApp, person: &Person, count: usize) -> Vec<Tenant> {
    let mut made = Vec::new();
    for _ in 0..count {
        let tenant = app.new_tenant(Environment::Test, Some(0)).await;
        give(app, tenant.app_id, person).await;
        made.push(tenant);
    }
    made
}

fn named(tenants: &[Tenant]) -> String {
    tenants.iter().map(|tenant| tenant.app_id.to_string()).collect::<Vec<_>>().join(",")
}

/// Every page of a list, and how many there were.
async fn pages(app: &TestApp, person: &Person, query: &str, limit: usize) -> (Vec<Value>, usize) {
    let (mut all, mut cursor, mut count) = (Vec::new(), String::new(), 0);
    loop {
        let page = read(app, person, format!("{query}&limit={limit}{cursor}")).await;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        all.extend(data.clone());
        count += 1;
        let Some(next) = page["next_cursor"].as_str() else { return (all, count) };
        assert_eq!(page["has_more"], true);
        cursor = format!("&cursor={next}");
    }
}

/// Payments of which many are of one millisecond, over many more apps than are read at once, of which some have none.
async fn pages_over_several_apps_are_all_that_they_have_newest_first(app: TestApp) {
    let (ada, dice) = (app.person("ada", Role::Member).await, IdSource::seeded(7));
    let tenants = apps_of(&app, &ada, 28).await;
    let mut made = Vec::new();
    for (place, tenant) in tenants.iter().enumerate().filter(|(place, _)| place % 4 != 3) {
        let count = 1 + below(&dice, 12) as i64;
        for id in many_payments(&app, tenant, count).await {
            made.push((id, place));
        }
        app.pass_ms(-count);
    }
    app.pass_ms(50);
    let mut is_paid = std::collections::HashSet::new();
    for (id, place) in made.iter().filter(|_| below(&dice, 3) == 0) {
        app.complete(&tenants[*place], &id.to_string(), json!({"status": "SUCCESS"})).await.expect(200);
        is_paid.insert(*id);
    }
    made.sort_unstable();
    made.reverse();
    for round in 0..25 {
        let mut chosen: Vec<usize> = (0..tenants.len()).filter(|_| below(&dice, 2) == 0).collect();
        if chosen.is_empty() {
            chosen.push(below(&dice, tenants.len()));
        }
        let apps: Vec<Tenant> = chosen.iter().map(|place| tenants[*place].clone()).collect();
        let status = ["", "&status=SUCCESS", "&status=PENDING", "&status=PENDING,SUCCESS"][below(&dice, 4)];
        let fits = |id| match status {
            "&status=SUCCESS" => is_paid.contains(id),
            "&status=PENDING" => !is_paid.contains(id),
            _ => true,
        };
        let want: Vec<_> = made.iter().filter(|(id, place)| chosen.contains(place) && fits(id)).collect();
        let limit = 1 + below(&dice, 30);
        let scope = match round % 5 {
            0 => "environment=test".to_owned(),
            _ => format!("app_id={}", named(&apps)),
        };
        let want: Vec<_> = match round % 5 {
            0 => made.iter().filter(|(id, _)| fits(id)).collect(),
            _ => want,
        };
        let query = format!("/api/payments?{scope}{status}");
        // Few pages are enough to be wrong in.
        let limit = limit.max(want.len() / 25 + 1);
        let (listed, count) = pages(&app, &ada, &query, limit).await;
        let found: Vec<_> = listed.iter().map(|p| (id_of(p), p["app_id"].as_str().unwrap().to_owned())).collect();
        let want: Vec<_> =
            want.iter().map(|(id, place)| (id.to_string(), tenants[*place].app_id.to_string())).collect();
        assert_eq!(found, want, "{query} limit {limit}");
        assert_eq!(count, want.len().div_ceil(limit).max(1), "no page is empty");
        let counted = read(&app, &ada, format!("{query}&limit=1&include=total_count")).await;
        assert_eq!((&counted["total_count"], &counted["total_count_capped"]), (&json!(want.len()), &json!(false)));
    }
}

async fn a_user_names_what_he_sees_and_nothing_else(app: TestApp) {
    let (ada, bob) = (app.person("ada", Role::Member).await, app.person("bob", Role::Member).await);
    let admin = app.person("admin", Role::Admin).await;
    let [own, foreign] = [apps_of(&app, &ada, 2).await, apps_of(&app, &bob, 1).await];
    let both = format!("{},{}", named(&own), named(&foreign));
    let nobodys = format!("{},app_0000000000000000000001", named(&own));
    let many = vec![own[0].app_id.to_string(); 101].join(",");
    for route in ROUTES {
        let refused = async |query: &str, status, code: &str, param: Option<&str>| {
            let answer = ask(&app, &ada, format!("{route}?{query}")).await.expect_error(status, code);
            assert_eq!(answer.error()["param"].as_str(), param, "{route} {query}");
            answer.without_request_id()
        };
        ask(&app, &ada, format!("{route}?app_id={}", named(&own))).await.expect(200);
        // Named twice it is one; a comma may be written as browsers do.
        let twice = named(&[own[0].clone(), own[0].clone()]).replace(',', "%2C");
        ask(&app, &ada, format!("{route}?app_id={twice}")).await.expect(200);
        let one = refused(&format!("app_id={both}"), 404, "app_not_found", None).await;
        let other = refused(&format!("app_id={nobodys}"), 404, "app_not_found", None).await;
        assert_eq!(one, other, "{route}");
        ask(&app, &admin, format!("{route}?app_id={both}")).await.expect(200);
        refused(&format!("app_id={},", named(&own)), 404, "app_not_found", None).await;
        refused("app_id=", 404, "app_not_found", None).await;
        refused(&format!("app_id={many}"), 400, "parameter_out_of_range", Some("app_id")).await;
        refused("", 400, "app_id_missing", None).await;
        refused("environment=live", 400, "parameter_invalid", Some("environment")).await;
        let beside = format!("environment=test&app_id={}", named(&own));
        refused(&beside, 400, "parameter_invalid", Some("environment")).await;
        refused("environment=test&environment=test", 400, "parameter_duplicated", Some("environment")).await;
        refused("environment=test&colour=red", 400, "parameter_unknown", Some("colour")).await;
        // A key is of one app, and says nothing of it.
        for query in [format!("app_id={}", own[0].app_id), "environment=test".to_owned()] {
            let answer = app.get(format!("{route}?{query}")).key(&own[0]).send().await;
            answer.expect_error(400, "parameter_unknown");
        }
    }
    // Beside these routes a user acts as one app.
    let path = format!("/api/events?app_id={}", named(&own));
    ask(&app, &ada, path).await.expect_error(404, "app_not_found");
    ask(&app, &ada, "/api/events?environment=test").await.expect_error(400, "app_id_missing");
}

async fn an_environment_is_all_apps_of_it_that_a_user_sees(app: TestApp) {
    let (ada, admin) = (app.person("ada", Role::Member).await, app.person("admin", Role::Admin).await);
    let own = apps_of(&app, &ada, 3).await;
    give(&app, app.live.app_id, &ada).await;
    let mut paid = Vec::new();
    for tenant in own.iter().chain([&app.live, &app.b]) {
        paid.push(app.payment_of(tenant).await);
        app.pass_ms(1);
    }
    let listed = async |person: &Person, environment: &str| {
        let mut listed = ids(&read(&app, person, format!("/api/payments?environment={environment}")).await);
        listed.reverse();
        listed
    };
    assert_eq!(listed(&ada, "test").await, paid[..3]);
    assert_eq!(listed(&ada, "production").await, paid[3..4]);
    assert_eq!(listed(&admin, "test").await, [&paid[..3], &paid[4..]].concat());
    assert_eq!(listed(&admin, "production").await, paid[3..4]);
    // A disabled app is seen, a deleted one is not.
    app.store.set_app_active(own[0].app_id, false).await.unwrap();
    app.cancel(&own[1], &paid[1]).await.expect(200);
    app.delete(format!("/api/apps/{}", own[1].app_id)).person(&ada).send().await.expect(200);
    assert_eq!(listed(&ada, "test").await, [paid[0].clone(), paid[2].clone()]);
    let nobody = app.person("nobody", Role::Member).await;
    for route in ROUTES {
        ask(&app, &nobody, format!("{route}?environment=production")).await.expect(200);
    }
    let empty = json!({"object": "list", "data": [], "has_more": false, "next_cursor": null});
    assert_eq!(read(&app, &nobody, "/api/payments?environment=test").await, empty);
    let overview = read(&app, &nobody, "/api/analytics/overview?environment=test").await;
    assert_eq!((&overview["total"], &overview["apps"]), (&json!(0), &json!({"active": 0, "enabled": 0})));
    // One payment tells whose it is, too.
    let path = format!("/api/payments/{}?app_id={}", paid[2], own[2].app_id);
    assert_eq!(read(&app, &ada, path).await["app_id"], own[2].app_id.to_string());
    assert_eq!(app.read(&own[2], &paid[2]).await.get("app_id"), None);
}

async fn more_apps_than_a_request_can_be_about_are_to_be_named(app: TestApp) {
    let admin = app.person("admin", Role::Admin).await;
    let (like, key) = {
        let (key, app) = app.store.find_key(KeyHash::of(&app.a.key)).await.unwrap().unwrap();
        (app, key)
    };
    // There are two already.
    for n in 0..SCOPE_APPS_MAX - 1 {
        let new = App { id: app.ids.next(app.clock.now()), ..like.clone() };
        let key = ApiKey {
            id: app.ids.next(app.clock.now()),
            app_id: new.id,
            hash: KeyHash::of(&n.to_string()),
            ..key.clone()
        };
        assert!(app.store.create_app(&new, &key, None, &[]).await.unwrap());
    }
    let answer = ask(&app, &admin, "/api/payments?environment=test").await.expect_error(400, "parameter_out_of_range");
    assert_eq!(answer.error()["param"], "environment");
    let ada = app.person("ada", Role::Member).await;
    assert!(ids(&read(&app, &ada, "/api/payments?environment=test").await).is_empty());
    // One less is not too many.
    app.delete(format!("/api/apps/{}", app.b.app_id)).person(&admin).send().await.expect(200);
    let made = many_payments(&app, &app.a, 3).await;
    let listed = ids(&read(&app, &admin, "/api/payments?environment=test&limit=2").await);
    assert_eq!(listed, [made[2].to_string(), made[1].to_string()]);
    let counted = read(&app, &admin, "/api/payments?environment=test&include=total_count").await;
    assert_eq!(counted["total_count"], 3);
    let overview = read(&app, &admin, "/api/analytics/overview?environment=test").await;
    assert_eq!(overview["apps"], json!({"active": 1, "enabled": SCOPE_APPS_MAX}));
}

async fn a_cursor_opens_its_own_apps_alone(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let own = apps_of(&app, &ada, 3).await;
    for tenant in &own {
        many_payments(&app, tenant, 4).await;
    }
    let two = format!("app_id={}", named(&own[..2]));
    let reversed = format!("app_id={},{}", own[1].app_id, own[0].app_id);
    let first = read(&app, &ada, format!("/api/payments?{two}&limit=2")).await;
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    for same in [two.clone(), reversed] {
        let page = read(&app, &ada, format!("/api/payments?{same}&limit=2&cursor={cursor}")).await;
        assert_eq!(ids(&page).len(), 2);
    }
    let others = [
        format!("app_id={}", own[0].app_id),
        format!("app_id={}", named(&own)),
        "environment=test".to_owned(),
        format!("{two}&status=PENDING"),
    ];
    for other in others {
        let answer = ask(&app, &ada, format!("/api/payments?{other}&cursor={cursor}")).await;
        answer.expect_error(400, "cursor_invalid");
    }
    // What his key was given is his own list, too.
    let page = app.get("/api/payments?limit=1").key(&own[0]).send().await.expect(200).json();
    let path = format!("/api/payments?app_id={}&cursor={}", own[0].app_id, page["next_cursor"].as_str().unwrap());
    assert_eq!(ids(&read(&app, &ada, path).await).len(), 3);
    let test = read(&app, &ada, "/api/payments?environment=test&limit=1").await;
    let cursor = test["next_cursor"].as_str().unwrap();
    let other = format!("/api/payments?environment=production&cursor={cursor}");
    ask(&app, &ada, other).await.expect_error(400, "cursor_invalid");
}

async fn an_export_of_several_apps_is_one_list(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let own = apps_of(&app, &ada, 3).await;
    give(&app, app.live.app_id, &ada).await;
    let mut made = Vec::new();
    for (tenant, count) in [(&own[0], 700), (&own[2], 520), (&app.live, 3)] {
        let ids = many_payments(&app, tenant, count).await;
        made.extend(ids.into_iter().map(|id| (id.to_string(), tenant.app_id.to_string())));
        app.pass_ms(-count + 1);
    }
    app.pass_ms(1_000);
    made[..1_220].sort_by_key(|(id, _)| std::cmp::Reverse(id.clone()));
    let scope = format!("app_id={}", named(&own));
    let answer = ask(&app, &ada, format!("/api/payments/export?{scope}")).await.expect(200);
    assert!(answer.header("content-disposition").contains("payments_test_"));
    let mut reader = csv::ReaderBuilder::new().from_reader(answer.body.as_ref());
    assert_eq!(reader.headers().unwrap().iter().next_back(), Some("app_id"));
    let cell = |record: &csv::StringRecord, at: usize| record.get(at).unwrap().to_owned();
    let records: Vec<_> =
        reader.records().map(|record| record.unwrap()).map(|r| (cell(&r, 0), cell(&r, r.len() - 1))).collect();
    assert_eq!(records, made[..1_220]);
    let all = format!("{scope},{}", app.live.app_id);
    let call = app.get(format!("/api/payments/export?{all}&q=BULK_2")).person(&ada);
    let lines = call.header("accept", "application/x-ndjson").send().await.expect(200);
    assert!(lines.header("content-disposition").contains("payments_all_"));
    let lines: Vec<Value> = lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let list = read(&app, &ada, format!("/api/payments?{all}&q=BULK_2&limit=100")).await;
    assert_eq!(json!(&lines[..100]), list["data"]);
    assert!(lines.iter().any(|line| line["app_id"] == app.live.app_id.to_string()));
}

async fn deliveries_of_several_apps_are_one_list(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let own = apps_of(&app, &ada, 3).await;
    for round in 0..5 {
        for tenant in &own[..=round % 3] {
            Things::of(&app, tenant).await;
            app.pass_ms(1);
        }
    }
    for route in ["/api/webhooks/deliveries", "/api/webhooks/queue"] {
        let mut want = Vec::new();
        for tenant in &own {
            let page = app.get(format!("{route}?limit=100")).key(tenant).send().await.expect(200).json();
            for delivery in page["data"].as_array().unwrap() {
                assert_eq!(delivery.get("app_id"), None);
                let mut delivery = delivery.clone();
                delivery["app_id"] = json!(tenant.app_id.to_string());
                want.push(delivery);
            }
        }
        want.sort_by_key(|delivery| std::cmp::Reverse(delivery["delivery_id"].as_str().unwrap().to_owned()));
        assert!(want.len() >= 9, "{route}");
        let scope = format!("{route}?app_id={}", named(&own));
        for limit in [1, 4, 100] {
            assert_eq!(pages(&app, &ada, &scope, limit).await.0, want, "{route}");
        }
        let more = if route.ends_with("queue") { "" } else { "&include=total_count" };
        assert_eq!(read(&app, &ada, format!("{scope}{more}")).await["total_count"], want.len());
        let one = want[0]["delivery_id"].as_str().unwrap();
        let path = format!("/api/webhooks/deliveries/{one}?app_id={}", want[0]["app_id"].as_str().unwrap());
        assert_eq!(read(&app, &ada, path).await["app_id"], want[0]["app_id"]);
        // A cursor of one list opens no other.
        let cursor = read(&app, &ada, format!("{scope}&limit=1")).await["next_cursor"].as_str().unwrap().to_owned();
        let other = format!("{route}?environment=test&cursor={cursor}");
        ask(&app, &ada, other).await.expect_error(400, "cursor_invalid");
    }
}

async fn analytics_of_several_apps_are_sums(app: TestApp) {
    let (ada, dice) = (app.person("ada", Role::Member).await, IdSource::seeded(3));
    let own = apps_of(&app, &ada, 4).await;
    app.pass_s(-30 * 3_600);
    for hour in 0..30 {
        for tenant in own.iter().take(if hour < 20 { 3 } else { 2 }) {
            let currency = ["COINS", "XP"][below(&dice, 2)];
            let more = json!({"currency": currency, "amount": 1 + below(&dice, 900), "expires_in": 3_600});
            let id = id_of(&app.pay_me(tenant, more).await);
            match below(&dice, 3) {
                0 => drop(app.complete(tenant, &id, json!({"status": "SUCCESS"})).await.expect(200)),
                1 => drop(app.cancel(tenant, &id).await.expect(200)),
                _ => {}
            }
        }
        app.pass_s(3_600);
    }
    app.store.set_app_active(own[1].app_id, false).await.unwrap();
    let scope = format!("app_id={}", named(&own));
    let paths =
        ["overview?", "overview?currency=XP&", "volume?currency=COINS&", "status?", "volume?bucket=day&currency=XP&"];
    for path in paths {
        let merged = read(&app, &ada, format!("/api/analytics/{path}{scope}")).await;
        let mut parts = Vec::new();
        for tenant in &own {
            parts.push(read(&app, &ada, format!("/api/analytics/{path}app_id={}", tenant.app_id)).await);
        }
        check_sums(&merged, &parts.iter().collect::<Vec<_>>(), path);
    }
    let overview = read(&app, &ada, format!("/api/analytics/overview?{scope}")).await;
    // One of them is disabled, one has no payments, and one had its last more than a day ago or none since.
    assert_eq!(overview["apps"]["enabled"], 3);
    assert_eq!(overview["apps"]["active"], 2);
    let [success, failed, expired] = ["success", "failed", "expired"].map(|name| overview[name].as_f64().unwrap());
    let rate = overview["success_rate"].as_f64().unwrap();
    assert!((rate - success / (success + failed + expired)).abs() < 1e-12, "{overview}");
    assert_eq!(overview["currencies"].as_array().unwrap().len(), 2);
}

/// Every number is the sum of the parts' numbers; currencies are matched by their names.
fn check_sums(merged: &Value, parts: &[&Value], place: &str) {
    match merged {
        Value::Number(number) if !place.ends_with("success_rate") => {
            let sum: f64 = parts.iter().filter_map(|part| part.as_f64()).sum();
            assert!((number.as_f64().unwrap() - sum).abs() < 1e-6, "{place}: {number} {parts:?}");
        }
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "apps") {
                let parts: Vec<_> = parts.iter().map(|part| &part[name]).collect();
                check_sums(value, &parts, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let same = |part: &Value| match item["currency"].as_str() {
                    Some(name) => part.as_array().unwrap().iter().find(|other| other["currency"] == name).cloned(),
                    None => part.get(at).cloned(),
                };
                let found: Vec<Value> = parts.iter().filter_map(|part| same(part)).collect();
                check_sums(item, &found.iter().collect::<Vec<_>>(), &format!("{place}[{at}]"));
            }
        }
        _ => {}
    }
}

async fn the_busiest_currency_of_several_apps_is_that_of_all_together(app: TestApp) {
    let ada = app.person("ada", Role::Member).await;
    let own = apps_of(&app, &ada, 3).await;
    // In each app another one leads; over all of them it is the one that leads nowhere.
    for (tenant, leading) in own.iter().zip(["AA", "BB", "CC"]) {
        for currency in [leading, leading, leading, "MID", "MID"] {
            app.pay_me(tenant, json!({"currency": currency})).await;
        }
    }
    let scope = format!("app_id={}", named(&own));
    let volume = read(&app, &ada, format!("/api/analytics/volume?{scope}")).await;
    assert_eq!(volume["currency"], "MID");
    let created: i64 =
        volume["data"].as_array().unwrap().iter().map(|bucket| bucket["created"]["payments"].as_i64().unwrap()).sum();
    assert_eq!(created, 6);
    // Of those that are level the first by name.
    let two = format!("/api/analytics/volume?app_id={}", named(&own[..1]));
    assert_eq!(read(&app, &ada, two).await["currency"], "AA");
    let none = apps_of(&app, &ada, 2).await;
    let none = read(&app, &ada, format!("/api/analytics/volume?app_id={}", named(&none))).await;
    assert_eq!((&none["currency"], none["data"].as_array().unwrap().len()), (&Value::Null, 24));
}
