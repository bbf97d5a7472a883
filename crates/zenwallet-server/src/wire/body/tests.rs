//! Bodies that are read, and what is said of those that are not.

use super::*;

fn codes(body: &str, read: impl FnOnce(&mut Fields<'_>)) -> Vec<&'static str> {
    let mut fields = match Fields::parse(body.as_bytes()) {
        Ok(fields) => fields,
        Err(rejection) => return vec![rejection.code.as_str()],
    };
    read(&mut fields);
    fields.finish(Some(())).err().unwrap_or_default().iter().map(|e| e.code.as_str()).collect()
}

#[test]
fn every_fault_of_a_body_is_named_at_once() {
    let body = r#"{"amuont":1,"amount":"1.234","description":5,"metadata":{"a":[1]}}"#;
    let got = codes(body, |fields| {
        fields.amount();
        fields.string("description", 10);
        fields.metadata();
        let currency = fields.string("currency", 10);
        fields.require("currency", currency);
    });
    let want = [
        "amount_too_precise",
        "parameter_type_invalid",
        "metadata_value_invalid",
        "parameter_missing",
        "parameter_unknown",
    ];
    assert_eq!(got, want);
}

#[test]
fn broken_bodies_have_their_own_codes() {
    let table = [
        ("[1]", "body_not_object"),
        ("\"x\"", "body_not_object"),
        ("{\"a\":", "json_invalid"),
        ("{\"a\":1}x", "json_invalid"),
        ("\u{feff}{}", "json_invalid"),
        ("{\"amount\":1,\"amount\":2}", "parameter_duplicated"),
        ("{\"description\":\"\\ud800\"}", "string_invalid"),
        ("{\"description\":\"\\u0000\"}", "string_invalid"),
        ("{\"metadata\":{\"k\":\"\\udc00\"}}", "string_invalid"),
        ("{\"metadata\":{\"\\udc00\":1}}", "string_invalid"),
        ("{\"metadata\":[]}", "metadata_invalid"),
        ("{\"metadata\":{\"k\":null}}", "metadata_value_invalid"),
        ("{\"amount\":true}", "amount_invalid"),
    ];
    for (body, want) in table {
        let got = codes(body, |fields| {
            fields.amount();
            fields.string("description", 10);
            fields.metadata();
        });
        assert_eq!(got.first(), Some(&want), "{body}: {got:?}");
    }
}

#[test]
fn a_misspelt_name_is_recognised() {
    let message = unknown("xyz", &["amount", "reference_id"]).message;
    assert!(message.contains("known are"), "{message}");
    assert!(unknown("refrence_id", &["amount", "reference_id"]).message.contains("did you mean reference_id?"));
}

#[test]
fn fingerprints_ignore_spelling_and_nothing_else() {
    let print = |body: &str| fingerprint("POST", "/a", body.as_bytes());
    assert_eq!(print(r#"{"a":1,"b":{"c":2,"d":3}}"#), print(r#" { "b" : {"d":3,"c":2}, "a" : 1 } "#));
    assert_eq!(print(r#"{"a":1,"b":-20}"#), print(r#"{"a":1.0,"b":-2e1}"#));
    assert_ne!(print(r#"{"a":1}"#), print(r#"{"a":2}"#));
    assert_ne!(print(r#"{"a":1}"#), print(r#"{"a":1.5}"#));
    assert_ne!(print("{}"), fingerprint("POST", "/b", b"{}"));
    // Doubles that differ in their last digit alone are different values.
    let mut bits = 0x3ff0_0000_0000_0001_u64;
    for _ in 0..5_000 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let double = f64::from_bits(bits);
        if double.is_finite() && double.next_up().is_finite() {
            let [one, next] = [double, double.next_up()].map(|double| print(&format!("{{\"a\":{double:e}}}")));
            assert_ne!(one, next, "{double:e}");
        }
    }
}

#[test]
fn every_kind_of_member_is_read_as_itself_alone() {
    let table = [
        (r#"{"b":true,"t":"2026-01-26T10:35:00Z","l":["x"],"m":{"X":"1"}}"#, None),
        (r#"{"b":null,"t":null,"l":null,"m":null}"#, None),
        (r#"{"l":[],"m":{}}"#, None),
        (r#"{"b":"true"}"#, Some("parameter_type_invalid")),
        (r#"{"b":0}"#, Some("parameter_type_invalid")),
        (r#"{"t":1769423700}"#, Some("parameter_type_invalid")),
        (r#"{"t":"2026-01-26T10:35:00"}"#, Some("parameter_invalid")),
        (r#"{"l":"x"}"#, Some("parameter_type_invalid")),
        (r#"{"l":[null]}"#, Some("parameter_type_invalid")),
        (r#"{"l":["\ud800"]}"#, Some("parameter_type_invalid")),
        (r#"{"m":[]}"#, Some("parameter_type_invalid")),
        (r#"{"m":{"X":null}}"#, Some("parameter_type_invalid")),
        (r#"{"m":{"\ud800":"1"}}"#, Some("parameter_type_invalid")),
    ];
    for (body, want) in table {
        let got = codes(body, |fields| {
            fields.boolean("b");
            fields.time("t");
            fields.strings("l");
            fields.string_members("m");
        });
        assert_eq!(got.first().copied(), want, "{body}");
    }
}

#[test]
fn an_object_keeps_its_members_as_they_came() {
    let mut fields = Fields::parse(br#"{"m":{"b":"1","a":"2","b":"3"},"n":null}"#).unwrap();
    assert!(fields.is_null("n") && fields.names("n") && !fields.is_null("m") && !fields.names("x"));
    let members = fields.string_members("m").unwrap();
    let members: Vec<_> = members.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(members, [("b", "1"), ("a", "2"), ("b", "3")]);
}

#[test]
fn only_what_json_calls_whitespace_says_nothing() {
    assert!(Fields::parse(b" \t\r\n").is_ok() && Fields::parse(b"").is_ok());
    for body in [b"\x0c", b"\x0b", b"\0"] {
        assert_eq!(Fields::parse(body).err().unwrap().code, Code::JsonInvalid);
    }
}
