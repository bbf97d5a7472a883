//! Reads a JSON object field by field, collecting every refusal, so that one answer names all that is wrong.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use zenwallet_core::metadata::{Metadata, Value};
use zenwallet_core::money::Amount;
use zenwallet_core::{Code, Rejection, text};

/// The members of a JSON object, each still as it was spelled.
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A member's name, borrowed where it holds no escape.
struct Name<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A request's body, being read.
pub(crate) struct Fields<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    known: Vec<&'static str>,
    errors: Vec<Rejection>,
}

impl<'a> Fields<'a> {
    /// The members of a JSON object; an empty body is an empty object.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Rejection> {
        let blank = body.iter().all(u8::is_ascii_whitespace);
        let members = if blank { Vec::new() } else { parse_object(body)?.0 };
        let mut errors = Vec::new();
        for (index, (name, _)) in members.iter().enumerate() {
            if members[..index].iter().any(|(earlier, _)| earlier == name) {
                let message = format!("the body names {name:?} twice");
                errors.push(Rejection::new(Code::ParameterDuplicated, name.clone().into_owned(), message));
            }
        }
        Ok(Self { members, known: Vec::new(), errors })
    }

    /// The raw value of a member that is there and not null.
    fn take(&mut self, name: &'static str) -> Option<&'a str> {
        self.known.push(name);
        let at = self.members.iter().position(|(member, _)| member == name)?;
        let raw = self.members.swap_remove(at).1.get();
        (raw != "null").then_some(raw)
    }

    fn reject(&mut self, code: Code, name: &'static str, message: impl Into<String>) {
        self.errors.push(Rejection::new(code, name, message));
    }

    /// Keeps a refusal; the value when there is none.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Rejection>) -> Option<T> {
        result.map_err(|rejection| self.errors.push(rejection)).ok()
    }

    /// Refuses an absent member.
    pub(crate) fn require<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        // A member that was there and refused has its own error already.
        if value.is_none() && !self.errors.iter().any(|error| error.param == name) {
            let code = if name == "amount" { Code::AmountMissing } else { Code::ParameterMissing };
            self.reject(code, name, format!("{name} is required"));
        }
        value
    }

    /// A string of at most `max_chars` characters.
    pub(crate) fn string(&mut self, name: &'static str, max_chars: usize) -> Option<String> {
        let raw = self.take(name)?;
        if !raw.starts_with('"') {
            self.reject(Code::ParameterTypeInvalid, name, format!("{name} must be a string"));
            return None;
        }
        let Ok(value) = serde_json::from_str::<String>(raw) else {
            self.reject(Code::StringInvalid, name, format!("{name} holds a lone surrogate, which is not a character"));
            return None;
        };
        self.keep(text::check(name, &value, max_chars).map(|()| value))
    }

    /// A whole number of a range.
    pub(crate) fn integer(&mut self, name: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let raw = self.take(name)?;
        let Ok(value) = raw.parse::<i64>() else {
            self.reject(Code::ParameterTypeInvalid, name, format!("{name} must be a whole number"));
            return None;
        };
        if !range.contains(&value) {
            let message = format!("{name} must be from {} to {}", range.start(), range.end());
            self.reject(Code::ParameterOutOfRange, name, message);
            return None;
        }
        Some(value)
    }

    /// An amount: a JSON number or a decimal string, read by its own digits.
    pub(crate) fn amount(&mut self) -> Option<Amount> {
        let raw = self.take("amount")?;
        let token = match raw.as_bytes()[0] {
            b'"' => serde_json::from_str::<String>(raw).unwrap_or_default(),
            b'-' | b'0'..=b'9' => raw.to_owned(),
            _ => {
                self.reject(Code::AmountInvalid, "amount", "amount must be a number or a decimal string");
                return None;
            }
        };
        self.keep(Amount::parse(&token))
    }

    /// Metadata: a flat object.
    pub(crate) fn metadata(&mut self) -> Option<Metadata> {
        let raw = self.take("metadata")?;
        self.keep(parse_metadata(raw))
    }

    /// Ends the reading: refuses what was not asked for, and gives the value or every refusal.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Rejection>> {
        for (name, _) in std::mem::take(&mut self.members) {
            if !self.errors.iter().any(|e| e.code == Code::ParameterDuplicated && e.param == name) {
                self.errors.push(unknown(&name, &self.known));
            }
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(self.errors),
        }
    }
}

fn parse_object(body: &[u8]) -> Result<Object<'_>, Rejection> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() && body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
            return Rejection::new(Code::BodyNotObject, "", "the body must be a JSON object");
        }
        // serde_json's text names the fault and its place, never the body's content.
        Rejection::new(Code::JsonInvalid, "", format!("the body is not valid JSON: {error}"))
    })
}

fn parse_metadata(raw: &str) -> Result<Metadata, Rejection> {
    let invalid = || {
        let message = "metadata must be a flat object whose values are strings, numbers and booleans";
        Rejection::new(Code::MetadataInvalid, "metadata", message)
    };
    if !raw.starts_with('{') {
        return Err(invalid());
    }
    let object: Object<'_> = serde_json::from_str(raw)
        .map_err(|_| Rejection::new(Code::StringInvalid, "metadata", "a key of metadata holds a lone surrogate"))?;
    let mut entries = Vec::with_capacity(object.0.len());
    for (name, value) in object.0 {
        let value = match value.get() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text if text.starts_with('"') => Value::Text(serde_json::from_str(text).map_err(|_| {
                let message = format!("metadata.{name} holds a lone surrogate, which is not a character");
                Rejection::new(Code::StringInvalid, format!("metadata.{name}"), message)
            })?),
            token if token.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => Value::Number(token),
            _ => {
                let message = format!("metadata.{name} must be a string, a number or a boolean");
                return Err(Rejection::new(Code::MetadataValueInvalid, format!("metadata.{name}"), message));
            }
        };
        entries.push((name.into_owned(), value));
    }
    Metadata::from_entries(entries)
}

/// The refusal of a parameter that nobody asked for, with the one that was probably meant.
pub(crate) fn unknown(name: &str, known: &[&'static str]) -> Rejection {
    let nearest = known.iter().map(|k| (distance(name, k), *k)).min();
    let hint = match nearest {
        Some((distance, known)) if distance <= 1 + name.chars().count() / 3 => format!("; did you mean {known}?"),
        _ => format!("; known are: {}", known.join(", ")),
    };
    let shown: String = name.chars().take(60).collect();
    Rejection::new(Code::ParameterUnknown, shown.clone(), format!("unknown parameter {shown:?}{hint}"))
}

/// How many letters one must add, drop or change to get from one name to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().take(60).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// SHA-256 of a request: two requests with the same one mean the same.
pub(crate) fn fingerprint(method: &str, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(method);
    hash.update([0]);
    hash.update(path);
    hash.update([0]);
    // As `Fields::parse` has it: an empty body is an empty object.
    let body = if body.trim_ascii().is_empty() { b"{}" } else { body };
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(value) => hash.update(canonical(&value)),
        Err(_) => hash.update(body),
    }
    hash.finalize().into()
}

fn canonical(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            let members = names.iter().map(|name| format!("{:?}:{}", name, canonical(&members[*name])));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
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
        assert_ne!(print(r#"{"a":1}"#), print(r#"{"a":2}"#));
        assert_ne!(print("{}"), fingerprint("POST", "/b", b"{}"));
    }
}
