//! A payment's metadata: a flat object, kept as canonical JSON text, so that it is signed as it is stored.

use crate::json;
use crate::limits::{METADATA_KEY_MAX_CHARS, METADATA_MAX_BYTES, METADATA_MAX_KEYS, METADATA_VALUE_MAX_CHARS};
use crate::rejection::{Code, Rejection};
use std::cmp::Ordering;

/// One value as the request spelled it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A string, unescaped.
    Text(String),
    /// The raw token of a JSON number.
    Number(&'a str),
    /// A boolean.
    Bool(bool),
}

/// Checked metadata in canonical JSON (RFC 8785).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metadata(String);

impl Default for Metadata {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

impl Metadata {
    /// Checks the entries of a request and brings them into their one spelling.
    pub fn from_entries(mut entries: Vec<(String, Value<'_>)>) -> Result<Self, Rejection> {
        let reject = |code, message: String| Err(Rejection::new(code, "metadata", message));
        if entries.len() > METADATA_MAX_KEYS {
            return reject(Code::MetadataTooManyKeys, format!("metadata may have at most {METADATA_MAX_KEYS} keys"));
        }
        entries.sort_by(|(a, _), (b, _)| utf16_order(a, b));
        if let Some(twice) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return reject(Code::MetadataKeyDuplicated, format!("metadata names the key {:?} twice", twice[0].0));
        }
        let mut out = String::with_capacity(64);
        out.push('{');
        for (key, value) in &entries {
            check_key(key)?;
            if out.len() > 1 {
                out.push(',');
            }
            json::push_string(&mut out, key);
            out.push(':');
            push_value(&mut out, key, value)?;
        }
        out.push('}');
        if out.len() > METADATA_MAX_BYTES {
            return reject(Code::MetadataTooLarge, format!("metadata may have at most {METADATA_MAX_BYTES} bytes"));
        }
        Ok(Self(out))
    }

    /// Text that an earlier [`Metadata::from_entries`] made, as a database gives it back.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The canonical JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 8785 sorts by UTF-16 code units, which differs from UTF-8 order above the Basic Multilingual Plane.
fn utf16_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

fn check_key(key: &str) -> Result<(), Rejection> {
    let chars = key.chars().count();
    if chars == 0 || chars > METADATA_KEY_MAX_CHARS || key.contains('\0') {
        let message = format!("a key of metadata has 1 to {METADATA_KEY_MAX_CHARS} characters, none of them U+0000");
        return Err(Rejection::new(Code::MetadataKeyInvalid, "metadata", message));
    }
    Ok(())
}

fn push_value(out: &mut String, key: &str, value: &Value<'_>) -> Result<(), Rejection> {
    let param = || format!("metadata.{key}");
    match value {
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(token) => match json::canonical_number(token) {
            Some(number) => out.push_str(&number),
            None => {
                let message = format!("metadata.{key} would change its value as a double; send it as a string");
                return Err(Rejection::new(Code::MetadataNumberInexact, param(), message));
            }
        },
        Value::Text(text) if text.contains('\0') || text.chars().count() > METADATA_VALUE_MAX_CHARS => {
            let message =
                format!("metadata.{key} may have at most {METADATA_VALUE_MAX_CHARS} characters, none of them U+0000");
            return Err(Rejection::new(Code::MetadataValueInvalid, param(), message));
        }
        Value::Text(text) => json::push_string(out, text),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Value<'static> {
        Value::Text(s.to_owned())
    }

    #[test]
    fn keys_sort_as_rfc_8785_says_and_numbers_take_one_spelling() {
        let entries = vec![
            ("é".to_owned(), Value::Number("1.50")),
            ("\u{1F600}".to_owned(), Value::Bool(true)),
            ("\u{FB33}".to_owned(), Value::Bool(false)),
            ("10".to_owned(), text("a")),
            ("2".to_owned(), text("b")),
        ];
        let metadata = Metadata::from_entries(entries).unwrap();
        assert_eq!(metadata.as_str(), "{\"10\":\"a\",\"2\":\"b\",\"é\":1.5,\"\u{1F600}\":true,\"\u{FB33}\":false}");
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_its_code() {
        let many = (0..51).map(|i| (format!("k{i}"), text(""))).collect();
        let large = (0..50).map(|i| (format!("k{i}"), text(&"x".repeat(400)))).collect();
        let table = vec![
            (many, Code::MetadataTooManyKeys),
            (large, Code::MetadataTooLarge),
            (vec![("a".to_owned(), text("1")), ("a".to_owned(), text("2"))], Code::MetadataKeyDuplicated),
            (vec![("".to_owned(), text("1"))], Code::MetadataKeyInvalid),
            (vec![("k".repeat(41), text("1"))], Code::MetadataKeyInvalid),
            (vec![("a".to_owned(), text(&"x".repeat(501)))], Code::MetadataValueInvalid),
            (vec![("a".to_owned(), text("\0"))], Code::MetadataValueInvalid),
            (vec![("a".to_owned(), Value::Number("9007199254740993"))], Code::MetadataNumberInexact),
        ];
        for (entries, code) in table {
            assert_eq!(Metadata::from_entries(entries).unwrap_err().code, code);
        }
    }
}
