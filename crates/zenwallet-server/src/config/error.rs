//! What is said about a bad setting: where it stands, what it is, what is accepted, how to fix it.

use super::given::{Given, Source};
use super::key::{Fallback, Form, Key};
use super::read::Refusal;
use std::fmt;

/// One bad setting. Holds text that is fit to be shown: a secret's value never gets in here.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {subject}: {reason}\n  accepted: {accepted}\n  fix: {fix}")]
pub struct ConfigError {
    pub(super) place: String,
    pub(super) subject: String,
    pub(super) reason: String,
    pub(super) accepted: String,
    pub(super) fix: String,
}

impl ConfigError {
    /// A value that its key does not take.
    pub(super) fn refused(given: &Given, refusal: Refusal) -> Self {
        let key = given.key;
        let fix = refusal.fix.unwrap_or_else(|| {
            let instead = refusal.instead.as_deref().unwrap_or_else(|| key.example());
            format!("{}, or leave it out{}", assignment(key, &given.source, instead), without(key, instead))
        });
        let subject = format!("{} = {}", key.name, given.shown());
        Self { place: given.source.to_string(), subject, reason: refusal.reason, accepted: key.accepted(), fix }
    }

    /// Trouble with a file as a whole.
    pub(super) fn unreadable(place: String, subject: String, reason: String, fix: &str) -> Self {
        Self { place, subject, reason, accepted: "a TOML file in UTF-8, at most 1 MiB".into(), fix: fix.into() }
    }
}

/// Everything that is wrong, at once. `Display` prints a paragraph for each.
#[derive(Debug)]
pub struct ConfigErrors(pub(super) Vec<ConfigError>);

impl ConfigErrors {
    /// The errors: unknown names first, then refused values in the order of the documentation.
    pub fn as_slice(&self) -> &[ConfigError] {
        &self.0
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { "\n\n" };
            write!(f, "{gap}{error}")?;
        }
        Ok(())
    }
}

/// `key` set to `value`, as one would write it in `source`.
fn assignment(key: &Key, source: &Source, value: &str) -> String {
    match source {
        Source::File { .. } => match key.name.split_once('.') {
            Some((section, name)) => format!("{name} = {} under [{section}]", toml_value(key, value)),
            None => format!("{} = {}", key.name, toml_value(key, value)),
        },
        Source::Env(name) => format!("{name}={value}"),
        Source::Flag(_) => match key.flag {
            Some(flag) => format!("{flag} {value}"),
            None => format!("--set {}={value}", key.name),
        },
    }
}

/// `value` as TOML writes it for this key.
pub(super) fn toml_value(key: &Key, value: &str) -> String {
    match key.form() {
        Form::Integer | Form::Boolean => value.to_owned(),
        _ => toml::Value::String(value.to_owned()).to_string(),
    }
}

/// What holds when the key is left out, unless that is what the fix says anyway.
fn without(key: &Key, instead: &str) -> String {
    match key.fallback {
        Fallback::Value(default) if default == instead => String::new(),
        Fallback::Value(default) => format!(" (default: {default})"),
        Fallback::Absent { then, .. } => format!(" ({then})"),
    }
}
