//! The default file and the documentation say what the table says. To write them anew:
//! `ZENWALLET_TEST_WRITE=1 cargo test -p zenwallet-server config::tests::drift`.

use super::super::default_file;
use super::super::key::{Fallback, Key};
use super::super::keys::KEYS;
use super::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[expect(clippy::disallowed_methods, reason = "a switch of this test, not a setting")]
fn hold(path: &str, expected: &str) {
    let path = root(path);
    if std::env::var_os("ZENWALLET_TEST_WRITE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} has drifted: run the test with ZENWALLET_TEST_WRITE=1", path.display());
}

/// `text` with what stands between the two markers replaced.
fn between(text: &str, marker: &str, new: &str) -> String {
    let (open, close) = (format!("<!-- {marker} -->\n"), format!("<!-- /{marker} -->"));
    let (before, rest) = text.split_once(&open).unwrap();
    let (_, after) = rest.split_once(&close).unwrap();
    format!("{before}{open}{new}{close}{after}")
}

#[test]
fn the_default_file_is_the_table() {
    hold("zenwallet.default.toml", &default_file());
}

#[test]
fn the_documentation_is_the_table() {
    let rows: String = KEYS.iter().map(row).collect();
    let table = format!("| key | default | takes | environment | meaning |\n|---|---|---|---|---|\n{rows}");
    let text = std::fs::read_to_string(root("docs/configuration.md")).unwrap();
    let text = between(&text, "keys", &table);
    let text = between(&text, "errors", &format!("```text\n{}\n```\n", example_errors()));
    assert!(text.lines().count() < 150);
    hold("docs/configuration.md", &text);
}

fn row(key: &Key) -> String {
    let default = match key.fallback {
        Fallback::Value(default) => format!("`{default}`"),
        Fallback::Absent { then, .. } => format!("none: {then}"),
    };
    let alias = key.env_alias.map_or_else(String::new, |alias| format!(", `{alias}`"));
    let flag = key.flag.map_or_else(String::new, |flag| format!(", `{flag}`"));
    let (name, env) = (key.name, key.env);
    format!("| `{name}` | {default} | {} | `{env}`{alias}{flag} | {} |\n", key.accepted(), key.meaning)
}

fn example_errors() -> ConfigErrors {
    let file = "[http]\nmax_conections = 2000\nhead_timeout_ms = 5\n";
    let env = pairs(&[("DATABASE_URL", "postgres://zenwallet:secret@db.internal/zenwallet")]);
    load(Some((Path::new("zenwallet.toml"), file)), &env, &[]).unwrap_err()
}

#[test]
fn names_are_unique_and_follow_from_one_another() {
    let mut seen = BTreeSet::new();
    let mut sections = vec![""];
    for key in KEYS {
        assert_eq!(key.env, format!("ZENWALLET_{}", key.name.replace('.', "_").to_uppercase()));
        assert!(seen.insert(key.name) && seen.insert(key.env), "{} twice", key.name);
        assert!(key.meaning.ends_with('.') && !key.meaning.contains(['|', '\n']), "{}", key.name);
        assert!(key.name.ends_with("_ms") == key.accepted().contains("milliseconds"), "{}", key.name);
        assert!(key.flag.is_none_or(|flag| flag == format!("--{}", key.name.replace(['.', '_'], "-"))));
        if sections.last() != Some(&key.section()) {
            sections.push(key.section());
        }
    }
    // A section that came twice would stand in the default file twice, which is not TOML.
    assert_eq!(sections.iter().collect::<BTreeSet<_>>().len(), sections.len());
}

/// A field that no key fills would keep its blank value; this walks all fields by their `Debug` output.
#[test]
fn every_field_has_a_key() {
    let blank = ["0", "\"\"", "0ns", "0.0.0.0:0", "false"].map(|value| format!(": {value},"));
    // The node's name is blank by default: it is made where the machine's is known.
    let defaults = seen(&load_flags(&[("node_name", "a")]).unwrap());
    assert!(!blank.iter().any(|value| defaults.contains(value)), "{defaults}");
}
