//! The values of the file, the environment and the flags, before anything is read into its place.

use super::error::ConfigError;
use super::given::{Given, Source};
use super::key::{Form, Key};
use super::keys::{self, KEYS};
use super::shown::printable;
use super::suggest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What one source gave, and what is wrong with it as a source.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) given: Vec<Given>,
    pub(super) errors: Vec<ConfigError>,
    /// Whether the source could be read to its end, so that a missing key is really missing.
    pub(super) broken: bool,
}

/// The values of the TOML file.
pub(super) fn read_file(path: &str, text: &str) -> Layer {
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    let (table, syntax_errors) = DeTable::parse_recoverable(text);
    let mut layer = Layer { broken: !syntax_errors.is_empty(), ..Layer::default() };
    for error in syntax_errors {
        let line = line_of(error.span().map_or(0, |span| span.start));
        // Only the message: the error's own Display repeats the line, which may hold a secret.
        let reason = error.message().to_owned();
        let fix = "correct the line; zenwallet.default.toml shows how each key is written";
        layer.errors.push(ConfigError::unreadable(format!("{path}:{line}"), "not TOML".into(), reason, fix));
    }
    // What was recovered from a broken file is a guess, and errors about a guess would mislead.
    if !layer.broken {
        walk_table(
            "",
            table.get_ref(),
            &|offset| Source::File { path: path.into(), line: line_of(offset) },
            &mut layer,
        );
    }
    layer
}

fn walk_table(prefix: &str, table: &DeTable<'_>, source_at: &dyn Fn(usize) -> Source, layer: &mut Layer) {
    for (segment, value) in table {
        let bare = segment.get_ref().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let dot = if prefix.is_empty() { "" } else { "." };
        let name = match bare {
            true => format!("{prefix}{dot}{}", segment.get_ref()),
            false => format!("{prefix}{dot}{:?}", segment.get_ref()),
        };
        let source = source_at(segment.span().start);
        match (keys::find(&name), value.get_ref()) {
            (Some(key), _) => layer.given.push(given_in_file(key, source, value)),
            // Every key below is reported by its own name; only an empty table has none.
            (None, DeValue::Table(below)) if !below.is_empty() => walk_table(&name, below, source_at, layer),
            (None, DeValue::Table(_)) if is_section(&name) => {}
            (None, _) if is_section(&name) => layer.errors.push(suggest::section_as_value(&source, &name)),
            (None, _) => layer.errors.push(suggest::unknown_key(source.to_string(), &name)),
        }
    }
}

fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.section() == name)
}

fn given_in_file(key: &'static Key, source: Source, value: &Spanned<DeValue<'_>>) -> Given {
    let (form, text) = match value.get_ref() {
        DeValue::String(text) => (Form::String, text.to_string()),
        DeValue::Boolean(on) => (Form::Boolean, on.to_string()),
        DeValue::Integer(number) => {
            let decimal = i128::from_str_radix(number.as_str(), number.radix()).map(|number| number.to_string());
            (Form::Integer, decimal.unwrap_or_else(|_| number.to_string()))
        }
        DeValue::Float(number) => (Form::Other("a fraction"), number.as_str().to_owned()),
        DeValue::Datetime(at) => (Form::Other("a date"), at.to_string()),
        DeValue::Array(_) => (Form::Other("a list"), "[…]".to_owned()),
        DeValue::Table(_) => (Form::Other("a table"), "{…}".to_owned()),
    };
    Given { key, source, text, form: Some(form) }
}

/// The values of the environment. An empty variable counts as absent: that is how compose files write "not set".
pub(super) fn read_env(env: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    let value_of = |name: &str| env.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, value)| value.clone());
    for key in KEYS {
        // The alias first, so that the key's own variable outweighs it.
        for name in key.env_alias.into_iter().chain([key.env]) {
            if let Some(text) = value_of(name) {
                layer.given.push(Given { key, source: Source::Env(name), text, form: None });
            }
        }
    }
    for (name, value) in env.iter().filter(|(name, _)| name.starts_with("ZENWALLET_")) {
        if !KEYS.iter().any(|key| key.env == name) && !is_for_others(name, value) {
            layer.errors.push(suggest::unknown_variable(name));
        }
    }
    layer
}

/// Variables of this prefix that are not settings: they are read by the binary, by merchants' programs and by
/// tests, or are put into every container by Kubernetes for each service (`ZENWALLET_PORT_8080_TCP_ADDR`).
fn is_for_others(name: &str, value: &str) -> bool {
    const OURS_ELSEWHERE: [&str; 5] =
        ["ZENWALLET_CONFIG", "ZENWALLET_API_KEY", "ZENWALLET_URL", "ZENWALLET_WEBHOOK_SECRET", "ZENWALLET_CREDENTIALS"];
    let is_link = |text: &str| ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme));
    let is_port_part =
        name.split_once("_PORT_").is_some_and(|(_, part)| part.starts_with(|c: char| c.is_ascii_digit()));
    OURS_ELSEWHERE.contains(&name)
        || name.starts_with("ZENWALLET_TEST_")
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && is_link(value))
        || is_port_part
}

/// The values of the flags; of a key given twice the last one counts.
pub(super) fn read_flags(flags: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in flags {
        match keys::find(name) {
            Some(key) => {
                let shown = key.flag.map_or_else(|| format!("--set {}", key.name), str::to_owned);
                layer.given.push(Given { key, source: Source::Flag(shown), text: value.clone(), form: None });
            }
            None => layer.errors.push(suggest::unknown_key(format!("flag --set {}", printable(name)), name)),
        }
    }
    layer
}
