//! Reads a query string as strictly as a body: every parameter known, named once and in range.

use super::body;
use zenwallet_core::id::{Id, Kind};
use zenwallet_core::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use zenwallet_core::time::Timestamp;
use zenwallet_core::{Code, Rejection};

/// The number of an event, or 0.
pub(crate) fn parse_seq(text: &str) -> Option<i64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// A query string, being read.
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
    errors: Vec<Rejection>,
}

impl Params {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        Self { pairs, known: Vec::new(), errors: Vec::new() }
    }

    /// The parameter's text; an empty one counts as absent.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let mut found = Vec::new();
        self.pairs.retain_mut(|(key, value)| {
            let wanted = key == name;
            if wanted {
                found.push(std::mem::take(value));
            }
            !wanted
        });
        if found.len() > 1 {
            self.errors.push(Rejection::new(Code::ParameterDuplicated, name, format!("the query names {name} twice")));
        }
        let value = found.pop().filter(|value| !value.is_empty())?;
        if value.contains('\0') {
            self.reject(Code::StringInvalid, name, format!("{name} may not contain the character U+0000"));
            return None;
        }
        if value.len() > 1_024 {
            self.reject(Code::ParameterTooLong, name, format!("{name} may have at most 1024 bytes"));
            return None;
        }
        Some(value)
    }

    pub(crate) fn reject(&mut self, code: Code, name: &'static str, message: impl Into<String>) {
        self.errors.push(Rejection::new(code, name, message));
    }

    pub(crate) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let value = self.text(name)?;
        self.keep(body::parse_time(name, &value))
    }

    /// An id; a malformed one is refused, one that does not exist filters everything out.
    pub(crate) fn id<K: Kind>(&mut self, name: &'static str) -> Option<Id<K>> {
        let value = self.text(name)?;
        let id = Id::parse(&value);
        if id.is_none() {
            self.reject(Code::ParameterInvalid, name, format!("{name} must be {} and 22 characters", K::PREFIX));
        }
        id
    }

    /// Keeps a refusal; the value when there is none.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Rejection>) -> Option<T> {
        result.map_err(|rejection| self.errors.push(rejection)).ok()
    }

    pub(crate) fn limit(&mut self) -> u32 {
        let Some(value) = self.text("limit") else { return LIST_LIMIT_DEFAULT };
        match value.parse() {
            Ok(limit @ 1..=LIST_LIMIT_MAX) => limit,
            _ => {
                let message = format!("limit must be a whole number from 1 to {LIST_LIMIT_MAX}");
                self.reject(Code::ParameterOutOfRange, "limit", message);
                LIST_LIMIT_DEFAULT
            }
        }
    }

    /// A place in a log: the number of an event, or 0 for before the first.
    pub(crate) fn seq(&mut self, name: &'static str) -> Option<i64> {
        let value = self.text(name)?;
        let seq = parse_seq(&value);
        if seq.is_none() {
            self.reject(Code::ParameterInvalid, name, format!("{name} must be the seq of an event, or 0"));
        }
        seq
    }

    pub(crate) fn integer(&mut self, name: &'static str, range: std::ops::RangeInclusive<u32>, absent: u32) -> u32 {
        let Some(value) = self.text(name) else { return absent };
        match value.parse::<u32>() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let message = format!("{name} must be a whole number from {} to {}", range.start(), range.end());
                self.reject(Code::ParameterOutOfRange, name, message);
                absent
            }
        }
    }

    /// Whether the comma-separated parameter `include` names `what`; other words are refused.
    pub(crate) fn include(&mut self, what: &'static str) -> bool {
        let Some(value) = self.text("include") else { return false };
        if value.split(',').any(|word| word != what) {
            self.reject(Code::ParameterInvalid, "include", format!("include can be {what}"));
        }
        true
    }

    pub(crate) fn finish<T>(mut self, value: T) -> Result<T, Vec<Rejection>> {
        for (name, _) in &self.pairs {
            self.errors.push(body::unknown(name, &self.known));
        }
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }
}
