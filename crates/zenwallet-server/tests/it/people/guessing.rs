//! Many guesses on many accounts.

use crate::support::{Call, TestApp, at_once};
use axum::http::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use zenwallet_core::user::{Email, Role};
use zenwallet_server::gateway::NewAccount;

both_databases! {
    nobody_is_guessed_and_the_owners_come_in_meanwhile,
}

const ACCOUNTS: usize = 10;
/// Guesses that are sent at once.
const AT_ONCE: usize = 50;
/// Between two such waves, in milliseconds.
const WAVE_MS: i64 = 5_000;

/// How many guesses: enough to show the rule on every commit, more where `ZENWALLET_GUESSES` says so.
#[expect(clippy::disallowed_methods, reason = "a test's own setting, not the product's")]
fn guesses() -> usize {
    std::env::var("ZENWALLET_GUESSES").ok().and_then(|count| count.parse().ok()).unwrap_or(5_000)
}

/// The password that an account has, and the attacker's list holds at this place.
fn candidate(account: usize, at: usize) -> String {
    format!("dictionary word {account}-{at}")
}

/// Attackers know every address, share their notes, come from everywhere and to both nodes, and try a guess again until
/// they are told that it is wrong. Each password stands in their list a little behind what the rule lets anybody try in
/// the time, so whoever is let try more finds it.
async fn nobody_is_guessed_and_the_owners_come_in_meanwhile(app: TestApp) {
    let waves = guesses() / AT_ONCE;
    let minutes = usize::try_from(WAVE_MS).unwrap() * waves / 60_000;
    let allowed = 10 + minutes + 1;
    let email = |account: usize| format!("user{account}@example.com");
    let mut devices = BTreeMap::new();
    for account in 0..ACCOUNTS {
        let password = candidate(account, allowed + 5).into();
        let new = NewAccount { email: Email::parse(&email(account)).unwrap(), name: "Somebody".to_owned(), password };
        app.gateway.create_user(new, Role::Member).await.unwrap();
        let body = json!({"email": email(account), "password": candidate(account, allowed + 5), "use_cookies": true});
        let entered = app.post("/api/auth/login").json(&body).send().await.expect(200);
        let lines = entered.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let device = lines.filter_map(|line| line.split(';').next()).find(|pair| pair.contains("_device="));
        devices.insert(account, device.unwrap().to_owned());
    }
    let second = app.second_node().await;
    let tried: Arc<Vec<AtomicUsize>> = Arc::new((0..ACCOUNTS).map(|_| AtomicUsize::new(0)).collect());
    let (mut successes, mut throttled, mut sent, mut owners) = (0, 0, 0, 0);
    for wave in 0..waves {
        let calls = (0..AT_ONCE).map(|n| {
            let account = n % ACCOUNTS;
            // Several at once try the next words of the list.
            let at = tried[account].load(Ordering::Relaxed) + n / ACCOUNTS;
            let body = json!({"email": email(account), "password": candidate(account, at)});
            let node = if (n + wave) % 2 == 0 { &app.app } else { &second };
            let from = format!("203.{}.{}.{}", wave / 200 % 200, wave % 200, n);
            let call = Call::new(node, Method::POST, "/api/auth/login").json(&body).from(&from).send();
            let tried = Arc::clone(&tried);
            async move {
                let status = call.await.status;
                if status == 401 {
                    tried[account].fetch_add(1, Ordering::Relaxed);
                }
                status
            }
        });
        for status in at_once(calls.collect::<Vec<_>>()).await {
            sent += 1;
            match status {
                200 => successes += 1,
                401 => {}
                // So many at once find no core to be hashed on, sometimes.
                429 | 503 => throttled += 1,
                status => panic!("{status}"),
            }
        }
        // Somebody comes to his own account from where he has been before.
        let account = wave / 2 % ACCOUNTS;
        app.pass_ms(WAVE_MS);
        if wave % 2 == 1 {
            continue;
        }
        let body = json!({"email": email(account), "password": candidate(account, allowed + 5)});
        let owner = app.post("/api/auth/login").json(&body).header("cookie", &devices[&account]);
        owner.from(&format!("198.51.100.{account}")).send().await.expect(200);
        owners += 1;
    }
    assert_eq!(successes, 0, "of {sent}");
    assert!(throttled * 10 > sent * 8 || sent < 1_000, "{throttled} of {sent}");
    for tried in tried.iter().map(|tried| tried.load(Ordering::Relaxed)) {
        assert!((10..=allowed).contains(&tried), "{tried} of {allowed}");
    }
    assert_eq!(owners, waves.div_ceil(2));
}
