//! The body of a create: what is taken keeps within the limits and reads back as itself; what is refused says why.

use crate::draw;
use arbitrary::Unstructured;
use serde_json::{Map, Value, json};
use zenwallet_core::app::Environment;
use zenwallet_core::limits::{
    DESCRIPTION_MAX_CHARS, EXPIRES_IN_MAX_S, EXPIRES_IN_MIN_S, METADATA_KEY_MAX_CHARS, METADATA_MAX_BYTES,
    METADATA_MAX_KEYS, METADATA_VALUE_MAX_CHARS, REFERENCE_ID_MAX_CHARS, URL_MAX_CHARS,
};
use zenwallet_core::{Code, Rejection};
use zenwallet_server::fuzz::{Created, fingerprint, read_create};

/// The first byte says whether the rest is a body or draws one, and for which environment.
pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let environment = if kind & 1 == 0 { Environment::Test } else { Environment::Production };
    if kind & 2 == 0 {
        return judge(rest, environment);
    }
    let mut u = Unstructured::new(rest);
    let body = Value::Object(body(&mut u));
    let respelled = draw::respelled(&mut u, &body);
    judge(respelled.as_bytes(), environment);
    let read = read_create(body.to_string().as_bytes(), environment);
    assert_eq!(read.ok(), read_create(respelled.as_bytes(), environment).ok(), "{body} and {respelled}");
}

fn body(u: &mut Unstructured<'_>) -> Map<String, Value> {
    let mut body = Map::new();
    let amounts = [json!(1), json!("12.50"), json!(0.01), json!(9_999_999_999_999.99), json!(-1), json!(1.005)];
    body.insert("amount".to_owned(), draw::one_of(u, &amounts).clone());
    body.insert("currency".to_owned(), draw::one_of(u, &[json!("XP"), json!("COINS"), json!("x")]).clone());
    for name in ["reference_id", "description", "webhook_url", "return_url", "expires_in", "metadata"] {
        let value = match (draw::number::<u8>(u) % 4, name) {
            (0, _) => continue,
            (1, _) => draw::json(u, 2),
            (_, "expires_in") => json!(draw::number::<i32>(u)),
            (_, "metadata") => Value::Object(draw::members(u, 0)),
            (_, "webhook_url" | "return_url") => json!(format!("https://a.example/{}", draw::text(u, 40))),
            _ => json!(draw::text(u, 300)),
        };
        body.insert(name.to_owned(), value);
    }
    body
}

fn judge(body: &[u8], environment: Environment) {
    match read_create(body, environment) {
        Ok(created) => accepted(body, &created, environment),
        Err(errors) => refused(body, &errors),
    }
}

fn accepted(body: &[u8], created: &Created, environment: Environment) {
    assert!((EXPIRES_IN_MIN_S..=EXPIRES_IN_MAX_S).contains(&created.expires_in_s));
    let limits = [REFERENCE_ID_MAX_CHARS, DESCRIPTION_MAX_CHARS, URL_MAX_CHARS, URL_MAX_CHARS];
    for (text, limit) in created.texts.iter().zip(limits) {
        assert!(text.as_ref().is_none_or(|text| text.chars().count() <= limit && !text.contains('\0')));
    }
    let metadata = created.metadata.as_str();
    assert!(metadata.len() <= METADATA_MAX_BYTES);
    let Ok(Value::Object(members)) = serde_json::from_str(metadata) else { panic!("{metadata} is no object") };
    assert!(members.len() <= METADATA_MAX_KEYS);
    for (name, value) in &members {
        assert!((1..=METADATA_KEY_MAX_CHARS).contains(&name.chars().count()));
        let text = value.as_str().unwrap_or_default();
        assert!(text.chars().count() <= METADATA_VALUE_MAX_CHARS && !text.contains('\0') && !name.contains('\0'));
        assert!(value.is_string() || value.is_boolean() || value.is_number(), "{value}");
    }
    // Written again from what was read, it reads the same: canonical text is its own canonical text.
    let [reference, description, webhook, back] = created.texts.each_ref().map(|text| json!(text));
    let again = format!(
        "{{\"amount\":\"{}\",\"currency\":\"{}\",\"reference_id\":{reference},\"description\":{description},\
         \"webhook_url\":{webhook},\"return_url\":{back},\"metadata\":{metadata},\"expires_in\":{}}}",
        created.amount, created.currency, created.expires_in_s
    );
    assert_eq!(read_create(again.as_bytes(), environment).as_ref(), Ok(created), "{again}");
    // What is accepted means one thing to the idempotency key too.
    let value: Value = serde_json::from_slice(body).expect("what was accepted is JSON");
    let (method, path) = ("POST", "/api/payments/create");
    let other = serde_json::to_string_pretty(&value).expect("JSON");
    assert_eq!(fingerprint(method, path, body), fingerprint(method, path, other.as_bytes()));
    assert_eq!(read_create(other.as_bytes(), environment).as_ref(), Ok(created), "{other}");
}

fn refused(body: &[u8], errors: &[Rejection]) {
    assert!(!errors.is_empty(), "refused without a reason");
    for error in errors {
        assert!(Code::ALL.contains(&error.code) && !error.message.is_empty());
    }
    if errors.iter().any(|error| error.code == Code::JsonInvalid) {
        assert_eq!(errors.len(), 1);
        assert!(serde_json::from_slice::<Value>(body).is_err(), "JSON was called none");
    }
    let is_twice = |error: &Rejection| errors.iter().filter(|other| *other == error).count() > 1;
    assert!(!errors.iter().any(|error| error.code == Code::ParameterMissing && is_twice(error)));
}
