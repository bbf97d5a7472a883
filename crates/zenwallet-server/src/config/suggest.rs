//! "Did you mean": what is said about a name that no key has. Its value is never repeated, it may be a secret.

use super::error::ConfigError;
use super::given::Source;
use super::key::Key;
use super::keys::{self, KEYS};
use super::shown::printable;

/// A name in the file or after `--set` that no key has.
pub(super) fn unknown_key(place: String, name: &str) -> ConfigError {
    let fix = match closest(name) {
        Some(key) => format!("did you mean {}?", key.name),
        None => in_section(name, |key| key.name).unwrap_or_else(|| "remove it".to_owned()),
    };
    unknown(place, printable(name), "the keys of zenwallet.default.toml", fix)
}

/// A variable with our prefix that is no setting.
pub(super) fn unknown_variable(name: &str) -> ConfigError {
    let fix = match closest(name) {
        Some(key) => format!("did you mean {}?", key.env),
        None if is_close(&plain(name), "config") => "did you mean ZENWALLET_CONFIG?".to_owned(),
        None => in_section(name, |key| key.env).unwrap_or_else(|| "unset it".to_owned()),
    };
    let name = printable(name);
    unknown(format!("environment {name}"), name, "the variables of docs/configuration.md, and ZENWALLET_CONFIG", fix)
}

/// `http = 1`: a section where a value stands.
pub(super) fn section_as_value(source: &Source, name: &str) -> ConfigError {
    let fix = in_section(name, |key| key.name).unwrap_or_default();
    let reason = "is a section, not a key".to_owned();
    let accepted = format!("a [{name}] heading with keys below it");
    ConfigError { place: source.to_string(), subject: name.to_owned(), reason, accepted, fix }
}

fn unknown(place: String, subject: String, accepted: &str, fix: String) -> ConfigError {
    ConfigError { place, subject, reason: "no key has this name".to_owned(), accepted: accepted.to_owned(), fix }
}

/// The keys of the section that `name` stands in, when there is one.
fn in_section(name: &str, written: fn(&Key) -> &'static str) -> Option<String> {
    let wanted = format!("{}_", plain(name));
    let section = KEYS.iter().map(Key::section).find(|s| !s.is_empty() && wanted.starts_with(&format!("{s}_")))?;
    let names: Vec<_> = KEYS.iter().filter(|key| key.section() == section).map(written).collect();
    Some(format!("in this section there are {}", names.join(", ")))
}

/// What other programs call our keys.
const CALLED_ELSEWHERE: [(&str, &str); 7] = [
    ("port", "listen"),
    ("host", "listen"),
    ("bind", "listen"),
    ("address", "listen"),
    ("url", "public_url"),
    ("base_url", "public_url"),
    ("log_level", "log.filter"),
];

/// The key that `name` was probably meant to be, written as a dotted name or as a variable.
fn closest(name: &str) -> Option<&'static Key> {
    let wanted = plain(name);
    if let Some((_, here)) = CALLED_ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == wanted) {
        return keys::find(here);
    }
    let distance_to = |key: &Key| {
        let whole = plain(key.name);
        // Right key, section forgotten or wrong: as good as one slip of the finger.
        let tail = key.name.rsplit('.').next().unwrap_or_default();
        let tail_distance = (wanted == tail || name.rsplit('.').next() == Some(tail)).then_some(1);
        let whole_distance = is_close(&wanted, &whole).then(|| distance(&wanted, &whole));
        tail_distance.into_iter().chain(whole_distance).min()
    };
    KEYS.iter()
        .filter_map(|key| Some((distance_to(key)?, key)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// A name without what people write differently: case, hyphens, dots, the prefix.
fn plain(name: &str) -> String {
    let lower = name.to_ascii_lowercase().replace(['-', '.'], "_");
    lower.strip_prefix("zenwallet_").map(str::to_owned).unwrap_or(lower)
}

/// Whether at most every third character differs. The cap keeps a long name from costing time.
fn is_close(a: &str, b: &str) -> bool {
    a.len() <= 100 && distance(a, b) <= (a.len().min(b.len()) / 3).max(1)
}

/// Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut two_back: Vec<usize> = Vec::new();
    let mut back: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = back[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(back[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(two_back[j - 2] + 1);
            }
            row.push(best);
        }
        (two_back, back) = (back, row);
    }
    back[b.len()]
}
