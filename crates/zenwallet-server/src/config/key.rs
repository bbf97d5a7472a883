//! What a key is: its names, what it takes, where its value goes.

use super::Config;
use super::read::{self, Choice, Refusal};
use std::ops::RangeInclusive;
use std::time::Duration;

/// One setting.
pub(super) struct Key {
    /// Its dotted name: in the file, and after `--set`.
    pub(super) name: &'static str,
    /// Its environment variable.
    pub(super) env: &'static str,
    /// A second variable that weighs less than `env`.
    pub(super) env_alias: Option<&'static str>,
    /// Its own flag, beside `--set`.
    pub(super) flag: Option<&'static str>,
    pub(super) fallback: Fallback,
    pub(super) kind: Kind,
    /// One line, with the unit.
    pub(super) meaning: &'static str,
}

/// What holds when nobody sets the key.
pub(super) enum Fallback {
    /// This value, read like any other.
    Value(&'static str),
    /// No value: what happens then, and what a value would look like.
    Absent { then: &'static str, example: &'static str },
}

/// What a key takes and where it goes.
pub(super) enum Kind {
    Count(RangeInclusive<i128>, fn(&mut Config) -> &mut usize),
    Millis(RangeInclusive<i128>, fn(&mut Config) -> &mut Duration),
    Seconds(RangeInclusive<i128>, fn(&mut Config) -> &mut Duration),
    Switch(fn(&mut Config) -> &mut bool),
    Choice(&'static [Choice]),
    Text {
        accepted: &'static str,
        read: fn(&mut Config, &str) -> Result<(), Refusal>,
    },
    /// Like `Text`; its value is never shown.
    Secret {
        accepted: &'static str,
        read: fn(&mut Config, &str) -> Result<(), Refusal>,
    },
}

/// How a value is written in TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Integer,
    Boolean,
    String,
    /// A float, a date, an array or a table: no key takes one.
    Other(&'static str),
}

/// A key with one variable and no flag of its own.
pub(super) const fn key(
    name: &'static str,
    env: &'static str,
    fallback: Fallback,
    kind: Kind,
    meaning: &'static str,
) -> Key {
    Key { name, env, env_alias: None, flag: None, fallback, kind, meaning }
}

impl Key {
    /// Gives the key its own flag, beside `--set`.
    pub(super) const fn flag(mut self, flag: &'static str) -> Self {
        self.flag = Some(flag);
        self
    }

    /// Gives the key a second variable.
    pub(super) const fn env_alias(mut self, name: &'static str) -> Self {
        self.env_alias = Some(name);
        self
    }

    /// Reads `text` into its place.
    pub(super) fn read(&self, config: &mut Config, text: &str) -> Result<(), Refusal> {
        match &self.kind {
            Kind::Count(range, place) => read::count(text, range).map(|n| *place(config) = n),
            Kind::Millis(range, place) => read::millis(text, range).map(|duration| *place(config) = duration),
            Kind::Seconds(range, place) => read::seconds(text, range).map(|duration| *place(config) = duration),
            Kind::Switch(place) => read::switch(text).map(|on| *place(config) = on),
            Kind::Choice(choices) => read::choice(text, choices).map(|choose| choose(config)),
            Kind::Text { read, .. } | Kind::Secret { read, .. } => read(config, text),
        }
    }

    /// What the key takes, in words.
    pub(super) fn accepted(&self) -> String {
        match &self.kind {
            Kind::Count(range, _) => format!("a whole number from {} to {}", range.start(), range.end()),
            Kind::Millis(range, _) => format!("whole milliseconds from {} to {}", range.start(), range.end()),
            Kind::Seconds(range, _) => format!("whole seconds from {} to {}", range.start(), range.end()),
            Kind::Switch(_) => "true or false".to_owned(),
            Kind::Choice(choices) => read::words_of(choices),
            Kind::Text { accepted, .. } | Kind::Secret { accepted, .. } => (*accepted).to_owned(),
        }
    }

    /// How the value is written in the file.
    pub(super) const fn form(&self) -> Form {
        match self.kind {
            Kind::Count(..) | Kind::Millis(..) | Kind::Seconds(..) => Form::Integer,
            Kind::Switch(_) => Form::Boolean,
            Kind::Choice(_) | Kind::Text { .. } | Kind::Secret { .. } => Form::String,
        }
    }

    /// A value that is accepted: the default where there is one.
    pub(super) const fn example(&self) -> &'static str {
        match self.fallback {
            Fallback::Value(text) | Fallback::Absent { example: text, .. } => text,
        }
    }

    /// Whether the value must never be shown.
    pub(super) const fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret { .. })
    }

    /// The part of the name before the dot, or nothing.
    pub(super) fn section(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(section, _)| section)
    }
}
