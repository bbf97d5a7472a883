//! The annotated default file, written from the table.

use super::error::toml_value;
use super::key::{Fallback, Key};
use super::keys::KEYS;
use std::fmt::Write as _;

/// The text of `zenwallet.default.toml`: every key, with its meaning, what it takes, its default and its variable.
pub fn default_file() -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for key in KEYS {
        if key.section() != section {
            section = key.section();
            let _ = write!(text, "\n[{section}]\n");
        }
        write_key(&mut text, key);
    }
    text
}

const HEAD: &str = "\
# ZenWallet: every setting with its default. Written from the program's own table of keys.
# Copy it to zenwallet.toml (or name a copy with --config or ZENWALLET_CONFIG) and uncomment what should differ.
# A value in the environment outweighs this file, a flag outweighs both.
";

fn write_key(text: &mut String, key: &Key) {
    let default = match key.fallback {
        Fallback::Value(default) => format!("Default: {default}"),
        Fallback::Absent { then, .. } => format!("No default: {then}"),
    };
    let alias = key.env_alias.map_or_else(String::new, |alias| format!(" or {alias}"));
    let flag = key.flag.map_or_else(String::new, |flag| format!("; flag: {flag}"));
    let name = key.name.rsplit('.').next().unwrap_or(key.name);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "\n# {}\n# Takes: {}\n# {default}\n# Environment: {}{alias}{flag}\n#{name} = {}\n",
        key.meaning,
        key.accepted(),
        key.env,
        toml_value(key, key.example()),
    );
}
