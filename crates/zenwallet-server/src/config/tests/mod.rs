//! Tests of the configuration.

mod drift;
mod precedence;
mod process;
mod secrets;
mod values;

use super::{Config, ConfigErrors, load};
use std::path::Path;

/// 32 bytes, in base64.
const KEY_TEXT: &str = "bm90LWEtcmVhbC1rZXktanVzdC0zMi1ieXRlcy0hISE=";
/// The bytes of [`KEY_TEXT`].
const KEY_BYTES: &[u8; 32] = b"not-a-real-key-just-32-bytes-!!!";

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load_file(text: &str) -> Result<Config, ConfigErrors> {
    load(Some((Path::new("zenwallet.toml"), text)), &[], &[])
}

fn load_env(env: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    load(None, &pairs(env), &[])
}

fn load_flags(flags: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    load(None, &[], &pairs(flags))
}

/// Everything that is set, in one comparable text.
fn seen(config: &Config) -> String {
    format!("{config:#?}")
}
