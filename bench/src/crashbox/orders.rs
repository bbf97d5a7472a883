//! The calls that clients make, made up from a seeded generator.

use crate::journal::{Action, Call};
use crate::money::format_minor;
use rand::RngExt;
use rand::rngs::StdRng;

/// The largest amount that the contract allows, in hundredths.
const LARGEST_MINOR: i64 = 999_999_999_999_999;
/// The shortest life that the contract allows a payment, in seconds.
pub(super) const SHORTEST_LIFE_S: u32 = 30;

/// A create with a reference that no other create has.
pub(super) fn create(rng: &mut StdRng, app: usize, reference: &str, key: Option<String>) -> Call {
    let expires_in = match rng.random_range(0..100) {
        0..3 => Some(SHORTEST_LIFE_S),
        3..20 => Some(3_600),
        _ => None,
    };
    create_living(rng, app, reference, key, expires_in)
}

/// A create whose payment lives this long.
pub(super) fn create_living(
    rng: &mut StdRng,
    app: usize,
    reference: &str,
    key: Option<String>,
    expires_in: Option<u32>,
) -> Call {
    let amount = match rng.random_range(0..50) {
        0 => LARGEST_MINOR,
        1 => 1,
        _ => rng.random_range(1..=10_000_000),
    };
    let quote = if rng.random_bool(0.3) { "\"" } else { "" };
    let currency = ["COINS", "EUR", "USD"][rng.random_range(0..3)];
    // Not in the order of the alphabet, so that a repetition can be spelled otherwise.
    let mut body = format!(
        r#"{{"reference_id":"{reference}","amount":{quote}{}{quote},"currency":"{currency}","metadata":{{"order":"{}","vip":{}}}"#,
        format_minor(amount),
        rng.random_range(0..1_000_000),
        rng.random_bool(0.1),
    );
    if rng.random_bool(0.5) {
        body.push_str(r#","description":"Größe „M“, \"blue\"""#);
    }
    if let Some(seconds) = expires_in {
        body.push_str(&format!(r#","expires_in":{seconds}"#));
    }
    body.push('}');
    Call { app, action: Action::Create, target: None, foreign: false, key, body: Some(body) }
}

/// Completes a payment.
pub(super) fn complete(app: usize, target: &str, success: bool, key: Option<String>) -> Call {
    let body =
        if success { r#"{"status":"SUCCESS"}"# } else { r#"{"status":"FAILED","failure_code":"card_declined"}"# };
    Call { key, body: Some(body.to_owned()), ..about(app, Action::Complete, target) }
}

/// Cancels a payment.
pub(super) fn cancel(app: usize, target: &str, key: Option<String>) -> Call {
    Call { key, ..about(app, Action::Cancel, target) }
}

/// Reads a payment.
pub(super) fn read(app: usize, target: &str) -> Call {
    about(app, Action::Read, target)
}

fn about(app: usize, action: Action, target: &str) -> Call {
    Call { app, action, target: Some(target.to_owned()), foreign: false, key: None, body: None }
}

/// The same call in other letters: JSON's order and spaces mean nothing.
pub(super) fn respelled(call: &Call) -> Call {
    let value = |body: &String| serde_json::from_str::<serde_json::Value>(body).ok();
    let body = call.body.as_ref().and_then(value).map(|value| format!(" {value:#}\n"));
    Call { body: body.or_else(|| call.body.clone()), ..call.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use serde_json::Value;

    #[test]
    fn creates_are_json_and_repeat_with_their_seed() {
        let made = |seed| create(&mut StdRng::seed_from_u64(seed), 0, "r-1", Some("k".into()));
        for seed in 0..200 {
            let call = made(seed);
            let body: Value = serde_json::from_str(call.body.as_deref().expect("a body")).expect("JSON");
            assert_eq!(body["reference_id"], "r-1");
            assert_eq!(call, made(seed));
        }
    }

    #[test]
    fn a_respelled_call_means_the_same_in_other_bytes() {
        let call = create(&mut StdRng::seed_from_u64(1), 0, "r", None);
        let other = respelled(&call);
        assert_ne!(call.body, other.body);
        let value = |call: &Call| serde_json::from_str::<Value>(call.body.as_deref().expect("a body")).expect("JSON");
        assert_eq!(value(&call), value(&other));
    }
}
