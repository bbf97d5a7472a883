//! What ends a command early, and the exit code that tells a script about it. docs/cli.md has the table.

use serde_json::json;
use std::fmt;
use std::process::ExitCode;
use zenwallet_sdk::{Error, ErrorKind};

/// A payment that was waited for did not succeed.
pub(super) const NOT_PAID: u8 = 8;

#[derive(Debug)]
pub(super) enum Failure {
    /// What the gateway, or the way to it, said.
    Gateway(Error),
    /// Nobody is logged in, or not in the way that the command needs.
    NotLoggedIn(String),
    /// The command was given what it cannot use.
    Usage(String),
    /// This machine: a file, a terminal.
    Local(String),
}

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) | Self::Gateway(Error::Config(_)) => 2,
            Self::NotLoggedIn(_) => 3,
            Self::Gateway(Error::Connection(_) | Error::Timeout(_)) => 6,
            Self::Gateway(Error::Api(error)) => match (error.kind, error.status) {
                (ErrorKind::Authentication | ErrorKind::PermissionDenied, _) => 3,
                (_, 404) => 4,
                (ErrorKind::Conflict | ErrorKind::Idempotency, _) => 5,
                (ErrorKind::Server | ErrorKind::RateLimit, _) => 6,
                _ => 1,
            },
            Self::Gateway(_) | Self::Local(_) => 1,
        })
    }

    /// One line, for programs.
    pub(super) fn json(&self) -> String {
        let api = match self {
            Self::Gateway(error) => error.as_api(),
            _ => None,
        };
        let errors = api.map_or(&[][..], |error| &error.errors);
        json!({ "error": {
            "message": api.map_or_else(|| self.to_string(), |error| error.message.clone()),
            "code": api.and_then(|error| error.code.as_deref()),
            "status": api.map(|error| error.status),
            "param": api.and_then(|error| error.param.as_deref()),
            "errors": errors,
            "request_id": api.and_then(|error| error.request_id.as_deref()),
        }})
        .to_string()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway(Error::Api(error)) => {
                write!(f, "{error}")?;
                if let Some(payment) = &error.payment {
                    write!(f, "\n  {} is {}", payment.payment_id, payment.status)?;
                }
                // The message names the first; here are all of them.
                for one in error.errors.iter().filter(|_| error.errors.len() > 1) {
                    write!(f, "\n  {}: {}", one.param, one.message)?;
                }
                Ok(())
            }
            Self::Gateway(error) => error.fmt(f),
            Self::NotLoggedIn(why) | Self::Usage(why) | Self::Local(why) => f.write_str(why),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Gateway(error)
    }
}
