//! Idempotency keys: which are taken, and what two requests with the same one are compared by.

use crate::draw;
use arbitrary::Unstructured;
use serde_json::Value;
use zenwallet_server::fuzz::{fingerprint, read_idempotency_key};

const PATH: &str = "/api/payments/create";

/// The first byte says what the rest is: values of the header, one a line; two bodies; or what draws one body.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((0, rest)) => keys(rest),
        Some((1, rest)) => two_bodies(rest),
        Some((_, rest)) => two_spellings(rest),
        None => {}
    }
}

fn keys(data: &[u8]) {
    let values: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let is_good = |value: &[u8]| (1..=255).contains(&value.len()) && value.iter().all(|byte| (33..=126).contains(byte));
    // HTTP itself brings no such value.
    if values.iter().any(|value| value.iter().any(|byte| (*byte < 32 && *byte != b'\t') || *byte == 127)) {
        return;
    }
    let want = match values[..] {
        [value] if is_good(value) => Some(Some(String::from_utf8_lossy(value).into_owned())),
        _ => None,
    };
    assert_eq!(read_idempotency_key(&values), want);
    assert_eq!(read_idempotency_key(&[]), Some(None));
}

/// Two bodies of JSON with the same fingerprint mean the same.
fn two_bodies(data: &[u8]) {
    let Some(at) = data.iter().position(|byte| *byte == 0xff) else { return };
    let (one, other) = (&data[..at], &data[at + 1..]);
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body);
    if let (Ok(first), Ok(second)) = (read(one), read(other)) {
        let is_same = fingerprint("POST", PATH, one) == fingerprint("POST", PATH, other);
        assert!(!is_same || means(&first) == means(&second), "{first} and {second}");
        // To doubles -0 is 0, and here it is another: the strict side is the safe one.
        let has_sign = [one, other].iter().any(|body| body.windows(2).any(|pair| pair == b"-0"));
        assert!(first != second || is_same || has_sign, "{first} and {second}");
    }
    assert_eq!(fingerprint("POST", PATH, b" \r\n\t"), fingerprint("POST", PATH, b"{}"));
}

/// What a value means to canonical JSON, to which every number is a double.
fn means(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, |double| double.to_bits().into()),
        Value::Array(items) => items.iter().map(means).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), means(value))).collect(),
        other => other.clone(),
    }
}

fn two_spellings(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let value = Value::Object(draw::members(&mut u, 2));
    let (plain, other) = (value.to_string(), draw::respelled(&mut u, &value));
    let print = fingerprint("POST", PATH, plain.as_bytes());
    assert_eq!(print, fingerprint("POST", PATH, other.as_bytes()), "{plain} and {other}");
    assert_ne!(print, fingerprint("PATCH", PATH, plain.as_bytes()));
    assert_ne!(print, fingerprint("POST", "/api/apps", plain.as_bytes()));
    let mut changed = value;
    changed["changed"] = Value::Array(vec![changed.clone()]);
    assert_ne!(print, fingerprint("POST", PATH, changed.to_string().as_bytes()), "{plain} and {changed}");
}
