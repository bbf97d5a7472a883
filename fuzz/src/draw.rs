//! Inputs that have a shape: bytes alone would never get past the first parser.

use arbitrary::Unstructured;
use serde_json::{Map, Number, Value};
use zenwallet_core::id::UserId;
use zenwallet_core::time::Timestamp;
use zenwallet_core::user::{Alerts, Email, Role, User};

/// A moment in 2026.
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_769_423_700_000);

/// One of these; the first when the bytes have run out.
pub(crate) fn one_of<'a, T>(u: &mut Unstructured<'_>, all: &'a [T]) -> &'a T {
    &all[u.choose_index(all.len()).unwrap_or(0)]
}

/// A number; 0 when the bytes have run out.
pub(crate) fn number<T: for<'a> arbitrary::Arbitrary<'a> + Default>(u: &mut Unstructured<'_>) -> T {
    u.arbitrary().unwrap_or_default()
}

/// A text of at most so many bytes.
pub(crate) fn text<'a>(u: &mut Unstructured<'a>, max_bytes: usize) -> &'a str {
    let wanted = usize::from(number::<u16>(u)) % (max_bytes + 1);
    let bytes = u.bytes(wanted.min(u.len())).unwrap_or_default();
    std::str::from_utf8(bytes)
        .unwrap_or_else(|error| std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default())
}

/// The text with some of its bytes replaced, dropped or doubled: at least one edit, which may change nothing.
pub(crate) fn edited(u: &mut Unstructured<'_>, text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    for _ in 0..=number::<u8>(u) % 4 {
        let at = number::<u16>(u) as usize % (out.len() + 1);
        match number::<u8>(u) % 4 {
            0 if at < out.len() => out[at] = number(u),
            1 if at < out.len() => drop(out.remove(at)),
            2 => out.insert(at, number(u)),
            _ => out.truncate(at),
        }
    }
    out
}

/// A JSON value, its numbers among those that are hard.
pub(crate) fn json(u: &mut Unstructured<'_>, depth: u8) -> Value {
    const HARD: [f64; 8] = [0.0, 1.5, 0.1, 9_007_199_254_740_993.0, 1e21, 1e-7, -2.5, 5e-324];
    match number::<u8>(u) % if depth == 0 { 6 } else { 8 } {
        0 => Value::Null,
        1 => Value::Bool(number(u)),
        2 => Value::from(number::<i64>(u)),
        3 => Number::from_f64(*one_of(u, &HARD)).map_or(Value::Null, Value::Number),
        4 => Number::from_f64(number(u)).map_or(Value::Null, Value::Number),
        5 => Value::from(text(u, 40)),
        6 => (0..number::<u8>(u) % 4).map(|_| json(u, depth - 1)).collect(),
        _ => Value::Object(members(u, depth - 1)),
    }
}

/// The members of a JSON object.
pub(crate) fn members(u: &mut Unstructured<'_>, depth: u8) -> Map<String, Value> {
    (0..number::<u8>(u) % 5).map(|_| (text(u, 12).to_owned(), json(u, depth))).collect()
}

/// The same value spelled in another way: names in another order, blanks, escapes.
pub(crate) fn respelled(u: &mut Unstructured<'_>, value: &Value) -> String {
    let blank = *one_of(u, &["", " ", "\n\t", "\r"]);
    match value {
        Value::Object(members) => {
            let mut parts: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{blank}{}{blank}:{}", escaped(u, name), respelled(u, value)))
                .collect();
            if number(u) {
                parts.reverse();
            }
            format!("{{{}{blank}}}", parts.join(","))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(|item| respelled(u, item)).collect();
            format!("[{blank}{}]", parts.join(","))
        }
        Value::String(text) => escaped(u, text),
        other => format!("{blank}{other}"),
    }
}

fn escaped(u: &mut Unstructured<'_>, text: &str) -> String {
    if number(u) {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        return format!("\"{}\"", units.collect::<String>());
    }
    Value::from(text).to_string()
}

/// A user with this address.
pub(crate) fn user(id: UserId, email: Email) -> User {
    User {
        id,
        email,
        name: String::new(),
        role: Role::Member,
        password_hash: String::new(),
        password_set_at: NOW,
        totp: None,
        alerts: Alerts::ALL,
        is_active: true,
        created_at: NOW,
        version: 1,
    }
}
