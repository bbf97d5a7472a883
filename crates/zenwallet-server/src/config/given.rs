//! One value that was given, and where.

use super::key::{Form, Key};
use super::shown::masked;
use std::fmt;

/// Where a value was given.
#[derive(Clone)]
pub(super) enum Source {
    /// A line of the file, counted from 1.
    File { path: String, line: usize },
    /// This environment variable.
    Env(&'static str),
    /// A flag, as it is shown.
    Flag(String),
}

impl Source {
    /// Which of two values wins: the one of the higher weight.
    pub(super) const fn weight(&self) -> u8 {
        match self {
            Self::File { .. } => 1,
            Self::Env(_) => 2,
            Self::Flag(_) => 3,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// One value for one key. Not `Debug`: `text` may be a secret.
pub(super) struct Given {
    pub(super) key: &'static Key,
    pub(super) source: Source,
    pub(super) text: String,
    /// How the file wrote it; the environment and flags have text alone.
    pub(super) form: Option<Form>,
}

impl Given {
    /// The value as an error may show it.
    pub(super) fn shown(&self) -> String {
        match self.form {
            _ if self.key.is_secret() => "…".to_owned(),
            Some(Form::Integer | Form::Boolean | Form::Other(_)) => masked(&self.text),
            Some(Form::String) | None => format!("{:?}", masked(&self.text)),
        }
    }
}
