//! Reads a JSON object field by field, collecting every refusal, so that one answer names all that is wrong.

#[cfg(test)]
mod tests;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use zenwallet_core::metadata::{Metadata, Value};
use zenwallet_core::money::Amount;
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection, text};

/// Longest spelling of a moment.
const TIME_MAX_CHARS: usize = 64;

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
        let members = if is_blank(body) { Vec::new() } else { parse_object(body)?.0 };
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

    /// A boolean.
    pub(crate) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.reject(Code::ParameterTypeInvalid, name, format!("{name} must be true or false"));
                None
            }
        }
    }

    /// A moment.
    pub(crate) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let value = self.string(name, TIME_MAX_CHARS)?;
        self.keep(parse_time(name, &value))
    }

    /// An array of strings.
    pub(crate) fn strings(&mut self, name: &'static str) -> Option<Vec<String>> {
        let strings = serde_json::from_str(self.take(name)?).ok();
        if strings.is_none() {
            self.reject(Code::ParameterTypeInvalid, name, format!("{name} must be an array of strings"));
        }
        strings
    }

    /// An object of strings: its members in their order, a name as often as it comes.
    pub(crate) fn string_members(&mut self, name: &'static str) -> Option<Vec<(String, String)>> {
        let object = serde_json::from_str::<Object<'_>>(self.take(name)?).ok();
        let text = |(name, value): (Cow<'_, str>, &RawValue)| {
            let value = serde_json::from_str(value.get()).ok()?;
            Some((name.into_owned(), value))
        };
        let members = object.and_then(|object| object.0.into_iter().map(text).collect());
        if members.is_none() {
            self.reject(Code::ParameterTypeInvalid, name, format!("{name} must be an object of strings"));
        }
        members
    }

    /// What is read from the members of an object of its own. What is wrong there is named by its path.
    pub(crate) fn within<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'a>) -> T) -> Option<T> {
        let raw = self.take(name)?;
        if !raw.starts_with('{') {
            self.reject(Code::ParameterTypeInvalid, name, format!("{name} must be an object"));
            return None;
        }
        let inner = Self::parse(raw.as_bytes());
        let mut inner = self.keep(inner)?;
        let value = read(&mut inner);
        let refused = inner.finish(Some(value));
        let path = |refused: Rejection| Rejection { param: format!("{name}.{}", refused.param).into(), ..refused };
        refused.map_err(|all| self.errors.extend(all.into_iter().map(path))).ok()
    }

    /// Whether a member is there and null. To be asked before it is read.
    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.members.iter().any(|(member, value)| member == name && value.get() == "null")
    }

    /// Whether a member is there, null or not. To be asked before it is read.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.members.iter().any(|(member, _)| member == name)
    }

    /// Refuses null where it would stand for a wish that nobody grants.
    pub(crate) fn refuse_null(&mut self, name: &'static str) {
        if self.is_null(name) {
            let message = format!("{name} cannot be null; leave it out instead");
            self.reject(Code::ParameterTypeInvalid, name, message);
        }
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

/// The moment of an RFC 3339 text.
pub(super) fn parse_time(name: &'static str, text: &str) -> Result<Timestamp, Rejection> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| {
        let message = format!("{name} must be RFC 3339 with an offset, such as 2026-01-26T10:35:00Z");
        Rejection::new(Code::ParameterInvalid, name, message)
    })
}

/// Whether a body says nothing: what JSON calls whitespace, which a form feed is not.
fn is_blank(body: &[u8]) -> bool {
    body.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
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
        Some(_) => format!("; known are: {}", known.join(", ")),
        None => "; none are known here".to_owned(),
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
    let body = if is_blank(body) { b"{}" } else { body };
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
        // `1.0` and `1` are one number, and canonical JSON writes it in one way.
        serde_json::Value::Number(number) => match number.as_f64() {
            Some(double) if !number.is_i64() && !number.is_u64() && double.fract() == 0.0 => format!("{double:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}
