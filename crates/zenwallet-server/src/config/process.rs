//! The one place that reads the environment, the configuration file and the secret key's file.

use super::error::{ConfigError, ConfigErrors};
use super::keys;
use super::layer::{self, Layer};
use super::load::Loading;
use super::read::Refusal;
use super::shown::printable;
use super::{Config, SecretString};
use secrecy::ExposeSecret;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Most bytes of a configuration file.
const FILE_MAX_BYTES: u64 = 1024 * 1024;
/// Most bytes of a secret key's file: many times what it needs, little enough for any machine.
const SECRET_FILE_MAX_BYTES: u64 = 4 * 1024;

/// The configuration of this process. The file is `config_file` (from `--config`), else the one that
/// `ZENWALLET_CONFIG` names, else `./zenwallet.toml` when it exists. `flags` are keys by their dotted names.
///
/// # Errors
/// Everything that is wrong, at once, also with the files themselves.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn load_from_process(config_file: Option<&Path>, flags: &[(String, String)]) -> Result<Config, ConfigErrors> {
    let named = std::env::var_os("ZENWALLET_CONFIG");
    // Not `vars`: that panics on a variable that is not Unicode, and most variables are none of ours.
    load_from(config_file, named, Path::new("zenwallet.toml"), std::env::vars_os(), flags)
}

/// The same, of any environment.
pub(super) fn load_from(
    config_file: Option<&Path>,
    named: Option<OsString>,
    usual: &Path,
    env: impl Iterator<Item = (OsString, OsString)>,
    flags: &[(String, String)],
) -> Result<Config, ConfigErrors> {
    let named = named.filter(|path| !path.is_empty()).map(PathBuf::from);
    let (chosen, chosen_by) = match (config_file, &named) {
        (Some(path), _) => (Some(path), "flag --config"),
        (None, Some(path)) => (Some(path.as_path()), "environment ZENWALLET_CONFIG"),
        (None, None) => (usual.try_exists().unwrap_or(true).then_some(usual), "working directory"),
    };
    let mut file = chosen.map_or_else(Layer::default, |path| read_config_file(path, chosen_by));
    let mut unicode_env = Vec::new();
    for (name, value) in env {
        let name = name.to_string_lossy().into_owned();
        match value.into_string() {
            Ok(value) => unicode_env.push((name, value)),
            Err(_) if is_ours(&name) => file.errors.push(not_unicode(&name)),
            Err(_) => {}
        }
    }
    let mut loading = Loading::new(file, &unicode_env, flags);
    read_secret_key_file(&mut loading);
    loading.finish()
}

fn read_config_file(path: &Path, chosen_by: &str) -> Layer {
    let shown = path.display().to_string();
    match read_text(path, FILE_MAX_BYTES) {
        Ok(text) => layer::read_file(&shown, text.expose_secret()),
        Err(error) => {
            let fix = "name a file that this process can read, or leave it out to do without one";
            let error = ConfigError::unreadable(chosen_by.to_owned(), shown, error.to_string(), fix);
            Layer { errors: vec![error], broken: true, ..Layer::default() }
        }
    }
}

/// Reads the key's file into its place.
fn read_secret_key_file(loading: &mut Loading) {
    let (Some(path), Some(given)) = (&loading.config.secret_key_file, loading.winners.get("secret_key_file")) else {
        return;
    };
    let read = read_text(path, SECRET_FILE_MAX_BYTES)
        .map_err(|error| Refusal::new(format!("cannot be read: {error}")))
        .and_then(|text| match keys::find("secret_key") {
            Some(key) => key.read(&mut loading.config, text.expose_secret().trim()),
            None => Ok(()),
        })
        .map_err(|refusal| Refusal { reason: format!("the file: {}", refusal.reason), ..refusal });
    if let Err(refusal) = read {
        loading.errors.push(ConfigError::refused(given, refusal));
    }
}

/// A file's text, wiped when it is dropped: either file may hold a secret.
fn read_text(path: &Path, bytes_max: u64) -> io::Result<SecretString> {
    let mut text = String::new();
    let read = File::open(path)?.take(bytes_max + 1).read_to_string(&mut text);
    let text = SecretString::from(text);
    match read {
        Ok(length) if length as u64 > bytes_max => {
            Err(io::Error::other(format!("it is larger than {bytes_max} bytes")))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(error),
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("ZENWALLET_") || name == "DATABASE_URL"
}

fn not_unicode(name: &str) -> ConfigError {
    ConfigError {
        place: format!("environment {}", printable(name)),
        subject: printable(name),
        reason: "is not Unicode".to_owned(),
        accepted: "text in UTF-8".to_owned(),
        fix: "set it again, or unset it".to_owned(),
    }
}
