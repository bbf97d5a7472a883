//! What a login leaves behind: one file that its owner alone can read.

use super::failure::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zenwallet_sdk::Secret;

/// A larger file is none of ours.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
pub(super) struct Credentials {
    /// The gateway.
    pub(super) url: String,
    pub(super) email: String,
    pub(super) access_token: Secret,
    /// RFC 3339.
    pub(super) access_token_expires_at: String,
    pub(super) refresh_token: Secret,
    /// The chosen app.
    pub(super) app_id: Option<String>,
    /// A key for each app that was chosen.
    #[serde(default)]
    pub(super) keys: BTreeMap<String, KeptKey>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KeptKey {
    pub(super) key_id: String,
    pub(super) api_key: Secret,
}

pub(super) struct CredentialsFile {
    path: PathBuf,
}

/// Held while the file is read and written anew: a refresh token is good once, so two processes must not use it both.
pub(super) struct Held<'a> {
    file: &'a CredentialsFile,
    _lock: File,
}

impl CredentialsFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// `None`: nobody is logged in.
    pub(super) fn read(&self) -> Result<Option<Credentials>, Failure> {
        let mut text = String::new();
        match File::open(&self.path) {
            Ok(file) => file.take(FILE_MAX_BYTES).read_to_string(&mut text).map_err(|error| self.failed(&error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        let broken = |_| Failure::Local(format!("{}: not a login of ours; log in again", self.path.display()));
        serde_json::from_str(&text).map(Some).map_err(broken)
    }

    /// Waits until no other process holds the file.
    pub(super) fn hold(&self) -> Result<Held<'_>, Failure> {
        let take = || {
            if let Some(directory) = self.path.parent() {
                fs::create_dir_all(directory)?;
            }
            let lock = private(OpenOptions::new().write(true).create(true), &self.path.with_extension("lock"))?;
            lock.lock()?;
            Ok(lock)
        };
        let lock = take().map_err(|error: io::Error| self.failed(&error))?;
        Ok(Held { file: self, _lock: lock })
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::Local(format!("{}: {error}", self.path.display()))
    }
}

impl Held<'_> {
    /// Puts these in place of the former, whole or not at all.
    pub(super) fn write(&self, credentials: &Credentials) -> Result<(), Failure> {
        let write = || {
            let next = self.file.path.with_extension("next");
            // It may lie there from a process that was killed, with other permissions.
            let _ = fs::remove_file(&next);
            write_private(&next, serde_json::to_string_pretty(credentials)?.as_bytes())?;
            fs::rename(&next, &self.file.path)
        };
        write().map_err(|error| self.file.failed(&error))
    }

    pub(super) fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.file.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.file.failed(&error)),
            _ => Ok(()),
        }
    }
}

/// Makes a file that its owner alone can read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true), path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Opens a file that, when it is made, its owner alone can read.
fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}
